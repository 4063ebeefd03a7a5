from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.basketindex import BasketIndex
from mining.baskets import NAT
from mining.count import Slice, as_keys
from mining.cycles import cycle_of, due
from mining.errors import UnknownKey
from mining.leading import next_before
from mining.sequence import _followers, after_any_of, lags_after, next_after
from mining.sight import NS_A_DAY
from mining.statistics import clustered_association, lift_low, within_person
from mining.trends import Periods, judge, trend_of
from tests.mining_log import ITEMS, Basket, random_log
from tests.test_mining_basketindex import SLICES, index_of, side

KEYS = (*ITEMS, "category:Fresh")
DAY = datetime(2017, 1, 2, 15, tzinfo=UTC)


def follows(log: list[Basket], one: Basket, key: str, days: int) -> list[float]:
    """Days to each strictly later basket of the same person with the key, within the window."""
    assert one.at is not None
    gaps = [
        (other.at - one.at) / timedelta(days=1)
        for other in log
        if other.person == one.person and other.at is not None and other.at > one.at and other.holds(key)
    ]
    return sorted(gap for gap in gaps if gap <= days)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 20),
    x=st.sampled_from(KEYS),
    y=st.sampled_from(KEYS),
    days=st.sampled_from([1, 7, 30, 400]),
    where=st.sampled_from(SLICES),
)
def test_next_is_the_slow_count(seed: int, x: str, y: str, days: int, where: object) -> None:
    log = random_log(seed, baskets=120)
    (found,) = next_after(index_of(log), x, days, y, where)  # type: ignore[arg-type]
    inside, _ = side(where)  # type: ignore[arg-type]
    timed = [one for one in log if one.at is not None]
    end = max(one.at for one in timed)  # type: ignore[type-var]
    slow = [one for one in timed if inside(one)]
    whole = [one for one in slow if one.at + timedelta(days=days) <= end]  # type: ignore[operator]
    with_x = [one for one in whole if one.holds(x)]
    hits = [one for one in with_x if follows(log, one, y, days)]
    with_y = [one for one in whole if one.holds(y)]
    assert found.n == len(whole)
    assert found.n_x == len(with_x)
    assert found.n_y == sum(bool(follows(log, one, y, days)) for one in whole)
    assert found.n_xy == len(hits)
    assert found.censored == sum(one.holds(x) for one in slow) - len(with_x)
    assert found.people_xy == len({one.person for one in hits})
    assert (found.reverse_n, found.reverse_n_xy) == (
        len(with_y),
        sum(bool(follows(log, one, x, days)) for one in with_y),
    )
    lags = [follows(log, one, y, days)[0] for one in hits]
    expected = np.quantile(lags, [0.25, 0.5, 0.75]) if lags else [np.nan] * 3
    assert [found.lag_low, found.lag_median, found.lag_high] == pytest.approx(list(expected), nan_ok=True)
    habit = 0.0
    for person in {one.person for one in with_x}:
        own = [one for one in whole if one.person == person]
        share = sum(bool(follows(log, one, y, days)) for one in own) / len(own)
        habit += share * sum(one.holds(x) for one in own)
    assert found.expected == pytest.approx(habit)


def occasions(index: BasketIndex, days: int) -> list[int]:
    """Baskets with a time whose window lies inside the data."""
    end = int(index.at.max())
    return [at for at, when in enumerate(index.at.tolist()) if when != NAT and when + days * NS_A_DAY <= end]


def seen_by(index: BasketIndex, one: int, rows: list[int], days: int) -> list[int]:
    """Nanoseconds to each of the rows that is the same person's strictly later basket within the days."""
    at, person = index.at, index.person
    if at[one] == NAT:
        return []
    gaps = [int(at[row] - at[one]) for row in rows if person[row] == person[one] and at[row] != NAT]
    return sorted(gap for gap in gaps if 0 < gap <= days * NS_A_DAY)


@pytest.mark.parametrize("seed", range(5))
def test_all_followers_at_once_are_those_counted_one_by_one(seed: int) -> None:
    index = index_of(random_log(seed, baskets=200))
    held = [index.rows_with(y).tolist() for y in index.items]
    whole = occasions(index, 14)
    for item in index.items:
        rows = np.intersect1d(index.rows_with(item), whole)
        slow = [sum(bool(seen_by(index, row, later, 14)) for row in rows.tolist()) for later in held]
        assert _followers(index, rows, 14)[0][:, 0].tolist() == slow


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 20), days=st.sampled_from([1, 14, 400]), key=st.sampled_from(KEYS))
def test_a_basket_sees_what_its_window_holds(seed: int, days: int, key: str) -> None:
    index = index_of(random_log(seed, baskets=150))
    sight, rows = index.sight(days), index.rows_with(key)
    seen = [seen_by(index, one, rows.tolist(), days) for one in range(len(index))]
    whole = occasions(index, days)
    assert index.layout.rows_of(sight.seeing(rows)).tolist() == [one for one, gaps in enumerate(seen) if gaps]
    assert index.layout.rows_of(sight.whole).tolist() == whole
    lags = [seen[one][0] // NS_A_DAY for one in whole if seen[one]]
    assert lags_after(index, (), key, days).tolist() == np.bincount(lags, minlength=days + 1).tolist()


def gap_to(one: Basket, other: Basket) -> list[float]:
    """Days from a basket to a strictly later one of the same person; none where it is not."""
    assert one.at is not None
    assert other.at is not None
    return (
        [(other.at - one.at) / timedelta(days=1)] if one.person == other.person and other.at > one.at else []
    )


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 20),
    x=st.sampled_from(["chips", ("chips", "dip"), ("apple", "category:Snacks")]),
    y=st.sampled_from(["eggs", "category:Fresh", ("bread", "eggs")]),
    days=st.sampled_from([3, 14, 400]),
    where=st.sampled_from(SLICES),
)
def test_windows_and_tests_of_next_are_the_slow_ones(
    seed: int, x: str | tuple[str, ...], y: str | tuple[str, ...], days: int, where: object
) -> None:
    """Bodies and heads of several keys too: one basket must hold them all."""
    log = random_log(seed, people=10, baskets=150)
    (found,) = next_after(index_of(log), x, days, y, where)  # type: ignore[arg-type]
    inside, _ = side(where)  # type: ignore[arg-type]
    both_x, both_y = as_keys(x), as_keys(y)
    timed = [one for one in log if one.at is not None]
    end = max(one.at for one in timed)  # type: ignore[type-var]
    whole = [one for one in timed if inside(one) and one.at + timedelta(days=days) <= end]  # type: ignore[operator]
    rows = []
    for one in whole:
        later = [gap for other in timed if all(map(other.holds, both_y)) for gap in gap_to(one, other)]
        rows.append(
            (one, all(map(one.holds, both_x)), bool(later) and min(later) <= days, min(later, default=0.0))
        )
    day = [one.local.toordinal() for one in timed]  # type: ignore[union-attr]
    first, span = min(day), max(day) - min(day) + 1
    latest = min(d for d in range(first, first + span) if (d - first) * 6 // span == 5)
    window = [(one.local.toordinal() - first) * 6 // span for one, *_ in rows]  # type: ignore[union-attr]
    held = told = 0
    last: bool | None = None
    for part in range(6):
        mine = [row for row, at in zip(rows, window, strict=True) if at == part]
        n_x, n_y = sum(row[1] for row in mine), sum(row[2] for row in mine)
        n_xy = sum(row[1] and row[2] for row in mine)
        tells = n_x * n_y >= len(mine) > 0
        told, held = told + tells, held + (tells and n_xy > n_x * n_y / len(mine))
        last = n_xy > n_x * n_y / len(mine) if tells else None
    early = [row for row in rows if row[0].local.toordinal() + days + 1 < latest]
    if not any(row[1] for row in early):
        early, last = rows, None
    assert (found.held, found.windows, found.held_out) == (held, told, last)
    people = sorted({one.person for one in log})

    def by_person(keep: Callable[[tuple[Basket, bool, bool, float]], bool]) -> list[int]:
        return [sum(row[0].person == person and keep(row) for row in early) for person in people]

    counts = (
        by_person(lambda row: row[1] and row[2]),
        by_person(lambda row: row[1]),
        by_person(lambda row: row[2]),
        by_person(lambda row: True),
    )
    assert found.p == pytest.approx(clustered_association(*counts)[1])
    assert found.p_habit == pytest.approx(within_person(*counts)[1])
    lags = [int(row[3]) for row in rows if row[1] and row[2]]
    told_lags = lags_after(index_of(log), x, y, days, where)  # type: ignore[arg-type]
    assert told_lags.tolist() == np.bincount(lags, minlength=days + 1).tolist()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("where", [Slice(), Slice(("weekend",)), Slice((), "east")])
def test_the_best_followers_are_the_best_of_all(seed: int, where: Slice) -> None:
    index = index_of(random_log(seed, people=12, baskets=400))
    found = next_after(index, "chips", 14, (), where, 3, min_count=2, min_people=2)
    every = [next_after(index, "chips", 14, y, where)[0] for y in index.items if y != "chips"]
    good = [
        rule for rule in every if rule.n_xy >= 2 and rule.people_xy >= 2 and rule.n_xy > rule.expected + 1e-9
    ]
    assert [rule.consequent for rule in found] == [
        rule.consequent for rule in sorted(good, key=lambda rule: -rule.score)[:3]
    ]
    assert all(
        rule.score == lift_low(rule.n_xy, rule.n_x, rule.n_y, rule.n, rule.people_xy) for rule in found
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("where", [Slice(), Slice(("weekend",)), Slice((), "east")])
@pytest.mark.parametrize("y", ["chips", ("chips", "dip")])
def test_what_leads_to_it_is_the_best_of_all(seed: int, where: Slice, y: str | tuple[str, ...]) -> None:
    index = index_of(random_log(seed, people=12, baskets=400))
    found = next_before(index, y, 14, where, 3, min_count=2, min_people=2)
    every = [next_after(index, x, 14, y, where)[0] for x in index.items if x not in as_keys(y)]
    good = [
        rule for rule in every if rule.n_xy >= 2 and rule.people_xy >= 2 and rule.n_xy > rule.expected + 1e-9
    ]
    assert found == sorted(good, key=lambda rule: -rule.score)[:3]


def test_nothing_leads_to_what_never_follows() -> None:
    index = index_of(planted(0.5))
    assert next_before(index, "apple", 10_000) == []
    with pytest.raises(UnknownKey):
        next_before(index, "cake")


@pytest.mark.parametrize("stride", [1, 3])
def test_every_nth_person_tells_of_those_persons_only(stride: int) -> None:
    index = index_of(random_log(2, people=9, baskets=300))
    whole = np.array(occasions(index, 14))
    some = whole[index.person[whole] % stride == 0]
    found, looked = _followers(index, whole, 14, stride)
    assert looked == len(some)
    for at, item in enumerate(index.items):
        later = index.rows_with(item).tolist()
        hit = [one for one in some.tolist() if seen_by(index, one, later, 14)]
        assert found[at, 0] == len(hit)
        assert found[at, 1] == len(set(index.person[hit].tolist()))
    if stride == 1:
        assert found[:, 0].tolist() == after_any_of(index, 14).tolist()


def planted(strength: float) -> list[Basket]:
    """After cake mix ("apple") frosting ("dip") follows in three days, as often as `strength` says; bread is noise."""
    rng = np.random.default_rng(4)
    log = []
    for person in range(80):
        for step in range(12):
            at = DAY + timedelta(days=10 * step)
            mixed = rng.random() < 0.4
            held = {"bread"} | ({"apple"} if mixed else set())
            log.append(Basket(f"p{person}", at, None, frozenset(held)))
            later = rng.random() < (0.2 + strength * mixed)
            log.append(
                Basket(
                    f"p{person}",
                    at + timedelta(days=3),
                    None,
                    frozenset({"eggs"} | ({"dip"} if later else set())),
                )
            )
    return log


def test_what_really_follows_is_found_with_its_lag() -> None:
    (first, *_) = next_after(index_of(planted(0.5)), "apple", 5)
    assert first.consequent == ("dip",)
    assert first.lag_median == 3
    assert first.gain > 1.5
    assert first.p_habit < 1e-6
    assert "usually 3 days later" in first.sentence({"apple": "Cake mix", "dip": "Frosting"})


def test_what_does_not_follow_is_told_as_habit() -> None:
    (rule,) = next_after(index_of(planted(0.0)), "apple", 12, "dip")
    assert rule.p_habit > 0.05
    assert rule.gain == pytest.approx(1, abs=0.15)


def test_a_window_past_the_end_of_the_data_leaves_nothing_to_say() -> None:
    index = index_of(planted(0.5))
    assert next_after(index, "apple", 10_000) == []
    (rule,) = next_after(index, "apple", 10_000, "dip")
    assert (rule.n, rule.n_x) == (0, 0)
    assert rule.censored == index.count("apple").n_x
    assert rule.sentence({}).startswith("The data cannot tell what follows apple")
    with pytest.raises(UnknownKey):
        next_after(index, "cake")


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 30), key=st.sampled_from(KEYS))
def test_a_cycle_is_the_slow_one(seed: int, key: str) -> None:
    log = random_log(seed, people=6, baskets=150)
    days: dict[str, set[int]] = {}
    for one in log:
        if one.local is not None and one.holds(key):
            days.setdefault(one.person, set()).add(one.local.date().toordinal())
    gaps = {person: np.diff(sorted(seen)) for person, seen in days.items() if len(seen) >= 3}
    found = cycle_of(index_of(log), key, min_people=1)
    if not gaps:
        assert found is None
        return
    assert found is not None
    medians = [float(np.median(own)) for own in gaps.values()]
    assert found.median == pytest.approx(np.median(medians))
    assert [found.low, found.high] == pytest.approx(list(np.quantile(medians, [0.25, 0.75])))
    assert found.median_gap == np.median(np.concatenate(list(gaps.values())))
    assert (found.people, found.gaps, found.people_any) == (
        len(gaps),
        sum(map(len, gaps.values())),
        len(days),
    )
    near = [abs(gap - np.median(own)) <= np.median(own) / 2 for own in gaps.values() for gap in own]
    assert found.regular == pytest.approx(np.mean(near))


def weekly(person: str, every: int, times: int) -> list[Basket]:
    return [
        Basket(person, DAY + timedelta(days=every * step), None, frozenset({"eggs"})) for step in range(times)
    ]


def test_two_baskets_on_a_day_are_one_and_two_days_are_no_cycle() -> None:
    twice = [
        *weekly("p0", 7, 4),
        *(Basket("p0", one.at + timedelta(hours=2), None, one.items) for one in weekly("p0", 7, 4)),
    ]  # type: ignore[operator]
    found = cycle_of(index_of([*twice, *weekly("p1", 5, 2)]), "eggs", min_people=1)
    assert found is not None
    assert (found.median, found.people, found.people_any, found.gaps) == (7, 1, 2, 3)
    assert cycle_of(index_of(twice), "eggs", min_people=2) is None


def test_who_is_due_is_counted_and_one_person_can_ask() -> None:
    log = [
        *weekly("soon", 7, 10),
        *weekly("late", 7, 9),
        *weekly("gone", 7, 3),
        *weekly("far", 40, 3),
        *weekly("once", 7, 1),
    ]
    at = DAY + timedelta(
        days=67
    )  # "soon" came on day 63, "late" on day 56, "gone" on day 14, "far" on days 0, 40 and 80
    found = due(index_of(log), at, "eggs", within_days=7, person="soon")
    assert (found.people, found.due, found.overdue, found.lapsed, found.later) == (3, 1, 1, 1, 0)
    assert found.expected == (DAY + timedelta(days=70)).date()
    assert (found.own_gap, found.last) == (7, (DAY + timedelta(days=63)).date())
    assert due(index_of(log), at, "eggs", person="once").expected is None
    later = due(index_of(log), DAY + timedelta(days=81), "eggs")
    assert later.later == 1


def daily(share: list[float], *, per_day: int = 20, start: datetime = DAY) -> list[Basket]:
    """Baskets with eggs as often as each month's share says."""
    rng = np.random.default_rng(1)
    log = []
    for day in range(30 * len(share)):
        for number in range(per_day):
            held = {"bread"} | ({"eggs"} if rng.random() < share[day // 30] else set())
            log.append(
                Basket(f"p{number}", start + timedelta(days=day, minutes=number), None, frozenset(held))
            )
    return log


@pytest.mark.parametrize(
    ("share", "direction"),
    [
        ([0.2] * 12, "steady"),
        ([0.1 + 0.02 * month for month in range(12)], "rising"),
        ([0.4 - 0.03 * month for month in range(12)], "fading"),
        ([0.1, 0.1, 0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], "peak"),
        ([0.2, 0.2], "steady"),
    ],
)
def test_trends_are_named_for_what_was_planted(share: list[float], direction: str) -> None:
    found = trend_of(index_of(daily(share)), "eggs")
    assert found.direction == direction
    assert sum(found.n) == 20 * 30 * len(share)
    assert found.unit == ("month" if len(share) > 3 else "week")


def test_chance_alone_is_seldom_called_a_trend() -> None:
    periods = Periods.of(np.repeat(np.arange(17_167, 17_167 + 365), 20).astype(np.int32))
    held = np.random.default_rng(0).random((365 * 20, 400)) < 0.2
    cells = np.zeros((len(periods.n_cell), 400), dtype=np.int64)
    np.add.at(cells, periods.cell, held)
    assert (judge(periods, cells).p < 0.05).mean() < 0.05


def test_a_trend_counts_every_month() -> None:
    log = random_log(3, baskets=300)
    found = trend_of(index_of(log), "chips")
    for label, n, n_x in zip(found.labels, found.n, found.n_x, strict=True):
        month = [one for one in log if one.local is not None and one.local.strftime("%Y-%m") == label]
        assert (n, n_x) == (len(month), sum(one.holds("chips") for one in month))


def test_only_a_second_year_makes_a_season() -> None:
    year = [0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 0.4, 0.2, 0.1, 0.1, 0.1, 0.1]
    start = datetime(2016, 1, 1, 15, tzinfo=UTC)
    assert trend_of(index_of(daily(year, start=start)), "eggs").direction == "peak"
    assert (
        trend_of(index_of(daily([*year, *year, 0.1], per_day=10, start=start)), "eggs").direction == "season"
    )


def test_noise_between_weeks_is_no_trend() -> None:
    """Promotions in some weeks: far beyond binomial, but no month differs from another by plan."""
    rng = np.random.default_rng(0)
    told = 0
    for _ in range(40):
        log = []
        for week in range(40):
            promoted = 0.5 if rng.random() < 0.25 else 0.1
            for number in range(40):
                at = DAY + timedelta(weeks=week, hours=int(rng.integers(100)))
                held = {"bread"} | ({"eggs"} if rng.random() < promoted else set())
                log.append(Basket(f"p{number}", at, None, frozenset(held)))
        told += trend_of(index_of(log), "eggs").direction != "steady"
    assert told <= 6  # 5 % of 40, with room


def test_days_before_1970_are_days_like_any_other() -> None:
    old = [
        Basket("p", datetime(1969, 12, 20, 15, tzinfo=UTC) + timedelta(days=7 * n), None, frozenset({"eggs"}))
        for n in range(40)
    ]
    found = cycle_of(index_of(old), "eggs", min_people=1)
    assert found is not None
    assert (found.median, found.gaps) == (7, 39)
    trend = trend_of(index_of(old), "eggs")
    assert trend.labels[0] == "1969-12"
    assert sum(trend.n) == 40
