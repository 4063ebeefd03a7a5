"""Names given in part are read where one thing alone can be meant, and left alone where several can."""

from __future__ import annotations

import pandas as pd
import pytest

from bot.dialogue.lexicon import Lexicon
from bot.dialogue.planner_focus import Focus
from bot.dialogue.planner_partial import completed, ones_in_focus
from bot.dialogue.turn import ToolCall

TITLES = [
    "Red wine glass", "White wine glass", "House beans", "Decaf beans", "Gift baskets with food", "Olives",
]  # fmt: skip
CAFE = Lexicon.build(
    pd.DataFrame(
        {"item": [f"i{at}" for at in range(len(TITLES))], "title": TITLES, "category": "Things", "n": 10}
    )
)


@pytest.mark.parametrize(
    ("message", "items"),
    [
        ("what goes with red wine?", ["i0"]),
        ("when do people have a glass of white wine", ["i1"]),
        ("olives with red wine on fridays", ["i5", "i0"]),
        ("how many baskets with olives", ["i5"]),
    ],
)
def test_words_side_by_side_that_one_title_alone_holds(message: str, items: list[str]) -> None:
    assert [span.value for span in completed(CAFE.link(message), CAFE).of("item")] == items


def test_ones_are_of_the_kind_spoken_of() -> None:
    of_beans = Focus(ToolCall(tool="lookup_rules", arguments={"item": "i2", "kind": "cycle"}))
    of_wine = Focus(ToolCall(tool="lookup_rules", arguments={"item": "i0", "kind": "cycle"}))
    links = CAFE.link("and the decaf ones?")
    assert ones_in_focus(links, of_beans, CAFE).values("item") == ("i3",)
    assert ones_in_focus(links, of_wine, CAFE).values("item") == links.values("item")
