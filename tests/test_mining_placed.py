"""Pairs at places against plain loops over baskets, and on logs with effects planted in them (tests/planted.py)."""

from __future__ import annotations

import pytest

from mining import MiningConfig, mine
from mining.basketindex import BasketIndex
from mining.baskets import make_baskets
from mining.contexts import contexted_rule
from mining.count import Slice
from mining.finders import Material
from mining.placed import placed_pairs
from mining.rule import Rule
from tests.mining_log import CATALOGUE, ITEMS, PLACES, ZONE, Basket, frame, random_log
from tests.planted import REGIONS, SLICE, Planted, found, plant

TIMES: list[tuple[str, ...]] = [
    (),
    *((one,) for one in ("morning", "afternoon", "evening", "night", "weekday", "weekend")),
    *((day, part) for day in ("weekday", "weekend") for part in ("morning", "afternoon", "evening", "night")),
]
CONFIG = MiningConfig(zone=ZONE, min_count=3, min_people=1, q_value=1.0)


def share(baskets: list[Basket], y: str) -> float:
    return sum(one.holds(y) for one in baskets) / len(baskets) if baskets else 0.0


def beaten(inside: list[Basket], beside: list[Basket], x: str, y: str) -> bool:
    """Whether x brings y inside more often than beside it, and by more than y alone is taken more."""
    with_x = [one for one in beside if one.holds(x)]
    if not with_x:
        return False
    own, other = share([one for one in inside if one.holds(x)], y), share(with_x, y)
    alone = share(inside, y) / max(share(beside, y), 0.5 / len(beside))
    return own >= CONFIG.min_gain * max(alone, 1.0) * other


@pytest.mark.parametrize("seed", range(4))
def test_pairs_at_places_are_those_of_a_slow_loop(seed: int) -> None:
    log = [one for one in random_log(seed, baskets=400) if one.items]
    index = BasketIndex.build(make_baskets(frame(log), CATALOGUE, PLACES, config=CONFIG))
    got = {
        (*rule.antecedent, *rule.consequent, rule.context): rule
        for rule in placed_pairs(Material(index, CONFIG))
    }
    base = [one for one in log if one.at is not None and one.place is not None]
    wanted = set()
    for words in TIMES:
        during = [one for one in base if set(words) <= one.words()]
        here = [one for one in base if one.at_place("east")]
        inside = [one for one in during if one.at_place("east")]
        rests = [[one for one in during if not one.at_place("east")]]
        rests += [[one for one in here if one not in inside]] if words else []
        for x, y in [(x, y) for x in ITEMS for y in ITEMS if x != y]:
            n_xy = sum(one.holds(x) and one.holds(y) for one in inside)
            if n_xy < CONFIG.min_count:
                continue
            lift = share([one for one in inside if one.holds(x)], y) / share(inside, y)
            if lift >= CONFIG.min_gain and all(beaten(inside, rest, x, y) for rest in rests):
                count = index.count((x,), (y,), Slice(words, "east"))
                assert count.n_xy >= n_xy  # rows without a time count where no time is asked about
                if contexted_rule(count, 0.0).score > 1:
                    wanted.add((x, y, words))
    assert set(got) == wanted
    assert all(isinstance(rule, Rule) and rule.place == "east" and 0 <= rule.p <= 1 for rule in got.values())


@pytest.fixture(scope="module")
def world() -> Planted:
    return plant(0)


@pytest.mark.slow
def test_what_was_planted_is_found_and_little_else(world: Planted) -> None:
    got = found(mine(world.interactions, world.items, world.places), world)
    assert got.recall >= 0.95, got.missed
    assert len(got.false) <= 0.1 * got.reported, got.false


@pytest.mark.slow
def test_where_nothing_is_planted_no_pair_is_bound_to_a_region() -> None:
    bare = plant(1, chance=0.0)
    book = mine(bare.interactions, bare.items, bare.places)
    bound = [rule for rule in book if rule.kind == "context" and rule.antecedent and rule.place in REGIONS]
    assert [rule for rule in bound if set(rule.context) == SLICE] == []
    assert len(bound) <= 3
