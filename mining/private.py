"""Rules that may be published: differentially private counts, and rules that rest on at least k people.

**What is bounded.** Two logs are neighbours when one is the other without all the rows of one person. Of each person
baskets are kept in random order as long as they fit in three bounds: at most `baskets` of them, which hold at most
`items` item entries and `pairs` pair entries together; one that does not fit is passed over, so that what is counted
stays whole baskets and shares of them mean something. The order is drawn for each person alone, so one person more
or less changes no other's baskets. Hence, for any draw, one person changes

    the counts of all items and of all baskets       by at most  items + baskets  in sum (L1),
    the counts of all pairs of the candidate items   by at most  pairs            in sum (L1).

**What is added.** To each count whole-numbered noise Z with P(Z = z) = (1 - a) / (1 + a) a^|z|, a = exp(-e / D), the
discrete Laplace or two-sided geometric law (Ghosh, Roughgarden and Sundararajan 2009), D the bound above and e the
part of epsilon that is spent. **Proof** that a release is e-private: let c and c' be the counts of neighbours. For any
outcome r, P(c + Z = r) / P(c' + Z = r) = product of a^(|r_i - c_i| - |r_i - c'_i|) <= a^-sum |c_i - c'_i| <= a^-D = e^e.
Parts add up (sequential composition), and whatever is computed from the noisy counts alone (thresholds, ratios, which
items are candidates) costs nothing.

**What is spent.** A quarter to choose candidates: the most taken items by noisy counts. A quarter on the number of
baskets and those of each candidate, half on their pairs. Nothing else of the log is looked at: the names of the items
are taken to be public (the catalogue). A pair counts as seen where its noisy count lies above what noise alone would
reach for one pair of all of them.

It refuses to know tests: their p-values would need noise of their own. Where opendp is installed (extra `privacy`) its
exact samplers draw the noise; `Geometric` draws it from a seed, which is for tests and for people who trust NumPy's
floats.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from mining.basketindex import BasketIndex
from mining.config import Wording
from mining.count import Count
from mining.errors import MiningError
from mining.rule import AnyRule, Cycle, NextRule, Rule, Trend
from mining.rulebook import RuleBook
from mining.shelf import Shelf

Ints = NDArray[np.int64]
FALSE = 1.0
"""Pairs that noise alone makes look seen in one release, on average."""


class Bounds(BaseModel):
    """How much of one person may count. Choose it by what is common in the trade, never by looking at the log."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    baskets: int = Field(default=52, ge=1)
    """Most baskets of one person: one a week of a year."""
    items: int = Field(default=156, ge=1)
    """Most entries (an item in a basket) of one person: three a week."""
    pairs: int = Field(default=52, ge=1)
    """Most pair entries (two candidates in a basket) of one person."""
    candidates: int = Field(default=50, ge=2)
    """Items, the most taken ones by noisy counts, whose pairs are counted."""


class Noise(Protocol):
    """Draws whole numbers to add to counts."""

    def draw(self, n: int, scale: float) -> Ints:
        """Return n independent draws of the discrete Laplace law with a = exp(-1 / scale)."""


class OpenDp:
    """Noise of opendp: exact, from the operating system's randomness."""

    def draw(self, n: int, scale: float) -> Ints:
        """Return n independent draws.

        Raises:
            MiningError: opendp is not installed.
        """
        try:
            dp: Any = import_module("opendp.prelude")
        except ImportError as error:
            raise MiningError(
                "private counts draw their noise from opendp: pip install 'almanac-recommender[privacy]'"
            ) from error
        dp.enable_features("contrib")
        space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
        return np.array(dp.m.make_laplace(*space, scale=scale)([0] * n), dtype=np.int64)


@dataclass(frozen=True)
class Geometric:
    """The same law from a seed: the difference of two geometric draws."""

    rng: np.random.Generator

    def draw(self, n: int, scale: float) -> Ints:
        """Return n independent draws."""
        stop = -math.expm1(-1 / scale)
        return np.asarray(self.rng.geometric(stop, n) - self.rng.geometric(stop, n), dtype=np.int64)


@dataclass(frozen=True)
class Spent:
    """One line of the account."""

    what: str
    epsilon: float
    bound: int
    """Most that one person changes the counts by, in sum."""

    @property
    def scale(self) -> float:
        """Bound / epsilon: the mean size of the noise on each count, nearly."""
        return self.bound / self.epsilon


@dataclass(frozen=True)
class Release:
    """Rules over noisy counts, best first, and what they cost."""

    rules: tuple[Rule, ...]
    spent: tuple[Spent, ...]
    threshold: int
    """Noisy count from which on a pair counts as seen."""

    @property
    def epsilon(self) -> float:
        """The privacy loss of the whole release."""
        return math.fsum(one.epsilon for one in self.spent)

    def sentence(self, *, wording: Wording | None = None) -> str:
        """Return the account in words."""
        words = wording or Wording()
        parts = "; ".join(f"{one.epsilon:.3g} on {one.what} (at most {one.bound} each)" for one in self.spent)
        return (
            f"Epsilon {self.epsilon:.3g} was spent: {parts}. Whoever reads these counts can grow at most "
            f"{math.exp(self.epsilon):.3g} times surer that any one of the {words.people} is in the data, or is not."
        )


def release(
    index: BasketIndex,
    epsilon: float,
    *,
    bounds: Bounds | None = None,
    noise: Noise | None = None,
    rng: np.random.Generator,
    min_count: int = 30,
    min_lift: float = 1.0,
) -> Release:
    """Return pairs of items by noisy counts; see the module for the proof.

    Every further release of the same log adds its epsilon to what all of them tell together: keep the account.

    Args:
        index: The baskets.
        epsilon: What may be spent, above 0.
        bounds: How much of one person counts.
        noise: Draws the noise; None takes opendp's.
        rng: Draws the order in which a person's baskets are kept.
        min_count: Least noisy baskets with both, over what noise alone would reach.
        min_lift: Least noisy lift.

    Raises:
        MiningError: epsilon is no positive number, or opendp is asked for and not installed.
    """
    bounds, draws = bounds or Bounds(), noise or OpenDp()
    choice, single, pairs = account(epsilon, bounds)
    counts = item_counts(index, bounds, rng)
    chosen = best_items(counts + draws.draw(len(counts), choice.scale), bounds)
    exact, both = chosen_counts(index, chosen, bounds, rng)
    singles = exact + draws.draw(len(exact), single.scale)
    n_xy = both + draws.draw(len(both), pairs.scale)
    threshold = min_count + math.ceil(pairs.scale * math.log(max(len(both) / (2 * FALSE), 1)))
    names = [index.items[one] for one in chosen]
    return told(names, singles, n_xy, (choice, single, pairs), threshold, min_lift)


def account(epsilon: float, bounds: Bounds) -> tuple[Spent, Spent, Spent]:
    """Return what is spent on the choice of candidates, on baskets and single items, and on pairs.

    Raises:
        MiningError: epsilon is no positive number.
    """
    if not (0 < epsilon < math.inf):
        raise MiningError(f"epsilon must be a positive number, not {epsilon!r}")
    return (
        Spent("the choice of candidates", epsilon / 4, bounds.items),
        Spent("baskets and single items", epsilon / 4, bounds.items + bounds.baskets),
        Spent("pairs", epsilon / 2, bounds.pairs),
    )


def item_counts(index: BasketIndex, bounds: Bounds, rng: np.random.Generator) -> Ints:
    """Return how many of the baskets that count hold each item."""
    whole = np.ones(len(index.items), dtype=np.bool_)
    rows = bounded_rows(index, bounds, whole, rng, pairs=False)
    if not len(rows):
        return np.zeros(len(whole), dtype=np.int64)
    return np.bincount(index.items_in(rows), minlength=len(index.items))


def best_items(counts: Ints, bounds: Bounds) -> Ints:
    """Return the candidates by noisy counts, ascending."""
    return np.sort(np.argsort(-counts, kind="stable")[: bounds.candidates])


def chosen_counts(
    index: BasketIndex, chosen: Ints, bounds: Bounds, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return the baskets that count and those with each candidate; and those with each two, line by line."""
    held = _held(index, chosen)
    kept = bounded_rows(index, bounds, np.isin(np.arange(len(index.items)), chosen), rng)
    counted = held[kept].astype(np.int64)
    pairs: Ints = (counted.T @ counted)[np.triu_indices(len(chosen), 1)]
    return np.concatenate([[len(kept)], counted.sum(axis=0)]), pairs


def told(
    names: Sequence[str],
    singles: Ints,
    n_xy: Ints,
    spent: tuple[Spent, ...],
    threshold: int,
    min_lift: float,
) -> Release:
    """Return the rules that noisy counts tell: of all baskets and of each name, and of each two names."""
    n, *n_x = singles.tolist()
    left, right = np.triu_indices(len(names), 1)
    found = [
        Rule("together", (names[x],), (names[y],), _consistent(names[x], names[y], n, n_x[x], n_x[y], both))
        for pair in np.flatnonzero(n_xy >= threshold)
        for both in (int(n_xy[pair]),)
        for x, y in ((left[pair], right[pair]), (right[pair], left[pair]))
    ]
    found = [rule for rule in found if rule.count.lift >= min_lift]
    return Release(tuple(sorted(found, key=lambda rule: -rule.count.n_xy)), spent, threshold)


def _consistent(x: str, y: str, n: int, n_x: int, n_y: int, n_xy: int) -> Count:
    """Return counts that can be: noise may put a part above its whole, which is then raised."""
    n_x, n_y = max(n_x, n_xy), max(n_y, n_xy)
    return Count((x,), (y,), max(n, n_x + n_y - n_xy), n_x, n_y, n_xy)


def _held(index: BasketIndex, chosen: Ints) -> NDArray[np.bool_]:
    held = np.zeros((len(index), len(chosen)), dtype=np.bool_)
    for column, one in enumerate(chosen):
        held[index.item_rows.rows_in(int(one)), column] = True
    return held


def bounded_rows(
    index: BasketIndex,
    bounds: Bounds,
    counted: NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    pairs: bool = True,
) -> Ints:
    """Return the baskets that count: each person's, in random order, as long as they fit in the bounds.

    Args:
        index: The baskets.
        bounds: At most so many baskets, entries and pair entries of one person.
        counted: The items whose entries count.
        rng: Draws the order.
        pairs: Whether pair entries are bounded too; where no pair is counted they need not be.
    """
    start = np.asarray(index.start)
    entries = np.concatenate([[0], np.cumsum(counted[np.asarray(index.basket_items)], dtype=np.int64)])
    size = entries[start[1:]] - entries[start[:-1]]
    order = np.lexsort((rng.random(len(size)), np.asarray(index.person)))
    kept, last, left = [], -1, (0, 0, 0)
    for row, who, held in zip(
        order.tolist(), np.asarray(index.person)[order].tolist(), size[order].tolist(), strict=True
    ):
        if who != last:
            last, left = who, (bounds.baskets, bounds.items, bounds.pairs)
        rest = left[0] - 1, left[1] - held, left[2] - (held * (held - 1) // 2 if pairs else 0)
        if min(rest) >= 0:
            left = rest
            kept.append(row)
    return np.sort(np.array(kept, dtype=np.int64))


def anonymous(book: RuleBook, k: int) -> RuleBook:
    """Return the book without the rules that rest on fewer than k people (k-anonymity of each rule by itself).

    A context rule tells of its complement too, which must rest on k people as well unless nobody is behind it. The
    index stays behind the book: whoever counts on demand counts exactly.

    Raises:
        MiningError: k is below 1.
    """
    if k < 1:
        raise MiningError(f"k must be at least 1, not {k!r}")
    return RuleBook(book.index, Shelf.of(list(refused(book, book.index, k)[0])), book.config)


def refused(
    rules: Iterable[AnyRule], index: BasketIndex, k: int
) -> tuple[Sequence[AnyRule], Sequence[AnyRule]]:
    """Return the rules that rest on at least k people, and those that do not."""
    kept: list[AnyRule] = []
    others: list[AnyRule] = []
    for rule in rules:
        (kept if people_behind(rule, index) >= k else others).append(rule)
    return kept, others


def people_behind(rule: AnyRule, index: BasketIndex) -> int:
    """Return how many distinct persons the smallest count that a rule tells rests on."""
    if isinstance(rule, Cycle):
        return rule.people
    if isinstance(rule, NextRule):
        return rule.people_xy
    if isinstance(rule, Trend):
        return index.layout.groups(index.bits_with(rule.key))
    outside = rule.count.outside
    beyond = outside.people_xy if outside is not None else 0
    return min(rule.count.people_xy, beyond or rule.count.people_xy)
