"""From an interaction frame to baskets with context: sparse rows, sorted by person and time.

Knows what a basket is (till basket, person-day, session), roll-up of variants to parents, and places. It refuses
to know itemsets, rules or tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mining import columns as col
from mining.config import MiningConfig
from mining.context import Calendar, context_words
from mining.errors import BadFrame
from mining.places import Places

NAT = np.iinfo(np.int64).min
"""The instant of a basket whose time is unknown."""
_NS_A_MINUTE = 60_000_000_000


@dataclass(frozen=True, eq=False)
class Baskets:
    """What each person took in each window, with its context; rows are sorted by person, then by instant."""

    matrix: sparse.csr_array
    """Baskets x items, uint8 ones, indices sorted."""
    items: tuple[str, ...]
    people: tuple[str, ...]
    person: NDArray[np.int32]
    """Position in `people` for each basket, ascending."""
    at: NDArray[np.int64]
    """First instant of each basket in ns of UTC; `NAT` where unknown (those come first in a person)."""
    context: Mapping[str, NDArray[Any]]
    """hour, daypart, weekday, weekend, month, season (int8, -1 missing) and day (int32), one per basket."""
    place: NDArray[np.int32]
    """Position in `places.ids` for each basket, -1 where unknown."""
    places: Places
    categories: tuple[str, ...]
    item_category: sparse.csr_array
    """Items x categories, uint8 ones."""
    names: Mapping[str, str]
    """Readable name of items and places that the frames name."""
    calendar: Calendar

    def __len__(self) -> int:
        return len(self.person)

    @cached_property
    def category_matrix(self) -> sparse.csr_array:
        """Baskets x categories, uint8 ones: a basket holds a category when it holds one of its items."""
        product = (self.matrix.astype(np.int32) @ self.item_category.astype(np.int32)).tocsr()
        return _ones(product)

    @cached_property
    def item_position(self) -> dict[str, int]:
        """Position of each item."""
        return {item: position for position, item in enumerate(self.items)}


def make_baskets(
    interactions: pd.DataFrame,
    items: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    *,
    config: MiningConfig | None = None,
) -> Baskets:
    """Group interactions into baskets.

    Args:
        interactions: `person` and `item`; optionally `at`, `place`, `basket`. Rows without person or item, which
            no basket can hold, are an error: loading drops and counts them.
        items: `item`; optionally `title`, `category` ("A|B"), `parent` (a variant rolls up to it).
        places: `place`; optionally `name`, `parent`, `zone`.
        config: Decides what a basket is and where days begin.

    Raises:
        BadFrame: a column is missing, or a person, item or time cannot be read.
    """
    config = config or MiningConfig()
    catalogue = Catalogue.of(items, config)
    return baskets_of(group_rows(interactions, catalogue, places, config), catalogue, config)


@dataclass(frozen=True, eq=False)
class Catalogue:
    """What the item frame says of items: which variant rolls up to which parent, titles and categories."""

    parent: Mapping[str, str]
    """Parent of each variant; empty where variants are kept."""
    title: Mapping[str, str]
    category: Mapping[str, str]
    """"A|B" for each item; a parent that the frame lacks takes the categories of its first variant there."""

    @classmethod
    def of(cls, items: pd.DataFrame | None, config: MiningConfig) -> Catalogue:
        """Read an item frame.

        Raises:
            BadFrame: it has no column `item`.
        """
        if items is None or not len(items):
            return cls({}, {}, {})
        if col.ITEM not in items:
            raise BadFrame(f"the item frame needs a column 'item'; it has {list(items.columns)}")
        ids = items[col.ITEM].astype(str).tolist()
        values = {
            name: dict(
                zip(reversed(ids), reversed(items[name].tolist()), strict=True)
            )  # the first row counts
            for name in (col.TITLE, col.CATEGORY, col.PARENT)
            if name in items
        }
        parent: dict[str, str] = {}
        if config.level == "parent" and col.PARENT in values:
            known = items[col.PARENT].notna().tolist()
            named = dict(zip(reversed(ids), reversed(known), strict=True))
            parent = {one: str(top) for one, top in values[col.PARENT].items() if named[one]}
        title, category = (
            {one: text for one, text in values.get(name, {}).items() if isinstance(text, str)}
            for name in (col.TITLE, col.CATEGORY)
        )
        here = set(ids)
        for (
            one
        ) in ids:  # in the order of the frame, so that the first variant speaks for a parent that it lacks
            top = parent.get(one)
            if top is not None and top not in here and one in category:
                category.setdefault(top, category[one])
        return cls(parent, title, category)


@dataclass(frozen=True, eq=False)
class Grouped:
    """Rows that know their basket: what `make_baskets` and the ledger of `mining.incremental` both begin with."""

    people: tuple[str, ...]
    items: tuple[str, ...]
    places: Places
    person: NDArray[np.int32]
    """Person, instant, place and till basket of each row."""
    at: NDArray[np.int64]
    place: NDArray[np.int32]
    till: NDArray[Any]
    """Basket id as it came in, None where there is none."""
    item: NDArray[np.int32]
    basket: NDArray[np.int64]
    """Basket of each row; baskets are sorted by person, then by instant, then by first appearance."""
    head: NDArray[np.int64]
    """The earliest row of each basket, which gives it its instant and place."""
    context: Mapping[str, NDArray[Any]]
    """Context codes and local day of each basket."""


def group_rows(
    interactions: pd.DataFrame, catalogue: Catalogue, places: pd.DataFrame | None, config: MiningConfig
) -> Grouped:
    """Read the rows of an interaction frame and give each its basket.

    Raises:
        BadFrame: a column is missing, or a person, item or time cannot be read.
    """
    rows = _read(interactions)
    calendar = Calendar.of(config)
    person, people = _codes(rows[col.PERSON])
    item, item_ids = _codes(rows[col.ITEM])
    place, place_ids = _codes(rows[col.PLACE], gaps=True)
    table = Places.of(place_ids, places)
    if place_ids:
        recode = np.array([table.codes[one] for one in place_ids], dtype=np.int32)
        place = np.where(place >= 0, recode[place], -1).astype(np.int32)
    item, item_ids = _roll_up(item, item_ids, catalogue)

    at = rows[col.AT]
    instant = at.dt.tz_localize(None).to_numpy().astype("datetime64[ns]").astype(np.int64)
    key = _basket_of(rows, person, instant, place, table, calendar, config)
    order = np.lexsort((instant, key, person))
    first = np.r_[True, np.diff(key[order]) != 0] if len(order) else np.zeros(0, dtype=bool)
    head = order[first]
    rank = np.lexsort((instant[head], person[head]))
    number = np.empty(len(head), dtype=np.int64)
    number[rank] = np.arange(len(head))
    basket = np.empty(len(order), dtype=np.int64)
    basket[order] = number[np.cumsum(first) - 1]
    head = head[rank]
    words = context_words(at.iloc[head].reset_index(drop=True), calendar, _zones(place[head], table))
    context = {name: words[name].to_numpy() for name in (*col.CONTEXT, col.DAY)}
    till = rows[col.BASKET].to_numpy(dtype=object)
    return Grouped(people, item_ids, table, person, instant, place, till, item, basket, head, context)


def baskets_of(grouped: Grouped, catalogue: Catalogue, config: MiningConfig) -> Baskets:
    """Return the baskets of grouped rows."""
    head = grouped.head
    ones = np.ones(len(grouped.item), dtype=np.int32)
    shape = (len(head), len(grouped.items))
    counted: Any = sparse.coo_array((ones, (grouped.basket, grouped.item)), shape=shape)
    categories, item_category = categories_of(grouped.items, catalogue)
    return Baskets(
        matrix=_ones(counted.tocsr()),
        items=grouped.items,
        people=grouped.people,
        person=grouped.person[head].astype(np.int32),
        at=grouped.at[head],
        context=grouped.context,
        place=grouped.place[head].astype(np.int32),
        places=grouped.places,
        categories=categories,
        item_category=item_category,
        names=names_of(grouped.items, catalogue, grouped.places),
        calendar=Calendar.of(config),
    )


def _read(interactions: pd.DataFrame) -> pd.DataFrame:
    """Return person, item, at, place, basket, all present, `at` UTC-aware."""
    missing = {col.PERSON, col.ITEM} - set(interactions.columns)
    if missing:
        raise BadFrame(f"interactions need columns {sorted(missing)}; they have {list(interactions.columns)}")
    for name in (col.PERSON, col.ITEM):
        gaps = int(interactions[name].isna().sum())
        if gaps:
            raise BadFrame(f"{gaps} interactions have no {name!r}; drop them first")
    optional: dict[str, Any] = {name: interactions.get(name) for name in (col.AT, col.PLACE, col.BASKET)}
    try:
        at: Any = pd.to_datetime(optional[col.AT], utc=True) if optional[col.AT] is not None else None
    except (ValueError, TypeError) as error:
        raise BadFrame(f"column 'at' holds something that is no instant: {error}") from error
    none = pd.Series([None] * len(interactions), index=interactions.index, dtype=object)
    return pd.DataFrame(
        {
            col.PERSON: interactions[col.PERSON],
            col.ITEM: interactions[col.ITEM],
            col.AT: at
            if at is not None
            else pd.Series(pd.NaT, index=interactions.index).dt.tz_localize("UTC"),
            col.PLACE: optional[col.PLACE] if optional[col.PLACE] is not None else none,
            col.BASKET: optional[col.BASKET] if optional[col.BASKET] is not None else none,
        }
    ).reset_index(drop=True)


def _codes(values: pd.Series, *, gaps: bool = False) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return a code for each value and the labels as sorted str; -1 for a gap where gaps are allowed."""
    codes, uniques = pd.factorize(values)
    labels = np.array([str(value) for value in uniques], dtype=object)
    distinct, recode = (
        np.unique(labels.astype(str), return_inverse=True) if len(labels) else (labels, codes[:0])
    )
    recoded = np.where(codes >= 0, recode[codes], -1) if len(distinct) else codes
    if not gaps and (recoded < 0).any():
        raise BadFrame(f"column {values.name!r} has gaps; drop those rows first")
    return recoded.astype(np.int32), tuple(str(label) for label in distinct)


def _roll_up(
    item: NDArray[np.int32], ids: tuple[str, ...], catalogue: Catalogue
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Replace variants by their parents; return codes and labels."""
    if not catalogue.parent:
        return item, ids
    rolled = [catalogue.parent.get(one, one) for one in ids]
    codes, labels = _codes(pd.Series(rolled, dtype=object, name=col.ITEM))
    return codes[item] if len(item) else item, labels


def _basket_of(
    rows: pd.DataFrame,
    person: NDArray[np.int32],
    instant: NDArray[np.int64],
    place: NDArray[np.int32],
    table: Places,
    calendar: Calendar,
    config: MiningConfig,
) -> NDArray[np.int64]:
    """Return one number per row, equal within a basket and never shared by two persons."""
    key: NDArray[np.int64]
    if config.basket == "session":
        order = np.lexsort((instant, person))
        pause = np.diff(instant[order]) > config.session_gap * _NS_A_MINUTE
        unknown = instant[order] == NAT
        new = np.r_[True, (np.diff(person[order]) != 0) | pause | (unknown[1:] != unknown[:-1])]
        key = np.empty(len(order), dtype=np.int64)
        key[order] = np.cumsum(new[: len(order)])
        return key
    by_id = pd.factorize(rows[col.BASKET])[0] if config.basket == "auto" else np.full(len(rows), -1)
    day = np.zeros(len(rows), dtype=np.int64)
    loose = by_id < 0
    if loose.any():
        zones = _zones(place[loose], table)
        at = rows[col.AT][loose].reset_index(drop=True)
        day[loose] = context_words(at, calendar, zones)[col.DAY].to_numpy()
    group = np.where(loose, day, by_id)
    frame = pd.DataFrame({"person": person, "loose": loose, "group": group})
    return frame.groupby(["person", "loose", "group"], sort=False).ngroup().to_numpy().astype(np.int64)


def _zones(place: NDArray[np.int32], table: Places) -> pd.Series | None:
    """Return the zone of each place (its own or the nearest ancestor's), None where no place has one."""
    if not any(table.zones):
        return None
    own = [
        next((table.zones[one] for one in table.lineage(code) if table.zones[one]), None)
        for code in range(len(table.ids))
    ]
    return pd.Series(np.array([*own, None], dtype=object)[place])


def categories_of(ids: tuple[str, ...], catalogue: Catalogue) -> tuple[tuple[str, ...], sparse.csr_array]:
    """Return the categories of the items, and items x categories as uint8 ones."""
    pairs: list[tuple[int, str]] = []
    for position, text in enumerate(catalogue.category.get(one, "") for one in ids):
        names = {name.strip() for name in text.split(col.CATEGORY_SEPARATOR)}
        pairs += [(position, name) for name in sorted(names) if name]
    categories = tuple(sorted({name for _, name in pairs}))
    code = {name: position for position, name in enumerate(categories)}
    shape = (len(ids), len(categories))
    row, column = [item for item, _ in pairs], [code[name] for _, name in pairs]
    return categories, sparse.csr_array((np.ones(len(pairs), dtype=np.uint8), (row, column)), shape=shape)


def names_of(ids: tuple[str, ...], catalogue: Catalogue, table: Places) -> dict[str, str]:
    """Return a readable name for each place and each item that has one."""
    names = dict(zip(table.ids, table.names, strict=True))
    return names | {item: catalogue.title[item] for item in ids if item in catalogue.title}


def _ones(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return the same pattern with sorted indices, duplicates merged and uint8 ones."""
    matrix.sum_duplicates()
    return sparse.csr_array(
        (
            np.ones(matrix.nnz, dtype=np.uint8),
            matrix.indices.astype(np.int32),
            matrix.indptr.astype(np.int64),
        ),
        shape=matrix.shape,
    )
