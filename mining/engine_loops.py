"""The compiled loops of `engine`: roots, their partners, and the longer sets below them.

They are not recursive, since compiled recursion cannot be kept between processes. They allocate nothing, which halves
the time to compile them: where room is lacking they return, to go on from the same root. Knows ranks, rows and bits.
Numba notices an edit only in the file of the function that is called: after one in `engine_bits`, save this file too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_bits import Bits, pack, transpose
from mining.engine_compile import compiled, popcount, prefetch
from mining.engine_encode import Int32, Uint16, Uint32
from mining.engine_rank import FAR, Ends, Int64, Ranks

Flags = NDArray[np.uint8]

_AHEAD = 12
"""Lists asked for before they are read: memory answers while others are counted (a third of the time on till data)."""
_PACK = 4
"""Bit columns are packed when a prefix is left in fewer than a quarter of their rows."""
ROOT, USED, PLANE, LACKS, NEED = range(5)
"""In the state: the root to go on from, itemsets written, the word of the masks that `columns` show, which array
lacks room and how much it needs."""
OUT, BITS, CLASSES, RELATED = range(4)
_COUNT, _LOCAL, _NODE, _MEMBER = range(4)
"""In the numbers, by rank: how often it is with the root, its place among the partners plus one. By place: the
partner's node and rank."""


@compiled
def mine_roots(
    counts: Int32,
    masks: Bits,
    rare: Ranks,
    firsts: Ends,
    steps: Uint16,
    starts: Int64,
    stops: Int64,
    rows: Uint32,
    columns: Bits,
    common: Bits,
    numbers: Int32,
    blocks: Int64,
    stack: Int64,
    out: Int32,
    bits: Bits,
    classes: Int32,
    related: Flags,
    state: Int64,
    min_count: int,
    max_len: int,
) -> None:
    """One root after the other. The result's rows are item, parent and count; see `engine_trie.Trie`."""
    m, n_rare = len(counts), len(starts)
    while state[ROOT] >= 0:
        root, used = state[ROOT], state[USED]
        n = _rows_of_root(masks, firsts, steps, starts, stops, columns, root, rows, state)
        for r in range(root + 1, m):
            numbers[_COUNT, r] = 0
        if root < n_rare:
            _count_rare(rare, firsts, rows, n, root, numbers)
        lowest = (root + 1 - n_rare) >> 6 if root + 1 > n_rare else 0
        _count_common(masks, rows, n, n_rare, root, lowest, numbers, common)
        if used + m > out.shape[1]:
            state[LACKS], state[NEED] = OUT, used + m
            return
        blocks[0, root] = used
        for r in range(root + 1, m):
            if numbers[_COUNT, r] >= min_count:
                out[0, used], out[1, used], out[2, used] = r, root, numbers[_COUNT, r]
                used += 1
        blocks[1, root] = used
        if used - blocks[0, root] > 1 and max_len > 2:
            width = _relate(out, blocks, root, numbers, related, state)
            if width > 1:
                words = (n + 63) >> 6
                if (width + 1) * words > len(bits):
                    state[LACKS], state[NEED] = BITS, (width + 1) * words
                    return
                if width > classes.shape[1]:
                    state[LACKS], state[NEED] = CLASSES, width
                    return
                _fill_columns(
                    rare, firsts, rows, n, root, n_rare, common, lowest, width, numbers, bits, classes
                )
                used = _deepen(
                    words,
                    width,
                    numbers,
                    related,
                    out,
                    used,
                    min_count,
                    max_len - 2,
                    bits,
                    classes,
                    stack,
                    state,
                )
            if width < 0 or used < 0:
                return
        state[ROOT], state[USED] = root - 1, used


@compiled
def _rows_of_root(
    masks: Bits,
    firsts: Ends,
    steps: Uint16,
    starts: Int64,
    stops: Int64,
    columns: Bits,
    root: int,
    rows: Uint32,
    state: Int64,
) -> int:
    """Writes the rows that hold a root, ascending; returns how many."""
    common = root - len(starts)
    if common < 0:
        return _rows_of_rare(steps, starts[root], stops[root], rows)
    if state[PLANE] != common >> 6:
        state[PLANE] = common >> 6
        _stand(masks, common >> 6, len(firsts) - 1, columns)
    return _rows_of_common(columns, common & 63, rows)


@compiled
def _rows_of_rare(steps: Uint16, start: int, stop: int, rows: Uint32) -> int:
    """Writes the rows that hold a rare root; returns how many."""
    row, n = -1, 0
    for p in range(start, stop):
        row += steps[p]
        rows[n] = row
        n += steps[p] != FAR
    return n


@compiled
def _stand(masks: Bits, plane: int, n_rows: int, columns: Bits) -> None:
    """The bit columns of all rows for the 64 items of a word of the masks, in the order of the rows."""
    words = len(columns) >> 6
    for h in range(len(columns)):
        columns[(h & 63) * words + (h >> 6)] = masks[plane, h] if h < n_rows else np.uint64(0)
    transpose(columns, words)


@compiled
def _rows_of_common(columns: Bits, line: int, rows: Uint32) -> int:
    """Writes the rows that hold a common root; returns how many."""
    n, words = 0, len(columns) >> 6
    for w in range(words):
        word = columns[line * words + w]
        while word:
            rows[n] = 64 * w + np.int64(popcount(~word & (word - np.uint64(1))))
            n += 1
            word &= word - np.uint64(1)
    return n


@compiled
def _count_rare(rare: Ranks, firsts: Ends, rows: Uint32, n: int, root: int, numbers: Int32) -> None:
    """Counts what follows the root in the lists of the rows that hold it, from their ends back to the root itself."""
    for h in range(n):
        prefetch(rare, firsts[rows[h + _AHEAD if h + _AHEAD < n else n - 1] + 1] - 1)
        p = firsts[rows[h] + 1] - 1
        while rare[p] > root:
            numbers[_COUNT, rare[p]] += 1
            p -= 1


@compiled
def _count_common(
    masks: Bits, rows: Uint32, n: int, n_rare: int, root: int, lowest: int, numbers: Int32, common: Bits
) -> None:
    """Counts the common ranks above the root in the rows that hold it, and leaves their bit columns in `common`.

    Row h of them is bit h // words of word h % words: so the words come in the order of the rows, and the transposed
    lines are whole columns. The first column is that of the first rank in word `lowest` of the masks.
    """
    words = (n + 63) >> 6
    for k in range(lowest, len(masks)):
        at = 64 * (k - lowest) * words
        plane, first = common[at : at + 64 * words], n_rare + 64 * k
        for h in range(n):
            plane[h] = masks[k, rows[h]]
        for h in range(n, 64 * words):
            plane[h] = 0
        transpose(plane, words)
        for line in range(64):
            if root < first + line < numbers.shape[1]:
                total = np.uint64(0)
                for w in range(line * words, (line + 1) * words):
                    total += popcount(plane[w])
                numbers[_COUNT, first + line] = total


@compiled
def _relate(out: Int32, blocks: Int64, root: int, numbers: Int32, related: Flags, state: Int64) -> int:
    """Finds the root's partners that can be in a triple, and which of their pairs are frequent; returns how many.

    Roots above have been mined already, so their pairs are known; a partner in none of them is left out. Of the
    numbers, those of `_LOCAL` are 0 for all ranks before and after. Less than 0 where room is lacking.
    """
    begin, end = blocks[0, root], blocks[1, root]
    for i in range(begin, end):
        numbers[_LOCAL, out[0, i]] = i - begin + 1
        numbers[_NODE, i - begin] = 0
    for i in range(begin, end):
        for j in range(blocks[0, out[0, i]], blocks[1, out[0, i]]):
            place = numbers[_LOCAL, out[0, j]]
            if place > 0:
                numbers[_NODE, i - begin] = 1
                numbers[_NODE, place - 1] = 1
    width = 0
    for i in range(begin, end):
        paired = numbers[_NODE, i - begin]
        numbers[_NODE, width], numbers[_MEMBER, width] = i, out[0, i]
        width += paired
        numbers[_LOCAL, out[0, i]] = width if paired else 0
    lacks = width * width > len(related)
    if lacks:
        state[LACKS], state[NEED] = RELATED, width * width
    else:
        for a in range(width * width):
            related[a] = 0
        for a in range(width):
            item = numbers[_MEMBER, a]
            for j in range(blocks[0, item], blocks[1, item]):
                place = numbers[_LOCAL, out[0, j]]
                if place > 0:
                    related[a * width + place - 1] = 1
    for a in range(width):
        numbers[_LOCAL, numbers[_MEMBER, a]] = 0
    return -1 if lacks else width


@compiled
def _fill_columns(
    rare: Ranks,
    firsts: Ends,
    rows: Uint32,
    n: int,
    root: int,
    n_rare: int,
    common: Bits,
    lowest: int,
    width: int,
    numbers: Int32,
    bits: Bits,
    classes: Int32,
) -> None:
    """The first class of a root: one bit column a partner, in the order of rows of `_count_common`.

    A first column takes the bits of all other ranks, which is faster than to ask for each whether it is a partner.
    """
    words, n_listed = (n + 63) >> 6, 0
    for a in range(width):
        member = numbers[_MEMBER, a]
        classes[0, a], classes[1, a] = a, numbers[_NODE, a]
        if member < n_rare:
            n_listed += 1
            numbers[_LOCAL, member] = n_listed
        else:
            source, target = (member - n_rare - 64 * lowest) * words, (a + 1) * words
            for w in range(words):
                bits[target + w] = common[source + w]
    if n_listed:
        for w in range((n_listed + 1) * words):
            bits[w] = 0
        for h in range(n):
            prefetch(rare, firsts[rows[h + _AHEAD if h + _AHEAD < n else n - 1] + 1] - 1)
            bit, w = np.uint64(1) << np.uint64(h // words), h % words
            p = firsts[rows[h] + 1] - 1
            while rare[p] > root:
                bits[numbers[_LOCAL, rare[p]] * words + w] |= bit
                p -= 1
    for a in range(n_listed):
        numbers[_LOCAL, numbers[_MEMBER, a]] = 0


@compiled
def _deepen(
    words: int,
    width: int,
    numbers: Int32,
    related: Flags,
    out: Int32,
    used: int,
    min_count: int,
    more: int,
    bits: Bits,
    classes: Int32,
    stack: Int64,
    state: Int64,
) -> int:
    """All frequent extensions, by up to `more` items, of the root's pairs, whose columns follow the first of the bits.

    A class is the itemsets that differ from each other in their last item only; extending one by another ANDs their
    columns. Level by level the stack says where a class begins, ends and stands, and where its columns lie. A triple
    found infrequent strikes its pair from `related`: it is never tried below. Returns the itemsets written, less than
    0 where room is lacking.
    """
    stack[0, 0], stack[1, 0], stack[2, 0], stack[3, 0], stack[4, 0] = 0, width, width - 2, words, words
    depth = 0
    while depth >= 0:  # first member, end, next to extend, first word, words
        i, end, at, words = stack[2, depth], stack[1, depth], stack[3, depth], stack[4, depth]
        first = stack[0, depth]
        if i < first:
            depth -= 1
            continue
        stack[2, depth] = i - 1
        top = at + (end - first) * words
        if used + end - i > out.shape[1]:
            state[LACKS], state[NEED] = OUT, used + end - i
            return -1
        if top + 2 * (end - i) * words > len(bits):
            state[LACKS], state[NEED] = BITS, top + 2 * (end - i) * words
            return -1
        if 2 * end - i > classes.shape[1]:
            state[LACKS], state[NEED] = CLASSES, 2 * end - i
            return -1
        n = _extend(
            bits,
            classes,
            i,
            first,
            end,
            at,
            words,
            top,
            out,
            used,
            numbers,
            width,
            related,
            min_count,
            depth == 0,
        )
        used += n
        if n > 1 and more > depth + 1:
            narrow = (out[2, classes[1, i]] + 63) >> 6
            if narrow * _PACK < words:
                pack(bits, at + (i - first) * words, words, top, n, narrow)
                words = narrow
            depth += 1
            stack[0, depth], stack[1, depth], stack[2, depth] = end, end + n, end + n - 2
            stack[3, depth], stack[4, depth] = top, words
    return used


@compiled
def _extend(
    bits: Bits,
    classes: Int32,
    i: int,
    first: int,
    end: int,
    at: int,
    words: int,
    top: int,
    out: Int32,
    used: int,
    numbers: Int32,
    width: int,
    related: Flags,
    min_count: int,
    learn: bool,
) -> int:
    """Extends member i by each later member of its class; the frequent ones become the class above `end`."""
    n, row = 0, classes[0, i] * width
    left = bits[at + (i - first) * words : at + (i - first + 1) * words]
    for j in range(i + 1, end):
        if not related[row + classes[0, j]]:
            continue
        right = bits[at + (j - first) * words : at + (j - first + 1) * words]
        both = bits[top + n * words : top + (n + 1) * words]
        total = np.uint64(0)
        for w in range(words):
            word = left[w] & right[w]
            both[w] = word
            total += popcount(word)
        if total >= np.uint64(min_count):
            out[0, used + n], out[1, used + n], out[2, used + n] = (
                numbers[_MEMBER, classes[0, j]],
                classes[1, i],
                total,
            )
            classes[0, end + n], classes[1, end + n] = classes[0, j], used + n
            n += 1
        elif learn:
            related[row + classes[0, j]] = 0
    return n
