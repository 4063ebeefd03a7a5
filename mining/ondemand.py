"""The compiled loops that answer a question at once. Knows arrays only; imported when asked, as it imports numba.

Rows are baskets, sorted by person and within a person by time; the baskets of a person whose time is unknown come
first and take no part in what follows what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import types
from numpy.typing import NDArray

from mining.engine_compile import compiled

P = ParamSpec("P")
R = TypeVar("R")

Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
States = NDArray[np.uint8]
NAT = np.iinfo(np.int64).min

BASE, WITH_X, EARLY = 1, 2, 4
"""What an occasion is: a basket of the slice whose window is whole, one that holds x, one that tests may use."""
INSIDE, OUTSIDE, LEFT = 1, 2, 4
"""What a basket is to a slice: in it, known to be outside it, one that holds x."""


def _ready(*arguments: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile for these arguments when the module is first imported on a machine, not at the first question.

    Arrays are declared read-only, as mapped files are; those of an index that was just built pass too.
    """

    def ready(function: Callable[P, R]) -> Callable[P, R]:
        machine: Any = compiled(function)
        machine.compile(arguments)
        machine.disable_compile()
        return machine  # type: ignore[no-any-return]

    return ready


_I64, _I32, _I16, _U8 = (
    types.Array(one, 1, "C", readonly=True) for one in (types.int64, types.int32, types.int16, types.uint8)
)
_F64 = types.Array(types.float64, 1, "C", readonly=True)
_N = types.int64


@_ready(_U8, _N, _I64, _I32, _I16, _I32, _N, _N)
def items_by_class(
    state: States,
    wanted: int,
    start: Int64,
    items: Int32,
    size_class: Int16,
    person: Int32,
    classes: int,
    width: int,
) -> Int32:
    """Count for each item the rows that hold it by their size class, and the persons behind them.

    Args:
        state: What each row is.
        wanted: Bits of the state that a row must have to count.
        start: First item of each row.
        items: Items of the rows, joined.
        size_class: Class of each row.
        person: Person of each row.
        classes: How many classes there are.
        width: How many items there are.

    Returns:
        (items + 1) x (classes, people); the last line is of the rows themselves. All that is said of one item lies
        together, so that a popular one stays in the cache.
    """
    counts = np.zeros((width + 1, classes + 1), np.int32)
    last = np.full(width + 1, -1, np.int32)
    for row in range(len(state)):
        if state[row] & wanted != wanted:
            continue
        which, who = size_class[row], person[row]
        counts[width, which] += 1
        if last[width] != who:
            last[width] = who
            counts[width, classes] += 1
        for place in range(start[row], start[row + 1]):
            item = items[place]
            counts[item, which] += 1
            if last[item] != who:
                last[item] = who
                counts[item, classes] += 1
    return counts


@_ready(_I32, _U8, _I32)
def tally(rows: Int32, state: States, person: Int32) -> Int64:
    """Count rows (ascending) by what they are to a slice.

    Returns:
        (inside, inside with x, outside, outside with x) x (baskets, people).
    """
    counts = np.zeros((4, 2), np.int64)
    last = np.full(4, -1, np.int32)
    for at in range(len(rows)):
        code, who = state[rows[at]], person[rows[at]]
        for side in range(2):
            if not code & (INSIDE << side):
                continue
            for part in range(2 * side, 2 * side + (2 if code & LEFT else 1)):
                counts[part, 0] += 1
                if last[part] != who:
                    last[part] = who
                    counts[part, 1] += 1
    return counts


@compiled
def _note(code: int, who: int, window: int, by_person: Int64, by_window: Int64) -> None:
    """Count one occasion for its person and its calendar window."""
    early = 1 if code & EARLY else 0
    by_person[0, who] += 1
    by_person[2, who] += early
    by_window[0, window] += 1
    if code & WITH_X:
        by_person[1, who] += 1
        by_person[3, who] += early
        by_window[1, window] += 1


@_ready(_U8, _I64, _I32, _I16, _N, _N)
def occasions_by_person(
    state: States, person_start: Int64, day: Int32, window_of_day: Int16, first_day: int, windows: int
) -> tuple[Int64, Int64]:
    """Count occasions, and those with x.

    Returns:
        by_person: (base, with x, early base, early with x) x people.
        by_window: (base, with x) x calendar windows.
    """
    people = len(person_start) - 1
    by_person, by_window = np.zeros((4, people), np.int64), np.zeros((2, windows), np.int64)
    for who in range(people):
        n = n_x = early = early_x = 0
        for row in range(person_start[who], person_start[who + 1]):
            code = state[row]
            if not code & BASE:
                continue
            window = window_of_day[day[row] - first_day]
            with_x, soon = (code & WITH_X) >> 1, (code & EARLY) >> 2
            n += 1
            n_x += with_x
            early += soon
            early_x += with_x & soon
            by_window[0, window] += 1
            by_window[1, window] += with_x
        by_person[0, who], by_person[1, who], by_person[2, who], by_person[3, who] = n, n_x, early, early_x
    return by_person, by_window


@_ready(_I32, _I64, _I32, _I64, _I64, _I32, _N, _N, _N)
def followers(
    occasions: Int32,
    at: Int64,
    person: Int32,
    person_start: Int64,
    start: Int64,
    items: Int32,
    span: int,
    width: int,
    stride: int,
) -> tuple[Int32, int]:
    """Count for every item at once the occasions that it follows, in one pass over the rows that follow any.

    Row r follows the occasions of its person within `span` before it: a range of occasions whose ends ascend with r.
    What a row adds for an item is the part of its range beyond the range of the item's row before it.

    Args:
        occasions: Rows with a known time, ascending.
        at: Instant of each row.
        person: Person of each row.
        person_start: First row of each person, and the number of rows at the end.
        start: First item of each row.
        items: Items of the rows, joined.
        span: Nanoseconds.
        width: How many items there are.
        stride: Only every so many-th person counts.

    Returns:
        items x (occasions, persons behind them), and how many occasions were looked at.
    """
    cells = np.zeros((width, 4), np.int32)  # all that is said of one item lies together, for the cache
    flat = cells.ravel()
    looked, position = 0, 0
    while position < len(occasions):
        who = person[occasions[position]]
        end_row, begin = person_start[who + 1], position
        while position < len(occasions) and occasions[position] < end_row:
            position += 1
        if who % stride:
            continue
        looked += position - begin
        low, high, row = begin, begin, 0
        for occasion in range(begin, position):
            row = max(row, occasions[occasion] + 1)
            until = at[occasions[occasion]] + span
            while row < end_row and at[row] <= until:
                while at[occasions[low]] < at[row] - span:
                    low += 1
                while high < position and at[occasions[high]] < at[row]:
                    high += 1
                if low < high:
                    for place in range(start[row], start[row + 1]):
                        cell = 4 * np.int64(items[place])
                        first = max(low, flat[cell + 2])
                        if first < high:
                            flat[cell] += high - first
                            flat[cell + 2] = high
                            if flat[cell + 3] != who + 1:
                                flat[cell + 3] = who + 1
                                flat[cell + 1] += 1
                row += 1
    return cells[:, :2].copy(), looked


@compiled
def _strictly_before(row: int, floor: int, at: Int64, person: Int32) -> int:
    """Return the last row of the person that is earlier than `row`, not as early; at least `floor` - 1."""
    earlier = row - 1
    while earlier >= floor and person[earlier] == person[row] and at[earlier] == at[row]:
        earlier -= 1
    return earlier


@_ready(_I32, _I64, _I32, _I64, _I32, _U8, _F64, _N)
def strengths(
    chosen: Int32,
    sets_start: Int64,
    sets_rows: Int32,
    at: Int64,
    person: Int32,
    state: States,
    weight: Float64,
    span: int,
) -> tuple[Int64, Float64]:
    """Count for a few items the occasions that each follows.

    Args:
        chosen: The items.
        sets_start: Where the rows of each item begin.
        sets_rows: Rows of all items, joined, ascending for each.
        at: Instant of each row.
        person: Person of each row.
        state: What each row is as an occasion.
        weight: For each person the share of occasions that hold x.
        span: Nanoseconds.

    Returns:
        chosen x (n_xy, persons behind it, n_y), and the n_xy that habits explain: the sum over persons of n_x n_y / n.
    """
    counts, expected = np.zeros((len(chosen), 3), np.int64), np.zeros(len(chosen), np.float64)
    for line in range(len(chosen)):
        who, last, covered = -1, -1, 0
        for place in range(sets_start[chosen[line]], sets_start[chosen[line] + 1]):
            row = sets_rows[place]
            if person[row] != who:
                who, covered = person[row], 0
            occasion = _strictly_before(row, covered, at, person)
            next_covered = occasion + 1
            while occasion >= covered and person[occasion] == who and at[occasion] >= at[row] - span:
                code = state[occasion]
                if code & BASE:
                    counts[line, 2] += 1
                    expected[line] += weight[who]
                    if code & WITH_X:
                        counts[line, 0] += 1
                        if last != who:
                            last = who
                            counts[line, 1] += 1
                occasion -= 1
            covered = next_covered
    return counts, expected


@_ready(_I32, _I64, _I32, _I64, _U8, _I32, _I16, _N, _N, _N, _N)
def followed_by_one(
    rows: Int32,
    at: Int64,
    person: Int32,
    person_start: Int64,
    state: States,
    day: Int32,
    window_of_day: Int16,
    first_day: int,
    windows: int,
    span: int,
    most: int,
) -> tuple[Int64, Int64, Int64]:
    """Count the occasions that one of the rows (ascending) follows.

    Returns:
        by_person: (base, with x, early base, early with x) x people.
        by_window: (base, with x) x calendar windows.
        lags: nanoseconds from each followed occasion with x (at most `most`) to the first row that follows it.
    """
    people = len(person_start) - 1
    by_person, by_window = np.zeros((4, people), np.int64), np.zeros((2, windows), np.int64)
    lags = np.empty(most, np.int64)
    n_lags, who, covered = 0, -1, 0
    for position in range(len(rows)):
        row = rows[position]
        if person[row] != who:
            who, covered = person[row], 0
        occasion = _strictly_before(row, covered, at, person)
        next_covered = occasion + 1
        while occasion >= covered and person[occasion] == who and at[occasion] >= at[row] - span:
            code = state[occasion]
            if code & BASE:
                _note(code, who, window_of_day[day[occasion] - first_day], by_person, by_window)
                if code & WITH_X:
                    lags[n_lags] = at[row] - at[occasion]
                    n_lags += 1
            occasion -= 1
        covered = next_covered
    return by_person, by_window, lags[:n_lags]


@_ready(_I32, _I32, _I64, _I32, _U8, _N)
def reverse_order(
    rows_y: Int32, rows_x: Int32, at: Int64, person: Int32, state: States, span: int
) -> tuple[int, int]:
    """Return how many of the rows with y (ascending) are occasions, and how many of those x follows."""
    n, hits, next_x = 0, 0, 0
    for position in range(len(rows_y)):
        row = rows_y[position]
        if not state[row] & BASE:
            continue
        n += 1
        while next_x < len(rows_x) and (
            rows_x[next_x] <= row or (person[rows_x[next_x]] == person[row] and at[rows_x[next_x]] <= at[row])
        ):
            next_x += 1
        if next_x < len(rows_x):
            later = rows_x[next_x]
            hits += person[later] == person[row] and at[later] - at[row] <= span
    return n, hits


@_ready(_I64, _I64, _I64)
def expected_by_habit(x: Int64, y: Int64, n: Int64) -> float:
    """Sum x y / n over persons: how many of the occasions with x their habits explain."""
    total = 0.0
    for who in range(len(x)):
        if x[who] > 0:
            total += x[who] * y[who] / max(n[who], 1)
    return total


@_ready(_I64, _I64, _I64, _I64)
def spreads(xy: Int64, x: Int64, y: Int64, n: Int64) -> tuple[float, float, float, float, float, float]:
    """Return the sums of residuals, their squares and fourth powers over persons, of two tests.

    The residuals are those of `statistics.clustered_association`, then those of `statistics.within_person`.
    """
    total, all_x, all_y = 0, 0, 0
    for who in range(len(n)):
        total += n[who]
        all_x += x[who]
        all_y += y[who]
    s_x, s_y = all_x / max(total, 1), all_y / max(total, 1)
    e, e2, e4, d, d2, d4 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for who in range(len(n)):
        one = xy[who] - s_y * x[who] - s_x * y[who] + s_x * s_y * n[who]
        own = xy[who] - x[who] * y[who] / max(n[who], 1)
        e += one
        e2 += one * one
        e4 += one * one * one * one
        d += own
        d2 += own * own
        d4 += own * own * own * own
    return e, e2, e4, d, d2, d4
