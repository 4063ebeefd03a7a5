"""What the chat page does: a visitor's conversation and settings in, messages out.

Knows what the page sends and checks it. It refuses to know components and their events (`bot.web.ui`), how a turn is
answered (`TurnRunner`), shown (`bot.web.transcript`, `bot.web.cards`) or who a visitor is (`Visitors`). Nothing is
kept here: each visitor's `Talk` is an argument.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import gradio as gr
from gradio.components.plot import PlotData

from bot.dialogue.chart import Chart
from bot.dialogue.turn import Asker, DoneEvent, Event
from bot.errors import NotReady
from bot.service import CatalogCard, Service
from bot.web import cards, words
from bot.web.api import check_message
from bot.web.config import WebConfig
from bot.web.events import batches
from bot.web.problems import REFUSALS, Problem
from bot.web.security import COOKIE, Visitors
from bot.web.transcript import ChatMessage, ShownTurn, Talk
from bot.web.turns import TurnRunner

NEW_VISITOR = ""
"""What the persona picker sends for someone without a history."""
EVERYWHERE = ""
"""What the place picker sends for no place."""

_PACE = 0.12
"""Seconds between two drawings of a running answer: Gradio takes longer to compare and send one than a model a word."""

Stage = tuple[list[ChatMessage], Talk]
"""The chat as it is shown now, and the conversation to keep."""
_FIRST = ("movies",)
"""Catalogues that the picker names first, where they are loaded."""


@dataclass(frozen=True)
class Setting:
    """What the page's panel says: catalogue, person, time and place, as the browser sent them."""

    catalog: str | None
    persona: str | None
    at: str | None
    place: str | None


@dataclass(frozen=True)
class Change:
    """A verdict that was given or taken back, and what stood before it: enough to undo it."""

    item: str
    title: str
    before: str | None
    """The verdict before; None where there was none."""


class Page:
    """The page's event handlers over one service.

    Args:
        service: What answers.
        runner: Runs and counts turns.
        config: Limits, and whether personas may be chosen.
        visitors: Reads the signed cookie.
    """

    def __init__(self, service: Service, runner: TurnRunner, config: WebConfig, visitors: Visitors) -> None:
        self._service = service
        self._runner = runner
        self._config = config
        self._visitors = visitors

    def catalogs(self) -> tuple[CatalogCard, ...]:
        """Return the catalogues that there are now, in the order of the picker."""
        return tuple(sorted(self._service.catalogs(), key=lambda card: card.name not in _FIRST))

    def card(self, name: str | None) -> CatalogCard | None:
        """Return the catalogue of this name, the first one where the name is unknown, None where none is built."""
        found = self.catalogs()
        return next((one for one in found if one.name == name), found[0] if found else None)

    def built(self, name: str | None) -> CatalogCard:
        """Return the catalogue of this name, or the first one.

        Raises:
            NotReady: none is built.
        """
        card = self.card(name)
        if card is None:
            raise NotReady("nothing is built yet: run `almanac load` and `almanac build`, then reload")
        return card

    def asker(self, setting: Setting, card: CatalogCard, request: gr.Request) -> Asker:
        """Say who asks, when and where; a persona only in a demo and only one that the catalogue offers.

        Raises:
            Problem: the time cannot be read.
        """
        own = self.is_own(setting, card)
        person = self._visitors.read(request.cookies.get(COOKIE)) if own else setting.persona
        places = {one.id for one in card.places}
        place = setting.place if setting.place in places else None
        return Asker(person=person, at=local_time(setting.at, card.zone), place=place)

    def is_own(self, setting: Setting, card: CatalogCard) -> bool:
        """Tell whether the visitor speaks as themselves and not as a persona of the demo."""
        return not (self._config.demo_personas and setting.persona in card.personas)

    async def send(
        self, talk: Talk, message: str, request: gr.Request, *setting: str | None
    ) -> AsyncGenerator[tuple[list[ChatMessage], Talk, Any]]:
        """Answer what was written; the text box is emptied at once, and then left to what is written next."""
        box: Any = ""
        async with aclosing(self._answer(talk, message, Setting(*setting), request)) as stages:
            async for shown, after in stages:
                yield shown, after, box
                box = gr.skip()

    async def again(
        self, talk: Talk, request: gr.Request, event: gr.RetryData, *setting: str | None
    ) -> AsyncGenerator[Stage]:
        """Answer a message once more, as if nothing had been said since."""
        position = talk.turn_at(_index(event.index))
        message = talk.turns[position].message
        async with aclosing(
            self._answer(talk.before(position), message, Setting(*setting), request)
        ) as stages:
            async for stage in stages:
                yield stage

    async def edit(
        self, talk: Talk, request: gr.Request, event: gr.EditData, *setting: str | None
    ) -> AsyncGenerator[Stage]:
        """Answer a message that was changed, as if nothing had been said since."""
        earlier = talk.before(talk.turn_at(_index(event.index)))
        message = cards.as_typed(str(event.value))
        async with aclosing(self._answer(earlier, message, Setting(*setting), request)) as stages:
            async for stage in stages:
                yield stage

    def undo(self, talk: Talk, event: gr.UndoData) -> tuple[list[ChatMessage], Talk, str]:
        """Take a turn back; its message returns to the text box."""
        position = talk.turn_at(_index(event.index))
        earlier = talk.before(position)
        return shown(earlier), earlier, talk.turns[position].message

    def settle(self, talk: Talk) -> list[ChatMessage]:
        """Return the chat as it stands after a stop."""
        return shown(talk)

    def rate(
        self, talk: Talk, changed: Change | None, sent: str, request: gr.Request, *setting: str | None
    ) -> tuple[list[ChatMessage], Talk, Change | None]:
        """Give the verdict that a button sent; say in a note what was noted, and keep what it changed."""
        settings = Setting(*setting)
        card = self.card(settings.catalog)
        given = _verdict(sent)
        if card is None or given is None:
            return shown(talk), talk, changed
        item, verdict = given
        try:
            asker = self.asker(settings, card, request)
            before = self.verdict_on(item, card.name, asker)
            result = self._service.call(
                "rate_item", {"item": item, "verdict": verdict}, catalog=card.name, asker=asker
            )
        except (Problem, *REFUSALS) as error:
            gr.Warning(said(error), title="Not noted", duration=5)
            return shown(talk), talk, changed
        text = " ".join(one.text for one in result.evidence) or "Noted."
        gr.Info(text, title="Noted", duration=3)
        talk = talk.with_verdict(item, verdict)
        return shown(talk), talk, Change(item, text.rstrip("."), before)

    def verdict_on(self, item: str, catalog: str, asker: Asker) -> str | None:
        """Return what a person said of an item."""
        opinions = self._service.opinions(catalog=catalog, asker=asker)
        return next((one.verdict for one in opinions if one.item == item), None)

    async def _answer(
        self, talk: Talk, message: str, setting: Setting, request: gr.Request
    ) -> AsyncGenerator[Stage]:
        """Answer one message: yield the chat and the conversation whenever something came."""
        try:
            check_message(message, self._config.max_message)
            card = self.built(setting.catalog)
            asker = self.asker(setting, card, request)
        except (Problem, NotReady) as error:
            gr.Warning(said(error), title="Not sent", duration=5)
            yield shown(talk), talk
            return
        if talk.catalog != card.name:
            talk = Talk(catalog=card.name)
        turn = ShownTurn(message=message, asked_as=asked_as(asker, card))
        before = shown(talk)
        yield before + shown(turn), talk.with_turn(turn.stopped())
        conversation = None
        try:
            events = self._events(talk, message, card, asker)
            async with aclosing(batches(events, self._config.keepalive_seconds)) as several:
                async for batch in several:
                    for event in batch:
                        turn = turn.after(event)
                        if isinstance(event, DoneEvent):
                            conversation = event.conversation
                    if batch:
                        yield before + shown(turn), talk.with_turn(turn.stopped(), conversation)
                    if batch and not isinstance(
                        batch[-1], DoneEvent
                    ):  # Gradio draws the end once more: at once
                        await asyncio.sleep(_PACE)
        except REFUSALS as error:
            turn = replace(turn, final=cards.trouble(said(error)))
            yield before + shown(turn), talk.with_turn(turn)

    def _events(self, talk: Talk, message: str, card: CatalogCard, asker: Asker) -> AsyncGenerator[Event]:
        """Run the turn; a conversation that the service does not know goes along as history."""
        return self._runner.run(
            message,
            catalog=card.name,
            conversation=talk.conversation,
            history=talk.history() if talk.conversation is None else (),
            asker=asker,
        )

    def heading(self, setting: Setting) -> str:
        """Return the head of the page for what the panel says."""
        card = self.card(setting.catalog)
        return cards.header(card, chips(setting, card) if card else ())


def shown(said: Talk | ShownTurn) -> list[ChatMessage]:
    """Return the messages of a conversation or a turn as Gradio takes them: charts become plots."""
    return [
        {**message, "content": gr.Plot(plot_of(chart), show_label=False, container=False, render=False)}
        if isinstance(chart := message["content"], Chart)
        else message
        for message in said.messages()
    ]


def plot_of(chart: Chart) -> PlotData:
    """Return a chart as Gradio's Plot takes it."""
    from bot.web.charts import drawing  # plotly is imported when the first chart is drawn

    return PlotData(type="plotly", plot=drawing(chart))


def _verdict(sent: str) -> tuple[str, str] | None:
    """Read what a card's button sent, or None where it is no verdict."""
    try:
        value = json.loads(sent)
        item, verdict = value["item"], value["verdict"]
    except (ValueError, TypeError, KeyError):
        return None
    return (item, verdict) if isinstance(item, str) and verdict in words.VERDICTS else None


def local_time(text: str | None, zone: str) -> datetime | None:
    """Return the instant that a local date and time name; None where nothing is written.

    Raises:
        Problem: it is no date and time.
    """
    if not text or not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Problem(422, "fields", f"{text!r} is no date and time: write it as 1998-04-17 20:30") from error
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))


def said(error: Exception) -> str:
    """Return what an error says, as a sentence for people."""
    text = error.detail if isinstance(error, Problem) else str(error)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _index(index: int | tuple[int, int]) -> int:
    """Return a chat message's index from what Gradio's events carry."""
    return index if isinstance(index, int) else index[0]


def asked_as(asker: Asker, card: CatalogCard) -> str:
    """Say for when and where a question is asked."""
    when = words.local_instant(asker.at or card.now, card.zone)
    names = {place.id: place.name for place in card.places}
    return f"as of {when}" + (f", {names[asker.place]}" if asker.place else "")


def chips(setting: Setting, card: CatalogCard) -> tuple[str, ...]:
    """Say who asks, when and where, in three words or so each."""
    try:
        at = local_time(setting.at, card.zone)
    except Problem:
        at = None
    place = next((one.name for one in card.places if one.id == setting.place), "Everywhere")
    who = words.person(setting.persona) if setting.persona in card.personas else "New visitor"
    return (card.title, who, words.local_instant(at or card.now, card.zone), place)


def people_of(card: CatalogCard | None) -> list[tuple[str, str]]:
    """Return the choices of the persona picker."""
    personas = card.personas if card else ()
    return [("New visitor", NEW_VISITOR), *((words.person(one), one) for one in personas)]


def places_of(card: CatalogCard | None) -> list[tuple[str, str]]:
    """Return the choices of the place picker."""
    places = card.places if card else ()
    return [("Everywhere", EVERYWHERE), *((one.name, one.id) for one in places)]


def greet(card: CatalogCard | None) -> str:
    """Return what an empty chat shows."""
    return cards.welcome(card, words.greeting(card.now, card.zone) if card else "")
