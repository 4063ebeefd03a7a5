"""The rule book for people who look around in it: filtered lists, and charts of what one thing does over time.

Knows the questions of a list with filters and which counts a chart needs. It refuses to know pages and drawing; the
numbers are `mining`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pandas as pd

from bot.catalogue import OpenCatalog
from bot.dialogue import chart
from bot.dialogue.chart import Chart, ChartKind, Part
from bot.errors import ToolInputError
from bot.service import Opinion, RuleFilter, RuleLine
from bot.tools import resolve
from mining.columns import NO_DAY
from mining.count import EVERYTHING, Slice
from mining.cycles import Gaps
from mining.rule import AnyRule, NextRule, Rule
from mining.rulebook import RuleBook

MOST = 5_000
"""Of how many of the strongest rules a list is ordered by another measure than strength."""
_LINKS = 16
_BINS = 12


def rule_lines(catalog: OpenCatalog, chosen: RuleFilter, now: datetime) -> tuple[RuleLine, ...]:
    """Return the rules that a person wants to see."""
    return tuple(_line(catalog, rule) for rule in _rules(catalog, chosen, now, chosen.k))


def draw(catalog: OpenCatalog, kind: ChartKind, chosen: RuleFilter, now: datetime) -> Chart:
    """Return one chart of the chosen thing, or of what the first rule is about.

    Raises:
        ToolInputError: a name is unknown, or there is nothing to draw.
    """
    if kind == "network":
        return _network(catalog, chosen, now)
    subject = _subject(catalog, chosen, now)
    name = name_of(catalog, subject)
    if kind == "heatmap":
        return heat(catalog, subject, name, _where(catalog, chosen, now, timeless=True))
    if kind == "histogram":
        return repeats(catalog, subject, name)
    if kind == "line":
        return over_time(catalog, subject, name)
    raise ToolInputError(f"there is no chart {kind!r} here; there are heatmap, network, histogram and line")


def opinions(catalog: OpenCatalog, history: pd.DataFrame) -> tuple[Opinion, ...]:
    """Return the likes, dislikes and "seen" of a history, the latest first.

    Args:
        catalog: Names the items; those that it no longer has are left out.
        history: The person's interaction frame.
    """
    said = history[history["kind"].isin(("like", "dislike", "seen"))].iloc[::-1]
    return tuple(
        Opinion(item=item, title=catalog.titles[item], verdict=verdict, at=None if pd.isna(at) else at)
        for item, verdict, at in zip(said["item"].astype(str), said["kind"], said["at"], strict=True)
        if item in catalog.titles
    )


def name_of(catalog: OpenCatalog, key: str) -> str:
    """Return what people call an item or a category."""
    return catalog.rules.names().get(key, key.removeprefix("category:"))


def heat(catalog: OpenCatalog, key: str, name: str, where: Slice = EVERYTHING) -> Chart:
    """Count the baskets of each weekday and hour, and those with the key.

    Raises:
        ToolInputError: no basket holds it.
    """
    index = _indexed(catalog, key).index
    inside = index.bits_where(where)
    cells = []
    for bits in (inside, inside & index.bits_with(key)):
        rows = index.layout.rows_of(bits)
        rows = rows[index.day[rows] != NO_DAY]
        weekday = (index.day[rows].astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
        cells.append(np.bincount(weekday * 24 + index.hour[rows], minlength=168).tolist())
    parts = {
        (day, hour): Part(cells[0][24 * at + hour], cells[1][24 * at + hour])
        for at, day in enumerate(chart.WEEKDAYS)
        for hour in range(24)
    }
    return chart.heatmap(name, parts, baskets=catalog.mining.wording.baskets)


def repeats(catalog: OpenCatalog, key: str, name: str) -> Chart:
    """Return the histogram of people's median gaps, with the cycle's own sentence.

    Raises:
        ToolInputError: no basket holds it.
    """
    book = _indexed(catalog, key)
    wording = catalog.mining.wording
    rows = book.index.rows_with(key)
    gaps = Gaps.of(book.index.person[rows], book.index.day[rows]).enough(catalog.mining.min_cycle_days)
    _, medians = gaps.medians()
    cycle = book.cycle(key)
    return chart.histogram(
        name,
        _bins(medians.tolist()),
        what=wording.people,
        sentence="" if cycle is None else cycle.sentence(book.names(), wording=wording),
    )


def _bins(days: list[float]) -> list[tuple[str, int]]:
    """Count days in bins of one width, the last one open: all but the longest twentieth fit before it."""
    if not days:
        return []
    width = max(1, int(np.ceil(np.quantile(days, 0.95) / _BINS)))
    bins = np.minimum((np.asarray(days) - 0.5) // width, _BINS).astype(int)
    counts = np.bincount(np.maximum(bins, 0), minlength=_BINS + 1).tolist()
    names = [f"{width * at + 1}–{width * (at + 1)}" if width > 1 else f"{at + 1}" for at in range(_BINS)]
    return list(zip([*names, f"{width * _BINS + 1} or more"], counts, strict=True))


def over_time(catalog: OpenCatalog, key: str, name: str) -> Chart:
    """Return the share by month or week, with the trend's own sentence.

    Raises:
        ToolInputError: no basket holds it.
    """
    book, wording = _indexed(catalog, key), catalog.mining.wording
    trend = book.trend(key)
    windows = [(label, Part(n, n_x)) for label, n, n_x in zip(trend.labels, trend.n, trend.n_x, strict=True)]
    said = trend.sentence(book.names(), wording=wording)
    return chart.line(name, windows, baskets=wording.baskets, sentence=said)


def _network(catalog: OpenCatalog, chosen: RuleFilter, now: datetime) -> Chart:
    only = chosen.model_copy(update={"kind": "together" if chosen.kind != "next" else "next"})
    links: dict[tuple[str, str], float] = {}
    for rule in _rules(catalog, only, now, _LINKS):
        lift = rule.count.lift if isinstance(rule, Rule) else rule.numbers().get("lift", 0.0)
        for first in rule.antecedent:
            links[name_of(catalog, first), name_of(catalog, rule.consequent[0])] = lift
    about = chosen.item or chosen.category
    return chart.network(
        f"What goes with {about}" if about else "The strongest links",
        ((first, second, lift) for (first, second), lift in links.items()),
    )


def _rules(catalog: OpenCatalog, chosen: RuleFilter, now: datetime, k: int) -> list[AnyRule]:
    """Look rules up; ordered by another measure than strength, the best of the strongest `MOST`."""
    found = catalog.rules.lookup(
        items=_keys(catalog, chosen.item),
        category=resolve.category_name(catalog, chosen.category) if chosen.category else None,
        where=_where(catalog, chosen, now),
        kind=chosen.kind,
        k=k if chosen.measure == "strength" else MOST,
    )
    if chosen.measure == "strength":
        return found
    name, sign = chosen.measure, 1 if chosen.measure == "q" else -1
    told = [(number, rule) for rule in found if (number := rule.numbers().get(name)) is not None]
    return [rule for _, rule in sorted(told, key=lambda one: sign * one[0])[:k]]


def _where(catalog: OpenCatalog, chosen: RuleFilter, now: datetime, *, timeless: bool = False) -> Slice:
    when = "" if timeless else " ".join(word for word in (chosen.weekday, chosen.daypart) if word)
    return resolve.slice_of(catalog, when or None, chosen.place, now)


def _subject(catalog: OpenCatalog, chosen: RuleFilter, now: datetime) -> str:
    """What a chart is about: the item, else the category, else the end of the first rule of the list."""
    if chosen.item:
        return _keys(catalog, chosen.item)[0]
    if chosen.category:
        return f"category:{resolve.category_name(catalog, chosen.category)}"
    first = next(iter(_rules(catalog, chosen, now, 1)), None)
    if first is None:
        raise ToolInputError("no rule passed the tests for that: choose an item or a category to draw")
    return first.consequent[0]


def _keys(catalog: OpenCatalog, named: str | None) -> tuple[str, ...]:
    """Read an item's name as the chat does: "coffee" is all coffee, not the odd product of that name."""
    if not named:
        return ()
    spans = catalog.lexicon.link(named).spans
    if spans and spans[0].kind == "category":
        return (f"category:{spans[0].value}",)
    return resolve.item_ids(catalog, named)


def _indexed(catalog: OpenCatalog, key: str) -> RuleBook:
    book = catalog.rules
    if not book.index.has(key):
        raise ToolInputError(f"nobody has taken {name_of(catalog, key)!r} yet: there is nothing to draw")
    return book


def _line(catalog: OpenCatalog, rule: AnyRule) -> RuleLine:
    names = catalog.rules.names()
    places = (rule.place,) if isinstance(rule.place, str) else rule.place or ()
    first = (
        ""
        if rule.kind in {"cycle", "trend"}
        else " + ".join(name_of(catalog, key) for key in rule.antecedent)
    )
    return RuleLine(
        id=rule.id,
        kind=rule.kind,
        first=first,
        second=" + ".join(name_of(catalog, key) for key in rule.consequent),
        context=" ".join([*rule.context, *(catalog.place_names.get(place, place) for place in places)]),
        numbers=rule.numbers(),
        sentence=rule.sentence(names, wording=catalog.mining.wording),
        question="".join(_question(catalog, rule)),
    )


def _question(catalog: OpenCatalog, rule: AnyRule) -> Iterator[str]:
    """Word a question that the rule answers."""
    first = " and ".join(name_of(catalog, key) for key in rule.antecedent)
    second = name_of(catalog, rule.consequent[0])
    if isinstance(rule, NextRule):
        yield f"What comes next after {first}?"
    elif rule.kind == "together":
        when = f" on {' '.join(rule.context)}" if rule.context else ""
        yield f"What goes with {first}{when}?"
    elif rule.kind == "context":
        yield f"When is {second} strongest?"
    elif rule.kind == "cycle":
        yield f"How often do {catalog.mining.wording.people} take {second} again?"
    else:
        yield f"How did {second} change over time?"
