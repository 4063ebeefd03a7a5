"""The compiled loops that answer a question at once. Knows arrays only; imported when asked, as it imports numba.

Rows are baskets, sorted by person and within a person by time; the baskets of a person whose time is unknown come
first and take no part in what follows what.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.bitloops import lowest, part
from mining.engine_compile import compiled, popcount
from mining.readyloops import I16, I32, I64, U8, U64, N, ready

Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
States = NDArray[np.uint8]
Words = NDArray[np.uint64]
NAT = np.iinfo(np.int64).min
BASE = 1
"""The bit of a state that says that a row is an occasion: its window is whole."""
_ONE, _TWO, _FOUR = np.uint64(1), np.uint64(2), np.uint64(4)


@ready(U64, I32, I64, I32, I16, I32, N, N)
def items_by_class(
    held: Words,
    row_of: Int32,
    start: Int64,
    items: Int32,
    size_class: Int16,
    person: Int32,
    classes: int,
    width: int,
) -> Int32:
    """Count for each item the rows that hold it by their size class, and the persons behind them.

    Args:
        held: The rows that count, as bits.
        row_of: Row of each bit.
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
    counts, people = np.zeros((width + 1, classes + 1), np.int32), np.zeros((width + 1, 2), np.int32)
    flat, seen, stride = counts.ravel(), people.ravel(), np.uint64(classes + 1)
    for at in range(len(held)):
        word = held[at]
        while word:
            row = row_of[64 * at + lowest(word)]
            word &= word - _ONE
            which, who = np.uint64(size_class[row]), person[row] + 1
            counts[width, which] += 1
            people[width, 1] += people[width, 0] != who
            people[width, 0] = who
            for place in range(np.uint64(start[row]), np.uint64(start[row + 1])):
                item = np.uint64(items[place])  # unsigned: it need not be tested for being negative
                flat[item * stride + which] += 1
                seen[_TWO * item + _ONE] += seen[_TWO * item] != who
                seen[_TWO * item] = who
    for line in range(width + 1):
        counts[line, classes] = people[line, 1]
    return counts


@ready(U64, U64, U64, I64)
def tally(held: Words, side: Words, with_x: Words, begin: Int64) -> tuple[int, int, int, int]:
    """Return the rows and groups of a set on one side of a slice, then those of them with x.

    Group g has the bytes begin[g]:begin[g + 1] of a set.
    """
    n = people = n_x = people_x = 0
    for group in range(len(begin) - 1):
        first, after = begin[group], begin[group + 1]
        all_in, some_x = np.uint64(0), np.uint64(0)
        for at in range(first >> 3, (after + 7) >> 3):
            word = part(held[at], at, first, after) & side[at]
            all_in += popcount(word)
            some_x += popcount(word & with_x[at])
        n += int(all_in)
        n_x += int(some_x)
        people += 1 if all_in else 0
        people_x += 1 if some_x else 0
    return n, people, n_x, people_x


@ready(I32, I64, I32, I64, I64, I32, N, N, N)
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
                    for place in range(np.uint64(start[row]), np.uint64(start[row + 1])):
                        cell = _FOUR * np.uint64(
                            items[place]
                        )  # unsigned: it need not be tested for being negative
                        last = flat[cell + _TWO]
                        flat[cell] += high - max(low, last)
                        flat[cell + _ONE] += last <= begin  # the person's first
                        flat[cell + _TWO] = high
                row += 1
    return cells[:, :2].copy(), looked


@compiled
def _strictly_before(row: int, floor: int, at: Int64, person: Int32) -> int:
    """Return the last row of the person that is earlier than `row`, not as early; at least `floor` - 1."""
    earlier = row - 1
    while earlier >= floor and person[earlier] == person[row] and at[earlier] == at[row]:
        earlier -= 1
    return earlier


@ready(I32, I32, I64, I32, U8, N)
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


@ready(I64, I64, I64)
def expected_by_habit(x: Int64, y: Int64, n: Int64) -> float:
    """Sum x y / n over persons: how many of the occasions with x their habits explain."""
    total = 0.0
    for who in range(len(x)):
        if x[who] > 0:
            total += x[who] * y[who] / max(n[who], 1)
    return total


@ready(I64, I64, I64, I64)
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
