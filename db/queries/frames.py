"""The frames that mining and retrieval take, read from the rows (see docs/architecture.md for their columns).

Ids are joined in memory: the log is read as integers and each distinct id becomes text once, which is several times
as fast as a join that repeats the text in every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
from sqlmodel import Session

from db.values import Catalog


def interaction_frame(
    catalog: Catalog,
    *,
    session: Session,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Return the interactions in the order in which they were stored (file order).

    Args:
        catalog: Whose interactions.
        session: An open session.
        since: The first instant that counts; None from the beginning. A bound leaves out unknown instants.
        until: The first instant that counts no more; None to the end.

    Returns:
        `person, item` str · `at` datetime64[ns, UTC], NaT where unknown · `kind` str · `value` float ·
        `place, basket` str, missing where there is none.
    """
    raise NotImplementedError


def person_interactions(catalog: Catalog, person: str, *, session: Session) -> pd.DataFrame:
    """Return one person's interactions, oldest first, in the same columns; empty where nobody is of that id."""
    raise NotImplementedError


def item_frame(catalog: Catalog, *, session: Session, items: Sequence[str] | None = None) -> pd.DataFrame:
    """Return `item, title, category, year (Int64), parent, text` and one column for each attribute.

    Args:
        catalog: Whose items.
        session: An open session.
        items: Only these ids; None for all.
    """
    raise NotImplementedError


def people_frame(catalog: Catalog, *, session: Session) -> pd.DataFrame:
    """Return `person, place` and one column for each attribute."""
    raise NotImplementedError


def place_frame(catalog: Catalog, *, session: Session) -> pd.DataFrame:
    """Return `place, name, kind, parent, zone`."""
    raise NotImplementedError
