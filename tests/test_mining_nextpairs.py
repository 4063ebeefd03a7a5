"""Next rules of two items against a slow count, on planted sequences, and wherever a book keeps or uses them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mining
from mining.config import MiningConfig
from mining.incremental import Ledger
from mining.nextpairs import _most_taken
from mining.rule import NextRule
from mining.rulebook import RuleBook
from mining.statistics import benjamini_hochberg, clustered_association, lift_low
from retrieval.profile import Ids, Query
from retrieval.rules import rule_scorer
from tests.mining_log import CATALOGUE, PLACES, ZONE, Basket, frame, random_log
from tests.test_mining_incremental import assert_same
from tests.test_mining_miner import same

DAY = datetime(2017, 1, 2, 15, tzinfo=UTC)
CONFIG = MiningConfig(zone=ZONE, min_count=15, min_people=8, next_days=5)
LOOSE = MiningConfig(
    zone=ZONE, min_count=2, min_people=2, min_gain=1.0, q_value=1.0, max_person_share=1.0, next_days=14
)


def planted(both: float = 0.7, one: float = 0.2, *, people: int = 80, seed: int = 4) -> list[Basket]:
    """Dip comes three days after apple and bread together as often as `both` says, after apple alone as `one` says.

    Otherwise in one case of five. Bread and chips are taken with apple more often than without it, each by a coin of
    its own: {apple, bread} and {apple, chips} are pairs, and chips tell nothing.
    """
    rng = np.random.default_rng(seed)
    log = []
    for person in range(people):
        for step in range(14):
            at = DAY + timedelta(days=10 * step)
            apple = rng.random() < 0.4
            held = {"water"} | ({"apple"} if apple else set())
            held |= {item for item in ("bread", "chips") if rng.random() < (0.5 if apple else 0.3)}
            log.append(Basket(f"p{person}", at, None, frozenset(held)))
            share = both if {"apple", "bread"} <= held else one if apple else 0.2
            later = {"eggs"} | ({"dip"} if rng.random() < share else set())
            log.append(Basket(f"p{person}", at + timedelta(days=3), None, frozenset(later)))
    return log


def mined(log: list[Basket], config: MiningConfig = CONFIG) -> RuleBook:
    return mining.mine(frame(log), CATALOGUE, PLACES, config=config)


def of_two(book: RuleBook) -> list[NextRule]:
    return [rule for rule in book if isinstance(rule, NextRule) and len(rule.antecedent) == 2]


def pairs_of(book: RuleBook) -> set[frozenset[str]]:
    return {frozenset(rule.keys) for rule in book if rule.kind == "together" and len(rule.antecedent) == 1}


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return mined(planted())


# ---- what is found ---------------------------------------------------------------------------------------------------


def test_what_follows_both_items_is_found_and_what_adds_nothing_is_not(book: RuleBook) -> None:
    assert {frozenset({"apple", "bread"}), frozenset({"apple", "chips"})} <= pairs_of(book)
    (rule,) = of_two(book)
    assert (rule.antecedent, rule.consequent) == (("apple", "bread"), ("dip",))
    assert rule.confidence == pytest.approx(0.7, abs=0.07)
    assert rule.alone == pytest.approx(0.45, abs=0.06)
    assert rule.q < 1e-4
    assert max(rule.p, rule.p_productive) < 1e-6
    assert rule.lag_median == 3


def test_a_second_item_that_adds_nothing_makes_no_rule() -> None:
    book = mined(planted(0.7, 0.7))
    assert frozenset({"apple", "bread"}) in pairs_of(book)
    assert ("apple",) in {rule.antecedent for rule in book.lookup(with_items=["dip"], kind="next", k=9)}
    assert not of_two(book)


def test_noise_makes_no_rule() -> None:
    for seed in range(5):
        assert not of_two(mined(planted(0.2, 0.2, seed=seed)))


def test_the_number_of_pairs_is_a_setting(book: RuleBook) -> None:
    none = mined(planted(), CONFIG.model_copy(update={"next_pairs": 0}))
    assert not of_two(none)
    assert [repr(one) for one in none] == [repr(one) for one in book if one not in of_two(book)]
    first = mined(planted(), CONFIG.model_copy(update={"next_pairs": 1}))
    taken = {pair: book.count(sorted(pair), ()).n_x for pair in pairs_of(book)}
    assert {frozenset(rule.antecedent) for rule in of_two(first)} <= {max(taken, key=lambda one: taken[one])}


# ---- against a slow count --------------------------------------------------------------------------------------------


class Slow:
    """Occasions of a log as lists, and what follows them."""

    def __init__(self, log: list[Basket], days: int) -> None:
        timed = sorted((one for one in log if one.at is not None), key=lambda one: (one.person, one.at))
        end = max(one.at for one in timed)  # type: ignore[type-var]
        self.occasions = [one for one in timed if one.at + timedelta(days=days) <= end]  # type: ignore[operator]
        self.after = [
            {
                item
                for other in timed
                if other.person == one.person and timedelta() < other.at - one.at <= timedelta(days=days)  # type: ignore[operator]
                for item in other.items
            }
            for one in self.occasions
        ]
        day = [one.local.toordinal() for one in timed]  # type: ignore[union-attr]
        first, span = min(day), max(day) - min(day) + 1
        latest = min(d for d in range(first, first + span) if (d - first) * 6 // span == 5)
        self.early = [one.local.toordinal() + days + 1 < latest for one in self.occasions]  # type: ignore[union-attr]
        self.people = sorted({one.person for one in log})

    def places(self, keys: tuple[str, ...], *, early: bool = False) -> list[int]:
        return [
            at
            for at, one in enumerate(self.occasions)
            if all(map(one.holds, keys)) and (self.early[at] or not early)
        ]

    def followed(self, keys: tuple[str, ...], y: str, *, early: bool = False) -> list[int]:
        return [at for at in self.places(keys, early=early) if y in self.after[at]]

    def by_person(self, places: list[int]) -> list[int]:
        return [sum(self.occasions[at].person == person for at in places) for person in self.people]


def random_sequences(seed: int) -> list[Basket]:
    """Random baskets, a few without a time or at one instant, in which items go together and some follow two others."""
    rng = np.random.default_rng(seed)
    log = []
    for one in random_log(seed, people=25, baskets=350, days=200):
        held = set(one.items)
        held |= {"bread"} if "apple" in held and rng.random() < 0.6 else set()
        held |= {"dip"} if "chips" in held and rng.random() < 0.6 else set()
        held |= {item for item in ("fig", "gum", "ham") if rng.random() < 0.3}
        log.append(Basket(one.person, one.at, one.place, frozenset(held)))
        for body, y in (
            ({"apple", "bread"}, "eggs"),
            ({"chips", "dip"}, "apple"),
            ({"apple", "dip"}, "chips"),
        ):
            if one.at is not None and body <= held and rng.random() < 0.4:
                later = one.at + timedelta(days=int(rng.integers(0, 8)))
                log.append(Basket(one.person, later, one.place, frozenset({y})))
    return log


def slow_rules(
    log: list[Basket], book: RuleBook, config: MiningConfig
) -> tuple[dict[tuple[object, ...], tuple[float, ...]], bool]:
    """(body, head) -> p, p_productive, alone and q of the rules of two items, by their definition.

    And whether rounding alone decides of one, so that nothing can be compared.
    """
    slow, items = Slow(log, config.next_days), book.index.items
    taken = {pair: book.count(sorted(pair), ()).n_x for pair in pairs_of(book)}
    order = sorted(taken, key=lambda pair: (-taken[pair], sorted(map(items.index, pair))))
    tested, counted = 0, []
    for pair in order[: config.next_pairs]:
        body = tuple(sorted(pair, key=items.index))
        early = bool(slow.places(body, early=True))
        good = []
        for y in items:
            met = slow.followed(body, y)
            own = slow.followed(body, y, early=early)
            people = len({slow.occasions[at].person for at in own})
            if y in body or len(met) < config.min_count or people < config.min_people:
                continue
            tested += 1
            n_x, n_own = len(slow.places(body)), len(slow.places(body, early=early))
            alone = max(len(slow.followed((one,), y)) / len(slow.places((one,))) for one in body)
            low = min(
                float(
                    lift_low(
                        len(own),
                        n_own,
                        len(slow.followed((one,), y, early=early)),
                        len(slow.places((one,), early=early)),
                        people,
                    )
                )
                for one in body
            )
            if low > 0 and len(met) >= config.min_gain * alone * n_x:
                good.append((-low, items.index(y), y, alone, early))
        counted += [(body, y, alone, early) for _, _, y, alone, early in sorted(good)[:3]]

    def p_of(base: tuple[str, ...], body: tuple[str, ...], y: str, early: bool) -> float:
        parts = (slow.followed(body, y, early=early), slow.places(body, early=early),
                 slow.followed(base, y, early=early), slow.places(base, early=early))  # fmt: skip
        return clustered_association(*map(slow.by_person, parts))[1]

    def explained(base: tuple[str, ...], body: tuple[str, ...], y: str) -> float:
        x, met, n = (
            slow.by_person(one) for one in (slow.places(body), slow.followed(base, y), slow.places(base))
        )
        return sum(a * b / c for a, b, c in zip(x, met, n, strict=True) if a)

    tests = [
        (p_of((), body, y, early), max(p_of((one,), body, y, early) for one in body))
        for body, y, _, early in counted
    ]
    q = benjamini_hochberg([max(one) for one in tests], tested=tested)
    found, close = dict[tuple[object, ...], tuple[float, ...]](), False
    for (body, y, alone, _), (p, productive), value in zip(counted, tests, q.tolist(), strict=True):
        n_xy, n_x = len(slow.followed(body, y)), len(slow.places(body))
        base = len(slow.followed((), y)) / len(slow.occasions)
        people = len({slow.occasions[at].person for at in slow.followed(body, y)})
        habits = [explained(base_of, body, y) for base_of in ((), *((one,) for one in body))]
        close |= any(0 < abs(n_xy - one) < 1e-9 for one in habits)
        strong = n_xy / n_x >= config.min_gain * base and n_xy >= max(habits)
        if strong and value <= config.q_value and people >= config.min_people:
            found[body, (y,)] = p, productive, alone, value
    return found, close


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 40), days=st.sampled_from([3, 14, 60]), level=st.sampled_from([0.7, 1.0]), k=st.sampled_from([2, 100]))  # fmt: skip
def test_rules_of_two_items_are_the_slow_ones(seed: int, days: int, level: float, k: int) -> None:
    log = random_sequences(seed)
    config = LOOSE.model_copy(update={"next_days": days, "q_value": level, "next_pairs": k})
    book = mined(log, config)
    found = {(rule.antecedent, rule.consequent): rule for rule in of_two(book)}
    slow, close = slow_rules(log, book, config)
    assume(not close)
    assert set(found) == set(slow)
    for at, rule in found.items():
        assert (rule.p, rule.p_productive, rule.alone, rule.q) == pytest.approx(slow[at])


def test_the_slow_count_finds_rules() -> None:
    """So that the test above compares something."""
    logs = [random_sequences(seed) for seed in range(6)]
    assert sum(len(slow_rules(log, mined(log, LOOSE), LOOSE)[0]) for log in logs) > 5
    log = planted()
    assert set(slow_rules(log, mined(log), CONFIG)[0]) == {(("apple", "bread"), ("dip",))}


def test_counts_are_those_on_demand(book: RuleBook) -> None:
    for rule in of_two(book):
        (again,) = book.next_after(rule.antecedent, rule.within_days, rule.consequent)
        assert math.isnan(again.p_productive)
        assert math.isnan(again.alone)
        assert same(rule, replace(again, q=rule.q, p_productive=rule.p_productive, alone=rule.alone))


# ---- where a book keeps and uses them --------------------------------------------------------------------------------


def test_a_ledger_finds_the_same() -> None:
    rows = frame(planted())
    gone, last = rows["at"] < DAY + timedelta(days=30), rows["at"] >= DAY + timedelta(days=130)
    ledger = Ledger.of(rows[~last], CATALOGUE, PLACES, config=CONFIG)
    changes: list[tuple[Callable[[Ledger], Ledger], pd.DataFrame]] = [
        (lambda one: one.append(rows[last]), rows),
        (lambda one: one.expire(DAY + timedelta(days=30)), rows[~gone]),
        (lambda one: one.subtract("p7"), rows[~gone & (rows["person"] != "p7")]),
    ]
    for change, rest in changes:
        ledger = change(ledger)
        whole = mining.mine(rest, CATALOGUE, PLACES, config=CONFIG)
        assert of_two(whole)
        assert_same(ledger.book, whole)


def test_a_saved_book_holds_them(book: RuleBook, tmp_path: Path) -> None:
    book.save(tmp_path)
    again = RuleBook.load(tmp_path)
    assert again.config.next_pairs == 100
    assert of_two(again)
    assert all(same(left, right) and left.id == right.id for left, right in zip(again, book, strict=True))


def test_a_look_up_needs_all_of_the_body(book: RuleBook) -> None:
    (rule,) = of_two(book)
    assert rule in book.lookup(items=["apple", "bread", "chips"], kind="next", k=50)
    for cart in (["apple"], ["bread"], ["apple", "chips"]):
        assert not [one for one in book.lookup(items=cart, kind="next", k=50) if len(one.keys) == 3]
    assert rule in book.lookup(with_items=["dip"], kind="next", k=50)


def test_a_ranker_fires_them_only_when_the_cart_holds_both(book: RuleBook) -> None:
    (rule,) = of_two(book)
    table = book.frame()
    mine = table[(table["kind"] == "next") & (table["antecedent"] == rule.antecedent)]
    assert [tuple(row) for row in mine[["n", "n_x", "n_y", "n_xy"]].to_numpy()] == [
        (rule.n, rule.n_x, rule.n_y, rule.n_xy)
    ]
    items = Ids.of(pd.Series(book.index.items))
    scorer = rule_scorer(mine, items)
    assert scorer is not None
    none, days = np.zeros(0, dtype=np.int64), np.zeros(0)
    at = {item: int(items.positions([item])[0]) for item in ("apple", "bread", "chips", "dip")}
    for cart, fires in ((("apple", "bread"), True), (("apple", "chips"), False), (("bread",), False)):
        query = Query(none, days, days, none, none, days, days, 0.0, cart=np.array([at[one] for one in cart]))
        assert bool(np.isfinite(scorer.score(query)[at["dip"]])) == fires


def test_they_are_said_in_both_languages(book: RuleBook) -> None:
    (rule,) = of_two(book)
    names = {"apple": "Apples", "bread": "Bread", "dip": "Dip"}
    english = rule.sentence(names)
    assert english.startswith(
        f"After {rule.n_xy} of {rule.n_x} baskets with Apples and Bread, the same person took Dip"
    )
    assert f"; after either of them at most {round(100 * rule.alone)} %; after any" in english
    chinese = rule.sentence(names, "zh")
    assert "Apples" in chinese
    assert f"只看其中一种，之后最多为{round(100 * rule.alone)} %" in chinese
    assert {"p_productive", "alone"} <= set(rule.numbers())
    (single,) = book.next_after("apple", 5, "dip")
    assert not {"p_productive", "alone"} & set(single.numbers())
    assert "either" not in single.sentence(names)


def test_every_pair_is_a_body_once() -> None:
    """Either way round, the most taken first; item 2 is no subject."""
    pairs = list(combinations(range(5), 2))
    x, y = np.array([*pairs, *((b, a) for a, b in pairs)]).T
    size = np.array([5, 9, 9, 1, 2, 3, 4, 6, 7, 8])
    line = np.array([0, 1, -1, 2, 3], dtype=np.int32)
    assert _most_taken(line, x, y, np.tile(size, 2), 4).tolist() == [[0, 3], [3, 4], [0, 1], [1, 4]]
