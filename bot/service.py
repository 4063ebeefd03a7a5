"""What every door (web UI, HTTP API, command line, MCP) may ask of Almanac.

Knows the shape of the service. It refuses to know how it is put together: see `bot.assembly`, the only module
that does. Doors are written and tested against this protocol.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from bot.dialogue.chart import Chart, ChartKind
from bot.dialogue.turn import Answer, Asker, Event, Frozen, Message, ToolResult, Verdict
from bot.llm.base import ToolSchema


class PlaceCard(Frozen):
    """A place as a picker shows it."""

    id: str
    name: str
    kind: str = ""


class CatalogCard(Frozen):
    """One catalogue as a door shows it."""

    name: str
    title: str
    items: int
    people: int
    interactions: int
    zone: str
    """IANA name of the catalogue's local time."""
    now: datetime
    """The instant that a request without `at` gets: the wall clock, or its weekday and hour in the last data week."""
    data_from: datetime | None = None
    data_to: datetime | None = None
    categories: tuple[str, ...] = ()
    places: tuple[PlaceCard, ...] = ()
    personas: tuple[str, ...] = ()
    """A few existing people with long histories, to try the bot as one of them."""
    examples: tuple[str, ...] = ()
    """Questions that this catalogue answers well."""
    generation: str = ""


RuleKind = Literal["any", "together", "next", "context", "cycle", "trend"]
Measure = Literal["strength", "n_xy", "confidence", "lift", "context_gain", "q"]


class RuleFilter(Frozen):
    """Which mined rules a person wants to see, and in which order; names are as people write them."""

    item: str | None = None
    category: str | None = None
    kind: RuleKind = "any"
    daypart: str | None = None
    weekday: str | None = None
    place: str | None = None
    measure: Measure = "strength"
    """What the list is ordered by; "strength" is the rule book's own order, the lower end of what a rule adds."""
    k: int = 50


class RuleLine(Frozen):
    """One mined rule as a list shows it."""

    id: str
    kind: RuleKind
    first: str
    """Readable name of what it begins with; empty for contexts and trends."""
    second: str
    """Readable name of what it leads to."""
    context: str
    """Its time and place, in words; empty for always and everywhere."""
    numbers: dict[str, float]
    sentence: str
    question: str
    """What to ask the bot to hear more about it."""


class Opinion(Frozen):
    """What a person said of an item, and may take back."""

    item: str
    title: str
    verdict: Verdict
    at: datetime | None = None


class Service(Protocol):
    """Almanac, as its doors see it."""

    def catalogs(self) -> tuple[CatalogCard, ...]:
        """Return the catalogues that have a current generation."""

    def stream(
        self,
        message: str,
        *,
        catalog: str | None = None,
        conversation: str | None = None,
        history: Sequence[Message] = (),
        asker: Asker | None = None,
    ) -> Iterator[Event]:
        """Answer one message as events; the last one is a `DoneEvent` or an `ErrorEvent`.

        Args:
            message: What the person wrote.
            catalog: A catalogue's name; None is allowed where only one is loaded.
            conversation: The id that an earlier `DoneEvent` carried; None begins a new one.
            history: The turns before, where there is no conversation id.
            asker: Person, instant, place, cart and page of the request.

        Raises:
            bot.errors.UnknownCatalog: there is no such catalogue.
        """

    def ask(
        self,
        message: str,
        *,
        catalog: str | None = None,
        conversation: str | None = None,
        history: Sequence[Message] = (),
        asker: Asker | None = None,
    ) -> Answer:
        """Return the whole answer of `stream` at once.

        Raises:
            bot.errors.UnknownCatalog: there is no such catalogue.
        """

    def tools(self, catalog: str | None = None) -> tuple[ToolSchema, ...]:
        """Return the tools with the JSON schemas of their arguments, enumerations from the catalogue."""

    def call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        catalog: str | None = None,
        asker: Asker | None = None,
    ) -> ToolResult:
        """Run one tool as a person would through the chat, without the chat.

        Raises:
            bot.errors.ToolInputError: an argument is wrong; the message says which and what is allowed.
        """

    def health(self) -> dict[str, Any]:
        """Return generation, data and model of each catalogue, ready for JSON."""

    def rules(self, chosen: RuleFilter, *, catalog: str | None = None) -> tuple[RuleLine, ...]:
        """Return mined rules.

        Raises:
            bot.errors.ToolInputError: a name is unknown; the message offers the nearest ones.
        """

    def draw(self, kind: ChartKind, chosen: RuleFilter, *, catalog: str | None = None) -> Chart:
        """Return a chart about the item or category that is chosen, else about the first rule.

        Raises:
            bot.errors.ToolInputError: a name is unknown, or there is nothing to draw; the message says why.
        """

    def opinions(self, *, catalog: str | None = None, asker: Asker | None = None) -> tuple[Opinion, ...]:
        """Return what the person liked, disliked or has seen by their own word, the latest first."""

    def take_back(self, item: str, *, catalog: str | None = None, asker: Asker | None = None) -> bool:
        """Take back a person's like, dislike or seen; False where there was none."""

    def export(self, *, catalog: str | None = None, asker: Asker | None = None) -> dict[str, Any]:
        """Return all that is stored of a person, ready for JSON; nothing where the person is unknown."""

    def forget(self, *, catalog: str | None = None, asker: Asker | None = None) -> dict[str, int]:
        """Erase a person; return how many rows of each kind went."""
