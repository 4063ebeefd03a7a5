"""Every pair of items at once: baskets, people, calendar windows, basket sizes and the spread over people.

One pass over the baskets of each item. Knows sparse rows and persons; it refuses to know thresholds and rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import statistics
from mining.statistics import Floats, size_strata

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex

PARTS = 10
"""Strata of basket size."""
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Directed pairs i -> j, sorted by i and then j, both directions of each; `turn` is the other direction.

    Tests speak of the early baskets (all but those of the latest window), counts of all.
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    turn: Ints
    n_xy: Ints
    people: Ints
    top: Ints
    """Most baskets with the pair of one person."""
    by_window: Ints
    """Pairs x calendar windows."""
    z: Floats
    """Clustered test that the pair meets more often than its shares explain (`statistics.clustered_association`)."""
    odds: Floats
    """Mantel-Haenszel odds ratio within strata of basket size (x and y not counted in the size)."""
    early: Ints
    """Baskets with the pair but for the latest window."""


def pairs_of(
    index: BasketIndex,
    matrix: sparse.csr_array,
    window: Ints,
    windows: int,
    *,
    min_count: int,
    max_basket: int,
) -> Pairs:
    """Count every pair of items that at least `min_count` baskets hold.

    Args:
        index: Gives the person of each basket and the baskets of each item.
        matrix: Baskets x items, int32 ones.
        window: Calendar window of each basket, -1 where the time is unknown.
        windows: How many there are; the latest takes no part in tests.
        min_count: Least baskets with both.
        max_basket: Baskets with more items are left out of pairs.
    """
    from mining.paircount import count_pairs

    sizes = np.diff(matrix.indptr)
    used = sizes <= max_basket
    kept = matrix if used.all() else matrix[np.flatnonzero(used)]
    together = (kept.T @ kept).tocoo()
    enough = (together.data >= min_count) & (together.row != together.col)
    order = np.lexsort((together.col[enough], together.row[enough]))
    left = together.row[enough][order].astype(np.int32)
    right = together.col[enough][order].astype(np.int32)
    items = matrix.shape[1]
    begin = np.searchsorted(left, np.arange(items + 1)).astype(np.int64)
    early = (
        window < windows - 1 if ((window >= 0) & (window < windows - 1)).any() else np.ones(len(sizes), bool)
    )
    early = early & used
    strata = size_strata(np.bincount(sizes[early], minlength=max_basket + 1))
    n_person = index.by_person(np.flatnonzero(early)).astype(np.float64)
    rows = index.item_rows
    counts, sums, by_window, by_size = count_pairs(
        np.asarray(rows.start),
        np.asarray(rows.rows),
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        np.asarray(index.person),
        window.astype(np.int64),
        early,
        used,
        n_person,
        strata.astype(np.int64),
        begin,
        right,
        windows,
    )
    turn = np.searchsorted(left.astype(np.int64) * items + right, right.astype(np.int64) * items + left)
    shape = _Shape(index, matrix, early, strata, n_person)
    return Pairs(
        left=left,
        right=right,
        turn=turn,
        n_xy=counts[:, 0],
        people=counts[:, 1],
        top=counts[:, 2],
        by_window=by_window,
        z=_clustered_z(shape, left, right, sums, sums[turn, 1], counts[:, 3]),
        odds=_odds(shape, left, right, by_size),
        early=counts[:, 3],
    )


class _Shape:
    """What is known of single items over the early baskets: per person and per stratum of size."""

    def __init__(
        self,
        index: BasketIndex,
        matrix: sparse.csr_array,
        early: NDArray[np.bool_],
        strata: Ints,
        n_person: Floats,
    ) -> None:
        rows = np.flatnonzero(early)
        held = matrix[rows]
        size = np.diff(held.indptr)
        own = np.arange(len(rows))
        ones = np.ones(len(rows))
        person = np.asarray(index.person)[rows]
        per_person: Any = sparse.csr_array((ones, (person, own)), shape=(len(index.people), len(rows))) @ held
        self.n = len(rows)
        self.n_person = n_person
        self.per_person = per_person.tocsr().astype(np.float64)
        self.total = np.asarray(self.per_person.sum(axis=0)).ravel()
        self.with_one = self._by_stratum(held, strata[np.maximum(size - 1, 0)])
        self.with_all = self._by_stratum(held, strata[size])
        self.baskets = np.bincount(strata[size], minlength=PARTS).astype(np.float64)

    @staticmethod
    def _by_stratum(held: sparse.csr_array, stratum: Ints) -> Floats:
        rows = held.shape[0]
        lines = sparse.csr_array((np.ones(rows), (stratum, np.arange(rows))), shape=(PARTS, rows))
        return np.asarray((lines @ held).T.toarray(), dtype=np.float64)


def _clustered_z(shape: _Shape, left: Any, right: Any, sums: Floats, xyy: Floats, both: Ints) -> Floats:
    """Expand sum e_p^2 with e_p = xy_p - s_y x_p - s_x y_p + s_x s_y n_p into sums that one pass collects."""
    t = shape.per_person
    n = max(shape.n, 1)
    share = shape.total / n
    squares = np.asarray(t.multiply(t).sum(axis=0)).ravel()
    with_n = np.asarray(t.T @ shape.n_person).ravel()
    crossed = (t.T @ t).tocsr()
    xy = np.empty(len(left))
    for begin in range(0, len(left), 1 << 18):  # fancy look-up in slices bounds its temporary arrays
        part = slice(begin, begin + (1 << 18))
        xy[part] = np.asarray(crossed[left[part], right[part]]).ravel()
    sx, sy = share[left], share[right]
    square = (
        sums[:, 0]
        + sy**2 * squares[left]
        + sx**2 * squares[right]
        + sx**2 * sy**2 * (shape.n_person**2).sum()
        - 2 * sy * sums[:, 1]
        - 2 * sx * xyy
        + 2 * sx * sy * sums[:, 2]
        + 2 * sx * sy * xy
        - 2 * sx * sy**2 * with_n[left]
        - 2 * sx**2 * sy * with_n[right]
    )
    excess = both - n * sx * sy
    return np.where(square > 1e-12, excess / np.sqrt(np.maximum(square, 1e-12)), 0.0)


def _odds(shape: _Shape, left: Any, right: Any, by_size: NDArray[Any]) -> Floats:
    """Mantel-Haenszel over strata of size without x and y; see `adjusted.adjusted_of` for one pair."""
    a = by_size[:, 0].astype(np.float64)
    b = shape.with_one[left] - by_size[:, 1]
    c = shape.with_one[right] - by_size[:, 1]
    d = shape.baskets - shape.with_all[left] - shape.with_all[right] + by_size[:, 2]
    n = np.maximum(a + b + c + d, 1)
    up, down = (a * d / n).sum(axis=1), (b * c / n).sum(axis=1)
    return np.where(down > 0, up / np.maximum(down, 1e-12), np.inf)


def p_of(pairs: Pairs) -> Floats:
    """One-sided p-values of the clustered test; Student's t with the people behind the pair less one."""
    return statistics.student_greater(pairs.z, pairs.people - 1)
