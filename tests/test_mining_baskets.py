from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mining.baskets import NAT, Baskets, make_baskets
from mining.config import MiningConfig
from mining.errors import BadFrame
from tests.mining_log import CATALOGUE, PLACES, frame, random_log


def contents(baskets: Baskets) -> list[tuple[str, tuple[str, ...]]]:
    rows = [
        tuple(baskets.items[one] for one in baskets.matrix.indices[begin:end])
        for begin, end in zip(baskets.matrix.indptr[:-1], baskets.matrix.indptr[1:], strict=True)
    ]
    return [(baskets.people[person], row) for person, row in zip(baskets.person, rows, strict=True)]


def log(*rows: tuple[object, ...]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["person", "item", "at", "basket"])
    table["at"] = pd.to_datetime(table["at"], utc=True, format="ISO8601")
    return table


def test_a_till_basket_is_kept_and_loose_rows_make_a_day() -> None:
    table = log(
        ("p", "a", "2017-01-02T10:00Z", "t1"),
        ("p", "b", "2017-01-02T10:05Z", "t1"),
        ("p", "a", "2017-01-02T12:00Z", None),
        ("p", "c", "2017-01-02T20:00Z", None),
        ("q", "a", "2017-01-02T10:00Z", "t1"),
    )
    assert contents(make_baskets(table)) == [("p", ("a", "b")), ("p", ("a", "c")), ("q", ("a",))]
    by_day = make_baskets(table, config=MiningConfig(basket="day"))
    assert contents(by_day) == [("p", ("a", "b", "c")), ("q", ("a",))]


def test_a_day_is_local_and_begins_when_the_owner_says() -> None:
    table = log(("p", "a", "2017-01-02T23:00Z", None), ("p", "b", "2017-01-03T04:00Z", None))
    assert len(make_baskets(table)) == 2
    assert len(make_baskets(table, config=MiningConfig(zone="America/New_York"))) == 1
    assert len(make_baskets(table, config=MiningConfig(day_start=5))) == 1


def test_a_session_ends_at_a_pause() -> None:
    table = log(
        ("p", "a", "2017-01-02T10:00Z", None),
        ("p", "b", "2017-01-02T10:59Z", None),
        ("p", "c", "2017-01-02T12:00Z", None),
        ("p", "d", None, None),
    )
    config = MiningConfig(basket="session", session_gap=60)
    assert contents(make_baskets(table, config=config)) == [("p", ("d",)), ("p", ("a", "b")), ("p", ("c",))]


def test_the_first_row_gives_a_basket_its_instant_and_rows_are_sorted() -> None:
    made = make_baskets(frame(random_log(3)), CATALOGUE, PLACES)
    assert (np.diff(made.person) >= 0).all()
    same = np.diff(made.person) == 0
    assert (made.at[1:][same] >= made.at[:-1][same]).all()
    assert (made.context["weekday"][made.at == NAT] == -1).all()


def test_variants_roll_up_to_their_parent_or_stay() -> None:
    items = pd.DataFrame(
        {"item": ["cola", "cola-can", "tea-box"], "title": ["Cola", "Can", "Box"], "category": ["Drinks", "Cans", "Tea"],
         "parent": [None, "cola", "tea"]}
    )  # fmt: skip
    table = log(("p", "cola-can", "2017-01-02T10:00Z", "1"), ("p", "cola", "2017-01-02T10:00Z", "1"),
                ("q", "tea-box", "2017-01-02T10:00Z", "2"))  # fmt: skip
    rolled = make_baskets(table, items)
    assert contents(rolled) == [("p", ("cola",)), ("q", ("tea",))]
    assert rolled.names["cola"] == "Cola"
    assert "tea" not in rolled.names  # the frame names its variant only
    assert rolled.categories == ("Drinks", "Tea")
    kept = make_baskets(table, items, config=MiningConfig(level="item"))
    assert contents(kept) == [("p", ("cola", "cola-can")), ("q", ("tea-box",))]


def test_ids_of_any_type_become_str_and_optional_columns_may_be_absent() -> None:
    made = make_baskets(pd.DataFrame({"person": [1, 1, 2], "item": [7, 8, 7]}))
    assert contents(made) == [("1", ("7", "8")), ("2", ("7",))]
    assert (made.place == -1).all()


@pytest.mark.parametrize("columns", [["person", "item"], ["person", "item", "at", "place", "basket"]])
def test_no_rows_make_no_baskets(columns: list[str]) -> None:
    made = make_baskets(pd.DataFrame(columns=columns), CATALOGUE, PLACES)
    assert len(made) == 0
    assert made.matrix.shape == (0, 0)


def test_a_frame_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(BadFrame, match=r"need columns \['item'\]; they have \['person', 'thing'\]"):
        make_baskets(pd.DataFrame({"person": ["p"], "thing": ["a"]}))
    with pytest.raises(BadFrame, match="1 interactions have no 'item'"):
        make_baskets(pd.DataFrame({"person": ["p"], "item": [None]}))
    with pytest.raises(BadFrame, match="'at' holds something that is no instant"):
        make_baskets(pd.DataFrame({"person": ["p"], "item": ["a"], "at": ["soon"]}))
    circle = pd.DataFrame({"place": ["a", "b"], "parent": ["b", "a"]})
    with pytest.raises(BadFrame, match="its own ancestor"):
        make_baskets(log(("p", "a", None, None)), None, circle)
