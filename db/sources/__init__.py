"""Where catalogues come from: two that are built in, and the owner's own files or database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from db.assets import fetch
from db.errors import SourceError
from db.progress import Progress
from db.sources.base import Batch, Content, Profile, Source
from db.sources.frames import FrameSource

__all__ = ["BUILT_IN", "Batch", "Content", "FrameSource", "Profile", "Source", "open_source"]

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
        options: Of the owner's own data: `db.sources.tables.Options` (name, title, zone, clock, kind, ...).
        progress: Listens to a fetch.

    Raises:
        SourceError: there is no such source.
        AssetError: a built-in source cannot be fetched.
    """
    if source in BUILT_IN:
        return _built_in(source, cache, mapping, options, progress)
    from db.sources.tables import TableSource

    if "://" not in source and not Path(source.split(",")[0].strip()).expanduser().exists():
        choices = f"{', '.join(BUILT_IN)}, a folder, files joined by ',' or a database URL"
        raise SourceError(f"there is no source {source!r}: give {choices}")
    return TableSource(source, mapping=mapping, options=options)


def _built_in(
    source: str,
    cache: Path,
    mapping: Mapping[str, str] | None,
    options: Mapping[str, Any] | None,
    progress: Progress | None,
) -> Source:
    if mapping or options:
        raise SourceError(f"the source {source!r} is built in: it takes no mapping and no options")
    if source == "movies":
        from db.sources.movielens import MovieLens

        return MovieLens(fetch("movielens-100k", cache, progress=progress))
    from db.sources.completejourney import CompleteJourney

    return CompleteJourney(fetch("complete-journey", cache, progress=progress))
