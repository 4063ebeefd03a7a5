"""Context rules of the book: every key in every slice of time and place, and the strongest pairs in slices of time.

Counts choose what can be a rule; only that is summed over people and tested. Knows the order of these steps. It
refuses to know formulas, corrections and which of two slices says more (see `mining.contexts`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mining.contexts import (
    PAIRS,
    Found,
    SliceSums,
    Told,
    contexted_rule,
    corrected_contexts,
    corrected_pairs,
    promising,
)
from mining.count import Count
from mining.finders import Material
from mining.rule import Rule
from mining.slices import SliceTable
from mining.statistics import Floats, clustered_greater, ratio_low

Ints = NDArray[np.int64]


def contexts(material: Material, table: SliceTable) -> list[Rule]:
    """Return keys that are taken more often in a slice of time or place than outside it.

    Slices: every context word, every day word with every daypart, every place with `contexts.PLACE_BASKETS` and every
    region. The rules are those of `contexts.chosen_contexts`.
    """
    config = material.config
    n_in, _, n_out, _ = table.n
    enough = (table.hits >= config.min_count) & (n_in > 0) & (n_out > 0)
    line, key = (part.astype(np.int64) for part in np.nonzero(enough.T))
    tested = len(line)
    h, t = table.hits[key, line], table.known[key, table.lists.side[line]]
    share_out = (t - h) / n_out[line]
    gain = h / n_in[line] / np.maximum(share_out, 0.5 / n_out[line])
    at_best = ratio_low(gain, h)  # there are no more people than baskets
    some = np.flatnonzero((gain >= config.min_gain) & (h >= config.min_people) & (at_best > 1))
    if not len(some):
        return []
    counted = Counted.of(material, table, key[some], line[some])
    slices = table.lists.slices
    good, p, low, gains = promising(counted.sums.tested(), config)
    found = [
        Found(slices[where], one, *rest)
        for where, one, *rest in zip(
            counted.line[good].tolist(),
            counted.key[good].tolist(),
            p.tolist(),
            low.tolist(),
            gains.tolist(),
            strict=True,
        )
    ]
    return corrected_contexts(material, found, tested, lambda at, _key, _where: counted.told(int(good[at])))


@dataclass(frozen=True, eq=False)
class Counted:
    """Some keys in some slices, summed over people."""

    material: Material
    table: SliceTable
    key: Ints
    line: Ints
    sums: SliceSums
    others: Floats
    """People with the key outside."""
    held: Ints
    """In how many calendar windows the share inside is above that outside."""
    told_in: Ints
    """How many windows could tell."""

    @classmethod
    def of(cls, material: Material, table: SliceTable, key: Ints, line: Ints) -> Counted:
        """Sum each key in the slice beside it."""
        sums, parts = table.sums_of(material, key, line)
        people, hh, ht, hi, hw, tt, ti, tw, others = sums.T
        side = table.lists.side[line]
        i, w = table.inside, table.by_person[:, table.lists.side]
        plain = (i.sum(axis=0), w.sum(axis=0), (i * i).sum(axis=0), (i * w).sum(axis=0), (w * w).sum(axis=0))
        i_sum, w_sum, ii, iw, ww = (one[line] for one in plain)
        h, t = table.hits[key, line], table.known[key, side]
        of_keys = {
            "people": people,
            "h": h,
            "hh": hh,
            "ht": ht,
            "hi": hi,
            "hw": hw,
            "t": t,
            "tt": tt,
            "ti": ti,
        }
        found = SliceSums(**of_keys, tw=tw, i=i_sum, w=w_sum, ii=ii, iw=iw, ww=ww)
        held, told = _held(table, line, parts)
        return cls(material, table, key, line, found, others, held, told)

    def told(self, at: int) -> Told:
        """Return what a rule says beside its test."""
        line = int(self.line[at])
        n, people, rest, beyond = (int(part[line]) for part in self.table.n)
        x, where = (self.material.keys[self.key[at]],), self.table.lists.slices[line]
        h, own = int(self.sums.h[at]), int(self.sums.people[at])
        out, their = int(self.sums.t[at]) - h, int(self.others[at])
        outside = Count(x, (), rest, out, out, out, beyond, their, their, their, where)
        count = Count(x, (), n, h, h, h, people, own, own, own, where, outside)
        return Told(count, int(self.held[at]), int(self.told_in[at]))


def _held(table: SliceTable, line: Ints, parts: Ints) -> tuple[Ints, Ints]:
    """In how many windows the share inside is above that outside, and how many could tell."""
    hits, misses = parts[:, 0], parts[:, 1] - parts[:, 0]
    n_in = table.hits_window[line]
    n_out = table.known_window[table.lists.side[line]] - n_in
    told = (n_in > 0) & (n_out > 0) & ((hits + misses) * n_in / np.maximum(n_in + n_out, 1) >= 1)
    more = hits / np.maximum(n_in, 1) > misses / np.maximum(n_out, 1)
    return (told & more).sum(axis=1), told.sum(axis=1)


def contexted_pairs(material: Material, table: SliceTable, x: Ints, y: Ints) -> list[Rule]:
    """Return pairs that meet more often in a slice of time than outside it: x -> y in C against x -> y elsewhere.

    The first `PAIRS` are looked at in every slice; those with `min_count` baskets in it and a naive gain of `min_gain`
    get the test clustered by person.

    Args:
        material: The baskets.
        table: Their slices.
        x: Positions of the items on the left, those of the strongest pair first.
        y: Those on the right.
    """
    from mining.contextloops import pair_people, pair_slices

    index, config, lists = material.index, material.config, table.lists
    x, y = x[:PAIRS], y[:PAIRS]
    sets = np.asarray(index.item_rows.start), np.asarray(index.item_rows.rows)
    n_xy, timed_xy = pair_slices(x, y, *sets, lists.kind, *lists.of_kind, lists.timed, lists.times)
    n_x = table.hits[x, : lists.times].astype(np.int64)
    rest_x, rest_xy = table.known[x, :1].astype(np.int64) - n_x, timed_xy[:, None] - n_xy
    enough = n_xy >= config.min_count
    with np.errstate(divide="ignore", invalid="ignore"):
        more = n_xy / n_x >= config.min_gain * rest_xy / rest_x
    of, line = np.nonzero(enough & (rest_x > 0) & more)
    if not len(of):
        return []
    totals = np.column_stack([part[of, line] for part in (n_xy, n_x, rest_xy, rest_x)]).astype(np.int64)
    person = np.asarray(index.person)
    sums, people = pair_people(x, y, of, line, totals, *sets, person, lists.kind, lists.holds, lists.timed)
    p = clustered_greater(
        totals[:, 0] / totals[:, 1] - totals[:, 2] / totals[:, 3], sums[:, 0], sums[:, 1], people[:, 4]
    )
    kept, q = corrected_pairs(material, p, int(enough.sum()), people[:, 0])
    at = of[kept]
    some = _InSlice(material, table, x[at], y[at], line[kept], totals[kept], people[kept])
    chosen = zip(some.counts(), p[kept].tolist(), q.tolist(), strict=True)
    return [contexted_rule(count, p_one, q_one) for count, p_one, q_one in chosen]


@dataclass(frozen=True, eq=False)
class _InSlice:
    """Pairs that were kept in slices of time."""

    material: Material
    table: SliceTable
    x: Ints
    y: Ints
    line: Ints
    totals: Ints
    people: Ints

    def counts(self) -> list[Count]:
        """Count them in full, also what holds y alone."""
        table, y, line = self.table, self.y, self.line
        sums, _ = table.sums_of(self.material, y, line)
        n_y, y_any = table.hits[y, line], table.known[y, 0]
        whole = (part[line] for part in table.n)
        columns = (*whole, *self.totals.T, *self.people.T[:4], n_y, y_any - n_y, sums[:, 0], sums[:, 8])
        found = []
        names = self.material.index.items
        lines = zip(*(one.astype(np.int64).tolist() for one in (self.x, y, line, *columns)), strict=True)
        for left, right, at, *numbers in lines:
            n, people, rest, beyond, xy, x, xy_out, x_out, *more = numbers
            own_xy, own_x, their_xy, their_x, n_y_in, n_y_out, own_y, their_y = more
            where, keys = table.lists.slices[at], ((names[left],), (names[right],))
            outside = Count(*keys, rest, x_out, n_y_out, xy_out, beyond, their_x, their_y, their_xy, where)
            found.append(Count(*keys, n, x, n_y_in, xy, people, own_x, own_y, own_xy, where, outside))
        return found
