"""Generations on disk: written beside the old one, checked, made current by one atomic rename.

Knows folders, manifests and hashes. It refuses to know what the files mean.

    ROOT/CATALOG/current            the id of the current generation
    ROOT/CATALOG/ID/manifest.json   size and SHA-256 of each file, and what the builder says of it
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Generation:
    """One immutable build."""

    id: str
    catalog: str
    path: Path
    created: datetime
    info: Mapping[str, Any] = field(default_factory=dict)

    def verify(self) -> None:
        """Compare every file with the manifest.

        Raises:
            DamagedGeneration: names the first file that is missing, added or changed.
        """
        raise NotImplementedError


@dataclass
class Draft:
    """A generation that is being written: files go under `path`, then `commit`."""

    path: Path

    def commit(self, info: Mapping[str, Any]) -> Generation:
        """Seal the files with a manifest and make them the current generation."""
        raise NotImplementedError


@dataclass(frozen=True)
class GenerationStore:
    """All generations under one folder."""

    root: Path

    def begin(self, catalog: str) -> AbstractContextManager[Draft]:
        """Open a draft; leaving without `commit`, by error or Ctrl-C, removes it."""
        raise NotImplementedError

    def current(self, catalog: str) -> Generation | None:
        """Return the current generation, None where nothing was built."""
        raise NotImplementedError

    def list(self, catalog: str) -> tuple[Generation, ...]:
        """Return all complete generations, the newest first."""
        raise NotImplementedError

    def rollback(self, catalog: str) -> Generation:
        """Make the generation before the current one current.

        Raises:
            GenerationError: there is none.
        """
        raise NotImplementedError

    def prune(self, catalog: str, keep: int = 2) -> tuple[str, ...]:
        """Remove old generations but the newest `keep` and the current one; return the ids removed."""
        raise NotImplementedError
