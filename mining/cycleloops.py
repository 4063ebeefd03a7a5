"""The compiled loop of `mining.cycles`. Knows arrays only; imported when cycles are mined, as it imports numba.

Gaps are whole days and medians are halves of them, so that order statistics are read off histograms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


@compiled
def _sorted_days(
    rows: Int32, at: int, person: Int32, day: Int32, unknown: int, days: Int32
) -> tuple[int, int]:
    """Write down the distinct days of the person whose rows begin at a position, ascending.

    Returns:
        How many there are, and where the rows of the next person begin.
    """
    who, n = person[rows[at]], 0
    while at < len(rows) and person[rows[at]] == who:
        one = day[rows[at]]
        at += 1
        if one == unknown:
            continue
        place = n
        while place > 0 and days[place - 1] > one:  # rows ascend in time, so that days nearly always do
            place -= 1
        if place > 0 and days[place - 1] == one:
            continue
        for later in range(n, place, -1):
            days[later] = days[later - 1]
        days[place] = one
        n += 1
    return n, at


@compiled
def _ranked(histogram: Int64, size: int, position: float) -> float:
    """Return the value at a position among `size` ascending ones, between two neighbours as far as it lies there."""
    low = int(position)
    seen, value, first = 0, 0, -1
    while True:
        seen += histogram[value]
        if first < 0 and seen > low:
            first = value
        if first >= 0 and (seen > low + 1 or low + 1 >= size):
            second = value if low + 1 < size else first
            return first + (second - first) * (position - low)
        value += 1


@compiled
def cycle_table(
    start: Int64, rows: Int32, person: Int32, day: Int32, unknown: int, span: int, visits: Float64, min_days: int
) -> tuple[Int64, Float64]:  # fmt: skip
    """Count the gaps between neighbouring distinct days on which a person took each key.

    Args:
        start: Where the rows of each key begin.
        rows: Rows of all keys, joined, ascending for each.
        person: Person of each row, ascending.
        day: Local day of each row.
        unknown: The day of a row whose time is unknown.
        span: Most days between two rows.
        visits: For each person the median gap between rows of any kind.
        min_days: Distinct days that a person needs to count.

    Returns:
        keys x (persons with the days, persons with any, gaps, gaps within half of the person's own median around it).
        keys x (quartiles of medians, median of all gaps, median of the visits of these persons).
    """
    keys = len(start) - 1
    counts, values = np.zeros((keys, 4), np.int64), np.full((keys, 5), np.nan)
    days, gaps = np.empty(len(day), np.int32), np.empty(len(day), np.int32)
    of_gap, of_median, of_visit = (
        np.zeros(span + 2, np.int64),
        np.zeros(2 * span + 3, np.int64),
        np.zeros(2 * span + 3, np.int64),
    )
    for key in range(keys):
        mine, at = rows[start[key] : start[key + 1]], 0
        of_gap[:], of_median[:], of_visit[:] = 0, 0, 0
        while at < len(mine):
            who = person[mine[at]]
            n, at = _sorted_days(mine, at, person, day, unknown, days)
            counts[key, 1] += n > 0
            if n < min_days:
                continue
            for one in range(n - 1):
                gap, place = days[one + 1] - days[one], one
                of_gap[gap] += 1
                while place > 0 and gaps[place - 1] > gap:
                    gaps[place] = gaps[place - 1]
                    place -= 1
                gaps[place] = gap
            twice = gaps[(n - 2) // 2] + gaps[(n - 1) // 2]
            of_median[twice] += 1
            of_visit[int(2 * visits[who])] += 1
            counts[key, 0] += 1
            counts[key, 2] += n - 1
            for one in range(n - 1):
                counts[key, 3] += 2 * abs(2 * gaps[one] - twice) <= twice
        people, all_gaps = counts[key, 0], counts[key, 2]
        if people > 0:
            for part in range(3):
                values[key, part] = _ranked(of_median, people, (people - 1) * (part + 1) / 4) / 2
            values[key, 3] = _ranked(of_gap, all_gaps, (all_gaps - 1) / 2)
            values[key, 4] = _ranked(of_visit, people, (people - 1) / 2) / 2
    return counts, values
