"""How far each basket sees ahead of itself: the geometry of "next", without what baskets hold.

Knows instants, days and persons. It refuses to know items, slices and tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mining import bits
from mining import columns as col
from mining.baskets import NAT
from mining.bits import Bits

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
NS_A_DAY = 86_400_000_000_000
PARTS = 6
"""Calendar windows, equal spans of days, unless told otherwise; tests leave out what reaches into the latest, a day
to spare for clocks that are put forward."""


@dataclass(frozen=True, eq=False)
class Ahead:
    """So many days ahead of every basket."""

    days: int
    whole: Flags
    timed: Flags

    @classmethod
    def of(cls, index: BasketIndex, days: int) -> Ahead:
        """Return the reach of an index."""
        return cls.at(np.asarray(index.at), days)

    @classmethod
    def at(cls, at: Ints, days: int) -> Ahead:
        """Return the reach of baskets that begin at these instants."""
        timed = at != NAT
        last = int(at.max(initial=NAT))
        return cls(days, timed & (at <= last - days * NS_A_DAY) if last != NAT else timed, timed)


@dataclass(frozen=True, eq=False)
class Parts:
    """Calendar windows: equal spans of local days."""

    window: NDArray[np.int16]
    """Window of each day from the first on."""
    first: int
    """First day of the data."""
    parts: int

    @classmethod
    def of(cls, index: BasketIndex, parts: int) -> Parts:
        """Return so many windows over the days of an index."""
        return cls.over(np.asarray(index.day), parts)

    @classmethod
    def over(cls, day: NDArray[np.int32], parts: int) -> Parts:
        """Return so many windows over these days."""
        last = int(day.max(initial=col.NO_DAY))
        if last == col.NO_DAY:
            return cls(np.zeros(1, dtype=np.int16), 0, parts)
        first = int(day.min(where=day != col.NO_DAY, initial=last))
        days = last - first + 1
        return cls((np.arange(days) * parts // days).astype(np.int16), first, parts)

    @property
    def latest(self) -> int:
        """First day of the latest window."""
        return self.first + int(np.searchsorted(self.window, self.parts - 1))

    @property
    def table(self) -> tuple[NDArray[np.int16], int, int]:
        """The window of each day, the first day, and how many windows there are."""
        return self.window, self.first, self.parts


@dataclass(frozen=True, eq=False)
class Sight:
    """Which baskets see which as coming next: the same person's strictly later ones, within `days` x 24 hours."""

    days: int
    whole: Bits
    """Baskets with a time whose window lies inside the data: the occasions that can be counted."""
    timed: Bits
    """Baskets with a time."""
    early: Bits
    """Those whose window ends before the latest calendar window, a day to spare."""
    parts: Bits
    """Calendar windows x words: the baskets with a time in each."""
    n_any: int
    """Occasions that can be counted."""
    ends: NDArray[np.int32]
    """What `sightloops.seen_by` returns: the baskets that see each basket, as a range of bits."""

    @classmethod
    def of(cls, index: BasketIndex, days: int) -> Sight:
        """Return what the baskets of an index see."""
        from mining.sightloops import seen_by

        layout, at, day = index.layout, np.asarray(index.at), np.asarray(index.day)
        reach, calendar = Ahead.at(at, days), Parts.over(day, PARTS)
        window = np.full(len(day), -1, dtype=np.int16)
        window[reach.timed] = calendar.window[day[reach.timed] - calendar.first]
        whole = layout.pack(reach.whole)
        return cls(
            days=days,
            whole=whole,
            timed=layout.pack(reach.timed),
            early=layout.pack(reach.timed & (day < calendar.latest - days - 1)),
            parts=np.stack([layout.pack(window == part) for part in range(PARTS)]),
            n_any=bits.count(whole),
            ends=seen_by(at, index.person_start, layout.slot, days * NS_A_DAY),
        )

    def seeing(self, rows: NDArray[np.int32]) -> Bits:
        """Return the baskets that see one of the (ascending) rows."""
        from mining.sightloops import seeing

        return seeing(rows, self.ends, len(self.whole))
