"""Words for a time, in English and Chinese, as context words that `when` takes.

Knows which phrases name a daypart, weekday, month or season. It refuses to know clocks and zones: "tonight" and
"now" stay words, and whoever holds the request's instant reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
SEASONS: Final = ("winter", "spring", "summer", "autumn")
DAYPARTS: Final = ("morning", "afternoon", "evening", "night")
RELATIVE: Final = ("now", "today", "tonight", "tomorrow")
GROUPS: Final[dict[str, str]] = {
    **dict.fromkeys(DAYPARTS, "daypart"),
    **dict.fromkeys((*WEEKDAYS, "weekday", "weekend"), "day"),
    **dict.fromkeys(MONTHS, "month"),
    **dict.fromkeys(SEASONS, "season"),
    **dict.fromkeys(RELATIVE, "now"),
}
"""Context word -> the unit of time that it sets; two words of one unit contradict each other."""

_PLAIN: Final[dict[str, str]] = {
    **{f"{day}s?": day for day in WEEKDAYS},
    "(?<!x )(?<!× )(?<!by )(?<!per )(?<!hour and )weekdays?|week ?days|workdays?|working days?|working week|(?:during|in) the week(?! (?:that|which|after|follow|before|of)| \\w+ing)": "weekday",
    "weekends?|week-?ends?|saturdays?[ -](?:and|or|&)[ -]sundays?": "weekend",
    **{f"{part}s?": part for part in ("afternoon", "evening", "night")},
    "mornings?|(?:at|for|around|over) breakfast|breakfast ?time": "morning",
    "lunch ?time|(?:at|for|around|over) lunch|midday|at noon|around noon": "afternoon",
    "(?:at|for|around|after) (?:dinner|supper)|dinner ?time|supper ?time|after work": "evening",
    "nites?|late (?:at )?ni(?:ght|te)|late-night|midnight|night ?time|in the small hours|before bed|bed ?time": "night",
    **{f"{month}": month for month in MONTHS if month not in ("march", "may", "august")},
    "(?:in|during|since|every|each|of|this|last|next|for|by|until|from|to|than|versus|vs|against|between|and|or|before|after|compared (?:with|to)|with|through|thru|till|early|late|mid) march": "march",
    "(?:in|during|every|each|of|this|last|next|by|until|than|versus|vs|against|between|through|thru|till|early|late|mid) may|from may|compared (?:to|with) may|with may": "may",
    "august": "august",
    "winter(?:s|time)?": "winter",
    "summer(?:s|time)?": "summer",
    "(?:in|during|every|each|this|last|next|the|of|for|from|to|than|versus|vs|against|between)(?: the)? spring(?! (?:water|rolls?|onions?|greens?|lamb|mix|clean))|springtime": "spring",
    "autumns?|(?:in|during|every|each|this|last|next|from|than|versus|against|between)(?: the)? fall": "autumn",
    "christmas ?(?:time|season|eve|day)?|x-?mas": "december",
    "halloween": "october",
    "thanksgiving": "november",
    "valentine'?s(?: day)?": "february",
    "ton(?:ight|ite)|2ni(?:ght|te)|this evening": "tonight",
    "right now|(?<!until )(?<!by )(?<!from )now(?! and (?:then|again))(?! that)(?! (?:do|for|with|without|only|and) )(?! (?:just |please |then,? )*(?:recommend|suggest|show|tell|find|give|pick|what|which|how|why|when|where|i )\b)|at the moment|currently|at this (?:hour|time)": "now",
    "today": "today",
    "tomorrow": "tomorrow",
}
_ABBREVIATED: Final[dict[str, str]] = {
    "mon": "monday", "tues?": "tuesday", "weds?": "wednesday", "thu(?:rs?)?": "thursday", "fri": "friday",
    "sat": "saturday", "sun": "sunday",
}  # fmt: skip
_MONTH_ABBREVIATED: Final[dict[str, str]] = {
    "jan": "january", "feb": "february", "mar": "march", "apr": "april", "jun": "june", "jul": "july",
    "aug": "august", "sept?": "september", "oct": "october", "nov": "november", "dec": "december",
}  # fmt: skip
_CHINESE: Final[dict[str, str]] = {
    "今天晚上|今晚": "tonight", "明天": "tomorrow", "今天": "today", "现在|目前|此刻": "now",
    "早上|早晨|上午|清晨": "morning", "下午|午后|中午": "afternoon", "晚上|傍晚|晚间": "evening",
    "深夜|半夜|夜里|夜晚|凌晨": "night", "这?周末": "weekend", "工作日|平日|平时": "weekday",
    **{
        f"(?:星期|周|礼拜){digit}": day
        for digit, day in zip(("一", "二", "三", "四", "五", "六", "[日天]"), WEEKDAYS, strict=True)
    },
    "春[天季]": "spring", "夏[天季]": "summer", "秋[天季]": "autumn", "冬[天季]": "winter",
    **{
        f"(?<![十0-9]){digit}月": month
        for digit, month in zip(
            ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"), MONTHS, strict=True
        )
    },
    **{f"(?<!\\d){number}月": month for number, month in enumerate(MONTHS, 1)},
    "圣诞节?": "december", "万圣节": "october", "感恩节": "november", "情人节": "february",
}  # fmt: skip

_LEAD = r"(?:(?:on|in|at|during|for|over|by|every|each|this|these|of)\s+)?(?:the\s+|a\s+)?"


def _alternatives(table: dict[str, str]) -> str:
    ordered = sorted(table, key=len, reverse=True)
    return "|".join(f"(?:{pattern})" for pattern in ordered)


_DAYPART = "(?:mornings?|afternoons?|evenings?|nights?)"
_WORD = re.compile(
    rf"\b(?:(?P<abbr>{_alternatives(_ABBREVIATED)})(?=\.?\s+{_DAYPART}\b)"
    rf"|(?:on|in|and|or|vs|versus|against|than|from|to|between|during|since|until|with/?|w/)\.?\s+(?P<lead>{_alternatives(_ABBREVIATED | _MONTH_ABBREVIATED)})\b\.?(?!\w)"
    rf"|(?!mon\b\W*(?:to|-|–)\W*sun)(?P<side>{_alternatives(_ABBREVIATED | _MONTH_ABBREVIATED)})(?=\.?\s*(?:(?:vs\.?|versus|against|/)\s*\w|(?:to|or|and|[-–])\s*(?:{_alternatives(_ABBREVIATED | _MONTH_ABBREVIATED)})\b))"
    rf"|(?P<plain>{_alternatives(_PLAIN)}))(?!\w)"
)
_ZH_WORD = re.compile(_alternatives(_CHINESE))
_TABLES = (_ABBREVIATED, _ABBREVIATED | _MONTH_ABBREVIATED, _PLAIN)
_JOIN = re.compile(r"[\s,]*(?:of|in|the|on|at|during|的|-)?[\s,]*")


def _meaning(text: str, tables: tuple[dict[str, str], ...]) -> str:
    for table in tables:
        for pattern, word in table.items():
            if re.fullmatch(pattern, text):
                return word
    raise AssertionError(f"{text!r} matched the whole pattern but none of its parts")


def _words(flat: str) -> Iterator[tuple[str, int, int]]:
    for match in _WORD.finditer(flat):
        group = next(name for name in ("abbr", "lead", "side", "plain") if match[name])
        yield _meaning(match[group], _TABLES), match.start(group), match.end(group)
    for match in _ZH_WORD.finditer(flat):
        yield _meaning(match.group(), (_CHINESE,)), match.start(), match.end()


def find_times(flat: str) -> list[tuple[str, int, int]]:
    """Return (context words, start, end) for every time in a lower-cased text.

    Words side by side join where they set different units: "Friday evenings" and "evenings in winter" are one time
    each; "Friday or Sunday" is two.
    """
    found: list[tuple[str, int, int]] = []
    for word, start, end in sorted(_words(flat), key=lambda part: part[1]):
        if found:
            before, first, last = found[-1]
            if start < last:
                continue
            units = {GROUPS[each] for each in before.split()}
            if _JOIN.fullmatch(flat, last, start) and GROUPS[word] not in units:
                found[-1] = (f"{before} {word}", first, end)
                continue
        found.append((word, start, end))
    return [(tidy(words), start, end) for words, start, end in found]


def contradict(one: str, other: str) -> bool:
    """Tell whether two times cannot both hold: they set one unit, and set it differently ("friday", "monday")."""
    mine, yours = ({GROUPS[word]: word for word in each.split() if word in GROUPS} for each in (one, other))
    return any(mine[unit] != yours[unit] for unit in mine.keys() & yours.keys() - {"now"})


_RANK = {unit: rank for rank, unit in enumerate(("now", "day", "daypart", "month", "season"))}


def tidy(words: str) -> str:
    """Order context words as people say them ("friday evening"), each once, of each unit the first."""
    kept: dict[str, str] = {}
    for word in words.split():
        kept.setdefault(GROUPS.get(word, word), word)
    return " ".join(sorted(kept.values(), key=lambda word: _RANK.get(GROUPS.get(word, ""), 9)))


def refine(before: str, now: str) -> str:
    """Return the time that a follow-up means: "in the morning" after "friday evening" is "friday morning".

    A coarser word starts afresh ("on Sundays" after "friday evening" is "sunday"); a finer one keeps the coarser.
    """
    if not before:
        return tidy(now)
    units = {GROUPS.get(word, word) for word in now.split()}
    if "now" in units or any(word not in GROUPS for word in before.split()):
        return tidy(now)
    finest = max((_COARSE[unit] for unit in units), default=0)
    if "month" in units:
        units.add("season")  # October is in autumn, whatever was asked before
    kept = [word for word in before.split() if GROUPS[word] not in units and _COARSE[GROUPS[word]] > finest]
    return tidy(" ".join((now, *kept)))


_COARSE = {"daypart": 0, "day": 1, "month": 2, "season": 3, "now": 4}
