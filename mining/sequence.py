"""What follows what: occasions with x whose window the same person's later basket with y falls into.

Knows occasions, base rates, the reverse order, lags, censoring and which occasions were held out. It refuses to know
how rules are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mining import columns as col
from mining import statistics
from mining.baskets import NAT
from mining.count import EVERYTHING, Keys, Slice, as_keys
from mining.partners import mask_of
from mining.rule import NextRule

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex
    from mining.config import MiningConfig

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
NS_A_DAY = 86_400_000_000_000
PARTS = 6
"""Calendar windows, equal spans of days, unless told otherwise; tests leave out what reaches into the latest, a day
to spare for clocks that are put forward."""
_SCREENED = 20
"""How many of the best-looking followers `screen` returns."""
_LOOKED_AT = 1_500
"""Occasions that are looked at to find the followers of something that is in very many baskets."""
_COUNTED = 16
"""The best of these followers that are counted over all occasions before the best are chosen."""


class Reach(Protocol):
    """How far an occasion sees, and which occasions can be counted."""

    @property
    def days(self) -> int:
        """Days after an occasion within which something counts as next."""

    @property
    def whole(self) -> Flags:
        """Baskets with a time whose window lies inside the data."""

    @property
    def timed(self) -> Flags:
        """Baskets with a time."""


@dataclass(frozen=True, eq=False)
class Ahead:
    """So many days ahead of every basket."""

    days: int
    whole: Flags
    timed: Flags

    @classmethod
    def of(cls, index: BasketIndex, days: int) -> Ahead:
        """Return the reach of an index."""
        return cls.at(np.asarray(index.at), days)

    @classmethod
    def at(cls, at: Ints, days: int) -> Ahead:
        """Return the reach of baskets that begin at these instants."""
        timed = at != NAT
        last = int(at.max(initial=NAT))
        return cls(days, timed & (at <= last - days * NS_A_DAY) if last != NAT else timed, timed)


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
    keys = as_keys(x)
    reach = Ahead.of(index, within_days)
    holds = _mask(index, index.bits_with(keys))
    place = _mask(index, index.bits_where(where)) if not where.is_everything else np.ones_like(holds)
    occasions = Occasions(index, reach, keys, where, place & reach.whole, holds & place)
    if as_keys(y):
        return [occasions.rule(as_keys(y))]
    base = after_any_of(index, within_days) if after_any is None else after_any
    return [occasions.rule((index.items[one],)) for one in occasions.best(base, min_count, min_people)[:k]]


def after_any_of(index: BasketIndex, within_days: int) -> Ints:
    """Return for each item how many baskets of any kind it follows within the days."""
    return _followers(index, np.flatnonzero(Ahead.of(index, within_days).whole), within_days)[0][:, 0]


def lags_after(
    index: BasketIndex, x: Keys, y: Keys, within_days: int = 30, where: Slice = EVERYTHING
) -> NDArray[np.int64]:
    """Return how many occasions with x the first later basket with y follows after 0, 1, ... `within_days` whole days.

    The distribution whose quartiles a `NextRule` tells.

    Raises:
        UnknownKey: a key is in no basket.
    """
    keys, reach = as_keys(x), Ahead.of(index, within_days)
    holds = _mask(index, index.bits_with(keys) & index.bits_where(where))
    occasions = Occasions(index, reach, keys, where, holds & reach.whole, holds)
    lags = occasions.followed(as_keys(y)).lags
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
    not less often than after the same persons' other baskets.
    """
    if not found:
        return []
    q = statistics.benjamini_hochberg([rule.p for rule in found], tested=tested)
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

    def __init__(
        self,
        index: BasketIndex,
        windows: Reach,
        x: tuple[str, ...],
        where: Slice,
        base: Flags,
        with_x: Flags,
        *,
        parts: int = PARTS,
    ) -> None:
        from mining.ondemand import BASE, EARLY, WITH_X, occasions_by_person

        self.index, self.windows, self.x, self.where, self.parts = index, windows, x, where, parts
        self.base, self.with_x = base, with_x & windows.whole
        self.calendar = Parts.of(index, parts)
        early = base & (index.day < self.calendar.latest - windows.days - 1)
        self.has_early = bool((early & self.with_x).any())
        self.state = (
            BASE * base.view(np.uint8)
            + WITH_X * self.with_x.view(np.uint8)
            + EARLY * (early if self.has_early else base).view(np.uint8)
        )
        self.by_person, self.by_window = occasions_by_person(
            self.state, index.person_start, index.day, *self.calendar.table
        )
        self.n, self.n_x = int(self.by_person[0].sum()), int(self.by_person[1].sum())
        self.censored = int((with_x & windows.timed).sum()) - self.n_x

    @property
    def span(self) -> int:
        """How far an occasion sees, in ns."""
        return self.windows.days * NS_A_DAY

    @property
    def n_any(self) -> int:
        """Occasions of every kind in every slice."""
        return int(self.windows.whole.sum())

    def best(self, after_any: Ints, min_count: int, min_people: int) -> list[int]:
        """Return the items that follow x more often than the same persons' baskets, best first."""
        from mining.ondemand import strengths

        index, rows = self.index, np.flatnonzero(self.with_x)
        stride = 1 + len(rows) // _LOOKED_AT
        found, looked = _followers(index, rows, self.windows.days, stride)
        met, people = found.T
        low = statistics.lift_low(met, looked, np.maximum(after_any, 1), max(self.n_any, 1), people)
        low[(met * stride < min_count) | (people * stride < min_people)] = 0
        low[self._own()] = 0
        order = np.argsort(-low, kind="stable")[:_COUNTED]
        some = order[low[order] > 0].astype(np.int32)
        weight = self.by_person[1] / np.maximum(self.by_person[0], 1)
        sets = index.item_rows
        counts, expected = strengths(
            some, sets.start, sets.rows, index.at, index.person, self.state, weight, self.span
        )
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
        from mining.ondemand import followed_by_one

        index = self.index
        sequence = index.at, index.person, index.person_start, self.state, index.day
        return Followed(
            *followed_by_one(_rows(index, y), *sequence, *self.calendar.table, self.span, self.n_x)
        )

    def rule(self, y: tuple[str, ...]) -> NextRule:
        """Count one consequent in full; tests speak of the early occasions, counts of all."""
        from mining.ondemand import expected_by_habit, reverse_order, spreads

        index, found = self.index, self.followed(y)
        y_by_person, xy_by_person, *early = found.by_person
        n_by_person, x_by_person, early_n, early_x = self.by_person
        n_y, n_xy = int(y_by_person.sum()), int(xy_by_person.sum())
        back, back_hits = reverse_order(
            _rows(index, y), _rows(index, self.x), index.at, index.person, self.state, self.span
        )
        low, middle, high = statistics.quartiles(np.sort(found.lags) / NS_A_DAY)[0].tolist()
        tested = spreads(early[1], early_x, early[0], early_n)
        people_xy = int(np.count_nonzero(xy_by_person))
        held, told, latest = self._held(found)
        return NextRule(
            antecedent=self.x,
            consequent=y,
            within_days=self.windows.days,
            n=self.n,
            n_x=self.n_x,
            n_y=n_y,
            n_xy=n_xy,
            people_x=int(np.count_nonzero(x_by_person)),
            people_xy=people_xy,
            reverse_n=back,
            reverse_n_xy=back_hits,
            censored=self.censored,
            lag_low=low,
            lag_median=middle,
            lag_high=high,
            expected=expected_by_habit(x_by_person, y_by_person, n_by_person),
            where=self.where,
            p=float(statistics.spread_greater(*tested[:3])),
            p_habit=float(statistics.spread_greater(*tested[3:])),
            held=held,
            windows=told,
            held_out=latest,
            score=float(statistics.lift_low(n_xy, self.n_x, max(n_y, 1), self.n, people_xy)),
        )

    def _held(self, found: Followed) -> tuple[int, int, bool | None]:
        """In how many calendar windows y follows x more often than any basket, how many could tell, and the latest.

        A window tells where at least one occasion with x would be followed by chance. The latest is held out only
        where earlier occasions could be tested without it.
        """
        (n, n_x), (n_y, n_xy) = self.by_window, found.by_window
        expected = n_x * n_y / np.maximum(n, 1)
        told = expected >= 1
        held = told & (n_xy > expected)
        latest = bool(held[-1]) if told[-1] and self.has_early else None
        return int(held.sum()), int(told.sum()), latest


def _mask(index: BasketIndex, held: NDArray[np.uint64]) -> Flags:
    return mask_of(index.layout, held).view(np.bool_)


def _rows(index: BasketIndex, keys: tuple[str, ...]) -> NDArray[np.int32]:
    """Return the baskets with all of the keys, ascending."""
    return index.rows_with(keys[0]) if len(keys) == 1 else index.layout.rows_of(index.bits_with(keys))


def _followers(index: BasketIndex, rows: NDArray[Any], days: int, stride: int = 1) -> tuple[Ints, int]:
    """Return for each item the occasions among the rows that it follows and their persons; and the occasions used."""
    from mining.ondemand import followers

    sequence = index.at, index.person, index.person_start, index.start, index.basket_items
    found, looked = followers(rows.astype(np.int32), *sequence, days * NS_A_DAY, len(index.items), stride)
    return found.astype(np.int64), looked


@dataclass(frozen=True, eq=False)
class Parts:
    """Calendar windows: equal spans of local days."""

    window: NDArray[np.int16]
    """Window of each day from the first on."""
    first: int
    """First day of the data."""
    parts: int

    @classmethod
    def of(cls, index: BasketIndex, parts: int) -> Parts:
        """Return so many windows over the days of an index."""
        return cls.over(np.asarray(index.day), parts)

    @classmethod
    def over(cls, day: NDArray[np.int32], parts: int) -> Parts:
        """Return so many windows over these days."""
        last = int(day.max(initial=col.NO_DAY))
        if last == col.NO_DAY:
            return cls(np.zeros(1, dtype=np.int16), 0, parts)
        first = int(day.min(where=day != col.NO_DAY, initial=last))
        days = last - first + 1
        return cls((np.arange(days) * parts // days).astype(np.int16), first, parts)

    @property
    def latest(self) -> int:
        """First day of the latest window."""
        return self.first + int(np.searchsorted(self.window, self.parts - 1))

    @property
    def table(self) -> tuple[NDArray[np.int16], int, int]:
        """The window of each day, the first day, and how many windows there are."""
        return self.window, self.first, self.parts
