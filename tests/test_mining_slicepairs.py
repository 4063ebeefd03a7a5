"""Pairs in all slices at once against counting each slice by itself."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from mining.basketindex import BasketIndex
from mining.baskets import make_baskets
from mining.count import Slice
from mining.engine_encode import encode
from mining.errors import UnknownWord
from mining.slicepairs import Factor, SlicePairs, factors_of, pairs_in_slices
from tests.mining_log import CATALOGUE, PLACES
from tests.test_mining_incremental import CONFIG, shopping

BASKETS = st.lists(
    st.tuples(st.lists(st.integers(0, 7), max_size=8), st.sets(st.integers(0, 4))), max_size=30
)


def factor(inside: list[set[int]]) -> Factor:
    """Baskets that lie in the same slices are of one atom; those in none are of no atom."""
    atoms = sorted({tuple(sorted(one)) for one in inside if one})
    member = np.zeros((len(atoms), 5), dtype=np.uint8)
    for atom, held in enumerate(atoms):
        member[atom, list(held)] = 1
    code = [atoms.index(tuple(sorted(one))) if one else -1 for one in inside]
    return Factor(np.array(code, dtype=np.int32), sparse.csr_array(member))


@given(BASKETS, st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_every_pair_of_every_slice_is_counted(rows: list[tuple[list[int], set[int]]], least: int) -> None:
    """Against a dictionary over (pair, slice), basket by basket; items repeat, baskets and slices may be empty."""
    slow: Counter[tuple[int, int, int]] = Counter()
    for items, inside in rows:
        slow.update((*pair, one) for pair in combinations(sorted(set(items)), 2) for one in inside)
    coded = encode([[str(item) for item in items] for items, _ in rows] or [["0"]][:0])
    found = SlicePairs.of(
        coded, [factor([inside & side for _, inside in rows]) for side in ({0, 1, 2}, {3, 4})], least
    )
    label = [int(str(one)) for one in coded.labels]
    fast = {
        (*sorted((label[x], label[y])), line): n
        for x, y, line, n in zip(
            *(part.tolist() for part in (found.left, found.right, found.line, found.n)), strict=True
        )
    }
    assert fast == {key: n for key, n in slow.items() if n >= least}
    assert len(found) == len(fast)
    for line in range(5):
        assert set(found.line[found.of_slice(line)].tolist()) <= {line}
    assert sum(len(found.n[found.of_slice(line)]) for line in range(5)) == len(found)


SOME = [
    Slice(),
    Slice(("friday", "evening"), "east"),
    Slice(("weekend",)),
    Slice(("monday", "may")),
    Slice(place=("s1", "s2")),
    Slice(people=("p1", "p3")),
]


@pytest.mark.parametrize("slices", [None, SOME])
def test_slices_of_an_index_hold_what_it_counts_on_demand(slices: list[Slice] | None) -> None:
    index = BasketIndex.build(make_baskets(shopping(1), CATALOGUE, PLACES, config=CONFIG))
    if slices is None:
        mined = pairs_in_slices(index, min_count=4)[0]
        assert {Slice(("friday", "evening")), Slice(("winter",)), Slice(place="east")} <= set(mined)
        assert len(factors_of(index, mined)) == 3  # part of the week, month, place
    slices, found = pairs_in_slices(index, slices, min_count=4)
    known = {
        (frozenset((index.items[x], index.items[y])), slices[line]): n
        for x, y, line, n in zip(
            *(part.tolist() for part in (found.left, found.right, found.line, found.n)), strict=True
        )
    }
    for where in slices:
        for x, y in combinations(index.items, 2):
            n = index.count(x, y, where).n_xy
            assert known.get((frozenset((x, y)), where), 0) == (n if n >= 4 else 0)


def test_what_cannot_be_counted_is_refused() -> None:
    index = BasketIndex.build(make_baskets(shopping(1, baskets=20), CATALOGUE, PLACES, config=CONFIG))
    assert len(pairs_in_slices(index, [], min_count=1)[1]) == 0
    with pytest.raises(ValueError, match="min_count must be 1 or more, not 0"):
        pairs_in_slices(index, min_count=0)
    with pytest.raises(UnknownWord, match="'dusk' is no word for a time"):
        pairs_in_slices(index, [Slice(("dusk",))], min_count=1)
    with pytest.raises(ValueError, match="3 atoms for 1 baskets"):
        SlicePairs.of(encode([["a"]]), [factor([{0}, {1}, {0}])], 1)
