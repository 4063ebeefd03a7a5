"""Generations on disk: written beside the old one, checked, made current by one atomic rename.

Knows folders, manifests and hashes. It refuses to know what the files mean.

    ROOT/CATALOG/current            the id of the current generation
    ROOT/CATALOG/ID/manifest.json   size and SHA-256 of each file, and what the builder says of it
    ROOT/CATALOG/.draft-ID-.../     one that is being written; nobody reads it
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from db.assets import hash_file
from db.errors import DamagedGeneration, GenerationError
from db.values import CATALOG_NAME

MANIFEST = "manifest.json"
CURRENT = "current"


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
        expected: dict[str, list[Any]] = _manifest(self.path)["files"]
        for name, (size, sha256) in expected.items():
            file = self.path / name
            if not file.is_file():
                raise DamagedGeneration(f"generation {self.id!r} lacks {name!r}: build again or roll back")
            if file.stat().st_size != size or hash_file(file) != sha256:
                raise DamagedGeneration(
                    f"{name!r} of generation {self.id!r} was changed: build again or roll back"
                )
        added = [name for name in _files(self.path) if name not in expected]
        if added:
            raise DamagedGeneration(f"{added[0]!r} does not belong to generation {self.id!r}: remove it")


class Draft:
    """A generation that is being written: files go under `path`, then `commit`."""

    def __init__(self, store: GenerationStore, catalog: str, path: Path) -> None:
        self.path = path
        self._store = store
        self._catalog = catalog
        self._done = False

    def commit(self, info: Mapping[str, Any]) -> Generation:
        """Seal the files with a manifest and make them the current generation.

        Everything is on the disk before the rename that makes it current: a crash leaves the old one or the
        new one, whole.

        Raises:
            GenerationError: it was committed already, or the folder cannot be written.
        """
        if self._done:
            raise GenerationError(f"the draft for {self._catalog!r} was committed already")
        created = datetime.now(UTC)
        files = {name: _sealed(self.path / name) for name in _files(self.path)}
        manifest = {"created": created.isoformat(), "info": dict(info), "files": files}
        text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
        folder = self._store.folder(self._catalog)
        identity = f"{created:%Y%m%dT%H%M%S}-{created.microsecond:06d}"
        try:
            _write(self.path / MANIFEST, text)
            for inside in [self.path, *(each for each in self.path.rglob("*") if each.is_dir())]:
                _sync_folder(inside)
            self.path.rename(folder / identity)
            self._done = True
            _point(folder, identity)
        except OSError as error:
            raise GenerationError(
                f"cannot write a generation into {str(folder)!r}: {error.strerror}"
            ) from error
        return self._store.get(self._catalog, identity)


@dataclass(frozen=True)
class GenerationStore:
    """All generations under one folder."""

    root: Path

    @contextmanager
    def begin(self, catalog: str) -> Iterator[Draft]:
        """Open a draft; leaving without `commit`, by error or Ctrl-C, removes it.

        Raises:
            GenerationError: the folder cannot be written, or the name cannot be a folder's.
        """
        folder = self.folder(catalog)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
        except OSError as error:
            raise GenerationError(f"cannot write into {str(folder)!r}: {error.strerror}") from error
        try:
            yield Draft(self, catalog, path)
        finally:
            if path.exists():
                shutil.rmtree(path)

    def current(self, catalog: str) -> Generation | None:
        """Return the current generation, None where nothing was built.

        Raises:
            DamagedGeneration: it is named but not there, or its manifest cannot be read.
        """
        identity = self.current_id(catalog)
        return None if identity is None else self.get(catalog, identity)

    def current_id(self, catalog: str) -> str | None:
        """Return which generation is current without reading its manifest, None where nothing was built."""
        try:
            return (self.folder(catalog) / CURRENT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def get(self, catalog: str, identity: str) -> Generation:
        """Return one generation.

        Raises:
            DamagedGeneration: it is not there, or its manifest cannot be read.
        """
        path = self.folder(catalog) / identity
        manifest = _manifest(path)
        created = datetime.fromisoformat(manifest["created"])
        return Generation(identity, catalog, path, created, manifest["info"])

    def list(self, catalog: str) -> tuple[Generation, ...]:
        """Return all complete generations, the newest first."""
        found = sorted(self.folder(catalog).glob(f"[!.]*/{MANIFEST}"), reverse=True)
        return tuple(self.get(catalog, manifest.parent.name) for manifest in found)

    def rollback(self, catalog: str) -> Generation:
        """Make the generation before the current one current.

        Raises:
            GenerationError: there is none.
        """
        now = self.current(catalog)
        older = [each for each in self.list(catalog) if now is not None and each.id < now.id]
        if not older:
            raise GenerationError(f"catalogue {catalog!r} has no generation before the current one")
        _point(self.folder(catalog), older[0].id)
        return older[0]

    def prune(self, catalog: str, keep: int = 2) -> tuple[str, ...]:
        """Remove old generations but the newest `keep` and the current one; return the ids removed.

        Raises:
            GenerationError: `keep` is less than 1.
        """
        if keep < 1:
            raise GenerationError(f"keep={keep!r} must be at least 1")
        now = self.current(catalog)
        spared = {each.id for each in self.list(catalog)[:keep]} | ({now.id} if now else set())
        gone = [each for each in self.list(catalog) if each.id not in spared]
        for each in gone:
            hidden = each.path.with_name(f".gone-{each.id}")
            each.path.rename(hidden)  # out of sight at once: half a generation is never listed
            shutil.rmtree(hidden)
        return tuple(each.id for each in gone)

    def folder(self, catalog: str) -> Path:
        """Return a catalogue's folder.

        Raises:
            GenerationError: the name cannot be a folder's.
        """
        if not CATALOG_NAME.fullmatch(catalog):
            raise GenerationError(
                f"a catalogue cannot be named {catalog!r}: use letters, digits, '_' and '-'"
            )
        return self.root / catalog


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedGeneration(
            f"{MANIFEST!r} of generation {path.name!r} is missing or damaged: build again or roll back"
        ) from error
    return manifest


def _files(path: Path) -> list[str]:
    """Return the files under a generation but its manifest, as paths with slashes."""
    found = (each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file())
    return sorted(name for name in found if name != MANIFEST)


def _sealed(file: Path) -> tuple[int, str]:
    """Bring a file to the disk and return its size and hash."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
    return file.stat().st_size, hash_file(file)


def _write(file: Path, text: str) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def _point(folder: Path, identity: str) -> None:
    """Make a generation current: write the name beside and rename it over the old one."""
    handle, beside = tempfile.mkstemp(prefix=".current-", dir=folder)
    os.close(handle)
    try:
        _write(Path(beside), identity)
        Path(beside).replace(folder / CURRENT)
    finally:
        Path(beside).unlink(missing_ok=True)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
