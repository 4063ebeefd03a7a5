"""Baskets of labels to rows of ranks: the one place where items stop being Python objects.

Knows what baskets may look like (item lists, a sparse matrix, a one-hot frame) and refuses to know what is mined.
A rank is the position of a frequent item in ascending order of count, so that prefixes of a sorted row are rare.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mining.engine_compile import compiled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Objects = list[Hashable]

_BLOCK = 1 << 12
"""Baskets whose items are held as object pointers at a time."""


@dataclass(frozen=True, eq=False)
class Coded:
    """Baskets as codes: basket i holds `codes[indptr[i]:indptr[i + 1]]`, in any order, with repeats."""

    indptr: Int64
    codes: Int32
    labels: Sequence[Hashable]
    """The label of each code."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """The frequent items of every basket, by row and by item."""

    ranks: Int32
    """-1, then the ranks of each row, ascending and without repeats, with a -1 after each row."""
    starts: Int64
    positions: Int32
    """Rank r stands in `ranks` at `positions[starts[r]:starts[r + 1]]`, ascending: once in each row that holds it."""
    codes: Int32
    """The code of each rank."""
    n_rows: int
    """Rows, empty ones included."""

    @property
    def counts(self) -> Int64:
        """Rows that hold each rank, ascending."""
        return np.diff(self.starts)


def encode(baskets: Any, labels: Sequence[Hashable] | None = None) -> Coded:
    """Item lists, a scipy.sparse matrix (baskets x items) with its labels, or a one-hot frame, as codes.

    Raises:
        TypeError: where a basket is a string, has no length or holds something unhashable.
        ValueError: where labels do not fit the columns, repeat, or come with item lists.
    """
    if sparse.issparse(baskets):
        return _encode_matrix(baskets, labels)
    if isinstance(baskets, pd.DataFrame):
        names = list(baskets.columns) if labels is None else labels
        return _encode_matrix(sparse.csr_matrix(baskets.to_numpy(dtype=bool)), names)
    if labels is not None:
        raise ValueError("labels name the columns of a matrix; item lists carry their own: leave labels out")
    return _encode_lists(baskets)


def rank(coded: Coded, min_count: int) -> Ranked:
    """Keeps the items of at least `min_count` baskets, renames them by ascending count and sorts each row."""
    counts = _count(coded.indptr, coded.codes, len(coded.labels))
    frequent = np.flatnonzero(counts >= min_count)
    frequent = frequent[np.argsort(counts[frequent], kind="stable")]
    rank_of = np.full(len(counts), -1, dtype=np.int32)
    rank_of[frequent] = np.arange(len(frequent), dtype=np.int32)
    starts = np.zeros(len(frequent) + 1, dtype=np.int64)
    np.cumsum(counts[frequent], out=starts[1:])
    positions, ends = _rows_of_ranks(coded.indptr, coded.codes, rank_of, starts)
    ranks = _ranks_of_rows(starts, positions, ends)
    return Ranked(ranks, starts, positions, frequent.astype(np.int32), len(coded.indptr) - 1)


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
    for kind in set(map(type, baskets)):
        if issubclass(kind, (str, bytes)):
            one = next(basket for basket in baskets if type(basket) is kind)
            raise TypeError(f"a basket is a list of items, not a string: got {one!r} as a basket")
    indptr = np.zeros(len(baskets) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, baskets), dtype=np.int64, count=len(baskets)), out=indptr[1:])
    by_identity = _encode_identities(baskets, indptr)
    codes, labels = _encode_values(baskets, indptr) if by_identity is None else by_identity
    return Coded(indptr, codes, labels)


def _encode_identities(baskets: Sequence[Any], indptr: Int64) -> tuple[Int32, Objects] | None:
    """Codes by object identity first, by value only for each distinct object; None where few objects recur.

    Item lists cut from one table share their label objects, and comparing 8-byte pointers in compiled code costs a
    tenth of hashing Python objects. An object is kept in `objects` from its first sight on, so no address is reused.
    """
    codes = np.empty(int(indptr[-1]), dtype=np.int32)
    objects: Objects = []
    keys, values = np.zeros(1 << 12, dtype=np.int64), np.empty(1 << 12, dtype=np.int32)
    for first in range(0, len(baskets), _BLOCK):
        last = min(first + _BLOCK, len(baskets))
        begin, end = int(indptr[first]), int(indptr[last])
        block = np.fromiter(chain.from_iterable(baskets[first:last]), dtype=object, count=end - begin)
        pointers = np.asarray(_Pointers(block))
        done = 0
        while done < len(block):
            if 2 * len(objects) >= len(keys):
                keys, values = _wider_table(keys, values)
            done, fresh = _code_pointers(pointers, done, codes[begin:end], keys, values, len(objects))
            objects.extend(block[fresh])
        if len(objects) > 1000 and 2 * len(objects) > end:
            return None
    code_of: dict[Hashable, int] = {}
    by_value = np.array([code_of.setdefault(one, len(code_of)) for one in objects], dtype=np.int32)
    return (codes if len(code_of) == len(objects) else by_value[codes]), list(code_of)


class _Pointers:
    """The addresses that an object array holds, offered to numpy as integers without a copy."""

    def __init__(self, objects: NDArray[np.object_]) -> None:
        self.objects = objects
        address = objects.__array_interface__["data"][0]
        self.__array_interface__ = {
            "data": (address, True), "typestr": "<i8", "shape": objects.shape, "version": 3
        }  # fmt: skip


def _encode_values(baskets: Sequence[Any], indptr: Int64) -> tuple[Int32, Objects]:
    """Codes by value: Arrow's hash table for strings and whole numbers, a dictionary for anything else."""
    import pyarrow as pa  # pandas brings it; 0.1 s that lists with shared labels need not pay

    flat = list(chain.from_iterable(baskets))
    kind = pa.string() if isinstance(flat[0], str) else pa.int64()
    if isinstance(flat[0], (str, int, np.integer)) and not isinstance(flat[0], bool):
        try:
            encoded = pa.array(flat, kind).dictionary_encode()
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            pass  # labels of several kinds
        else:
            if not encoded.null_count:
                return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
    code_of: defaultdict[Hashable, int] = defaultdict(count().__next__)
    codes = np.fromiter(map(code_of.__getitem__, flat), dtype=np.int32, count=int(indptr[-1]))
    return codes, list(code_of)


@compiled
def _code_pointers(
    pointers: Int64, done: int, codes: Int32, keys: Int64, values: Int32, known: int
) -> tuple[int, Int64]:
    """Looks pointers up from position `done` in an open-addressing table, adding new ones until it is half full.

    Returns where it stopped and the positions of the first sights.
    """
    mask = len(keys) - 1
    room = len(keys) // 2 + 1 - known
    fresh = np.empty(min(room, len(pointers) - done), np.int64)
    added = 0
    while done < len(pointers) and added < room:
        pointer = pointers[done]
        at = ((pointer >> 4) * 0x9E3779B1 >> 8) & mask
        while keys[at] != pointer and keys[at] != 0:
            at = (at + 1) & mask
        if keys[at] == 0:
            keys[at] = pointer
            values[at] = known + added
            fresh[added] = done
            added += 1
        codes[done] = values[at]
        done += 1
    return done, fresh[:added]


@compiled
def _wider_table(keys: Int64, values: Int32) -> tuple[Int64, Int32]:
    """The same table with four times the room."""
    wide_keys, wide_values = np.zeros(4 * len(keys), np.int64), np.empty(4 * len(keys), np.int32)
    mask = len(wide_keys) - 1
    for i in range(len(keys)):
        if keys[i] != 0:
            at = ((keys[i] >> 4) * 0x9E3779B1 >> 8) & mask
            while wide_keys[at] != 0:
                at = (at + 1) & mask
            wide_keys[at] = keys[i]
            wide_values[at] = values[i]
    return wide_keys, wide_values


@compiled
def _count(indptr: Int64, codes: Int32, n_codes: int) -> Int64:
    """Rows that hold each code, repeats within a row counted once."""
    counts = np.zeros(n_codes, np.int64)
    last_row = np.full(n_codes, -1, np.int32)
    for row in range(len(indptr) - 1):
        for p in range(indptr[row], indptr[row + 1]):
            if last_row[codes[p]] != row:
                last_row[codes[p]] = row
                counts[codes[p]] += 1
    return counts


@compiled
def _rows_of_ranks(indptr: Int64, codes: Int32, rank_of: Int32, starts: Int64) -> tuple[Int32, Int64]:
    """The rows of each rank in ascending order, and where each row will end once only its ranks are kept."""
    rows = np.empty(starts[-1], np.int32)
    ends = np.empty(len(indptr) - 1, np.int64)
    fill = starts.copy()
    end = 0
    for row in range(len(indptr) - 1):
        end += 1
        for p in range(indptr[row], indptr[row + 1]):
            r = rank_of[codes[p]]
            if r >= 0 and (fill[r] == starts[r] or rows[fill[r] - 1] != row):
                rows[fill[r]] = row
                fill[r] += 1
                end += 1
        ends[row] = end
    return rows, ends


@compiled
def _ranks_of_rows(starts: Int64, rows: Int32, ends: Int64) -> Int32:
    """The ranks of each row, ascending, framed by -1; the rows are replaced by the positions in the result."""
    ranks = np.full(len(rows) + len(ends) + 1, -1, np.int32)
    fill = np.empty(len(ends), np.int32)
    for row in range(len(ends)):
        fill[row] = (ends[row - 1] if row > 0 else 0) + 1
    for r in range(len(starts) - 1):
        for p in range(starts[r], starts[r + 1]):
            row = rows[p]
            rows[p] = fill[row]
            ranks[fill[row]] = r
            fill[row] += 1
    return ranks
