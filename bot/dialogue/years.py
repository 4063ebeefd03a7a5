"""Years in words and figures as inclusive bounds: "before 1970" is up to 1969, "the sixties and seventies" 1960 to 1979.

Knows English and Chinese. Years in words ("nineteen seventy-five") are written out as figures first, in as many
characters, so that one grammar reads both. It refuses to know the catalogue, except for whether it has years.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.dialogue.phrases import Phrase

DECADE_NAMES: Final[dict[str, int]] = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
    "eighties": 1980, "nineties": 1990, "noughties": 2000,
}  # fmt: skip
_TENS: Final = dict(
    zip(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        range(20, 100, 10),
        strict=True,
    )
)
_UNITS: Final = dict(
    zip(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], range(1, 10), strict=True)
)
YEAR_WORDS: Final = (*DECADE_NAMES, *_TENS, "nineteen")
"""Words that a spelling correction must leave alone."""
_FROM_WORDS = r"after|post|newer than|later than|more recent than|younger than|past"
_TO_WORDS = r"before|pre|older than|earlier than|prior to"
_SINCE_WORDS = r"since|from|starting (?:in|from)|beginning in"
_UNTIL_WORDS = r"until|till|up to|by|through|no later than|not later than|not newer than|at the latest"
_NOT_WORDS = r"(?:nothing|none|no|not|nor|never|without|don't want|exclude|(?<!again, )(?<!again )(?<!same )(?<!same, )except)(?:\s+(?:any(?:thing)?|one|films?|movies?|ones|made|from|released|that'?s|the))*\s+"
_THE = r"[\s-]*(?:the\s+|year\s+)?"
_TIME = rf"(?P<since_after>{_FROM_WORDS})|(?P<before>{_TO_WORDS})|(?P<since>{_SINCE_WORDS})|(?P<until>{_UNTIL_WORDS})"

_Y = r"(?P<{}>(?:18|19|20)\d\d|(?<![\w'])'[2-9]\d(?!'?s))(?!\d)"
_DECADE = rf"(?:'?(?P<short>[2-9]0)'?s|(?P<long>(?:18|19|20)\d0)'?s|(?P<name>{'|'.join(DECADE_NAMES)}))(?!\w)"
_ANY_DECADE = rf"(?:'?[2-9]0'?s|(?:18|19|20)\d0'?s|{'|'.join(DECADE_NAMES)})(?!\w)"
_DECADES = re.compile(
    rf"(?P<not>\b{_NOT_WORDS})?\b(?:(?:between|from|in|of|either)\s+)?(?:the\s+)?(?:(?P<part>early|mid|late)[\s-]+)?(?P<a>(?<!\w){_ANY_DECADE})"
    rf"\s*(?:-|/|,|&|\bto\b|\band\b|\bor\b|\buntil\b|\bthrough\b|\btill\b)\s*(?:the\s+)?(?:(?P<end>early|mid|late)[\s-]+)?(?P<b>{_ANY_DECADE})"
)
"""Two decades and all between them: "the 60s or 70s", "from the late sixties to the eighties"."""
_RANGE = re.compile(
    rf"\b(?:between|from)?\s*(?:the\s+)?{_Y.format('a')}\s*(?:-|to|and|until|through|till|至|到)\s*(?:the\s+)?'?(?P<b>(?:(?:18|19|20)\d|[2-9])\d)(?![\d'])(?:\s*之间|年)?"
)
_YEAR = re.compile(
    rf"(?P<not>\b{_NOT_WORDS})?(?:\b(?:{_TIME}){_THE}|\b(?P<at>in|of|made in|released in){_THE})?"
    rf"(?:\b(?P<part>early|mid|late)[\s-]*(?:to[\s-]late\s+)?)?(?:{_DECADE}|(?<!\d){_Y.format('year')}(?!\s*(?:baskets|people|times|stores?)))"
    r"(?P<on>\s+(?:on(?:wards?)?\b|or (?:later|newer|after)|and (?:later|newer|after|up)|or more recent))?"
    r"(?P<back>\s+(?:or (?:earlier|older|before)|and (?:earlier|older|before)|at the latest))?"
)
_SHORT_YEAR = re.compile(
    rf"\b(?:{_TIME})\s+'?(?P<year>[3-9]\d)(?![\w'%.:/]|\s*(?:days?|weeks?|months?|hours?|minutes?|people|per|of|times|stores?|dollars?|or more))"
)
"""Years of two digits ("after 96"), where the catalogue has years."""
_WARS = re.compile(
    r"\b(?:(?P<pre>pre[\s-]?war|before the war)|(?P<post>post[\s-]?war)|(?P<inter>inter[\s-]?war|between the wars))\b"
)
_TEN = "|".join(_TENS)
_UNIT = "|".join(_UNITS)
_SPELT = re.compile(
    rf"\bnineteen[\s-]+(?P<tens>{_TEN})(?:[\s-]+(?P<unit>{_UNIT}))?\b"
    rf"|(?<!\w)(?:(?<=\bin )|(?<=\bto )|(?<=\band )|(?<=\bthan )|(?<=\bfrom )|(?<=\bsince )|(?<=\bbefore )"
    rf"|(?<=\bafter )|(?<=\bpre-)|(?<=\bpost-)|(?<=\buntil )|(?<=\btill )|(?<=\bby )|(?<=\bthrough ))"
    rf"(?P<tens2>{_TEN})[\s-]+(?P<unit2>{_UNIT})\b(?!\s*(?:days?|weeks?|people|percent|per|of|times|stores?|ideas?|films?|movies?))"
)
"""Years in words: "nineteen seventy" anywhere, "ninety-seven" after a word of time."""
_SPELT_BOTH = re.compile(
    rf"(?:(?<=\bbetween )|(?<=\bfrom ))(?P<a>{_TEN})(?:[\s-](?P<au>{_UNIT}))?(?=\s*(?:-|to|and|until|through|till)\s*(?P<b>{_TEN}))"
)
_ZH_YEAR = re.compile(
    r"(?P<year>(?:19|20)\d\d)\s*(?:年代|年?\s*(?P<rel>以前|之前|以后|之后|以来)|年)"
    r"|(?P<decade>[二三四五六七八九]十|[2-9]0)\s*年代"
)
_ZH_TENS: Final = dict(zip("二三四五六七八九", range(20, 100, 10), strict=True))


def find_years(flat: str, *, short: bool = False) -> Iterator[Phrase]:
    """Yield inclusive bounds on years: "before 1970" is up to 1969, "nothing after 1980" is up to 1980.

    A decade that is refused ("not from the 80s") comes as its two bounds, negated.

    Args:
        flat: A message in lower case.
        short: Whether the catalogue has years, so that "after 96", "before the war" and "from eighty to eighty nine" are years.
    """
    text, spelt = _figures(flat) if short else (flat, {})
    for found in _found(text, short=short):
        start = spelt.get(found.start, found.start)
        yield Phrase(found.kind, found.value, start, found.end, found.negated)


def _figures(flat: str) -> tuple[str, dict[int, int]]:
    """Write years in words as figures in as many characters; with it, where a figure stands -> where its words began."""
    began: dict[int, int] = {}
    pieces: list[str] = []
    at = 0
    spelt = [(one.start(), one.end(), _spelt(one["tens"] or one["tens2"], one["unit"] or one["unit2"])) for one in _SPELT.finditer(flat)]  # fmt: skip
    for one in _SPELT_BOTH.finditer(flat):
        spelt.append((one.start(), one.end(), _spelt(one["a"], one["au"])))
        other = re.compile(rf"{_TEN}").search(flat, one.end())
        if other is not None:
            unit = re.compile(rf"[\s-](?P<unit>{_UNIT})\b").match(flat, other.end())
            spelt.append(
                (
                    other.start(),
                    unit.end() if unit else other.end(),
                    _spelt(other[0], unit["unit"] if unit else None),
                )
            )
    for start, end, year in sorted(set(spelt)):
        if start < at:
            continue
        pieces += [flat[at:start], str(year).rjust(end - start)]
        began[end - 4] = start
        at = end
    return "".join([*pieces, flat[at:]]), began


def _spelt(tens: str, unit: str | None) -> int:
    return 1900 + _TENS[tens] + (_UNITS[unit] if unit else 0)


def _found(flat: str, *, short: bool) -> Iterator[Phrase]:
    taken: list[tuple[int, int]] = []
    for match in _DECADES.finditer(flat):
        (first, _), (_, last) = _decade(match["a"], match["part"]), _decade(match["b"], match["end"])
        taken.append(match.span())
        yield from _bounds(
            min(first, last), max(first, last), *match.span(), negated=match["not"] is not None
        )
    for match in _WARS.finditer(flat) if short else ():
        taken.append(match.span())
        since = 1946 if match["post"] else 1919 if match["inter"] else None
        yield from _bounds(since, None if match["post"] else 1939, *match.span())
    for match in _RANGE.finditer(flat):
        one, other = _figure(match["a"]), _figure(match["b"])
        taken.append(match.span())
        yield from _bounds(min(one, other), max(one, other), *match.span())
    for match in _SHORT_YEAR.finditer(flat) if short else ():
        if not _crosses(match, taken):
            taken.append(match.span())
            yield from _one_sided(match, 1900 + int(match["year"]))
    for match in (*_ZH_YEAR.finditer(flat), *_YEAR.finditer(flat)):
        if not _crosses(match, taken):
            taken.append(match.span())
            yield from _chinese_year(match) if match.re is _ZH_YEAR else _english_year(match)


def _crosses(match: re.Match[str], taken: list[tuple[int, int]]) -> bool:
    return any(start < match.end() and match.start() < end for start, end in taken)


def _bounds(
    first: int | None, last: int | None, start: int, end: int, *, negated: bool = False
) -> Iterator[Phrase]:
    if first is not None:
        yield Phrase("year_from", first, start, end, negated)
    if last is not None:
        yield Phrase("year_to", last, start, end, negated)


def _english_year(match: re.Match[str]) -> Iterator[Phrase]:
    first, last = _named_years(match)
    start, end = match.span()
    refused = match["not"] is not None
    if match["before"] or match["since_after"]:
        # "nothing before 1980" keeps 1980 itself, "before 1980" does not.
        early = bool(match["before"]) != refused
        if early:
            yield from _bounds(None, last if refused else first - 1, start, end)
        else:
            yield from _bounds(first if refused else last + 1, None, start, end)
    elif match["until"] or match["back"]:
        yield from _bounds(None, last, start, end)
    elif (match["since"] and not match["since"].startswith("from")) or match["on"]:
        yield from _bounds(first, None, start, end)
    else:
        yield from _bounds(first, last, start, end, negated=refused)


def _one_sided(match: re.Match[str], year: int) -> Iterator[Phrase]:
    start, end = match.span()
    if (match["since"] or "").startswith("from"):
        yield from _bounds(year, year, start, end)
    elif match["since_after"] or match["since"]:
        yield from _bounds(year + (1 if match["since_after"] else 0), None, start, end)
    else:
        yield from _bounds(None, year - (1 if match["before"] else 0), start, end)


def _named_years(match: re.Match[str]) -> tuple[int, int]:
    if match["year"]:
        return _figure(match["year"]), _figure(match["year"])
    return _decade(match["name"] or match["long"] or match["short"], match["part"])


def _figure(text: str) -> int:
    """Return the year that figures name: "1967", "'67" or "67"."""
    digits = text.strip("'")
    return int(digits) if len(digits) == 4 else 1900 + int(digits)


def _decade(text: str, part: str | None) -> tuple[int, int]:
    """Return the first and last year of a decade, or of its early, middle or late part."""
    first = DECADE_NAMES.get(text) or _figure(text.strip("'s"))
    begin, end = {"early": (0, 3), "mid": (4, 6), "late": (7, 9)}.get(part or "", (0, 9))
    return first + begin, first + end


def _chinese_year(match: re.Match[str]) -> Iterator[Phrase]:
    start, end = match.span()
    if match["decade"]:
        tens = match["decade"]
        first = 1900 + (int(tens) if tens.isdigit() else _ZH_TENS[tens[0]])
        yield from _bounds(first, first + 9, start, end)
        return
    year, relation = int(match["year"]), match["rel"]
    if relation in ("以前", "之前"):
        yield from _bounds(None, year - 1, start, end)
    elif relation in ("以后", "之后"):
        yield from _bounds(year + 1, None, start, end)
    elif relation == "以来":
        yield from _bounds(year, None, start, end)
    else:
        yield from _bounds(year, year + (9 if "年代" in match.group() else 0), start, end)
