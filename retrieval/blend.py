"""The blend: raw scores -> parts that add up to the score, with weights learned on validation questions.

Knows raw scores by name. It refuses to know how any of them was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from retrieval.profile import Floats, Ints
from retrieval.trees import Trees

Matrix = NDArray[np.float64]
_CHUNK = 512
"""Questions whose pairs are held in memory at once while learning."""


@dataclass(frozen=True)
class Blend:
    """One non-negative weight for each scorer; score(i) = sum over scorers of weight * scaled raw score."""

    names: tuple[str, ...]
    weights: Floats
    absolute: NDArray[np.bool_]
    """True where a raw score keeps its scale; else it is divided by its largest size among the items asked about."""
    trees: Trees | None = None
    """Where there are any, they read the scaled raw scores and rank the items that the weighted sum puts on top."""

    def pruned(self) -> Blend:
        """Return the blend without scorers that count for nothing; the first stays where all do."""
        kept = self.weights > 0
        if self.trees is not None:
            kept = kept | self.trees.used(len(kept))
        if not kept.any():
            kept[:1] = True
        return self.kept(kept)

    def kept(self, mask: NDArray[np.bool_]) -> Blend:
        """Return the blend of some of its scorers; to the trees the others are silent."""
        names = tuple(name for name, keep in zip(self.names, mask, strict=True) if keep)
        trees = None if self.trees is None else self.trees.renumbered(mask)
        return Blend(names, self.weights[mask], self.absolute[mask], trees)

    def silenced(self, mask: NDArray[np.bool_]) -> Blend:
        """Return the blend with some of its scorers at 0."""
        trees = None if self.trees is None else self.trees.silenced(mask)
        return replace(self, weights=np.where(mask, 0.0, self.weights), trees=trees)


def scale(raw: Matrix, absolute: NDArray[np.bool_], among: NDArray[np.bool_]) -> Floats:
    """Return 1 for absolute scorers, else 1 over the largest absolute raw score (0 where there is none).

    The largest is taken `among` the items that the question is about: where seen ones are left out their scores,
    often many times as large, would leave little between the new ones.
    """
    filled = np.nan_to_num(raw[:, among])
    largest = np.maximum(filled.max(axis=1, initial=0.0), -filled.min(axis=1, initial=0.0))
    return np.where(absolute, 1.0, np.where(largest > 0, 1.0 / np.where(largest > 0, largest, 1.0), 0.0))


@dataclass(frozen=True)
class Lesson:
    """One validation question: a few candidates with scaled raw scores, and which of them were right."""

    x: NDArray[np.float32]
    """Candidates x scorers."""
    right: Ints
    """Rows of `x` that were taken."""
    total: int
    """How many items were right in all, also those outside the candidates."""
    stands_for: NDArray[np.float32]
    """How many items each candidate stands for: 1, more for the random ones among all that are nobody's top."""


def lesson(
    scaled: Matrix,
    allowed: NDArray[np.bool_],
    right: Ints,
    rng: np.random.Generator,
    *,
    top: int = 40,
    most: int = 5,
) -> Lesson | None:
    """Pick what a question teaches: right items (at most `most`), each scorer's top, and as many at random.

    Tops alone would be unfair (only wrong items that some scorer loves), so the random ones stand for all the rest.
    """
    right = right[allowed[right]]
    open_items = np.flatnonzero(allowed)
    if not len(right) or len(open_items) < 2:
        return None
    kept = right if len(right) <= most else np.sort(rng.choice(right, most, replace=False))
    chosen = [right]
    for row in scaled:
        values = row[open_items]
        if values.max() > values.min():
            count = min(top, len(values))
            chosen.append(open_items[np.argpartition(-values, count - 1)[:count]])
    sure = np.unique(np.concatenate(chosen))
    rest = np.setdiff1d(open_items, sure, assume_unique=True)
    drawn = rest if len(rest) <= 2 * top else rng.choice(rest, 2 * top, replace=False)
    candidates = np.concatenate([sure, drawn])
    stands_for = np.ones(len(candidates), np.float32)
    stands_for[len(sure) :] = len(rest) / max(len(drawn), 1)
    return Lesson(
        np.ascontiguousarray(scaled[:, candidates].T, dtype=np.float32),
        np.searchsorted(sure, kept),
        len(right),
        stands_for,
    )


def learn(
    lessons: Sequence[Lesson], n_scorers: int, *, k: int = 10, ridge: float = 1e-4, floor: float = 0.0
) -> Floats:
    """Return non-negative weights that put right items into the top k of the lessons.

    First the convex choice model (log softmax of each right item among the candidates), then from there the
    smoothed NDCG: a right item's rank is 1 + sum over others of sigmoid(s_other - s_right) (as ApproxNDCG, Qin et
    al., Inf. Retrieval 2010) and its gain 1 / log2(1 + rank) / (1 + (rank / 2k)^2) over the best possible, so that
    the far end of the list does not matter. The scale that the sigmoid needs is learned with the weights. Of the
    starts that were tried, the one with the best exact NDCG on the lessons wins.
    """
    if not lessons:
        return np.ones(n_scorers)
    pack = _Pack.of(lessons)
    bounds = [(floor, None)] * n_scorers
    start = np.full(n_scorers, 5.0 / n_scorers)
    first = minimize(
        pack.choice, start, args=(1e-3,), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 60}
    ).x
    tried = [first]
    for factor in (1.0, 3.0):
        found = minimize(
            pack.smooth,
            first * factor,
            args=(ridge, k),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 60},
        )
        tried.append(found.x)
    values = [pack.ndcg(w, k) for w in tried]
    return np.asarray(tried[int(np.argmax(values))])


@dataclass(frozen=True)
class _Pack:
    """Lessons padded to one array."""

    x: NDArray[np.float32]
    weight: NDArray[np.float32]
    """Questions x candidates: how many items each stands for, 0 for padding."""
    question: Ints
    row: Ints
    share: NDArray[np.float32]
    """What a perfectly placed right item adds to the mean, before the discount."""

    @classmethod
    def of(cls, lessons: Sequence[Lesson]) -> _Pack:
        width = max(len(one.x) for one in lessons)
        x = np.zeros((len(lessons), width, lessons[0].x.shape[1]), np.float32)
        weight = np.zeros((len(lessons), width), np.float32)
        for q, one in enumerate(lessons):
            x[q, : len(one.x)] = one.x
            weight[q, : len(one.x)] = one.stands_for
        question = np.concatenate([np.full(len(one.right), q) for q, one in enumerate(lessons)])
        share = np.concatenate(
            [np.full(len(o.right), (o.total / len(o.right)) / _ideal(o.total)) for o in lessons]
        )
        return cls(x, weight, question, np.concatenate([o.right for o in lessons]), share.astype(np.float32))

    def _scores(self, w: Floats) -> NDArray[np.float32]:
        s = self.x @ w.astype(np.float32)
        s[self.weight == 0] = -1e9
        return np.asarray(s)

    def choice(self, w: Floats, ridge: float) -> tuple[float, Floats]:
        s = self._scores(w)
        top = s.max(axis=1, keepdims=True)
        e = np.exp(s - top) * self.weight
        z = e.sum(axis=1)
        n_right = np.bincount(self.question, minlength=len(s))
        weight = 1.0 / np.maximum(n_right, 1)[self.question]
        right = self.x[self.question, self.row]
        loss = (np.log(z) + top[:, 0]).mean() - ((right @ w) * weight).sum() / len(s)
        gradient = (self._pulled(e / z[:, None]) - (right * weight[:, None]).sum(axis=0)) / len(s)
        return float(loss + ridge * (w @ w) / 2), (gradient + ridge * w).astype(float)

    def smooth(self, w: Floats, ridge: float, k: int) -> tuple[float, Floats]:
        s = self._scores(w)
        gain, pulls = 0.0, np.zeros_like(s)
        begins = np.flatnonzero(np.r_[True, np.diff(self.question) != 0])
        for first in range(0, len(begins), _CHUNK):
            begin = begins[first : first + _CHUNK]
            part = slice(int(begin[0]), int(begins[first + _CHUNK]) if first + _CHUNK < len(begins) else None)
            q, r, share = self.question[part], self.row[part], self.share[part]
            sig = s[q]
            sig -= s[q, r][:, None]
            expit(sig, out=sig)
            sig[np.arange(len(q)), r] = 0.0
            weighted = sig * self.weight[q]
            rank = 1.0 + weighted.sum(axis=1)
            worth = 1.0 / np.log2(1.0 + rank)
            far = 1.0 / (1.0 + (rank / (2 * k)) ** 2)
            gain += float((share * worth * far).sum())
            slope = (
                -share
                * far
                * (np.log(2) / (np.log(1.0 + rank) ** 2 * (1.0 + rank)) + worth * far * rank / (2 * k * k))
            )
            np.subtract(1.0, sig, out=sig)
            sig *= weighted
            sig *= slope[:, None]
            sig[np.arange(len(q)), r] = -sig.sum(axis=1)
            pulls[self.question[begin]] = np.add.reduceat(sig, begin - begin[0], axis=0)
        n = len(s)
        return -gain / n + ridge * float(w @ w) / 2, -self._pulled(pulls) / n + ridge * w

    def _pulled(self, pulls: NDArray[np.float32]) -> Floats:
        """Return the sum over candidates of their pull times what each scorer says of them."""
        return np.asarray(pulls.ravel() @ self.x.reshape(-1, self.x.shape[2]), dtype=np.float64)

    def ndcg(self, w: Floats, k: int) -> float:
        s = self._scores(w)
        mine = s[self.question, self.row][:, None]
        level = s[self.question]
        weight = self.weight[self.question]
        rank = 1 + ((level > mine) * weight).sum(axis=1) + (((level == mine) * weight).sum(axis=1) - 1) / 2
        return float((np.where(rank <= k, self.share / np.log2(1.0 + rank), 0.0)).sum() / len(s))


def _ideal(total: int, k: int = 10) -> float:
    return float((1.0 / np.log2(np.arange(2, min(total, k) + 2))).sum())
