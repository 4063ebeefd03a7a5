"""Sets of baskets as packed bits and as sorted row numbers.

Knows bits only. It refuses to know what a row is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Rows = NDArray[np.int32]
DENSE = 32
"""A set that holds more than one row in so many is kept as bits too: they are then the smaller form."""


def words_for(n: int) -> int:
    """Return how many 64-bit words hold n bits."""
    return (n + 63) // 64


def pack(mask: NDArray[np.bool_]) -> Bits:
    """Return the bits of a mask, the first row in the lowest bit; spare bits are 0."""
    padded = np.zeros(words_for(len(mask)) * 64, dtype=np.bool_)
    padded[: len(mask)] = mask
    return np.packbits(padded, bitorder="little").view(np.uint64)


def full(n: int) -> Bits:
    """Return the set of all n rows."""
    return pack(np.ones(n, dtype=np.bool_))


def from_rows(rows: NDArray[Any], n: int) -> Bits:
    """Return the bits of row numbers."""
    mask = np.zeros(n, dtype=np.bool_)
    mask[rows] = True
    return pack(mask)


def count(bits: Bits) -> int:
    """Return how many rows the set holds."""
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


def rows_of(bits: Bits) -> NDArray[np.int64]:
    """Return the row numbers of a set, ascending; only words that hold something are unpacked."""
    some = np.flatnonzero(bits)
    flags = np.unpackbits(bits[some].view(np.uint8), bitorder="little")
    at = np.flatnonzero(flags)
    return (some[at >> 6] << 6) + (at & 63)


@dataclass(frozen=True, eq=False)
class RowSets:
    """Many sets over the same n rows: sorted row numbers of each, and bits of the dense ones."""

    n: int
    start: NDArray[np.int64]
    rows: Rows
    dense: NDArray[np.uint64]
    """One line of bits for each dense set."""
    dense_at: NDArray[np.int32]
    """Line of each set in `dense`, -1 where it has none."""

    @classmethod
    def of(cls, sets: list[NDArray[Any]] | None, n: int, *, start: Any = None, rows: Any = None) -> RowSets:
        """Build from a list of row arrays, or from joined rows with their starts."""
        if sets is not None:
            start = np.cumsum([0, *(len(one) for one in sets)])
            rows = np.concatenate(sets) if sets else np.zeros(0)
        start, rows = np.asarray(start, dtype=np.int64), np.asarray(rows, dtype=np.int32)
        heavy = np.flatnonzero(np.diff(start) * DENSE > n)
        dense_at = np.full(len(start) - 1, -1, dtype=np.int32)
        dense_at[heavy] = np.arange(len(heavy))
        dense = np.zeros((len(heavy), words_for(n)), dtype=np.uint64)
        for line, one in enumerate(heavy):
            dense[line] = from_rows(rows[start[one] : start[one + 1]], n)
        return cls(n, start, rows, dense, dense_at)

    def __len__(self) -> int:
        return len(self.dense_at)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows in each set."""
        return np.diff(self.start)

    def rows_in(self, one: int) -> Rows:
        """Return the sorted rows of a set."""
        return self.rows[self.start[one] : self.start[one + 1]]

    def bits(self, one: int) -> Bits:
        """Return the bits of a set."""
        line = self.dense_at[one]
        return self.dense[line] if line >= 0 else from_rows(self.rows_in(one), self.n)

    def save(self, folder: Path, name: str) -> None:
        """Write the arrays as .npy files."""
        for part in ("start", "rows", "dense", "dense_at"):
            np.save(folder / f"{name}-{part}.npy", getattr(self, part), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, name: str, n: int) -> RowSets:
        """Map the arrays that `save` wrote."""
        return cls(n, *(mapped(folder / f"{name}-{part}.npy") for part in ("start", "rows", "dense", "dense_at")))


def mapped(path: Path) -> NDArray[Any]:
    """Return an array of a file without reading it whole (an empty array cannot be mapped and is read)."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        if "empty" not in str(error):
            raise
        array = np.load(path, allow_pickle=False)
    return np.asarray(array)
