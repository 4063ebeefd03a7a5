"""When and where: slices in which something is taken more often than outside them, alone or together with something.

Knows slices of time and place, the test clustered by person and which of two slices says more. It refuses to know
how rules are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mining import bits
from mining import columns as col
from mining.basketindex import BasketIndex
from mining.count import Slice
from mining.finders import Material
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
    p: Floats


def compared(cells: Cells, n_in: Ints, n_out: Ints, hits: Floats, misses: Floats) -> Tested:
    """Compare the share of every key inside and outside a slice, clustered by person.

    `statistics.clustered_difference` for all keys at once. With a_p, c_p a person's baskets inside and outside (A, C
    in all), b, d those with the key, e_p = b / A - d / C - (s_in a_p / A - s_out c_p / C). The squares are expanded, as
    b and d are sparse while a_p and c_p are not; Student's t has the persons with a hit inside less one as its degrees
    of freedom, which is on the careful side of the effective number.

    Args:
        cells: Persons and keys of the cells.
        n_in: Baskets inside, for each person.
        n_out: Baskets outside, for each person.
        hits: Baskets inside with the key, for each cell.
        misses: Baskets outside with the key, for each cell.
    """
    total_in, total_out = float(n_in.sum()), float(n_out.sum())
    b, d = cells.per_key(hits), cells.per_key(misses)
    share_in, share_out = b / total_in, d / total_out
    a, c = n_in / total_in, n_out / total_out
    own = hits / total_in - misses / total_out
    square = cells.per_key(own**2)
    square -= 2 * share_in * cells.per_key(own * a[cells.person]) - 2 * share_out * cells.per_key(
        own * c[cells.person]
    )
    square += (
        share_in**2 * (a**2).sum() + share_out**2 * (c**2).sum() - 2 * share_in * share_out * (a * c).sum()
    )
    people = cells.per_key((hits > 0).astype(np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (share_in - share_out) / np.sqrt(np.maximum(square, 1e-30))
        gain = share_in / np.maximum(share_out, 0.5 / total_out)
    return Tested(b, d, people, gain, student_greater(t, people - 1))


def contexts(material: Material) -> list[Rule]:
    """Return keys that are taken more often in a slice of time or place than outside it.

    Slices: every context word, every day word with every daypart, every place with `PLACE_BASKETS` and every region.
    q by Benjamini-Hochberg over all keys of all slices that reached `min_count`. A slice inside another one is kept
    only where it says more: where its gain, at the lower end, beats that of the wider slice.
    """
    index, config = material.index, material.config
    cells = Cells.of(material)
    sizes = np.diff(material.key_matrix.indptr)
    found: list[tuple[Slice, int, float, float, float]] = []
    tested = 0
    for where in _slices(index):
        inside = index.bits_where(where)
        rows_in, rows_out = (
            index.layout.rows_of(part) for part in (inside, index.bits_outside(where, inside))
        )
        if not len(rows_in) or not len(rows_out):
            continue
        hits, misses = (cells.counts(_entries(len(index), rows, sizes)) for rows in (rows_in, rows_out))
        result = compared(cells, index.by_person(rows_in), index.by_person(rows_out), hits, misses)
        some = np.flatnonzero(result.hits >= config.min_count)
        tested += len(some)
        low = ratio_low(result.gain, result.people)
        good = some[
            (result.gain[some] >= config.min_gain)
            & (result.people[some] >= config.min_people)
            & (low[some] > 1)
        ]
        found += [
            (where, int(key), float(result.p[key]), float(low[key]), float(result.gain[key])) for key in good
        ]
    if not found:
        return []
    q = benjamini_hochberg([one[2] for one in found], tested=tested)
    kept = [(*one, float(value)) for one, value in zip(found, q, strict=True) if value <= config.q_value]
    kept.sort(key=lambda one: -one[3])
    return list(_worth_saying(material, kept))[: config.max_rules]


def _worth_saying(
    material: Material, found: list[tuple[Slice, int, float, float, float, float]]
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
        count = index.count(material.keys[key], (), where)
        held, told, latest = _held(material, count.x[0], where)
        yield Rule("context", (), count.x, count, p, q, held, told, latest, score=low)


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


def _slices(index: BasketIndex) -> Iterator[Slice]:
    for words in index.tabled:
        yield Slice(words)
    sizes = index.place_rows.sizes
    regions = set(index.places.tops)
    for code, place in enumerate(index.places.ids):
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
    `min_gain` get the test clustered by person, and q corrects over all that had the baskets.
    """
    index, config = material.index, material.config
    slices = [(Slice(words), index.bits_where(Slice(words))) for words in index.tabled]
    found: list[Rule] = []
    tested = 0
    for rule in [one for one in pairs if len(one.antecedent) == 1][:PAIRS]:
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
    difference = clustered_difference(*(index.by_person(index.layout.rows_of(part)) for part in parts))
    count = index.count(rule.antecedent, rule.consequent, where)
    score = float(ratio_low(count.context_gain, count.people_xy)) if np.isfinite(count.context_gain) else 0.0
    return Rule("context", count.x, count.y, count, difference.greater, score=score)
