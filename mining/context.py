"""From an instant to context words in local time, and from people's words for a time to context words.

Knows calendars, zones and words in English and Chinese. It refuses to know baskets, rules or counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from mining import columns as col
from mining.config import DAYPARTS, MiningConfig, hours_of
from mining.errors import UnknownWord, closest

if TYPE_CHECKING:
    import pandas as pd

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
SEASONS: Final = ("winter", "spring", "summer", "autumn")
WEEKEND: Final = ("weekday", "weekend")
DAYPART_WORDS: Final = tuple(DAYPARTS)

CHINESE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "morning": "早上",
        "afternoon": "下午",
        "evening": "晚上",
        "night": "夜里",
        "monday": "星期一",
        "tuesday": "星期二",
        "wednesday": "星期三",
        "thursday": "星期四",
        "friday": "星期五",
        "saturday": "星期六",
        "sunday": "星期日",
        "weekday": "工作日",
        "weekend": "周末",
        "january": "一月",
        "february": "二月",
        "march": "三月",
        "april": "四月",
        "may": "五月",
        "june": "六月",
        "july": "七月",
        "august": "八月",
        "september": "九月",
        "october": "十月",
        "november": "十一月",
        "december": "十二月",
        "winter": "冬季",
        "spring": "春季",
        "summer": "夏季",
        "autumn": "秋季",
    }
)

_SYNONYMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fall": "autumn",
        "nighttime": "night",
        "lunchtime": "afternoon",
        "noon": "afternoon",
        "mon": "monday",
        "tue": "tuesday",
        "tues": "tuesday",
        "wed": "wednesday",
        "thu": "thursday",
        "thur": "thursday",
        "thurs": "thursday",
        "fri": "friday",
        "sat": "saturday",
        "sun": "sunday",
        "jan": "january",
        "feb": "february",
        "mar": "march",
        "apr": "april",
        "jun": "june",
        "jul": "july",
        "aug": "august",
        "sep": "september",
        "sept": "september",
        "oct": "october",
        "nov": "november",
        "dec": "december",
        "workday": "weekday",
        "清晨": "morning",
        "早晨": "morning",
        "上午": "morning",
        "中午": "afternoon",
        "傍晚": "evening",
        "晚间": "evening",
        "深夜": "night",
        "夜晚": "night",
        "夜间": "night",
        "平日": "weekday",
        "星期天": "sunday",
        "周日": "sunday",
        "周天": "sunday",
        "礼拜天": "sunday",
        "礼拜日": "sunday",
        "春天": "spring",
        "夏天": "summer",
        "秋天": "autumn",
        "冬天": "winter",
        **{
            f"{week}{digit}": day
            for week in ("周", "礼拜")
            for digit, day in zip("一二三四五六", WEEKDAYS[:6], strict=True)
        },
        **{f"{number}月": month for number, month in enumerate(MONTHS, 1)},
    }
)
_RELATIVE: Final = (
    "now", "today", "tonight", "tomorrow", "yesterday", "this month", "this season", "this",
    "现在", "今天", "今晚", "明天", "昨天", "本月", "这个月", "本季", "这个",
)  # fmt: skip
_FILLERS: Final = frozenset(
    {"on", "in", "at", "the", "of", "a", "an", "and", "during", "every", "each", "的", "在"}
)


@dataclass(frozen=True, slots=False)
class Calendar:
    """How instants become words in one catalogue."""

    zone: str = "UTC"
    """IANA name of the local time where no zone is given."""
    hemisphere: str = "north"
    """"north": December to February is winter; "south": it is summer."""
    day_start: int = 0
    """Local hour at which a new calendar day begins."""
    dayparts: Mapping[str, tuple[int, int]] = field(default_factory=lambda: dict(DAYPARTS))
    """Name -> (first hour, hour after the last)."""

    @classmethod
    def of(cls, config: MiningConfig) -> Calendar:
        """Return the calendar that a configuration describes."""
        return cls(config.zone, config.hemisphere, config.day_start, dict(config.dayparts))

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The words of each context column; a code is a position in its tuple."""
        return {
            col.WEEKDAY: WEEKDAYS,
            col.WEEKEND: WEEKEND,
            col.DAYPART: tuple(self.dayparts),
            col.MONTH: MONTHS,
            col.SEASON: SEASONS,
        }

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All context words of this calendar, in the order in which they are said."""
        return tuple(word for group in self.groups.values() for word in group)

    @cached_property
    def group_of(self) -> dict[str, str]:
        """The context column that each word belongs to."""
        return {word: name for name, group in self.groups.items() for word in group}

    @cached_property
    def daypart_of_hour(self) -> tuple[int, ...]:
        """The daypart code of each of the 24 clock hours, -1 where no daypart holds the hour."""
        codes = [col.MISSING] * 24
        for code, hours in enumerate(self.dayparts.values()):
            for hour in hours_of(hours):
                codes[hour] = code
        return tuple(codes)

    @cached_property
    def season_of_month(self) -> tuple[int, ...]:
        """The season code of January to December: whole months, December to February winter in the north."""
        shift = 0 if self.hemisphere == "north" else 2
        return tuple(((month % 12) // 3 + shift) % 4 for month in range(1, 13))

    def check(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words in calendar order, each once.

        Raises:
            UnknownWord: a word is none of this calendar's, or two words of one group contradict each other.
        """
        seen: dict[str, str] = {}
        for word in words:
            group = self.group_of.get(word)
            if group is None:
                raise UnknownWord(
                    f"{word!r} is no word for a time{closest(word, self.words)}; choose from {', '.join(self.words)}"
                )
            if seen.setdefault(group, word) != word:
                raise UnknownWord(f"{seen[group]!r} and {word!r} cannot hold together; ask for one of them")
        return tuple(seen[group] for group in self.groups if group in seen)


def context_words(at: pd.Series, calendar: Calendar, zones: pd.Series | None = None) -> pd.DataFrame:
    """Return the context codes of instants, in local time.

    Args:
        at: UTC-aware instants (naive ones mean UTC); NaT where unknown.
        calendar: Gives zone, dayparts, seasons and the border of the day.
        zones: IANA name for each instant, aligned with `at`; missing ones take the calendar's.

    Returns:
        A frame on the index of `at`: hour, daypart, weekday, weekend, month, season as int8 codes (positions in
        `calendar.groups`; month 0 is January; -1 where the time is unknown) and day as int32.
    """
    import numpy as np
    import pandas as pd

    local = _local(at, calendar.zone, zones)
    known = local.notna().to_numpy()
    date = (local - pd.Timedelta(hours=calendar.day_start)).dt.normalize()
    hour = local.dt.hour.to_numpy()[known].astype(np.int64)
    weekday = date.dt.day_of_week.to_numpy()[known].astype(np.int64)
    month = date.dt.month.to_numpy()[known].astype(np.int64) - 1
    filled = {
        col.HOUR: hour,
        col.DAYPART: np.asarray(calendar.daypart_of_hour)[hour],
        col.WEEKDAY: weekday,
        col.WEEKEND: (weekday >= 5).astype(np.int64),
        col.MONTH: month,
        col.SEASON: np.asarray(calendar.season_of_month)[month],
    }
    codes = {}
    for name, values in filled.items():
        column = np.full(len(at), col.MISSING, dtype=np.int8)
        column[known] = values
        codes[name] = column
    day = np.full(len(at), col.NO_DAY, dtype=np.int32)
    day[known] = date.to_numpy()[known].astype("datetime64[D]").astype(np.int64)
    return pd.DataFrame({**codes, col.DAY: day}, index=at.index)


def _local(at: pd.Series, zone: str, zones: pd.Series | None) -> pd.Series:
    """Return naive local wall times."""
    import pandas as pd

    utc = pd.to_datetime(at, utc=True)
    if zones is None:
        return utc.dt.tz_convert(zone).dt.tz_localize(None)
    names = zones.astype(object).where(zones.notna(), zone)
    parts = [utc[names == name].dt.tz_convert(str(name)).dt.tz_localize(None) for name in pd.unique(names)]
    return pd.concat(parts).reindex(at.index) if parts else utc.dt.tz_localize(None)


def words_at(at: datetime, calendar: Calendar, zone: str | None = None) -> tuple[str, ...]:
    """Return every context word that is true at an instant (a naive one means UTC), in calendar order."""
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    local = aware.astimezone(ZoneInfo(zone or calendar.zone)).replace(tzinfo=None)
    date = local - timedelta(hours=calendar.day_start)
    daypart = calendar.daypart_of_hour[local.hour]
    return (
        WEEKDAYS[date.weekday()],
        WEEKEND[date.weekday() >= 5],
        *((tuple(calendar.dayparts)[daypart],) if daypart != col.MISSING else ()),
        MONTHS[date.month - 1],
        SEASONS[calendar.season_of_month[date.month - 1]],
    )


def parse_when(text: str, calendar: Calendar, now: datetime, zone: str | None = None) -> tuple[str, ...]:
    """Return the context words that a person's words or an ISO instant mean.

    "now", "today", "tonight", "this weekend" and "tomorrow" are read at `now`; the empty text means any time.

    Raises:
        UnknownWord: a word is no word for a time (the message names the choices), or words contradict each other.
    """
    instant = _instant(text)
    if instant is not None:
        return words_at(instant, calendar, zone)
    words: list[str] = []
    tokens = _tokens(text, calendar)
    for position, token in enumerate(tokens):
        if token in _FILLERS:
            continue
        following = tokens[position + 1] if position + 1 < len(tokens) else ""
        words += _meaning(token, following, calendar, now, zone)
    return calendar.check(tuple(words))


def _instant(text: str) -> datetime | None:
    if not re.match(r"\s*\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UnknownWord(f"{text!r} is no ISO instant; write it as 2017-06-02T19:30") from error


def _tokens(text: str, calendar: Calendar) -> list[str]:
    """Split into lower-case words; Chinese words are found by longest match, as they have no spaces."""
    vocabulary = sorted((*CHINESE.values(), *_SYNONYMS, *_RELATIVE, *_FILLERS), key=len, reverse=True)
    whole = [re.escape(word) for word in vocabulary if not word.isascii() or " " in word]
    own = [re.escape(word) for word in calendar.dayparts if not word.isalpha()]
    return re.findall("|".join([*own, *whole, r"[a-z']+", r"[^\s,.;!?，。、]+"]), text.lower())


def _meaning(
    token: str, following: str, calendar: Calendar, now: datetime, zone: str | None
) -> tuple[str, ...]:
    if token in ("now", "现在"):
        return words_at(now, calendar, zone)
    shift = {"today": 0, "今天": 0, "tomorrow": 1, "明天": 1, "yesterday": -1, "昨天": -1}.get(token)
    if shift is not None:
        return (_weekday(now, shift, calendar, zone),)
    if token in ("tonight", "今晚"):
        return ("evening" if "evening" in calendar.dayparts else "night", _weekday(now, 0, calendar, zone))
    group = {"this month": col.MONTH, "本月": col.MONTH, "这个月": col.MONTH, "本季": col.SEASON}.get(token)
    if token == "this season" or group is not None:
        words = calendar.groups[group or col.SEASON]
        return tuple(word for word in words_at(now, calendar, zone) if word in words)
    if token in (
        "this",
        "这个",
    ):  # "this morning" is today's; "this weekend" and "this summer" say enough alone
        return (_weekday(now, 0, calendar, zone),) if _word(following, calendar) in calendar.dayparts else ()
    return (_word(token, calendar),)


def _weekday(now: datetime, shift: int, calendar: Calendar, zone: str | None) -> str:
    return next(w for w in words_at(now + timedelta(days=shift), calendar, zone) if w in WEEKDAYS)


def _word(token: str, calendar: Calendar) -> str:
    plain = token.removesuffix("'s").removesuffix("s'")
    for candidate in (plain, plain.removesuffix("s")):
        word = _SYNONYMS.get(candidate, _FROM_CHINESE.get(candidate, candidate))
        if word in calendar.group_of:
            return word
    return token


_FROM_CHINESE: Final = {chinese: word for word, chinese in CHINESE.items()}
