"""What leads to something: the items after which it comes more often than after anything else.

The other direction of `mining.sequence.next_after`, and the same rules: an occasion is a basket with x, and it counts
when the same person's strictly later basket within the days holds y. Here y is given and x is sought. One pass says of
every basket whether y follows it; sums over the items of these baskets then count every x at once.
"""

from __future__ import annotations

import numpy as np

from mining import bits, statistics
from mining.basketindex import BasketIndex
from mining.bits import Bits
from mining.count import EVERYTHING, Keys, Slice, as_keys
from mining.rule import NextRule
from mining.sequence import Ints, Occasions


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
    keys, sight = as_keys(y), index.sight(within_days)
    base = sight.whole if where.is_everything else sight.whole & index.bits_where(where)
    followed = base & sight.seeing(index.layout.rows_of(index.bits_with(keys)))
    n, n_y = bits.count(base), bits.count(followed)
    if not n_y:
        return []
    n_x, _ = _by_item(index, base)
    n_xy, people = _by_item(index, followed)
    low = statistics.lift_low(n_xy, np.maximum(n_x, 1), n_y, n, people)
    low[(n_xy < min_count) | (people < min_people)] = 0
    low[[index.item_position[key] for key in keys if key in index.item_position]] = 0
    found: list[NextRule] = []
    for one in np.argsort(-low, kind="stable"):
        if len(found) == k or not low[one]:
            break
        (rule,) = Occasions(index, within_days, (index.items[one],), where).rules([keys])
        if rule.n_xy > rule.expected:
            found.append(rule)
    return found


def _by_item(index: BasketIndex, baskets: Bits) -> tuple[Ints, Ints]:
    """Return for each item how many of these baskets hold it, and how many persons they are of."""
    start, items = np.asarray(index.start), np.asarray(index.basket_items)
    among = np.zeros(len(start) - 1, dtype=np.bool_)
    among[index.layout.rows_of(baskets)] = True
    held = np.repeat(among, np.diff(start))
    some = items[: len(held)][held].astype(np.int64)
    who = np.repeat(np.asarray(index.person), np.diff(start))[held].astype(np.int64)
    everyone = int(who.max(initial=0)) + 1
    pairs = np.unique(some * everyone + who) // everyone
    size = len(index.items)
    return np.bincount(some, minlength=size), np.bincount(pairs, minlength=size)
