"""A second reader of answers: what they show that the catalogue does not hold, and figures that no evidence has.

Written beside `bot.dialogue.ground`, not from it: it imports nothing of the project, takes the answer as the JSON that
`ask --json` prints, reads titles from the database (`tests.grounding_raw`) and figures from `numbers` of the evidence,
never from the evidence's text, which is what the answers are made of. It errs on the side of a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.grounding_raw import Raw

BLANK = "\u25a1"
"""Stands where a name of the catalogue stood."""
KINDS = ("card", "title", "slot", "unnamed", "number", "elsewhere", "year", "cause")
"""card: a card that is no item, or under another title. title: a name or quotation that is nothing of the catalogue.
slot: a place where items are listed that holds none. unnamed: an item of the catalogue that neither the turn's facts
nor the visitor name. number: a figure that no evidence of the turn has. elsewhere: one that only evidence has which its
sentence does not rest on. year: an item under another year. cause: a cause asserted."""


@dataclass(frozen=True)
class Finding:
    """One thing that an answer shows and should not."""

    kind: str
    span: str
    sentence: str


@dataclass(frozen=True)
class _Figure:
    """A number as a text writes it."""

    text: str
    value: float
    decimals: int
    percent: bool


_DIGITS = re.compile(
    r"(?P<minus>(?<![\w)])-)?(?<![\w.])(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<end>\s?[%％]|(?:st|nd|rd|th|s)\b)?",
    re.A,
)


def _listed(words: str) -> list[str]:
    return words.split()


_WORDS = {
    word: value
    for value, word in enumerate(
        _listed("zero one two three four five six seven eight nine ten eleven twelve")
    )
    if word != "one"
} | {
    "twice": 2,
    "thrice": 3,
    "double": 2,
    "triple": 3,
    "dozen": 12,
    "twenty": 20,
    "thirty": 30,
    "hundred": 100,
}
_WORD = re.compile(r"\b(?:" + "|".join(_WORDS) + r")\b", re.I)
_PARTS = {"half": 50, "third": 100 / 3, "quarter": 25}
_PART = re.compile(r"\b(?:a|one) (half|third|quarter)\b|\bhalf of\b", re.I)
_CAUSE = re.compile(
    r"\bbecause\b|\bdue to\b|\bthanks to\b|\bcaus(?:e|es|ed|ing|al)\b|\blead(?:s|ing)? to\b|\bled to\b|\bresults? in\b"
    r"|\bdriv(?:e|es|en)\b|\bmakes? (?:people|you|them|households|viewers)\b|\btherefore\b|\bas a result\b"
    r"|因为|由于|导致|所以|使得",
    re.I,
)
_DENIED = re.compile(r"\b(?:not?|cannot|never|nothing|neither|whether|nor|n't)\b|不|没有|是否", re.I)
_ARTICLE = re.compile(r"^(The|An|A) (.*)$")
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|《([^》]+)》|「([^」]+)」|‘([^’]+)’")
_LETTER = r"A-Za-z\u00c0-\u024f"
_CAPITAL = re.compile(rf"(?<![{_LETTER}'’-])[A-Z\u00c0-\u00de][{_LETTER}0-9]*(?:['’-][{_LETTER}]+)*")
_PROPER = frozenset(
    _listed(
        """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
        september october november december mondays tuesdays wednesdays thursdays fridays saturdays sundays
        i csv almanac mantel-haenszel simpson's you english us"""
    )
)
"""Names that are no names of things: days, months, and what the product calls itself and its methods."""
_OPENERS = frozenset(
    _listed(
        """a after all also at chance counts department goodbye habit hello here if in it its last lately mixed most name no
        none noted nothing of on original others people popularity price strongest surprising tell that the their then
        there these they this too which with within without yes you your years"""
    )
)
"""First words of the product's own sentences, read one by one; another capital there is a name."""
_STRUCTURE = re.compile(
    r"\bthe middle half of (?:them|all)\b|\bthe other two\b|\b(?:the|these|those) two\b|\bthe two sides\b|\bwhich two\b|\btwo things\b",
    re.I,
)
"""Words of number that count nothing: the middle half names quartiles, the two are those just named."""
_OWN_QUOTES = frozenset(("最强", "最意外"))
"""Words of its own that the product quotes to say what it means by them."""
_CLOCK = re.compile(r"\b(\d{1,2}):00\b|\b(\d+-\d+)(?= days)")
"""An hour or a range of days: facts carry them in the names of their numbers ("n_x 13", "gaps 22-28")."""
_TIME_SLOT = re.compile(
    r"(?:and |or |is |also |about as |strong|weak|low|high|est|in |on |at |the |night|morning|afternoon|evening|weekends?"
    r"|weekdays?|[MTWFS]\w+days?|January|February|March|April|May|June|July|August|September|October|November|December"
    r"|spring|summer|autumn|winter|\d+:00|\s)+"
)
_LISTS = (
    re.compile(rf"^I would (?:start with|try) {BLANK}(?:, then {BLANK}(?:(?:, {BLANK})* and {BLANK})?)?\.$"),
    re.compile(rf"^{BLANK}(?:(?:, {BLANK})* and {BLANK})? fits? what you describe\.$"),
)
_OPENING = re.compile(r"^I would (?:start with|try) |fits? what you describe\.$")
_SLOT = re.compile(r"(?:^|[,:;] | and )([^,:;().]*?) \(\d[\d,]*(?: of |, )")
"""A name in a list, before its count."""


@dataclass(frozen=True)
class Reader:
    """Reads answers about one catalogue."""

    raw: Raw
    _found: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def _ids(self) -> dict[str, tuple[str, ...]]:
        """Ids by title, as people read it."""
        ids: dict[str, list[str]] = {}
        for item, title in self.raw.titles.items():
            ids.setdefault(title, []).append(item)
        return {title: tuple(items) for title, items in ids.items()}

    @cached_property
    def _names(self) -> re.Pattern[str]:
        """Every name of the catalogue, the longest first; items with a year that may follow."""
        names = {*self._ids, *self.raw.categories, *self.raw.places.values()}
        for form in (r"\2, \1", r"the \2"):  # as filed, and within a sentence
            names |= {other for title in self._ids if (other := _ARTICLE.sub(form, title)) != title}
        longest = sorted(names, key=lambda name: (-len(name), name))
        return re.compile(
            rf"(?<![{_LETTER}0-9])(" + "|".join(map(re.escape, longest)) + rf")(?![{_LETTER}0-9])"
            r"(?: \(((?:18|19|20)\d\d)\))?"
        )

    def findings(self, answer: Mapping[str, Any], said: Sequence[str]) -> list[Finding]:
        """Read one answer.

        Args:
            answer: The document that `ask --json` prints.
            said: What the visitor wrote in this conversation, this message last.
        """
        found = [*self._cards(answer)]
        named = self._named(answer, said)
        sentences = answer["sentences"] or [{"text": answer["answer"], "evidence": []}]
        told = "".join(one["text"] for one in sentences)
        if re.sub(r"\s", "", told) != re.sub(r"\s", "", answer["answer"]):
            found.append(Finding("title", "the answer is not its sentences", answer["answer"]))
        for sentence in sentences:
            found += self._sentence(sentence, answer["evidence"], named, said)
        return found

    def _cards(self, answer: Mapping[str, Any]) -> Iterator[Finding]:
        for card in answer["items"]:
            title, year = self.raw.titles.get(card["id"]), self.raw.years.get(card["id"])
            if title is None or title != card["title"]:
                yield Finding("card", f"{card['id']}: {card['title']}", str(title))
            elif card.get("year") != year:
                yield Finding("year", f"{card['title']} ({card.get('year')})", str(year))

    def _named(self, answer: Mapping[str, Any], said: Sequence[str]) -> frozenset[str]:
        """Titles of the items of this turn: of its facts, its cards and its calls; and what the visitor wrote."""
        ids = [item for fact in answer["evidence"] for item in fact["items"]]
        ids += [card["id"] for card in answer["items"]]
        for call in answer["tool_calls"]:
            for value in call["arguments"].values():
                ids += [value] if isinstance(value, str) else value if isinstance(value, list) else []
        titles = {self.raw.titles[item] for item in ids if item in self.raw.titles}
        return frozenset(titles | {item for item in ids if item in self._ids} | {" ".join(said).casefold()})

    def _sentence(
        self,
        sentence: Mapping[str, Any],
        evidence: Sequence[Mapping[str, Any]],
        named: frozenset[str],
        said: Sequence[str],
    ) -> Iterator[Finding]:
        text = sentence["text"]
        spoken = " ".join(said).casefold()
        yield from (Finding(kind, span, text) for kind, span in self._titles(text, named, spoken))
        plain = self._names.sub(BLANK, text)
        if _OPENING.search(text) and not any(form.match(plain) for form in _LISTS):
            yield Finding("slot", plain, text)
        for slot in _SLOT.findall(plain):
            if BLANK not in slot and not _TIME_SLOT.fullmatch(slot):
                yield Finding("slot", slot, text)
        yield from (Finding("title", name, text) for name in _strange(plain, spoken))
        for cause in _CAUSE.finditer(plain):
            if not _DENIED.search(plain[: cause.start()]):
                yield Finding("cause", cause.group(), text)
        yield from self._figures(plain, sentence, evidence, said)

    def _titles(self, text: str, named: frozenset[str], spoken: str) -> Iterator[tuple[str, str]]:
        for found in self._names.finditer(text):
            title, year = found[1], found[2]
            items = self._ids.get(title)
            if (
                items is None
                or title in self.raw.categories
                or title.isdigit()
                or title.casefold() in _PROPER
            ):
                continue
            if year is not None and int(year) not in {self.raw.years.get(item) for item in items}:
                yield "year", found.group()
            asked_back = text.endswith(("?", "？"))
            if title not in named and not asked_back and title.casefold() not in spoken:
                yield "unnamed", title

    def _figures(
        self,
        plain: str,
        sentence: Mapping[str, Any],
        evidence: Sequence[Mapping[str, Any]],
        said: Sequence[str],
    ) -> Iterator[Finding]:
        spoken = [figure for text in said for figure in figures(text)]
        rests_on = [fact["numbers"] for fact in evidence if fact["id"] in sentence["evidence"]]
        labels = {name.rpartition(" ")[2] for numbers in rests_on for name in numbers}
        own = [value for numbers in rests_on for value in numbers.values()]
        every = [value for fact in evidence for value in fact["numbers"].values()]
        plain = _CLOCK.sub(
            lambda found: " " if (found[1] or found[2]).lstrip("0") in labels | {""} else found[0], plain
        )
        for figure in figures(_STRUCTURE.sub(" ", plain)):
            if any(_stands(figure, value) for value in own):
                continue
            if any(figure.value == other.value for other in spoken) and figure.text != "98,765":
                continue
            kind = "elsewhere" if any(_stands(figure, value) for value in every) else "number"
            yield Finding(kind, figure.text, sentence["text"])


def figures(text: str) -> Iterator[_Figure]:
    """Yield the numbers of a text, in digits and in words; "one", "first" and "second" count nothing."""
    for found in _DIGITS.finditer(text):
        digits, end = found["n"].replace(",", ""), (found["end"] or "").strip()
        if end in {"st", "nd", "rd", "th"}:
            continue
        value = float(digits) * (-1 if found["minus"] else 1)
        yield _Figure(found.group().strip(), value, len(digits.partition(".")[2]), end in {"%", "％"})
    for found in _WORD.finditer(text):
        yield _Figure(found.group(), float(_WORDS[found.group().lower()]), 0, percent=False)
    for found in _PART.finditer(text):
        yield _Figure(found.group(), _PARTS[(found[1] or "half").lower()], 0, percent=True)


def _stands(figure: _Figure, value: float) -> bool:
    """Whether a figure is this value at the digits shown."""
    meant = 100 * value if figure.percent else value
    return abs(meant - figure.value) <= 0.5 * 10.0**-figure.decimals + 1e-9


def _strange(plain: str, spoken: str) -> Iterator[str]:
    """Names and quotations that are left once those of the catalogue are taken out, and that no visitor wrote."""
    for found in _QUOTED.finditer(plain):
        inside = next(group for group in found.groups() if group)
        if (
            inside.replace(BLANK, "").strip()
            and inside.casefold() not in spoken
            and inside not in _OWN_QUOTES
        ):
            yield found.group()
    for found in _CAPITAL.finditer(plain):
        word = found.group()
        opens = re.search(r"(?:^|[.!?:]\s)[\"“(]?$", plain[: found.start()]) is not None
        known = word.casefold() in _PROPER or (opens and word.casefold() in _OPENERS)
        if not known and word.casefold() not in spoken:
            yield word
