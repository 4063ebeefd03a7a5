"""Complete Journey as codes and labels for bench/mining.py: three levels, plain and with context; and time slices.

    python -P bench/parts/mining_data.py DATA FOLDER

DATA holds the Complete Journey files. FOLDER gets one .npz a level (indptr, codes, labels) and slices.npz (the slices
of time and place that each basket lies in). It knows the data; it refuses to know any library.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LEVELS = {"type": "product_type", "product": "product_id", "category": "product_category"}
PLACE_BASKETS = 1_000
"""Least baskets of a store to be a slice, as in mining.contexts."""


def main() -> None:
    """Read, code, write."""
    data, folder = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    lines = pd.read_parquet(data / "transactions.parquet")
    lines = lines[lines["quantity"] > 0].merge(pd.read_parquet(data / "products.parquet"), on="product_id")
    lines["basket"] = pd.factorize(lines["basket_id"])[0]
    first = lines.groupby("basket")["transaction_timestamp"].min()
    words = context(first)
    tokens = pd.concat(
        pd.DataFrame({"basket": first.index, "item": kind + "=" + value.array})
        for kind, value in words.items()
    )
    for level, column in LEVELS.items():
        plain = pd.DataFrame({"basket": lines["basket"], "item": lines[column].astype("str")}).dropna()
        write(folder / f"{level}.npz", plain, len(first))
        write(folder / f"{level}+context.npz", pd.concat([plain, tokens]), len(first))
    slices(folder / "slices.npz", words, lines.groupby("basket")["store_id"].first())


def context(first: pd.Series) -> dict[str, pd.Series]:
    """Six words a basket out of 46: daypart 4, weekday 7, weekend 2, month 12, season 4, and 17 hours.

    Hours are 6 to 22; an earlier or later one takes the nearest. The times in the files are UTC; the stores keep
    New York time.
    """
    local = first.dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    hour, month = local.dt.hour, local.dt.month
    parts = ["morning", "afternoon", "evening", "night"]
    return {
        "daypart": pd.cut((hour - 5) % 24, [-1, 5, 11, 16, 23], labels=parts).astype("str"),
        "weekday": local.dt.day_of_week.astype("str"),
        "weekend": (local.dt.day_of_week > 4).astype("str"),
        "month": month.astype("str"),
        "season": (month % 12 // 3).astype("str"),
        "hour": hour.clip(6, 22).astype("str"),
    }


def write(file: Path, rows: pd.DataFrame, n: int) -> None:
    """Write the distinct items of each basket."""
    rows = rows.drop_duplicates().sort_values("basket", kind="stable")
    codes, labels = pd.factorize(rows["item"])
    indptr = np.concatenate(([0], np.cumsum(np.bincount(rows["basket"], minlength=n))))
    np.savez(file, indptr=indptr, codes=codes.astype(np.int32), labels=np.array(labels.tolist()))


def slices(file: Path, words: dict[str, pd.Series], store: pd.Series) -> None:
    """Write every word, every day word with every daypart, and every store with enough baskets.

    As three factors (part of the week, month, store): the atom of each basket (-1: none), and atoms x slices.
    """
    week = words["weekday"] + " " + words["daypart"]
    sizes = store.value_counts()
    kept = store.where(store.isin(sizes[sizes >= PLACE_BASKETS].index)).astype("Int64").astype("str")
    arrays: dict[str, Any] = {}
    columns = []
    for number, values in enumerate((week, words["month"], kept)):
        atom, labels = pd.factorize(values.where(values != "<NA>"))
        held: dict[str, list[str]] = {label: SLICES[number](label) for label in labels}
        names = sorted({name for some in held.values() for name in some})
        columns.append(names)
        arrays[f"atom{number}"] = atom.astype(np.int32)
        arrays[f"held{number}"] = np.array([[name in held[label] for name in names] for label in labels])
    arrays["names"] = np.array([name for names in columns for name in names])
    np.savez(file, **arrays)


def of_week(label: str) -> list[str]:
    """Slices of a weekday and a daypart."""
    day, part = label.split()
    weekend = "weekend" if int(day) > 4 else "weekday"
    return [day, weekend, part, f"{day} {part}", f"{weekend} {part}"]


SLICES: tuple[Callable[[str], list[str]], ...] = (
    of_week,
    lambda month: [f"month {month}", f"season {int(month) % 12 // 3}"],
    lambda store: [f"store {store}"],
)


if __name__ == "__main__":
    main()
