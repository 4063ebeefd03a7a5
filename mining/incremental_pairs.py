"""Pairs of items whose counts are kept: baskets are added and taken off, the sums over people counted again.

What is kept is symmetric, so each pair is kept once. Knows tallies of baskets. It refuses to know tests and rules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import columns as col
from mining.config import MiningConfig
from mining.finders import windows_of
from mining.incremental_log import BasketLog
from mining.pairs import PARTS, ItemSums, Pairs, PairSums, early_of, tested_pairs
from mining.statistics import size_strata

Ints = NDArray[np.int64]
_ARRAYS = ("left", "right", "by_window", "by_size")


@dataclass(frozen=True, eq=False)
class Labels:
    """What a basket counts as: it moves with the last day, the sizes of the others and the calendar windows."""

    size: Ints
    used: NDArray[np.bool_]
    window: Ints
    early: NDArray[np.bool_]
    strata: Ints
    """Stratum of each size."""

    @classmethod
    def of(cls, log: BasketLog, config: MiningConfig) -> Labels:
        """Return the labels of the baskets of a log."""
        size = np.diff(log.start)
        used = size <= config.max_basket
        window = windows_of(log.context[col.DAY], config.windows)
        early = early_of(window, config.windows, used)
        strata = size_strata(np.bincount(size[early], minlength=config.max_basket + 1))
        return cls(size, used, window, early, strata)

    def moved(self, then: Labels, origin: Ints) -> NDArray[np.bool_]:
        """Return which baskets with an origin count otherwise than then."""
        kept = np.flatnonzero((origin >= 0) & self.used)
        old = origin[kept]
        other = self.strata != then.strata
        sizes = np.arange(len(other))
        resized = other | other[np.maximum(sizes - 1, 0)] | other[np.maximum(sizes - 2, 0)]
        moved = (self.window[kept] != then.window[old]) | (self.early[kept] != then.early[old])
        moved |= self.early[kept] & resized[self.size[kept]]
        result = np.zeros(len(origin), dtype=np.bool_)
        result[kept[moved]] = True
        return result


@dataclass(frozen=True, eq=False)
class PairTally:
    """Baskets of every pair, and of those with `min_count` of them by calendar window and stratum of size."""

    table: sparse.csr_array
    """Items x items, above the diagonal: baskets with both."""
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    """Pairs left < right of at least `min_count` baskets, sorted."""
    by_window: NDArray[np.int32]
    by_size: NDArray[np.int32]
    """See `pairs.PairSums`."""

    @classmethod
    def of(cls, log: BasketLog, config: MiningConfig) -> PairTally:
        """Count all baskets of a log."""
        none = BasketLog.empty()
        return cls._blank(config).updated(none, log, np.full(len(log), -1, dtype=np.int64), config)

    @classmethod
    def _blank(cls, config: MiningConfig) -> PairTally:
        no = np.zeros(0, dtype=np.int32)
        table: sparse.csr_array = sparse.csr_array(np.zeros((0, 0), dtype=np.int32))
        return cls(table, no, no, np.zeros((0, config.windows), np.int32), np.zeros((0, 3, PARTS), np.int32))

    def updated(self, before: BasketLog, after: BasketLog, origin: Ints, config: MiningConfig) -> PairTally:
        """Return the tally of the log after a change; `origin` is the row before of each basket, -1 for a new one.

        Taken off are baskets that went, added those that came; both, with the old labels and the new, those that
        count otherwise than before. A pair that reaches `min_count` only now is counted from its items' baskets.
        """
        from mining.incremental_pairloops import tally_baskets, tally_pairs

        then, now = Labels.of(before, config), Labels.of(after, config)
        gone = then.used.copy()
        gone[origin[origin >= 0]] = False
        come, moved = now.used & (origin < 0), now.moved(then, origin)
        recode, held = _recoded(before, after)
        table = _table(self.table, recode, len(after.items))
        table = table + _products(after.start, after.held, np.flatnonzero(come), len(after.items))
        table = (table - _products(before.start, held, np.flatnonzero(gone), len(after.items))).tocsr()
        table.eliminate_zeros()
        still = (recode[self.left] >= 0) & (recode[self.right] >= 0)
        kept = replace(
            self,
            table=table,
            left=recode[self.left[still]],
            right=recode[self.right[still]],
            by_window=self.by_window[still],
            by_size=self.by_size[still],
        )
        tallies = _begin(kept.left, len(after.items)), kept.right, kept.by_window, kept.by_size
        off = np.r_[np.flatnonzero(gone), origin[moved]]
        tally_baskets(off, -1, before.start, held, then.window, then.early, then.strata, *tallies)
        on = np.flatnonzero(come | moved)
        tally_baskets(on, 1, after.start, after.held, now.window, now.early, now.strata, *tallies)
        result, fresh = _wanted(kept, config.min_count)
        rows = (*after.by_item, after.start, now.window, now.early, now.used, now.strata)
        tally_pairs(fresh, result.left, result.right, *rows, result.by_window, result.by_size)
        return result

    def pairs(self, log: BasketLog, config: MiningConfig) -> Pairs:
        """Return the pairs with their tests; `pairs.pairs_of` returns the same."""
        return tested_pairs(*self.sums(log, config))

    def sums(self, log: BasketLog, config: MiningConfig) -> tuple[PairSums, ItemSums]:
        """Return everything that the tests of pairs need."""
        from mining.incremental_pairloops import crossed_sums, item_runs, people_sums

        labels, people = Labels.of(log, config), len(log.people)
        left, right = np.r_[self.left, self.right], np.r_[self.right, self.left]
        order = np.lexsort((right, left))
        left, right, once = left[order], right[order], order % max(len(self.left), 1)
        begin = np.searchsorted(left, np.arange(len(log.items) + 1)).astype(np.int64)
        n_person = np.bincount(log.person[labels.early], minlength=people).astype(np.float64)
        start, rows = log.by_item
        counts, sums = people_sums(
            start, rows, log.start, log.held, log.person, labels.early, labels.used, n_person, begin, right
        )
        single, by_size, ends, who, x = item_runs(
            start, rows, log.start, log.person, labels.early, n_person, labels.strata, PARTS
        )
        crossed = crossed_sums(self.left, self.right, ends, who, x, people)
        strata = labels.strata[labels.size[labels.early]]
        items = ItemSums(
            n=int(labels.early.sum()),
            nn=float((n_person**2).sum()),
            x=single[:, 0],
            xx=single[:, 1],
            xn=single[:, 2],
            with_one=by_size[0],
            with_all=by_size[1],
            baskets=np.bincount(strata, minlength=PARTS).astype(np.float64),
        )
        columns = np.column_stack([sums, crossed[once]])
        by_window = self.by_window[once].astype(np.int64)
        return PairSums(left, right, counts, columns, by_window, self.by_size[once]), items

    # ---- files ---------------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write the arrays as .npy files into a folder."""
        for name in _ARRAYS:
            np.save(folder / f"pairs-{name}.npy", getattr(self, name), allow_pickle=False)
        for name in ("indptr", "indices", "data"):
            np.save(folder / f"pairs-table-{name}.npy", getattr(self.table, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> PairTally:
        """Read what `save` wrote."""
        arrays: dict[str, Any] = {name: _read(folder, name) for name in _ARRAYS}
        indptr = _read(folder, "table-indptr")
        parts = _read(folder, "table-data"), _read(folder, "table-indices"), indptr
        return cls(sparse.csr_array(parts, shape=(len(indptr) - 1,) * 2), **arrays)


def _begin(left: NDArray[np.int32], items: int) -> Ints:
    return np.searchsorted(left, np.arange(items + 1)).astype(np.int64)


def _wanted(tally: PairTally, min_count: int) -> tuple[PairTally, Ints]:
    """Return the tally of the pairs that have the baskets now, and which of them are yet to be counted."""
    table = tally.table
    enough = np.flatnonzero(table.data >= min_count)
    left = np.searchsorted(table.indptr, enough, side="right") - 1
    right = table.indices[enough]
    width = max(table.shape[1], 1)
    code, known = left * width + right, tally.left.astype(np.int64) * width + tally.right
    old = np.isin(code, known, assume_unique=True)
    at = np.searchsorted(known, code[old])
    by_window = np.zeros((len(code), tally.by_window.shape[1]), dtype=np.int32)
    by_size = np.zeros((len(code), 3, PARTS), dtype=np.int32)
    by_window[old], by_size[old] = tally.by_window[at], tally.by_size[at]
    result = PairTally(table, left.astype(np.int32), right.astype(np.int32), by_window, by_size)
    return result, np.flatnonzero(~old)


def _read(folder: Path, name: str) -> NDArray[Any]:
    return np.asarray(np.load(folder / f"pairs-{name}.npy", allow_pickle=False))


def _recoded(before: BasketLog, after: BasketLog) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the code after of each item before, -1 where it went, and the items of all baskets before in them."""
    position = {item: code for code, item in enumerate(after.items)}
    recode = np.array([*(position.get(item, -1) for item in before.items), -1], dtype=np.int32)
    return recode, recode[before.held]


def _table(table: sparse.csr_array, recode: NDArray[np.int32], items: int) -> sparse.csr_array:
    """Return the table over the items after; codes keep their order, so it stays sorted."""
    row = recode[np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))]
    column = recode[table.indices]
    keep = (row >= 0) & (column >= 0)
    start = np.searchsorted(row[keep], np.arange(items + 1))
    return sparse.csr_array((table.data[keep], column[keep], start), shape=(items, items))


def _products(start: Ints, held: NDArray[np.int32], rows: Ints, items: int) -> sparse.csr_array:
    """Count every pair of items in some baskets, above the diagonal; an item of -1 is in no pair."""
    size = start[rows + 1] - start[rows]
    row = np.repeat(np.arange(len(rows)), size)
    item = held[np.repeat(start[rows] - (np.cumsum(size) - size), size) + np.arange(len(row))]
    known = item >= 0
    entries: Any = sparse.coo_array(
        (np.ones(int(known.sum()), dtype=np.int32), (row[known], item[known])), shape=(len(rows), items)
    )
    matrix = entries.tocsr()
    product: Any = sparse.triu(matrix.T @ matrix, k=1).tocsr()
    product.sort_indices()
    result: sparse.csr_array = sparse.csr_array(product, dtype=np.int32)
    return result
