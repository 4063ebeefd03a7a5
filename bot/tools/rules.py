"""Which counts answer a question about rules: the work behind `lookup_rules`.

Knows the kinds of questions and who answers each: a module a noun beside this one. It refuses to read words (see
`bot.tools.resolve`) and to compute statistics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.dialogue.turn import ToolResult
from bot.tools import rule_best, rule_counts, rule_cycles, rule_times, rule_trends
from bot.tools.rule_notes import INDEX, Question, RuleNotes

if TYPE_CHECKING:
    from bot.tools.toolbox import Toolbox

__all__ = ["Question", "answer"]

_BEST = frozenset(("surprising", "useful", "strongest"))


def answer(box: Toolbox, question: Question) -> ToolResult:
    """Answer with rules and exact counts."""
    notes = RuleNotes(box)
    answers: dict[str, Callable[[RuleNotes, Question], None]] = {
        "together": rule_counts.together,
        "next": rule_counts.following,
        "context": rule_times.context,
        "cycle": rule_cycles.cycle,
        "trend": rule_trends.trend,
        "any": _any,
    }
    unseen = [key for key in (*question.subject, *question.with_items) if not notes.book.index.has(key)]
    if unseen:
        _never(notes, unseen)
    elif (
        "count" in notes.aspects
        and question.kind not in ("cycle", "next", "trend")
        and question.subject
        and not question.with_items
        and not question.against
    ):
        rule_counts.alone(notes, question)
    elif question.against is not None:
        rule_times.compare(notes, question, question.against)
    else:
        answers[question.kind](notes, question)
    return notes.result()


def _never(notes: RuleNotes, unseen: list[str]) -> None:
    """Note that no basket ever held something: a count too."""
    n = len(notes.book.index)
    name = notes.name(tuple(unseen[:1]))
    notes.tell(
        "count",
        f"None of all {n:,} {notes.words.baskets} had {name}.",
        f"全部{n:,}{notes.words.baskets_zh}中都没有{name}。",
        keys=tuple(unseen[:1]),
        numbers={"n": n, "n_x": 0},
    )


def _any(notes: RuleNotes, question: Question) -> None:
    """No kind was named: the slice's own rules, or for a subject what goes with it and when it is strongest."""
    best = bool(_BEST & set(notes.aspects)) and not question.items
    if not question.subject or (best and not question.with_items):
        rule_best.mined(notes, question)
        return
    rule_counts.together(notes, question)
    if not question.with_items:
        if not question.where.is_everything:
            rule_times.sliced(notes, question)
        else:
            notes.say("context", notes.book.profile(question.subject, "daypart"), INDEX)
