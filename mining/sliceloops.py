"""The compiled loops of `mining.slicepairs`. Knows arrays only; imported when pairs are counted, as it imports numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@compiled
def ranked(
    indptr: Int64, codes: Int32, n_codes: int, min_count: int
) -> tuple[Int32, Int64, Int32, Int64, Int32]:
    """Keep the items of enough baskets, renamed by ascending count; repeats within a basket count once.

    Returns:
        The code of each rank; where the rows of each rank begin, and the rows, ascending; where the ranks of each row
        begin, and the ranks, ascending.
    """
    rows = len(indptr) - 1
    counts, last = np.zeros(n_codes, np.int64), np.full(n_codes, -1, np.int64)
    for row in range(rows):
        for at in range(indptr[row], indptr[row + 1]):
            if last[codes[at]] != row:
                last[codes[at]] = row
                counts[codes[at]] += 1
    kept = np.flatnonzero(counts >= min_count)
    kept = kept[np.argsort(counts[kept], kind="mergesort")]
    rank = np.full(n_codes, -1, np.int64)
    starts = np.zeros(len(kept) + 1, np.int64)
    for one in range(len(kept)):
        rank[kept[one]] = one
        starts[one + 1] = starts[one] + counts[kept[one]]
    held, ends = np.empty(starts[-1], np.int32), starts[:-1].copy()
    row_start = np.zeros(rows + 1, np.int64)
    last[:] = -1
    for row in range(rows):
        row_start[row + 1] = row_start[row]
        for at in range(indptr[row], indptr[row + 1]):
            one = rank[codes[at]]
            if one >= 0 and last[one] != row:
                last[one] = row
                held[ends[one]] = row
                ends[one] += 1
                row_start[row + 1] += 1
    row_items, filled = np.empty(starts[-1], np.int32), row_start[:-1].copy()
    for one in range(len(kept)):
        for at in range(starts[one], starts[one + 1]):
            row_items[filled[held[at]]] = one
            filled[held[at]] += 1
    return kept.astype(np.int32), starts, held, row_start, row_items


@compiled
def count_slices(  # noqa: C901 - one loop nest: calls inside it would cost more than they clear up
    starts: Int64, held: Int32, row_start: Int64, row_items: Int32, member_start: Int64, members: Int32,
    slices: int, min_count: int,
) -> Int32:  # fmt: skip
    """Return (i, j, slice, baskets) for all ranks i < j that enough baskets of a slice hold.

    Root by root: what follows i in the rows of i is counted over all of them, and only what meets i often enough is
    counted by slice, in one line of counters each.
    """
    m = len(starts) - 1
    seen, line = row_start[:-1].copy(), np.full(m, -1, np.int64)
    total, partners = np.zeros(m, np.int64), np.empty(m, np.int64)
    counters = np.zeros(max(m * slices, 1), np.int32)
    found, n_found = np.empty((1 << 12, 4), np.int32), 0
    for i in range(m):
        n = 0
        for at in range(starts[i], starts[i + 1]):
            row = held[at]
            seen[row] += 1
            for place in range(seen[row], row_start[row + 1]):
                total[row_items[place]] += 1
        for j in range(i + 1, m):
            if total[j] >= min_count:
                line[j] = n * slices
                partners[n] = j
                n += 1
            total[j] = 0
        if n == 0:
            continue
        for at in range(starts[i], starts[i + 1]):
            row = held[at]
            begin, end = member_start[row], member_start[row + 1]
            for place in range(seen[row], row_start[row + 1]):
                base = line[row_items[place]]
                if base >= 0:
                    for one in range(begin, end):
                        counters[base + members[one]] += 1
        for k in range(n):
            j = partners[k]
            line[j] = -1
            for s in range(slices):
                count = counters[k * slices + s]
                counters[k * slices + s] = 0
                if count >= min_count:
                    if n_found == len(found):
                        wider = np.empty((2 * n_found, 4), np.int32)
                        wider[:n_found] = found
                        found = wider
                    found[n_found, 0], found[n_found, 1], found[n_found, 2], found[n_found, 3] = (
                        i,
                        j,
                        s,
                        count,
                    )
                    n_found += 1
    return found[:n_found].copy()
