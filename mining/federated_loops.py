"""The compiled loops of `mining.federated_counts`. Knows arrays only; imported when triples are counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@compiled
def count_triples(
    triples: Int64, item_start: Int64, item_rows: Int32, row_start: Int64, row_items: Int32, person: Int32
) -> Int64:
    """Return baskets and people with all of a < b < c, for triples that are sorted.

    The baskets of a and b are met once for all c: `of[c]` is the triple that a basket with c counts for. Rows are
    sorted by person, so that a person is counted where the last row of the triple was another's.
    """
    found = np.zeros((len(triples), 2), np.int64)
    of = np.full(len(item_start) - 1, -1, np.int64)
    last = np.full(len(triples), -1, np.int64)
    begin = 0
    while begin < len(triples):
        a, b, end = triples[begin, 0], triples[begin, 1], begin
        while end < len(triples) and triples[end, 0] == a and triples[end, 1] == b:
            of[triples[end, 2]] = end
            end += 1
        i, j = item_start[a], item_start[b]
        while i < item_start[a + 1] and j < item_start[b + 1]:
            if item_rows[i] < item_rows[j]:
                i += 1
            elif item_rows[i] > item_rows[j]:
                j += 1
            else:
                row = item_rows[i]
                for at in range(row_start[row], row_start[row + 1]):
                    one = of[row_items[at]]
                    if one >= 0:
                        found[one, 0] += 1
                        if last[one] != person[row]:
                            last[one] = person[row]
                            found[one, 1] += 1
                i += 1
                j += 1
        for one in range(begin, end):
            of[triples[one, 2]] = -1
        begin = end
    return found


@compiled
def pair_people(pairs: Int64, item_start: Int64, item_rows: Int32, person: Int32) -> Int64:
    """Return the people with a basket that holds both of each pair; further columns of `pairs` are not read."""
    found = np.zeros(len(pairs), np.int64)
    for pair in range(len(pairs)):
        a, b, last = pairs[pair, 0], pairs[pair, 1], -1
        i, j = item_start[a], item_start[b]
        while i < item_start[a + 1] and j < item_start[b + 1]:
            if item_rows[i] < item_rows[j]:
                i += 1
            elif item_rows[i] > item_rows[j]:
                j += 1
            else:
                if person[item_rows[i]] != last:
                    last = person[item_rows[i]]
                    found[pair] += 1
                i += 1
                j += 1
    return found
