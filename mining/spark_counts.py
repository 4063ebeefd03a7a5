"""What Spark counts over baskets that are dealt out by person: whole numbers that add over the parts.

Every count is made twice over: each part counts its own persons (here, over arrays), and a Spark aggregation sums the
parts. Knows arrays and sums. It refuses to know tests, thresholds on ratios and rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mining import columns as col
from mining.baskets import NAT
from mining.pairs import PARTS
from mining.sight import NS_A_DAY

Ints = NDArray[np.int64]
_CONTEXT = (*col.CONTEXT, col.DAY)


@dataclass(frozen=True, eq=False)
class Cut:
    """One slice as a part of the data can tell it: by context codes, or by places."""

    codes: tuple[tuple[str, int], ...] = ()
    """Column and code, all of which hold."""
    places: tuple[str, ...] | None = None
    """Places, any of which holds."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What every part must know of the whole."""

    items: tuple[str, ...]
    item_category: sparse.csr_array
    """Items x further keys; no column where only items are mined."""
    cuts: tuple[Cut, ...]
    windows: int
    first_day: int
    last_day: int
    latest_day: int
    """First day of the latest window."""
    last_at: int
    early: bool
    """Whether tests leave out the latest window: some earlier basket is known."""
    max_basket: int
    strata: Ints
    """Stratum of each basket size, over the early baskets of all parts."""
    next_days: int
    subjects: NDArray[np.int32]
    """Items whose followers are counted."""

    @cached_property
    def position(self) -> dict[str, int]:
        """Position of each item."""
        return {item: position for position, item in enumerate(self.items)}


@dataclass(frozen=True, eq=False)
class Part:
    """The baskets of some persons, as arrays, sorted by person and time."""

    matrix: sparse.csr_array
    """Baskets x items, int64 ones."""
    person: Ints
    at: Ints
    place: NDArray[Any]
    context: dict[str, NDArray[np.int32]]
    plan: Plan

    @classmethod
    def of(cls, rows: pd.DataFrame, plan: Plan) -> Part:
        """Return the part of the rows that Spark handed over."""
        person = np.unique(rows[col.PERSON].to_numpy(dtype=str), return_inverse=True)[1]
        order = np.argsort(person, kind="stable")
        rows, person = rows.iloc[order], person[order]
        sizes = np.array([len(one) for one in rows["items"]], dtype=np.int64)
        code = np.array([plan.position[item] for one in rows["items"] for item in one], dtype=np.int32)
        matrix = sparse.csr_array(
            (np.ones(len(code), dtype=np.int64), code, np.r_[0, np.cumsum(sizes)]),
            shape=(len(rows), len(plan.items)),
        )
        matrix.sort_indices()
        return cls(
            matrix,
            person.astype(np.int64),
            rows[col.AT].to_numpy(dtype=np.int64),
            rows[col.PLACE].to_numpy(dtype=object),
            {name: rows[name].to_numpy(dtype=np.int32) for name in _CONTEXT},
            plan,
        )

    def __len__(self) -> int:
        return len(self.person)

    @cached_property
    def window(self) -> Ints:
        """Calendar window of each basket, -1 where the time is unknown; see `finders.Material.window`."""
        day, plan = self.context[col.DAY].astype(np.int64), self.plan
        known = day != col.NO_DAY
        span = plan.last_day - plan.first_day + 1
        return np.where(known, (day - plan.first_day) * plan.windows // span, -1)

    @cached_property
    def sizes(self) -> Ints:
        """Items in each basket."""
        return np.diff(self.matrix.indptr).astype(np.int64)

    @cached_property
    def used(self) -> NDArray[np.bool_]:
        """Baskets small enough for the search of pairs."""
        return self.sizes <= self.plan.max_basket

    @cached_property
    def early(self) -> NDArray[np.bool_]:
        """Baskets that the tests of pairs may see; see `pairs.early_of`."""
        return self.used & (self.window < self.plan.windows - 1) if self.plan.early else self.used

    @cached_property
    def keys(self) -> sparse.csr_array:
        """Baskets x keys, int64 ones."""
        held = self.matrix @ self.plan.item_category
        held.data[:] = 1
        return sparse.csr_array(sparse.hstack([self.matrix, held], format="csr"))

    def persons(self, weights: NDArray[Any], of: sparse.csr_array) -> sparse.csr_array:
        """Return persons x columns of a matrix: sums over each person's baskets, times the weights."""
        shape = (int(self.person[-1]) + 1, len(self))
        lines = sparse.csr_array((weights.astype(np.int64), (self.person, np.arange(len(self)))), shape=shape)
        counted: sparse.csr_array = sparse.csr_array(lines @ of)
        counted.eliminate_zeros()
        return counted

    def inside(self, cut: Cut) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which baskets lie in a slice, and of which it is known."""
        if cut.places is not None:
            return np.isin(self.place.astype(str), cut.places), pd.notna(self.place)
        held = np.ones(len(self), dtype=np.bool_)
        for column, code in cut.codes:
            held &= self.context[column] == code
        return held, self.at != NAT


Table = tuple[Sequence[NDArray[Any]], Sequence[NDArray[Any]]]
"""Key columns and value columns, one row for what was counted."""


def summed(
    baskets: Any,
    plan: Any,
    count: Callable[[Part], Table],
    keys: int,
    values: int,
    *,
    largest: Sequence[int] = (),
) -> tuple[Ints, Ints]:
    """Count every part and sum the parts in Spark.

    Args:
        baskets: Baskets as `spark_baskets.grouped` returns them.
        plan: The plan, as a broadcast variable.
        count: Counts one part.
        keys: How many key columns it returns.
        values: How many value columns.
        largest: Values of which the largest counts, not the sum: persons are never in two parts.

    Returns:
        rows x keys in ascending order, and rows x values.
    """
    from pyspark.sql import functions

    names = [f"k{at}" for at in range(keys)], [f"v{at}" for at in range(values)]
    schema = ", ".join(f"{name} long" for side in names for name in side)

    def counted(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        held = [batch for batch in batches if len(batch)]
        if held:
            left, right = count(Part.of(pd.concat(held), plan.value))
            columns = [*left, *right]
            yield pd.DataFrame(
                {
                    name: np.asarray(one, dtype=np.int64)
                    for name, one in zip((*names[0], *names[1]), columns, strict=True)
                }
            )

    parts = baskets.mapInPandas(counted, schema)
    totals = [
        (functions.max if at in largest else functions.sum)(name).alias(name)
        for at, name in enumerate(names[1])
    ]
    rows = parts.groupBy(*names[0]).agg(*totals).toPandas().sort_values(names[0], kind="stable")
    return rows[names[0]].to_numpy(dtype=np.int64), rows[names[1]].to_numpy(dtype=np.int64)


def candidate_pairs(part: Part) -> Table:
    """Count the baskets of each pair of items i < j."""
    kept = part.matrix[np.flatnonzero(part.used)]
    together = sparse.triu(kept.T @ kept, 1).tocoo()
    return (together.row, together.col), (together.data,)


def single_items(part: Part) -> Table:
    """Count for each item x, x x, x n over persons, and early baskets by strata of size - 1 and of size.

    The last line (item -1) is of the baskets themselves: n, n n, 0, strata of size.
    """
    plan, early = part.plan, part.early
    t = part.persons(early, part.matrix)
    n = np.bincount(part.person[early], minlength=t.shape[0])
    strata = PARTS
    held, size = part.matrix[np.flatnonzero(early)], part.sizes[early]
    tables = []
    for less in (1, 0):
        stratum = plan.strata[np.maximum(size - less, 0)]
        lines = sparse.csr_array(
            (np.ones(len(size), dtype=np.int64), (stratum, np.arange(len(size)))), shape=(strata, len(size))
        )
        tables.append((lines @ held).toarray())
    baskets = np.bincount(plan.strata[size], minlength=strata)
    columns = [t.sum(axis=0), t.multiply(t).sum(axis=0), t.T @ n, *tables[0], *tables[1]]
    own = [n.sum(), (n * n).sum(), 0, *np.zeros(strata, dtype=np.int64), *baskets]
    values = [np.append(np.asarray(column).ravel(), one) for column, one in zip(columns, own, strict=True)]
    return (np.append(np.arange(len(plan.items)), -1),), values


def counted_pairs(left: NDArray[np.int32], right: NDArray[np.int32]) -> Callable[[Part], Table]:
    """Return the counter of directed pairs, sorted by left and right; its keys are positions in them.

    Values: baskets, people, most of one person, early baskets; xy xy, xy x, xy n, x y over persons; windows; strata.
    """

    def count(part: Part) -> Table:
        from mining.paircount import count_pairs

        plan, items = part.plan, len(part.plan.items)
        by_item = part.matrix.tocsc()
        n_person = np.bincount(part.person[part.early], minlength=int(part.person[-1]) + 1)
        counts, sums, by_window, by_size = count_pairs(
            by_item.indptr.astype(np.int64),
            by_item.indices.astype(np.int32),
            part.matrix.indptr.astype(np.int64),
            part.matrix.indices.astype(np.int32),
            part.person.astype(np.int32),
            part.window,
            np.ascontiguousarray(part.early),
            part.used,
            n_person.astype(np.float64),
            plan.strata,
            np.searchsorted(left, np.arange(items + 1)).astype(np.int64),
            right,
            plan.windows,
        )
        t = part.persons(part.early, part.matrix)
        crossed = _looked_up((t.T @ t).tocsr(), left, right)
        values = np.column_stack(
            [
                counts,
                np.rint(sums).astype(np.int64),
                crossed,
                by_window,
                by_size.reshape(len(left), 3 * PARTS),
            ]
        )
        some = np.flatnonzero(values.any(axis=1))
        return (some,), list(values[some].T)

    return count


def _looked_up(matrix: sparse.csr_array, left: NDArray[np.int32], right: NDArray[np.int32]) -> Ints:
    """Return entries of a matrix, sparse rows merged with sorted (left, right)."""
    width = matrix.shape[1]
    matrix.sort_indices()
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    codes = rows * width + matrix.indices
    wanted = left.astype(np.int64) * width + right
    at = np.minimum(np.searchsorted(codes, wanted), max(len(codes) - 1, 0))
    if not len(codes):
        return np.zeros(len(left), dtype=np.int64)
    return np.where(codes[at] == wanted, matrix.data[at], 0).astype(np.int64)


def slices(part: Part) -> Table:
    """Count every key in every slice over persons: the whole numbers of `contexts.SliceSums`.

    Keys: slice, key (-1 is the basket itself). Values: people, h, hh, ht, hi, hw, t, tt, ti, tw; of the basket itself
    0, i, ii, iw, 0, 0, w, ww, 0, 0.
    """
    lines: list[Ints] = []
    whole: dict[bool, tuple[Any, Ints]] = {}
    for at, cut in enumerate(part.plan.cuts):
        held, known = part.inside(cut)
        by_place = cut.places is not None
        if by_place not in whole:
            whole[by_place] = part.persons(known, part.keys), _per_person(part, known)
        t, w = whole[by_place]
        h, i = part.persons(held, part.keys), _per_person(part, held)
        columns = [
            (h > 0).sum(axis=0), h.sum(axis=0), h.multiply(h).sum(axis=0), h.multiply(t).sum(axis=0), h.T @ i, h.T @ w,
            t.sum(axis=0), t.multiply(t).sum(axis=0), t.T @ i, t.T @ w,
        ]  # fmt: skip
        values = np.column_stack([np.asarray(column).ravel() for column in columns]).astype(np.int64)
        some = np.flatnonzero(values.any(axis=1))
        lines.append(np.column_stack([np.full(len(some), at), some, values[some]]))
        own = [at, -1, 0, i.sum(), (i * i).sum(), (i * w).sum(), 0, 0, w.sum(), (w * w).sum(), 0, 0]
        lines.append(np.array([own], dtype=np.int64))
    table = np.concatenate(lines).T
    return list(table[:2]), list(table[2:])


def _per_person(part: Part, held: NDArray[np.bool_]) -> Ints:
    return np.bincount(part.person[held], minlength=int(part.person[-1]) + 1)


def followers(part: Part) -> Table:
    """Count what follows each subject, over all and over early occasions; subject -1 is any basket.

    Keys: subject, item. Values: occasions that the item follows, early ones; item -1 counts the occasions.
    """
    from mining.ondemand import followers as follow

    plan = part.plan
    timed = part.at != NAT
    whole = timed & (part.at <= plan.last_at - plan.next_days * NS_A_DAY)
    person_start = np.searchsorted(part.person, np.arange(int(part.person[-1]) + 2)).astype(np.int64)
    sequence = (
        part.at, part.person.astype(np.int32), person_start, part.matrix.indptr.astype(np.int64),
        part.matrix.indices.astype(np.int32), plan.next_days * NS_A_DAY, len(plan.items), 1,
    )  # fmt: skip
    early = whole & (part.context[col.DAY].astype(np.int64) + plan.next_days + 1 < plan.latest_day)
    by_item = part.matrix.tocsc()
    lines = []
    for subject in (-1, *plan.subjects.tolist()):
        rows = (
            np.arange(len(part))
            if subject < 0
            else by_item.indices[by_item.indptr[subject] : by_item.indptr[subject + 1]]
        )
        counts = []
        for mask in (whole, early):
            occasions = np.sort(rows[mask[rows]]).astype(np.int32)
            counts.append(np.append(follow(occasions, *sequence)[0][:, 0].astype(np.int64), len(occasions)))
        both = np.column_stack(counts)
        some = np.flatnonzero(both.any(axis=1))
        item = np.where(some == len(plan.items), -1, some)
        lines.append(np.column_stack([np.full(len(some), subject), item, both[some]]))
    table = np.concatenate(lines).T.astype(np.int64)
    return list(table[:2]), list(table[2:])
