"""Many chats at once over SSE: seconds to the first token, and whether every answer reached its own conversation.

    python bench/chats.py                    50 and 200 chats over a tiny shop that the script makes
    python bench/chats.py --chats 400 --tokens 12
    python bench/chats.py --page --chats 50  the same through the Gradio page: seconds to the first words it draws

The whole product answers (linking, tools, grounding, saving), but the language model is the scripted one at 50 ms a
token. The server runs in a process of its own on the same machine as the clients, so the figures are an upper bound.
Each chat asks two things of an item of its own; an answer that is lost, doubled or another's fails the script.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import re
import resource
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tiny shop of the tests

from bot.assembly import Almanac
from bot.build import build_catalogs
from bot.llm.scripted import ScriptedModel
from bot.loading import load_source
from bot.settings import load_settings
from bot.web.config import WebConfig
from bot.web.serve import create_app, run
from db.engine import open_engine, reading
from db.queries import load_conversation
from tests.world import write_shop

ITEMS = ("Tortilla chips", "Salsa", "Milk", "Rye bread", "Ground coffee")
PORT = 7881
DRAWN = re.compile(r'al-answer\\">(?!<span class=\\"al-busy|</div>)')
"""An answer on the page that has words, in the JSON of a drawing."""


@dataclass(frozen=True)
class Heard:
    """What one client heard of one answer."""

    first: float
    """Seconds to the first token."""
    total: float
    answer: str
    conversation: str


def shop(folder: Path, *, build: bool = False) -> Almanac:
    """Return the tiny shop, loaded and built first where `build`."""
    settings = load_settings(
        {
            "home": folder / "var",
            "cache": folder / "cache",
            "encoder": "hashing",
            "threads": 1,
            "llm": {"backend": "scripted", "wording": "model", "choose": "planner"},
            "catalogs": {"shop": {"mining": {"min_count": 5, "min_people": 3}}},
        },
        environ={},
    )
    if build:
        list(load_source(settings, [str(write_shop(folder / "shop"))], say=lambda _: None))
        list(build_catalogs(settings, say=lambda _: None))
    return Almanac.open(settings)


def serve(folder: Path, tokens: int, page: bool) -> None:
    """Serve the shop, with the Gradio page or without; the model says so many words, each after 50 ms."""
    almanac = shop(folder)
    text = " ".join(["word"] * tokens) + "."
    almanac.__dict__["model"] = ScriptedModel(lambda _: text, delay=0.05)
    almanac.warm()
    config = WebConfig(address_per_minute=1_000_000, turns_at_once=512)
    run(create_app(almanac, config, ui=page), port=PORT)


async def get(path: str) -> AsyncIterator[str]:
    """Ask for one document on a connection of its own and yield its lines."""
    async for line in _exchange([f"GET {path} HTTP/1.1"], b""):
        yield line


async def post(path: str, body: Mapping[str, object], token: str = "") -> AsyncIterator[str]:
    """Send one request on a connection of its own and yield the lines of the reply's body."""
    data = json.dumps(body).encode()
    head = [f"POST {path} HTTP/1.1", "Content-Type: application/json", f"Content-Length: {len(data)}"]
    async for line in _exchange([*head, *([f"Authorization: Bearer {token}"] if token else [])], data):
        yield line


async def _exchange(head: list[str], data: bytes) -> AsyncIterator[str]:
    """Send a request and yield the lines of the reply's body.

    Written on plain streams: a client library takes more time for one answer than the server does.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT, limit=2**24)
    path = head[0].split()[1]
    try:
        head += ["Host: bench", "Connection: close"]
        writer.write("\r\n".join([*head, "", ""]).encode() + data)
        status = (await reader.readline()).split()
        if status[1:2] != [b"200"]:
            raise AssertionError(f"{path} was answered with {status!r}")
        while (await reader.readline()).strip():
            pass
        while line := await reader.readline():
            yield line.decode().rstrip("\r\n")
    finally:
        writer.close()


async def ask(message: str, token: str, conversation: str | None) -> Heard:
    """Ask one thing and listen to the end."""
    body = {"message": message, "catalog": "shop", "conversation": conversation}
    began, first, answer = time.perf_counter(), 0.0, ""
    async for line in post("/api/chat", body, token):
        if line == "event: token":
            first = first or time.perf_counter() - began
        if line.startswith('data: {"type":"token"'):
            answer += json.loads(line[6:])["text"]
        if line.startswith('data: {"type":"done"'):
            event = json.loads(line[6:])
            if answer != event["answer"]["answer"]:
                raise AssertionError(
                    f"the tokens {answer!r} are not the answer {event['answer']['answer']!r}"
                )
            return Heard(first, time.perf_counter() - began, answer, event["conversation"])
    raise AssertionError(f"the answer to {message!r} was lost")


async def chat(number: int, ready: asyncio.Barrier) -> list[Heard]:
    """One client: two messages about one item, begun when all are ready."""
    item = ITEMS[number % len(ITEMS)]
    async for line in post("/api/session", {"catalog": "shop"}):
        token = json.loads(line)["visitor"]
    await ready.wait()
    one = await ask(f"What goes with {item}?", token, None)
    two = await ask(f"When do people buy {item}?", token, one.conversation)
    for heard in (one, two):
        if item.lower() not in heard.answer.lower():
            raise AssertionError(f"chat {number} asked for {item!r} and heard {heard.answer!r}")
    if two.conversation != one.conversation:
        raise AssertionError(f"chat {number} changed its conversation")
    return [one, two]


def pressed(config: Mapping[str, Any]) -> tuple[int, list[object]]:
    """Return the number of the event that Enter in the page's text box begins, and the values that go with it.

    The text stands second among the values; all others are what the page holds before anyone touched it.
    """
    parts = {part["id"]: part for part in config["components"]}
    for event in config["dependencies"]:
        for target, name in event["targets"]:
            if name == "submit" and parts.get(target, {}).get("props", {}).get("elem_id") == "al-ask":
                return event["id"], [parts[one]["props"].get("value") for one in event["inputs"]]
    raise SystemExit("the page has no text box that sends")


async def page_chat(number: int, ready: asyncio.Barrier, event: int, values: Sequence[object]) -> Heard:
    """One client of the page: a message, and the drawings of its answer as the browser gets them."""
    item, session = ITEMS[number % len(ITEMS)], secrets.token_hex(6)
    data = [values[0], f"What goes with {item}?", *values[2:]]
    await ready.wait()
    began, first = time.perf_counter(), 0.0
    async for _ in post(
        "/gradio_api/queue/join",
        {"data": data, "fn_index": event, "session_hash": session, "trigger_id": None},
    ):
        pass
    drawn = ""
    async for line in get(f"/gradio_api/queue/data?session_hash={session}"):
        if not line.startswith("data: "):
            continue
        drawn += line
        if DRAWN.search(line):
            first = first or time.perf_counter() - began
        if json.loads(line[6:])["msg"] == "process_completed":
            if not first or item.lower() not in drawn.lower():
                raise AssertionError(f"the page did not draw an answer about {item!r}: {line[:300]}")
            return Heard(first, time.perf_counter() - began, "", session)
    raise AssertionError(f"the answer about {item!r} was lost")


async def page_storm(chats: int) -> list[Heard]:
    """Run so many chats of the page at once."""
    event, values = pressed(httpx.get(f"http://127.0.0.1:{PORT}/config", timeout=60).json())
    ready = asyncio.Barrier(chats)
    return await asyncio.gather(*(page_chat(number, ready, event, values) for number in range(chats)))


async def storm(chats: int) -> list[list[Heard]]:
    """Run so many chats at once."""
    ready = asyncio.Barrier(chats)
    return await asyncio.gather(*(chat(number, ready) for number in range(chats)))


def check_stored(folder: Path, heard: list[list[Heard]]) -> None:
    """Fail where a conversation does not hold exactly its own two turns."""
    settings = shop(folder).settings
    with reading(open_engine(settings.db, settings.home)) as session:
        for number, (one, two) in enumerate(heard):
            stored = load_conversation(one.conversation.split(".")[0], session=session).messages
            answers = [message["content"] for message in stored if message["role"] == "assistant"]
            if answers != [one.answer, two.answer]:
                raise AssertionError(
                    f"chat {number} heard {one.answer!r}, {two.answer!r}; stored are {answers!r}"
                )
    names = Counter(one.conversation for one, _ in heard)
    if len(names) != len(heard):
        raise AssertionError(f"{len(heard) - len(names)} conversations are shared")


def wait_until_ready() -> None:
    """Wait for the server, a minute at most."""
    for _ in range(300):
        try:
            if httpx.get(f"http://127.0.0.1:{PORT}/healthz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit("the server did not start within a minute")


def tell_page(sizes: Sequence[int]) -> None:
    """Measure the page and print one line for each number of chats."""
    asyncio.run(page_storm(2))
    print("| chats on the page | first words p50 | p95 | whole answer p95 |\n|---|---|---|---|")
    for chats in sizes:
        heard = asyncio.run(page_storm(chats))
        first = np.percentile([one.first for one in heard], [50, 95])
        total = np.percentile([one.total for one in heard], 95)
        print(f"| {chats} | {first[0]:.2f} s | {first[1]:.2f} s | {total:.2f} s |", flush=True)


def main() -> None:
    """Measure and print one line for each number of chats."""
    parser = argparse.ArgumentParser(description="Many chats at once over SSE.")
    parser.add_argument("--chats", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--page", action="store_true", help="Through the Gradio page, one message each.")
    parser.add_argument("--tokens", type=int, default=8, help="Words of the model, a fact.")
    given = parser.parse_args()
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shop(folder, build=True)
        server = multiprocessing.get_context("spawn").Process(
            target=serve, args=(folder, given.tokens, given.page)
        )
        server.start()
        try:
            wait_until_ready()
            if given.page:
                tell_page(given.chats)
                return
            asyncio.run(storm(2))
            print(
                "| chats | first token p50 | p95 | p95 of the second message | whole answer p95 | answers |"
            )
            print("|---|---|---|---|---|---|")
            for chats in given.chats:
                heard = asyncio.run(storm(chats))
                check_stored(folder, heard)
                first = np.percentile([one.first for one, _ in heard], [50, 95])
                second = np.percentile([two.first for _, two in heard], 95)
                total = np.percentile([one.total for one, _ in heard], 95)
                cells = (*first, second, total)
                print(
                    f"| {chats} | "
                    + " | ".join(f"{cell:.2f} s" for cell in cells)
                    + f" | {2 * len(heard)} |",
                    flush=True,
                )
        finally:
            server.terminate()
            server.join(20)
    print(f"server: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.1f} s of CPU")


if __name__ == "__main__":
    main()
