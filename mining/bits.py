"""Sets of baskets as packed bits and as sorted row numbers.

Knows bits only. It refuses to know what a row is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Rows = NDArray[np.int32]
DENSE = 32
"""A set that holds more than one row in so many is kept as bits too: they are then the smaller form."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where each row's bit is: every group of rows (a person's baskets) begins on a byte of its own.

    So the groups behind a set are counted by an OR over each group's bytes, without unpacking a bit. Rows of a
    group must be neighbours.
    """

    n: int
    slot: NDArray[np.int64]
    """Bit of each row."""
    row: NDArray[np.int32]
    """Row of each bit; spare bits hold 0 and are never set."""
    first_byte: NDArray[np.int64]
    """First byte of each group that has rows."""

    @classmethod
    def of(cls, group: NDArray[Any]) -> Layout:
        """Return the layout of rows whose group codes ascend."""
        n = len(group)
        first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if n else np.zeros(0, dtype=np.int64)
        size = np.diff(np.r_[first, n])
        width = (size + 7) // 8
        first_byte = np.cumsum(width) - width
        slot = np.arange(n) + np.repeat(first_byte * 8 - first, size)
        words = (int(width.sum()) + 7) // 8
        row = np.zeros(words * 64, dtype=np.int32)
        row[slot] = np.arange(n)
        return cls(n, slot, row, first_byte)

    @property
    def words(self) -> int:
        """64-bit words of a set."""
        return len(self.row) // 64

    def pack(self, mask: NDArray[np.bool_]) -> Bits:
        """Return the bits of a mask over the rows."""
        flags = np.zeros(len(self.row), dtype=np.bool_)
        flags[self.slot] = mask
        return np.packbits(flags, bitorder="little").view(np.uint64)

    @cached_property
    def bytes_of(self) -> NDArray[np.int64]:
        """Group g that has rows has the bytes bytes_of[g]:bytes_of[g + 1] of a set."""
        return np.append(self.first_byte, 8 * self.words).astype(np.int64)

    def from_rows(self, rows: NDArray[Any]) -> Bits:
        """Return the bits of row numbers."""
        from mining.bitloops import packed

        return packed(np.ascontiguousarray(rows, dtype=np.int32), self.slot, self.words)

    def rows_of(self, bits: Bits) -> NDArray[np.int32]:
        """Return the row numbers of a set, ascending."""
        from mining.bitloops import unpacked

        return unpacked(bits, self.row)

    def groups(self, bits: Bits) -> int:
        """Return how many groups have a row in the set."""
        from mining.bitloops import groups

        return groups(bits, self.bytes_of)


def count(bits: Bits) -> int:
    """Return how many rows the set holds."""
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


@dataclass(frozen=True, eq=False)
class RowSets:
    """Many sets over the same rows: sorted row numbers of each, and bits of the dense ones."""

    layout: Layout
    start: NDArray[np.int64]
    rows: Rows
    dense: NDArray[np.uint64]
    """One line of bits for each dense set."""
    dense_at: NDArray[np.int32]
    """Line of each set in `dense`, -1 where it has none."""

    @classmethod
    def of(cls, layout: Layout, start: NDArray[Any], rows: NDArray[Any]) -> RowSets:
        """Build from the joined rows of all sets and where each set starts (and the last one ends)."""
        start, rows = np.asarray(start, dtype=np.int64), np.asarray(rows, dtype=np.int32)
        heavy = np.flatnonzero(np.diff(start) * DENSE > layout.n)
        dense_at = np.full(len(start) - 1, -1, dtype=np.int32)
        dense_at[heavy] = np.arange(len(heavy))
        dense = np.zeros((len(heavy), layout.words), dtype=np.uint64)
        for line, one in enumerate(heavy):
            dense[line] = layout.from_rows(rows[start[one] : start[one + 1]])
        return cls(layout, start, rows, dense, dense_at)

    @classmethod
    def joined(cls, layout: Layout, sets: Sequence[NDArray[Any]]) -> RowSets:
        """Build from the sorted rows of each set."""
        rows = np.concatenate(sets) if sets else np.zeros(0, dtype=np.int32)
        return cls.of(layout, np.cumsum([0, *(len(one) for one in sets)]), rows)

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
        return self.dense[line] if line >= 0 else self.layout.from_rows(self.rows_in(one))

    def save(self, folder: Path, name: str) -> None:
        """Write the arrays as .npy files."""
        for part in ("start", "rows", "dense", "dense_at"):
            np.save(folder / f"{name}-{part}.npy", getattr(self, part), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, name: str, layout: Layout) -> RowSets:
        """Map the arrays that `save` wrote."""
        return cls(
            layout,
            *(mapped(folder / f"{name}-{part}.npy") for part in ("start", "rows", "dense", "dense_at")),
        )


def mapped(path: Path) -> NDArray[Any]:
    """Return an array of a file without reading it whole (an empty array cannot be mapped and is read)."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        if "empty" not in str(error):
            raise
        array = np.load(path, allow_pickle=False)
    return np.asarray(array)
