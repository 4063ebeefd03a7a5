"""What the command line prints: for people on a terminal, or one JSON document.

Knows stdout, stderr and exit statuses. It refuses to know where values come from. Progress and remarks go to
stderr, so that stdout can be piped.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from pydantic import BaseModel

from bot.dialogue.turn import Answer, ItemRef, ToolResult

if TYPE_CHECKING:
    from bot.build import BuildReport
    from bot.doctor import Finding
    from bot.evaluating import Evaluation
    from db.values import LoadReport


def fail(message: str) -> NoReturn:
    """Print one line on stderr and leave with status 1."""
    typer.echo(f"almanac: {' '.join(message.split())}", err=True)
    raise typer.Exit(1)


@contextmanager
def guard() -> Iterator[None]:
    """Turn errors that the person can mend into one line and status 1; our own mistakes keep their traceback."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("\nalmanac: stopped; nothing was left half-written", err=True)
        raise typer.Exit(130) from None
    except typer.Exit:
        raise
    except Exception as error:
        if not _mendable(error):
            raise
        fail(str(error))


def _mendable(error: Exception) -> bool:
    """True for the error families whose messages say what to do; a package not yet imported raised none of them."""
    families = (
        ("bot.errors", "AlmanacError"),
        ("bot.llm.base", "ModelError"),
        ("bot.web.serve", "ServeError"),
        ("db.errors", "DbError"),
        ("mining.errors", "MiningError"),
        ("retrieval.filters", "FilterError"),
    )
    loaded = tuple(getattr(sys.modules[module], name) for module, name in families if module in sys.modules)
    return isinstance(error, loaded)


def to_json(value: Any) -> str:
    """Return one strict JSON document: no NaN, infinities as null, non-ASCII text as it is."""
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, indent=2)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class Console:
    """Prints values for people, or as JSON."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def say(self, text: str) -> None:
        """A remark about the work, on stderr."""
        typer.echo(text, err=True)

    def confirm(self, question: str) -> bool:
        """Ask yes or no; without a terminal the answer is no, with the option that says yes."""
        if not sys.stdin.isatty():
            fail(f"{question} Nobody is there to answer: run the command again with --yes")
        return typer.confirm(question, err=True)

    def document(self, value: Any) -> None:
        """One JSON document on stdout."""
        typer.echo(to_json(value))

    def result(self, result: ToolResult) -> None:
        """What a tool returned."""
        if self.as_json:
            self.document(result)
            return
        for number, item in enumerate(result.items, 1):
            year = f" ({item.year})" if item.year and str(item.year) not in item.title else ""
            typer.echo(f"{number:3}. {item.title}{year}  [{item.id}]  {_score(item)}")
        if result.items and result.evidence:
            typer.echo("")
        for source, facts in groupby(result.evidence, key=lambda fact: fact.source):
            for fact in facts:
                typer.echo(fact.text)
            typer.echo(f"  [{source}]")

    def answer(self, answer: Answer) -> None:
        """An answer with the items and the evidence behind it."""
        if self.as_json:
            self.document(answer)
            return
        typer.echo(answer.answer)
        for call in answer.tool_calls:
            given = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
            typer.echo(f"  · {call.tool}({given}), chosen by the {call.by}", err=True)
        if answer.degraded:
            typer.echo("  · no language model took part (degraded)", err=True)

    def report(self, report: LoadReport) -> None:
        """What a load did."""
        if self.as_json:
            self.document(asdict(report))
            return
        from bot.loading import load_rows

        self.rows(load_rows(report))

    def builds(self, reports: Iterable[BuildReport]) -> None:
        """What builds made; each is shown when it is done, or all in one document."""
        if self.as_json:
            self.document([asdict(report) for report in reports])
            return
        from bot.build import build_rows

        for report in reports:
            self.rows(build_rows(report))

    def evaluations(self, found: Iterable[Evaluation]) -> None:
        """How well rankers rank; each is shown when it is measured, or all in one document."""
        if self.as_json:
            self.document([asdict(one) for one in found])
            return
        from bot.evaluating import evaluation_lines

        for one in found:
            for line in (*evaluation_lines(one), ""):
                typer.echo(line)

    def findings(self, findings: Sequence[Finding]) -> None:
        """What the doctor found."""
        if self.as_json:
            self.document(list(findings))
            return
        self.rows([(f"{'ok ' if each.ok else 'BAD'} {each.check}", each.text) for each in findings])

    def rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """A table of two columns."""
        width = max((len(name) for name, _ in rows), default=0)
        for name, value in rows:
            typer.echo(f"{name:<{width}}  {value}")


def _score(item: ItemRef) -> str:
    """The score as the sum of its parts; one measure goes by its own name (a rule's lift, a cosine)."""
    if len(item.parts) == 1:
        [(name, value)] = item.parts.items()
        return f"{name} {value:.3f}"
    parts = ", ".join(f"{name} {value:+.3f}" for name, value in _largest(item.parts))
    return f"{item.score:.3f}" + (f"  = {parts}" if parts else "")


def _largest(parts: dict[str, float], k: int = 4) -> list[tuple[str, float]]:
    return sorted(parts.items(), key=lambda part: -abs(part[1]))[:k]
