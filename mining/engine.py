"""The itemset engine: rows of ranks in, the trie of all frequent itemsets out, complete and exact.

Items are taken as roots from the most to the least frequent; a root's itemsets hold no item rarer than it.

1. Its partners: one pass over the rows counts all pairs of a block of roots, in counters that stay in the cache.
2. Longer sets: a bit column for each partner that can be in a triple, over only the rows that hold the root; AND and
   popcount, depth first. Pairs and triples known to be infrequent are not tried, and columns are packed together
   again when few of their rows hold the prefix.

A triangle of counters for the triples of each root, one increment for every pair in every row, was no faster at any
support on 155,000 till baskets: most of its work falls on pairs that are known to be infrequent.

Knows ranks, rows and bits; refuses to know labels, shares and rules. Stacks are explicit: compiled recursion cannot
be kept between processes. The compiled functions share one file, since numba notices an edit only in the file of
the function that is called.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled, popcount
from mining.engine_encode import Int32, Int64, Ranked
from mining.engine_trie import Trie

Bits = NDArray[np.uint64]
Flags = NDArray[np.uint8]
Arena = tuple[Bits, Int32, Int32]
"""Bit columns of the classes on the stack; of their members, the local number and the node."""

_NO_LIMIT = 2**31 - 1
_COUNTERS = 1 << 19
"""Pair counters at a time: 2 MB, about what the nearest caches hold."""
_PACK = 4
"""Bit columns are packed when a prefix is left in fewer than a quarter of their rows."""


def mine(ranked: Ranked, min_count: int, max_len: int | None) -> Trie:
    """All sets of ranks that at least `min_count` rows hold, of at most `max_len` items."""
    limit = _NO_LIMIT if max_len is None else max_len
    out = _mine(ranked.ranks, ranked.starts, ranked.positions, min_count, limit)
    return Trie(out[0], out[1], out[2])


@compiled
def _mine(ranks: Int32, starts: Int64, positions: Int32, min_count: int, max_len: int) -> Int32:
    """One root after the other. The result's rows are item, parent and count; see `engine_trie.Trie`."""
    m = len(starts) - 1
    out = np.empty((3, max(1024, 2 * m)), np.int32)
    for r in range(m):
        out[0, r], out[1, r], out[2, r] = r, -1, starts[r + 1] - starts[r]
    used = m
    if max_len == 1 or m < 2:
        return out[:, :used]
    local_of = np.full(m, -1, np.int32)
    block_of, block_end = np.zeros(m, np.int64), np.zeros(m, np.int64)
    arena = (np.empty(1024, np.uint64), np.empty(1024, np.int32), np.empty(1024, np.int32))
    n_roots = max(1, min(m, _COUNTERS // m))
    partners = np.empty((n_roots, m), np.int32)
    cursors = _row_ends(ranks)
    first_root = m
    for root in range(m - 1, -1, -1):
        if root < first_root:
            first_root = max(0, first_root - n_roots)
            _count_partners(ranks, cursors, first_root, partners)
        out = _room(out, used, m)
        block_of[root] = used
        used = _emit_partners(out, used, root, partners[root - first_root], min_count)
        block_end[root] = used
        if used - block_of[root] > 1 and max_len > 2:
            holders = positions[starts[root] : starts[root + 1]]
            out, used, arena = _mine_root(
                ranks, holders, local_of, block_of, block_end, root, out, used, min_count, max_len, arena
            )
    return out[:, :used]


@compiled
def _mine_root(
    ranks: Int32,
    holders: Int32,
    local_of: Int32,
    block_of: Int64,
    block_end: Int64,
    root: int,
    out: Int32,
    used: int,
    min_count: int,
    max_len: int,
    arena: Arena,
) -> tuple[Int32, int, Arena]:
    """Everything of three items and more under one root, whose pairs are written."""
    nodes, related = _related(out[0], block_of, block_end, root, local_of)
    width = len(nodes)
    members = np.empty(width, np.int32)
    for a in range(width):
        members[a] = out[0, nodes[a]]
        local_of[members[a]] = a
    if width > 1:
        words = (len(holders) + 63) >> 6
        arena = _fill_columns(ranks, holders, local_of, nodes, words, arena)
        out, used, arena = _deepen(words, members, related, out, used, min_count, max_len - 2, arena)
    for a in range(width):
        local_of[members[a]] = -1
    return out, used, arena


@compiled
def _row_ends(ranks: Int32) -> Int32:
    """Positions of the -1 after each row of two or more."""
    ends = np.empty(len(ranks), np.int32)
    n = 0
    for p in range(3, len(ranks)):
        if ranks[p] < 0 and ranks[p - 1] >= 0 and ranks[p - 2] >= 0:
            ends[n] = p
            n += 1
    return ends[:n].copy()


@compiled
def _count_partners(ranks: Int32, cursors: Int32, first_root: int, partners: Int32) -> None:
    """Counts the rows that hold a root and each rank above it, for all roots from `first_root` to the cursors."""
    partners[:] = 0
    for i in range(len(cursors)):
        p = cursors[i] - 1
        while ranks[p] >= first_root:
            counters = partners[ranks[p] - first_root]
            q = p + 1
            while ranks[q] >= 0:
                counters[ranks[q]] += 1
                q += 1
            p -= 1
        cursors[i] = p + 1


@compiled
def _room(out: Int32, used: int, more: int) -> Int32:
    """The result with place for `more` itemsets after the first `used`."""
    if used + more <= out.shape[1]:
        return out
    wider = np.empty((3, max(2 * out.shape[1], used + more)), np.int32)
    for field in range(3):
        for v in range(used):
            wider[field, v] = out[field, v]
    return wider


@compiled
def _emit_partners(out: Int32, used: int, root: int, partners: Int32, min_count: int) -> int:
    """Writes the frequent pairs of the root."""
    for r in range(root + 1, len(partners)):
        if partners[r] >= min_count:
            out[0, used], out[1, used], out[2, used] = r, root, partners[r]
            used += 1
    return used


@compiled
def _related(
    items: Int32, block_of: Int64, block_end: Int64, root: int, local_of: Int32
) -> tuple[Int32, Flags]:
    """The root's partners (as nodes) that can be in a triple, which of their pairs are frequent.

    Roots above have been mined already, so their pairs are known; a partner in none of them is left out.
    """
    begin, end = block_of[root], block_end[root]
    width = 0
    paired = np.zeros(end - begin, np.bool_)
    for i in range(begin, end):
        local_of[items[i]] = i - begin
    for i in range(begin, end):
        for j in range(block_of[items[i]], block_end[items[i]]):
            if local_of[items[j]] >= 0:
                paired[i - begin] = True
                paired[local_of[items[j]]] = True
    nodes = np.empty(end - begin, np.int32)
    for i in range(begin, end):
        local_of[items[i]] = width if paired[i - begin] else -1
        nodes[width] = i
        width += paired[i - begin]
    related = np.zeros(width * width, np.uint8)
    for a in range(width):
        item = items[nodes[a]]
        for j in range(block_of[item], block_end[item]):
            if local_of[items[j]] >= 0:
                related[a * width + local_of[items[j]]] = 1
    return nodes[:width], related


@compiled
def _wide_arena(arena: Arena, n_bits: int, n_members: int) -> Arena:
    """The arena with room for so many words and members, its content kept."""
    bits, local, nodes = arena
    if n_bits > len(bits):
        bits = np.empty(2 * n_bits, np.uint64)
        for w in range(len(arena[0])):
            bits[w] = arena[0][w]
    if n_members > len(local):
        local, nodes = np.empty(2 * n_members, np.int32), np.empty(2 * n_members, np.int32)
        for i in range(len(arena[1])):
            local[i], nodes[i] = arena[1][i], arena[2][i]
    return bits, local, nodes


@compiled
def _fill_columns(
    ranks: Int32, holders: Int32, local_of: Int32, nodes: Int32, words: int, arena: Arena
) -> Arena:
    """The first class of a root: one bit column a partner, over the root's rows.

    No partner is rarer than the root, so that all columns of a root take no more bits than the rows have items.
    """
    arena = _wide_arena(arena, len(nodes) * words, len(nodes))
    bits = arena[0][: len(nodes) * words]
    for w in range(len(bits)):
        bits[w] = 0
    for a in range(len(nodes)):
        arena[1][a], arena[2][a] = a, nodes[a]
    for row in range(len(holders)):
        bit = np.uint64(1) << np.uint64(row & 63)
        p = holders[row] + 1
        while ranks[p] >= 0:
            a = local_of[ranks[p]]
            if a >= 0:
                bits[a * words + (row >> 6)] |= bit
            p += 1
    return arena


@compiled
def _deepen(
    words: int,
    members: Int32,
    related: Flags,
    out: Int32,
    used: int,
    min_count: int,
    more: int,
    arena: Arena,
) -> tuple[Int32, int, Arena]:
    """All frequent extensions, by up to `more` items, of the root's pairs, whose columns are the arena's first.

    A class is the itemsets that differ from each other in their last item only; extending one by another ANDs their
    columns. Level by level the stack says where a class begins, ends and stands, and where its columns lie. A triple
    found infrequent strikes its pair from `related`: it is never tried below.
    """
    width = len(members)
    stack = np.empty((5, width + 1), np.int64)  # first member, end, next to extend, first word, words
    stack[0, 0], stack[1, 0], stack[2, 0], stack[3, 0], stack[4, 0] = 0, width, width - 2, 0, words
    depth = 0
    while depth >= 0:
        i, end, at, words = stack[2, depth], stack[1, depth], stack[3, depth], stack[4, depth]
        first = stack[0, depth]
        if i < first:
            depth -= 1
            continue
        stack[2, depth] = i - 1
        top = at + (end - first) * words
        out = _room(out, used, end - i)
        arena = _wide_arena(arena, top + 2 * (end - i) * words, 2 * end - i)
        n = _extend(arena, i, first, end, at, words, top, out, used, members, related, min_count, depth == 0)
        used += n
        if n > 1 and more > depth + 1:
            narrow = (out[2, arena[2][i]] + 63) >> 6
            if narrow * _PACK < words:
                _pack(arena[0], at + (i - first) * words, words, top, n, narrow)
                words = narrow
            depth += 1
            stack[0, depth], stack[1, depth], stack[2, depth] = end, end + n, end + n - 2
            stack[3, depth], stack[4, depth] = top, words
    return out, used, arena


@compiled
def _extend(
    arena: Arena,
    i: int,
    first: int,
    end: int,
    at: int,
    words: int,
    top: int,
    out: Int32,
    used: int,
    members: Int32,
    related: Flags,
    min_count: int,
    learn: bool,
) -> int:
    """Extends member i by each later member of its class; the frequent ones become the class above `end`."""
    bits, local, nodes = arena
    width = len(members)
    left = bits[at + (i - first) * words : at + (i - first + 1) * words]
    allowed = related[local[i] * width : (local[i] + 1) * width]
    n = 0
    for j in range(i + 1, end):
        if not allowed[local[j]]:
            continue
        right = bits[at + (j - first) * words : at + (j - first + 1) * words]
        both = bits[top + n * words : top + (n + 1) * words]
        total = np.uint64(0)
        for w in range(words):
            word = left[w] & right[w]
            both[w] = word
            total += popcount(word)
        if total >= np.uint64(min_count):
            out[0, used + n], out[1, used + n], out[2, used + n] = members[local[j]], nodes[i], total
            local[end + n] = local[j]
            nodes[end + n] = used + n
            n += 1
        elif learn:
            allowed[local[j]] = 0
    return n


@compiled
def _pack(bits: Bits, prefix: int, words: int, at: int, k: int, narrow: int) -> None:
    """Moves k columns at `at` onto only those rows that the prefix's column holds: `narrow` words in place of `words`.

    A set bit goes to the place that counts the prefix's bits before it. Column c is read at `at + c * words` and
    written at `at + c * narrow`, which never runs ahead of the reading: a word is read before it can be overwritten.
    """
    for c in range(k):
        source, target = at + c * words, at + c * narrow
        before, filled = np.int64(0), 0
        gathered = np.uint64(0)
        for w in range(words):
            mask = bits[prefix + w]
            word = bits[source + w]
            while word:
                lowest = word & (~word + np.uint64(1))
                place = before + np.int64(popcount(mask & (lowest - np.uint64(1))))
                while place >> 6 > filled:
                    bits[target + filled] = gathered
                    gathered = np.uint64(0)
                    filled += 1
                gathered |= np.uint64(1) << np.uint64(place & 63)
                word ^= lowest
            before += np.int64(popcount(mask))
        while filled < narrow:
            bits[target + filled] = gathered
            gathered = np.uint64(0)
            filled += 1
