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
    connection = session.connection()
    known = connection.execute(_KNOWN, {"conversation": conversation}).first()
    if known is None:
        row = {"id": conversation, "catalog_id": catalog.id, "person": person, "created": at}
        connection.execute(_BEGIN, row)
    elif known[0] != catalog.id:
        raise InvalidRow(f"conversation {conversation!r} is not about {catalog.name!r}; begin a new one")
    elif known[1] is None and person is not None:
        connection.execute(_NAME, {"conversation": conversation, "named": person})
    ordinal = 0 if known is None or known[2] is None else int(known[2]) + 1
    said = {
        "conversation_id": conversation,
        "ordinal": ordinal,
        "message": message,
        "answer": dict(answer),
        "at": at,
    }
    connection.execute(_SAY, said)
    return ordinal


_CONVERSATION, _TURN, _CATALOG = columns(ConversationRow), columns(TurnRow), columns(CatalogRow)
_KNOWN = sa.select(
    _CONVERSATION["catalog_id"],
    _CONVERSATION["person"],
    sa.select(sa.func.max(_TURN["ordinal"]))
    .where(_TURN["conversation_id"] == sa.bindparam("conversation"))
    .scalar_subquery(),
).where(_CONVERSATION["id"] == sa.bindparam("conversation"))
"""Plain statements, made once: every message ends here, and making statements and mapping rows costs most of it."""
_BEGIN = sa.insert(ConversationRow.__table__)  # type: ignore[attr-defined]
_NAME = (
    sa.update(ConversationRow)
    .where(_CONVERSATION["id"] == sa.bindparam("conversation"))
    .values(person=sa.bindparam("named"))
)
_SAY = sa.insert(TurnRow.__table__)  # type: ignore[attr-defined]
_HEAD = (
    sa.select(_CONVERSATION["person"], _CATALOG["name"])
    .join_from(ConversationRow.__table__, CatalogRow.__table__)  # type: ignore[attr-defined]
    .where(_CONVERSATION["id"] == sa.bindparam("conversation"))
)
_TURNS = (
    sa.select(_TURN["message"], _TURN["answer"], _TURN["at"])
    .where(_TURN["conversation_id"] == sa.bindparam("conversation"))
    .order_by(_TURN["ordinal"])
)


def load_conversation(conversation: str, *, session: Session) -> StoredConversation:
    """Return a conversation with all its messages.

    Raises:
        UnknownConversation: none of that id is stored.
    """
    connection = session.connection()
    head = connection.execute(_HEAD, {"conversation": conversation}).first()
    if head is None:
        raise UnknownConversation(conversation)
    messages: list[dict[str, Any]] = []
    for said, answer, at in connection.execute(_TURNS, {"conversation": conversation}):
        messages.append({"role": "user", "content": said, "at": at})
        text = str(answer.get("answer", ""))
        messages.append({"role": "assistant", "content": text, "answer": answer, "at": at})
    return StoredConversation(id=conversation, catalog=head[1], person=head[0], messages=tuple(messages))


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
