"""A set of itemsets as a trie in three flat arrays, 12 bytes an itemset, and the walks over it.

Node v stands for the set of items on its way up: `items[v]`, `items[parents[v]]`, ... Every trie here holds with
each set all of its subsets, keeps a parent before its children and the children of one node side by side in
ascending order of item: the walks rest on these three. Knows ranks and counts; refuses to know labels and shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Trie:
    """Itemsets in three parallel arrays."""

    items: Int32
    """Rank of the last (highest) item of each itemset."""
    parents: Int32
    """Position of the itemset without that item; -1 at the first level."""
    counts: Int32
    """Baskets that hold the itemset."""

    def __len__(self) -> int:
        return len(self.items)

    def lengths(self) -> Int32:
        """Items in each itemset."""
        return _lengths(self.parents)

    def members(self, nodes: Int32) -> tuple[Int64, Int32]:
        """The ranks of some itemsets, ascending: of the i-th, `ranks[indptr[i]:indptr[i + 1]]`."""
        return _members(self.items, self.parents, _lengths(self.parents), nodes)

    def holds_any(self, of_item: Flags) -> Flags:
        """Which itemsets hold at least one of the ranks that are True in `of_item`."""
        return _holds_any(self.items, self.parents, of_item)

    def subsets(self) -> tuple[Int64, Int32, Int32]:
        """The sets that lack one item of v, at `subsets[starts[v]:starts[v + 1]]`, and that item, beside it in `ranks`.

        Items ascend. A single item's only such set is the empty one: -1.
        """
        return _subsets(self.items, self.parents, _lengths(self.parents))

    def closed(self) -> Flags:
        """Which itemsets have no superset in the trie with the same count."""
        starts, subsets, _ = self.subsets()
        return _without_superset(self.counts, starts, subsets, True)

    def maximal(self) -> Flags:
        """Which itemsets have no superset in the trie."""
        starts, subsets, _ = self.subsets()
        return _without_superset(self.counts, starts, subsets, False)


def trie_of_sets(sets: Sequence[tuple[int, ...]], counts: Sequence[int]) -> Trie:
    """The trie of ascending rank tuples, which must hold all subsets of each, level by level."""
    order = sorted(range(len(sets)), key=lambda i: (len(sets[i]), sets[i]))
    place = {sets[old]: new for new, old in enumerate(order)}
    return Trie(
        items=np.array([sets[i][-1] for i in order], dtype=np.int32),
        parents=np.array([place[sets[i][:-1]] if len(sets[i]) > 1 else -1 for i in order], dtype=np.int32),
        counts=np.array([counts[i] for i in order], dtype=np.int32),
    )


@compiled
def _lengths(parents: Int32) -> Int32:
    lengths = np.empty(len(parents), np.int32)
    for v in range(len(parents)):
        lengths[v] = 1 if parents[v] < 0 else lengths[parents[v]] + 1
    return lengths


@compiled
def _holds_any(items: Int32, parents: Int32, of_item: Flags) -> Flags:
    held = np.empty(len(items), np.bool_)
    for v in range(len(items)):
        held[v] = of_item[items[v]] or (parents[v] >= 0 and held[parents[v]])
    return held


@compiled
def _members(items: Int32, parents: Int32, lengths: Int32, nodes: Int32) -> tuple[Int64, Int32]:
    indptr = np.zeros(len(nodes) + 1, np.int64)
    for i in range(len(nodes)):
        indptr[i + 1] = indptr[i] + lengths[nodes[i]]
    ranks = np.empty(indptr[-1], np.int32)
    for i in range(len(nodes)):
        v = nodes[i]
        for p in range(indptr[i + 1] - 1, indptr[i] - 1, -1):
            ranks[p] = items[v]
            v = parents[v]
    return indptr, ranks


@compiled
def _subsets(items: Int32, parents: Int32, lengths: Int32) -> tuple[Int64, Int32, Int32]:
    """Set v without its i-th item is the child, by v's last item, of v's parent without it.

    The set before v under the same parent has its subsets among the same children, further left, so that a scan
    that goes on from there meets each child once.
    """
    starts = np.zeros(len(items) + 1, np.int64)
    child = np.zeros(len(items), np.int32)
    for v in range(len(items) - 1, -1, -1):
        starts[v + 1] = lengths[v]
        if parents[v] >= 0:
            child[parents[v]] = v
    for v in range(len(items)):
        starts[v + 1] += starts[v]
    subsets, ranks = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int32)
    for v in range(len(items)):
        parent = parents[v]
        begin, last = starts[v], starts[v + 1] - 1
        subsets[last], ranks[last] = parent, items[v]
        for i in range(last - begin):
            ranks[begin + i] = ranks[starts[parent] + i]
            without = subsets[starts[parent] + i]
            if v > 0 and parents[v - 1] == parent:
                c = subsets[starts[v - 1] + i] + 1
            else:
                c = child[without] if without >= 0 else 0
            while items[c] != items[v]:
                c += 1
            subsets[begin + i] = c
    return starts, subsets, ranks


@compiled
def _without_superset(counts: Int32, starts: Int64, subsets: Int32, same_count: bool) -> Flags:
    alone = np.ones(len(counts), np.bool_)
    for v in range(len(counts)):
        for p in range(starts[v], starts[v + 1]):
            if subsets[p] >= 0 and (not same_count or counts[subsets[p]] == counts[v]):
                alone[subsets[p]] = False
    return alone
