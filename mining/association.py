"""Association rules out of frequent itemsets: counts in flat arrays, every measure derived from them.

Knows `Itemsets` and the four counts of a rule; refuses to know baskets, contexts and tests of significance.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mining.itemsets import Itemsets

Measure = Literal["support", "confidence", "lift", "leverage", "conviction", "zhang", "kulczynski", "n_xy"]


@dataclass(frozen=True, eq=False)
class RuleTable:
    """Rules antecedent -> consequent. Items are positions in `labels`; row i of a side is `items[indptr[i]:indptr[i + 1]]`."""

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

    def __len__(self) -> int:
        return len(self.n_xy)

    def to_frame(self) -> pd.DataFrame:
        """Columns `antecedent`, `consequent` (frozensets of labels), `n`, `n_x`, `n_y`, `n_xy` and every measure."""
        raise NotImplementedError


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
        top: Keep only so many, the best by `by`; ties go to the larger n_xy, then to the order of the itemsets.
        by: The measure that ranks; the rows of the result are in its descending order when `top` is given.
    """
    raise NotImplementedError
