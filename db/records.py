"""What a row must be before it is stored: non-table models that validate, one for each noun.

Knows fields and their limits. It refuses to know files and sessions. A log of millions of rows is checked by
column in `db.sources.check`; a test holds that check to `InteractionRecord`.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from db.tables import clean_text

Kind = Literal["buy", "rate", "view", "play", "listen", "read", "click", "like", "dislike", "seen"]
KINDS: tuple[str, ...] = get_args(Kind)
LONGEST_ID = 200


def missing(value: Any) -> bool:
    """Tell whether a cell is empty: None, NaN, NaT, or text of blanks."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    return bool(value != value)


def id_text(value: Any) -> Any:
    """Return an id as text: 5, 5.0 and " 5 " are "5"."""
    if missing(value):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clean_text(str(value)).strip()


def _optional_text(value: Any) -> Any:
    return None if missing(value) else id_text(value)


def _text(value: Any) -> Any:
    return "" if missing(value) else clean_text(str(value)).strip()


def _number(value: Any) -> Any:
    if missing(value):
        return None
    return value.strip() if isinstance(value, str) else value


def _whole(value: Any) -> Any:
    value = _number(value)
    try:
        number = float(value) if value is not None else None
    except (TypeError, ValueError):
        return value
    return int(number) if number is not None and math.isfinite(number) and number.is_integer() else value


def _known_zone(zone: str | None) -> str | None:
    if zone is None:
        return None
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{zone!r} is not an IANA time zone") from error
    return zone


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


Id = Annotated[str, BeforeValidator(id_text), Field(min_length=1, max_length=LONGEST_ID)]
OptionalId = Annotated[Annotated[str, Field(max_length=LONGEST_ID)] | None, BeforeValidator(_optional_text)]
Words = Annotated[str, BeforeValidator(_text)]
Zone = Annotated[str | None, BeforeValidator(_optional_text), AfterValidator(_known_zone)]
Number = Annotated[Annotated[float, Field(allow_inf_nan=False)] | None, BeforeValidator(_number)]
Year = Annotated[Annotated[int, Field(ge=-10_000, le=10_000)] | None, BeforeValidator(_whole)]


class Record(BaseModel):
    """One row to be; what no field names is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)


class ItemRecord(Record):
    """An item of a source."""

    item: Id
    title: Annotated[str, BeforeValidator(_text), Field(min_length=1)]
    category: Words = ""
    year: Year = None
    parent: OptionalId = None
    text: Words = ""
    attributes: dict[str, Any] = Field(default_factory=dict)


class PersonRecord(Record):
    """A person of a source."""

    person: Id
    place: OptionalId = None
    attributes: dict[str, Any] = Field(default_factory=dict)


class PlaceRecord(Record):
    """A place of a source; without a name its id is shown."""

    place: Id
    name: Words = ""
    kind: Words = ""
    parent: OptionalId = None
    zone: Zone = None


class InteractionRecord(Record):
    """One behaviour, as it comes in live."""

    person: Id
    item: Id
    kind: Kind
    at: Annotated[datetime | None, AfterValidator(_aware)] = None
    value: Number = None
    place: OptionalId = None
    basket: OptionalId = None
    event: OptionalId = None


def reason(error: ValidationError) -> str:
    """Return the first fault in one line: the field, and what is wrong with it."""
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"][:1])
    if first["input"] is None or first["type"] in ("missing", "too_short", "string_too_short"):
        return f"{field} is missing"
    return f"{field}: {first['msg'].removeprefix('Value error, ')}"
