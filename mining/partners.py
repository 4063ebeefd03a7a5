"""What goes best with something in a slice: every item at once, like baskets compared with like.

Knows how partners are ranked, and the table of item counts that makes it fast. It refuses to know tests and rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import columns as col
from mining.context import Calendar
from mining.count import EVERYTHING, Count, Keys, Slice, as_keys
from mining.sizes import Sizes
from mining.statistics import lift_low, ratio_low

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex

_SCREENED = 15
"""Partners beyond k whose persons are counted before the best k are chosen."""


def tabled_slices(calendar: Calendar) -> list[tuple[str, ...]]:
    """Return the slices whose item counts are kept: each word, and each day word with each daypart."""
    groups = calendar.groups
    days = (*groups[col.WEEKDAY], *groups[col.WEEKEND])
    return [
        *((word,) for word in calendar.words),
        *((day, part) for day in days for part in groups[col.DAYPART]),
    ]


def table_of(
    word_sets: list[NDArray[Any]], matrix: sparse.csr_array, calendar: Calendar, sizes: Sizes
) -> NDArray[np.int32]:
    """Return slices x size classes x items: baskets with the item; the last slice is everything.

    A last column beyond the items holds the baskets themselves.
    """
    line = {word: position for position, word in enumerate(calendar.words)}
    slices = []
    for words in tabled_slices(calendar):
        rows = word_sets[line[words[0]]]
        slices.append(
            rows if len(words) == 1 else np.intersect1d(rows, word_sets[line[words[1]]], assume_unique=True)
        )
    slices.append(np.arange(matrix.shape[0]))
    rows = np.concatenate(slices)
    at = np.repeat(np.arange(len(slices)), [len(one) for one in slices]) * len(sizes) + sizes.of_basket[rows]
    shape = (len(slices) * len(sizes), matrix.shape[0])
    members: Any = sparse.csr_array((np.ones(len(rows), dtype=np.int32), (at, rows)), shape=shape)
    counted = np.column_stack([(members @ matrix.astype(np.int32)).toarray(), members.sum(axis=1)])
    return np.asarray(counted, dtype=np.int32).reshape(len(slices), len(sizes), matrix.shape[1] + 1)


def by_size(index: BasketIndex, rows: NDArray[Any]) -> NDArray[np.int64]:
    """Return size classes x items: how many of the rows hold each item; a last column counts the rows."""
    width = len(index.items)
    lengths = index.start[rows + 1] - index.start[rows]
    code = np.repeat(index.sizes.of_basket[rows].astype(np.int64) * width, lengths) + index.items_in(rows)
    held = np.bincount(code, minlength=len(index.sizes) * width).reshape(len(index.sizes), width)
    return np.column_stack([held, np.bincount(index.sizes.of_basket[rows], minlength=len(index.sizes))])


def item_table(index: BasketIndex, where: Slice) -> NDArray[Any]:
    """Return what `by_size` returns for the baskets of a slice; from the table where it is kept there."""
    if where.place is None and where.people is None:
        line = index.tabled.get(index.calendar.check(where.context), -1 if not where.context else None)
        if line is not None:
            return np.asarray(index.table[line])
    return by_size(index, index.layout.rows_of(index.bits_where(where)))


def partners_of(
    index: BasketIndex,
    x: Keys,
    where: Slice = EVERYTHING,
    k: int = 10,
    *,
    min_count: int = 5,
    min_people: int = 5,
    min_confidence: float = 0.02,
    among: str | None = None,
) -> list[Count]:
    """Return the items that go best with x in the slice, exact counts over every item.

    Ranked by the lower end of the Mantel-Haenszel odds ratio among baskets of like size, each person one
    observation: what is popular in big baskets, or rests on a few persons, stays behind what really belongs to x.
    Where no basket size can tell (everyone takes x), the lift stands in for the odds ratio, after all that sizes tell.

    Args:
        index: The baskets.
        x: Items or categories that the baskets hold.
        where: The baskets that count.
        k: How many partners.
        min_count: Least baskets with x and the partner.
        min_people: Least persons behind those baskets.
        min_confidence: Least share of the baskets with x that hold the partner: a curiosity is no answer.
        among: Only partners of this category.

    Raises:
        UnknownKey: a key is in no basket, or there is no such category.
    """
    keys, sizes = as_keys(x), index.sizes
    left = index.bits_with(keys) & index.bits_where(where)
    joint, whole = by_size(index, index.layout.rows_of(left)), item_table(index, where)
    both, with_y, n_x, n = joint[:, :-1], whole[:, :-1], joint[:, -1], whole[:, -1]
    met, allowed = both.sum(axis=0), np.ones(len(index.items), dtype=np.bool_)
    allowed[[index.item_position[key] for key in keys if key in index.item_position]] = False
    if among is not None:
        allowed &= index.items_of(among)
    some = np.flatnonzero(allowed & (met >= max(min_count, 1, min_confidence * n_x.sum())))
    odds = sizes.odds(n, n_x, with_y[:, some], both[:, some])
    lift = lift_low(met[some], n_x.sum(), with_y[:, some].sum(axis=0), n.sum())
    strength = np.where(np.isfinite(odds), 1 + odds, lift / (1 + lift))
    best = np.argsort(-ratio_low(strength, met[some]), kind="stable")[: k + _SCREENED]
    people = np.array([index.layout.groups(index.item_rows.bits(int(one)) & left) for one in some[best]])
    score = np.where(people >= min_people, ratio_low(strength[best], people), 0.0)
    chosen = [some[best[at]] for at in np.argsort(-score, kind="stable")[:k] if score[at] > 0]
    return list(index.counts(keys, [(index.items[one],) for one in chosen], where))
