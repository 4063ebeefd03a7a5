"""Pseudonyms, and a person's right to see and to erase what is stored of them.

Knows which rows speak of a person. It refuses to know who asks: proving that someone is that person is the caller's
work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session

from db.values import Catalog


@dataclass(frozen=True)
class Pseudonyms:
    """Replaces ids of people by HMAC-SHA256 under a secret, so that nobody without it can tell who is who."""

    secret: bytes = field(repr=False)

    @classmethod
    def open(cls, home: Path) -> Pseudonyms:
        """Return those of a home folder; the secret is made at the first call, readable by its owner alone.

        Raises:
            DbError: the secret cannot be read or written, or was damaged.
        """
        raise NotImplementedError

    def of(self, catalog: str, person: str) -> str:
        """Return the pseudonym of a person in a catalogue ("p_" and 24 hexadecimal digits)."""
        raise NotImplementedError


def export_person(catalog: Catalog, person: str, *, session: Session) -> dict[str, Any]:
    """Return everything stored of a person, ready for JSON: place, attributes, interactions, conversations."""
    raise NotImplementedError


def forget_person(catalog: Catalog, person: str, *, session: Session) -> dict[str, int]:
    """Erase a person; return how many `interactions`, `turns`, `conversations` and `people` went."""
    raise NotImplementedError
