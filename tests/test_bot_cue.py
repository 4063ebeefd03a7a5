"""A cue is found where its pattern is, whatever is skipped on the way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialogue import aspects, planner_cues
from bot.dialogue.cue import Cue, Said

CUES = {name: cue for name, cue in vars(planner_cues).items() if isinstance(cue, Cue)}
CUES |= {f"aspect {name}": cue for name, cue in aspects._PATTERNS.items()}
CUES |= {f"rules {kind}": cue for kind, cue in planner_cues.RULES}
QUESTIONS = sorted(
    line.lower()
    for file in Path(__file__).parent.glob("questions/*.jsonl")
    for line in file.read_text(encoding="utf-8").splitlines()
)


@pytest.mark.parametrize("name", CUES)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
def test_every_form_of_a_cue_is_found(name: str, data: st.DataObject) -> None:
    cue = CUES[name]
    text = data.draw(st.from_regex(cue.pattern))
    assert cue.pattern.search(text)
    found = cue.search(Said(text))
    assert found is not None
    assert found.span() == cue.pattern.search(text).span()


@pytest.mark.parametrize("name", CUES)
def test_a_message_says_what_its_letters_say(name: str) -> None:
    cue = CUES[name]
    assert len(QUESTIONS) > 100
    for text in QUESTIONS:
        said = Said(text)
        for _ in range(2):
            assert (cue.search(said) is None) == (cue.pattern.search(text) is None)


@pytest.mark.parametrize(
    ("pattern", "runs"),
    [
        (r"\bcoffee\b", {"off"}),
        (r"tea|mate?", {"tea", "mat"}),
        (r"\b(?:tea|milk)s?\b", {"tea", "ilk"}),
        (r"(?:tea)?x", {"x"}),
        (r"(?<!no )(?=tea)[abc]+ok", {"ok"}),
        (r"a{0,3}b{2}", {"b"}),
        (r"tea|.*", set()),
        (r"(?P<name>tea)\w+", {"tea"}),
        (r"(?i:tea)", set()),
        (r"上升|下降", {"上升", "下降"}),
    ],
)
def test_what_a_pattern_demands(pattern: str, runs: set[str]) -> None:
    assert Cue(re.compile(pattern)).runs == runs


def test_letters_of_any_case_demand_nothing() -> None:
    cue = Cue(re.compile("tea", re.IGNORECASE))
    assert not cue.runs
    assert cue.search(Said("TEA"))


def test_a_text_that_remembers_is_a_text() -> None:
    said = Said("tea and milk")
    assert said == "tea and milk"
    assert hash(said) == hash("tea and milk")
    assert Cue(re.compile("milk")).search(said).start() == 8
