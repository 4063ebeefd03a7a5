"""When and where something is strongest, and how two times or places differ.

Knows dimensions of time and place. It refuses to decide by itself that a lead is real: every lead comes with its test.
"""

from __future__ import annotations

import math
from dataclasses import replace

from bot.dialogue.aspects import DOUBTS, Aspect
from bot.dialogue.chart import WEEKDAYS, Part, strongest
from bot.tools import rule_best, rule_doubt
from bot.tools.rule_notes import INDEX, Question, RuleNotes
from mining.compare import Comparison
from mining.count import Count, Slice
from mining.phrases import where_said
from mining.profile import By, Profile

_NARROW: dict[Aspect, tuple[By, ...]] = {
    "hour": ("hour", "daypart"),
    "season": ("season", "month"),
    "day": ("weekday",),
    "month": ("month",),
}
"""Words that ask for one unit of time only."""
_MANY = 20
"""More places than this are said as "the others", not one by one."""
_OTHERS = "others"


def context(notes: RuleNotes, question: Question) -> None:
    """Note the count of a slice, or when and where the subject is strongest."""
    subject = question.subject
    if not subject:
        rule_best.in_slice(notes, question)
        return
    if not question.where.is_everything:
        sliced(notes, question)
        return
    profiles = [notes.book.profile(subject, by) for by in _dimensions(notes)]
    profiles = sorted((one for one in profiles if len(one) > 1), key=lambda one: not one.can_tell)
    for profile in profiles:
        kind = "context" if profile.can_tell or not profiles[0].can_tell else "profile"
        notes.say(kind, profile, INDEX)
    if "chart" in notes.aspects and not {"where", "month"} & set(notes.aspects):
        heat(notes, subject)
    if DOUBTS & set(notes.aspects) and profiles:
        _doubted(notes, subject, profiles[0])


def _dimensions(notes: RuleNotes) -> tuple[By, ...]:
    asked = notes.aspects
    places: tuple[By, ...] = ("region", "place") if len(notes.catalog.places) else ()
    times: tuple[By, ...] = ("daypart", "weekday", "month")
    narrow = tuple(by for aspect, chosen in _NARROW.items() if aspect in asked for by in chosen)
    if "where" in asked and places and "when" not in asked:
        return places
    if narrow:
        return narrow
    return times if "when" in asked and "where" not in asked else (*times, *places)


def sliced(notes: RuleNotes, question: Question) -> None:
    """Note the count of one slice, the share outside it, and whether chance explains the difference."""
    count = notes.book.count(question.subject, question.with_items, question.where)
    notes.say("count", count, INDEX, more=_as_asked(notes, count))
    if DOUBTS & set(notes.aspects):
        rule_doubt.slice_of(notes, question.subject, question.where)
    elif not question.with_items:
        rule_doubt.chance_of(notes, count)
    if "chart" in notes.aspects:
        heat(notes, question.subject)


def _as_asked(notes: RuleNotes, count: Count) -> dict[str, float]:
    """Whether a slice holds more, or less, as the question supposes, where chance does not explain it."""
    wanted = {"more", "less"} & set(notes.aspects)
    if len(wanted) != 1 or count.outside is None or count.y or not count.outside.n:
        return {}
    above = count.share > count.outside.share
    if above != ("more" in wanted):
        return {"holds": 0.0}
    real = rule_doubt.difference(notes, count) <= rule_doubt.LEVEL
    return {"holds": 1.0} if real or _plainly(count) else {}


def _plainly(count: Count) -> bool:
    """Whether the counts alone leave no doubt which share is higher, whoever is behind them."""
    other = count.outside
    if other is None or not count.n or not other.n:
        return False
    pooled = (count.n_x + other.n_x) / (count.n + other.n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / count.n + 1 / other.n))
    return min(count.n_x, other.n_x) >= _ENOUGH and abs(count.share - other.share) > _FAR * error


_ENOUGH, _FAR = 10, 5.0
"""Baskets with the thing on each side, and standard errors between the two shares."""


def _doubted(notes: RuleNotes, subject: tuple[str, ...], profile: Profile) -> None:
    """Doubt the lead of a profile: its leader against everything else."""
    leader = profile.leader
    if leader is None:
        return
    placed = profile.by in ("place", "region")
    where = Slice(place=leader.value) if placed else Slice(context=(leader.value,))
    if profile.by != "hour":
        rule_doubt.slice_of(notes, subject, where)


def _sided(notes: RuleNotes, compared: Comparison) -> dict[str, float]:
    """Whether the first of two slices holds more, or less, as the question supposes."""
    asked = {_TOWARDS.get(aspect) for aspect in notes.aspects} - {None}
    if len(asked) != 1 or compared.ratio != compared.ratio:
        return {}
    if (compared.ratio > 1) != ("more" in asked):
        return {"holds": 0.0}
    return {"holds": 1.0} if compared.p < rule_doubt.LEVEL else {}


_TOWARDS: dict[Aspect, str] = {"more": "more", "rising": "more", "less": "less", "fading": "less"}
"""The direction that words of a comparison suppose: "November against October: did it jump?"."""


def _drawn(notes: RuleNotes, compared: Comparison) -> dict[str, float]:
    """The two sides as a series that can be drawn, where a drawing is asked for."""
    if "chart" not in notes.aspects:
        return {}
    sides = [
        (where_said(one.where, notes.names, notes.lang) or "overall", *compared.of(one)[:2])
        for one in (compared.first, compared.second)
    ]
    return {f"{name} {side}": value for side, n, held in sides for name, value in (("n", n), ("n_x", held))}


def heat(notes: RuleNotes, subject: tuple[str, ...]) -> None:
    """Note the share for each weekday and hour: what a heat map draws."""
    cells = {
        (day, int(row.value)): Part(row.n, row.n_x)
        for day in WEEKDAYS
        for row in notes.book.profile(subject, "hour", Slice(context=(day,)))
    }
    best = strongest(cells)
    if best is None:
        return
    (day, hour), top = best, cells[best]
    n, n_x = sum(part.n for part in cells.values()), sum(part.n_x for part in cells.values())
    share = top.n_x / top.n
    numbers: dict[str, float] = {"hour": hour, "share": share, "n": n, "n_x": n_x, "share_all": n_x / n}
    for (weekday, at), part in cells.items():
        numbers |= {f"n {weekday} {at}": part.n, f"n_x {weekday} {at}": part.n_x}
    notes.tell(
        "heat",
        f"by weekday and hour {notes.name(subject)} is highest on {day.capitalize()}s from {hour:02}:00: "
        f"{top.text(notes.words.baskets)}.",
        f"{notes.name(subject)}按星期和小时看占比最高：{top.n:,}{notes.words.baskets_zh}中的{top.n_x:,}（{100 * share:.1f} %）。",
        keys=subject,
        numbers=numbers,
    )


def compare(notes: RuleNotes, question: Question, against: Slice) -> None:
    """Note the same share in two slices, their ratio and whether chance explains the difference."""
    subject = question.subject
    if not subject:
        for where in (question.where, against):
            rule_best.in_slice(notes, Question(where=where, kind="context", k=2))
        return
    ends: list[tuple[str, ...]] = [question.with_items]
    if question.kind == "together" and not question.with_items:
        partners = notes.book.partners(subject, question.where, question.k, among=question.among)
        ends = [count.y for count in partners] or ends
    for y in ends[: question.k]:
        compared = notes.book.compare(subject, y, question.where, against)
        said, names = compared, notes.names
        if len(against.places) > _MANY:
            where = replace(compared.second.where, place=_OTHERS)
            said = replace(compared, second=replace(compared.second, where=where))
            names = {**names, _OTHERS: f"the other {notes.place_noun}s" if not notes.zh else "其他地点"}
        notes.note(
            "compare",
            said.sentence(names, notes.lang, wording=notes.words),
            items=notes.shown((*subject, *y)),
            numbers=compared.numbers() | _sided(notes, compared) | _drawn(notes, compared),
            source=INDEX,
        )
