"""The pictures of docs/tour.md, taken again from a server that runs.

    make demo                       a server with both demo catalogues, in another terminal
    python -P docs/tour.py          writes docs/tour/*.webp
    python -P docs/tour.py --url http://127.0.0.1:7861/ --out /tmp/pictures

Needs Chromium, and Playwright from the `dev` extra.
"""

from __future__ import annotations

import argparse
import io
import shutil
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
DESK = {"viewport": {"width": 1000, "height": 760}}
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}
SHOP = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A shop</title><style>
body { margin: 0; font: 16px/1.6 Georgia, serif; color: #333; background: #fff; }
header { background: #26323a; color: #fff; padding: 18px 40px; font-size: 22px; } main { padding: 30px 40px; }
</style></head><body><header>Corner Cinema</header><main><h1>This week</h1><p>Films that you can rent tonight.</p></main>
<script src="/widget.js" data-catalog="movies" data-item-url="/item/{id}" async></script></body></html>"""


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description="Take the pictures of docs/tour.md from a running server.")
    parser.add_argument("--url", default="http://127.0.0.1:7860/", help="Where the server runs.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "tour", help="Where pictures go.")
    given = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("no Chromium: install it with `apt-get install chromium`")
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        _page(browser, given.url, given.out)
        _phone(browser, given.url, given.out)
        _widget(browser, given.url, given.out)
        browser.close()


def _page(browser: Browser, url: str, out: Path) -> None:
    """A conversation with cards and a chart, the rules, and the profile."""
    page = _open(browser, url, color_scheme="light", **DESK)
    ask(page, "Something funny for Friday night", 1)
    _keep(page, out / "chat.webp")
    page.get_by_role("button", name="Like", exact=True).first.click()
    page.wait_for_selector(".al-given")
    ask(page, "When do people rate Star Wars?", 2)
    ask(page, "Show me", 3)
    page.wait_for_selector("#al-chat .js-plotly-plot .main-svg", timeout=60_000)
    _keep(page, out / "chart.webp")
    page.get_by_role("tab", name="You").click()
    page.wait_for_selector(".al-opinions li")
    _keep(page, out / "you.webp")
    page.context.close()
    page = _open(browser, url, color_scheme="dark", **DESK)
    page.get_by_role("tab", name="Rules").click()
    page.wait_for_selector("#al-plot .js-plotly-plot .main-svg", timeout=60_000)
    _keep(page, out / "rules.webp")
    page.context.close()


def _phone(browser: Browser, url: str, out: Path) -> None:
    """The same page on a phone."""
    page = _open(browser, url, **PHONE)
    ask(page, "Something funny for Friday night", 1)
    _keep(page, out / "phone.webp")
    page.context.close()


def _widget(browser: Browser, url: str, out: Path) -> None:
    """The bubble on a shop's page."""
    page = browser.new_page(**DESK)
    page.route("**/shop", lambda route: route.fulfill(body=SHOP, content_type="text/html"))
    page.goto(f"{url.rstrip('/')}/shop")
    page.locator(".launcher").click()
    page.wait_for_selector(".hello .chip")
    page.locator("textarea").fill("Something funny for Friday night")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card", timeout=60_000)
    _keep(page, out / "widget.webp")
    page.close()


def _open(browser: Browser, url: str, **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(url)
    page.wait_for_selector(".al-hello")
    return page


def ask(page: Page, text: str, count: int) -> None:
    """Ask, and wait until `count` answers stand."""
    page.fill("#al-ask textarea", text)
    page.press("#al-ask textarea", "Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('.al-foot').length >= n && !document.querySelector('.al-busy')",
        arg=count,
        timeout=60_000,
    )


def _keep(page: Page, path: Path) -> None:
    page.wait_for_timeout(900)  # the last animation
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(path, "WEBP", quality=62, method=6)


if __name__ == "__main__":
    main()
