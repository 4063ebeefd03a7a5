"""The compiled loops of `mining.following`. Knows arrays only; imported when sequences are mined, as it imports numba.

Rows are baskets, sorted by person and within a person by time; the baskets of a person whose time is unknown come
first. An occasion is a row whose window lies inside the data (`whole`); an `early` one may be seen by tests.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled
from mining.ondemand import _strictly_before, expected_by_habit, reverse_order, spreads

Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
States = NDArray[np.uint8]


@compiled
def found_after(
    row: int, number: int, at: Int64, person: Int32, start: Int64, items: Int32, span: int, last: Int64,
    found: Int32,
) -> int:  # fmt: skip
    """Write down the distinct items of the same person's strictly later rows within the span; return how many.

    Args:
        row: The occasion.
        number: A number that no occasion before had.
        at: Instant of each row.
        person: Person of each row.
        start: First item of each row.
        items: Items of the rows, joined; an item of -1 is left out.
        span: Nanoseconds.
        last: The number of the occasion that found each item last; changed.
        found: Room for every item; changed.
    """
    until, n_found = at[row] + span, 0
    later = row + 1
    while later < len(at) and person[later] == person[row] and at[later] <= until:
        if at[later] > at[row]:
            for place in range(start[later], start[later + 1]):
                item = items[place]
                if item >= 0 and last[item] != number:
                    last[item] = number
                    found[n_found] = item
                    n_found += 1
        later += 1
    return n_found


@compiled
def tally_followers(
    occasions: Int64, sign: int, early: States, line_of: Int32, at: Int64, person: Int32, start: Int64,
    items: Int32, span: int, counts: Int32,
) -> None:  # fmt: skip
    """Add occasions to the counts of what follows them, or take them off (sign -1).

    Args:
        occasions: Rows with a known time.
        sign: 1 or -1.
        early: 1 for each row that tests may see.
        line_of: Line of each item in the counts, -1 where it is no subject.
        at: Instant of each row.
        person: Person of each row.
        start: First item of each row.
        items: Items of the rows, joined; an item of -1 is left out.
        span: Nanoseconds.
        counts: (late, early) x lines x items: occasions with the subject that the item follows; the last line is of
            occasions of any kind.
    """
    lines, width = counts.shape[1], counts.shape[2]
    last = np.full(width, -1, np.int64)
    found, held = np.empty(width, np.int32), np.empty(lines, np.int32)
    for number in range(len(occasions)):
        row = occasions[number]
        n_found, n_held = found_after(row, number, at, person, start, items, span, last, found), 1
        held[0] = lines - 1
        for place in range(start[row], start[row + 1]):
            item = items[place]
            if item >= 0 and line_of[item] >= 0:
                held[n_held] = line_of[item]
                n_held += 1
        part = early[row]
        for one in range(n_held):
            line = counts[part, held[one]]
            for k in range(n_found):
                line[found[k]] += sign


@compiled
def mark_followed(
    rows: Int32, at: Int64, person: Int32, whole: States, early: States, window: Int16, span: int, lag: Int64,
    by_person: Int64, by_window: Int64,
) -> None:  # fmt: skip
    """Write down for each occasion how soon one of the rows follows, and count these occasions by person and window."""
    who, covered = -1, 0
    for position in range(len(rows)):
        row = rows[position]
        if person[row] != who:
            who, covered = person[row], 0
        occasion = _strictly_before(row, covered, at, person)
        next_covered = occasion + 1
        while occasion >= covered and person[occasion] == who and at[occasion] >= at[row] - span:
            if whole[occasion]:
                lag[occasion] = at[row] - at[occasion]
                by_person[0, who] += 1
                by_person[1, who] += early[occasion]
                by_window[window[occasion]] += 1
            occasion -= 1
        covered = next_covered


@compiled
def count_next(
    x: Int32, y: Int32, lag_start: Int64, body_start: Int64, body_rows: Int32, sets_start: Int64,
    sets_rows: Int32, at: Int64, person: Int32, whole: States, early: States, window: Int16, windows: int,
    span: int, n_person: Int64,
) -> tuple[Int64, Int64, Float64, Int64]:  # fmt: skip
    """Count pairs x -> y in full; neighbours with the same y share the work on y.

    Args:
        x: Bodies of the occasions.
        y: What follows; equal ones side by side.
        lag_start: Where the lags of each pair go, and how many there are in all.
        body_start: Where the rows of each body begin.
        body_rows: Rows of all bodies, joined, ascending for each.
        sets_start: Where the rows of each item begin.
        sets_rows: Rows of all items, joined, ascending for each.
        at: Instant of each row.
        person: Person of each row.
        whole: 1 for each occasion.
        early: 1 for each occasion that tests may see.
        window: Calendar window of each occasion.
        windows: How many calendar windows there are.
        span: Nanoseconds.
        n_person: (occasions, early ones) x people.

    Returns:
        counts: pairs x (persons with x, persons with both, occasions with y, those that x follows).
        by_window: pairs x (n_x, n_y, n_xy) x calendar windows.
        sums: pairs x (expected by habit, and the six sums of `ondemand.spreads`).
        lags: nanoseconds, those of each pair in the order of its occasions.
    """
    pairs, people = len(x), n_person.shape[1]
    counts, parts = np.zeros((pairs, 4), np.int64), np.zeros((pairs, 3, windows), np.int64)
    sums, lags = np.zeros((pairs, 7), np.float64), np.empty(lag_start[pairs], np.int64)
    lag = np.full(len(at), -1, np.int64)
    of_x, of_y, of_both = (
        np.zeros((2, people), np.int64),
        np.zeros((2, people), np.int64),
        np.zeros((2, people), np.int64),
    )
    with_y, last, begin_y, end_y = np.zeros(windows, np.int64), -1, 0, 0
    for pair in range(pairs):
        begin, end = body_start[x[pair]], body_start[x[pair] + 1]
        if y[pair] != last:
            last, begin_y, end_y = y[pair], sets_start[y[pair]], sets_start[y[pair] + 1]
            lag[:], of_y[:], with_y[:] = -1, 0, 0
            mark_followed(sets_rows[begin_y:end_y], at, person, whole, early, window, span, lag, of_y, with_y)
        of_x[:], of_both[:], place = 0, 0, lag_start[pair]
        for position in range(begin, end):
            row = body_rows[position]
            if not whole[row]:
                continue
            who = person[row]
            of_x[0, who] += 1
            of_x[1, who] += early[row]
            parts[pair, 0, window[row]] += 1
            if lag[row] >= 0:
                of_both[0, who] += 1
                of_both[1, who] += early[row]
                parts[pair, 2, window[row]] += 1
                lags[place] = lag[row]
                place += 1
        parts[pair, 1] = with_y
        counts[pair, 0], counts[pair, 1] = np.count_nonzero(of_x[0]), np.count_nonzero(of_both[0])
        back = reverse_order(sets_rows[begin_y:end_y], body_rows[begin:end], at, person, whole, span)
        counts[pair, 2], counts[pair, 3] = back
        seen = 1 if of_x[1].any() else 0
        sums[pair, 0] = expected_by_habit(of_x[0], of_y[0], n_person[0])
        found = spreads(of_both[seen], of_x[seen], of_y[seen], n_person[seen])
        sums[pair, 1], sums[pair, 2], sums[pair, 3], sums[pair, 4], sums[pair, 5], sums[pair, 6] = found
    return counts, parts, sums, lags
