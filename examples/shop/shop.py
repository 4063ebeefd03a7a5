"""A small shop that embeds Almanac: sign in, look at items, fill a cart, buy. Standard library only.

    SHOP_SECRET=... SHOP_KEY=... python examples/shop/shop.py

Shows the four things that a shop's server does: sign the customer's id, set a strict policy, tell the page's item and
cart to the widget, and report purchases with its API key. It keeps sign-ins and carts in plain cookies and checks no
password: it is an example of embedding, not of a shop.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
import urllib.request
from html import escape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

HERE = Path(__file__).parent
ALMANAC = os.environ.get("ALMANAC_URL", "http://127.0.0.1:7860")
SITE = "shop"
ITEMS = {"50": "Star Wars", "1": "Toy Story", "95": "Aladdin", "56": "Pulp Fiction"}
"""What the front page shows; cards of the widget lead to any other item too."""


def customer_token(customer: str, secret: str, seconds: int = 3600) -> str:
    """Return the token that proves a customer to Almanac for an hour."""
    name = base64.urlsafe_b64encode(customer.encode()).decode().rstrip("=")
    body = f"customer.{SITE}.{name}.{int(time.time()) + seconds}"
    return f"{body}.{hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()}"


def report_purchase(customer: str, items: list[str], key: str) -> dict[str, object]:
    """Tell Almanac what a customer has bought; a repeated call with the same ids counts once."""
    order = f"order-{customer}-{int(time.time())}"
    events = [
        {
            "id": f"{order}-{item}",
            "kind": "buy",
            "item": item,
            "person": customer,
            "basket": order,
            "value": 1,
        }
        for item in items
    ]
    request = urllib.request.Request(  # noqa: S310 - ALMANAC is the shop's own setting
        f"{ALMANAC}/api/events?catalog=movies",
        json.dumps({"events": events}).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
        return dict(json.load(reply))


def render(item: str | None, customer: str, cart: list[str], secret: str) -> str:
    """Return a page of the shop."""
    shown = [item] if item else list(ITEMS)
    cards = "".join(
        f'<li><a href="/item/{escape(one)}">{escape(ITEMS.get(one, f"Item {one}"))}</a>'
        f'<form method="post" action="/cart"><button name="item" value="{escape(one)}">Add to cart</button></form></li>'
        for one in shown
    )
    who = (
        f"<b>{escape(customer)}</b><form method='post' action='/out'><button>Sign out</button></form>"
        if customer
        else "<form method='post' action='/in'><label>Name <input name='name' required></label><button>Sign in</button></form>"
    )
    token = f'data-customer="{customer_token(customer, secret)}"' if customer else ""
    return (
        (HERE / "page.html")
        .read_text(encoding="utf-8")
        .format(
            almanac=escape(ALMANAC),
            site=SITE,
            items=cards,
            who=who,
            token=token,
            title=escape(ITEMS.get(item or "", "Almanac's film shop")),
            page=escape(item or ""),
            cart=escape(json.dumps(cart)),
            count=len(cart),
        )
    )


class Shop(BaseHTTPRequestHandler):
    """Serves the pages and takes the forms."""

    def do_GET(self) -> None:
        """Serve a page or one of the two files beside it."""
        path = urlsplit(self.path).path
        if path in ("/shop.js", "/shop.css"):
            kind = "text/javascript" if path.endswith("js") else "text/css"
            self._send((HERE / path[1:]).read_bytes(), kind)
            return
        parts = path.strip("/").split("/")
        item = parts[1] if len(parts) == 2 and parts[0] == "item" else None
        page = render(item, self._cookie("customer"), self._cart(), os.environ["SHOP_SECRET"])
        self._send(page.encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """Sign in or out, put something into the cart, or buy it."""
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        cart, customer = self._cart(), self._cookie("customer")
        cookies = {
            "/in": f"customer={quote(form.get('name', [''])[0])}",
            "/out": "customer=; Max-Age=0",
            "/cart": "cart=" + quote(".".join([*cart, *form.get("item", [])])),
            "/buy": "cart=; Max-Age=0",
        }
        if self.path == "/buy" and customer and cart:
            report_purchase(customer, cart, os.environ["SHOP_KEY"])
        self.send_response(303)
        self.send_header("Location", "/")
        if self.path in cookies:
            self.send_header("Set-Cookie", f"{cookies[self.path]}; Path=/; HttpOnly; SameSite=Lax")
        self.end_headers()

    def _send(self, body: bytes, kind: str) -> None:
        policy = f"default-src 'self'; script-src 'self' {ALMANAC}; connect-src 'self' {ALMANAC}"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _cookie(self, name: str) -> str:
        found = SimpleCookie(self.headers.get("Cookie", "")).get(name)
        return unquote(found.value) if found else ""

    def _cart(self) -> list[str]:
        return [item for item in self._cookie("cart").split(".") if item]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("SHOP_PORT", "8000"))), Shop).serve_forever()
