"""A small, deterministic `Service` without models or data: for tests of the doors and for work on the page.

`python -m bot.web.demo` serves it. Knows ten films and a shelf of snacks, and answers by matching words. It
refuses to recommend anything seriously: no figure in it was measured.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from bot.dialogue import chart
from bot.dialogue.chart import Chart, ChartKind, Part
from bot.dialogue.turn import (
    Answer,
    Asker,
    DoneEvent,
    Event,
    Evidence,
    EvidenceEvent,
    ItemRef,
    ItemsEvent,
    Message,
    Sentence,
    TokenEvent,
    ToolCall,
    ToolCallEvent,
    ToolResult,
    Verdict,
)
from bot.errors import ToolInputError, UnknownCatalog
from bot.llm.base import ToolSchema
from bot.service import CatalogCard, Opinion, RuleFilter, RuleLine
from bot.web.sample import CARDS, FILMS, SNACKS, TOOLS


class DemoService:
    """Answers by matching words; the same message always gets the same answer.

    Args:
        pause: Seconds before each token, as a model would take.
    """

    def __init__(self, pause: float = 0.0) -> None:
        self._pause = pause
        self._numbers = itertools.count(1)
        self._ratings: dict[str, dict[str, Verdict]] = {}
        self._lock = Lock()

    def catalogs(self) -> tuple[CatalogCard, ...]:
        """Return both sample catalogues."""
        return tuple(CARDS.values())

    def health(self) -> dict[str, Any]:
        """Return one line for each catalogue."""
        return {
            "catalogs": {
                name: {"generation": card.generation, "model": "none"} for name, card in CARDS.items()
            }
        }

    def tools(self, catalog: str | None = None) -> tuple[ToolSchema, ...]:
        """Return the sample's tools.

        Raises:
            UnknownCatalog: there is no such catalogue, or none is named: there are two.
        """
        if catalog not in CARDS:
            raise UnknownCatalog(catalog or "(none named)", CARDS)
        search, *others = TOOLS
        category = {"type": "string", "enum": list(CARDS[catalog].categories)}
        parameters = search.parameters | {
            "properties": search.parameters["properties"] | {"category": category}
        }
        return (search.model_copy(update={"parameters": parameters}), *others)

    def _rows(self, catalog: str | None) -> tuple[tuple[Any, ...], ...]:
        name = catalog or "movies"
        if name not in CARDS:
            raise UnknownCatalog(name, CARDS)
        return FILMS if name == "movies" else SNACKS

    def call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        catalog: str | None = None,
        asker: Asker | None = None,
    ) -> ToolResult:
        """Run one of the sample's tools.

        Raises:
            ToolInputError: an argument is unknown, missing or of the wrong type.
            UnknownCatalog: there is no such catalogue.
        """
        rows = self._rows(catalog)
        _check(self.tools(catalog or "movies"), tool, arguments)
        if tool == "rate_item":
            return self._rate(str(arguments["item"]), arguments["verdict"], rows, asker or Asker())
        if tool == "show_profile":
            return self._profile(asker or Asker())
        words = set(re.findall(r"\w+", str(arguments.get("query") or arguments.get("item") or "").lower()))
        disliked = {item for item, verdict in self._of(asker).items() if verdict != "like"}
        fit = [row for row in rows if tool == "explain_item" or row[0] not in disliked]
        ranked = sorted(fit, key=lambda row: -(_overlap(row, words) + sum(row[4:])))
        k = int(arguments.get("k", 3))
        return _result(tool, ranked[: 1 if tool == "explain_item" else k])

    def _of(self, asker: Asker | None) -> dict[str, Verdict]:
        """Return a copy of a person's verdicts."""
        with self._lock:
            return dict(self._ratings.get((asker or Asker()).person or "", {}))

    def _rate(self, item: str, verdict: Verdict, rows: Sequence[tuple[Any, ...]], asker: Asker) -> ToolResult:
        titles = {row[0]: row[1] for row in rows}
        if item not in titles:
            raise ToolInputError(f"rate_item: there is no item {item!r}")
        with self._lock:
            self._ratings.setdefault(asker.person or "", {})[item] = verdict
        text = f"Noted: {verdict} for {titles[item]}."
        return ToolResult(
            evidence=(Evidence(id="e1", kind="verdict", items=(item,), source="your verdicts", text=text),)
        )

    def _profile(self, asker: Asker) -> ToolResult:
        verdicts = self._of(asker)
        return ToolResult(
            evidence=(
                Evidence(
                    id="e1",
                    kind="profile",
                    items=tuple(verdicts),
                    numbers={"verdicts": len(verdicts)},
                    source="your verdicts",
                    text=f"You gave {len(verdicts)} verdicts.",
                ),
            )
        )

    def stream(
        self,
        message: str,
        *,
        catalog: str | None = None,
        conversation: str | None = None,
        history: Sequence[Message] = (),
        asker: Asker | None = None,
    ) -> Iterator[Event]:
        """Answer one message as events, as the real service does.

        Raises:
            UnknownCatalog: there is no such catalogue.
        """
        del history
        self._rows(catalog)
        call = _choose(message)
        began = time.monotonic()
        yield ToolCallEvent(call=call)
        result = self.call(call.tool, call.arguments, catalog=catalog, asker=asker)
        yield ToolCallEvent(call=call, seconds=time.monotonic() - began)
        yield EvidenceEvent(evidence=result.evidence)
        if result.items:
            yield ItemsEvent(items=result.items)
        sentences = tuple(
            Sentence(text=one.text, evidence=(one.id,), by="template") for one in result.evidence[:3]
        )
        text = " ".join(sentence.text for sentence in sentences)
        for token in re.findall(r"\S+\s*", text):
            time.sleep(self._pause)
            yield TokenEvent(text=token)
        answer = Answer(
            answer=text,
            sentences=sentences,
            items=result.items,
            evidence=result.evidence,
            tool_calls=(call,),
            degraded=True,
            timings={"total": time.monotonic() - began},
            charts=_charts(result.items[0].title, message.lower()),
        )
        yield DoneEvent(answer=answer, conversation=conversation or f"c{next(self._numbers)}")

    def ask(
        self,
        message: str,
        *,
        catalog: str | None = None,
        conversation: str | None = None,
        history: Sequence[Message] = (),
        asker: Asker | None = None,
    ) -> Answer:
        """Return the answer at the end of `stream`."""
        *_, last = self.stream(
            message, catalog=catalog, conversation=conversation, history=history, asker=asker
        )
        if not isinstance(last, DoneEvent):
            raise TypeError(f"a turn ends with a DoneEvent, not with {last!r}")
        return last.answer

    def rules(self, chosen: RuleFilter, *, catalog: str | None = None) -> tuple[RuleLine, ...]:
        """Return each item with the next one of the sample, those of the category and item that are chosen."""
        rows = [row for row in self._rows(catalog) if not chosen.category or chosen.category in row[2]]
        if chosen.item:
            rows = [row for row in rows if row[1].lower() == (chosen.item or "").lower()]
            if not rows:
                raise ToolInputError(f"there is no item {chosen.item!r} in the sample")
        titles = [row[1] for row in self._rows(catalog)]
        return tuple(
            RuleLine(
                id=f"together-{row[0]}",
                kind="together",
                first=row[1],
                second=titles[(titles.index(row[1]) + 1) % len(titles)],
                context=" ".join(word for word in (chosen.weekday, chosen.daypart) if word),
                numbers={"n_xy": 40.0, "n_x": 160.0, "confidence": 0.25, "lift": 1.5},
                sentence=f"40 of 160 sample baskets with {row[1]} also had another.",
                question=f"What goes with {row[1]}?",
            )
            for row in rows[: chosen.k]
        )

    def draw(self, kind: ChartKind, chosen: RuleFilter, *, catalog: str | None = None) -> Chart:
        """Return a chart of made-up numbers about what is chosen."""
        rules = self.rules(chosen, catalog=catalog)
        name = chosen.item or chosen.category or rules[0].first
        if kind == "heatmap":
            return _heat(name)
        if kind == "network":
            return chart.network("Sample links", ((rule.first, rule.second, 1.5) for rule in rules))
        if kind == "histogram":
            return chart.histogram(name, [("1–7", 3), ("8–14", 9), ("15 or more", 4)])
        return _line(name)

    def opinions(self, *, catalog: str | None = None, asker: Asker | None = None) -> tuple[Opinion, ...]:
        """Return the person's verdicts, the latest first."""
        titles = {row[0]: row[1] for row in self._rows(catalog)}
        given = [
            Opinion(item=item, title=titles[item], verdict=verdict)
            for item, verdict in self._of(asker).items()
            if item in titles
        ]
        return tuple(reversed(given))

    def take_back(self, item: str, *, catalog: str | None = None, asker: Asker | None = None) -> bool:
        """Take back one verdict."""
        self._rows(catalog)
        with self._lock:
            return self._ratings.get((asker or Asker()).person or "", {}).pop(item, None) is not None

    def export(self, *, catalog: str | None = None, asker: Asker | None = None) -> dict[str, Any]:
        """Return the person's verdicts."""
        self._rows(catalog)
        return {"catalog": catalog, "verdicts": self._of(asker)}

    def forget(self, *, catalog: str | None = None, asker: Asker | None = None) -> dict[str, int]:
        """Erase the person's verdicts."""
        self._rows(catalog)
        with self._lock:
            return {"interactions": len(self._ratings.pop((asker or Asker()).person or "", {}))}


def _charts(name: str, message: str) -> tuple[Chart, ...]:
    """Draw what is asked for with "show me": the months, or weekday and hour."""
    if "show me" not in message:
        return ()
    return (_line(name),) if "over time" in message else (_heat(name),)


def _line(name: str) -> Chart:
    """Return months of made-up numbers that rise."""
    return chart.line(name, [(f"2017-{month:02}", Part(100, 10 + month)) for month in range(1, 13)])


def _heat(name: str) -> Chart:
    """Return a heat map of made-up numbers that peaks on Friday evenings."""
    cells = {
        (day, hour): Part(100, 40 if day == "friday" and 17 <= hour < 22 else 5 + hour % 7)
        for day in chart.WEEKDAYS
        for hour in range(24)
    }
    return chart.heatmap(name, cells, baskets="sample baskets")


def _choose(message: str) -> ToolCall:
    """Choose a tool by the first word that tells."""
    words = set(re.findall(r"\w+", message.lower()))
    if words & {"why"}:
        return ToolCall(tool="explain_item", arguments={"item": message})
    if words & {"together", "goes", "when", "sells", "show"}:
        return ToolCall(tool="lookup_rules", arguments={"item": message, "when": "friday evening", "k": 3})
    return ToolCall(tool="search_items", arguments={"query": message, "k": 3})


def _check(tools: Sequence[ToolSchema], tool: str, arguments: Mapping[str, Any]) -> None:
    """Validate arguments against the tool's schema, as far as the sample's schemas go."""
    known = {one.name: one.parameters for one in tools}
    if tool not in known:
        raise ToolInputError(f"there is no tool {tool!r}; the tools are {', '.join(known)}")
    properties = known[tool]["properties"]
    for name, value in arguments.items():
        if name not in properties:
            raise ToolInputError(f"{tool} takes no argument {name!r}")
        expected = int if properties[name]["type"] == "integer" else str
        if not isinstance(value, expected) or value not in properties[name].get("enum", [value]):
            raise ToolInputError(f"{tool}: argument {name!r} cannot be {value!r}")
    for name in known[tool]["required"]:
        if name not in arguments:
            raise ToolInputError(f"{tool} needs the argument {name!r}")


def _overlap(row: tuple[Any, ...], words: set[str]) -> int:
    return len(words & set(re.findall(r"\w+", f"{row[1]} {row[2]}".lower())))


def _result(tool: str, rows: Sequence[tuple[Any, ...]]) -> ToolResult:
    """Return rows as items, each with one sentence of evidence."""
    items = tuple(
        ItemRef(
            id=key,
            title=title,
            category=category,
            year=year,
            score=sum(parts),
            parts=dict(zip(("taste", "now", "words"), parts, strict=True)),
        )
        for key, title, category, year, *parts in rows
    )
    kind = "rule" if tool == "lookup_rules" else "score"
    evidence = tuple(
        Evidence(
            id=f"e{position}",
            kind=kind,
            items=(item.id,),
            numbers={"n_xy": 40 * position, "n_x": 160, "share": position / 4, "lift": 1.5 + position / 10},
            source="sample data, not measured",
            text=f"{item.title} stands in {40 * position} of 160 sample baskets.",
        )
        for position, item in enumerate(items, 1)
    )
    return ToolResult(items=items, evidence=evidence)


def main() -> None:
    """Serve the sample on the usual port."""
    from bot.web.config import WebConfig  # the double itself needs no server
    from bot.web.serve import create_app, run

    run(create_app(DemoService(pause=0.05), WebConfig(demo_personas=True)))


if __name__ == "__main__":
    main()
