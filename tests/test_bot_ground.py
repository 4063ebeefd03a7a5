"""The check between sentence and evidence: what must pass, what must not, and how fast."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.ground import Grounder
from bot.dialogue.numerals import numbers_in
from bot.dialogue.turn import Evidence

FILMS = [
    "Aladdin (1992)",
    "Toy Story (1995)",
    "Heat",
    "It",
    "12 Angry Men",
    "Dr. Strangelove",
    "Blade Runner",
    "The Women",
    "Star Wars",
    "Aladdin and the King of Thieves",
]
GROCERIES = ["Tortilla chips", "Salsa and picante sauce", "Fluid milk", "Milk", "Bananas"]


def fact(id_: str, text: str, kind: str = "rule", **numbers: float) -> Evidence:
    return Evidence(id=id_, kind=kind, numbers=numbers, source="test", text=text)


FILM_FACTS = [
    fact(
        "e1",
        "Aladdin (1992): Animation, Comedy; rated by 219 people, mean rating 3.8.",
        "score",
        n=219,
        mean=3.81,
    ),
    fact(
        "e2", "Toy Story (1995): Animation; rated by 452 people, mean rating 3.9.", "score", n=452, mean=3.88
    ),
    fact(
        "e3",
        "210 of 300 people who rated Toy Story (1995) also rated Aladdin (1992) (70.0 %); otherwise 53.0 %.",
        n_x=300,
        n_xy=210,
        confidence=0.7,
    ),
]
GROCERY_FACTS = [
    fact(
        "e1",
        "On Friday evenings, 312 of 1,204 baskets with Tortilla chips also had Salsa and picante sauce (25.9 %); "
        "otherwise 18.0 %.",
        n_xy=312,
        n_x=1204,
        confidence=312 / 1204,
        gain=1.44,
    ),
]


@pytest.fixture(scope="module")
def films() -> Grounder:
    return Grounder(FILMS)


@pytest.fixture(scope="module")
def groceries() -> Grounder:
    return Grounder(GROCERIES)


@pytest.mark.parametrize(
    ("sentence", "ids"),
    [
        ("Aladdin (1992) was rated by 219 people.", ("e1",)),
        ("Aladdin has a mean rating of 3.8.", ("e1",)),
        ("Aladdin was rated by about 220 people, and Toy Story by more than 450.", ("e1", "e2")),
        ("Of 300 people who rated Toy Story, 210 also rated Aladdin.", ("e3",)),
        ("70 % of people who rated Toy Story also rated Aladdin.", ("e3",)),
        ("Seventy percent of those who rated Toy Story also rated Aladdin.", ("e3",)),
        ("Toy Story was rated by four hundred and fifty-two people.", ("e2",)),
        ("看过 Toy Story 的300人里，百分之七十也看过 Aladdin。", ("e3",)),
        ("Aladdin is an Animation and Comedy film.", ("e1",)),
    ],
)
def test_what_the_evidence_says_passes(films, sentence, ids):
    verdict = films.check(sentence, FILM_FACTS)
    assert verdict.ok, verdict.problems
    assert set(ids) <= set(verdict.evidence_ids)


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Try Heat next.", "title"),
        ("You may like Blade Runner.", "title"),
        ("Aladdin and the King of Thieves is next.", "title"),
        ("“The Lion King” is one to see.", "title"),
        ("People also rated Jurassic Park.", "title"),
        ("12 Angry Men is a good pick.", "title"),
        ("Aladdin was rated by 452 people.", "number"),
        ("Aladdin was rated by 452 people and Toy Story by 219.", "number"),
        ("Aladdin has a mean rating of 4.", "number"),
        ("71 % of people who rated Toy Story also rated Aladdin.", "number"),
        ("Of 300 people who rated Aladdin, 210 also rated Toy Story.", "number"),
        ("Of 300 people who rated Aladdin, 210 also rated Aladdin.", "number"),
        ("Aladdin came out in 1993.", "number"),
        ("Three people rated Aladdin.", "number"),
        ("看过 Toy Story 的300人里，八成也看过 Aladdin。", "number"),
        ("On Friday evenings people rated Aladdin.", "time"),
        ("People rated Aladdin because they had rated Toy Story.", "cause"),
        ("Toy Story makes people watch Aladdin.", "cause"),
        ("Aladdin is the best of the two.", "comparison"),
        ("Aladdin is a heartwarming story of a boy and his lamp.", "claim"),
    ],
)
def test_what_the_evidence_does_not_say_fails(films, sentence, kind):
    verdict = films.check(sentence, FILM_FACTS)
    assert not verdict.ok
    assert kind in {problem.kind for problem in verdict.problems}


def test_grocery_titles_count_in_small_letters(groceries):
    passing = "On Friday evenings, 312 of 1,204 baskets with tortilla chips also had salsa and picante sauce."
    assert groceries.check(passing, GROCERY_FACTS).ok
    assert not groceries.check("Baskets with tortilla chips also had bananas.", GROCERY_FACTS).ok


def test_a_film_named_by_a_common_word_needs_its_capital(films):
    assert films.mentioned("the heat of it") == ()
    assert films.mentioned("I would watch Heat again") == ("Heat",)


@pytest.mark.parametrize(
    "share", ["25.9 %", "26 %", "25.91%", "26 percent", "about a quarter", "one in four"]
)
def test_a_share_may_be_rounded_in_percent(groceries, share):
    sentence = (
        f"On Friday evenings {share} of the baskets with tortilla chips also had salsa and picante sauce."
    )
    assert groceries.check(sentence, GROCERY_FACTS).ok


@pytest.mark.parametrize("share", ["25.8 %", "27 %", "25.92 %", "0.26 %", "half", "312 %"])
def test_a_wrong_share_fails(groceries, share):
    sentence = (
        f"On Friday evenings {share} of the baskets with tortilla chips also had salsa and picante sauce."
    )
    assert not groceries.check(sentence, GROCERY_FACTS).ok


def test_more_often_holds_where_the_numbers_bear_it_out(groceries):
    more = "On Friday evenings baskets with tortilla chips had salsa and picante sauce more often than otherwise."
    assert groceries.check(more, GROCERY_FACTS).ok
    assert not groceries.check(more.replace("more often", "less often"), GROCERY_FACTS).ok


def test_titles_of_the_turn_may_be_said_without_evidence(films):
    assert not films.check("You named Star Wars.", FILM_FACTS).ok
    assert films.check("You like Star Wars.", FILM_FACTS, ["Star Wars"]).ok


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_only_the_number_itself_passes(said, true):
    grounder = Grounder(["Aladdin"])
    facts = [fact("e1", f"Aladdin was rated by {true:,} people.", n=true)]
    assert grounder.check(f"Aladdin was rated by {said:,} people.", facts).ok == (said == true)


@given(st.text(max_size=200))
def test_any_text_gets_a_verdict(text):
    verdict = Grounder(FILMS).check(text, FILM_FACTS)
    assert verdict.ok == (not verdict.problems)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,204 of 3.5", [1204, 3.5]),
        ("twenty-one and thirteen hundred", [21, 1300]),
        ("the 3rd of the 1990s", [3, 1990]),
        ("一千二百零四人，三成，百分之二十六，第三", [1204, 30, 26, 3]),
        ("one of them, first of all", []),
        ("the second pick, twice", [2, 2]),
    ],
)
def test_numbers_are_read(text, values):
    assert [number.value for number in numbers_in(text)] == values


def test_a_sentence_is_checked_in_a_millisecond_over_a_large_catalogue():
    grounder = Grounder([*FILMS, *(f"The Long Film Number {i}" for i in range(2500))])
    check = grounder.over(FILM_FACTS)
    times = []
    for _ in range(50):
        began = perf_counter()
        check.check("Of 300 people who rated Toy Story, 210 also rated Aladdin, and 70 % is the share.")
        times.append(perf_counter() - began)
    assert min(times) < 1e-3


HOLES = [
    fact(
        "e1",
        "Aladdin (1992) is number 250 for you: 4.7 from popularity and -0.9 from its kind.",
        "score",
        rank=250,
        popular=4.69,
        kind_=-0.947,
    ),
    fact(
        "e2", "Salsa is strongest at Store 367 (1 of 40 baskets, 2.5 %).", "context", n_x=1, n=40, share=0.025
    ),
    fact("e3", "If the two had nothing to do with each other, about 0.2 would.", "count", expected=0.153),
    fact("e4", "Of 97 baskets 1.5 % held Salsa.", "count", n=97, share=0.0148),
    fact("e5", "You rated highest: Aladdin (5).", "profile", best=5),
    fact("e6", "Of 97 baskets 12 held Salsa (12 %).", "count", n=97, n_x=12, share=12 / 97),
]


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("Aladdin (1992) is number 250 for you.", "Aladdin (1992) is number 1992 for you."),
        ("Aladdin, a 1992 film, is number 250 for you.", "1992 people have Aladdin as number 250."),
        ("Salsa is strongest at Store 367.", "Salsa is strongest at Store 1."),
        ("If the two had nothing to do with each other, about 0.2 would.",
         "If the two had nothing to do with each other, about 2 would."),
        ("Of 97 baskets 1 % held Salsa.", "Of 97 baskets 2 % held Salsa."),
        ("Aladdin (1992): 4.7 from popularity and -0.9 from its kind.",
         "Aladdin (1992): 4.7 from popularity and -4.7 from its kind."),
        ("Aladdin (1992) is number 250 for you.", "Aladdin (250) is number 250 for you."),
        ("You rated highest: Aladdin (5).", "You rated highest: Aladdin (4)."),
        ("Of 97 baskets 12 held Salsa (12 %).", "Of 97 baskets 12 held Salsa (12)."),
    ],
)  # fmt: skip
def test_a_figure_is_held_to_what_it_counts(true, false):
    """Found by `bench/grounding.py`: a model that lies got these through."""
    checks = Grounder(["Aladdin (1992)", "Salsa"]).over(HOLES)
    assert checks.check(true).ok, checks.check(true).problems
    assert not checks.check(false).ok


def test_the_highest_of_counts_is_no_bound():
    bound, highest = (
        next(iter(numbers_in(text))) for text in ("at most 28 baskets", "at most 28 of 151 baskets")
    )
    assert bound.may_mean(26.0, share=False)
    assert not highest.may_mean(26.0, share=False)
    assert highest.may_mean(28.0, share=False)


def test_a_grouped_number_is_read_whole_after_a_chinese_word():
    assert [number.value for number in numbers_in("数据从2,633年起，共1,204次")] == [2633.0, 1204.0]


def test_a_series_of_months_is_said_only_as_its_fact_says_it():
    numbers = {"peak_n_x": 4.0, "peak_n": 151.0, "n_x 2024-06": 3.0, "n_x 2024-11": 4.0}
    fact = Evidence(
        id="e1", kind="trend", items=(), numbers=numbers, source="counted",
        text="Carrot cake peaked with 4 of 151 baskets in November.",
    )  # fmt: skip
    grounder = Grounder(["Carrot cake"])
    assert grounder.check(fact.text, [fact]).ok
    assert not grounder.check(fact.text.replace("4 of", "3 of"), [fact]).ok
