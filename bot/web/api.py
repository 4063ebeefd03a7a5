"""The HTTP API: chat as events or as one document, the tools, the catalogues, and the probes.

Knows routes, shapes and limits. It refuses to know how an answer is made (`Service`), how it is encoded
(`bot.web.events`) or who may ask (`bot.web.security` has decided before a request arrives here).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticSerializationError, from_json, to_json

from bot.dialogue.turn import Answer, Asker, DoneEvent, ErrorEvent, Event, Frozen, Message, ToolResult
from bot.llm.base import ToolSchema
from bot.service import CatalogCard, Service
from bot.web.config import WebConfig
from bot.web.events import encode, with_keepalive
from bot.web.metrics import Metrics
from bot.web.problems import PROBLEM_JSON, Problem
from bot.web.turns import TurnRunner


class ChatContext(Frozen):
    """When and where a message is asked, and what the visitor has before them."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    at: datetime | None = None
    """ISO instant; a time without offset means UTC; none takes the catalogue's clock."""
    place: str | None = Field(default=None, max_length=200)
    """Id of a place of the catalogue."""
    cart: tuple[str, ...] = Field(default=(), max_length=200)
    """Item ids in the visitor's cart."""
    page: str | None = Field(default=None, max_length=200)
    """Item id of the page that the visitor looks at."""


class ChatRequest(Frozen):
    """One message to the bot."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    message: str
    """What the person wrote."""
    catalog: str | None = None
    """Name of the catalogue; may be left out where only one is loaded."""
    conversation: str | None = Field(default=None, max_length=200)
    """Id from an earlier reply; none begins a new conversation."""
    history: tuple[Message, ...] = Field(default=(), max_length=200)
    """The turns before, where there is no conversation."""
    context: ChatContext = ChatContext()

    @model_validator(mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        """Refuse lone surrogates, which JSON can spell and neither a database nor a model can read."""
        try:
            to_json(value)
        except PydanticSerializationError as error:
            raise ValueError("it holds half a character (a lone surrogate), which is no text") from error
        return value


class ChatReply(Answer):
    """The whole answer to one message."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    conversation: str
    """Id to send with the next message."""


class Catalogs(Frozen):
    """The catalogues that can be asked about."""

    catalogs: tuple[CatalogCard, ...]


def check_message(text: str, limit: int) -> str:
    """Return a message that may be answered.

    Raises:
        Problem: it is empty or too long; says so in one sentence.
    """
    if not text.strip():
        raise Problem(400, "message-empty", "the message is empty: write a question or a wish")
    if len(text) > limit:
        raise Problem(
            413,
            "message-too-long",
            f"the message has {len(text):,} characters and {limit:,} are allowed: ask in fewer words",
        )
    return text


def shown_card(card: CatalogCard, config: WebConfig) -> CatalogCard:
    """Return a catalogue as visitors may see it: without its people, except in a demo."""
    return card if config.demo_personas else card.model_copy(update={"personas": ()})


def asker_of(request: Request, context: ChatContext) -> Asker:
    """Say who asks: the visitor of the signed cookie, at the time and place that the request names."""
    at = context.at
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    person: str = request.state.visitor
    return Asker(person=person, at=at, place=context.place, cart=context.cart, page=context.page)


def wants_document(accept: str) -> bool:
    """Tell whether a client asks for one JSON document rather than for events (events are the default)."""
    return "application/json" in accept and "text/event-stream" not in accept


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, text in (
        (400, "Not JSON, or an empty message."),
        (403, "A page of another origin called, and that origin is not allowed."),
        (404, "No such catalogue, item or conversation."),
        (413, "The message or the request is too large."),
        (422, "A field or an argument is wrong; `detail` names it."),
        (503, "Nothing is built yet, or too many people ask at once."),
    )
}

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "What went wrong, after RFC 9457.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "`urn:almanac:problem:` and a stable word."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence: what is wrong and what to do."},
    },
}

_EVENT_STREAM: dict[str, Any] = {
    "description": "Events as they happen; with `Accept: application/json`, the whole answer at once.",
    "content": {
        "text/event-stream": {
            "schema": {
                "type": "string",
                "description": "Events `tool_call`, `evidence`, `items`, `token`, then `done` or `error`; "
                "the data of each is JSON on one line. A comment keeps an idle connection open.",
            }
        },
        "application/json": {"schema": {"$ref": "#/components/schemas/ChatReply"}},
    },
}


def chat_router(runner: TurnRunner, config: WebConfig) -> APIRouter:
    """Return `POST /api/chat`."""
    router = APIRouter(tags=["chat"])

    @router.post(
        "/api/chat",
        summary="Answer one message",
        responses={200: _EVENT_STREAM, **_PROBLEMS},
        response_model=None,
    )
    async def chat(body: ChatRequest, request: Request) -> Response:
        """Stream the answer as server-sent events, or return it whole with `Accept: application/json`."""
        events = runner.run(
            check_message(body.message, config.max_message),
            catalog=body.catalog,
            conversation=body.conversation,
            history=body.history,
            asker=asker_of(request, body.context),
        )
        if wants_document(request.headers.get("accept", "")):
            return await _document(events)
        first = await anext(events)  # a refusal is raised here, while the status can still say so
        return StreamingResponse(
            _stream(first, events, config.keepalive_seconds),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return router


async def _document(events: AsyncIterator[Event]) -> Response:
    """Wait for the end of a turn and return its answer."""
    async for event in events:
        if isinstance(event, DoneEvent):
            reply = ChatReply(conversation=event.conversation, **dict(event.answer))
            return Response(reply.model_dump_json(), media_type="application/json")
        if isinstance(event, ErrorEvent):
            raise Problem(503, "turn-failed", event.message)
    raise Problem(503, "turn-failed", "the answer broke off; please ask again")


async def _stream(first: Event, rest: AsyncIterator[Event], keepalive: float) -> AsyncIterator[bytes]:
    """Encode one turn; when the client leaves, this is closed and the turn with it."""
    yield encode(first)
    async with aclosing(with_keepalive(rest, keepalive)) as events:
        async for event in events:
            yield encode(event)


def catalog_router(service: Service, config: WebConfig) -> APIRouter:
    """Return `GET /api/catalogs`."""
    router = APIRouter(tags=["catalogues"])

    @router.get("/api/catalogs", summary="The catalogues, their data windows, places and examples")
    def catalogs() -> Catalogs:
        """List the catalogues that have a current generation."""
        return Catalogs(catalogs=tuple(shown_card(card, config) for card in service.catalogs()))

    return router


def tool_router(service: Service, metrics: Metrics) -> APIRouter:
    """Return one `POST /api/<tool>` for each tool of the service; the service validates the arguments."""
    router = APIRouter(tags=["tools"])
    for tool in all_tools(service):
        router.add_api_route(
            f"/api/{tool.name}",
            _tool_endpoint(tool.name, service, metrics),
            methods=["POST"],
            name=tool.name,
            operation_id=tool.name,
            summary=tool.description.partition(". ")[0].rstrip("."),
            description=tool.description,
            response_model=ToolResult,
            responses=_PROBLEMS,
            openapi_extra={"requestBody": _tool_body(tool)},
        )
    return router


def all_tools(service: Service) -> tuple[ToolSchema, ...]:
    """Return the tools of all catalogues; an argument's allowed values are those of any catalogue.

    Each call names its catalogue, and the service checks the arguments against that one.
    """
    merged: dict[str, ToolSchema] = {}
    for card in service.catalogs():
        for tool in service.tools(card.name):
            known = merged.get(tool.name)
            merged[tool.name] = tool if known is None else _either(known, tool)
    return tuple(merged.values())


def _either(first: ToolSchema, second: ToolSchema) -> ToolSchema:
    """Return a tool that takes what either of two schemas of it takes."""
    properties = dict(first.parameters["properties"])
    for name, schema in second.parameters["properties"].items():
        known = properties.setdefault(name, schema)
        if "enum" in known and "enum" in schema:
            properties[name] = {**known, "enum": list(dict.fromkeys([*known["enum"], *schema["enum"]]))}
    return first.model_copy(update={"parameters": {**first.parameters, "properties": properties}})


def _tool_body(tool: ToolSchema) -> dict[str, Any]:
    """Declare a tool's arguments as the body of its endpoint."""
    required = bool(tool.parameters.get("required"))
    return {"required": required, "content": {"application/json": {"schema": tool.parameters}}}


def _tool_endpoint(
    tool: str, service: Service, metrics: Metrics
) -> Callable[..., Coroutine[Any, Any, ToolResult]]:
    """Make the endpoint of one tool."""

    async def endpoint(
        request: Request,
        catalog: Annotated[str | None, Query(description="Name of the catalogue.")] = None,
        at: Annotated[datetime | None, Query(description="The instant of the request, ISO.")] = None,
    ) -> ToolResult:
        arguments = _json_object(await request.body())
        asker = asker_of(request, ChatContext(at=at))
        metrics.tools.add(door="api", tool=tool)
        return await run_in_threadpool(service.call, tool, arguments, catalog=catalog, asker=asker)

    return endpoint


def _json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; an empty body is an empty one.

    Raises:
        Problem: it is not JSON, or not an object.
    """
    if not body.strip():
        return {}
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Problem(400, "json", "the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise Problem(
            422, "fields", f"the body must be a JSON object of arguments, not {type(value).__name__}"
        )
    return value


def probe_router(service: Service, metrics: Metrics) -> APIRouter:
    """Return `/healthz`, `/readyz` and `/metrics`."""
    router = APIRouter(tags=["operation"])

    @router.get("/healthz", summary="The process is alive")
    async def healthz() -> dict[str, str]:
        """Answer without touching anything that could be slow."""
        return {"status": "ok"}

    @router.get("/readyz", summary="There is something to answer from", responses={503: _PROBLEMS[503]})
    def readyz() -> dict[str, Any]:
        """Return generation, data and model of each catalogue, or 503 where none is built."""
        if not service.catalogs():
            raise Problem(
                503, "not-ready", "no catalogue is built yet: run `almanac load` and `almanac build`"
            )
        return {"status": "ready", **service.health()}

    @router.get("/metrics", summary="Counters, for Prometheus", response_class=PlainTextResponse)
    async def metrics_text() -> PlainTextResponse:
        """Return all counters as text."""
        return PlainTextResponse(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
