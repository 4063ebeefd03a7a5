"""One message through the whole chain, over a shop whose answers are known on paper (tests/world.py)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bot.assembly import Almanac
from bot.dialogue.turn import Answer, Asker, DoneEvent, Message, ToolCall
from bot.errors import AlmanacError, NotReady, ToolInputError, UnknownCatalog
from bot.llm import ScriptedModel
from bot.settings import Settings

FRIDAY = datetime(2024, 5, 10, 18, 30, tzinfo=UTC)


def tools(answer: Answer) -> list[tuple[str, dict[str, object]]]:
    return [(call.tool, call.arguments) for call in answer.tool_calls]


def test_a_rule_question_is_answered_with_the_counts_on_paper(shop: Almanac) -> None:
    answer = shop.ask("What sells together with tortilla chips on Friday evenings?")
    [(tool, arguments)] = tools(answer)
    assert tool == "lookup_rules"
    assert arguments["item"] in ("chips", ["chips"])
    assert arguments["when"] == "friday evening"
    assert arguments["kind"] == "together"
    assert answer.items[0].id == "salsa"
    fact = next(fact for fact in answer.evidence if "salsa" in fact.items)
    assert {name: fact.numbers[name] for name in ("n", "n_x", "n_xy")} == {"n": 200, "n_x": 200, "n_xy": 100}
    assert (fact.numbers["outside_n_x"], fact.numbers["outside_n_xy"]) == (50, 10)
    assert "100 of 200" in answer.answer
    assert "Salsa" in answer.answer


def test_next_cycle_and_context_have_the_counts_on_paper(shop: Almanac) -> None:
    cycle = shop.call("lookup_rules", {"item": "coffee", "kind": "cycle"})
    assert cycle.evidence[0].numbers["median"] == 28
    assert cycle.evidence[0].numbers["people"] == 12
    following = shop.call(
        "lookup_rules", {"item": "coffee", "with_item": "milk", "kind": "next", "within_days": 5}
    )
    numbers = following.evidence[0].numbers
    assert (numbers["n_x"], numbers["n_xy"]) == (36, 36)
    context = shop.call("lookup_rules", {"item": "bread", "kind": "context", "when": "tuesday"})
    assert (context.evidence[0].numbers["n"], context.evidence[0].numbers["n_x"]) == (200, 100)


def test_picks_come_with_parts_and_reasons(shop: Almanac) -> None:
    result = shop.call("score_items", {"liked": ["chips"], "k": 3}, asker=Asker(at=FRIDAY))
    assert result.items
    assert "chips" not in [item.id for item in result.items]
    for item in result.items:
        assert sum(item.parts.values()) == pytest.approx(item.score, abs=1e-6)
        assert any(item.id in fact.items for fact in result.evidence)


def test_search_filters_by_category_and_attribute(shop: Almanac) -> None:
    drinks = shop.call("search_items", {"query": "hot chocolate", "category": "drinks"})
    assert drinks.items[0].id == "cocoa"
    assert {item.category for item in drinks.items} == {"Drinks"}
    cheap = shop.call("search_items", {"query": "", "filters": ["price<3"], "k": 10})
    assert {item.id for item in cheap.items} == {"salsa", "milk", "bread"}
    nothing = shop.call("search_items", {"query": "wine", "category": "Drinks", "filters": ["price>100"]})
    assert nothing.items == ()
    assert "Nothing fits" in nothing.evidence[0].text


def test_a_verdict_acts_on_the_next_turn_and_shows_in_the_profile(shop: Almanac) -> None:
    asker = Asker(person="newcomer", at=FRIDAY)
    shop.call("rate_item", {"item": "Cocoa", "verdict": "like"}, asker=asker)
    profile = shop.call("show_profile", {}, asker=asker)
    assert any("cocoa" in fact.items for fact in profile.evidence)
    with pytest.raises(ToolInputError, match="a verdict needs to know whose it is"):
        shop.call("rate_item", {"item": "Cocoa", "verdict": "like"})


def test_explanations_recompute_the_counterfactual(shop: Almanac) -> None:
    asker = Asker(person="p03", at=FRIDAY)
    why = shop.call("explain_item", {"item": "salsa", "without": ["chips"]}, asker=asker)
    first = why.evidence[0]
    parts = sum(value for name, value in first.numbers.items() if name.startswith("part "))
    assert parts == pytest.approx(first.numbers["score"], abs=1e-6)
    assert any("score_without" in fact.numbers for fact in why.evidence)


def test_a_conversation_goes_on_by_its_id_and_is_kept_apart(shop: Almanac) -> None:
    events = list(shop.stream("What goes with tortilla chips on Friday evenings?"))
    assert [event.type for event in events[:4]] == ["tool_call", "tool_call", "evidence", "items"]
    last = events[-1]
    assert isinstance(last, DoneEvent)
    text = "".join(event.text for event in events if event.type == "token")
    assert text == last.answer.answer
    again = shop.ask("and on Tuesdays?", conversation=last.conversation)
    [(tool, arguments)] = tools(again)
    assert (tool, arguments["when"]) == ("lookup_rules", "tuesday")
    alone = shop.ask("and on Tuesdays?")
    assert "chips" not in json.dumps([call.arguments for call in alone.tool_calls])


def test_history_as_plain_messages_serves_as_well(shop: Almanac) -> None:
    history = [
        Message(role="user", content="What goes with tortilla chips?"),
        Message(role="assistant", content="Salsa goes with Tortilla chips."),
    ]
    answer = shop.ask("Tell me about the first one", history=history)
    assert tools(answer)[0] == ("item_details", {"item": "salsa"})


def test_a_model_chooses_and_words_and_is_checked(shop_settings: Settings) -> None:
    settings = shop_settings.model_copy(
        update={
            "llm": shop_settings.llm.model_copy(
                update={"backend": "scripted", "choose": "model", "wording": "model"}
            )
        }
    )
    almanac = Almanac.open(settings)
    model = almanac.model
    assert isinstance(model, ScriptedModel)
    model.enqueue(
        ToolCall(tool="lookup_rules", arguments={"item": "chips", "kind": "together", "k": 1}),
        "Salsa was in 110 of 250 baskets with Tortilla chips. Caviar goes with it in 99 % of cases.",
    )
    answer = almanac.ask("what goes with tortilla chips?")
    assert answer.tool_calls[0].by == "model"
    assert "Caviar" not in answer.answer
    assert "99" not in answer.answer
    assert "110 of 250" in answer.answer
    assert not answer.degraded


def test_a_failing_model_leaves_a_useful_degraded_answer(shop_settings: Settings) -> None:
    llm = shop_settings.llm.model_copy(update={"backend": "scripted", "choose": "model", "wording": "model"})
    almanac = Almanac.open(shop_settings.model_copy(update={"llm": llm}))
    answer = almanac.ask("What goes with tortilla chips on Friday evenings?")
    assert answer.degraded
    assert "100 of 200" in answer.answer


def test_every_title_and_number_is_in_the_evidence(shop: Almanac) -> None:
    catalog = shop.catalog("shop")
    for message in (
        "I like tortilla chips. What next?",
        "When do people buy rye bread?",
        "How often do people buy ground coffee?",
        "Something warm for cold evenings",
        "Tell me about milk",
        "hello",
    ):
        answer = shop.ask(message, asker=Asker(at=FRIDAY))
        assert answer.answer
        for sentence in answer.sentences:
            if sentence.evidence:
                verdict = catalog.grounder.check(
                    sentence.text,
                    [fact for fact in answer.evidence if fact.id in sentence.evidence],
                    [item.title for item in answer.items],
                )
                assert verdict.ok, (message, sentence.text, verdict.problems)


@pytest.mark.parametrize("message", ["", "   ", "\x00", "x" * 100_000])
def test_a_message_that_cannot_be_answered_is_one_line(shop: Almanac, message: str) -> None:
    with pytest.raises(AlmanacError, match=r"the message (is empty|has 100,000 characters)"):
        shop.ask(message)


@pytest.mark.parametrize(
    "message", ["\ud800 chips", "😀" * 50, "'; DROP TABLE items; --", "<script>alert(1)</script>"]
)
def test_odd_text_is_only_text(shop: Almanac, message: str) -> None:
    assert shop.ask(message).answer


def test_unknown_names_offer_the_nearest(shop: Almanac) -> None:
    with pytest.raises(UnknownCatalog, match=r"there is no catalogue 'shpo' \(loaded: shop\)"):
        shop.ask("hi", catalog="shpo")
    with pytest.raises(ToolInputError, match=r"no item 'Sallsa verde xyz'.*'Salsa'"):
        shop.call("item_details", {"item": "Sallsa verde xyz"})
    with pytest.raises(ToolInputError, match="no category 'Furniture'"):
        shop.call("search_items", {"query": "tea", "category": "Furniture"})
    with pytest.raises(ToolInputError, match="'blursday'"):
        shop.call("lookup_rules", {"item": "chips", "when": "blursday"})


def test_nothing_loaded_says_what_to_do(
    shop_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from bot.build import build_catalogs

    empty = shop_settings.model_copy(update={"home": tmp_path_factory.mktemp("empty")})
    with pytest.raises(NotReady, match="almanac load SOURCE"):
        list(build_catalogs(empty, say=lambda _: None))
    with pytest.raises(UnknownCatalog, match="none is loaded yet: run `almanac load SOURCE`"):
        Almanac.open(empty).ask("hi")
