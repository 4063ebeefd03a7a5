"""A ledger against a full mine over what remains, after any changes in any order."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mining
from mining.config import MiningConfig
from mining.errors import MiningError
from mining.incremental import Ledger
from mining.rulebook import RuleBook
from tests.mining_log import CATALOGUE, PLACES, ZONE, Basket, frame

CONFIG = MiningConfig(zone=ZONE, min_count=4, min_people=2, min_gain=1.0, q_value=0.3, max_person_share=1.0)
START = datetime(2017, 1, 1, tzinfo=UTC)


def shopping(
    seed: int, *, people: int = 30, baskets: int = 500, first: int = 0, days: int = 200
) -> pd.DataFrame:
    """Rows of people with habits: dip goes with chips (on Fridays mostly), gum with both, eggs follow figs, apples rise.

    Some rows have no time or place, and some no till basket but a day.
    """
    rng = np.random.default_rng(seed)
    liking = np.random.default_rng(1).random((people, len(CATALOGUE))) * 0.5
    log = []
    for _ in range(baskets):
        person, minute = int(rng.integers(people)), int(rng.integers(days * 24 * 60))
        at = START + timedelta(days=first, minutes=minute)
        held = {
            item
            for item, share in zip(CATALOGUE["item"], liking[person], strict=True)
            if rng.random() < share
        }
        held |= {"dip"} if "chips" in held and rng.random() < (0.9 if at.weekday() == 4 else 0.2) else set()
        held |= {"dip"} if "chips" not in held and rng.random() < 0.3 else set()
        held |= {"gum"} if {"chips", "dip"} <= held and rng.random() < 0.8 else set()
        held |= {"apple"} if rng.random() < minute / days / 1440 else set()
        held |= {"fig"} if rng.random() < 0.2 else set()
        place = [None, "s1", "s2", "s3"][int(rng.integers(4))]
        known = rng.random() > 0.05
        log.append(Basket(f"p{person}", at if known else None, place, frozenset(held or {"bread"})))
        if "fig" in held:
            later = at + timedelta(days=float(rng.uniform(1, 5)))
            log.append(Basket(f"p{person}", later, place, frozenset({"eggs"})))
    rows = frame(log)
    rows["basket"] = rows["basket"].where(rng.random(len(rows)) < 0.7, None).radd(f"{seed}-")
    return rows


def mined(rows: pd.DataFrame, config: MiningConfig = CONFIG) -> RuleBook:
    return mining.mine(rows, CATALOGUE, PLACES, config=config)


def assert_same(left: RuleBook, right: RuleBook) -> None:
    """Every rule with every number, bit for bit, in the same order; and the index behind them."""
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        assert repr(asdict(one)) == repr(asdict(other))
    pd.testing.assert_frame_equal(left.to_frame(), right.to_frame(), check_exact=True)
    for name in ("items", "people", "categories", "names"):
        assert getattr(left.index, name) == getattr(right.index, name)
    for name in ("person", "at", "day", "hour", "start", "basket_items", "table"):
        assert np.array_equal(getattr(left.index, name), getattr(right.index, name)), name


def opened(rows: pd.DataFrame, config: MiningConfig = CONFIG) -> Ledger:
    return Ledger.of(rows, CATALOGUE, PLACES, config=config)


def test_a_first_ledger_is_a_full_mine() -> None:
    rows = shopping(1)
    book = opened(rows).book
    assert_same(book, mined(rows))
    assert {rule.kind for rule in book} == {"together", "next", "context", "cycle", "trend"}
    assert {(rule.kind, len(rule.antecedent)) for rule in book} >= {
        ("together", 2),
        ("context", 1),
        ("context", 0),
    }


def test_an_appended_week_gives_the_book_of_all_rows() -> None:
    rows, week = shopping(1), shopping(2, baskets=20, first=200, days=7)
    assert_same(opened(rows).append(week).book, mined(pd.concat([rows, week], ignore_index=True)))


@pytest.mark.parametrize("basket", ["auto", "day", "session"])
def test_late_rows_join_the_baskets_that_they_belong_to(basket: Any) -> None:
    """Rows dealt at random to two batches: nearly every basket is torn."""
    config = CONFIG.model_copy(update={"basket": basket, "session_gap": 600})
    rows = shopping(5)
    mine = np.random.default_rng(0).random(len(rows)) < 0.5
    ledger = opened(rows[mine], config).append(rows[~mine])
    assert_same(ledger.book, mined(pd.concat([rows[mine], rows[~mine]]), config))


def test_expired_baskets_leave_no_trace() -> None:
    rows = shopping(3)
    before = START + timedelta(days=90)
    whole = rows.groupby(["person", "basket"])["at"].transform("min")
    late = rows[(whole.fillna(rows["at"]) >= before) | rows["at"].isna()]
    day = MiningConfig(**(CONFIG.model_dump() | {"zone": "UTC"}))
    ledger = Ledger.of(rows, CATALOGUE, None, config=day).expire(before)
    assert_same(ledger.book, mining.mine(late, CATALOGUE, config=day))
    assert ledger.expire(before) is ledger


def test_a_person_is_taken_back() -> None:
    rows = shopping(4)
    ledger = opened(rows).subtract("p3")
    assert "p3" not in ledger.people
    assert_same(ledger.book, mined(rows[rows["person"] != "p3"]))
    with pytest.raises(MiningError, match="no basket of 'p33' is kept; did you mean 'p3'"):
        opened(rows).subtract("p33")


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 99), st.integers(0, 260)),
        st.tuples(st.just("subtract"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("expire"), st.integers(0, 150), st.just(0)),
    ),
    min_size=1,
    max_size=4,
)


@given(CHANGES, st.integers(2, 9), st.sampled_from([2, 3]), st.sampled_from([0.05, 0.4, 1.0]))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_changes_in_any_order_give_the_book_of_what_remains(
    changes: list[tuple[str, int, int]], windows: int, max_len: int, level: float
) -> None:
    update = {"windows": windows, "max_len": max_len, "max_basket": 6, "q_value": level}
    config = CONFIG.model_copy(update=update)
    rows = shopping(7, baskets=80)
    rows["basket"] = "a-" + rows["person"] + rows["at"].astype(str)  # every basket has one instant
    ledger = opened(rows, config)
    for number, (change, one, two) in enumerate(changes):
        if change == "append":
            more = shopping(one, people=9, baskets=12, first=two, days=14)
            more["basket"] = f"{number}-" + more["person"] + more["at"].astype(str)
            ledger, rows = ledger.append(more), pd.concat([rows, more], ignore_index=True)
        elif change == "expire":
            before = START + timedelta(days=one)
            ledger, rows = ledger.expire(before), rows[~(rows["at"] < before)]
        elif f"p{one}" in ledger.people:
            ledger, rows = ledger.subtract(f"p{one}"), rows[rows["person"] != f"p{one}"]
    assert_same(ledger.book, mined(rows, config))


def test_a_ledger_goes_on_after_it_was_saved(tmp_path: Path) -> None:
    rows, week = shopping(1, baskets=60), shopping(2, baskets=20, first=200, days=7)
    opened(rows).save(tmp_path / "ledger")
    ledger = Ledger.load(tmp_path / "ledger").append(week)
    assert_same(ledger.book, mined(pd.concat([rows, week], ignore_index=True)))
    assert {path.suffix for path in (tmp_path / "ledger").iterdir()} == {".npy", ".json"}
    (tmp_path / "ledger" / "ledger.json").write_text('{"format": 0}')
    with pytest.raises(MiningError, match="format 0, not 1"):
        Ledger.load(tmp_path / "ledger")
    with pytest.raises(MiningError, match="no ledger in 'nowhere'"):
        Ledger.load(tmp_path / "nowhere")


def test_a_ledger_may_begin_and_end_empty() -> None:
    rows = shopping(1, baskets=30)
    none = rows.iloc[:0]
    assert_same(opened(none).append(rows).book, mined(rows))
    assert_same(opened(rows).append(none).book, mined(rows))
    emptied = opened(rows[rows["person"] == "p1"]).subtract("p1")
    assert len(emptied) == len(emptied.book) == 0
