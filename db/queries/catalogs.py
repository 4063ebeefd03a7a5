"""Catalogues: which there are, their settings and how much they hold."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import func
from sqlmodel import Session, select

from db.errors import UnknownCatalog
from db.tables import CatalogRow, InteractionRow, ItemRow, PersonRow, PlaceRow, columns
from db.values import Catalog, CatalogCounts


def list_catalogs(*, session: Session) -> tuple[Catalog, ...]:
    """Return the catalogues that are loaded, by name."""
    rows = session.exec(select(CatalogRow).order_by(CatalogRow.name)).all()
    return tuple(_catalog(row) for row in rows)


def get_catalog(name: str | None = None, *, session: Session) -> Catalog:
    """Return the catalogue of that name; None takes the only one that is loaded.

    Raises:
        UnknownCatalog: there is no such catalogue, or None and not exactly one; the message names those
            there are.
    """
    catalogs = list_catalogs(session=session)
    if name is None and len(catalogs) == 1:
        return catalogs[0]
    for catalog in catalogs:
        if catalog.name == name:
            return catalog
    raise UnknownCatalog(name or "", [each.name for each in catalogs])


def catalog_counts(catalog: Catalog, *, session: Session) -> CatalogCounts:
    """Return how many rows of each noun the catalogue holds, and its first and last instant."""

    def count(row: type[ItemRow] | type[PersonRow] | type[PlaceRow], *where: Any) -> int:
        query = select(func.count()).where(columns(row)["catalog_id"] == catalog.id, *where)
        return int(session.exec(query).one())

    c = columns(InteractionRow)
    total, first, last = session.exec(
        select(func.count(), func.min(c["at"]), func.max(c["at"])).where(c["catalog_id"] == catalog.id)
    ).one()
    parent = columns(ItemRow)["parent"]
    return CatalogCounts(
        items=count(ItemRow, parent.is_(None)),
        variants=count(ItemRow, parent.is_not(None)),
        people=count(PersonRow),
        places=count(PlaceRow),
        interactions=total,
        first=first,
        last=last,
    )


def _catalog(row: CatalogRow) -> Catalog:
    return Catalog(
        id=cast("int", row.id),
        name=row.name,
        title=row.title,
        source=row.source,
        zone=row.zone,
        hemisphere="south" if row.hemisphere == "south" else "north",
        clock="data" if row.clock == "data" else "wall",
        day_start=row.day_start,
        pseudonymised=row.pseudonymised,
        settings=row.settings,
    )
