"""From scores to a list: the best of the open items, in an order that never depends on chance.

Knows one score for every item. It refuses to know where a score comes from.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retrieval.profile import Floats, Ints, Log


def top(score: Floats, open_items: NDArray[np.bool_], k: int) -> Ints:
    """Return the `k` open items with the largest scores, best first, ties in the order of ids."""
    items = np.flatnonzero(open_items)
    if len(items) > 4 * k:
        border = np.partition(-score[items], k - 1)[k - 1]
        items = items[-score[items] <= border]
    return items[np.argsort(-score[items], kind="stable")[:k]]


def rank_of(score: Floats, open_items: NDArray[np.bool_], item: int) -> int:
    """Return the rank of an item as `_top` would order it, 0 where it is not open."""
    if not open_items[item]:
        return 0
    better = (score > score[item]) & open_items
    tied = (score == score[item]) & open_items
    return int(better.sum() + tied[:item].sum()) + 1


def diverse(log: Log, score: Floats, open_items: NDArray[np.bool_], k: int, diversity: float) -> Ints:
    """Pick by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) among the best 5 k.

    Each step takes the largest (1 - diversity) * relevance - diversity * (largest likeness to what is picked),
    relevance scaled to 0..1 and likeness the cosine of who took both.
    """
    pool = top(score, open_items, 5 * k)
    if not len(pool):
        return pool
    like = _likeness(log, pool)
    span = max(float(score[pool].max() - score[pool].min()), 1e-12)
    relevance = (score[pool] - score[pool].min()) / span
    picked: list[int] = []
    nearest = np.zeros(len(pool))
    for _ in range(min(k, len(pool))):
        value = (1 - diversity) * relevance - diversity * nearest
        value[picked] = -np.inf
        picked.append(int(np.argmax(value)))
        nearest = np.maximum(nearest, like[picked[-1]])
    return pool[picked]


def _likeness(log: Log, pool: Ints) -> Floats:
    """Return cosines between the takers of the items of `pool`."""
    place = np.full(log.n_items, -1, np.int64)
    place[pool] = np.arange(len(pool))
    kept = place[log.item] >= 0
    took = np.zeros((len(pool), log.n_people), np.float32)
    took[place[log.item[kept]], log.person[kept]] = 1.0
    length = np.sqrt(took.sum(axis=1))
    length[length == 0] = 1.0
    took /= length[:, None]
    return np.asarray(took @ took.T, dtype=float)
