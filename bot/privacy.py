"""What a person may ask of their data: everything that is stored, or that it be erased.

Knows who decides (a person at the command line, never a language model). The rows are `db`'s.
"""

from __future__ import annotations

from typing import Any

from bot.errors import AlmanacError
from bot.settings import Settings
from db.engine import open_engine, reading, writing
from db.privacy import Pseudonyms
from db.privacy import export_person as export_rows
from db.privacy import forget_person as forget_rows
from db.queries import get_catalog, known_person, list_catalogs


def export_person(settings: Settings, person: str, catalog: str | None) -> dict[str, Any]:
    """Return everything stored about a person, by catalogue.

    Raises:
        AlmanacError: nobody of that id is known.
    """
    engine = open_engine(settings.db, settings.home)
    pseudonyms = Pseudonyms.open(settings.home)
    found: dict[str, Any] = {}
    with reading(engine) as session:
        catalogs = [get_catalog(catalog, session=session)] if catalog else list_catalogs(session=session)
        for info in catalogs:
            known = known_person(info, person, session=session, pseudonyms=pseudonyms)
            if known is not None:
                found[info.name] = export_rows(info, known, session=session)
    if not found:
        raise AlmanacError(f"nobody is known as {person!r}")
    return found


def forget_person(settings: Settings, person: str, catalog: str | None) -> dict[str, Any]:
    """Erase a person from the database; return the counts of what went, by catalogue.

    Raises:
        AlmanacError: nobody of that id is known.
    """
    engine = open_engine(settings.db, settings.home)
    pseudonyms = Pseudonyms.open(settings.home)
    gone: dict[str, Any] = {}
    with writing(engine) as session:
        catalogs = [get_catalog(catalog, session=session)] if catalog else list_catalogs(session=session)
        for info in catalogs:
            known = known_person(info, person, session=session, pseudonyms=pseudonyms)
            if known is not None:
                gone[info.name] = forget_rows(info, known, session=session)
    if not gone:
        raise AlmanacError(f"nobody is known as {person!r}")
    return gone
