"""Puts the web door together and runs it: API, Gradio page, security, in one process.

Knows uvicorn and the order of the layers. It refuses to know what a turn is or how Almanac is assembled: it is
handed a `Service`.
"""

from __future__ import annotations

from fastapi import FastAPI

from bot.service import Service
from bot.web.config import WebConfig


class ServeError(Exception):
    """The server cannot start; the message is one line that says what to do."""


def create_app(service: Service, config: WebConfig | None = None, *, ui: bool = True) -> FastAPI:
    """Return the whole web door over one service: the API under `/api`, the chat page at `/`.

    Args:
        service: What answers.
        config: Limits, identity, allowed origins; None takes the defaults.
        ui: False leaves the Gradio page out (the API alone starts in well under a second).

    Raises:
        ServeError: the key file of the visitor cookie can neither be read nor made.
    """
    raise NotImplementedError


def run(app: FastAPI, *, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve until interrupted, then let the turns in progress end.

    Raises:
        ServeError: the address cannot be used (the port is taken, the host is not one of this machine's).
    """
    raise NotImplementedError
