"""A small, deterministic `Service` without models or data: for tests of the doors and for work on the page.

`python -m bot.web.demo` serves it. Knows ten films and a shelf of snacks, and answers by matching words. It
refuses to recommend anything seriously: no figure in it was measured.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any

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
)
from bot.errors import ToolInputError, UnknownCatalog
from bot.llm.base import ToolSchema
from bot.service import CatalogCard, PlaceCard

_FILMS = (
    ("1", "Toy Story", "Animation|Children's|Comedy", 1995, 0.41, 0.22, 0.12),
    ("95", "Aladdin", "Animation|Children's|Musical", 1992, 0.38, 0.2, 0.1),
    ("168", "Monty Python and the Holy Grail", "Comedy", 1974, 0.33, 0.24, 0.16),
    ("50", "Star Wars", "Action|Adventure|Sci-Fi", 1977, 0.35, 0.1, 0.18),
    ("56", "Pulp Fiction", "Crime|Drama", 1994, 0.3, 0.14, 0.08),
    ("255", "My Best Friend's Wedding", "Comedy|Romance", 1997, 0.26, 0.18, -0.05),
    ("423", "E.T. the Extra-Terrestrial", "Children's|Drama|Fantasy|Sci-Fi", 1982, 0.28, 0.09, 0.07),
    ("90001", "M*A*S*H", "Comedy|War", 1970, 0.25, 0.21, 0.02),
    ("216", "When Harry Met Sally...", "Comedy|Romance", 1989, 0.24, 0.19, 0.11),
    ("90002", '<b>Bold</b> & "Quoted"', "Drama", 1996, 0.1, 0.05, 0.01),
)
_SNACKS = (
    ("s1", "Tortilla chips", "Salty snacks", None, 0.3, 0.2, 0.3),
    ("s2", "Salsa and picante sauce", "Sauces", None, 0.28, 0.12, 0.34),
    ("s3", "Beer", "Drinks", None, 0.22, 0.16, 0.18),
    ("s4", "Ice cream", "Frozen", None, 0.2, 0.14, 0.05),
)
_CARDS = {
    "movies": CatalogCard(
        name="movies",
        title="Films",
        items=len(_FILMS),
        people=943,
        interactions=100_000,
        zone="America/New_York",
        now=datetime(1998, 4, 18, 0, 30, tzinfo=UTC),
        data_from=datetime(1997, 9, 20, tzinfo=UTC),
        data_to=datetime(1998, 4, 22, tzinfo=UTC),
        categories=("Comedy", "Drama", "Animation"),
        places=(
            PlaceCard(id="west", name="West", kind="region"),
            PlaceCard(id="northeast", name="Northeast", kind="region"),
        ),
        personas=("405", "655"),
        examples=(
            "Something funny for Friday night",
            "I loved Toy Story and Aladdin. What next?",
            "What goes with Star Wars?",
            "When are comedies strongest?",
        ),
        generation="g-demo",
    ),
    "groceries": CatalogCard(
        name="groceries",
        title="Groceries",
        items=len(_SNACKS),
        people=2_469,
        interactions=1_469_307,
        zone="America/New_York",
        now=datetime(2017, 12, 29, 23, 0, tzinfo=UTC),
        data_from=datetime(2017, 1, 1, tzinfo=UTC),
        data_to=datetime(2017, 12, 31, tzinfo=UTC),
        categories=("Salty snacks", "Sauces"),
        places=(PlaceCard(id="367", name="Store 367", kind="store"),),
        personas=("1034",),
        examples=("What sells together with tortilla chips on Friday evenings?", "When do people buy beer?"),
        generation="g-demo",
    ),
}
_VERDICTS = ["like", "dislike", "seen", "bought"]


def _schema(
    name: str, description: str, required: tuple[str, ...] = (), **properties: dict[str, Any]
) -> ToolSchema:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    return ToolSchema(name=name, description=description, parameters=parameters)


_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 1, "maximum": 50}
_TOOLS = (
    _schema("search_items", "Find items by words. Filters narrow it.", ("query",), query=_TEXT, k=_COUNT),
    _schema("lookup_rules", "Say what goes with an item.", item=_TEXT, when=_TEXT, place=_TEXT, k=_COUNT),
    _schema("explain_item", "Say why this item.", ("item",), item=_TEXT),
    _schema(
        "rate_item",
        "Note a verdict on one item.",
        ("item", "verdict"),
        item=_TEXT,
        verdict={"type": "string", "enum": _VERDICTS},
    ),
    _schema("show_profile", "Say what is known of this person."),
)


class DemoService:
    """Answers by matching words; the same message always gets the same answer.

    Args:
        pause: Seconds before each token, as a model would take.
    """

    def __init__(self, pause: float = 0.0) -> None:
        self._pause = pause
        self._numbers = itertools.count(1)
        self._ratings: dict[str, dict[str, str]] = {}
        self._lock = Lock()

    def catalogs(self) -> tuple[CatalogCard, ...]:
        """Return both sample catalogues."""
        return tuple(_CARDS.values())

    def health(self) -> dict[str, Any]:
        """Return one line for each catalogue."""
        return {
            "catalogs": {
                name: {"generation": card.generation, "model": "none"} for name, card in _CARDS.items()
            }
        }

    def tools(self, catalog: str | None = None) -> tuple[ToolSchema, ...]:
        """Return the sample's tools.

        Raises:
            UnknownCatalog: there is no such catalogue, or none is named: there are two.
        """
        if catalog not in _CARDS:
            raise UnknownCatalog(catalog or "(none named)", _CARDS)
        search, *others = _TOOLS
        category = {"type": "string", "enum": list(_CARDS[catalog].categories)}
        parameters = search.parameters | {
            "properties": search.parameters["properties"] | {"category": category}
        }
        return (search.model_copy(update={"parameters": parameters}), *others)

    def _rows(self, catalog: str | None) -> tuple[tuple[Any, ...], ...]:
        name = catalog or "movies"
        if name not in _CARDS:
            raise UnknownCatalog(name, _CARDS)
        return _FILMS if name == "movies" else _SNACKS

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
            return self._rate(str(arguments["item"]), str(arguments["verdict"]), rows, asker or Asker())
        if tool == "show_profile":
            return self._profile(asker or Asker())
        words = set(re.findall(r"\w+", str(arguments.get("query") or arguments.get("item") or "").lower()))
        ranked = sorted(rows, key=lambda row: -(_overlap(row, words) + sum(row[4:])))
        k = int(arguments.get("k", 3))
        return _result(tool, ranked[: 1 if tool == "explain_item" else k])

    def _rate(self, item: str, verdict: str, rows: Sequence[tuple[Any, ...]], asker: Asker) -> ToolResult:
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
        with self._lock:
            verdicts = dict(self._ratings.get(asker.person or "", {}))
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


def _choose(message: str) -> ToolCall:
    """Choose a tool by the first word that tells."""
    words = set(re.findall(r"\w+", message.lower()))
    if words & {"why"}:
        return ToolCall(tool="explain_item", arguments={"item": message})
    if words & {"together", "goes", "when", "sells"}:
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
