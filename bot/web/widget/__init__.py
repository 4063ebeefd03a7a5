"""The widget: one script that any site can embed, put together from the files beside this one.

Knows the order of the parts and how a browser may keep them. It refuses to know what the script does. There is no
build: comments, indentation and spaces beside signs are left out when the server starts, and that is all.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import time
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import ConfigDict, Field

from bot.dialogue.turn import Frozen
from bot.service import CatalogCard, Service
from bot.web.api import PROBLEMS, catalog_of
from bot.web.config import WebConfig
from bot.web.identity import SITE_HEADER, Caller
from bot.web.metrics import Metrics
from db.errors import UnknownCatalog

FOLDER = Path(__file__).parent
PARTS = ("words", "look", "keep", "wire", "parts", "element")
LANGUAGES = tuple(sorted(path.name.split(".")[1] for path in FOLDER.glob("words.*.json")))
EXAMPLES = 4
"""Questions that an empty chat offers."""


class SessionRequest(Frozen):
    """A widget that begins to talk."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    catalog: str | None = Field(default=None, max_length=200)
    """Name of the catalogue; may be left out where only one is loaded, or where the site key has one."""


class Session(Frozen):
    """What a widget needs to know before the first message."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    visitor: str | None
    """Token of an anonymous visitor, to be sent as `Authorization: Bearer` and kept; none for a known customer."""
    catalog: str
    """Name of the catalogue."""
    title: str
    """What people call the catalogue."""
    data_from: datetime | None
    """First instant of the data that answers rest on."""
    data_to: datetime | None
    """Last instant of it."""
    examples: tuple[str, ...]
    """Questions that the catalogue answers well."""
    item_url: str
    """Where an item's page is, with `{id}` and `{title}` to be filled in; empty where nobody said."""
    events: bool
    """Whether `/api/events` takes what the visitor does."""


class Feedback(Frozen):
    """What a person thinks of an answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    helpful: bool
    """Whether the answer helped."""


class Cards:
    """The catalogues as they were a few seconds ago: looking them up reads the database, and every visit asks.

    Args:
        service: Knows the catalogues.
        seconds: How old what is told may be.
    """

    def __init__(self, service: Service, seconds: float = 10.0) -> None:
        self._service = service
        self._seconds = seconds
        self._known: tuple[float, dict[str, CatalogCard]] | None = None

    def get(self) -> dict[str, CatalogCard]:
        """Return the catalogues by name."""
        known, now = self._known, time.monotonic()
        if known is None or now - known[0] > self._seconds:
            known = self._known = (now, {card.name: card for card in self._service.catalogs()})
        return known[1]


@cache
def script() -> bytes:
    """Return the whole script, its parts in one closed scope."""
    parts = [f"const LANGUAGES = {json.dumps(LANGUAGES)};"]
    parts += [_compact((FOLDER / f"{name}.js").read_text(encoding="utf-8")) for name in PARTS]
    return ("(() => {\n'use strict';\n" + "\n".join(parts) + "\n})();\n").encode()


_QUOTED = re.compile(r"(`(?:[^`\\]|\\.)*`|'(?:[^'\\\n]|\\.)*')", re.DOTALL)


def _compact(source: str) -> str:
    """Leave out comments, indentation, line breaks beside brackets, and the space around signs outside of texts."""
    lines = (re.sub(r"(^|\s+)// .*$", "", line).strip() for line in source.splitlines())
    text = "\n".join(line for line in lines if line)
    text = re.sub(r"(?<=[{(\[,;])\n|\n(?=[})\]])", "", text)
    pieces = _QUOTED.split(text)  # code and texts by turns
    pieces[::2] = (re.sub(r" ?([-+/%=<>&|?:,;{}()\[\]!*]+) ?", r"\1", code) for code in pieces[::2])
    text = "".join(pieces)
    return re.sub(
        r"(?s)(?<=const LOOK=`).*?(?=`;)",
        lambda css: re.sub(r"\s*([{};,>])\s*|(?<=:)\s+", r"\1", css[0]).replace(";}", "}"),
        text,
    )


def widget_router(service: Service, config: WebConfig, metrics: Metrics, *, events: bool) -> APIRouter:
    """Return the script, its languages, and what a widget asks before and beside the chat.

    Args:
        service: Knows the catalogues.
        config: Knows the sites.
        metrics: Where verdicts on answers are counted.
        events: Whether `/api/events` is there.
    """
    router = APIRouter(tags=["widget"])
    known = Cards(service)

    @router.get("/widget.js", include_in_schema=False)
    def widget(request: Request) -> Response:
        return _asset(request, script(), "text/javascript; charset=utf-8")

    @router.get("/widget/{language}.json", include_in_schema=False)
    def words(language: str, request: Request) -> Response:
        if language not in LANGUAGES:
            return Response(status_code=404)
        body = (FOLDER / f"words.{language}.json").read_bytes()
        return _asset(request, body, "application/json")

    @router.post("/api/session", summary="Begin to talk through a widget", responses=PROBLEMS)
    def session(body: SessionRequest, request: Request) -> Session:
        """Return the visitor's token, a new one for a new visitor, and what the catalogue says of itself."""
        caller: Caller = request.state.caller
        cards = known.get()
        name = catalog_of(request, body.catalog, config)
        if name is None and len(cards) == 1:
            name = next(iter(cards))
        card = cards.get(name or "")
        if card is None:
            raise UnknownCatalog(name or "(none named)", cards)
        site = config.sites.get(request.headers.get(SITE_HEADER, ""))
        return Session(
            visitor=caller.token,
            catalog=card.name,
            title=card.title,
            data_from=card.data_from,
            data_to=card.data_to,
            examples=card.examples[:EXAMPLES],
            item_url=site.item_url if site else "",
            events=events,
        )

    @router.post("/api/feedback", status_code=204, summary="Say whether an answer helped", responses=PROBLEMS)
    def feedback(
        body: Feedback,
        catalog: Annotated[str | None, Query(description="Name of the catalogue.")] = None,
    ) -> Response:
        """Count a verdict on an answer; verdicts on items go to `rate_item`."""
        metrics.feedback.add(
            catalog=catalog if catalog in known.get() else "", helpful=str(body.helpful).lower()
        )
        return Response(status_code=204)

    return router


@cache
def _small(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def _asset(request: Request, body: bytes, kind: str) -> Response:
    """Return a file that browsers of any site may load and keep for an hour, compressed for those that take it."""
    packed = (
        re.search(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", request.headers.get("accept-encoding", ""))
        is not None
    )
    tag = f'"{hashlib.sha256(body).hexdigest()[:20]}{"-gz" if packed else ""}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "public, max-age=3600",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if packed:
        return Response(_small(body), headers=headers | {"Content-Encoding": "gzip"}, media_type=kind)
    return Response(body, headers=headers, media_type=kind)
