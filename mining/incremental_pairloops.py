"""The compiled loops of `mining.incremental_pairs`. Knows arrays only; imported when pairs are counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Flags = NDArray[np.bool_]


@compiled
def tally_baskets(
    baskets: Int64, sign: int, row_start: Int64, row_items: Int32, window: Int64, early: Flags, stratum: Int64,
    begin: Int64, right: Int32, by_window: Int32, by_size: Int32,
) -> None:  # fmt: skip
    """Add baskets to the tallies of the pairs that they hold, or take them off (sign -1).

    Pairs i < j are right[begin[i]:begin[i + 1]], ascending; an item of -1 is in no pair.
    """
    for row in baskets:
        size = row_start[row + 1] - row_start[row]
        for first in range(row_start[row], row_start[row + 1]):
            i = row_items[first]
            if i < 0 or begin[i] == begin[i + 1]:
                continue
            pair, end = begin[i], begin[i + 1]
            for second in range(first + 1, row_start[row + 1]):
                j = row_items[second]
                if j < 0:
                    continue
                low, high = pair, end
                while low < high:
                    middle = (low + high) >> 1
                    if right[middle] < j:
                        low = middle + 1
                    else:
                        high = middle
                pair = low
                if pair == end:
                    break
                if right[pair] != j:
                    continue
                if window[row] >= 0:
                    by_window[pair, window[row]] += sign
                if early[row]:
                    by_size[pair, 0, stratum[size - 2]] += sign
                    by_size[pair, 1, stratum[size - 1]] += sign
                    by_size[pair, 2, stratum[size]] += sign


@compiled
def tally_pairs(
    pairs: Int64, left: Int32, right: Int32, start: Int64, rows: Int32, row_start: Int64, window: Int64,
    early: Flags, used: Flags, stratum: Int64, by_window: Int32, by_size: Int32,
) -> None:  # fmt: skip
    """Count some pairs from all baskets of both of their items."""
    for pair in pairs:
        at, end = start[right[pair]], start[right[pair] + 1]
        for k in range(start[left[pair]], start[left[pair] + 1]):
            row = rows[k]
            while at < end and rows[at] < row:
                at += 1
            if at == end:
                break
            if rows[at] != row or not used[row]:
                continue
            size = row_start[row + 1] - row_start[row]
            if window[row] >= 0:
                by_window[pair, window[row]] += 1
            if early[row]:
                by_size[pair, 0, stratum[size - 2]] += 1
                by_size[pair, 1, stratum[size - 1]] += 1
                by_size[pair, 2, stratum[size]] += 1


@compiled
def people_sums(
    start: Int64, rows: Int32, row_start: Int64, row_items: Int32, person: Int32, early: Flags, used: Flags,
    n_person: Float64, begin: Int64, right: Int32,
) -> tuple[Int64, Float64]:  # fmt: skip
    """Sum pairs i -> right[begin[i]:begin[i + 1]] over people: what `paircount.count_pairs` calls counts and sums."""
    m, pairs = len(start) - 1, len(right)
    counts, sums = np.zeros((pairs, 4), np.int64), np.zeros((pairs, 3), np.float64)
    pair_of = np.full(m, -1, np.int32)
    now, now_early, touched = np.zeros(pairs, np.int32), np.zeros(pairs, np.int32), np.empty(pairs, np.int32)
    for i in range(m):
        if begin[i] == begin[i + 1]:
            continue
        for pair in range(begin[i], begin[i + 1]):
            pair_of[right[pair]] = pair
        at, end = start[i], start[i + 1]
        while at < end:
            who, n_touched, mine = person[rows[at]], 0, 0
            while at < end and person[rows[at]] == who:
                row = rows[at]
                at += 1
                if not used[row]:
                    continue
                fresh = 1 if early[row] else 0
                mine += fresh
                for place in range(row_start[row], row_start[row + 1]):
                    pair = pair_of[row_items[place]]
                    if pair < 0:
                        continue
                    if now[pair] == 0:
                        touched[n_touched] = pair
                        n_touched += 1
                    now[pair] += 1
                    now_early[pair] += fresh
            for k in range(n_touched):
                pair = touched[k]
                both, seen = now[pair], float(now_early[pair])
                counts[pair, 0] += both
                counts[pair, 1] += 1
                counts[pair, 2] = max(counts[pair, 2], both)
                counts[pair, 3] += now_early[pair]
                sums[pair, 0] += seen * seen
                sums[pair, 1] += seen * mine
                sums[pair, 2] += seen * n_person[who]
                now[pair], now_early[pair] = 0, 0
        for pair in range(begin[i], begin[i + 1]):
            pair_of[right[pair]] = -1
    return counts, sums


@compiled
def item_runs(
    start: Int64, rows: Int32, row_start: Int64, person: Int32, early: Flags, n_person: Float64, stratum: Int64,
    parts: int,
) -> tuple[Float64, Float64, Int64, Int32, Int32]:  # fmt: skip
    """Sum single items over the early baskets.

    Returns:
        items x (x, x x, x n); (size - 1, size) x items x strata; and of each item the persons and their x.
    """
    m = len(start) - 1
    sums, by_size = np.zeros((m, 3), np.float64), np.zeros((2, m, parts), np.float64)
    ends, who_of, x_of = (
        np.zeros(m + 1, np.int64),
        np.empty(len(rows), np.int32),
        np.empty(len(rows), np.int32),
    )
    runs = 0
    for i in range(m):
        at, end = start[i], start[i + 1]
        while at < end:
            who, mine = person[rows[at]], 0
            while at < end and person[rows[at]] == who:
                row = rows[at]
                at += 1
                if early[row]:
                    mine += 1
                    size = row_start[row + 1] - row_start[row]
                    by_size[0, i, stratum[size - 1]] += 1
                    by_size[1, i, stratum[size]] += 1
            if mine:
                sums[i, 0] += mine
                sums[i, 1] += mine * mine
                sums[i, 2] += mine * n_person[who]
                who_of[runs], x_of[runs] = who, mine
                runs += 1
        ends[i + 1] = runs
    return sums, by_size, ends, who_of[:runs], x_of[:runs]


@compiled
def crossed_sums(left: Int32, right: Int32, ends: Int64, who: Int32, x: Int32, people: int) -> Float64:
    """Sum x y over people for pairs sorted by left."""
    result, own, last = np.zeros(len(left), np.float64), np.zeros(people, np.int32), -1
    for pair in range(len(left)):
        i, j = left[pair], right[pair]
        if i != last:
            if last >= 0:
                for k in range(ends[last], ends[last + 1]):
                    own[who[k]] = 0
            for k in range(ends[i], ends[i + 1]):
                own[who[k]] = x[k]
            last = i
        total = 0
        for k in range(ends[j], ends[j + 1]):
            total += own[who[k]] * x[k]
        result[pair] = total
    return result
