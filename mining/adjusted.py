"""Whether two things still go together once like baskets are compared: same size, place and month.

Knows strata and the Mantel-Haenszel odds ratio over them. It refuses to know how slices are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mining import columns as col
from mining.config import Wording
from mining.count import EVERYTHING, Keys, Slice, as_keys
from mining.rule import Lang, finite
from mining.statistics import Odds, mantel_haenszel, size_strata

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex

Stratum = Literal["size", "place", "month"]
STRATA: tuple[Stratum, ...] = get_args(Stratum)
Verdict = Literal["holds", "weaker", "vanishes", "reverses", "cannot tell"]


@dataclass(frozen=True)
class Adjusted:
    """An odds ratio as it looks and as it is within strata; baskets count as independent in its interval."""

    x: tuple[str, ...]
    y: tuple[str, ...]
    raw: Odds
    """Over all baskets of the slice together."""
    odds: Odds
    """Over all strata crossed with each other."""
    by: Mapping[str, Odds]
    """Over each kind of stratum alone."""
    strata: tuple[Stratum, ...]
    """The kinds of strata that the data have."""
    where: Slice = EVERYTHING

    @property
    def verdict(self) -> Verdict:
        """What holding like with like does to the link.

        "vanishes" where the adjusted interval holds 1, "reverses" where it lies on the other side of 1, "weaker"
        where less than half of the logarithm is left.
        """
        raw, odds = self.raw, self.odds
        if not all(np.isfinite(one) and one > 0 for one in (raw.value, odds.value, odds.low, odds.high)):
            return "cannot tell"
        if odds.low <= 1 <= odds.high:
            return "vanishes"
        if (odds.value > 1) != (raw.value > 1):
            return "reverses"
        return "weaker" if abs(np.log(odds.value)) < abs(np.log(raw.value)) / 2 else "holds"

    @property
    def warning(self) -> bool:
        """Whether the raw figure misleads: sign or size changes."""
        return self.verdict in ("weaker", "vanishes", "reverses")

    def numbers(self) -> dict[str, float]:
        """Return every number that may be said."""
        values = {"level": 0.95}
        for name, odds in (("raw", self.raw), ("adjusted", self.odds), *self.by.items()):
            values |= {f"{name}_odds": odds.value, f"{name}_low": odds.low, f"{name}_high": odds.high}
        return finite(values)

    def sentence(self, names: Mapping[str, str], lang: Lang = "en", *, wording: Wording | None = None) -> str:
        """Return one plain sentence."""
        from mining.wording import say_adjusted

        return say_adjusted(self, names, lang, wording=wording)


def adjusted_of(
    index: BasketIndex, x: Keys, y: Keys, where: Slice = EVERYTHING, strata: Sequence[Stratum] = STRATA
) -> Adjusted:
    """Return the odds ratio of x and y within strata.

    The size of a basket is its number of other items (x and y do not count), cut into ten equal parts of the slice's
    baskets, ties in one part. A kind of stratum that no basket knows (no places, no times) is left out; where only
    some baskets lack it, they form a stratum of their own.

    Raises:
        UnknownKey: a key is in no basket.
    """
    rows = index.layout.rows_of(index.bits_where(where))
    has_x, has_y = (_mask(index, keys)[rows] for keys in (x, y))
    codes: dict[Stratum, NDArray[np.int64]] = {}
    for name in strata:
        code = _codes(index, name, rows, as_keys(x), as_keys(y), has_x, has_y)
        if code is not None:
            codes[name] = code
    joint = np.zeros(len(rows), dtype=np.int64)
    for code in codes.values():
        joint = np.unique(joint * (int(code.max(initial=0)) + 1) + code, return_inverse=True)[1]
    return Adjusted(
        x=as_keys(x),
        y=as_keys(y),
        raw=_odds(np.zeros(len(rows), dtype=np.int64), has_x, has_y),
        odds=_odds(joint, has_x, has_y),
        by={name: _odds(code, has_x, has_y) for name, code in codes.items()},
        strata=tuple(codes),
        where=where,
    )


def _mask(index: BasketIndex, keys: Keys) -> NDArray[np.bool_]:
    mask = np.zeros(len(index), dtype=np.bool_)
    mask[index.layout.rows_of(index.bits_with(keys))] = True
    return mask


def _codes(
    index: BasketIndex,
    name: Stratum,
    rows: NDArray[np.int32],
    x: tuple[str, ...],
    y: tuple[str, ...],
    has_x: NDArray[np.bool_],
    has_y: NDArray[np.bool_],
) -> NDArray[np.int64] | None:
    if name == "place":
        place = index.place[rows].astype(np.int64) + 1
        return place if place.any() else None
    if name == "month":
        month = np.zeros(len(index), dtype=np.int64)
        for code, word in enumerate(index.calendar.groups[col.MONTH], 1):
            month[index.word_rows.rows_in(index.word_position[word])] = code
        return month[rows] if month[rows].any() else None
    own = len([key for key in x if key in index.item_position])
    other = len([key for key in y if key in index.item_position])
    size = (index.start[1:] - index.start[:-1])[rows] - own * has_x - other * has_y
    size = np.maximum(size, 0)
    return size_strata(np.bincount(size))[size] if len(size) else None


def _odds(stratum: NDArray[np.int64], has_x: NDArray[np.bool_], has_y: NDArray[np.bool_]) -> Odds:
    parts = int(stratum.max(initial=0)) + 1
    cells = np.bincount(stratum * 4 + 2 * has_x + has_y, minlength=4 * parts).reshape(parts, 4)
    return mantel_haenszel(cells[:, 3], cells[:, 2], cells[:, 1], cells[:, 0])
