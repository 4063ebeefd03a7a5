"""The itemset engine: rows of ranks in, the trie of all frequent itemsets out, complete and exact.

Items are taken as roots from the most to the least frequent; a root's itemsets hold no item rarer than it.

1. Its partners. The most frequent items are bits of a word a row: the words of the root's rows, transposed as a
   matrix of bits, are the bit columns of these partners, and their popcounts the counts. The other partners, few
   in a row, are counted in one pass over the lists.
2. Longer sets: a bit column for each partner that can be in a triple, over only the rows that hold the root; AND and
   popcount, depth first. Pairs and triples known to be infrequent are not tried, and columns are packed together
   again when few of their rows hold the prefix.

Knows ranks, rows and bits; refuses to know labels, shares and rules. Stacks are explicit: compiled recursion cannot
be kept between processes. The compiled functions share one file, since numba notices an edit only in the file of
the function that is called.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled, extract, popcount, prefetch
from mining.engine_encode import Int32, Int64, Ranked
from mining.engine_trie import Trie

Bits = NDArray[np.uint64]
Flags = NDArray[np.uint8]
Arena = tuple[Bits, Int32, Int32]
"""Bit columns of the classes on the stack; of their members, the local number and the node."""

_NO_LIMIT = 2**31 - 1
_AHEAD = 12
"""Lists asked for before they are read: memory answers while others are counted (a third of the time on till data)."""
_PACK = 4
"""Bit columns are packed when a prefix is left in fewer than a quarter of their rows."""


def mine(ranked: Ranked, min_count: int, max_len: int | None) -> Trie:
    """All sets of ranks that at least `min_count` rows hold, of at most `max_len` items."""
    limit = _NO_LIMIT if max_len is None else max_len
    out = _mine(
        ranked.starts, ranked.rows, ranked.masks, ranked.spots, ranked.rare, ranked.n_rare, min_count, limit
    )
    return Trie(out[0], out[1], out[2])


@compiled
def _mine(
    starts: Int64,
    rows: Int32,
    masks: Bits,
    spots: Int32,
    rare: Int32,
    n_rare: int,
    min_count: int,
    max_len: int,
) -> Int32:
    """One root after the other. The result's rows are item, parent and count; see `engine_trie.Trie`."""
    m = len(starts) - 1
    out = np.empty((3, max(1024, 2 * m)), np.int32)
    for r in range(m):
        out[0, r], out[1, r], out[2, r] = r, -1, starts[r + 1] - starts[r]
    used = m
    if max_len == 1 or m < 2:
        return out[:, :used]
    counters, local_of = np.zeros(m, np.int32), np.zeros(m, np.int32)
    block_of, block_end = np.zeros(m, np.int64), np.zeros(m, np.int64)
    arena = (np.empty(1024, np.uint64), np.empty(1024, np.int32), np.empty(1024, np.int32))
    common = np.empty(((m - n_rare + 63) >> 6) * (starts[m] - starts[m - 1] + 63) // 64 * 64, np.uint64)
    for root in range(m - 1, -1, -1):
        lists = spots[starts[root] : starts[root + 1]]
        counters[root + 1 :] = 0
        _count_rare(rare, lists, counters)
        _count_common(masks, rows[starts[root] : starts[root + 1]], n_rare, root, counters, common)
        out = _room(out, used, m)
        block_of[root] = used
        used = _emit_partners(out, used, root, counters, min_count)
        block_end[root] = used
        if used - block_of[root] > 1 and max_len > 2:
            nodes, related = _related(out[0], block_of, block_end, root, local_of)
            if len(nodes) > 1:
                words = (out[2, root] + 63) >> 6
                members = out[0][nodes]
                arena = _fill_columns(rare, lists, n_rare, common, nodes, members, words, local_of, arena)
                more = max_len - 2
                out, used, arena = _deepen(words, members, related, out, used, min_count, more, arena)
    return out[:, :used]


@compiled
def _count_rare(rare: Int32, lists: Int32, counters: Int32) -> None:
    """Counts what follows the root in the lists of the rows that hold it."""
    for h in range(len(lists)):
        prefetch(rare, lists[min(h + _AHEAD, len(lists) - 1)])
        p = lists[h] + 1
        while rare[p] >= 0:
            counters[rare[p]] += 1
            p += 1


@compiled
def _count_common(masks: Bits, holders: Int32, n_rare: int, root: int, counters: Int32, common: Bits) -> None:
    """Counts the common ranks above the root in the rows that hold it, and leaves their bit columns in `common`.

    Row h of them is bit h // words of word h % words: so the words come in the order of the rows, and the transposed
    lines are whole columns.
    """
    words = (len(holders) + 63) >> 6
    per_row = (len(counters) - n_rare + 63) >> 6
    for k in range(max(0, root + 1 - n_rare) >> 6, per_row):
        plane = common[64 * k * words : 64 * (k + 1) * words]
        for h in range(len(holders)):
            plane[h] = masks[holders[h] * per_row + k]
        plane[len(holders) :] = 0
        _transpose(plane, words)
        first = n_rare + 64 * k
        for r in range(max(first, root + 1), min(first + 64, len(counters))):
            column = plane[(r - first) * words : (r - first + 1) * words]
            total = np.uint64(0)
            for w in range(words):
                total += popcount(column[w])
            counters[r] = total


@compiled
def _transpose(plane: Bits, words: int) -> None:
    """Bit j of line k becomes bit k of line j, in 64 lines of words."""
    j = 32
    mask = np.uint64(0xFFFFFFFF)
    while j:
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
    """The root's partners (as nodes) that can be in a triple, and which of their pairs are frequent.

    Roots above have been mined already, so their pairs are known; a partner in none of them is left out.
    `local_of` is 0 for all ranks before and after.
    """
    begin, end = block_of[root], block_end[root]
    width = 0
    paired = np.zeros(end - begin, np.bool_)
    for i in range(begin, end):
        local_of[items[i]] = i - begin + 1
    for i in range(begin, end):
        for j in range(block_of[items[i]], block_end[items[i]]):
            if local_of[items[j]] > 0:
                paired[i - begin] = True
                paired[local_of[items[j]] - 1] = True
    nodes = np.empty(end - begin, np.int32)
    for i in range(begin, end):
        nodes[width] = i
        width += paired[i - begin]
        local_of[items[i]] = width if paired[i - begin] else 0
    related = np.zeros(width * width, np.uint8)
    for a in range(width):
        item = items[nodes[a]]
        for j in range(block_of[item], block_end[item]):
            if local_of[items[j]] > 0:
                related[a * width + local_of[items[j]] - 1] = 1
    for a in range(width):
        local_of[items[nodes[a]]] = 0
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
    rare: Int32,
    lists: Int32,
    n_rare: int,
    common: Bits,
    nodes: Int32,
    members: Int32,
    words: int,
    local_of: Int32,
    arena: Arena,
) -> Arena:
    """The first class of a root: one bit column a partner, in the order of rows of `_count_common`.

    A first column takes the bits of all other ranks, which is faster than to ask for each whether it is a partner.
    """
    width = len(nodes)
    arena = _wide_arena(arena, (width + 1) * words, width)
    bits = arena[0]
    n_listed = 0
    for a in range(width):
        arena[1][a], arena[2][a] = a, nodes[a]
        if members[a] < n_rare:
            n_listed += 1
            local_of[members[a]] = n_listed
        else:
            column = (members[a] - n_rare) * words
            bits[(a + 1) * words : (a + 2) * words] = common[column : column + words]
    if n_listed:
        bits[: (n_listed + 1) * words] = 0
        for h in range(len(lists)):
            prefetch(rare, lists[min(h + _AHEAD, len(lists) - 1)])
            bit, w = np.uint64(1) << np.uint64(h // words), h % words
            p = lists[h] + 1
            while rare[p] >= 0:
                bits[local_of[rare[p]] * words + w] |= bit
                p += 1
    for a in range(n_listed):
        local_of[members[a]] = 0
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
    """All frequent extensions, by up to `more` items, of the root's pairs, whose columns follow the arena's first.

    A class is the itemsets that differ from each other in their last item only; extending one by another ANDs their
    columns. Level by level the stack says where a class begins, ends and stands, and where its columns lie. A triple
    found infrequent strikes its pair from `related`: it is never tried below.
    """
    width = len(members)
    stack = np.empty((5, width + 1), np.int64)  # first member, end, next to extend, first word, words
    stack[0, 0], stack[1, 0], stack[2, 0], stack[3, 0], stack[4, 0] = 0, width, width - 2, words, words
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
