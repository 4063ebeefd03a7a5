"""Conversations, generations and quarantined rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.errors import InvalidRow, UnknownConversation
from db.tables import CatalogRow, ConversationRow, GenerationRecord, LoadRow, QuarantineRow, TurnRow, columns
from db.values import Catalog, Quarantined, StoredConversation


def save_turn(
    catalog: Catalog,
    conversation: str,
    message: str,
    answer: Mapping[str, Any],
    at: datetime,
    *,
    session: Session,
    person: str | None = None,
) -> int:
    """Append one exchange, beginning the conversation where it is new; return its position from 0.

    Args:
        catalog: The catalogue that it is about.
        conversation: Its id.
        message: What the person wrote.
        answer: The whole answer as a JSON document; `answer["answer"]` is its text.
        at: The instant.
        session: A session of `db.writing`.
        person: Who asks; the first one named stays.

    Raises:
        InvalidRow: the conversation belongs to another catalogue.
    """
    c, turn = columns(ConversationRow), columns(TurnRow)
    connection = (
        session.connection()
    )  # plain statements: every message ends here, and mapping rows costs half of it
    known = connection.execute(
        sa.select(
            c["catalog_id"],
            c["person"],
            sa.select(sa.func.max(turn["ordinal"]))
            .where(turn["conversation_id"] == conversation)
            .scalar_subquery(),
        ).where(c["id"] == conversation)
    ).first()
    if known is None:
        row = {"id": conversation, "catalog_id": catalog.id, "person": person, "created": at}
        connection.execute(sa.insert(ConversationRow).values(row))
    elif known[0] != catalog.id:
        raise InvalidRow(f"conversation {conversation!r} is not about {catalog.name!r}; begin a new one")
    elif known[1] is None and person is not None:
        connection.execute(sa.update(ConversationRow).where(c["id"] == conversation).values(person=person))
    ordinal = 0 if known is None or known[2] is None else int(known[2]) + 1
    said = {
        "conversation_id": conversation,
        "ordinal": ordinal,
        "message": message,
        "answer": dict(answer),
        "at": at,
    }
    connection.execute(sa.insert(TurnRow).values(said))
    return ordinal


def load_conversation(conversation: str, *, session: Session) -> StoredConversation:
    """Return a conversation with all its messages.

    Raises:
        UnknownConversation: none of that id is stored.
    """
    row = session.get(ConversationRow, conversation)
    if row is None:
        raise UnknownConversation(conversation)
    name = session.exec(select(CatalogRow.name).where(col(CatalogRow.id) == row.catalog_id)).one()
    turns = session.exec(
        select(TurnRow).where(col(TurnRow.conversation_id) == conversation).order_by(col(TurnRow.ordinal))
    ).all()
    messages: list[dict[str, Any]] = []
    for turn in turns:
        messages.append({"role": "user", "content": turn.message, "at": turn.at})
        text = str(turn.answer.get("answer", ""))
        messages.append({"role": "assistant", "content": text, "answer": turn.answer, "at": turn.at})
    return StoredConversation(id=row.id, catalog=name, person=row.person, messages=tuple(messages))


def record_generation(
    catalog: Catalog,
    generation: str,
    path: Path,
    info: Mapping[str, Any],
    at: datetime,
    *,
    session: Session,
) -> None:
    """Note that a generation was built; its files and manifest live in `path`."""
    row = GenerationRecord(
        catalog_id=catalog.id, generation=generation, path=str(path), info=dict(info), created=at
    )
    session.add(row)
    session.flush()


def list_generations(catalog: Catalog, *, session: Session) -> tuple[GenerationRecord, ...]:
    """Return what was built, the newest first."""
    query = select(GenerationRecord).where(col(GenerationRecord.catalog_id) == catalog.id)
    return tuple(session.exec(query.order_by(col(GenerationRecord.id).desc())).all())


def quarantine_rows(catalog: Catalog, *, session: Session, k: int = 100) -> tuple[Quarantined, ...]:
    """Return the first `k` rows that the latest load could not take."""
    latest = select(sa.func.max(LoadRow.id)).where(col(LoadRow.catalog_id) == catalog.id)
    query = (
        select(QuarantineRow)
        .where(col(QuarantineRow.load_id) == latest.scalar_subquery())
        .order_by(col(QuarantineRow.id))
        .limit(k)
    )
    return tuple(Quarantined(row.file, row.line, row.reason, row.row) for row in session.exec(query).all())
