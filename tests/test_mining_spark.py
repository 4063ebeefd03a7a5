"""Spark finds the rules of the local engine: over frames and Parquet, dealt out in parts; itemsets by MLlib too."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mining
from mining import spark
from mining.baskets import make_baskets
from mining.config import MiningConfig
from tests.mining_log import CATALOGUE, PLACES, ZONE, Basket, frame, random_log
from tests.test_mining_miner import planted, same
from tests.test_mining_nextpairs import of_two
from tests.test_mining_nextpairs import planted as followed_both
from tests.test_mining_sequence import planted as followed

CONFIG = MiningConfig(zone=ZONE, min_count=15, min_people=8, next_days=5)


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """Two cores of this machine; a test machine without Java skips, the one that speaks for all fails."""
    lacking = spark.missing()
    if lacking is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(lacking)
    own = spark.local_session(2, "1g")
    yield own
    own.stop()


def log() -> list[Basket]:
    """Pairs, contexts, cycles, trends, followers of one item and of two; some rows without time or place; two baskets at one instant."""
    held = [*planted(people=20, weeks=26), *followed(0.5), *followed_both(), *random_log(3, baskets=200)]
    twins = [Basket(one.person, one.at, one.place, frozenset({"eggs", "dip"})) for one in held[::97]]
    return [*held, *twins]


@pytest.mark.slow
def test_the_rules_are_those_of_the_local_engine(session: Any, tmp_path: Path) -> None:
    rows = frame(log())
    local = mining.mine(rows, CATALOGUE, PLACES, config=CONFIG)
    assert set(Counter(rule.kind for rule in local)) == {"together", "context", "next", "cycle", "trend"}
    assert of_two(local)
    rows.to_parquet(tmp_path / "rows.parquet", coerce_timestamps="us", allow_truncated_timestamps=True)
    for source in (rows, tmp_path / "rows.parquet"):
        far = spark.mine(source, CATALOGUE, PLACES, config=CONFIG, session=session, parts=3)
        assert len(far) == len(local)
        assert all(same(left, right) for left, right in zip(far, local, strict=True))
        assert far.index.people == local.index.people
        assert np.array_equal(far.index.at, local.index.at)
        assert np.array_equal(far.index.basket_items, local.index.basket_items)
        assert far.count("chips", "dip") == local.count("chips", "dip")


@pytest.mark.slow
def test_a_table_over_jdbc_gives_the_same_rules(session: Any, tmp_path: Path) -> None:
    """Derby, which Spark brings along, stands for any database with a JDBC driver."""
    said_to = str(tmp_path / "derby.log")  # else it writes into the folder that the tests run in
    session.sparkContext._jvm.java.lang.System.setProperty("derby.stream.error.file", said_to)
    rows = frame(log())
    local = mining.mine(rows, CATALOGUE, PLACES, config=CONFIG)
    source = spark.Jdbc(
        "jdbc:derby:memory:almanac;create=true", "interactions", partition=("number", 0, 1_000, 3)
    )
    told = rows.astype(object).where(rows.notna(), None)
    instants = [None if at is None else at.to_pydatetime().replace(tzinfo=None) for at in told["at"]]
    table_rows = zip(told["person"], told["item"], told["place"], told["basket"], instants, strict=True)
    session.createDataFrame(
        [(*row, number) for number, row in enumerate(table_rows)],
        "person string, item string, place string, basket string, at timestamp_ntz, number int",
    ).write.jdbc(source.url, source.table)
    far = spark.mine(source, CATALOGUE, PLACES, config=CONFIG, session=session, parts=3)
    assert len(far) == len(local)
    assert all(same(left, right) for left, right in zip(far, local, strict=True))


@pytest.mark.slow
def test_itemsets_of_mllib_are_those_of_the_engine(session: Any) -> None:
    from mining.spark_itemsets import frequent_itemsets

    baskets = make_baskets(frame(random_log(5, baskets=300)), CATALOGUE)
    rows = [[baskets.items[code] for code in baskets.matrix[[row]].indices] for row in range(len(baskets))]
    far = session.createDataFrame([(row,) for row in rows], "items array<string>")
    for support, max_len in ((0.07, None), (0.1, 2), (1.0, None)):
        assert dict(frequent_itemsets(far, support, max_len)) == dict(
            mining.frequent_itemsets(rows, support, max_len)
        )
    with pytest.raises(ValueError, match="min_support"):
        frequent_itemsets(far, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows", [pd.DataFrame(columns=["person", "item"]), pd.DataFrame({"person": ["p"], "item": ["a"]})]
)
def test_little_data_makes_a_book_that_says_little(session: Any, rows: pd.DataFrame) -> None:
    far = spark.mine(rows, CATALOGUE, config=CONFIG, session=session, parts=2)
    assert len(far) == 0
    assert len(far.index) == len(rows)


def test_what_spark_cannot_read_is_refused() -> None:
    class Session:
        """Never asked."""

    if spark.missing() is not None:
        pytest.skip(str(spark.missing()))
    with pytest.raises(spark.NoSpark, match="Parquet, JDBC and frames, not 'int'"):
        spark.read(Session(), 3)


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    told = spark.missing()
    assert told is not None
    assert "install" in told
    with pytest.raises(spark.NoSpark, match="install"):
        spark.mine(frame(log()[:5]), CATALOGUE)
