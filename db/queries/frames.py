"""The frames that mining and retrieval take, read from the rows (see docs/architecture.md for their columns).

Ids are joined in memory: the log is read as integers and each distinct id becomes text once, several times
as fast as a join that repeats the text in every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from db.tables import InteractionRow, ItemRow, PersonRow, PlaceRow, columns
from db.values import Catalog

_CHUNK = 500
"""Rows fetched at once: so few that they die before the garbage collector walks them (10,000 take twice as long)."""
_NONE = -1
_NO_TIME = int(np.iinfo(np.int64).min)
"""What numpy stores for NaT, so that an unknown instant needs no second look."""
Ints = npt.NDArray[np.int64]


def interaction_frame(
    catalog: Catalog,
    *,
    session: Session,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Return the interactions in the order in which they were stored (file order).

    Args:
        catalog: Whose interactions.
        session: An open session.
        since: The first instant that counts; None from the beginning. A bound leaves out unknown instants.
        until: The first instant that counts no more; None to the end.

    Returns:
        `person, item` str · `at` datetime64[ns, UTC], NaT where unknown · `kind` str · `value` float ·
        `place, basket` str, missing where there is none.
    """
    c = columns(InteractionRow)
    # Without bounds the sum hides the column from the index on catalogue and time: walking the table in its own
    # order is twice as fast as sorting what the index finds.
    bounded = since is not None or until is not None
    where = [(c["catalog_id"] if bounded else c["catalog_id"] + 0) == catalog.id]
    if since is not None:
        where.append(c["at"] >= since)
    if until is not None:
        where.append(c["at"] < until)
    return _log(sa.select(*_log_columns()).where(*where).order_by(c["id"]), catalog, session)


def person_interactions(catalog: Catalog, person: str, *, session: Session) -> pd.DataFrame:
    """Return one person's interactions, oldest first, in the same columns; empty where nobody has that id."""
    c, p = columns(InteractionRow), columns(PersonRow)
    key = session.connection().execute(
        sa.select(p["id"]).where(p["catalog_id"] == catalog.id, p["external_id"] == person)
    )
    mine = sa.select(*_log_columns()).where(c["person_id"] == key.scalar()).order_by(c["at"], c["id"])
    return _log(mine, catalog, session, narrow=True)


def item_frame(catalog: Catalog, *, session: Session, items: Sequence[str] | None = None) -> pd.DataFrame:
    """Return `item, title, category, year (Int64), parent, text` and one column for each attribute.

    Args:
        catalog: Whose items.
        session: An open session.
        items: Only these ids; None for all.
    """
    c = columns(ItemRow)
    names = ("external_id", "title", "category", "year", "parent", "text", "attributes")
    query = sa.select(*(c[name] for name in names)).where(c["catalog_id"] == catalog.id).order_by(c["id"])
    if items is not None:
        query = query.where(c["external_id"].in_(list(items)))
    external, title, category, year, parent, text, attributes = _columns(query, session, len(names))
    frame = pd.DataFrame(
        {
            "item": _strings(external),
            "title": _strings(title),
            "category": _strings(category),
            "year": pd.array(list(year), dtype="Int64"),
            "parent": _strings(parent),
            "text": _strings(text),
        }
    )
    return _with_attributes(frame, attributes)


def people_frame(catalog: Catalog, *, session: Session) -> pd.DataFrame:
    """Return `person, place` and one column for each attribute."""
    p, place = columns(PersonRow), columns(PlaceRow)
    query = (
        sa.select(p["external_id"], place["external_id"], p["attributes"])
        .select_from(PersonRow)
        .outerjoin(PlaceRow, p["place_id"] == place["id"])
        .where(p["catalog_id"] == catalog.id)
        .order_by(p["id"])
    )
    person, where, attributes = _columns(query, session, 3)
    return _with_attributes(pd.DataFrame({"person": _strings(person), "place": _strings(where)}), attributes)


def place_frame(catalog: Catalog, *, session: Session) -> pd.DataFrame:
    """Return `place, name, kind, parent, zone`."""
    c = columns(PlaceRow)
    names = ("external_id", "name", "kind", "parent", "zone")
    query = sa.select(*(c[name] for name in names)).where(c["catalog_id"] == catalog.id).order_by(c["id"])
    found = _columns(query, session, len(names))
    labels = ("place", *names[1:])
    return pd.DataFrame({label: _strings(column) for label, column in zip(labels, found, strict=True)})


def _log_columns() -> list[Any]:
    """Numbers first, NULL as a sentinel: a column of one type becomes an array at once."""
    c = columns(InteractionRow)
    return [
        c["person_id"],
        c["item_id"],
        sa.func.coalesce(c["place_id"], _NONE),
        sa.func.coalesce(sa.type_coerce(c["at"], sa.BigInteger), _NO_TIME),
        c["value"],
        c["kind"],
        c["basket"],
    ]


def _log(query: Any, catalog: Catalog, session: Session, *, narrow: bool = False) -> pd.DataFrame:
    """Read the log in chunks of plain tuples, each turned into arrays at once.

    The driver's cursor is read directly: a million and a half `Row` objects cost three times the query.
    """
    cursor = session.connection().execute(query).cursor
    numbers: list[list[Any]] = [[] for _ in range(5)]
    kind: list[str | None] = []
    basket: list[str | None] = []
    types = (np.int64, np.int64, np.int64, np.int64, np.float64)
    while cursor is not None and (rows := cursor.fetchmany(_CHUNK)):
        *chunk, kinds, baskets = zip(*rows, strict=True)
        for column, cells, kept in zip(numbers, chunk, types, strict=True):
            column.append(np.array(cells, dtype=kept))
        kind.extend(kinds)
        basket.extend(baskets)
    person, item, place, at, value = (
        np.concatenate(column) if column else np.empty(0, dtype=kept)
        for column, kept in zip(numbers, types, strict=True)
    )
    return pd.DataFrame(
        {
            "person": _texts(PersonRow, person, catalog, session, narrow=narrow),
            "item": _texts(ItemRow, item, catalog, session, narrow=narrow),
            "at": _instants(at),
            "kind": _repeated(kind),
            "value": value,
            "place": _texts(PlaceRow, place, catalog, session, narrow=narrow),
            "basket": _strings(basket),
        }
    )


def _columns(query: Any, session: Session, width: int) -> list[list[Any]]:
    """Run a query and return its columns; in chunks, so that rows and columns never live side by side."""
    found: list[list[Any]] = [[] for _ in range(width)]
    for rows in session.connection().execute(query).partitions(_CHUNK):
        for column, cells in zip(found, zip(*rows, strict=True), strict=True):
            column.extend(cells)
    return found


def _texts(row: type[SQLModel], keys: Ints, catalog: Catalog, session: Session, *, narrow: bool) -> Any:
    """Return the external id of each row id; `narrow` asks the database only for those that occur."""
    c = columns(row)
    query = sa.select(c["id"], c["external_id"]).where(c["catalog_id"] == catalog.id).order_by(c["id"])
    if narrow:
        query = query.where(c["id"].in_([int(key) for key in np.unique(keys) if key != _NONE]))
    ids, texts = _columns(query, session, 2)
    known = np.array(ids, dtype=np.int64)
    codes = np.where(keys == _NONE, len(known), np.searchsorted(known, keys))
    return _strings([*texts, None]).take(codes)


def _repeated(cells: Sequence[str | None]) -> Any:
    """Return a column of text that repeats itself; each distinct one is made once."""
    codes, distinct = pd.factorize(np.array(cells, dtype=object))
    return _strings([*distinct, None]).take(codes)  # the code -1 of an empty cell takes the last one


def _strings(cells: Sequence[Any]) -> Any:
    return pd.array(list(cells), dtype="str")


def _instants(micros: Ints) -> pd.Series:
    nanos = np.where(micros == _NO_TIME, _NO_TIME, micros * 1000)
    return pd.Series(nanos.view("datetime64[ns]")).dt.tz_localize("UTC")


def _with_attributes(frame: pd.DataFrame, attributes: Sequence[dict[str, Any]]) -> pd.DataFrame:
    extra = pd.DataFrame.from_records(list(attributes), index=frame.index)
    return pd.concat([frame, extra.drop(columns=[c for c in extra if c in frame])], axis=1)
