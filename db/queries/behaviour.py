"""Behaviour that comes in live, as a door needs it: stored with its latest opinion, quarantined, read back in pages.

Knows rows without a load. It refuses to know who may report what. Rows that cannot be stored wait for the owner under
a load of their own whose id is below zero, so that the latest real load stays the latest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from db.engine import tidy
from db.privacy import Pseudonyms
from db.queries.people import add_interactions, known_person
from db.tables import InteractionRow, ItemRow, LoadRow, PersonRow, PlaceRow, QuarantineRow, columns
from db.values import Added, Catalog

SOURCE = "/api/events"
MOST_QUARANTINED = 10_000
"""Quarantined rows kept of a catalogue; the oldest go."""
_OPINIONS = frozenset({"like", "dislike", "seen"})
_LONGEST = 2_000


@dataclass(frozen=True)
class Page:
    """Some rows in the order in which they came, and where the next page begins: None after the last one."""

    rows: tuple[Mapping[str, Any], ...]
    next: int | None


def record_events(
    catalog: Catalog, rows: Sequence[Mapping[str, Any]], *, session: Session, pseudonyms: Pseudonyms
) -> Added:
    """Store live interactions as `add_interactions` does; a new opinion takes the place of the older ones."""
    added = add_interactions(catalog, rows, session=session, pseudonyms=pseudonyms)
    rejected = {position for position, _ in added.rejected}
    opinions = {
        (str(row["person"]), str(row["item"]))
        for position, row in enumerate(rows)
        if position not in rejected and row.get("kind") in _OPINIONS
    }
    for person, item in sorted(opinions):
        stored = known_person(catalog, person, session=session, pseudonyms=pseudonyms)
        _keep_latest_opinion(catalog, stored or person, item, session)
    return added


def _keep_latest_opinion(catalog: Catalog, person: str, item: str, session: Session) -> None:
    c = columns(InteractionRow)
    mine = (
        c["person_id"] == _id_of(PersonRow, catalog, person),
        c["item_id"] == _id_of(ItemRow, catalog, item),
        c["kind"].in_(_OPINIONS),
        c["load_id"].is_(None),
    )
    latest = sa.select(sa.func.max(c["id"])).where(*mine).scalar_subquery()
    session.connection().execute(sa.delete(InteractionRow).where(*mine, c["id"] < latest))


def _id_of(row: type[SQLModel], catalog: Catalog, external: str) -> Any:
    c = columns(row)
    where = (c["catalog_id"] == catalog.id, c["external_id"] == external)
    return sa.select(c["id"]).where(*where).scalar_subquery()


def quarantine_events(
    catalog: Catalog, rejected: Sequence[tuple[str, Any]], at: datetime, *, session: Session
) -> None:
    """Keep what could not be stored: reason and row, as it came, shortened.

    Args:
        catalog: Where the rows were sent.
        rejected: Reason and row of each.
        at: When they came.
        session: A session of `db.writing`.
    """
    load, q = -catalog.id, columns(QuarantineRow)
    if session.get(LoadRow, load) is None:
        session.add(LoadRow(id=load, catalog_id=catalog.id, source=SOURCE, started=at))
        session.flush()
    for reason, row in rejected:
        text = json.dumps(tidy(row), ensure_ascii=False, default=str)[:_LONGEST]
        session.add(
            QuarantineRow(load_id=load, file=SOURCE, line=int(at.timestamp()), reason=reason, row=text)
        )
    session.flush()
    oldest = (
        sa.select(q["id"])
        .where(q["load_id"] == load)
        .order_by(q["id"].desc())
        .offset(MOST_QUARANTINED)
        .limit(1)
    )
    session.connection().execute(
        sa.delete(QuarantineRow).where(q["load_id"] == load, q["id"] <= oldest.scalar_subquery())
    )


def quarantined_events(catalog: Catalog, *, session: Session, after: int = 0, k: int = 100) -> Page:
    """Return `k` quarantined events after the one of that id: `id, at` (seconds since 1970), `reason, row`."""
    q = columns(QuarantineRow)
    query = sa.select(q["id"], q["line"].label("at"), q["reason"], q["row"])
    return _page(query.where(q["load_id"] == -catalog.id, q["id"] > after), q["id"], k, session)


def live_events(catalog: Catalog, *, session: Session, after: int = 0, k: int = 100) -> Page:
    """Return `k` live interactions after the one of that id, with the ids that people know them by."""
    c, person, item, place = (columns(row) for row in (InteractionRow, PersonRow, ItemRow, PlaceRow))
    query = (
        sa.select(
            c["id"],
            c["event"],
            person["external_id"].label("person"),
            item["external_id"].label("item"),
            c["kind"],
            c["at"],
            c["value"],
            place["external_id"].label("place"),
            c["basket"],
        )
        .select_from(InteractionRow)
        .join(PersonRow, c["person_id"] == person["id"])
        .join(ItemRow, c["item_id"] == item["id"])
        .outerjoin(PlaceRow, c["place_id"] == place["id"])
        .where(c["catalog_id"] == catalog.id, c["load_id"].is_(None), c["id"] > after)
    )
    return _page(query, c["id"], k, session)


def _page(query: Any, key: Any, k: int, session: Session) -> Page:
    found = session.connection().execute(query.order_by(key).limit(k + 1)).mappings().all()
    rows = tuple(dict(row) for row in found[:k])
    return Page(rows, rows[-1]["id"] if len(found) > k else None)
