"""The widget in a real Chromium, on a page of another origin under a strict Content-Security-Policy."""

from __future__ import annotations

import importlib.util
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import uvicorn
from starlette.responses import HTMLResponse

from bot.dialogue.turn import Asker
from bot.web.config import Site, WebConfig
from bot.web.demo import DemoService
from bot.web.identity import customer_token
from bot.web.serve import bind, create_app

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SECRET = "s" * 32
PAGE = """<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A shop</title><link rel="icon" href="data:,">
</head><body><main><h1>A shop</h1><p>Item of the day.</p>{inline}</main>
<script src="{host}/widget.js" data-catalog="movies" data-site="shop" {data} async></script></body></html>"""
LISTEN = """
window.told = [];
for (const name of ['ready', 'open', 'message', 'recommend', 'click', 'feedback', 'error'])
  document.addEventListener(`almanac:${name}`, (event) => told.push({ name, at: performance.now(), ...(name === 'ready' ? {} : event.detail) }));
"""


@dataclass
class Noting(DemoService):
    """The sample service, noting what it is asked and by whom."""

    asked: list[tuple[str, Asker, str | None, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(pause=0.03)

    def stream(self, message, **how):
        self.asked.append((message, how["asker"], how["conversation"], len(how["history"])))
        return super().stream(message, **how)


class Cutting:
    """Breaks off the next answers after so many pieces, as a bad line does."""

    def __init__(self, app) -> None:
        self.app = app
        self.cuts: list[int] = []

    async def __call__(self, scope, receive, send) -> None:
        if scope.get("path") != "/api/chat" or scope.get("method") != "POST" or not self.cuts:
            await self.app(scope, receive, send)
            return
        left = self.cuts.pop(0)

        async def cut(message):
            nonlocal left
            left -= 1
            if left < 0:
                raise ConnectionResetError
            await send(message)

        await self.app(scope, receive, cut)


@dataclass
class World:
    """Two servers: ours, and a shop's."""

    service: Noting
    line: Cutting
    host: str
    shop: str
    stranger: str


def serve(app, listener) -> tuple[uvicorn.Server, threading.Thread]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    return server, thread


def shop_page(host: str):
    """Return the shop's server: one page, under a policy that allows our script and our API and nothing else."""

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": message["type"] + ".complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        asked = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        given = {"lang": "en", "dir": "ltr", "inline": "", "data": "", **asked}
        policy = f"default-src 'none'; img-src data:; script-src {host}; connect-src {host}"
        await HTMLResponse(PAGE.format(host=host, **given), headers={"Content-Security-Policy": policy})(
            scope, receive, send
        )

    return app


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    listeners = [bind("127.0.0.1", 0) for _ in range(3)]
    host, shop, stranger = (f"http://127.0.0.1:{one.getsockname()[1]}" for one in listeners)
    site = Site(origins=(shop,), secret=SECRET, item_url=shop + "/?item={id}")
    service = Noting()
    line = Cutting(create_app(service, WebConfig(sites={"shop": site}, address_per_minute=10_000), ui=False))
    apps = (line, shop_page(host), shop_page(host))
    running = [serve(app, listener) for app, listener in zip(apps, listeners, strict=True)]
    yield World(service, line, host, shop, stranger)
    for server, thread in running:
        server.should_exit = True
        thread.join(20)
    for listener in listeners:
        listener.close()


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        say = "no Chromium: install it with `apt-get install chromium`"
        pytest.fail(say) if os.environ.get("CI") else pytest.skip(say)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, world):
    """Open the shop's page as a new visitor; whatever the browser complains of fails the test."""
    contexts, complaints = [], []

    def open_page(query="", *, at=None, silent=False, **options):
        context = chromium.new_context(**{"viewport": {"width": 1100, "height": 800}, **options})
        contexts.append(context)
        context.add_init_script(LISTEN)
        page = context.new_page()
        if not silent:
            page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{at or world.shop}/{query}")
        page.wait_for_selector("almanac-chat", state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def opened(page):
    """Open the panel with the mouse and wait until it knows its catalogue."""
    page.locator(".launcher").click()
    page.wait_for_selector(".hello .chip")
    return page


def ask(page, text: str, answers: int = 1) -> None:
    page.locator("textarea").fill(text)
    page.keyboard.press("Enter")
    answered(page, answers)


def answered(page, count: int) -> None:
    page.wait_for_function(
        """count => {
          const log = document.querySelector('almanac-chat').shadowRoot.querySelector('.log');
          return !log.ariaBusy && log.querySelectorAll('.told').length === count;
        }""",
        arg=count,
        timeout=20_000,
    )


def events(page, name: str) -> list[dict]:
    return [one for one in page.evaluate("told") if one["name"] == name]


def focused(page) -> str:
    return page.evaluate("document.activeElement.shadowRoot?.activeElement?.className || 'nothing'")


def violations(page) -> list[str]:
    """Return what axe-core finds on the whole page, shadow trees included, once the panel has risen.

    While the panel fades in, its colours are mixed with the page's, and a text of full contrast reads as one of little.
    """
    page.evaluate(
        """() => Promise.all(
            [...document.querySelectorAll("almanac-chat")]
                .map(one => one.shadowRoot.querySelector(".panel"))
                .flatMap(panel => panel ? panel.getAnimations() : [])
                .map(one => one.finished))"""
    )
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("no axe-core: pip install axe-playwright-python")
    page.evaluate(Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document).then(result => result.violations)")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def test_a_conversation_by_keyboard_from_the_first_key_to_the_page_of_an_item(visit, world):
    page = visit()
    page.keyboard.press("Tab")
    assert "launcher" in focused(page)
    page.keyboard.press("Enter")
    page.wait_for_selector(".hello .chip")
    page.wait_for_function("() => document.activeElement.shadowRoot.activeElement.matches('textarea')")
    page.keyboard.type("a comedy")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('almanac-chat').shadowRoot.querySelector('.told')?.innerText"
    )
    partial = page.locator(".told").inner_text()
    answered(page, 1)
    whole = page.locator(".told").inner_text()
    assert len(partial) < len(whole)
    assert page.locator(".card").count() == 3
    assert [one["role"] for one in events(page, "message")] == ["user", "assistant"]
    assert len(events(page, "recommend")[0]["items"]) == 3
    link = page.locator(".card a").first
    assert link.get_attribute("href") == f"{world.shop}/?item=90001"
    page.locator(".card summary").first.click()
    assert "sample baskets" in page.locator(".card details p").first.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/?item=90001")
    page.wait_for_selector(".card")  # the panel stood open, so it does here
    assert page.locator(".told").inner_text() == whole
    page.reload()
    page.wait_for_selector(".card")
    assert page.locator(".told").inner_text() == whole
    assert "textarea" not in focused(page), "the page keeps the cursor"
    ask(page, "and another", 2)
    first, second = world.service.asked[-2:]
    assert first[1].person == second[1].person
    assert second[2] is not None, "the same conversation goes on"


def test_the_bubble_is_painted_from_one_request_and_at_once(visit, world):
    page = visit()
    page.wait_for_selector(".launcher")
    requests = page.evaluate(
        "performance.getEntriesByType('resource').map(one => [one.name, one.responseEnd])"
    )
    assert [name for name, _ in requests] == [f"{world.host}/widget.js"]
    ready = events(page, "ready")[0]["at"]
    assert ready - requests[0][1] < 300


def test_escape_closes_and_the_cursor_goes_back(visit):
    page = opened(visit())
    assert page.locator(".launcher").get_attribute("aria-expanded") == "true"
    page.locator("textarea").press("Escape")
    assert not page.locator(".panel").is_visible()
    assert "launcher" in focused(page)
    assert page.locator(".launcher").get_attribute("aria-expanded") == "false"
    assert [one["name"] for one in page.evaluate("told")] == ["ready", "open"]


def test_a_page_of_an_origin_that_is_not_listed_is_refused(visit, world):
    before = len(world.service.asked)
    page = visit(at=world.stranger, silent=True)
    page.locator(".launcher").click()
    page.wait_for_selector(".notice.bad")
    assert "cannot be reached" in page.locator(".notice").inner_text()
    assert events(page, "error")[0]["code"] == "unreachable"
    assert len(world.service.asked) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit, scheme):
    page = visit(color_scheme=scheme, reduced_motion="reduce")
    assert violations(page) == []
    opened(page)
    assert violations(page) == []
    ask(page, "a comedy")
    page.locator(".card summary").first.click()
    page.get_by_role("button", name="Like: M*A*S*H").click()
    assert violations(page) == []


def test_on_a_phone_the_panel_fills_the_screen_and_targets_are_large(visit):
    page = opened(visit(viewport={"width": 390, "height": 760}, is_mobile=True, has_touch=True))
    ask(page, "a comedy")
    box = page.locator(".panel").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 760)
    assert not page.locator(".launcher").is_visible()
    small = page.evaluate(
        """() => [...document.querySelector('almanac-chat').shadowRoot.querySelectorAll('button, summary, textarea')]
             .filter(one => one.checkVisibility({ visibilityProperty: true }))
             .filter(one => { const { width, height } = one.getBoundingClientRect(); return width < 44 || height < 44; })
             .map(one => one.outerHTML.slice(0, 80))"""
    )
    assert small == []
    wide = page.evaluate(
        """() => [...document.querySelector('almanac-chat').shadowRoot.querySelectorAll('.panel *')]
             .filter(one => one.checkVisibility() && !one.closest('.hush') && one.scrollWidth > one.clientWidth + 1
               && getComputedStyle(one).display !== 'inline').map(one => one.className || one.tagName)"""
    )
    assert wide == []


def test_a_line_that_breaks_is_taken_up_again_and_nothing_is_asked_twice(visit, world):
    page = opened(visit(silent=True))
    before = len(world.service.asked)
    world.line.cuts = [9, 0, 4]
    ask(page, "a comedy")
    answer = page.locator(".told").inner_text()
    assert len(world.service.asked) == before + 1
    assert answer == events(page, "message")[1]["text"]
    assert world.line.cuts == []
    assert not page.locator(".notice").is_visible()


def test_a_page_that_is_left_in_the_middle_of_an_answer_finds_it_afterwards(visit, world):
    page = opened(visit())
    before = len(world.service.asked)
    page.locator("textarea").fill("a comedy")
    page.keyboard.press("Enter")
    page.wait_for_selector(".told")
    page.reload()
    answered(page, 1)
    assert page.locator(".card").count() == 3
    assert len(world.service.asked) == before + 1


def test_offline_is_said_and_the_message_goes_out_later(visit):
    page = opened(visit(silent=True))
    page.context.set_offline(True)
    page.locator("textarea").fill("a comedy")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => /offline/.test(document.querySelector('almanac-chat').shadowRoot.querySelector('.notice').innerText)"
    )
    page.context.set_offline(False)
    answered(page, 1)
    assert not page.locator(".notice").is_visible()


def test_too_many_messages_are_told_when_to_come_again(visit):
    page = opened(visit(silent=True))
    problem = '{"type": "urn:almanac:problem:too-many", "status": 429, "title": "x", "detail": "y"}'
    headers = {
        "Retry-After": "7",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Retry-After",
    }
    page.route("**/api/chat", lambda route: route.fulfill(status=429, body=problem, headers=headers), times=1)
    page.locator("textarea").fill("a comedy")
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice.bad")
    assert "7 seconds" in page.locator(".notice").inner_text()
    assert events(page, "error")[0]["code"] == "too-many"
    page.get_by_role("button", name="Try again").click()
    answered(page, 1)


def test_verdicts_quick_replies_and_context_reach_the_service(visit, world):
    page = visit()
    page.evaluate("almanac.setContext({ page: '50', cart: ['1', '95'], place: 'west' })")
    page.evaluate("almanac.send('a comedy')")
    answered(page, 1)
    _, asker, _, _ = world.service.asked[-1]
    assert (asker.page, asker.cart, asker.place) == ("50", ("1", "95"), "west")
    page.get_by_role("button", name="Like: Toy Story").click()
    page.get_by_role("button", name="Helpful", exact=True).click()
    assert events(page, "feedback")[0]["verdict"] == "like"
    page.reload()
    page.wait_for_selector(".card [aria-pressed=true]")
    assert page.locator("[aria-pressed=true]").count() == 2
    person = world.service.asked[-1][1].person
    profile = world.service.call("show_profile", {}, asker=Asker(person=person))
    assert profile.evidence[0].items == ("1",)
    page.locator(".chip", has_text="Why M*A*S*H?").click()
    answered(page, 2)
    assert world.service.asked[-1][0] == "Why M*A*S*H?"
    page.evaluate("almanac.destroy()")
    assert page.locator("almanac-chat").count() == 0


def test_an_answer_can_be_stopped_and_the_talk_goes_on(visit, world):
    page = opened(visit())
    page.locator("textarea").fill("a long comedy")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('almanac-chat').shadowRoot.querySelector('.told')?.innerText.length > 20"
    )
    page.get_by_role("button", name="Stop").click()
    answered(page, 1)
    stopped = page.locator(".told").inner_text()
    assert page.locator(".send").get_attribute("aria-label") == "Send"
    ask(page, "a comedy", 2)
    whole = page.locator(".told").last.inner_text()
    assert 20 < len(stopped) < len(whole)
    assert page.locator(".told").first.inner_text() == stopped
    assert world.service.asked[-1][2] is None, "nothing of a stopped turn was kept"
    assert world.service.asked[-1][3] == 2, "it goes along as what was said before"
    assert violations(page) == []


def test_show_me_draws_a_chart(visit):
    page = opened(visit())
    ask(page, "show me when")
    assert page.locator("figure rect").count() == 7 * 24
    assert "Fridays from 17:00" in page.locator("figure table").get_attribute("aria-label")
    ask(page, "show me that over time", 2)
    line = page.locator("figure").last
    assert line.locator("rect").count() == 12
    assert "22 of 100" in line.inner_text()
    widths = [float(one.get_attribute("width")) for one in line.locator("rect").all()]
    assert widths == sorted(widths)
    assert widths[-1] == 240
    page.reload()
    page.wait_for_selector("figure rect >> nth=170")
    assert violations(page) == []


@pytest.mark.parametrize("size", [{"width": 1100, "height": 800}, {"width": 390, "height": 780}])
def test_whatever_can_be_pressed_is_44_pixels_high_and_wide(visit, size):
    page = visit(viewport=size)
    launcher = page.locator(".launcher").bounding_box()
    assert launcher is not None
    assert min(launcher["width"], launcher["height"]) >= 44
    opened(page)
    ask(page, "a comedy")
    small = page.evaluate(
        """() => [...document.querySelector('almanac-chat').shadowRoot.querySelectorAll('button, summary, a, textarea')]
            .filter(one => one.checkVisibility())
            .map(one => [one.className || one.textContent, one.getBoundingClientRect()])
            .filter(([name, box]) => box.width && Math.min(box.width, box.height) < 43.5)
            .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
    )
    assert small == []


def test_signing_in_carries_the_talk_over_and_signing_out_leaves_nothing(visit, world):
    page = opened(visit())
    ask(page, "a comedy")
    token = customer_token(SECRET, "shop", "ann", int(time.time()) + 60)
    page.evaluate("token => almanac.identify(token)", token)
    ask(page, "what else", 2)
    _, asker, conversation, history = world.service.asked[-1]
    assert (asker.person, conversation, history) == ("ann", None, 2)
    page.evaluate("almanac.identify(null)")
    page.wait_for_selector(".hello")
    kept = page.evaluate("JSON.stringify({ ...localStorage })")
    assert "comedy" not in kept
    assert world.service.asked[0][1].person != "ann"
    ask(page, "a drama")
    assert world.service.asked[-1][1].person.startswith("visitor-")


def test_a_customer_token_that_has_run_out_is_reported_to_the_page(visit):
    page = visit(silent=True)
    page.evaluate("token => almanac.identify(token)", customer_token(SECRET, "shop", "ann", 1))
    opened(page)
    assert events(page, "error")[0]["code"] == "token-expired"
    ask(page, "a comedy")


@pytest.mark.parametrize(("lang", "direction", "word"), [("zh-CN", "ltr", "发送"), ("ar", "rtl", "أرسل")])
def test_it_speaks_the_language_of_the_page(visit, lang, direction, word):
    page = opened(visit(f"?lang={lang}&dir={direction}"))
    assert page.locator(".panel").get_attribute("dir") == direction
    assert page.locator(".send").get_attribute("aria-label") == word
    ask(page, "a comedy")
    panel = page.locator(".panel").bounding_box()
    assert (panel["x"] < 100) == (direction == "rtl")
    assert violations(page) == []


def test_it_stands_in_the_page_where_an_element_says_so(visit):
    page = visit("?data=data-bubble=off&inline=<almanac-chat></almanac-chat>")
    page.wait_for_selector(".hello .chip")
    assert page.locator(".launcher").count() == 0
    ask(page, "a comedy")
    assert page.locator(".card").count() == 3
    assert violations(page) == []


def test_a_title_is_text_whatever_it_holds(visit):
    page = opened(visit())
    ask(page, "bold quoted")
    assert page.locator(".card", has_text='<b>Bold</b> & "Quoted"').count() == 1
