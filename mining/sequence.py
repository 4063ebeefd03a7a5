"""What follows what: occasions with x whose window the same person's later basket with y falls into.

Knows occasions, base rates, the reverse order, lags, censoring and which occasions were held out. It refuses to know
how rules are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mining import bits, statistics
from mining.bits import Bits
from mining.count import EVERYTHING, Keys, Slice, as_keys
from mining.rule import NextRule
from mining.sight import NS_A_DAY

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex
    from mining.config import MiningConfig

Ints = NDArray[np.int64]
_SCREENED = 20
"""How many of the best-looking followers `screen` returns."""
_LOOKED_AT = 1_500
"""Occasions that are looked at to find the followers of something that is in very many baskets."""
_COUNTED = 16
"""The best of these followers that are counted over all occasions before the best are chosen."""


def next_after(
    index: BasketIndex,
    x: Keys,
    within_days: int = 30,
    y: Keys = (),
    where: Slice = EVERYTHING,
    k: int = 5,
    *,
    min_count: int = 10,
    min_people: int = 10,
    after_any: Ints | None = None,
) -> list[NextRule]:
    """Return what follows x within the days, on demand.

    An occasion is a basket of the slice that holds x (all of it, where x is several keys); it counts when the same
    person's strictly later basket, within `within_days` x 24 hours and anywhere, holds y. Occasions whose window runs
    past the end of the data are left out and counted as `censored`. The base is the same after any basket of the slice.

    With `y` the one rule is returned, whatever it says. Without, the items that follow x more often than they follow
    the same persons' baskets in general, ranked by the lower end of the 95 % interval of the lift over the base,
    each person counting as one observation. `p_habit` and `gain` say whether the habits of these persons explain it.
    They are chosen among those with the highest lift over the base of all baskets, which for something in very many
    baskets every n-th person tells; what is returned is counted over everyone.

    Args:
        index: The baskets.
        x: What the occasions hold.
        within_days: How far an occasion sees.
        y: The one consequent that is asked about.
        where: The slice of the occasions.
        k: How many rules.
        min_count: Least occasions with x that the item follows.
        min_people: Least persons behind them.
        after_any: What `after_any_of` returns, where it is known.

    Raises:
        UnknownKey: a key is in no basket.
    """
    occasions = Occasions(index, within_days, as_keys(x), where)
    if as_keys(y):
        return occasions.rules([as_keys(y)])
    base = after_any_of(index, within_days) if after_any is None else after_any
    return occasions.rules([(index.items[one],) for one in occasions.best(base, min_count, min_people)[:k]])


def after_any_of(index: BasketIndex, within_days: int) -> Ints:
    """Return for each item how many baskets of any kind it follows within the days."""
    return _followers(index, index.layout.rows_of(index.sight(within_days).whole), within_days)[0][:, 0]


def lags_after(
    index: BasketIndex, x: Keys, y: Keys, within_days: int = 30, where: Slice = EVERYTHING
) -> NDArray[np.int64]:
    """Return how many occasions with x the first later basket with y follows after 0, 1, ... `within_days` whole days.

    The distribution whose quartiles a `NextRule` tells.

    Raises:
        UnknownKey: a key is in no basket.
    """
    lags = Occasions(index, within_days, as_keys(x), where).followed(as_keys(y)).lags
    return np.bincount(lags // NS_A_DAY, minlength=within_days + 1)


@dataclass(frozen=True, eq=False)
class Met:
    """What follows occasions with x: for each item, how many of them it follows."""

    every: Ints
    early: Ints
    """The same over occasions that tests may see."""
    n_early: int
    """How many these are."""


def screened(met: Met, after_any: Ints, n: int, min_count: int, own: Sequence[int]) -> list[int]:
    """Return the items with the best lower end of the lift over the base, as early occasions show it; x left out.

    Args:
        met: What follows occasions with x.
        after_any: For each item the occasions of any kind that it follows.
        n: How many there are.
        min_count: Least occasions with x that an item follows.
        own: The items of x.
    """
    low = statistics.lift_low(met.early, met.n_early, np.maximum(after_any, 1), max(n, 1))
    low[met.every < min_count] = 0
    low[list(own)] = 0
    order = np.argsort(-low, kind="stable")[:_SCREENED]
    return [int(one) for one in order if low[one] > 0]


def chosen_next(found: Sequence[NextRule], tested: int, config: MiningConfig) -> list[NextRule]:
    """Return the rules that the correction over all that were tested leaves.

    Kept are followers that come more often than after any basket (clustered by person) and, as far as can be seen,
    not less often than after the same persons' other baskets. Where the body has two items, its p-value is the larger
    one of `p` and `p_productive`.
    """
    if not found:
        return []
    largest = np.fmax([rule.p for rule in found], [rule.p_productive for rule in found])
    q = statistics.benjamini_hochberg(largest, tested=tested)
    corrected = (replace(rule, q=float(value)) for rule, value in zip(found, q, strict=True))
    kept = (
        rule
        for rule in corrected
        if rule.q <= config.q_value
        and rule.lift >= config.min_gain
        and rule.gain >= 1
        and rule.people_xy >= config.min_people
        and rule.confidence >= config.min_confidence
    )
    return list(kept)[: config.max_rules]


@dataclass(frozen=True, eq=False)
class Followed:
    """Occasions that one consequent follows."""

    by_person: Ints
    """(base, with x, early base, early with x) x people."""
    by_window: Ints
    """(base, with x) x calendar windows."""
    lags: Ints
    """Nanoseconds from each occasion with x to the first follower."""


class Occasions:
    """The baskets of one slice and those of them that hold x, with what is counted over them once."""

    def __init__(self, index: BasketIndex, days: int, x: tuple[str, ...], where: Slice) -> None:
        self.index, self.x, self.where = index, x, where
        self.sight = index.sight(days)
        inside, holds = index.bits_where(where), index.bits_with(x)
        self.base = inside & self.sight.whole
        self.with_x = self.base & holds
        self.early = self.base & self.sight.early
        self.has_early = bool((self.early & self.with_x).any())
        if not self.has_early:
            self.early = self.base
        self.by_person, self.by_window = self._counted(index.everything)
        self.n, self.n_x = int(self.by_person[0].sum()), int(self.by_person[1].sum())
        self.censored = bits.count(inside & holds & self.sight.timed) - self.n_x

    def _counted(self, some: Bits) -> tuple[Ints, Ints]:
        """Count some occasions by person and by calendar window; see `Followed`."""
        from mining.sightloops import followed

        return followed(some, self.base, self.with_x, self.early, self.index.bytes_of, self.sight.parts)

    def best(self, after_any: Ints, min_count: int, min_people: int) -> list[int]:
        """Return the items that follow x more often than the same persons' baskets, best first."""
        from mining.sightloops import strengths

        index, sight, rows = self.index, self.sight, self.index.layout.rows_of(self.with_x)
        stride = 1 + len(rows) // _LOOKED_AT
        found, looked = _followers(index, rows, sight.days, stride)
        met, people = found.T
        low = statistics.lift_low(met, looked, np.maximum(after_any, 1), max(sight.n_any, 1), people)
        low[(met * stride < min_count) | (people * stride < min_people)] = 0
        low[self._own()] = 0
        order = np.argsort(-low, kind="stable")[:_COUNTED]
        some = order[low[order] > 0].astype(np.int32)
        weight = self.by_person[1] / np.maximum(self.by_person[0], 1)
        sets, among = index.item_rows, (self.base, self.with_x, index.bytes_of, weight)
        counts, expected = strengths(some, sets.start, sets.rows, sight.ends, *among)
        n_xy, people, n_y = counts.T
        low = statistics.lift_low(n_xy, self.n_x, np.maximum(n_y, 1), max(self.n, 1), people)
        kept = np.flatnonzero((n_xy >= min_count) & (people >= min_people) & (n_xy > expected))
        return [int(one) for one in some[kept[np.argsort(-low[kept], kind="stable")]]]

    def _own(self) -> list[int]:
        """The items of x, which is no news after itself."""
        position = self.index.item_position
        return [position[key] for key in self.x if key in position]

    def followed(self, y: tuple[str, ...]) -> Followed:
        """Count the occasions that one consequent follows."""
        from mining.sightloops import first_lags

        index, sight, rows = self.index, self.sight, _rows(self.index, y)
        seeing = sight.seeing(rows)
        lags = first_lags(seeing & self.with_x, index.layout.row, rows, index.at)
        return Followed(*self._counted(seeing), lags)

    @cached_property
    def _before_x(self) -> Bits:
        """Occasions that x follows."""
        return self.base & self.sight.seeing(_rows(self.index, self.x))

    def rules(self, ys: Sequence[tuple[str, ...]]) -> list[NextRule]:
        """Count consequents in full; tests speak of the early occasions, counts of all."""
        from mining.ondemand import expected_by_habit, spreads

        if not ys:
            return []
        n, n_x, early_n, early_x = self.by_person
        found = [self.followed(y) for y in ys]
        with_y = [self.index.bits_with(y) for y in ys]
        n_y, n_xy = np.array([one.by_person[:2].sum(axis=1) for one in found]).T
        people_xy = np.array([np.count_nonzero(one.by_person[1]) for one in found])
        lags = np.concatenate([np.sort(one.lags) for one in found]) / NS_A_DAY
        low, middle, high = statistics.quartiles(lags, np.cumsum([0, *(len(one.lags) for one in found)])).T
        sums = np.array(
            [spreads(one.by_person[3], early_x, one.by_person[2], early_n) for one in found], dtype=np.float64
        )
        held, told, latest = self._held(np.array([one.by_window for one in found]))
        columns = {
            "n_y": n_y, "n_xy": n_xy, "people_xy": people_xy,
            "reverse_n": np.array([bits.count(one & self.base) for one in with_y]),
            "reverse_n_xy": np.array([bits.count(one & self._before_x) for one in with_y]),
            "lag_low": low, "lag_median": middle, "lag_high": high,
            "expected": np.array([expected_by_habit(n_x, one.by_person[0], n) for one in found]),
            "p": statistics.spread_greater(*sums[:, :3].T),
            "p_habit": statistics.spread_greater(*sums[:, 3:].T),
            "held": held, "windows": told,
            "score": statistics.lift_low(n_xy, self.n_x, np.maximum(n_y, 1), self.n, people_xy),
        }  # fmt: skip
        shared = self.sight.days, self.n, self.n_x
        people_x, names = int(np.count_nonzero(n_x)), tuple(columns)
        lines = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [
            NextRule(
                self.x, y, *shared, people_x=people_x, censored=self.censored, where=self.where, held_out=last,
                **dict(zip(names, line, strict=True)),
            )
            for y, last, line in zip(ys, latest, lines, strict=True)
        ]  # fmt: skip

    def _held(self, by_window: Ints) -> tuple[Ints, Ints, list[bool | None]]:
        """In how many calendar windows each y follows x more often than any basket, how many could tell, the latest.

        A window tells where at least one occasion with x would be followed by chance. The latest is held out only
        where earlier occasions could be tested without it.
        """
        (n, n_x), n_y, n_xy = self.by_window, by_window[:, 0], by_window[:, 1]
        expected = n_x * n_y / np.maximum(n, 1)
        told = expected >= 1
        held = told & (n_xy > expected)
        known = (told[:, -1] & self.has_early).tolist()
        latest = [one if sure else None for one, sure in zip(held[:, -1].tolist(), known, strict=True)]
        return held.sum(axis=1), told.sum(axis=1), latest


def _rows(index: BasketIndex, keys: tuple[str, ...]) -> NDArray[np.int32]:
    """Return the baskets with all of the keys, ascending."""
    return index.rows_with(keys[0]) if len(keys) == 1 else index.layout.rows_of(index.bits_with(keys))


def _followers(index: BasketIndex, rows: NDArray[Any], days: int, stride: int = 1) -> tuple[Ints, int]:
    """Return for each item the occasions among the rows that it follows and their persons; and the occasions used."""
    from mining.ondemand import followers

    sequence = index.at, index.person, index.person_start, index.start, index.basket_items
    found, looked = followers(rows.astype(np.int32), *sequence, days * NS_A_DAY, len(index.items), stride)
    return found.astype(np.int64), looked
