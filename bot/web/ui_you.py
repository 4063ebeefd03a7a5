"""The You tab: what Almanac believes of a visitor, with its evidence, and the visitor's rights over it.

Knows the tab's HTML and what its buttons do. It refuses to erase or export for anyone but the visitor of the signed
cookie: a persona of the demo belongs to the data and can only be looked at. The last change can be undone; it is a
value that the page keeps.
"""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from bot.dialogue.turn import Asker
from bot.service import CatalogCard, Opinion, Service
from bot.web import cards, words
from bot.web.problems import REFUSALS, Problem
from bot.web.transcript import ChatMessage, Talk
from bot.web.ui_page import Change, Page, Setting, said, shown


def profile(service: Service, catalog: str | None, asker: Asker, changed: Change | None, *, own: bool) -> str:
    """Return the tab's HTML.

    Args:
        service: Knows the person.
        catalog: Of which catalogue.
        asker: Who.
        changed: The last change, which can be undone.
        own: Whether the person is the visitor rather than a persona.
    """
    told = service.call("show_profile", {}, catalog=catalog, asker=asker)
    believed = "".join(
        f'<li>{cards.escape(one.text)}{cards.numbers(one)}<span class="al-source">{cards.escape(one.source)}</span></li>'
        for one in told.evidence
    )
    opinions = service.opinions(catalog=catalog, asker=asker)
    who = "you" if own else words.person(asker.person or "")
    parts = [
        f'<section class="al-panel-card"><h3>What Almanac believes of {cards.escape(who)}</h3>'
        f"<ul>{believed}</ul></section>",
        f'<section class="al-panel-card"><h3>Verdicts</h3>{_undo(changed)}{_opinions(opinions)}</section>',
        _rights() if own else _persona(),
    ]
    return f'<div class="al-you">{"".join(parts)}</div>'


def _undo(changed: Change | None) -> str:
    if changed is None:
        return ""
    return (
        f'<p class="al-undone">{cards.escape(changed.title)}. '
        f'<button type="button" class="al-act" name="undo" value="{cards.escape(changed.item)}">Undo</button></p>'
    )


def _opinions(opinions: tuple[Opinion, ...]) -> str:
    if not opinions:
        return (
            '<p class="al-quiet">None yet. Say “I loved …” in the chat, or use the buttons below each pick: '
            "the next answer takes it into account.</p>"
        )
    rows = "".join(
        f"<li><b>{cards.escape(one.title)}</b>"
        + '<span class="al-actions">'
        + "".join(cards.rate(one.item, verdict, given=verdict == one.verdict) for verdict in words.VERDICTS)
        + f'<button type="button" class="al-act" name="back" value="{cards.escape(one.item)}">Take back</button>'
        + "</span></li>"
        for one in opinions
    )
    return f'<ul class="al-opinions">{rows}</ul>'


def _rights() -> str:
    return (
        '<section class="al-panel-card"><h3>Your data</h3><p>Everything that is stored of you here: verdicts, '
        "conversations, and when they were.</p>"
        '<p><button type="button" class="al-act" name="export" value="all">Prepare a download</button></p>'
        "<details><summary>Forget me…</summary><p>This erases your verdicts and conversations now and for good. "
        "Counts that were mined before forget you when the catalogue is built again.</p>"
        '<p><button type="button" class="al-act al-danger" name="forget" value="all">Erase everything about me</button>'
        "</p></details></section>"
    )


def _persona() -> str:
    return (
        '<section class="al-panel-card"><h3>Your data</h3><p class="al-quiet">You speak as someone of the demo, who '
        "cannot be exported or erased here. Choose “New visitor” under Change to see your own.</p></section>"
    )


def exported(document: dict[str, Any]) -> str:
    """Return the button that saves a person's data."""
    text = json.dumps(document, ensure_ascii=False, indent=2, default=str)
    return f"<p>{cards.file_button('almanac-my-data.json', text, 'Save almanac-my-data.json')}</p>"


def forgotten(gone: dict[str, int]) -> str:
    """Say what was erased."""
    counted = [words.count(n, name.removesuffix("s")) for name, n in gone.items() if n and name != "people"]
    said = f"Erased: {', '.join(counted)}." if counted else "There was nothing stored of you."
    return f'<p class="al-undone">{cards.escape(said)}</p>'


Seen = tuple[list[ChatMessage], Talk, Change | None, str, str]
"""The chat, its conversation, the last change, the profile and the note below it."""


class YouTab:
    """The tab's components.

    Args:
        service: Knows people.
        page: Knows who the visitor is.
    """

    def __init__(self, service: Service, page: Page) -> None:
        self._service = service
        self._page = page
        self.told = gr.Markdown(elem_id="al-you", padding=False)
        self.note = gr.Markdown(elem_id="al-you-note", padding=False)

    def look(self, changed: Change | None, request: gr.Request, *setting: str | None) -> str:
        """Return the profile of whoever speaks."""
        settings = Setting(*setting)
        card = self._page.card(settings.catalog)
        return "" if card is None else self._profile(card, settings, changed, request)

    def _profile(
        self, card: CatalogCard, setting: Setting, changed: Change | None, request: gr.Request
    ) -> str:
        try:
            asker = self._page.asker(setting, card, request)
            own = self._page.is_own(setting, card)
            return profile(self._service, card.name, asker, changed, own=own)
        except (Problem, *REFUSALS) as error:
            return cards.trouble(said(error))

    def act(
        self, talk: Talk, changed: Change | None, sent: str, request: gr.Request, *setting: str | None
    ) -> Seen:
        """Do what a button of the tab says."""
        settings = Setting(*setting)
        card = self._page.card(settings.catalog)
        if card is None:
            return shown(talk), talk, changed, "", ""
        try:
            act, value = _act(sent)
            asker = self._page.asker(settings, card, request)
            own = self._page.is_own(settings, card)
            talk, changed, note = self._do(act, value, talk, changed, card.name, asker, own=own)
        except (Problem, *REFUSALS) as error:
            gr.Warning(said(error), title="Not done", duration=5)
            note = ""
        return shown(talk), talk, changed, self._profile(card, settings, changed, request), note

    def _do(
        self,
        act: str,
        value: str,
        talk: Talk,
        changed: Change | None,
        catalog: str,
        asker: Asker,
        *,
        own: bool,
    ) -> tuple[Talk, Change | None, str]:
        """Return conversation, last change and note after one act.

        Raises:
            Problem: it may not be done, or not any more.
        """
        if act in {"export", "forget"} and not own:
            raise Problem(403, "persona", "a persona of the demo can be neither exported nor erased here")
        if act == "export":
            return talk, changed, exported(self._service.export(catalog=catalog, asker=asker))
        if act == "forget":
            gone = self._service.forget(catalog=catalog, asker=asker)
            return Talk(catalog=catalog), None, forgotten(gone)
        if act == "back":
            before = self._page.verdict_on(value, catalog, asker)
            self._service.take_back(value, catalog=catalog, asker=asker)
            return talk.with_verdict(value, None), Change(value, "A verdict was taken back", before), ""
        if changed is None or changed.item != value:
            raise Problem(409, "undone", "there is nothing to undo any more")
        if changed.before is None:
            self._service.take_back(value, catalog=catalog, asker=asker)
        else:
            arguments = {"item": value, "verdict": changed.before}
            self._service.call("rate_item", arguments, catalog=catalog, asker=asker)
        return talk.with_verdict(value, changed.before), None, '<p class="al-undone">Undone.</p>'


def _act(sent: str) -> tuple[str, str]:
    """Read what a button of the tab sent.

    Raises:
        Problem: it is nothing that a button sends.
    """
    try:
        value = json.loads(sent)
        act, about = value["act"], value["value"]
    except (ValueError, TypeError, KeyError) as error:
        raise Problem(422, "fields", "that button is unknown") from error
    if act not in {"undo", "back", "export", "forget"} or not isinstance(about, str):
        raise Problem(422, "fields", f"there is no button {act!r}")
    return act, about
