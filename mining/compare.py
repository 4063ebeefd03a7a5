"""The same share in two slices, side by side, and whether chance explains the difference.

Knows two counts and the test between them. It refuses to know how slices are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mining.config import Wording
from mining.count import EVERYTHING, Count, Keys, Slice, ratio
from mining.rule import Lang, finite
from mining.statistics import clustered_difference

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex


@dataclass(frozen=True)
class Comparison:
    """Two slices; the share is that of baskets with x, or with y among those with x."""

    first: Count
    second: Count
    p: float
    """Two-sided, clustered by person."""

    @staticmethod
    def of(count: Count) -> tuple[int, int, float]:
        """Return the baskets that could hold it, those that do, and the share."""
        if count.y:
            return count.n_x, count.n_xy, count.confidence
        return count.n, count.n_x, count.share

    @property
    def ratio(self) -> float:
        """The first share over the second."""
        return ratio(self.of(self.first)[2], self.of(self.second)[2])

    def numbers(self) -> dict[str, float]:
        """Return every number that may be said."""
        values = {f"first_{name}": value for name, value in self.first.numbers().items()}
        values |= {f"second_{name}": value for name, value in self.second.numbers().items()}
        return finite(values | {"ratio": self.ratio, "p": self.p})

    def sentence(self, names: Mapping[str, str], lang: Lang = "en", *, wording: Wording | None = None) -> str:
        """Return one plain sentence."""
        from mining.wording import say_comparison

        return say_comparison(self, names, lang, wording=wording)


def compare(
    index: BasketIndex, x: Keys, y: Keys = (), where: Slice = EVERYTHING, against: Slice = EVERYTHING
) -> Comparison:
    """Compare the share of x, or of y among baskets with x, in two slices.

    A basket that is in both slices counts in both.

    Raises:
        UnknownKey: a key is in no basket.
    """
    sides = []
    for slice_ in (where, against):
        rest = index.bits_where(slice_)
        if y:
            rest = rest & index.bits_with(x)
        held = rest & index.bits_with(y or x)
        sides += [index.people_of(part) for part in (held, rest)]
    first, second = (index.count(x, y, slice_, outside=False) for slice_ in (where, against))
    return Comparison(first, second, clustered_difference(*sides).two_sided)
