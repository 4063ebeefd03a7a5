"""Who may call, how often, and what a browser may do with our pages.

Knows origins, limits and headers. It refuses to know what is served, and how identity is proven (`bot.web.identity`):
it never comes from a request's body.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.config import WebConfig
from bot.web.identity import COOKIE, SITE_HEADER, Caller, Identities, Visitors, cookie_value
from bot.web.limits import Buckets
from bot.web.problems import PROBLEM_JSON, Problem

__all__ = [
    "COOKIE", "Gate", "SecretUnusable", "Visitors", "content_security_policy", "cookie_value", "load_secret",
]  # fmt: skip

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
    """The outermost layer: refuses foreign pages, big bodies and too many requests, knows the caller, sets headers.

    Sets `caller`, `visitor` (the caller's person) and `nonce` in `scope["state"]` for everything below it. It answers
    for CORS alone: what a layer below says of origins is dropped.

    Args:
        app: What is behind the gate.
        config: Limits and origins.
        identities: Reads and issues identities.
    """

    def __init__(self, app: ASGIApp, config: WebConfig, identities: Identities) -> None:
        self._app = app
        self._config = config
        self._identities = identities
        self._limits = Limits(config)
        listed = [site.origins for site in config.sites.values()]
        self._origins = frozenset(config.origins).union(*listed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cors = self._cors(headers)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(send, cors)
            return
        try:
            self._admit(scope, headers)
            caller = self._identities.caller(headers)
            if _is_called(scope["path"]):
                self._limits.check(caller, scope)
        except Problem as problem:
            await _send_problem(send, problem, cors)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {}).update(caller=caller, visitor=caller.person, nonce=nonce)
        cookie = self._cookie(caller, scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(MutableHeaders(scope=message), nonce, cookie, cors)
            await send(message)

        body = _Limited(receive, self._config.max_body)
        await self._app(scope, body.receive if _is_called(scope["path"]) else receive, guarded)

    def _admit(self, scope: Scope, headers: Headers) -> None:
        """Let a request pass.

        Raises:
            Problem: it may not; says why.
        """
        path = scope["path"]
        if path.startswith(_CLOSED):
            raise Problem(404, "http", "there is nothing here")
        origin = headers.get("origin")
        guarded = scope["method"] not in _SAFE_METHODS or path.startswith("/api/")
        if origin is not None and guarded and not self._trusted(origin, headers):
            raise Problem(
                403,
                "origin",
                f"pages of {origin!r} may not call this server; its owner can add them to the origins of the site "
                "key (web.sites) or to web.origins",
            )
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self._config.max_body and _is_called(path):
            raise _too_big(self._config.max_body)

    def _trusted(self, origin: str, headers: Headers) -> bool:
        """Tell whether a page of `origin` may call: our own, and those listed for the site key that it shows."""
        if urlsplit(origin).netloc == headers.get("host"):
            return True
        name = headers.get(SITE_HEADER)
        if name is None:
            return origin in self._config.origins
        site = self._config.sites.get(name)
        return site is not None and origin in site.origins

    def _cors(self, headers: Headers) -> dict[str, str]:
        """Return what a browser is told of the calling page's rights: nothing where it has none."""
        origin = headers.get("origin")
        if origin is None or origin not in self._origins:
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": "Retry-After",
        }

    def _cookie(self, caller: Caller, scope: Scope) -> str | None:
        """Return the cookie that a new visitor gets, on the page and the API."""
        if caller.proven or caller.token is None or not _keeps_visitor(scope["path"]):
            return None
        age = self._config.cookie_days * 86_400
        secure = "; Secure" if scope["scheme"] == "https" else ""
        return f"{COOKIE}={caller.token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"

    def _add_headers(
        self, headers: MutableHeaders, nonce: str, cookie: str | None, cors: dict[str, str]
    ) -> None:
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if headers.get("content-type", "").startswith("text/html"):
            headers["Content-Security-Policy"] = content_security_policy(nonce, self._config.frame_ancestors)
        for name in [name for name in headers if name.startswith("access-control-")]:
            del headers[name]
        headers.update(cors)
        headers.add_vary_header("Origin")
        if cookie is not None:
            headers.append("Set-Cookie", cookie)


class Limits:
    """How often people, addresses and API keys may call.

    Args:
        config: The three rates.
    """

    def __init__(self, config: WebConfig) -> None:
        self._people = Buckets(config.visitor_per_minute)
        self._addresses = Buckets(config.address_per_minute)
        self._keys = Buckets(config.key_per_minute)

    def check(self, caller: Caller, scope: Scope) -> None:
        """Count one request.

        Raises:
            Problem: 429 with the seconds to wait: too many came in too short a time.
        """
        if caller.key is not None:
            wait = self._keys.take(caller.key)
        else:
            address = scope["client"][0] if scope.get("client") else "nowhere"
            wait = self._addresses.take(address)
            if not wait and caller.proven:  # whoever comes with nothing is someone new each time
                wait = self._people.take(caller.owner)
        if wait:
            raise Problem(
                429,
                "too-many",
                f"too many requests in a short time: please try again in {wait} second{'s' * (wait != 1)}",
                headers={"Retry-After": str(wait)},
            )


def _is_called(path: str) -> bool:
    """Tell whether programs call this path, so that how often and how much is limited: the API and MCP."""
    return path == "/mcp" or path.startswith(("/api/", "/mcp/"))


def _keeps_visitor(path: str) -> bool:
    """Tell whether a response on `path` sets the cookie: the page, MCP and the API do, assets do not."""
    return path in {"/", "/mcp"} or path.startswith("/api/")


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


async def _preflight(send: Send, cors: dict[str, str]) -> None:
    """Answer a browser that asks whether a page may call; a page that may not is told nothing."""
    headers = {"Vary": "Origin", "Content-Length": "0"}
    if cors:
        headers |= cors | {
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": f"Authorization, Content-Type, Last-Event-ID, {SITE_HEADER}",
            "Access-Control-Max-Age": "600",
        }
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 204 if cors else 403, "headers": raw})
    await send({"type": "http.response.body", "body": b""})


async def _send_problem(send: Send, problem: Problem, cors: dict[str, str]) -> None:
    given = {"Content-Type": PROBLEM_JSON, "Cache-Control": "no-store", "Vary": "Origin", **cors}
    raw = [
        (name.lower().encode(), value.encode()) for name, value in {**given, **problem.extra_headers}.items()
    ]
    await send({"type": "http.response.start", "status": problem.status_code, "headers": raw})
    await send({"type": "http.response.body", "body": problem.body()})
