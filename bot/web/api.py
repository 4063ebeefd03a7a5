"""The HTTP API but for the chat: the tools, the catalogues, the probes, and what all routes share.

Knows routes, shapes and limits. It refuses to know how an answer is made (`Service`) or who may ask
(`bot.web.security` has decided before a request arrives here).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from pydantic_core import from_json

from bot.dialogue.turn import Asker, Frozen, ToolResult
from bot.llm.base import ToolSchema
from bot.service import CatalogCard, Service
from bot.web.config import WebConfig
from bot.web.identity import SITE_HEADER, Caller
from bot.web.metrics import Metrics
from bot.web.problems import PROBLEM_JSON, Problem


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


def asker_of(request: Request, at: datetime | None = None) -> Asker:
    """Say who asks: the person of the token, cookie or key, at the instant that the request names."""
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    caller: Caller = request.state.caller
    return Asker(person=caller.person, at=at)


def catalog_of(request: Request, named: str | None, config: WebConfig) -> str | None:
    """Return the catalogue that a request is about: as named, else that of its site key."""
    site = config.sites.get(request.headers.get(SITE_HEADER, ""))
    return named if named is not None or site is None else site.catalog


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, text in (
        (400, "Not JSON, or an empty message."),
        (401, "The token or API key proves nobody, or has expired."),
        (403, "A page of an origin that is not allowed called, or the caller may not do this."),
        (404, "No such catalogue, item or conversation."),
        (413, "The message or the request is too large."),
        (422, "A field or an argument is wrong; `detail` names it."),
        (429, "Too many requests in a short time; `Retry-After` says how many seconds to wait."),
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


def catalog_router(service: Service, config: WebConfig) -> APIRouter:
    """Return `GET /api/catalogs`."""
    router = APIRouter(tags=["catalogues"])

    @router.get("/api/catalogs", summary="The catalogues, their data windows, places and examples")
    def catalogs() -> Catalogs:
        """List the catalogues that have a current generation."""
        return Catalogs(catalogs=tuple(shown_card(card, config) for card in service.catalogs()))

    return router


def tool_router(service: Service, config: WebConfig, metrics: Metrics) -> APIRouter:
    """Return one `POST /api/<tool>` for each tool of the service; the service validates the arguments."""
    router = APIRouter(tags=["tools"])
    for tool in all_tools(service):
        router.add_api_route(
            f"/api/{tool.name}",
            _tool_endpoint(tool.name, service, config, metrics),
            methods=["POST"],
            name=tool.name,
            operation_id=tool.name,
            summary=tool.description.partition(". ")[0].rstrip("."),
            description=tool.description,
            response_model=ToolResult,
            responses=PROBLEMS,
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
    tool: str, service: Service, config: WebConfig, metrics: Metrics
) -> Callable[..., Coroutine[Any, Any, ToolResult]]:
    """Make the endpoint of one tool."""

    async def endpoint(
        request: Request,
        catalog: Annotated[str | None, Query(description="Name of the catalogue.")] = None,
        at: Annotated[datetime | None, Query(description="The instant of the request, ISO.")] = None,
    ) -> ToolResult:
        arguments = _json_object(await request.body())
        asker = asker_of(request, at)
        metrics.tools.add(door="api", tool=tool)
        named = catalog_of(request, catalog, config)
        return await run_in_threadpool(service.call, tool, arguments, catalog=named, asker=asker)

    return endpoint


def json_value(body: bytes) -> Any:
    """Read a JSON body.

    Raises:
        Problem: it is not JSON.
    """
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Problem(400, "json", "the body is not valid JSON") from error


def _json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; an empty body is an empty one.

    Raises:
        Problem: it is not JSON, or not an object.
    """
    value = json_value(body) if body.strip() else {}
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

    @router.get("/readyz", summary="There is something to answer from", responses={503: PROBLEMS[503]})
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
