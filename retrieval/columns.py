"""The column names of the frames that `retrieval` takes and gives, in one place.

Knows names only. It refuses to know what a frame holds or who made it.
"""

from __future__ import annotations

from typing import Final

PERSON: Final = "person"
ITEM: Final = "item"
AT: Final = "at"
KIND: Final = "kind"
VALUE: Final = "value"
PLACE: Final = "place"
BASKET: Final = "basket"
CONTEXT: Final = "context"

TITLE: Final = "title"
CATEGORY: Final = "category"
YEAR: Final = "year"
PARENT: Final = "parent"
TEXT: Final = "text"
SYNONYMS: Final = "synonyms"
"""Other names of an item, separated by `SEPARATOR`; an attribute that catalogues may have."""

SCORE: Final = "score"
RANK: Final = "rank"

SEPARATOR: Final = "|"
"""Between the values of a cell that holds several: "Comedy|Romance"."""

NOT_ATTRIBUTES: Final = frozenset({ITEM, TITLE, PARENT, TEXT, SYNONYMS})
"""Columns of the item frame that name or describe an item and are no property to filter by."""
