from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.count import Count, Slice, as_keys
from mining.partners import item_table
from tests.mining_log import ITEMS, random_log
from tests.test_mining_basketindex import KEYS, SLICES, index_of


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 20), x=st.sampled_from([*KEYS, ("chips", "dip")]), where=st.sampled_from(SLICES))
def test_partners_have_the_counts_of_one_question_each(seed: int, x: str, where: Slice) -> None:
    index = index_of(random_log(seed, baskets=150))
    found = index.partners(x, where, k=10, min_count=1, min_people=1, min_confidence=0)
    assert found == [index.count(x, count.y, where) for count in found]
    met = {y for y in ITEMS if y not in as_keys(x) and index.count(x, y, where).n_xy}
    assert {count.y[0] for count in found} == met


@pytest.mark.parametrize("where", SLICES)
@pytest.mark.parametrize("least", [2, 4])
def test_people_behind_a_partner_are_enough(where: Slice, least: int) -> None:
    index = index_of(random_log(6, people=8, baskets=200))
    found = index.partners("chips", where, k=20, min_count=1, min_people=least, min_confidence=0)
    slow = [index.count("chips", y, where) for y in ITEMS if y != "chips"]
    assert {count.y for count in found} == {count.y for count in slow if count.people_xy >= least}


@pytest.mark.parametrize("where", SLICES)
def test_the_table_of_a_slice_is_counted_by_size(where: Slice) -> None:
    index = index_of(random_log(9, baskets=300))
    table = np.asarray(item_table(index, where))
    rows = index.layout.rows_of(index.bits_where(where))
    assert (
        table[:, -1].tolist() == np.bincount(index.sizes.of_basket[rows], minlength=len(index.sizes)).tolist()
    )
    for at, item in enumerate(index.items):
        held = np.intersect1d(rows, index.rows_with(item))
        expected = np.bincount(index.sizes.of_basket[held], minlength=len(index.sizes))
        assert table[:, at].tolist() == expected.tolist()


def test_what_nobody_takes_in_the_slice_has_no_partners() -> None:
    index = index_of(random_log(5, baskets=100))
    found: list[Count] = index.partners("chips", Slice((), None, ("nobody",)))
    assert found == []
