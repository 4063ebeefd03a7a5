"""One person: who is known, what comes in live, verdicts, and live rows carried over a reload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

import sqlalchemy as sa
from pydantic import ValidationError
from sqlmodel import Session

from db.errors import InvalidRow, UnknownItem
from db.privacy import Pseudonyms
from db.records import InteractionRecord, reason
from db.tables import InteractionRow, ItemRow, PersonRow, PlaceRow, columns
from db.values import Added, Catalog, Verdict

_OPINIONS = ("like", "dislike", "seen")
_PEOPLE = columns(PersonRow)
_KNOWN = sa.select(_PEOPLE["external_id"]).where(
    _PEOPLE["catalog_id"] == sa.bindparam("catalog"),
    sa.or_(_PEOPLE["external_id"] == sa.bindparam("person"), _PEOPLE["external_id"] == sa.bindparam("made")),
)
"""Made once: every message asks this, and making a statement takes longer than its answer."""


def known_person(
    catalog: Catalog, person: str, *, session: Session, pseudonyms: Pseudonyms | None = None
) -> str | None:
    """Return the id under which the person is stored, or None.

    Where the catalogue's ids were replaced on loading and `pseudonyms` is given, the original id is found
    too.
    """
    made = person
    if catalog.pseudonymised and pseudonyms is not None:
        made = pseudonyms.of(catalog.name, person)
    asked = {"catalog": catalog.id, "person": person, "made": made}
    found = set(session.connection().execute(_KNOWN, asked).scalars())
    return person if person in found else made if made in found else None


def add_interactions(
    catalog: Catalog,
    rows: Iterable[Mapping[str, Any]],
    *,
    session: Session,
    pseudonyms: Pseudonyms | None = None,
) -> Added:
    """Store live interactions; an unknown person is made, and an event id already stored is not repeated.

    Args:
        catalog: Where they belong.
        rows: `person, item, kind` and optionally `at` (datetime or ISO text), `value, place, basket, event`.
        session: A session of `db.writing`.
        pseudonyms: Replaces ids of people where the catalogue's were replaced; None takes them as they stand.

    Returns:
        The counts, and position and reason of each row that cannot be stored.
    """
    added = repeated = 0
    rejected: list[tuple[int, str]] = []
    for position, row in enumerate(rows):
        try:
            record = InteractionRecord.model_validate(dict(row))
        except ValidationError as error:
            rejected.append((position, reason(error)))
            continue
        if record.event is not None and _event_exists(catalog.id, record.event, session):
            repeated += 1
            continue
        if _key(ItemRow, catalog.id, record.item, session) is None:
            rejected.append((position, str(UnknownItem(record.item, catalog.name))))
            continue
        if pseudonyms is not None:
            known = known_person(catalog, record.person, session=session, pseudonyms=pseudonyms)
            made = pseudonyms.of(catalog.name, record.person) if catalog.pseudonymised else record.person
            record = record.model_copy(update={"person": known or made})
        _store(catalog.id, record, session)
        added += 1
    return Added(added, repeated, tuple(rejected))


def add_verdict(
    catalog: Catalog, person: str, item: str, verdict: Verdict, at: datetime, *, session: Session
) -> None:
    """Store what a person says of an item; like, dislike and seen replace one another, bought is added.

    Raises:
        UnknownItem: the catalogue has no such item.
        InvalidRow: no such verdict, or an id that cannot be one.
    """
    if verdict not in get_args(Verdict):
        raise InvalidRow(f"verdict {verdict!r} must be one of {', '.join(get_args(Verdict))}")
    if _key(ItemRow, catalog.id, item, session) is None:
        raise UnknownItem(item, catalog.name)
    row: dict[str, Any] = {"person": person, "item": item, "kind": verdict, "at": at}
    if verdict == "bought":
        row |= {"kind": "buy", "value": 1.0}
    try:
        record = InteractionRecord.model_validate(row)
    except ValidationError as error:
        raise InvalidRow(reason(error)) from error
    if verdict != "bought":
        remove_verdict(catalog, person, item, session=session)
    _store(catalog.id, record, session)


def remove_verdict(catalog: Catalog, person: str, item: str, *, session: Session) -> bool:
    """Take back a live like, dislike or seen; False where there was none."""
    c = columns(InteractionRow)
    opinion = sa.delete(InteractionRow).where(
        c["person_id"] == _key(PersonRow, catalog.id, person, session),
        c["item_id"] == _key(ItemRow, catalog.id, item, session),
        c["kind"].in_(_OPINIONS),
        c["load_id"].is_(None),
    )
    return session.connection().execute(opinion).rowcount > 0


def personas(catalog: Catalog, k: int = 5, *, session: Session) -> tuple[str, ...]:
    """Return the ids of `k` people with long histories, the longest first."""
    c, p = columns(InteractionRow), columns(PersonRow)
    size = sa.func.count()
    longest = (
        sa.select(c["person_id"], size.label("size"))
        .where(c["catalog_id"] == catalog.id)
        .group_by(c["person_id"])
        .order_by(size.desc(), c["person_id"])
        .limit(k)
        .subquery()
    )
    query = (
        sa.select(p["external_id"])
        .join(longest, longest.c.person_id == p["id"])
        .order_by(longest.c.size.desc(), p["id"])
    )
    return tuple(session.connection().execute(query).scalars())


def live_interactions(catalog_id: int, *, session: Session) -> tuple[InteractionRecord, ...]:
    """Return what came in live (events and verdicts), in external ids, so that a reload can keep it."""
    c, person, item, place = (columns(row) for row in (InteractionRow, PersonRow, ItemRow, PlaceRow))
    query = (
        sa.select(
            person["external_id"].label("person"),
            item["external_id"].label("item"),
            place["external_id"].label("place"),
            c["at"],
            c["kind"],
            c["value"],
            c["basket"],
            c["event"],
        )
        .select_from(InteractionRow)
        .join(PersonRow, c["person_id"] == person["id"])
        .join(ItemRow, c["item_id"] == item["id"])
        .outerjoin(PlaceRow, c["place_id"] == place["id"])
        .where(c["catalog_id"] == catalog_id, c["load_id"].is_(None))
        .order_by(c["id"])
    )
    rows = session.connection().execute(query).mappings()
    return tuple(InteractionRecord.model_validate(dict(row)) for row in rows)


def restore_interactions(catalog_id: int, rows: Sequence[InteractionRecord], *, session: Session) -> int:
    """Store live interactions again after a reload, but those of items that are gone; return how many."""
    kept = [row for row in rows if _key(ItemRow, catalog_id, row.item, session) is not None]
    for row in kept:
        _store(catalog_id, row, session)
    return len(kept)


def _store(catalog_id: int, record: InteractionRecord, session: Session) -> None:
    place = None if record.place is None else _found_or_made(PlaceRow, catalog_id, record.place, session)
    row = {
        "catalog_id": catalog_id,
        "person_id": _found_or_made(PersonRow, catalog_id, record.person, session),
        "item_id": _key(ItemRow, catalog_id, record.item, session),
        "place_id": place,
        **record.model_dump(include={"at", "kind", "value", "basket", "event"}),
    }
    session.connection().execute(sa.insert(InteractionRow).values(row))


def _key(
    row: type[PersonRow] | type[ItemRow] | type[PlaceRow], catalog_id: int, external: str, session: Session
) -> int | None:
    c = columns(row)
    query = sa.select(c["id"]).where(c["catalog_id"] == catalog_id, c["external_id"] == external)
    key: int | None = session.connection().execute(query).scalar()
    return key


def _found_or_made(
    row: type[PersonRow] | type[PlaceRow], catalog_id: int, external: str, session: Session
) -> int:
    key = _key(row, catalog_id, external, session)
    if key is not None:
        return key
    values: dict[str, Any] = {"catalog_id": catalog_id, "external_id": external}
    defaults: dict[str, Any] = {"attributes": {}} if row is PersonRow else {"name": external, "kind": ""}
    values |= defaults
    made = session.connection().execute(sa.insert(row).values(values)).inserted_primary_key
    assert made is not None  # noqa: S101 (an insert of one row gives its key)
    return int(made[0])


def _event_exists(catalog_id: int, event: str, session: Session) -> bool:
    c = columns(InteractionRow)
    query = sa.select(c["id"]).where(c["catalog_id"] == catalog_id, c["event"] == event)
    return session.connection().execute(query).first() is not None
