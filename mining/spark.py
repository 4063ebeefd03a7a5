"""The same rules from more than one machine: Spark reads, groups and counts, and the local engine chooses.

    from mining.spark import mine
    book = mine("hdfs://.../interactions.parquet", items, places)

Persons are dealt out whole, so that everything that is counted adds over the parts of the data: whole numbers, summed
exactly in any order. Ratios, tests, corrections and the choice of rules are the very functions that a local mine
calls, on the sums; a rule book from here equals one from `mining.mine` over the same rows.

Knows where rows come from and the order of the stages. It refuses to know what a basket or a rule is.
`docs/spark.md` says what it costs and what stays on the driver.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from mining.config import MiningConfig
from mining.errors import MiningError
from mining.miner import Progress

if TYPE_CHECKING:
    import pandas as pd

    from mining.rulebook import RuleBook

_ROWS_A_PART = 2_000_000
"""Interactions that one part of the data holds, at most on average: it must fit into a worker's memory."""
_COLUMNS = ("person", "item", "at", "place", "basket")


class NoSpark(MiningError):
    """PySpark or Java is missing, or a source cannot be read by Spark."""


@dataclass(frozen=True)
class Jdbc:
    """A table or query that Spark reads over JDBC; its driver must be on Spark's class path."""

    url: str
    table: str
    """A table's name, or "(SELECT ...) AS rows"."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """`user`, `password`, `driver`, and what else the driver takes."""
    partition: tuple[str, int, int, int] | None = None
    """Numeric column, its lowest and highest value, and how many readers share it; None reads through one."""


Source = "pd.DataFrame | str | os.PathLike[str] | Jdbc | Any"


def mine(
    source: Any,
    items: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    *,
    config: MiningConfig | None = None,
    session: Any = None,
    parts: int | None = None,
    progress: Progress | None = None,
) -> RuleBook:
    """Mine every kind of rule on Spark; see `mining.mine` for the frames.

    Args:
        source: Interactions: a path that Spark reads as Parquet, a `Jdbc`, a Spark frame, or a pandas frame.
        items: The item frame.
        places: The place frame.
        config: Definitions of baskets and contexts, and thresholds.
        session: A Spark session; None starts one on this machine and stops it at the end.
        parts: Into how many parts persons are dealt out; None takes one for every two million rows.
        progress: Hears which stage begins.

    Raises:
        NoSpark: PySpark or Java is missing, or the source is none of these.
        BadFrame: a column is missing, or a value cannot be read.
    """
    from mining.spark_baskets import grouped
    from mining.spark_rules import book_of

    config = config or MiningConfig()
    with _running(session) as spark:
        rows = read(spark, source)
        if progress is not None:
            progress.stage("baskets")
        count = parts or max(ceil(rows.count() / _ROWS_A_PART), spark.sparkContext.defaultParallelism)
        baskets = grouped(rows, items, places, config, count)
        try:
            return book_of(baskets, items, places, config, progress)
        finally:
            baskets.unpersist()


def read(session: Any, source: Any) -> Any:
    """Return the interactions of a source as a Spark frame with a column that keeps their order.

    Raises:
        NoSpark: Spark cannot read this.
        BadFrame: there is no person or item column.
    """
    from pyspark.sql import DataFrame, functions

    from mining.spark_baskets import ORDER, of_pandas

    if isinstance(source, DataFrame):
        rows = source
    elif isinstance(source, Jdbc):
        rows = _over_jdbc(session, source)
    elif isinstance(source, str | os.PathLike):
        rows = session.read.parquet(os.fspath(source))
    elif hasattr(source, "iloc"):
        rows = of_pandas(session, source)
    else:
        raise NoSpark(f"Spark reads Parquet, JDBC and frames, not {type(source).__name__!r}")
    some = [name for name in _COLUMNS if name in rows.columns]
    return rows.select(*some).withColumn(ORDER, functions.monotonically_increasing_id())


def _over_jdbc(session: Any, source: Jdbc) -> Any:
    properties = dict(source.properties)
    if source.partition is None:
        return session.read.jdbc(source.url, source.table, properties=properties)
    column, low, high, readers = source.partition
    return session.read.jdbc(
        source.url,
        source.table,
        column=column,
        lowerBound=low,
        upperBound=high,
        numPartitions=readers,
        properties=properties,
    )


def missing() -> str | None:
    """Return what is missing to run Spark here and how to get it, or None."""
    try:
        import pyspark  # noqa: F401 - whether it is there is all that is asked
    except ImportError:
        return "PySpark is not installed: pip install 'almanac-recommender[spark]'"
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        return "Spark needs Java 17: apt-get install openjdk-17-jre-headless"
    return None


@contextmanager
def _running(session: Any) -> Iterator[Any]:
    """Yield the session, or one of our own that ends with the block."""
    lacking = missing()
    if lacking is not None:
        raise NoSpark(lacking)
    with warnings.catch_warnings():
        # PySpark 4.3 does not know pandas 3 yet: what is used of it here is held to the local engine by a test
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        warnings.filterwarnings("ignore", "The copy keyword is deprecated", DeprecationWarning)
        if session is not None:
            yield session
            return
        own = local_session()
        try:
            yield own
        finally:
            own.stop()


def local_session(cores: int | str = "*", memory: str = "4g") -> Any:
    """Return a Spark session on this machine: UTC, no web page, Arrow between Java and Python."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": memory,
        "spark.driver.maxResultSize": "0",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.shuffle.partitions": "16",
    }
    os.environ.setdefault(
        "PYSPARK_PYTHON", sys.executable
    )  # workers run what we run; Spark has no setting for it
    builder: Any = SparkSession.builder.master(f"local[{cores}]").appName("almanac")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
