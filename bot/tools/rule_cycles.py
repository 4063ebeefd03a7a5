"""How often something is taken again, who is due, and when one person is.

Knows gaps between days. Of other people it tells numbers only; of the asker, their own rhythm.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from bot.tools import rule_best, rule_doubt
from bot.tools.rule_notes import INDEX, Question, RuleNotes
from mining.cycles import Due, Gaps

WEEK = 7
"""Days within which "due" is meant where the question does not say."""
_UNSAID = Question().within_days
_BINS = (3, 7, 14, 21, 28, 42, 56, 84, 112, 168)


def cycle(notes: RuleNotes, question: Question) -> None:
    """Note the cycle of each thing asked about, and who is due where that was asked."""
    if not question.subject:
        rule_best.mined(notes, question)
        return
    if not question.where.is_everything:
        notes.cannot_tell(
            f"A rhythm is a person's own, so it is counted over all times and {notes.place_noun}s.",
            "周期按人计算，因此包括所有时间和地点。",
        )
    for key in question.subject:
        if "mine" in notes.aspects:
            _own(notes, key, question.within_days)
        if "due" in notes.aspects and "mine" not in notes.aspects:
            _due(notes, key, question.within_days)
        _again(notes, key)
        if "chart" in notes.aspects:
            _gaps(notes, key)


def _days(within: int) -> int:
    return WEEK if within == _UNSAID else within


def _due(notes: RuleNotes, key: str, within: int) -> None:
    due = notes.book.due(notes.now, key, within_days=_days(within))
    if due.people:
        notes.say("due", due, INDEX)


def _own(notes: RuleNotes, key: str, within: int) -> None:
    """The asker's own next day, or why it is not known."""
    name, days = notes.name((key,)), notes.catalog.mining.min_cycle_days
    if notes.person is None:
        notes.cannot_tell(
            f"I do not know who you are, so I can only say how often {notes.words.people} take {name}.",
            f"我不知道您是谁，只能说一般情况下{name}的周期。",
        )
        return
    own: Due = notes.book.due(notes.now, key, within_days=_days(within), person=notes.person)
    if own.expected is None:
        notes.cannot_tell(
            f"Your own record holds {name} on fewer than {days} days, too few for a rhythm.",
            f"您的记录中{name}不足{days}天，无法判断周期。",
            {"days": days},
        )
        return
    notes.say("due", own, INDEX)


def _again(notes: RuleNotes, key: str) -> None:
    found = notes.book.cycle(key)
    if found is not None:
        notes.say("cycle", found, INDEX)
        if {"few", "chance"} & set(notes.aspects):
            _steady(notes, key, found.people, found.people_any, found.regular)
        return
    count = notes.book.count(key)
    people, days = notes.words.people, notes.catalog.mining.min_cycle_days
    index = notes.book.index
    rows = index.rows_with(key)
    often = len(Gaps.of(index.person[rows], index.day[rows]).enough(days).medians()[0])
    notes.cannot_tell(
        f"The data cannot tell how often: of {count.people_x:,} {people} who {notes.words.verb} {notes.name((key,))} at "
        f"all, {often or 'none'} did so on {days} or more days.",
        f"{count.people_x:,}{notes.words.people_zh}中只有{often}{notes.words.people_zh}在{days}个以上不同日子"
        f"{notes.words.verb_zh}{notes.name((key,))}，无法判断周期。",
        {"days": days, "people_any": count.people_x, "people": often},
    )


def _steady(notes: RuleNotes, key: str, people: int, any_people: int, regular: float) -> None:
    holds = people >= rule_doubt.EXPECTED * notes.book.config.min_cycle_days
    notes.tell(
        "people",
        f"{people:,} of the {any_people:,} {notes.words.people} who ever {notes.words.verb} {notes.name((key,))} have a "
        f"rhythm; {100 * regular:.0f} % of their gaps lie within half of their own usual gap.",
        f"{any_people:,}{notes.words.people_zh}中有{people:,}{notes.words.people_zh}有规律；{100 * regular:.0f} %的间隔接近各自的常态。",
        keys=(key,),
        numbers={
            "people": people,
            "people_any": any_people,
            "regular": regular,
            "within": 0.5,
            "holds": float(holds),
        },
    )


def _gaps(notes: RuleNotes, key: str) -> None:
    """How many gaps there are of each length: what a histogram draws."""
    index = notes.book.index
    rows = index.rows_with(key)
    days = Gaps.of(index.person[rows], index.day[rows]).enough(notes.catalog.mining.min_cycle_days).days
    if not len(days):
        return
    edges = np.array([1, *(edge + 1 for edge in _BINS)])
    held = np.bincount(np.searchsorted(edges, days, side="right") - 1, minlength=len(edges))
    names = [f"{low}-{high - 1}" for low, high in pairwise(edges)] + [f"{edges[-1]}+"]
    top = int(held.argmax())
    notes.tell(
        "gaps",
        f"of {len(days):,} gaps between days with {notes.name((key,))}, most ({held[top]:,}) are {names[top]} days long.",
        f"{notes.name((key,))}的{len(days):,}个间隔中，最多的（{held[top]:,}个）为{names[top]}天。",
        keys=(key,),
        numbers={f"gaps {name}": float(n) for name, n in zip(names, held, strict=True)} | {"gaps": len(days)},
    )
