"""Appending the last week of the groceries to a ledger against a full mine of the year: CPU seconds, one thread.

    python bench/incremental.py FOLDER     interactions.parquet, items.parquet, places.parquet: the catalogue's frames

Prints a Markdown table. The two books are compared rule by rule and number by number; "identical" says what was seen.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import process_time
from typing import TypeVar

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what the work returns, and its CPU seconds."""
    begin = process_time()
    result = work()
    return result, process_time() - begin


def main() -> None:
    """Read, mine, append, compare, print."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"  # before anything that starts threads is imported
    here = str(Path(__file__).parent)
    sys.path[:] = [one for one in sys.path if one != here]  # bench/mining.py is not the package
    import pandas as pd

    from mining.config import MiningConfig
    from mining.incremental import Ledger
    from mining.miner import mine

    config = MiningConfig(zone="America/New_York")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="interactions.parquet, items.parquet and places.parquet")
    folder = parser.parse_args().folder
    rows, items, places = (
        pd.read_parquet(folder / f"{name}.parquet") for name in ("interactions", "items", "places")
    )
    cut = rows["at"].max() - pd.Timedelta(days=7)
    old, week = rows[rows["at"] <= cut], rows[rows["at"] > cut]
    warm = rows[rows["person"].isin(rows["person"].unique()[:50])]
    mine(warm, items, places, config=config)  # compiled before the clock starts
    assert len(Ledger.of(warm, items, places, config=config).book)
    full, seconds = timed(lambda: mine(rows, items, places, config=config))
    ledger, opened = timed(lambda: Ledger.of(old, items, places, config=config))
    after, appended = timed(lambda: ledger.append(week))
    book, counted = timed(lambda: after.book)
    same = len(book) == len(full) and all(
        repr(asdict(one)) == repr(asdict(other)) for one, other in zip(book, full, strict=True)
    )
    print(f"{len(rows):,} purchases, {len(week):,} of them in the last week; {len(full):,} rules\n")
    print("| work | CPU s | a full mine over it |\n|---|---|---|")
    for name, spent in (
        ("full mine", seconds),
        ("open a ledger over all but the week", opened),
        ("append the week: rows and kept counts", appended),
        ("append the week, with the new book", appended + counted),
    ):
        print(f"| {name} | {spent:.2f} | {seconds / spent:.1f} |")
    print(f"\nIdentical: {same}")


if __name__ == "__main__":
    main()
