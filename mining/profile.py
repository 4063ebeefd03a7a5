"""When or where a key is strongest: its share of baskets for each value, and which leads are real.

Knows counts per value and the test behind "strongest". It refuses to know how baskets were counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from mining.config import Wording
from mining.count import EVERYTHING, Keys, Slice, as_keys, ratio
from mining.rule import Lang
from mining.statistics import clustered_difference

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex

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
    least: int = 30
    """Baskets that a value needs to be called strongest, where any value has so many."""

    def __iter__(self) -> Iterator[Share]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def ranked(self) -> tuple[Share, ...]:
        """The values with enough baskets, highest share first."""
        least = self.least if any(row.n >= self.least for row in self.rows) else 1
        return tuple(sorted((row for row in self.rows if row.n >= least), key=lambda row: -row.share))

    @property
    def leader(self) -> Share | None:
        """The value with the highest share; None where no basket with the key was seen."""
        return self.ranked[0] if self.ranked and self.ranked[0].n_x else None

    @property
    def leaders(self) -> tuple[Share, ...]:
        """The leader and all whose distance from it could be chance (Holm at 5 %), highest share first."""
        lead = self.leader
        if lead is None:
            return ()
        others = sorted((row for row in self.ranked if row is not lead), key=lambda row: row.p)
        behind: set[str] = set()
        for step, row in enumerate(others):
            if not row.p <= 0.05 / (len(others) - step):
                break
            behind.add(row.value)
        return tuple(row for row in self.ranked if row.value not in behind)

    @property
    def can_tell(self) -> bool:
        """Whether at least one value is behind the leader beyond chance."""
        return len(self.leaders) < len(self.ranked)

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


def profile_of(index: BasketIndex, x: Keys, by: By, where: Slice = EVERYTHING) -> Profile:
    """Count x for each value of a dimension, and test the highest share against the others.

    Each p-value is two-sided and clustered by person (`statistics.clustered_difference`).

    Raises:
        UnknownKey: a key is in no basket.
        ValueError: `by` is no dimension.
    """
    keys = as_keys(x)
    values, column = _dimension(index, by)
    rows = index.layout.rows_of(index.bits_where(where))
    rows = rows[column[rows] >= 0]
    holds = np.zeros(len(index), dtype=np.bool_)
    holds[index.layout.rows_of(index.bits_with(keys))] = True
    people, shape = len(index.people), (len(values), len(index.people))
    cell = column[rows].astype(np.int64) * people + index.person[rows]
    n = np.bincount(cell, minlength=len(values) * people).reshape(shape)
    n_x = np.bincount(cell[holds[rows]], minlength=len(values) * people).reshape(shape)
    counted = Profile(keys, by, tuple(map(_share, values, n, n_x)), where)
    if counted.leader is None:
        return counted
    top = values.index(counted.leader.value)
    tested = tuple(
        replace(row, p=1.0 if at == top else clustered_difference(n_x[top], n[top], n_x[at], n[at]).two_sided)
        if row.n
        else row
        for at, row in enumerate(counted.rows)
    )
    return replace(counted, rows=tested)


def _share(value: str, n: NDArray[np.int64], n_x: NDArray[np.int64]) -> Share:
    return Share(value, int(n.sum()), int(n_x.sum()), int(np.count_nonzero(n_x)))


def _dimension(index: BasketIndex, by: By) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the values of a dimension and the position of each basket's value, -1 where unknown."""
    if by == "hour":
        return tuple(str(hour) for hour in range(24)), index.hour.astype(np.int64)
    if by in ("place", "region"):
        return _places(index, by)
    groups = index.calendar.groups
    if by not in groups:
        raise ValueError(f"by must be one of hour, place, region, {', '.join(groups)}, not {by!r}")
    column = np.full(len(index), -1, dtype=np.int64)
    for code, word in enumerate(groups[by]):
        column[index.word_rows.rows_in(index.word_position[word])] = code
    return groups[by], column


def _places(index: BasketIndex, by: By) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Places as baskets name them, or for regions the highest parent of each place that has one."""
    places = index.places
    target = [
        line[-1] if by == "place" or len(line) > 1 else -1
        for line in (places.lineage(code)[: 1 if by == "place" else None] for code in range(len(places.ids)))
    ]
    codes = np.array([*target, -1], dtype=np.int64)[index.place]
    used = np.unique(codes[codes >= 0])
    column = np.where(codes >= 0, np.searchsorted(used, codes), -1)
    return tuple(places.ids[code] for code in used), column
