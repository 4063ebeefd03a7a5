"""Private counts: what one person may change, the law of the noise, and rules that rest on enough people."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.basketindex import BasketIndex
from mining.baskets import make_baskets
from mining.errors import MiningError
from mining.private import Bounds, Geometric, OpenDp, Spent, anonymous, bounded_rows, people_behind, release
from mining.rule import Rule
from tests.test_mining_incremental import mined, shopping


def shop(people: int = 400, seed: int = 0) -> pd.DataFrame:
    """Nappies go with beer; the rest is taken by coins of their own."""
    rng = np.random.default_rng(seed)
    rows = []
    for basket in range(people * 4):
        held = {item for item in "abcdefgh" if rng.random() < 0.3}
        held |= {"nappies", "beer"} if rng.random() < 0.4 else ({"beer"} if rng.random() < 0.1 else set())
        rows += [(f"p{basket % people}", f"b{basket}", item) for item in sorted(held)]
    return pd.DataFrame(rows, columns=["person", "basket", "item"])


def indexed(rows: pd.DataFrame) -> BasketIndex:
    return BasketIndex.build(make_baskets(rows))


class NoNoise:
    """Shows the counts as they are, to see what is bounded."""

    def draw(self, n: int, scale: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.zeros(n, dtype=np.int64)


@given(st.integers(1, 5), st.integers(1, 12), st.integers(1, 12), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_no_person_counts_more_than_the_bounds(baskets: int, items: int, pairs: int, seed: int) -> None:
    index = indexed(shop(people=12, seed=seed % 3))
    counted = np.random.default_rng(seed).random(len(index.items)) < 0.7
    bounds = Bounds(baskets=baskets, items=items, pairs=pairs)
    rows = bounded_rows(index, bounds, counted, np.random.default_rng(seed))
    assert len(set(rows.tolist())) == len(rows)
    for who in range(len(index.people)):
        own = [index.items_in(np.array([row])) for row in rows if index.person[row] == who]
        held = [int(counted[one].sum()) for one in own]
        assert len(own) <= baskets
        assert sum(held) <= items
        assert sum(len(list(combinations(range(one), 2))) for one in held) <= pairs


def test_bounds_that_are_wide_enough_keep_everything() -> None:
    rows = shop(people=50)
    wide = Bounds(baskets=10_000, items=10_000, pairs=10_000, candidates=10)
    index = indexed(rows)
    found = release(
        index, 1.0, bounds=wide, noise=NoNoise(), rng=np.random.default_rng(0), min_count=1, min_lift=0
    )
    by_keys = {(rule.antecedent, rule.consequent): rule.count for rule in found.rules}
    threshold = found.threshold
    for x, y in combinations(index.items, 2):
        exact = index.count(x, y)
        assert ((x,), (y,)) in by_keys or exact.n_xy < threshold
        if exact.n_xy >= threshold:
            said = by_keys[(x,), (y,)]
            assert (said.n, said.n_x, said.n_y, said.n_xy) == (exact.n, exact.n_x, exact.n_y, exact.n_xy)


def test_one_person_less_changes_the_counts_by_no_more_than_the_account_says() -> None:
    """Under one draw of the order (drawn for each person alone) and without noise, over every person."""
    bounds = Bounds(baskets=2, items=6, pairs=5)
    index = indexed(shop(people=10))
    every = np.ones(len(index.items), dtype=np.bool_)
    rows = bounded_rows(index, bounds, every, np.random.default_rng(1))
    held = np.zeros((len(index), len(index.items)), dtype=np.int64)
    held[np.repeat(np.arange(len(index)), np.diff(index.start)), index.basket_items] = 1
    for who in range(10):
        mine = held[[row for row in rows if index.person[row] == who]]
        assert len(mine) + mine.sum() <= bounds.items + bounds.baskets
        assert np.triu(mine.T @ mine, 1).sum() <= bounds.pairs


def test_noise_has_the_law_that_the_proof_needs() -> None:
    """P(Z = z + 1) / P(Z = z) = exp(-1 / scale) on either side of 0."""
    draws = Geometric(np.random.default_rng(0)).draw(400_000, 2.0)
    values, counts = np.unique(draws, return_counts=True)
    share = dict(zip(values.tolist(), (counts / len(draws)).tolist(), strict=True))
    a = math.exp(-1 / 2)
    for z in range(-4, 5):
        assert share[z] == pytest.approx((1 - a) / (1 + a) * a ** abs(z), rel=0.05)


def test_opendp_draws_the_same_law() -> None:
    pytest.importorskip("opendp")
    draws = OpenDp().draw(4_000, 5.0)
    a = math.exp(-1 / 5)
    assert draws.std() == pytest.approx(math.sqrt(2 * a) / (1 - a), rel=0.15)


def test_a_strong_pair_is_found_and_the_account_is_said() -> None:
    rng = np.random.default_rng(0)
    bounds = Bounds(baskets=4, items=40, pairs=20)
    found = release(indexed(shop()), 4.0, bounds=bounds, noise=Geometric(rng), rng=rng, min_lift=1.5)
    best = found.rules[0]
    assert set(best.keys) == {"nappies", "beer"}
    assert 0 < best.count.n_xy <= min(best.count.n_x, best.count.n_y) <= best.count.n
    assert found.epsilon == pytest.approx(4.0)
    assert found.spent[2] == Spent("pairs", 2.0, 20)
    said = found.sentence()
    assert "Epsilon 4 was spent: 1 on the choice of candidates (at most 40 each)" in said
    assert f"{math.exp(4):.3g} times surer" in said


def test_noise_alone_shows_next_to_nothing() -> None:
    rows = pd.DataFrame({"person": ["p"] * 60, "item": [f"i{n}" for n in range(60)]})
    shown = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found = release(indexed(rows), 1.0, noise=Geometric(rng), rng=rng, min_count=0, min_lift=0)
        shown.append(len({frozenset(rule.keys) for rule in found.rules}))
    assert np.mean(shown) < 2


def test_a_release_refuses_what_is_no_epsilon() -> None:
    rng = np.random.default_rng(0)
    for epsilon in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(MiningError, match="epsilon must be a positive number"):
            release(indexed(shop(people=5)), epsilon, noise=Geometric(rng), rng=rng)


def test_rules_that_rest_on_few_people_are_refused() -> None:
    book = mined(shopping(1))
    behind = [people_behind(rule, book.index) for rule in book]
    k = sorted(behind)[len(behind) // 2]
    kept = anonymous(book, k)
    assert 0 < len(kept) < len(book)
    assert [rule.id for rule in kept] == [rule.id for rule, n in zip(book, behind, strict=True) if n >= k]
    for rule in kept:
        if isinstance(rule, Rule):
            assert rule.count.people_xy >= k
            assert rule.count.outside is None or not 0 < rule.count.outside.people_xy < k
    assert len(anonymous(book, 1)) == len(book)
    with pytest.raises(MiningError, match="k must be at least 1"):
        anonymous(book, 0)
