"""The compiled loops of `mining.incremental_slices`. Knows arrays only; imported when slices are counted.

Rows are baskets, sorted by person. The slices that a row lies in are a list of its kind (which words hold) and a list
of its place; slices of time come first, slices of place from `times` on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


@compiled
def person_slices(
    person: Int32, kind: Int32, kind_start: Int64, kind_slices: Int32, place: Int32, place_start: Int64,
    place_slices: Int32, timed: NDArray[np.bool_], people: int, slices: int,
) -> tuple[Float64, Float64]:  # fmt: skip
    """Return baskets of each person in each slice, and people x (with a time, with a place)."""
    inside = np.zeros((people, slices), np.float64)
    known = np.zeros((people, 2), np.float64)
    for row in range(len(person)):
        who = person[row]
        for at in range(kind_start[kind[row]], kind_start[kind[row] + 1]):
            inside[who, kind_slices[at]] += 1
        for at in range(place_start[place[row]], place_start[place[row] + 1]):
            inside[who, place_slices[at]] += 1
        known[who, 0] += timed[row]
        known[who, 1] += place[row] < len(place_start) - 2
    return inside, known


@compiled
def key_slices(  # noqa: C901 - one loop nest: calls inside it would cost more than they clear up
    start: Int64, rows: Int32, person: Int32, kind: Int32, kind_start: Int64, kind_slices: Int32, place: Int32,
    place_start: Int64, place_slices: Int32, timed: NDArray[np.bool_], window: Int64, windows: int, times: int,
    inside: Float64, known: Float64,
) -> tuple[Float64, Float64, Int32, Int32]:  # fmt: skip
    """Count every key in every slice in one pass over the rows of each key.

    The names are those of `contexts.SliceSums`; a person's t and w count the baskets with a known time for slices of
    time, and those with a known place for slices of place.

    Returns:
        keys x slices x (people, h, hh, ht, hi, hw, ti, persons with h = t > 0).
        keys x (time, place) x (t, tt, tw, persons with t > 0).
        keys x slices x windows: h; keys x (time, place) x windows: t.
    """
    m, slices = len(start) - 1, inside.shape[1]
    sums, whole = np.zeros((m, slices, 8), np.float64), np.zeros((m, 2, 4), np.float64)
    hits, totals = np.zeros((m, slices, windows), np.int32), np.zeros((m, 2, windows), np.int32)
    h, touched, ti = np.zeros(slices, np.float64), np.empty(slices, np.int64), np.zeros(slices, np.float64)
    for key in range(m):
        at, end = start[key], start[key + 1]
        ti[:] = 0
        while at < end:
            who, n_touched, t_time, t_place = person[rows[at]], 0, 0.0, 0.0
            while at < end and person[rows[at]] == who:
                row = rows[at]
                at += 1
                if timed[row]:
                    t_time += 1
                    if window[row] >= 0:
                        totals[key, 0, window[row]] += 1
                for one in range(kind_start[kind[row]], kind_start[kind[row] + 1]):
                    s = kind_slices[one]
                    if h[s] == 0:
                        touched[n_touched] = s
                        n_touched += 1
                    h[s] += 1
                    if window[row] >= 0:
                        hits[key, s, window[row]] += 1
                if place[row] < len(place_start) - 2:
                    t_place += 1
                    if window[row] >= 0:
                        totals[key, 1, window[row]] += 1
                for one in range(place_start[place[row]], place_start[place[row] + 1]):
                    s = place_slices[one]
                    if h[s] == 0:
                        touched[n_touched] = s
                        n_touched += 1
                    h[s] += 1
                    if window[row] >= 0:
                        hits[key, s, window[row]] += 1
            for k in range(n_touched):
                s = touched[k]
                t = t_time if s < times else t_place
                sums[key, s, 0] += 1
                sums[key, s, 1] += h[s]
                sums[key, s, 2] += h[s] * h[s]
                sums[key, s, 3] += h[s] * t
                sums[key, s, 4] += h[s] * inside[who, s]
                sums[key, s, 5] += h[s] * known[who, 0 if s < times else 1]
                sums[key, s, 7] += h[s] == t
                h[s] = 0
            if t_time > 0:
                for s in range(times):
                    ti[s] += t_time * inside[who, s]
            if t_place > 0:
                for s in range(times, slices):
                    ti[s] += t_place * inside[who, s]
            for side in range(2):
                t = t_time if side == 0 else t_place
                whole[key, side, 0] += t
                whole[key, side, 1] += t * t
                whole[key, side, 2] += t * known[who, side]
                whole[key, side, 3] += t > 0
        for s in range(slices):
            sums[key, s, 6] = ti[s]
    return sums, whole, hits, totals


@compiled
def common_rows(left: Int32, right: Int32) -> tuple[Int32, NDArray[np.bool_]]:
    """Return which of the ascending left rows are right ones too."""
    both = np.zeros(len(left), np.bool_)
    at = 0
    for k in range(len(left)):
        while at < len(right) and right[at] < left[k]:
            at += 1
        both[k] = at < len(right) and right[at] == left[k]
    return left, both


@compiled
def pair_slices(
    x: Int32, y: Int32, start: Int64, rows: Int32, kind: Int32, kind_start: Int64, kind_slices: Int32,
    timed: NDArray[np.bool_], times: int,
) -> tuple[Int32, Int64]:  # fmt: skip
    """Return baskets with both items of each pair in each slice of time, and those with a time."""
    counts, known = np.zeros((len(x), times), np.int32), np.zeros(len(x), np.int64)
    for pair in range(len(x)):
        left, both = common_rows(
            rows[start[x[pair]] : start[x[pair] + 1]], rows[start[y[pair]] : start[y[pair] + 1]]
        )
        for k in range(len(left)):
            if both[k]:
                row = left[k]
                known[pair] += timed[row]
                for at in range(kind_start[kind[row]], kind_start[kind[row] + 1]):
                    counts[pair, kind_slices[at]] += 1
    return counts, known


@compiled
def pair_people(
    x: Int32, y: Int32, of: Int64, line: Int64, start: Int64, rows: Int32, person: Int32, kind: Int32,
    holds: NDArray[np.bool_], timed: NDArray[np.bool_],
) -> tuple[Float64, Float64]:  # fmt: skip
    """Return for each (pair, slice) the squares and the fourth powers of the residuals over people.

    The residuals are those of `statistics.clustered_difference`; `of` is the pair and `line` the slice of each,
    pairs ascending; `holds` is slices x kinds.
    """
    square, fourth = np.zeros(len(of)), np.zeros(len(of))
    left, both, last = rows[:0], np.zeros(0, np.bool_), -1
    for one in range(len(of)):
        if of[one] != last:
            last = of[one]
            left, both = common_rows(
                rows[start[x[last]] : start[x[last] + 1]], rows[start[y[last]] : start[y[last] + 1]]
            )
        total = np.zeros(4, np.int64)
        for k in range(len(left)):
            row = left[k]
            if timed[row]:
                side = 0 if holds[line[one], kind[row]] else 2
                total[side] += both[k]
                total[side + 1] += 1
        share_in, share_out = total[0] / max(total[1], 1), total[2] / max(total[3], 1)
        k = 0
        while k < len(left):
            who = person[left[k]]
            a = b = c = d = 0
            while k < len(left) and person[left[k]] == who:
                row = left[k]
                if timed[row]:
                    if holds[line[one], kind[row]]:
                        a += both[k]
                        b += 1
                    else:
                        c += both[k]
                        d += 1
                k += 1
            e = (a - share_in * b) / max(total[1], 1) - (c - share_out * d) / max(total[3], 1)
            square[one] += e * e
            fourth[one] += e * e * e * e
    return square, fourth


@compiled
def pair_persons(
    left: Int32, right: Int32, person: Int32, kind: Int32, inside: NDArray[np.bool_], timed: NDArray[np.bool_],
    people: int,
) -> Int64:  # fmt: skip
    """Return (both inside, x inside, both outside, x outside) x people for one pair; `inside` is one flag a kind."""
    parts = np.zeros((4, people), np.int64)
    held, both = common_rows(left, right)
    for k in range(len(held)):
        row = held[k]
        if timed[row]:
            side = 0 if inside[kind[row]] else 2
            parts[side, person[row]] += both[k]
            parts[side + 1, person[row]] += 1
    return parts
