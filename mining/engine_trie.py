"""A set of itemsets as a trie in three flat arrays: 12 bytes an itemset.

Node v stands for the set of items on its way up: `items[v]`, `items[parents[v]]`, ... Two rules hold in every trie
and are what the walks below rest on: a parent comes before its children, and the children of one node lie side by
side in ascending order of item. Knows ranks and counts; refuses to know labels and shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Trie:
    """Itemsets in three parallel arrays."""

    items: Ints
    """Rank of the last (highest) item of each itemset."""
    parents: Ints
    """Position of the itemset without that item; -1 at the first level."""
    counts: Ints
    """Baskets that hold the itemset."""

    def __len__(self) -> int:
        return len(self.items)


def trie_of_sets(sets: Sequence[tuple[int, ...]], counts: Sequence[int]) -> Trie:
    """The trie of ascending rank tuples that are closed under taking subsets, level by level."""
    order = sorted(range(len(sets)), key=lambda i: (len(sets[i]), sets[i]))
    place = {sets[old]: new for new, old in enumerate(order)}
    return Trie(
        items=np.array([sets[i][-1] for i in order], dtype=np.int32),
        parents=np.array([place[sets[i][:-1]] if len(sets[i]) > 1 else -1 for i in order], dtype=np.int32),
        counts=np.array([counts[i] for i in order], dtype=np.int32),
    )
