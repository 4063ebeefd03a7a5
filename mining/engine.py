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
    nodes, related, n_related = _related(out[0], block_of, block_end, root, local_of)
    width = len(nodes)
    members = np.empty(width, np.int32)
    for a in range(width):
        members[a] = out[0, nodes[a]]
        local_of[members[a]] = a
    if width > 1:
        suffixes, pairs = _suffixes(ranks, holders, local_of, np.sum(out[2][nodes]))
        words = (len(holders) + 63) >> 6
        by_rows = (pairs if max_len == 3 else 2 * pairs) + width * width
        if by_rows < n_related * (words // 3 + 4):
            out, used, arena = _by_triangle(
                suffixes, members, nodes, related, out, used, min_count, max_len, arena
            )
        else:
            arena = _fill_columns(suffixes, nodes, words, arena)
            out, used, arena = _deepen(
                words, width, members, related, out, used, min_count, max_len - 2, arena
            )
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
) -> tuple[Int32, Flags, int]:
    """The root's partners (as nodes) that can be in a triple, which of their pairs are frequent, and how many.

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
    n_related = 0
    for a in range(width):
        item = items[nodes[a]]
        for j in range(block_of[item], block_end[item]):
            if local_of[items[j]] >= 0:
                related[a * width + local_of[items[j]]] = 1
                n_related += 1
    return nodes[:width], related, n_related


@compiled
def _suffixes(ranks: Int32, holders: Int32, local_of: Int32, total: int) -> tuple[Int32, int]:
    """The root's rows as local numbers of its partners, each ended by -1, and the number of pairs in them."""
    suffixes = np.empty(total + len(holders) + 1, np.int32)
    end = 0
    pairs = 0
    for p in holders:
        begin = end
        p += 1
        while ranks[p] >= 0:
            suffixes[end] = local_of[ranks[p]]
            end += suffixes[end] >= 0
            p += 1
        pairs += (end - begin) * (end - begin - 1) // 2
        if end - begin > 1:
            suffixes[end] = -1
            end += 1
        else:
            end = begin
    return suffixes[:end], pairs


@compiled
def _by_triangle(
    suffixes: Int32,
    members: Int32,
    nodes: Int32,
    related: Flags,
    out: Int32,
    used: int,
    min_count: int,
    max_len: int,
    arena: Arena,
) -> tuple[Int32, int, Arena]:
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
        out, first = _room(out, used, width - a), used
        for b in range(a + 1, width):
            if related[a * width + b]:
                out[0, used], out[1, used], out[2, used] = members[b], nodes[a], triangle[a * width + b]
                local[used - first] = b
                class_of[b] = used - first
                used += 1
        k = used - first
        if k > 1 and max_len > 3:
            holders = positions[column[a] : column[a + 1]]
            arena, words = _class_columns(suffixes, holders, class_of, local[:k], first, arena)
            out, used, arena = _deepen(words, k, members, related, out, used, min_count, max_len - 3, arena)
        for i in range(k):
            class_of[local[i]] = -1
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
def _fill_columns(suffixes: Int32, nodes: Int32, words: int, arena: Arena) -> Arena:
    """The first class of a root: one bit column a partner, over the root's rows."""
    arena = _wide_arena(arena, len(nodes) * words, len(nodes))
    bits = arena[0]
    bits[: len(nodes) * words] = 0
    for a in range(len(nodes)):
        arena[1][a] = a
        arena[2][a] = nodes[a]
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
    arena: Arena,
) -> tuple[Arena, int]:
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
    out: Int32,
    used: int,
    min_count: int,
    more: int,
    arena: Arena,
) -> tuple[Int32, int, Arena]:
    """All frequent extensions, by up to `more` items, of the class in the arena's first k columns, depth first.

    A class is the itemsets that differ from each other in their last item only; extending one by another ANDs their
    columns. Level by level the stack says where a class begins, ends and stands, and where its columns lie. Where
    the first class is all partners of the root, a pair that it finds infrequent is struck from `related`.
    """
    width = len(members)
    learn = k == width
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
        n = _extend(
            arena, i, first, end, at, words, top, out, used, members, related, min_count, learn and depth == 0
        )
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
