"""The compiled loops over packed bits. Knows words and groups of bytes only; imported when asked, as it imports numba.

Each group of rows begins on a byte of its own; bits beyond its rows are never set.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled, popcount
from mining.readyloops import I32, I64, U64, N, ready

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Words = NDArray[np.uint64]
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)


@compiled
def lowest(word: np.uint64) -> int:
    """Return the position of the lowest bit that is set; the word holds one."""
    return int(popcount((word & (~word + _ONE)) - _ONE))


@compiled
def part(word: np.uint64, at: int, begin: int, end: int) -> np.uint64:
    """Return what word number `at` holds of the bytes begin:end."""
    if begin > 8 * at:
        word &= _ALL << np.uint64(8 * (begin - 8 * at))
    if end < 8 * at + 8:
        word &= _ALL >> np.uint64(8 * (8 * at + 8 - end))
    return word


@ready(I32, I64, N)
def packed(rows: Int32, slot: Int64, words: int) -> Words:
    """Return the bits of row numbers, of which each has its slot."""
    held = np.zeros(words, np.uint64)
    for at in range(len(rows)):
        bit = slot[rows[at]]
        held[bit >> 6] |= _ONE << np.uint64(bit & 63)
    return held


@ready(U64, I32)
def unpacked(held: Words, row: Int32) -> Int32:
    """Return the row numbers of a set, ascending, where each bit has its row."""
    n = np.uint64(0)
    for at in range(len(held)):
        n += popcount(held[at])
    rows, place = np.empty(n, np.int32), 0
    for at in range(len(held)):
        word = held[at]
        while word:
            rows[place] = row[64 * at + lowest(word)]
            place += 1
            word &= word - _ONE
    return rows


@ready(U64, I64)
def groups(held: Words, begin: Int64) -> int:
    """Return how many groups have a row in the set; group g has the bytes begin[g]:begin[g + 1]."""
    n = 0
    for group in range(len(begin) - 1):
        first, after = begin[group], begin[group + 1]
        for at in range(first >> 3, (after + 7) >> 3):
            if part(held[at], at, first, after):
                n += 1
                break
    return n


@ready(U64, I64)
def by_group(held: Words, begin: Int64) -> Int64:
    """Return how many rows of each group are in the set; group g has the bytes begin[g]:begin[g + 1]."""
    counts = np.zeros(len(begin) - 1, np.int64)
    for group in range(len(begin) - 1):
        first, after = begin[group], begin[group + 1]
        n = np.uint64(0)
        for at in range(first >> 3, (after + 7) >> 3):
            n += popcount(part(held[at], at, first, after))
        counts[group] = n
    return counts
