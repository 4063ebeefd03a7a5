"""Baskets by Spark: persons are dealt out whole, and each part is grouped by the code that a local mine calls.

Knows how rows and baskets travel between Spark and pandas. It refuses to know what a basket is (see `mining.baskets`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from mining import columns as col
from mining.baskets import Baskets, Catalogue, baskets_of, categories_of, group_rows, names_of
from mining.config import MiningConfig
from mining.context import Calendar
from mining.errors import BadFrame
from mining.places import Places

ORDER = "row"
"""A column that ascends with the order of the rows, which breaks ties between rows of one instant."""
_CONTEXT = (*col.CONTEXT, col.DAY)
BASKET_ROW = "person string, at long, place string, items array<string>, " + ", ".join(
    f"{name} int" for name in _CONTEXT
)
"""One basket: context codes as `mining.context` has them."""


def of_pandas(session: Any, rows: pd.DataFrame) -> Any:
    """Return an interaction frame as a Spark frame: ids as text, instants as nanoseconds of UTC."""
    missing = {col.PERSON, col.ITEM} - set(rows.columns)
    if missing:
        raise BadFrame(f"interactions need columns {sorted(missing)}; they have {list(rows.columns)}")
    plain = {
        name: [
            None if value is None else str(value)
            for value in rows[name].astype(object).where(rows[name].notna(), None)
        ]
        for name in (col.PERSON, col.ITEM, col.PLACE, col.BASKET)
        if name in rows
    }
    frame = pd.DataFrame(plain, dtype=object)
    if col.AT in rows:
        at = pd.to_datetime(rows[col.AT], utc=True).dt.tz_localize(None).astype("datetime64[ns]")
        frame[col.AT] = at.astype("int64").to_numpy()
    schema = ", ".join(f"{name} {'long' if name == col.AT else 'string'}" for name in frame.columns)
    return session.createDataFrame(frame, schema=schema)


def grouped(
    rows: Any, items: pd.DataFrame | None, places: pd.DataFrame | None, config: MiningConfig, parts: int
) -> Any:
    """Return one row a basket (`BASKET_ROW`), dealt out by person, each part sorted by person and time, and kept."""
    catalogue = Catalogue.of(items, config)

    def group(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        held = [batch for batch in batches if len(batch)]
        if held:
            part = pd.concat(held).sort_values(ORDER, kind="stable")
            yield _baskets_of_part(_as_interactions(part), catalogue, places, config)

    dealt = rows.repartition(parts, col.PERSON)
    return dealt.mapInPandas(group, BASKET_ROW).persist()


def _as_interactions(part: pd.DataFrame) -> pd.DataFrame:
    """Return rows as they travelled in the form that `mining.baskets` reads: an integer instant is nanoseconds."""
    if col.AT in part and pd.api.types.is_numeric_dtype(part[col.AT]):
        whole = part[col.AT].fillna(np.iinfo(np.int64).min).astype("int64").to_numpy()
        return part.assign(at=pd.Series(whole.view("datetime64[ns]"), index=part.index))
    return part


def _baskets_of_part(
    rows: pd.DataFrame, catalogue: Catalogue, places: pd.DataFrame | None, config: MiningConfig
) -> pd.DataFrame:
    group = group_rows(rows, catalogue, places, config)
    baskets = baskets_of(group, catalogue, config)
    names = np.array(baskets.items, dtype=object)[baskets.matrix.indices]
    held = np.split(names, baskets.matrix.indptr[1:-1])
    return pd.DataFrame(
        {
            col.PERSON: np.array(baskets.people, dtype=object)[baskets.person],
            col.AT: baskets.at,
            col.PLACE: np.array([*baskets.places.ids, None], dtype=object)[baskets.place],
            "items": [one.tolist() for one in held],
            **{name: np.asarray(baskets.context[name], dtype=np.int32) for name in _CONTEXT},
        }
    )


def collected(
    frame: Any, items: pd.DataFrame | None, places: pd.DataFrame | None, config: MiningConfig
) -> Baskets:
    """Return Spark's baskets on this machine, in the order and with the codes of `mining.baskets.make_baskets`."""
    rows = frame.toPandas()
    catalogue = Catalogue.of(items, config)
    people, person = np.unique(rows[col.PERSON].to_numpy(dtype=str), return_inverse=True)
    order = np.argsort(person, kind="stable")  # within a person Spark kept the order of the part
    rows, person = rows.iloc[order], person[order]
    sizes = np.array([len(one) for one in rows["items"]], dtype=np.int64)
    joined = np.concatenate([*rows["items"]]) if len(rows) else np.zeros(0)
    ids, code = np.unique(joined.astype(str), return_inverse=True)
    labels = tuple(ids.tolist())
    seen = rows[col.PLACE].dropna()
    table = Places.of(tuple(sorted(set(seen))), places)
    matrix = sparse.csr_array(
        (np.ones(len(code), dtype=np.uint8), code.astype(np.int32), np.r_[0, np.cumsum(sizes)]),
        shape=(len(rows), len(labels)),
    )
    matrix.sort_indices()
    categories, item_category = categories_of(labels, catalogue)
    types = {name: np.int32 if name == col.DAY else np.int8 for name in _CONTEXT}
    return Baskets(
        matrix=matrix,
        items=labels,
        people=tuple(people.tolist()),
        person=person.astype(np.int32),
        at=rows[col.AT].to_numpy(dtype=np.int64),
        context={name: rows[name].to_numpy(dtype=kind) for name, kind in types.items()},
        place=np.array([table.codes.get(one, -1) for one in rows[col.PLACE]], dtype=np.int32),
        places=table,
        categories=categories,
        item_category=item_category,
        names=names_of(labels, catalogue, table),
        calendar=Calendar.of(config),
    )
