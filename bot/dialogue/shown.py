"""What a person asked to see beside the words: the facts of a turn as a chart, or as a table in CSV.

Knows how facts become rows and which chart fits them. It refuses to draw (see `bot.web.charts`) and to find facts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from bot.dialogue.chart import Chart, charts_of, network
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.turn import Evidence, ToolCall

_SERIES = ("n ", "n_x ", "people_x ", "share ", "gaps ")
"""Numbers of a series have a row of their own each; they are no columns."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would run a cell that begins so."""


def table(facts: Sequence[Evidence], lexicon: Lexicon, *, number: int) -> Evidence | None:
    """Return an Evidence of kind "csv" whose text is the facts as CSV, None where there are none.

    A fact is a row with its items, its sentence and every number; a fact with a series ("n friday", "n_x friday") is
    a row for each value of it.
    """
    told = [
        fact for fact in facts if fact.numbers and fact.kind not in ("notice", "csv", "window", "meaning")
    ]
    rows = [row for fact in told for row in _rows(fact, lexicon)]
    if not rows:
        return None
    columns = list(dict.fromkeys(column for row in rows for column in row))
    last = ["source", "sentence"]
    columns = [column for column in columns if column not in last] + last
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _safe(value) for name, value in row.items()} for row in rows)
    return Evidence(
        id=f"e{number}",
        kind="csv",
        items=tuple(dict.fromkeys(item for fact in told for item in fact.items)),
        numbers={"rows": float(len(rows)), "columns": float(len(columns))},
        source=told[0].source,
        text=written.getvalue(),
    )


def _rows(fact: Evidence, lexicon: Lexicon) -> list[dict[str, str]]:
    about = {"kind": fact.kind, "items": " + ".join(lexicon.title(item) for item in fact.items)}
    ends = {"source": fact.source, "sentence": fact.text}
    values = list(
        dict.fromkeys(
            name.partition(" ")[2] for name in fact.numbers if name.startswith(_SERIES) and " " in name
        )
    )
    if values:
        return [
            about
            | {"value": lexicon.places.get(value, value)}
            | {
                part.strip(): _number(fact.numbers[part + value])
                for part in _SERIES
                if part + value in fact.numbers
            }
            | ends
            for value in values
        ]
    numbers = {name: _number(value) for name, value in fact.numbers.items()}
    return [about | numbers | ends]


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.6g}"


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def charts(facts: Sequence[Evidence], calls: Sequence[ToolCall], lexicon: Lexicon) -> tuple[Chart, ...]:
    """Return the charts that the facts of a turn can be drawn as, the one that shows most first."""
    names = {**lexicon.places, **lexicon.titles}
    subject = subject_of(calls, lexicon)
    drawn = charts_of(facts, names, subject, baskets=lexicon.nouns.baskets)
    order = {"heatmap": 0, "line": 1, "histogram": 1, "bar": 2}
    drawn = tuple(sorted(drawn, key=lambda chart: order.get(chart.kind, 3)))
    links = [
        (lexicon.title(fact.items[0]), lexicon.title(fact.items[-1]), fact.numbers["lift"])
        for fact in facts
        if fact.kind in ("together", "next") and len(fact.items) > 1 and fact.numbers.get("lift", 0) > 0
    ]
    if len({first for first, _, _ in links}) > 1:
        drawn = (
            network(
                f"What goes with what: {subject}",
                links,
                evidence=tuple(fact.id for fact in facts if len(fact.items) > 1),
            ),
            *(chart for chart in drawn if chart.kind != "bar"),
        )
    return drawn


def subject_of(calls: Sequence[ToolCall], lexicon: Lexicon) -> str:
    """Return what the calls of a turn were about, in words."""
    for call in calls:
        given = call.arguments
        item = given.get("item") or given.get("liked")
        if item:
            keys = [item] if isinstance(item, str) else [str(one) for one in item]
            return " + ".join(lexicon.title(key) for key in keys)
        if given.get("category"):
            return str(given["category"])
        if given.get("query"):
            return str(given["query"])
    return lexicon.nouns.items
