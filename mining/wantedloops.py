"""The compiled loop of `mining.wanted`. Knows arrays only; imported at the first look-up, as it imports numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled
from mining.readyloops import CHANGED, I8, I32, I64, U8, N, ready

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Mask = NDArray[np.uint8]


@compiled
def _sink(heap: Int64, size: int, at: int) -> None:
    """Move a number of a heap, whose least is the first, down to where it belongs."""
    value = heap[at]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = value


@compiled
def _skip(
    place: int, end: int, lines: Int32, kind: int, kind_of: Int8, where: int, slice_of: Int32, heads: Mask,
    head: Int32, cart: Mask, start: Int64, body: Int32,
) -> int:  # fmt: skip
    """Return the first place of a list, from `place` on, whose line fits; its end where there is none."""
    while place < end:
        line = lines[place]
        fits = (
            (kind < 0 or kind_of[line] == kind)
            and (where < 0 or slice_of[line] == where)
            and (len(heads) == 0 or heads[head[line]] > 0)
        )
        if fits and len(cart):
            begin, after = start[line], start[line + 1]
            fits = begin < after or cart[head[line]] > 0
            while fits and begin < after:
                fits = cart[body[begin]] > 0
                begin += 1
        if fits:
            return place
        place += 1
    return end


@ready(N, I32, CHANGED, I64, N, I8, N, I32, U8, I32, U8, I64, I32)
def next_fitting(
    most: int,
    lines: Int32,
    at: Int64,
    end: Int64,
    kind: int,
    kind_of: Int8,
    where: int,
    slice_of: Int32,
    heads: Mask,
    head: Int32,
    cart: Mask,
    start: Int64,
    body: Int32,
) -> Int32:
    """Return the next lines of ascending lists that fit, ascending, each once: the lists are merged as far as needed.

    Args:
        most: How many are returned at most.
        lines: The lists.
        at: Where each list goes on; moved behind what was read.
        end: Where each list ends.
        kind: Kind that a line must be of, -1 for any.
        kind_of: Kind of each line.
        where: Slice that a line must be of, -1 for any.
        slice_of: Slice of each line.
        heads: 1 for each key that a consequent may be; empty asks nothing.
        head: Consequent of each line.
        cart: 1 for each key that an antecedent (without one, the consequent) may need; empty asks nothing.
        start: Where the antecedent of each line begins.
        body: Keys of the antecedents, joined.
    """
    found, n, last = np.empty(min(most, len(head)), np.int32), 0, -1
    heap, size = np.empty(len(at), np.int64), 0
    for one in range(len(at)):
        place = _skip(
            at[one], end[one], lines, kind, kind_of, where, slice_of, heads, head, cart, start, body
        )
        at[one] = place
        if place < end[one]:
            heap[size] = (np.int64(lines[place]) << 32) | one  # the line first, then whose it is
            size += 1
    for place in range(size // 2 - 1, -1, -1):
        _sink(heap, size, place)
    while size and n < len(found):
        line, one = heap[0] >> 32, heap[0] & 0xFFFFFFFF
        if line != last:
            last = line
            found[n] = line
            n += 1
        place = at[one] + 1
        if n < len(found):
            place = _skip(
                place, end[one], lines, kind, kind_of, where, slice_of, heads, head, cart, start, body
            )
        at[one] = place
        if place < end[one]:
            heap[0] = (np.int64(lines[place]) << 32) | one
        else:
            size -= 1
            heap[0] = heap[size]
        if size > 1:
            _sink(heap, size, 0)
    return found[:n]
