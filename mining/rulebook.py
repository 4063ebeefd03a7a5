"""The rules that are worth saying, kept as arrays and found in under a millisecond; and exact counts beside them.

Knows look-up, saving and loading. It refuses to know how rules were found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mining.count import EVERYTHING, Count, Slice
from mining.profile import By, Profile
from mining.rule import AnyRule, Cycle, Kind, NextRule, Trend

if TYPE_CHECKING:
    import pandas as pd


class RuleBook:
    """Mined rules with their look-up, and the basket index that counts whatever no rule covers."""

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """First and last instant of the data; None where no basket has a time."""
        raise NotImplementedError

    def lookup(
        self,
        *,
        items: Sequence[str] = (),
        with_items: Sequence[str] = (),
        category: str | None = None,
        where: Slice = EVERYTHING,
        kind: Kind | Literal["any"] = "any",
        k: int = 10,
    ) -> list[AnyRule]:
        """Return the best mined rules: that begin with any of `items`, end in any of `with_items` or a category."""
        raise NotImplementedError

    def count(self, x: str | Sequence[str], y: str | Sequence[str] = (), where: Slice = EVERYTHING) -> Count:
        """Count any slice exactly, on demand."""
        raise NotImplementedError

    def partners(
        self,
        x: str | Sequence[str],
        where: Slice = EVERYTHING,
        k: int = 10,
        *,
        min_count: int = 5,
        min_people: int = 3,
        among: str | None = None,
    ) -> list[Count]:
        """Return what goes best with x in the slice, counted exactly over every item."""
        raise NotImplementedError

    def profile(self, x: str | Sequence[str], by: By, where: Slice = EVERYTHING) -> Profile:
        """Return the share of baskets with x for each value of a dimension of time or place."""
        raise NotImplementedError

    def next_after(
        self,
        x: str | Sequence[str],
        within_days: int = 30,
        y: str | Sequence[str] = (),
        where: Slice = EVERYTHING,
        k: int = 5,
    ) -> list[NextRule]:
        """Return what follows x within the days (only y, where it is given), counted on demand."""
        raise NotImplementedError

    def cycle(self, key: str) -> Cycle | None:
        """Return how often people take the key again; None where too few do."""
        raise NotImplementedError

    def trend(self, key: str) -> Trend:
        """Return how the share of baskets with the key changed."""
        raise NotImplementedError

    def frame(self) -> pd.DataFrame:
        """Return antecedent, consequent, context, kind, n, n_x, n_y, n_xy, place, lag of the rules for ranking."""
        raise NotImplementedError

    def names(self) -> Mapping[str, str]:
        """Return a readable name for each key that the item and place frames named."""
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Write .npy arrays and JSON into the folder."""
        raise NotImplementedError

    @classmethod
    def load(cls, folder: Path) -> RuleBook:
        """Read a book; arrays are mapped, not copied."""
        raise NotImplementedError
