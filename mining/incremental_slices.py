"""Context rules from one pass: every key in every slice of time and place, counted over people in whole numbers.

The same rules as `mining.contexts`, whose formulas and choices it calls; what differs is only how the numbers are
counted. Knows lists of slices. It refuses to know tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mining.basketindex import BasketIndex
from mining.baskets import NAT
from mining.contexts import (
    SliceSums,
    Tested,
    Told,
    chosen_contexts,
    chosen_pairs,
    contexted_rule,
    slices_of,
    strongest,
)
from mining.count import Count, Slice
from mining.finders import Material
from mining.rule import Rule
from mining.statistics import Floats, clustered_difference, student_greater

Ints = NDArray[np.int64]
_ROUNDING = 1e-6
"""Relative error that a screening p-value may have; it decides only what is tested exactly."""


@dataclass(frozen=True, eq=False)
class Lists:
    """Which slices each basket lies in: those of its kind (a set of context words) and those of its place."""

    slices: tuple[Slice, ...]
    times: int
    """So many of them are slices of time; the others are places."""
    kind: NDArray[np.int32]
    """Kind of each basket."""
    holds: NDArray[np.bool_]
    """Slices of time x kinds."""
    place: NDArray[np.int32]
    """Place of each basket; the last code stands for an unknown one."""
    held: NDArray[np.bool_]
    """Slices of place x places, the unknown one included."""
    timed: NDArray[np.bool_]

    @classmethod
    def of(cls, index: BasketIndex) -> Lists:
        """Return the lists of the slices that `contexts.slices_of` names."""
        slices = tuple(slices_of(index))
        times = len(index.tabled)
        words = np.zeros(len(index), dtype=np.uint64)
        for line in range(len(index.calendar.words)):
            words[index.word_rows.rows_in(line)] |= np.uint64(1 << line)
        masks, kind = np.unique(words, return_inverse=True)
        needed = np.array(
            [sum(1 << index.word_position[word] for word in where.context) for where in slices[:times]],
            dtype=np.uint64,
        )
        place = np.where(np.asarray(index.place) < 0, len(index.places.ids), index.place)
        held = np.zeros((len(slices) - times, len(index.places.ids) + 1), dtype=np.bool_)
        for line, where in enumerate(slices[times:]):
            held[line, list(index.places.holds(index.places.code(str(where.place))))] = True
        return cls(
            slices,
            times,
            kind.astype(np.int32),
            (masks[None, :] & needed[:, None]) == needed[:, None],
            place.astype(np.int32),
            held,
            np.asarray(index.at) != NAT,
        )

    @cached_property
    def of_kind(self) -> tuple[Ints, NDArray[np.int32]]:
        """Where the slices of each kind begin, and the slices."""
        return _listed(self.holds.T, 0)

    @cached_property
    def of_place(self) -> tuple[Ints, NDArray[np.int32]]:
        """The same for places."""
        return _listed(self.held.T, self.times)


def _listed(member: NDArray[np.bool_], shift: int) -> tuple[Ints, NDArray[np.int32]]:
    start = np.r_[0, np.cumsum(member.sum(axis=1))].astype(np.int64)
    return start, (np.nonzero(member)[1] + shift).astype(np.int32)


@dataclass(frozen=True, eq=False)
class SliceCounts:
    """Sums over people for every key in every slice; they add over disjoint people."""

    lists: Lists
    inside: Floats
    """People x slices: baskets."""
    known: Floats
    """People x (time, place): baskets of which it is known."""
    sums: Floats
    whole: Floats
    hits: NDArray[np.int32]
    totals: NDArray[np.int32]
    """See `incremental_sliceloops.key_slices`."""
    n_hits: Ints
    n_totals: Ints
    """Slices (and time, place) x windows: baskets."""

    @classmethod
    def of(cls, material: Material) -> SliceCounts:
        """Count every key of the material."""
        from mining.incremental_sliceloops import key_slices, person_slices

        index, windows = material.index, material.config.windows
        lists, person = Lists.of(index), np.asarray(index.person)
        rows = (lists.kind, *lists.of_kind, lists.place, *lists.of_place, lists.timed)
        inside, known = person_slices(person, *rows, len(index.people), len(lists.slices))
        start, held = material.key_rows
        window = material.window
        counted = key_slices(start, held, person, *rows, window, windows, lists.times, inside, known)
        every = np.arange(len(index), dtype=np.int32)
        ends = np.array([0, len(index)], dtype=np.int64)
        *_, n_hits, n_totals = key_slices(
            ends, every, person, *rows, window, windows, lists.times, inside, known
        )
        return cls(lists, inside, known, *counted, n_hits[0].astype(np.int64), n_totals[0].astype(np.int64))

    def side(self, line: int) -> int:
        """Return 0 for a slice of time, 1 for a place."""
        return int(line >= self.lists.times)

    @cached_property
    def line_of(self) -> dict[Slice, int]:
        """Line of each slice."""
        return {where: line for line, where in enumerate(self.lists.slices)}

    @cached_property
    def n(self) -> tuple[Ints, Ints, Ints, Ints]:
        """For each slice: baskets and people inside, baskets and people outside."""
        known = self.known[:, [self.side(line) for line in range(len(self.lists.slices))]]
        outside = known - self.inside
        parts = (
            self.inside.sum(axis=0),
            (self.inside > 0).sum(axis=0),
            outside.sum(axis=0),
            (outside > 0).sum(axis=0),
        )
        first, second, third, fourth = (part.astype(np.int64) for part in parts)
        return first, second, third, fourth

    def tests(self) -> Iterator[tuple[Slice, Tested]]:
        """Compare every key inside and outside every slice that has both sides."""
        n_in, _, n_out, _ = self.n
        for line, where in enumerate(self.lists.slices):
            if n_in[line] and n_out[line]:
                yield where, self._sums_of(line).tested()

    def _sums_of(self, line: int) -> SliceSums:
        side, i = self.side(line), self.inside[:, line]
        w = self.known[:, side]
        people, h, hh, ht, hi, hw, ti, _ = (np.ascontiguousarray(part) for part in self.sums[:, line].T)
        t, tt, tw, _ = (np.ascontiguousarray(part) for part in self.whole[:, side].T)
        plain = {"i": i.sum(), "w": w.sum(), "ii": (i * i).sum(), "iw": (i * w).sum(), "ww": (w * w).sum()}
        numbers = {name: float(value) for name, value in plain.items()}
        return SliceSums(people=people, h=h, hh=hh, ht=ht, hi=hi, hw=hw, t=t, tt=tt, ti=ti, tw=tw, **numbers)

    def held(self, key: int, line: int) -> tuple[int, int]:
        """In how many windows the share inside is above that outside, and how many could tell."""
        side = self.side(line)
        hits, n_in = self.hits[key, line].astype(np.int64), self.n_hits[line]
        misses, n_out = self.totals[key, side] - hits, self.n_totals[side] - n_in
        told = (n_in > 0) & (n_out > 0)
        told &= (hits + misses) * n_in / np.maximum(n_in + n_out, 1) >= 1
        more = hits / np.maximum(n_in, 1) > misses / np.maximum(n_out, 1)
        return int((told & more).sum()), int(told.sum())

    def of_key(self, key: int, line: int) -> tuple[int, int, int, int]:
        """Return baskets and people with the key inside, baskets and people outside."""
        people, h, *_, full = self.sums[key, line].tolist()
        t, _, _, anyone = self.whole[key, self.side(line)].tolist()
        return int(h), int(people), int(t - h), int(anyone - full)


def contexts(material: Material, counts: SliceCounts) -> list[Rule]:
    """Return what `contexts.contexts` returns."""
    n, people, rest, others = counts.n

    def told(key: int, where: Slice) -> Told:
        line = counts.line_of[where]
        x = (material.keys[key],)
        h, own, beyond, their = counts.of_key(key, line)
        size, all_people = (int(rest[line]), int(others[line]))
        outside = Count(x, (), size, beyond, beyond, beyond, all_people, their, their, their, where)
        size, all_people = (int(n[line]), int(people[line]))
        count = Count(x, (), size, h, h, h, all_people, own, own, own, where, outside)
        return Told(count, *counts.held(key, line))

    return chosen_contexts(material, counts.tests(), told)


def contexted_pairs(material: Material, counts: SliceCounts, pairs: list[Rule]) -> list[Rule]:
    """Return what `contexts.contexted_pairs` returns.

    Every p-value that can matter is exact; see `screening_limit`.
    """
    from mining.incremental_sliceloops import pair_slices

    index, config, lists = material.index, material.config, counts.lists
    rules = strongest(pairs)
    x, y = (
        np.array([index.item_position[keys[0]] for keys in side], dtype=np.int32)
        for side in ([rule.antecedent for rule in rules], [rule.consequent for rule in rules])
    )
    start, rows = np.asarray(index.item_rows.start), np.asarray(index.item_rows.rows)
    n_xy, timed_xy = pair_slices(x, y, start, rows, lists.kind, *lists.of_kind, lists.timed, lists.times)
    n_x = counts.sums[x, : lists.times, 1]
    rest_x, rest_xy = counts.whole[x, 0, :1] - n_x, timed_xy[:, None] - n_xy
    enough = n_xy >= config.min_count
    with np.errstate(divide="ignore", invalid="ignore"):
        more = n_xy / n_x >= config.min_gain * rest_xy / rest_x
    of, line = np.nonzero(enough & (rest_x > 0) & more)
    tested = int(enough.sum())
    if not len(of):
        return []
    square, fourth = _spread(material, lists, x, y, of, line)
    p = _screened(n_xy, n_x, rest_xy, rest_x, of, line, square, fourth)
    near = np.flatnonzero(~(p > screening_limit(config.q_value, len(of), tested)))
    chosen = zip(*(part.tolist() for part in (of[near], x[of[near]], y[of[near]], line[near])), strict=True)
    found = [_tested_pair(material, counts, rules[pair], *rest) for pair, *rest in chosen]
    return chosen_pairs(material, found, tested)


def screening_limit(level: float, candidates: int, tested: int) -> float:
    """Return the p-value above which a candidate can be left out of the correction without a change to its result.

    Benjamini-Hochberg takes p * tested / rank, rank at most the number of candidates. Above level * candidates / tested
    that lies above the level, whatever the rank, and so does everything behind it. A level of 1 keeps all.
    """
    return level * candidates / tested * (1 + _ROUNDING) if level < 1 else np.inf


def _spread(
    material: Material, lists: Lists, x: NDArray[np.int32], y: NDArray[np.int32], of: Ints, line: Ints
) -> tuple[Floats, Floats]:
    from mining.incremental_sliceloops import pair_people

    index = material.index
    start, rows = np.asarray(index.item_rows.start), np.asarray(index.item_rows.rows)
    person = np.asarray(index.person)
    return pair_people(x, y, of, line, start, rows, person, lists.kind, lists.holds, lists.timed)


def _screened(
    n_xy: NDArray[np.int32],
    n_x: Floats,
    rest_xy: Ints,
    rest_x: Floats,
    of: Ints,
    line: Ints,
    square: Floats,
    fourth: Floats,
) -> Floats:
    """Return p-values of `clustered_difference` as near as sums in another order come; 0 where there is no spread.

    Its factor people / (people - 1) on the variance is left out, which only makes them smaller.
    """
    difference = n_xy[of, line] / n_x[of, line] - rest_xy[of, line] / rest_x[of, line]
    with np.errstate(divide="ignore", invalid="ignore"):
        p = student_greater(difference / np.sqrt(square), square**2 / fourth - 1)
    return np.where(square > 1e-29, p, 0.0)


def _tested_pair(material: Material, counts: SliceCounts, rule: Rule, x: int, y: int, line: int) -> Rule:
    from mining.incremental_sliceloops import pair_persons

    index, lists, sets = material.index, counts.lists, material.index.item_rows
    parts = pair_persons(
        sets.rows_in(x), sets.rows_in(y), np.asarray(index.person), lists.kind, lists.holds[line], lists.timed,
        len(index.people),
    )  # fmt: skip
    where = lists.slices[line]
    n_in, people_in, n_out, people_out = (int(part[line]) for part in counts.n)
    x_in, own_x, x_out, their_x = counts.of_key(x, line)
    y_in, own_y, y_out, their_y = counts.of_key(y, line)
    both = parts[0].sum(), np.count_nonzero(parts[0]), parts[2].sum(), np.count_nonzero(parts[2])
    xy_in, own, xy_out, their = (int(one) for one in both)
    keys = rule.antecedent, rule.consequent
    outside = Count(*keys, n_out, x_out, y_out, xy_out, people_out, their_x, their_y, their, where)
    count = Count(*keys, n_in, x_in, y_in, xy_in, people_in, own_x, own_y, own, where, outside)
    return contexted_rule(count, clustered_difference(*parts).greater)
