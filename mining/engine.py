"""The itemset engine: rows of ranks in, the trie of all frequent itemsets out, complete and exact.

Items are taken as roots from the most to the least frequent; a root's itemsets hold no item rarer than it. Each
step counts in the way that is cheapest for the shape the data has there:

1. partners of the root: one counter an item, over the rows that hold the root;
2. pairs of partners, each a triple with the root: where rows are short for the number of partners, a triangle of
   counters, one increment for every pair in every row; where they are long, bit columns over the root's rows, AND
   and popcount, of only those pairs that are known to be frequent;
3. longer sets: bit columns over only the rows that hold the prefix, depth first, packed together again when few of
   their rows are left.

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

_NO_LIMIT = 2**31 - 1
_PACK = 4
"""Bit columns are packed when a prefix is left in fewer than a quarter of their rows."""


def mine(ranked: Ranked, min_count: int, max_len: int | None) -> Trie:
    """All sets of ranks that at least `min_count` rows hold, of at most `max_len` items."""
    limit = _NO_LIMIT if max_len is None else max_len
    out = _mine(ranked.indptr, ranked.ranks, ranked.starts, ranked.rows, min_count, limit)
    return Trie(out[0], out[1], out[2])


@compiled
def _mine(indptr: Int64, ranks: Int32, starts: Int64, rows: Int32, min_count: int, max_len: int) -> Int32:
    """One root after the other. The result's rows are item, parent and count; see `engine_trie.Trie`."""
    m = len(starts) - 1
    out = np.empty((3, max(1024, 2 * m)), np.int32)
    for r in range(m):
        out[0, r], out[1, r], out[2, r] = r, -1, starts[r + 1] - starts[r]
    used = m
    local_of = np.full(m, -1, np.int32)
    block_of, block_end = np.zeros(m, np.int64), np.zeros(m, np.int64)
    partners = np.zeros(m, np.int32)
    arena = (np.empty(1024, np.uint64), np.empty(1024, np.int32), np.empty(1024, np.int32))
    for root in range(m - 2, -1, -1) if max_len > 1 else range(0):
        holders = rows[starts[root] : starts[root + 1]]
        _count_partners(indptr, ranks, holders, root, partners)
        out, block = _room(out, used, m), used
        used = _emit_partners(out, used, root, partners, local_of, min_count)
        block_of[root], block_end[root] = block, used
        width = used - block
        if width > 1 and max_len > 2:
            members = out[0, block:used].copy()
            suffixes, pairs = _suffixes(indptr, ranks, holders, root, local_of, out[2, block:used])
            related, n_related = _related(out[0], members, block_of, block_end, local_of)
            words = (len(holders) + 63) >> 6
            if 2 * pairs < n_related * words // 3:
                out, used, arena = _by_triangle(
                    suffixes, members, related, out, used, block, min_count, max_len, arena
                )
            else:
                arena = _fill_columns(suffixes, width, words, block, arena)
                out, used, arena = _deepen(
                    words, width, members, related, True, out, used, min_count, max_len - 2, arena
                )
        for i in range(block, block + width):
            local_of[out[0, i]] = -1
    return out[:, :used]


@compiled
def _count_partners(indptr: Int64, ranks: Int32, holders: Int32, root: int, partners: Int32) -> None:
    """How many of the rows that hold the root hold each rank above it."""
    partners[root:] = 0
    for row in holders:
        p = indptr[row + 1] - 1
        while ranks[p] > root:
            partners[ranks[p]] += 1
            p -= 1


@compiled
def _room(out: Int32, used: int, more: int) -> Int32:
    """The result with place for `more` itemsets after the first `used`."""
    if used + more <= out.shape[1]:
        return out
    wider = np.empty((3, max(2 * out.shape[1], used + more)), np.int32)
    wider[:, :used] = out[:, :used]
    return wider


@compiled
def _emit_partners(
    out: Int32, used: int, root: int, partners: Int32, local_of: Int32, min_count: int
) -> int:
    """Writes the frequent pairs of the root and numbers its partners from 0."""
    width = 0
    for r in range(root + 1, len(partners)):
        if partners[r] >= min_count:
            out[0, used + width], out[1, used + width], out[2, used + width] = r, root, partners[r]
            local_of[r] = width
            width += 1
    return used + width


@compiled
def _suffixes(
    indptr: Int64, ranks: Int32, holders: Int32, root: int, local_of: Int32, counts: Int32
) -> tuple[Int32, int]:
    """The root's rows as local numbers of its partners, each ended by -1, and the number of pairs in them."""
    suffixes = np.empty(np.sum(counts) + len(holders), np.int32)
    end = 0
    pairs = 0
    for row in holders:
        begin = end
        p = indptr[row + 1] - 1
        while ranks[p] > root:
            p -= 1
        for q in range(p + 1, indptr[row + 1]):
            local = local_of[ranks[q]]
            suffixes[end] = local
            end += local >= 0
        pairs += (end - begin) * (end - begin - 1) // 2
        suffixes[end] = -1
        end += 1
    return suffixes[:end], pairs


@compiled
def _related(
    items: Int32, members: Int32, block_of: Int64, block_end: Int64, local_of: Int32
) -> tuple[Flags, int]:
    """Which pairs of partners are frequent, and how many: roots above have been mined already."""
    width = len(members)
    related = np.zeros(width * width, np.uint8)
    n_related = 0
    for a in range(width):
        for i in range(block_of[members[a]], block_end[members[a]]):
            b = local_of[items[i]]
            if b >= 0:
                related[a * width + b] = 1
                n_related += 1
    return related, n_related


@compiled
def _by_triangle(
    suffixes: Int32,
    members: Int32,
    related: Flags,
    out: Int32,
    used: int,
    block: int,
    min_count: int,
    max_len: int,
    arena: tuple[Bits, Int32, Int32],
) -> tuple[Int32, int, tuple[Bits, Int32, Int32]]:
    """Triples by counting pairs in rows; then every two-item prefix with two or more of them goes deeper."""
    width = len(members)
    triangle = np.zeros(width * width, np.int32)
    _count_pairs(suffixes, width, triangle)
    for i in range(width * width):
        related[i] = triangle[i] >= min_count
    positions, column = _columns(suffixes, width)
    local = np.empty(width, np.int32)
    class_of = np.full(width, -1, np.int32)
    for a in range(width - 2, -1, -1):
        out = _room(out, used, width - a)
        k = 0
        for b in range(a + 1, width):
            if related[a * width + b]:
                out[0, used + k], out[1, used + k] = members[b], block + a
                out[2, used + k] = triangle[a * width + b]
                local[k] = b
                class_of[b] = k
                k += 1
        if k > 1 and max_len > 3:
            arena, words = _class_columns(
                suffixes, positions[column[a] : column[a + 1]], class_of, local[:k], used, arena
            )
            out, used, arena = _deepen(
                words, k, members, related, False, out, used + k, min_count, max_len - 3, arena
            )
        else:
            used += k
        class_of[local[:k]] = -1
    return out, used, arena


@compiled
def _count_pairs(suffixes: Int32, width: int, triangle: Int32) -> None:
    """One increment for every pair a < b in every row, at a * width + b."""
    for p in range(len(suffixes)):
        if suffixes[p] >= 0:
            counters = triangle[suffixes[p] * width : (suffixes[p] + 1) * width]
            q = p + 1
            while suffixes[q] >= 0:
                counters[suffixes[q]] += 1
                q += 1


@compiled
def _columns(suffixes: Int32, width: int) -> tuple[Int32, Int64]:
    """Positions of each local item in the suffixes: `positions[column[a]:column[a + 1]]`, ascending."""
    column = np.zeros(width + 2, np.int64)
    for local in suffixes:
        column[local + 2] += 1  # the -1 of a row's end falls on 1, and is taken off
    column[1] = 0
    for a in range(width):
        column[a + 2] += column[a + 1]
    positions = np.empty(column[width + 1], np.int32)
    for p in range(len(suffixes)):
        if suffixes[p] >= 0:
            positions[column[suffixes[p] + 1]] = p
            column[suffixes[p] + 1] += 1
    return positions, column


@compiled
def _wide_arena(
    arena: tuple[Bits, Int32, Int32], n_bits: int, n_members: int
) -> tuple[Bits, Int32, Int32]:
    """The arena with room for so many words and members, its content kept."""
    bits, local, nodes = arena
    if n_bits > len(bits):
        wide = np.empty(2 * n_bits, np.uint64)
        wide[: len(bits)] = bits
        bits = wide
    if n_members > len(local):
        both = np.empty((2, 2 * n_members), np.int32)
        both[0, : len(local)] = local
        both[1, : len(nodes)] = nodes
        local, nodes = both[0], both[1]
    return bits, local, nodes


@compiled
def _fill_columns(
    suffixes: Int32, width: int, words: int, block: int, arena: tuple[Bits, Int32, Int32]
) -> tuple[Bits, Int32, Int32]:
    """The first class of a root: one bit column a partner, over the root's rows."""
    arena = _wide_arena(arena, width * words, width)
    bits, local, nodes = arena
    bits[: width * words] = 0
    for a in range(width):
        local[a] = a
        nodes[a] = block + a
    row = 0
    for a in suffixes:
        if a < 0:
            row += 1
        else:
            bits[a * words + (row >> 6)] |= np.uint64(1) << np.uint64(row & 63)
    return arena


@compiled
def _class_columns(
    suffixes: Int32,
    positions: Int32,
    class_of: Int32,
    members: Int32,
    first_node: int,
    arena: tuple[Bits, Int32, Int32],
) -> tuple[tuple[Bits, Int32, Int32], int]:
    """The class below a two-item prefix: one bit column a member, over the rows at `positions` that hold the prefix."""
    k, words = len(members), (len(positions) + 63) >> 6
    arena = _wide_arena(arena, k * words, k)
    bits, local, nodes = arena
    bits[: k * words] = 0
    for i in range(k):
        local[i] = members[i]
        nodes[i] = first_node + i
    for row in range(len(positions)):
        p = positions[row] + 1
        bit = np.uint64(1) << np.uint64(row & 63)
        while suffixes[p] >= 0:
            i = class_of[suffixes[p]]
            if i >= 0:
                bits[i * words + (row >> 6)] |= bit
            p += 1
    return arena, words


@compiled
def _deepen(
    words: int,
    k: int,
    members: Int32,
    related: Flags,
    learn: bool,
    out: Int32,
    used: int,
    min_count: int,
    more: int,
    arena: tuple[Bits, Int32, Int32],
) -> tuple[Int32, int, tuple[Bits, Int32, Int32]]:
    """All frequent extensions, by up to `more` items, of the class in the arena's first k columns, depth first.

    A class is the itemsets that differ from each other in their last item only; extending one by another ANDs their
    columns. Level by level the stack says where a class begins, ends and stands, and where its columns lie. With
    `learn`, a pair found infrequent in the first class is struck from `related`, and never tried below.
    """
    width = len(members)
    stack = np.empty((5, width + 1), np.int64)  # first member, end, next to extend, first word, words
    stack[0, 0], stack[1, 0], stack[2, 0], stack[3, 0], stack[4, 0] = 0, k, k - 2, 0, words
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
        n = _extend(arena, i, first, end, at, words, top, out, used, members, related, min_count, learn and depth == 0)
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
    arena: tuple[Bits, Int32, Int32],
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
        before = 0
        filled = 0
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
