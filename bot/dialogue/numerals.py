"""Numbers as people write them, in English and Chinese, and whether one may stand for a value.

Knows digits, number words, shares and rounding. It refuses to know evidence and titles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Unit = Literal["plain", "percent", "rank"]
Hedge = Literal["", "about", "over", "under"]

ABOUT = 0.05
"""How far a number said with "about" may lie from the value, relative to it."""
BEYOND = 0.10
"""How far a value may lie beyond a number said with "over" or "under"."""


def listed(words: str) -> list[str]:
    """Return the words of a word list."""
    return words.split()


_ONES = listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_TENS = {
    word: 10 * (i + 3) for i, word in enumerate(listed("thirty forty fifty sixty seventy eighty ninety"))
}
_WORDS = (
    {word: i for i, word in enumerate(_ONES)} | _TENS | {"dozen": 12, "twice": 2, "double": 2, "triple": 3}
)
_RANKS = {
    word: i + 2 for i, word in enumerate(listed("second third fourth fifth sixth seventh eighth ninth tenth"))
}
_FRACTIONS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
NUMBER_WORDS = frozenset(_WORDS) | frozenset(_RANKS) | frozenset(_FRACTIONS) | frozenset(_SCALES)
"""English words that are numbers or parts of them."""
_HAN = {char: i for i, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000}
_HAN_RUN = "[零〇一二两三四五六七八九十百千万]+"

_HEDGES: dict[Hedge, str] = {
    "about": r"about|around|roughly|nearly|almost|approximately|some|~|约|大约|大概|将近|近",
    "over": r"more than|over|at least|above|upwards of|超过|多于|至少",
    "under": r"less than|fewer than|under|at most|below|up to|不到|少于|至多|最多",
}
_HEDGE = re.compile(
    "(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _HEDGES.items()) + r")(?:\s+an?)?\s*$", re.I
)
_OF_COUNT = re.compile(r"\s+of\s+\d")
_POINTS = re.compile(r"\b(?:the|these|those|which) two$", re.I)
_MINUS = re.compile(r"(?:^|[\s(（:,，])[-−]$")
_NUMBER = re.compile(
    r"""
    (?P<share>百分之(?:\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百]+))
    | (?P<tenths>(?:\d|[一二两三四五六七八九])成)
    | (?P<digits>(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.,])\d+(?:\.\d+)?|(?<=[\u4e00-\u9fff])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)
      (?P<unit>\s?(?:%|％|percent\b|per\ cent\b)|(?:st|nd|rd|th)\b|s\b)?
    | (?P<fraction>\b(?:an?|one)?[\s-]?(?:half|third|quarter|fifth|tenth)\b(?=\s+(?:of|the|as)\b))
    | (?P<one_in>\bone\s+in\s+[a-z]+\b)
    | (?P<word>\b(?:WORDS)(?:[\s-](?:WORDS|SCALES)|(?:(?<=hundred)|(?<=thousand))\sand)*\b)
      (?P<word_unit>\s(?:percent|per\ cent)\b)?
    | (?P<rank>\b(?:RANKS)\b)
    | (?P<han>(?<![周期拜第一])(?P<han_number>HAN)(?=[个位人次倍天年部种家篮条件张周份分盒瓶袋])|第(?P<han_rank>HAN))
    """.replace("WORDS", "|".join(sorted(_WORDS, key=len, reverse=True)))
    .replace("SCALES", "|".join(_SCALES))
    .replace("RANKS", "|".join(_RANKS))
    .replace("HAN", _HAN_RUN),
    re.X | re.I,
)


_YEAR_BEFORE = re.compile(
    r"(?:[(（《]|\b(?:in|of|from|since|until|till|to|by|during|before|after|around|and|or|year|an?|the|this|that|its"
    r"|january|february|march|april|may|june|july|august|september|october|november|december)|[\u4e00-\u9fff，、])\s*$",
    re.I,
)
_YEAR_AFTER = re.compile(
    r"\s*(?:[)）》.,;:!?，。；、-]|$)|\s*[\u4e00-\u9fff]"
    r"|\s(?:films?|movies?|releases?|classics?|originals?|versions?|and|or|to|until|by|for|with|is|was|has|had|it|from|in|on|at)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: what it says, how exactly, and where."""

    text: str
    value: float
    decimals: int
    unit: Unit
    hedge: Hedge
    start: int

    def may_mean(self, value: float, *, share: bool) -> bool:
        """Whether a person may say this number for `value`.

        Args:
            value: A number of the evidence.
            share: Whether `value` is a share in 0..1, which people say in percent.
        """
        if self.unit == "percent":
            return share and self._near(100 * value)
        return self._near(value)

    def _near(self, value: float) -> bool:
        if self.hedge == "over":
            return self.value <= value <= self.value * (1 + BEYOND)
        if self.hedge == "under":
            return self.value * (1 - BEYOND) <= value <= self.value
        if self.hedge == "about":
            return abs(value - self.value) <= max(ABOUT * abs(value), 0.5 * 10.0**-self.decimals)
        if self.decimals == 0 and self.unit == "plain":  # 3.8 is not 4 unless "about" says so
            return abs(value - self.value) < 1e-9 or (abs(value) >= 20 and abs(value - self.value) <= 0.5)
        return abs(value - self.value) <= 0.5 * 10.0**-self.decimals + 1e-9


def numbers_in(text: str) -> Iterator[Number]:
    """Yield the numbers of a text, left to right.

    "one" alone is a pronoun, "first" an adverb more often than a count, and "the two" are those just named: none is a
    number here.
    """
    for found in _NUMBER.finditer(text):
        before = text[max(0, found.start() - 18) : found.start()]
        read = None if found["word"] and _POINTS.search(f"{before}{found.group()}") else _read(found)
        if read is None:
            continue
        value, decimals, unit = read
        if found["digits"] and _MINUS.search(before):
            value = -value
        hedge = _hedge(before)
        if found["fraction"] or found["one_in"]:
            hedge = hedge or "about"
        if hedge == "under" and _OF_COUNT.match(text, found.end()):
            hedge = ""  # "at most 4 of 151 baskets" tells the highest of counts, and no bound
        yield Number(found.group().strip(), value, decimals, unit, hedge, found.start())


def is_year(number: Number, text: str) -> bool:
    """Whether a number is said as a year: "(1995)", "in 1995", "a 1995 film", and not "1995 of 2,000 people"."""
    if number.unit != "plain" or number.decimals or not 1850 <= number.value <= 2100 or "," in number.text:
        return False
    before, after = text[: number.start], text[number.start + len(number.text) :]
    return _YEAR_BEFORE.search(before) is not None and _YEAR_AFTER.match(after) is not None


def _hedge(before: str) -> Hedge:
    found = _HEDGE.search(before)
    return found.lastgroup if found else ""  # type: ignore[return-value]  # the groups are the hedges


def _read(found: re.Match[str]) -> tuple[float, int, Unit] | None:
    """The value, its decimals and unit; None where a word is no number after all."""
    if found["digits"]:
        return _digits(found["digits"], (found["unit"] or "").strip())
    if found["share"]:
        said = found["share"].removeprefix("百分之")
        return (float(said), _decimals(said), "percent") if said[0].isdigit() else (_han(said), 0, "percent")
    if found["tenths"]:
        said = found["tenths"][0]
        return 10.0 * (float(said) if said.isdigit() else _han(said)), 0, "percent"
    if found["fraction"]:
        word = re.split(r"[\s-]", found["fraction"].lower())[-1]
        return 100 * _FRACTIONS[word], 0, "percent"
    if found["one_in"]:
        among = _WORDS.get(found["one_in"].lower().split()[-1])
        return (100 / among, 0, "percent") if among else None
    if found["rank"]:
        return float(_RANKS[found["rank"].lower()]), 0, "rank"
    if found["han"]:
        said = found["han_number"] or found["han_rank"]
        return None if said == "一" else (_han(said), 0, "rank" if found["han_rank"] else "plain")
    if found["word"].lower() == "one":
        return None
    return _english(found["word"]), 0, "percent" if found["word_unit"] else "plain"


def _digits(digits: str, unit: str) -> tuple[float, int, Unit]:
    value, decimals = float(digits.replace(",", "")), _decimals(digits)
    if unit in {"st", "nd", "rd", "th"}:
        return value, decimals, "rank"
    return value, decimals, "percent" if unit and unit != "s" else "plain"


def _decimals(digits: str) -> int:
    return len(digits.partition(".")[2])


def _english(words: str) -> float:
    """Read words: two hundred and six is 206."""
    total = 0
    for word in re.split(r"[\s-]+", words.lower()):
        total = max(total, 1) * _SCALES[word] if word in _SCALES else total + _WORDS.get(word, 0)
    return float(total)


def _han(chars: str) -> float:
    """Read characters: 二十六 is 26, 一千二百零四 is 1204."""
    total, section, digit = 0, 0, 0
    for char in chars:
        if char in _HAN:
            digit = _HAN[char]
        elif char == "万":
            total, section, digit = total + (section + digit) * 10_000, 0, 0
        else:
            section, digit = section + (digit or 1) * _HAN_SCALES[char], 0
    return float(total + section + digit)
