"""One tool, four doors (Python, HTTP, MCP, command line): same name, same needs, same answer, same words for an error."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from mcp import Client
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bot import cli
from bot.assembly import Almanac
from bot.dialogue.turn import Asker
from bot.errors import ToolInputError
from bot.tools.registry import TOOL_NAMES
from bot.web.config import WebConfig
from bot.web.mcp import mcp_server
from bot.web.serve import create_app

AT = "2024-04-26T18:00:00+00:00"
COMMANDS = {
    "search_items": "search",
    "score_items": "recommend",
    "lookup_rules": "rules",
    "explain_item": "explain",
    "item_details": "item",
    "rate_item": "rate",
    "show_profile": "profile",
}
POSITIONS = {
    "search_items": ["query"],
    "score_items": ["liked"],
    "lookup_rules": ["item"],
    "explain_item": ["item"],
    "item_details": ["item"],
    "rate_item": ["item", "verdict"],
}
"""Arguments that the command line takes by position."""
OPTIONS = {"filters": "--filter", "with_item": "--with", "k": "-k"}
"""Options that are not called like the argument."""

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("search_items", {"query": "dip", "k": 2}),
    ("search_items", {"query": "", "category": "Drinks", "filters": ["price<5"]}),
    ("score_items", {"liked": ["Tortilla chips"], "k": 3}),
    ("score_items", {"liked": ["Salsa"], "disliked": ["Rye bread"], "when": "friday evening", "k": 1}),
    ("lookup_rules", {"item": ["Tortilla chips"], "with_item": "Salsa", "kind": "together"}),
    ("lookup_rules", {"item": ["Ground coffee"], "kind": "cycle"}),
    ("explain_item", {"item": "Salsa", "without": ["Tortilla chips"]}),
    ("item_details", {"item": "Rye bread"}),
    ("rate_item", {"item": "Cocoa", "verdict": "like"}),
    ("show_profile", {}),
]
MISTAKES: list[tuple[str, dict[str, Any]]] = [
    ("item_details", {"item": "Champagne"}),
    ("lookup_rules", {"item": ["Salsa"], "kind": "sideways"}),
    ("lookup_rules", {"item": ["Salsa"], "when": "someday"}),
    ("score_items", {"category": "Cheese"}),
    ("search_items", {"query": "tea", "filters": ["colour<3"]}),
    ("rate_item", {"item": "Cocoa", "verdict": "burn"}),
]

Door = Callable[[str, dict[str, Any]], tuple[dict[str, Any] | None, str | None]]
"""From a tool and its arguments to the answer, or the words of the error."""


def by_python(shop: Almanac, tool: str, arguments: dict[str, Any]) -> tuple[Any, str | None]:
    asker = Asker(person="parity")
    try:
        return shop.call(tool, arguments, catalog="shop", asker=asker).model_dump(mode="json"), None
    except ToolInputError as error:
        return None, str(error)


def by_http(shop: Almanac, tool: str, arguments: dict[str, Any]) -> tuple[Any, str | None]:
    config = WebConfig(api_keys={"desk": "a-key-of-sixteen-or-more"})
    headers = {"Authorization": "Bearer a-key-of-sixteen-or-more", "X-Almanac-Person": "parity"}
    app = create_app(shop, config, ui=False)
    reply = TestClient(app).post(f"/api/{tool}?catalog=shop", json=arguments, headers=headers)
    return (reply.json(), None) if reply.status_code == 200 else (None, reply.json()["detail"])


def by_mcp(shop: Almanac, tool: str, arguments: dict[str, Any]) -> tuple[Any, str | None]:
    async def ask() -> Any:
        async with Client(mcp_server(shop, lambda _: ("shop", Asker(person="parity")))) as client:
            return await client.call_tool(tool, arguments)

    answer = asyncio.run(ask())
    return (None, answer.content[0].text) if answer.is_error else (answer.structured_content, None)


def by_command(shop: Almanac, tool: str, arguments: dict[str, Any]) -> tuple[Any, str | None]:
    words = [COMMANDS[tool], "--catalog", "shop", "--json"]
    if "person" in inspect.signature(getattr(cli, COMMANDS[tool])).parameters:
        words += ["--person", "parity"]
    for name, value in arguments.items():
        for one in value if isinstance(value, list) else [value]:
            flag = [] if name in POSITIONS[tool] else [OPTIONS.get(name, f"--{name.replace('_', '-')}")]
            words += [*flag, str(one)]
    done = CliRunner().invoke(cli.app, words)
    if done.exit_code == 0:
        return json.loads(done.stdout), None
    return None, done.stderr.strip().removeprefix("almanac: ")


@pytest.fixture
def doors(shop: Almanac, monkeypatch: pytest.MonkeyPatch) -> dict[str, Door]:
    monkeypatch.setattr(cli, "_open", lambda: shop)
    ways = {"python": by_python, "http": by_http, "mcp": by_mcp, "command": by_command}
    return {name: partial(way, shop) for name, way in ways.items()}


@pytest.mark.parametrize(
    ("tool", "arguments"), CALLS, ids=[f"{tool}-{at}" for at, (tool, _) in enumerate(CALLS)]
)
def test_every_door_gives_the_same_answer(
    doors: dict[str, Door], tool: str, arguments: dict[str, Any]
) -> None:
    answers = {name: door(tool, arguments) for name, door in doors.items()}
    answer, error = answers["python"]
    assert error is None
    assert answer is not None
    assert set(answer) == {"items", "evidence"}
    assert answer["evidence"]
    assert {name: found for name, found in answers.items() if found != answers["python"]} == {}


@pytest.mark.parametrize(
    ("tool", "arguments"), MISTAKES, ids=[f"{tool}-{at}" for at, (tool, _) in enumerate(MISTAKES)]
)
def test_every_door_tells_a_mistake_in_the_same_words(
    doors: dict[str, Door], tool: str, arguments: dict[str, Any]
) -> None:
    told = {name: door(tool, arguments) for name, door in doors.items()}
    assert told["python"][1]
    assert {name: found for name, found in told.items() if found != told["python"]} == {}


def test_every_door_has_every_tool_with_the_same_arguments_and_needs(shop: Almanac) -> None:
    expected = {
        tool.name: (set(tool.parameters["properties"]), set(tool.parameters["required"]))
        for tool in shop.tools("shop")
    }
    assert tuple(expected) == TOOL_NAMES

    document = create_app(shop, WebConfig(), ui=False).openapi()

    def body(tool: str) -> tuple[set[str], set[str]]:
        schema = document["paths"][f"/api/{tool}"]["post"]["requestBody"]["content"]["application/json"][
            "schema"
        ]
        return set(schema["properties"]), set(schema["required"])

    assert {tool: body(tool) for tool in TOOL_NAMES} == expected

    async def listed() -> Any:
        async with Client(mcp_server(shop, lambda _: ("shop", Asker()))) as client:
            return (await client.list_tools()).tools

    assert {
        tool.name: (set(tool.input_schema["properties"]), set(tool.input_schema["required"]))
        for tool in asyncio.run(listed())
    } == expected

    def command(tool: str) -> tuple[set[str], set[str]]:
        asking = {"catalog", "person", "at", "place", "as_json"} - expected[tool][0]
        parameters = inspect.signature(getattr(cli, COMMANDS[tool])).parameters
        needed = {name for name, one in parameters.items() if one.default is one.empty}
        return set(parameters) - asking, needed - asking

    assert {tool: command(tool) for tool in TOOL_NAMES} == expected
