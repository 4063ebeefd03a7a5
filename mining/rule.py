"""The kinds of rules that a rule book holds: frozen counts, with ratios derived and one plain sentence each.

Knows numbers and their meaning. It refuses to know how they were found, kept or ranked.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from mining.config import Wording
from mining.count import Count, Slice, ratio

Kind = Literal["together", "next", "context", "cycle", "trend"]
Lang = Literal["en", "zh"]
KINDS: Final[tuple[Kind, ...]] = ("together", "next", "context", "cycle", "trend")


def rule_id(kind: str, *parts: object) -> str:
    """Return a short id that is the same for the same rule in every build."""
    text = repr((kind, *parts)).encode("utf-8", "surrogatepass")
    return f"{kind}-{hashlib.blake2b(text, digest_size=5).hexdigest()}"


def finite(values: Mapping[str, float]) -> dict[str, float]:
    """Return the values that are known: an undefined ratio (0 / 0) may not be said."""
    return {name: float(value) for name, value in values.items() if math.isfinite(value)}


@dataclass(frozen=True)
class Rule:
    """Together: baskets with the antecedent also hold the consequent. Context: baskets of a slice hold it.

    A context rule has an empty antecedent, so that `n_x` is `n` and `n_y` is `n_xy`.
    """

    kind: Kind
    antecedent: tuple[str, ...]
    consequent: tuple[str, ...]
    count: Count
    p: float = math.nan
    """One-sided, clustered by person: a pair against independence, a context against its complement; of three items
    and more, Fisher's exact test against every sub-rule, the largest of these p-values."""
    q: float = math.nan
    """Benjamini-Hochberg q-value over all rules of the kind that were tested."""
    held: int = 0
    """In how many calendar windows the rule holds (its lift or gain is above 1)."""
    windows: int = 0
    """How many calendar windows could tell."""
    held_out: bool | None = None
    """Whether it holds on the latest window, which was not used to find it; None where that could not tell."""
    adjusted: float = math.nan
    """Mantel-Haenszel odds ratio within strata of basket size, for pairs; over all windows but the latest."""
    score: float = 0.0
    """What the book orders by: the lower end, with one observation a person, of what the rule adds: the adjusted odds
    ratio of a pair, the gain over the best sub-rule or over the complement."""

    @property
    def id(self) -> str:
        """Stable over builds."""
        return rule_id(self.kind, self.antecedent, self.consequent, self.context, self.place)

    @property
    def where(self) -> Slice:
        """The slice in which it was counted."""
        return self.count.where

    @property
    def context(self) -> tuple[str, ...]:
        """The context words that hold."""
        return self.count.where.context

    @property
    def place(self) -> str | tuple[str, ...] | None:
        """The place where it holds; None is everywhere."""
        return self.count.where.place

    @property
    def keys(self) -> tuple[str, ...]:
        """All items and categories of the rule."""
        return (*self.antecedent, *self.consequent)

    def numbers(self) -> dict[str, float]:
        """Return every number that may be said of the rule."""
        return self.count.numbers() | finite(
            {
                "q": self.q,
                "p": self.p,
                "held": float(self.held),
                "windows": float(self.windows),
                "adjusted_odds": self.adjusted,
            }
        )

    def sentence(self, names: Mapping[str, str], lang: Lang = "en", *, wording: Wording | None = None) -> str:
        """Return one plain sentence, counts first."""
        from mining.wording import say_count

        return say_count(self.count, names, lang, wording=wording)


@dataclass(frozen=True)
class NextRule:
    """After an occasion with x, the same person's strictly later basket within the lag holds y."""

    antecedent: tuple[str, ...]
    consequent: tuple[str, ...]
    within_days: int
    n: int
    """Occasions of any kind whose window lies inside the data."""
    n_x: int
    """Those that hold x."""
    n_y: int
    """Those that y follows, whatever they hold: the base."""
    n_xy: int
    """Those that hold x and that y follows."""
    people_x: int = 0
    people_xy: int = 0
    reverse_n: int = 0
    """Occasions with y."""
    reverse_n_xy: int = 0
    """Occasions with y that x follows."""
    censored: int = 0
    """Occasions with x left out because their window runs past the end of the data."""
    lag_median: float = math.nan
    """Median days from x to the first y."""
    lag_low: float = math.nan
    """Lower quartile of those days."""
    lag_high: float = math.nan
    """Upper quartile of those days."""
    expected: float = math.nan
    """How many of the n_xy the same persons' habits explain: the sum over persons of n_x n_y / n."""
    where: Slice = Slice()
    p: float = math.nan
    """One-sided, clustered by person: y follows x more often than it follows any basket."""
    p_habit: float = math.nan
    """The same within persons: y follows x more often than it follows the same persons' baskets in general."""
    q: float = math.nan
    held: int = 0
    windows: int = 0
    held_out: bool | None = None
    score: float = 0.0
    p_productive: float = math.nan
    """Of a mined rule with two items in x: y follows both more often than it follows the better one of them; one-sided,
    clustered by person, the larger p-value of the two items (Webb 2007). NaN elsewhere."""
    alone: float = math.nan
    """Of such a rule, the larger of both items' confidences: how often y follows baskets with the better one."""

    kind: Kind = "next"

    @property
    def id(self) -> str:
        """Stable over builds."""
        return rule_id("next", self.antecedent, self.consequent, self.context, self.place, self.within_days)

    @property
    def context(self) -> tuple[str, ...]:
        """Context words of the occasion."""
        return self.where.context

    @property
    def place(self) -> str | tuple[str, ...] | None:
        """Place of the occasion."""
        return self.where.place

    @property
    def keys(self) -> tuple[str, ...]:
        """All items and categories of the rule."""
        return (*self.antecedent, *self.consequent)

    @property
    def confidence(self) -> float:
        """n_xy / n_x: after how many occasions with x did y follow."""
        return ratio(self.n_xy, self.n_x)

    @property
    def base(self) -> float:
        """n_y / n: after how many of all occasions did y follow."""
        return ratio(self.n_y, self.n)

    @property
    def lift(self) -> float:
        """Confidence / base."""
        return ratio(self.confidence, self.base)

    @property
    def gain(self) -> float:
        """n_xy / expected: how many times as often as after other baskets of the same persons."""
        return ratio(self.n_xy, self.expected)

    @property
    def habit(self) -> float:
        """Expected / n_x: how often y follows any basket of the same persons."""
        return ratio(self.expected, self.n_x)

    @property
    def reverse_confidence(self) -> float:
        """How often x follows y: the other order."""
        return ratio(self.reverse_n_xy, self.reverse_n)

    def numbers(self) -> dict[str, float]:
        """Return every number that may be said of the rule."""
        names = (
            "within_days", "n", "n_x", "n_y", "n_xy", "people_x", "people_xy", "reverse_n", "reverse_n_xy",
            "censored", "lag_median", "lag_low", "lag_high", "confidence", "base", "lift", "reverse_confidence",
            "expected", "gain", "habit", "p", "p_habit", "p_productive", "alone", "q", "held", "windows",
        )  # fmt: skip
        return finite({name: getattr(self, name) for name in names})

    def sentence(self, names: Mapping[str, str], lang: Lang = "en", *, wording: Wording | None = None) -> str:
        """Return one plain sentence, counts first."""
        from mining.wording import say_next

        return say_next(self, names, lang, wording=wording)


@dataclass(frozen=True)
class Cycle:
    """People take the key again about every so many days."""

    key: str
    median: float
    """Median over people of each person's median gap, in days."""
    low: float
    """Lower quartile over people."""
    high: float
    """Upper quartile over people."""
    median_gap: float
    """Median over all gaps of all these people."""
    people: int
    """People with enough distinct days."""
    people_any: int
    """People who took it at all."""
    gaps: int
    """Gaps between neighbouring days, of these people."""
    visit_gap: float = math.nan
    """Median over the same people of their median gap between any baskets: how often they come at all."""
    regular: float = math.nan
    """Share of gaps within half of the person's own median gap around it."""
    min_days: int = 3
    """Distinct days that a person needed to count."""
    score: float = 0.0

    kind: Kind = "cycle"

    @property
    def id(self) -> str:
        """Stable over builds."""
        return rule_id("cycle", self.key)

    @property
    def keys(self) -> tuple[str, ...]:
        """The one item or category."""
        return (self.key,)

    @property
    def antecedent(self) -> tuple[str, ...]:
        """The key, as a cycle leads back to itself."""
        return (self.key,)

    @property
    def consequent(self) -> tuple[str, ...]:
        """The key, as a cycle leads back to itself."""
        return (self.key,)

    @property
    def context(self) -> tuple[str, ...]:
        """Always empty: a cycle runs through every time."""
        return ()

    @property
    def place(self) -> None:
        """Always None: a cycle is a person's, wherever they are."""
        return None

    def numbers(self) -> dict[str, float]:
        """Return every number that may be said of the cycle."""
        names = (
            "median", "low", "high", "median_gap", "people", "people_any", "gaps", "visit_gap", "regular", "min_days",
        )  # fmt: skip
        return finite({name: getattr(self, name) for name in names})

    def sentence(self, names: Mapping[str, str], lang: Lang = "en", *, wording: Wording | None = None) -> str:
        """Return one plain sentence, counts first."""
        from mining.wording import say_cycle

        return say_cycle(self, names, lang, wording=wording)


Direction = Literal["rising", "fading", "peak", "season", "steady"]


@dataclass(frozen=True)
class Trend:
    """The share of baskets with the key over months or weeks, and what a test says of it."""

    key: str
    unit: Literal["month", "week"]
    labels: tuple[str, ...]
    """"2017-03" for a month, the ISO date of its Monday for a week; in order of time."""
    n: tuple[int, ...]
    """Baskets of each window."""
    n_x: tuple[int, ...]
    """Those with the key."""
    direction: Direction
    """"steady": the data show no change beyond the noise between windows."""
    slope: float
    """Fitted share at the end over the fitted share at the start."""
    p: float
    """Two-sided, with the noise between windows in its variance, of the direction that is named."""
    q: float = math.nan
    peak: str = ""
    """Label of the window with the highest share."""
    dispersion: float = math.nan
    """How many times binomial the variance between neighbouring windows is."""
    score: float = 0.0

    kind: Kind = "trend"

    @property
    def id(self) -> str:
        """Stable over builds of the same window of data."""
        return rule_id("trend", self.key, self.unit)

    @property
    def keys(self) -> tuple[str, ...]:
        """The one item or category."""
        return (self.key,)

    @property
    def antecedent(self) -> tuple[str, ...]:
        """Always empty: time leads to the key."""
        return ()

    @property
    def consequent(self) -> tuple[str, ...]:
        """The key."""
        return (self.key,)

    @property
    def context(self) -> tuple[str, ...]:
        """Always empty: the windows are the rule's own."""
        return ()

    @property
    def place(self) -> None:
        """Always None: everywhere."""
        return None

    @property
    def shares(self) -> tuple[float, ...]:
        """n_x / n of each window."""
        return tuple(ratio(x, n) for x, n in zip(self.n_x, self.n, strict=True))

    def numbers(self) -> dict[str, float]:
        """Return every number that may be said of the trend."""
        at = self.labels.index(self.peak) if self.peak else -1
        total, total_x = sum(self.n), sum(self.n_x)
        values: dict[str, float] = {
            "n": total, "n_x": total_x, "share": ratio(total_x, total), "windows": len(self.labels),
            "slope": self.slope, "p": self.p, "q": self.q, "dispersion": self.dispersion,
        }  # fmt: skip
        if self.labels:
            ends = {"first": 0, "last": len(self.labels) - 1} | ({"peak": at} if at >= 0 else {})
            for name, position in ends.items():
                values[f"{name}_n"], values[f"{name}_n_x"] = self.n[position], self.n_x[position]
                values[f"{name}_share"] = self.shares[position]
        if at >= 0:
            values["rest_n"], values["rest_n_x"] = total - self.n[at], total_x - self.n_x[at]
            values["rest_share"] = ratio(values["rest_n_x"], values["rest_n"])
        said = {"first": self.labels[:1], "last": self.labels[-1:], "peak": (self.peak,) if self.peak else ()}
        for end, label_of in said.items():
            for date_of in label_of:
                year, _, *day = (float(part) for part in date_of.split("-"))
                values |= {f"{end}_year": year} | ({f"{end}_day": day[0]} if day else {})
        for label, n, n_x, share in zip(self.labels, self.n, self.n_x, self.shares, strict=True):
            values |= {f"n {label}": n, f"n_x {label}": n_x, f"share {label}": share}
        return finite(values)

    def sentence(self, names: Mapping[str, str], lang: Lang = "en", *, wording: Wording | None = None) -> str:
        """Return one plain sentence, counts first."""
        from mining.wording import say_trend

        return say_trend(self, names, lang, wording=wording)


AnyRule = Rule | NextRule | Cycle | Trend
