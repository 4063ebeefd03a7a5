"""Exact counts of any slice on demand: sets of baskets for each item, category, context word and place.

Knows sets of baskets and the persons behind them. It refuses to know rules, tests and words for times.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import bits
from mining import columns as col
from mining.baskets import NAT, Baskets
from mining.bits import Bits, Layout, RowSets
from mining.context import Calendar
from mining.count import EVERYTHING, Count, Keys, Slice, as_keys
from mining.cycles import visit_medians
from mining.errors import MiningError, UnknownKey, closest
from mining.partners import item_table, partners_of, table_of, tabled_slices
from mining.places import Places
from mining.sight import Sight
from mining.sizes import Sizes
from mining.trends import Periods

FORMAT = 2
_SIGHTS_KEPT = 3


@dataclass(frozen=True, eq=False)
class BasketIndex:
    """All baskets, as sets that can be intersected and counted in microseconds.

    Rows are baskets, sorted by person and then by time, so that distinct persons are changes of a running code.
    """

    layout: Layout
    items: tuple[str, ...]
    categories: tuple[str, ...]
    people: tuple[str, ...]
    places: Places
    names: Mapping[str, str]
    calendar: Calendar
    person: NDArray[np.int32]
    at: NDArray[np.int64]
    day: NDArray[np.int32]
    hour: NDArray[np.int8]
    place: NDArray[np.int32]
    start: NDArray[np.int64]
    """Where each basket's items begin in `basket_items`."""
    basket_items: NDArray[np.int32]
    item_rows: RowSets
    category_rows: RowSets
    word_rows: RowSets
    place_rows: RowSets
    item_category: sparse.csr_array
    sizes: Sizes
    table: NDArray[np.int32]
    """Slices (`tabled`, then everything) x size classes x items: baskets with the item; a last column holds them all."""

    @classmethod
    def build(cls, baskets: Baskets) -> Self:
        """Return the index over baskets."""
        matrix = baskets.matrix
        groups = baskets.calendar.groups
        word_sets = [
            np.flatnonzero(baskets.context[group] == code)
            for group, words in groups.items()
            for code in range(len(words))
        ]
        layout, sizes = Layout.of(baskets.person), Sizes.of(matrix.indptr)
        by_item, by_category = matrix.tocsc(), baskets.category_matrix.tocsc()
        return cls(
            layout=layout,
            items=baskets.items,
            categories=baskets.categories,
            people=baskets.people,
            places=baskets.places,
            names=baskets.names,
            calendar=baskets.calendar,
            person=baskets.person,
            at=baskets.at,
            day=baskets.context[col.DAY],
            hour=baskets.context[col.HOUR],
            place=baskets.place,
            start=matrix.indptr.astype(np.int64),
            basket_items=matrix.indices.astype(np.int32),
            item_rows=RowSets.of(layout, by_item.indptr, by_item.indices),
            category_rows=RowSets.of(layout, by_category.indptr, by_category.indices),
            word_rows=RowSets.joined(layout, word_sets),
            place_rows=RowSets.joined(layout, _place_sets(baskets.place, baskets.places)),
            item_category=baskets.item_category,
            sizes=sizes,
            table=table_of(word_sets, matrix, baskets.calendar, sizes),
        )

    def __len__(self) -> int:
        return len(self.person)

    # ---- keys and slices as sets -------------------------------------------------------------------------------

    @cached_property
    def item_position(self) -> dict[str, int]:
        """Position of each item id."""
        return {item: position for position, item in enumerate(self.items)}

    @cached_property
    def category_position(self) -> dict[str, int]:
        """Position of each category name."""
        return {category: position for position, category in enumerate(self.categories)}

    @cached_property
    def word_position(self) -> dict[str, int]:
        """Line of each context word."""
        return {word: position for position, word in enumerate(self.calendar.words)}

    @cached_property
    def tabled(self) -> dict[tuple[str, ...], int]:
        """Line of each slice in `table`; its last line is everything."""
        return {words: line for line, words in enumerate(tabled_slices(self.calendar))}

    @cached_property
    def everything(self) -> Bits:
        """All baskets."""
        return self.layout.pack(np.ones(len(self), dtype=np.bool_))

    @cached_property
    def timed(self) -> Bits:
        """Baskets whose time is known."""
        return self.layout.pack(self.at != NAT)

    @cached_property
    def placed(self) -> Bits:
        """Baskets whose place is known."""
        return self.layout.pack(self.place >= 0)

    @cached_property
    def person_start(self) -> NDArray[np.int64]:
        """First basket of each person, and the number of baskets at the end."""
        return np.searchsorted(self.person, np.arange(len(self.people) + 1)).astype(np.int64)

    @cached_property
    def visit_medians(self) -> NDArray[np.float64]:
        """For each person the median days between baskets of any kind."""
        return visit_medians(self)

    @cached_property
    def periods(self) -> Periods:
        """Months or weeks of the baskets."""
        return Periods.of(self.day)

    def has(self, key: str) -> bool:
        """Whether any basket holds the key."""
        if key.startswith(col.CATEGORY_PREFIX):
            return key[len(col.CATEGORY_PREFIX) :] in self.category_position
        return key in self.item_position

    def _locate(self, key: str) -> tuple[RowSets, int]:
        if key.startswith(col.CATEGORY_PREFIX):
            name, where, rows = key[len(col.CATEGORY_PREFIX) :], self.category_position, self.category_rows
        else:
            name, where, rows = key, self.item_position, self.item_rows
        if name not in where:
            raise UnknownKey(f"no basket holds {key!r}{closest(name, where)}")
        return rows, where[name]

    def rows_with(self, key: str) -> NDArray[np.int32]:
        """Return the baskets that hold an item or a `category:NAME`, ascending.

        Raises:
            UnknownKey: none does.
        """
        rows, one = self._locate(key)
        return rows.rows_in(one)

    def bits_with(self, keys: Keys) -> Bits:
        """Return the baskets that hold all of the keys; all baskets for no key."""
        result: Bits | None = None
        for key in as_keys(keys):
            rows, one = self._locate(key)
            line = rows.bits(one)
            result = line if result is None else result & line
        return self.everything if result is None else result

    def bits_where(self, where: Slice) -> Bits:
        """Return the baskets of a slice.

        Raises:
            UnknownWord: a context word is none of the calendar's, or words contradict each other.
            UnknownPlace: no basket was taken there.
        """
        result = self.everything
        for word in self.calendar.check(where.context):
            result = result & self.word_rows.bits(self.word_position[word])
        if where.place is not None:
            somewhere = np.zeros_like(result)
            for place in where.places:
                somewhere |= self.place_rows.bits(self.places.code(place))
            result = result & somewhere
        if where.people is not None:
            codes = np.flatnonzero(np.isin(np.array(self.people, dtype=object), list(where.people)))
            result = result & self.layout.pack(np.isin(self.person, codes))
        return result

    def bits_outside(self, where: Slice, inside: Bits | None = None) -> Bits:
        """Return the complement: baskets of which it is known that they are not in the slice."""
        inside = self.bits_where(where) if inside is None else inside
        result = self.everything & ~inside
        if where.context:
            result = result & self.timed
        if where.place is not None:
            result = result & self.placed
        return result

    def by_person(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """Return how many of the rows each person has."""
        return np.bincount(self.person[rows], minlength=len(self.people))

    def people_of(self, held: Bits) -> NDArray[np.int64]:
        """Return how many baskets of a set each person has."""
        from mining.bitloops import by_group

        return by_group(held, self.bytes_of)

    @cached_property
    def bytes_of(self) -> NDArray[np.int64]:
        """Person p, with or without baskets, has the bytes bytes_of[p]:bytes_of[p + 1] of a set."""
        return np.concatenate([[0], np.cumsum((np.diff(self.person_start) + 7) // 8)]).astype(np.int64)

    @cached_property
    def _sights(self) -> dict[int, Sight]:
        """How far occasions see, for a few numbers of days, as questions repeat theirs."""
        return {}

    def sight(self, days: int) -> Sight:
        """Return which baskets see which as coming next within so many days."""
        if days not in self._sights:
            if len(self._sights) >= _SIGHTS_KEPT:
                self._sights.clear()
            self._sights[days] = Sight.of(self, days)
        return self._sights[days]

    # ---- counts ------------------------------------------------------------------------------------------------

    def count(self, x: Keys, y: Keys = (), where: Slice = EVERYTHING, *, outside: bool = True) -> Count:
        """Count baskets and people with x, with y and with both, in a slice and (unless told not to) outside it.

        Raises:
            UnknownKey: a key is in no basket.
            UnknownWord: a context word is unknown.
            UnknownPlace: a place is unknown.
        """
        return next(self.counts(x, [as_keys(y)], where, outside=outside))

    def counts(
        self, x: Keys, ys: Iterable[tuple[str, ...]], where: Slice, *, outside: bool = True
    ) -> Iterator[Count]:
        """Count several y against one x and one slice, whose own counts are made once."""
        keys, left, inside = as_keys(x), self.bits_with(x), self.bits_where(where)
        sides = [inside]
        if outside and not where.is_everything:
            sides.append(self.bits_outside(where, inside))
        known = [(side, left & side) for side in sides]
        sizes = [[self._size(part) for part in pair] for pair in known]
        for y in ys:
            right = self.bits_with(y)
            counts: list[Count] = []
            for (side, with_x), ((n, people), (n_x, people_x)) in zip(known[::-1], sizes[::-1], strict=True):
                n_y, people_y = self._size(right & side) if y else (n_x, people_x)
                n_xy, people_xy = self._size(right & with_x) if y else (n_x, people_x)
                beyond = counts[-1] if counts else None
                counts.append(
                    Count(keys, y, n, n_x, n_y, n_xy, people, people_x, people_y, people_xy, where, beyond)
                )
            yield counts[-1]

    def _size(self, part: Bits) -> tuple[int, int]:
        return bits.count(part), self.layout.groups(part)

    def items_in(self, rows: NDArray[Any]) -> NDArray[np.int32]:
        """Return the items of the rows, joined."""
        begin, size = self.start[rows], self.start[rows + 1] - self.start[rows]
        total = int(size.sum())
        shift = np.repeat(begin - (np.cumsum(size) - size), size)
        return np.asarray(self.basket_items[np.arange(total) + shift])

    def item_counts(self, where: Slice = EVERYTHING) -> NDArray[np.int64]:
        """Return how many of the slice's baskets hold each item."""
        return np.asarray(item_table(self, where)[:, :-1].sum(axis=0, dtype=np.int64))

    def partners(
        self,
        x: Keys,
        where: Slice = EVERYTHING,
        k: int = 10,
        *,
        min_count: int = 5,
        min_people: int = 5,
        min_confidence: float = 0.02,
        among: str | None = None,
    ) -> list[Count]:
        """Return the items that go best with x in the slice; see `mining.partners.partners_of`."""
        least = {"min_count": min_count, "min_people": min_people}
        return partners_of(self, x, where, k, **least, min_confidence=min_confidence, among=among)

    def items_of(self, category: str) -> NDArray[np.bool_]:
        """Return which items are of a category.

        Raises:
            UnknownKey: there is no such category.
        """
        name = category.removeprefix(col.CATEGORY_PREFIX)
        if name not in self.category_position:
            raise UnknownKey(f"no category {name!r}{closest(name, self.categories)}")
        column = self.item_category[:, [self.category_position[name]]]
        return np.asarray(column.toarray()).ravel().astype(bool)

    # ---- files -------------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write arrays as .npy and labels as JSON into the folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        for name in _SETS:
            getattr(self, name).save(folder, name)
        for name, part in (("start", self.item_category.indptr), ("items", self.item_category.indices)):
            np.save(folder / f"item_category-{name}.npy", part, allow_pickle=False)
        places = self.places
        labels = {
            "format": FORMAT,
            "items": self.items,
            "categories": self.categories,
            "people": self.people,
            "places": [places.ids, places.names, places.parents, places.zones],
            "names": dict(self.names),
            "calendar": {
                "zone": self.calendar.zone,
                "hemisphere": self.calendar.hemisphere,
                "day_start": self.calendar.day_start,
                "dayparts": {name: list(hours) for name, hours in self.calendar.dayparts.items()},
            },
        }
        (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> BasketIndex:
        """Map the arrays that `save` wrote.

        Raises:
            MiningError: the folder was written by another version.
        """
        labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        if labels["format"] != FORMAT:
            raise MiningError(
                f"basket index in format {labels['format']!r}, not {FORMAT}; build the catalogue again"
            )
        arrays: dict[str, Any] = {name: bits.mapped(folder / f"{name}.npy") for name in _ARRAYS}
        layout = Layout.of(arrays["person"])
        sets: dict[str, Any] = {name: RowSets.load(folder, name, layout) for name in _SETS}
        ids, names, parents, zones = (tuple(part) for part in labels["places"])
        given = labels["calendar"]
        dayparts = {name: (hours[0], hours[1]) for name, hours in given["dayparts"].items()}
        start, items = (bits.mapped(folder / f"item_category-{part}.npy") for part in ("start", "items"))
        shape = (len(labels["items"]), len(labels["categories"]))
        return cls(
            layout=layout,
            sizes=Sizes.of(arrays["start"]),
            items=tuple(labels["items"]),
            categories=tuple(labels["categories"]),
            people=tuple(labels["people"]),
            places=Places(ids, names, parents, zones),
            names=labels["names"],
            calendar=Calendar(given["zone"], given["hemisphere"], given["day_start"], dayparts),
            item_category=sparse.csr_array((np.ones(len(items), dtype=np.uint8), items, start), shape=shape),
            **arrays,
            **sets,
        )


_ARRAYS = ("person", "at", "day", "hour", "place", "start", "basket_items", "table")
_SETS = ("item_rows", "category_rows", "word_rows", "place_rows")


def _place_sets(place: NDArray[np.int32], places: Places) -> list[NDArray[np.int64]]:
    """Return the baskets of each place, those of everything below it included."""
    order = np.argsort(place, kind="stable")
    edges = np.searchsorted(place[order], np.arange(len(places.ids) + 1))
    own = [order[edges[one] : edges[one + 1]] for one in range(len(places.ids))]
    members: list[list[int]] = [[] for _ in places.ids]
    for one in range(len(places.ids)):
        for above in places.lineage(one):
            members[above].append(one)
    return [np.sort(np.concatenate([own[one] for one in below])) if below else order[:0] for below in members]
