"""The owner's own data: files of CSV or Parquet, or the tables of a database.

Knows which columns we need and what others call them. It refuses to judge rows: `db.sources.check` does. Four
tables count, by their names: `items` and `interactions`, and where there are any `people` and `places`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy.exc import SQLAlchemyError

from db.engine import hide_password
from db.errors import SourceError
from db.progress import Progress
from db.records import missing
from db.sources.base import NOUNS, Batch, Content, Profile
from db.sources.columns import COLUMNS, REQUIRED, guess
from db.sources.describe import SAMPLE, Understood, tell
from db.sources.files import FILE_NAMES, first_line, noun_of, read, tables_in, typed
from db.values import CATALOG_NAME, Quarantined

_LISTS = re.compile(r"\s*[|,;]\s*")


class Options(BaseModel):
    """What an owner may say of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    """The catalogue's name; empty means the name of the folder, file or database."""
    title: str = ""
    """Its title for people; empty means the name."""
    zone: str = "UTC"
    """IANA name of the local time."""
    hemisphere: str = Field(default="north", pattern="^(north|south)$")
    """Decides the seasons."""
    clock: str = Field(default="wall", pattern="^(wall|data)$")
    """"data" for a log that ended long ago."""
    day_start: int = Field(default=0, ge=0, le=23)
    """Hour at which a calendar day begins."""
    kind: str = ""
    """The kind of every interaction, where no column says it; empty means: guess from the columns."""
    pseudonymise: bool = True
    """False where the ids of people are pseudonyms already."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Nouns and verbs for people to read: item, items, person, people, verb."""

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{zone!r} is not an IANA time zone such as Europe/Berlin") from error
        return zone


@dataclass(frozen=True)
class _Part:
    """One file or table: how to name it, and how its columns were taken."""

    noun: str
    where: Path | str
    mapping: Mapping[str, str]
    extra: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's or table's name, for people."""
        return self.where.name if isinstance(self.where, Path) else self.where


class TableSource:
    """CSV or Parquet files, or a database, of an owner."""

    def __init__(
        self,
        location: str,
        *,
        mapping: Mapping[str, str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        try:
            self._options = Options.model_validate(dict(options or {}))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            known = ", ".join(Options.model_fields)
            field = ".".join(str(part) for part in first["loc"])
            raise SourceError(f"option {field!r}: {first['msg']} (options: {known})") from error
        self._location = location
        self._mapping = dict(mapping or {})
        self._database = "://" in location

    @property
    def profile(self) -> Profile:
        """What the options say; the name comes from the location where they name none."""
        options = self._options
        name = options.name or _name_of(self._location)
        return Profile(
            name=name,
            title=options.title or name,
            zone=options.zone,
            hemisphere="south" if options.hemisphere == "south" else "north",
            clock="data" if options.clock == "data" else "wall",
            day_start=options.day_start,
            pseudonymise=options.pseudonymise,
            settings=options.settings,
        )

    def describe(self) -> str:
        """Say what was understood."""
        told = []
        for part in self._parts():
            frame, _ = self._frame(part)
            attributes = part.extra if part.noun in ("items", "people") else ()
            ignored = () if attributes else part.extra
            told.append(
                Understood(
                    part.noun, part.name, len(frame), part.mapping, frame.head(SAMPLE), attributes, ignored
                )
            )
        return tell(self.profile, told)

    def read(self, progress: Progress) -> Content:
        """Read every table."""
        parts = self._parts()
        progress.stage("read tables", len(parts))
        batches: dict[str, tuple[Batch, ...]] = dict.fromkeys(NOUNS, ())
        torn: dict[str, tuple[Quarantined, ...]] = dict.fromkeys(NOUNS, ())
        for part in parts:
            frame, refused = self._frame(part)
            batches[part.noun] += (Batch(self._taken(part, frame), part.name),)
            torn[part.noun] += refused
            progress.advance()
        return Content(
            items=batches["items"],
            interactions=batches["interactions"],
            people=batches["people"],
            places=batches["places"],
            refused=torn,
        )

    def _parts(self) -> list[_Part]:
        """Return the tables with their columns mapped, items first.

        Raises:
            SourceError: a required table or column is missing.
        """
        found = self._tables() if self._database else tables_in(self._location)
        for noun in ("items", "interactions"):
            if not any(each == noun for each, _ in found):
                names = ", ".join(_label(where) for _, where in found) or "nothing usable"
                wanted = ", ".join(FILE_NAMES[noun][:4])
                raise SourceError(
                    f"{self._location!r} has no {noun} (a file or table named {wanted}); it has {names}"
                )
        parts = [self._part(noun, where) for noun, where in found]
        self._check_mapping(parts)
        return sorted(parts, key=lambda part: NOUNS.index(part.noun))

    def _part(self, noun: str, where: Path | str) -> _Part:
        theirs = self._columns(where)
        mapping = guess(noun, theirs, self._mapping, _label(where))
        lacking = [name for name in REQUIRED[noun] if name not in mapping]
        if lacking:
            raise SourceError(
                f"{_label(where)} has no column for {lacking[0]!r}; it has {', '.join(theirs)} "
                f"(name it with the mapping {noun}.{lacking[0]}=COLUMN)"
            )
        used = set(mapping.values())
        return _Part(noun, where, mapping, tuple(name for name in theirs if name not in used))

    def _check_mapping(self, parts: Sequence[_Part]) -> None:
        """Refuse a mapping that no table used: it is a misspelling, and a guess must not stand in for it."""
        used = {(f"{part.noun}.{ours}", theirs) for part in parts for ours, theirs in part.mapping.items()}
        used |= {(ours.partition(".")[2], theirs) for ours, theirs in used}
        for key, theirs in self._mapping.items():
            if (key, theirs) not in used:
                ours = ", ".join(f"{noun}.{name}" for noun in NOUNS for name in COLUMNS[noun])
                has = "; ".join(f"{part.name} has {', '.join(self._columns(part.where))}" for part in parts)
                raise SourceError(f"mapping {key!r}={theirs!r} is of no use here; ours are {ours}; {has}")

    def _taken(self, part: _Part, theirs: pd.DataFrame) -> pd.DataFrame:
        """Return a table under our names."""
        frame = pd.DataFrame({ours: theirs[name] for ours, name in part.mapping.items()}, index=theirs.index)
        if part.noun == "interactions":
            if "kind" not in frame:
                frame["kind"] = self._options.kind or _kind(part.mapping.get("value", ""))
            return frame
        if part.noun == "items" and "category" in frame:
            frame["category"] = _categories(frame["category"])
        if part.noun in ("items", "people"):
            taken = {name: name if name not in COLUMNS[part.noun] else f"{name}_" for name in part.extra}
            for name, own in taken.items():
                frame[own] = typed(theirs[name])
        if part.noun == "items" and "text" not in frame:
            frame["text"] = _text(frame)
        return frame

    def _frame(self, part: _Part) -> tuple[pd.DataFrame, tuple[Quarantined, ...]]:
        """Return a table as it stands, indexed by line, and rows of a wrong width."""
        if isinstance(part.where, str):
            frame = self._sql_frame(part.where)
            frame.index = pd.RangeIndex(1, len(frame) + 1)
            return frame, ()
        return read(part.where)

    def _columns(self, where: Path | str) -> list[str]:
        if isinstance(where, Path):
            return [str(name) for name in read(where, rows=0)[0].columns]
        with self._engine().connect() as connection:
            return [column["name"] for column in sa.inspect(connection).get_columns(where)]

    def _tables(self) -> list[tuple[str, Path | str]]:
        try:
            names = sa.inspect(self._engine()).get_table_names()
        except SQLAlchemyError as error:
            raise SourceError(f"cannot open {self._shown()}: {first_line(error)}") from error
        found: list[tuple[str, Path | str]] = []
        for name in names:
            noun = noun_of(name)
            if noun:
                found.append((noun, name))
        return found

    def _sql_frame(self, table: str) -> pd.DataFrame:
        try:
            with self._engine().connect() as connection:
                return pd.read_sql_table(table, connection)
        except (SQLAlchemyError, ValueError) as error:
            raise SourceError(
                f"cannot read table {table!r} of {self._shown()}: {first_line(error)}"
            ) from error

    def _engine(self) -> sa.Engine:
        try:
            return sa.create_engine(self._location, poolclass=sa.NullPool)
        except (SQLAlchemyError, ImportError) as error:
            raise SourceError(f"cannot open {self._shown()}: {first_line(error)}") from error

    def _shown(self) -> str:
        """Return the location with its password hidden."""
        return repr(hide_password(self._location))


def _categories(column: pd.Series) -> pd.Series:
    """Return lists of categories joined by "|": "Drama, Comedy" and a list of both are "Drama|Comedy"."""

    def joined(cell: Any) -> Any:
        if isinstance(cell, str):
            return "|".join(part for part in _LISTS.split(cell.strip()) if part)
        if isinstance(cell, Iterable):
            return "|".join(str(part) for part in cell)
        return cell

    return column.map(joined)


def _text(frame: pd.DataFrame) -> pd.Series:
    """Return what an encoder reads of an item: title, categories and every attribute of text."""
    columns = [name for name in frame if name not in ("item", "parent", "year")]
    words = [name for name in columns if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    cells = frame[words].map(lambda cell: "" if missing(cell) else str(cell).replace("|", ", ").strip())
    return cells.apply(lambda row: ". ".join(dict.fromkeys(cell for cell in row if cell)), axis=1)


def _kind(value_column: str) -> str:
    """Guess what a log without kinds holds: ratings, views where it has no value, else purchases."""
    lower = value_column.lower()
    if any(word in lower for word in ("rating", "score", "stars")):
        return "rate"
    return "buy" if value_column else "view"


def _name_of(location: str) -> str:
    if "://" in location:
        last = location.split("?")[0].rstrip("/").split("/")[-1]
    else:
        first = Path(location.split(",")[0]).expanduser().resolve()
        last = first.name if first.is_dir() else first.parent.name
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", last.rsplit(".", 1)[0]).strip("-")
    return name if CATALOG_NAME.fullmatch(name) else "catalog"


def _label(where: Path | str) -> str:
    return where.name if isinstance(where, Path) else where
