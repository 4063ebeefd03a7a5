"""Conversations, generations and quarantined rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from db.tables import GenerationRecord
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
    """
    raise NotImplementedError


def load_conversation(conversation: str, *, session: Session) -> StoredConversation:
    """Return a conversation with all its messages.

    Raises:
        UnknownConversation: none of that id is stored.
    """
    raise NotImplementedError


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
    raise NotImplementedError


def list_generations(catalog: Catalog, *, session: Session) -> tuple[GenerationRecord, ...]:
    """Return what was built, the newest first."""
    raise NotImplementedError


def quarantine_rows(catalog: Catalog, *, session: Session, k: int = 100) -> tuple[Quarantined, ...]:
    """Return the first `k` rows that the latest load could not take."""
    raise NotImplementedError
