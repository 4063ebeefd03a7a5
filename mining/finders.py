"""One finder for each kind of rule: from the basket index to the rules that are worth keeping.

Knows thresholds, tests and their correction over all that was tested. It refuses to count by itself (see
`mining.basketindex`) and to keep rules (see `mining.rulebook`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import columns as col
from mining import statistics
from mining.basketindex import BasketIndex
from mining.bits import Bits
from mining.config import MiningConfig
from mining.count import Count, Slice
from mining.cycles import cycle_of
from mining.rule import Cycle, NextRule, Rule, Trend
from mining.sequence import next_after
from mining.statistics import benjamini_hochberg, clustered_difference, fisher_greater
from mining.trends import trends_of

SUBJECTS = 150
"""Items, the most taken ones, that sequences are mined for; any other is counted when it is asked about."""
PAIRS = 10_000
"""Pairs kept, the best ones; any other is counted when it is asked about."""
TESTED = 4_000
"""Slices-and-keys that get the clustered test: those with the largest screened gain."""
PER_SUBJECT = 3
"""Followers kept for one item."""


def matrix_of(index: BasketIndex) -> sparse.csr_array:
    """Return baskets x items as int32 ones."""
    ones = np.ones(len(index.basket_items), dtype=np.int32)
    shape = (len(index), len(index.items))
    return sparse.csr_array((ones, np.asarray(index.basket_items), np.asarray(index.start)), shape=shape)


def calendar_windows(index: BasketIndex, windows: int) -> NDArray[np.int64]:
    """Return the calendar window of each basket, equal spans of days, -1 where the time is unknown."""
    day = np.asarray(index.day).astype(np.int64)
    known = day != col.NO_DAY
    result = np.full(len(day), -1, dtype=np.int64)
    if known.any():
        first, last = day[known].min(), day[known].max()
        result[known] = np.minimum((day[known] - first) * windows // (last - first + 1), windows - 1)
    return result


def together(index: BasketIndex, config: MiningConfig) -> list[Rule]:
    """Return pairs that meet in baskets more often than their shares explain.

    Found and tested (Fisher, exact, against the only proper sub-rule of a pair, the consequent's own share) on all
    baskets but those of the latest calendar window; q by Benjamini-Hochberg over all pairs that reached `min_count`.
    Counts, windows and the held-out window are then told over everything.
    """
    X = matrix_of(index)
    window = calendar_windows(index, config.windows)
    sizes = np.diff(X.indptr)
    early = (window < config.windows - 1) & (sizes <= config.max_basket)
    if not early.any():
        early = sizes <= config.max_basket
    E = X[np.flatnonzero(early)]
    pairs = sparse.triu(E.T @ E, k=1).tocoo()
    enough = pairs.data >= config.min_count
    left, right, both = pairs.row[enough], pairs.col[enough], pairs.data[enough].astype(np.int64)
    if not len(both):
        return []
    single = np.asarray(E.sum(axis=0)).ravel().astype(np.int64)
    n = E.shape[0]
    p = fisher_greater(both, single[left], single[right], n)
    q = benjamini_hochberg(p)
    lift = both * n / (single[left] * single[right])
    kept = np.flatnonzero((q <= config.q_value) & (lift >= config.min_gain))
    low = statistics.lift_low(both, single[left], single[right], n)
    kept = kept[np.argsort(-low[kept], kind="stable")][: min(PAIRS, config.max_rules // 2)]
    sides = _window_bits(index, window, config.windows)
    rules: list[Rule] = []
    for at in kept:
        x, y = index.items[left[at]], index.items[right[at]]
        rules += _pair_rules(index, (x, y), float(p[at]), float(q[at]), sides, config)
    return rules


def _pair_rules(
    index: BasketIndex, pair: tuple[str, str], p: float, q: float, sides: list[Bits], config: MiningConfig
) -> list[Rule]:
    """Both directions of a pair, with people, windows and the held-out window."""
    count = index.count(pair[0], pair[1])
    if count.people_xy < config.min_people:
        return []
    score = float(statistics.lift_low(count.n_xy, count.n_x, count.n_y, count.n, count.people_xy))
    held, told, latest = _held(index, pair, sides)
    rules = []
    for x, y, counted in ((pair[0], pair[1], count), (pair[1], pair[0], _turned(count))):
        if counted.confidence >= config.min_confidence:
            rules.append(Rule("together", (x,), (y,), counted, p, q, held, told, latest, score))
    return rules


def _turned(count: Count) -> Count:
    return replace(
        count,
        x=count.y,
        y=count.x,
        n_x=count.n_y,
        n_y=count.n_x,
        people_x=count.people_y,
        people_y=count.people_x,
    )


def _window_bits(index: BasketIndex, window: NDArray[np.int64], windows: int) -> list[Bits]:
    return [index.layout.pack(window == one) for one in range(windows) if (window == one).any()]


def _held(index: BasketIndex, pair: tuple[str, str], sides: list[Bits]) -> tuple[int, int, bool | None]:
    """In how many windows the lift is above 1, how many could tell, and the latest window."""
    from mining import bits

    x, y = index.bits_with(pair[0]), index.bits_with(pair[1])
    verdicts: list[bool | None] = []
    for side in sides:
        n, n_x, n_y = bits.count(side), bits.count(x & side), bits.count(y & side)
        expected = n_x * n_y / n if n else 0.0
        verdicts.append(bits.count(x & y & side) > expected if expected >= 1 else None)
    told = [verdict for verdict in verdicts if verdict is not None]
    return sum(told), len(told), verdicts[-1] if verdicts else None


def contexts(index: BasketIndex, config: MiningConfig) -> list[Rule]:
    """Return keys whose share of baskets is higher in a slice of time than outside it, tested clustered by person.

    Every slice that `BasketIndex.tabled` holds (context words; day words with dayparts) is screened against its
    complement; the `TESTED` largest gains get the clustered test. Benjamini-Hochberg corrects over all that were
    screened, untested ones counting as not significant.
    """
    total = np.asarray(index.item_rows.sizes, dtype=np.int64)
    timed = int(index.layout.rows_of(index.timed).size)
    candidates: list[tuple[float, tuple[str, ...], int]] = []
    screened = 0
    for words, line in index.tabled.items():
        hits = np.asarray(index.word_counts[line], dtype=np.int64)
        n = int(index.layout.rows_of(index.bits_where(Slice(words))).size)
        rest = timed - n
        if not n or not rest:
            continue
        some = np.flatnonzero(hits >= config.min_count)
        screened += len(some)
        outside = np.maximum(total[some] - hits[some], 0.5) / rest
        gain = hits[some] / n / outside
        low = gain * np.exp(-1.96 / np.sqrt(hits[some]))
        candidates += [
            (float(low[at]), words, int(some[at])) for at in np.flatnonzero(gain >= config.min_gain)
        ]
    candidates.sort(key=lambda one: -one[0])
    found = list(_tested_contexts(index, candidates[:TESTED], config))
    if not found:
        return []
    q = benjamini_hochberg([rule.p for rule in found], tested=max(screened, len(found)))
    kept = [replace(rule, q=float(value)) for rule, value in zip(found, q, strict=True)]
    return [rule for rule in kept if rule.q <= config.q_value][: config.max_rules]


def _tested_contexts(
    index: BasketIndex, candidates: list[tuple[float, tuple[str, ...], int]], config: MiningConfig
) -> Iterator[Rule]:
    sides: dict[tuple[str, ...], tuple[Bits, Bits, NDArray[Any], NDArray[Any]]] = {}
    for low, words, item in candidates:
        if words not in sides:
            where = Slice(words)
            inside = index.bits_where(where)
            outside = index.bits_outside(where, inside)
            by_person = [index.by_person(index.layout.rows_of(part)) for part in (inside, outside)]
            sides[words] = (inside, outside, by_person[0], by_person[1])
        inside, outside, n_in, n_out = sides[words]
        held = index.item_rows.bits(item)
        hits = [index.by_person(index.layout.rows_of(held & part)) for part in (inside, outside)]
        if int(np.count_nonzero(hits[0])) < config.min_people:
            continue
        p = clustered_difference(hits[0], n_in, hits[1], n_out).greater
        count = index.count(index.items[item], (), Slice(words))
        yield Rule("context", (), (index.items[item],), count, p=p, score=low)


def following(index: BasketIndex, config: MiningConfig) -> list[NextRule]:
    """Return what follows each of the most taken items, each the best `PER_SUBJECT`, corrected over all of them."""
    sizes = np.asarray(index.item_rows.sizes)
    subjects = [
        int(one) for one in np.argsort(-sizes, kind="stable")[:SUBJECTS] if sizes[one] >= config.min_count
    ]
    found = [
        rule
        for one in subjects
        for rule in next_after(
            index,
            index.items[one],
            config.next_days,
            k=PER_SUBJECT,
            min_count=config.min_count,
            min_people=config.min_people,
        )
    ]
    if not found:
        return []
    q = benjamini_hochberg([rule.p for rule in found], tested=len(subjects) * len(index.items))
    kept = [replace(rule, q=float(value)) for rule, value in zip(found, q, strict=True)]
    return [rule for rule in kept if rule.q <= config.q_value]


def cycles(index: BasketIndex, config: MiningConfig) -> list[Cycle]:
    """Return the cycle of every item that enough people take again."""
    sizes = np.asarray(index.item_rows.sizes)
    keys = [
        item
        for item, n in zip(index.items, sizes, strict=True)
        if n >= config.min_cycle_days * config.min_people
    ]
    found = (
        cycle_of(index, key, min_days=config.min_cycle_days, min_people=config.min_people) for key in keys
    )
    return [cycle for cycle in found if cycle is not None]


def trends(index: BasketIndex, config: MiningConfig) -> list[Trend]:
    """Return the trends that are beyond the noise between windows, corrected over all items."""
    periods = index.periods
    known = np.flatnonzero(periods.cell >= 0)
    if not len(known):
        return []
    cells = sparse.csr_array(
        (np.ones(len(known), dtype=np.int32), (periods.cell[known], known)),
        shape=(len(periods.n_cell), len(index)),
    )
    some = np.flatnonzero(np.asarray(index.item_rows.sizes) >= config.min_count)
    if not len(some):
        return []
    x_cell = (cells @ matrix_of(index)[:, some]).toarray().astype(np.int64)
    found = trends_of(periods, tuple(index.items[one] for one in some), x_cell)
    q = benjamini_hochberg([trend.p for trend in found])
    kept = [replace(trend, q=float(value)) for trend, value in zip(found, q, strict=True)]
    return [trend for trend in kept if trend.q <= config.q_value and trend.direction != "steady"]
