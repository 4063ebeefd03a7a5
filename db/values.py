"""Frozen values that queries give back. Knows shapes only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

CATALOG_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
"""What a catalogue can be called: its generations live in a folder of that name."""
Verdict = Literal["like", "dislike", "seen", "bought"]


@dataclass(frozen=True)
class Catalog:
    """A loaded catalogue and its settings."""

    id: int
    """Internal; it serves `db` alone."""
    name: str
    title: str
    source: str
    zone: str
    """IANA name of the local time."""
    hemisphere: Literal["north", "south"]
    clock: Literal["wall", "data"]
    """"data" where the log ended long ago: requests without an instant land in its last week."""
    day_start: int
    """Hour at which a calendar day begins."""
    pseudonymised: bool
    """True where people's ids were replaced on loading (see `db.privacy`)."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Nouns and verbs for people to read: `item`, `items`, `person`, `people`, `verb`, ..."""


@dataclass(frozen=True)
class CatalogCounts:
    """How much a catalogue holds; `items` counts items without a parent, `variants` those with one."""

    items: int
    variants: int
    people: int
    places: int
    interactions: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class Added:
    """What became of a batch of live interactions."""

    added: int
    repeated: int
    """Rows whose event id was stored already: nothing to do."""
    rejected: tuple[tuple[int, str], ...]
    """Position in the batch and reason, of rows that cannot be stored."""


@dataclass(frozen=True)
class StoredConversation:
    """A conversation as it was saved."""

    id: str
    catalog: str
    person: str | None
    messages: tuple[Mapping[str, Any], ...]
    """`{"role": "user", "content"}` and `{"role": "assistant", "content", "answer": {...}}`, oldest first."""


@dataclass(frozen=True)
class Quarantined:
    """A row of a source that could not be taken."""

    file: str
    line: int
    reason: str
    row: str
    """The row as read, as JSON, shortened."""


@dataclass(frozen=True)
class Tally:
    """What became of the rows of one noun: `read` = `kept` + `quarantined` + all of `dropped`."""

    read: int
    kept: int
    quarantined: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Left out on purpose, by reason."""
    made: int = 0
    """Rows that no file holds: people or places known only from behaviour, items that group variants."""

    def __post_init__(self) -> None:
        """Refuse totals that do not add up.

        Raises:
            ValueError: a row was lost or counted twice.
        """
        if self.read != self.kept + self.quarantined + sum(self.dropped.values()):
            raise ValueError(f"the totals do not add up: {self!r}")


@dataclass(frozen=True)
class LoadReport:
    """What a load did."""

    catalog: str
    source: str
    tallies: Mapping[str, Tally]
    """By noun: items, people, places, interactions."""
    seconds: float
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Quarantined rows by reason."""
    examples: tuple[Quarantined, ...] = ()
    """The first few quarantined rows."""
    carried: int = 0
    """Live interactions and verdicts that were kept over a reload."""
