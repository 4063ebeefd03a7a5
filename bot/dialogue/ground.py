"""The check between a worded sentence and the evidence: no title, number or claim of its own.

Knows text and Evidence. It refuses to know who worded the sentence, and it takes every string as data. What it
cannot decide it refuses: a refused sentence costs a template, an invented one costs trust.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from bot.dialogue.numerals import Number, is_year, listed, numbers_in
from bot.dialogue.plainwords import strange_words
from bot.dialogue.turn import Evidence

ProblemKind = Literal["title", "number", "time", "cause", "comparison", "claim"]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[\u4e00-\u9fff]")
_YEAR_END = re.compile(r"\s*\((?:18|19|20)\d\d\)\s*$")
_LABEL = re.compile(r"\b([A-Z][a-z]+) (\d+)\b(?![.,]\d| %)")
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|《([^》]+)》|‘([^’]+)’|\*([^*]+)\*|「([^」]+)」")
_SMALL = frozenset(
    listed(
        """a also an and are as at be been being both but by can do for from had has have he her his
        how i if in into is it its just may my no not of off on once one only or our out over she so
        some that the their them then there these they this those to too up us was we were what when
        where which while who why will with you your yes"""
    )
)
_TIMES = {
    word: word
    for word in listed(
        """morning afternoon evening night weekday weekend monday tuesday wednesday thursday friday saturday sunday
        january february march april june july august september october november december spring summer autumn winter"""
    )
} | {"fall": "autumn"}
_CAUSES = (
    (r"\bbecause\b", r"\bdue to\b", r"\bthanks to\b", r"\bso that\b", r"\bwhy\b", "因为", "由于", "所以"),
    (
        r"\blead(?:s|ing)? to\b",
        r"\bcaus(?:e|es|ed|ing)\b",
        r"\bresults? in\b",
        r"\bdriv(?:e|es|en)\b",
        "导致",
    ),
    (
        r"\bmak(?:e|es|ing) (?:people|you|them|shoppers|viewers)\b",
        r"\bencourag",
        r"\bmakes it\b",
        "使得",
        "促使",
    ),
)
_COMPARISONS = {
    "more": r"\b(?:more|higher|better|greater|stronger|bigger|larger|longer|newer|older|above)\b|更|高于|多于|超过",
    "less": r"\b(?:less|fewer|lower|weaker|worse|smaller|shorter|below)\b|更少|更低|低于|少于",
    "most": r"\b(?:most|highest|strongest|best|top|greatest|largest|biggest|favou?rites?|peaks?|newest|oldest)\b|最",
    "least": r"\b(?:least|lowest|weakest|worst|smallest|fewest)\b|最少|最低|最弱",
}
_HEDGED = re.compile(
    r"\b(?:more|less|fewer) than (?=[\d a-z-]*\d)|\bat (?:most|least) (?=\d)|(?:超过|多于|少于|最多|最少)(?=\d)",
    re.I,
)
_CONTRAST = re.compile(r"[(（]([\d.]+) %[)）][;；][^\d%]*([\d.]+) %")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a sentence says and no evidence does."""

    kind: ProblemKind
    span: str
    """The words as the sentence has them."""
    why: str
    """For a log or a developer: one clause."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check found: `ok` where there is no problem, and the evidence that the sentence rests on."""

    ok: bool
    problems: tuple[Problem, ...] = ()
    evidence_ids: tuple[str, ...] = ()


class _Word(NamedTuple):
    text: str
    key: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Mention:
    """A title of the catalogue in a text."""

    key: tuple[str, ...]
    start: int
    end: int


_OF_A_MONTH = re.compile(r" \d{4}-\d\d$")
"""Names of a series that a chart draws: a sentence may say of it what the fact's own text says, no other month's count."""


@dataclass(frozen=True)
class _Fact:
    """One Evidence, read once for a check."""

    evidence: Evidence
    order: tuple[tuple[str, ...], ...]
    """Its titles as its text has them: first what was held, then what came with it."""
    titles: frozenset[tuple[str, ...]]
    words: frozenset[str]
    blanked: str
    """Its text without its titles."""

    @cached_property
    def values(self) -> tuple[tuple[float, bool], ...]:
        """Numbers that may be said, each with whether it is a share; read when a sentence says a number of it."""
        named = self.evidence.numbers.items()
        exact = [
            (value, _is_share(name, value))
            for name, value in named
            if not name.endswith("year") and not _OF_A_MONTH.search(name)
        ]
        values = list(exact)
        for number in numbers_in(self.blanked):
            if any(number.may_mean(value, share=share) for value, share in exact):
                continue  # rounded in the text already: 1.48 % told as 1.5 % is no 2 %
            if is_year(number, self.blanked):
                continue
            percent = number.unit == "percent"
            values.append((number.value / 100 if percent else number.value, percent))
        return tuple(values)

    @cached_property
    def years(self) -> frozenset[float]:
        """Years, which count nothing: "(1959)" bears out no "1959 people"."""
        said = {number.value for number in numbers_in(self.blanked) if is_year(number, self.blanked)}
        return frozenset(said).union(v for name, v in self.evidence.numbers.items() if name.endswith("year"))

    @cached_property
    def labels(self) -> frozenset[tuple[str, str]]:
        """Names that end in a number: ("Store", "367")."""
        return frozenset(_LABEL.findall(self.blanked))

    def says(self, number: Number) -> bool:
        return any(number.may_mean(value, share=share) for value, share in self.values)


class Grounder:
    """Checks sentences against evidence over one catalogue's titles; build it once, nothing in it changes."""

    def __init__(self, titles: Iterable[str]) -> None:
        """Prepare the matcher: a look-up from a title's first two words to the titles that begin so.

        Args:
            titles: Every title of the catalogue, as people read it.
        """
        self._titles: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        capitals = words = 0
        for title in dict.fromkeys(titles):
            parts = _words(_YEAR_END.sub("", title))
            if not parts:
                continue
            key = tuple(part.key for part in parts)
            self._titles.setdefault(key[:2], []).append(key)
            later = [part.text for part in parts[1:] if part.key not in _SMALL]
            words += len(later)
            capitals += sum(text[0].isupper() for text in later)
        for keys in self._titles.values():
            keys.sort(key=len, reverse=True)
        # In a catalogue of "Salsa and picante sauce" a small letter says nothing; among films "heat" is no Heat.
        self._cased = capitals > words / 2

    def check(self, sentence: str, evidence: Sequence[Evidence], titles: Iterable[str] = ()) -> Verdict:
        """Check one sentence.

        Args:
            sentence: One sentence of an answer, in English or Chinese.
            evidence: The facts of this turn; each number must be in a fact that carries the title spoken of.
            titles: Titles that may be said beside those in the evidence (the items of the turn, and those
                that the person named).
        """
        return self.over(evidence, titles).check(sentence)

    def over(self, evidence: Sequence[Evidence], titles: Iterable[str] = ()) -> Check:
        """Read the evidence once, to check several sentences against it."""
        facts = tuple(self._fact(one) for one in evidence)
        named = frozenset(_title_key(title) for title in titles)
        return Check(
            self,
            facts,
            titles=named.union(*(fact.titles for fact in facts)),
            words=frozenset(word for title in named for word in title).union(*(f.words for f in facts)),
        )

    def mentioned(self, text: str) -> tuple[str, ...]:
        """Return the catalogue's titles in a text, as the text writes them."""
        return tuple(text[m.start : m.end] for m in self.mentions(text, _words(text)))

    def _fact(self, evidence: Evidence) -> _Fact:
        words = _words(evidence.text)
        mentions = list(self.mentions(evidence.text, words))
        return _Fact(
            evidence,
            tuple(dict.fromkeys(mention.key for mention in mentions)),
            frozenset(mention.key for mention in mentions),
            frozenset(word.key for word in words) | frozenset(_singular(word.key) for word in words),
            _blank(evidence.text, mentions),
        )

    def mentions(self, text: str, words: Sequence[_Word]) -> Iterator[_Mention]:
        """Yield the longest title at each place, left to right."""
        position = 0
        while position < len(words):
            start = tuple([word.key for word in words[position : position + 2]])
            for key in (*self._titles.get(start, ()), *self._titles.get(start[:1], ())):
                run = words[position : position + len(key)]
                if tuple(word.key for word in run) == key and self._is_title(text, run, position):
                    yield _Mention(key, run[0].start, run[-1].end)
                    position += len(key) - 1
                    break
            position += 1

    def _is_title(self, text: str, run: Sequence[_Word], position: int) -> bool:
        """Whether words that spell a title are meant as one."""
        meaty = [word for word in run if word.key not in _SMALL]
        if len(meaty) >= 2 or any(word.key[0] >= "\u4e00" for word in run):
            return True
        after = text[run[-1].end : run[-1].end + 2].lstrip()
        if after[:1] in {"(", "”", "》", '"', "’", "」"} or text[run[0].start - 1 : run[0].start] in {
            "“",
            "《",
            '"',
            "「",
        }:
            return True
        if not meaty:  # "It", "That's You": only in capitals, and not where every sentence has one
            return len(run) > 1 and position > 0 and all(word.text[0].isupper() for word in run)
        return not self._cased or (
            meaty[0].text[0].isupper() and (position > 0 or len(run) > 1 or meaty[0].key not in _ADVERBS)
        )


@dataclass(frozen=True, slots=True)
class Check:
    """The evidence of one turn, ready for its sentences."""

    grounder: Grounder
    facts: tuple[_Fact, ...]
    titles: frozenset[tuple[str, ...]]
    """Titles that may be said: those of the facts and of the turn's items."""
    words: frozenset[str]
    """Every word of the facts and of those titles."""

    def check(self, sentence: str) -> Verdict:
        """Check one sentence; see `Grounder.check`."""
        words = _words(sentence)
        mentions = list(self.grounder.mentions(sentence, words))
        plain = _blank(sentence, mentions)
        used, problems = _numbers(plain, [m for m in mentions if m.key in self.titles], self.facts)
        problems += (
            Problem("title", sentence[m.start : m.end], "a title of the catalogue that no evidence carries")
            for m in mentions
            if m.key not in self.titles
        )
        problems += _foreign_names(sentence, words, mentions, self.words)
        support = used or _about({mention.key for mention in mentions}, self.facts)
        grounds = support or self.facts
        problems += _labels(plain, grounds)
        problems += _times(words, grounds)
        problems += _claims(plain, grounds)
        strange = strange_words(plain, (word for fact in grounds for word in fact.words), _SMALL)
        problems += (Problem("claim", word, "adds to the facts") for word in strange)
        ids = tuple(dict.fromkeys(fact.evidence.id for fact in used or support[: len(mentions)]))
        return Verdict(not problems, tuple(problems), ids)


_ADVERBS = frozenset(listed("also both each even here more most people shoppers such those together try two"))


def _words(text: str) -> list[_Word]:
    return [
        _Word(word := found[0], word.casefold().replace("’", "'"), *found.span())
        for found in _WORD.finditer(text)
    ]


def _title_key(title: str) -> tuple[str, ...]:
    """A title as it is compared: words in small letters, without a year at the end."""
    return tuple(word.key for word in _words(_YEAR_END.sub("", title)))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _is_share(name: str, value: float) -> bool:
    """Whether people say this number in percent; 0 and 1 only where the name says so."""
    return 0 < value < 1 or (value in {0.0, 1.0} and bool(re.search("share|confidence|support", name)))


def _blank(text: str, mentions: Sequence[_Mention]) -> str:
    """`text` with its titles blanked, places kept: "12 Angry Men" counts nothing."""
    for mention in mentions:
        text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
    return text


def _foreign_names(
    sentence: str, words: Sequence[_Word], mentions: Sequence[_Mention], said: frozenset[str]
) -> Iterator[Problem]:
    """Yield quoted and capitalised words that look like a name and are in no evidence."""
    for found in _QUOTED.finditer(sentence):
        inside = [word.key for word in words if found.start() < word.start < found.end()]
        if not said.issuperset(inside):
            yield Problem("title", found.group(), "quoted like a title, but in no evidence")
    for position, word in enumerate(words):
        covered = any(mention.start <= word.start < mention.end for mention in mentions)
        if position == 0 or covered or not word.text[0].isupper() or word.key in _SMALL | _TIMES.keys():
            continue
        opens = re.search(r"[.!?:]\s*[\"“‘(]?$", sentence[: word.start])
        if not opens and word.key not in said and _singular(word.key) not in said:
            yield Problem("title", word.text, "written like a name, but in no evidence")


def _numbers(
    plain: str, mentions: Sequence[_Mention], facts: Sequence[_Fact]
) -> tuple[list[_Fact], list[Problem]]:
    """Return the facts that carry a sentence's numbers, and the numbers that none does; its titles are blanked.

    A number belongs to the title before it, else to the one after it, else to any one fact. All numbers of one
    title come from one fact; a year may come from another fact of that title.
    """
    groups: dict[tuple[str, ...] | None, list[Number]] = {}
    for number in numbers_in(plain):
        before = [mention.key for mention in mentions if mention.start < number.start]
        title = before[-1] if before else mentions[0].key if mentions else None
        groups.setdefault(title, []).append(number)
    used: list[_Fact] = []
    problems: list[Problem] = []
    for title, numbers in groups.items():
        about = [fact for fact in facts if title is None or title in fact.titles]
        beside = [n for n in numbers if any(_beside(n, mention, plain) for mention in mentions)]
        dated = [n for n in numbers if n in beside or is_year(n, plain)]
        years = [n for n in dated if any(n.value in fact.years for fact in about)]
        problems += [
            Problem("number", number.text, "in no fact beside this title, nor its year")
            for number in beside
            if not any(_dates(fact, number) for fact in about)
        ]
        counts = [number for number in numbers if number not in (*years, *beside)]
        best = max(about, key=lambda fact: _borne_out(fact, counts, dated), default=None)
        missing = [number for number in counts if best is None or not best.says(number)]
        problems += [
            Problem("number", number.text, "in no fact that carries its title and its other numbers")
            for number in missing
        ]
        if best is not None:
            used.append(best)
            problems += _roles(best, mentions) if counts else ()
    return used, problems


def _beside(number: Number, mention: _Mention, text: str) -> bool:
    """Whether a number alone stands in brackets right after a title, where its year stands: "Alien (1979)"."""
    if number.unit != "plain":
        return False
    end = number.start + len(number.text)
    between = text[mention.end : number.start]
    return (
        not re.search(r"\w", between)
        and between.rstrip().endswith(("(", "（"))
        and text[end : end + 1] in (")", "）")
    )


def _borne_out(fact: _Fact, counts: Sequence[Number], dated: Sequence[Number]) -> int:
    """How many of the counts a fact says; where nothing is counted, how many of the years and of what is in brackets."""
    return sum(map(fact.says, counts)) if counts else sum(_dates(fact, number) for number in dated)


def _dates(fact: _Fact, number: Number) -> bool:
    return number.value in fact.years or f"({number.text})" in fact.blanked


def _roles(fact: _Fact, mentions: Sequence[_Mention]) -> Iterator[Problem]:
    """Yield a problem where the numbers of a pair are told without its titles in their order.

    312 of 1,204 baskets with X had Y: said of Y and X, or of Y alone, the same numbers are wrong.
    """
    order = tuple(dict.fromkeys(mention.key for mention in mentions if mention.key in fact.titles))
    if len(fact.order) > 1 and order != fact.order:
        said = ", ".join(" ".join(key) for key in order) or "no title"
        yield Problem("number", said, f"{fact.evidence.id} counts {', '.join(map(' '.join, fact.order))}")


def _about(titles: set[tuple[str, ...]], facts: Sequence[_Fact]) -> list[_Fact]:
    """Return the facts that carry any of the titles, those with most of them first."""
    carrying = [fact for fact in facts if titles & fact.titles]
    return sorted(carrying, key=lambda fact: -len(titles & fact.titles))


def _labels(plain: str, facts: Sequence[_Fact]) -> Iterator[Problem]:
    """Yield names with a number of which the facts know the word with other numbers only: a store of its own."""
    known = {label for fact in facts for label in fact.labels}
    words = {word for word, _ in known}
    for found in _LABEL.finditer(plain):
        if found[1] in words and found.groups() not in known:
            yield Problem("title", found.group(), "a name whose number is in no evidence")


def _times(words: Sequence[_Word], facts: Sequence[_Fact]) -> Iterator[Problem]:
    """Yield times of day, week and year that the facts do not speak of."""
    said = {_TIMES.get(word, word) for fact in facts for word in fact.words}
    for word in words:
        time = _TIMES.get(_singular(word.key))
        if time and time not in said:
            yield Problem("time", word.text, "a time that the evidence does not speak of")


def _claims(sentence: str, facts: Sequence[_Fact]) -> Iterator[Problem]:
    """Yield causes and comparisons that the facts do not say."""
    texts = " ".join(fact.evidence.text for fact in facts)
    for family in _CAUSES:
        found = re.search("|".join(family), sentence, re.I)
        if found and not re.search("|".join(family), texts, re.I):
            yield Problem("cause", found.group(), "the evidence counts; it names no cause")
    plain = _HEDGED.sub(" ", sentence)
    for side, pattern in _COMPARISONS.items():
        found = re.search(pattern, plain, re.I)
        if found and not re.search(pattern, texts, re.I) and side not in _contrasts(facts):
            yield Problem("comparison", found.group(), "the evidence compares nothing in this way")


def _contrasts(facts: Sequence[_Fact]) -> set[str]:
    """Which comparisons the facts' numbers bear out though their words do not say them."""
    sides = set()
    for fact in facts:
        found = _CONTRAST.search(fact.evidence.text)
        if found and float(found[1]) != float(found[2]):
            sides.add("more" if float(found[1]) > float(found[2]) else "less")
    return sides
