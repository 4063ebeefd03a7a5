"""The itemset engine: rows of ranks in, the trie of all frequent itemsets out, complete and exact.

Items are taken as roots from the most to the least frequent; a root's itemsets hold no item rarer than it.

1. Its partners. The most frequent items are bits of a word a row: the words of the root's rows, transposed as a
   matrix of bits, are the bit columns of these partners, and their popcounts the counts. The other partners, few
   in a row, are counted in one pass over the lists.
2. Longer sets: a bit column for each partner that can be in a triple, over only the rows that hold the root; AND and
   popcount, depth first. Pairs and triples known to be infrequent are not tried, and columns are packed together
   again when few of their rows hold the prefix.

Knows ranks, rows and the memory that the compiled loops (`engine_loops`) need; refuses to know labels, shares and rules.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mining.engine_encode import Int32
from mining.engine_loops import LACKS, NEED, OUT, ROOT, USED, mine_roots
from mining.engine_rank import Ranked
from mining.engine_trie import Trie

_NO_LIMIT = 2**31 - 1


def mine(ranked: Ranked, min_count: int, max_len: int | None) -> Trie:
    """All sets of ranks that at least `min_count` rows hold, of at most `max_len` items."""
    m, n_rows = len(ranked.counts), ranked.n_rows
    out = np.empty((3, max(1024, 2 * m)), dtype=np.int32)
    out[0, :m], out[1, :m], out[2, :m] = np.arange(m), -1, ranked.counts
    limit = _NO_LIMIT if max_len is None else max_len
    state = np.array([m - 2 if limit > 1 else -1, m, -1, 0, 0], dtype=np.int64)
    most = np.minimum(ranked.counts, n_rows)
    fixed: tuple[Any, ...] = (
        ranked.counts, ranked.masks, ranked.rare, ranked.firsts, ranked.steps, ranked.starts, ranked.stops,
        np.empty(most[-2] if m > 1 else 0, dtype=np.uint32),
        np.empty((n_rows + 63) // 64 * 64 if len(ranked.masks) else 0, dtype=np.uint64),
        np.empty(_common_words(most, ranked.n_rare, len(ranked.masks)), dtype=np.uint64),
        np.zeros((4, m), dtype=np.int32),
        np.zeros((2, m), dtype=np.int64),
        np.empty((5, m + 1), dtype=np.int64),
    )  # fmt: skip
    room: list[Any] = [
        out,
        np.empty(1 << 12, dtype=np.uint64),
        np.empty((2, 1 << 10), dtype=np.int32),
        np.empty(1 << 12, dtype=np.uint8),
    ]
    while state[ROOT] >= 0:
        arguments: list[Any] = [*fixed, *room, state, min_count, limit]
        mine_roots(*arguments)
        if state[ROOT] >= 0:
            lacking = int(state[LACKS])
            used = int(state[USED]) if lacking == OUT else 0
            room[lacking] = _wider(room[lacking], int(state[NEED]), used)
    items, parents, counts = room[OUT][:, : state[USED]].astype(np.int32, copy=False)
    return Trie(items, parents, counts)


def _wider(array: NDArray[np.generic], need: int, used: int) -> NDArray[np.generic]:
    """An array of at least twice the length; keeps what is used."""
    wider = np.empty((*array.shape[:-1], max(2 * array.shape[-1], need)), dtype=array.dtype)
    wider[..., :used] = array[..., :used]
    return wider


def _common_words(most: Int32, n_rare: int, per_row: int) -> int:
    """Words that the common partners' columns take at most: of a root in word k, words k and above."""
    last = [min(n_rare + 64 * k + 63, len(most) - 2) for k in range(per_row)]
    return max(
        ((int(most[r]) + 63) // 64 * 64 * (per_row - k) for k, r in enumerate(last) if r >= 0), default=0
    )
