"""The compiled loops of what follows what. Knows arrays only; imported when asked, as it imports numba.

Rows are baskets, sorted by person and within a person by time; the baskets of a person whose time is unknown come
first. Sets of rows are packed bits (`mining.bits.Layout`); what a row sees and what sees it are ranges of bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.bitloops import lowest, part
from mining.engine_compile import compiled, popcount
from mining.readyloops import F64, I32, I64, U64, WORDS, N, ready

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Words = NDArray[np.uint64]
NAT = np.iinfo(np.int64).min
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)


@ready(I64, I64, I64, N)
def seen_by(at: Int64, person_start: Int64, slot: Int64, span: int) -> Int32:
    """Return for each row which rows see it as coming next: the person's strictly earlier ones, at most `span` before.

    Args:
        at: Instant of each row.
        person_start: First row of each person, and the number of rows at the end.
        slot: Bit of each row; those of a person are neighbours.
        span: Nanoseconds.

    Returns:
        First bit and the one behind the last, for each row in turn; 0, 0 where the time is unknown.
    """
    ends = np.zeros(2 * len(at), np.int32)
    for who in range(len(person_start) - 1):
        low = person_start[who]
        while low < person_start[who + 1] and at[low] == NAT:
            low += 1
        before = low
        for row in range(low, person_start[who + 1]):
            while at[row] - at[low] > span:
                low += 1
            while at[before] < at[row]:
                before += 1
            shift = slot[row] - row
            ends[2 * row], ends[2 * row + 1] = low + shift, before + shift
    return ends


@compiled
def _see(rows: Int32, ends: Int32, seeing: Words) -> None:
    """Set the bits of all rows that see one of the rows, which ascend."""
    done = np.int64(0)
    for place in range(len(rows)):
        row = rows[place]
        begin, end = np.int64(ends[2 * row]), np.int64(ends[2 * row + 1])
        if begin < done:
            begin = done
        if begin >= end:
            continue
        done = end
        first, last = begin >> 6, (end - 1) >> 6
        left, right = _ALL << np.uint64(begin & 63), _ALL >> np.uint64(63 - ((end - 1) & 63))
        if first == last:
            seeing[first] |= left & right
            continue
        seeing[first] |= left
        for at in range(first + 1, last):
            seeing[at] = _ALL
        seeing[last] |= right


@ready(I32, I32, N)
def seeing(rows: Int32, ends: Int32, words: int) -> Words:
    """Return the rows that see one of the rows (ascending) as coming next; `ends` is what `seen_by` returns."""
    held = np.zeros(words, np.uint64)
    _see(rows, ends, held)
    return held


@ready(I32, I64, I32, I32, U64, U64, I64, F64)
def strengths(
    chosen: Int32,
    sets_start: Int64,
    sets_rows: Int32,
    ends: Int32,
    base: Words,
    with_x: Words,
    begin: Int64,
    weight: Float64,
) -> tuple[Int64, Float64]:
    """Count for a few items the occasions that each follows.

    Args:
        chosen: The items.
        sets_start: Where the rows of each item begin.
        sets_rows: Rows of all items, joined, ascending for each.
        ends: What `seen_by` returns.
        base: The occasions.
        with_x: Those that hold x.
        begin: Person p has the bytes begin[p]:begin[p + 1].
        weight: For each person the share of occasions that hold x.

    Returns:
        chosen x (n_xy, persons behind it, n_y), and the n_xy that habits explain: the sum over persons of n_x n_y / n.
    """
    counts, expected = np.zeros((len(chosen), 3), np.int64), np.zeros(len(chosen), np.float64)
    seeing, n_y = np.empty(len(base), np.uint64), np.empty(len(weight), np.int64)
    for line in range(len(chosen)):
        seeing[:] = 0
        _see(sets_rows[sets_start[chosen[line]] : sets_start[chosen[line] + 1]], ends, seeing)
        total = np.uint64(0)
        for at in range(len(base)):
            total += popcount(seeing[at] & base[at])
        met, people, habit = 0, 0, 0.0
        for who in range(len(weight)):
            if weight[who] == 0:  # who never takes x adds nothing
                continue
            first, after = begin[who], begin[who + 1]
            one, both = np.uint64(0), np.uint64(0)
            for at in range(first >> 3, (after + 7) >> 3):
                word = part(seeing[at], at, first, after)
                one += popcount(word & base[at])
                both += popcount(word & with_x[at])
            n_y[who] = one
            met += int(both)
            people += 1 if both else 0
            habit += weight[who] * np.float64(one)
        if abs(habit - met) < 1e-6 * (1 + habit):  # as good as equal: add up one by one, as ties always were
            habit = 0.0
            for who in range(len(weight)):
                if weight[who] > 0:
                    for _ in range(n_y[who]):
                        habit += weight[who]
        counts[line, 0], counts[line, 1], counts[line, 2], expected[line] = met, people, total, habit
    return counts, expected


@ready(U64, U64, U64, U64, I64, WORDS)
def followed(
    seeing: Words, base: Words, with_x: Words, early: Words, begin: Int64, parts: Words
) -> tuple[Int64, Int64]:
    """Count the occasions of a set.

    Args:
        seeing: The set.
        base: Occasions.
        with_x: Those that hold x.
        early: Those that tests may use.
        begin: Person p has the bytes begin[p]:begin[p + 1].
        parts: Calendar windows x words: the rows in each.

    Returns:
        by_person: (base, with x, early base, early with x) x people.
        by_part: (base, with x) x calendar windows.
    """
    by_person = np.zeros((4, len(begin) - 1), np.int64)
    by_part = np.zeros((2, len(parts)), np.int64)
    for who in range(len(begin) - 1):
        first, after = begin[who], begin[who + 1]
        n, n_x, soon, soon_x = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
        for at in range(first >> 3, (after + 7) >> 3):
            word = part(seeing[at], at, first, after)
            n += popcount(word & base[at])
            n_x += popcount(word & with_x[at])
            soon += popcount(word & early[at])
            soon_x += popcount(word & early[at] & with_x[at])
        by_person[0, who], by_person[1, who], by_person[2, who], by_person[3, who] = n, n_x, soon, soon_x
    for line in range(len(parts)):
        window, n, n_x = parts[line], np.uint64(0), np.uint64(0)
        for at in range(len(base)):
            n += popcount(seeing[at] & base[at] & window[at])
            n_x += popcount(seeing[at] & with_x[at] & window[at])
        by_part[0, line], by_part[1, line] = n, n_x
    return by_person, by_part


@ready(U64, I32, I32, I64)
def first_lags(occasions: Words, row_of: Int32, rows: Int32, at: Int64) -> Int64:
    """Return the nanoseconds from each occasion to the first of the rows (ascending) that follows it; all have one.

    Args:
        occasions: Bits of rows.
        row_of: Row of each bit.
        rows: Rows that follow.
        at: Instant of each row.
    """
    n = np.uint64(0)
    for place in range(len(occasions)):
        n += popcount(occasions[place])
    lags, found, later = np.empty(n, np.int64), 0, 0
    for place in range(len(occasions)):
        word = occasions[place]
        while word:
            row = row_of[64 * place + lowest(word)]
            word &= word - _ONE
            while rows[later] <= row or at[rows[later]] <= at[row]:
                later += 1
            lags[found] = at[rows[later]] - at[row]
            found += 1
    return lags
