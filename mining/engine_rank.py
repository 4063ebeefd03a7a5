"""Codes to the frequent items of each basket: as bits where an item is common, as lists by row and item otherwise.

A rank is the position of a frequent item in ascending order of count. Knows codes and counts; refuses to know labels
and how itemsets are found. A row here is a basket with two frequent items or more: others hold no pair.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mining.engine_bits import Bits
from mining.engine_compile import compiled
from mining.engine_encode import SPILLED, Coded, Int32, Sizes, Uint16, Uint32

Int64 = NDArray[np.int64]
Ranks = Uint16 | Int32
Ends = Uint32 | Int64

PER_ROW = 2
"""At most so many words of bits a row for its most frequent items: 64, 128, 192 and 256 items took 25, 19, 20 and
20 ms for the pairs of 690 product types in 155,000 till baskets."""
FAR = 0xFFFF
"""A step that passes so many rows without reaching one that holds the item."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """The frequent items of every row, by row and by item. The first `n_rare` ranks are rare, the others common."""

    counts: Int32
    """Baskets that hold each rank, ascending."""
    labels: tuple[Hashable, ...]
    """The label of each rank."""
    masks: Bits
    """The common ranks of each row: rank n_rare + 64 k + j is bit j of word k, and word k of row i is `masks[k, i]`."""
    rare: Ranks
    """The rare ranks of each row, ascending: of row i, `rare[firsts[i]:firsts[i + 1]]`."""
    firsts: Ends
    steps: Uint16
    """The rows of each rare rank r, ascending, as the distance from one to the next: `steps[starts[r]:stops[r]]`."""
    starts: Int64
    stops: Int64
    n_rows: int
    """Rows, those of fewer than two frequent items left out."""

    @property
    def n_rare(self) -> int:
        """Ranks that are in lists; the others are bits."""
        return len(self.starts)


def count(coded: Coded) -> Int32:
    """Baskets that hold each code; strikes the repeats within a basket from the stream."""
    counts = np.zeros(len(coded.labels), dtype=np.int32)
    last_basket = np.full(len(counts), -1, dtype=np.int32)
    _count(coded.sizes, coded.stream, coded.spilled, last_basket, counts)
    if counts.sum(dtype=np.int64) < len(coded.stream):
        last_basket[:] = -1
        _strike_repeats(coded.sizes, coded.stream, coded.spilled, last_basket)
    return counts


def rank(baskets: list[Coded], min_count: int) -> Ranked:
    """Keeps the items of at least `min_count` baskets and renames them by ascending count.

    The baskets are taken out of their list and let go once they are read: a third of the memory.
    """
    coded = baskets.pop()
    counts = count(coded)
    frequent = np.flatnonzero(counts >= min_count).astype(np.int32)
    frequent = frequent[np.argsort(counts[frequent], kind="stable")]
    labels = tuple(coded.labels[code] for code in frequent.tolist())
    sizes, stream, spilled = coded.sizes, coded.stream, coded.spilled
    del coded
    m = len(frequent)
    rank_of = np.full(len(counts), m, dtype=np.uint32)
    rank_of[frequent] = np.arange(m, dtype=np.uint32)
    counts = counts[frequent]
    n_rare = max(0, m - 64 * PER_ROW)
    place = np.arange(m - n_rare)
    bits_of = np.zeros((2, m + 1), dtype=np.uint64)
    bits_of[place >> 6, np.arange(n_rare, m)] = np.uint64(1) << (place & 63).astype(np.uint64)
    n_baskets = len(sizes)
    masks = np.empty(((m - n_rare + 63) // 64, n_baskets), dtype=np.uint64)
    starts = np.zeros(n_rare + 1, dtype=np.int64)
    np.cumsum(counts[:n_rare] + n_baskets // FAR, out=starts[1:])
    steps = np.empty(int(starts[-1]), dtype=np.uint16)
    stops = starts[:-1].copy()
    wide = starts[-1] > np.iinfo(np.uint32).max
    firsts: Any = np.empty(n_baskets + 1, dtype=np.int64 if wide else np.uint32)
    last_row, held = np.full(n_rare, -1, dtype=np.int32), np.empty(n_rare + 1, dtype=np.uint32)
    n_rows = _sift(sizes, stream, spilled, rank_of, bits_of, masks, steps, stops, firsts, last_row, held)
    del sizes, stream, spilled
    firsts = firsts[: n_rows + 1]
    rare: Any = np.empty(int(firsts[-1]), dtype=np.uint16 if n_rare <= FAR else np.int32)
    _list_rare(steps, starts, stops, firsts, rare)
    return Ranked(counts, labels, masks, rare, firsts, steps, starts[:-1], stops, n_rows)


@compiled
def _count(sizes: Sizes, stream: Uint16, spilled: Uint32, last_basket: Int32, counts: Int32) -> None:
    """Adds up the baskets of each code; `last_basket` is -1 for all before."""
    begin = at = 0
    for basket in range(len(sizes)):
        stop = begin + sizes[basket]
        for p in range(begin, stop):
            code = np.uint32(stream[p])
            if code == SPILLED:
                code = spilled[at]
                at += 1
            counts[code] += last_basket[code] != basket
            last_basket[code] = basket
        begin = stop


@compiled
def _strike_repeats(sizes: Sizes, stream: Uint16, spilled: Uint32, last_basket: Int32) -> None:
    """Moves the first of each code in a basket together and makes the sizes fit."""
    begin = at = to = to_spilled = 0
    for basket in range(len(sizes)):
        stop, first = begin + sizes[basket], to
        for p in range(begin, stop):
            code = np.uint32(stream[p])
            if code == SPILLED:
                code = spilled[at]
                at += 1
            if last_basket[code] != basket:
                last_basket[code] = basket
                stream[to] = min(code, np.uint32(SPILLED))
                to += 1
                if code >= SPILLED:
                    spilled[to_spilled] = code
                    to_spilled += 1
        begin = stop
        sizes[basket] = to - first


@compiled
def _sift(
    sizes: Sizes,
    stream: Uint16,
    spilled: Uint32,
    rank_of: Uint32,
    bits_of: Bits,
    masks: Bits,
    steps: Uint16,
    stops: Int64,
    firsts: Ends,
    last_row: Int32,
    held: Uint32,
) -> int:
    """Writes the masks, the steps and where the rare ranks of each row end; returns the number of rows.

    The last rank stands for all infrequent items. Whether an item is frequent or rare is as good as random: it goes
    into sums and not into branches, which the processor could not foresee.
    """
    m, n_rare, per_row = bits_of.shape[1] - 1, len(stops), len(masks)
    n_rows = begin = at = end = 0
    for basket in range(len(sizes)):
        n = n_held = 0
        low = high = np.uint64(0)
        stop = begin + sizes[basket]
        for p in range(begin, stop):
            code = np.uint32(stream[p])
            if code == SPILLED:
                code = spilled[at]
                at += 1
            r = rank_of[code]
            low |= bits_of[0, r]
            high |= bits_of[1, r]
            held[n_held] = r
            n_held += r < n_rare
            n += r < m
        begin = stop
        if n < 2:
            continue
        if per_row > 0:
            masks[0, n_rows] = low
        if per_row > 1:
            masks[1, n_rows] = high
        for i in range(n_held):
            r = held[i]
            far = n_rows - last_row[r]
            last_row[r] = n_rows
            while far >= FAR:
                steps[stops[r]] = FAR
                stops[r] += 1
                far -= FAR
            steps[stops[r]] = far
            stops[r] += 1
        end += n_held
        firsts[n_rows] = end
        n_rows += 1
    firsts[n_rows] = end
    return n_rows


@compiled
def _list_rare(steps: Uint16, starts: Int64, stops: Int64, firsts: Ends, rare: Ranks) -> None:
    """Puts the rare ranks into their rows, the highest first and from the end: so where a row ends becomes its first."""
    for r in range(len(stops) - 1, -1, -1):
        row = -1
        for p in range(starts[r], stops[r]):
            row += steps[p]
            if steps[p] != FAR:
                firsts[row] -= 1
                rare[firsts[row]] = r
