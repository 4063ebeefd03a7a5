"""Behaviour over the database, as the web door needs it: recorded, quarantined, read back.

Knows the catalogue's clock and pseudonyms. The rows are `db`'s; who may report what is the door's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from db.engine import open_engine, reading, writing
from db.privacy import Pseudonyms
from db.queries.behaviour import Page, live_events, quarantine_events, quarantined_events, record_events
from db.values import Added

if TYPE_CHECKING:
    from bot.assembly import Almanac


class StoredBehaviour:
    """The log of live behaviour of an Almanac; see `bot.web.behaviour.BehaviourLog`."""

    def __init__(self, almanac: Almanac) -> None:
        """Open the database beside the one that answers.

        Args:
            almanac: Knows the catalogues and their clocks.
        """
        self._almanac = almanac
        self._engine = open_engine(almanac.settings.db, almanac.settings.home)
        self._pseudonyms = Pseudonyms.open(almanac.settings.home)

    def record(self, catalog: str | None, rows: Sequence[Mapping[str, Any]]) -> Added:
        """Store rows; one without an instant gets the catalogue's now."""
        opened = self._almanac.catalog(catalog)
        now = opened.now()
        timed = [row if row.get("at") is not None else {**row, "at": now} for row in rows]
        with writing(self._engine) as session:
            return record_events(opened.info, timed, session=session, pseudonyms=self._pseudonyms)

    def quarantine(self, catalog: str | None, rejected: Sequence[tuple[str, Any]]) -> None:
        """Keep what could not be stored, with its reason."""
        info = self._almanac.catalog(catalog).info
        with writing(self._engine) as session:
            quarantine_events(info, rejected, datetime.now(UTC), session=session)

    def events(self, catalog: str | None, after: int, limit: int) -> Page:
        """Return stored events, oldest first."""
        info = self._almanac.catalog(catalog).info
        with reading(self._engine) as session:
            return live_events(info, session=session, after=after, k=limit)

    def quarantined(self, catalog: str | None, after: int, limit: int) -> Page:
        """Return quarantined events, oldest first."""
        info = self._almanac.catalog(catalog).info
        with reading(self._engine) as session:
            return quarantined_events(info, session=session, after=after, k=limit)
