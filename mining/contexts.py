"""When and where: slices in which something is taken more often than outside them, alone or together with something.

Knows slices of time and place, the test clustered by person and which of two slices says more. It refuses to know
how rules are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mining import bits
from mining import columns as col
from mining.basketindex import BasketIndex
from mining.context import Calendar
from mining.count import Count, Slice
from mining.finders import Material
from mining.partners import tabled_slices
from mining.places import Places
from mining.rule import Rule
from mining.statistics import Floats, benjamini_hochberg, clustered_difference, ratio_low, student_greater

PAIRS = 3_000
"""Pairs, the strongest ones, that are looked at in every slice of time."""
PLACE_BASKETS = 1_000
"""Least baskets of a place to be mined; a smaller one is counted when it is asked about."""
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Cells:
    """Person x key counts in one fixed sparse pattern, so that a slice's counts are one bincount."""

    cell: Ints
    """Cell of each (basket, key) entry, in the order of the key matrix."""
    key: Ints
    """Key of each cell."""
    person: Ints
    """Person of each cell."""
    keys: int

    @classmethod
    def of(cls, material: Material) -> Cells:
        """Return the cells of all baskets."""
        matrix = material.key_matrix
        person = np.repeat(np.asarray(material.index.person, dtype=np.int64), np.diff(matrix.indptr))
        width = matrix.shape[1]
        codes, cell = np.unique(person * width + matrix.indices, return_inverse=True)
        return cls(cell, codes % width, codes // width, width)

    def counts(self, entries: NDArray[np.bool_]) -> Floats:
        """Return how many of the entries lie in each cell."""
        return np.bincount(self.cell[entries], minlength=len(self.key)).astype(np.float64)

    def per_key(self, weights: Floats) -> Floats:
        """Sum cells by key."""
        return np.asarray(np.bincount(self.key, weights=weights, minlength=self.keys), dtype=np.float64)


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
    i: float
    w: float
    ii: float
    iw: float
    ww: float
    """The same sums without a key."""

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


def compared(cells: Cells, n_in: Ints, n_out: Ints, hits: Floats, misses: Floats) -> Tested:
    """Compare the share of every key inside and outside a slice; see `SliceSums.tested`.

    Args:
        cells: Persons and keys of the cells.
        n_in: Baskets inside, for each person.
        n_out: Baskets outside, for each person.
        hits: Baskets inside with the key, for each cell.
        misses: Baskets outside with the key, for each cell.
    """
    i, w, t = n_in.astype(np.float64), (n_in + n_out).astype(np.float64), hits + misses
    some = np.flatnonzero(hits)
    h, key, person = hits[some], cells.key[some], cells.person[some]

    def inside(weights: Floats) -> Floats:
        return np.asarray(np.bincount(key, weights=weights, minlength=cells.keys), dtype=np.float64)

    return SliceSums(
        people=inside(np.ones(len(h))),
        h=inside(h),
        hh=inside(h * h),
        ht=inside(h * t[some]),
        hi=inside(h * i[person]),
        hw=inside(h * w[person]),
        t=cells.per_key(t),
        tt=cells.per_key(t * t),
        ti=cells.per_key(t * i[cells.person]),
        tw=cells.per_key(t * w[cells.person]),
        i=float(i.sum()),
        w=float(w.sum()),
        ii=float((i * i).sum()),
        iw=float((i * w).sum()),
        ww=float((w * w).sum()),
    ).tested()


@dataclass(frozen=True)
class Told:
    """What a context rule says beside its test: counts, and in how many calendar windows it held and could."""

    count: Count
    held: int
    windows: int
    latest: bool | None = None


def contexts(material: Material) -> list[Rule]:
    """Return keys that are taken more often in a slice of time or place than outside it.

    Slices: every context word, every day word with every daypart, every place with `PLACE_BASKETS` and every region.
    """
    index = material.index
    cells = Cells.of(material)
    sizes = np.diff(material.key_matrix.indptr)

    def tests() -> Iterator[tuple[Slice, Tested]]:
        for where in slices_of(index):
            inside = index.bits_where(where)
            rows_in, rows_out = (
                index.layout.rows_of(part) for part in (inside, index.bits_outside(where, inside))
            )
            if len(rows_in) and len(rows_out):
                hits, misses = (
                    cells.counts(_entries(len(index), rows, sizes)) for rows in (rows_in, rows_out)
                )
                yield (
                    where,
                    compared(cells, index.by_person(rows_in), index.by_person(rows_out), hits, misses),
                )

    def told(key: int, where: Slice) -> Told:
        count = index.count(material.keys[key], (), where)
        return Told(count, *_held(material, count.x[0], where))

    return chosen_contexts(material, tests(), told)


def chosen_contexts(
    material: Material, tests: Iterable[tuple[Slice, Tested]], told: Callable[[int, Slice], Told]
) -> list[Rule]:
    """Return rules of what the tests of all slices leave.

    q by Benjamini-Hochberg over all keys of all slices that reached `min_count`. A slice inside another one is kept
    only where it says more: where its gain, at the lower end, beats that of the wider slice.
    """
    config = material.config
    found: list[tuple[Slice, int, float, float, float]] = []
    tested = 0
    for where, result in tests:
        some = np.flatnonzero(result.hits >= config.min_count)
        tested += len(some)
        gain, people = result.gain[some], result.people[some]
        low = ratio_low(gain, people)
        good = np.flatnonzero((gain >= config.min_gain) & (people >= config.min_people) & (low > 1))
        p = result.p_of(some[good]).tolist()
        values = some[good].tolist(), p, low[good].tolist(), gain[good].tolist()
        found += [(where, *one) for one in zip(*values, strict=True)]
    if not found:
        return []
    q = benjamini_hochberg([one[2] for one in found], tested=tested)
    kept = [(*one, float(value)) for one, value in zip(found, q, strict=True) if value <= config.q_value]
    kept.sort(key=lambda one: -one[3])
    return list(_worth_saying(material, kept, told))[: config.max_rules]


def _worth_saying(
    material: Material,
    found: list[tuple[Slice, int, float, float, float, float]],
    told: Callable[[int, Slice], Told],
) -> Iterator[Rule]:
    """Make rules of what no wider slice explains as well."""
    index = material.index
    gains = {(where, key): gain for where, key, _, _, gain, _ in found}
    wider: dict[Slice, list[Slice]] = {}
    for where, key, p, low, _, q in found:
        if where not in wider:
            wider[where] = _wider(index, where)
        if any(gains.get((other, key), 0.0) >= low for other in wider[where]):
            continue
        fact = told(key, where)
        y, held = fact.count.x, (fact.held, fact.windows, fact.latest)
        yield Rule("context", (), y, fact.count, p, q, *held, score=low)


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


def _entries(n: int, rows: NDArray[np.int32], sizes: Ints) -> NDArray[np.bool_]:
    """Return which (basket, key) entries belong to the rows."""
    mask = np.zeros(n, dtype=np.bool_)
    mask[rows] = True
    return np.repeat(mask, sizes)


def contexted_pairs(material: Material, pairs: list[Rule]) -> list[Rule]:
    """Return pairs that meet more often in a slice of time than outside it: x -> y in C against x -> y elsewhere.

    The strongest `PAIRS` are looked at in every slice; those with `min_count` baskets in it and a naive gain of
    `min_gain` get the test clustered by person.
    """
    index, config = material.index, material.config
    slices = [(Slice(words), index.bits_where(Slice(words))) for words in index.tabled]
    found: list[Rule] = []
    tested = 0
    for rule in strongest(pairs):
        left = index.bits_with(rule.antecedent)
        both = left & index.bits_with(rule.consequent)
        timed_x, timed_xy = bits.count(left & index.timed), bits.count(both & index.timed)
        for where, inside in slices:
            n_xy = bits.count(both & inside)
            if n_xy < config.min_count:
                continue
            tested += 1
            n_x = bits.count(left & inside)
            rest_x, rest_xy = timed_x - n_x, timed_xy - n_xy
            if not rest_x or n_xy / n_x < config.min_gain * rest_xy / rest_x:
                continue
            found.append(_contexted(index, rule, where))
    return chosen_pairs(material, found, tested)


def strongest(pairs: list[Rule]) -> list[Rule]:
    """Return the pairs that are looked at in slices of time."""
    return [one for one in pairs if len(one.antecedent) == 1][:PAIRS]


def chosen_pairs(material: Material, found: list[Rule], tested: int) -> list[Rule]:
    """Return the pairs that the correction over all that had the baskets leaves."""
    config = material.config
    if not found:
        return []
    q = benjamini_hochberg([rule.p for rule in found], tested=tested)
    kept = [replace(rule, q=float(value)) for rule, value in zip(found, q, strict=True)]
    return [rule for rule in kept if rule.q <= config.q_value and rule.count.people_xy >= config.min_people]


def _contexted(index: BasketIndex, rule: Rule, where: Slice) -> Rule:
    left, inside = index.bits_with(rule.antecedent), index.bits_where(where)
    both = left & index.bits_with(rule.consequent)
    outside = index.bits_outside(where, inside)
    parts = (both & inside, left & inside, both & outside, left & outside)
    p = clustered_difference(*(index.by_person(index.layout.rows_of(part)) for part in parts)).greater
    return contexted_rule(index.count(rule.antecedent, rule.consequent, where), p)


def contexted_rule(count: Count, p: float) -> Rule:
    """Return the rule of a pair in a slice."""
    gain = count.context_gain
    score = float(ratio_low(gain, count.people_xy)) if np.isfinite(gain) else 0.0
    return Rule("context", count.x, count.y, count, p, score=score)
