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


@dataclass(frozen=True, eq=False)
class ItemSums:
    """What the tests need of single items over the early baskets; whole numbers that add over people."""

    n: int
    nn: float
    """Sum over people of the square of their baskets."""
    x: Floats
    xx: Floats
    xn: Floats
    """For each item, sums over people of x, x x and x n: x a person's baskets with it, n all of theirs."""
    with_one: Floats
    """Items x strata: baskets with it by the stratum of their size less one."""
    with_all: Floats
    """Items x strata: the same by the stratum of their size."""
    baskets: Floats
    """Baskets of each stratum."""


@dataclass(frozen=True, eq=False)
class PairSums:
    """What is counted for directed pairs, sorted by left and then right; all but `top` adds over people."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    counts: Ints
    """Pairs x (baskets, people, most baskets of one person, early baskets)."""
    sums: Floats
    """Pairs x (xy xy, xy x, xy n, x y), sums over people of their early baskets with both, with left, and all."""
    by_window: Ints
    """Pairs x calendar windows."""
    by_size: NDArray[np.int32]
    """Pairs x (size - 2, size - 1, size) x strata: early baskets."""

    @property
    def turn(self) -> Ints:
        """Position of the other direction of each pair."""
        width = int(self.right.max(initial=-1)) + 1
        code, turned = (
            self.left.astype(np.int64) * width + self.right,
            self.right.astype(np.int64) * width + self.left,
        )
        return np.asarray(np.searchsorted(code, turned))


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
    begin = np.searchsorted(left, np.arange(matrix.shape[1] + 1)).astype(np.int64)
    early = early_of(window, windows, used)
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
    single, per_person = _items(index, matrix, early, strata, n_person)
    crossed = _crossed(per_person, left, right)
    return tested_pairs(
        PairSums(left, right, counts, np.column_stack([sums, crossed]), by_window, by_size), single
    )


def early_of(window: Ints, windows: int, used: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the baskets that tests may see: all but those of the latest window, where another one is known."""
    before = window < windows - 1
    return used & before if ((window >= 0) & before).any() else used.copy()


def tested_pairs(pairs: PairSums, items: ItemSums) -> Pairs:
    """Return the pairs with their tests, which follow from sums alone."""
    turn = pairs.turn
    return Pairs(
        left=pairs.left,
        right=pairs.right,
        turn=turn,
        n_xy=pairs.counts[:, 0],
        people=pairs.counts[:, 1],
        top=pairs.counts[:, 2],
        by_window=pairs.by_window,
        z=_clustered_z(items, pairs, pairs.sums[turn, 1]),
        odds=_odds(items, pairs),
        early=pairs.counts[:, 3],
    )


def _items(
    index: BasketIndex, matrix: sparse.csr_array, early: NDArray[np.bool_], strata: Ints, n_person: Floats
) -> tuple[ItemSums, sparse.csr_array]:
    """Return the sums of single items, and people x items: early baskets."""
    rows = np.flatnonzero(early)
    held = matrix[rows]
    size = np.diff(held.indptr)
    own, ones, person = np.arange(len(rows)), np.ones(len(rows)), np.asarray(index.person)[rows]
    counted: Any = sparse.csr_array((ones, (person, own)), shape=(len(index.people), len(rows))) @ held
    t = counted.tocsr().astype(np.float64)
    single = ItemSums(
        n=len(rows),
        nn=float((n_person**2).sum()),
        x=np.asarray(t.sum(axis=0)).ravel(),
        xx=np.asarray(t.multiply(t).sum(axis=0)).ravel(),
        xn=np.asarray(t.T @ n_person).ravel(),
        with_one=_by_stratum(held, strata[np.maximum(size - 1, 0)]),
        with_all=_by_stratum(held, strata[size]),
        baskets=np.bincount(strata[size], minlength=PARTS).astype(np.float64),
    )
    return single, t


def _by_stratum(held: sparse.csr_array, stratum: Ints) -> Floats:
    rows = held.shape[0]
    lines = sparse.csr_array((np.ones(rows), (stratum, np.arange(rows))), shape=(PARTS, rows))
    return np.asarray((lines @ held).T.toarray(), dtype=np.float64)


def _crossed(per_person: sparse.csr_array, left: Any, right: Any) -> Floats:
    """Sum x y over people for each pair."""
    crossed = (per_person.T @ per_person).tocsr()
    xy = np.empty(len(left))
    for begin in range(0, len(left), 1 << 18):  # fancy look-up in slices bounds its temporary arrays
        part = slice(begin, begin + (1 << 18))
        xy[part] = np.asarray(crossed[left[part], right[part]]).ravel()
    return xy


def _clustered_z(items: ItemSums, pairs: PairSums, xyy: Floats) -> Floats:
    """Expand sum e_p^2 with e_p = xy_p - s_y x_p - s_x y_p + s_x s_y n_p into sums that one pass collects."""
    left, right, sums, both = pairs.left, pairs.right, pairs.sums, pairs.counts[:, 3]
    n = max(items.n, 1)
    share, squares, with_n = items.x / n, items.xx, items.xn
    sx, sy = share[left], share[right]
    square = (
        sums[:, 0]
        + sy**2 * squares[left]
        + sx**2 * squares[right]
        + sx**2 * sy**2 * items.nn
        - 2 * sy * sums[:, 1]
        - 2 * sx * xyy
        + 2 * sx * sy * sums[:, 2]
        + 2 * sx * sy * sums[:, 3]
        - 2 * sx * sy**2 * with_n[left]
        - 2 * sx**2 * sy * with_n[right]
    )
    excess = both - n * sx * sy
    return np.where(square > 1e-12, excess / np.sqrt(np.maximum(square, 1e-12)), 0.0)


def _odds(items: ItemSums, pairs: PairSums) -> Floats:
    """Mantel-Haenszel over strata of size without x and y; see `adjusted.adjusted_of` for one pair."""
    left, right, by_size = pairs.left, pairs.right, pairs.by_size
    a = by_size[:, 0].astype(np.float64)
    b = items.with_one[left] - by_size[:, 1]
    c = items.with_one[right] - by_size[:, 1]
    d = items.baskets - items.with_all[left] - items.with_all[right] + by_size[:, 2]
    n = np.maximum(a + b + c + d, 1)
    up, down = (a * d / n).sum(axis=1), (b * c / n).sum(axis=1)
    return np.where(down > 0, up / np.maximum(down, 1e-12), np.inf)


def p_of(pairs: Pairs) -> Floats:
    """One-sided p-values of the clustered test; Student's t with the people behind the pair less one."""
    return statistics.student_greater(pairs.z, pairs.people - 1)
