"""Baskets of labels to rows of ranks: the one place where items stop being Python objects.

Knows what a basket may look like (item lists, a sparse matrix, a one-hot frame) and refuses to know what is mined.
A rank is the position of a frequent item in ascending order of count, so that prefixes of a sorted row are rare.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Coded:
    """Baskets as codes: basket i holds `codes[indptr[i]:indptr[i + 1]]`, in any order, with repeats."""

    indptr: NDArray[np.int64]
    codes: NDArray[np.int32]
    labels: Sequence[Hashable]
    """The label of each code."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """The frequent items of every basket: row i is `ranks[indptr[i]:indptr[i + 1]]`, ascending, no repeats."""

    indptr: NDArray[np.int64]
    ranks: NDArray[np.int32]
    counts: NDArray[np.int64]
    """Rows that hold each rank, ascending."""
    codes: NDArray[np.int32]
    """The code of each rank."""

    @property
    def n_rows(self) -> int:
        """Rows, empty ones included."""
        return len(self.indptr) - 1


def encode(baskets: Any, labels: Sequence[Hashable] | None = None) -> Coded:
    """Item lists, a scipy.sparse matrix (baskets x items) with its labels, or a one-hot frame, as codes.

    Raises:
        TypeError: where a basket is a string or has no length.
        ValueError: where labels do not fit the columns, repeat, or come with item lists.
    """
    if sparse.issparse(baskets):
        return _encode_matrix(baskets, labels)
    if isinstance(baskets, pd.DataFrame):
        columns = list(baskets.columns) if labels is None else labels
        return _encode_matrix(sparse.csr_matrix(baskets.to_numpy(dtype=bool)), columns)
    if labels is not None:
        raise ValueError("labels name the columns of a matrix; item lists carry their own: leave labels out")
    return _encode_lists(baskets)


def rank(coded: Coded, min_count: int) -> Ranked:
    """Keeps the items of at least `min_count` baskets, renames them by ascending count and sorts each row."""
    n_rows = len(coded.indptr) - 1
    rows = np.repeat(np.arange(n_rows), np.diff(coded.indptr))
    key = np.unique(rows * max(len(coded.labels), 1) + coded.codes)
    rows, codes = np.divmod(key, max(len(coded.labels), 1))
    counts = np.bincount(codes, minlength=len(coded.labels))
    frequent = np.flatnonzero(counts >= min_count)
    frequent = frequent[np.argsort(counts[frequent], kind="stable")]
    rank_of = np.full(len(coded.labels), -1)
    rank_of[frequent] = np.arange(len(frequent))
    ranks = rank_of[codes]
    rows, ranks = rows[ranks >= 0], ranks[ranks >= 0]
    order = np.lexsort((ranks, rows))
    indptr = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=n_rows)))).astype(np.int64)
    return Ranked(indptr, ranks[order].astype(np.int32), counts[frequent], frequent.astype(np.int32))


def _encode_matrix(matrix: Any, labels: Sequence[Hashable] | None) -> Coded:
    rows = sparse.csr_matrix(matrix)
    names: Sequence[Hashable] = range(rows.shape[1]) if labels is None else list(labels)
    if len(names) != rows.shape[1]:
        raise ValueError(f"{len(names)} labels for {rows.shape[1]} columns: give one label a column")
    if labels is not None and len(set(names)) != len(names):
        raise ValueError("labels repeat: merge the columns of one item, or name them apart")
    if not np.all(rows.data):
        rows = rows.copy()
        rows.eliminate_zeros()
    return Coded(rows.indptr.astype(np.int64), rows.indices.astype(np.int32, copy=False), names)


def _encode_lists(baskets: Iterable[Any]) -> Coded:
    baskets = baskets if isinstance(baskets, (list, tuple)) else list(baskets)
    kinds = set(map(type, baskets))
    if any(issubclass(kind, (str, bytes)) for kind in kinds):
        raise TypeError(f"a basket is a list of items, not a string: wrap {next(iter(baskets))!r} in a list")
    lengths = np.fromiter(map(len, baskets), dtype=np.int64, count=len(baskets))
    indptr = np.zeros(len(baskets) + 1, dtype=np.int64)
    np.cumsum(lengths, out=indptr[1:])
    flat = np.fromiter(chain.from_iterable(baskets), dtype=object, count=int(indptr[-1]))
    codes, names = pd.factorize(flat, use_na_sentinel=False)
    return Coded(indptr, codes.astype(np.int32), names.tolist())
