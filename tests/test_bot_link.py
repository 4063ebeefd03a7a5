"""What is found in a message, where, and how surely."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.lexicon import Lexicon
from bot.dialogue.lexicon_text import flat, key, singular
from bot.dialogue.lexicon_time import refine
from tests.linking_world import groceries, movies

FILM, SHOP = movies(), groceries()


def found(lexicon: Lexicon, text: str) -> list[tuple[str, Any]]:
    """Kind and value of each span; a refused one carries "not"."""
    return [(("not " if s.negated else "") + s.kind, s.value) for s in lexicon.link(text).spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Toy Story", [("item", "toy")]),
        ("the godfather", [("item", "godfather")]),
        ("godfather part 2", [("item", "godfather2")]),
        ("Godfather II", [("item", "godfather2")]),
        ("12 monkeys", [("item", "monkeys")]),
        ("schindlers lsit", [("item", "schindler")]),
        ("start wars", [("item", "starwars")]),
        ("forest gump", [("item", "gump")]),
        ("brave heart", [("item", "braveheart")]),
        ("dr strangelove", [("item", "strangelove")]),
        ("mash", [("item", "mash")]),
        ("et", [("item", "et")]),
        ("se7en", [("item", "seven")]),
        ("Sabrina (1954)", [("item", "sabrina54")]),
        ("Sabrina 1995", [("item", "sabrina95")]),
        ("saturday night fever", [("item", "fever")]),
        ("on saturday night", [("context", "saturday night")]),
        ("something like Friday", [("item", "friday")]),
        ("what about Friday", [("item", "friday")]),
        ("see you on Friday", [("context", "friday")]),
        ("movies with strong women", []),
        ("movies about money", []),
        ("planning a big night", [("context", "night")]),
        ("something for kids", [("category", "Children's")]),
        ("I liked Kids", [("verdict", "like"), ("item", "kids")]),
        ("not Titanic or Heat", [("not item", "titanic"), ("not item", "heat")]),
        ("no horror, but a comedy", [("not category", "Horror"), ("category", "Comedy")]),
        ("why not Alien?", [("item", "alien")]),
        ("people on the west coast", [("place", "CA|OR|WA")]),
        ("in the south", [("place", "south")]),
        ("in CA or NY", [("place", "CA"), ("place", "NY")]),
        ("in or out", []),
    ],
)
def test_names_times_and_refusals_of_films(text: str, expected: list[tuple[str, Any]]):
    assert found(FILM, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nappies", [("item", "diapers")]),
        ("a tortilla chip", [("item", "tortilla-chips")]),
        ("toilet paper", [("item", "toilet-tissue")]),
        ("picante sauce", [("item", "salsa")]),
        ("coffee", [("category", "Coffee")]),
        ("store 367 against 406", [("place", "367"), ("place", "406")]),
        ("Store #99", [("place", "99")]),
        ("under $5", [("filter", "price<5")]),
        ("only store brands", [("filter", "brand=Private")]),
        ("without eggs", [("not category", "Eggs")]),
        ("within two weeks", [("number", 14)]),
        ("next in, say, a week", [("number", 7)]),
        ("keep it to a fortnight", [("number", 14)]),
        ("how often in a week", []),
        ("at nite", [("context", "night")]),
        ("a dozen products", [("k", 12)]),
    ],
)
def test_names_places_and_measures_of_groceries(text: str, expected: list[tuple[str, Any]]):
    assert found(SHOP, text) == expected


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("before 1970", {"year_to": 1969}),
        ("after 1980", {"year_from": 1981}),
        ("nothing after 1980", {"year_to": 1980}),
        ("nothing older than 1980", {"year_from": 1980}),
        ("from the 90s", {"year_from": 1990, "year_to": 1999}),
        ("late eighties", {"year_from": 1987, "year_to": 1989}),
        ("between 1950 and 1960", {"year_from": 1950, "year_to": 1960}),
        ("1950-60", {"year_from": 1950, "year_to": 1960}),
        ("since 1985", {"year_from": 1985}),
        ("from 1994 on", {"year_from": 1994}),
        ("in 1994", {"year_from": 1994, "year_to": 1994}),
        ("the ninties", {"year_from": 1990, "year_to": 1999}),
        ("from '67 to '75", {"year_from": 1967, "year_to": 1975}),
        ("something from '82", {"year_from": 1982, "year_to": 1982}),
        ("before nineteen-seventy", {"year_to": 1969}),
        ("after nineteen ninety", {"year_from": 1991}),
        ("out in ninety-seven", {"year_from": 1997, "year_to": 1997}),
        ("no later than fifty-five", {"year_to": 1955}),
        ("from eighty to eighty nine", {"year_from": 1980, "year_to": 1989}),
        ("the 60s or 70s", {"year_from": 1960, "year_to": 1979}),
        ("fifties and sixties", {"year_from": 1950, "year_to": 1969}),
        ("late sixties to early seventies", {"year_from": 1967, "year_to": 1973}),
        ("pre-war", {"year_to": 1939}),
        ("post-war", {"year_from": 1946}),
        ("1980年以前", {"year_to": 1979}),
        ("九十年代", {"year_from": 1990, "year_to": 1999}),
    ],
)
def test_years_are_inclusive_bounds(text: str, bounds: dict[str, int]):
    links = FILM.link(text)
    assert {span.kind: span.value for span in links.spans} == bounds


def test_an_ambiguous_word_is_the_most_bought_and_keeps_the_others():
    (span,) = SHOP.link("chips").spans
    assert (span.value, span.alternatives) == ("potato-chips", ("tortilla-chips",))


def test_positions_are_those_of_the_message_even_where_words_were_corrected():
    text = "I adore toy sotry and then alladin!"
    spans = FILM.link(text).of("item")
    assert [text[span.start : span.end] for span in spans] == ["toy sotry", "alladin"]
    assert all(span.score < 1 for span in spans)


@pytest.mark.parametrize(
    ("before", "now", "meant"),
    [
        ("friday evening", "sunday", "sunday"),
        ("friday evening", "morning", "friday morning"),
        ("", "evening friday", "friday evening"),
        ("friday evening", "tonight", "tonight"),
        ("weekend", "winter", "winter"),
        ("winter", "evening", "evening winter"),
    ],
)
def test_a_finer_time_keeps_the_coarser_one(before: str, now: str, meant: str):
    assert refine(before, now) == meant


def test_singulars():
    words = {
        "berries": "berry",
        "tomatoes": "tomato",
        "mixes": "mix",
        "chips": "chip",
        "swiss": "swiss",
        "pies": "pie",
    }
    assert {word: singular(word) for word in words} == words


@given(st.text(max_size=80))
def test_any_text_gives_ordered_spans_inside_it(text: str):
    links = FILM.link(text)
    bounds = [(span.start, span.end) for span in links.spans]
    assert all(0 <= start < end <= len(text) for start, end in bounds)
    distinct = sorted(set(bounds))
    assert all(first[1] <= second[0] for first, second in pairwise(distinct))
    assert len(flat(text)) == len(text)


@given(st.sampled_from(sorted(FILM.titles)), st.booleans())
def test_every_title_links_to_its_item_in_quotes_in_any_case(item: str, upper: bool):
    title = FILM.titles[item].upper() if upper else FILM.titles[item].lower()
    values = FILM.link(f'tell me about "{title}"').of("item")
    assert item in {str(v.value) for v in values} | {a for v in values for a in v.alternatives}


@given(st.text(alphabet="abcdefg &'", max_size=20))
def test_a_key_of_a_key_is_itself(text: str):
    assert key(key(text)) == key(text)


def test_a_very_long_message_is_linked_in_linear_time():
    text = "I loved Toy Story on friday nights but not qwertyuiop " * 150
    began = time.process_time()
    assert len(FILM.link(text).of("item")) == 150
    assert time.process_time() - began < 3


def test_a_category_beats_the_odd_item_of_the_same_name() -> None:
    items = pd.DataFrame(
        {
            "item": ["ground", "beans", "coffee", "bread"],
            "title": ["Ground coffee", "Coffee beans", "Coffee", "Bread"],
            "category": ["Coffee", "Coffee", "Coffee", "Bread"],
            "n": [900, 300, 13, 500],
        }
    )
    lexicon = Lexicon.build(items)
    [span] = lexicon.link("how often do people buy coffee?").spans
    assert (span.kind, span.value) == ("category", "Coffee")
    assert lexicon.link("ground coffee").values("item") == ("ground",)
    assert lexicon.link("what goes with bread?").values("item") == ("bread",), "bread is most of its category"
