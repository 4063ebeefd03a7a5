"""The chat page: Gradio components and what their events do.

Knows Gradio, and is with `bot.web.theme` the only module that imports it. It refuses to know how a turn is answered
(`TurnRunner`), shown (`bot.web.transcript`, `bot.web.cards`) or who a visitor is (`Visitors`). Nothing is kept here:
each visitor's `Talk` is a state of the page, and what the browser sends is checked before it is used.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr

from bot.dialogue.turn import Asker, DoneEvent
from bot.service import CatalogCard, Service
from bot.web import cards, words
from bot.web.api import check_message
from bot.web.config import WebConfig
from bot.web.problems import REFUSALS, Problem
from bot.web.security import COOKIE, Visitors
from bot.web.theme import almanac_theme
from bot.web.transcript import ChatMessage, ShownTurn, Talk
from bot.web.turns import TurnRunner

NEW_VISITOR = ""
EVERYWHERE = ""
_IDLE_SECONDS = 6 * 3_600
"""After this long without a word a visitor's conversation leaves the page's memory."""


@dataclass(frozen=True)
class Setting:
    """What the page's panel says: catalogue, person, time and place, as the browser sent them."""

    catalog: str | None
    persona: str | None
    at: str | None
    place: str | None


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
        """Return the catalogues that there are now."""
        return self._service.catalogs()

    def card(self, name: str | None) -> CatalogCard | None:
        """Return the catalogue of this name, the first one where the name is unknown, None where none is built."""
        found = self._service.catalogs()
        return next((one for one in found if one.name == name), found[0] if found else None)

    def asker(self, setting: Setting, card: CatalogCard, request: gr.Request) -> Asker:
        """Say who asks, when and where; a persona only in a demo and only one that the catalogue offers.

        Raises:
            Problem: the time cannot be read.
        """
        person = self._visitors.read(request.cookies.get(COOKIE))
        if self._config.demo_personas and setting.persona in card.personas:
            person = setting.persona
        places = {one.id for one in card.places}
        place = setting.place if setting.place in places else None
        return Asker(person=person, at=local_time(setting.at, card.zone), place=place)

    async def answer(
        self, talk: Talk, message: str, setting: Setting, request: gr.Request
    ) -> AsyncGenerator[tuple[list[ChatMessage], Talk]]:
        """Answer one message: yield the chat and the conversation after each event."""
        card = self.card(setting.catalog)
        if card is None:
            gr.Warning("Nothing is built yet: run `almanac load` and `almanac build`, then reload.")
            yield talk.messages(), talk
            return
        try:
            check_message(message, self._config.max_message)
            asker = self.asker(setting, card, request)
        except Problem as problem:
            gr.Warning(sentence(problem.detail))
            yield talk.messages(), talk
            return
        if talk.catalog != card.name:
            talk = Talk(catalog=card.name)
        turn = ShownTurn(message=message, asked_as=asked_as(asker, card))
        before = talk.messages()
        yield before + turn.messages(), talk.with_turn(turn.stopped())
        events = self._runner.run(
            message,
            catalog=card.name,
            conversation=talk.conversation,
            history=talk.history() if talk.conversation is None else (),
            asker=asker,
        )
        conversation = None
        try:
            async with aclosing(events):
                async for event in events:
                    turn = turn.after(event)
                    if isinstance(event, DoneEvent):
                        conversation = event.conversation
                    yield before + turn.messages(), talk.with_turn(turn.stopped(), conversation)
        except REFUSALS as error:
            turn = replace(turn, final=cards.trouble(sentence(str(error))))
            yield before + turn.messages(), talk.with_turn(turn)

    async def rate(
        self, talk: Talk, sent: str, setting: Setting, request: gr.Request
    ) -> tuple[list[ChatMessage], Talk]:
        """Give the verdict that a card's button sent; say in a note what was noted."""
        card = self.card(setting.catalog)
        given = _verdict(sent)
        if card is None or given is None:
            return talk.messages(), talk
        item, verdict = given
        try:
            asker = self.asker(setting, card, request)
            arguments = {"item": item, "verdict": verdict}
            result = await run_in_threadpool(
                self._service.call, "rate_item", arguments, catalog=card.name, asker=asker
            )
        except (Problem, *REFUSALS) as error:
            gr.Warning(sentence(str(error)))
            return talk.messages(), talk
        gr.Info(" ".join(one.text for one in result.evidence) or "Noted.", duration=4)
        talk = talk.with_verdict(item, verdict)
        return talk.messages(), talk

    def heading(self, setting: Setting) -> str:
        """Return the head of the page for what the panel says."""
        card = self.card(setting.catalog)
        return cards.header(card, chips(setting, card) if card else ())


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


def sentence(text: str) -> str:
    """Return one line as a sentence for people."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


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
    who = f"Person {setting.persona}" if setting.persona in card.personas else "New visitor"
    return (card.title, who, words.local_instant(at or card.now, card.zone), place)


def people_of(card: CatalogCard | None) -> list[tuple[str, str]]:
    """Return the choices of the persona picker."""
    personas = card.personas if card else ()
    return [("New visitor", NEW_VISITOR), *((f"Person {one}", one) for one in personas)]


def places_of(card: CatalogCard | None) -> list[tuple[str, str]]:
    """Return the choices of the place picker."""
    places = card.places if card else ()
    return [("Everywhere", EVERYWHERE), *((one.name, one.id) for one in places)]


def greet(card: CatalogCard | None) -> str:
    """Return what an empty chat shows."""
    return cards.welcome(card, words.greeting(card.now, card.zone) if card else "")


class Layout:
    """The page's components.

    Args:
        page: The handlers; asked here for the first heading.
        config: Whether personas may be chosen, and how long a message may be.
        catalogs: The catalogues at start.
    """

    def __init__(self, page: Page, config: WebConfig, catalogs: tuple[CatalogCard, ...]) -> None:
        first = catalogs[0] if catalogs else None
        self.talk = gr.State(Talk(catalog=first.name if first else None), time_to_live=_IDLE_SECONDS)
        self.head = gr.Markdown(
            page.heading(Setting(first.name if first else None, None, None, None)),
            elem_id="al-header",
            padding=False,
        )
        with gr.Sidebar(
            label="Who, when and where", position="right", open=False, elem_id="al-side", width=330
        ):
            self._panel(config, catalogs, first)
        self.chat = gr.Chatbot(
            elem_id="al-chat",
            show_label=False,
            container=False,
            scale=1,
            height="100%",
            layout="bubble",
            buttons=[],
            editable="user",
            feedback_options=None,
            latex_delimiters=[],
            allow_tags=False,
            placeholder=greet(first),
        )
        self.ask = gr.Textbox(
            elem_id="al-ask",
            show_label=False,
            label="Your message",
            container=False,
            placeholder="Ask, or say what you like…",
            lines=1,
            max_lines=6,
            max_length=config.max_message,
            autofocus=True,
            submit_btn=True,
            stop_btn=True,
        )
        self.verdict = gr.Textbox(elem_id="al-verdict", visible="hidden", show_label=False)

    def _panel(self, config: WebConfig, catalogs: tuple[CatalogCard, ...], first: CatalogCard | None) -> None:
        """Lay out the panel: catalogue, person, time and place."""
        gr.Markdown('<h2 class="al-side-title">Who, when and where</h2>', padding=False)
        self.catalog = gr.Radio(
            [(one.title, one.name) for one in catalogs],
            value=first.name if first else None,
            label="Catalogue",
        )
        self.persona = gr.Dropdown(
            people_of(first),
            value=NEW_VISITOR,
            allow_custom_value=True,  # the handlers check; an event may carry the catalogue before's choice
            label="Person",
            info="Speak as someone with a history.",
            visible=config.demo_personas,
            elem_id="al-persona",
        )
        self.at = gr.DateTime(
            type="string",
            label="Now, in local time (empty: the catalogue's clock)",
            elem_id="al-at",
        )
        self.place = gr.Dropdown(
            places_of(first),
            value=EVERYWHERE,
            allow_custom_value=True,
            label="Place",
            info="Where the question is asked.",
            elem_id="al-place",
        )
        self.restart = gr.Button("New conversation", elem_id="al-restart", variant="secondary")

    @property
    def setting(self) -> list[Any]:
        """The components that make a `Setting`, in its order."""
        return [self.catalog, self.persona, self.at, self.place]


def build_page(service: Service, runner: TurnRunner, config: WebConfig, visitors: Visitors) -> gr.Blocks:
    """Return the page with its events wired."""
    page = Page(service, runner, config, visitors)
    blocks = gr.Blocks(title="Almanac", analytics_enabled=False, fill_height=True)
    with blocks:
        layout = Layout(page, config, service.catalogs())
        _wire_chat(page, layout)
        _wire_panel(page, layout, blocks)
    blocks.queue(default_concurrency_limit=None, api_open=False, max_size=None)
    return blocks


_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
"""Every event of the page: no door of its own, no overlay, no waiting for other visitors."""


def _wire_chat(page: Page, layout: Layout) -> None:
    """Wire asking, retrying, undoing, editing, stopping and the verdicts."""
    talk, chat, ask = layout.talk, layout.chat, layout.ask

    async def send(
        talk: Talk, message: str, request: gr.Request, *setting: str | None
    ) -> AsyncGenerator[Any]:
        taken = bool(message.strip())
        async with aclosing(page.answer(talk, message, Setting(*setting), request)) as answers:
            async for shown, after in answers:
                yield shown, after, "" if taken else message

    async def again(
        talk: Talk, request: gr.Request, event: gr.RetryData, *setting: str | None
    ) -> AsyncGenerator[Any]:
        position = talk.turn_at(_index(event.index))
        message = talk.turns[position].message
        async with aclosing(
            page.answer(talk.before(position), message, Setting(*setting), request)
        ) as answers:
            async for shown, after in answers:
                yield shown, after

    async def edit(
        talk: Talk, request: gr.Request, event: gr.EditData, *setting: str | None
    ) -> AsyncGenerator[Any]:
        earlier = talk.before(talk.turn_at(_index(event.index)))
        async with aclosing(
            page.answer(earlier, cards.as_typed(str(event.value)), Setting(*setting), request)
        ) as answers:
            async for shown, after in answers:
                yield shown, after

    def undo(talk: Talk, event: gr.UndoData) -> tuple[list[ChatMessage], Talk, str]:
        position = talk.turn_at(_index(event.index))
        return talk.before(position).messages(), talk.before(position), talk.turns[position].message

    async def rate(
        talk: Talk, sent: str, request: gr.Request, *setting: str | None
    ) -> tuple[list[ChatMessage], Talk]:
        return await page.rate(talk, sent, Setting(*setting), request)

    def settle(talk: Talk) -> list[ChatMessage]:
        return talk.messages()

    running: list[Any] = [
        ask.submit(send, [talk, ask, *layout.setting], [chat, talk, ask], **_QUIET),
        chat.retry(again, [talk, *layout.setting], [chat, talk], **_QUIET),
        chat.edit(edit, [talk, *layout.setting], [chat, talk], **_QUIET),
    ]
    ask.stop(settle, [talk], [chat], cancels=running, **_QUIET)
    chat.undo(undo, [talk], [chat, talk, ask], **_QUIET)
    layout.verdict.submit(rate, [talk, layout.verdict, *layout.setting], [chat, talk], **_QUIET)


def _wire_panel(page: Page, layout: Layout, blocks: gr.Blocks) -> None:
    """Wire the panel: another catalogue begins anew, the other settings only change the head."""

    def heading(*setting: str | None) -> str:
        return page.heading(Setting(*setting))

    def other_catalog(name: str | None) -> tuple[Any, ...]:
        card = page.card(name)
        return (
            gr.Dropdown(choices=people_of(card), value=NEW_VISITOR),
            gr.Dropdown(choices=places_of(card), value=EVERYWHERE),
            None,
            gr.Chatbot(value=[], placeholder=greet(card)),
            Talk(catalog=card.name if card else None),
            page.heading(Setting(name, None, None, None)),
        )

    def restart(name: str | None) -> tuple[list[ChatMessage], Talk]:
        return [], Talk(catalog=name)

    def reload() -> tuple[Any, ...]:
        """Show the catalogues that there are now: a build may have ended since the server started."""
        found = page.catalogs()
        name = found[0].name if found else None
        choices = [(one.title, one.name) for one in found]
        return (gr.Radio(choices=choices, value=name), *other_catalog(name))

    panel = [layout.persona, layout.place, layout.at, layout.chat, layout.talk, layout.head]
    layout.catalog.input(other_catalog, [layout.catalog], panel, **_QUIET)
    for one in (layout.persona, layout.at, layout.place):
        one.change(heading, layout.setting, [layout.head], **_QUIET)
    layout.restart.click(restart, [layout.catalog], [layout.chat, layout.talk], **_QUIET)
    blocks.load(reload, None, [layout.catalog, *panel], **_QUIET)


def _index(index: int | tuple[int, int]) -> int:
    """Return a chat message's index from what Gradio's events carry."""
    return index if isinstance(index, int) else index[0]


def mount_ui(
    app: FastAPI, service: Service, runner: TurnRunner, config: WebConfig, visitors: Visitors
) -> None:
    """Mount the page at `/` of the application; its own API, uploads and history stay closed."""
    gr.mount_gradio_app(
        app,
        build_page(service, runner, config, visitors),
        path="/",
        theme=almanac_theme(),
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        show_error=False,
        max_file_size=1,
    )
