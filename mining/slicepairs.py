"""Every pair of items in every slice of time and place at once: one pass over the baskets, whatever the slices.

Slices overlap (a Friday evening is a Friday, an evening, a working day and a day of May, in a store and its region),
so counting slice by slice reads each basket many times. Here each pair of items that a basket holds is met once, and
counted in all slices of the basket. Knows baskets and the slices that they lie in. It refuses to know tests and rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining.basketindex import BasketIndex
from mining.contexts import slices_of
from mining.count import Slice
from mining.engine_encode import Coded

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SlicePairs:
    """Pairs of items with the slices that enough baskets hold them in, sorted by slice; each pair once."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    """Codes of the items; of the two the left one is in fewer baskets, or came first."""
    line: NDArray[np.int32]
    """Slice, as a position in what was asked for."""
    n: NDArray[np.int32]
    """Baskets of the slice with both."""

    @classmethod
    def of(cls, baskets: Coded, member: sparse.csr_array, min_count: int) -> SlicePairs:
        """Count baskets that are given as codes.

        Args:
            baskets: Codes of the items of each basket, in any order, with repeats.
            member: Baskets x slices; what is stored is a member.
            min_count: Least baskets of a slice with both, 1 or more.

        Raises:
            ValueError: `min_count` is below 1, or the rows do not fit.
        """
        from mining.sliceloops import count_slices, ranked

        if min_count < 1:
            raise ValueError(
                f"min_count must be 1 or more, not {min_count!r}: pairs that never meet are not counted"
            )
        rows = len(baskets.indptr) - 1
        if member.shape[0] != rows:
            raise ValueError(f"{member.shape[0]} rows of slices for {rows} baskets; give one a basket")
        codes, starts, held, row_start, row_items = ranked(
            baskets.indptr, baskets.codes, len(baskets.labels), min_count
        )
        found = count_slices(
            starts, held, row_start, row_items, member.indptr.astype(np.int64), member.indices.astype(np.int32),
            member.shape[1], min_count,
        )  # fmt: skip
        found = found[np.argsort(found[:, 2], kind="stable")]
        left, right = codes[found[:, 0]], codes[found[:, 1]]
        return cls(left, right, np.ascontiguousarray(found[:, 2]), np.ascontiguousarray(found[:, 3]))

    def __len__(self) -> int:
        return len(self.n)

    def of_slice(self, line: int) -> slice:
        """Return where the pairs of a slice lie."""
        begin, end = np.searchsorted(self.line, [line, line + 1]).tolist()
        return slice(begin, end)


def pairs_in_slices(
    index: BasketIndex, slices: Sequence[Slice] | None = None, *, min_count: int
) -> tuple[tuple[Slice, ...], SlicePairs]:
    """Return the slices (those that are mined, where none are given) and every pair of items in each of them.

    Raises:
        ValueError: `min_count` is below 1.
        UnknownWord: a context word is none of the calendar's.
        UnknownPlace: a place is unknown.
    """
    some = tuple(slices_of(index)) if slices is None else tuple(slices)
    baskets = Coded(np.asarray(index.start), np.asarray(index.basket_items), index.items)
    return some, SlicePairs.of(baskets, members(index, some), min_count)


def members(index: BasketIndex, slices: Sequence[Slice]) -> sparse.csr_array:
    """Return baskets x slices, uint8 ones."""

    def rows() -> Iterator[NDArray[np.int32]]:
        for where in slices:
            yield index.layout.rows_of(index.bits_where(where))

    held = list(rows())
    start = np.cumsum([0, *map(len, held)])
    joined = np.concatenate(held) if held else np.zeros(0, dtype=np.int32)
    ones = np.ones(len(joined), dtype=np.uint8)
    by_slice: sparse.csc_array = sparse.csc_array((ones, joined, start), shape=(len(index), len(slices)))
    return sparse.csr_array(by_slice.tocsr())
