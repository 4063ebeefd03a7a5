# ruff: noqa: T201 - a program that prints
"""Chat with Almanac from Python: print the answer as it comes, go on after a broken line.

    python examples/clients/client.py "Something funny for Friday night" --catalog movies

With `--key` (or ALMANAC_KEY) it is a program that may name the person: `--person 405`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import uuid
from collections.abc import Iterator
from typing import Any, Self

import httpx


class Almanac:
    """A conversation over HTTP.

    Args:
        url: Where Almanac is.
        catalog: The catalogue to ask.
        key: An API key; without one the client is an anonymous visitor, remembered by a cookie.
        person: For whom a program with a key asks.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:7860",
        catalog: str | None = None,
        key: str | None = None,
        person: str | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if person is not None:
            headers["X-Almanac-Person"] = person
        self._http = httpx.Client(base_url=url, headers=headers, timeout=60)
        self._http.get("/api/catalogs").raise_for_status()  # a visitor gets their cookie here
        self._catalog = catalog
        self._conversation: str | None = None

    def events(self, message: str, tries: int = 5) -> Iterator[dict[str, Any]]:
        """Yield the events of one answer; after a broken line the rest, never the same event twice."""
        body = {
            "message": message,
            "catalog": self._catalog,
            "conversation": self._conversation,
            "turn": uuid.uuid4().hex,
        }
        last, ended = "0", False
        for wait in range(tries):
            try:
                for number, event in self._stream(body, last):
                    last, ended = number, event["type"] in {"done", "error"}
                    yield event
                if ended:
                    return
            except httpx.TransportError:
                if wait == tries - 1:
                    raise
            time.sleep(0.3 * 2**wait)
        raise httpx.ReadError("the answer broke off")

    def _stream(self, body: dict[str, Any], last: str) -> Iterator[tuple[str, dict[str, Any]]]:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": last}
        with self._http.stream("POST", "/api/chat", json=body, headers=headers) as reply:
            if reply.is_error:
                reply.read()
                raise SystemExit(reply.json()["detail"])
            number = ""
            for line in reply.iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    number = value
                elif name == "data":
                    event = json.loads(value)
                    self._conversation = event.get("conversation", self._conversation)
                    yield number, event

    def __enter__(self) -> Self:
        """Enter a block at whose end the connections are closed."""
        return self

    def __exit__(self, *failure: object) -> None:
        """Close the connections."""
        self._http.close()

    def report(self, *events: dict[str, Any]) -> dict[str, Any]:
        """Report behaviour, such as `{"kind": "buy", "item": "50", "id": "order-1-50"}`."""
        reply = self._http.post("/api/events", json={"events": events}, params={"catalog": self._catalog})
        return dict(reply.json())


def main() -> None:
    """Ask what the command line says."""
    parser = argparse.ArgumentParser(description="Ask Almanac over HTTP.")
    parser.add_argument("messages", nargs="+")
    parser.add_argument("--url", default=os.environ.get("ALMANAC_URL", "http://127.0.0.1:7860"))
    parser.add_argument("--catalog")
    parser.add_argument("--key", default=os.environ.get("ALMANAC_KEY"))
    parser.add_argument("--person")
    given = parser.parse_args()
    with Almanac(given.url, given.catalog, given.key, given.person) as almanac:
        for message in given.messages:
            for event in almanac.events(message):
                if event["type"] == "token":
                    print(event["text"], end="", flush=True)
                elif event["type"] == "error":
                    print(event["message"], end="")
            print()


if __name__ == "__main__":
    main()
