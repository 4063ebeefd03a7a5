"""From the database to a new generation: rules, text index and ranker of one catalogue, written beside the old one.

Knows the order of the stages and what each needs from the one before. It refuses to mine, index or rank itself.
A crash at any moment leaves the old generation current.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.engine import Engine

from bot.catalogue import ITEMS, PLACES, RANK, RULES, SEARCH
from bot.errors import NotReady, SettingsError
from bot.fitting import fit
from bot.presets import mining_config, rank_config
from bot.progress import Bars
from bot.settings import Settings
from db.assets import NAMES, fetch
from db.engine import open_engine, reading, writing
from db.generation import Generation, GenerationStore
from db.queries import (
    get_catalog,
    interaction_frame,
    item_frame,
    list_catalogs,
    people_frame,
    place_frame,
    record_generation,
)
from db.values import Catalog
from mining.miner import mine
from mining.spark import mine as mine_on_spark
from retrieval.encode import Encoder, HashingEncoder, SentenceEncoder
from retrieval.rankconfig import RankConfig
from retrieval.search import ItemSearch, dense_texts

Say = Callable[[str], None]
REPEATS = 0.2
"""A catalogue whose rows repeat an earlier (person, item) more often than this may propose what was taken before."""


@dataclass(frozen=True)
class BuildReport:
    """What a build made and how long each stage took."""

    catalog: str
    generation: str
    seconds: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    bytes: int = 0

    @property
    def total(self) -> float:
        """Seconds of all stages."""
        return sum(self.seconds.values())


def store_of(settings: Settings) -> GenerationStore:
    """The generations of a home folder."""
    return GenerationStore(settings.home / "generations")


def encoder_folder(settings: Settings) -> Path:
    """The folder of the sentence encoder: an asset by name, else a local folder or hub id."""
    if settings.encoder in NAMES:
        return fetch(settings.encoder, settings.cache, progress=Bars())
    return fetch("all-minilm-l6-v2", settings.cache, override=settings.encoder)


def open_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings name; "hashing" needs no model and knows no meaning, for tests and trials."""
    if settings.encoder == "hashing":
        return HashingEncoder()
    retrieval = settings.retrieval
    return SentenceEncoder(
        encoder_folder(settings),
        device=retrieval.device,
        batch_size=retrieval.batch_size,
        threads=retrieval.threads or settings.thread_count,
    )


def build_catalogs(
    settings: Settings, name: str | None = None, *, spark: bool = False, say: Say
) -> Iterator[BuildReport]:
    """Build one catalogue, or all that are loaded; with `spark` the rules are counted by Spark, and are the same.

    Raises:
        NotReady: nothing is loaded.
        UnknownCatalog: there is no such catalogue.
    """
    engine = open_engine(settings.db, settings.home)
    for catalog in loaded_catalogs(engine, name):
        say(f"Building {catalog.name} ...")
        yield build_catalog(settings, engine, catalog, spark=spark)


def loaded_catalogs(engine: Engine, name: str | None) -> Sequence[Catalog]:
    """Return the named catalogue, or all that are loaded.

    Raises:
        NotReady: nothing is loaded.
        UnknownCatalog: there is no such catalogue.
    """
    with reading(engine) as session:
        catalogs = [get_catalog(name, session=session)] if name else list_catalogs(session=session)
    if not catalogs:
        raise NotReady("nothing is loaded yet: run `almanac load SOURCE` (built in: movies, groceries)")
    return catalogs


def build_catalog(
    settings: Settings, engine: Engine, catalog: Catalog, *, spark: bool = False
) -> BuildReport:
    """Build a new generation of one catalogue and make it current."""
    clock = _Stages(catalog.name)
    with clock.stage("read"), reading(engine) as session:
        interactions = interaction_frame(catalog, session=session)
        items = item_frame(catalog, session=session)
        people = people_frame(catalog, session=session)
        places = place_frame(catalog, session=session)
    if interactions.empty or items.empty:
        raise NotReady(f"catalogue {catalog.name!r} holds no interactions yet: load some before building")
    with store_of(settings).begin(catalog.name) as draft:
        info = _write_parts(
            settings, catalog, draft.path, clock, interactions, items, people, places, spark=spark
        )
        with clock.stage("seal"):
            generation = draft.commit(info)
    with writing(engine) as session:
        record_generation(
            catalog,
            generation.id,
            generation.path,
            dict(generation.info),
            generation.created,
            session=session,
        )
    store_of(settings).prune(catalog.name)
    size = sum(file.stat().st_size for file in generation.path.rglob("*") if file.is_file())
    return BuildReport(catalog.name, generation.id, clock.seconds, dict(info["counts"]), size)


def _write_parts(
    settings: Settings,
    catalog: Catalog,
    folder: Path,
    clock: _Stages,
    interactions: pd.DataFrame,
    items: pd.DataFrame,
    people: pd.DataFrame,
    places: pd.DataFrame,
    *,
    spark: bool,
) -> dict[str, Any]:
    """Write every part of a generation into `folder` and return what its manifest says."""
    config = mining_config(settings, catalog)
    with clock.stage("facts"):
        rolled = rolled_up(interactions, items)
        shown = with_counts(items, rolled)
        shown.to_parquet(folder / ITEMS)
        places.to_parquet(folder / PLACES)
    with clock.stage("mine"):
        book = (mine_on_spark if spark else mine)(interactions, items, places, config=config)
        book.save(folder / RULES)
    with clock.stage("index"):
        variants = items[items["parent"].notna()] if "parent" in items else items.iloc[:0]
        shelf = pd.concat([shown, variants], ignore_index=True) if len(variants) else shown
        search = ItemSearch.build(
            shelf,
            open_encoder(settings),
            popularity=shelf["n"].fillna(0).to_numpy(dtype=np.float64),
            config=settings.retrieval,
        )
        search.save(folder / SEARCH)
    with clock.stage("rank"):
        ranking = rank_config(settings, catalog)
        vectors = search.vectors(list(shown["item"]))
        if ranking.deep.on and ranking.deep.tune_text:
            vectors = _taught(settings, ranking, rolled, shown)
        ranker = fit(
            rolled, shown, people, places, mining=config, ranking=ranking, vectors=vectors, mined=book.frame()
        )
        ranker.save(folder / RANK)
    times = interactions["at"].dropna()
    return {
        "catalog": catalog.name,
        "first": None if times.empty else times.min().isoformat(),
        "last": None if times.empty else times.max().isoformat(),
        "repeats": repeat_share(rolled) > REPEATS,
        "mining": config.model_dump(mode="json"),
        "encoder": settings.encoder,
        "seconds": dict(clock.seconds),
        "counts": {
            "items": len(shown),
            "variants": len(items) - len(shown),
            "people": int(interactions["person"].nunique()),
            "interactions": len(interactions),
            "rules": len(book.frame()),
        },
    }


def _taught(
    settings: Settings, ranking: RankConfig, rolled: pd.DataFrame, shown: pd.DataFrame
) -> NDArray[np.float32]:
    """Return text vectors of an encoder that learned what is taken together; search keeps the plain ones.

    Raises:
        SettingsError: the encoder is no model that can learn.
    """
    if settings.encoder == "hashing":
        raise SettingsError(
            '--deep-text teaches a sentence encoder: encoder = "hashing" has nothing to teach'
        )
    from retrieval.neural.text import taught_vectors  # torch

    texts = dense_texts(shown, expand=settings.retrieval.expand_words)
    return taught_vectors(encoder_folder(settings), rolled, shown["item"], texts, ranking)


def rolled_up(interactions: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Return the interactions with each variant replaced by its parent."""
    if "parent" not in items or not items["parent"].notna().any():
        return interactions
    has_parent = items["parent"].notna()
    parent = dict(zip(items.loc[has_parent, "item"], items.loc[has_parent, "parent"], strict=True))
    codes, ids = pd.factorize(interactions["item"])
    rolled = np.array([parent.get(item, item) for item in ids], dtype=object)
    return interactions.assign(item=pd.Series(rolled[codes], index=interactions.index, dtype="str"))


def with_counts(items: pd.DataFrame, rolled: pd.DataFrame) -> pd.DataFrame:
    """Return the items that people talk about with `n` rows, `people` and `mean` rating, most taken first."""
    shown = items[items["parent"].isna()] if "parent" in items else items
    shown = shown.dropna(axis="columns", how="all")
    missing = [name for name in ("title", "category", "year", "text") if name not in shown]
    shown = shown.reindex(columns=[*shown.columns, *missing])
    groups = rolled.groupby("item", observed=True)
    counts = pd.DataFrame({"n": groups.size(), "people": groups["person"].nunique()})
    counts["mean"] = rolled[rolled["kind"] == "rate"].groupby("item", observed=True)["value"].mean()
    shown = shown.merge(counts, how="left", left_on="item", right_index=True)
    shown = shown.assign(
        n=shown["n"].fillna(0).astype("int64"), people=shown["people"].fillna(0).astype("int64")
    )
    return shown.sort_values("n", ascending=False, kind="stable").reset_index(drop=True)


def repeat_share(rolled: pd.DataFrame) -> float:
    """Return how many rows repeat an earlier choice of the same item by the same person."""
    return float(rolled.duplicated(["person", "item"]).mean())


class _Stages:
    """Times stages and shows them."""

    def __init__(self, catalog: str) -> None:
        self.seconds: dict[str, float] = {}
        self._catalog = catalog

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = perf_counter()
        bars = Bars(f"{self._catalog}: ")
        bars.stage(name)
        try:
            yield
        finally:
            bars.close()
            self.seconds[name] = round(perf_counter() - began, 2)


def is_built(settings: Settings, name: str) -> Generation | None:
    """Return the current generation of a catalogue, None where there is none."""
    return store_of(settings).current(name)


def build_rows(report: BuildReport) -> list[tuple[str, str]]:
    """Tell a build as rows for people."""
    rows = [
        ("catalogue", f"{report.catalog}, generation {report.generation}, {report.bytes / 2**20:.0f} MiB")
    ]
    rows += [(name, f"{n:,}") for name, n in report.counts.items()]
    rows += [(f"{name} (s)", f"{seconds:.1f}") for name, seconds in report.seconds.items()]
    rows.append(("total (s)", f"{report.total:.1f} ({datetime.now(UTC):%Y-%m-%d %H:%M} UTC)"))
    return rows
