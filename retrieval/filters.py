"""Filters over an item frame: category, years and attributes become one boolean mask.

Knows columns and comparisons. It refuses to know scores, vectors or the words people use: whoever calls has
turned those into a category or an attribute.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


class FilterError(ValueError):
    """A filter that the catalogue cannot answer; `choices` are what it has, the closest first."""

    def __init__(self, message: str, choices: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.choices: tuple[str, ...] = tuple(choices)


class ItemFilters:
    """An item frame prepared for filtering."""

    def __init__(self, items: pd.DataFrame) -> None:
        raise NotImplementedError

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category of the catalogue, as it is written there."""
        raise NotImplementedError

    @property
    def attributes(self) -> tuple[str, ...]:
        """The columns that a filter may name."""
        raise NotImplementedError

    def mask(
        self,
        *,
        category: str | None = None,
        year_from: int | None = None,
        year_to: int | None = None,
        filters: Sequence[str] = (),
    ) -> Mask:
        """Return for every row of the frame whether all that was asked holds.

        Args:
            category: one of several ("Comedy|Romance"), case-insensitive; "!Horror" means not that one.
            year_from: first year, included.
            year_to: last year, included.
            filters: "price<20", "brand=Private", "size>=2"; all must hold.

        Raises:
            FilterError: an unknown attribute or category, or a comparison that the column cannot answer.
        """
        raise NotImplementedError
