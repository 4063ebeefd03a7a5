"""Questions that set two times or places side by side, and questions about what comes first: one line each."""

from __future__ import annotations

from typing import Any

import pytest

from bot.dialogue.aspects import expects_yes
from bot.dialogue.lexicon_english import words
from bot.dialogue.lexicon_time import contradict, find_times
from bot.dialogue.phrases import within_days
from bot.dialogue.planner import plan
from bot.dialogue.shorthand import calls_of, overlooks, sheet_of
from bot.dialogue.turn import Conversation, ToolCall
from tests.linking_world import NOBODY, groceries, movies, talk

FILM, SHOP = movies(), groceries()
NOTHING = Conversation(id="c", catalog="test")


def asked(message: str, before: Conversation = NOTHING, *, films: bool = False) -> dict[str, Any]:
    lexicon = FILM if films else SHOP
    (found,) = plan(message, lexicon.link(message), before, NOBODY, lexicon).calls
    assert found.tool == "lookup_rules"
    return found.arguments


@pytest.mark.parametrize(
    ("message", "sides"),
    [
        ("Did eggs drop in March compared with January?", ("march", "january")),
        ("Are bananas a weekday or a weekend item?", ("weekday", "weekend")),
        ("eggs dec vs june, who's winning", ("december", "june")),
        ("butter at Store 367 next to Store 406", ("367", "406")),
        ("did beer gain ground from May to July?", ("july", "may")),
        ("Contrast morning and evening for bananas", ("morning", "evening")),
        ("do people lose interest in strawberries after summer? october against july", ("october", "july")),
    ],
)
def test_two_that_cannot_both_hold_are_compared(message: str, sides: tuple[str, str]) -> None:
    links = SHOP.link(message)
    calls = [one.arguments for one in plan(message, links, NOTHING, NOBODY, SHOP).calls]
    assert any((one.get("when") or one.get("place"), one.get("against")) == sides for one in calls), calls


def test_times_that_can_both_hold_are_one_slice() -> None:
    assert not contradict("friday", "evening")
    assert not contradict("december", "winter")
    assert contradict("friday evening", "sunday evening")
    assert "against" not in asked("what goes with tortilla chips on Friday evenings in summer?")


@pytest.mark.parametrize(
    ("message", "first", "second"),
    [
        ("Do people buy frosting after cake mix?", "cake-mix", "frosting"),
        ("Is frosting bought later than cake mix?", "cake-mix", "frosting"),
        ("Which comes first, cake mix or frosting?", "cake-mix", "frosting"),
        ("do they get cake mix before they buy frosting?", "cake-mix", "frosting"),
        ("antecedent = cake mix, consequent = frosting, lag <= 30d", "cake-mix", "frosting"),
    ],
)
def test_which_of_two_comes_first(message: str, first: str, second: str) -> None:
    found = asked(message)
    assert (found["kind"], found["item"], found["with_item"]) == ("next", first, second)


@pytest.mark.parametrize(
    "message",
    [
        "what do people buy before frosting?",
        "Which products lead to frosting later on?",
        "which product leads people to frosting?",
    ],
)
def test_what_leads_to_a_thing(message: str) -> None:
    assert asked(message) == {"with_item": "frosting", "kind": "next"}


def test_where_a_thing_leads_is_what_follows_it() -> None:
    assert asked("what does beer lead to?") == {"item": "beer", "kind": "next"}


def test_two_in_one_basket_and_a_third_one_sought() -> None:
    found = asked(
        "When a basket already holds cake mix along with frosting, what third product tends to join them?"
    )
    assert (found["item"], found.get("with_item")) == (["cake-mix", "frosting"], None)


def test_another_side_after_a_question() -> None:
    before = talk(SHOP, ("eggs on Fridays?", ToolCall(tool="lookup_rules", arguments={"item": "eggs", "when": "friday", "kind": "context"}), ("eggs",)))  # fmt: skip
    found = asked("and sundays in comparison?", before)
    assert (found["item"], found["when"], found["against"]) == ("eggs", "friday", "sunday")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("back for in the following fortnight", 14),
        ("in the week that follows a purchase", 7),
        ("at most 1 week after", 7),
        ("lag <= 30d", 30),
        ("one today, the other later that week", 7),
        ("it tends to happen", None),
        ("every 5 days", None),
    ],
)
def test_lags_in_words(text: str, days: int | None) -> None:
    found = within_days(text)
    assert (found and found[0]) == days


def test_short_months_beside_another_time_are_times() -> None:
    assert [word for word, *_ in find_times("jan to mar")] == ["january", "march"]
    assert find_times("mon-sun") == []
    assert find_times("spring water") == []


def test_words_of_the_language_are_no_slips() -> None:
    assert {"location", "relative", "favour"} <= words()
    assert not {"buter", "tortila"} & words()
    assert SHOP.link("a fluke of one location?").of("item") == ()


@pytest.mark.parametrize(
    ("message", "yes"),
    [
        ("would it survive a correction for busy raters?", True),
        ("that can't be many customers, right", False),
    ],
)
def test_what_a_doubt_expects(message: str, yes: bool) -> None:
    assert expects_yes(message) is yes


def test_a_bound_after_a_why_changes_the_wish() -> None:
    before = talk(
        FILM,
        ("I loved Fargo", ToolCall(tool="score_items", arguments={"liked": ["fargo"]}), ("heat", "seven")),
        ("why the second one?", ToolCall(tool="explain_item", arguments={"item": "seven"}), ("seven",)),
    )
    (found,) = plan(
        "nothing after 1990 please", FILM.link("nothing after 1990 please"), before, NOBODY, FILM
    ).calls
    assert (found.tool, found.arguments["liked"], found.arguments["year_to"]) == (
        "score_items",
        ["fargo"],
        1990,
    )


def test_facts_of_an_item_do_not_answer_a_question_about_times() -> None:
    message = "is Fargo rated more at weekends?"
    links = FILM.link(message)
    planned = plan(message, links, NOTHING, NOBODY, FILM)
    facts = (ToolCall(tool="item_details", arguments={"item": "fargo"}),)
    assert overlooks(facts, planned, links)
    assert not overlooks(planned.calls, planned, links)
    plainly = FILM.link("who directed Fargo?")
    assert not overlooks(facts, planned, plainly)


def test_a_pronoun_in_a_line_without_marks_points_at_the_thing_before() -> None:
    before = talk(
        SHOP, ("nappies", ToolCall(tool="item_details", arguments={"item": "diapers"}), ("diapers",))
    )
    message = "what else do parents buy with them?"
    page = sheet_of(SHOP.link(message), before, NOBODY, SHOP)
    (found,), _ = calls_of(" rules together", page, SHOP)
    assert found.arguments["item"] == "diapers"


def test_the_strongest_pair_is_asked_of_all_times() -> None:
    before = talk(SHOP, ("what sells on fridays?", ToolCall(tool="lookup_rules", arguments={"when": "friday", "kind": "context"}), ()))  # fmt: skip
    assert "when" not in asked("what is the strongest pair of products?", before)
