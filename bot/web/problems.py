"""Errors as people and programs read them over HTTP: RFC 9457 problem documents.

Knows which failure has which status and code. It refuses to know routes. A detail is the one line that the
error itself says; anything that is our mistake says nothing of its insides.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from bot.errors import AlmanacError, NotReady, ToolInputError, UnknownCatalog
from bot.web.events import Busy
from db.errors import UnknownConversation, UnknownItem

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
REFUSALS = (AlmanacError, UnknownCatalog, UnknownItem, UnknownConversation, Busy)
"""What a service raises when the request, or the moment, is at fault: its message is for the asker."""

_STATUS: tuple[tuple[type[Exception], int, str], ...] = (
    (ToolInputError, 422, "argument"),
    (UnknownCatalog, 404, "catalog-unknown"),
    (UnknownItem, 404, "item-unknown"),
    (UnknownConversation, 404, "conversation-unknown"),
    (NotReady, 503, "not-ready"),
    (Busy, 503, "busy"),
)


class Problem(HTTPException):
    """A request that cannot be served; an HTTPException, so that FastAPI hands it on wherever it is raised.

    Args:
        status: HTTP status.
        code: A stable word for programs; it ends the problem's type.
        detail: One sentence for people: what is wrong and what to do.
        headers: Headers that the response needs, such as `Retry-After`.
        extra: Further members of the document.
    """

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code
        self.extra = extra

    @property
    def extra_headers(self) -> dict[str, str]:
        """Headers beside the usual ones."""
        own = {"WWW-Authenticate": "Bearer"} if self.status_code == 401 else {}
        return {**own, **(self.headers or {})}

    def document(self) -> dict[str, Any]:
        """Return the problem document."""
        return {
            "type": f"urn:almanac:problem:{self.code}",
            "title": HTTPStatus(self.status_code).phrase,
            "status": self.status_code,
            "detail": self.detail,
            **self.extra,
        }

    def body(self) -> bytes:
        """Return the document as UTF-8 JSON; what cannot be encoded (a lone surrogate) is escaped."""
        return json.dumps(self.document(), ensure_ascii=True).encode()

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """Return the document as a response."""
        headers = {"Cache-Control": "no-store", **self.extra_headers, **(headers or {})}
        if self.status_code == 503:
            headers["Retry-After"] = "2"
        return Response(self.body(), self.status_code, headers, PROBLEM_JSON)


def problem_of(error: Exception) -> Problem:
    """Return the problem that one of the REFUSALS stands for."""
    for kind, status, code in _STATUS:
        if isinstance(error, kind):
            return Problem(status, code, str(error))
    return Problem(400, "request", str(error))


def _validation(error: RequestValidationError) -> Problem:
    """Name the first field that is wrong, and list all of them."""
    faults = [(fault["loc"][1:], fault["msg"], fault["type"]) for fault in error.errors()]
    if any(kind == "json_invalid" for _, _, kind in faults):
        return Problem(400, "json", "the body is not valid JSON")
    errors = [
        {"at": ".".join(map(str, where)), "message": message.removeprefix("Value error, ")}
        for where, message, _ in faults
    ]
    first = errors[0]
    detail = f"{first['at']}: {first['message']}" if first["at"] else f"the body: {first['message']}"
    return Problem(422, "fields", detail, errors=errors)


def install(app: FastAPI) -> None:
    """Let `app` answer every failure with a problem document."""

    async def refused(_: Request, error: Exception) -> Response:
        return (error if isinstance(error, Problem) else problem_of(error)).response()

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - FastAPI calls it for nothing else
        return _validation(error).response()

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        return Problem(error.status_code, "http", str(error.detail)).response(error.headers)

    async def ours(request: Request, error: Exception) -> Response:
        mark = secrets.token_hex(4)
        log.error("request %s failed: %s %s", mark, request.method, request.url.path, exc_info=error)
        return Problem(
            500, "internal", f"something went wrong on our side; the log knows it as {mark}"
        ).response()

    for kind in (Problem, *REFUSALS):
        app.add_exception_handler(kind, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, ours)
