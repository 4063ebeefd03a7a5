"""The rows that are stored, one SQLModel class a table.

Knows columns, keys and how a value is put into a column. It refuses to know queries and sources. Rows of
`table=True` classes are not validated by SQLModel: `db.records` validates before anything becomes a row.

Instants are integers, microseconds since 1970 in UTC: a UTC offset that a database would drop has nothing to
lose, they sort, and 1.5 million of them become a datetime column without parsing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def clean_text(text: str) -> str:
    """Replace what no database takes: lone surrogates by U+FFFD, NUL by nothing."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class SafeText(TypeDecorator[str]):
    """Text of people or of files: `clean_text` is applied on the way in."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the text that can be stored."""
        return None if value is None else clean_text(value)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as integer microseconds since 1970 in UTC; a naive one means UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Return microseconds; an integer is taken as such already."""
        if value is None or isinstance(value, int):
            return value
        if value.tzinfo is None:
            value = value.replace(tzinfo=UTC)
        return (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the instant in UTC."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


def _key(table: str, *, index: bool = False, nullable: bool = False, cascade: bool = False) -> Any:
    """Return a foreign key column to `table`.id."""
    target = ForeignKey(f"{table}.id", ondelete="CASCADE" if cascade else None)
    return Field(default=None, sa_column=Column(Integer, target, nullable=nullable, index=index))


class CatalogRow(SQLModel, table=True):
    """A named domain with a clock of its own."""

    __tablename__ = "catalog"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(sa_column=Column(String(200), unique=True, nullable=False))
    title: str = Field(sa_column=Column(SafeText, nullable=False))
    source: str = Field(default="", sa_column=Column(SafeText, nullable=False))
    zone: str = "UTC"
    hemisphere: str = "north"
    clock: str = "wall"
    day_start: int = 0
    pseudonymised: bool = False
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class PlaceRow(SQLModel, table=True):
    """A store, a state, a region; `parent` is the external id of the place around it."""

    __tablename__ = "place"
    __table_args__ = (UniqueConstraint("catalog_id", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    catalog_id: int = _key("catalog")
    external_id: str = Field(sa_column=Column(SafeText, nullable=False))
    name: str = Field(sa_column=Column(SafeText, nullable=False))
    kind: str = ""
    parent: str | None = Field(default=None, sa_column=Column(SafeText))
    zone: str | None = None


class ItemRow(SQLModel, table=True):
    """Something that can be recommended; `parent` is the external id of the item that it is a variant of."""

    __tablename__ = "item"
    __table_args__ = (UniqueConstraint("catalog_id", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    catalog_id: int = _key("catalog")
    external_id: str = Field(sa_column=Column(SafeText, nullable=False))
    title: str = Field(sa_column=Column(SafeText, nullable=False))
    category: str = Field(default="", sa_column=Column(SafeText, nullable=False))
    year: int | None = None
    parent: str | None = Field(default=None, sa_column=Column(SafeText))
    text: str = Field(default="", sa_column=Column(SafeText, nullable=False))
    attributes: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class PersonRow(SQLModel, table=True):
    """A pseudonymous person."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("catalog_id", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    catalog_id: int = _key("catalog")
    external_id: str = Field(sa_column=Column(SafeText, nullable=False))
    place_id: int | None = _key("place", nullable=True, index=True)
    attributes: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class LoadRow(SQLModel, table=True):
    """One load of a source, with its totals: read = kept + quarantined + dropped, for each noun."""

    __tablename__ = "load"

    id: int | None = Field(default=None, primary_key=True)
    catalog_id: int = _key("catalog", index=True)
    source: str = Field(sa_column=Column(SafeText, nullable=False))
    counts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    started: datetime = Field(sa_column=Column(Instant, nullable=False))
    ended: datetime | None = Field(default=None, sa_column=Column(Instant))


class InteractionRow(SQLModel, table=True):
    """One behaviour. `load_id` is empty for what came in live; `event` makes live ones idempotent."""

    __tablename__ = "interaction"
    __table_args__ = (
        Index("ix_interaction_person", "person_id", "at"),
        Index("ix_interaction_catalog", "catalog_id", "at"),
    )

    id: int | None = Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    )
    catalog_id: int = _key("catalog")
    person_id: int = _key("person")
    item_id: int = _key("item", index=True)
    place_id: int | None = _key("place", nullable=True, index=True)
    load_id: int | None = _key("load", nullable=True)
    at: datetime | None = Field(default=None, sa_column=Column(Instant))
    kind: str = Field(sa_column=Column(String(20), nullable=False))
    value: float | None = None
    basket: str | None = Field(default=None, sa_column=Column(String(200)))
    event: str | None = Field(default=None, sa_column=Column(String(200)))


_event = InteractionRow.__table__.c  # type: ignore[attr-defined]
Index(
    "ix_interaction_event",
    _event.catalog_id,
    _event.event,
    unique=True,
    sqlite_where=_event.event.is_not(None),
    postgresql_where=_event.event.is_not(None),
)


class QuarantineRow(SQLModel, table=True):
    """A row of a source that could not be taken, and why."""

    __tablename__ = "quarantine"

    id: int | None = Field(default=None, primary_key=True)
    load_id: int = _key("load", index=True)
    file: str = Field(sa_column=Column(SafeText, nullable=False))
    line: int
    reason: str = Field(sa_column=Column(SafeText, nullable=False))
    row: str = Field(sa_column=Column(SafeText, nullable=False))


class GenerationRecord(SQLModel, table=True):
    """That a generation was built, where, and what it says of itself; the files live on disk."""

    __tablename__ = "generation"

    id: int | None = Field(default=None, primary_key=True)
    catalog_id: int = _key("catalog", index=True)
    generation: str = Field(sa_column=Column(String(200), nullable=False))
    path: str = Field(sa_column=Column(SafeText, nullable=False))
    info: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created: datetime = Field(sa_column=Column(Instant, nullable=False))


class ConversationRow(SQLModel, table=True):
    """A conversation; `person` is the pseudonymous external id, kept though the person has no row yet."""

    __tablename__ = "conversation"

    id: str = Field(sa_column=Column(String(200), primary_key=True))
    catalog_id: int = _key("catalog", index=True)
    person: str | None = Field(default=None, sa_column=Column(SafeText))
    created: datetime = Field(sa_column=Column(Instant, nullable=False))


class TurnRow(SQLModel, table=True):
    """One exchange: the message and the whole answer as JSON."""

    __tablename__ = "turn"
    __table_args__ = (UniqueConstraint("conversation_id", "ordinal"),)

    id: int | None = Field(default=None, primary_key=True)
    conversation_id: str = Field(
        sa_column=Column(String(200), ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False)
    )
    ordinal: int
    message: str = Field(sa_column=Column(SafeText, nullable=False))
    answer: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


def columns(row: type[SQLModel]) -> Mapping[str, Any]:
    """Return a row class's columns by name, for Core statements."""
    return row.__table__.c  # type: ignore[attr-defined,no-any-return]
