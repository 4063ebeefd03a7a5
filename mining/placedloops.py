"""The compiled loop of `mining.placed`. Knows arrays only; imported when pairs at places are tested."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.contextloops import common_rows
from mining.engine_compile import compiled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Flags = NDArray[np.bool_]


@compiled
def _differ(hits: Int64, n: Int64, other: Int64, other_n: Int64, found: Float64) -> None:
    """Write down difference, squares, fourth powers and people of `statistics.clustered_difference`."""
    all_hits, all_n, all_other, all_other_n = hits.sum(), n.sum(), other.sum(), other_n.sum()
    if all_n == 0 or all_other_n == 0:
        return
    share, other_share = all_hits / all_n, all_other / all_other_n
    found[0] = share - other_share
    for who in range(len(n)):
        if n[who] > 0 or other_n[who] > 0:
            inner = (hits[who] - share * n[who]) / all_n
            e = inner - (other[who] - other_share * other_n[who]) / all_other_n
            found[1] += e * e
            found[2] += e * e * e * e
            found[3] += 1


@compiled
def compare_at_places(
    x: Int64, y: Int64, of: Int64, during: Flags, here: Flags, placed: Flags, timed: Flags, start: Int64,
    rows: Int32, person: Int32, people: int,
) -> Float64:  # fmt: skip
    """Compare y among rows with x at a place in a slice of time: elsewhere, without x, and at other times.

    Args:
        x: First item of each pair.
        y: Second item of each pair.
        of: The slice of each; equal ones side by side.
        during: Slices x rows: whether the row lies in the slice of time.
        here: Slices x rows: whether it lies at the place.
        placed: Whether the place of a row is known.
        timed: Whether its time is known.
        start: Where the rows of each item begin.
        rows: Rows of all items, joined, ascending for each.
        person: Person of each row.
        people: How many there are.

    Returns:
        pairs x (the three comparisons) x (difference, squares, fourth powers, people); 0 where a side has no rows.
    """
    result = np.zeros((len(x), 3, 4), np.float64)
    n_inside, last = np.zeros(people, np.int64), -1
    for pair in range(len(x)):
        at_time, at_place = during[of[pair]], here[of[pair]]
        if of[pair] != last:
            last, n_inside[:] = of[pair], 0
            for row in range(len(person)):
                n_inside[person[row]] += at_time[row] and at_place[row]
        n, hits = np.zeros((3, people), np.int64), np.zeros((3, people), np.int64)
        y_inside = np.zeros(people, np.int64)
        left, right = rows[start[x[pair]] : start[x[pair] + 1]], rows[start[y[pair]] : start[y[pair] + 1]]
        both = common_rows(left, right)
        for k in range(len(left)):
            row = left[k]
            side = 0 if at_time[row] and at_place[row] else 1 if at_time[row] and placed[row] else 2
            if side < 2 or (at_place[row] and timed[row]):
                n[side, person[row]] += 1
                hits[side, person[row]] += both[k]
        for k in range(len(right)):
            y_inside[person[right[k]]] += at_time[right[k]] and at_place[right[k]]
        _differ(hits[0], n[0], hits[1], n[1], result[pair, 0])
        _differ(hits[0], n[0], y_inside - hits[0], n_inside - n[0], result[pair, 1])
        _differ(hits[0], n[0], hits[2], n[2], result[pair, 2])
    return result


@compiled
def count_cells(
    begin: Int64, right: Int32, cell: Int32, cells: int, start: Int64, rows: Int32, row_start: Int64,
    row_items: Int32,
) -> tuple[Int32, Int32]:  # fmt: skip
    """Count items and pairs of items i -> right[begin[i]:begin[i + 1]], i below them all, by the cells of rows.

    Args:
        begin: Where the pairs of each item begin.
        right: The other items of the pairs.
        cell: Cell of each row; -1 where it does not count.
        cells: How many there are.
        start: Where the rows of each item begin.
        rows: Rows of all items, joined.
        row_start: Where the items of each row begin.
        row_items: Items of all rows, joined, ascending for each.

    Returns:
        pairs x cells and items x cells.
    """
    items = len(start) - 1
    pairs, single = np.zeros((len(right), cells), np.int32), np.zeros((items, cells), np.int32)
    pair_of = np.full(items, -1, np.int64)
    for i in range(items):
        for pair in range(begin[i], begin[i + 1]):
            pair_of[right[pair]] = pair
        for at in range(start[i], start[i + 1]):
            row = rows[at]
            one = cell[row]
            if one < 0:
                continue
            single[i, one] += 1
            if begin[i] < begin[i + 1]:
                for place in range(row_start[row + 1] - 1, row_start[row] - 1, -1):
                    if row_items[place] <= i:
                        break
                    pair = pair_of[row_items[place]]
                    if pair >= 0:
                        pairs[pair, one] += 1
        for pair in range(begin[i], begin[i + 1]):
            pair_of[right[pair]] = -1
    return pairs, single
