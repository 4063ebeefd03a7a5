"""What goes best with something in a slice: every item at once, like baskets compared with like.

Knows how partners are ranked, and the table of item counts that makes it fast. It refuses to know tests and rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import bits
from mining import columns as col
from mining.bits import Bits
from mining.context import Calendar
from mining.count import EVERYTHING, Count, Keys, Slice, as_keys
from mining.sizes import Sizes
from mining.statistics import lift_low, ratio_low

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex


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
    from mining.contextloops import fill_table

    words = np.zeros(matrix.shape[0], dtype=np.uint64)
    for bit, rows in enumerate(word_sets):
        words[rows] |= np.uint64(1 << bit)
    masks, kind = np.unique(words, return_inverse=True)
    bit_of = {word: 1 << position for position, word in enumerate(calendar.words)}
    asked = [sum(bit_of[word] for word in some) for some in (*tabled_slices(calendar), ())]
    needed = np.array(asked, dtype=np.uint64)
    holds = (masks[:, None] & needed[None, :]) == needed[None, :]
    start = np.concatenate([[0], np.cumsum(holds.sum(axis=1))]).astype(np.int64)
    table = np.zeros((len(needed), len(sizes), matrix.shape[1] + 1), dtype=np.int32)
    kind = kind.ravel().astype(np.int64)
    order = np.argsort(kind * len(sizes) + sizes.of_basket, kind="stable")
    baskets = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), sizes.of_basket
    fill_table(order, *baskets, kind, start, np.nonzero(holds)[1].astype(np.int32), table)
    return table


def by_size(index: BasketIndex, rows: NDArray[Any]) -> NDArray[np.int32]:
    """Return size classes x items: how many of the rows hold each; a last column counts the rows."""
    return _by_item(index, index.layout.from_rows(rows))[:, :-1].T


def item_table(index: BasketIndex, where: Slice) -> NDArray[Any]:
    """Return what `by_size` returns for the baskets of a slice; from the table where it is kept there."""
    if where.place is None and where.people is None:
        line = index.tabled.get(index.calendar.check(where.context), -1 if not where.context else None)
        if line is not None:
            return np.asarray(index.table[line])
    return _by_item(index, index.bits_where(where))[:, :-1].T


def _by_item(index: BasketIndex, held: Bits) -> NDArray[np.int32]:
    """Return (items + 1) x (size classes, people) over the rows of a set."""
    from mining.ondemand import items_by_class

    rows = index.start, index.basket_items, index.sizes.of_basket, index.person
    return items_by_class(held, index.layout.row, *rows, len(index.sizes), len(index.items))


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
    sides = Sides.of(index, keys, where)
    counted, whole = _by_item(index, sides.inside & sides.with_x), item_table(index, where)
    both, people, n_x = counted[:-1, :-1].T, counted[:-1, -1], counted[-1, :-1].astype(np.int64)
    with_y, n = whole[:, :-1], whole[:, -1].astype(np.int64)
    met, allowed = both.sum(axis=0), people >= min_people
    allowed[[index.item_position[key] for key in keys if key in index.item_position]] = False
    if among is not None:
        allowed &= index.items_of(among)
    some = np.flatnonzero(allowed & (met >= max(min_count, 1, min_confidence * n_x.sum())))
    odds = sizes.odds(n, n_x, with_y[:, some], both[:, some])
    lift = lift_low(met[some], n_x.sum(), with_y[:, some].sum(axis=0), n.sum())
    strength = np.where(np.isfinite(odds), 1 + odds, lift / (1 + lift))
    score = ratio_low(strength, people[some])
    chosen = [one for one in np.argsort(-score, kind="stable")[:k] if score[one] > 0]
    return [sides.count(index, int(item)) for item in some[chosen]]


@dataclass(frozen=True, eq=False)
class Sides:
    """The baskets on either side of a slice and those with x, beside which any item is counted by its own alone."""

    x: tuple[str, ...]
    where: Slice
    with_x: Bits
    inside: Bits
    outside: Bits | None
    """None where the slice has no outside."""
    whole: tuple[tuple[int, int, int, int], ...]
    """Baskets, people, and those with x: inside, then outside."""

    @classmethod
    def of(cls, index: BasketIndex, x: tuple[str, ...], where: Slice) -> Sides:
        """Return the sides of a slice."""
        layout, with_x, inside = index.layout, index.bits_with(x), index.bits_where(where)
        outside = None if where.is_everything else index.bits_outside(where, inside)
        whole = []
        for side in (inside,) if outside is None else (inside, outside):
            both = side & with_x
            whole.append((bits.count(side), layout.groups(side), bits.count(both), layout.groups(both)))
        return cls(x, where, with_x, inside, outside, tuple(whole))

    def count(self, index: BasketIndex, item: int) -> Count:
        """Return what `BasketIndex.count` returns for x and the item."""
        from mining.ondemand import tally

        held, y = index.item_rows.bits(item), (index.items[item],)

        def one_side(side: Bits, whole: tuple[int, int, int, int], outside: Count | None) -> Count:
            n, people, n_x, people_x = whole
            n_y, people_y, n_xy, people_xy = tally(held, side, self.with_x, index.layout.bytes_of)
            numbers = n, n_x, n_y, n_xy, people, people_x, people_y, people_xy
            return Count(self.x, y, *numbers, self.where, outside)

        outside = None if self.outside is None else one_side(self.outside, self.whole[1], None)
        return one_side(self.inside, self.whole[0], outside)
