"""Numbers, names, times and places as words, in English and Chinese.

Knows phrases. It refuses to know rules; `mining.wording` puts phrases together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from mining import columns as col
from mining.config import DAYPARTS
from mining.context import CHINESE, MONTHS, SEASONS, WEEKDAYS
from mining.count import Slice


def whole(value: float) -> str:
    """Return a count with thousands separated: 1,204."""
    return f"{round(value):,}"


def percent(share: float) -> str:
    """Return a share with two digits that matter: 26 %, 1.8 %, 0.042 %."""
    value = share * 100
    if value == 0 or value >= 9.95:
        return f"{value:.0f} %"
    digits = 1
    while round(value, digits) < 10 ** (1 - digits) and digits < 6:
        digits += 1
    return f"{value:.{digits}f} %"


def number(value: float) -> str:
    """Return days or a ratio with at most one decimal: 24, 10.5."""
    return f"{value:,.1f}".removesuffix(".0")


def ratio_said(value: float) -> str:
    """Return a ratio with two digits that matter: 12, 2.1, 0.93."""
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.2f}" if value < 0.995 else f"{value:.1f}"


def name_of(key: str, names: Mapping[str, str]) -> str:
    """Return what people call a key; a category says its name."""
    return names.get(key, key.removeprefix(col.CATEGORY_PREFIX))


def listed(keys: Sequence[str], names: Mapping[str, str], lang: str) -> str:
    """Return several keys as a list in words."""
    said = [name_of(key, names) for key in keys]
    if lang == "zh":
        return "、".join(said)
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def when(context: Sequence[str], lang: str) -> str:
    """Return context words as a phrase: "on Friday evenings in March"; "" for none."""
    if lang == "zh":
        return "".join(CHINESE.get(word, word) for word in _ordered(context, months_first=True))
    day = next((word for word in context if word in (*WEEKDAYS, "weekday", "weekend")), "")
    period = [word for word in context if word in (*MONTHS, *SEASONS)]
    part = next((word for word in context if word != day and word not in period), "")
    said: list[str] = []
    day = day.capitalize() if day in WEEKDAYS else day
    if day and part:
        said.append(f"on {day} {part}s")
    elif day:
        said.append(f"on {day}s")
    elif part:
        said.append(_daypart(part))
    said += [f"in {word.capitalize() if word in MONTHS else word}" for word in period]
    return " ".join(said)


def _daypart(part: str) -> str:
    if part == "night":
        return "at night"
    return f"in the {part}" if part in DAYPARTS else f"at {part}"


def _ordered(context: Sequence[str], *, months_first: bool) -> list[str]:
    periods = [word for word in context if word in (*MONTHS, *SEASONS)]
    rest = [word for word in context if word not in periods]
    return [*periods, *rest] if months_first else [*rest, *periods]


def where_said(where: Slice, names: Mapping[str, str], lang: str) -> str:
    """Return a slice as a phrase: "on Friday evenings at Store 367"; "" for everything."""
    parts = [when(where.context, lang)]
    if where.place is not None:
        joined = " or ".join(names.get(place, place) for place in where.places)
        near = "at" if any(letter.isdigit() for letter in joined) else "in"  # at Store 367, in California
        parts.append(f"在{joined.replace(' or ', '或')}" if lang == "zh" else f"{near} {joined}")
    if where.people is not None:
        parts.append("这些人中" if lang == "zh" else "among these people")
    return ("" if lang == "zh" else " ").join(part for part in parts if part)


def window_said(label: str, lang: str) -> str:
    """Return a month or week label in words: "March 2017", "the week of 6 March 2017"."""
    year, month, *day = label.split("-")
    if lang == "zh":
        return f"{year}年{int(month)}月" + (f"{int(day[0])}日那一周" if day else "")
    month_name = MONTHS[int(month) - 1].capitalize()
    return f"the week of {int(day[0])} {month_name} {year}" if day else f"{month_name} {year}"


def value_said(by: str, value: str, names: Mapping[str, str], lang: str) -> str:
    """Return one value of a profile as a phrase: "in the evening", "at 17:00", "on Fridays", "at Store 367"."""
    if by in ("place", "region"):
        return where_said(Slice(place=value), names, lang)
    if by == "hour":
        return f"{value}点" if lang == "zh" else f"at {value}:00"
    return when((value,), lang)


def opened(phrase: str) -> str:
    """Return a phrase as the beginning of a sentence."""
    return phrase[:1].upper() + phrase[1:]


def day_said(day: date, lang: str) -> str:
    """Return a day in words: 6 March 2017."""
    if lang == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1].capitalize()} {day.year}"
