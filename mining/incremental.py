"""A rule book that keeps up: baskets come, expire and are taken back, and the book is that of a full mine.

    ledger = Ledger.of(interactions, items, places, config=config)
    ledger = ledger.append(this_week).expire(a_year_ago).subtract("household 17")
    ledger.book.lookup(...)
    ledger.save(folder);  ledger = Ledger.load(folder)

A ledger is a value: every change returns a new one. What is exact: after any changes in any order, `ledger.book` has
every rule, count, q-value and sentence of `mining.mine` over the rows of the baskets that remain, bit for bit. That
works since counts add and ratios do not: whatever is kept is a whole number, and every ratio and test is computed
from those numbers by the code that a full mine runs.

What is kept, and why (see `incremental_log`, `incremental_pairs`):
- the baskets, sorted, with their calendar context: an old row is never read or parsed again;
- the table of all pairs of items, and for each pair of `min_count` baskets its counts by calendar window and by
  stratum of size: a basket that comes, goes or changes its window or stratum is added or taken off, no other is read.

Sums over persons and slices of time and place are counted again from the kept baskets, each in one pass. Followers,
cycles, trends and triples still take the way of a full mine. Calendar windows, strata of size and persons' totals move
with every append, so nothing is decided from what an earlier book held. It refuses to know rules.

On disk: `ledger.json` (version, configuration, labels, catalogue) beside one .npy file an array; no pickle.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mining import columns as col
from mining.basketindex import BasketIndex
from mining.baskets import NAT, Catalogue, group_rows
from mining.config import MiningConfig
from mining.context import Calendar
from mining.errors import MiningError, closest
from mining.finders import Material
from mining.incremental_log import BasketLog
from mining.incremental_pairs import PairTally
from mining.miner import book_from

if TYPE_CHECKING:
    import pandas as pd

    from mining.rulebook import RuleBook

FORMAT = 1
_FILE = "ledger.json"


@dataclass(frozen=True, eq=False)
class Ledger:
    """Kept baskets, what was counted over them, and the book that follows from both."""

    log: BasketLog
    tally: PairTally
    catalogue: Catalogue
    places: tuple[Mapping[str, str], ...]
    """Rows of the place frame: place, name, parent, zone, as far as they are known."""
    config: MiningConfig

    @classmethod
    def of(
        cls,
        interactions: pd.DataFrame,
        items: pd.DataFrame | None = None,
        places: pd.DataFrame | None = None,
        *,
        config: MiningConfig | None = None,
    ) -> Ledger:
        """Open a ledger over the first interactions; the arguments are those of `mining.mine`.

        Raises:
            BadFrame: a column is missing, or a value cannot be read.
        """
        config = config or MiningConfig()
        catalogue = Catalogue.of(items, config)
        log = BasketLog.of(group_rows(interactions, catalogue, places, config), config)
        return cls(log, PairTally.of(log, config), catalogue, _records(places), config)

    def __len__(self) -> int:
        return len(self.log)

    @property
    def people(self) -> tuple[str, ...]:
        """Everyone with a basket."""
        return self.log.people

    @cached_property
    def book(self) -> RuleBook:
        """The rule book of the kept baskets."""
        baskets = self.log.baskets(self.catalogue, self._place_frame, Calendar.of(self.config))
        material = Material(BasketIndex.build(baskets), self.config)
        return book_from(material, self.tally.pairs(self.log, self.config), None)

    # ---- change --------------------------------------------------------------------------------------------------

    def append(self, interactions: pd.DataFrame) -> Ledger:
        """Return the ledger with further interactions, earlier ones than some that it has already among them.

        Rows that belong to a kept basket (the same till basket, person-day or session) join it.

        Raises:
            BadFrame: a column is missing, or a value cannot be read.
        """
        grouped = group_rows(interactions, self.catalogue, self._place_frame, self.config)
        return self._after(*self.log.joined(BasketLog.of(grouped, self.config), self.config))

    def expire(self, before: datetime) -> Ledger:
        """Return the ledger without the baskets that began before an instant (a naive one means UTC).

        A basket goes as a whole; one whose time is unknown stays.
        """
        aware = before if before.tzinfo is not None else before.replace(tzinfo=UTC)
        limit = int(aware.timestamp()) * 1_000_000_000 + aware.microsecond * 1_000
        return self._kept((self.log.at >= limit) | (self.log.at == NAT))

    def subtract(self, person: str) -> Ledger:
        """Return the ledger as if one person had never been.

        Raises:
            MiningError: no basket is that person's.
        """
        if person not in self.log.people:
            raise MiningError(f"no basket of {person!r} is kept{closest(person, self.log.people)}")
        return self._kept(self.log.person != self.log.people.index(person))

    def _kept(self, keep: Any) -> Ledger:
        return self if keep.all() else self._after(self.log.kept(keep), np.flatnonzero(keep))

    def _after(self, log: BasketLog, origin: NDArray[np.int64]) -> Ledger:
        return replace(self, log=log, tally=self.tally.updated(self.log, log, origin, self.config))

    @cached_property
    def _place_frame(self) -> pd.DataFrame | None:
        import pandas as pd

        return pd.DataFrame(list(self.places)) if self.places else None

    # ---- files ---------------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write the ledger into a folder, which is made; the manifest comes last, so that a torn write is seen."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).unlink(missing_ok=True)
        self.log.save(folder)
        self.tally.save(folder)
        catalogue = self.catalogue
        document = {
            "format": FORMAT,
            "config": self.config.model_dump(mode="json"),
            "log": self.log.labels(),
            "catalogue": [dict(part) for part in (catalogue.parent, catalogue.title, catalogue.category)],
            "places": [dict(row) for row in self.places],
        }
        (folder / _FILE).write_text(json.dumps(document), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Ledger:
        """Read a ledger.

        Raises:
            MiningError: the folder holds none, or one of another version.
        """
        if not (folder / _FILE).exists():
            raise MiningError(f"no ledger in {folder.name!r}; open one with Ledger.of")
        document = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise MiningError(f"a ledger in format {document['format']!r}, not {FORMAT}; open it anew")
        return cls(
            BasketLog.load(folder, document["log"]),
            PairTally.load(folder),
            Catalogue(*document["catalogue"]),
            tuple(document["places"]),
            MiningConfig.model_validate(document["config"]),
        )


def _records(places: pd.DataFrame | None) -> tuple[Mapping[str, str], ...]:
    """Return the rows of a place frame without their gaps."""
    if places is None:
        return ()
    names = [name for name in (col.PLACE, col.NAME, col.PARENT, col.ZONE) if name in places]
    known = places[names].notna().to_dict("records")
    return tuple(
        {str(name): str(value) for name, value in row.items() if there[name]}
        for row, there in zip(places[names].to_dict("records"), known, strict=True)
    )
