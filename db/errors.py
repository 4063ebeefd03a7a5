"""Every error that `db` raises, drawn as a tree; a message is one line and says what to do.

DbError
├── UnknownCatalog        no catalogue of that name is loaded
├── UnknownItem           the catalogue has no such item
├── UnknownConversation   no conversation of that id is stored
├── InvalidRow            one record cannot be stored; says which field and why
├── SourceError           a source cannot be read: files or columns are missing
├── AssetError            an asset is missing, damaged or cannot be fetched
└── GenerationError       a generation cannot be written or made current
└── DamagedGeneration a file of a generation is not what its manifest says
"""

from __future__ import annotations

from collections.abc import Iterable


class DbError(Exception):
    """The base of the family; also raised itself where the database or its folder cannot be used."""


class UnknownCatalog(DbError):
    """No catalogue of that name is loaded; the message names those that are."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(sorted(known))
        loaded = f"loaded: {', '.join(self.known)}"
        hint = loaded if self.known else "none is loaded yet: run `almanac load SOURCE`"
        super().__init__(f"there is no catalogue {name!r} ({hint})")


class UnknownItem(DbError):
    """The catalogue has no item of that id."""

    def __init__(self, item: str, catalog: str) -> None:
        self.item = item
        super().__init__(f"catalogue {catalog!r} has no item {item!r}")


class UnknownConversation(DbError):
    """No conversation of that id is stored (or it was forgotten)."""

    def __init__(self, conversation: str) -> None:
        self.conversation = conversation
        super().__init__(f"there is no conversation {conversation!r}; begin a new one")


class InvalidRow(DbError):
    """One record cannot be stored; the message names the field and what is allowed."""


class SourceError(DbError):
    """A source cannot be read; the message lists what was found."""


class AssetError(DbError):
    """An asset is missing, damaged or cannot be fetched; the message says what to do."""


class GenerationError(DbError):
    """A generation cannot be written, found or made current."""


class DamagedGeneration(GenerationError):
    """A file of a generation differs from its manifest; the message names the file."""
