"""Collaborative filters: item neighbours (cosine, RP3beta), EASE, and people neighbours.

Knows who took what. It refuses to know the order in which it was taken (`retrieval.sequence`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from retrieval.profile import Floats, Ints, Log, Query, profile
from retrieval.scorer import NOTHING, Arrays, Linear, most_taken, row_cells, taken

_BLOCK = 1024
_DENSE = 3000
"""Up to this many items a matrix is kept dense: reading rows is then three times as fast."""


def ease(log: Log, *, limit: int, ridge: float = 300.0, fade: float = 1.0) -> Linear:
    """Fit EASE: B = I - P / diag(P) with P = (X'X + ridge I)^-1 and a zero diagonal (Steck, WWW 2019).

    `limit` caps the items: the most taken ones are covered.
    """
    X = taken(log)
    rows = most_taken(_column_sums(X), limit)
    Xc = X[:, np.flatnonzero(rows >= 0)]
    G = np.asarray((Xc.T @ Xc).toarray(), dtype=np.float64)
    G[np.diag_indices_from(G)] += ridge
    P = scipy.linalg.inv(G, overwrite_a=True, check_finite=False, assume_a="pos")
    B = P / -np.diag(P)
    np.fill_diagonal(B, 0.0)
    return Linear("ease", np.ascontiguousarray(B, dtype=np.float32), rows, fade)


def walk(log: Log, *, beta: float = 0.5, fade: float = 1.5, neighbours: int = 400) -> Linear:
    """Fit RP3beta: P(item -> person -> item) / popularity(target) ** beta (Paudel et al., TiiS 2016)."""
    X = taken(log).astype(np.float64)
    per_person = np.maximum(np.asarray(X.sum(axis=1)).ravel(), 1.0)
    popularity = _column_sums(X)
    to_person = sp.csr_array(X.T / np.maximum(popularity, 1.0)[:, None])
    to_item = sp.csr_array(
        sp.csr_array(X / per_person[:, None]) / np.maximum(popularity, 1.0)[None, :] ** beta
    )
    return _compact("walk", _nearest(to_person, to_item, neighbours), popularity, fade)


def cosine(log: Log, *, shrink: float = 20.0, fade: float = 0.75, neighbours: int = 200) -> Linear:
    """Fit item neighbours: n_ij / (sqrt(n_i n_j) + shrink), cosine of taken columns, damped where few took both."""
    X = taken(log).astype(np.float64)
    popularity = _column_sums(X)
    root = np.sqrt(popularity)

    def damp(block: NDArray[np.float64], first: int) -> NDArray[np.float64]:
        mine = root[first : first + len(block), None]
        return np.asarray(block / (mine * root[None, :] + shrink))

    nearest = _nearest(sp.csr_array(X.T), X, neighbours, damp)
    return _compact("similar", nearest, popularity, fade)


def _column_sums(X: sp.csr_array) -> Floats:
    return np.asarray(X.sum(axis=0), dtype=np.float64).ravel()


def _compact(name: str, full: sp.csr_array, popularity: Floats, fade: float) -> Linear:
    """Return the scorer over the items that were ever taken; the rest are not covered."""
    rows = most_taken(popularity, len(popularity))
    kept = np.flatnonzero(rows >= 0)
    compact = sp.csr_array(full[kept][:, kept])
    if len(kept) <= _DENSE:
        return Linear(name, compact.toarray(), rows, fade)
    return Linear(name, compact, rows, fade)


def _nearest(left: sp.csr_array, right: sp.csr_array, neighbours: int, scale: Any = None) -> sp.csr_array:
    """Return left @ right by blocks, without its diagonal, keeping the largest `neighbours` of each row."""
    n = left.shape[0]
    pieces = []
    for first in range(0, n, _BLOCK):
        block = np.asarray((left[first : first + _BLOCK] @ right).toarray(), dtype=np.float64)
        if scale is not None:
            block = scale(block, first)
        block[np.arange(len(block)), first + np.arange(len(block))] = 0.0
        if block.shape[1] > neighbours:
            border = -np.partition(-block, neighbours - 1, axis=1)[:, [neighbours - 1]]
            block[block < border] = 0.0
        pieces.append(sp.csr_array(block.astype(np.float32)))
    return sp.csr_array(sp.vstack(pieces, format="csr"))


@dataclass(frozen=True)
class Neighbours:
    """People neighbours: the items of the people whose weighted history is nearest to the question's.

    score(i) = sum over the nearest people v of cos(h, v) * 1[v took i]. An item of h and v weighs
    times ** power * idf: how often it was taken (of h its profile weight) and idf = ln(people / takers), itself
    raised to a power.
    """

    weighted: sp.csr_array
    """People x items, unit rows of times ** power * idf."""
    count: int
    fade: float
    idf: Floats
    power: float = 1.0
    recent: int = 400
    name: str = "people"

    def _history(self, query: Query) -> tuple[Ints, Floats]:
        taste = profile(query, fade=self.fade, recent=self.recent)
        weight = np.sign(taste.weight) * np.abs(taste.weight) ** self.power * self.idf[taste.item]
        length = float(np.sqrt(weight @ weight))
        return (taste.item, weight / length) if length > 0 else NOTHING

    def _nearest(self, query: Query, item: Ints, weight: Floats) -> tuple[Ints, Floats]:
        dense = np.zeros(self.weighted.shape[1])
        dense[item] = weight
        near = self.weighted @ dense
        if query.person >= 0:
            near[query.person] = 0.0
        count = min(self.count, len(near))
        order = np.argpartition(-near, count - 1)[:count]
        order = np.sort(order[near[order] > 0])
        return order, near[order]

    def score(self, query: Query) -> Floats:
        """Return the summed nearness of the nearest people who took each item."""
        n_items = self.weighted.shape[1]
        item, weight = self._history(query)
        if not len(item):
            return np.full(n_items, np.nan)
        people, near = self._nearest(query, item, weight)
        flat, lengths = row_cells(self.weighted, people)
        out = np.bincount(self.weighted.indices[flat], weights=np.repeat(near, lengths), minlength=n_items)
        return np.where(self.idf > 0, out, np.nan)

    def because(self, query: Query, item: int) -> tuple[Ints, Floats]:
        """Split the nearness of each neighbour who took `item` over the history items that make it."""
        mine, weight = self._history(query)
        if not len(mine) or self.idf[item] <= 0:
            return NOTHING
        people, _ = self._nearest(query, mine, weight)
        rows = self.weighted[people]
        took = rows[:, [item]].toarray()[:, 0] > 0
        shared = np.asarray(rows[took][:, mine].sum(axis=0)).ravel()
        return mine, weight * shared

    def arrays(self) -> Arrays:
        """Return the people matrix and the settings."""
        w = self.weighted
        return {
            "data": w.data,
            "indices": w.indices,
            "indptr": w.indptr,
            "idf": self.idf,
            "settings": np.array([float(self.count), self.fade, self.power, float(self.recent)]),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Neighbours:
        """Make the scorer again from `arrays()`."""
        given = [float(one) for one in arrays["settings"]]
        count, fade, power, recent = given + [1.0, 400.0][len(given) - 2 :]  # two settings until version 0.1
        shape = (len(arrays["indptr"]) - 1, len(arrays["idf"]))
        weighted = sp.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
        return cls(weighted, int(count), fade, np.asarray(arrays["idf"]), power, int(recent))


def neighbours(log: Log, *, count: int = 100, fade: float = 0.5) -> Neighbours:
    """Fit people whose histories hold what the question's latest rows hold."""
    X = taken(log).astype(np.float64)
    idf = _idf(log, _column_sums(X))
    return Neighbours(_unit(X, idf), count, fade, idf)


def crowd(log: Log, *, count: int = 100, power: float = 0.5) -> Neighbours:
    """Fit people who took the same items about as often, over whole histories.

    Counts and idf enter by their root: a household that buys milk daily is not only its milk.
    """
    X = taken(log, times=True).astype(np.float64)
    idf = np.sqrt(_idf(log, np.bincount(X.indices, minlength=log.n_items).astype(float)))
    X.data **= power
    longest = int(np.diff(log.starts).max(initial=1))
    return Neighbours(_unit(X, idf), count, 0.0, idf, power, longest)


def _idf(log: Log, takers: Floats) -> Floats:
    """Return ln(people / takers) of each item, 0 where nobody took it."""
    return np.where(takers > 0, np.log((log.n_people + 1.0) / np.maximum(takers, 1.0)), 0.0)


def _unit(X: sp.csr_array, idf: Floats) -> sp.csr_array:
    """Return X times idf with rows of length 1."""
    weighted = sp.csr_array(X * idf[None, :])
    length = np.sqrt(np.asarray((weighted * weighted).sum(axis=1)).ravel())
    weighted = sp.csr_array(weighted / np.where(length > 0, length, 1.0)[:, None])
    weighted.sort_indices()
    return weighted.astype(np.float32)
