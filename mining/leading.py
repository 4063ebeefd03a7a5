"""What leads to something: the items after which it comes more often than after anything else.

The other direction of `mining.sequence.next_after`, and the same rules: an occasion is a basket with x, and it counts
when the same person's strictly later basket within the days holds y. Here y is given and x is sought. One pass says of
every basket whether y follows it; sums over the items of these baskets then count every x at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mining import statistics
from mining.basketindex import BasketIndex
from mining.count import EVERYTHING, Keys, Slice, as_keys
from mining.rule import NextRule
from mining.sequence import NS_A_DAY, Ahead, Flags, Ints, Occasions, _mask, _rows


def next_before(
    index: BasketIndex,
    y: Keys,
    within_days: int = 30,
    where: Slice = EVERYTHING,
    k: int = 5,
    *,
    min_count: int = 10,
    min_people: int = 10,
) -> list[NextRule]:
    """Return what y follows within the days, on demand: rules that end in y, the best first.

    Ranked as `next_after` ranks: by the lower end of the 95 % interval of the lift over the base (how often y follows
    any basket of the slice), each person counting as one observation. Left out is what y follows no more often than
    the habits of the same persons explain.

    Args:
        index: The baskets.
        y: What comes later; all of it in one basket, where it is several keys.
        within_days: How far an occasion sees.
        where: The slice of the occasions.
        k: How many rules.
        min_count: Least occasions with x that y follows.
        min_people: Least persons behind them.

    Raises:
        UnknownKey: a key is in no basket.
    """
    keys = as_keys(y)
    reach = Ahead.of(index, within_days)
    everywhere = np.ones(len(index), dtype=np.bool_)
    place = everywhere if where.is_everything else _mask(index, index.bits_where(where))
    base = place & reach.whole
    hit = base & followed_flags(index, _rows(index, keys), within_days)
    n, n_y = int(base.sum()), int(hit.sum())
    if not n_y:
        return []
    n_x, _ = _by_item(index, base)
    n_xy, people = _by_item(index, hit)
    low = statistics.lift_low(n_xy, np.maximum(n_x, 1), n_y, n, people)
    low[(n_xy < min_count) | (people < min_people)] = 0
    low[[index.item_position[key] for key in keys if key in index.item_position]] = 0
    found: list[NextRule] = []
    for one in np.argsort(-low, kind="stable"):
        if len(found) == k or not low[one]:
            break
        x = (index.items[one],)
        holds = _mask(index, index.bits_with(x))
        rule = Occasions(index, reach, x, where, base, holds & place).rule(keys)
        if rule.n_xy > rule.expected:
            found.append(rule)
    return found


def followed_flags(index: BasketIndex, rows: NDArray[np.int32], within_days: int) -> Flags:
    """Tell of each basket whether the same person has one of some baskets strictly later and within the days.

    Args:
        index: The baskets, each person's side by side and in the order of time.
        rows: Those that may follow, ascending.
        within_days: How far a basket sees.
    """
    at, person = np.asarray(index.at), np.asarray(index.person)
    follows = np.zeros(len(at), dtype=np.bool_)
    if not len(rows):
        return follows
    every = np.arange(len(at))
    following = np.searchsorted(rows, every, side="right")
    same_instant = np.ones(1, dtype=np.bool_)
    while same_instant.any():  # a basket of the same instant is not later
        row = rows[np.minimum(following, len(rows) - 1)]
        same_instant = (following < len(rows)) & (person[row] == person) & (at[row] <= at)
        following += same_instant
    row = rows[np.minimum(following, len(rows) - 1)]
    reached = (following < len(rows)) & (person[row] == person)
    follows[reached] = at[row[reached]] - at[reached] <= within_days * NS_A_DAY
    return follows


def _by_item(index: BasketIndex, baskets: Flags) -> tuple[Ints, Ints]:
    """Return for each item how many of these baskets hold it, and how many persons they are of."""
    start, items = np.asarray(index.start), np.asarray(index.basket_items)
    held = np.repeat(baskets, np.diff(start))
    some = items[: len(held)][held].astype(np.int64)
    who = np.repeat(np.asarray(index.person), np.diff(start))[held].astype(np.int64)
    pairs = np.unique(some * (int(who.max(initial=0)) + 1) + who) // (int(who.max(initial=0)) + 1)
    size = len(index.items)
    return np.bincount(some, minlength=size), np.bincount(pairs, minlength=size)
