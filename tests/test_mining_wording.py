"""Every number that a sentence says is in the numbers of its value, in both languages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from mining.adjusted import adjusted_of
from mining.basketindex import BasketIndex
from mining.compare import compare
from mining.config import Wording
from mining.count import Slice
from mining.cycles import cycle_of, due
from mining.phrases import number, percent, ratio_said, when, whole
from mining.profile import Profile, Share, profile_of
from mining.sequence import next_after
from mining.trends import trend_of
from tests.mining_log import random_log
from tests.test_mining_basketindex import SLICES, index_of

NAMES = {
    "apple": "Apples",
    "chips": "Tortilla chips",
    "dip": "Salsa",
    "s1": "Store A",
    "s2": "Store B",
    "s3": "C",
}
WORDS = Wording(people="households", verb="bought")


def sayable(numbers: dict[str, float]) -> set[str]:
    """Every way in which the formats of the package write these numbers."""
    forms = set()
    for value in numbers.values():
        forms |= {percent(value).removesuffix(" %"), whole(value), number(value), ratio_said(value)}
        forms |= {str(int(value))} if value == int(value) else set()
    return forms


def check(value: Any, names: dict[str, str] = NAMES) -> None:
    for lang in ("en", "zh"):
        text = value.sentence(names, lang, wording=WORDS)
        assert text.endswith("。" if lang == "zh" else ".")
        assert "nan" not in text
        assert "None" not in text
        said = re.findall(r"\d[\d,]*\.?\d*", text.replace("17:00", ""))
        said = [one.rstrip(".,") for one in said]
        extra = {"95"} | {str(month) for month in range(1, 13)} if lang == "zh" else {"95"}
        missing = [one for one in said if one not in sayable(value.numbers()) | extra]
        assert not missing, (text, missing)


def everything(index: BasketIndex) -> list[Any]:
    values: list[Any] = []
    for where in SLICES:
        where = Slice(where.context, where.place if isinstance(where.place, str) else None)
        values += [
            index.count("apple", (), where),
            index.count("apple", "chips", where),
            index.count((), "dip", where),
        ]
        values += next_after(index, "apple", 14, "dip", where)
        values.append(compare(index, "apple", "chips", where, Slice()))
        values.append(compare(index, "apple", (), where, Slice(("weekend",))))
    values += [profile_of(index, "apple", by) for by in ("daypart", "weekday", "season", "region")]
    values += [cycle_of(index, key, min_people=1) for key in ("apple", "category:Fresh")]
    values += [trend_of(index, key) for key in ("apple", "category:Fresh")]
    values.append(adjusted_of(index, "apple", "chips"))
    at = datetime(2017, 9, 1, tzinfo=UTC)
    values += [due(index, at, "apple"), *(due(index, at, "apple", person=f"p{one}") for one in range(6))]
    return [value for value in values if value is not None]


@pytest.mark.parametrize("seed", range(6))
def test_no_sentence_says_a_number_that_is_not_there(seed: int) -> None:
    index = index_of(random_log(seed, people=6, baskets=40 if seed % 2 else 260))
    for value in everything(index):
        check(value)


def test_a_sentence_reads_as_people_speak() -> None:
    index = index_of(random_log(4, baskets=400))
    evening = index.count("chips", "dip", Slice(("friday", "evening")))
    text = evening.sentence(NAMES, wording=WORDS)
    assert re.fullmatch(
        r"On Friday evenings, \d+ of \d+ baskets with Tortilla chips also had Salsa \(\d+ %\); otherwise \d+ %\.",
        text,
    )
    assert evening.sentence(NAMES, "zh", wording=WORDS).startswith("星期五晚上，含Tortilla chips的")


@pytest.mark.parametrize(
    ("context", "phrase"),
    [
        (("friday", "evening"), "on Friday evenings"),
        (("sunday",), "on Sundays"),
        (("weekend", "morning"), "on weekend mornings"),
        (("weekday",), "on weekdays"),
        (("night",), "at night"),
        (("evening",), "in the evening"),
        (("march",), "in March"),
        (("saturday", "night", "winter"), "on Saturday nights in winter"),
        (("lunch",), "at lunch"),
        ((), ""),
    ],
)
def test_words_for_a_time(context: tuple[str, ...], phrase: str) -> None:
    assert when(context, "en") == phrase


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.259, "26 %"),
        (0.0185, "1.8 %"),
        (0.0996, "10 %"),
        (0.00042, "0.042 %"),
        (0, "0 %"),
        (1, "100 %"),
        (0.0094, "0.94 %"),
    ],
)
def test_shares_keep_two_digits(share: float, text: str) -> None:
    assert percent(share) == text


def test_what_never_happened_is_said_with_counts() -> None:
    index = index_of([one for one in random_log(3, baskets=300) if not {"chips", "dip"} <= one.items])
    said = index.count("chips", "dip").sentence(NAMES, wording=WORDS)
    assert said.startswith(f"None of the {index.count('chips').n_x} baskets with Tortilla chips had Salsa")
    assert "cause" not in said
    nobody = index.count("chips", (), Slice((), None, ("nobody",)))
    assert nobody.sentence(NAMES).startswith("The data hold no basket")


def test_the_weakest_time_is_not_called_about_as_strong():
    shares = (
        Share("march", 900, 30, 20, 1.0),
        Share("may", 900, 4, 4, 0.001),
        Share("august", 60, 0, 0, 0.4),
    )
    said = Profile(("chips",), "month", shares).sentence(NAMES)
    assert said == (
        "Tortilla chips is strongest in March (30 of 900 baskets, 3.3 %); weakest in August (0 of 60 baskets, 0 %)."
    )
