"""MCP over streamable HTTP and over stdio, asked by the SDK's own client."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from mcp import Client, StdioServerParameters

from bot.web.config import WebConfig
from bot.web.demo import DemoService
from bot.web.serve import bind, create_app

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server over the sample service, without the page."""
    app = create_app(DemoService(), WebConfig(), ui=False)
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join(20)
    listener.close()


def over(server, ask, **options):
    """Connect, ask, and close."""

    async def run():
        async with Client(server, **options) as client:
            return await ask(client)

    return asyncio.run(run())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_both_eras_of_the_protocol_list_and_call(url, mode):
    async def ask(client):
        listed = await client.list_tools()
        answer = await client.call_tool("search_items", {"query": "toy story", "k": 1})
        return listed.tools, answer

    tools, answer = over(f"{url}?catalog=movies", ask, mode=mode)
    told = DemoService().tools("movies")
    assert [(tool.name, tool.description, tool.input_schema) for tool in tools] == [
        (tool.name, tool.description, tool.parameters) for tool in told
    ]
    assert [tool.name for tool in tools if not tool.annotations.read_only_hint] == ["rate_item"]
    assert not answer.is_error
    assert answer.structured_content["items"][0]["title"] == "Toy Story"
    assert set(answer.structured_content) == {"items", "evidence"}


def test_without_a_catalogue_the_tools_of_all_are_listed(url):
    async def ask(client):
        return (await client.list_tools()).tools

    category = next(tool for tool in over(url, ask) if tool.name == "search_items").input_schema
    assert {"Comedy", "Sauces"} <= set(category["properties"]["category"]["enum"])


def test_a_wrong_call_is_told_as_everywhere(url):
    async def ask(client):
        return [
            await client.call_tool("search_items", {"query": "x", "k": "many"}),
            await client.call_tool("search_items", {"query": "x", "person": "405"}),
            await client.call_tool("drop_table", {}),
        ]

    wrong, person, unknown = over(f"{url}?catalog=movies", ask)
    assert wrong.is_error
    assert wrong.content[0].text == "search_items: argument 'k' cannot be 'many'"
    assert person.content[0].text == "search_items takes no argument 'person'"
    assert unknown.content[0].text.startswith("there is no tool 'drop_table'; the tools are ")


def test_a_client_is_one_person_from_call_to_call_and_another_client_another(url):
    async def rate(client):
        await client.call_tool("rate_item", {"item": "1", "verdict": "like"})
        return await client.call_tool("show_profile", {})

    async def look(client):
        return await client.call_tool("show_profile", {})

    mine, other = (over(f"{url}?catalog=movies", ask).structured_content for ask in (rate, look))
    assert mine["evidence"][0]["items"] == ["1"]
    assert other["evidence"][0]["items"] == []


def test_an_unknown_catalogue_is_told(url):
    async def ask(client):
        return await client.call_tool("search_items", {"query": "x"})

    answer = over(f"{url}?catalog=cars", ask)
    assert answer.is_error
    assert "cars" in answer.content[0].text


def test_pages_of_other_sites_cannot_call(url):
    reply = httpx.post(url, json={}, headers={"Origin": "https://evil.example"})
    assert reply.status_code == 403


def test_the_server_opens_and_closes_with_the_application_and_again():
    from starlette.testclient import TestClient

    app = create_app(DemoService(), WebConfig(), ui=False)
    assert TestClient(app).post("/mcp", json={}).status_code == 503
    for _ in range(2):
        with TestClient(app) as client:
            assert client.post("/mcp", json={}).status_code == 400  # open: it says what it misses
    assert TestClient(app).post("/mcp", json={}).status_code == 503


@pytest.mark.slow
def test_the_command_serves_over_stdio(shop_settings):
    """A process of its own, as MCP clients start it; the person is the command's."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "bot", "mcp", "--catalog", "shop", "--person", "p00"],
        env={
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}},
            "ALMANAC_HOME": str(shop_settings.home),
            "ALMANAC_CACHE": str(shop_settings.cache),
            "ALMANAC_ENCODER": "hashing",
            "ALMANAC_LLM__BACKEND": "none",
        },
    )

    async def ask(client):
        listed = await client.list_tools()
        profile = await client.call_tool("show_profile", {})
        return [tool.name for tool in listed.tools], profile

    names, profile = over(server, ask)
    assert names[0] == "search_items"
    assert len(names) == 7
    assert "different" in profile.structured_content["evidence"][0]["text"]


def test_without_a_server_running_the_import_stays_light():
    code = "import sys, bot.web.mcp; print(*[name for name in ('mcp', 'gradio', 'torch') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
