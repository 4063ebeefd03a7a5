"""What rises, fades or peaks: of one thing, or which things of a category did, in a month or a season.

Knows tested series of months and weeks. It refuses to call a change a trend that the noise between them explains.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.tools import rule_doubt
from bot.tools.rule_notes import BOOK, INDEX, Question, RuleNotes
from mining.columns import CATEGORY_PREFIX
from mining.context import MONTHS, SEASONS
from mining.rule import Direction, Trend

_EVERY = 1_000_000
_TOWARDS: dict[str, Direction] = {"more": "rising", "less": "fading"}
"""The direction that "are we selling fewer of them?" supposes."""
_LATELY = 2
"""Months or weeks at the end of the data that "lately" covers; the last one may be torn."""


def trend(notes: RuleNotes, question: Question) -> None:
    """Note the trend of the subject, or the things that changed."""
    subject = question.subject
    lists = not subject or (not question.items and "list" in notes.aspects)
    for key in subject:
        found = notes.book.trend(key)
        notes.say("trend", found, INDEX, more=_as_asked(notes, question, found))
        if {"month", "when"} & set(notes.aspects):
            notes.say("context", notes.book.profile((key,), "month"), INDEX)
        if question.where.context:
            count = notes.book.count(key, (), question.where)
            notes.say("count", count, INDEX)
            rule_doubt.chance_of(notes, count)
    if subject and {"few", "chance", "popular", "places"} & set(notes.aspects):
        _noise(notes, notes.book.trend(subject[0]))
    if lists:
        changed(notes, question)


def _as_asked(notes: RuleNotes, question: Question, found: Trend) -> dict[str, float]:
    """Whether the trend is what the question supposed, where it supposed one.

    A peak is neither rising nor fading for good. It answers "did it rise in October?" where it lies there, "is it
    getting popular?" where it lies in the last windows, and "is it on its way down?" not at all: that it fell after its
    peak is said, and no yes or no.
    """
    asked = set(notes.aspects)
    if "seasonal" in asked:
        return {"holds": float(found.direction in ("peak", "season"))}
    wanted = {"rising", "fading"} & asked or {_TOWARDS[one] for one in ("more", "less") if one in asked}
    if len(wanted) == 1 and found.direction in ("peak", "season"):
        months = _months(notes, question)
        inside = (
            bool(found.peak) and found.unit == "month" and MONTHS[int(found.peak.split("-")[1]) - 1] in months
        ) or (not months and found.peak in found.labels[-_LATELY:])
        return {"holds": 1.0} if inside and "rising" in wanted else {}
    if len(wanted) == 1:
        return {"holds": float(found.direction in wanted)}
    return {"holds": 0.0} if found.direction == "steady" else {}


def _noise(notes: RuleNotes, found: Trend) -> None:
    """Whether the noise between windows explains the change."""
    stands = found.direction != "steady" and found.p <= rule_doubt.LEVEL
    numbers = {"p": found.p, "bound": 1e-4, "dispersion": found.dispersion, "holds": float(stands)}
    said = f"p = {found.p:.2g}" if found.p >= 1e-4 else "p below 0.0001"
    notes.tell(
        "chance",
        f"the noise between {found.unit}s {'does not explain' if stands else 'can explain'} the change in "
        f"{notes.name((found.key,))} ({said}).",
        f"{notes.name((found.key,))}的变化{'超出' if stands else '未超出'}正常波动（{said}）。",
        keys=(found.key,),
        numbers=numbers,
    )


def changed(notes: RuleNotes, question: Question) -> None:
    """Note the things whose tested series rose, faded or peaked as asked, in the months of the slice."""
    months = _months(notes, question)
    wanted: list[Direction] = ["rising"] if "rising" in notes.aspects else []
    wanted += ["fading"] if "fading" in notes.aspects else []
    rules = notes.book.lookup(category=question.category, kind="trend", k=_EVERY)
    found = [rule for rule in rules if isinstance(rule, Trend) and _of_kind(notes, rule)]
    chosen = [one for one in found if _fits(one, wanted, months)]
    if not chosen and wanted == ["rising"] and months:
        chosen = [one for one in found if _fits(one, [], months)]
    for one in sorted(chosen, key=_order(months))[: question.k]:
        notes.say("trend", one, BOOK)
        for key in notes.shown((one.key,)):
            notes.item(key, one.slope, {"trend": one.slope})
    if not chosen:
        where = f" in {' or '.join(month.capitalize() for month in months)}" if months else ""
        what = " or ".join(wanted) or "changing"
        notes.cannot_tell(
            f"Nothing{where} passed the test for {what}: what moved stays within the noise between "
            f"{notes.book.index.periods.unit}s ({len(found):,} series did pass for another time or direction).",
            f"没有通过检验的变化（其他时间或方向有{len(found):,}个）。",
            {"n": len(found)},
        )


def _of_kind(notes: RuleNotes, one: Trend) -> bool:
    """Whether a series is of what was asked for: "which genres?" asks for categories."""
    return "kinds" not in notes.aspects or one.key.startswith(CATEGORY_PREFIX)


def _months(notes: RuleNotes, question: Question) -> tuple[str, ...]:
    """Return the months that the words of the slice cover: October, or the three of autumn."""
    season_of = notes.catalog.calendar.season_of_month
    words = set(question.where.context)
    named = [month for month in MONTHS if month in words]
    return tuple(named or [month for at, month in enumerate(MONTHS) if SEASONS[season_of[at]] in words])


def _fits(one: Trend, wanted: list[Direction], months: tuple[str, ...]) -> bool:
    if one.direction == "steady":
        return False
    if months:
        if one.unit != "month" or not one.peak or MONTHS[int(one.peak.split("-")[1]) - 1] not in months:
            return False
        return "fading" not in wanted or one.direction == "fading"
    return not wanted or one.direction in wanted


def _order(months: tuple[str, ...]) -> Callable[[Trend], tuple[int, float]]:
    """Rising and fading things first, peaks after them, each best first; in a month, the highest peaks first."""

    def by(one: Trend) -> tuple[int, float]:
        return (0 if months or one.direction in ("rising", "fading") else 1, -one.score)

    return by
