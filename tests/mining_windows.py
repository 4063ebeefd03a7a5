"""Which baskets of the same person come strictly later, within so many days: the geometry of "next".

Knows rows, instants and persons. It refuses to know tests and rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mining.baskets import NAT

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex
    from mining.bits import RowSets

NS_A_DAY = 86_400_000_000_000


@dataclass(frozen=True, eq=False)
class Windows:
    """For each basket, the rows of the same person's strictly later baskets within `days` x 24 hours.

    Rows are sorted by person and time, so a window is a range `first[i]:last[i]`; and the earlier baskets that have
    row r in their window are a range too, `since[r]:before[r]`.
    """

    days: int
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    since: NDArray[np.int64]
    before: NDArray[np.int64]
    whole: NDArray[np.bool_]
    """Baskets with a time whose window lies inside the data: the occasions that can be counted."""
    timed: NDArray[np.bool_]
    sets: RowSets
    """The baskets of each item."""
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    """For each row of each set, the occasions that see it and none of the set's rows before it: low:high."""

    @classmethod
    def of(cls, index: BasketIndex, days: int) -> Windows:
        """Return the windows over an index."""
        at, person = np.asarray(index.at), np.asarray(index.person, dtype=np.int64)
        timed = at != NAT
        instants, rank = np.unique(at, return_inverse=True)
        width, span = len(instants) + 1, days * NS_A_DAY
        key = person * width + rank  # ascending: compares person first, then instant, without overflow
        safe = np.where(timed, at, 0)
        until = np.searchsorted(instants, safe + span, side="right")
        begin = np.searchsorted(instants, safe - span, side="left")
        first = np.searchsorted(key, key, side="right")
        last = np.searchsorted(key, person * width + until, side="left")
        before = np.searchsorted(key, key, side="left")
        since = np.searchsorted(key, person * width + begin, side="left")
        end = int(at[timed].max()) if timed.any() else 0
        none = ~timed
        first, since = np.where(none, 0, first), np.where(none, 0, since)
        last, before = np.where(none, 0, np.maximum(last, first)), np.where(none, 0, before)
        unknown = np.searchsorted(
            key, person * width + int(np.searchsorted(instants, NAT, side="right")), side="left"
        )
        since = np.where(none, 0, np.maximum(since, unknown))  # baskets without a time come before nothing
        before = np.maximum(before, since)
        whole = timed & (safe + span <= end)
        low, high = _fresh(index.item_rows, since, before)
        return cls(days, first, last, since, before, whole, timed, index.item_rows, low, high)

    def follows(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for every basket whether one of the rows lies in its window."""
        held = np.zeros(len(self.first) + 1, dtype=np.int32)
        held[rows + 1] = 1
        held = np.cumsum(held, dtype=np.int32)
        return np.asarray(held[self.last] > held[self.first])

    def first_in(self, rows: NDArray[np.int64], occasions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the first of the (ascending) rows in the window of each occasion, all of which have one."""
        return rows[np.searchsorted(rows, self.first[occasions])]

    def followed_by(self, occasions: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Count for each item the occasions in whose window a basket with it lies.

        The occasions that see row r are the range since[r]:before[r]; both ends ascend with r, so the union over the
        rows of an item is the sum of what each range adds beyond the one before it (`low`:`high`). Numbers of
        occasions in a range come from prefix sums: one pass over all items, no search.
        """
        prefix = np.concatenate([[0], np.cumsum(occasions, dtype=np.int32)])
        sums = np.concatenate([[0], np.cumsum(prefix[self.high] - prefix[self.low], dtype=np.int64)])
        return np.asarray(sums[self.sets.start[1:]] - sums[self.sets.start[:-1]])


def _fresh(
    sets: RowSets, since: NDArray[np.int64], before: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return for each row of each set the range of occasions that it adds to those of the set's rows before it."""
    high = before[sets.rows]
    seen = np.concatenate([[0], high[:-1]]) if len(high) else high
    seen[sets.start[:-1][sets.sizes > 0]] = 0
    low = np.minimum(np.maximum(since[sets.rows], seen), high)
    return low.astype(np.int32), high.astype(np.int32)
