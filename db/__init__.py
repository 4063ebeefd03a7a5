"""Rows, sources, assets, generations and privacy: a library that stands alone.

`import db` loads neither sqlmodel nor pandas; each name is imported when it is first used. Loading is
`db.load.load`, reading and writing rows `db.queries`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from db.assets import fetch as fetch
    from db.config import DbConfig as DbConfig
    from db.engine import open_engine as open_engine
    from db.engine import reading as reading
    from db.engine import writing as writing
    from db.errors import AssetError as AssetError
    from db.errors import DamagedGeneration as DamagedGeneration
    from db.errors import DbError as DbError
    from db.errors import GenerationError as GenerationError
    from db.errors import InvalidRow as InvalidRow
    from db.errors import SourceError as SourceError
    from db.errors import UnknownCatalog as UnknownCatalog
    from db.errors import UnknownConversation as UnknownConversation
    from db.errors import UnknownItem as UnknownItem
    from db.generation import Draft as Draft
    from db.generation import Generation as Generation
    from db.generation import GenerationStore as GenerationStore
    from db.privacy import Pseudonyms as Pseudonyms
    from db.privacy import export_person as export_person
    from db.privacy import forget_person as forget_person
    from db.progress import Progress as Progress
    from db.sources import FrameSource as FrameSource
    from db.sources import Profile as Profile
    from db.sources import Source as Source
    from db.sources import open_source as open_source
    from db.values import Catalog as Catalog
    from db.values import CatalogCounts as CatalogCounts
    from db.values import LoadReport as LoadReport

_HOMES = {
    "db.assets": ("fetch",),
    "db.config": ("DbConfig",),
    "db.engine": ("open_engine", "reading", "writing"),
    "db.errors": (
        "AssetError",
        "DamagedGeneration",
        "DbError",
        "GenerationError",
        "InvalidRow",
        "SourceError",
        "UnknownCatalog",
        "UnknownConversation",
        "UnknownItem",
    ),
    "db.generation": ("Draft", "Generation", "GenerationStore"),
    "db.privacy": ("Pseudonyms", "export_person", "forget_person"),
    "db.progress": ("Progress",),
    "db.sources": ("FrameSource", "Profile", "Source", "open_source"),
    "db.values": ("Catalog", "CatalogCounts", "LoadReport"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """Import a public name where it lives, at its first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'db' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
