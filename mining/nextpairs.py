"""Next rules of two items: what follows baskets with both more often than it follows baskets with either.

Knows which pairs are bodies, the screen of their followers and the tests against the rules of one item. It refuses to
know how pairs were found, and how rules of one item are chosen (see `mining.following`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import statistics
from mining.basketindex import BasketIndex
from mining.config import MiningConfig
from mining.following import (
    Bodies,
    FollowerTable,
    Ints,
    Occasions,
    best_of_each,
    counted_next,
    lines_of,
)
from mining.rule import NextRule
from mining.sequence import chosen_next
from mining.sight import NS_A_DAY, PARTS

Floats = NDArray[np.float64]


def next_of_pairs(
    index: BasketIndex,
    config: MiningConfig,
    occasions: Occasions,
    table: FollowerTable,
    x: Ints,
    y: Ints,
    n_xy: Ints,
) -> list[NextRule]:
    """Return what follows the most taken pairs of items that go together, where both items tell more than either.

    A rule {a, b} -> y must pass what a rule of one item must pass (see `following.following`), and be productive
    (Webb 2007, "Discovering significant patterns"): y follows {a, b} `min_gain` times as often as it follows a and
    as it follows b, significantly more often, and not less often than after the same persons' baskets with a, or
    with b. Significantly: among the baskets with a, the early ones, those with b too against all, each person being
    one cluster (`statistics.clustered_association`), and the same among those with b. The largest of the p-values
    counts, q by Benjamini-Hochberg over all bodies and followers that were seen often enough: at `min_count` occasions,
    with `min_people` persons behind those that the tests see. Both items are among the most taken (`subjects_of`).

    Args:
        index: The baskets.
        config: Thresholds.
        occasions: Those of the index.
        table: What follows the items that may be in a body.
        x: Items of the pairs that go together, by position, a pair in one direction or in both.
        y: The other items.
        n_xy: Baskets with both.
    """
    pairs = _most_taken(lines_of(table.subjects, len(index.items)), x, y, n_xy, config.next_pairs)
    if not len(pairs):
        return []
    bodies = _bodies(index, pairs)
    body, head, met, alone, tested = _screened(index, config, occasions, table, bodies, pairs)
    if not len(body):
        return []
    expected, p = _productive(index, occasions, bodies, pairs, body, head)
    # who fails this test alone fails with the larger of two p-values; q of the others is the same without them
    some = np.flatnonzero(statistics.benjamini_hochberg(p, tested) <= config.q_value)
    found = counted_next(index, occasions, bodies, body[some], head[some], met[some])
    told = [
        replace(rule, p_productive=one, alone=share)
        for rule, one, share in zip(found, p[some].tolist(), alone[some].tolist(), strict=True)
    ]
    by_habit = {
        (rule.antecedent, rule.consequent)
        for rule, explained in zip(told, expected[some].tolist(), strict=True)
        if rule.n_xy < explained
    }
    kept = chosen_next(told, tested, config)
    return [rule for rule in kept if (rule.antecedent, rule.consequent) not in by_habit]


def _most_taken(line: NDArray[np.int32], x: Ints, y: Ints, n_xy: Ints, k: int) -> Ints:
    """Return the first k of the pairs of subjects, those in most baskets first: pairs x (left, right), left < right."""
    left, right = np.minimum(x, y), np.maximum(x, y)
    both = np.flatnonzero((line[left] >= 0) & (line[right] >= 0))
    pairs, first = np.unique(np.stack([left[both], right[both]], axis=1), axis=0, return_index=True)
    order = np.argsort(-n_xy[both][first], kind="stable")[:k]
    return np.asarray(pairs[order], dtype=np.int64)


def _bodies(index: BasketIndex, pairs: Ints) -> Bodies:
    keys = [(index.items[a], index.items[b]) for a, b in pairs.tolist()]
    rows = [index.layout.rows_of(index.bits_with(one)) for one in keys]
    return Bodies(keys, np.cumsum([0, *map(len, rows)], dtype=np.int64), np.concatenate(rows))


def _followers(
    index: BasketIndex, occasions: Occasions, bodies: Bodies
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Count for each body the occasions that each item follows.

    Returns:
        (late, early) x bodies x items: occasions; and bodies x items: persons behind those that tests see.
    """
    from mining.nextpairloops import tally_bodies

    ones = np.ones(len(bodies.rows), dtype=np.int8)
    held = sparse.csr_array((ones, bodies.rows, bodies.start), shape=(len(bodies.keys), len(index))).tocsc()
    start, which = held.indptr.astype(np.int64), held.indices.astype(np.int32)
    rows = np.flatnonzero((np.diff(start) > 0) & (occasions.whole > 0)).astype(np.int32)
    counts = np.zeros((2, len(bodies.keys), len(index.items)), dtype=np.int32)
    sequence = (
        np.asarray(index.at), np.asarray(index.person), np.asarray(index.start), np.asarray(index.basket_items),
    )  # fmt: skip
    people = np.zeros(counts.shape[1:], dtype=np.int32)
    has_early = (bodies.holding(occasions.early) > 0).view(np.uint8)
    tally_bodies(
        rows, start, which, occasions.early, *sequence, occasions.days * NS_A_DAY, has_early, counts, people
    )
    return counts, people


def _screened(
    index: BasketIndex,
    config: MiningConfig,
    occasions: Occasions,
    table: FollowerTable,
    bodies: Bodies,
    pairs: Ints,
) -> tuple[NDArray[np.int32], NDArray[np.int32], Ints, Floats, int]:
    """Return bodies and followers that are counted in full, and how many were seen often enough to be tested.

    Of each body the followers with the best lower end of the ratio to the better of its items, as early occasions
    show it, of those that beat it by `min_gain` over all. With them n_xy, and the share of the better item.
    """
    items, line = Bodies.of_items(index), lines_of(table.subjects, len(index.items))
    (met, people), met_alone = _followers(index, occasions, bodies), np.asarray(table.counts[:, :-1])
    every = met.sum(axis=0)
    often = (every >= config.min_count) & (people >= config.min_people)
    often[np.arange(len(pairs)), pairs.T] = False
    body, head = np.nonzero(often)
    part = pairs[body].T
    n_xy, n_x = every[body, head].astype(np.int64), bodies.holding(occasions.whole)[body]
    n_y, n = met_alone.sum(axis=0)[line[part], head].astype(np.int64), items.holding(occasions.whole)[part]
    alone = (n_y / np.maximum(n, 1)).max(axis=0)
    early = bodies.holding(occasions.early)[body]
    some = early > 0
    low = statistics.lift_low(
        np.where(some, met[1, body, head], n_xy),
        np.where(some, early, n_x),
        np.where(some, met_alone[1, line[part], head], n_y),
        np.where(some, items.holding(occasions.early)[part], n),
        people[body, head],
    ).min(axis=0)
    low[n_xy < config.min_gain * alone * n_x] = 0
    best = best_of_each(body, low)
    return body[best].astype(np.int32), head[best].astype(np.int32), n_xy[best], alone[best], len(body)


def _productive(
    index: BasketIndex,
    occasions: Occasions,
    bodies: Bodies,
    pairs: Ints,
    body: NDArray[np.int32],
    head: NDArray[np.int32],
) -> tuple[Floats, Floats]:
    """Compare the occasions with both items with all that hold one of them.

    Returns:
        How many of the n_xy the same persons' occasions with one item explain, and the p-values; of both items the
        larger number.
    """
    from mining.nextpairloops import count_within

    by_head = np.argsort(head, kind="stable")
    line = np.repeat(by_head, 2)
    part = pairs[body[by_head]].astype(np.int32).ravel()
    sets = index.item_rows
    rows = bodies.start, bodies.rows, np.asarray(sets.start), np.asarray(sets.rows)
    flags = occasions.whole, occasions.early, occasions.window
    sums = count_within(
        body[line], part, head[line], *rows, np.asarray(index.at), np.asarray(index.person), *flags, PARTS,
        occasions.days * NS_A_DAY, len(index.people),
    ).reshape(len(body), 2, 4)[np.argsort(by_head, kind="stable")]  # fmt: skip
    p = statistics.spread_greater(sums[..., 1], sums[..., 2], sums[..., 3])
    return sums[..., 0].max(axis=1), p.max(axis=1)
