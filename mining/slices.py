"""Slices of time and place, and how many baskets of each key and of each person lie in them.

Knows kinds of baskets (which context words hold) and places. It refuses to know tests and rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mining.basketindex import BasketIndex
from mining.baskets import NAT
from mining.contexts import slices_of
from mining.count import Slice
from mining.finders import Material
from mining.statistics import Floats

Ints = NDArray[np.int64]


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
    def side(self) -> Ints:
        """For each slice, 0 for time and 1 for place."""
        return (np.arange(len(self.slices)) >= self.times).astype(np.int64)

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
class SliceTable:
    """Baskets of each key and of each person by slice."""

    lists: Lists
    hits: Floats
    """Keys x slices: baskets with the key. Floats that hold integers."""
    known: Floats
    """Keys x (time, place): baskets with the key of which it is known."""
    inside: Floats
    """People x slices: baskets."""
    by_person: Floats
    """People x (time, place): baskets of which it is known."""
    hits_window: Ints
    """Slices x calendar windows: baskets."""
    known_window: Ints
    """(time, place) x calendar windows."""

    @classmethod
    def of(cls, material: Material) -> SliceTable:
        """Count every key of the material."""
        from mining.contextloops import count_kinds, person_slices

        index, lists = material.index, Lists.of(material.index)
        kinds, places = lists.holds.shape[1], lists.held.shape[1]
        by_kind, by_place = count_kinds(*material.key_rows, lists.kind, kinds, lists.place, places)
        rows = lists.kind, *lists.of_kind, lists.place, *lists.of_place, lists.timed
        inside, by_person = person_slices(
            np.asarray(index.person), *rows, len(index.people), len(lists.slices)
        )
        timed = np.zeros(kinds)
        timed[lists.kind[lists.timed]] = 1
        members = lists.holds.T.astype(np.float64), lists.held.T.astype(np.float64)
        windows = material.config.windows
        part = material.window
        seen = part >= 0
        kind_window, place_window = (
            np.bincount(code[seen] * windows + part[seen], minlength=width * windows).reshape(width, windows)
            for code, width in ((lists.kind.astype(np.int64), kinds), (lists.place.astype(np.int64), places))
        )
        return cls(
            lists=lists,
            hits=np.hstack([by_kind @ members[0], by_place @ members[1]]),
            known=np.column_stack([by_kind @ timed, by_place[:, :-1].sum(axis=1)]),
            inside=inside,
            by_person=by_person,
            hits_window=np.vstack([lists.holds @ kind_window, lists.held @ place_window]),
            known_window=np.stack([kind_window[timed > 0].sum(axis=0), place_window[:-1].sum(axis=0)]),
        )

    @cached_property
    def n(self) -> tuple[Ints, Ints, Ints, Ints]:
        """For each slice: baskets and people inside, baskets and people outside."""
        outside = self.by_person[:, self.lists.side] - self.inside
        parts = (
            self.inside.sum(axis=0),
            (self.inside > 0).sum(axis=0),
            outside.sum(axis=0),
            (outside > 0).sum(axis=0),
        )
        first, second, third, fourth = (part.astype(np.int64) for part in parts)
        return first, second, third, fourth

    def sums_of(self, material: Material, key: Ints, line: Ints) -> tuple[Floats, Ints]:
        """Sum some keys over people in some slices; see `contextloops.key_sums`, but in the order of these."""
        from mining.contextloops import key_sums

        lists, order = self.lists, np.argsort(key, kind="stable")
        rows = material.key_rows
        found = key_sums(
            key[order], line[order], *rows, np.asarray(material.index.person), lists.kind, lists.holds,
            lists.place, lists.held, lists.timed, material.window, material.config.windows, self.inside,
            self.by_person,
        )  # fmt: skip
        back = np.argsort(order, kind="stable")
        return found[0][back], found[1][back]
