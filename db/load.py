"""From a source to rows: validated, bad rows quarantined, all in one write transaction.

Knows the order in which rows depend on each other and how to write many. It refuses to know file formats
(`db.sources`) and what makes a row valid (`db.sources.check`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session, SQLModel, select

from db.engine import roomy, writing
from db.errors import DbError, SourceError
from db.privacy import Pseudonyms
from db.progress import Progress, Silent
from db.queries.people import live_interactions, restore_interactions
from db.sources.base import Profile, Source
from db.sources.check import Checked, check
from db.tables import (
    CatalogRow,
    InteractionRow,
    ItemRow,
    LoadRow,
    PersonRow,
    PlaceRow,
    QuarantineRow,
    columns,
)
from db.values import CATALOG_NAME, LoadReport

CHUNK = 20_000
"""Rows of one INSERT: large enough that the call costs nothing, small enough that progress moves."""
LOG_CHUNK = 500
"""The same for plain tuples: so few that they die before the garbage collector walks them."""
CACHE_MIB = 320
"""Page cache while loading: the indexes of 1.5 million rows stay in it, which saves a quarter of the time."""
EXAMPLES = 5


def load(
    source: Source,
    *,
    engine: Engine,
    catalog: str | None = None,
    progress: Progress | None = None,
    pseudonyms: Pseudonyms | None = None,
) -> LoadReport:
    """Load a source, replacing an earlier load of the same catalogue; live interactions are kept.

    Args:
        source: What to load (`db.sources.open_source`).
        engine: The database.
        catalog: The catalogue's name; None takes the source's.
        progress: Listens.
        pseudonyms: Replaces ids of people; required where the source says so (`profile.pseudonymise`).

    Raises:
        SourceError: the source cannot be read, or holds no usable item or interaction.
        DbError: the database cannot be written, or pseudonyms are required.
    """
    listener = progress or Silent()
    started, clock = datetime.now(UTC), time.perf_counter()
    profile = source.profile
    name = catalog or profile.name
    if not CATALOG_NAME.fullmatch(name):
        raise DbError(f"a catalogue cannot be named {name!r}: use letters, digits, '_' and '-'")
    if profile.pseudonymise and pseudonyms is None:
        raise DbError(f"catalogue {name!r} has ids of real people: pass `pseudonyms` to load it")
    listener.stage("read")
    checked = check(source.read(listener))
    for noun in ("items", "interactions"):
        if not checked.tallies[noun].kept:
            raise SourceError(f"{name!r} holds no usable {noun}: {_first_fault(checked)}")
    masked = pseudonyms if profile.pseudonymise else None

    with writing(engine) as session, roomy(session, CACHE_MIB):
        catalog_id = _put_catalog(profile, name, session)
        live = live_interactions(catalog_id, session=session)
        listener.stage("replace")
        _erase(catalog_id, session)
        counts = {noun: asdict(tally) for noun, tally in checked.tallies.items()}
        load_row = LoadRow(catalog_id=catalog_id, source=profile.title, counts=counts, started=started)
        session.add(load_row)
        session.flush()
        assert load_row.id is not None  # noqa: S101 (flush has given it)
        _write(checked, name, catalog_id, load_row.id, masked, session, listener)
        carried = restore_interactions(catalog_id, live, session=session)
        load_row.ended = datetime.now(UTC)
    return LoadReport(
        catalog=name,
        source=profile.title,
        tallies=checked.tallies,
        seconds=time.perf_counter() - clock,
        reasons=dict(Counter(row.reason for row in checked.quarantined).most_common()),
        examples=checked.quarantined[:EXAMPLES],
        carried=carried,
    )


def _write(
    checked: Checked,
    name: str,
    catalog_id: int,
    load_id: int,
    pseudonyms: Pseudonyms | None,
    session: Session,
    progress: Progress,
) -> None:
    def mask(person: str) -> str:
        return pseudonyms.of(name, person) if pseudonyms else person

    own = {"catalog_id": catalog_id}
    rows: Iterable[dict[str, Any]]
    rows = (own | _renamed(each.model_dump(), place="external_id") for each in checked.places)
    rows = (row | {"name": row["name"] or row["external_id"]} for row in rows)
    _insert(PlaceRow, rows, len(checked.places), "places", session, progress)
    places = _ids(PlaceRow, catalog_id, session)

    rows = (own | _renamed(each.model_dump(), item="external_id") for each in checked.items)
    _insert(ItemRow, rows, len(checked.items), "items", session, progress)

    rows = (
        own
        | {
            "external_id": mask(each.person),
            "place_id": places[each.place] if each.place else None,
            "attributes": each.attributes,
        }
        for each in checked.people
    )
    _insert(PersonRow, rows, len(checked.people), "people", session, progress)

    rows = (asdict(each) | {"load_id": load_id} for each in checked.quarantined)
    _insert(QuarantineRow, rows, len(checked.quarantined), "quarantine", session, progress)

    log = checked.interactions
    items, people = _ids(ItemRow, catalog_id, session), _ids(PersonRow, catalog_id, session)
    keys = {
        "person_id": _keys(log["person"], {p: people[mask(p)] for p in log["person"].cat.categories}),
        "item_id": _keys(log["item"], items),
        "place_id": _keys(log["place"], places),
    }
    _insert_log(log, keys, own | {"load_id": load_id}, session, progress)


def _insert_log(
    log: pd.DataFrame,
    keys: Mapping[str, Sequence[int | None]],
    own: Mapping[str, int],
    session: Session,
    progress: Progress,
) -> None:
    """Insert the log through the driver's `executemany`, with the SQL that Core compiles.

    Core's own walk over 1.5 million dictionaries takes as long again as the inserts. A driver that binds by name
    gets Core.
    """
    known = log["at"].notna().to_numpy()
    micros = log["at"].dt.as_unit("us").astype("int64").tolist()
    cells: dict[str, Sequence[Any]] = {
        **{name: [value] * len(log) for name, value in own.items()},
        **keys,
        "at": [each if there else None for each, there in zip(micros, known, strict=True)],
        "kind": _texts(log["kind"]),
        "value": [None if each != each else each for each in log["value"].tolist()],
        "basket": _texts(log["basket"]),
    }
    connection = session.connection()
    compiled = sa.insert(InteractionRow).compile(dialect=connection.dialect, column_keys=list(cells))
    if not compiled.positional:
        rows = (dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True))
        _insert(InteractionRow, rows, len(log), "interactions", session, progress)
        return
    progress.stage("interactions", len(log))
    source = zip(*(cells[name] for name in compiled.positiontup or ()), strict=True)
    while chunk := list(islice(source, LOG_CHUNK)):
        connection.exec_driver_sql(str(compiled), chunk)
        progress.advance(len(chunk))


def _keys(column: pd.Series, ids: Mapping[str, int]) -> list[int | None]:
    """Return the row id of each cell of a categorical, None where it is empty."""
    table = np.array([*(ids[each] for each in column.cat.categories), None], dtype=object)
    return list(table[column.cat.codes.to_numpy()])


def _texts(column: pd.Series) -> list[str | None]:
    table = np.array([*column.cat.categories, None], dtype=object)
    return list(table[column.cat.codes.to_numpy()])


def _insert(
    row: type[SQLModel],
    rows: Iterable[Mapping[str, Any]],
    total: int,
    stage: str,
    session: Session,
    progress: Progress,
) -> None:
    """Insert through Core in chunks."""
    progress.stage(stage, total)
    statement = sa.insert(row)
    connection = session.connection()
    source = iter(rows)
    while chunk := list(islice(source, CHUNK)):
        connection.execute(statement, chunk)
        progress.advance(len(chunk))


def _ids(row: type[SQLModel], catalog_id: int, session: Session) -> dict[str, int]:
    """Return external id -> row id of a catalogue's rows."""
    c = columns(row)
    query = sa.select(c["external_id"], c["id"]).where(c["catalog_id"] == catalog_id)
    return {row[0]: row[1] for row in session.connection().execute(query)}


def _renamed(data: dict[str, Any], **names: str) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in data.items()}


def _put_catalog(profile: Profile, name: str, session: Session) -> int:
    """Make the catalogue's row or bring it up to date; conversations and generations keep pointing at it."""
    row = session.exec(select(CatalogRow).where(CatalogRow.name == name)).one_or_none()
    row = row or CatalogRow(name=name, title=profile.title)
    row.title, row.source, row.zone = profile.title, profile.name, profile.zone
    row.hemisphere, row.clock, row.day_start = profile.hemisphere, profile.clock, profile.day_start
    row.pseudonymised, row.settings = profile.pseudonymise, dict(profile.settings)
    session.add(row)
    session.flush()
    assert row.id is not None  # noqa: S101 (flush has given it)
    return row.id


def _erase(catalog_id: int, session: Session) -> None:
    """Remove what an earlier load wrote, the dependent rows first."""
    loads = sa.select(columns(LoadRow)["id"]).where(columns(LoadRow)["catalog_id"] == catalog_id)
    connection = session.connection()
    connection.execute(sa.delete(QuarantineRow).where(columns(QuarantineRow)["load_id"].in_(loads)))
    for row in (InteractionRow, LoadRow, PersonRow, ItemRow, PlaceRow):
        connection.execute(sa.delete(row).where(columns(row)["catalog_id"] == catalog_id))


def _first_fault(checked: Checked) -> str:
    if not checked.quarantined:
        return "the files are empty"
    first = checked.quarantined[0]
    where = f"{first.file}:{first.line}"
    return f"{len(checked.quarantined)} rows were refused, the first at {where} ({first.reason})"
