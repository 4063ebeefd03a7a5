"""When and where: slices in which something is taken more often than outside them, alone or together with something.

Knows slices of time and place, the test clustered by person and which of two slices says more. It refuses to know
how rules are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mining import bits
from mining import columns as col
from mining.basketindex import BasketIndex
from mining.config import MiningConfig
from mining.context import Calendar
from mining.count import Count, Slice
from mining.finders import Material
from mining.partners import tabled_slices
from mining.places import Places
from mining.rule import Rule
from mining.statistics import Floats, benjamini_hochberg, ratio_low, student_greater

PAIRS = 3_000
"""Pairs, the strongest ones, that are looked at in every slice of time."""
PLACE_BASKETS = 1_000
"""Least baskets of a place to be mined; a smaller one is counted when it is asked about."""
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tested:
    """One slice against its complement, for every key."""

    hits: Floats
    outside: Floats
    people: Floats
    gain: Floats
    t: Floats

    @cached_property
    def p(self) -> Floats:
        """One-sided p-value of every key."""
        return self.p_of(np.arange(len(self.t)))

    def p_of(self, keys: Ints) -> Floats:
        """Return the p-values of some keys: Student's t with the persons with a hit inside less one."""
        return student_greater(self.t[keys], self.people[keys] - 1)


@dataclass(frozen=True, eq=False)
class SliceSums:
    """Whole numbers that add over people, and from which the test of every key in one slice follows.

    h and t are a person's baskets with the key, inside the slice and on both sides; i and w their baskets with or
    without it, inside and on both sides. Floats that hold integers: sums of them are exact in any order.
    """

    people: Floats
    """For each key, persons with h > 0."""
    h: Floats
    hh: Floats
    ht: Floats
    hi: Floats
    hw: Floats
    t: Floats
    tt: Floats
    ti: Floats
    tw: Floats
    """For each key, the sums over people of h, h h, h t, h i, h w, t, t t, t i and t w."""
    i: float | Floats
    w: float | Floats
    ii: float | Floats
    iw: float | Floats
    ww: float | Floats
    """The same sums without a key: of one slice, or for each key of a slice of its own."""

    def tested(self) -> Tested:
        """Compare the share of every key inside and outside the slice, clustered by person.

        `statistics.clustered_difference` for all keys at once. With A = sum i baskets inside and C = sum w - i
        outside, b = h and d = t - h a person's baskets with the key, e_p = b / A - d / C - (s_in i / A - s_out (w - i)
        / C). The squares are expanded into sums; Student's t has the persons with a hit inside less one as its
        degrees of freedom, which is on the careful side of the effective number.
        """
        inside, outside = self.i, self.w - self.i
        misses = self.t - self.h
        share_in, share_out = self.h / inside, misses / outside
        square = self.hh / inside**2
        square -= 2 * (self.ht - self.hh) / (inside * outside)
        square += (self.tt - 2 * self.ht + self.hh) / outside**2
        own_in = self.hi / inside**2 - (self.ti - self.hi) / (inside * outside)
        own_out = (self.hw - self.hi) / (inside * outside)
        own_out -= (self.tw - self.hw - self.ti + self.hi) / outside**2
        square -= 2 * share_in * own_in - 2 * share_out * own_out
        square += share_in**2 * self.ii / inside**2
        square += share_out**2 * (self.ww - 2 * self.iw + self.ii) / outside**2
        square -= 2 * share_in * share_out * (self.iw - self.ii) / (inside * outside)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (share_in - share_out) / np.sqrt(np.maximum(square, 1e-30))
            gain = share_in / np.maximum(share_out, 0.5 / outside)
        return Tested(self.h, misses, self.people, gain, t)


@dataclass(frozen=True)
class Told:
    """What a context rule says beside its test: counts, and in how many calendar windows it held and could."""

    count: Count
    held: int
    windows: int
    latest: bool | None = None


@dataclass(frozen=True)
class Found:
    """A key that is taken more often in a slice, before the correction."""

    where: Slice
    key: int
    p: float
    low: float
    """Lower end of the gain."""
    gain: float


def promising(result: Tested, config: MiningConfig) -> tuple[Ints, Floats, Floats, Floats]:
    """Return what can be a rule, where it has the baskets: positions, p-values, lower ends of the gain, and gains."""
    low = ratio_low(result.gain, result.people)
    good = np.flatnonzero((result.gain >= config.min_gain) & (result.people >= config.min_people) & (low > 1))
    p = result.p_of(good)
    near = p <= config.q_value  # a q-value is never below its p-value, so the others change nothing
    return good[near], p[near], low[good[near]], result.gain[good[near]]


def chosen_contexts(
    material: Material, tests: Iterable[tuple[Slice, Tested]], told: Callable[[int, Slice], Told]
) -> list[Rule]:
    """Return rules of what the tests of all slices leave; see `corrected_contexts`.

    Args:
        material: Gives the configuration, places and calendar.
        tests: Every slice, and what was tested of each key there.
        told: What a key in a slice says beside its test.
    """
    found: list[Found] = []
    tested = 0
    for where, result in tests:
        some = np.flatnonzero(result.hits >= material.config.min_count)
        tested += len(some)
        part = Tested(*(getattr(result, name)[some] for name in ("hits", "outside", "people", "gain", "t")))
        good, p, low, gain = promising(part, material.config)
        values = some[good].tolist(), p.tolist(), low.tolist(), gain.tolist()
        found += [Found(where, *one) for one in zip(*values, strict=True)]
    return corrected_contexts(material, found, tested, lambda _at, key, where: told(key, where))


def corrected_contexts(
    material: Material, found: list[Found], tested: int, told: Callable[[int, int, Slice], Told]
) -> list[Rule]:
    """Return rules of what the correction over all that were tested leaves.

    q by Benjamini-Hochberg over all keys of all slices that reached `min_count`. A slice inside another one is kept
    only where it says more: where its gain, at the lower end, beats that of the wider slice.

    Args:
        material: Gives the configuration, places and calendar.
        found: What can be a rule.
        tested: How many were tested.
        told: What one says beside its test, given its position, key and slice.
    """
    if not found:
        return []
    q = benjamini_hochberg([one.p for one in found], tested=tested)
    kept = np.flatnonzero(q <= material.config.q_value)
    low = np.array([one.low for one in found])
    order = kept[np.argsort(-low[kept], kind="stable")].tolist()
    said = _worth_saying(material, found, order)
    rules = []
    for at in said[: material.config.max_rules]:
        one = found[at]
        fact = told(at, one.key, one.where)
        held = fact.held, fact.windows, fact.latest
        rules.append(Rule("context", (), fact.count.x, fact.count, one.p, float(q[at]), *held, score=one.low))
    return rules


def _worth_saying(material: Material, found: list[Found], order: list[int]) -> list[int]:
    """Return what no wider slice explains as well, in the same order."""
    code: dict[Slice, int] = {}
    line = [code.setdefault(found[at].where, len(code)) for at in order]
    gains = {(where, found[at].key): found[at].gain for at, where in zip(order, line, strict=True)}
    wider = [[code[one] for one in _wider(material.index, where) if one in code] for where in list(code)]
    return [
        at
        for at, where in zip(order, line, strict=True)
        if not any(gains.get((other, found[at].key), 0.0) >= found[at].low for other in wider[where])
    ]


def _wider(index: BasketIndex, where: Slice) -> list[Slice]:
    """Return the slices that hold all of this one: fewer words, the weekend of a Sunday, the season of a month."""
    calendar, words = index.calendar, where.context
    above: dict[str, tuple[str, ...]] = {}
    for word in words:
        group = calendar.group_of[word]
        if group == col.WEEKDAY:
            weekend = calendar.groups[col.WEEKDAY].index(word) >= 5
            above[word] = (calendar.groups[col.WEEKEND][weekend],)
        elif group == col.MONTH:
            season = calendar.season_of_month[calendar.groups[col.MONTH].index(word)]
            above[word] = (calendar.groups[col.SEASON][season],)
    result = [
        Slice((*(one for one in words if one != word), *above.get(word, ())))
        for word in words
        if above.get(word)
    ]
    if len(words) > 1:
        result += [Slice((word,)) for word in words]
        result += [Slice(above[word]) for word in words if word in above]
    if isinstance(where.place, str):
        line = index.places.lineage(index.places.code(where.place))
        result += [Slice(place=index.places.ids[code]) for code in line[1:]]
    return [Slice(index.calendar.check(one.context), one.place) for one in result if one != where]


def _held(material: Material, key: str, where: Slice) -> tuple[int, int, bool | None]:
    """In how many windows the share inside is above that outside, and how many could tell; the test used them all."""
    index = material.index
    inside = index.bits_where(where)
    outside = index.bits_outside(where, inside)
    with_key = index.bits_with(key)
    held = told = 0
    for side in material.window_bits:
        n_in, n_out = bits.count(inside & side), bits.count(outside & side)
        hits, misses = bits.count(inside & side & with_key), bits.count(outside & side & with_key)
        if n_in and n_out and (hits + misses) * n_in / (n_in + n_out) >= 1:
            told += 1
            held += hits / n_in > misses / n_out
    return held, told, None


def slices_of(index: BasketIndex) -> Iterator[Slice]:
    """Return the slices that are mined: of time, then of place."""
    return slices_over(index.calendar, index.places, index.place_rows.sizes)


def slices_over(calendar: Calendar, places: Places, sizes: Ints) -> Iterator[Slice]:
    """Return the slices that are mined where so many baskets were taken at each place or below it."""
    for words in tabled_slices(calendar):
        yield Slice(words)
    regions = set(places.tops)
    for code, place in enumerate(places.ids):
        if sizes[code] >= PLACE_BASKETS or (code in regions and sizes[code]):
            yield Slice(place=place)


def corrected_pairs(material: Material, p: Floats, tested: int, people: Ints) -> tuple[Ints, Floats]:
    """Return which pairs the correction over all that had the baskets leaves, and their q-values."""
    config = material.config
    q = benjamini_hochberg(p, tested=tested)
    kept = np.flatnonzero((q <= config.q_value) & (people >= config.min_people))
    return kept, q[kept]


def contexted_rule(count: Count, p: float, q: float = float("nan")) -> Rule:
    """Return the rule of a pair in a slice."""
    gain = count.context_gain
    score = float(ratio_low(gain, count.people_xy)) if np.isfinite(gain) else 0.0
    return Rule("context", count.x, count.y, count, p, q, score=score)
