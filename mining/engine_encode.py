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

from mining.engine_compile import compiled, list_append, list_item, list_size

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bits = NDArray[np.uint64]
Objects = list[Hashable]

_PER_ROW = 2
"""Words of bits a row for its most frequent items: 64, 128, 192 and 256 items took 25, 19, 20 and 20 ms for the pairs
of 690 product types in 155,000 till baskets."""
_BLOCK = 1 << 12
"""Baskets that are no lists, copied into lists at a time."""
_MANY = 1 << 14
"""Distinct objects from which on their share tells whether objects recur at all."""


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

    rare: Int32
    """Of each row that has some, the ranks below `n_rare`, ascending, then -1."""
    spots: Int32
    """Where each rare rank stands in `rare`, in the order of `rows`."""
    masks: Bits
    """The other ranks of each row as bits, the same number of words a row: rank n_rare + j is bit j."""
    starts: Int64
    rows: Int32
    """Rank r is held by the rows `rows[starts[r]:starts[r + 1]]`, ascending."""
    n_rare: int
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
    rank_of = np.full(len(counts), len(frequent), dtype=np.int32)
    rank_of[frequent] = np.arange(len(frequent), dtype=np.int32)
    starts = np.zeros(len(frequent) + 1, dtype=np.int64)
    np.cumsum(counts[frequent], out=starts[1:])
    n_rare = max(0, len(frequent) - 64 * _PER_ROW)
    per_row = (len(frequent) - n_rare + 63) // 64
    rows, ends = _rows_of_ranks(coded.indptr, coded.codes, rank_of, starts, n_rare)
    rare, spots, masks = _ranks_of_rows(starts, rows, ends, n_rare, per_row)
    return Ranked(rare, spots, masks, starts, rows, n_rare, frequent.astype(np.int32), len(coded.indptr) - 1)


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
    baskets = baskets if type(baskets) is list else list(baskets)
    kinds = set(map(type, baskets))
    for kind in kinds:
        if issubclass(kind, (str, bytes)):
            one = next(basket for basket in baskets if type(basket) is kind)
            raise TypeError(f"a basket is a list of items, not a string: got {one!r} as a basket")
    indptr = np.zeros(len(baskets) + 1, dtype=np.int64)
    if kinds <= {list}:
        _fill_ends(id(baskets), indptr)
    else:
        np.cumsum(np.fromiter(map(len, baskets), dtype=np.int64, count=len(baskets)), out=indptr[1:])
    by_identity = _encode_identities(baskets, indptr, kinds <= {list})
    codes, labels = _encode_values(baskets, indptr) if by_identity is None else by_identity
    return Coded(indptr, codes, labels)


def _encode_identities(
    baskets: Sequence[Any], indptr: Int64, all_lists: bool
) -> tuple[Int32, Objects] | None:
    """Codes by object identity first, by value only for each distinct object; None where few objects recur.

    Item lists cut from one table share their label objects, and comparing addresses in compiled code costs a tenth
    of hashing Python objects. An object is kept in `objects` from its first sight on, so that no address is used
    twice by collections that make their items anew each time; these are copied into lists a block at a time.
    """
    codes = np.empty(int(indptr[-1]), dtype=np.int32)
    objects: Objects = []
    table = np.zeros((1 << 12, 2), dtype=np.int64)
    block = len(baskets) if all_lists else _BLOCK
    for first in range(0, len(baskets), max(block, 1)):
        lists = baskets if all_lists else [list(one) for one in baskets[first : first + block]]
        done = 0
        while done < len(lists):
            done = _code_items(id(lists), done, indptr[first:], codes, table, id(objects), len(objects))
            if len(objects) > _MANY and 2 * len(objects) > indptr[first + done]:
                return None
            if done < len(lists):
                table = _wider(table)
    if len(set(objects)) == len(objects):
        return codes, objects
    code_of: dict[Hashable, int] = {}
    by_value = np.array([code_of.setdefault(one, len(code_of)) for one in objects], dtype=np.int32)
    return by_value[codes], list(code_of)


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
def _fill_ends(lists: int, indptr: Int64) -> None:
    """Where each list of a list of lists ends once they are joined."""
    for row in range(list_size(lists)):
        indptr[row + 1] = indptr[row] + list_size(list_item(lists, row))


@compiled
def _code_items(
    lists: int, begin_row: int, indptr: Int64, codes: Int32, table: Int64, objects: int, known: int
) -> int:
    """Codes the items of a list of lists, from a row on, while the table is less than half full after each row.

    The table is open-addressing, from an object's address to its code. Lists are given by their addresses; a new
    object is appended to `objects`, which gives it the code of its position. Returns the row to go on from.
    """
    mask = len(table) - 1
    for row in range(begin_row, list_size(lists)):
        begin, end = indptr[row], indptr[row + 1]
        if 2 * (known + end - begin) > len(table):
            return row
        basket = list_item(lists, row)
        for p in range(begin, end):
            address = list_item(basket, p - begin)
            at = ((address >> 4) * 0x9E3779B1 >> 8) & mask
            while table[at, 0] != address and table[at, 0] != 0:
                at = (at + 1) & mask
            if table[at, 0] == 0:
                table[at, 0], table[at, 1] = address, known
                list_append(objects, address)
                known += 1
            codes[p] = table[at, 1]
    return int(list_size(lists))


@compiled
def _wider(table: Int64) -> Int64:
    """The same table with four times the room."""
    wide = np.zeros((4 * len(table), 2), np.int64)
    mask = len(wide) - 1
    for i in range(len(table)):
        if table[i, 0] != 0:
            at = ((table[i, 0] >> 4) * 0x9E3779B1 >> 8) & mask
            while wide[at, 0] != 0:
                at = (at + 1) & mask
            wide[at] = table[i]
    return wide


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
def _rows_of_ranks(
    indptr: Int64, codes: Int32, rank_of: Int32, starts: Int64, n_rare: int
) -> tuple[Int32, Int32]:
    """The rows of each rank in ascending order, and where the rare ranks of each row will end.

    Rank m stands for all infrequent items. Whether an item is frequent or rare is as good as random: it goes into
    sums and not into branches, which the processor could not foresee.
    """
    m = len(starts) - 1
    rows = np.empty(starts[m] + 1, np.int32)
    ends = np.empty(len(indptr) - 1, np.int32)
    fill = starts.copy()
    last_row = np.full(m + 1, -1, np.int32)
    end = 0
    for row in range(len(indptr) - 1):
        begin = end
        for p in range(indptr[row], indptr[row + 1]):
            r = rank_of[codes[p]]
            if last_row[r] == row:
                continue
            last_row[r] = row if r < m else -1
            rows[fill[r]] = row
            fill[r] += r < m
            end += r < n_rare
        end += end > begin
        ends[row] = end
    return rows[: starts[m]], ends


@compiled
def _ranks_of_rows(
    starts: Int64, rows: Int32, ends: Int32, n_rare: int, per_row: int
) -> tuple[Int32, Int32, Bits]:
    """The rare ranks of each row, ascending and with a -1 after them, where each stands, and the bits of the others."""
    rare = np.empty(ends[-1] if len(ends) else 0, np.int32)
    spots = np.empty(starts[n_rare], np.int32)
    masks = np.zeros(len(ends) * per_row, np.uint64)
    fill = np.empty(len(ends), np.int32)
    for row in range(len(ends)):
        fill[row] = ends[row - 1] if row > 0 else 0
        if fill[row] < ends[row]:
            rare[ends[row] - 1] = -1
    for r in range(n_rare):
        for p in range(starts[r], starts[r + 1]):
            row = rows[p]
            spots[p] = fill[row]
            rare[fill[row]] = r
            fill[row] += 1
    for r in range(n_rare, len(starts) - 1):
        word = (r - n_rare) >> 6
        bit = np.uint64(1) << np.uint64((r - n_rare) & 63)
        for p in range(starts[r], starts[r + 1]):
            masks[rows[p] * per_row + word] |= bit
    return rare, spots, masks
