"""Baskets by size, and odds ratios among baskets of like size for every item at once.

Big baskets hold everything, so what is popular in them looks as if it went together. Knows sizes and strata; it
refuses to know persons and slices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mining.statistics import Floats, size_strata

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sizes:
    """Classes of baskets whose size s falls into the same strata, counted as s, s - 1 and s - 2 items.

    A basket with x and y has s - 2 other items, one with x alone s - 1: the size of a basket leaves x and y out.
    """

    of_basket: NDArray[np.int16]
    strata: Ints
    """3 x classes: the stratum of s, of s - 1 and of s - 2; strata are ten equal parts of all baskets by s."""

    @classmethod
    def of(cls, start: NDArray[Any]) -> Sizes:
        """Return the classes of baskets, of which row i holds the items start[i]:start[i + 1]."""
        size = np.diff(np.asarray(start))
        stratum = size_strata(np.bincount(size, minlength=1))
        known = np.arange(len(stratum))
        three = np.stack([stratum[np.maximum(known - less, 0)] for less in range(3)])
        strata, code = np.unique(three, axis=1, return_inverse=True)
        return cls(code.ravel()[size].astype(np.int16), strata)

    def __len__(self) -> int:
        return int(self.strata.shape[1])

    @cached_property
    def sums(self) -> tuple[Floats, Floats, Floats]:
        """Strata x classes for s, s - 1 and s - 2: counts by class times this are counts by stratum."""
        parts = int(self.strata.max(initial=0)) + 1
        one = np.eye(parts)
        return one[:, self.strata[0]], one[:, self.strata[1]], one[:, self.strata[2]]

    def odds(self, n: Ints, x: Ints, y: NDArray[Any], both: NDArray[Any]) -> Floats:
        """Return the Mantel-Haenszel odds ratio of x with each y within strata of size; NaN where no stratum tells.

        Half a basket is added to both sums (after Haldane 1956), so that the few are not infinitely sure.

        Args:
            n: Baskets of each class.
            x: Those with x.
            y: Classes x items: those with y.
            both: Classes x items: those with x and y.
        """
        s, s_less, s_less_two = self.sums
        with_y, met = y.astype(np.float64), both.astype(np.float64)
        a, either = s_less_two @ met, s_less @ met
        b = (s_less @ x)[:, None] - either
        c = s_less @ with_y - either
        d = (s @ (n - x))[:, None] - s @ (with_y - met)
        total = np.maximum(a + b + c + d, 1)
        up, down = (a * d / total).sum(axis=0), (b * c / total).sum(axis=0)
        return np.where(up + down > 0, (up + 0.5) / (down + 0.5), np.nan)
