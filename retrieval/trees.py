"""Boosted regression trees as arrays: features -> the sum of one leaf of every tree.

Knows trees of one depth. It refuses to know how they were grown (`retrieval.boost`) and what a feature means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.profile import Floats, Ints
from retrieval.scorer import Arrays

_BLOCK = 2**20
"""Rows times trees that are walked at once."""
_MOST_PLAYERS = 6


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

    def used(self, width: int) -> NDArray[np.bool_]:
        """Return which of `width` columns some node looks at."""
        mask = np.zeros(width, bool)
        mask[self.feature[np.isfinite(self.threshold)]] = True
        return mask

    def silenced(self, columns: NDArray[np.bool_]) -> Trees:
        """Return the trees as they answer where the features in the mask are 0."""
        way = np.where(self.threshold >= 0.0, np.inf, -np.inf)
        return replace(self, threshold=np.where(columns[self.feature], way, self.threshold))

    def renumbered(self, kept: NDArray[np.bool_]) -> Trees:
        """Return the trees for features of which only those in the mask are left, the others being 0."""
        quiet = self.silenced(~kept)
        place = np.where(kept, np.cumsum(kept) - 1, 0)
        return replace(quiet, feature=place[self.feature])

    def shares(self, row: Floats) -> Floats:
        """Split what the trees say of one row, less what they say of a row of zeros, over its features.

        The exact Shapley value of each feature, an absent one being 0 (baseline Shapley: Sundararajan and Najmi, ICML
        2020). Trees are added up, so each is split by itself, over all subsets of the features that it looks at.

        Raises:
            ValueError: a tree looks at more than six features: there would be too many subsets.
        """
        players, seat = self._players
        count = players.shape[1]
        if count > _MOST_PLAYERS:
            raise ValueError(f"a tree looks at {count!r} features, at most {_MOST_PLAYERS!r} can be split")
        n_trees, inner = self.feature.shape
        tree = np.arange(n_trees)[None, :]
        subset = np.arange(2**count)[:, None]
        node = np.zeros((2**count, n_trees), np.int64)
        for _ in range(self.depth):
            present = (subset >> seat[tree, node]) & 1
            value = np.where(present, row[self.feature[tree, node]], 0.0)
            node = 2 * node + 1 + (value > self.threshold[tree, node])
        worth = self.leaf[tree, node - inner]
        out = np.zeros(len(row))
        for player in range(count):
            without = np.flatnonzero(~(np.arange(2**count) >> player) & 1)
            size = np.array([int(one).bit_count() for one in without])
            weight = np.array([1.0 / (count * comb(count - 1, int(one))) for one in size])
            gained = weight @ (worth[without | (1 << player)] - worth[without])
            np.add.at(out, players[:, player], gained)
        return out

    @cached_property
    def _players(self) -> tuple[Ints, Ints]:
        """Return the features that each tree looks at (padded by its first), and each node's place among them."""
        looks = np.isfinite(self.threshold)
        found = [list(dict.fromkeys(f[m].tolist())) for f, m in zip(self.feature, looks, strict=True)]
        count = max(1, *(len(one) for one in found)) if found else 1
        players = np.zeros((len(found), count), np.int64)
        seat = np.zeros(self.feature.shape, np.int64)
        for tree, one in enumerate(found):
            players[tree, : len(one)] = one
            for place, feature in enumerate(one):
                seat[tree, looks[tree] & (self.feature[tree] == feature)] = place
        return players, seat

    def arrays(self) -> Arrays:
        """Return what `of_arrays` needs."""
        return {"feature": self.feature, "threshold": self.threshold, "leaf": self.leaf}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Trees:
        """Make the trees again from `arrays()`."""
        return cls(np.asarray(arrays["feature"]), np.asarray(arrays["threshold"]), np.asarray(arrays["leaf"]))
