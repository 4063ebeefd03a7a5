"""Boosted regression trees as arrays: features -> the sum of one leaf of every tree.

Knows trees of one depth. It refuses to know how they were grown (`retrieval.boost`) and what a feature means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.profile import Floats, Ints
from retrieval.scorer import Arrays

_BLOCK = 2**20
"""Rows times trees that are walked at once."""


@dataclass(frozen=True)
class Trees:
    """Complete binary trees: a row goes left at a node where its feature is at most the threshold.

    The nodes of a tree lie level by level, the children of node n are 2n + 1 and 2n + 2. Where a branch ends early its
    nodes lead left (threshold infinity) to a leaf with its value.
    """

    feature: Ints
    """Trees x inner nodes: which column is looked at."""
    threshold: Floats
    """Trees x inner nodes."""
    leaf: Floats
    """Trees x leaves (one more than inner nodes): what is added."""

    @property
    def depth(self) -> int:
        """How many comparisons lead to a leaf."""
        return int(self.leaf.shape[1]).bit_length() - 1

    def predict(self, features: Floats) -> Floats:
        """Return the sum over trees for each row of `features` (rows x columns)."""
        n_trees, inner = self.feature.shape
        block = max(1, _BLOCK // max(n_trees, 1))
        out = np.zeros(len(features))
        node_of_tree = (np.arange(n_trees) * inner)[None, :]
        leaf_of_tree = (np.arange(n_trees) * (inner + 1))[None, :] - inner
        for first in range(0, len(features), block):
            some = np.ascontiguousarray(features[first : first + block])
            row = (np.arange(len(some)) * some.shape[1])[:, None]
            node = np.zeros((len(some), n_trees), np.int64)
            for _ in range(self.depth):
                at = node + node_of_tree
                value = some.ravel()[self.feature.ravel()[at] + row]
                node = 2 * node + 1 + (value > self.threshold.ravel()[at])
            out[first : first + block] = self.leaf.ravel()[node + leaf_of_tree].sum(axis=1)
        return out

    def arrays(self) -> Arrays:
        """Return what `of_arrays` needs."""
        return {"feature": self.feature, "threshold": self.threshold, "leaf": self.leaf}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Trees:
        """Make the trees again from `arrays()`."""
        return cls(np.asarray(arrays["feature"]), np.asarray(arrays["threshold"]), np.asarray(arrays["leaf"]))
