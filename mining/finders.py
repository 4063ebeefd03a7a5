"""One finder for each kind of rule but contexts: from the basket index to the rules that are worth keeping.

Knows thresholds, tests and their correction over all that was tested. It refuses to know contexts (see
`mining.contexts`) and to keep rules (see `mining.rulebook`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import bits
from mining import columns as col
from mining.basketindex import BasketIndex
from mining.config import MiningConfig
from mining.count import Count
from mining.cycles import cycles_of
from mining.following import FollowerTable, Occasions, subjects_of
from mining.following import following as next_of_items
from mining.nextpairs import next_of_pairs
from mining.pairs import Pairs, p_of, pairs_of
from mining.rule import Cycle, NextRule, Rule, Trend
from mining.shelf import PairColumns
from mining.statistics import Floats, benjamini_hochberg, ratio_low
from mining.trends import clear_trends
from mining.triples import triples

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Whole:
    """What the choice of rules must know of baskets and single items; whole numbers that add over disjoint people."""

    items: tuple[str, ...]
    n: int
    people: int
    sizes: Ints
    """Baskets with each item."""
    people_of: Ints
    """Distinct persons of each item."""
    n_window: Ints
    """Baskets of each calendar window."""
    by_window: Ints
    """Windows x items: baskets with the item."""


@dataclass(frozen=True, eq=False)
class Material:
    """What several finders share: the index, its matrix and the calendar windows of the baskets."""

    index: BasketIndex
    config: MiningConfig

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """Baskets x items, int32 ones."""
        index = self.index
        ones = np.ones(len(index.basket_items), dtype=np.int32)
        shape = (len(index), len(index.items))
        return sparse.csr_array((ones, np.array(index.basket_items), np.array(index.start)), shape=shape)

    @cached_property
    def window(self) -> Ints:
        """Calendar window of each basket, equal spans of days, -1 where the time is unknown."""
        return windows_of(self.index.day, self.config.windows)

    @cached_property
    def in_window(self) -> tuple[Ints, Ints]:
        """Baskets of each window, and windows x items: those with the item."""
        known = np.flatnonzero(self.window >= 0)
        shape = (self.config.windows, len(self.index))
        lines = sparse.csr_array(
            (np.ones(len(known), dtype=np.int64), (self.window[known], known)), shape=shape
        )
        return np.asarray(lines.sum(axis=1)).ravel(), (lines @ self.matrix).toarray()

    @cached_property
    def people(self) -> Ints:
        """Distinct persons of each item: changes of person along its rows, which are sorted by person."""
        rows = self.index.item_rows
        person = np.asarray(self.index.person)[rows.rows]
        new = np.ones(len(person), dtype=np.int64)
        new[1:] = person[1:] != person[:-1]
        new[np.asarray(rows.start[:-1])[rows.sizes > 0]] = 1
        ends = np.concatenate([[0], np.cumsum(new)])
        return np.asarray(ends[rows.start[1:]] - ends[rows.start[:-1]])

    @cached_property
    def whole(self) -> Whole:
        """Totals of single items, which the choice of rules about several compares with."""
        index = self.index
        sizes = np.asarray(index.item_rows.sizes)
        return Whole(index.items, len(index), len(index.people), sizes, self.people, *self.in_window)

    @cached_property
    def window_bits(self) -> list[bits.Bits]:
        """The baskets of each window as a set."""
        return [self.index.layout.pack(self.window == one) for one in range(self.config.windows)]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Items, then categories where the configuration mines them."""
        index = self.index
        categories = index.categories if self.config.categories else ()
        return (*index.items, *(f"{col.CATEGORY_PREFIX}{name}" for name in categories))

    @cached_property
    def key_rows(self) -> tuple[Ints, NDArray[np.int32]]:
        """Where the baskets of each key begin, and the baskets, ascending for each key."""
        index = self.index
        start, rows = np.asarray(index.item_rows.start), np.asarray(index.item_rows.rows)
        if len(self.keys) == len(index.items):
            return start, rows
        more = index.category_rows
        return np.r_[start, np.asarray(more.start[1:]) + start[-1]], np.concatenate([rows, more.rows])


def windows_of(days: NDArray[Any], windows: int) -> Ints:
    """Return the calendar window of each day, equal spans from the first to the last, -1 where it is unknown."""
    day = np.asarray(days).astype(np.int64)
    known = day != col.NO_DAY
    result = np.full(len(day), -1, dtype=np.int64)
    if known.any():
        first, last = day[known].min(), day[known].max()
        result[known] = (day[known] - first) * windows // (last - first + 1)
    return result


def pairs_in(material: Material) -> Pairs:
    """Count every pair of items that `min_count` baskets hold."""
    config = material.config
    return pairs_of(
        material.index,
        material.matrix,
        material.window,
        config.windows,
        min_count=config.min_count,
        max_basket=config.max_basket,
    )


def together_of(material: Material, pairs: Pairs) -> list[Rule]:
    """Return pairs, then rules with two items on the left that add to each of their pairs."""
    lines = pair_lines(material.whole, pairs, material.config)
    return [*lines.rules(material.index.items), *triples_in(material)]


def triples_in(material: Material) -> list[Rule]:
    """Return rules with two items on the left that add to each of their pairs."""

    def counted(a: Ints, b: Ints, c: Ints) -> list[Count]:
        return counted_triples(material, a, b, c)

    return triples(material, counted)


def counted_triples(material: Material, a: Ints, b: Ints, c: Ints) -> list[Count]:
    """Count a, b -> c in full for some a, b and c; `BasketIndex.count` returns the same."""
    from mining.tripleloops import count_triples

    index, whole = material.index, material.whole
    order = np.lexsort((b, a))
    sets = np.asarray(index.item_rows.start), np.asarray(index.item_rows.rows)
    start, items, person = np.asarray(index.start), np.asarray(index.basket_items), np.asarray(index.person)
    parts = np.empty((len(a), 4), dtype=np.int64)
    parts[order] = count_triples(a[order], b[order], c[order], *sets, start, items, person)
    name, n, people = index.items.__getitem__, whole.n, whole.people
    columns = (one.tolist() for one in (a, b, c, *parts.T, whole.sizes[c], whole.people_of[c]))
    return [
        Count((name(x), name(y)), (name(z),), n, n_x, n_z, n_xz, people, people_x, people_z, people_xz)
        for x, y, z, n_x, people_x, n_xz, people_xz, n_z, people_z in zip(*columns, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class PairLines:
    """Rules of two items as columns, both directions of a pair side by side, best first."""

    x: Ints
    y: Ints
    n: int
    n_x: Ints
    n_y: Ints
    n_xy: Ints
    people: int
    people_x: Ints
    people_y: Ints
    people_xy: Ints
    p: Floats
    q: Floats
    held: Ints
    told: Ints
    latest: Floats
    """1 or 0 for whether it holds on the latest window, NaN where that could not tell."""
    adjusted: Floats
    score: Floats

    def __len__(self) -> int:
        return len(self.x)

    def columns(self, items: tuple[str, ...]) -> PairColumns:
        """Return the lines as a shelf takes them."""
        n, people = np.full(len(self), self.n), np.full(len(self), self.people)
        counts = n, self.n_x, self.n_y, self.n_xy, people, self.people_x, self.people_y, self.people_xy
        tests = self.p, self.q, self.held, self.told, self.latest, self.adjusted, self.score
        both = (np.column_stack(part).astype(np.float64) for part in (counts, tests))
        return PairColumns(items, self.x, self.y, *both)

    def rules(self, items: tuple[str, ...], k: int | None = None) -> list[Rule]:
        """Return the first k lines (all, where none is given) as rules."""
        columns = (
            self.x, self.y, self.n_x, self.n_y, self.n_xy, self.people_x, self.people_y, self.people_xy, self.p,
            self.q, self.held, self.told, self.latest, self.adjusted, self.score,
        )  # fmt: skip
        found = []
        for x, y, n_x, n_y, n_xy, own_x, own_y, own, *rest in zip(
            *(column[:k].tolist() for column in columns), strict=True
        ):
            p, q, held, told, latest, adjusted, score = rest
            keys = (items[x],), (items[y],)
            count = Count(*keys, self.n, n_x, n_y, n_xy, self.people, own_x, own_y, own)
            last = None if latest != latest else bool(latest)
            found.append(Rule("together", *keys, count, p, q, held, told, last, adjusted, score))
        return found


def pair_lines(whole: Whole, pairs: Pairs, config: MiningConfig) -> PairLines:
    """Return pairs that meet more often than their shares explain, and still do among baskets of like size.

    Tested clustered by person on all windows but the latest; q by Benjamini-Hochberg over all pairs of `min_count`.
    Pairs that rest on few people, or a quarter on one, are refused, and so are those whose odds ratio within strata
    of basket size is below `min_gain`: big baskets hold everything.
    """
    one_way = np.flatnonzero(pairs.left < pairs.right)
    p = p_of(pairs)[one_way]
    q = benjamini_hochberg(p)
    sizes, n = whole.sizes, whole.n
    n_xy, people, odds = pairs.n_xy[one_way], pairs.people[one_way], pairs.odds[one_way]
    lift = n_xy * n / (sizes[pairs.left[one_way]] * sizes[pairs.right[one_way]])
    # an infinite odds ratio (no basket with one of them alone) is as good as a large one, but must stay finite
    score = ratio_low(np.minimum(odds, 1e6), people)
    kept = np.flatnonzero(
        (q <= config.q_value)
        & (lift >= config.min_gain)
        & (odds >= config.min_gain)
        & (people >= config.min_people)
        & (pairs.top[one_way] <= np.maximum(config.max_person_share * n_xy, 1))
        & (score > 1)
    )
    kept = kept[np.argsort(-score[kept], kind="stable")][: config.max_rules // 2]
    held, told, latest = _held(whole, pairs, one_way[kept])
    left, right = (side[one_way[kept]].astype(np.int64) for side in (pairs.left, pairs.right))
    x, y = np.stack([left, right], axis=1).ravel(), np.stack([right, left], axis=1).ravel()
    twice = np.repeat(np.arange(len(kept)), 2)
    both = n_xy[kept][twice]
    said = np.flatnonzero(both / sizes[x] >= config.min_confidence) if len(x) else np.zeros(0, dtype=np.int64)
    x, y, twice = x[said], y[said], twice[said]
    finite_odds = np.where(np.isfinite(odds[kept]), odds[kept], np.nan)
    return PairLines(
        x=x,
        y=y,
        n=n,
        n_x=sizes[x],
        n_y=sizes[y],
        n_xy=both[said],
        people=whole.people,
        people_x=whole.people_of[x],
        people_y=whole.people_of[y],
        people_xy=people[kept][twice],
        p=p[kept][twice],
        q=q[kept][twice],
        held=held[twice],
        told=told[twice],
        latest=latest[twice],
        adjusted=finite_odds[twice],
        score=score[kept][twice],
    )


def _held(whole: Whole, pairs: Pairs, some: Ints) -> tuple[Ints, Ints, Floats]:
    """In how many windows the lift is above 1, how many could tell (one basket expected), and the latest of them."""
    n, by_item = whole.n_window, whole.by_window
    expected = by_item[:, pairs.left[some]] * by_item[:, pairs.right[some]] / np.maximum(n, 1)[:, None]
    told = expected >= 1
    held = (expected < pairs.by_window[some].T) & told
    latest = np.where(told[-1], held[-1].astype(np.float64), np.nan)
    return held.sum(axis=0), told.sum(axis=0), latest


def following(
    material: Material, x: Ints, y: Ints, n_xy: Ints, table: FollowerTable | None = None
) -> list[NextRule]:
    """Return what follows each of the most taken items, then what follows two of them (see `mining.nextpairs`).

    Args:
        material: The baskets.
        x: Items of the pairs that go together, by position.
        y: The other items.
        n_xy: Baskets with both.
        table: What follows the most taken items, where it is known.
    """
    index, config = material.index, material.config
    occasions = Occasions.of_index(index, config.next_days)
    if not occasions.whole.any():
        return []
    if table is None:
        table = FollowerTable.of(index, occasions, subjects_of(np.asarray(index.item_rows.sizes), config))
    return [
        *next_of_items(index, config, occasions, table),
        *next_of_pairs(index, config, occasions, table, x, y, n_xy),
    ]


def cycles(material: Material) -> list[Cycle]:
    """Return the cycle of every key that enough people take again."""
    days, people = material.config.min_cycle_days, material.config.min_people
    found = cycles_of(material.index, material.keys, *material.key_rows, min_days=days, min_people=people)
    return found[: material.config.max_rules]


def trends(material: Material) -> list[Trend]:
    """Return the trends that are beyond the noise between windows, corrected over all keys."""
    from mining.contextloops import count_kinds

    config, periods = material.config, material.index.periods
    start, rows = material.key_rows
    some = np.flatnonzero(np.diff(start) >= config.min_count)
    cells = len(periods.n_cell)
    if not len(some) or not cells:
        return []
    cell = np.where(periods.cell >= 0, periods.cell, cells).astype(np.int32)
    counted, _ = count_kinds(start, rows, cell, cells + 1, np.zeros(len(cell), dtype=np.int32), 1)
    x_cell = np.ascontiguousarray(counted[some, :-1].T).astype(np.int64)
    keys = [material.keys[one] for one in some.tolist()]
    return clear_trends(periods, keys, x_cell, config.q_value)[: config.max_rules]


def chosen_trends(found: list[Trend], config: MiningConfig) -> list[Trend]:
    """Return the trends that the correction over all that were tested leaves."""
    q = benjamini_hochberg([trend.p for trend in found])
    kept = [replace(trend, q=float(value)) for trend, value in zip(found, q, strict=True)]
    return [trend for trend in kept if trend.q <= config.q_value and trend.direction != "steady"][
        : config.max_rules
    ]
