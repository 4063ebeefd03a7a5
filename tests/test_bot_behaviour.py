"""Questions about behaviour that are read from the families of their words, in wordings that no pattern spells out."""

from __future__ import annotations

from typing import Any

import pytest

from bot.dialogue.planner import plan
from bot.dialogue.turn import Conversation, ToolCall
from tests.linking_world import NOBODY, groceries, movies, talk

FILM, SHOP = movies(), groceries()
NOTHING = Conversation(id="c", catalog="test")


def called(message: str, before: Conversation = NOTHING, *, films: bool = False) -> ToolCall:
    lexicon = FILM if films else SHOP
    (found,) = plan(message, lexicon.link(message), before, NOBODY, lexicon).calls
    return found


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("Which articles complement butter?", {"item": "butter", "kind": "together"}),
        ("Name me the usual neighbours of bananas", {"item": "bananas", "kind": "together"}),
        ("which items hitch a ride with butter?", {"item": "butter", "kind": "together"}),
        (
            "how strong is the tie between butter and frosting?",
            {"item": "butter", "with_item": "frosting", "kind": "together"},
        ),
        (
            "A shopper buys cake mix; does frosting show up in one of their later baskets?",
            {"item": "cake-mix", "with_item": "frosting", "kind": "next"},
        ),
        ("Which purchases herald butter?", {"with_item": "butter", "kind": "next"}),
        ("if a customer buys cake mix today, what follows?", {"item": "cake-mix", "kind": "next"}),
        ("which is the usual cadence of butter purchases?", {"item": "butter", "kind": "cycle"}),
        ("how often does the same household come back for butter?", {"item": "butter", "kind": "cycle"}),
        ("is the appetite for butter tumbling?", {"item": "butter", "kind": "trend"}),
        ("have sales of butter followed the seasons?", {"item": "butter", "kind": "trend"}),
        ("is there a particular hour for butter?", {"item": "butter", "kind": "context"}),
        ("Butter at 367 against 406 please", {"item": "butter", "place": "367", "against": "406"}),
        ("anything odd around butter?", {"item": "butter"}),
        ("our shop opens next month. what sells with butter?", {"item": "butter", "kind": "together"}),
    ],
)
def test_words_of_a_family_are_enough(message: str, wanted: dict[str, Any]) -> None:
    found = called(message)
    assert found.tool == "lookup_rules"
    assert found.arguments | wanted == found.arguments


@pytest.mark.parametrize(
    ("message", "tool"),
    [
        ("any good comedies before 1970?", "search_items"),
        ("what should a person in texas watch at night, thriller-wise", "score_items"),
        ("who was in Fargo, and what year was it made?", "item_details"),
        ("I could go for something like Alien", "score_items"),
    ],
)
def test_wishes_and_facts_are_no_questions_about_behaviour(message: str, tool: str) -> None:
    calls = plan(message, FILM.link(message), NOTHING, NOBODY, FILM).calls
    assert tool in {one.tool for one in calls}, calls


LEADS = talk(SHOP, ("what follows cake mix?", ToolCall(tool="lookup_rules", arguments={"item": "cake-mix", "kind": "next"}), ()))  # fmt: skip
PAIRS = talk(SHOP, ("what goes with beer in the evening?", ToolCall(tool="lookup_rules", arguments={"item": "beer", "when": "evening", "kind": "together"}), ()))  # fmt: skip
RHYTHM = talk(SHOP, ("how often do people buy butter?", ToolCall(tool="lookup_rules", arguments={"item": "butter", "kind": "cycle"}), ()))  # fmt: skip
AT_367 = talk(SHOP, ("how much beer sells at Store 367?", ToolCall(tool="lookup_rules", arguments={"item": "beer", "place": "367", "kind": "context"}), ()))  # fmt: skip


@pytest.mark.parametrize(
    ("before", "message", "wanted"),
    [
        (LEADS, "how soon does the frosting come?", {"item": "cake-mix", "with_item": "frosting", "kind": "next"}),
        (LEADS, "stretch that to sixty days", {"item": "cake-mix", "kind": "next", "within_days": 60}),
        (LEADS, "and what comes before it?", {"with_item": "cake-mix", "kind": "next"}),
        (PAIRS, "how many had eggs too?", {"item": "beer", "with_item": "category:Eggs", "when": "evening"}),
        (PAIRS, "and with butter?", {"item": "beer", "with_item": "butter"}),
        (RHYTHM, "does that go for bananas too?", {"item": "bananas", "kind": "cycle"}),
        (RHYTHM, "same for coffee?", {"category": "Coffee", "kind": "cycle"}),
        (AT_367, "is that more than at Store 406?", {"item": "beer", "place": "367", "against": "406"}),
        (AT_367, "what sells there on Fridays?", {"place": "367", "when": "friday"}),
    ],
)  # fmt: skip
def test_a_follow_up_keeps_what_it_does_not_name(
    before: Conversation, message: str, wanted: dict[str, Any]
) -> None:
    found = called(message, before)
    assert found.tool == "lookup_rules"
    assert found.arguments | wanted == found.arguments


def test_the_other_way_round_swaps_the_two_ends() -> None:
    call = ToolCall(
        tool="lookup_rules", arguments={"item": "cake-mix", "with_item": "frosting", "kind": "next"}
    )
    found = called("and the other way round?", talk(SHOP, ("does frosting follow cake mix?", call, ())))
    assert (found.arguments["item"], found.arguments["with_item"]) == ("frosting", "cake-mix")


@pytest.mark.parametrize(
    ("message", "item", "without"),
    [
        ("take Fargo away, is Heat still first?", "heat", ["fargo"]),
        ("would Heat drop out if Fargo weren't on my list?", "heat", ["fargo"]),
        ("Suppose I had not liked Fargo. Would Heat stay?", "heat", ["fargo"]),
    ],
)
def test_a_pick_without_another_is_explained(message: str, item: str, without: list[str]) -> None:
    found = called(message, films=True)
    assert (found.tool, found.arguments) == ("explain_item", {"item": item, "without": without})


def test_everyday_words_alone_make_no_title() -> None:
    assert FILM.link("in which part of the country?").of("item") == ()
    assert FILM.link("plot Fargo's ratings").values("item") == ("fargo",)
