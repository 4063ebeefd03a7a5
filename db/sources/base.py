"""What a source hands to `db.load`: frames in the shared language, each row knowing its file and line.

Knows shapes only. It refuses to know databases and file formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import pandas as pd

from db.progress import Progress
from db.values import Quarantined

NOUNS = ("items", "people", "places", "interactions")


@dataclass(frozen=True)
class Profile:
    """What a source says of the catalogue that it makes."""

    name: str
    title: str
    zone: str = "UTC"
    hemisphere: Literal["north", "south"] = "north"
    clock: Literal["wall", "data"] = "wall"
    day_start: int = 0
    pseudonymise: bool = True
    """False where the source is public and its ids are pseudonyms already."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Nouns and verbs for people to read: item, items, person, people, verb."""


@dataclass(frozen=True)
class Batch:
    """Rows of one file under our column names; the values may still be of any type.

    The frame's index holds the line of each row in the file (the first row of a CSV stands on line 2).
    """

    frame: pd.DataFrame
    file: str


@dataclass(frozen=True)
class Content:
    """All rows of a source, by noun."""

    items: tuple[Batch, ...]
    interactions: tuple[Batch, ...]
    people: tuple[Batch, ...] = ()
    places: tuple[Batch, ...] = ()
    dropped: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Noun -> reason -> rows that the source left out on purpose; they are in no batch."""
    refused: Mapping[str, tuple[Quarantined, ...]] = field(default_factory=dict)
    """Noun -> rows that could not be read at all; they are in no batch."""
    made: Mapping[str, int] = field(default_factory=dict)
    """Noun -> rows in its batches that no file holds."""


class Source(Protocol):
    """Something that can be loaded."""

    @property
    def profile(self) -> Profile:
        """The catalogue that it makes."""

    def describe(self) -> str:
        """Say what was understood: files, columns and what each is taken for, counts, first rows, zone.

        Raises:
            SourceError: a file or a required column is missing.
        """

    def read(self, progress: Progress) -> Content:
        """Read everything.

        Raises:
            SourceError: a file or a required column is missing.
        """
