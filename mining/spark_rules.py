"""From Spark's counts to a rule book, by the functions that a local mine chooses with.

What grows faster than the data is counted by Spark: pairs, every key in every slice, what follows what. What reads
the data once (cycles, trends, counts of the rules that were chosen) comes from the basket index, which a rule book
needs anyway; so does what follows two items, as there are few such bodies. Knows the order of the stages. It refuses
to know how parts are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import columns as col
from mining import spark_counts as count
from mining.basketindex import BasketIndex
from mining.config import MiningConfig
from mining.contexts import SliceSums, Tested, slices_of
from mining.contexts import _held as held_in_windows
from mining.count import EVERYTHING, Slice
from mining.finders import Material
from mining.following import FOLLOWERS, SUBJECTS, FollowerTable
from mining.following import Occasions as Seen
from mining.incontext import contexted_pairs
from mining.nextpairs import next_of_pairs
from mining.pairs import PARTS, ItemSums, Pairs, PairSums, early_of, tested_pairs
from mining.placed import placed_pairs
from mining.rule import NextRule, Rule
from mining.sequence import Met, Occasions, chosen_next, screened
from mining.sight import Ahead
from mining.sight import Parts as Windows
from mining.slices import SliceTable
from mining.spark_baskets import collected
from mining.spark_counts import Cut, Plan
from mining.statistics import size_strata

if TYPE_CHECKING:
    import pandas as pd

    from mining.miner import Progress
    from mining.rule import AnyRule
    from mining.rulebook import RuleBook

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Counted:
    """Baskets in Spark, what every part must know, and the material of the finders on this machine."""

    baskets: Any
    plan: Plan
    sent: Any
    """The plan as a broadcast variable."""
    material: Material
    slices: tuple[Slice, ...]

    @classmethod
    def of(cls, baskets: Any, material: Material) -> Counted:
        """Make the plan and send it."""
        slices = tuple(slices_of(material.index))
        plan = _plan(material, slices)
        return cls(baskets, plan, baskets.sparkSession.sparkContext.broadcast(plan), material, slices)

    def pairs(self) -> Pairs:
        """Return every pair of items that `min_count` baskets hold, tested."""
        plan, config = self.plan, self.material.config
        found, n = count.summed(self.baskets, self.sent, count.candidate_pairs, 2, 1)
        frequent = found[n[:, 0] >= config.min_count]
        both = np.concatenate([frequent, frequent[:, ::-1]])
        both = both[np.lexsort((both[:, 1], both[:, 0]))].astype(np.int32)
        left, right = np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])
        _, single = count.summed(self.baskets, self.sent, count.single_items, 1, 3 + 2 * PARTS)
        width = 8 + plan.windows + 3 * PARTS
        at, values = count.summed(
            self.baskets, self.sent, count.counted_pairs(left, right), 1, width, largest=(2,)
        )
        table = np.zeros((len(left), width), dtype=np.int64)
        table[at[:, 0]] = values
        counts, sums, by_window, by_size = np.split(table, [4, 8, 8 + plan.windows], axis=1)
        pairs = PairSums(
            left=left,
            right=right,
            counts=counts,
            sums=sums.astype(np.float64),
            by_window=by_window,
            by_size=by_size.reshape(len(left), 3, PARTS).astype(np.int32),
        )
        return tested_pairs(pairs, _item_sums(single))

    def tests(self) -> Iterator[tuple[Slice, Tested]]:
        """Compare every key inside and outside every slice that has both sides."""
        found, values = count.summed(self.baskets, self.sent, count.slices, 2, 10)
        keys, ends = len(self.material.keys), np.searchsorted(found[:, 0], np.arange(len(self.slices) + 1))
        for line, where in enumerate(self.slices):
            mine = slice(ends[line], ends[line + 1])
            table = np.zeros((keys + 1, 10))
            table[found[mine, 1]] = values[mine]  # key -1, the baskets themselves, is the last line
            _, i, ii, iw, _, _, w, ww, _, _ = table[-1].tolist()
            if 0 < i < w:
                people, h, hh, ht, hi, hw, t, tt, ti, tw = table[:-1].T
                of_keys = {"people": people, "h": h, "hh": hh, "ht": ht, "hi": hi, "hw": hw}
                yield (
                    where,
                    SliceSums(**of_keys, t=t, tt=tt, ti=ti, tw=tw, i=i, w=w, ii=ii, iw=iw, ww=ww).tested(),
                )

    def following(self, x: Ints, y: Ints, n_xy: Ints) -> list[NextRule]:
        """Return what follows each of the most taken items, then two of them; see `finders.following`."""
        index, config = self.material.index, self.material.config
        reach = Ahead.of(index, config.next_days)
        found, values = count.summed(self.baskets, self.sent, count.followers, 2, 2)
        m, rules, tested = len(index.items), list[NextRule](), 0
        if not reach.whole.any():
            return []
        subjects = self.plan.subjects.tolist()
        table = np.zeros((len(subjects) + 1, m + 1, 2), dtype=np.int64)
        line = np.full(m + 1, -1, dtype=np.int64)
        line[subjects] = np.arange(len(subjects))
        table[line[found[:, 0]], found[:, 1]] = (
            values  # subject -1 is any basket, item -1 the occasions themselves
        )
        for at, subject in enumerate(subjects):
            every, early = table[at].T
            n_early = int(early[-1])
            met = (
                Met(every[:-1], early[:-1], n_early)
                if n_early
                else Met(every[:-1], every[:-1], int(every[-1]))
            )
            tested += int((met.every >= config.min_count).sum())
            followers = screened(met, table[-1, :-1, 0], int(table[-1, -1, 0]), config.min_count, [subject])[
                :FOLLOWERS
            ]
            if followers:
                occasions = Occasions(index, config.next_days, (index.items[subject],), EVERYTHING)
                rules += occasions.rules([(index.items[y],) for y in followers])
        every, early = table[:, :-1].transpose(2, 0, 1)
        known = FollowerTable(self.plan.subjects, np.stack([every - early, early]).astype(np.int32))
        seen = Seen.of_index(index, config.next_days)
        return [
            *chosen_next(rules, tested, config),
            *next_of_pairs(index, config, seen, known, x, y, n_xy),
        ]


def book_of(
    baskets: Any,
    items: pd.DataFrame | None,
    places: pd.DataFrame | None,
    config: MiningConfig,
    progress: Progress | None,
) -> RuleBook:
    """Mine every kind of rule in baskets that Spark holds."""
    from mining import contexts, finders
    from mining.rulebook import RuleBook
    from mining.shelf import Shelf

    def begin(stage: str) -> None:
        if progress is not None:
            progress.stage(stage)

    index = BasketIndex.build(collected(baskets, items, places, config))
    material = Material(index, config)
    counted = Counted.of(baskets, material)

    def told(key: int, where: Slice) -> contexts.Told:
        count = index.count(material.keys[key], (), where)
        return contexts.Told(count, *held_in_windows(material, count.x[0], where))

    rules: list[AnyRule] = []
    if len(index.basket_items):
        begin("pairs")
        together = finders.together_of(material, counted.pairs())
        begin("contexts")
        rules += [*together, *contexts.chosen_contexts(material, counted.tests(), told)]
        left, right, both = _pairs_among(index, together)
        rules += [
            *contexted_pairs(material, SliceTable.of(material), left, right),
            *placed_pairs(material),
        ]
        begin("sequences")
        rules += counted.following(left, right, both)
    begin("cycles")
    rules += finders.cycles(material)
    begin("trends")
    rules += finders.trends(material)
    return RuleBook(index, Shelf.of(tuple(rules)), config)


def _pairs_among(index: BasketIndex, rules: list[Rule]) -> tuple[Ints, Ints, Ints]:
    """Return the items of the pairs among rules: those on the left, those on the right; and baskets with both."""
    pairs = [one for one in rules if len(one.antecedent) == 1]
    sides = ([one.antecedent[0] for one in pairs], [one.consequent[0] for one in pairs])
    left, right = (np.array([index.item_position[item] for item in side], dtype=np.int64) for side in sides)
    return left, right, np.array([one.count.n_xy for one in pairs], dtype=np.int64)


def _plan(material: Material, slices: tuple[Slice, ...]) -> Plan:
    index, config = material.index, material.config
    day, at = np.asarray(index.day), np.asarray(index.at)
    known = day[day != col.NO_DAY]
    sizes = np.diff(material.matrix.indptr)
    used = sizes <= config.max_basket
    early = early_of(material.window, config.windows, used)
    taken = np.asarray(index.item_rows.sizes)
    subjects = np.argsort(-taken, kind="stable")[:SUBJECTS]
    windows = Windows.of(index, config.windows)
    return Plan(
        items=index.items,
        item_category=_further_keys(material),
        cuts=tuple(_cut(index, where) for where in slices),
        windows=config.windows,
        first_day=windows.first,
        last_day=int(known.max(initial=0)) if len(known) else 0,
        latest_day=windows.latest,
        last_at=int(at.max(initial=np.iinfo(np.int64).min)),
        early=bool(((material.window >= 0) & (material.window < config.windows - 1)).any()),
        max_basket=config.max_basket,
        strata=size_strata(np.bincount(sizes[early], minlength=config.max_basket + 1)).astype(np.int64),
        next_days=config.next_days,
        subjects=subjects[taken[subjects] >= config.min_count].astype(np.int32),
    )


def _further_keys(material: Material) -> sparse.csr_array:
    held = material.index.item_category
    if len(material.keys) == len(material.index.items):
        held = held[:, :0]
    return sparse.csr_array(held.astype(np.int64))


def _cut(index: BasketIndex, where: Slice) -> Cut:
    if where.place is not None:
        places = index.places
        inside = places.holds(places.code(str(where.place)))
        return Cut(places=tuple(places.ids[code] for code in sorted(inside)))
    calendar = index.calendar
    groups = ((calendar.group_of[word], word) for word in where.context)
    return Cut(codes=tuple((group, calendar.groups[group].index(word)) for group, word in groups))


def _item_sums(values: Ints) -> ItemSums:
    """Read what `spark_counts.single_items` counted; its first line (item -1) is of the baskets themselves."""
    own, of_items = values[0], values[1:].astype(np.float64)
    x, xx, xn = of_items[:, :3].T
    return ItemSums(
        n=int(own[0]),
        nn=float(own[1]),
        x=x,
        xx=xx,
        xn=xn,
        with_one=of_items[:, 3 : 3 + PARTS],
        with_all=of_items[:, 3 + PARTS :],
        baskets=own[3 + PARTS :].astype(np.float64),
    )
