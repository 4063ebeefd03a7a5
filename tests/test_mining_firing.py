"""What wide rules may say beside a narrow one, on paper."""

from __future__ import annotations

from mining import MiningConfig
from mining.context import Calendar
from mining.count import Count, Slice
from mining.firing import fired_counts
from mining.rule import Rule

CALENDAR = Calendar.of(MiningConfig())


def rule(
    context: tuple[str, ...], place: str | None, n: int, n_x: int, n_y: int, n_xy: int, y: str = "y"
) -> Rule:
    where = Slice(context, place)
    count = Count(("x",), (y,), n, n_x, n_y, n_xy, 9, 9, 9, 9, where)
    kind = "context" if context or place else "together"
    return Rule(kind, ("x",), (y,), count)


def test_wide_rules_count_only_what_the_narrow_one_leaves() -> None:
    everywhere = rule((), None, 1000, 100, 120, 40)
    weekend = rule(("weekend",), None, 300, 40, 60, 35)
    region = rule((), "north", 250, 30, 50, 33)
    narrow = rule(("weekend", "night"), "north", 50, 32, 34, 30)
    day = rule(("weekend",), "north", 80, 35, 38, 31)
    got = fired_counts([everywhere, weekend, region, narrow, day], CALENDAR)
    assert got == {
        weekend.id: None,
        region.id: None,
        everywhere.id: (950, 68, 86, 10),
        day.id: (30, 3, 4, 1),
    }


def test_a_sunday_lies_in_the_weekend_and_june_in_summer() -> None:
    sunday = rule(("sunday",), "north", 20, 10, 10, 9)
    for context in (("weekend",),):
        wide = rule(context, "north", 50, 20, 20, 10)
        assert fired_counts([sunday, wide], CALENDAR) == {wide.id: (30, 10, 10, 1)}
    june, summer = rule(("june",), "north", 20, 10, 10, 9), rule(("summer",), "north", 50, 20, 20, 10)
    assert fired_counts([june, summer], CALENDAR) == {summer.id: (30, 10, 10, 1)}
    monday = rule(("monday",), "north", 20, 10, 10, 9)
    assert fired_counts([monday, rule(("weekend",), "north", 50, 20, 20, 10)], CALENDAR) == {}


def test_pairs_without_a_rule_of_time_and_place_are_left_alone() -> None:
    other = rule((), None, 1000, 100, 120, 40, y="z")
    assert fired_counts([other, rule(("weekend",), None, 300, 40, 60, 35, y="z")], CALENDAR) == {}
    narrow = rule(("weekend",), "north", 50, 32, 34, 30)
    assert fired_counts([other, narrow, rule(("weekend",), "south", 50, 32, 34, 30)], CALENDAR) == {}
