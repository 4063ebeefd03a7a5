"""The page: Gradio components of the chat and its panel, the tabs around it, and what their events call.

Knows Gradio, as the other `ui_` modules and `theme` do; they are imported only when a page is served. It refuses to
know what an event does: `bot.web.ui_page` does, and each tab its own. What is in a tab is sent when the tab is opened.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from fastapi import FastAPI

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr

from bot.service import CatalogCard, Service
from bot.web.config import WebConfig
from bot.web.metrics import Metrics
from bot.web.security import Visitors
from bot.web.theme import almanac_theme
from bot.web.transcript import ChatMessage, Talk
from bot.web.turns import TurnRunner
from bot.web.ui_health import HealthTab
from bot.web.ui_page import EVERYWHERE, NEW_VISITOR, Page, Setting, greet, people_of, places_of
from bot.web.ui_rules import QUIET, RulesTab
from bot.web.ui_you import YouTab

_IDLE_SECONDS = 6 * 3_600
"""After this long without a word a visitor's conversation leaves the page's memory."""


class Layout:
    """The page's components.

    Args:
        page: The handlers; asked here for the first heading.
        service: What the tabs ask.
        metrics: What the Health tab tells.
        config: Whether personas may be chosen, and how long a message may be.
        catalogs: The catalogues at start.
    """

    def __init__(self, page: Page, service: Service, metrics: Metrics, config: WebConfig) -> None:
        catalogs = page.catalogs()
        first = catalogs[0] if catalogs else None
        self.drawn = [(one.name, one.generation) for one in catalogs]
        """Names and generations that the page was laid out for."""
        self.talk = gr.State(Talk(catalog=first.name if first else None), time_to_live=_IDLE_SECONDS)
        self.changed = gr.State(None, time_to_live=_IDLE_SECONDS)
        self.head = gr.Markdown(
            page.heading(Setting(first.name if first else None, None, None, None)),
            elem_id="al-header",
            padding=False,
        )
        with gr.Sidebar(
            label="Who, when and where", position="right", open=False, elem_id="al-side", width=330
        ):
            self._panel(config, catalogs, first)
        with gr.Tabs(elem_id="al-tabs"):
            with gr.Tab("Chat", id="chat", elem_id="al-tab-chat"):
                self._conversation(config, first)
            with gr.Tab("Rules", id="rules", elem_id="al-tab-rules") as self.rules_tab:
                self.rules = RulesTab(service, first)
            with gr.Tab("You", id="you", elem_id="al-tab-you") as self.you_tab:
                self.you = YouTab(service, page)
            with gr.Tab("Health", id="health", elem_id="al-tab-health") as self.health_tab:
                self.health = HealthTab(service, metrics)
        self.verdict = gr.Textbox(elem_id="al-verdict", visible="hidden", show_label=False)
        self.act = gr.Textbox(elem_id="al-act", visible="hidden", show_label=False)

    def _conversation(self, config: WebConfig, first: CatalogCard | None) -> None:
        """Lay out the chat and the text box below it."""
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
            autoscroll=False,  # static/page.js keeps the question in sight and lets the answer grow below it
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


def build_page(
    service: Service, runner: TurnRunner, config: WebConfig, visitors: Visitors, metrics: Metrics
) -> gr.Blocks:
    """Return the page with its events wired."""
    page = Page(service, runner, config, visitors)
    blocks = gr.Blocks(title="Almanac", analytics_enabled=False, fill_height=True)
    with blocks:
        layout = Layout(page, service, metrics, config)
        _wire_chat(page, layout)
        _wire_tabs(layout)
        _wire_panel(page, layout, blocks)
    blocks.queue(default_concurrency_limit=None, api_open=False, max_size=None)
    return blocks


def _wire_chat(page: Page, layout: Layout) -> None:
    """Wire asking, retrying, undoing, editing, stopping and the verdicts."""
    talk, chat, ask = layout.talk, layout.chat, layout.ask

    running: list[Any] = [
        ask.submit(page.send, [talk, ask, *layout.setting], [chat, talk, ask], **QUIET),
        chat.retry(page.again, [talk, *layout.setting], [chat, talk], **QUIET),
        chat.edit(page.edit, [talk, *layout.setting], [chat, talk], **QUIET),
    ]
    ask.stop(page.settle, [talk], [chat], cancels=running, **QUIET)
    chat.undo(page.undo, [talk], [chat, talk, ask], **QUIET)
    layout.verdict.submit(
        page.rate,
        [talk, layout.changed, layout.verdict, *layout.setting],
        [chat, talk, layout.changed],
        **QUIET,
    ).then(layout.you.look, [layout.changed, *layout.setting], [layout.you.told], **QUIET)


def _wire_tabs(layout: Layout) -> None:
    """Wire the tabs beside the chat."""
    you = layout.you
    layout.rules.wire(layout.rules_tab, layout.catalog)
    layout.health.wire(layout.health_tab)
    layout.you_tab.select(you.look, [layout.changed, *layout.setting], [you.told], **QUIET)
    layout.act.submit(
        you.act,
        [layout.talk, layout.changed, layout.act, *layout.setting],
        [layout.chat, layout.talk, layout.changed, you.told, you.note],
        **QUIET,
    )


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
        """Show the catalogues that there are now: a build may have ended since the server started.

        Else the panel stays as it is: its fields may have been set before this answer comes.
        """
        found = page.catalogs()
        if [(one.name, one.generation) for one in found] == layout.drawn:
            return tuple(gr.skip() for _ in shown)
        name = found[0].name if found else None
        choices = [(one.title, one.name) for one in found]
        persona, place, at, *_ = other_catalog(name)
        welcome = gr.Chatbot(placeholder=greet(page.card(name)))  # a message may have been sent already
        return gr.Radio(choices=choices, value=name), persona, place, at, welcome

    panel = [layout.persona, layout.place, layout.at, layout.chat, layout.talk, layout.head]
    layout.catalog.input(other_catalog, [layout.catalog], panel, **QUIET)
    for one in (layout.persona, layout.at, layout.place):
        one.change(heading, layout.setting, [layout.head], **QUIET)
    layout.restart.click(restart, [layout.catalog], [layout.chat, layout.talk], **QUIET)
    shown = [layout.catalog, layout.persona, layout.place, layout.at, layout.chat]
    blocks.load(reload, None, shown, **QUIET).then(heading, layout.setting, [layout.head], **QUIET)


def mount_ui(
    app: FastAPI,
    service: Service,
    runner: TurnRunner,
    config: WebConfig,
    visitors: Visitors,
    metrics: Metrics,
) -> None:
    """Mount the page at `/` of the application; its own API, uploads and history stay closed.

    Gradio makes an event loop for each of its locks where none runs, and never closes them: it is given one.
    """

    def mount() -> None:
        _mount(app, build_page(service, runner, config, visitors, metrics))

    async def within_a_loop() -> None:
        mount()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(within_a_loop())
    else:
        mount()


def _mount(app: FastAPI, blocks: gr.Blocks) -> None:
    gr.mount_gradio_app(
        app,
        blocks,
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
