"""The compiled loops of `mining.triples` and of the exact test. Knows arrays only; imported when they are needed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


@compiled
def count_triples(
    a: Int64, b: Int64, c: Int64, start: Int64, rows: Int32, row_start: Int64, row_items: Int32, person: Int32
) -> Int64:
    """Count baskets and people with two items, and with a third one beside them.

    Args:
        a: First item; triples with the same a and b side by side.
        b: Second item.
        c: Third item.
        start: Where the rows of each item begin.
        rows: Rows of all items, joined, ascending for each.
        row_start: Where the items of each row begin.
        row_items: Items of all rows, joined.
        person: Person of each row, ascending.

    Returns:
        triples x (rows with a and b, people with them, rows with all three, people with them).
    """
    counts = np.zeros((len(a), 4), np.int64)
    line = np.full(len(start) - 1, -1, np.int64)
    last, begin = np.full(len(a), -1, np.int64), 0
    while begin < len(a):
        end = begin
        while end < len(a) and a[end] == a[begin] and b[end] == b[begin]:
            line[c[end]] = end
            end += 1
        n, people, before = 0, 0, -1
        at, until = start[b[begin]], start[b[begin] + 1]
        for place in range(start[a[begin]], start[a[begin] + 1]):
            row = rows[place]
            while at < until and rows[at] < row:
                at += 1
            if at == until:
                break
            if rows[at] != row:
                continue
            n += 1
            people += person[row] != before
            before = person[row]
            for third in range(row_start[row], row_start[row + 1]):
                one = line[row_items[third]]
                if one >= 0:
                    counts[one, 2] += 1
                    counts[one, 3] += last[one] != before
                    last[one] = before
        for one in range(begin, end):
            counts[one, 0], counts[one, 1] = n, people
            line[c[one]] = -1
        begin = end
    return counts


@compiled
def tails(k: Float64, x: Float64, y: Float64, n: Float64, point: Float64, up: NDArray[np.bool_]) -> Float64:
    """Sum the terms of hypergeometric laws beyond k, each from the one before; a series ends when terms vanish.

    Args:
        k: Where the tails begin; itself left out.
        x: Draws.
        y: Marked ones.
        n: All.
        point: The probability of k.
        up: Whether a tail goes upward.
    """
    total = np.zeros(len(k))
    for one in range(len(k)):
        at, term, going = k[one], point[one], True
        rest = n[one] - x[one] - y[one]
        while going:
            if up[one]:
                term = term * (x[one] - at) * (y[one] - at) / ((at + 1) * (rest + at + 1))
                at += 1
            else:
                term = term * at * (rest + at) / ((x[one] - at + 1) * (y[one] - at + 1))
                at -= 1
            total[one] += term
            going = term > 1e-17 * max(total[one], 1e-300)
    return total
