"""Who a visitor is, and what a browser may do with our pages.

Knows signatures, cookies, origins and headers. It refuses to know what is served. Identity never comes from a
request's body: an anonymous visitor is a random id in a cookie that only this server can sign.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.config import WebConfig
from bot.web.problems import PROBLEM_JSON, Problem

COOKIE = "almanac_visitor"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_CLOSED = ("/gradio_api/upload", "/gradio_api/file=", "/gradio_api/proxy=", "/gradio_api/component_server")
"""Doors of the page's framework that Almanac does not use: closed."""


class SecretUnusable(OSError):
    """The key file can neither be read nor made; the message says which and why."""


def load_secret(config: WebConfig) -> bytes:
    """Return the key that signs visitors: as set, from its file (made at the first start), or random.

    Raises:
        SecretUnusable: the file cannot be read or made, or holds too little.
    """
    if config.secret is not None:
        return config.secret.get_secret_value().encode()
    path = config.secret_file
    if path is None:
        return secrets.token_bytes(32)
    try:
        return _read_or_make(path)
    except OSError as error:
        raise SecretUnusable(
            f"cannot use the visitor key file {str(path)!r}: {error.strerror or error}; make its folder "
            "writable or set ALMANAC_WEB__SECRET"
        ) from error


def _read_or_make(path: Path) -> bytes:
    """Read the key; where there is none, write one whole and private before it gets its name."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            os.link(part, path)  # fails where another process was first: its key counts
        except FileExistsError:
            pass
        finally:
            part.unlink()
    key = path.read_bytes().strip()
    if len(key) < 16:
        raise OSError(f"it holds {len(key)} bytes, 16 or more are needed")
    return key


class Visitors:
    """Issues and reads the ids of anonymous visitors: `id.signature`, HMAC-SHA-256 under the server's key.

    Args:
        key: The signing key, 16 bytes or more.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _sign(self, visitor: str) -> str:
        digest = hmac.new(self._key, b"visitor\0" + visitor.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def issue(self) -> tuple[str, str]:
        """Return a new visitor's id and the cookie value that proves it."""
        visitor = "visitor-" + secrets.token_hex(12)
        return visitor, f"{visitor}.{self._sign(visitor)}"

    def read(self, cookie: str | None) -> str | None:
        """Return the visitor that a cookie value proves, or None."""
        visitor, _, signature = (cookie or "").partition(".")
        if not re.fullmatch(r"visitor-[0-9a-f]{24}", visitor):
            return None
        return visitor if hmac.compare_digest(signature.encode(), self._sign(visitor).encode()) else None


def cookie_value(headers: Headers) -> str | None:
    """Return our cookie from a request's headers."""
    for pair in headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def content_security_policy(nonce: str, frame_ancestors: Iterable[str]) -> str:
    """Return the policy of our pages: everything from this server, scripts by `nonce`, nothing evaluated.

    Inline style attributes stay allowed: bars are as wide as their numbers.
    """
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            " ".join(("frame-ancestors 'self'", *frame_ancestors)),
        )
    )


class Gate:
    """The outermost layer: refuses foreign pages and big bodies, knows the visitor, sets headers.

    Sets `scope["state"]["visitor"]` for everything below it.

    Args:
        app: What is behind the gate.
        config: Limits and origins.
        visitors: Reads and issues identities.
    """

    def __init__(self, app: ASGIApp, config: WebConfig, visitors: Visitors) -> None:
        self._app = app
        self._config = config
        self._visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem = self._refusal(scope, headers)
        if problem is not None:
            await _send_problem(send, problem)
            return
        visitor = self._visitors.read(cookie_value(headers))
        fresh = None
        if visitor is None:
            visitor, fresh = self._visitors.issue()
        scope.setdefault("state", {})["visitor"] = visitor
        nonce = secrets.token_urlsafe(16)
        scope["state"]["nonce"] = nonce
        cookie = self._cookie(fresh, scope["scheme"]) if fresh and _keeps_visitor(scope["path"]) else None

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(MutableHeaders(scope=message), nonce, cookie)
            await send(message)

        body = _Limited(receive, self._config.max_body)
        await self._app(scope, body.receive if scope["path"].startswith("/api/") else receive, guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> Problem | None:
        """Say why this request may not pass, if it may not."""
        if scope["path"].startswith(_CLOSED):
            return Problem(404, "http", "there is nothing here")
        origin = headers.get("origin")
        if origin is not None and scope["method"] not in _SAFE_METHODS and not self._trusted(origin, headers):
            return Problem(
                403,
                "origin",
                f"pages of {origin!r} may not call this server; its owner can add them to web.origins",
            )
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self._config.max_body and scope["path"].startswith("/api/"):
            return _too_big(self._config.max_body)
        return None

    def _trusted(self, origin: str, headers: Headers) -> bool:
        """Tell whether a page of `origin` may change something here: our own and those that are listed."""
        return origin in self._config.origins or urlsplit(origin).netloc == headers.get("host")

    def _cookie(self, value: str, scheme: str) -> str:
        age = self._config.cookie_days * 86_400
        secure = "; Secure" if scheme == "https" else ""
        return f"{COOKIE}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"

    def _add_headers(self, headers: MutableHeaders, nonce: str, cookie: str | None) -> None:
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if headers.get("content-type", "").startswith("text/html"):
            headers["Content-Security-Policy"] = content_security_policy(nonce, self._config.frame_ancestors)
        if cookie is not None:
            headers.append("Set-Cookie", cookie)


def _keeps_visitor(path: str) -> bool:
    """Tell whether a response on `path` sets the cookie: the page and the API do, assets do not."""
    return path == "/" or path.startswith("/api/")


def _too_big(limit: int) -> Problem:
    return Problem(413, "body-too-big", f"the request is larger than {limit:,} bytes; send less at once")


class _Limited:
    """A request body that is cut off with a problem once it is larger than `limit` bytes."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise _too_big(self._limit)
        return message


async def _send_problem(send: Send, problem: Problem) -> None:
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": problem.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": problem.body()})
