"""Splitting itemsets into antecedent and consequent: three positions in the trie a rule.

Both sides of a rule over a frequent itemset are frequent, so each is a node that has its count already. Knows nodes
and counts; refuses to know labels and measures other than the two thresholds that keep the result small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mining.engine_compile import compiled, popcount
from mining.engine_trie import Flags, Int32, Int64, Trie

_LONGEST = 24
"""A set of 24 items splits in 16 million ways."""


@dataclass(frozen=True)
class Wanted:
    """Which rules are kept."""

    unions: Flags
    """By node: whether to split it."""
    bodies: Flags
    """By node: whether it may be an antecedent."""
    heads: Flags
    """By node: whether it may be a consequent."""
    min_confidence: float
    min_lift: float
    max_head: int | None
    """The most items in a consequent; None for all."""


def split(trie: Trie, n: int, wanted: Wanted) -> NDArray[np.int32]:
    """Rules as columns of (antecedent, consequent, union) nodes, in the order of the unions.

    Raises:
        ValueError: where heads of several items are asked of a set of more than 24.
    """
    lengths = trie.lengths()
    longest = int(lengths[wanted.unions].max(initial=0))
    thresholds = (float(n), float(wanted.min_confidence), float(wanted.min_lift))
    if wanted.max_head == 1 or longest < 3:
        starts, subsets, ranks = trie.subsets()
        sides = (trie.counts, starts, subsets, ranks, wanted.unions, wanted.bodies, wanted.heads)
        rules = np.empty((3, 0), dtype=np.int32)
        n_rules = _split_one(*sides, *thresholds, rules)
        rules = np.empty((3, n_rules), dtype=np.int32)
        _split_one(*sides, *thresholds, rules)
        return rules
    if longest > _LONGEST:
        raise ValueError(
            f"an itemset of {longest} items splits in 2**{longest} ways: pass heads=1, or max_len={_LONGEST} or less"
        )
    max_head = longest if wanted.max_head is None else wanted.max_head
    return _split_all(
        trie.items,
        trie.parents,
        trie.counts,
        lengths,
        wanted.unions,
        wanted.bodies,
        wanted.heads,
        *thresholds,
        max_head,
    )


@compiled
def _strong(xy: int, x: int, y: int, n: float, min_confidence: float, min_lift: float) -> bool:
    """Whether n_xy / n_x and n * n_xy / (n_x * n_y) reach their thresholds."""
    return xy / x >= min_confidence and (n * xy) / (float(x) * y) >= min_lift


@compiled
def _room(rules: Int32, used: int, more: int) -> Int32:
    if used + more <= rules.shape[1]:
        return rules
    wider = np.empty((3, 2 * rules.shape[1] + more), np.int32)
    for side in range(3):
        for i in range(used):
            wider[side, i] = rules[side, i]
    return wider


@compiled
def _split_one(
    counts: Int32,
    starts: Int64,
    subsets: Int32,
    ranks: Int32,
    unions: Flags,
    bodies: Flags,
    heads: Flags,
    n: float,
    min_confidence: float,
    min_lift: float,
    rules: Int32,
) -> int:
    """One-item heads: each set that lacks one item -> that item, whose node is its rank. Returns their number.

    Writes as many as there is room for: none in a first call, which counts.
    """
    used = 0
    for v in range(len(counts)):
        if starts[v + 1] - starts[v] < 2 or not unions[v]:
            continue
        for p in range(starts[v], starts[v + 1]):
            x, y = subsets[p], ranks[p]
            if (
                bodies[x]
                and heads[y]
                and _strong(counts[v], counts[x], counts[y], n, min_confidence, min_lift)
            ):
                if used < rules.shape[1]:
                    rules[0, used], rules[1, used], rules[2, used] = x, y, v
                used += 1
    return used


@compiled
def _split_all(
    items: Int32,
    parents: Int32,
    counts: Int32,
    lengths: Int32,
    unions: Flags,
    bodies: Flags,
    heads: Flags,
    n: float,
    min_confidence: float,
    min_lift: float,
    max_head: int,
) -> Int32:
    """Every split with at most `max_head` items in the head; a subset is the bits of its items within the union."""
    children = _children(parents)
    rules = np.empty((3, 1024), np.int32)
    used = 0
    for v in range(len(items)):
        length = lengths[v]
        if length < 2 or not unions[v]:
            continue
        nodes = _nodes_of_subsets(items, parents, children, v, length)
        everything = len(nodes) - 1
        rules = _room(rules, used, everything)
        for body in range(everything - 1, 0, -1):
            if popcount(np.uint64(everything ^ body)) > np.uint64(max_head):
                continue
            x, y = nodes[body], nodes[everything ^ body]
            if (
                bodies[x]
                and heads[y]
                and _strong(counts[v], counts[x], counts[y], n, min_confidence, min_lift)
            ):
                rules[0, used], rules[1, used], rules[2, used] = x, y, v
                used += 1
    return rules[:, :used]


@compiled
def _children(parents: Int32) -> Int32:
    """First and last child of each node, side by side; first 0 and last -1 where there is none."""
    children = np.zeros((2, len(parents)), np.int32)
    children[1] = -1
    for v in range(len(parents)):
        if parents[v] >= 0:
            if children[1, parents[v]] < 0:
                children[0, parents[v]] = v
            children[1, parents[v]] = v
    return children


@compiled
def _nodes_of_subsets(items: Int32, parents: Int32, children: Int32, v: int, length: int) -> Int32:
    """The node of every subset of v: a set with highest item h is h's child of the set without h."""
    path = np.empty(length, np.int32)
    up = v
    for i in range(length - 1, -1, -1):
        path[i] = items[up]
        up = parents[up]
    nodes = np.empty(1 << length, np.int32)
    nodes[0] = -1
    for h in range(length):
        nodes[1 << h] = path[h]
        for rest in range(1, 1 << h):
            low, high = children[0, nodes[rest]], children[1, nodes[rest]]
            while low < high:
                middle = (low + high) // 2
                if items[middle] < path[h]:
                    low = middle + 1
                else:
                    high = middle
            nodes[(1 << h) | rest] = low
    return nodes
