"""Every read and write of rows, one function each, with a keyword-only session.

Gathered from four modules: `catalogs` (catalogues and their counts), `frames` (what mining and retrieval
take), `people` (one person's history, live interactions, verdicts) and `records` (conversations,
generations, quarantine).
"""

from __future__ import annotations

from db.queries.catalogs import catalog_counts, get_catalog, list_catalogs
from db.queries.frames import interaction_frame, item_frame, people_frame, person_interactions, place_frame
from db.queries.people import add_interactions, add_verdict, known_person, personas, remove_verdict
from db.queries.records import (
    list_generations,
    load_conversation,
    quarantine_rows,
    record_generation,
    save_turn,
)

__all__ = [
    "add_interactions",
    "add_verdict",
    "catalog_counts",
    "get_catalog",
    "interaction_frame",
    "item_frame",
    "known_person",
    "list_catalogs",
    "list_generations",
    "load_conversation",
    "people_frame",
    "person_interactions",
    "personas",
    "place_frame",
    "quarantine_rows",
    "record_generation",
    "remove_verdict",
    "save_turn",
]
