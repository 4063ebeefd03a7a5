"""Counts of baskets and people in a slice, and every ratio derived from them.

Knows arithmetic only. It refuses to know where the counts come from; counts add across slices, ratios do not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

Keys = str | Sequence[str]
"""One item id or `category:NAME`, or several of them that a basket must all hold."""


def as_keys(keys: Keys) -> tuple[str, ...]:
    """Return one key or several as a tuple; a lone str is one key, not its letters."""
    return (keys,) if isinstance(keys, str) else tuple(keys)


@dataclass(frozen=True)
class Slice:
    """The baskets that a question is about: every condition holds."""

    context: tuple[str, ...] = ()
    """Context words that all hold."""
    place: str | tuple[str, ...] | None = None
    """A place id, the id of a parent place, or several of them (any of which holds)."""
    people: tuple[str, ...] | None = None
    """Only baskets of these people; None is everyone."""

    @property
    def places(self) -> tuple[str, ...]:
        """The place ids, any of which holds; empty is everywhere."""
        if self.place is None:
            return ()
        return (self.place,) if isinstance(self.place, str) else self.place

    @property
    def is_everything(self) -> bool:
        """Whether no condition is set."""
        return not self.context and self.place is None and self.people is None


EVERYTHING = Slice()


def ratio(numerator: float, denominator: float) -> float:
    """Return numerator / denominator, NaN where the denominator is 0: nothing was seen, so nothing is known."""
    return numerator / denominator if denominator else math.nan


@dataclass(frozen=True)
class Count:
    """How often x, y and both were in the baskets of a slice, and how many people they were.

    With an empty `y` it is the count of x alone: `n_y` and `n_xy` are then `n_x`.
    """

    x: tuple[str, ...]
    y: tuple[str, ...]
    n: int
    n_x: int
    n_y: int
    n_xy: int
    people: int = 0
    people_x: int = 0
    people_y: int = 0
    people_xy: int = 0
    where: Slice = EVERYTHING
    outside: Count | None = None
    """The same counts over the complement of the slice; None where the slice is everything."""

    @property
    def share(self) -> float:
        """n_x / n: how many of the slice's baskets hold x."""
        return ratio(self.n_x, self.n)

    @property
    def support(self) -> float:
        """n_xy / n."""
        return ratio(self.n_xy, self.n)

    @property
    def confidence(self) -> float:
        """n_xy / n_x: how many baskets with x also hold y."""
        return ratio(self.n_xy, self.n_x)

    @property
    def base(self) -> float:
        """n_y / n: how many baskets hold y anyway."""
        return ratio(self.n_y, self.n)

    @property
    def lift(self) -> float:
        """Confidence / base (Brin, Motwani, Ullman and Tsur 1997, there called interest)."""
        return ratio(self.confidence, self.base)

    @property
    def lift_low(self) -> float:
        """Lower end of the 95 % interval of the lift: exp(ln lift - 1.96 se).

        se^2 = 1/m - 1/n_x + 1/n_y - 1/n (Katz, Baptista, Azen and Pike 1978, for a ratio of proportions) with m the
        persons behind the n_xy baskets: one person's baskets resemble each other, so they count once.
        """
        if not self.n_xy:
            return 0.0
        seen = self.people_xy or self.n_xy
        variance = max(0.0, 1 / seen - 1 / self.n_x + 1 / self.n_y - 1 / self.n)
        return self.lift * math.exp(-1.96 * math.sqrt(variance))

    @property
    def leverage(self) -> float:
        """Support - share * base (Piatetsky-Shapiro 1991)."""
        return self.support - self.share * self.base

    @property
    def conviction(self) -> float:
        """(1 - base) / (1 - confidence); infinite where every basket with x holds y (Brin et al. 1997)."""
        if self.confidence == 1:
            return math.inf
        return ratio(1 - self.base, 1 - self.confidence)

    @property
    def zhang(self) -> float:
        """Leverage / max(support (1 - share), share (base - support)), in -1..1 (Zhang 2000)."""
        return ratio(
            self.leverage, max(self.support * (1 - self.share), self.share * (self.base - self.support))
        )

    @property
    def kulczynski(self) -> float:
        """Mean of both confidences: (n_xy/n_x + n_xy/n_y) / 2 (Kulczynski 1927)."""
        return (ratio(self.n_xy, self.n_x) + ratio(self.n_xy, self.n_y)) / 2

    @property
    def context_gain(self) -> float:
        """Confidence (share of x, without y) in the slice over the same outside it; NaN without an outside."""
        if self.outside is None:
            return math.nan
        if not self.y:
            return ratio(self.share, self.outside.share)
        return ratio(self.confidence, self.outside.confidence)

    @cached_property
    def _numbers(self) -> dict[str, float]:
        counts = ("n", "n_x", "n_y", "n_xy", "people", "people_x", "people_y", "people_xy")
        ratios = ("share", "support", "confidence", "base", "lift", "lift_low", "leverage", "context_gain")
        values = {name: float(getattr(self, name)) for name in (*counts, *ratios)}
        if self.outside is not None:
            values |= {
                f"outside_{name}": float(getattr(self.outside, name)) for name in (*counts, *ratios[:4])
            }
        return {name: value for name, value in values.items() if math.isfinite(value)}

    def numbers(self) -> dict[str, float]:
        """Return every number that may be said of this count; undefined ratios are left out."""
        return dict(self._numbers)

    def sentence(self, names: Mapping[str, str], lang: str = "en", **settings: object) -> str:
        """Return one plain sentence, counts first; see `mining.wording.say_count`."""
        from mining.wording import say_count

        return say_count(self, names, lang, **settings)  # type: ignore[arg-type]
