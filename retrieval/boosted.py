"""Trees in place of a weighted sum: grown on the top lists of validation questions, kept where they rank better.

Knows scaled raw scores by column. It refuses to know scorers, and how a tree is grown (`retrieval.boost`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.blend import Matrix
from retrieval.boost import grow
from retrieval.profile import Floats, Ints
from retrieval.trees import Trees

_TOP = 60
"""Items of each scorer's own list that a question teaches."""
_LISTED = 10
"""Ranks that are compared."""
_FEWEST = 100
"""With fewer questions nothing is grown."""


@dataclass(frozen=True)
class Listed:
    """One validation question: the items that stand on top of some scorer's list, and which of them were right."""

    x: NDArray[np.float32]
    """Items x scorers, scaled."""
    right: NDArray[np.bool_]
    total: int
    """How many items were right in all, also those on no list."""


def listed(scaled: Matrix, allowed: NDArray[np.bool_], right: Ints) -> Listed | None:
    """Pick what a question teaches; None where none of the right items is allowed.

    Right items that no scorer has on its list are left out: they would be told from all others by that alone.
    """
    right = right[allowed[right]]
    items = np.flatnonzero(allowed)
    if not len(right) or len(items) < 2:
        return None
    on_top = np.zeros(len(items), bool)
    for row in scaled:
        values = row[items]
        if values.max() > values.min():
            on_top[np.argpartition(-values, min(_TOP, len(values)) - 1)[:_TOP]] = True
    chosen = items[on_top]
    x = np.ascontiguousarray(scaled[:, chosen].T, dtype=np.float32)
    return Listed(x, np.isin(chosen, right), len(right))


def boosted(questions: Sequence[Listed], weights: Floats, *, threads: int = 1) -> Trees | None:
    """Grow trees on half of the questions; where they rank the other half better than `weights`, grow them on all.

    None where they do not. Trees see each scorer's value as the weighted sum does; with three splits at most three
    scorers meet in one.
    """
    if len(questions) < _FEWEST:
        return None
    half, other = questions[::2], questions[1::2]
    trees = _grown(half, threads)
    by_trees = np.mean([_ndcg(trees.predict(one.x.astype(float)), one) for one in other])
    by_sum = np.mean([_ndcg(one.x @ weights, one) for one in other])
    return _grown(questions, threads) if by_trees > by_sum else None


def _grown(questions: Sequence[Listed], threads: int) -> Trees:
    x = np.concatenate([one.x for one in questions]).astype(float)
    right = np.concatenate([one.right for one in questions])
    question = np.repeat(np.arange(len(questions)), [len(one.x) for one in questions])
    least = max(20, min(500, len(x) // 400))
    return grow(
        x,
        right,
        question,
        top=20,
        rounds=100,
        leaves=4,
        depth=3,
        rate=0.05,
        least=least,
        ridge=20.0,
        threads=threads,
    )


def _ndcg(score: Floats, question: Listed) -> float:
    """Return NDCG@10 of the listed items."""
    order = np.argsort(-score, kind="stable")[:_LISTED]
    discount = 1.0 / np.log2(np.arange(2, _LISTED + 2))
    hits = question.right[order]
    return float((hits * discount[: len(hits)]).sum() / discount[: min(question.total, _LISTED)].sum())
