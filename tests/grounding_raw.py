"""What a home folder's catalogue holds, read by plain SQL: the measure of every title that an answer shows.

Knows the tables of the database and nothing of the project's code, so that what it says cannot repeat a slip of the
product's own look-ups.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

POPULAR = 300
"""Items that are taken often enough for most questions to have an answer."""


@dataclass(frozen=True)
class Raw:
    """One catalogue as it is stored."""

    titles: dict[str, str]
    """Title by item id; variants of an item are left out."""
    years: dict[str, int]
    popular: tuple[str, ...]
    """Ids of the items with the most interactions, most first."""
    categories: tuple[str, ...]
    places: dict[str, str]
    """Name by place id."""
    people: tuple[str, ...]
    first: int
    last: int
    """Microseconds since 1970 of the first and last interaction."""


def read_raw(home: Path, catalog: str) -> Raw:
    """Read a catalogue of the database in a home folder.

    Raises:
        LookupError: no catalogue of that name is loaded there.
    """
    with closing(sqlite3.connect(f"file:{home / 'almanac.db'}?mode=ro", uri=True)) as base:
        row = base.execute("SELECT id FROM catalog WHERE name = ?", (catalog,)).fetchone()
        if row is None:
            raise LookupError(f"no catalogue {catalog!r} in {str(home)!r}: load it first")
        items = base.execute(
            "SELECT external_id, title, category, year FROM item WHERE catalog_id = ? AND parent IS NULL", row
        ).fetchall()
        taken = base.execute(
            "SELECT coalesce(i.parent, i.external_id) AS one, count(*) AS n FROM interaction a "
            "JOIN item i ON i.id = a.item_id WHERE a.catalog_id = ? GROUP BY one ORDER BY n DESC, one LIMIT ?",
            (*row, POPULAR),
        ).fetchall()
        first, last = base.execute(
            "SELECT min(at), max(at) FROM interaction WHERE catalog_id = ?", row
        ).fetchone()
        places = base.execute(
            "SELECT external_id, name FROM place WHERE catalog_id = ? ORDER BY 1", row
        ).fetchall()
        people = base.execute(
            "SELECT external_id FROM person WHERE catalog_id = ? ORDER BY 1", row
        ).fetchall()
    return Raw(
        titles={item: title for item, title, _, _ in items},
        years={item: year for item, _, _, year in items if year is not None},
        popular=tuple(item for item, _ in taken),
        categories=tuple(
            sorted({part for _, _, category, _ in items for part in category.split("|") if part})
        ),
        places=dict(places),
        people=tuple(person for (person,) in people),
        first=first,
        last=last,
    )
