"""What every scorer offers, and the form that most of them share: a matrix read through a profile.

Knows how a raw score is asked for and taken apart. It refuses to know how scores are blended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from retrieval.profile import Floats, Ints, Log, Profile, Query, profile, sums

Arrays = dict[str, NDArray[Any]]

NOTHING: tuple[Ints, Floats] = (np.zeros(0, np.int64), np.zeros(0))


class Scorer(Protocol):
    """One opinion about every item.

    `score` returns one number an item, NaN where it cannot tell; it never drops an item. `because` returns
    (history item, contribution) whose sum is the score of one item, or nothing where the score does not come from
    the history. `arrays` holds all that `load_scorer` needs to make it again.
    """

    @property
    def name(self) -> str:
        """The name of the part that this scorer adds to a score."""

    def score(self, query: Query) -> Floats:
        """Return a raw score for every item, NaN where it cannot score."""

    def because(self, query: Query, item: int) -> tuple[Ints, Floats]:
        """Return the history items behind the raw score of `item` and their exact contributions."""

    def arrays(self) -> Arrays:
        """Return the arrays that rebuild this scorer."""


@runtime_checkable
class Batched(Protocol):
    """A scorer with a faster way for many questions."""

    def score_many(self, queries: Sequence[Query]) -> Floats:
        """Return questions x items, each row what `score` returns."""


@dataclass(frozen=True)
class Side:
    """All that is known beside the log: parents, categories, texts and people, in internal ids."""

    parent: Ints
    """Position of each item's group (its parent, else its first category), -1 where there is none."""
    n_groups: int = 0
    category: sp.csr_array | None = None
    """Items x categories, rows of unit length."""
    vectors: NDArray[np.float32] | None = None
    """Text vectors, one row an item, zero where there is no text."""
    traits: Ints | None = None
    """People x attributes, each a code, -1 where unknown."""
    home: Ints | None = None
    """Place of each person, -1 where unknown."""


@dataclass(frozen=True)
class Linear:
    """A scorer that is linear in the profile: score(i) = sum over history items j of weight(j) * matrix[j, i].

    `rows` maps an item to its row and column of the square `matrix`, -1 where it is not covered.
    """

    name: str
    matrix: NDArray[np.float32] | sp.csr_array
    rows: Ints
    fade: float
    graded: bool = False
    recent: int = 400
    covered: Ints = field(init=False)

    def __post_init__(self) -> None:
        covered = np.flatnonzero(self.rows >= 0)
        object.__setattr__(self, "covered", covered[np.argsort(self.rows[covered])])

    def _profile(self, query: Query) -> Profile:
        full = profile(query, fade=self.fade, recent=self.recent, graded=self.graded)
        kept = self.rows[full.item] >= 0
        return Profile(full.item[kept], full.weight[kept])

    def score(self, query: Query) -> Floats:
        """Return the weighted sum of the matrix rows of the history."""
        out = np.full(len(self.rows), np.nan)
        taste = self._profile(query)
        if len(taste.item):
            rows = self.rows[taste.item]
            if isinstance(self.matrix, np.ndarray):
                out[self.covered] = taste.weight.astype(np.float32) @ self.matrix[rows]
            else:
                out[self.covered] = _weighted_rows(self.matrix, rows, taste.weight)
        return out

    def score_many(self, queries: Sequence[Query]) -> Floats:
        """Return questions x items by one matrix product."""
        tastes = [self._profile(query) for query in queries]
        out = np.full((len(queries), len(self.rows)), np.nan)
        weights = profile_matrix(
            [Profile(self.rows[one.item], one.weight) for one in tastes], len(self.covered)
        )
        asked = np.array([len(one.item) > 0 for one in tastes])
        if isinstance(self.matrix, np.ndarray):
            product = weights.toarray() @ self.matrix
        else:
            product = sp.csr_array(weights @ self.matrix).toarray()
        out[np.ix_(asked, self.covered)] = product[asked]
        return out

    def because(self, query: Query, item: int) -> tuple[Ints, Floats]:
        """Return each history item with its weight times its matrix entry."""
        column = int(self.rows[item])
        taste = self._profile(query)
        if column < 0 or not len(taste.item):
            return NOTHING
        rows = self.rows[taste.item]
        if isinstance(self.matrix, np.ndarray):
            entries = self.matrix[rows, column].astype(float)
        else:
            entries = self.matrix[rows][:, [column]].toarray()[:, 0].astype(float)
        return taste.item, taste.weight * entries

    def arrays(self) -> Arrays:
        """Return the matrix, dense or in its three sparse arrays, and the settings."""
        settings = np.array([self.fade, float(self.graded), float(self.recent)])
        common: Arrays = {"rows": self.rows, "settings": settings}
        if isinstance(self.matrix, np.ndarray):
            return {**common, "matrix": self.matrix}
        return {
            **common,
            "data": self.matrix.data,
            "indices": self.matrix.indices,
            "indptr": self.matrix.indptr,
        }

    @classmethod
    def of_arrays(cls, name: str, arrays: Mapping[str, NDArray[Any]]) -> Linear:
        """Make the scorer again from `arrays()`."""
        fade, graded, recent = (float(one) for one in arrays["settings"])
        matrix: NDArray[np.float32] | sp.csr_array
        if "matrix" in arrays:
            matrix = np.asarray(arrays["matrix"])
        else:
            n = len(arrays["indptr"]) - 1
            matrix = sp.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=(n, n))
        return cls(name, matrix, np.asarray(arrays["rows"]), fade, bool(graded), int(recent))


def score_many(scorer: Scorer, queries: Sequence[Query]) -> Floats:
    """Return questions x items, the raw scores of many questions.

    A scorer that reads a matrix answers them all in one product (`score_many` of its own), which is ten times as
    fast as one by one; rounding may differ in the last bits of single precision.
    """
    if isinstance(scorer, Batched):
        return scorer.score_many(queries)
    return np.stack([scorer.score(query) for query in queries])


def profile_matrix(tastes: Sequence[Profile], width: int) -> sp.csr_array:
    """Return questions x items with the profile weights."""
    lengths = np.array([len(one.item) for one in tastes])
    return sp.csr_array(
        (
            np.concatenate([one.weight for one in tastes]).astype(np.float32),
            np.concatenate([one.item for one in tastes]),
            np.r_[0, np.cumsum(lengths)],
        ),
        shape=(len(tastes), width),
    )


def _weighted_rows(matrix: sp.csr_array, rows: Ints, weight: Floats) -> Floats:
    """Return sum over r of weight[r] * matrix[rows[r]]; twice as fast as slicing and multiplying."""
    flat, lengths = row_cells(matrix, rows)
    return sums(matrix.indices[flat], np.repeat(weight, lengths) * matrix.data[flat], matrix.shape[1])


def row_cells(matrix: sp.csr_array, rows: Ints) -> tuple[Ints, Ints]:
    """Return where the stored cells of some rows lie, and how many each row has."""
    starts = matrix.indptr[rows].astype(np.int64)
    lengths = matrix.indptr[rows + 1].astype(np.int64) - starts
    before = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths), lengths


def taken(log: Log, *, times: bool = False) -> sp.csr_array:
    """Return people x items, 1.0 where a person took an item and did not dislike it; with `times` how often."""
    kept = log.sign > 0
    X = sp.csr_array(
        (np.ones(int(kept.sum()), np.float32), (log.person[kept], log.item[kept])),
        shape=(log.n_people, log.n_items),
    )
    X.sum_duplicates()
    if not times:
        X.data[:] = 1.0
    return X


def most_taken(popularity: Floats, limit: int) -> Ints:
    """Return the row of each of the `limit` most taken items, -1 for the rest and for those never taken."""
    order = np.lexsort((np.arange(len(popularity)), -popularity))[:limit]
    order = np.sort(order[popularity[order] > 0])
    rows = np.full(len(popularity), -1, np.int64)
    rows[order] = np.arange(len(order))
    return rows
