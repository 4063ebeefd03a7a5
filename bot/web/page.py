"""The HTML of the chat page on its way out: ours where the framework's does not fit.

Knows the document that Gradio serves. It refuses to know what the page shows. Every script tag gets the nonce
of the Content-Security-Policy; metadata that names other sites goes, our style sheet and script come.
"""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FOREIGN_META = re.compile(rb"<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*?/?>\s*", re.DOTALL)
_MANIFEST = re.compile(rb"<link rel=\"manifest\"[^>]*>")
_SCRIPT = re.compile(rb"<script(?=[\s>])")
_HEAD = b"""
<meta name="description" content="A recommender that knows when and where, and shows its evidence.">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="/almanac/mark.svg">
<link rel="stylesheet" href="/almanac/tokens.css">
<link rel="stylesheet" href="/almanac/page.css">
<script src="/almanac/page.js"></script>
</head>"""


def dress(html: bytes, nonce: str) -> bytes:
    """Return the page with our head and with the nonce on every script tag."""
    html = _MANIFEST.sub(b"", _FOREIGN_META.sub(b"", html))
    html = html.replace(b"</head>", _HEAD, 1)
    return _SCRIPT.sub(b'<script nonce="%s"' % nonce.encode(), html)


class DressedPage:
    """A layer that dresses the page at `/` and lets everything else through as it comes.

    Args:
        app: What is below; its page is expected uncompressed, so the request's `Accept-Encoding` is dropped.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        sender = _Dresser(send, scope["state"]["nonce"])
        await self._app({**scope, "headers": kept}, receive, sender.send)


class _Dresser:
    """Holds back an HTML response until it is whole, then sends it dressed."""

    def __init__(self, send: Send, nonce: str) -> None:
        self._send = send
        self._nonce = nonce
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if MutableHeaders(scope=message).get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            body = dress(self._body, self._nonce)
            MutableHeaders(scope=self._start)["content-length"] = str(len(body))
            await self._send(self._start)
            message = {"type": "http.response.body", "body": body}
        await self._send(message)
