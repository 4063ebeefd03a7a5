"""Counts, positions, verdicts and measures in words: what is read by pattern and not by name; years are in years.py.

Knows English and Chinese phrases. It refuses to know the catalogue, except for the range of its years and the names
of its measures, which are arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

PhraseKind = Literal["year_from", "year_to", "k", "ordinal", "number", "verdict", "filter"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something read by pattern; `year_from` and `year_to` of one phrase share its characters."""

    kind: PhraseKind
    value: str | int
    start: int
    end: int
    negated: bool = False


NUMBERS: Final[dict[str, int]] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "a couple": 2, "a couple of": 2, "couple of": 2,
    "a pair of": 2, "a few": 3, "a handful of": 5, "half a dozen": 6, "a dozen": 12, "dozen": 12, "a single": 1,
    "just a": 1, "only a": 1,
    "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "几": 3,
}  # fmt: skip
_ENGLISH_NUMBER = "|".join(sorted((re.escape(n) for n in NUMBERS if n.isascii()), key=len, reverse=True))
_COUNT = rf"\d{{1,3}}|{_ENGLISH_NUMBER}"
_THINGS = (
    "movies?|films?|titles?|flicks?|items?|products?|things?|picks?|suggestions?|recommendations?|ideas?|options?|"
    "choices?|results?|rules?|patterns?|examples?|pairs?|comedies|dramas|thrillers|westerns|documentaries|musicals|"
    "cartoons|mysteries|romances|snacks?|recs|goods|stuff|of them|of those|of these|more|ones|links|connections|companions|partners|"
    "combinations|combos|associations|findings|facts"
)
_K = re.compile(
    rf"\b(?:(?:top|best|first|another|only|just|exactly|at most|give me|show me|list|name|suggest|recommend)\s+"
    rf"(?:the\s+)?(?:top\s+|best\s+)?(?P<lead>{_COUNT})(?![\w'/%.]|\s*(?:stars?|percent|years?|days?|weeks?|months?|out of|people|households?|customers?|persons?|stores?|baskets?|times?|hours?))"
    rf"|(?P<few>{_COUNT})\s+(?:[a-z'-]+\s+){{0,3}}?(?:{_THINGS})\b(?<!one more)"
    rf"|(?P<most>{_COUNT})\s+(?:most\s+[a-z]+|best|top|strongest|closest|tightest|[a-z]{{3,}}est)\s+(?=[a-z]))"
)
_MOST = re.compile(
    rf"\b(?:no more than|not more than|max(?:imum)?(?: of)?|up to|at most|as many as)\s+(?P<lead>{_COUNT})(?![\w'/%.])"
    r"(?!\s*(?:stars?|percent|years?|days?|weeks?|months?|dollars?|euros?))"
    rf"|\b(?P<few>{_COUNT})\s+(?:at (?:the )?most|max(?:imum)?|tops|will do|is enough|are enough|is plenty|others?)\b"
    rf"|(?:^|[,;:]|\b(?:just|only|me))\s*(?P<last>{_COUNT})(?:\s+please)?\s*[.!]*$"
)
"""Counts by their bounds ("ten at most", "8 others"), and a number that ends a message ("more of those, six")."""
_ZH_K = re.compile(r"(?P<few>\d{1,3}|[一两二三四五六七八九十几])\s*(?:部|个|种|款|条|样)(?!月|小时|星期)")
_ONE_ANAPHOR = re.compile(
    r"\b(?:this|that|which|the|first|second|third|last|next|other|no|new|old|good|funny)\s+$"
)

_ORDINALS: Final[dict[str, int]] = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10,
    "10th": 10, "last": -1, "final": -1, "top": 1, "bottom": -1,
}  # fmt: skip
_ORDINAL = re.compile(
    rf"(?:\b(?:the|your|that|and|why|rate|about)\s+)(?P<word>{'|'.join(_ORDINALS)})"
    r"(?:\s+(?:one|two|three|film|movie|item|pick|title|suggestion|recommendation|product|result|choice)\b"
    r"|(?=\s*(?:$|[?.!,;:]|and\b|or\b|is\b|was\b|with\b|but\b|instead\b|again\b|(?<!top )\d)))"
    r"|(?:\bnumber|\bno\.|#|\bnr\.?)\s*(?P<number>\d{1,2}|one|two|three|four|five)\b(?!\s*(?:of|films|movies))"
    r"|第\s*(?P<zh>[一二三四五六七八九十]|\d{1,2})\s*(?:部|个|个推荐|种)?|(?P<zhlast>最后一[部个])"
)

_RELATIVE = re.compile(
    r"\b(?P<new>newest|newer|more recent|recent|new releases?|newly released|modern|latest|not so old|less old)\b"
    r"|\b(?P<old>older|oldest|(?<!year )(?<!years )(?<!month )(?<!months )(?<!year-)old|classics?|vintage|old-school|golden age|less recent|not so new|old-fashioned)\b"
    r"|(?P<zhnew>新一点|更新的|最新|近期|较新|新片|新电影)|(?P<zhold>老一点|更老|老电影|老片|经典|旧一点|早一点)"
)

_VERDICTS: Final[tuple[tuple[str, str], ...]] = (
    ("dislike", r"(?:did ?n'?t|do ?n'?t|does ?n'?t|not|never|did not|do not)\s+(?:really\s+|much\s+)?(?:like|love|enjoy|care for|liked)"),
    ("dislike", r"hate[ds]?|dislike[ds]?|can ?'?not stand|can'?t stand|could ?n'?t stand|could not stand|loathe[ds]?|not for me|thumbs down|(?:not|isn'?t|wasn'?t) my (?:thing|taste|cup of tea)|detest(?:ed)?|could ?n'?t finish|gave up on|never (?:again )?(?:show|recommend|suggest)(?: me)?|stop (?:showing|recommending|suggesting)(?: me)?|ew+|yuck|bored me|left me cold|annoyed me|put me to sleep|disappointed me|did nothing for me|gets? a (?:one|zero|dislike|thumbs down)|never again|(?:do ?n'?t|do not) (?:want|eat|drink|need)(?= \w+(?: \w+)?\s*(?:$|[.!]|in this|at all))"),
    ("dislike", r"(?:was|is|were|found it|it'?s|pretty|so|really)\s+(?:so |really |very |pretty |a bit |just )*(?:boring|awful|terrible|bad|dull|horrible|rubbish|crap|disappointing|too long|overrated|dreadful|garbage|trash|yuck|meh|gross|unwatchable)"),
    ("like", r"lov(?:e[ds]?|ing)|like[ds]|enjoy(?:ed|s)?|ador(?:ed?|es)|thumbs up|(?:a |big |huge )*fan of|crazy about|favou?rites?|(?<!would )(?<!'d )(?<!something )(?<!anything )(?<!more )(?<!movies )(?<!films )(?<!feel )(?<!taste )(?<=i )(?:really |also |do |actually |quite )?like(?!\s+to\b)"),
    ("like", r"(?:was|is|were|it'?s)\s+(?:so |really |very |absolutely |just |pretty )*(?:great|amazing|brilliant|wonderful|excellent|fantastic|awesome|perfect|superb|good|a masterpiece|ace|brill|fab|lovely|terrific|delicious|a gem|yum|top|gold|incredible|the best)|(?:made|brightened|saved) my (?:day|evening)|so+ good|gets? a (?:like|thumbs up|heart)|yum"),
    ("seen", r"(?:have |'ve |had |already |just )*(?:seen|watched)(?! by)|saw\b|know (?:it|that one) already|already know"),
    ("bought", r"(?:have |'ve |already |just )*(?:bought|purchased)(?! with| together| by| next| after)|already (?:have|own|got)|just got|(?<=i )(?:got|picked up|ordered|stocked up on)(?! any| to| a (?:question|problem))"),
    ("dislike", r"不喜欢|讨厌|难看|不好看|不爱|不想看|太差|难吃|无聊"),
    ("like", r"喜欢|爱看|好看|很棒|太棒|真棒|很赞|好极了|好吃|超赞"),
    ("seen", r"看过"),
    ("bought", r"买过|买了"),
)  # fmt: skip
_VERDICT = tuple(
    (verdict, re.compile(rf"(?<!\w)(?:{words})(?!\w)" if words.isascii() else words))
    for verdict, words in _VERDICTS
)
_MARK = re.compile(
    r"(?P<mark>\b[0-9]{1,2}(?:\.\d)?|\b(?:one|two|three|four|five))\s*"
    r"(?:(?:/|out of)\s*(?P<of>5|10|five|ten)\b|(?P<stars>\s*(?:stars?|/5|points?|out of five)))"
    r"|\b(?:rate|give|rated|gave|giving)\b[^.?!]{1,60}?\s(?:a\s+|an\s+)?(?P<bare>10|[0-9])(?:\s*[.!]*\s*$|\s*(?:,|and\b|but\b))"
    r"|打\s*(?P<zh>[1-5一二三四五])\s*[分星]"
)
_DAYS: Final = {
    "day": 1,
    "d": 1,
    "week": 7,
    "w": 7,
    "wk": 7,
    "fortnight": 14,
    "month": 30,
    "天": 1,
    "日": 1,
    "周": 7,
    "个星期": 7,
    "个月": 30,
}
_WITHIN = re.compile(
    rf"\b(?:within|in (?:the )?(?:next|following)|during the next|over the next|inside)\s+(?:the\s+|next\s+)*(?P<n>{_COUNT}|an?)?\s*"
    r"(?P<unit>day|week|fortnight|month)s?\b"
    rf"|\b(?P<n2>{_COUNT}|an?)\s+(?P<unit2>day|week|fortnight|month)s?\s+(?:later|after(?:wards)?)\b"
    rf"|(?<!often )(?<!times )(?<!once )(?<!twice )(?<!much )\bin,? (?:say,? |about |around )?(?P<n5>{_COUNT}|an?)\s+(?P<unit5>day|week|fortnight|month)s?\b"
    rf"|\b(?:give|allow)(?: (?:it|them|that|him|her|people))? (?P<n7>{_COUNT}|an?)\s*(?P<unit7>day|week|fortnight|month)s?\b"
    rf"|\bthe (?:follo?w\w*|next|coming|subsequent|ensuing|first) (?:(?P<n8>{_COUNT})\s*)?(?P<unit8>day|week|fortnight|month)s?\b"
    r"|\blater (?:that|the same|in the) (?P<n12>an?)?(?P<unit12>week|month)\b"
    r"|\b(?P<n9>an?|one)?\s*(?P<unit9>week|fortnight|month) (?:that|which) (?:follow|come)s?\b"
    rf"|(?:(?:[<≤]=?|max(?:imum)?|at most|up to|under|lag|less than|no more than|not more than)\W*|\b)(?<!every )(?<!last )(?<!past )(?:(?P<n10>{_COUNT})\s*-?\s*(?P<unit10>day|week|fortnight|month)s?|(?P<n11>\d+)\s*(?P<unit11>d|wk?)s?)\b(?! (?:apart|between|ago|old|or more|running|in a row))"
    rf"|\b(?:keep|limit|narrow|restrict|stick)\w*(?: it| that| this)? to (?P<n6>{_COUNT}|an?)\s*(?P<unit6>day|week|fortnight|month)s?\b"
    rf"|(?:\bin the |\bsay |\(\s*)(?P<n4>{_COUNT}|an?)?\s*(?P<unit4>day|week|fortnight|month)s?(?:\s+(?:after|following)\b|\s*\))"
    r"|(?P<n3>\d+|[一两二三四五六七八九十])\s*(?P<unit3>天|日|周|个星期|个月)(?:之内|以内|内)"
)


_SINGLE = re.compile(r"\b(?:single|one) (?=(?:best|strongest|top|most|weirdest|oddest|biggest|closest)\b)")


def number(word: str) -> int:
    """Return the number that a digit string or number word means."""
    return int(word) if word.isdigit() else NUMBERS[word]


def find_counts(flat: str) -> Iterator[Phrase]:
    """Yield how many results are wanted ("three films", "top 5")."""
    for match in _SINGLE.finditer(flat):
        yield Phrase("k", 1, match.start(), match.end())
    for match in (*_K.finditer(flat), *_MOST.finditer(flat), *_ZH_K.finditer(flat)):
        name = next(name for name, said in match.groupdict().items() if said)
        text, start = match[name], match.start(name)
        if text in ("one", "1") and _ONE_ANAPHOR.search(flat[:start]):
            continue
        if text == "一" and flat[start - 1 : start] in ("第", "这", "那", "后", "下", "有"):
            continue
        if flat[max(start - 1, 0) : start] in ("第", "'", "$", "."):
            continue
        value = number(text)
        if 1 <= value <= 100:
            yield Phrase("k", value, start, match.end(name))


def find_ordinals(flat: str) -> Iterator[Phrase]:
    """Yield positions in the list shown before ("the second one", "#3"); -1 is the last."""
    for match in _ORDINAL.finditer(flat):
        if match["word"]:
            yield Phrase("ordinal", _ORDINALS[match["word"]], match.start("word"), match.end())
        elif match["number"]:
            yield Phrase("ordinal", number(match["number"]), match.start(), match.end())
        else:
            yield Phrase(
                "ordinal", -1 if match["zhlast"] else number(match["zh"]), match.start(), match.end()
            )


def relative_age(flat: str) -> Literal["newer", "older"] | None:
    """Tell whether a text asks for newer or older things without naming a year."""
    match = _RELATIVE.search(flat)
    if match is None:
        return None
    return "newer" if match["new"] or match["zhnew"] else "older"


def find_verdicts(flat: str) -> Iterator[Phrase]:
    """Yield words of liking, disliking, having seen or bought."""
    for match in _MARK.finditer(flat):
        share = _share(match)
        verdict = "like" if share >= 0.7 else "dislike" if share <= 0.45 else "seen"
        name = next(group for group in ("mark", "bare", "zh") if match[group])
        yield Phrase("verdict", verdict, match.start(name), match.end())
    for verdict, pattern in _VERDICT:
        for match in pattern.finditer(flat):
            yield Phrase("verdict", verdict, match.start(), match.end())


def _share(match: re.Match[str]) -> float:
    """Return a mark as a share of the best one: 4 of 5 and 8 of 10 are 0.8; bare marks above 5 are out of 10."""
    if match["zh"]:
        return number(match["zh"]) / 5
    text = match["mark"] or match["bare"]
    mark = float(text) if text[0].isdigit() else float(NUMBERS[text])
    best = 10 if match["of"] in ("10", "ten") or mark > 5 else 5
    return mark / best


def find_filters(flat: str, measures: Sequence[str]) -> Iterator[Phrase]:
    """Yield filters on the measures of the catalogue ("under $20" is "price<20" where it has a price)."""
    for measure in measures:
        for match in _measure(measure).finditer(flat):
            money = measure.lower() in _MONEY
            priced = match["currency"] or match["unit"] or match["op"] == "cheaper than"
            if match["named"] or match["after"] or (money and priced):
                sign = _OPERATORS.get(match["op"], match["op"])
                yield Phrase("filter", f"{measure}{sign}{match['value']}", match.start(), match.end())


_MONEY: Final = ("price", "cost")


@cache
def _measure(measure: str) -> re.Pattern[str]:
    name = re.escape(measure.lower().replace("_", " "))
    return re.compile(
        rf"(?:\b(?P<named>{name})\s*(?:is\s+|of\s+)?(?:a\s+)?)?"
        r"(?P<op>\b(?:under|below|less than|cheaper than|at most|up to|max(?:imum)?|over|above|more than|at least|"
        r"min(?:imum)?)\b|[<>]=?)\s*(?P<currency>[$€£]\s*)?(?P<value>\d+(?:\.\d+)?)"
        rf"(?P<unit>\s*(?:dollars|bucks|usd|euros?|\$|€))?(?:\s+(?P<after>{name}))?"
    )


_OPERATORS: Final = {
    "under": "<", "below": "<", "less than": "<", "cheaper than": "<", "at most": "<=", "up to": "<=", "max": "<=",
    "maximum": "<=", "over": ">", "above": ">", "more than": ">", "at least": ">=", "min": ">=", "minimum": ">=",
}  # fmt: skip


def within_days(flat: str) -> tuple[int, int, int] | None:
    """Return (days, start, end) of a lag such as "within two weeks", None where there is none."""
    match = _WITHIN.search(flat)
    if match is None:
        return None
    group = next(name for name in ("", *map(str, range(2, 13))) if match["unit" + name])
    count = match["n" + group] or "1"
    days = (1 if count in ("a", "an") else number(count)) * _DAYS[match["unit" + group]]
    return days, match.start(), match.end()
