"""Rows of a source become clean frames; what cannot be taken is quarantined with file, line and reason.

Knows frames and records. It refuses to know files and the database. Items, people and places are validated
one by one through their records; the log, which may have millions of rows, column by column under the same
rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError

from db.records import (
    KINDS,
    LONGEST_ID,
    ItemRecord,
    PersonRecord,
    PlaceRecord,
    Record,
    id_text,
    missing,
    reason,
)
from db.sources.base import NOUNS, Batch, Content
from db.values import Quarantined, Tally

Bools = npt.NDArray[np.bool_]
LONGEST_ROW = 300
_RECORDS: Mapping[str, type[Record]] = {"items": ItemRecord, "people": PersonRecord, "places": PlaceRecord}
_IDS = {"items": "item", "people": "person", "places": "place"}


@dataclass(frozen=True)
class Checked:
    """A source's rows that can be stored, and an account of those that cannot."""

    items: tuple[ItemRecord, ...]
    people: tuple[PersonRecord, ...]
    places: tuple[PlaceRecord, ...]
    interactions: pd.DataFrame
    """`person, item, place, basket` categoricals of text (missing where there is none), `at` datetime64[ns,
    UTC], `kind` categorical, `value` float; in file order."""
    quarantined: tuple[Quarantined, ...]
    tallies: Mapping[str, Tally]


def check(content: Content) -> Checked:
    """Validate all rows of a source; people and places that only the log names are made."""
    faults: dict[str, list[Quarantined]] = {noun: list(content.refused.get(noun, ())) for noun in NOUNS}
    items = _distinct("items", content.items, faults["items"])
    people = _distinct("people", content.people, faults["people"])
    places = _distinct("places", content.places, faults["places"])
    log = check_interactions(content.interactions, [each.item for each in items], faults["interactions"])

    read_people, read_places = len(people), len(places)
    people += _others(PersonRecord, "person", log["person"].cat.categories, {each.person for each in people})
    named = [each.place for each in people if each.place is not None]
    parents = [each.parent for each in places if each.parent is not None]
    mentioned = [*log["place"].cat.categories, *named, *parents]
    places += _others(PlaceRecord, "place", mentioned, {each.place for each in places})

    kept = {"items": len(items), "people": read_people, "places": read_places, "interactions": len(log)}
    made = {noun: content.made.get(noun, 0) for noun in NOUNS}
    made["people"] += len(people) - read_people
    made["places"] += len(places) - read_places
    tallies = {}
    for noun in NOUNS:
        rows = sum(len(batch.frame) for batch in getattr(content, noun)) - content.made.get(noun, 0)
        dropped = dict(content.dropped.get(noun, {}))
        tallies[noun] = Tally(
            read=rows + len(content.refused.get(noun, ())) + sum(dropped.values()),
            kept=kept[noun] - content.made.get(noun, 0),
            quarantined=len(faults[noun]),
            dropped=dropped,
            made=made[noun],
        )
    quarantined = tuple(chain.from_iterable(faults.values()))
    return Checked(tuple(items), tuple(people), tuple(places), log, quarantined, tallies)


def check_interactions(
    batches: Sequence[Batch], items: Sequence[str], faults: list[Quarantined]
) -> pd.DataFrame:
    """Return the rows of the log that can be stored; the others are appended to `faults`.

    A row is refused where person or item is missing or too long, the item is not among `items`, the time is
    not one, the value is not a finite number, or the kind is none of `KINDS`. Person and item are required
    columns.
    """
    frames = [_check_log(batch, items, faults) for batch in batches]
    if len(frames) == 1:
        return frames[0]
    if not frames:
        return _check_log(Batch(pd.DataFrame({"person": [], "item": []}), ""), items, faults)
    joined = {}
    for column in frames[0]:
        parts = [frame[column] for frame in frames]
        if isinstance(parts[0].dtype, pd.CategoricalDtype):
            joined[column] = pd.Series(pd.api.types.union_categoricals(parts))
        else:
            joined[column] = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(joined)


def instants(values: pd.Series) -> tuple[pd.Series, Bools]:
    """Return the column as datetime64[ns, UTC] and which cells are no instant.

    Numbers count from 1970 in seconds, milliseconds, microseconds or nanoseconds, by their size (seconds up
    to the year 5138); text is ISO 8601 or digits; a time without an offset means UTC; an empty cell is an
    unknown instant.
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.dt.tz_convert("UTC").astype("datetime64[ns, UTC]"), np.zeros(len(values), dtype=bool)
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return values.dt.tz_localize("UTC").astype("datetime64[ns, UTC]"), np.zeros(len(values), dtype=bool)
    codes, distinct = pd.factorize(values)
    uniques = pd.Series(distinct, dtype=object)
    numbers = pd.to_numeric(uniques, errors="coerce").astype(float)
    size = numbers.abs()
    scale = np.select([size < 1e11, size < 1e14, size < 1e17], [1e9, 1e6, 1e3], 1.0)
    scaled = numbers * scale
    usable = scaled.abs() < 9.2e18
    nanos = np.round(scaled.where(usable, 0.0)).astype("int64")
    from_numbers = pd.Series(pd.to_datetime(nanos, unit="ns", utc=True)).where(usable)
    text = uniques.where(numbers.isna()).map(lambda cell: cell if missing(cell) else str(cell).strip())
    parsed = pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601").astype("datetime64[ns, UTC]")
    result = from_numbers.astype("datetime64[ns, UTC]").fillna(parsed)
    bad = (result.isna() & ~uniques.map(missing).astype(bool)).to_numpy()
    cells = result.reindex(range(-1, len(result)))  # -1: pandas' code of an empty cell
    taken = cells.take(codes + 1)
    taken.index = values.index
    return taken, np.append(bad, False)[codes]


def id_codes(values: pd.Series) -> pd.Categorical:
    """Return a column of ids as a categorical of text; empty cells are missing."""
    codes, distinct = pd.factorize(values)
    texts = [id_text(each) for each in distinct]
    known: dict[str, int] = {}
    places = [-1 if not text else known.setdefault(str(text), len(known)) for text in texts]
    final = np.append(np.array(places, dtype=np.int64), -1)[codes]
    return pd.Categorical.from_codes(final, categories=pd.Index(list(known), dtype="str"))


def shorten(row: Mapping[Any, Any]) -> str:
    """Return a row as JSON of at most `LONGEST_ROW` characters."""
    text = json.dumps({str(k): None if missing(v) else str(v) for k, v in row.items()}, ensure_ascii=False)
    return text if len(text) <= LONGEST_ROW else text[: LONGEST_ROW - 1] + "…"


def _check_log(batch: Batch, items: Sequence[str], faults: list[Quarantined]) -> pd.DataFrame:
    frame = batch.frame
    why = np.full(len(frame), None, dtype=object)

    def refuse(bad: Any, text: str) -> None:
        why[np.asarray(bad, dtype=bool) & (why == None)] = text  # noqa: E711 (by element)

    person, item = id_codes(frame["person"]), id_codes(frame["item"])
    known = pd.Index(items)
    for name, column in (("person", person), ("item", item)):
        refuse(column.codes < 0, f"{name} is missing")
        refuse(_by_category(column, column.categories.str.len() > LONGEST_ID), f"{name} is too long")
    refuse(_by_category(item, ~item.categories.isin(known)), "the catalogue has no such item")

    at, bad = instants(frame["at"]) if "at" in frame else (_unknown_instants(frame), None)
    if bad is not None:
        refuse(bad, "at is not a time")
    value = _numbers(frame["value"]) if "value" in frame else pd.Series(np.nan, index=frame.index)
    if "value" in frame:
        filled = _filled(frame["value"])
        refuse(filled & ~np.isfinite(value.to_numpy()), "value is not a number")
    kind = id_codes(frame["kind"])
    refuse(kind.codes < 0, "kind is missing")
    refuse(_by_category(kind, ~kind.categories.isin(KINDS)), f"kind is none of {', '.join(KINDS)}")
    empty = pd.Series(None, index=frame.index, dtype=object)
    place = id_codes(frame.get("place", empty))
    basket = id_codes(frame.get("basket", empty))
    for name, column in (("place", place), ("basket", basket)):
        refuse(_by_category(column, column.categories.str.len() > LONGEST_ID), f"{name} is too long")

    good = why == None  # noqa: E711 (by element)
    if not good.all():
        _quarantine(batch, np.flatnonzero(~good), why, faults)
    columns = {"person": person, "item": item, "at": at.array, "kind": kind}
    columns |= {"value": value.to_numpy(), "place": place, "basket": basket}
    result = pd.DataFrame(columns)
    if not good.all():
        result = result[good].reset_index(drop=True)
        for name in ("person", "item", "kind", "place", "basket"):
            result[name] = result[name].cat.remove_unused_categories()
    return result


def _by_category(column: pd.Categorical, flags: Any) -> Bools:
    """Spread a flag of each category over the rows; False where the cell is empty."""
    spread: Bools = np.append(np.asarray(flags, dtype=bool), False)[column.codes]
    return spread


def _unknown_instants(frame: pd.DataFrame) -> pd.Series:
    return pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns, UTC]")


def _filled(values: pd.Series) -> Bools:
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.notna().to_numpy()
    return ~values.map(missing).to_numpy(dtype=bool)


def _numbers(values: pd.Series) -> pd.Series:
    if values.dtype == object or pd.api.types.is_string_dtype(values.dtype):
        return pd.to_numeric(values, errors="coerce").astype(float)
    return values.astype(float)


def _quarantine(batch: Batch, rows: npt.NDArray[np.int64], why: Any, faults: list[Quarantined]) -> None:
    bad = batch.frame.iloc[rows]
    for line, cells, text in zip(bad.index, bad.to_dict("records"), why[rows], strict=True):
        faults.append(Quarantined(batch.file, int(line), str(text), shorten(cells)))


def _distinct(noun: str, batches: Iterable[Batch], faults: list[Quarantined]) -> list[Any]:
    """Validate row by row; of rows with one id the first is taken."""
    record, key = _RECORDS[noun], _IDS[noun]
    own = [name for name in record.model_fields if name != "attributes"]
    taken: dict[str, Record] = {}
    for batch in batches:
        extra = [name for name in batch.frame.columns if name not in own]
        for line, cells in zip(batch.frame.index, batch.frame.to_dict("records"), strict=True):
            data: dict[str, Any] = {name: cells[name] for name in own if name in cells}
            if "attributes" in record.model_fields:
                data["attributes"] = {n: cells[n] for n in extra if not missing(cells[n])}
            try:
                row = record.model_validate(data)
            except ValidationError as error:
                faults.append(Quarantined(batch.file, int(line), reason(error), shorten(cells)))
                continue
            identity = getattr(row, key)
            if identity in taken:
                why = f"{key} is there already"
                faults.append(Quarantined(batch.file, int(line), why, shorten(cells)))
            else:
                taken[identity] = row
    return list(taken.values())


def _others(record: type[Record], key: str, mentioned: Iterable[str], known: set[str]) -> list[Any]:
    """Return a bare record for each id that is mentioned but not known."""
    return [record.model_validate({key: each}) for each in dict.fromkeys(mentioned) if each not in known]
