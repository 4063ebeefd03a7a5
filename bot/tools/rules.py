"""Which counts answer a question about rules: the work behind `lookup_rules`.

Knows the kinds of questions and where each is answered: the rule book where something was mined, the basket index
where it must be counted now. It refuses to read words (see `bot.tools.resolve`) and to compute statistics.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.dialogue.turn import ToolResult
from bot.errors import ToolInputError
from bot.tools.facts import Notes
from mining.count import EVERYTHING, Count, Slice

if TYPE_CHECKING:
    from bot.tools.toolbox import Toolbox

BOOK, INDEX = "rule book", "counted in the basket index"
FEW = 3
"""Fewer people than this behind a pair: the answer says that the data cannot tell."""


@dataclass(frozen=True)
class Question:
    """A question about rules, every name resolved."""

    items: tuple[str, ...] = ()
    with_items: tuple[str, ...] = ()
    category: str | None = None
    where: Slice = EVERYTHING
    against: Slice | None = None
    within_days: int = 30
    kind: str = "any"
    k: int = 5

    @property
    def subject(self) -> tuple[str, ...]:
        """What the question is about: its items, else its category."""
        if self.items:
            return self.items
        return (f"category:{self.category}",) if self.category else ()

    @property
    def among(self) -> str | None:
        """The category that answers must be of: the one named beside an item."""
        return self.category if self.items else None


def answer(box: Toolbox, question: Question) -> ToolResult:
    """Answer with rules and exact counts."""
    notes = _RuleNotes(box)
    answers: dict[str, Callable[[_RuleNotes, Question], None]] = {
        "together": _together,
        "next": _next,
        "context": _context,
        "cycle": _cycle,
        "trend": _trend,
        "any": _any,
    }
    if question.against is not None:
        _compare(notes, question, question.against)
    else:
        answers[question.kind](notes, question)
    return notes.result()


class _RuleNotes(Notes):
    """Notes that know how rules say themselves in this catalogue."""

    def __init__(self, box: Toolbox) -> None:
        super().__init__(box.catalog, box.first)
        self.book = box.catalog.rules
        self.names = self.book.names()
        self.lang = box.lang
        self.zh = box.lang == "zh"

    def say(self, kind: str, rule: Any, source: str, *, suffix: str = "") -> None:
        """Note a rule, count, cycle, trend or profile by its own sentence, and propose what it leads to."""
        sentence = rule.sentence(self.names, self.lang, wording=self.catalog.mining.wording)
        keys = [*getattr(rule, "x", ()), *getattr(rule, "y", ()), *getattr(rule, "keys", ())]
        self.note(
            kind,
            f"{sentence}{suffix}",
            items=[key for key in keys if key in self.catalog.titles],
            numbers=rule.numbers(),
            source=source,
        )

    def propose(self, count: Any) -> None:
        """Propose the items that a count or rule leads to, scored by its lift."""
        for key in getattr(count, "y", ()) or getattr(count, "consequent", ()):
            if key in self.catalog.titles:
                parts = {"confidence": count.confidence, "lift": count.lift}
                self.item(key, count.lift if math.isfinite(count.lift) else 0.0, parts)

    def name(self, keys: tuple[str, ...]) -> str:
        """The readable name of what a question is about."""
        return " + ".join(self.names.get(key, key.removeprefix("category:")) for key in keys)

    def cannot_tell(self, english: str, chinese: str, numbers: dict[str, float] | None = None) -> None:
        """Note that the data do not answer, and why."""
        self.note("notice", chinese if self.zh else english, numbers=numbers, source=INDEX)


def _together(notes: _RuleNotes, question: Question) -> None:
    subject = question.subject
    if not subject:
        _mined(notes, question, "together")
        return
    if question.with_items:
        _pair(notes, question)
        return
    partners = notes.book.partners(subject, question.where, question.k, among=question.among)
    for count in partners:
        notes.say("rule", count, INDEX)
        notes.propose(count)
    if not partners:
        count = notes.book.count(subject, (), question.where)
        notes.say("count", count, INDEX)
        notes.cannot_tell(
            f"Nothing goes with {notes.name(subject)} there more than a few {notes.catalog.mining.wording.people} "
            "show: the data cannot tell.",
            f"与{notes.name(subject)}搭配的记录太少，数据无法判断。",
        )


def _pair(notes: _RuleNotes, question: Question) -> None:
    """One pair, counted exactly, with the odds ratio that basket size, place and month do not explain."""
    x, y = question.subject, question.with_items
    count = notes.book.count(x, y, question.where)
    notes.say("count", count, INDEX)
    notes.propose(count)
    if count.people_xy >= FEW:
        adjusted = notes.book.adjusted(x, y, question.where)
        notes.say("adjusted", adjusted, INDEX)


def _next(notes: _RuleNotes, question: Question) -> None:
    subject = question.subject
    if not subject:
        _mined(notes, question, "next")
        return
    rules = notes.book.next_after(
        subject, question.within_days, question.with_items, question.where, question.k
    )
    for rule in rules:
        notes.say("next", rule, INDEX)
        notes.propose(rule)
    if not rules:
        notes.say("count", notes.book.count(subject, (), question.where), INDEX)
        notes.cannot_tell(
            f"Nothing follows {notes.name(subject)} within {question.within_days} days more often than it follows "
            "anything else.",
            f"{question.within_days}天内，没有什么比平时更常出现在{notes.name(subject)}之后。",
            {"within_days": question.within_days},
        )


def _context(notes: _RuleNotes, question: Question) -> None:
    subject = question.subject
    if not subject:
        _mined(notes, question, "context")
        return
    if not question.where.is_everything:
        notes.say("count", notes.book.count(subject, question.with_items, question.where), INDEX)
        return
    for by in ("daypart", "weekday", "month", *(("region", "place") if len(notes.catalog.places) else ())):
        profile = notes.book.profile(subject, by)
        if len(profile) > 1:
            notes.say("context", profile, INDEX)


def _cycle(notes: _RuleNotes, question: Question) -> None:
    subject = question.subject
    if not subject:
        _mined(notes, question, "cycle")
        return
    for key in subject:
        cycle = notes.book.cycle(key)
        if cycle is not None:
            notes.say("cycle", cycle, INDEX)
            continue
        count = notes.book.count(key)
        people = notes.catalog.mining.wording.people
        days = notes.catalog.mining.min_cycle_days
        notes.cannot_tell(
            f"Too few {people} took {notes.name((key,))} on {days} or more days to tell how often "
            f"({count.people_x:,} {people} took it at all).",
            f"在{days}个以上不同日子{notes.catalog.mining.wording.verb_zh}{notes.name((key,))}的人太少，无法判断周期。",
            {"days": days, "people": count.people_x},
        )


def _trend(notes: _RuleNotes, question: Question) -> None:
    subject = question.subject
    if not subject:
        _mined(notes, question, "trend")
        return
    for key in subject:
        notes.say("trend", notes.book.trend(key), INDEX)


def _any(notes: _RuleNotes, question: Question) -> None:
    """No kind was named: the slice's own rules, or for a subject what goes with it and when it is strongest."""
    if not question.subject:
        _mined(notes, question, "any")
        return
    _together(notes, question)
    if not question.with_items:
        if not question.where.is_everything:
            _context(notes, question)
        else:
            notes.say("context", notes.book.profile(question.subject, "daypart"), INDEX)


def _mined(notes: _RuleNotes, question: Question, kind: Any) -> None:
    """The best mined rules of a kind, a category or a slice."""
    rules = notes.book.lookup(
        with_items=question.with_items,
        category=question.category,
        where=question.where,
        kind=kind,
        k=question.k,
    )
    for rule in rules:
        notes.say(getattr(rule, "kind", "rule"), rule, BOOK)
        if hasattr(rule, "confidence") or hasattr(rule, "count"):
            notes.propose(getattr(rule, "count", rule))
    if not rules:
        notes.cannot_tell(
            "No rule passed the tests for that: what is there could be chance.",
            "没有通过检验的规则：看到的差别可能只是偶然。",
        )


def _compare(notes: _RuleNotes, question: Question, against: Slice) -> None:
    """The same counts in two slices, and the ratio of their shares."""
    subject = question.subject
    if not subject:
        raise ToolInputError(
            "`against` compares one item or category in two slices: give `item` or `category`"
        )
    if question.kind == "together" and not question.with_items:
        partners = notes.book.partners(subject, question.where, question.k, among=question.among)
        pairs: list[tuple[str, ...]] = [count.y for count in partners]
    else:
        pairs = [question.with_items]
    for y in pairs[: question.k]:
        here = notes.book.count(subject, y, question.where)
        there = notes.book.count(subject, y, against)
        notes.say("compare", here, INDEX)
        notes.say("compare", there, INDEX)
        _ratio(notes, subject, y, here, there)


def _ratio(notes: _RuleNotes, x: tuple[str, ...], y: tuple[str, ...], here: Count, there: Count) -> None:
    first, second = (here.confidence, there.confidence) if y else (here.share, there.share)
    if not (math.isfinite(first) and math.isfinite(second)) or not second:
        notes.cannot_tell(
            "One of the two slices holds too little to compare.", "其中一个范围的数据太少，无法比较。"
        )
        return
    ratio = first / second
    subject = notes.name((*x, *y))
    notes.note(
        "compare",
        f"{subject}：前者是后者的 {ratio:.2f} 倍。"
        if notes.zh
        else f"For {subject} the first share is {ratio:.2f} times the second.",
        items=[key for key in (*x, *y) if key in notes.catalog.titles],
        numbers={"ratio": ratio, "first": first, "second": second},
        source=INDEX,
    )
