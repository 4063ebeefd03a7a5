"""Pairs that hold at a place, at any time or in a slice of time: x -> y more often there than anywhere beside it.

Every pair is looked at, also one that is nothing special over all baskets: what holds on weekend nights in one
region is lost in the sum. Knows places and coarse slices of time. It refuses to know how rules are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import norm

from mining import columns as col
from mining.basketindex import BasketIndex
from mining.config import MiningConfig
from mining.contexts import PLACE_BASKETS, contexted_rule
from mining.count import Slice
from mining.finders import Material
from mining.rule import Rule
from mining.statistics import Floats, benjamini_hochberg, clustered_greater

PLACES = 12
"""Places, the largest ones, that pairs are looked at in where no region is known."""
MOST = 3_000
"""Pairs in slices, the clearest ones, that get the test clustered by person."""
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Met:
    """Baskets of some part: how many, with each item, with each pair of items."""

    n: int
    pairs: Ints
    single: Ints


@dataclass(frozen=True, eq=False)
class _Cells:
    """Baskets by place and by kind of time, which any part is a sum of."""

    x: Ints
    y: Ints
    once: Ints
    """Pairs x -> y sorted, and the line of each in `pairs`: each pair that enough baskets of some place hold."""
    n: Ints
    pairs: NDArray[np.int32]
    single: NDArray[np.int32]
    """(nothing, pairs, items) x places, all others last, x kinds of time."""

    @classmethod
    def of(cls, material: Material, place: Ints, places: int, kind: Ints, kinds: int) -> _Cells:
        """Count all baskets of a place, -1 where they take no part; the last place is anywhere else."""
        from mining.placedloops import count_cells

        index = material.index
        met = [_pairs(material.matrix[np.flatnonzero(place == one)]) for one in range(places - 1)]
        width = len(index.items)
        enough = [one.row.astype(np.int64) * width + one.col for one in met]
        some = [code[one.data >= material.config.min_count] for code, one in zip(enough, met, strict=True)]
        left, right = np.divmod(np.unique(np.concatenate(some)), width)
        cell = np.where(place >= 0, place * kinds + kind, -1).astype(np.int32)
        begin = np.searchsorted(left, np.arange(width + 1)).astype(np.int64)
        sets = np.asarray(index.item_rows.start), np.asarray(index.item_rows.rows)
        start, items = np.asarray(index.start), np.asarray(index.basket_items)
        found = count_cells(begin, right.astype(np.int32), cell, places * kinds, *sets, start, items)
        pairs, single = (part.reshape(-1, places, kinds) for part in found)
        n = np.bincount(cell[cell >= 0], minlength=places * kinds).reshape(places, kinds)
        x, y = np.r_[left, right], np.r_[right, left]
        order = np.lexsort((y, x))
        return cls(x[order], y[order], order % max(len(left), 1), n, pairs, single)

    def met(self, place: int | None, kinds: NDArray[np.bool_]) -> _Met:
        """Return the baskets of some kinds of time, at a place or anywhere."""
        at = slice(None) if place is None else slice(place, place + 1)
        pairs, single = (
            part[:, at][:, :, kinds].sum(axis=(1, 2), dtype=np.int64) for part in (self.pairs, self.single)
        )
        return _Met(int(self.n[at][:, kinds].sum()), pairs, single)


def _pairs(held: sparse.csr_array) -> sparse.coo_array:
    """Count every pair of items, each once."""
    pairs: sparse.coo_array = sparse.triu((held.T @ held).tocsr(), k=1).tocoo()
    return pairs


@dataclass(frozen=True, eq=False)
class _Clear:
    """Pairs that stand out in one slice, before people are looked at."""

    where: Slice
    x: Ints
    y: Ints
    z: Floats
    """How far they stand out of the nearer of their neighbours, in standard errors of independent baskets."""


def placed_pairs(material: Material) -> list[Rule]:
    """Return pairs x -> y that meet more often at a place P, at any time or in a slice of time C, than beside it.

    At any time P is compared with the other places. In C both neighbours must be beaten: C at the other places, and
    P at other times. And there the baskets with x must hold y more often than those without. The largest of these
    p-values (clustered by person) counts, as for any rule that must say more than its parts (Webb 2007). The
    confidence must rise by `min_gain`, and by as much more than y alone rises there.
    Places are the regions, or the largest places where there is none; slices of time are the dayparts, weekdays and
    weekends, and both together. Corrected over all pairs that had `min_count` baskets in their slice.
    """
    index, config = material.index, material.config
    found: list[_Clear] = []
    tested = 0
    for n_tested, clear in _slices(material):
        tested += n_tested
        found.append(clear)
    if not tested:
        return []
    z = np.concatenate([one.z for one in found])
    of = np.repeat(np.arange(len(found)), [len(one.z) for one in found])
    within = np.concatenate([np.arange(len(one.z)) for one in found])
    first = np.argsort(-z, kind="stable")[:MOST]
    x, y = (
        np.array([getattr(found[of[one]], side)[within[one]] for one in first.tolist()], dtype=np.int64)
        for side in "xy"
    )
    p = _p(index, x, y, [one.where for one in found], of[first])
    q = benjamini_hochberg(p, tested=tested)
    rules = []
    for at in np.flatnonzero(q <= config.q_value).tolist():
        count = index.count((index.items[x[at]],), (index.items[y[at]],), found[of[first[at]]].where)
        rules.append(contexted_rule(count, float(p[at]), float(q[at])))
    return [rule for rule in rules if rule.count.people_xy >= config.min_people and rule.score > 1]


def _slices(material: Material) -> Iterator[tuple[int, _Clear]]:
    """Yield how many pairs of each slice had enough baskets, and those that stand out."""
    index, config = material.index, material.config
    places = _places(index)
    used = np.diff(material.matrix.indptr) <= config.max_basket
    base = _mask(index, index.placed) & used
    timed = _mask(index, index.timed)
    if (base & timed).any():
        base &= timed
    if not places or not base.any():
        return
    place, kind = np.where(base, len(places), -1), np.zeros(len(index), dtype=np.int64)
    for line, name in enumerate(places):
        place[base & _mask(index, index.bits_where(Slice(place=name)))] = line
    times = _times(index) if timed.any() else []
    for bit, (word,) in enumerate(one for one in times if len(one) == 1):
        kind += _mask(index, index.bits_where(Slice((word,)))).astype(np.int64) << bit
    kinds, kind = np.unique(kind, return_inverse=True)
    cells = _Cells.of(material, place, len(places) + 1, kind, len(kinds))
    always = [cells.met(line, np.ones(len(kinds), dtype=np.bool_)) for line in range(len(places))]
    bits_of = {one[0]: 1 << bit for bit, one in enumerate(one for one in times if len(one) == 1)}
    for words in ((), *times):
        needed = sum(bits_of[word] for word in words)
        during = (kinds & needed) == needed
        everywhere = cells.met(None, during)
        if everywhere.n < config.min_count:
            continue
        for line, name in enumerate(places):
            inside = cells.met(line, during) if words else always[line]
            beside = [everywhere, *([always[line]] if words else [])]
            yield _clear(Slice(words, name), cells, inside, beside, config)


def _clear(
    where: Slice, cells: _Cells, inside: _Met, wholes: list[_Met], config: MiningConfig
) -> tuple[int, _Clear]:
    """Compare the pairs of a slice with what is left of each whole without it."""
    enough = np.flatnonzero(inside.pairs[cells.once] >= config.min_count)
    x, y, once = cells.x[enough], cells.y[enough], cells.once[enough]
    n_xy, tested = inside.pairs[once], len(enough)
    if any(whole.n == inside.n for whole in wholes):  # nothing lies beside it
        return 0, _Clear(where, x[:0], y[:0], np.zeros(0))
    n_x, n_y = inside.single[x], inside.single[y]
    good = n_xy * inside.n >= config.min_gain * n_x * n_y
    z = _z(n_xy, n_x, n_y - n_xy, inside.n - n_x)
    for whole in wholes:
        rest_x, rest_y, rest_n = whole.single[x] - n_x, whole.single[y] - n_y, whole.n - inside.n
        rest_xy = whole.pairs[once] - n_xy
        with np.errstate(divide="ignore", invalid="ignore"):
            alone = (n_y / inside.n) / np.maximum(rest_y / rest_n, 0.5 / rest_n)
            gain = (n_xy / n_x) / (rest_xy / rest_x)
        z = np.minimum(z, _z(n_xy, n_x, rest_xy, rest_x))
        good &= (rest_x > 0) & (gain >= config.min_gain * np.maximum(alone, 1.0))
    good &= z >= norm.isf(config.q_value)
    return tested, _Clear(where, x[good], y[good], z[good])


def _z(hits: Ints, n: Ints, other_hits: Ints, other_n: Ints) -> Floats:
    """Return how many standard errors two shares of independent baskets are apart, the first less the second."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (hits + other_hits) / (n + other_n)
        error = np.sqrt(share * (1 - share) * (1 / n + 1 / other_n))
        return np.asarray(np.nan_to_num((hits / n - other_hits / other_n) / error, nan=np.inf))


def _places(index: BasketIndex) -> list[str]:
    """Return the regions that hold baskets; where there is none, the largest places with `PLACE_BASKETS`."""
    sizes, places = np.asarray(index.place_rows.sizes), index.places
    regions = [places.ids[code] for code in places.tops if sizes[code]]
    if regions:
        return regions
    largest = np.argsort(-sizes, kind="stable")[:PLACES]
    return [places.ids[code] for code in largest.tolist() if sizes[code] >= PLACE_BASKETS]


def _times(index: BasketIndex) -> list[tuple[str, ...]]:
    groups = index.calendar.groups
    parts, days = groups[col.DAYPART], groups[col.WEEKEND]
    return [*((one,) for one in (*parts, *days)), *((day, part) for day in days for part in parts)]


def _p(index: BasketIndex, x: Ints, y: Ints, slices: list[Slice], of: Ints) -> Floats:
    """Return the largest p-values, clustered by person: against each neighbour, and against baskets without x."""
    from mining.placedloops import compare_at_places

    order = np.argsort(of, kind="stable")
    used, line = np.unique(of, return_inverse=True)
    during = np.array(
        [_mask(index, index.bits_where(Slice(slices[one].context))) for one in used], dtype=np.bool_
    )
    here = np.array(
        [_mask(index, index.bits_where(Slice(place=slices[one].place))) for one in used], dtype=np.bool_
    )
    known = _mask(index, index.placed), _mask(index, index.timed)
    sets, person = (
        (np.asarray(index.item_rows.start), np.asarray(index.item_rows.rows)),
        np.asarray(index.person),
    )
    flags = during.reshape(len(used), len(index)), here.reshape(len(used), len(index)), *known
    parts = np.empty((len(x), 3, 4))
    parts[order] = compare_at_places(
        x[order], y[order], line[order], *flags, *sets, person, len(index.people)
    )
    p = clustered_greater(*np.moveaxis(parts, -1, 0))
    timeless = np.array([not where.context for where in slices], dtype=np.bool_)[of]
    p[timeless, 2] = 0
    return np.asarray(p.max(axis=1))


def _mask(index: BasketIndex, part: Any) -> Mask:
    mask = np.zeros(len(index), dtype=np.bool_)
    mask[index.layout.rows_of(part)] = True
    return mask
