"""What is asked back: words for several things, things that the catalogue lacks; and how the answer is read."""

from __future__ import annotations

import pandas as pd
import pytest

from bot.dialogue.aspects import aspects_of, expects_yes
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.planner import Plan, plan
from bot.dialogue.turn import Answer, Conversation, Turn
from tests.linking_world import NOBODY, groceries, movies

SNACKS = Lexicon.build(
    pd.DataFrame(
        {
            "item": ["potato", "tortilla", "corn", "salsa", "green", "milk"],
            "title": ["Potato chips", "Tortilla chips", "Corn chips", "Salsa and picante sauce", "Green salsa", "Milk"],
            "category": ["Bagged snacks", "Bagged snacks", "Bagged snacks", "Sauces", "Sauces", "Milk products"],
            "n": [900, 700, 100, 500, 20, 3000],
        }
    ),
    nouns={"item": "product", "items": "products"},
)  # fmt: skip
FILM, SHOP = movies(), groceries()


def said(lexicon: Lexicon, *messages: str) -> Plan:
    """Plan the last message after the others, none of which called a tool."""
    turns = tuple(Turn(message=message, answer=Answer(answer="?")) for message in messages[:-1])
    before = Conversation(id="c", catalog="test", turns=turns)
    return plan(messages[-1], lexicon.link(messages[-1]), before, NOBODY, lexicon)


def test_a_word_for_several_things_is_asked_back_with_choices() -> None:
    asked = said(SNACKS, "what goes with chips?")
    assert asked.clarify is not None
    assert not asked.calls
    assert asked.clarify.choices == ("Potato chips", "Tortilla chips", "Corn chips")
    assert (
        asked.clarify.question == "Which do you mean by 'chips': Potato chips, Tortilla chips or Corn chips?"
    )


@pytest.mark.parametrize(
    "reply", ["tortilla", "the tortilla ones", "Tortilla chips please", "the second one", "I mean tortilla"]
)
def test_the_choice_takes_up_the_question_again(reply: str) -> None:
    [call] = said(SNACKS, "what goes with chips?", reply).calls
    assert (call.tool, call.arguments) == ("lookup_rules", {"item": "tortilla", "kind": "together"})


def test_what_the_question_asked_beyond_the_call_is_kept() -> None:
    resumed = said(SNACKS, "who is due for chips?", "potato")
    assert resumed.calls[0].arguments == {"item": "potato", "kind": "cycle"}
    assert "due" in resumed.aspects


def test_a_new_question_is_not_taken_for_a_choice() -> None:
    assert said(SNACKS, "what goes with chips?", "what goes with milk?").calls[0].arguments["item"] == "milk"


def test_a_reading_that_is_by_far_the_most_taken_needs_no_question() -> None:
    assert said(SNACKS, "what goes with salsa?").calls[0].arguments["item"] == "salsa"


def test_a_word_inside_a_category_is_asked_back() -> None:
    asked = said(SNACKS, "the strongest rules for snacks")
    assert asked.clarify is not None
    assert asked.clarify.choices == ("Bagged snacks",)
    [call] = said(SNACKS, "the strongest rules for snacks", "the first one").calls
    assert call.arguments["category"] == "Bagged snacks"


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("recommend something like Toy Story", "Toy Story"),
        ("what goes with unicorn horns?", "unicorn horns"),
        ("do people ever buy unicorn horns?", "unicorn horns"),
    ],
)
def test_what_the_catalogue_lacks_is_said(message: str, name: str) -> None:
    asked = said(SHOP, message)
    assert asked.clarify is not None
    assert f"is called {name!r}" in asked.clarify.question


@pytest.mark.parametrize(
    "message",
    ["What sells with Tortilla Chips on Friday Evenings?", "WHAT GOES WITH SALSA", "I like Strawberries and Ice Cream, what else?"],
)  # fmt: skip
def test_capitals_of_names_that_are_there_are_no_doubt(message: str) -> None:
    assert said(SHOP, message).clarify is None


def test_a_brand_is_refused_only_where_none_is_known() -> None:
    asked = said(SNACKS, "what goes with milk of the store brand?")
    assert asked.clarify is not None
    assert "does not tell brands apart" in asked.clarify.question
    assert said(SHOP, "frozen pizza store brand").calls[0].arguments["filters"] == ["brand=Private"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("I liked Fargo. what goes with it?", ["rate_item", "lookup_rules"]),
        ("tell me about Fargo and recommend something similar", ["item_details", "score_items"]),
    ],
)
def test_it_is_what_the_wish_before_named(message: str, expected: list[str]) -> None:
    calls = said(FILM, message).calls
    assert [call.tool for call in calls] == expected
    assert calls[1].arguments.get("item", calls[1].arguments.get("liked")) in ("fargo", ["fargo"])


@pytest.mark.parametrize(
    ("message", "aspects"),
    [
        ("is that just because both are popular?", {"popular"}),
        ("is it only a few households?", {"few"}),
        ("does it hold in every store?", {"places"}),
        ("could it be chance?", {"chance"}),
        ("does that hold once you control for basket size?", {"adjusted", "popular"}),
        ("does one cause the other?", {"cause"}),
        ("who is due for coffee this week?", {"due"}),
        ("show me", {"chart", "mine"}),
        ("as a heat map", {"chart"}),
        ("give me these as CSV", {"csv", "mine"}),
        ("the most surprising rules of snacks", {"surprising"}),
        ("how many households buy beer?", {"count"}),
        ("what is rising?", {"list", "rising"}),
        ("which stores sell the most beer?", {"where", "common"}),
    ],
)  # fmt: skip
def test_aspects_are_read_from_words(message: str, aspects: set[str]) -> None:
    assert aspects <= set(aspects_of(message.lower()))
    doubts = {"popular", "few", "places", "chance", "adjusted", "cause"}
    assert set(aspects_of(message.lower())) & doubts == aspects & doubts


@pytest.mark.parametrize(
    ("message", "yes"),
    [
        ("is it real?", True), ("does it hold in every store?", True), ("is it just chance?", False),
        ("is that only a few households?", False), ("how sure are you?", None), ("what goes with milk?", None),
    ],
)  # fmt: skip
def test_a_question_expects_yes_no_or_neither(message: str, yes: bool | None) -> None:
    assert expects_yes(message) is yes
