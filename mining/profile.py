"""When or where a key is strongest: its share of baskets for each value, and which leads are real.

Knows counts per value and the test behind "strongest". It refuses to know how baskets were counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from mining.config import Wording
from mining.count import EVERYTHING, Slice, ratio
from mining.rule import Lang

By = Literal["hour", "daypart", "weekday", "weekend", "month", "season", "place", "region"]


@dataclass(frozen=True)
class Share:
    """One value of a profile: how many of its baskets hold the key."""

    value: str
    n: int
    n_x: int
    people_x: int = 0
    p: float = math.nan
    """Two-sided, clustered by person: could the leader's share over this one's be chance? 1 for the leader."""

    @property
    def share(self) -> float:
        """n_x / n."""
        return ratio(self.n_x, self.n)


@dataclass(frozen=True)
class Profile:
    """The shares of one key by a dimension of time or place, in the dimension's own order."""

    x: tuple[str, ...]
    by: By
    rows: tuple[Share, ...]
    where: Slice = EVERYTHING

    def __iter__(self) -> Iterator[Share]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def leader(self) -> Share | None:
        """The value with the highest share; None where no basket was seen."""
        seen = [row for row in self.rows if row.n]
        return max(seen, key=lambda row: row.share) if seen else None

    @property
    def leaders(self) -> tuple[Share, ...]:
        """The leader and all whose distance from it could be chance (Holm at 5 %), highest share first."""
        lead = self.leader
        if lead is None:
            return ()
        others = sorted((row for row in self.rows if row.n and row is not lead), key=lambda row: row.p)
        behind: set[str] = set()
        for step, row in enumerate(others):
            if not row.p <= 0.05 / (len(others) - step):
                break
            behind.add(row.value)
        kept = [row for row in self.rows if row.n and row.value not in behind]
        return tuple(sorted(kept, key=lambda row: -row.share))

    @property
    def can_tell(self) -> bool:
        """Whether at least one value is behind the leader beyond chance."""
        return len(self.leaders) < sum(1 for row in self.rows if row.n)

    def numbers(self) -> dict[str, float]:
        """Return every number that may be said of the profile."""
        values: dict[str, float] = {}
        for row in self.rows:
            values |= {
                f"n {row.value}": row.n,
                f"n_x {row.value}": row.n_x,
                f"people_x {row.value}": row.people_x,
            }
            if row.n:
                values[f"share {row.value}"] = row.share
        return {name: float(value) for name, value in values.items()}

    def sentence(self, names: Mapping[str, str], lang: Lang = "en", *, wording: Wording | None = None) -> str:
        """Return one plain sentence: the strongest value with counts, near-ties, or that the data cannot tell."""
        from mining.wording import say_profile

        return say_profile(self, names, lang, wording=wording)
