from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mining.config import MiningConfig
from mining.context import CHINESE, Calendar, context_words, parse_when, words_at

NEW_YORK = Calendar("America/New_York")
NOW = datetime(2017, 6, 3, 1, 30, tzinfo=UTC)  # Friday 2 June, 21:30 in New York


def codes(text: str, calendar: Calendar = NEW_YORK) -> dict[str, object]:
    row = context_words(pd.Series([pd.Timestamp(text)]), calendar).iloc[0]
    named = {name: group[row[name]] for name, group in calendar.groups.items()}
    return named | {"hour": int(row["hour"]), "day": str(np.datetime64(int(row["day"]), "D"))}


@pytest.mark.parametrize(
    ("instant", "hour", "daypart", "weekday"),
    [
        ("2017-01-06T23:30Z", 18, "evening", "friday"),
        ("2017-01-07T03:00Z", 22, "night", "friday"),
        ("2017-01-07T09:59Z", 4, "night", "saturday"),
        ("2017-01-07T10:00Z", 5, "morning", "saturday"),
        ("2017-01-07T16:00Z", 11, "afternoon", "saturday"),
        # the clocks go forward at 02:00 on 12 March 2017, and back on 5 November
        ("2017-03-12T06:59Z", 1, "night", "sunday"),
        ("2017-03-12T07:00Z", 3, "night", "sunday"),
        ("2017-11-05T05:30Z", 1, "night", "sunday"),
        ("2017-11-05T06:30Z", 1, "night", "sunday"),
        ("2017-07-07T21:00Z", 17, "evening", "friday"),
    ],
)
def test_local_time_decides(instant: str, hour: int, daypart: str, weekday: str) -> None:
    found = codes(instant)
    assert (found["hour"], found["daypart"], found["weekday"]) == (hour, daypart, weekday)


def test_a_late_day_start_lets_friday_night_run_on() -> None:
    late = Calendar("America/New_York", day_start=5)
    assert codes("2017-01-07T08:00Z")["weekday"] == "saturday"
    assert codes("2017-01-07T08:00Z", late)["weekday"] == "friday"
    assert codes("2017-01-07T08:00Z", late)["daypart"] == "night"
    assert codes("2017-02-01T08:00Z", late)["month"] == "january"


def test_seasons_are_whole_months_and_turn_round_in_the_south() -> None:
    north, south = Calendar(), Calendar(hemisphere="south")
    assert [codes(f"2017-{month:02}-15", north)["season"] for month in (12, 2, 3, 6, 9, 11)] == [
        "winter", "winter", "spring", "summer", "autumn", "autumn",
    ]  # fmt: skip
    assert [codes(f"2017-{month:02}-15", south)["season"] for month in (12, 3, 6, 9)] == [
        "summer", "autumn", "winter", "spring",
    ]  # fmt: skip


def test_a_place_has_its_own_zone_and_a_missing_time_stays_missing() -> None:
    at = pd.Series(pd.to_datetime(["2017-01-07T03:00Z", "2017-01-07T03:00Z", None], utc=True))
    found = context_words(at, NEW_YORK, pd.Series(["America/Los_Angeles", None, "America/Los_Angeles"]))
    assert found["hour"].tolist() == [19, 22, -1]
    assert (found.loc[2, ["daypart", "weekday", "weekend", "month", "season"]] == -1).all()


@given(st.integers(631_152_000, 1_893_456_000))
def test_one_instant_and_many_agree(second: int) -> None:
    aware = datetime.fromtimestamp(second, UTC)
    row = context_words(pd.Series([pd.Timestamp(aware)]), NEW_YORK).iloc[0]
    assert words_at(aware, NEW_YORK) == tuple(group[row[name]] for name, group in NEW_YORK.groups.items())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("friday evening", ("friday", "evening")),
        ("on Friday evenings", ("friday", "evening")),
        ("Sundays in Winter", ("sunday", "winter")),
        ("wed", ("wednesday",)),
        ("fall", ("autumn",)),
        ("tonight", ("friday", "evening")),
        ("tomorrow morning", ("saturday", "morning")),
        ("this weekend", ("weekend",)),
        ("this morning", ("friday", "morning")),
        ("this month", ("june",)),
        ("now", ("friday", "weekday", "evening", "june", "summer")),
        ("2017-12-24T19:30", ("sunday", "weekend", "afternoon", "december", "winter")),
        ("星期五晚上", ("friday", "evening")),
        ("周末的早上", ("weekend", "morning")),
        ("12月", ("december",)),
        ("今晚", ("friday", "evening")),
        ("", ()),
    ],
)
def test_words_for_a_time(text: str, words: tuple[str, ...]) -> None:
    assert parse_when(text, NEW_YORK, NOW) == words


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("frday", "did you mean 'friday'"),
        ("friday sunday", "cannot hold together"),
        ("2017-99-01", "no ISO instant"),
        ("blursday", "choose from monday"),
    ],
)
def test_what_is_no_time_is_refused_with_the_choices(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_when(text, NEW_YORK, NOW)


def test_every_word_can_be_said_and_read_in_chinese() -> None:
    assert set(CHINESE) == set(NEW_YORK.words)
    assert [parse_when(CHINESE[word], NEW_YORK, NOW) for word in NEW_YORK.words] == [
        (w,) for w in NEW_YORK.words
    ]


def test_an_owner_names_dayparts() -> None:
    config = MiningConfig(dayparts={"lunch": (11, 14), "late": (20, 2)})
    calendar = Calendar.of(config)
    assert [codes(f"2017-01-07T{hour:02}:00Z", calendar)["daypart"] for hour in (11, 13, 21, 1)] == [
        "lunch", "lunch", "late", "late",
    ]  # fmt: skip
    assert context_words(pd.Series([pd.Timestamp("2017-01-07T15:00Z")]), calendar)["daypart"].tolist() == [-1]
    assert parse_when("lunch", calendar, NOW) == ("lunch",)
    with pytest.raises(ValueError, match="both hold hour 13"):
        MiningConfig(dayparts={"lunch": (11, 14), "tea": (13, 16)})
