"""Next rules of the book: what follows each of the most taken items, counted over everyone at once.

Knows subjects, the table of what follows their occasions, and which followers are counted in full. It refuses to know
bodies of two items (see `mining.nextpairs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mining import statistics
from mining.basketindex import BasketIndex
from mining.config import MiningConfig
from mining.rule import NextRule
from mining.sequence import chosen_next
from mining.sight import NS_A_DAY, PARTS, Ahead, Parts

SUBJECTS = 300
"""Items, the most taken ones, that sequences are mined for; any other is counted when it is asked about."""
FOLLOWERS = 3
"""Followers that are tested in full for one item."""
Ints = NDArray[np.int64]
States = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Occasions:
    """Which baskets are occasions, and which of these tests may see."""

    days: int
    whole: States
    """1 for each basket with a time whose window lies inside the data."""
    early: States
    """1 for each of them whose window ends before the latest calendar window, a day to spare."""
    timed: NDArray[np.bool_]
    window: NDArray[np.int16]
    """Calendar window of each basket, 0 where the time is unknown."""

    @classmethod
    def of_index(cls, index: BasketIndex, days: int) -> Occasions:
        """Return the occasions of an index."""
        return cls.of(np.asarray(index.at), np.asarray(index.day), days)

    @classmethod
    def of(cls, at: Ints, day: NDArray[np.int32], days: int) -> Occasions:
        """Return the occasions among baskets that begin at instants, on local days."""
        reach, calendar = Ahead.at(at, days), Parts.over(day, PARTS)
        early = reach.whole & (day < calendar.latest - days - 1)
        window = np.zeros(len(at), dtype=np.int16)
        window[reach.timed] = calendar.window[day[reach.timed] - calendar.first]
        return cls(days, reach.whole.view(np.uint8), early.view(np.uint8), reach.timed, window)

    def person(self, person: NDArray[np.int32], people: int) -> Ints:
        """Return (occasions, early ones) x people."""
        counts = [
            np.bincount(person[np.flatnonzero(part)], minlength=people) for part in (self.whole, self.early)
        ]
        return np.asarray(counts, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class FollowerTable:
    """For each subject, and for baskets of any kind, how many occasions each item follows."""

    subjects: NDArray[np.int32]
    """Positions of items, most taken first."""
    counts: NDArray[np.int32]
    """(late, early) x (subjects, any basket) x items."""

    @classmethod
    def of(cls, index: BasketIndex, occasions: Occasions, subjects: NDArray[np.int32]) -> FollowerTable:
        """Count all occasions."""
        from mining.nextloops import tally_followers

        counts = np.zeros((2, len(subjects) + 1, len(index.items)), dtype=np.int32)
        rows, line = np.flatnonzero(occasions.whole), lines_of(subjects, len(index.items))
        at, person, start, items = (
            np.asarray(index.at), np.asarray(index.person), np.asarray(index.start), np.asarray(index.basket_items),
        )  # fmt: skip
        span = occasions.days * NS_A_DAY
        tally_followers(rows, 1, occasions.early, line, at, person, start, items, span, counts)
        return cls(subjects, counts)


def lines_of(subjects: NDArray[np.int32], items: int) -> NDArray[np.int32]:
    """Return the line of each item among the subjects, -1 where it is none."""
    line = np.full(items, -1, dtype=np.int32)
    line[subjects] = np.arange(len(subjects))
    return line


def subjects_of(sizes: Ints, config: MiningConfig) -> NDArray[np.int32]:
    """Return the most taken items, of those that `min_count` baskets hold."""
    first = np.argsort(-sizes, kind="stable")[:SUBJECTS]
    return first[sizes[first] >= config.min_count].astype(np.int32)


@dataclass(frozen=True, eq=False)
class Bodies:
    """What occasions hold: one item each, or two, and the baskets with it."""

    keys: Sequence[tuple[str, ...]]
    start: Ints
    rows: NDArray[np.int32]
    """Baskets of each body, joined, ascending for each."""

    @classmethod
    def of_items(cls, index: BasketIndex) -> Bodies:
        """Return each item of an index as a body of its own."""
        keys = [(item,) for item in index.items]
        return cls(keys, np.asarray(index.item_rows.start), np.asarray(index.item_rows.rows))

    def holding(self, flag: NDArray[np.bool_] | States) -> Ints:
        """Return how many baskets with a flag hold each body."""
        sums = np.concatenate([[0], np.cumsum(flag[self.rows], dtype=np.int64)])
        return np.asarray(sums[self.start[1:]] - sums[self.start[:-1]])


def following(
    index: BasketIndex, config: MiningConfig, occasions: Occasions, table: FollowerTable
) -> list[NextRule]:
    """Return what follows each of the most taken items, corrected over all followers that were seen often enough.

    Kept are followers that come more often than after any basket (clustered by person) and, as far as can be seen,
    not less often than after the same persons' other baskets.

    Args:
        index: The baskets.
        config: Thresholds.
        occasions: Those of the index.
        table: What follows them.
    """
    items = Bodies.of_items(index)
    x, y, n_xy, tested = _screened(items, config, table, occasions)
    return chosen_next(counted_next(index, occasions, items, x, y, n_xy), tested, config)


def _screened(
    items: Bodies, config: MiningConfig, table: FollowerTable, occasions: Occasions
) -> tuple[NDArray[np.int32], NDArray[np.int32], Ints, int]:
    """Return the pairs that are counted in full with their n_xy, and how many were seen often enough to be tested.

    Of each subject the followers with the best lower end of the lift over the base, as early occasions show it; those
    of the subject itself left out. See `sequence.screened`.
    """
    subjects, every = table.subjects, table.counts[0, :-1] + table.counts[1, :-1]
    n_early = items.holding(occasions.early)[subjects]
    after_any = (table.counts[0, -1] + table.counts[1, -1]).astype(np.int64)
    line, item = np.nonzero(every >= config.min_count)
    tested = len(line)
    met = np.where(n_early[line] > 0, table.counts[1, line, item], every[line, item])
    n_x = np.where(n_early > 0, n_early, items.holding(occasions.whole)[subjects])
    n = int(np.count_nonzero(occasions.whole))
    low = statistics.lift_low(met, n_x[line], np.maximum(after_any[item], 1), max(n, 1))
    low[item == subjects[line]] = 0
    best = best_of_each(line, low)
    found = subjects[line[best]], item[best].astype(np.int32), every[line[best], item[best]].astype(np.int64)
    return (*found, tested)


def best_of_each(line: Ints, low: NDArray[np.float64]) -> Ints:
    """Return for each line in turn the places of its `FOLLOWERS` largest values above 0, the largest first."""
    some = np.flatnonzero(low > 0)
    order = some[np.lexsort((-low[some], line[some]))]
    rank = np.arange(len(order)) - np.searchsorted(line[order], line[order])
    return np.asarray(order[rank < FOLLOWERS])


def counted_next(
    index: BasketIndex,
    occasions: Occasions,
    bodies: Bodies,
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    n_xy: Ints,
) -> list[NextRule]:
    """Count bodies x -> items y in full, in the order in which they come, without a q-value.

    Tests speak of the early occasions, counts of all. `n_xy` is known: the occasions with x that y follows.
    """
    from mining.nextloops import count_next

    by_y = np.argsort(y, kind="stable")
    start = np.concatenate([[0], np.cumsum(n_xy[by_y])]).astype(np.int64)
    sets, n_person = index.item_rows, occasions.person(np.asarray(index.person), len(index.people))
    held = bodies.start, bodies.rows, np.asarray(sets.start), np.asarray(sets.rows)
    at, person = np.asarray(index.at), np.asarray(index.person)
    span = occasions.days * NS_A_DAY
    counts, parts, sums, lags = count_next(
        x[by_y],
        y[by_y],
        start,
        *held,
        at,
        person,
        occasions.whole,
        occasions.early,
        occasions.window,
        PARTS,
        span,
        n_person,
    )
    for begin, end in pairwise(start.tolist()):
        lags[begin:end].sort()
    back = np.argsort(by_y, kind="stable")
    found = Counted(
        x, y, n_xy, counts[back], parts[back], sums[back], statistics.quartiles(lags / NS_A_DAY, start)[back]
    )
    return found.rules(index, occasions, bodies)


@dataclass(frozen=True, eq=False)
class Counted:
    """Bodies and their followers counted in full; see `nextloops.count_next`."""

    x: NDArray[np.int32]
    y: NDArray[np.int32]
    n_xy: Ints
    counts: Ints
    parts: Ints
    sums: NDArray[np.float64]
    lags: NDArray[np.float64]
    """Quartiles in days."""

    def rules(self, index: BasketIndex, occasions: Occasions, bodies: Bodies) -> list[NextRule]:
        """Return them as rules without a q-value."""
        n = int(np.count_nonzero(occasions.whole))
        n_x, timed, early = (
            bodies.holding(flag)[self.x] for flag in (occasions.whole, occasions.timed, occasions.early)
        )
        n_y = self.parts[:, 1].sum(axis=1)
        held, told, latest = self._held(
            np.bincount(occasions.window[occasions.whole > 0], minlength=PARTS), early > 0
        )
        people_x, people_xy, reverse_n, reverse_n_xy = self.counts.T
        columns = {
            "n_x": n_x, "n_y": n_y, "n_xy": self.n_xy, "people_x": people_x, "people_xy": people_xy,
            "reverse_n": reverse_n, "reverse_n_xy": reverse_n_xy, "censored": timed - n_x,
            "lag_low": self.lags[:, 0], "lag_median": self.lags[:, 1], "lag_high": self.lags[:, 2],
            "expected": self.sums[:, 0],
            "p": statistics.spread_greater(*self.sums[:, 1:4].T),
            "p_habit": statistics.spread_greater(*self.sums[:, 4:].T),
            "held": held, "windows": told,
            "score": statistics.lift_low(self.n_xy, n_x, np.maximum(n_y, 1), n, people_xy),
        }  # fmt: skip
        lines = zip(*(column.tolist() for column in columns.values()), strict=True)
        names, keys, items, days = tuple(columns), bodies.keys, index.items, occasions.days
        return [
            NextRule(keys[x], (items[y],), days, n, held_out=last, **dict(zip(names, line, strict=True)))
            for x, y, last, line in zip(self.x.tolist(), self.y.tolist(), latest, lines, strict=True)
        ]

    def _held(self, n: Ints, has_early: NDArray[np.bool_]) -> tuple[Ints, Ints, Sequence[bool | None]]:
        """See `sequence.Occasions`: in how many calendar windows y follows x more often than any basket."""
        n_x, n_y, n_xy = self.parts[:, 0], self.parts[:, 1], self.parts[:, 2]
        expected = n_x * n_y / np.maximum(n, 1)
        told = expected >= 1
        held = told & (n_xy > expected)
        known = told[:, -1] & has_early
        latest = [bool(one) if sure else None for one, sure in zip(held[:, -1], known, strict=True)]
        return held.sum(axis=1), told.sum(axis=1), latest
