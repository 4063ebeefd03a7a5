"""What a home folder holds, opened part by part: database, generations, encoder, model and catalogues.

Knows the settings and where each part lies. It refuses to know conversations and tools (`bot.assembly`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from bot.catalogue import OpenCatalog
from bot.errors import NotReady, UnknownCatalog
from bot.llm.base import ChatModel
from bot.presets import EXAMPLES, GENERAL
from bot.service import CatalogCard, PlaceCard
from bot.settings import Settings, load_settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from db.generation import GenerationStore
    from db.privacy import Pseudonyms
    from db.values import Catalog
    from retrieval.encode import Encoder


@dataclass(frozen=True)
class Opened:
    """The opened parts of one home folder; nothing heavy is loaded before it is used."""

    settings: Settings
    _opened: dict[str, OpenCatalog] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def open(cls, settings: Settings | None = None) -> Self:
        """Open Almanac over a home folder; nothing heavy is loaded before it is used.

        Args:
            settings: Where everything is; read from environment and `almanac.toml` where None.
        """
        return cls(settings or load_settings())

    @cached_property
    def _engine(self) -> Engine:
        from db.engine import open_engine

        return open_engine(self.settings.db, self.settings.home)

    @cached_property
    def _store(self) -> GenerationStore:
        from db.generation import GenerationStore

        return GenerationStore(self.settings.home / "generations")

    @cached_property
    def _pseudonyms(self) -> Pseudonyms:
        from db.privacy import Pseudonyms

        return Pseudonyms.open(self.settings.home)

    @cached_property
    def _encoder(self) -> Encoder:
        from bot.build import open_encoder

        return open_encoder(self.settings)

    @cached_property
    def model(self) -> ChatModel | None:
        """The language model that the settings name."""
        from bot.llm import open_model

        return open_model(self.settings.llm, self._asset)

    def _asset(self, name: str) -> Path:
        from bot.progress import Bars
        from db.assets import fetch

        return fetch(name, self.settings.cache, progress=Bars())

    def _infos(self) -> tuple[Catalog, ...]:
        from db.engine import reading
        from db.queries import list_catalogs

        with reading(self._engine) as session:
            return list_catalogs(session=session)

    def catalog(self, name: str | None = None) -> OpenCatalog:
        """Return a catalogue with its current generation; a newer generation is picked up here.

        Raises:
            UnknownCatalog: there is no such catalogue, or none was named and several are loaded.
            NotReady: it was loaded but not built.
        """
        kept = self._opened.get(name) if name is not None else None
        if kept is not None and kept.generation.id == self._store.current_id(kept.name):
            return kept  # the way of almost every message: without the database
        infos = {info.name: info for info in self._infos()}
        if name is None and len(infos) == 1:
            name = next(iter(infos))
        if name is None or name not in infos:
            raise UnknownCatalog(name if name is not None else "(none named)", infos)
        generation = self._store.current(name)
        if generation is None:
            raise NotReady(f"catalogue {name!r} was never built: run `almanac build --catalog {name}`")
        with self._lock:
            kept = self._opened.get(name)
            if kept is None or kept.generation.id != generation.id:
                from mining.config import MiningConfig

                mining = MiningConfig.model_validate(generation.info["mining"])
                kept = OpenCatalog(infos[name], generation, mining, self._encoder)
                self._opened[name] = kept
            return kept

    def catalogs(self) -> tuple[CatalogCard, ...]:
        """Return the catalogues that have a current generation."""
        built = (info.name for info in self._infos() if self._store.current(info.name) is not None)
        return tuple(self._card(self.catalog(name)) for name in built)

    def _card(self, catalog: OpenCatalog) -> CatalogCard:
        from db.engine import reading
        from db.queries import personas

        with reading(self._engine) as session:
            people = personas(catalog.info, 5, session=session)
        counts = catalog.generation.info["counts"]
        places = [
            PlaceCard(id=str(row.place), name=str(row.name_), kind=str(row.kind or ""))
            for row in catalog.places.rename(columns={"name": "name_"}).itertuples()
        ]
        return CatalogCard(
            name=catalog.name,
            title=catalog.info.title,
            items=counts["items"],
            people=counts["people"],
            interactions=counts["interactions"],
            zone=catalog.info.zone,
            now=catalog.now(),
            data_from=catalog.window[0] if catalog.window else None,
            data_to=catalog.window[1] if catalog.window else None,
            categories=catalog.categories,
            places=tuple(places),
            personas=people,
            examples=EXAMPLES.get(catalog.info.source, GENERAL),
            generation=catalog.generation.id,
        )

    def warm(self) -> None:
        """Open every part of every catalogue and the model, so that the first visitor does not wait."""
        for info in self._infos():
            if self._store.current(info.name) is not None:
                self.catalog(info.name).warm()
        self._encoder.encode(["hello"])
        warm_up = getattr(self.model, "warm_up", None)
        if warm_up is not None:
            warm_up()

    def health(self) -> dict[str, Any]:
        """Return generation, data and model of each catalogue, ready for JSON."""
        catalogs = {}
        for info in self._infos():
            generation = self._store.current(info.name)
            catalogs[info.name] = {
                "generation": generation.id if generation else None,
                "created": generation.created.isoformat() if generation else None,
                "counts": dict(generation.info["counts"]) if generation else {},
                "from": generation.info["first"] if generation else None,
                "to": generation.info["last"] if generation else None,
            }
        model = self.model
        return {
            "ready": any(each["generation"] for each in catalogs.values()),
            "model": model.name if model is not None else None,
            "backend": self.settings.llm.backend,
            "catalogs": catalogs,
        }
