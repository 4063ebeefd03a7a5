"""Puts the web door together and runs it: API, Gradio page, security, in one process.

Knows uvicorn and the order of the layers. It refuses to know what a turn is or how Almanac is assembled: it
is handed a `Service`. From the outside in: counting, the gate (origins, limits, caller, headers), the dressed page,
the routes.
"""

from __future__ import annotations

import gc
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from bot.errors import AlmanacError
from bot.service import Service
from bot.web import api, chat, problems
from bot.web.behaviour import BehaviourEvent, BehaviourLog, behaviour_router
from bot.web.config import WebConfig
from bot.web.docs import api_page
from bot.web.events import Turns
from bot.web.identity import COOKIE, Identities
from bot.web.mcp import mount_mcp
from bot.web.metrics import Metrics
from bot.web.page import DressedPage
from bot.web.replay import Replays
from bot.web.security import Gate, SecretUnusable, load_secret
from bot.web.turns import TurnRunner
from bot.web.widget import widget_router

STATIC = Path(__file__).parent / "static"
DESCRIPTION = "A conversational recommender that knows when and where, and answers with evidence."

SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, a visitor's token (from `/api/session`), or a customer's, signed by the site's server.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "An anonymous visitor; set by the first reply.",
    },
}
"""How a caller says who they are, as OpenAPI tells it; whoever says nothing is a new visitor."""
Door = Callable[[], AbstractAsyncContextManager[None]]
"""Something that runs as long as the server does."""


class ServeError(AlmanacError):
    """The server cannot start; the message is one line that says what to do."""


def create_app(
    service: Service,
    config: WebConfig | None = None,
    *,
    behaviour: BehaviourLog | None = None,
    ui: bool = True,
) -> FastAPI:
    """Return the whole web door over one service: the API under `/api`, the chat page at `/`.

    Args:
        service: What answers; it is called from several threads at once.
        config: Limits, identity, allowed origins; None takes the defaults.
        behaviour: Where `/api/events` keeps what people do; None leaves that door out.
        ui: False leaves the Gradio page out (the API alone starts in well under a second).

    Raises:
        ServeError: the key file of the visitor cookie can neither be read nor made.
    """
    config = config or WebConfig()
    try:
        identities = Identities(config, load_secret(config))
    except SecretUnusable as error:
        raise ServeError(str(error)) from error
    turns = Turns(config.turns_at_once, config.waiting_turns)
    replays = Replays(config.replay_seconds)
    metrics = Metrics()
    doors: list[Door] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        turns.warm()
        async with AsyncExitStack() as stack:
            for door in doors:
                await stack.enter_async_context(door())
            yield
            await replays.close()
            turns.close()

    app = FastAPI(
        title="Almanac",
        version=version("almanac-recommender"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    problems.install(app)
    runner = TurnRunner(service, turns, metrics, "api")
    app.include_router(chat.chat_router(runner, config, identities.seals, replays))
    app.include_router(api.catalog_router(service, config))
    app.include_router(api.tool_router(service, config, metrics))
    if behaviour is not None:
        app.include_router(behaviour_router(behaviour, config, metrics))
    app.include_router(widget_router(service, config, metrics, events=behaviour is not None))
    app.include_router(api.probe_router(service, metrics))
    doors.append(mount_mcp(app, service, config))
    _add_reference(app)
    app.mount("/almanac", StaticFiles(directory=STATIC))
    if ui:
        from bot.web.ui import mount_ui  # here, since gradio takes seconds to import

        mount_ui(
            app, service, TurnRunner(service, turns, metrics, "page"), config, identities.visitors, metrics
        )
        app.add_middleware(DressedPage)
    app.add_middleware(Gate, config=config, identities=identities)
    app.add_middleware(CountRequests, metrics=metrics)
    return app


def _add_reference(app: FastAPI) -> None:
    """Complete the OpenAPI document, serve it as a page, and answer unknown paths under `/api`."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = api.PROBLEM_SCHEMA
            schemas["ChatReply"] = chat.ChatReply.model_json_schema(
                mode="serialization", ref_template="#/components/schemas/{model}"
            )
            schemas |= schemas["ChatReply"].pop("$defs", {})
            schemas["BehaviourEvent"] = BehaviourEvent.model_json_schema()
            document["components"]["securitySchemes"] = SECURITY
            document["security"] = [{}, *({name: []} for name in SECURITY)]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(api_page(app.openapi()))

    methods = {path: set(operations) for path, operations in openapi()["paths"].items()}

    @app.api_route(
        "/api/{rest:path}", include_in_schema=False, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]
    )
    def nothing_here(request: Request) -> Response:
        known = methods.get(request.url.path)
        if known is None:
            raise problems.Problem(
                404, "http", f"there is no {request.url.path!r}; /docs lists what there is"
            )
        allowed = ", ".join(sorted(method.upper() for method in known))
        problem = problems.Problem(405, "http", f"{request.url.path} takes {allowed}, not {request.method}")
        return problem.response({"Allow": allowed})


class CountRequests:
    """Counts API requests by route and status, outermost so that refusals count too.

    Args:
        app: What is below.
        metrics: Where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return

        async def counted(message: AsgiMessage) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")  # a label must not come from the request
                self._metrics.requests.add(route=route, status=str(message["status"]))
            await send(message)

        await self._app(scope, receive, counted)


def run(app: FastAPI, *, host: str = "127.0.0.1", port: int = 7860, grace_seconds: int = 10) -> None:
    """Serve until interrupted, then give the turns in progress `grace_seconds` to end.

    One worker: the page's queue lives in this process.

    Raises:
        ServeError: the address cannot be used (the port is taken, the host is not one of this machine's).
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=grace_seconds,
        timeout_keep_alive=75,  # longer than a proxy in front keeps it: that one, not we, should hang up first
        server_header=False,
    )
    # uvicorn ends in order and then raises the interrupt once more
    with bind(host, port) as listener, suppress(KeyboardInterrupt):
        _Server(config).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that leaves what it opened to no collection: that stays to the end, and a look through it stops all turns."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that a taken port is known before anything heavy starts.

    Raises:
        ServeError: the address cannot be used; the message says what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ServeError(
            f"cannot listen on {host}:{port} ({error.strerror or error}): stop what uses it, "
            f"or choose another with ALMANAC_PORT={port + 1 if port < 65535 else 7861}"
        ) from error
    return listener
