"""Matrices of bits, transposed and packed: the compiled steps of `engine_loops` that know words and nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled, extract, popcount

Bits = NDArray[np.uint64]


@compiled
def transpose(plane: Bits, words: int) -> None:
    """Bit j of line k becomes bit k of line j, in 64 lines of words."""
    j = 32
    mask = np.uint64(0xFFFFFFFF)
    while j and words:
        shift = np.uint64(j)
        run = j * words
        for at in range(0, 64 * words, 2 * run):
            low, high = plane[at : at + run], plane[at + run : at + 2 * run]
            for w in range(run):
                a, b = low[w], high[w]
                moved = ((a >> shift) ^ b) & mask
                high[w] = b ^ moved
                low[w] = a ^ (moved << shift)
        j >>= 1
        mask ^= mask << np.uint64(j)


@compiled
def pack(bits: Bits, prefix: int, words: int, at: int, k: int, narrow: int) -> None:
    """Moves k columns at `at` onto only those rows that the prefix's column holds: `narrow` words in place of `words`.

    Column c is read at `at + c * words` and written at `at + c * narrow`, which never runs ahead of the reading: a
    word is read before it can be overwritten.
    """
    for c in range(k):
        source, target = at + c * words, at + c * narrow
        gathered, filled = np.uint64(0), np.uint64(0)
        for w in range(words):
            mask = bits[prefix + w]
            kept = extract(bits[source + w], mask)
            gathered |= kept << filled
            filled += popcount(mask)
            if filled >= np.uint64(64):
                bits[target] = gathered
                target += 1
                filled -= np.uint64(64)
                gathered = _after(kept, popcount(mask) - filled)
        if filled:
            bits[target] = gathered


@compiled
def _after(word: np.uint64, n: np.uint64) -> np.uint64:
    """The bits after the first n, 1 to 64: a shift by all 64 would leave the word as it is."""
    return (word >> np.uint64(n - np.uint64(1))) >> np.uint64(1)
