"""`/api/events`: what people do on a site, in, and back out for its owner.

Knows the shapes, who may report for whom, and pages. It refuses to know where events are kept (`BehaviourLog`). One
bad event never costs the good ones beside it: it is quarantined with the reason, and the reply says which.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ConfigDict, Field, ValidationError

from bot.dialogue.turn import Frozen
from bot.web.api import PROBLEMS, catalog_of, json_value
from bot.web.config import WebConfig
from bot.web.identity import Caller
from bot.web.metrics import Metrics
from bot.web.problems import Problem

Kind = Literal["buy", "rate", "view", "play", "listen", "read", "click", "like", "dislike", "seen"]
Id = Annotated[str, Field(min_length=1, max_length=200)]
_AHEAD = timedelta(days=1)
"""How far ahead of our clock an event's may be."""


class Recorded(Protocol):
    """What became of rows that were handed to a log."""

    @property
    def added(self) -> int:
        """How many were stored."""

    @property
    def repeated(self) -> int:
        """How many were stored before."""

    @property
    def rejected(self) -> Sequence[tuple[int, str]]:
        """Position and reason of each that cannot be stored."""


class Rows(Protocol):
    """One page of a list."""

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """The rows, oldest first."""

    @property
    def next(self) -> int | None:
        """Where the next page begins, None after the last one."""


class BehaviourLog(Protocol):
    """Where behaviour is kept."""

    def record(self, catalog: str | None, rows: Sequence[Mapping[str, Any]]) -> Recorded:
        """Store rows with `person, item, kind` and optionally `at, value, place, basket, event`."""

    def quarantine(self, catalog: str | None, rejected: Sequence[tuple[str, Any]]) -> None:
        """Keep reason and row of what cannot be stored."""

    def events(self, catalog: str | None, after: int, limit: int) -> Rows:
        """Return stored events after that id."""

    def quarantined(self, catalog: str | None, after: int, limit: int) -> Rows:
        """Return quarantined events after that id."""


class BehaviourEvent(Frozen):
    """Something that a person did with an item."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    kind: Kind
    """What was done; `like`, `dislike` and `seen` replace one another and count from the next message on."""
    item: Id
    """Id of an item of the catalogue."""
    id: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    """A name for the event: one that came before is not stored again."""
    person: Id | None = None
    """Who did it: for programs with an API key alone; anybody else reports what they did themselves."""
    at: datetime | None = None
    """When, ISO; a time without offset means UTC; none means now, by the catalogue's clock."""
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """The rating of a `rate`, the quantity of a `buy`."""
    place: Id | None = None
    """Id of the place where it was done."""
    basket: Id | None = None
    """What was taken together shares one."""


class Rejected(Frozen):
    """An event that was not taken."""

    position: int
    """Its place in the request, from 0."""
    reason: str
    """What is wrong with it."""
    id: str | None = None
    """Its id, where it had one."""


class Receipt(Frozen):
    """What became of the events of one request."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    added: int
    """How many are stored now that were not before."""
    repeated: int
    """How many were stored before."""
    rejected: tuple[Rejected, ...]
    """Those that cannot be stored; they are quarantined with the reason."""


class StoredEvent(Frozen):
    """An event as it is kept."""

    id: int
    event: str | None
    person: str
    item: str
    kind: Kind
    at: datetime | None
    value: float | None
    place: str | None
    basket: str | None


class QuarantinedEvent(Frozen):
    """An event that was not taken, as it came."""

    id: int
    at: datetime
    reason: str
    row: str


class EventPage(Frozen):
    """Some of the events, oldest first."""

    events: tuple[StoredEvent, ...]
    next: int | None
    """`after` of the next page; null after the last one."""


class QuarantinePage(Frozen):
    """Some of the quarantined events, oldest first."""

    events: tuple[QuarantinedEvent, ...]
    next: int | None
    """`after` of the next page; null after the last one."""


_ANY = {"type": "object", "description": "Anything else is quarantined, and the events beside it are taken."}
_EVENT = {"$ref": "#/components/schemas/BehaviourEvent"}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    _EVENT,
                    {
                        "type": "object",
                        "required": ["events"],
                        "additionalProperties": False,
                        "properties": {"events": {"type": "array", "items": {"anyOf": [_EVENT, _ANY]}}},
                    },
                ]
            }
        }
    },
}
Catalog = Annotated[str | None, Query(description="Name of the catalogue.")]
After = Annotated[int, Query(ge=0, le=2**63 - 1, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=1_000, description="Events in a page.")]


def behaviour_router(log: BehaviourLog, config: WebConfig, metrics: Metrics) -> APIRouter:
    """Return `/api/events` and its lists."""
    router = APIRouter(tags=["behaviour"])

    @router.post(
        "/api/events",
        summary="Report what people did",
        responses=PROBLEMS,
        openapi_extra={"requestBody": _BODY},
    )
    async def report(request: Request, catalog: Catalog = None) -> Receipt:
        """Take one event, or a batch as `{"events": [...]}`; sent twice, an event with an id is stored once."""
        given = _events(json_value(await request.body()), config.max_events)
        caller: Caller = request.state.caller
        named = catalog_of(request, catalog, config)
        receipt = await run_in_threadpool(_record, log, named, given, caller)
        for outcome, count in (
            ("added", receipt.added),
            ("repeated", receipt.repeated),
            ("rejected", len(receipt.rejected)),
        ):
            metrics.events.add(count, outcome=outcome)
        if receipt.rejected and not receipt.added and not receipt.repeated:
            rejected = [one.model_dump() for one in receipt.rejected]
            raise Problem(422, "events", f"no event was taken: {rejected[0]['reason']}", rejected=rejected)
        return receipt

    @router.get("/api/events", summary="List what was reported", responses=PROBLEMS)
    def events(request: Request, catalog: Catalog = None, after: After = 0, limit: Limit = 100) -> EventPage:
        """Return stored events in pages; for programs with an API key."""
        _owners_only(request)
        page = log.events(catalog_of(request, catalog, config), after, limit)
        return EventPage(
            events=tuple(StoredEvent.model_validate(dict(row)) for row in page.rows), next=page.next
        )

    @router.get("/api/events/quarantine", summary="List what was not taken, and why", responses=PROBLEMS)
    def quarantine(
        request: Request, catalog: Catalog = None, after: After = 0, limit: Limit = 100
    ) -> QuarantinePage:
        """Return quarantined events in pages; for programs with an API key."""
        _owners_only(request)
        page = log.quarantined(catalog_of(request, catalog, config), after, limit)
        return QuarantinePage(
            events=tuple(QuarantinedEvent.model_validate(dict(row)) for row in page.rows), next=page.next
        )

    return router


def _owners_only(request: Request) -> None:
    if request.state.caller.key is None:
        raise Problem(403, "key-needed", "this list is for programs: send an API key as a bearer token")


def _events(body: Any, most: int) -> list[Any]:
    """Return the events of a body: itself, or those under `events`.

    Raises:
        Problem: it is no object, holds something beside `events`, or holds too many.
    """
    if isinstance(body, dict) and "events" not in body:
        return [body]
    if not isinstance(body, dict) or len(body) > 1 or not isinstance(body["events"], list):
        raise Problem(422, "fields", 'the body must be one event, or {"events": [...]}')
    if len(body["events"]) > most:
        raise Problem(
            413, "too-many-events", f"{len(body['events']):,} events came at once and {most:,} are allowed"
        )
    return list(body["events"])


def _record(log: BehaviourLog, catalog: str | None, given: list[Any], caller: Caller) -> Receipt:
    """Check, store and quarantine the events of one request."""
    rows: list[dict[str, Any]] = []
    places: list[int] = []
    rejected: dict[int, str] = {}
    for position, event in enumerate(given):
        try:
            rows.append(_row(event, caller))
            places.append(position)
        except ValueError as error:
            rejected[position] = str(error)
    recorded = log.record(catalog, rows)
    rejected |= {places[position]: reason for position, reason in recorded.rejected}
    if rejected:
        log.quarantine(catalog, [(reason, given[position]) for position, reason in rejected.items()])
    return Receipt(
        added=recorded.added,
        repeated=recorded.repeated,
        rejected=tuple(
            Rejected(position=position, reason=reason, id=_id(given[position]))
            for position, reason in sorted(rejected.items())
        ),
    )


def _row(event: Any, caller: Caller) -> dict[str, Any]:
    """Return an event as a row of the log.

    Raises:
        ValueError: it is none, or the caller may not report it; says why.
    """
    try:
        valid = BehaviourEvent.model_validate(event)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{where}: {first['msg']}" if where else "an event must be an object") from error
    if valid.person is not None and caller.key is None:
        raise ValueError("person: only a program with an API key may name one")
    person = valid.person or caller.person
    if person is None:
        raise ValueError("person is missing")
    at = valid.at.replace(tzinfo=UTC) if valid.at is not None and valid.at.tzinfo is None else valid.at
    if at is not None and at > datetime.now(UTC) + _AHEAD:
        raise ValueError(f"at: {at.isoformat()} lies in the future")
    row = valid.model_dump(exclude={"id", "person", "at"}) | {"person": person, "at": at}
    if valid.id is not None:
        row["event"] = valid.id if caller.key is not None else f"{_mark(person)}/{valid.id}"
    return row


def _mark(person: str) -> str:
    """Return a short name of a person: nobody can take the event ids of another."""
    return hashlib.sha256(person.encode()).hexdigest()[:16]


def _id(event: Any) -> str | None:
    name = event.get("id") if isinstance(event, dict) else None
    return name[:120] if isinstance(name, str) else None
