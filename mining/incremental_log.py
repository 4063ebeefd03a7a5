"""The kept baskets of a ledger: rows that can be joined with new ones and dropped, in the order of a full mine.

Counts are made from baskets, so whoever keeps the baskets sorted never reads an old row again. Knows how fragments
of one basket find each other and how labels come and go. It refuses to know counts and rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mining import columns as col
from mining.baskets import NAT, Baskets, Catalogue, Grouped, categories_of, names_of
from mining.config import MiningConfig
from mining.context import Calendar
from mining.places import Places

Ints = NDArray[np.int64]
_NS_A_MINUTE = 60_000_000_000
_CONTEXT = (*col.CONTEXT, col.DAY)
_ARRAYS = ("person", "at", "last", "order", "place", "start", "held")
_LABELS = ("people", "items", "seen")


@dataclass(frozen=True, eq=False)
class BasketLog:
    """Baskets sorted by person, then by instant, then by first appearance; every label is used by one of them."""

    people: tuple[str, ...]
    items: tuple[str, ...]
    seen: tuple[str, ...]
    """Places that baskets begin at, sorted."""
    person: NDArray[np.int32]
    at: Ints
    """First instant of each basket, ns of UTC; `baskets.NAT` where unknown."""
    last: Ints
    """Last instant: sessions grow at both ends."""
    order: Ints
    """Rank by first appearance, over all that was ever appended."""
    place: NDArray[np.int32]
    """Position in `seen`, -1 where unknown."""
    till: NDArray[Any]
    """Basket id as str, None where the basket is a person's day or session."""
    start: Ints
    held: NDArray[np.int32]
    """Items of basket i are held[start[i]:start[i + 1]], ascending."""
    context: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, rows: Grouped, config: MiningConfig) -> BasketLog:
        """Return the baskets of grouped rows."""
        head, n = rows.head, len(rows.head)
        ones = np.ones(len(rows.item), dtype=np.int32)
        matrix = sparse.coo_array((ones, (rows.basket, rows.item)), shape=(n, len(rows.items))).tocsr()
        matrix.sum_duplicates()
        last, order = np.full(n, NAT), np.full(n, len(rows.item))
        np.maximum.at(last, rows.basket, rows.at)
        np.minimum.at(order, rows.basket, np.arange(len(rows.item)))
        place = rows.place[head]
        used = np.unique(place[place >= 0])
        till = np.full(n, None, dtype=object)
        if config.basket == "auto":
            known = ~pd.isna(rows.till[head])
            till[known] = [str(one) for one in rows.till[head][known]]
        return cls(
            people=rows.people,
            items=rows.items,
            seen=tuple(rows.places.ids[code] for code in used),
            person=rows.person[head].astype(np.int32),
            at=rows.at[head],
            last=last,
            order=order,
            place=np.where(place >= 0, np.searchsorted(used, place), -1).astype(np.int32),
            till=till,
            start=matrix.indptr.astype(np.int64),
            held=matrix.indices.astype(np.int32),
            context=rows.context,
        )

    def __len__(self) -> int:
        return len(self.person)

    @classmethod
    def empty(cls) -> BasketLog:
        """Return a log without baskets."""
        whole, small = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
        context: dict[str, NDArray[Any]] = {name: np.zeros(0, dtype=np.int8) for name in col.CONTEXT}
        context[col.DAY] = small
        till, start = np.zeros(0, dtype=object), np.zeros(1, dtype=np.int64)
        return cls((), (), (), small, whole, whole, whole, small, till, start, small, context)

    @cached_property
    def by_item(self) -> tuple[Ints, NDArray[np.int32]]:
        """Where the baskets of each item begin, and the baskets, ascending."""
        ones = np.ones(len(self.held), dtype=np.int8)
        matrix = sparse.csr_array((ones, self.held, self.start), shape=(len(self), len(self.items))).tocsc()
        return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)

    @cached_property
    def next_order(self) -> int:
        """The rank that the next new basket gets."""
        return int(self.order.max(initial=-1)) + 1

    def baskets(self, catalogue: Catalogue, places: pd.DataFrame | None, calendar: Calendar) -> Baskets:
        """Return the baskets as `baskets.make_baskets` would make them from all kept rows."""
        table = Places.of(self.seen, places)
        code = np.array([*(table.codes[one] for one in self.seen), -1], dtype=np.int32)
        categories, item_category = categories_of(self.items, catalogue)
        ones = np.ones(len(self.held), dtype=np.uint8)
        return Baskets(
            matrix=sparse.csr_array((ones, self.held, self.start), shape=(len(self), len(self.items))),
            items=self.items,
            people=self.people,
            person=self.person,
            at=self.at,
            context=self.context,
            place=code[self.place],
            places=table,
            categories=categories,
            item_category=item_category,
            names=names_of(self.items, catalogue, table),
            calendar=calendar,
        )

    # ---- files ---------------------------------------------------------------------------------------------------

    def labels(self) -> dict[str, list[str | None]]:
        """Return what is no array of numbers, for JSON."""
        return {name: list(getattr(self, name)) for name in _LABELS} | {"till": self.till.tolist()}

    def save(self, folder: Path) -> None:
        """Write the arrays of numbers as .npy files into a folder."""
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        for name in _CONTEXT:
            np.save(folder / f"context-{name}.npy", self.context[name], allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, labels: Mapping[str, list[Any]]) -> BasketLog:
        """Read what `save` wrote; `labels` are those that `labels` returned."""
        context = {name: np.load(folder / f"context-{name}.npy", allow_pickle=False) for name in _CONTEXT}
        arrays: dict[str, Any] = {
            name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in _ARRAYS
        }
        till = np.full(len(labels["till"]), None, dtype=object)
        till[:] = labels["till"]
        named: dict[str, Any] = {name: tuple(labels[name]) for name in _LABELS}
        return cls(context=context, till=till, **arrays, **named)

    # ---- change --------------------------------------------------------------------------------------------------

    def kept(self, keep: NDArray[np.bool_]) -> BasketLog:
        """Return only the baskets of a mask; labels that no basket uses any more go with the others."""
        start, held = _gathered(self.start, self.held, np.flatnonzero(keep))
        people, person = _used(self.people, self.person[keep])
        items, held = _used(self.items, held)
        seen, place = _used(self.seen, self.place[keep])
        return replace(
            self,
            people=people,
            items=items,
            seen=seen,
            person=person,
            at=self.at[keep],
            last=self.last[keep],
            order=self.order[keep],
            place=place,
            till=self.till[keep],
            start=start,
            held=held,
            context={name: codes[keep] for name, codes in self.context.items()},
        )

    def joined(self, later: BasketLog, config: MiningConfig) -> tuple[BasketLog, Ints]:
        """Return both logs as one, and for each of its baskets its row in this one, -1 where it is new or grew.

        Fragments of one basket (the same person's same till basket, day, or session once the pause between them is
        short enough) become one; the earliest gives it instant, place and context, of two as early the older one.
        """
        mine, both = len(self), _side_by_side(self, later)
        group = _groups(both, config)
        order = np.lexsort((both.at, group))
        first = np.r_[True, np.diff(group[order]) != 0] if len(order) else np.zeros(0, dtype=np.bool_)
        head, begin = order[first], np.flatnonzero(first)
        size = np.diff(np.r_[begin, len(order)])
        rank, last = both.order[head], both.last[head]
        grown = np.flatnonzero(size > 1)
        if len(grown):
            rank, last = (
                np.minimum.reduceat(both.order[order], begin),
                np.maximum.reduceat(both.last[order], begin),
            )
        sort = np.lexsort((rank, both.at[head], both.person[head]))
        start, held = _joined_items(both, order, begin, size, sort)
        origin = np.where((size == 1) & (head < mine), head, -1)[sort]
        chosen = head[sort]
        return (
            replace(
                both,
                person=both.person[chosen],
                at=both.at[chosen],
                last=last[sort],
                order=rank[sort],
                place=both.place[chosen],
                till=both.till[chosen],
                start=start,
                held=held,
                context={name: codes[chosen] for name, codes in both.context.items()},
            ),
            origin,
        )


def _side_by_side(old: BasketLog, new: BasketLog) -> BasketLog:
    """Return one log over the labels of both, not sorted: the old baskets, then the new."""
    labels, recodes = {}, {}
    for name in ("people", "items", "seen"):
        left, right = getattr(old, name), getattr(new, name)
        merged = tuple(sorted({*left, *right})) if set(right) - set(left) else left
        position = {label: code for code, label in enumerate(merged)}
        labels[name] = merged
        recodes[name] = [
            np.array([*(position[one] for one in side), -1], dtype=np.int32) for side in (left, right)
        ]

    def joined(name: str, by: str | None = None) -> NDArray[Any]:
        parts = [getattr(old, name), getattr(new, name)]
        if by is not None:
            parts = [code[part] for code, part in zip(recodes[by], parts, strict=True)]
        return np.concatenate(parts)

    return replace(
        old,
        **labels,
        person=joined("person", "people"),
        at=joined("at"),
        last=joined("last"),
        order=np.concatenate([old.order, new.order + old.next_order]),
        place=joined("place", "seen"),
        till=joined("till"),
        start=np.concatenate([old.start, new.start[1:] + old.start[-1]]),
        held=joined("held", "items"),
        context={name: np.concatenate([old.context[name], new.context[name]]) for name in _CONTEXT},
    )


def _groups(log: BasketLog, config: MiningConfig) -> Ints:
    """Return a number for each fragment, equal for fragments of one basket."""
    if config.basket == "session":
        order = np.lexsort((log.at, log.person))
        person, at, last = log.person[order], log.at[order], log.last[order]
        known = at != NAT
        reach = _running_max(last, person)
        new = np.ones(len(order), dtype=np.bool_)
        pause = np.where(known[1:] & known[:-1], at[1:] - np.where(known[:-1], reach[:-1], at[1:]), 0)
        new[1:] = (
            (person[1:] != person[:-1])
            | (known[1:] != known[:-1])
            | (pause > config.session_gap * _NS_A_MINUTE)
        )
        group = np.empty(len(order), dtype=np.int64)
        group[order] = np.cumsum(new)
        return group
    code, tills = pd.factorize(log.till)
    day = np.asarray(log.context[col.DAY], dtype=np.int64)
    days, day_code = np.unique(day, return_inverse=True)
    part = np.where(code >= 0, code, len(tills) + day_code)
    return np.asarray(log.person.astype(np.int64) * (len(tills) + len(days)) + part)


def _running_max(values: Ints, group: NDArray[Any]) -> Ints:
    """Return the largest value so far within each run of equal groups."""
    result = values.copy()
    begins = (
        np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else np.zeros(0, dtype=np.int64)
    )
    for begin, end in zip(begins, [*begins[1:], len(values)], strict=True):
        result[begin:end] = np.maximum.accumulate(values[begin:end])
    return result


def _joined_items(
    log: BasketLog, order: Ints, begin: Ints, size: Ints, sort: Ints
) -> tuple[Ints, NDArray[np.int32]]:
    """Return the items of the groups, in the order `sort`, each item once in a group."""
    members = np.repeat(begin[sort] - (np.cumsum(size[sort]) - size[sort]), size[sort]) + np.arange(
        len(order)
    )
    fragment = order[members]
    start, held = _gathered(log.start, log.held, fragment)
    ends = np.cumsum(size[sort])
    start = start[np.r_[0, ends]]
    if (size == 1).all():
        return start, held
    row = np.repeat(np.arange(len(size)), np.diff(start))
    once = np.unique(row * max(len(log.items), 1) + held)
    row, held = np.divmod(once, max(len(log.items), 1))
    return np.searchsorted(row, np.arange(len(size) + 1)).astype(np.int64), held.astype(np.int32)


def _gathered(start: Ints, values: NDArray[Any], rows: NDArray[Any]) -> tuple[Ints, NDArray[Any]]:
    """Return the sparse rows in a new order."""
    size = start[rows + 1] - start[rows]
    ends = np.cumsum(size)
    at = np.repeat(start[rows] - (ends - size), size) + np.arange(int(size.sum()))
    return np.r_[0, ends].astype(np.int64), values[at]


def _used(labels: tuple[str, ...], codes: NDArray[Any]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the labels that a code names, and the codes among them."""
    held = np.zeros(len(labels) + 1, dtype=np.bool_)
    held[codes] = True
    held[-1] = False  # -1, the place that nobody knows, names no label
    recode = np.append(np.cumsum(held[:-1]) - 1, -1).astype(np.int32)
    return tuple(label for label, keep in zip(labels, held[:-1].tolist(), strict=True) if keep), recode[codes]
