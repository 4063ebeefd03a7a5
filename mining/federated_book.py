"""From the sums of all parties to a rule book, by the functions that a local mine chooses with.

Knows what each sum means. It refuses to know who counted it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import columns as col
from mining.basketindex import BasketIndex
from mining.baskets import Baskets
from mining.config import MiningConfig
from mining.context import Calendar
from mining.contexts import SliceSums, Tested, Told, chosen_contexts
from mining.count import Count, Slice
from mining.cycles import cycle_from
from mining.errors import MiningError
from mining.federated_counts import KEY, PAIR
from mining.federated_terms import Terms
from mining.finders import Material, Whole, chosen_trends, pair_lines
from mining.pairs import PARTS, ItemSums, Pairs, PairSums, tested_pairs
from mining.rule import AnyRule, Cycle, Rule, Trend
from mining.rulebook import RuleBook
from mining.shelf import Shelf
from mining.trends import Periods, trends_of
from mining.triples import chosen_triples

if TYPE_CHECKING:
    from mining.association import RuleTable

Ints = NDArray[np.int64]
Totals = Mapping[str, Ints]


class NoBaskets(BasketIndex):
    """Labels of all parties and not one basket: names, calendar and places for look-up; it counts nothing."""

    @classmethod
    def of(cls, terms: Terms) -> NoBaskets:
        """Return the labels of the terms."""
        none = np.zeros(0, dtype=np.int32)
        context: dict[str, NDArray[Any]] = {name: np.zeros(0, dtype=np.int8) for name in col.CONTEXT}
        return cls.build(
            Baskets(
                matrix=sparse.csr_array(np.zeros((0, len(terms.items)), dtype=np.uint8)),
                items=terms.items,
                people=(),
                person=none,
                at=np.zeros(0, dtype=np.int64),
                context=context | {col.DAY: none},
                place=none,
                places=terms.places,
                categories=terms.categories,
                item_category=terms.item_category,
                names=terms.names,
                calendar=Calendar.of(terms.config),
            )
        )

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise MiningError(
            "only counts left the parties: nothing can be counted on demand here, ask a party's own book"
        )

    _locate = bits_with = bits_where = bits_outside = rows_with = windows = item_counts = _refuse


def book_of(terms: Terms, totals: Totals) -> RuleBook:
    """Return the rules that the sums of all steps give."""
    material = Material(NoBaskets.of(terms), terms.config)
    rules: list[AnyRule] = []
    if terms.n:
        whole, pairs = _whole(terms, totals), _pairs(terms, totals)
        rules += pair_lines(whole, pairs, terms.config).rules(terms.items)
        rules += _triples(terms, totals, whole)
        rules += _contexts(material, terms, totals)
        rules += _cycles(terms, totals)
        rules += _trends(terms, totals)
    return RuleBook(material.index, Shelf.of(rules), terms.config)


# ---- what the second step shows --------------------------------------------------------------------------------------


def chosen_items(terms: Terms, totals: Totals) -> dict[str, Ints]:
    """Return what the third step counts: pairs that enough baskets hold, and triples all of whose pairs do.

    pairs: left < right and baskets with both, of those small enough for the search of pairs; bodies: the same over
    all baskets, of `terms.least` at least; triples: a < b < c whose three pairs are bodies (Apriori: no other can be
    frequent, Agrawal and Srikant 1994).
    """
    items = terms.candidates
    at = np.stack(np.triu_indices(len(items), 1))
    left, right = items[at]
    both = totals["both"]
    every = both + totals["big"] if "big" in totals else both
    some = np.flatnonzero(both >= terms.config.min_count)
    pairs = np.stack([left[some], right[some], both[some]], axis=1)
    if terms.least is None:
        return {"pairs": pairs, "bodies": np.zeros((0, 3), np.int64), "triples": np.zeros((0, 3), np.int64)}
    more = np.flatnonzero(every >= terms.least)
    bodies = np.stack([left[more], right[more], every[more]], axis=1)
    return {"pairs": pairs, "bodies": bodies, "triples": _joined(bodies)}


def _joined(pairs: Ints) -> Ints:
    """Return the triples all of whose pairs are among some sorted pairs."""
    later: dict[int, set[int]] = {}
    for a, b, _ in pairs.tolist():
        later.setdefault(a, set()).add(b)
    found = [(a, b, c) for a, b, _ in pairs.tolist() for c in sorted(later[a] & later.get(b, set()))]
    return np.array(found, dtype=np.int64).reshape(len(found), 3)


# ---- pairs and triples -----------------------------------------------------------------------------------------------


def _whole(terms: Terms, totals: Totals) -> Whole:
    n, people = terms.known["baskets"][:2].tolist()
    sizes = terms.known["keys"][: len(terms.items)]
    return Whole(terms.items, n, people, sizes, totals["people"], totals["n_window"], totals["by_window"])


def _pairs(terms: Terms, totals: Totals) -> Pairs:
    left, right, both = terms.directed.T
    table, last = totals["directed"], PAIR + terms.config.windows
    counts = table[:, :4].copy()
    counts[:, 2] = np.where(table[:, 2] > 0, both + 1, 0)  # more than one person may have, or not
    sums = PairSums(
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        counts=counts,
        sums=table[:, 4:PAIR].astype(np.float64),
        by_window=table[:, PAIR:last],
        by_size=table[:, last:].reshape(len(left), 3, PARTS).astype(np.int32),
    )
    own, values = totals["singles"][-1], totals["singles"][:-1].astype(np.float64)
    items = ItemSums(
        n=int(own[0]),
        nn=float(own[1]),
        x=values[:, 0],
        xx=values[:, 1],
        xn=values[:, 2],
        with_one=values[:, 3 : 3 + PARTS],
        with_all=values[:, 3 + PARTS :],
        baskets=own[3 + PARTS :].astype(np.float64),
    )
    return tested_pairs(sums, items)


def _triples(terms: Terms, totals: Totals, whole: Whole) -> list[Rule]:
    if terms.least is None:
        return []
    bodies = {
        (a, b): (n, int(own))
        for (a, b, n), own in zip(terms.known["bodies"].tolist(), totals["bodies"], strict=True)
    }
    triples = {
        tuple(one): tuple(n)
        for one, n in zip(terms.known["triples"].tolist(), totals["triples"].tolist(), strict=True)
    }
    sizes, own = whole.sizes.tolist(), whole.people_of.tolist()

    def counted(a: Ints, b: Ints, c: Ints) -> list[Count]:
        found = []
        for x, y, z in zip(a.tolist(), b.tolist(), c.tolist(), strict=True):
            n_x, people_x = bodies[min(x, y), max(x, y)]
            n_xy, people_xy = triples[tuple(sorted((x, y, z)))]
            keys = (whole.items[x], whole.items[y]), (whole.items[z],)
            people = whole.people, people_x, own[z], people_xy
            found.append(Count(*keys, whole.n, n_x, sizes[z], n_xy, *people))
        return found

    table = _table(
        terms, {pair: n for pair, (n, _) in bodies.items()}, {one: n[0] for one, n in triples.items()}
    )
    return chosen_triples(whole, table, terms.config, counted)


def _table(terms: Terms, pairs: dict[tuple[int, int], int], triples: dict[Any, int]) -> RuleTable:
    """Return the rules of one head over the frequent sets, as a local mine has them."""
    from mining.association import rules
    from mining.engine_trie import trie_of_sets
    from mining.itemsets import Itemsets

    least = terms.least or 1
    sizes = terms.known["keys"][: len(terms.items)]
    frequent = np.flatnonzero(sizes >= least)
    label = frequent[np.argsort(sizes[frequent], kind="stable")]
    rank = {int(item): position for position, item in enumerate(label)}
    counts: dict[tuple[int, ...], int] = {(rank[int(item)],): int(sizes[item]) for item in label}
    for items, n in (*pairs.items(), *triples.items()):
        if n >= least:
            counts[tuple(sorted(rank[item] for item in items))] = n
    trie = trie_of_sets(list(counts), list(counts.values()))
    found = Itemsets(tuple(label.tolist()), trie, terms.n, least, 3)
    return rules(found, heads=1, min_count=least)


# ---- contexts --------------------------------------------------------------------------------------------------------


def _contexts(material: Material, terms: Terms, totals: Totals) -> list[Rule]:
    table, windows = totals["slices"], terms.config.windows
    line_of = {where: line for line, where in enumerate(terms.slices)}

    def tests() -> Iterator[tuple[Slice, Tested]]:
        for where, line in line_of.items():
            people, h, hh, ht, hi, hw, t, tt, ti, tw, _ = table[line, :-1, :KEY].T.astype(np.float64)
            _, i, ii, iw, _, _, w, ww, *_ = table[line, -1].astype(np.float64).tolist()
            if 0 < i < w:
                of_keys = {"people": people, "h": h, "hh": hh, "ht": ht, "hi": hi, "hw": hw}
                sums = SliceSums(**of_keys, t=t, tt=tt, ti=ti, tw=tw, i=i, w=w, ii=ii, iw=iw, ww=ww)
                yield where, sums.tested()

    def told(key: int, where: Slice) -> Told:
        mine, every = table[line_of[where], key].tolist(), table[line_of[where], -1].tolist()
        x = (terms.keys[key],)
        n, people, rest, others = every[1], every[0], every[6] - every[1], every[10]
        h, own, beyond, their = mine[1], mine[0], mine[6] - mine[1], mine[10]
        outside = Count(x, (), rest, beyond, beyond, beyond, others, their, their, their, where)
        count = Count(x, (), n, h, h, h, people, own, own, own, where, outside)
        return Told(count, *_held(np.array(mine[KEY:]), np.array(every[KEY:]), windows))

    return chosen_contexts(material, tests(), told)


def _held(mine: Ints, every: Ints, windows: int) -> tuple[int, int]:
    """In how many windows the share inside is above that outside, and how many could tell."""
    (hits, misses), (n_in, n_out) = mine.reshape(2, windows), every.reshape(2, windows)
    told = (n_in > 0) & (n_out > 0)
    told &= (hits + misses) * n_in / np.maximum(n_in + n_out, 1) >= 1
    more = hits / np.maximum(n_in, 1) > misses / np.maximum(n_out, 1)
    return int((told & more).sum()), int(told.sum())


# ---- trends and cycles -----------------------------------------------------------------------------------------------


def _trends(terms: Terms, totals: Totals) -> list[Trend]:
    used = np.flatnonzero(totals["cells"])
    some = np.flatnonzero(terms.known["keys"] >= terms.config.min_count)
    if not len(some) or not len(used):
        return []
    periods = terms.periods
    windows, window_of_cell = np.unique(periods.window_of_cell[used], return_inverse=True)
    kept = Periods(
        periods.unit,
        tuple(periods.labels[one] for one in windows),
        np.zeros(0, dtype=np.int64),
        window_of_cell,
        totals["cells"][used],
    )
    series = totals["trends"][np.ix_(used, some)]
    return chosen_trends(trends_of(kept, tuple(terms.keys[one] for one in some), series), terms.config)


def _cycles(terms: Terms, totals: Totals) -> list[Cycle]:
    config: MiningConfig = terms.config
    found = []
    for line, key in enumerate(terms.recurring.tolist()):
        medians = _listed(totals["medians"][line]) / 2
        if len(medians) < max(config.min_people, 1):
            continue
        any_people, regular = totals["recurring"][line].tolist()
        days, visits = _listed(totals["gaps"][line]), _listed(totals["visits"][line]) / 2
        rest = {"min_days": config.min_cycle_days}
        found.append(cycle_from(terms.keys[key], medians, days, visits, regular, any_people, **rest))
    return found[: config.max_rules]


def _listed(histogram: Ints) -> Ints:
    """Return the values that a histogram counts, ascending."""
    return np.repeat(np.arange(len(histogram)), histogram)
