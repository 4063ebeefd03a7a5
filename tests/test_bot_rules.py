"""Rules one can talk to, over the shop of `tests/world.py`, whose every count is known on paper."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from bot.assembly import Almanac
from bot.dialogue.turn import Answer, Asker, DoneEvent, Evidence

FRIDAY = datetime(2024, 5, 10, 18, 30, tzinfo=UTC)
ASKER = Asker(person="p03", at=FRIDAY)


def talk(shop: Almanac, *messages: str, asker: Asker = ASKER) -> Answer:
    """Say one message after the other, and return the last answer."""
    conversation: str | None = None
    answer = Answer(answer="")
    for message in messages:
        done = list(shop.stream(message, conversation=conversation, asker=asker))[-1]
        assert isinstance(done, DoneEvent)
        conversation, answer = done.conversation, done.answer
    return answer


def of_kind(answer: Answer, kind: str) -> Evidence:
    return next(fact for fact in answer.evidence if fact.kind == kind)


PAIR = "what goes with tortilla chips?"


def test_popularity_is_answered_by_what_it_would_give(shop: Almanac) -> None:
    answer = talk(shop, PAIR, "is that just because both are popular?")
    fact = of_kind(answer, "adjusted")
    assert fact.numbers["expected"] == pytest.approx(250 * 110 / 400)
    assert fact.numbers["n_xy"] == 110
    assert "68.8 baskets; it was 110" in answer.answer


def test_a_few_people_are_counted_and_the_busiest_of_them(shop: Almanac) -> None:
    answer = talk(shop, PAIR, "is it only a few people?")
    numbers = of_kind(answer, "people").numbers
    assert {name: numbers[name] for name in ("n_xy", "people_xy", "busiest")} == {
        "n_xy": 110, "people_xy": 10, "busiest": 20,
    }  # fmt: skip
    assert answer.answer.startswith("No: 10 different people stand behind the 110 baskets")


def test_chance_is_answered_with_a_test_and_the_windows(shop: Almanac) -> None:
    answer = talk(shop, PAIR, "could it be chance?")
    assert answer.answer.startswith("No: chance is an unlikely explanation of Tortilla chips and Salsa")
    held = of_kind(answer, "stability").numbers
    assert 0 < held["held"] <= held["windows"]


def test_no_cause_is_claimed(shop: Almanac) -> None:
    answer = talk(shop, PAIR, "does one cause the other?")
    assert answer.answer.startswith("Counts cannot show a cause")
    assert "only if nothing else drove both" in answer.answer


def test_a_catalogue_without_places_says_so(shop: Almanac) -> None:
    answer = talk(shop, PAIR, "does it hold in every store?")
    assert "know no places" in answer.answer


def test_a_doubt_of_a_time_counts_people_and_tests_the_time(shop: Almanac) -> None:
    few = talk(shop, "is bread bought more on tuesdays?", "is that only a few people?")
    assert of_kind(few, "people").numbers["people_xy"] == 10
    first = talk(shop, "is bread bought more on tuesdays?")
    assert first.answer.startswith(
        "Yes: on Tuesdays, 100 of 200 baskets had Rye bread (50 %); otherwise 25 %."
    )
    assert talk(shop, "is bread bought less on tuesdays?").answer.startswith("No: on Tuesdays")


def test_who_is_due_is_a_number_and_my_own_day_is_mine(shop: Almanac) -> None:
    crowd = of_kind(talk(shop, "who is due for coffee within 21 days?"), "due").numbers
    assert (crowd["people"], crowd["due"]) == (12, 12)
    mine = talk(shop, "when will I need coffee again?")
    assert "26 April 2024, every 28 days as a rule: next about 24 May 2024" in mine.answer
    unknown = talk(shop, "when will I need coffee again?", asker=Asker(at=FRIDAY))
    assert unknown.answer.startswith("I do not know who you are")
    assert "12 people" in unknown.answer
    late = talk(shop, "when will I need coffee again?", asker=Asker(at=FRIDAY, person="p19"))
    assert late.answer.startswith("Your own record holds Ground coffee on fewer than 3 days")


def test_never_is_an_answer_with_a_count(shop: Almanac) -> None:
    assert talk(shop, "what goes with black tea?").answer.startswith("None of all 400 baskets had Black tea.")
    never = talk(shop, "does anyone buy milk with tortilla chips on fridays?")
    assert never.answer.startswith("On Fridays, none of 200 baskets had Milk")


def test_how_many_is_answered_with_baskets_and_people(shop: Almanac) -> None:
    answer = talk(shop, "how many people buy rye bread?")
    assert answer.answer.startswith(
        "150 of 400 baskets had Rye bread (38 %). 10 of the 20 people there had Rye bread at least once."
    )


def test_a_comparison_names_both_slices_and_its_test(shop: Almanac) -> None:
    answer = talk(shop, "rye bread on fridays against tuesdays")
    assert answer.answer.startswith(
        "On Fridays, 50 of 200 baskets had Rye bread (25 %); on Tuesdays, 100 of 200 (50 %)"
    )
    numbers = of_kind(answer, "compare").numbers
    assert numbers["ratio"] == pytest.approx(0.5)
    assert "p" in numbers


def test_the_best_rules_come_with_what_best_means(shop: Almanac) -> None:
    useful = talk(shop, "the most useful rules")
    rules = [fact for fact in useful.evidence if fact.kind == "together"]
    extra = [fact.numbers["extra"] for fact in rules]
    assert extra == sorted(extra, reverse=True)
    assert rules[0].numbers["extra"] == pytest.approx(110 - 250 * 110 / 400)
    assert "Useful means here: the most baskets with both beyond what chance would give." in useful.answer
    surprising = talk(shop, "the most surprising rules")
    low = [fact.numbers["lift_low"] for fact in surprising.evidence if fact.kind == "together"]
    assert low == sorted(low, reverse=True)
    assert "Surprising means here" in surprising.answer


def test_every_proposed_item_scores_what_its_parts_sum_to(shop: Almanac) -> None:
    for kind in ("together", "next", "any", "context", "trend"):
        for item in shop.call("lookup_rules", {"item": "chips", "kind": kind}).items:
            assert sum(item.parts.values()) == pytest.approx(item.score)


def test_a_table_is_csv_that_reads_back(shop: Almanac) -> None:
    answer = talk(shop, PAIR, "give me these as CSV")
    fact = of_kind(answer, "csv")
    rows = list(csv.DictReader(io.StringIO(fact.text)))
    assert len(rows) == fact.numbers["rows"] == 4
    first = next(row for row in rows if row["items"] == "Tortilla chips + Salsa")
    assert (first["n"], first["n_x"], first["n_y"], first["n_xy"]) == ("400", "250", "110", "110")
    assert "data from 1 March 2024 to 7 May 2024" in first["source"]
    assert answer.answer.startswith("Here is the table as CSV: 4 rows")


def test_a_series_is_a_row_each_in_a_table(shop: Almanac) -> None:
    answer = talk(shop, "which day is best for rye bread?", "as csv")
    rows = list(csv.DictReader(io.StringIO(of_kind(answer, "csv").text)))
    friday = next(row for row in rows if row["value"] == "friday")
    assert (friday["n"], friday["n_x"]) == ("200", "50")


def test_what_is_shown_is_drawn_from_the_evidence(shop: Almanac) -> None:
    bars = talk(shop, PAIR, "show me").charts
    assert bars[0].kind == "bar"
    assert bars[0].y[0] == pytest.approx(110 / 250)
    heat = talk(shop, "when do people buy rye bread?", "show me").charts[0]
    assert heat.kind == "heatmap"
    assert heat.z[heat.y.index("Friday")][18] == pytest.approx(50 / 200)
    gaps = talk(shop, "how often do people buy coffee?", "as a chart").charts[0]
    assert gaps.kind == "histogram"
    assert max(gaps.y) == 24
    assert not talk(shop, PAIR).charts


def test_what_a_chart_says_is_in_the_figures_of_its_evidence(shop: Almanac) -> None:
    answer = talk(shop, "when do people buy rye bread?", "show me")
    assert "Tuesdays from 10:00 to 11:00: 100 of 200 baskets (50.0 %)" in answer.answer
    fact = of_kind(answer, "heat")
    assert (fact.numbers["n"], fact.numbers["n_x"]) == (400, 150)
    assert fact.numbers["share"] == pytest.approx(100 / 200)
    assert fact.numbers["share_all"] == pytest.approx(150 / 400)
    gaps = talk(shop, "how often do people buy coffee?", "as a chart")
    assert gaps.answer.startswith("The most common gap is 22-28 days: 24 of 24 gaps.")
    assert of_kind(gaps, "gaps").numbers["gaps 22-28"] == 24


def test_follow_ups_keep_the_subject_and_what_was_asked(shop: Almanac) -> None:
    answer = talk(shop, "who is due for coffee this week?", "and milk?")
    assert answer.tool_calls[0].arguments == {"item": "milk", "kind": "cycle"}
    assert of_kind(answer, "due").numbers["people"] == 20
    again = talk(shop, PAIR, "could it be chance?", "and on fridays?")
    assert again.tool_calls[0].arguments == {
        "item": "chips",
        "kind": "together",
        "with_item": "salsa",
        "when": "friday",
    }


def test_two_wishes_share_their_subject(shop: Almanac) -> None:
    answer = talk(shop, "what goes with coffee, and how often do people buy it?")
    assert [call.arguments for call in answer.tool_calls] == [
        {"item": "coffee", "kind": "together"},
        {"item": "coffee", "kind": "cycle"},
    ]
    assert "28 days apart" in answer.answer


def test_a_title_of_another_catalogue_is_not_guessed_at(shop: Almanac) -> None:
    answer = talk(shop, "recommend something like Harry Potter")
    assert not answer.tool_calls
    assert "is called 'Harry Potter'" in answer.answer


def test_an_answer_names_the_window_of_the_data_once(shop: Almanac) -> None:
    answer = talk(shop, "what goes with coffee, and how often do people buy it?")
    assert answer.answer.count("The data run from 1 March 2024 to 7 May 2024.") == 1


def test_a_why_names_reasons_and_a_counterfactual_says_yes_or_no(shop: Almanac) -> None:
    why = talk(shop, "I like salsa, what next?", "why the first one?")
    item = why.items[0]
    groups = {name: value for name, value in why.evidence[0].numbers.items() if name.startswith("from ")}
    assert sum(groups.values()) == pytest.approx(item.score, abs=1e-6)
    assert why.answer.startswith(f"{item.title} is number 1 for you")
    still = talk(
        shop, "I like salsa, what next?", "why the first one?", "would you still if I had not liked salsa?"
    )
    assert still.answer.startswith(("Yes: without Salsa", "No: without Salsa"))


def test_an_item_that_nobody_took_can_be_recommended_and_explained(shop: Almanac) -> None:
    assert shop.call("explain_item", {"item": "tea"}, asker=ASKER).items[0].id == "tea"
    assert shop.call("item_details", {"item": "tea"}).evidence
    assert shop.call("score_items", {"category": "Drinks", "k": 3}, asker=ASKER).items


@pytest.mark.parametrize(
    "message",
    [
        "what goes with tortilla chips?", "what goes with salsa on friday evenings?", "when do people buy rye bread?",
        "how often do people buy coffee?", "rye bread on fridays against tuesdays", "is coffee growing?",
        "is bread bought more on tuesdays?", "how many people buy rye bread?", "the most useful rules",
        "does anyone buy salsa with coffee?", "what sells best on tuesday mornings?",
    ],
)  # fmt: skip
def test_every_number_said_is_in_the_evidence(shop: Almanac, message: str) -> None:
    answer = talk(shop, message)
    facts = {fact.id: fact for fact in answer.evidence}
    grounder = shop.catalog("shop").grounder
    for sentence in answer.sentences:
        behind = [facts[name] for name in sentence.evidence]
        problems = grounder.check(sentence.text, behind, [item.title for item in answer.items]).problems
        assert [one for one in problems if one.kind == "number" and any(map(str.isdigit, one.span))] == []


def test_what_leads_to_a_thing_is_counted_from_its_end(shop: Almanac) -> None:
    answer = talk(shop, "what do people buy before salsa?")
    (call,) = answer.tool_calls
    assert call.arguments["kind"] == "next"
    assert set(call.arguments) & {"item", "with_item"} == {"with_item"}
    ends = {fact.items[-1] for fact in answer.evidence if fact.items}
    assert ends == {"salsa"}
    assert {fact.kind for fact in answer.evidence} & {"next", "notice"}
    assert "salsa" not in {one.id for one in answer.items}
    assert [one.id for one in answer.items] == [
        fact.items[0] for fact in answer.evidence if fact.kind == "next"
    ]


def test_more_shows_what_was_not_shown(shop: Almanac) -> None:
    first, second = talk(shop, "recommend two things"), talk(shop, "recommend two things", "more")
    assert len(first.items) == 2
    assert second.items
    assert not {one.id for one in first.items} & {one.id for one in second.items}
    shown = {one.id for one in second.items}
    assert all(fact.items[-1] in shown for fact in second.evidence if fact.items)


def test_no_taste_is_read_into_dislikes_alone(shop: Almanac) -> None:
    plain, refusing = talk(shop, "recommend something"), talk(shop, "recommend something, but no salsa")
    (call,) = refusing.tool_calls
    assert call.arguments["disliked"] == ["salsa"]
    assert {one.id for one in plain.items} - {"salsa"} <= {one.id for one in refusing.items}


def test_a_question_when_or_where_is_asked_of_all_times(shop: Almanac) -> None:
    answer = talk(shop, "do people buy salsa on fridays?", "how often do people buy it?")
    (call,) = answer.tool_calls
    assert (call.arguments["kind"], "when" in call.arguments) == ("cycle", False)


def test_a_question_for_categories_is_answered_with_them(shop: Almanac) -> None:
    answer = talk(shop, "which category is most popular on fridays?")
    counts = [fact for fact in answer.evidence if fact.kind == "count"]
    shares = [
        fact.numbers["n_xy"] / fact.numbers["n"] if "n_xy" in fact.numbers else fact.numbers["share"]
        for fact in counts
    ]
    assert len(counts) > 1
    assert shares == sorted(shares, reverse=True)
    names = set(shop.catalog("shop").categories)
    assert any(name in counts[0].text for name in names)
    assert not answer.items
