"""The tabs in a real Chromium: rules, charts, profile, health; by keyboard, on a phone, and for axe-core."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from bot.web.config import WebConfig
from bot.web.demo import DemoService
from bot.web.serve import bind, create_app

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    # Gradio 6.31 reads its queue's figures through pandas options that pandas 3 will drop; not ours to mend.
    pytest.mark.filterwarnings("ignore:.*no_silent_downcasting.*"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated.*"),
    # Gradio makes an event loop at import that it never closes.
]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)


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


class Slow(DemoService):
    """The sample service, which can take its time to say what catalogues there are."""

    pause = 0.0

    def catalogs(self):
        time.sleep(self.pause)
        return super().catalogs()


@pytest.fixture(scope="module")
def service() -> Slow:
    return Slow()


@pytest.fixture(scope="module")
def url(service) -> Iterator[str]:
    """A server over the sample service, on a free port, for this module."""
    app = create_app(service, WebConfig(demo_personas=True))
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join(20)
    listener.close()


@pytest.fixture
def page(chromium, url, request):
    """The page of a new visitor; what the browser complains of fails the test."""
    context = chromium.new_context(**getattr(request, "param", {"viewport": {"width": 1200, "height": 860}}))
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda one: complaints.append(one.text) if one.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    page.wait_for_selector("#al-ask textarea")
    page.wait_for_selector(".al-hello")
    yield page
    context.close()
    assert complaints == []


def tab(page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def ask(page, text: str, count: int = 1) -> None:
    """Ask, and wait until `count` answers stand on the page and none is being written."""
    page.fill("#al-ask textarea", text)
    page.press("#al-ask textarea", "Enter")
    answered(page, count)


def answered(page, count: int) -> None:
    page.wait_for_function(
        "count => document.querySelectorAll('.al-foot').length === count && !document.querySelector('.al-busy')",
        arg=count,
        timeout=15_000,
    )


def drawn(page, where: str, title: str) -> None:
    page.wait_for_function(
        "([where, title]) => document.querySelector(`${where} .js-plotly-plot .gtitle`)?.textContent === title",
        arg=[where, title],
        timeout=15_000,
    )


def opinions(page) -> list[str]:
    return page.locator(".al-opinions li > b").all_inner_texts()


def violations(page) -> list[str]:
    """What axe-core finds in what is ours: everything but Gradio's own inputs and message frames."""
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("no axe-core: pip install axe-playwright-python")
    page.evaluate(Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    ours = [["#al-header"], ["#al-rules"], ["#al-caption"], ["#al-you"], ["#al-health"], [".al-answer"], [".al-cards"], [".al-next"], [".al-foot"], [".al-evidence"]]  # fmt: skip
    present = [one for one in ours if page.locator(one[0]).count()]
    found = page.evaluate(
        "include => axe.run({include}).then(result => result.violations)", [one[0] for one in present]
    )
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def test_show_me_draws_a_chart_in_the_conversation(page):
    ask(page, "When do people rate toy story?")
    assert page.locator("#al-chat .js-plotly-plot").count() == 0
    page.locator(".al-next").get_by_role("button", name="Show me").click()
    answered(page, 2)
    drawn(page, "#al-chat", "Toy Story by weekday and hour")
    ask(page, "another", 3)
    drawn(page, "#al-chat", "Toy Story by weekday and hour")


def test_a_message_sent_while_the_page_still_loads_is_kept(chromium, url, service, monkeypatch):
    context = chromium.new_context()
    page = context.new_page()
    monkeypatch.setattr(service, "pause", 0.4)
    page.goto(url)
    page.wait_for_selector("#al-ask textarea")
    page.wait_for_selector(".al-hello")
    ask(page, "a comedy")
    page.wait_for_timeout(1_500)  # longer than the page's own first event takes
    assert page.locator(".al-foot").count() == 1
    context.close()


def test_rules_are_listed_filtered_drawn_saved_and_asked_about(page):
    tab(page, "Rules")
    drawn(page, "#al-plot", "Toy Story by weekday and hour")
    assert page.locator(".al-rules tbody tr").count() == 10
    assert "stands out most on Fridays" in page.inner_text("#al-caption")
    page.get_by_label("Over time").click()
    drawn(page, "#al-plot", "Toy Story over time")
    page.fill("#al-rule-item textarea, #al-rule-item input", "Aladdin")
    page.press("#al-rule-item textarea, #al-rule-item input", "Enter")
    drawn(page, "#al-plot", "Aladdin over time")
    assert page.locator(".al-rules tbody tr").count() == 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.startswith("id,kind,first,second,context,sentence,n_xy")
    assert "Aladdin" in text
    page.locator("button.al-rule").first.click()
    answered(page, 1)
    assert page.locator("[data-testid=user]").last.inner_text() == "What goes with Aladdin?"


def test_a_name_that_is_unknown_is_told_where_the_rules_would_stand(page):
    tab(page, "Rules")
    page.wait_for_selector(".al-rules")
    page.fill("#al-rule-item textarea, #al-rule-item input", "Champagne")
    page.press("#al-rule-item textarea, #al-rule-item input", "Enter")
    page.wait_for_selector("#al-rules .al-trouble")
    assert "'Champagne'" in page.inner_text("#al-rules")
    assert page.locator("#al-plot .js-plotly-plot").count() == 0


def test_a_verdict_changes_the_next_answer_and_can_be_changed_and_undone(page):
    ask(page, "toy story")
    assert "Toy Story" in page.locator(".al-card").first.inner_text()
    page.locator(".al-card").first.get_by_role("button", name="Not for me").click()
    page.wait_for_selector(".al-card .al-given")
    ask(page, "toy story", 2)
    assert "Toy Story" not in page.locator(".al-cards").last.inner_text()
    tab(page, "You")
    page.wait_for_selector(".al-opinions")
    assert opinions(page) == ["Toy Story"]
    page.locator(".al-opinions").get_by_role("button", name="Like", exact=True).click()
    page.wait_for_selector(".al-opinions .al-given:has-text('Liked')")
    page.get_by_role("button", name="Undo").locator("visible=true").click()
    page.wait_for_selector(".al-opinions .al-given:has-text('not for you')")
    page.get_by_role("button", name="Take back").click()
    page.wait_for_selector(".al-you .al-quiet:has-text('None yet')")
    page.get_by_role("button", name="Undo").locator("visible=true").click()
    page.wait_for_selector(".al-opinions .al-given:has-text('not for you')")
    tab(page, "Chat")
    assert page.locator(".al-card .al-given").count() >= 1


def test_a_visitor_takes_their_data_away_and_is_forgotten(page):
    ask(page, "toy story")
    page.locator(".al-card").first.get_by_role("button", name="Like", exact=True).click()
    page.wait_for_selector(".al-card .al-given")
    tab(page, "You")
    page.wait_for_selector(".al-opinions")
    page.get_by_role("button", name="Prepare a download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save almanac-my-data.json").click()
    assert json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["verdicts"] == {"1": "like"}
    page.locator("summary", has_text="Forget me").click()
    page.get_by_role("button", name="Erase everything about me").click()
    page.wait_for_selector("#al-you-note .al-undone")
    assert page.inner_text("#al-you-note") == "Erased: 1 interaction."
    assert opinions(page) == []
    tab(page, "Chat")
    page.wait_for_selector(".al-hello")


def test_a_persona_can_be_looked_at_and_neither_exported_nor_erased(page):
    page.get_by_role("button", name="Change", exact=True).click()
    page.locator("#al-persona input").click()
    page.get_by_role("option", name="Person 405").click()
    page.wait_for_function("() => /Person 405/.test(document.querySelector('.al-context').innerText)")
    page.locator(".sidebar .toggle-button").click()
    tab(page, "You")
    page.wait_for_selector(".al-you")
    assert "Person 405" in page.inner_text("#al-you")
    assert page.get_by_role("button", name="Erase everything about me").count() == 0
    # A hand-made message does not get further than the buttons do.
    page.evaluate(
        """() => { const box = document.querySelector("#al-act textarea");
        box.value = JSON.stringify({act: "forget", value: "all"});
        box.dispatchEvent(new Event("input", {bubbles: true}));
        setTimeout(() => box.dispatchEvent(new KeyboardEvent("keypress", {key: "Enter", bubbles: true})), 40); }"""
    )
    page.wait_for_selector(".toast-body")
    assert "neither exported nor erased" in page.inner_text(".toast-body")


def test_health_tells_data_model_and_latency(page):
    ask(page, "a comedy")
    tab(page, "Health")
    page.wait_for_selector(".al-health")
    told = page.inner_text(".al-health")
    assert "100,000" in told
    assert "g-demo" in told
    assert "half within" in told


def test_tabs_work_by_keyboard(page):
    page.get_by_role("tab", name="Chat").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".al-rules tbody tr")
    page.locator("button.al-rule").first.focus()
    page.keyboard.press("Enter")
    answered(page, 1)


@pytest.mark.parametrize(
    "page",
    [
        {"viewport": {"width": 1200, "height": 860}},
        {
            "viewport": {"width": 390, "height": 800},
            "is_mobile": True,
            "has_touch": True,
            "color_scheme": "dark",
        },
    ],
    indirect=True,
    ids=["desk-light", "phone-dark"],
)
def test_axe_finds_nothing_in_ours_and_nothing_is_wider_than_the_screen(page):
    ask(page, "Show me toy story")
    drawn(page, "#al-chat", "Toy Story by weekday and hour")
    found = violations(page)
    for name, sign in (("Rules", ".al-rules"), ("You", ".al-you"), ("Health", ".al-health")):
        tab(page, name)
        page.wait_for_selector(sign)
        if name == "Rules":
            drawn(page, "#al-plot", "Toy Story by weekday and hour")
        found += violations(page)
        wide = page.evaluate(
            "() => [...document.querySelectorAll('#al-tabs .tabitem *')].filter(one => one.offsetParent && "
            "!one.closest('svg') && one.getBoundingClientRect().right > window.innerWidth + 1)"
            ".map(one => one.className || one.tagName)"
        )
        assert wide == []
    assert found == []
