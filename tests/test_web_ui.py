"""What the page's handlers make of what a browser sends, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

pytestmark = [
    pytest.mark.slow,  # importing gradio takes seconds
]


@pytest.fixture(scope="module")
def ui():
    from bot.web import ui_page

    return ui_page


@pytest.fixture
def make_page(ui):
    from bot.web.config import WebConfig
    from bot.web.demo import DemoService
    from bot.web.security import Visitors

    return lambda **config: ui.Page(DemoService(), None, WebConfig(**config), Visitors(b"k" * 32))


class Request:
    """The part of Gradio's request that the page reads."""

    def __init__(self, cookie=None):
        self.cookies = {} if cookie is None else {"almanac_visitor": cookie}


def test_a_persona_counts_only_in_a_demo_and_only_one_that_is_offered(ui, make_page):
    from bot.web.security import Visitors

    visitor, cookie = Visitors(b"k" * 32).issue()
    card = make_page().card("movies")

    def asked(page, who):
        return page.asker(ui.Setting("movies", who, None, None), card, Request(cookie)).person

    demo = make_page(demo_personas=True)
    assert asked(demo, "405") == "405"
    assert asked(demo, "406") == visitor
    assert asked(make_page(), "405") == visitor


def test_nobody_is_named_by_a_missing_or_forged_cookie(ui, make_page):
    page = make_page()
    for cookie in (None, "visitor-000000000000000000000000.x", "405"):
        assert (
            page.asker(ui.Setting("movies", None, None, None), page.card("movies"), Request(cookie)).person
            is None
        )


def test_a_place_counts_only_where_the_catalogue_has_it(ui, make_page):
    page = make_page()

    def place(one):
        return page.asker(ui.Setting("movies", None, None, one), page.card("movies"), Request()).place

    assert place("west") == "west"
    assert place("367") is None
    assert place("") is None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        (None, None),
        ("  ", None),
        ("1998-04-17 20:30:00", datetime(1998, 4, 18, 0, 30, tzinfo=UTC)),
        ("1998-01-17 20:30", datetime(1998, 1, 18, 1, 30, tzinfo=UTC)),
        ("1998-04-17T20:30+02:00", datetime(1998, 4, 17, 18, 30, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_the_catalogues_local_time(ui, text, instant):
    assert ui.local_time(text, "America/New_York") == instant


def test_a_time_that_is_none_says_how_to_write_one(ui):
    from bot.web.problems import Problem

    with pytest.raises(Problem, match="'soon'") as error:
        ui.local_time("soon", "UTC")
    assert ui.said(error.value).endswith("write it as 1998-04-17 20:30.")


@pytest.mark.parametrize(
    "sent", ["", "{", "[]", "7", '{"item": 1, "verdict": "like"}', '{"item": "1", "verdict": "burn"}']
)
def test_what_is_no_verdict_is_none(ui, sent):
    assert ui._verdict(sent) is None
    assert ui._verdict('{"item": "1", "verdict": "like"}') == ("1", "like")


def test_mounting_a_page_lets_gradio_make_no_event_loop(monkeypatch):
    import asyncio

    from bot.web.config import WebConfig
    from bot.web.demo import DemoService
    from bot.web.serve import create_app

    made, new = [], asyncio.new_event_loop
    monkeypatch.setattr(asyncio, "new_event_loop", lambda: made.append(new()) or made[-1])
    create_app(DemoService(), WebConfig())
    assert made == []
