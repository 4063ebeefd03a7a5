from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mining
from mining.basketindex import BasketIndex
from mining.config import MiningConfig
from mining.count import Slice
from mining.cycles import cycle_of
from mining.errors import MiningError, UnknownKey, UnknownWord
from mining.finders import Material, windows_of
from mining.incontext import Counted
from mining.pairs import pairs_of
from mining.rule import AnyRule, Cycle, NextRule, Rule, Trend
from mining.rulebook import RuleBook
from mining.sequence import next_after
from mining.slices import SliceTable
from mining.statistics import clustered_association, clustered_difference, mantel_haenszel, size_strata
from mining.trends import trend_of
from tests.mining_log import CATALOGUE, PLACES, ZONE, Basket, frame, random_log
from tests.test_mining_basketindex import index_of

CONFIG = MiningConfig(zone=ZONE, min_count=15, min_people=8)


def planted(*, noise: bool = False, people: int = 60, weeks: int = 40) -> list[Basket]:
    """Salsa goes with chips, more so on Friday evenings; eggs come every second week; apples rise; the rest is noise.

    With `noise` every item is taken as often, but by a coin of its own.
    """
    rng = np.random.default_rng(3)
    start = datetime(2017, 1, 6, 23, tzinfo=UTC)  # a Friday, 18:00 in New York
    log = []
    for person in range(people):
        for week in range(weeks):
            for evening in (True, False):
                at = (
                    start
                    + timedelta(weeks=week)
                    - timedelta(days=0 if evening else 3, hours=0 if evening else 8)
                )
                held = {"bread"}
                chips = rng.random() < 0.4
                held |= {"chips"} if chips else set()
                share = 0.25 if noise else (0.75 if evening else 0.4) if chips else 0.05
                held |= {"dip"} if rng.random() < share else set()
                due_now = rng.random() < 0.25 if noise else (week + person) % 2 == 0 and evening
                held |= {"eggs"} if due_now else set()
                held |= {"apple"} if rng.random() < (0.2 if noise else 0.1 + week / 100) else set()
                log.append(Basket(f"p{person}", at, ("s1", "s3")[person % 2], frozenset(held)))
    return log


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return mining.mine(frame(planted()), CATALOGUE, PLACES, config=CONFIG)


def found(book: RuleBook) -> dict[tuple[object, ...], AnyRule]:
    return {(rule.kind, rule.antecedent, rule.consequent, rule.context, rule.place): rule for rule in book}


def test_what_was_planted_is_found(book: RuleBook) -> None:
    rules = found(book)
    pair = rules["together", ("chips",), ("dip",), (), None]
    assert isinstance(pair, Rule)
    assert pair.adjusted > 5
    assert (pair.held, pair.windows, pair.held_out) == (6, 6, True)
    assert pair.q < 1e-6
    context = rules["context", ("chips",), ("dip",), ("friday",), None]
    assert isinstance(context, Rule)
    assert context.count.context_gain == pytest.approx(0.75 / 0.4, rel=0.1)
    alone = rules["context", (), ("eggs",), ("friday",), None]
    assert isinstance(alone, Rule)
    cycle = rules["cycle", ("eggs",), ("eggs",), (), None]
    assert isinstance(cycle, Cycle)
    assert cycle.median == 14
    trend = rules["trend", (), ("apple",), (), None]
    assert isinstance(trend, Trend)
    assert trend.direction == "rising"


def test_bread_in_every_basket_goes_with_nothing(book: RuleBook) -> None:
    assert not [rule for rule in book if rule.kind == "together" and "bread" in rule.keys]


def test_of_two_slices_that_say_the_same_the_wider_is_kept(book: RuleBook) -> None:
    said = {
        rule.context
        for rule in book
        if rule.kind == "context" and rule.consequent == ("eggs",) and not rule.antecedent
    }
    assert ("friday",) in said
    assert ("friday", "evening") not in said


def test_noise_gives_no_rules_but_the_cycles_that_every_habit_has() -> None:
    noise = mining.mine(frame(planted(noise=True)), CATALOGUE, PLACES, config=CONFIG)
    kinds = Counter(rule.kind for rule in noise)
    assert set(kinds) <= {"cycle"}


def test_every_rule_has_the_counts_that_are_counted_on_demand(book: RuleBook) -> None:
    kinds = set()
    for rule in book:
        kinds.add(rule.kind)
        if isinstance(rule, Rule):
            assert rule.count == book.count(rule.count.x, rule.count.y, rule.where)
        elif isinstance(rule, NextRule):
            (again,) = next_after(book.index, rule.antecedent, rule.within_days, rule.consequent)
            assert same(rule, replace(again, q=rule.q))
        elif isinstance(rule, Cycle):
            assert same(rule, cycle_of(book.index, rule.key, min_people=8))
        else:
            again = trend_of(book.index, rule.key)
            assert (rule.n, rule.n_x, rule.direction) == (again.n, again.n_x, again.direction)
    assert {"together", "context", "cycle", "trend"} <= kinds


def same(left: Any, right: Any) -> bool:
    a, b = (pd.json_normalize(asdict(one)).astype(str).to_dict("records") for one in (left, right))
    return bool(a == b)


def test_rules_with_two_items_on_the_left_add_to_both_pairs() -> None:
    """Chips and eggs together bring dip; each alone does not."""
    rng = np.random.default_rng(8)
    log = []
    for number in range(3000):
        held = {item for item in ("chips", "eggs", "apple") if rng.random() < 0.4}
        held |= {"dip"} if rng.random() < (0.8 if {"chips", "eggs"} <= held else 0.1) else set()
        log.append(Basket(f"p{number % 100}", None, None, frozenset(held or {"bread"})))
    rules = found(mining.mine(frame(log), CATALOGUE, config=CONFIG))
    rule = rules["together", ("chips", "eggs"), ("dip",), (), None]
    assert isinstance(rule, Rule)
    assert rule.count.confidence == pytest.approx(0.8, abs=0.05)
    assert not [one for one in rules if len(one[1]) == 2 and "apple" in one[1]]  # type: ignore[arg-type, operator]


def test_a_pair_that_rests_on_one_person_is_refused() -> None:
    rng = np.random.default_rng(8)
    log = [Basket("glutton", None, None, frozenset({"chips", "dip"})) for _ in range(300)]
    for number in range(3000):
        held = {item for item in ("chips", "dip", "apple") if rng.random() < 0.1} or {"bread"}
        log.append(Basket(f"p{number % 100}", None, None, frozenset(held)))
    table = mining.mine(frame(log), CATALOGUE, config=CONFIG)
    assert table.count("chips", "dip").lift > 3
    assert not [rule for rule in table if rule.kind == "together" and set(rule.keys) == {"chips", "dip"}]


@pytest.mark.parametrize("seed", range(3))
def test_all_pairs_at_once_are_those_tested_one_by_one(seed: int) -> None:
    log = random_log(seed, people=10, baskets=300)
    index = index_of(log)
    material = Material(index, CONFIG)
    pairs = pairs_of(index, material.matrix, material.window, 6, min_count=1, max_basket=100)
    early = material.window < 5  # baskets without a time take part in tests too
    held = material.matrix.toarray()[:, :] > 0
    sizes = held.sum(axis=1)
    strata = size_strata(np.bincount(sizes[early]))
    person = np.asarray(index.person)
    assert len(pairs.left)
    for at, (x, y) in enumerate(zip(pairs.left, pairs.right, strict=True)):
        both = held[:, x] & held[:, y]
        by_person = [
            np.bincount(person[part & early], minlength=10) for part in (both, held[:, x], held[:, y], early)
        ]
        assert pairs.z[at] == pytest.approx(clustered_association(*by_person)[0], abs=1e-9)
        assert pairs.n_xy[at] == both.sum()
        assert pairs.people[at] == len(set(person[both]))
        assert pairs.top[at] == np.bincount(person[both]).max()
        assert pairs.by_window[at].tolist() == [
            int((both & (material.window == one)).sum()) for one in range(6)
        ]
        assert (pairs.left[pairs.turn[at]], pairs.right[pairs.turn[at]]) == (y, x)
        stratum = strata[np.maximum(sizes - held[:, x] - held[:, y], 0)]
        cells = [
            np.bincount(stratum[early & (held[:, x] == a) & (held[:, y] == b)], minlength=10)
            for a, b in ((1, 1), (1, 0), (0, 1), (0, 0))
        ]
        expected = mantel_haenszel(*cells).value
        assert pairs.odds[at] == pytest.approx(expected if not math.isnan(expected) else math.inf)


def windows_held(index: BasketIndex, key: str, where: Slice) -> tuple[int, int]:
    """In how many windows the share of a key is higher in a slice than outside it, and how many could tell."""
    inside = index.bits_where(where)
    outside, with_key = index.bits_outside(where, inside), index.bits_with(key)
    window = windows_of(index.day, CONFIG.windows)
    held = told = 0
    for one in range(CONFIG.windows):
        rows_in, rows_out, hits, misses = (
            int((window[index.layout.rows_of(part)] == one).sum())
            for part in (inside, outside, inside & with_key, outside & with_key)
        )
        if rows_in and rows_out and (hits + misses) * rows_in / (rows_in + rows_out) >= 1:
            told += 1
            held += hits / rows_in > misses / rows_out
    return held, told


def test_pairs_in_slices_are_those_tested_one_by_one(book: RuleBook) -> None:
    """Every pair of the book in every slice of time, by the definition: a gain, then the test clustered by person."""
    index, found = book.index, {}
    pairs = [one for one in book if one.kind == "together" and len(one.antecedent) == 1]
    for rule in pairs:
        for words in index.tabled:
            count = index.count(rule.antecedent, rule.consequent, Slice(words))
            beyond = count.outside
            assert beyond is not None
            if count.n_xy < CONFIG.min_count or not beyond.n_x:
                continue
            if count.confidence >= CONFIG.min_gain * beyond.confidence:
                inside, left = index.bits_where(Slice(words)), index.bits_with(rule.antecedent)
                sides = (inside, index.bits_outside(Slice(words), inside))
                parts = [
                    index.by_person(index.layout.rows_of(left & side & more))
                    for side in sides
                    for more in (index.bits_with(rule.consequent), index.everything)
                ]
                found[count.x, count.y, words] = clustered_difference(*parts).greater
    said = {(one.antecedent, one.consequent, one.context): one for one in book if one.kind == "context"}
    both = {at: rule for at, rule in said.items() if isinstance(rule, Rule) and at[0] and rule.place is None}
    assert both
    for at, rule in both.items():
        assert rule.p == pytest.approx(found[at], rel=1e-9)
    assert max(rule.p for rule in both.values()) < min(
        (p for at, p in found.items() if at not in both), default=2
    )


@pytest.mark.parametrize("where", [Slice(("evening",)), Slice(("weekend",)), Slice(place="east")])
def test_all_keys_at_once_are_those_tested_one_by_one(where: Slice) -> None:
    index = index_of(random_log(2, people=10, baskets=400))
    material = Material(index, CONFIG)
    table = SliceTable.of(material)
    keys = np.arange(len(material.keys))
    counted = Counted.of(material, table, keys, np.full(len(keys), table.lists.slices.index(where)))
    tested = counted.sums.tested()
    inside = index.bits_where(where)
    outside = index.bits_outside(where, inside)
    n_in, n_out = (index.by_person(index.layout.rows_of(part)) for part in (inside, outside))
    for at, key in enumerate(material.keys):
        hits, misses = (
            index.by_person(index.layout.rows_of(index.bits_with(key) & part)) for part in (inside, outside)
        )
        slow = clustered_difference(hits, n_in, misses, n_out)
        active = int(((n_in > 0) | (n_out > 0)).sum())
        share = hits.sum() / n_in.sum() - misses.sum() / n_out.sum()
        assert slow.difference == pytest.approx(share)
        assert (tested.hits[at], tested.people[at]) == (hits.sum(), np.count_nonzero(hits))
        told = counted.told(at)
        assert told.count == index.count(key, (), where)
        assert (told.held, told.windows) == windows_held(index, key, where)
        if tested.people[at] > 1:
            from scipy import stats

            t = stats.t.isf(tested.p[at], tested.people[at] - 1)
            assert t == pytest.approx(
                slow.difference / (slow.error * math.sqrt((active - 1) / active)), rel=1e-6
            )


def test_a_book_is_the_same_after_saving(book: RuleBook, tmp_path: Path) -> None:
    book.save(tmp_path)
    again = RuleBook.load(tmp_path)
    assert len(again) == len(book) > 0
    assert all(same(left, right) and left.id == right.id for left, right in zip(book, again, strict=True))
    assert again.window == book.window
    assert again.config == book.config
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".npy", ".json"}
    (tmp_path / "book.json").write_text('{"format": 0}')
    with pytest.raises(MiningError, match="build the catalogue again"):
        RuleBook.load(tmp_path)


def test_look_up_is_a_filter_over_all_rules_best_first(book: RuleBook) -> None:
    every = list(book)
    assert all(left.score >= right.score for left, right in pairwise(every))
    begun = book.lookup(items=["chips"], kind="together", k=50)
    assert begun == [one for one in every if one.kind == "together" and one.antecedent == ("chips",)]
    ended = book.lookup(with_items=["dip"], kind="together", k=50)
    assert {one.antecedent for one in ended} == {
        one.antecedent for one in every if one.kind == "together" and one.consequent == ("dip",)
    }
    friday = book.lookup(where=Slice(("friday", "evening")), k=50)
    assert friday
    assert all(one.context in (("friday", "evening"), ("friday",), ("evening",)) for one in friday)
    snacks = book.lookup(category="Snacks", k=100)
    assert snacks
    assert all(one.consequent[0] in ("chips", "dip", "category:Snacks") for one in snacks)
    assert book.lookup(items=["no such thing"]) == []
    assert len(book.lookup(k=3)) == 3


def test_a_pair_is_said_once_unless_one_side_is_asked_for(book: RuleBook) -> None:
    pairs = [frozenset(rule.keys) for rule in book.lookup(kind="together", k=100) if len(rule.keys) == 2]
    assert len(pairs) == len(set(pairs))


def test_a_cart_fires_only_rules_that_it_holds_in_full(book: RuleBook) -> None:
    for rule in book.lookup(items=["chips", "eggs"], kind="together", k=100):
        assert set(rule.antecedent) <= {"chips", "eggs"}


def test_what_a_look_up_cannot_know_is_refused(book: RuleBook) -> None:
    with pytest.raises(UnknownWord):
        book.lookup(where=Slice(("blursday",)))
    with pytest.raises(UnknownKey, match="no category 'Snax'; did you mean 'Snacks'"):
        book.lookup(category="Snax")


def test_the_frame_for_ranking_reads_a_context_as_x(book: RuleBook) -> None:
    table = book.frame()
    assert list(table.columns) == [
        "antecedent", "consequent", "context", "kind", "n", "n_x", "n_y", "n_xy", "place", "lag",
    ]  # fmt: skip
    alone = table[(table["kind"] == "context") & (table["antecedent"].map(len) == 0)]
    assert (alone["n_x"] == alone["n"]).all()
    assert (alone["n_xy"] == alone["n_y"]).all()
    assert (table["n_xy"] <= table[["n_x", "n_y"]].min(axis=1)).all()


def test_every_rule_can_be_exported_with_its_sentence(book: RuleBook) -> None:
    table = book.to_frame()
    assert len(table) == len(book)
    assert table["id"].is_unique
    assert table["sentence"].str.endswith(".").all()


@pytest.mark.parametrize(
    "log",
    [
        pd.DataFrame(columns=["person", "item"]),
        pd.DataFrame({"person": ["p"], "item": ["a"]}),
        frame([Basket(f"p{n}", None, None, frozenset({"apple", "dip"})) for n in range(40)]),
        frame([Basket("p", datetime(2017, 1, 1, tzinfo=UTC), "s1", frozenset({"apple"}))]),
    ],
    ids=["empty", "one row", "no times", "one basket"],
)
def test_little_data_makes_a_book_that_says_little(log: pd.DataFrame, tmp_path: Path) -> None:
    book = mining.mine(log, CATALOGUE, PLACES, config=CONFIG)
    assert not [rule for rule in book if rule.kind != "together"]
    book.save(tmp_path)
    again = RuleBook.load(tmp_path)
    assert again.lookup(where=Slice(("evening",))) == []
    assert len(again.frame()) == len(book)
    assert again.window == book.window


def test_progress_is_told(book: RuleBook) -> None:
    stages: list[str] = []

    class Heard:
        def stage(self, name: str) -> None:
            stages.append(name)

    mining.mine(frame(random_log(1)), CATALOGUE, PLACES, config=CONFIG, progress=Heard())
    assert stages == ["baskets", "pairs", "contexts", "sequences", "cycles", "trends"]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, mining; mining.MiningConfig; mining.Slice; mining.parse_when; "
        "print([m for m in ('torch', 'gradio', 'faiss', 'sqlmodel', 'pandas', 'numba', 'scipy', 'mlxtend') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_exported_names_exist() -> None:
    assert all(getattr(mining, name) is not None for name in mining.__all__)
    assert set(mining.__all__) <= set(dir(mining))
    with pytest.raises(AttributeError, match="no attribute 'mien'"):
        mining.mien  # noqa: B018


def test_the_index_says_what_it_holds(book: RuleBook) -> None:
    assert isinstance(book.index, BasketIndex)
    assert book.names()["chips"] == "Chips"
    assert book.window is not None
    assert book.window[0] < book.window[1]
