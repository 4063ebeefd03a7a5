"""Pseudonyms, and a person's right to see and to erase what is stored of them.

Knows which rows speak of a person. It refuses to know who asks: proving that someone is that person is the
caller's work.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.errors import DbError
from db.tables import ConversationRow, InteractionRow, ItemRow, PersonRow, PlaceRow, TurnRow, columns
from db.values import Catalog

SECRET_FILE = "pseudonyms.key"
_BYTES = 32


@dataclass(frozen=True)
class Pseudonyms:
    """Replaces ids of people by HMAC-SHA256 under a secret: nobody without it can tell who is who."""

    secret: bytes = field(repr=False)

    @classmethod
    def open(cls, home: Path) -> Pseudonyms:
        """Return those of a home folder; the secret is made at the first call, for its owner alone to read.

        Raises:
            DbError: the secret cannot be read or written, or was damaged.
        """
        file = home / SECRET_FILE
        try:
            home.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                _create(file, secrets.token_bytes(_BYTES))
            secret = file.read_bytes()
        except OSError as error:
            raise DbError(f"cannot use the secret in {str(file)!r}: {error.strerror}") from error
        if len(secret) != _BYTES:
            raise DbError(f"the secret in {str(file)!r} is damaged: restore it, or remove it and load again")
        return cls(secret)

    def of(self, catalog: str, person: str) -> str:
        """Return the pseudonym of a person in a catalogue ("p_" and 24 hexadecimal digits).

        The catalogue's name enters the hash, so that people cannot be followed from one to another.
        """
        message = json.dumps([catalog, person]).encode()
        return f"p_{hmac.new(self.secret, message, hashlib.sha256).hexdigest()[:24]}"


def export_person(catalog: Catalog, person: str, *, session: Session) -> dict[str, Any]:
    """Return all that is stored of a person, ready for JSON: place, attributes, history, conversations."""
    document: dict[str, Any] = {"catalog": catalog.name, "person": person, "place": None, "attributes": {}}
    row = _row(catalog, person, session)
    if row is not None:
        place = session.get(PlaceRow, row.place_id) if row.place_id is not None else None
        document |= {"place": place.external_id if place else None, "attributes": row.attributes}
    document["interactions"] = [] if row is None else _interactions(row, session)
    document["conversations"] = []
    mine = select(ConversationRow).where(
        col(ConversationRow.catalog_id) == catalog.id, col(ConversationRow.person) == person
    )
    for conversation in session.exec(mine.order_by(col(ConversationRow.created))).all():
        query = select(TurnRow).where(col(TurnRow.conversation_id) == conversation.id)
        turns = session.exec(query.order_by(col(TurnRow.ordinal))).all()
        told = [{"at": turn.at.isoformat(), "message": turn.message, "answer": turn.answer} for turn in turns]
        document["conversations"].append({"id": conversation.id, "turns": told})
    return document


def forget_person(catalog: Catalog, person: str, *, session: Session) -> dict[str, int]:
    """Erase a person; return how many `interactions`, `turns`, `conversations` and `people` went.

    A generation that was built before still rests on counts in which the person took part: build again after.
    """
    i, t, c, p = (columns(row) for row in (InteractionRow, TurnRow, ConversationRow, PersonRow))
    row = _row(catalog, person, session)
    key = None if row is None else row.id
    mine = sa.select(c["id"]).where(c["catalog_id"] == catalog.id, c["person"] == person)
    steps = {
        "interactions": sa.delete(InteractionRow).where(i["person_id"] == key),
        "turns": sa.delete(TurnRow).where(t["conversation_id"].in_(mine)),
        "conversations": sa.delete(ConversationRow).where(c["id"].in_(mine)),
        "people": sa.delete(PersonRow).where(p["id"] == key),
    }
    session.expunge_all()
    return {name: session.connection().execute(step).rowcount for name, step in steps.items()}


def _create(file: Path, secret: bytes) -> None:
    """Write the secret beside and link it into place: of two processes that begin at once, one wins."""
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(secret)
            out.flush()
            os.fsync(out.fileno())
        if not file.exists():
            _link(beside, file)
    finally:
        beside.unlink(missing_ok=True)


def _link(beside: Path, file: Path) -> None:
    try:
        os.link(beside, file)
    except FileExistsError:
        return


def _row(catalog: Catalog, person: str, session: Session) -> PersonRow | None:
    query = select(PersonRow).where(
        col(PersonRow.catalog_id) == catalog.id, col(PersonRow.external_id) == person
    )
    return session.exec(query).one_or_none()


def _interactions(row: PersonRow, session: Session) -> list[dict[str, Any]]:
    query = (
        select(InteractionRow, ItemRow, PlaceRow)
        .join(ItemRow, col(InteractionRow.item_id) == col(ItemRow.id))
        .outerjoin(PlaceRow, col(InteractionRow.place_id) == col(PlaceRow.id))
        .where(col(InteractionRow.person_id) == row.id)
        .order_by(col(InteractionRow.at), col(InteractionRow.id))
    )
    return [
        {
            "item": item.external_id,
            "title": item.title,
            "at": done.at.isoformat() if done.at else None,
            "kind": done.kind,
            "value": done.value,
            "place": place.external_id if place else None,
            "basket": done.basket,
        }
        for done, item, place in session.exec(query).all()
    ]
