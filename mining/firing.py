"""Rules for a ranker, where several may fire at once: what a narrow rule explains, a wide one must not say again.

Knows counts of pairs in nested slices. It refuses to know scores.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from mining import columns as col
from mining.context import Calendar
from mining.rule import Rule

Counts = tuple[int, int, int, int]
"""n, n_x, n_y, n_xy."""


def fired_counts(rules: Iterable[Rule], calendar: Calendar) -> dict[str, Counts | None]:
    """Return the counts to fire with of the rules that are not to fire with their own, by the id of the rule.

    A pair that meets on weekend nights in one region has wider rules too: on weekends, in the region, everywhere.
    They owe what they say to the narrow one, and at other times and places they would be wrong. So where a pair has a
    rule of a time and a place together, which was tested against both its neighbours, its rules of a time alone or a
    place alone are left out (None), and any wider rule of the pair counts only the baskets outside the narrower rule
    of the highest confidence.
    """
    pairs: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Rule]] = defaultdict(list)
    bound = set()
    for rule in rules:
        if rule.antecedent and rule.kind in ("together", "context"):
            pairs[rule.antecedent, rule.consequent].append(rule)
            if rule.context and rule.place is not None:
                bound.add((rule.antecedent, rule.consequent))
    found: dict[str, Counts | None] = {}
    for pair in bound:
        kept = []
        for rule in pairs[pair]:
            if bool(rule.context) != (rule.place is not None):
                found[rule.id] = None
            else:
                kept.append(rule)
        kept.sort(key=lambda rule: -rule.count.confidence)
        for wide in kept:
            inner = next((one for one in kept if one is not wide and _within(one, wide, calendar)), None)
            if inner is not None:
                found[wide.id] = _less(wide, inner)
    return found


def _within(narrow: Rule, wide: Rule, calendar: Calendar) -> bool:
    """Whether every basket of the narrow rule's slice lies in the wide one's, which is another."""
    if (narrow.context, narrow.place) == (wide.context, wide.place) or wide.place not in (None, narrow.place):
        return False
    implied = set(narrow.context)
    for word in narrow.context:
        group, names = calendar.group_of[word], calendar.groups
        if group == col.WEEKDAY:
            implied.add(names[col.WEEKEND][names[col.WEEKDAY].index(word) >= 5])
        elif group == col.MONTH:
            implied.add(names[col.SEASON][calendar.season_of_month[names[col.MONTH].index(word)]])
    return set(wide.context) <= implied


def _less(wide: Rule, inner: Rule) -> Counts:
    a, b = wide.count, inner.count
    return a.n - b.n, a.n_x - b.n_x, a.n_y - b.n_y, a.n_xy - b.n_xy
