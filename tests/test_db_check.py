"""Checking rows: the log's check by column agrees with the record that validates one row."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from db.records import InteractionRecord, ItemRecord, PlaceRecord, reason
from db.sources.base import Batch, Content
from db.sources.check import check, check_interactions, id_codes, instants, shorten

ITEMS = ["1", "2", "long" * 40]
CELLS = st.one_of(
    st.none(),
    st.just(math.nan),
    st.integers(-3, 3),
    st.floats(-2, 2),
    st.sampled_from(["", " 1 ", "2", "x" * 201]),
)


def batch(frame: pd.DataFrame, file: str = "log.csv") -> Batch:
    return Batch(frame.set_axis(pd.RangeIndex(2, len(frame) + 2)), file)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(CELLS, CELLS, st.sampled_from(["buy", "rate", "sell", "", None]), CELLS, CELLS),
        min_size=1,
        max_size=6,
    )
)
def test_the_log_is_checked_as_the_record_checks_a_row(rows):
    frame = pd.DataFrame(rows, columns=["person", "item", "kind", "value", "place"], dtype=object)
    faults = []
    kept = check_interactions([batch(frame)], ITEMS, faults)
    expected = []
    for line, cells in enumerate(frame.to_dict("records"), start=2):
        try:
            record = InteractionRecord.model_validate({k: None if v != v else v for k, v in cells.items()})
        except ValidationError:
            expected.append(line)
            continue
        if record.item not in ITEMS:
            expected.append(line)
    assert [fault.line for fault in faults] == expected
    assert len(kept) + len(faults) == len(rows)


@pytest.mark.parametrize(
    "cell",
    [
        1_000_000_000,
        1_000_000_000_000,
        1_000_000_000_000_000,
        1_000_000_000_000_000_000,
        1e9,
        "1000000000",
        "2001-09-09T01:46:40",
        "2001-09-09 01:46:40+00:00",
        "2001-09-09T03:46:40+02:00",
        datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC),
        datetime(2001, 9, 9, 1, 46, 40),  # noqa: DTZ001 (a naive time means UTC)
    ],
)
def test_every_way_to_write_one_instant(cell):
    at, bad = instants(pd.Series([cell, None], dtype=object))
    assert not bad.any()
    assert at[0] == pd.Timestamp("2001-09-09T01:46:40Z")
    assert pd.isna(at[1])
    assert str(at.dtype) == "datetime64[ns, UTC]"


@pytest.mark.parametrize(
    "cell", ["yesterday", "2001-13-01", "2001-02-30", "1e30", "inf", 1e300, "10/11/2001"]
)
def test_what_is_no_instant_is_said_to_be_none(cell):
    at, bad = instants(pd.Series([cell], dtype=object))
    assert bad.tolist() == [True]
    assert at.isna().all()


@given(st.lists(CELLS, max_size=12))
def test_id_codes_are_the_texts_of_the_cells(cells):
    codes = id_codes(pd.Series(cells, dtype=object))
    for cell, text in zip(cells, codes, strict=True):
        empty = cell is None or cell != cell or (isinstance(cell, str) and not cell.strip())
        if empty:
            assert pd.isna(text)
        elif isinstance(cell, str):
            assert text == cell.strip()
        else:
            assert float(text) == float(cell)


def test_whole_floats_are_whole_ids():
    assert id_codes(pd.Series([5.0, np.nan, 7.0])).tolist()[::2] == ["5", "7"]


def test_totals_add_up_and_strangers_are_made():
    content = Content(
        items=(
            batch(pd.DataFrame({"item": ["a", "a", None], "title": ["A", "again", "none"]}), "items.csv"),
        ),
        interactions=(
            batch(
                pd.DataFrame(
                    {
                        "person": ["p", "q", "p"],
                        "item": ["a", "a", "z"],
                        "kind": "buy",
                        "place": ["s", None, "s"],
                    }
                )
            ),
        ),
        people=(batch(pd.DataFrame({"person": ["p"], "place": ["home"], "age": [3]})),),
        places=(
            batch(pd.DataFrame({"place": ["s"], "parent": ["west"], "zone": ["Mars/Base"]}), "places.csv"),
        ),
        dropped={"interactions": {"quantity 0": 4}},
    )
    checked = check(content)
    log = checked.tallies["interactions"]
    assert (log.read, log.kept, log.quarantined, dict(log.dropped)) == (7, 2, 1, {"quantity 0": 4})
    assert (checked.tallies["items"].kept, checked.tallies["items"].quarantined) == (1, 2)
    assert [person.person for person in checked.people] == ["p", "q"]
    assert {place.place for place in checked.places} == {"s", "home"}
    assert [(row.file, row.line) for row in checked.quarantined] == [
        ("items.csv", 3),
        ("items.csv", 4),
        ("places.csv", 2),
        ("log.csv", 4),
    ]
    assert checked.quarantined[-1].reason == "the catalogue has no such item"


def test_reasons_name_the_field():
    with pytest.raises(ValidationError) as caught:
        ItemRecord.model_validate({"item": 3, "title": "x", "year": "soon"})
    assert reason(caught.value).startswith("year: ")
    with pytest.raises(ValidationError) as caught:
        ItemRecord.model_validate({"item": math.nan, "title": "x"})
    assert reason(caught.value) == "item is missing"
    with pytest.raises(ValidationError) as caught:
        PlaceRecord.model_validate({"place": 1, "zone": "Nowhere/Land"})
    assert reason(caught.value) == "zone: 'Nowhere/Land' is not an IANA time zone"


def test_a_long_row_is_shortened():
    assert len(shorten({"text": "x" * 5000})) == 300
    assert shorten({"a": math.nan, "b": 2}) == '{"a": null, "b": "2"}'
