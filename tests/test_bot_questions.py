"""The frozen questions of `tests/questions`, asked end to end without a language model.

What counts as right is fixed by `tests/questions/README.md` and was written down here before the first run: the tool,
the arguments that matter (the same things meant, the sides of a comparison in either order), every expected figure in
the answer's evidence or text, the verdict, and the chart or table where one is asked for. The shares at the end of
this file are what was seen, not what was aimed at; the test holds them from falling.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.assembly import Almanac
from bot.build import build_catalogs
from bot.catalogue import OpenCatalog
from bot.dialogue.numerals import numbers_in
from bot.dialogue.turn import Answer, Asker, Message, ToolCall
from bot.errors import ToolInputError
from bot.loading import load_source
from bot.settings import Settings, load_settings
from bot.tools import resolve

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

HERE = Path(__file__).parent / "questions"
SETS = {
    "first": ("questions.jsonl", "expected.json"),
    "second": ("second.jsonl", "second_expected.json"),
    "third": ("third.jsonl", "third_expected.json"),
    "fourth": ("fourth.jsonl", "fourth_expected.json"),
    "fifth": ("fifth.jsonl", "fifth_expected.json"),
    "fresh": ("fresh.jsonl", "fresh_expected.json"),
}
PARTS = ("tool", "arguments", "figures", "verdict", "shown")


def _settings(home: Path, cache: str | None, *, build: bool) -> Settings:
    given: dict[str, Any] = {
        "home": home,
        "llm": {"backend": "none"},
        "catalogs": {name: {"ranking": {"scorers": ["ease", "popular"]}} for name in ("movies", "groceries", "shop")},
    }  # fmt: skip
    if build:
        given["encoder"] = "hashing"
    return load_settings(given | ({"cache": Path(cache)} if cache else {}), environ={})


@pytest.fixture(scope="module")
def almanac(tmp_path_factory: pytest.TempPathFactory) -> Almanac:
    """The three catalogues; `QUESTIONS_HOME` names a home that has them built already."""
    ready = os.environ.get("QUESTIONS_HOME")
    home = Path(ready) if ready else tmp_path_factory.mktemp("questions")
    settings = _settings(home, os.environ.get("ALMANAC_CACHE"), build=not ready)
    if not ready:
        list(load_source(settings, ["movies"], say=lambda _: None))
        list(load_source(settings, ["groceries"], say=lambda _: None))
        list(
            load_source(
                settings, [str(HERE / "shop")], catalog="shop", zone="Europe/London", say=lambda _: None
            )
        )
        list(build_catalogs(settings, say=lambda _: None))
    return Almanac.open(settings)


def _thing(catalog: OpenCatalog, name: str) -> str:
    """Return the key of an item or category, however it is spelt."""
    if name in catalog.titles:
        return name
    folded = name.casefold()
    exact = next((item for item, title in catalog.titles.items() if title.casefold() == folded), None)
    try:
        return exact or resolve.key(catalog, name)
    except ToolInputError:
        return f"category:{resolve.category_name(catalog, name)}"


def _things(catalog: OpenCatalog, given: Any) -> frozenset[str]:
    """Return what is named; an item and a category of one name ("Coffee") are the same words, and count as such."""
    names = given if isinstance(given, list) else [given] if given else []
    return frozenset(_named(catalog, _thing(catalog, str(name))) for name in names)


def _named(catalog: OpenCatalog, key: str) -> str:
    return catalog.titles.get(key, key.removeprefix("category:")).casefold()


def _meant(catalog: OpenCatalog, given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the arguments of a call as what they stand for."""
    meant: dict[str, Any] = {}
    for name in ("item", "with_item", "without"):
        if name in given:
            meant[name] = _things(catalog, given[name])
    if given.get("category"):
        meant["item" if "item" not in meant else "category"] = frozenset(
            [resolve.category_name(catalog, given["category"]).casefold()]
        )
    where = resolve.slice_of(catalog, given.get("when"), given.get("place"), now)
    if given.get("when"):
        meant["when"] = frozenset(where.context)
    if given.get("place"):
        meant["place"] = frozenset(where.places)
    if given.get("against"):
        other = resolve.time_or_place(catalog, str(given["against"]), now, where)
        meant["against"] = (frozenset(other.context), frozenset(other.places))
        meant["sides"] = frozenset([meant["against"], (frozenset(where.context), frozenset(where.places))])
    return meant | {name: given[name] for name in ("kind", "within_days", "k") if name in given}


def _same_arguments(catalog: OpenCatalog, wanted: Mapping[str, Any], got: ToolCall, now: datetime) -> bool:
    try:
        right, seen = _meant(catalog, wanted, now), _meant(catalog, got.arguments, now)
    except ToolInputError:
        return False
    if "sides" in right and right["sides"] == seen.get("sides"):
        for name in ("sides", "against", "when", "place"):
            right.pop(name, None)
    pair = [right.get("item", frozenset()), right.get("with_item", frozenset())]
    if (
        right.get("kind", "together") == "together"
        and all(pair)
        and {*pair} == {seen.get("item"), seen.get("with_item")}
    ):
        right.pop("item"), right.pop("with_item")  # which of a pair is named first is no matter
    return all(seen.get(name) == value for name, value in right.items())


def _says(answer: Answer, value: float) -> bool:
    """Tell whether a figure is in the evidence, or in the text to the digit shown."""
    if any(
        math.isclose(one, value, rel_tol=2e-5, abs_tol=1e-9)
        for fact in answer.evidence
        for one in fact.numbers.values()
    ):
        return True
    if value == 0 and any(word in answer.answer.lower().split() for word in ("none", "never", "no")):
        return True
    return any(number.may_mean(value, share=0 <= value <= 1) for number in numbers_in(answer.answer))


def _figures(question: Mapping[str, Any], answer: Answer) -> bool:
    counted, expect = question["counted"], question["expect"]
    required = all(_says(answer, counted[name]) for name in expect.get("numbers", ()))
    return required and all(
        any(_says(answer, counted[name]) for name in names) for names in expect.get("any_of", ())
    )


def _verdict(answer: Answer) -> str | None:
    start = answer.answer.lower()
    if start.startswith(("yes", "no:", "no,")):
        return "yes" if start.startswith("yes") else "no"
    return "cannot tell" if "cannot tell" in start or "too few" in start or "enough" in start else None


def judge(
    catalog: OpenCatalog, question: Mapping[str, Any], answer: Answer, now: datetime
) -> dict[str, bool]:
    """Return for each part of a question whether it is right."""
    expect = question["expect"]
    calls = [call for call in answer.tool_calls if call.tool == question["tool"]]
    verdicts = {expect.get("answer"), *(expect.get("answer_also") or ())} - {None}
    csv = any(fact.kind == "csv" for fact in answer.evidence)
    return {
        "tool": bool(calls),
        "arguments": any(_same_arguments(catalog, question["arguments"], call, now) for call in calls),
        "figures": _figures(question, answer),
        "verdict": not verdicts or _verdict(answer) in verdicts,
        "shown": (bool(answer.charts) or not expect.get("chart")) and (csv or not expect.get("csv")),
    }


def read_set(name: str) -> list[dict[str, Any]]:
    """Return the questions of a set, each with its expected figures under `counted`."""
    asked, expected = SETS[name]
    counted = json.loads((HERE / expected).read_text("utf-8"))
    lines = (HERE / asked).read_text("utf-8").splitlines()
    return [question | {"counted": counted.get(question["id"], {})} for question in map(json.loads, lines)]


def ask(almanac: Almanac, question: Mapping[str, Any]) -> tuple[Answer, dict[str, bool]]:
    """Return the answer to a question and which of its parts are right."""
    catalog = almanac.catalog(question["catalog"])
    at = datetime.fromisoformat(question["at"]) if question.get("at") else None
    history = [Message(**turn) for turn in question["history"]]
    answer = almanac.ask(
        question["message"], catalog=question["catalog"], history=history, asker=Asker(at=at)
    )
    return answer, judge(catalog, question, answer, at or catalog.now())


def shares(almanac: Almanac, name: str) -> dict[str, tuple[float, int]]:
    """Return for each group of a set the share that is right in everything, and how many it holds."""
    right: defaultdict[str, list[bool]] = defaultdict(list)
    for question in read_set(name):
        _, parts = ask(almanac, question)
        wording = "plain" if question["plain"] else "free"
        for group in ("all", wording, question["catalog"], f"kind {question['kind']:2}"):
            right[group].append(all(parts.values()))
        for part in PARTS:
            right[f"part {part}"].append(parts[part])
    return {group: (sum(flags) / len(flags), len(flags)) for group, flags in sorted(right.items())}


SEEN = {
    "first": {"all": 0.94, "plain": 0.98, "part tool": 1.0, "part figures": 0.97},
    "second": {"all": 0.96, "plain": 0.93, "part tool": 0.94, "part figures": 0.93},
    "third": {"all": 0.87, "plain": 0.89, "part tool": 0.98, "part figures": 0.93},
    "fourth": {"all": 0.95, "plain": 0.93, "part tool": 0.95, "part figures": 0.94},
    "fifth": {"all": 0.98, "part tool": 1.0, "part figures": 0.98},
    "fresh": {"all": 0.58, "plain": 0.72, "part tool": 0.88, "part figures": 0.80},
}
"""Shares that were seen, and that may rise and not fall.

The first set had 80 of 163 right in everything at its first run (45 of the 62 worded plainly). It has been used to
find faults since, so its share is one of development; so have the second (71 of 130 at its first run), the third (76 of
160), the fourth (89 of 130) and the fifth (90 of 120). The fresh set has not: of it only shares are printed, never a question, so that it keeps
telling what unseen wording meets. It had 68 of 170 at its first run.
"""
SIZES = {
    "first": {"groceries": 82, "movies": 54, "shop": 27},
    "second": {"groceries": 65, "movies": 43, "shop": 22},
    "third": {"groceries": 80, "movies": 53, "shop": 27},
    "fourth": {"groceries": 65, "movies": 41, "shop": 24},
    "fifth": {"groceries": 60, "movies": 40, "shop": 20},
    "fresh": {"groceries": 85, "movies": 56, "shop": 29},
}


@pytest.mark.parametrize("name", SETS)
def test_the_frozen_questions(almanac: Almanac, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    seen = shares(almanac, name)
    with capsys.disabled():
        sys.stdout.write("".join(f"\n{name} {group}: {one:.3f} of {n}" for group, (one, n) in seen.items()))
    assert {catalog: seen[catalog][1] for catalog in SIZES[name]} == SIZES[name]
    for group, least in SEEN[name].items():
        assert seen[group][0] >= least - 1e-9, (group, seen[group][0])
