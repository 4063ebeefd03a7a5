"""The chat page in a real Chromium: asked, streamed, stepped, carded, judged, stopped, undone; light, dark, phone."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator

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
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


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


class Patient(DemoService):
    """The sample service, slower where the question asks for a long answer."""

    def stream(self, message, **how):
        for event in super().stream(message, **how):
            if event.type == "token":
                time.sleep(0.5 if "long" in message else 0.1 if "slow" in message else 0)
            yield event


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server over the sample service, on a free port, for this module."""
    app = create_app(Patient(pause=0.04), WebConfig(demo_personas=True))
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
    """The page, ready to be asked; what the browser complains of fails the test."""
    options = getattr(request, "param", {"viewport": {"width": 1200, "height": 860}})
    context = chromium.new_context(**options)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda one: complaints.append(one.text) if one.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda one: None if one.url.startswith((url, "data:", "blob:")) else complaints.append(one.url),
    )
    page.goto(url)
    page.wait_for_selector("#al-ask textarea")
    page.wait_for_selector(".al-hello")
    yield page
    context.close()
    assert complaints == []


def ask(page, text: str) -> None:
    page.fill("#al-ask textarea", text)
    page.press("#al-ask textarea", "Enter")


def answered(page, count: int = 1) -> None:
    """Wait until `count` answers stand on the page and none is being written."""
    page.wait_for_function(
        "count => document.querySelectorAll('.al-foot').length === count && !document.querySelector('.al-busy')",
        arg=count,
        timeout=15_000,
    )


def test_a_question_is_answered_word_by_word_with_steps_cards_and_facts(page):
    ask(page, "Something slow, funny for Friday night")
    page.wait_for_selector(".al-busy")
    page.wait_for_function("() => /Toy Story/.test(document.querySelector('.al-answer')?.innerText ?? '')")
    partial = page.inner_text(".al-answer")
    answered(page)
    whole = page.inner_text(".al-answer")
    assert len(partial) < len(whole)
    assert page.input_value("#al-ask textarea") == ""
    assert page.locator(".al-card").count() == 3
    assert "Toy Story" in page.locator(".al-card").first.inner_text()
    step = page.locator(".thought-group .title").first
    assert "Searched the catalogue" in step.inner_text()
    step.click()
    page.wait_for_selector(".al-step")
    assert "Something slow, funny for Friday night" in page.inner_text(".al-step dl")
    assert page.locator(".al-step .al-facts tr").count() == 3
    page.locator(".al-card details summary").first.click()
    assert "40 of 160 sample baskets" in page.locator(".al-card details").first.inner_text()


def test_an_example_can_be_clicked_and_the_buttons_of_a_card_ask(page):
    page.locator(".al-try").first.click()
    answered(page)
    page.locator(".al-card").first.get_by_role("button", name="Why this?").click()
    answered(page, 2)
    assert "Why Toy Story (1995)?" in page.locator("[data-testid=user]").last.inner_text()
    assert "Worked out why" in page.locator(".thought-group .title").last.inner_text()


def test_a_verdict_reaches_the_service_and_shows_on_the_card(page, url):
    ask(page, "toy story")
    answered(page)
    page.locator(".al-card").first.get_by_role("button", name="Like", exact=True).click()
    page.wait_for_selector(".al-card .al-given")
    assert page.locator(".al-card .al-given").all_inner_texts() == ["Liked"]
    profile = page.evaluate("() => fetch('/api/show_profile', {method: 'POST'}).then(reply => reply.json())")
    assert profile["evidence"][0]["items"] == ["1"]


def test_a_running_answer_can_be_stopped_and_the_talk_goes_on(page):
    ask(page, "a long answer")
    page.wait_for_function("() => /stands/.test(document.querySelector('.al-answer')?.innerText ?? '')")
    page.locator("#al-ask .stop-button").click()
    answered(page)
    assert "stopped" in page.inner_text(".al-foot")
    ask(page, "another")
    answered(page, 2)


def test_what_is_sent_while_an_answer_is_written_goes_out_after_it_once(page):
    ask(page, "a slow comedy")
    page.wait_for_selector(".al-busy")
    page.fill("#al-ask textarea", "a drama")
    page.press("#al-ask textarea", "Enter")
    page.press("#al-ask textarea", "Enter")
    answered(page, 2)
    page.wait_for_function("() => document.querySelector('#al-ask textarea').value === ''")
    page.wait_for_timeout(1_200)
    said = page.locator("[data-testid=user]").all_inner_texts()
    assert [text.strip() for text in said] == ["a slow comedy", "a drama"]
    page.fill("#al-ask textarea", "not yet")
    page.wait_for_timeout(1_200)
    assert page.input_value("#al-ask textarea") == "not yet", "nothing is sent that nobody sent"


def test_undo_retry_and_edit(page):
    ask(page, "a comedy")
    answered(page)
    page.get_by_role("button", name="Retry").click()
    page.wait_for_selector(".al-busy")
    answered(page)
    page.get_by_role("button", name="Edit").first.click()
    page.locator("#al-chat textarea").fill("a drama")
    page.get_by_role("button", name="Submit").first.click()
    page.wait_for_selector(".al-busy")  # the old answer is still there until the new turn begins
    page.wait_for_function(
        "() => /drama/.test(document.querySelector('[data-testid=user]')?.innerText ?? '')"
    )
    answered(page)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector(".al-hello")
    assert page.input_value("#al-ask textarea") == "a drama"


def test_the_panel_changes_who_when_where_and_what_is_asked_about(page):
    page.get_by_role("button", name="Change", exact=True).click()
    page.fill("#al-at input", "1998-04-19 09:30:00")
    page.press("#al-at input", "Enter")
    page.wait_for_function(
        "() => /Sun 19 Apr 1998, 09:30/.test(document.querySelector('.al-context').innerText)"
    )
    page.locator("#al-place input").click()
    page.get_by_role("option", name="West").click()
    page.wait_for_function("() => /West/.test(document.querySelector('.al-context').innerText)")
    page.locator("#al-persona input").click()
    page.get_by_role("option", name="Person 405").click()
    page.wait_for_function("() => /Person 405/.test(document.querySelector('.al-context').innerText)")
    ask(page, "a comedy")
    answered(page)
    assert "as of Sun 19 Apr 1998, 09:30, West" in page.inner_text(".al-foot")
    page.get_by_label("Groceries").click()
    page.wait_for_function("() => /Groceries/.test(document.querySelector('.al-about').innerText)")
    page.wait_for_selector(".al-hello")
    assert "tortilla chips" in page.inner_text(".al-hello")


def test_titles_and_questions_are_text_never_markup(page):
    ask(page, "bold quoted <img src=x onerror=\"document.title='run'\">")
    answered(page)
    assert '<b>Bold</b> & "Quoted"' in page.inner_text(".al-cards")
    assert page.locator("#al-chat .al-card b b").count() == 0
    assert "<img src=x" in page.inner_text("[data-testid=user]")
    assert page.locator("#al-chat img").count() == 0
    assert page.title() == "Almanac"


def test_an_empty_question_is_told_so_and_a_new_chat_begins_anew(page):
    ask(page, "   ")
    page.wait_for_selector(".toast-body")
    assert "empty" in page.inner_text(".toast-body")
    ask(page, "a comedy")
    answered(page)
    page.get_by_role("button", name="New chat").click()
    page.wait_for_selector(".al-hello")
    assert page.locator(".al-card").count() == 0


def test_the_colour_mode_is_switched_and_remembered(page, url):
    assert not page.evaluate("document.body.classList.contains('dark')")
    page.locator(".al-theme").click()
    assert page.evaluate("document.body.classList.contains('dark')")
    page.reload()
    page.wait_for_selector(".al-hello")
    assert page.evaluate("document.body.classList.contains('dark')")


@pytest.mark.parametrize(
    "page",
    [
        {
            "viewport": {"width": 390, "height": 800},
            "is_mobile": True,
            "has_touch": True,
            "color_scheme": "dark",
        }
    ],
    indirect=True,
)
def test_a_phone_shows_everything_within_its_width(page):
    assert page.evaluate("document.body.classList.contains('dark')")
    page.locator(".al-try").first.tap()
    answered(page)
    page.locator(".thought-group .title").first.tap()
    page.wait_for_selector(".al-step")
    too_wide = page.evaluate(
        "() => [...document.querySelectorAll('#al-chat *, #al-ask *, .al-head *')]"
        ".filter(one => one.getBoundingClientRect().right > window.innerWidth + 1).map(one => one.className)"
    )
    assert too_wide == []
    box = page.locator("#al-ask").bounding_box()
    assert box["y"] + box["height"] <= 800


def test_two_visitors_talk_at_once_and_see_only_their_own(chromium, url):
    contexts = [chromium.new_context() for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for one, text in zip(pages, ("a comedy", "star wars"), strict=True):
        one.goto(url)
        one.wait_for_selector(".al-hello")
        ask(one, text)
    for one, text in zip(pages, ("a comedy", "star wars"), strict=True):
        answered(one)
        assert one.locator("[data-testid=user]").all_inner_texts() == [text]
    assert "Star Wars" in pages[1].locator(".al-card").first.inner_text()
    for context in contexts:
        context.close()
