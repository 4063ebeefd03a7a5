"""Filters: every comparison against a slow row-by-row reading of the same words, and errors that help."""

from __future__ import annotations

import operator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import FilterError, ItemFilters

FILMS = pd.DataFrame(
    {
        "item": ["1", "2", "3", "4", "5"],
        "title": ["Toy Story", "Alien", "Aladdin", "Airplane!", "Untitled"],
        "category": ["Animation|Comedy|Children's", "Sci-Fi|Horror", "Animation|Comedy", "Comedy", None],
        "year": pd.array([1995, 1979, 1992, 1980, None], dtype="Int64"),
        "price": [9.99, 4.0, 20.0, np.nan, 7.5],
        "studio": ["Pixar", "Fox", "Disney", "Paramount", "Fox"],
        "colour": [True, True, True, False, True],
    }
)


def passing(**asked):
    mask = ItemFilters(FILMS).mask(**asked)
    return list(FILMS["item"][mask])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["1", "2", "3", "4", "5"]),
        ({"category": "comedy"}, ["1", "3", "4"]),
        ({"category": " "}, ["1", "2", "3", "4", "5"]),
        ({"category": "sci fi"}, ["2"]),
        ({"category": "childrens"}, ["1"]),
        ({"category": "Horror|Animation"}, ["1", "2", "3"]),
        ({"category": "!Animation"}, ["2", "4", "5"]),
        ({"category": "not animation"}, ["2", "4", "5"]),
        ({"category": "Comedy|!Animation"}, ["4"]),
        ({"category": "!Horror|!Comedy"}, ["5"]),
        ({"filters": ["category=Comedy", "category=Animation"]}, ["1", "3"]),
        ({"year_from": 1980}, ["1", "3", "4"]),
        ({"year_to": 1980}, ["2", "4"]),
        ({"year_from": 1980, "year_to": 1992}, ["3", "4"]),
        ({"year_from": 1999, "year_to": 1990}, []),
        ({"filters": ["price<9.99"]}, ["2", "5"]),
        ({"filters": ["price <= $9.99"]}, ["1", "2", "5"]),
        ({"filters": ["price>=20"]}, ["3"]),
        ({"filters": ["price!=4"]}, ["1", "3", "4", "5"]),
        ({"filters": ["price==4"]}, ["2"]),
        ({"filters": ["Year > 1990", "price<10"]}, ["1"]),
        ({"filters": ["studio=fox"]}, ["2", "5"]),
        ({"filters": ["studio=Fox|Disney"]}, ["2", "3", "5"]),
        ({"filters": ["studio != Fox"]}, ["1", "3", "4"]),
        ({"filters": ["colour=false"]}, ["4"]),
    ],
)
def test_what_passes(asked, expected):
    assert passing(**asked) == expected


@pytest.mark.parametrize(
    ("asked", "says", "first_choice"),
    [
        ({"category": "Comdy"}, "no category 'Comdy'", "Comedy"),
        ({"category": "!Horor"}, "no category 'Horor'", "Horror"),
        ({"filters": ["prize<20"]}, "no attribute 'prize'", "price"),
        ({"filters": ["studio=Dysney"]}, "no studio 'Dysney'", "Disney"),
        ({"filters": ["studio<Fox"]}, "holds words", "Disney"),
        ({"filters": ["price"]}, "cannot read the filter 'price'", "category"),
        ({"filters": ["<20"]}, "cannot read the filter", "category"),
        ({"filters": ["price<"]}, "cannot read the filter", "category"),
        ({"filters": ["price<cheap"]}, "'price' holds numbers", None),
        ({"category": "|"}, "names nothing", "Animation"),
    ],
)
def test_errors_name_what_there_is(asked, says, first_choice):
    with pytest.raises(FilterError) as caught:
        passing(**asked)
    assert says in str(caught.value)
    assert caught.value.choices[:1] == ((first_choice,) if first_choice else ())
    if first_choice and "attribute" not in says and "read" not in says:
        assert repr(first_choice) in str(caught.value) or "words" in says


def test_title_and_text_are_no_attributes():
    assert ItemFilters(FILMS).attributes == ("category", "year", "price", "studio", "colour")
    with pytest.raises(FilterError, match="no attribute 'title'"):
        passing(filters=["title=Alien"])


def test_a_catalogue_without_categories_or_years_says_so():
    bare = ItemFilters(pd.DataFrame({"item": ["1"]}))
    assert bare.categories == ()
    with pytest.raises(FilterError, match=r"no attribute 'category'.*none"):
        bare.mask(category="Comedy")
    with pytest.raises(FilterError, match="no attribute 'year'"):
        bare.mask(year_from=1990)
    with pytest.raises(ValueError, match="needs the column 'item'"):
        ItemFilters(pd.DataFrame({"id": ["1"]}))


def test_a_parent_passes_where_one_variant_meets_everything():
    goods = pd.DataFrame(
        {
            "item": ["chips", "c1", "c2", "milk", "m1", "lost"],
            "category": ["Snacks", None, None, "Dairy", None, None],
            "brand": [None, "Private", "National", None, "National", "Private"],
            "ounces": [np.nan, 8.0, 12.0, np.nan, 64.0, 12.0],
            "parent": [None, "chips", "chips", None, "milk", "gone"],
        }
    )
    asked = ItemFilters(goods)

    def ids(**words):
        return list(goods["item"][asked.mask(**words)])

    assert ids(category="snacks") == ["chips", "c1", "c2"]
    assert ids(filters=["brand=National"]) == ["chips", "c2", "milk", "m1"]
    assert ids(filters=["brand=Private", "ounces>=12"]) == ["lost"]
    assert ids(filters=["brand!=Private"]) == ["chips", "c2", "milk", "m1"]
    assert ids(filters=["brand=!National"]) == ["chips", "c1", "lost"]
    assert ids(filters=["ounces!=64"]) == ["chips", "c1", "c2", "lost"]
    assert ids(category="Snacks", filters=["brand=National", "ounces>=12"]) == ["chips", "c2"]


OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


@given(
    numbers=st.lists(st.integers(-5, 5) | st.none(), min_size=1, max_size=12),
    op=st.sampled_from(sorted(OPERATORS)),
    than=st.integers(-6, 6),
)
def test_numbers_compare_as_python_does(numbers, op, than):
    frame = pd.DataFrame(
        {"item": [str(row) for row in range(len(numbers))], "x": pd.array(numbers, dtype="Int64")}
    )
    mask = ItemFilters(frame).mask(filters=[f"x{op}{than}"])
    expected = [OPERATORS[op](n, than) if n is not None else op == "!=" for n in numbers]
    assert mask.tolist() == expected


@given(
    cells=st.lists(st.lists(st.sampled_from("ABCD"), unique=True, max_size=3), min_size=1, max_size=10),
    wanted=st.sets(st.sampled_from("ABCD"), max_size=3),
    excluded=st.sets(st.sampled_from("ABCD"), max_size=2),
)
def test_categories_are_sets(cells, wanted, excluded):
    known = {label for cell in cells for label in cell}
    wanted, excluded = wanted & known, excluded & known
    frame = pd.DataFrame(
        {
            "item": [str(row) for row in range(len(cells))],
            "category": ["|".join(cell) or None for cell in cells],
        }
    )
    asked = "|".join([*sorted(wanted), *(f"!{label}" for label in sorted(excluded))])
    mask = ItemFilters(frame).mask(category=asked or None)
    expected = [(not wanted or bool(wanted & set(cell))) and not excluded & set(cell) for cell in cells]
    assert mask.tolist() == expected
