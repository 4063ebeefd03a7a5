"""Charts: values from facts, and figures that can be read on a light and on a dark ground."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from bot.dialogue import chart
from bot.dialogue.chart import Part
from bot.dialogue.turn import Answer, Evidence
from bot.web.charts import DATA, PEAK, drawing, figure
from bot.web.network import WIDTH, lines, place, spread

CELLS = {("friday", 18): Part(100, 60), ("monday", 9): Part(100, 5), ("sunday", 3): Part(2, 2)}
SAMPLES = [
    chart.heatmap("Beer", CELLS),
    chart.line("Beer", [("2017-01", Part(100, 10)), ("2017-02", Part(200, 50))]),
    chart.bars("Beer", [("Morning", Part(100, 5)), ("Evening", Part(100, 20))]),
    chart.histogram("Coffee", [("1–7", 3), ("8–14", 9)]),
    chart.network("Links", [("Chips", "Salsa", 9.4), ("Chips", "Dip", 11.4)]),
]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance of #rrggbb."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [DATA, PEAK])
@pytest.mark.parametrize("ground", ["#faf7f1", "#ffffff", "#12181f", "#1a222b"])
def test_data_stand_out_from_every_ground_of_the_page(colour, ground):
    light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


@pytest.mark.parametrize("one", SAMPLES, ids=lambda one: one.kind)
def test_every_kind_is_drawn_on_a_clear_ground_with_its_texts(one):
    document = json.loads(drawing(one))
    assert document["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"
    assert document["layout"]["title"]["text"] == one.title
    assert document["config"]["displayModeBar"] is False
    shown = json.dumps(document["data"])
    assert all(json.dumps(text) in shown for text in one.labels)


@pytest.mark.parametrize("one", SAMPLES, ids=lambda one: one.kind)
def test_a_chart_survives_json_within_an_answer(one):
    answer = Answer(answer="x", charts=(one,))
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_a_title_is_never_markup():
    hostile = '<b>Bold</b> & <a href="https://evil.example">more</a>'
    for one in (chart.network(hostile, [(hostile, "b", 2.0)]), chart.bars(hostile, [(hostile, Part(9, 3))])):
        document = json.loads(drawing(one))
        assert "<b>B" not in json.dumps([document["data"], document["layout"]["title"]])
        assert "&lt;b&gt;Bold&lt;/b&gt;" in json.dumps(document)


def test_a_heat_map_names_what_stands_out_beyond_chance_and_no_lone_basket():
    assert SAMPLES[0].sentence == (
        "Beer stands out most on Fridays from 18:00 to 19:00: 60 of 100 baskets (60.0 %); "
        "over all hours 67 of 202 baskets (33.2 %)."
    )
    even = {(day, hour): Part(20, 3 + (hour % 3)) for day in chart.WEEKDAYS for hour in range(24)}
    assert chart.heatmap("Milk", even).sentence.startswith(
        "No hour of the week stands out beyond chance: Milk is in "
    )
    assert chart.heatmap("Milk", {}).z[0][0] is None


def test_a_rare_thing_does_not_stand_out_by_three_of_nineteen():
    cells = {(day, hour): Part(19, 0) for day in chart.WEEKDAYS for hour in range(24)}
    few = chart.heatmap("Film", cells | {("sunday", 11): Part(19, 3)})
    assert few.sentence.startswith("No hour of the week stands out beyond chance")


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))), st.floats(0.01, 0.99))
def test_the_tail_is_the_binomials(counts, share):
    n, n_x = counts
    assert chart.tail(Part(n, n_x), share) == pytest.approx(binom.sf(n_x - 1, n, share), rel=1e-6, abs=1e-12)


def test_a_chart_without_numbers_says_so():
    assert "Too few" in chart.histogram("Tea", []).sentence
    assert chart.line("Tea", [("2017-01", Part(9, 0))]).sentence == "Tea is in no baskets of a known time."
    assert chart.network("Links", []).sentence == "No rule links anything here."
    for kind in (chart.histogram("Tea", []), chart.network("Links", []), chart.bars("Tea", [])):
        assert figure(kind).layout.title.text


def fact(kind: str, text: str = "It is so.", items: tuple[str, ...] = (), **numbers: float) -> Evidence:
    return Evidence(id="e1", kind=kind, items=items, numbers=numbers, source="test", text=text)


def test_facts_with_a_series_become_the_fitting_chart():
    trend = fact(
        "trend", "It peaked.", **{"n 2017-01": 10, "n_x 2017-01": 1, "n 2017-02": 10, "n_x 2017-02": 4}
    )
    parts = fact(
        "context", **{"n morning": 10, "n_x morning": 1, "n evening": 10, "n_x evening": 4, "n west": 1}
    )
    heat = fact("context", **{"n friday 18": 10, "n_x friday 18": 4, "n monday 9": 10, "n_x monday 9": 1})
    gaps = fact("cycle", **{"gaps 1–7": 5, "gaps 8–14": 2, "median": 6})
    made = chart.charts_of([trend, parts, heat, gaps, fact("count", n=4, n_x=2)], {}, "Beer")
    assert [one.kind for one in made] == ["line", "bar", "heatmap", "histogram"]
    assert made[0].sentence == "It peaked."
    assert made[1].x == ("Morning", "Evening")
    assert made[1].y == (0.1, 0.4)
    assert made[1].evidence == ("e1",)


def test_rules_become_bars_of_their_confidence():
    rules = [fact("rule", items=("a", key), n_x=100, n_xy=n) for key, n in (("b", 40), ("c", 10))]
    (made,) = chart.charts_of(rules, {"b": "Salsa", "c": "Dip"}, "Chips")
    assert made.x == ("Salsa", "Dip")
    assert made.labels == ("40 of 100 baskets with Chips (40.0 %)", "10 of 100 baskets with Chips (10.0 %)")
    assert chart.charts_of(rules[:1], {}, "Chips") == ()


@given(
    st.integers(1, 25).flatmap(
        lambda n: st.tuples(
            st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40)
        )
    )
)
def test_nodes_lie_within_the_frame_and_the_same_links_give_the_same_picture(drawn):
    n, links = drawn
    places = spread(n, links)
    assert len(places) == n
    assert all(-1.0001 <= value <= 1.0001 for place in places for value in place)
    assert places == spread(n, links)


NAMES = st.text("abcdefgh ", min_size=1, max_size=40).map(str.strip).filter(bool)


@given(st.lists(NAMES, min_size=2, max_size=30), st.data())
def test_no_name_covers_another_or_leaves_the_frame_on_the_narrowest_screen(names, data):
    node = st.integers(0, len(names) - 1)
    links = data.draw(st.lists(st.tuples(node, node).filter(lambda link: link[0] != link[1]), max_size=20))
    placed = place(names, links)
    boxes = []
    for (x, y), above, said in zip(placed.places, placed.above, placed.names, strict=True):
        half, tall = max(16, 6.1 * max(map(len, said))) / 2, 13 * len(said)
        top, bottom = (y - 8 - tall, y + 8) if above else (y - 8, y + 8 + tall)
        assert min(x - half, top, WIDTH - x - half, placed.height - bottom) >= -0.01
        boxes.append((x - half, top, x + half, bottom))
    for at, one in enumerate(boxes):
        for other in boxes[:at]:
            wide = min(one[2], other[2]) - max(one[0], other[0])
            tall = min(one[3], other[3]) - max(one[1], other[1])
            assert min(wide, tall) <= 3, "a pixel or two at the edges is no cover"


def test_a_long_name_takes_two_lines_and_ends_in_an_ellipsis():
    assert lines("Salsa") == ("Salsa",)
    assert lines("Star Trek VI: The Undiscovered Country") == ("Star Trek VI:", "The Undiscove…")
    assert lines("Salsaandpicantesauce") == ("Salsaandpicant", "esauce")


def test_plotly_is_imported_in_one_file_alone():
    from pathlib import Path

    files = (Path(__file__).parents[1] / "bot").rglob("*.py")
    users = [
        file.name for file in files if re.search(r"^\s*(import|from) plotly", file.read_text("utf-8"), re.M)
    ]
    assert users == ["charts.py"]
