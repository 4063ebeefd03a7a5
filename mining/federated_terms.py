"""What all parties must know before they count: labels, days, and what the sums so far have shown.

Terms are made by whoever adds up, step by step, from outlines and sums; they go to every party and hold nothing of
one party alone but the labels and days of its outline. It refuses to know baskets and rules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import columns as col
from mining.baskets import Catalogue, categories_of, names_of
from mining.config import MiningConfig
from mining.context import Calendar
from mining.contexts import slices_over
from mining.count import Slice
from mining.errors import MiningError
from mining.federated_wire import packed, unpacked
from mining.places import Places
from mining.spark_counts import Cut, Plan
from mining.statistics import size_strata
from mining.trends import Periods
from mining.triples import least_of_triples

if TYPE_CHECKING:
    import pandas as pd

Ints = NDArray[np.int64]
Step = Literal["items", "pairs", "rules"]
STEPS: Final[tuple[Step, ...]] = ("items", "pairs", "rules")


@dataclass(frozen=True)
class Outline:
    """What a party tells in clear before anything is counted."""

    items: tuple[str, ...]
    """Every item that it has, rolled up to parents."""
    places: tuple[str, ...]
    """Every place that it names."""
    first_day: int
    """First and last local day, in days since 1970-01-01; `columns.NO_DAY` where no time is known."""
    last_day: int

    def to_bytes(self) -> bytes:
        """Return the outline for the wire."""
        days = np.array([self.first_day, self.last_day], dtype=np.int64)
        return packed("outline", {"items": self.items, "places": self.places}, {"days": days})

    @classmethod
    def from_bytes(cls, data: bytes) -> Outline:
        """Read an outline.

        Raises:
            MiningError: the bytes are none.
        """
        document, arrays = unpacked("outline", data)
        first, last = arrays["days"].tolist()
        return cls(tuple(document["items"]), tuple(document["places"]), first, last)


@dataclass(frozen=True, eq=False)
class Terms:
    """What is counted in one step."""

    config: MiningConfig
    parties: int
    items: tuple[str, ...]
    categories: tuple[str, ...]
    item_category: sparse.csr_array
    places: Places
    names: Mapping[str, str]
    first_day: int
    last_day: int
    step: Step
    known: Mapping[str, Ints]
    """Sums of the steps before, by name; see `federated_counts`."""

    @classmethod
    def of(
        cls,
        outlines: Sequence[Outline],
        items: pd.DataFrame | None,
        places: pd.DataFrame | None,
        config: MiningConfig,
    ) -> Terms:
        """Return the terms of the first step."""
        if not outlines:
            raise MiningError("no party takes part; collect the outline of each first")
        labels = tuple(sorted({item for one in outlines for item in one.items}))
        catalogue = Catalogue.of(items, config)
        table = Places.of(tuple(sorted({place for one in outlines for place in one.places})), places)
        categories, held = categories_of(labels, catalogue)
        days = [day for one in outlines for day in (one.first_day, one.last_day) if day != col.NO_DAY]
        return cls(
            config=config,
            parties=len(outlines),
            items=labels,
            categories=categories,
            item_category=held,
            places=table,
            names=names_of(labels, catalogue, table),
            first_day=min(days, default=col.NO_DAY),
            last_day=max(days, default=col.NO_DAY),
            step="items",
            known={},
        )

    def after(self, known: Mapping[str, Ints]) -> Terms:
        """Return the terms of the next step, with what the sums of this one have shown."""
        return replace(self, step=STEPS[STEPS.index(self.step) + 1], known={**self.known, **known})

    # ---- what follows from them ------------------------------------------------------------------------------

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Items, then categories where the configuration mines them."""
        categories = self.categories if self.config.categories else ()
        return (*self.items, *(f"{col.CATEGORY_PREFIX}{name}" for name in categories))

    @cached_property
    def n(self) -> int:
        """Baskets of all parties."""
        return int(self.known["baskets"][0])

    @cached_property
    def least(self) -> int | None:
        """Baskets that three items need; None where none are sought."""
        return least_of_triples(self.n, self.config)

    @cached_property
    def candidates(self) -> Ints:
        """Items in enough baskets for a pair."""
        floor = min(self.config.min_count, self.least or self.config.min_count)
        return np.flatnonzero(self.known["keys"][: len(self.items)] >= floor)

    @cached_property
    def slices(self) -> tuple[Slice, ...]:
        """Slices of time and place that keys are counted in."""
        own, sizes = self.known["places"], np.zeros(len(self.places.ids), dtype=np.int64)
        for code in range(len(self.places.ids)):
            for above in self.places.lineage(code):
                sizes[above] += own[code]
        return tuple(slices_over(Calendar.of(self.config), self.places, sizes))

    @cached_property
    def periods(self) -> Periods:
        """Months or weeks of every day of the data, and their cells."""
        none = self.first_day == col.NO_DAY
        days = np.arange(0 if none else self.first_day, (0 if none else self.last_day + 1), dtype=np.int32)
        return Periods.of(days)

    @cached_property
    def recurring(self) -> Ints:
        """Keys in enough baskets for a cycle."""
        return np.flatnonzero(self.known["keys"] >= self.config.min_cycle_days * self.config.min_people)

    @cached_property
    def directed(self) -> Ints:
        """Pairs x (left, right, baskets with both): both directions of each, sorted."""
        left, right, both = self.known["pairs"].T
        turned = np.concatenate([np.stack([left, right, both], 1), np.stack([right, left, both], 1)])
        return np.ascontiguousarray(turned[np.lexsort((turned[:, 1], turned[:, 0]))])

    @cached_property
    def plan(self) -> Plan:
        """What counters of parts of a log must know; strata are known from the second step on."""
        config, first = self.config, self.step == "items"
        early = not first and bool(self.known["baskets"][2])
        sizes = np.zeros(1, dtype=np.int64) if first else self.known["early" if early else "size"]
        further = self.item_category if config.categories else self.item_category[:, :0]
        unknown = self.first_day == col.NO_DAY
        return Plan(
            items=self.items,
            item_category=sparse.csr_array(further.astype(np.int64)),
            cuts=() if first else tuple(map(self._cut, self.slices)),
            windows=config.windows,
            first_day=0 if unknown else self.first_day,
            last_day=0 if unknown else self.last_day,
            latest_day=0,
            last_at=0,
            early=early,
            max_basket=config.max_basket,
            strata=size_strata(sizes),
            next_days=config.next_days,
            subjects=np.zeros(0, dtype=np.int32),
        )

    def _cut(self, where: Slice) -> Cut:
        if where.place is not None:
            inside = self.places.holds(self.places.code(str(where.place)))
            return Cut(places=tuple(self.places.ids[code] for code in sorted(inside)))
        calendar = Calendar.of(self.config)
        groups = ((calendar.group_of[word], word) for word in where.context)
        return Cut(codes=tuple((group, calendar.groups[group].index(word)) for group, word in groups))

    # ---- bytes -----------------------------------------------------------------------------------------------

    @cached_property
    def _document(self) -> dict[str, Any]:
        places = self.places
        return {
            "config": self.config.model_dump(mode="json"),
            "parties": self.parties,
            "items": self.items,
            "categories": self.categories,
            "places": [places.ids, places.names, places.parents, places.zones],
            "names": dict(self.names),
            "days": [self.first_day, self.last_day],
            "step": self.step,
        }

    @cached_property
    def _arrays(self) -> dict[str, Ints]:
        category = {
            "category-start": self.item_category.indptr.astype(np.int64),
            "category-held": self.item_category.indices.astype(np.int64),
        }
        return category | {f"known-{name}": array for name, array in self.known.items()}

    @cached_property
    def digest(self) -> str:
        """A name for exactly these terms: shares that were counted under others do not add."""
        state = hashlib.sha256(json.dumps(self._document, sort_keys=True).encode())
        for name, array in sorted(self._arrays.items()):
            state.update(repr((name, array.shape)).encode() + np.ascontiguousarray(array).tobytes())
        return state.hexdigest()

    def to_bytes(self) -> bytes:
        """Return the terms for the wire."""
        return packed("terms", self._document, self._arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> Terms:
        """Read terms.

        Raises:
            MiningError: the bytes are none.
        """
        document, arrays = unpacked("terms", data)
        start, held = arrays.pop("category-start"), arrays.pop("category-held")
        shape = len(document["items"]), len(document["categories"])
        ones = np.ones(len(held), dtype=np.uint8)
        ids, names, parents, zones = (tuple(part) for part in document["places"])
        return cls(
            config=MiningConfig.model_validate(document["config"]),
            parties=document["parties"],
            items=tuple(document["items"]),
            categories=tuple(document["categories"]),
            item_category=sparse.csr_array((ones, held.astype(np.int32), start), shape=shape),
            places=Places(ids, names, parents, zones),
            names=document["names"],
            first_day=document["days"][0],
            last_day=document["days"][1],
            step=document["step"],
            known={name.removeprefix("known-"): array for name, array in arrays.items()},
        )
