"""The compiled loops of `mining.slices` and `mining.incontext`. Knows arrays only; imported when slices are counted.

Rows are baskets, sorted by person. The slices that a row lies in follow from its kind (which context words hold) and
from its place; slices of time come first, slices of place from `times` on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Flags = NDArray[np.bool_]


@compiled
def count_kinds(
    start: Int64, rows: Int32, kind: Int32, kinds: int, place: Int32, places: int
) -> tuple[Float64, Float64]:
    """Return keys x kinds and keys x places: rows of each key."""
    by_kind = np.zeros((len(start) - 1, kinds), np.float64)
    by_place = np.zeros((len(start) - 1, places), np.float64)
    for key in range(len(start) - 1):
        for at in range(start[key], start[key + 1]):
            by_kind[key, kind[rows[at]]] += 1
            by_place[key, place[rows[at]]] += 1
    return by_kind, by_place


@compiled
def person_slices(
    person: Int32, kind: Int32, kind_start: Int64, kind_slices: Int32, place: Int32, place_start: Int64,
    place_slices: Int32, timed: Flags, people: int, slices: int,
) -> tuple[Float64, Float64]:  # fmt: skip
    """Return rows of each person in each slice, and people x (with a time, with a place)."""
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
def key_sums(
    key: Int64, line: Int64, start: Int64, rows: Int32, person: Int32, kind: Int32, holds: Flags, place: Int32,
    held: Flags, timed: Flags, window: Int64, windows: int, inside: Float64, known: Float64,
) -> tuple[Float64, Int64]:  # fmt: skip
    """Sum some keys over people in some slices.

    h and t are a person's rows with the key in the slice and on both sides, i and w all their rows there; see
    `contexts.SliceSums`.

    Args:
        key: Keys; equal ones side by side.
        line: The slice of each.
        start: Where the rows of each key begin.
        rows: Rows of all keys, joined, ascending for each.
        person: Person of each row.
        kind: Kind of each row.
        holds: Slices of time x kinds.
        place: Place of each row; the last one is unknown.
        held: Slices of place x places.
        timed: Whether the time of a row is known.
        window: Calendar window of each row, -1 where its time is unknown.
        windows: How many there are.
        inside: People x slices: i.
        known: People x (time, place): w.

    Returns:
        lines x (people with h, hh, ht, hi, hw, tt, ti, tw, people with t > h).
        lines x (h, t) x windows.
    """
    times, nowhere = len(holds), held.shape[1] - 1
    sums, parts = np.zeros((len(key), 9), np.float64), np.zeros((len(key), 2, windows), np.int64)
    h = np.zeros(len(key), np.int64)
    begin = 0
    while begin < len(key):
        end = begin
        while end < len(key) and key[end] == key[begin]:
            end += 1
        at, until = start[key[begin]], start[key[begin] + 1]
        whole = np.zeros((2, windows), np.int64)
        while at < until:
            who, t_time, t_place = person[rows[at]], 0, 0
            while at < until and person[rows[at]] == who:
                row = rows[at]
                at += 1
                part, placed = window[row], place[row] < nowhere
                t_time += timed[row]
                t_place += placed
                if part >= 0:
                    whole[0, part] += timed[row]
                    whole[1, part] += placed
                for one in range(begin, end):
                    s = line[one]
                    if holds[s, kind[row]] if s < times else held[s - times, place[row]]:
                        h[one] += 1
                        if part >= 0:
                            parts[one, 0, part] += 1
            for one in range(begin, end):
                s = line[one]
                side = 0 if s < times else 1
                t = t_time if side == 0 else t_place
                own, i, w = h[one], inside[who, s], known[who, side]
                sums[one, 5] += t * t
                sums[one, 6] += t * i
                sums[one, 7] += t * w
                sums[one, 8] += t > own
                if own > 0:
                    sums[one, 0] += 1
                    sums[one, 1] += own * own
                    sums[one, 2] += own * t
                    sums[one, 3] += own * i
                    sums[one, 4] += own * w
                    h[one] = 0
        for one in range(begin, end):
            parts[one, 1] = whole[0 if line[one] < times else 1]
        begin = end
    return sums, parts


@compiled
def common_rows(left: Int32, right: Int32) -> Flags:
    """Return which of the ascending left rows are right ones too."""
    both = np.zeros(len(left), np.bool_)
    at = 0
    for k in range(len(left)):
        while at < len(right) and right[at] < left[k]:
            at += 1
        if at == len(right):
            break
        both[k] = right[at] == left[k]
    return both


@compiled
def pair_slices(
    x: Int64, y: Int64, start: Int64, rows: Int32, kind: Int32, kind_start: Int64, kind_slices: Int32,
    timed: Flags, times: int,
) -> tuple[Int32, Int64]:  # fmt: skip
    """Return rows with both items of each pair in each slice of time, and those with a time."""
    counts, known = np.zeros((len(x), times), np.int32), np.zeros(len(x), np.int64)
    for pair in range(len(x)):
        left = rows[start[x[pair]] : start[x[pair] + 1]]
        both = common_rows(left, rows[start[y[pair]] : start[y[pair] + 1]])
        for k in range(len(left)):
            if both[k]:
                row = left[k]
                known[pair] += timed[row]
                for at in range(kind_start[kind[row]], kind_start[kind[row] + 1]):
                    counts[pair, kind_slices[at]] += 1
    return counts, known


@compiled
def pair_people(
    x: Int64, y: Int64, of: Int64, line: Int64, totals: Int64, start: Int64, rows: Int32, person: Int32,
    kind: Int32, holds: Flags, timed: Flags,
) -> tuple[Float64, Int64]:  # fmt: skip
    """Sum pairs over people inside and outside slices of time.

    Args:
        x: First item of each pair.
        y: Second item of each pair.
        of: Pairs; equal ones side by side.
        line: The slice of each.
        totals: lines x (both inside, x inside, both outside, x outside): rows, the third and fourth above 0.
        start: Where the rows of each item begin.
        rows: Rows of all items, joined, ascending for each.
        person: Person of each row.
        kind: Kind of each row.
        holds: Slices of time x kinds.
        timed: Whether the time of a row is known.

    Returns:
        lines x (squares, fourth powers): sums of the residuals of `statistics.clustered_difference`.
        lines x people (both inside, x inside, both outside, x outside, x anywhere).
    """
    sums, people = np.zeros((len(of), 2), np.float64), np.zeros((len(of), 5), np.int64)
    a, b = np.zeros(len(of), np.int64), np.zeros(len(of), np.int64)
    begin = 0
    while begin < len(of):
        end, pair = begin, of[begin]
        while end < len(of) and of[end] == pair:
            end += 1
        left = rows[start[x[pair]] : start[x[pair] + 1]]
        both = common_rows(left, rows[start[y[pair]] : start[y[pair] + 1]])
        k = 0
        while k < len(left):
            who, n_x, n_xy = person[left[k]], 0, 0
            while k < len(left) and person[left[k]] == who:
                row = left[k]
                if timed[row]:
                    n_x += 1
                    n_xy += both[k]
                    for one in range(begin, end):
                        if holds[line[one], kind[row]]:
                            b[one] += 1
                            a[one] += both[k]
                k += 1
            for one in range(begin, end):
                c, d, total = n_xy - a[one], n_x - b[one], totals[one]
                inner = (a[one] - total[0] / total[1] * b[one]) / total[1]
                outer = (c - total[2] / total[3] * d) / total[3]
                e = inner - outer
                sums[one, 0] += e * e
                sums[one, 1] += e * e * e * e
                people[one, 0] += a[one] > 0
                people[one, 1] += b[one] > 0
                people[one, 2] += c > 0
                people[one, 3] += d > 0
                people[one, 4] += n_x > 0
                a[one], b[one] = 0, 0
        begin = end
    return sums, people


@compiled
def fill_table(
    order: Int64, row_start: Int64, row_items: Int32, size_class: NDArray[np.int16], kind: Int64,
    kind_start: Int64, kind_slices: Int32, table: Int32,
) -> None:  # fmt: skip
    """Add rows to the table of `partners.table_of`; rows of one kind and class side by side keep its lines near."""
    last = table.shape[2] - 1
    for row in order:
        which = size_class[row]
        for at in range(kind_start[kind[row]], kind_start[kind[row] + 1]):
            line = table[kind_slices[at], which]
            line[last] += 1
            for place in range(row_start[row], row_start[row + 1]):
                line[row_items[place]] += 1
