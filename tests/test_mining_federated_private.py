"""Noise over several parties: what is summed, what it reaches, and that masks do not change it."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.errors import MiningError
from mining.federated import Party, agree
from mining.federated_private import Seeds, candidates, item_share, pair_share, reach, released
from mining.private import Bounds, Geometric, Noise, Release, release
from tests.test_mining_federated import dealt, seeded
from tests.test_mining_private import NoNoise, indexed, shop

WIDE = Bounds(baskets=10_000, items=10_000, pairs=10_000, candidates=6)


def together(
    logs: list[pd.DataFrame],
    epsilon: float,
    noise: Noise,
    bounds: Bounds,
    seeds: list[Seeds] | None = None,
    *,
    min_count: int = 30,
    min_lift: float = 1.0,
) -> Release:
    """Both steps over some parties."""
    rng, held = np.random.default_rng(0), seeds or [None] * len(logs)
    parties = [Party.of(i, log) for i, log in enumerate(logs)]
    terms = agree([party.outline() for party in parties])
    some = {"rng": rng, "bounds": bounds, "noise": noise}
    shares = [
        item_share(one, terms, epsilon, seeds=own, **some) for one, own in zip(parties, held, strict=True)
    ]  # type: ignore[arg-type]
    chosen = candidates(terms, shares, bounds)
    shares = [
        pair_share(one, terms, chosen, epsilon, seeds=own, **some)  # type: ignore[arg-type]
        for one, own in zip(parties, held, strict=True)
    ]
    return released(terms, chosen, shares, epsilon, bounds=bounds, min_count=min_count, min_lift=min_lift)


def test_without_noise_the_sums_are_those_of_all_rows() -> None:
    rows = shop(people=60)
    logs = dealt(rows, 3)
    logs[0] = logs[0][~logs[0]["item"].isin(["a", "nappies"])]  # a party may lack what others have
    rows = pd.concat(logs)
    found = together(logs, 4.0, NoNoise(), WIDE, min_count=-10_000_000, min_lift=0)
    index = indexed(rows)
    alone = release(
        index,
        4.0,
        bounds=WIDE,
        noise=NoNoise(),
        rng=np.random.default_rng(0),
        min_count=-10_000_000,
        min_lift=0,
    )
    by_id = {rule.id: rule for rule in alone.rules}
    assert {rule.id for rule in found.rules} == set(by_id)
    assert len(found.rules) == len(list(combinations(range(6), 2))) * 2
    for rule in found.rules:
        assert rule.count == by_id[rule.id].count
    assert found.spent == alone.spent


def test_a_strong_pair_is_found_under_noise_and_masks() -> None:
    bounds = Bounds(baskets=4, items=40, pairs=20)
    hidden: list[Seeds] = [*seeded(2)]
    logs = dealt(shop(people=800), 2)
    found = together(logs, 4.0, Geometric(np.random.default_rng(1)), bounds, hidden, min_lift=1.5)
    plain = together(logs, 4.0, Geometric(np.random.default_rng(1)), bounds, min_lift=1.5)
    assert found == plain
    assert set(found.rules[0].keys) == {"nappies", "beer"}
    assert found.epsilon == pytest.approx(4.0)


@given(st.floats(0.3, 60), st.integers(1, 5), st.integers(2, 2_000))
@settings(max_examples=25, deadline=None)
def test_the_summed_noise_reaches_what_its_law_says(scale: float, parties: int, pairs: int) -> None:
    """Against sums of draws: the share at or above the reach is at most 1 in `pairs`, and one below it is more."""
    t, n = reach(scale, parties, pairs), 200_000
    draws = sum(Geometric(np.random.default_rng(one)).draw(n, scale) for one in range(parties))
    spread = 5 * math.sqrt(n / pairs) + 1
    assert (draws >= t).sum() <= n / pairs + spread
    assert (draws >= t - 1).sum() >= n / pairs - spread or t == 0


def test_one_party_reaches_as_far_as_a_release_of_its_own() -> None:
    """The closed form of one discrete Laplace: P(Z >= t) = a^t / (1 + a)."""
    for scale, pairs in ((1.0, 10), (26.0, 1_225), (104.0, 1_225)):
        a = math.exp(-1 / scale)
        least = next(t for t in range(10_000) if a**t / (1 + a) <= 1 / pairs)
        assert reach(scale, 1, pairs) == least


def test_what_is_no_epsilon_is_refused() -> None:
    party = Party.of(0, shop(people=5))
    terms = agree([party.outline()])
    for epsilon in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(MiningError, match="epsilon must be a positive number"):
            item_share(party, terms, epsilon, rng=np.random.default_rng(0), noise=NoNoise())
