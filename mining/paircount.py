"""The compiled loop of `mining.pairs`. Knows arrays only; imported when pairs are counted, as it imports numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Flags = NDArray[np.bool_]


@compiled
def count_pairs(  # noqa: C901 - one loop nest: calls inside it would cost more than they clear up
    item_start: Int64,
    item_rows: Int32,
    row_start: Int64,
    row_items: Int32,
    person: Int32,
    window: Int64,
    early: Flags,
    used: Flags,
    n_person: Float64,
    stratum: Int64,
    begin: Int64,
    right: Int32,
    windows: int,
) -> tuple[Int64, Float64, Int64, Int32]:
    """Count the wanted pairs i -> right[begin[i]:begin[i + 1]] over the baskets of each item i.

    Baskets are sorted by person, so the baskets of i that one person has are neighbours: what that person adds to a
    pair is known at the end of the run, and goes into the sums that the clustered test needs.

    Returns:
        counts: pairs x (baskets, people, most of one person, early baskets).
        sums: pairs x (sum of squares of a person's early baskets with both, times theirs with i, times theirs).
        by_window: pairs x windows.
        by_size: pairs x 3 x 10: early baskets by the stratum of size - 2, size - 1 and size.
    """
    m, pairs = len(item_start) - 1, len(right)
    counts = np.zeros((pairs, 4), np.int64)
    sums = np.zeros((pairs, 3), np.float64)
    by_window = np.zeros((pairs, windows), np.int64)
    by_size = np.zeros((pairs, 3, 10), np.int32)
    pair_of = np.full(m, -1, np.int64)
    now, now_early = np.zeros(m, np.int64), np.zeros(m, np.int64)
    touched = np.empty(m, np.int64)
    for i in range(m):
        for pair in range(begin[i], begin[i + 1]):
            pair_of[right[pair]] = pair
        at, end = item_start[i], item_start[i + 1]
        while begin[i] < begin[i + 1] and at < end:
            who, n_touched, mine = person[item_rows[at]], 0, 0
            while at < end and person[item_rows[at]] == who:
                row = item_rows[at]
                at += 1
                if not used[row]:
                    continue
                mine += early[row]
                size = row_start[row + 1] - row_start[row]
                for place in range(row_start[row], row_start[row + 1]):
                    j = row_items[place]
                    pair = pair_of[j]
                    if pair < 0:
                        continue
                    if now[j] == 0:
                        touched[n_touched] = j
                        n_touched += 1
                    now[j] += 1
                    if window[row] >= 0:
                        by_window[pair, window[row]] += 1
                    if early[row]:
                        now_early[j] += 1
                        by_size[pair, 0, stratum[size - 2]] += 1
                        by_size[pair, 1, stratum[size - 1]] += 1
                        by_size[pair, 2, stratum[size]] += 1
            for k in range(n_touched):
                j = touched[k]
                pair = pair_of[j]
                counts[pair, 0] += now[j]
                counts[pair, 1] += 1
                counts[pair, 2] = max(counts[pair, 2], now[j])
                counts[pair, 3] += now_early[j]
                sums[pair, 0] += now_early[j] * now_early[j]
                sums[pair, 1] += now_early[j] * mine
                sums[pair, 2] += now_early[j] * n_person[who]
                now[j], now_early[j] = 0, 0
        for pair in range(begin[i], begin[i + 1]):
            pair_of[right[pair]] = -1
    return counts, sums, by_window, by_size
