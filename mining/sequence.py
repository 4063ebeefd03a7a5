"""What follows what: occasions with x whose window the same person's later basket with y falls into.

Knows occasions, base rates, the reverse order, lags and censoring. It refuses to know how rules are kept.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mining import statistics
from mining.count import EVERYTHING, Keys, Slice, as_keys
from mining.rule import NextRule
from mining.windows import NS_A_DAY, Windows

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex

_SCREENED = 20
"""How many of the best-looking followers are counted in full before the best are chosen."""


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
) -> list[NextRule]:
    """Return what follows x within the days, on demand.

    An occasion is a basket of the slice that holds x; it counts when the same person's strictly later basket,
    within `within_days` x 24 hours and anywhere, holds y. Occasions whose window runs past the end of the data are
    left out and counted as `censored`. The base is the same after any basket of the slice.

    With `y` the one rule is returned, whatever it says. Without, the items that follow x more often than they follow
    the same persons' baskets in general, ranked by the lower end of the 95 % interval of the lift over the base,
    each person counting as one observation. `p_habit` and `gain` say whether the habits of these persons explain it.

    Raises:
        UnknownKey: a key is in no basket.
    """
    keys = as_keys(x)
    windows = index.windows(within_days)
    place = np.zeros(len(index), dtype=np.bool_)
    place[index.layout.rows_of(index.bits_where(where))] = True
    holds = np.zeros(len(index), dtype=np.bool_)
    holds[index.layout.rows_of(index.bits_with(keys))] = True
    occasions = Occasions(index, windows, keys, where, place & windows.whole, holds & place)
    if as_keys(y):
        return [occasions.rule(as_keys(y))]
    rules = (occasions.rule((index.items[one],)) for one in occasions.screen(min_count))
    kept = [rule for rule in rules if rule.people_xy >= min_people and rule.gain > 1]
    return sorted(kept, key=lambda rule: -rule.score)[:k]


class Occasions:
    """The baskets of one slice and those of them that hold x, with what is counted over them once."""

    def __init__(
        self,
        index: BasketIndex,
        windows: Windows,
        x: tuple[str, ...],
        where: Slice,
        base: NDArray[np.bool_],
        with_x: NDArray[np.bool_],
    ) -> None:
        self.index, self.windows, self.x, self.where = index, windows, x, where
        self.base, self.base_rows = base, np.flatnonzero(base)
        self.with_x = with_x & windows.whole
        self.rows_x = np.flatnonzero(self.with_x)
        self.all_x = index.layout.rows_of(index.bits_with(x)).astype(np.int64)
        self.censored = int((with_x & windows.timed).sum()) - len(self.rows_x)
        self.n_by_person = index.by_person(self.base_rows)
        self.x_by_person = index.by_person(self.rows_x)

    @cached_property
    def followers(self) -> NDArray[np.int64]:
        """For each item, the occasions with x that it follows."""
        return self.windows.followed_by(self.with_x)

    @cached_property
    def after(self) -> NDArray[np.bool_]:
        """For each basket, whether x follows it."""
        return self.windows.follows(self.all_x)

    def screen(self, min_count: int, after_any: NDArray[np.int64] | None = None) -> list[int]:
        """Return the items with the best lower end of the lift over the base; `after_any` is the base, if known."""
        both = self.followers
        if after_any is None:
            after_any = self.windows.followed_by(self.base)
        low = statistics.lift_low(both, len(self.rows_x), np.maximum(after_any, 1), len(self.base_rows))
        low[both < min_count] = 0
        for key in self.x:
            if key in self.index.item_position:
                low[self.index.item_position[key]] = 0
        order = np.argsort(-low, kind="stable")[:_SCREENED]
        return [int(one) for one in order if low[one] > 0]

    def rule(self, y: tuple[str, ...]) -> NextRule:
        """Count one consequent in full."""
        index, windows = self.index, self.windows
        rows_y = index.layout.rows_of(index.bits_with(y)).astype(np.int64)
        follows = windows.follows(rows_y)
        hits = self.rows_x[follows[self.rows_x]]
        after_any = self.base_rows[follows[self.base_rows]]
        lag = (index.at[windows.first_in(rows_y, hits)] - index.at[hits]) / NS_A_DAY
        back = rows_y[self.base[rows_y]]
        quartiles = np.quantile(lag, [0.25, 0.5, 0.75]) if len(lag) else [float("nan")] * 3
        xy_by_person = index.by_person(hits)
        y_by_person = index.by_person(after_any)
        by_person = (xy_by_person, self.x_by_person, y_by_person, self.n_by_person)
        expected = float((self.x_by_person * y_by_person / np.maximum(self.n_by_person, 1)).sum())
        people_xy = int(np.count_nonzero(xy_by_person))
        return NextRule(
            antecedent=self.x,
            consequent=y,
            within_days=windows.days,
            n=len(self.base_rows),
            n_x=len(self.rows_x),
            n_y=len(after_any),
            n_xy=len(hits),
            people_x=int(np.count_nonzero(self.x_by_person)),
            people_xy=people_xy,
            reverse_n=len(back),
            reverse_n_xy=int(self.after[back].sum()),
            censored=self.censored,
            lag_low=float(quartiles[0]),
            lag_median=float(quartiles[1]),
            lag_high=float(quartiles[2]),
            expected=expected,
            where=self.where,
            p=statistics.clustered_association(*by_person)[1],
            p_habit=statistics.within_person(*by_person)[1],
            score=float(
                statistics.lift_low(
                    len(hits), len(self.rows_x), max(len(after_any), 1), len(self.base_rows), people_xy
                )
            ),
        )
