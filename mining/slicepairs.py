"""Every pair of items in every slice of time and place at once: one pass over the baskets, whatever the slices.

Slices overlap (a Friday evening is a Friday, an evening, a working day and a day of May, in a store and its region),
so counting slice by slice reads each basket many times. Here each pair of items that a basket holds is met once and
counted once a factor: by part of the week, by month, by place. The slices are sums of these. Knows baskets and the
slices that they lie in. It refuses to know tests and rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining.basketindex import BasketIndex
from mining.contexts import slices_of
from mining.count import Slice
from mining.engine_encode import Coded

Ints = NDArray[np.int64]
Int32 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Factor:
    """A way to deal out the baskets into atoms, none of which lies partly in a slice of this factor."""

    atom: Int32
    """Atom of each basket, from 0; -1 where it lies in none of these slices."""
    slices: sparse.csr_array
    """Atoms x all slices: what is stored lies in the slice. A slice is of one factor only."""


@dataclass(frozen=True, eq=False)
class SlicePairs:
    """Pairs of items with the slices that enough baskets hold them in, sorted by slice; each pair once."""

    left: Int32
    right: Int32
    """Codes of the items; of the two the left one is in fewer baskets, or came first."""
    line: Int32
    """Slice, as a position in what was asked for."""
    n: Int32
    """Baskets of the slice with both."""

    @classmethod
    def of(cls, baskets: Coded, factors: Sequence[Factor], min_count: int) -> SlicePairs:
        """Count baskets that are given as codes.

        Args:
            baskets: Codes of the items of each basket, in any order, with repeats.
            factors: In which slices each basket lies.
            min_count: Least baskets of a slice with both, 1 or more.

        Raises:
            ValueError: `min_count` is below 1, or the rows do not fit.
        """
        from mining.slicepairloops import count_slices, ranked

        if min_count < 1:
            raise ValueError(
                f"min_count must be 1 or more, not {min_count!r}: pairs that never meet are not counted"
            )
        rows = len(baskets.indptr) - 1
        wrong = [len(one.atom) for one in factors if len(one.atom) != rows]
        if wrong:
            raise ValueError(f"{wrong[0]} atoms for {rows} baskets; give one a basket")
        codes, starts, held, row_start, row_items = ranked(
            baskets.indptr, baskets.codes, len(baskets.labels), min_count
        )
        table = starts, held, row_start, row_items
        found = count_slices(*table, *_joined(factors, rows), min_count)
        found = found[np.argsort(found[:, 2], kind="stable")]
        left, right = codes[found[:, 0]], codes[found[:, 1]]
        return cls(left, right, np.ascontiguousarray(found[:, 2]), np.ascontiguousarray(found[:, 3]))

    def __len__(self) -> int:
        return len(self.n)

    def of_slice(self, line: int) -> slice:
        """Return where the pairs of a slice lie."""
        begin, end = np.searchsorted(self.line, [line, line + 1]).tolist()
        return slice(begin, end)


def _joined(factors: Sequence[Factor], rows: int) -> tuple[Int32, Ints, Int32, int]:
    """Return rows x factors of atoms, numbered through, and the slices of each atom; the last atom is in none."""
    sizes = [one.slices.shape[0] for one in factors]
    first, last = np.cumsum([0, *sizes])[:-1], sum(sizes)
    atom = np.full((rows, len(factors)), last, dtype=np.int32)
    for column, (one, begin) in enumerate(zip(factors, first, strict=True)):
        known = one.atom >= 0
        atom[known, column] = one.atom[known] + begin
    lines = [one.slices.indices for one in factors]
    size = [np.diff(one.slices.indptr) for one in factors]
    start = np.cumsum(np.concatenate([[0], *size, [0]])).astype(np.int64)
    joined = np.concatenate([*lines, np.zeros(0, dtype=np.int32)]).astype(np.int32)
    return atom, start, joined, factors[0].slices.shape[1] if factors else 0


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
    baskets = Coded.of(np.asarray(index.start), np.asarray(index.basket_items), index.items)
    return some, SlicePairs.of(baskets, factors_of(index, some), min_count)


def factors_of(index: BasketIndex, slices: Sequence[Slice]) -> list[Factor]:
    """Return the factors of slices: what some slice asks for together is dealt out together, the rest apart."""
    groups: list[set[str]] = []
    asked = [_asked(index, where) for where in slices]
    for names in asked:
        met = [one for one in groups if one & names]
        groups = [*(one for one in groups if not one & names), set(names).union(*met)]
    return [
        _factor(index, slices, [line for line, names in enumerate(asked) if names <= group])
        for group in groups
    ]


def _asked(index: BasketIndex, where: Slice) -> set[str]:
    """Return the columns that a slice looks at; a weekend follows from the weekday, a season from the month."""
    wider = {"weekend": "weekday", "season": "month"}
    names = {index.calendar.group_of[word] for word in index.calendar.check(where.context)}
    asked = {wider.get(name, name) for name in names}
    asked |= {"place"} if where.place is not None else set()
    asked |= {"people"} if where.people is not None else set()
    return asked or {"everything"}


def _factor(index: BasketIndex, slices: Sequence[Slice], lines: Sequence[int]) -> Factor:
    """Return the factor of some slices: baskets that lie in the same ones are of one atom."""
    drawn = np.random.default_rng(0).integers(1, 2**63, len(lines), dtype=np.uint64)
    mark = np.zeros(len(index), dtype=np.uint64)
    for one, line in zip(drawn, lines, strict=True):
        mark[index.layout.rows_of(index.bits_where(slices[line]))] ^= one
    marks, first, atom = np.unique(mark, return_index=True, return_inverse=True)
    member = np.zeros((len(marks), len(slices)), dtype=np.uint8)
    for line in lines:
        held = np.zeros(len(index), dtype=np.bool_)
        held[index.layout.rows_of(index.bits_where(slices[line]))] = True
        member[:, line] = held[first]
    return Factor(atom.ravel().astype(np.int32), sparse.csr_array(member))
