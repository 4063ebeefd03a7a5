"""One person: who is known, what comes in live, verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from db.privacy import Pseudonyms
from db.values import Added, Catalog, Verdict


def known_person(
    catalog: Catalog, person: str, *, session: Session, pseudonyms: Pseudonyms | None = None
) -> str | None:
    """Return the id under which the person is stored, or None.

    Where the catalogue's ids were replaced on loading and `pseudonyms` is given, the original id is found as well.
    """
    raise NotImplementedError


def add_interactions(
    catalog: Catalog,
    rows: Iterable[Mapping[str, Any]],
    *,
    session: Session,
    pseudonyms: Pseudonyms | None = None,
) -> Added:
    """Store live interactions; an unknown person is made, and an event id that is stored already is not repeated.

    Args:
        catalog: Where they belong.
        rows: `person, item, kind` and optionally `at` (datetime or ISO text), `value, place, basket, event`.
        session: A session of `db.writing`.
        pseudonyms: Replaces ids of people where the catalogue's were replaced; None takes them as they stand.

    Returns:
        The counts, and position and reason of each row that cannot be stored.
    """
    raise NotImplementedError


def add_verdict(
    catalog: Catalog, person: str, item: str, verdict: Verdict, at: datetime, *, session: Session
) -> None:
    """Store what a person says of an item; like, dislike and seen replace one another, bought adds a purchase.

    Raises:
        UnknownItem: the catalogue has no such item.
        InvalidRow: no such verdict.
    """
    raise NotImplementedError


def remove_verdict(catalog: Catalog, person: str, item: str, *, session: Session) -> bool:
    """Take back a like, dislike or seen; False where there was none."""
    raise NotImplementedError


def personas(catalog: Catalog, k: int = 5, *, session: Session) -> tuple[str, ...]:
    """Return the ids of `k` people with long histories, the longest first."""
    raise NotImplementedError
