"""Files that a page hands out: rules and facts as CSV, ready for a spreadsheet.

Knows the format (RFC 4180). It refuses to let a cell be a formula: a text that a spreadsheet would run begins with an
apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from bot.dialogue.turn import Evidence
from bot.service import RuleLine

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_cell(name) for name in head])
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue()


def _table(fixed: Sequence[str], rows: Sequence[tuple[Sequence[object], dict[str, float]]]) -> str:
    """Write rows with their numbers, a column for each name that any of them has."""
    names = list(dict.fromkeys(name for _, numbers in rows for name in numbers))
    return _csv(
        [*fixed, *names], ([*cells, *(numbers.get(name, "") for name in names)] for cells, numbers in rows)
    )


def rules_csv(rules: Sequence[RuleLine]) -> str:
    """Return mined rules, one a line, with all their numbers."""
    fixed = ("id", "kind", "first", "second", "context", "sentence")
    return _table(fixed, [([getattr(rule, name) for name in fixed], rule.numbers) for rule in rules])


def facts_csv(evidence: Sequence[Evidence]) -> str:
    """Return the facts of an answer, one a line, with all their numbers."""
    rows = [((one.id, one.kind, " ".join(one.items), one.text, one.source), one.numbers) for one in evidence]
    return _table(("id", "kind", "items", "text", "source"), rows)
