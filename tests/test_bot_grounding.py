"""Answers to varied questions show nothing that the catalogue or the evidence does not hold.

The reader of the answers (`tests.grounding_check`) is another than the product's own check, and the first tests show
that it can find what is planted. `bench/grounding.py` does the same over the demo catalogues and a thousand turns.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bot.assembly import Almanac
from bot.build import build_catalogs
from bot.dialogue.ground import Check, Verdict
from bot.loading import load_source
from bot.settings import load_settings
from tests.grounding_check import Finding, Reader, figures
from tests.grounding_raw import Raw, read_raw
from tests.grounding_run import Liar, told
from tests.grounding_turns import Mixer

SHOP = Path(__file__).parent / "questions" / "shop"
TURNS = 60
RAW = Raw(
    titles={"1": "The Third Man", "2": "12 Angry Men", "3": "Alien"},
    years={"1": 1949, "2": 1957, "3": 1979},
    popular=("1", "2", "3"),
    categories=("Film-Noir",),
    places={"s5": "Store 5"},
    people=("p",),
    first=0,
    last=1,
)
FACT = {
    "id": "e1",
    "kind": "rule",
    "items": ["1", "2"],
    "numbers": {"n_xy": 312.0, "n_x": 1204.0, "confidence": 0.25914},
}


def answer(text: str, **more: Any) -> dict[str, Any]:
    sentence = {"text": text, "evidence": ["e1"], "by": "template"}
    return {"answer": text, "sentences": [sentence], "items": [], "evidence": [FACT], "tool_calls": []} | more


def kinds(text: str, said: str = "what goes with the third man?", **more: Any) -> list[str]:
    return [found.kind for found in Reader(RAW).findings(answer(text, **more), [said])]


TRUE = "312 of 1,204 baskets with The Third Man (1949) also had 12 Angry Men (25.9 %)."


@pytest.mark.parametrize(
    "text",
    [
        TRUE,
        "The Third Man goes with 12 Angry Men: 26 %.",
        "“12 Angry Men” is a Film-Noir, more often on Friday evenings at Store 5.",
        "Counts cannot say what causes it.",
        "If the two had nothing to do with each other, 312 would.",
    ],
)
def test_what_holds_is_not_found_fault_with(text):
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TRUE.replace("312", "313"), "number"),
        (TRUE.replace("25.9", "25.8"), "number"),
        (TRUE.replace("1949", "1950"), "year"),
        ("The Third Man was chosen nine times.", "number"),
        ("A third of baskets with The Third Man had 12 Angry Men.", "number"),
        ("The Silver Lantern goes with The Third Man.", "title"),
        ("The Third Man goes with “the silver lantern”.", "title"),
        ("The Third Man goes with Alien.", "unnamed"),
        ("I would start with The Third Man, then silver lantern.", "slot"),
        ("Others with The Third Man: silver lantern (312 of 1,204).", "slot"),
        ("12 Angry Men is chosen because of The Third Man.", "cause"),
        ("The Third Man leads to 12 Angry Men.", "cause"),
    ],
)
def test_what_is_planted_is_found(text, kind):
    assert kind in kinds(text)


def test_a_number_of_the_visitor_may_be_said_and_one_slipped_in_may_not():
    assert kinds("Within 14 days, 312 had The Third Man.", said="the third man within 14 days?") == []
    assert kinds("98,765 had The Third Man.", said="say 98,765 had the third man") == ["number"]


def test_a_figure_of_other_evidence_is_told_apart():
    other = deepcopy(FACT) | {"id": "e2", "numbers": {"n": 77.0}}
    assert kinds("77 had The Third Man.", evidence=[FACT, other]) == ["elsewhere"]


@pytest.mark.parametrize(
    ("card", "kind"),
    [
        ({"id": "9", "title": "Alien", "year": 1979}, "card"),
        ({"id": "3", "title": "Aliens", "year": 1979}, "card"),
        ({"id": "3", "title": "Alien", "year": 1986}, "year"),
    ],
)
def test_a_card_is_held_against_the_catalogue(card, kind):
    assert kinds(TRUE, items=[card]) == [kind]


def test_numbers_are_read_in_digits_and_in_words():
    read = [
        (one.value, one.decimals, one.percent)
        for one in figures("1,204 of two, 25.9 %, -1.5 and 22-28; half of it")
    ]
    assert sorted(read) == sorted(
        [
            (1204, 0, False),
            (2, 0, False),
            (25.9, 1, True),
            (-1.5, 1, False),
            (22, 0, False),
            (28, 0, False),
            (50, 0, True),
        ]
    )


@pytest.fixture(scope="module")
def cafe(tmp_path_factory: pytest.TempPathFactory) -> Almanac:
    """The made-up café of the questions, built without any model."""
    home = tmp_path_factory.mktemp("cafe")
    settings = load_settings(
        {
            "home": home,
            "cache": home / "cache",
            "encoder": "hashing",
            "threads": 1,
            "llm": {"backend": "none"},
            "catalogs": {"shop": {"ranking": {"scorers": ["ease", "popular"]}}},
        },
        environ={},
    )
    list(load_source(settings, [str(SHOP)], catalog="shop", zone="Europe/London", say=lambda _: None))
    list(build_catalogs(settings, say=lambda _: None))
    return Almanac.open(settings)


def test_answers_show_only_what_is_in_catalogue_and_evidence(cafe):
    raw = read_raw(cafe.settings.home, "shop")
    reader = Reader(raw)
    talks = Mixer({"shop": raw}).talks(TURNS, {"shop": 1.0})
    turns = list(told(cafe, talks))
    assert len(turns) == TURNS
    assert (
        sum(bool(turn.answer["evidence"]) for turn in turns) > TURNS // 2
    )  # most are answered, not turned down
    found = [(turn.ask.message, one) for turn in turns for one in reader.findings(turn.answer, turn.said)]
    assert found == []


def _lied_to(cafe: Almanac) -> tuple[Liar, list[tuple[str, Finding]]]:
    raw = read_raw(cafe.settings.home, "shop")
    reader, liar = Reader(raw), Liar(raw, seed=3)
    llm = cafe.settings.llm.model_copy(
        update={"backend": "scripted", "wording": "model", "choose": "planner"}
    )
    lying = Almanac.open(cafe.settings.model_copy(update={"llm": llm}))
    lying.__dict__["model"] = liar.model()
    turns = told(lying, Mixer({"shop": raw}, seed=11).talks(TURNS, {"shop": 1.0}))
    return liar, [
        (turn.ask.message, one) for turn in turns for one in reader.findings(turn.answer, turn.said)
    ]


def test_a_model_that_lies_gets_no_lie_through(cafe):
    liar, found = _lied_to(cafe)
    assert liar.lies > TURNS  # it had its chances
    assert found == []


def test_without_the_products_own_check_the_lies_are_found(cafe, monkeypatch):
    def let_through(self: Check, sentence: str) -> Verdict:
        del sentence
        return Verdict(ok=True, evidence_ids=tuple(fact.evidence.id for fact in self.facts[:1]))

    monkeypatch.setattr(Check, "check", let_through)
    found = {one.kind for _, one in _lied_to(cafe)[1]}
    assert {"title", "unnamed", "number", "cause"} <= found
