"""The compiled loops of `mining.slicepairs`. Knows arrays only; imported when pairs are counted, as it imports numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled, prefetch

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
    starts: Int64, held: Int32, row_start: Int64, row_items: Int32, atom: Int32, line_start: Int64, lines: Int32,
    slices: int, min_count: int,
) -> Int32:  # fmt: skip
    """Return (i, j, slice, baskets) for all ranks i < j that enough baskets of a slice hold.

    Root by root: what follows i in the rows of i is counted over all of them, and only what meets i often enough is
    counted by atom, in one line of counters each; atoms are then summed into their slices.

    Args:
        starts: Where the rows of each rank begin in `held`.
        held: Rows.
        row_start: Where the ranks of each row begin in `row_items`.
        row_items: Ranks, ascending.
        atom: Rows x factors: the atom of each factor, numbered through; the last atom is in no slice.
        line_start: Where the slices of each atom begin in `lines`.
        lines: Slices.
        slices: How many there are.
        min_count: Least baskets.
    """
    m, factors, atoms = len(starts) - 1, atom.shape[1], len(line_start) - 1
    seen, line = row_start[:-1].copy(), np.empty(m, np.uint32)
    total, partners = np.zeros(m, np.int32), np.empty(m, np.int32)
    room = 0
    for i in range(m):
        size = 0
        for at in range(starts[i], starts[i + 1]):
            seen[held[at]] += 1
            size += row_start[held[at] + 1] - seen[held[at]]
        room = max(room, size)
    seen[:] = row_start[:-1]
    tail, ends = np.empty(room, np.uint32), np.empty(len(seen), np.int64)
    # the last counter of each atom is for all that do not meet i often enough
    counters, sums = np.zeros((atoms, m + 1), np.int32), np.zeros((slices, m + 1), np.int32)
    found, n_found = np.empty((1 << 12, 4), np.int32), 0
    for i in range(m):
        first, rows, size, n = starts[i], starts[i + 1] - starts[i], 0, 0
        for at in range(rows):
            prefetch(row_items, seen[held[first + min(at + 8, rows - 1)]])
            row = held[first + at]
            seen[row] += 1
            for place in range(seen[row], row_start[row + 1]):
                j = np.uint32(row_items[np.uint64(place)])
                total[j] += 1
                tail[np.uint64(size)] = j
                size += 1
            ends[at] = size
        for later in range(i + 1, m):
            if total[later] >= min_count:
                partners[n] = later
                n += 1
        total[i + 1 :] = 0
        if n == 0:
            continue
        line[i + 1 :] = n
        for k in range(n):
            line[partners[k]] = k
        for at in range(size):
            tail[at] = line[tail[at]]
        begin = 0
        for at in range(rows):
            row = held[first + at]
            for factor in range(factors):
                into = counters[atom[row, factor]]
                for place in range(begin, ends[at]):
                    into[tail[np.uint64(place)]] += 1
            begin = ends[at]
        for one in range(atoms):
            part = counters[one, : n + 1]
            for at in range(line_start[one], line_start[one + 1]):
                into = sums[lines[at], : n + 1]
                for k in range(n):
                    into[k] += part[k]
            part[:] = 0
        for s in range(slices):
            part, enough = sums[s, :n], 0
            for k in range(n):
                enough += part[k] >= min_count
            if n_found + enough > len(found):
                wider = np.empty((2 * (n_found + enough), 4), np.int32)
                wider[:n_found] = found[:n_found]
                found = wider
            if enough:
                for k in range(n):
                    if part[k] >= min_count:
                        found[n_found, 0], found[n_found, 1] = i, partners[k]
                        found[n_found, 2], found[n_found, 3] = s, part[k]
                        n_found += 1
            part[:] = 0
    return found[:n_found].copy()
