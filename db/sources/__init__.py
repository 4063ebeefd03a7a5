"""Where catalogues come from: two that are built in, and the owner's own files or database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from db.progress import Progress
from db.sources.base import Batch, Content, Profile, Source

__all__ = ["BUILT_IN", "Batch", "Content", "Profile", "Source", "open_source"]

BUILT_IN = ("movies", "groceries")


def open_source(
    source: str,
    *,
    cache: Path,
    mapping: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Source:
    """Return the source of that name, path or database URL; built-in ones are fetched into the cache.

    Args:
        source: "movies", "groceries", a folder, one or more files joined by ",", or a database URL.
        cache: The folder of fetched assets.
        mapping: Our column -> theirs, where names differ; "interactions.at" limits it to one table.
        options: Fields of `Profile` to set: title, zone, hemisphere, clock, day_start, settings.
        progress: Listens to a fetch.

    Raises:
        SourceError: there is no such source.
        AssetError: a built-in source cannot be fetched.
    """
    raise NotImplementedError
