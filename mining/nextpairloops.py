"""The compiled loops of `mining.nextpairs`. Knows arrays only; imported when sequences are mined, as it imports numba.

Rows are baskets, as in `mining.nextloops`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled
from mining.nextloops import found_after, mark_followed
from mining.ondemand import expected_by_habit, spreads

Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
States = NDArray[np.uint8]


@compiled
def tally_bodies(
    occasions: Int32, held_start: Int64, held: Int32, early: States, at: Int64, person: Int32, start: Int64,
    items: Int32, span: int, has_early: States, counts: Int32, people: Int32,
) -> None:  # fmt: skip
    """Add occasions, ascending, to the counts of what follows the bodies that they hold.

    Args:
        occasions: Rows with a known time.
        held_start: Where the bodies of each row begin.
        held: Bodies of the rows, joined.
        early: 1 for each row that tests may see.
        at: Instant of each row.
        person: Person of each row.
        start: First item of each row.
        items: Items of the rows, joined.
        span: Nanoseconds.
        has_early: 1 for each body that an early occasion holds.
        counts: (late, early) x bodies x items: occasions with the body that the item follows.
        people: Bodies x items: persons behind them, of the early ones; of all, where no early one holds the body.
    """
    width = counts.shape[2]
    who = np.full(people.shape, -1, np.int32)
    last, found = np.full(width, -1, np.int64), np.empty(width, np.int32)
    for number in range(len(occasions)):
        row = occasions[number]
        n_found = found_after(row, number, at, person, start, items, span, last, found)
        for place in range(held_start[row], held_start[row + 1]):
            body = held[place]
            line, known, own = counts[early[row], body], who[body], people[body]
            tested = early[row] >= has_early[body]
            for k in range(n_found):
                item = found[k]
                line[item] += 1
                if tested and known[item] != person[row]:
                    known[item] = person[row]
                    own[item] += 1


@compiled
def _tally_persons(
    rows: Int32, person: Int32, whole: States, early: States, lag: Int64, n: Int64, met: Int64
) -> None:
    """Count the occasions among the rows, and those that something follows: (all, early) x persons."""
    for position in range(len(rows)):
        row = rows[position]
        if whole[row]:
            who, followed = person[row], lag[row] >= 0
            n[0, who] += 1
            n[1, who] += early[row]
            met[0, who] += followed
            met[1, who] += followed * early[row]


@compiled
def count_within(
    x: Int32, part: Int32, y: Int32, body_start: Int64, body_rows: Int32, sets_start: Int64, sets_rows: Int32,
    at: Int64, person: Int32, whole: States, early: States, window: Int16, windows: int, span: int, people: int,
) -> Float64:  # fmt: skip
    """Compare, among the occasions with one item of a body, those with all of it: how often does y follow?

    Args:
        x: Bodies.
        part: One item of each.
        y: What follows; equal ones side by side.
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
        people: How many persons there are.

    Returns:
        Lines x (how many of the occasions with x the same persons' occasions with the part explain, and the
        first three sums of `ondemand.spreads` over the early ones; over all, where no early one holds x).
    """
    sums, lag = np.zeros((len(x), 4), np.float64), np.full(len(at), -1, np.int64)
    with_y, by_window = np.zeros((2, people), np.int64), np.zeros(windows, np.int64)
    n, n_x, n_y, n_xy = (
        np.zeros((2, people), np.int64),
        np.zeros((2, people), np.int64),
        np.zeros((2, people), np.int64),
        np.zeros((2, people), np.int64),
    )
    last = -1
    for one in range(len(x)):
        if y[one] != last:
            last = y[one]
            lag[:] = -1
            rows_y = sets_rows[sets_start[last] : sets_start[last + 1]]
            mark_followed(rows_y, at, person, whole, early, window, span, lag, with_y, by_window)
        n[:], n_x[:], n_y[:], n_xy[:] = 0, 0, 0, 0
        with_part = sets_rows[sets_start[part[one]] : sets_start[part[one] + 1]]
        _tally_persons(with_part, person, whole, early, lag, n, n_y)
        with_x = body_rows[body_start[x[one]] : body_start[x[one] + 1]]
        _tally_persons(with_x, person, whole, early, lag, n_x, n_xy)
        seen = 1 if n_x[1].any() else 0
        sums[one, 0] = expected_by_habit(n_x[0], n_y[0], n[0])
        found = spreads(n_xy[seen], n_x[seen], n_y[seen], n[seen])
        sums[one, 1], sums[one, 2], sums[one, 3] = found[0], found[1], found[2]
    return sums
