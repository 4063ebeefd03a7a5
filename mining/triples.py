"""Rules of three items that add to each of their pairs.

Knows frequent sets of three and their exact tests. It refuses to know how pairs were counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining.config import MiningConfig
from mining.count import Count
from mining.rule import Rule
from mining.statistics import benjamini_hochberg, fisher_greater, ratio_low

if TYPE_CHECKING:
    from mining.association import RuleTable
    from mining.finders import Material, Whole

Ints = NDArray[np.int64]


def triples(material: Material, counted: Callable[[Ints, Ints, Ints], list[Count]]) -> list[Rule]:
    """Return rules of three items; see `chosen_triples`.

    Args:
        material: The baskets.
        counted: Counts a, b -> c in full for some a, b and c.
    """
    from mining.association import rules
    from mining.itemsets import frequent_itemsets

    least = least_of_triples(len(material.index), material.config)
    if least is None:
        return []
    found = frequent_itemsets(material.matrix, least / len(material.index), 3)
    table = rules(found, heads=1, min_count=least)
    return chosen_triples(material.whole, table, material.config, counted)


def least_of_triples(n: int, config: MiningConfig) -> int | None:
    """Return how many of n baskets must hold three items; None where none are sought, or so many cannot be."""
    if config.min_support:
        least = max(round(config.min_support * n), 1)
    else:
        least = max(3 * config.min_count, n // 2000)
    return None if config.max_len < 3 or least > n else least


def chosen_triples(
    whole: Whole,
    table: RuleTable,
    config: MiningConfig,
    counted: Callable[[Ints, Ints, Ints], list[Count]],
) -> list[Rule]:
    """Return rules a, b -> c whose confidence beats both a -> c and b -> c by `min_gain`: productive rules.

    Each is tested by Fisher's exact test against each sub-rule, the larger p counts (Webb 2007), q over all of them.
    Those that beat neither are tested too, but need no p-value: it lies at 1/2 or above, since the median of a
    hypergeometric law is its mean rounded down or up.

    Args:
        whole: Totals of single items.
        table: Rules of one head over the frequent sets of up to three items, labelled with positions of items.
        config: Thresholds.
        counted: Counts a, b -> c in full for some a, b and c.
    """
    wide = np.flatnonzero(np.diff(table.antecedent_indptr) == 2)
    if not len(wide):
        return []
    label = np.array(table.labels, dtype=np.int64)
    first = table.antecedent_indptr[wide]
    a, b = label[table.antecedent_items[first]], label[table.antecedent_items[first + 1]]
    c = label[table.consequent_items[table.consequent_indptr[wide]]]
    sizes, met = whole.sizes, _pairs_in(table, label)
    n_x, n_xy = table.n_x[wide], table.n_xy[wide]
    sub = [(sizes[one], np.asarray(met[one, c]).ravel()) for one in (a, b)]
    best = np.maximum(*(both / alone for alone, both in sub))
    gain = n_xy / n_x / best
    some = np.flatnonzero(gain > 1) if config.q_value < 1 / 2 else np.arange(len(gain))
    p = np.maximum(*(fisher_greater(n_xy[some], n_x[some], both[some], alone[some]) for alone, both in sub))
    q = benjamini_hochberg(p, tested=len(gain))
    good = np.flatnonzero((q <= config.q_value) & (gain[some] >= config.min_gain))
    kept = good[np.argsort(-ratio_low(gain, n_xy)[some[good]], kind="stable")][: config.max_rules // 4]
    at = some[kept]
    found = []
    for count, p_one, q_one, more in zip(
        counted(a[at], b[at], c[at]), p[kept].tolist(), q[kept].tolist(), gain[at].tolist(), strict=True
    ):
        score = float(ratio_low(more, count.people_xy))
        if count.people_xy >= config.min_people and score > 1:
            found.append(Rule("together", count.x, count.y, count, p_one, q_one, score=score))
    return found


def _pairs_in(table: RuleTable, label: Ints) -> sparse.csr_array:
    """Return items x items: baskets with both, for the rules of two items; those of every sub-rule are there."""
    narrow = np.flatnonzero(np.diff(table.antecedent_indptr) == 1)
    x = label[table.antecedent_items[table.antecedent_indptr[narrow]]]
    y = label[table.consequent_items[table.consequent_indptr[narrow]]]
    m = int(label.max(initial=-1)) + 1
    return sparse.csr_array((table.n_xy[narrow], (x, y)), shape=(m, m))
