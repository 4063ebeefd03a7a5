from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.adjusted import adjusted_of
from mining.basketindex import BasketIndex
from mining.baskets import make_baskets
from mining.bitloops import by_group
from mining.bits import Layout, count
from mining.compare import compare
from mining.config import MiningConfig
from mining.count import Count, Slice
from mining.errors import UnknownKey, UnknownPlace, UnknownWord
from mining.partners import by_size
from mining.profile import profile_of
from mining.statistics import size_strata
from tests.mining_log import CATALOGUE, ITEMS, PLACES, ZONE, Basket, frame, random_log

SLICES = (
    Slice(),
    Slice(("weekend",)),
    Slice(("evening",)),
    Slice(("friday", "evening")),
    Slice(("summer",)),
    Slice(("weekday", "night"), "east"),
    Slice((), "s2"),
    Slice((), ("s1", "s3")),
    Slice((), None, ("p1", "p3", "p5")),
    Slice(("morning",), "s1", ("p1", "p2")),
)
KEYS = (*ITEMS, "category:Fresh", "category:Snacks")


def index_of(log: list[Basket]) -> BasketIndex:
    return BasketIndex.build(make_baskets(frame(log), CATALOGUE, PLACES, config=MiningConfig(zone=ZONE)))


def side(where: Slice) -> tuple[Callable[[Basket], bool], Callable[[Basket], bool]]:
    """In the slice; and known to be outside it."""

    def inside(one: Basket) -> bool:
        return (
            set(where.context) <= one.words()
            and (not where.places or any(one.at_place(place) for place in where.places))
            and (where.people is None or one.person in where.people)
        )

    def outside(one: Basket) -> bool:
        known = (not where.context or one.at is not None) and (not where.places or one.place is not None)
        return known and not inside(one)

    return inside, outside


def slow_count(log: list[Basket], x: tuple[str, ...], y: tuple[str, ...]) -> tuple[int, ...]:
    parts = [
        log,
        [one for one in log if all(one.holds(key) for key in x)],
        [one for one in log if all(one.holds(key) for key in y or x)],
        [one for one in log if all(one.holds(key) for key in (*x, *y))],
    ]
    return (*(len(part) for part in parts), *(len({one.person for one in part}) for part in parts))


def numbers(found: Count) -> tuple[int, ...]:
    return (
        found.n, found.n_x, found.n_y, found.n_xy,
        found.people, found.people_x, found.people_y, found.people_xy,
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 30),
    x=st.lists(st.sampled_from(KEYS), max_size=2, unique=True).map(tuple),
    y=st.lists(st.sampled_from(KEYS), max_size=2, unique=True).map(tuple),
    where=st.sampled_from(SLICES),
)
def test_any_count_is_the_slow_one(seed: int, x: tuple[str, ...], y: tuple[str, ...], where: Slice) -> None:
    log = random_log(seed)
    found = index_of(log).count(x, y, where)
    inside, outside = side(where)
    assert numbers(found) == slow_count([one for one in log if inside(one)], x, y)
    if where.is_everything:
        assert found.outside is None
    else:
        assert found.outside is not None
        assert numbers(found.outside) == slow_count([one for one in log if outside(one)], x, y)


@pytest.mark.parametrize("where", SLICES)
def test_partners_are_all_items_counted_one_by_one(where: Slice) -> None:
    log = random_log(5, baskets=400)
    index = index_of(log)
    found = index.partners("chips", where, k=10, min_count=1, min_people=1, min_confidence=0)
    inside, _ = side(where)
    held = [one for one in log if inside(one)]
    slow = {y: slow_count(held, ("chips",), (y,)) for y in ITEMS if y != "chips"}
    assert {count.y[0]: numbers(count) for count in found} == {y: n for y, n in slow.items() if n[3]}


@pytest.mark.parametrize("seed", range(4))
def test_odds_of_all_items_at_once_are_those_of_one_table_each(seed: int) -> None:
    index = index_of(random_log(seed, baskets=400))
    held = np.zeros((len(index), len(ITEMS)), dtype=bool)
    for at, item in enumerate(index.items):
        held[index.rows_with(item), at] = True
    size = held.sum(axis=1)
    stratum_of = size_strata(np.bincount(size))
    x = index.item_position["chips"]
    everywhere = np.arange(len(index))
    whole, joint = by_size(index, everywhere), by_size(index, index.rows_with("chips"))
    found = index.sizes.odds(whole[:, -1], joint[:, -1], whole[:, :-1], joint[:, :-1])
    for y in range(len(ITEMS)):
        if y == x:
            continue
        stratum = stratum_of[np.maximum(size - held[:, x] - held[:, y], 0)]
        cells = [
            np.bincount(stratum[(held[:, x] == a) & (held[:, y] == b)], minlength=10)
            for a, b in ((1, 1), (1, 0), (0, 1), (0, 0))
        ]
        a, b, c, d = cells
        n = np.maximum(a + b + c + d, 1)
        assert found[y] == pytest.approx(((a * d / n).sum() + 0.5) / ((b * c / n).sum() + 0.5))


def test_what_belongs_to_it_comes_before_what_is_in_every_big_basket() -> None:
    rng = np.random.default_rng(2)
    log = []
    for number in range(4000):
        big = number % 4 == 0
        held = {item for item in ("apple", "bread", "eggs") if rng.random() < (0.8 if big else 0.1)}
        held |= {"chips"} if rng.random() < (0.5 if big else 0.05) else set()
        held |= {"dip"} if rng.random() < (0.3 if "chips" in held else 0.1) else set()
        log.append(Basket(f"p{number % 200}", None, None, frozenset(held or {"bread"})))
    index = index_of(log)
    assert index.partners("chips")[0].y == ("dip",)
    assert index.count("chips", "eggs").lift > 2
    eggs = adjusted_of(index, "chips", "eggs")
    assert eggs.by["size"].value < eggs.raw.value / 2


def test_partners_can_be_kept_to_a_category_and_to_enough_people() -> None:
    index = index_of(random_log(5, baskets=400))
    assert {one.y[0] for one in index.partners("chips", min_count=1, among="Fresh")} == {
        "apple",
        "bread",
        "eggs",
    }
    everyone = index.count("chips").people_x
    assert index.partners("chips", min_people=everyone + 1) == []
    with pytest.raises(UnknownKey, match="did you mean 'Fresh'"):
        index.partners("chips", among="Fresch")


@pytest.mark.parametrize("where", SLICES)
def test_item_counts_are_the_same_by_table_rows_and_sets(where: Slice) -> None:
    index = index_of(random_log(8, baskets=300))
    assert index.item_counts(where).tolist() == [index.count(item, (), where).n_x for item in index.items]


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60), st.integers(0, 2**32))
def test_bits_hold_rows_and_count_groups(group: list[int], seed: int) -> None:
    codes = np.sort(np.array(group))
    layout = Layout.of(codes)
    mask = np.random.default_rng(seed).random(len(codes)) < 0.4
    packed = layout.pack(mask)
    assert count(packed) == mask.sum()
    assert layout.rows_of(packed).tolist() == np.flatnonzero(mask).tolist()
    assert layout.groups(packed) == len(set(codes[mask].tolist()))
    assert (layout.from_rows(np.flatnonzero(mask)) == packed).all()
    held = [int(mask[codes == one].sum()) for one in np.unique(codes)]
    assert by_group(packed, layout.bytes_of).tolist() == held


def test_baskets_of_a_set_are_counted_for_each_person_also_for_those_without_any() -> None:
    index = index_of(random_log(3, people=9, baskets=120))
    more = replace(index, people=(*index.people, "nobody"))
    held = index.bits_with("chips")
    expected = index.by_person(index.rows_with("chips")).tolist()
    assert index.people_of(held).tolist() == expected
    assert more.people_of(held).tolist() == [*expected, 0]


def test_what_is_not_in_the_data_is_refused_with_near_names() -> None:
    index = index_of(random_log(1))
    with pytest.raises(UnknownKey, match="no basket holds 'chip'; did you mean 'chips'"):
        index.count("chip")
    with pytest.raises(UnknownPlace, match="no place 's9'"):
        index.count("chips", (), Slice(place="s9"))
    with pytest.raises(UnknownWord, match="cannot hold together"):
        index.count("chips", (), Slice(("friday", "sunday")))


def test_a_saved_index_counts_the_same(tmp_path: Path) -> None:
    index = index_of(random_log(2))
    index.save(tmp_path)
    again = BasketIndex.load(tmp_path)
    for where in SLICES:
        assert again.count("chips", "dip", where) == index.count("chips", "dip", where)
    assert not list(tmp_path.rglob("*.pkl"))


def test_an_empty_index_can_be_saved_and_asked(tmp_path: Path) -> None:
    index = BasketIndex.build(make_baskets(pd.DataFrame(columns=["person", "item"])))
    index.save(tmp_path)
    again = BasketIndex.load(tmp_path)
    assert numbers(again.count((), (), Slice(("evening",)))) == (0,) * 8
    with pytest.raises(UnknownKey):
        again.count("chips")


@pytest.mark.parametrize(
    "by", ["hour", "daypart", "weekday", "weekend", "month", "season", "place", "region"]
)
def test_a_profile_is_a_count_for_each_value(by: str) -> None:
    log = random_log(4, baskets=300)
    index = index_of(log)
    for row in profile_of(index, "chips", by):  # type: ignore[arg-type]
        if by == "hour":
            part = [one for one in log if one.local is not None and one.local.hour == int(row.value)]
        elif by in ("place", "region"):
            part = [one for one in log if one.at_place(row.value)]
        else:
            part = [one for one in log if row.value in one.words()]
        assert (row.n, row.n_x) == slow_count(part, ("chips",), ())[:2]
        assert row.people_x == slow_count(part, ("chips",), ())[5]
    with pytest.raises(ValueError, match="by must be one of hour, place, region, weekday"):
        profile_of(index, "chips", "century")  # type: ignore[arg-type]


def lean(strength: float, *, people: int = 60) -> list[Basket]:
    """Everyone takes chips more often in the evening by the same amount, in many baskets."""
    rng = np.random.default_rng(0)
    log = []
    for person in range(people):
        for step in range(20):
            evening = step % 2 == 0
            at = pd.Timestamp(f"2017-03-{1 + step:02}T{22 if evening else 15}:00Z").to_pydatetime()
            held = {"bread"} | ({"chips"} if rng.random() < (0.3 + strength * evening) else set())
            log.append(Basket(f"p{person}", at, None, frozenset(held)))
    return log


def test_a_real_lead_is_told_and_chance_is_not() -> None:
    real = profile_of(index_of(lean(0.3)), "chips", "daypart")
    assert [row.value for row in real.leaders] == ["evening"]
    assert real.can_tell
    none = profile_of(index_of(lean(0.0)), "chips", "daypart")
    assert not none.can_tell
    assert none.sentence({}).startswith("The data cannot tell")


def test_a_lead_that_rests_on_one_person_is_not_told() -> None:
    log = lean(0.0, people=30)
    log += [
        Basket("glutton", one.at, None, frozenset({"chips"}))
        for one in lean(0.0, people=12)
        if "evening" in one.words()
    ]
    assert not profile_of(index_of(log), "chips", "daypart").can_tell


def test_two_slices_are_compared_by_person() -> None:
    index = index_of(lean(0.3))
    found = compare(index, "chips", (), Slice(("evening",)), Slice(("morning",)))
    assert found.first == index.count("chips", (), Slice(("evening",)), outside=False)
    assert found.p < 0.01
    assert found.sentence({}).endswith("chance does not explain the difference.")
    same = compare(index, "chips", (), Slice(("evening",)), Slice(("evening",)))
    assert same.p > 0.9


def test_big_baskets_alone_make_no_link() -> None:
    """Independent within small and within big baskets, but big ones hold everything more often: Simpson's paradox."""
    rng = np.random.default_rng(1)
    log = []
    for number in range(4000):
        big = number % 2 == 0
        share = 0.6 if big else 0.05
        held = {item for item in ("chips", "dip") if rng.random() < share}
        held |= {"apple", "bread", "eggs"} if big else {"eggs"}
        log.append(Basket(f"p{number % 200}", None, None, frozenset(held)))
    found = adjusted_of(index_of(log), "chips", "dip")
    assert found.raw.value > 3
    assert 0.8 < found.by["size"].value < 1.25
    assert found.verdict == "vanishes"
    assert found.warning
    assert found.strata == ("size",)  # no basket has a time or a place
