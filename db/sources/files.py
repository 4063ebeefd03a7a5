"""Files of tables: which there are, and their rows with their lines.

Knows CSV and Parquet. It refuses to know what a column means (`db.sources.columns`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from db.errors import SourceError
from db.records import missing
from db.sources.check import shorten
from db.values import Quarantined

_SUFFIXES = (".csv", ".tsv", ".parquet")
FILE_NAMES = {
    "items": ("items", "item", "products", "movies", "catalog", "catalogue", "articles", "books", "songs"),
    "interactions": (
        "interactions",
        "interaction",
        "events",
        "ratings",
        "transactions",
        "purchases",
        "orders",
        "log",
    ),
    "people": ("people", "person", "users", "customers", "households"),
    "places": ("places", "place", "stores", "shops", "regions"),
}


def tables_in(location: str) -> list[tuple[str, Path | str]]:
    """Return (noun, file) of a folder, or of files joined by a comma."""
    paths = [Path(part.strip()).expanduser() for part in location.split(",")]
    if len(paths) == 1 and paths[0].is_dir():
        paths = sorted(path for path in paths[0].iterdir() if path.suffix.lower() in _SUFFIXES)
    found: list[tuple[str, Path | str]] = []
    for path in paths:
        if not path.is_file():
            raise SourceError(f"there is no file or folder {str(path)!r}")
        if path.suffix.lower() not in _SUFFIXES:
            raise SourceError(f"{str(path)!r} must end with one of {', '.join(_SUFFIXES)}")
        noun = noun_of(path.stem)
        if noun:
            found.append((noun, path))
    return found


def noun_of(name: str) -> str:
    """Return the noun that a file or table name speaks of: "orders_2024" are interactions; "" for none."""
    lower = name.lower()
    words = [lower, re.split(r"[^a-z]", lower)[0]]
    return next((noun for noun, names in FILE_NAMES.items() if any(word in names for word in words)), "")


def read(path: Path, rows: int | None = None) -> tuple[pd.DataFrame, tuple[Quarantined, ...]]:
    """Return a file's rows as text (CSV) or as typed (Parquet), indexed by line, and those of a wrong width.

    A quoted cell may hold line breaks; a record's line is then counted in records, the first being 2.
    """
    torn: tuple[Quarantined, ...] = ()
    try:
        if path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path)
            frame.index = pd.RangeIndex(1, len(frame) + 1)
        else:
            frame, torn = _read_text(path, rows)
    except (OSError, ValueError, csv.Error) as error:
        raise SourceError(f"cannot read {str(path)!r}: {first_line(error)}") from error
    frame.columns = pd.Index([str(name).strip() for name in frame.columns])
    return frame, torn


def _read_text(path: Path, rows: int | None) -> tuple[pd.DataFrame, tuple[Quarantined, ...]]:
    with path.open(encoding="utf-8-sig", newline="") as opened:
        head = opened.readline()
        mark = max("\t;,", key=head.count)
        try:
            frame = pd.read_csv(
                path, sep=mark, dtype=str, nrows=rows, keep_default_na=False, skip_blank_lines=False,
                encoding="utf-8-sig", index_col=False,
            )  # fmt: skip
        except pd.errors.ParserError:
            opened.seek(0)
            return _read_torn(path.name, opened, mark)
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return frame, ()


def _read_torn(name: str, lines: Iterable[str], mark: str) -> tuple[pd.DataFrame, tuple[Quarantined, ...]]:
    """Read a CSV of which some rows have too many cells: slower, but each row stands for itself."""
    reader = csv.reader(lines, delimiter=mark)
    header = next(reader)
    good: dict[int, list[str]] = {}
    torn = []
    for line, cells in enumerate(reader, start=2):
        if len(cells) > len(header):
            why = f"the row has {len(cells)} cells, the header {len(header)}"
            torn.append(Quarantined(name, line, why, shorten(dict(enumerate(cells)))))
        else:
            good[line] = cells + [""] * (len(header) - len(cells))
    frame = pd.DataFrame(list(good.values()), columns=header, index=list(good), dtype=str)
    return frame, tuple(torn)


def typed(column: pd.Series) -> pd.Series:
    """Return a column of text as numbers where every filled cell is one, so that "price<20" can be asked."""
    if not (column.dtype == object or pd.api.types.is_string_dtype(column.dtype)):
        return column
    filled = ~column.map(missing).astype(bool)
    numbers = pd.to_numeric(column.where(filled), errors="coerce")
    return numbers if filled.any() and numbers[filled].notna().all() else column


def first_line(error: BaseException) -> str:
    """Return an error's first line; of a database error, the driver's."""
    return (str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__])[0]
