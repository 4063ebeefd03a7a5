"""The tools as an MCP server: at `/mcp` over streamable HTTP, and over stdio for `almanac mcp`.

Knows the MCP SDK, which is imported when a server is made and not before. It refuses to know what a tool does or how
its arguments are checked (`Service.call`), and it takes nobody's word for who they are: over HTTP the person is the
request's proven one, over stdio the one whom the command names. Requests stand alone, so that no session is kept.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.dialogue.turn import Asker, ToolResult
from bot.llm.base import ToolSchema
from bot.service import Service
from bot.web.api import all_tools, catalog_of
from bot.web.config import WebConfig
from bot.web.problems import REFUSALS

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams, Tool

PATH = "/mcp"
INSTRUCTIONS = (
    "Almanac recommends items and answers what goes together, what follows, and when and where, with counts. Every "
    "tool returns items and evidence: say nothing that the evidence does not say, and name its counts first."
)
_WRITES = {"rate_item"}

Who = Callable[["ServerRequestContext[Any, Any]"], tuple[str | None, Asker]]
"""From a request to the catalogue that it is about, and who asks."""


def mcp_server(service: Service, who: Who) -> Server[Any]:
    """Return an MCP server whose tools are the service's.

    Args:
        service: Runs the tools; called in worker threads.
        who: Says for which catalogue and person a request is made.
    """
    from anyio.to_thread import run_sync
    from mcp.server.lowlevel import Server
    from mcp.types import CallToolResult, ListToolsResult, TextContent

    def told(catalog: str | None) -> list[Tool]:
        return [as_mcp(tool) for tool in (service.tools(catalog) if catalog else all_tools(service))]

    async def list_tools(
        request: ServerRequestContext[Any, Any], _: PaginatedRequestParams | None
    ) -> ListToolsResult:
        catalog, _asker = who(request)
        return ListToolsResult(tools=await run_sync(told, catalog))

    async def call_tool(
        request: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> CallToolResult:
        catalog, asker = who(request)
        try:
            result = await run_sync(
                lambda: service.call(params.name, params.arguments or {}, catalog=catalog, asker=asker)
            )
        except REFUSALS as error:
            return CallToolResult(content=[TextContent(type="text", text=str(error))], is_error=True)
        text = TextContent(type="text", text=result.model_dump_json())
        return CallToolResult(content=[text], structured_content=result.model_dump(mode="json"))

    return Server(
        "almanac",
        version=version("almanac-recommender"),
        title="Almanac",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def as_mcp(tool: ToolSchema) -> Tool:
    """Return a tool in MCP's form: its own name, description and schema, and what it returns."""
    from mcp.types import Tool, ToolAnnotations

    return Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.parameters,
        output_schema=ToolResult.model_json_schema(mode="serialization"),
        annotations=ToolAnnotations(
            read_only_hint=tool.name not in _WRITES, destructive_hint=False, open_world_hint=False
        ),
    )


def mount_mcp(
    app: FastAPI, service: Service, config: WebConfig
) -> Callable[[], AbstractAsyncContextManager[None]]:
    """Serve the tools at `/mcp` of an application; `/mcp?catalog=NAME` where several catalogues are loaded.

    Call it before anything is mounted at `/`.

    Returns:
        What must be entered while the application serves: the server runs that long.
    """
    door = _Door(service, config)
    app.router.routes.append(Route(PATH, door))
    return door.open


class _Door:
    """The endpoint at `/mcp`; open while the application runs."""

    def __init__(self, service: Service, config: WebConfig) -> None:
        self._service = service
        self._config = config
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Run the server."""
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        server = mcp_server(self._service, self._asking)
        self._manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
        try:
            async with self._manager.run():
                yield
        finally:
            self._manager = None

    def _asking(self, request: ServerRequestContext[Any, Any]) -> tuple[str | None, Asker]:
        """Read catalogue and person of a request; the outermost layer has proven who that is."""
        http = request.request
        if not isinstance(http, Request):
            raise TypeError(f"an MCP call over HTTP carries its request, not {http!r}")
        catalog = catalog_of(http, http.query_params.get("catalog"), self._config)
        return catalog, Asker(person=http.state.visitor)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if self._manager is None:
            closed = PlainTextResponse("the server is starting or stopping; come again in a moment", 503)
            await closed(scope, receive, send)
            return
        await self._manager.handle_request(scope, receive, send)


def run_stdio(service: Service, *, catalog: str | None = None, person: str | None = None) -> None:
    """Serve the tools over stdin and stdout until stdin closes.

    Args:
        service: Runs the tools.
        catalog: The catalogue that they are about; may be None where only one is loaded.
        person: For whom they are called; None for nobody, who then cannot rate.
    """
    import anyio
    from mcp.server.stdio import stdio_server

    server = mcp_server(service, lambda _: (catalog, Asker(person=person)))

    async def serve() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    anyio.run(serve)
