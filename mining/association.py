"""Association rules out of frequent itemsets: counts in flat arrays, every measure derived from them.

Knows `Itemsets` and the four counts of a rule; refuses to know baskets, contexts and tests of significance.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mining.engine_rules import Wanted, split
from mining.itemsets import Itemsets

Measure = Literal["support", "confidence", "lift", "leverage", "conviction", "zhang", "kulczynski", "n_xy"]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MEASURES: tuple[Measure, ...] = (
    "support", "confidence", "lift", "leverage", "conviction", "zhang", "kulczynski"
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class RuleTable:
    """Rules antecedent -> consequent, as counts.

    Items are positions in `labels`; a side of rule i is `items[indptr[i]:indptr[i + 1]]`, ascending. No antecedent
    and no consequent has a count of 0, so that only conviction and Zhang's metric can divide by zero; each says how.
    """

    labels: tuple[Hashable, ...]
    antecedent_indptr: NDArray[np.int64]
    antecedent_items: NDArray[np.int32]
    consequent_indptr: NDArray[np.int64]
    consequent_items: NDArray[np.int32]
    n: int
    """Baskets."""
    n_x: NDArray[np.int64]
    """Baskets with the antecedent."""
    n_y: NDArray[np.int64]
    """Baskets with the consequent."""
    n_xy: NDArray[np.int64]
    """Baskets with both."""

    def __post_init__(self) -> None:
        """Refuses counts that no baskets can have.

        Raises:
            ValueError: where n_xy is above n_x or n_y, either is above n, or below 1.
        """
        sides = np.stack([self.n_x, self.n_y])
        if not ((sides >= 1) & (sides <= self.n) & (sides >= self.n_xy)).all() or (self.n_xy < 0).any():
            raise ValueError("counts of a rule must obey 0 <= n_xy <= n_x, n_y <= n and 1 <= n_x, n_y")

    def __len__(self) -> int:
        return len(self.n_xy)

    @property
    def support(self) -> Floats:
        """Share of all baskets: n_xy / n."""
        return self.n_xy / self.n

    @property
    def confidence(self) -> Floats:
        """Share of the antecedent's baskets: n_xy / n_x."""
        return self.n_xy / self.n_x

    @property
    def lift(self) -> Floats:
        """Confidence over the consequent's share: n * n_xy / (n_x * n_y)."""
        return float(self.n) * self.n_xy / (self.n_x.astype(np.float64) * self.n_y)

    @property
    def leverage(self) -> Floats:
        """Support above chance: n_xy / n - (n_x / n) * (n_y / n) (Piatetsky-Shapiro 1991)."""
        return self.n_xy / self.n - (self.n_x / self.n) * (self.n_y / self.n)

    @property
    def conviction(self) -> Floats:
        """Expected over seen failures: (n_x * (n - n_y)) / (n * (n_x - n_xy)) (Brin et al. 1997).

        Infinite where the rule never fails.
        """
        failures = float(self.n) * (self.n_x - self.n_xy)
        expected = self.n_x.astype(np.float64) * (self.n - self.n_y)
        conviction: Floats = np.divide(expected, failures, out=np.full(len(self), np.inf), where=failures > 0)
        return conviction

    @property
    def zhang(self) -> Floats:
        """Zhang's metric (2000): (P(y|x) - P(y|not x)) / max of the two, in -1..1; 0 where one of them cannot be told.

        Multiplied out in counts: (n * n_xy - n_x * n_y) / max(n_xy * (n - n_x), n_x * (n_y - n_xy)).
        """
        n_x, n_y, n_xy = (one.astype(np.float64) for one in (self.n_x, self.n_y, self.n_xy))
        larger = np.maximum(n_xy * (self.n - n_x), n_x * (n_y - n_xy))
        return np.divide(self.n * n_xy - n_x * n_y, larger, out=np.zeros(len(self)), where=larger > 0)

    @property
    def kulczynski(self) -> Floats:
        """(n_xy / n_x + n_xy / n_y) / 2, the mean of both directions' confidence, blind to baskets with neither."""
        return (self.n_xy / self.n_x + self.n_xy / self.n_y) / 2

    def antecedents(self) -> list[frozenset[Hashable]]:
        """The left sides, as labels."""
        return _sets(self.labels, self.antecedent_indptr, self.antecedent_items)

    def consequents(self) -> list[frozenset[Hashable]]:
        """The right sides, as labels."""
        return _sets(self.labels, self.consequent_indptr, self.consequent_items)

    def to_frame(self) -> pd.DataFrame:
        """Columns `antecedent`, `consequent` (frozensets of labels), `n`, `n_x`, `n_y`, `n_xy`, every measure."""
        columns: dict[str, object] = {
            "antecedent": pd.Series(self.antecedents(), dtype=object),
            "consequent": pd.Series(self.consequents(), dtype=object),
            "n": np.full(len(self), self.n),
            "n_x": self.n_x,
            "n_y": self.n_y,
            "n_xy": self.n_xy,
        }
        return pd.DataFrame(columns | {measure: getattr(self, measure) for measure in MEASURES})


def rules(
    itemsets: Itemsets,
    *,
    min_confidence: float = 0.0,
    min_lift: float = 0.0,
    heads: int | None = 1,
    body_any: Collection[Hashable] | None = None,
    head_any: Collection[Hashable] | None = None,
    min_count: int = 1,
    max_len: int | None = None,
    top: int | None = None,
    by: Measure = "lift",
) -> RuleTable:
    """Every rule X -> Y that the itemsets hold, with X and Y disjoint and neither empty.

    Args:
        itemsets: What `frequent_itemsets` returned; of closed or maximal ones, only rules over the sets shown.
        min_confidence: Keep rules with n_xy / n_x at least this.
        min_lift: Keep rules with n * n_xy / (n_x * n_y) at least this.
        heads: The most items in a consequent; None for all splits.
        body_any: Keep rules whose antecedent holds at least one of these labels.
        head_any: Keep rules whose consequent holds at least one of these labels.
        min_count: Keep rules with n_xy at least this.
        max_len: The most items in antecedent and consequent together.
        top: Keep only so many, the best by `by` and best first; ties go to the larger n_xy, then to the order of
            the itemsets. None keeps all, in the order of the itemsets.
        by: The measure that ranks.

    Raises:
        ValueError: for an unknown measure, a length below 1, or heads of several items over sets of more than 24.
    """
    if by not in get_args(Measure):
        raise ValueError(f"by must be one of {', '.join(get_args(Measure))}, got {by!r}")
    for name, value in (("heads", heads), ("max_len", max_len), ("top", top)):
        if value is not None and value < 1:
            raise ValueError(f"{name} must be 1 or more, or None for no limit, got {value!r}")
    trie = itemsets.trie
    unions = trie.counts >= min_count
    if itemsets.shown is not None:
        hidden = np.ones(len(trie), dtype=bool)
        hidden[itemsets.shown] = False
        unions &= ~hidden
    if max_len is not None:
        unions &= trie.lengths() <= max_len
    bodies, allowed = _holding(itemsets, body_any), _holding(itemsets, head_any)
    wanted = Wanted(unions, bodies, allowed, min_confidence, min_lift, heads)
    found = split(trie, itemsets.n_baskets, wanted)
    return _table(itemsets, found if top is None else _best(itemsets, found, top, by))


def _holding(itemsets: Itemsets, labels: Collection[Hashable] | None) -> Flags:
    """By node of the trie: whether the set holds at least one of the labels; True everywhere for None."""
    trie = itemsets.trie
    if labels is None:
        return np.ones(len(trie), dtype=bool)
    if isinstance(labels, (str, bytes)):
        raise TypeError(f"a filter is a collection of labels, not a string: pass [{labels!r}]")
    chosen = set(labels)
    of_item: Flags = np.fromiter((label in chosen for label in itemsets.labels), bool, len(itemsets.labels))
    return trie.holds_any(of_item)


def _best(itemsets: Itemsets, found: NDArray[np.int32], top: int, by: Measure) -> NDArray[np.int32]:
    table = _table(itemsets, found)
    order = np.lexsort((-table.n_xy, -np.asarray(getattr(table, by), dtype=np.float64)))
    return np.ascontiguousarray(found[:, order[:top]])


def _table(itemsets: Itemsets, found: NDArray[np.int32]) -> RuleTable:
    trie = itemsets.trie
    counts = trie.counts.astype(np.int64)
    x, y, xy = found
    antecedent_indptr, antecedent_items = trie.members(x)
    consequent_indptr, consequent_items = trie.members(y)
    return RuleTable(
        labels=itemsets.labels,
        antecedent_indptr=antecedent_indptr,
        antecedent_items=antecedent_items,
        consequent_indptr=consequent_indptr,
        consequent_items=consequent_items,
        n=itemsets.n_baskets,
        n_x=counts[x],
        n_y=counts[y],
        n_xy=counts[xy],
    )


def _sets(
    labels: tuple[Hashable, ...], indptr: NDArray[np.int64], items: NDArray[np.int32]
) -> list[frozenset[Hashable]]:
    names = [labels[item] for item in items.tolist()]
    return [frozenset(names[begin:end]) for begin, end in pairwise(indptr.tolist())]
