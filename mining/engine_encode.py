"""Baskets of labels to codes: the one place where items stop being Python objects.

Knows what baskets may look like (item lists, a sparse matrix, a one-hot frame) and refuses to know which items are
frequent (`engine_rank`) and what is mined.
"""

from __future__ import annotations

import ctypes
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mining.engine_compile import compiled, list_append, prefetch_at, word_at

Int32 = NDArray[np.int32]
Uint16 = NDArray[np.uint16]
Uint32 = NDArray[np.uint32]
Sizes = Uint16 | Int32
Objects = list[Hashable]

SPILLED = 0xFFFF
"""In a stream of codes: the code does not fit into 16 bits and is the next of the spilled ones."""
_PLACES = 1 << 13
"""Places of the first table of objects; later ones are four times as large."""
_BLOCK = 1 << 12
"""Baskets that are no lists, copied into lists at a time."""
_MANY = 1 << 14
"""Distinct objects from which on their share tells whether objects recur at all."""
_AHEAD = 8
"""Lists whose items are asked for before they are read."""


@dataclass(frozen=True, eq=False)
class Coded:
    """Baskets as codes, one basket after the other, in any order, with repeats; two bytes for nearly every item."""

    sizes: Sizes
    """Items in each basket."""
    stream: Uint16
    """The codes below 65,535; `SPILLED` for any other."""
    spilled: Uint32
    """The other codes, in their order."""
    labels: Sequence[Hashable]
    """The label of each code."""

    @classmethod
    def of(cls, indptr: NDArray[np.int64], codes: Int32, labels: Sequence[Hashable]) -> Coded:
        """Baskets of which the i-th holds `codes[indptr[i]:indptr[i + 1]]`."""
        sizes = np.diff(indptr).astype(np.int32, copy=False)
        short = np.minimum(codes, SPILLED).astype(np.uint16)
        return cls(_short(sizes), short, codes[codes >= SPILLED].astype(np.uint32), labels)

    @property
    def indptr(self) -> NDArray[np.int64]:
        """Where each basket begins among the codes, and where the last one ends."""
        indptr = np.zeros(len(self.sizes) + 1, dtype=np.int64)
        np.cumsum(self.sizes, out=indptr[1:])
        return indptr

    @property
    def codes(self) -> Int32:
        """All codes in full; an array of its own at each call."""
        codes = self.stream.astype(np.int32)
        codes[self.stream == SPILLED] = self.spilled
        return codes


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


def _short(sizes: Int32) -> Sizes:
    """The sizes in two bytes each where they fit."""
    return sizes.astype(np.uint16) if sizes.max(initial=0) <= np.iinfo(np.uint16).max else sizes


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
    return Coded.of(rows.indptr.astype(np.int64), rows.indices.astype(np.int32, copy=False), names)


def _encode_lists(baskets: Iterable[Any]) -> Coded:
    baskets = baskets if type(baskets) is list else list(baskets)
    sizes = _sizes_of_lists(baskets)
    if sizes is None:
        for kind in set(map(type, baskets)):
            if issubclass(kind, (str, bytes)):
                one = next(basket for basket in baskets if type(basket) is kind)
                raise TypeError(f"a basket is a list of items, not a string: got {one!r} as a basket")
        short = _short(np.fromiter(map(len, baskets), dtype=np.int32, count=len(baskets)))
    else:
        short = sizes
    by_identity = _encode_identities(baskets, short, sizes is not None) if _LISTS_ARE_READ else None
    return _encode_values(baskets, short) if by_identity is None else by_identity


def _sizes_of_lists(baskets: list[Any]) -> Sizes | None:
    """The size of each list; None where one is no list. Two bytes each unless one is too long for that."""
    if not _LISTS_ARE_READ:
        return None
    sizes: Sizes = np.empty(len(baskets), dtype=np.uint16)
    done = _measure(id(baskets), id(list), np.iinfo(np.uint16).max, sizes)
    if done < len(baskets) and type(baskets[done]) is list:
        sizes = np.empty(len(baskets), dtype=np.int32)
        done = _measure(id(baskets), id(list), np.iinfo(np.int32).max, sizes)
    return sizes if done == len(baskets) else None


def _encode_identities(baskets: Sequence[Any], sizes: Sizes, all_lists: bool) -> Coded | None:
    """Codes by object identity first, by value only for each distinct object; None where few objects recur.

    Item lists cut from one table share their label objects, and comparing addresses in compiled code costs a tenth
    of hashing Python objects. An object is kept in `objects` from its first sight on, so that no address is used
    twice by collections that make their items anew each time; these are copied into lists a block at a time.
    """
    stream = np.empty(int(sizes.sum(dtype=np.int64)), dtype=np.uint16)
    spilled = np.empty(0, dtype=np.uint32)
    objects: Objects = []
    table = np.zeros(_PLACES, dtype=np.int32)
    block = len(baskets) if all_lists else _BLOCK
    at = n_spilled = 0
    for first in range(0, len(baskets), max(block, 1)):
        lists = baskets if all_lists else [list(one) for one in baskets[first : first + block]]
        row = 0
        while True:
            row, at, n_spilled = _code_items(
                id(lists), id(objects), row, len(objects), stream, at, spilled, n_spilled, table
            )
            if len(objects) > _MANY and 2 * len(objects) > at:
                return None
            if row == len(lists):
                break
            need = len(lists[row])
            stream, spilled = _with_room(stream, at, need), _with_room(spilled, n_spilled, need)
            places = len(table)
            while _crowded(len(objects) + need, places):
                places *= 4
            if places > len(table):
                del table
                table = np.zeros(places, dtype=np.int32)
    del table
    return _by_value(Coded(sizes, stream[:at], spilled[:n_spilled], objects))


def _with_room(array: Any, used: int, need: int) -> Any:
    if used + need <= len(array):
        return array
    wider = np.empty(max(2 * len(array), used + need), dtype=array.dtype)
    wider[:used] = array[:used]
    return wider


def _by_value(coded: Coded) -> Coded:
    """Objects that are equal share a code. Unequal hashes, of which there is an array, tell cheaply that none are."""
    hashes = np.fromiter(map(hash, coded.labels), dtype=np.int64, count=len(coded.labels))
    hashes.sort()
    if not (hashes[1:] == hashes[:-1]).any():
        return coded
    code_of: dict[Hashable, int] = {}
    value = np.array([code_of.setdefault(one, len(code_of)) for one in coded.labels], dtype=np.int32)
    return Coded.of(coded.indptr, value[coded.codes], list(code_of))


def _encode_values(baskets: Sequence[Any], sizes: Sizes) -> Coded:
    """Codes by value: Arrow's hash table for strings and whole numbers, a dictionary for anything else."""
    import pyarrow as pa  # pandas brings it; 0.1 s that lists with shared labels need not pay

    indptr = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
    flat = list(chain.from_iterable(baskets))
    first = flat[0] if flat else None
    if isinstance(first, (str, int, np.integer)) and not isinstance(first, bool):
        try:
            encoded = pa.array(
                flat, pa.string() if isinstance(first, str) else pa.int64()
            ).dictionary_encode()
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            pass  # labels of several kinds
        else:
            if not encoded.null_count:
                return Coded.of(indptr, encoded.indices.to_numpy(), encoded.dictionary.to_pylist())
    code_of: defaultdict[Hashable, int] = defaultdict(count().__next__)
    codes = np.fromiter(map(code_of.__getitem__, flat), dtype=np.int32, count=len(flat))
    return Coded.of(indptr, codes, list(code_of))


# CPython lays a list out as: count of references, type, length, address of the items (PyListObject, listobject.h)
_TYPE, _LENGTH, _ITEMS = 8, 16, 24


def _list_layout_is_known() -> bool:
    """Whether lists lie in memory as compiled code reads them: so in every CPython with the interpreter's lock."""
    if (object.__basicsize__, list.__basicsize__) != (16, 40):
        return False
    probe = ["a", "b", "c"]
    kind, length, items = (
        ctypes.c_ssize_t.from_address(id(probe) + offset).value for offset in (_TYPE, _LENGTH, _ITEMS)
    )
    addresses = [ctypes.c_ssize_t.from_address(items + 8 * i).value for i in range(3)]
    return (kind, length, addresses) == (id(list), 3, [id(one) for one in probe])


_LISTS_ARE_READ = _list_layout_is_known()


@compiled
def _measure(lists: int, kind: int, longest: int, sizes: Sizes) -> int:
    """Writes the length of each list of a list, up to the first that is no list or is longer; returns how many."""
    items = word_at(lists + _ITEMS)
    n: int = word_at(lists + _LENGTH)
    for row in range(n):
        prefetch_at(word_at(items + 8 * (row + _AHEAD if row + _AHEAD < n else row)))
        basket = word_at(items + 8 * row)
        if word_at(basket + _TYPE) != kind or word_at(basket + _LENGTH) > longest:
            return row
        sizes[row] = word_at(basket + _LENGTH)
    return n


@compiled
def _crowded(n: int, places: int) -> bool:
    """Whether a table needs more places for so many objects."""
    return 8 * n > 5 * places


@compiled
def _place(address: int, places: int) -> int:
    """Where the search for an address begins: the high bits of a product in which all of its bits meet."""
    place: int = ((address >> 4) * 0x9E3779B1 >> 8) & (places - 1)
    return place


@compiled
def _code_items(
    lists: int,
    objects: int,
    begin_row: int,
    known: int,
    stream: Uint16,
    at: int,
    spilled: Uint32,
    n_spilled: int,
    table: Int32,
) -> tuple[int, int, int]:
    """Codes the items of a list of lists, from a row on, while there is room for all of the next row.

    The table is open-addressing and holds codes + 1; the address of a code is found in `objects`, to which a new
    object is appended. An empty table is filled first. Lists are given by their addresses. Returns the row, the place
    in the stream and that in the spilled codes to go on from.
    """
    rows, n = word_at(lists + _ITEMS), word_at(lists + _LENGTH)
    seen = word_at(objects + _ITEMS)
    if known > 0 and table[_place(word_at(seen), len(table))] == 0:
        for code in range(known):
            place = _place(word_at(seen + 8 * code), len(table))
            while table[place] != 0:
                place = (place + 1) & (len(table) - 1)
            table[place] = code + 1
    for row in range(begin_row, n):
        basket = word_at(rows + 8 * row)
        size = word_at(basket + _LENGTH)
        if _crowded(known + size, len(table)) or at + size > len(stream):
            return row, at, n_spilled
        if known + size > SPILLED and n_spilled + size > len(spilled):
            return row, at, n_spilled
        prefetch_at(word_at(word_at(rows + 8 * (row + _AHEAD if row + _AHEAD < n else row)) + _ITEMS))
        items = word_at(basket + _ITEMS)
        for p in range(size):
            address = word_at(items + 8 * p)
            place = _place(address, len(table))
            code = table[place] - 1
            while code >= 0 and word_at(seen + 8 * code) != address:
                place = (place + 1) & (len(table) - 1)
                code = table[place] - 1
            if code < 0:
                list_append(objects, address)
                seen = word_at(objects + _ITEMS)
                code = known
                known += 1
                table[place] = known
            if code < SPILLED:
                stream[at + p] = code
            else:
                stream[at + p] = SPILLED
                spilled[n_spilled] = code
                n_spilled += 1
        at += size
    return n, at, n_spilled
