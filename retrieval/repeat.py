"""Habits: what a person takes again, and when it is due.

Knows each person's visits and gaps. It refuses to know what other people's taste says about new items, and how trees
are grown (`retrieval.boost`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.boost import grow
from retrieval.profile import NO_TIME_AGE, Floats, Ints, Log, Query, sums
from retrieval.scorer import NOTHING, Arrays, Side
from retrieval.trees import Trees

FADES = (7.0, 20.0, 45.0, 90.0, 180.0)
"""Days after which a past row weighs 1/e, one frequency each."""
_GAP = 60.0
"""Days between two takings of an item of which nobody's gap is known."""
_MOST_ROWS = 2_500_000
"""About this many past rows, of people drawn evenly, teach a habit."""
_VISITS, _WINDOWS = 6, 3
"""How many visits of a person, and how many windows, are asked about while a habit is taught."""
_TAUGHT = 100
"""So many items of each question teach the ranking: the rest of a long history is hardly ever near the top."""
_TOP_VISIT, _TOP_WINDOW = 20, 40
"""Ranks that count while a habit is taught: a window holds more than a visit."""
_LINE_ROWS = 50_000
"""About this many (question, item) rows teach the line."""
_CURVE_ROWS = 400_000
"""About this many rows teach the logistic regression."""
_LARGE = 3
"""Items that make a visit a larger one."""
_FLOOR = -7.0
"""Log-odds below which an item counts as no habit at all."""


@dataclass(frozen=True)
class Rows:
    """Past rows of one or many owners (a person asked at an instant), as parallel arrays."""

    owner: Ints
    item: Ints
    age: Floats
    visit: Ints
    here: NDArray[np.bool_]
    """Whether the row was taken at the place of the question."""
    n_owners: int


@dataclass(frozen=True)
class ItemFacts:
    """What all people's rows say of each item: the usual gap, how often it repeats, how popular it is now."""

    group: Ints
    gap: Floats
    repeats: Floats
    takers: Floats
    recent: Floats
    lately: Floats
    n_groups: int


@dataclass(frozen=True)
class Table:
    """One row for each owner and distinct item of its past."""

    owner: Ints
    item: Ints
    features: Floats


def _decayed(key: Ints, size: int, age: Floats, fade: float) -> Floats:
    return sums(key, np.exp(-age / fade), size)


def tabulate(rows: Rows, facts: ItemFacts) -> Table:
    """Turn past rows into the features of every (owner, item): frequencies, recency, due, and their context.

    Vectorised over owners, so that one question and a million training rows take the same path.
    """
    n_items = len(facts.gap)
    pair, inverse = np.unique(rows.owner * n_items + rows.item, return_inverse=True)
    owner, item = pair // n_items, pair % n_items
    size = len(pair)
    count = np.bincount(inverse, minlength=size).astype(float)
    first, last = np.zeros(size), np.full(size, np.inf)
    np.maximum.at(first, inverse, rows.age)
    np.minimum.at(last, inverse, rows.age)
    often = [_decayed(inverse, size, rows.age, fade) for fade in FADES]
    here = np.bincount(inverse, weights=rows.here * np.exp(-rows.age / 180.0), minlength=size)
    usual = facts.gap[item]
    gap = np.where(count > 1, (first - last + 2 * usual) / (count + 1), usual)
    due = np.log(last / np.maximum(gap, 0.5) + 0.05)
    group_key, group_inverse = np.unique(
        rows.owner * facts.n_groups + facts.group[rows.item], return_inverse=True
    )
    of_group = np.searchsorted(group_key, owner * facts.n_groups + facts.group[item])
    kin = [_decayed(group_inverse, len(group_key), rows.age, fade)[of_group] for fade in (20.0, 90.0)]
    trips = _trips(rows)
    _, f20, _, f90, f180 = often
    columns = [
        *(np.log(one + 0.003) for one in often),
        np.log(count),
        np.log1p(last),
        due,
        np.log(gap + 1.0),
        facts.repeats[item],
        np.log(f90 / (trips[90.0][owner] + 1e-9) + 0.01),
        np.log(f20 / (trips[20.0][owner] + 1e-9) + 0.01),
        np.log(trips[45.0][owner] + 0.1),
        np.log(trips[0.0][owner] + 0.1),
        *(np.log(one + 0.01) for one in kin),
        np.log(facts.recent[item] / (facts.lately[item] + 1e-9) + 0.02),
        np.log(facts.takers[item] + 1.0),
        np.log(facts.lately[item] + 0.1),
        np.log(here / (f180 + 1e-9) + 0.05),
    ]
    return Table(owner, item, np.stack(columns, axis=1))


def _trips(rows: Rows) -> dict[float, Floats]:
    """Return each owner's decayed number of visits by fade, and under 0.0 the days since the last one."""
    span = int(rows.visit.max(initial=0)) + 1
    _, first = np.unique(rows.owner * span + rows.visit, return_index=True)
    owner, age = rows.owner[first], rows.age[first]
    out = {fade: _decayed(owner, rows.n_owners, age, fade) for fade in (20.0, 45.0, 90.0)}
    last = np.full(rows.n_owners, NO_TIME_AGE)
    np.minimum.at(last, owner, age)
    return out | {0.0: last}


def item_facts(log: Log, side: Side) -> ItemFacts:
    """Measure the items on all rows of the log."""
    age = np.nan_to_num(log.end - log.at, nan=NO_TIME_AGE)
    n = log.n_items
    pair, inverse = np.unique(log.person * n + log.item, return_inverse=True)
    item = pair % n
    count = np.bincount(inverse, minlength=len(pair)).astype(float)
    first, last = np.zeros(len(pair)), np.full(len(pair), np.inf)
    np.maximum.at(first, inverse, age)
    np.minimum.at(last, inverse, age)
    takers = np.bincount(item, minlength=n).astype(float)
    often = count >= 3
    mean = (first[often] - last[often]) / (count[often] - 1)
    order = np.lexsort((mean, item[often]))
    whose, mean = item[often][order], mean[order]
    starts = np.searchsorted(whose, np.arange(n + 1))
    gap = np.full(n, _GAP)
    known = np.diff(starts) > 0
    gap[known] = mean[(starts[:-1] + np.diff(starts) // 2)[known]]
    group, n_groups = side.parent, side.n_groups
    if (group < 0).any():
        group = np.where(group < 0, n_groups + np.arange(n), group)
        n_groups += n
    return ItemFacts(
        group=group,
        gap=np.maximum(gap, 0.5),
        repeats=np.bincount(item, weights=count > 1, minlength=n) / np.maximum(takers, 1.0),
        takers=takers,
        recent=_decayed(log.item, n, age, 20.0),
        lately=_decayed(log.item, n, age, 90.0),
        n_groups=n_groups,
    )


@dataclass(frozen=True)
class Habit:
    """The log-odds that a past item is taken again (in the window, or at this visit), above a floor.

    Boosted trees over `tabulate` rank the items that a person has taken (LambdaMART), and a line turns what they say
    into log-odds; over a window these are the mean with those of a logistic regression. Items that were never taken
    are NaN.
    """

    facts: ItemFacts
    trees: Trees
    line: Floats
    """Intercept and slope: log-odds = line[0] + line[1] * what the trees say."""
    weights: Floats
    """Intercept and weights of the logistic regression over `_curved`; empty where trees speak alone."""
    name: str = "again"

    def score(self, query: Query) -> Floats:
        """Return log-odds over the floor for past items, NaN for the rest."""
        out = np.full(len(self.facts.gap), np.nan)
        kept = query.sign > 0
        if kept.any():
            table = tabulate(_rows_of(query, kept), self.facts)
            odds = self.line[0] + self.line[1] * self.trees.predict(table.features)
            if len(self.weights):
                odds = (odds + self.weights[0] + _curved(table.features) @ self.weights[1:]) / 2
            out[table.item] = np.logaddexp(0.0, odds - _FLOOR)
        return out

    def because(self, query: Query, item: int) -> tuple[Ints, Floats]:
        """Return the item itself: a habit comes from its own past."""
        value = self.score(query)[item]
        return NOTHING if np.isnan(value) else (np.array([item]), np.array([value]))

    def arrays(self) -> Arrays:
        """Return trees, line and item facts."""
        facts = self.facts
        return {
            **self.trees.arrays(),
            "line": self.line,
            "weights": self.weights,
            "group": facts.group,
            "numbers": np.stack([facts.gap, facts.repeats, facts.takers, facts.recent, facts.lately]),
            "n_groups": np.array([facts.n_groups]),
        }

    @classmethod
    def of_arrays(cls, name: str, arrays: Mapping[str, NDArray[Any]]) -> Habit:
        """Make the scorer again from `arrays()`."""
        numbers = np.asarray(arrays["numbers"])
        gap, repeats, takers, recent, lately = numbers
        n_groups = int(arrays["n_groups"][0])
        facts = ItemFacts(np.asarray(arrays["group"]), gap, repeats, takers, recent, lately, n_groups)
        line, weights = np.asarray(arrays["line"]), np.asarray(arrays["weights"])
        return cls(facts, Trees.of_arrays(arrays), line, weights, name)


def _rows_of(query: Query, kept: NDArray[np.bool_]) -> Rows:
    item = query.item[kept]
    visit = query.step[kept].astype(np.int64)
    here = (query.place_of[kept] == query.place) & (query.place >= 0)
    return Rows(np.zeros(len(item), np.int64), item, query.age[kept], visit, here, 1)


def habit(log: Log, side: Side, *, window: float, visits: bool, name: str, threads: int = 1) -> Habit | None:
    """Fit the habit on past windows or on each person's last larger visits; None without repeats in them.

    Every training row is seen from an instant with only the rows before it. Of each question the items that were
    taken most lately and often teach the ranking, all of them the line.
    """
    facts = item_facts(log, side)
    cuts = _VISITS if visits else _WINDOWS
    every = max(1, cuts * len(log.item) // _MOST_ROWS)
    some = (
        log.keep(log.person % every == 0) if every > 1 else log
    )  # ids are sorted: no order of behaviour in them
    pasts = _past_visits(some, cuts) if visits else _past_windows(some, window, cuts)
    owners, features, labels = [], [], []
    for turn, (rows, wanted) in enumerate(pasts):
        table = tabulate(rows, facts)
        owners.append(table.owner + turn * log.n_people)
        features.append(table.features)
        labels.append(np.isin(table.owner * log.n_items + table.item, wanted))
    if not features or not np.concatenate(labels).any():
        return None
    owner, X, y = np.concatenate(owners), np.concatenate(features), np.concatenate(labels)
    near = _nearest(owner, X)
    trees = grow(
        X[near],
        y[near],
        owner[near],
        top=_TOP_VISIT if visits else _TOP_WINDOW,
        rounds=60,
        leaves=31,
        depth=6,
        rate=0.1,
        least=max(20, min(200, int(near.sum()) // 500)),
        ridge=1.0,
        threads=threads,
    )
    sample = slice(None, None, max(1, len(X) // _LINE_ROWS))
    line = logistic(trees.predict(X[sample])[:, None], y[sample].astype(float))
    weights = np.zeros(0)
    if not visits:
        some_rows = slice(None, None, max(1, len(X) // _CURVE_ROWS))
        weights = logistic(_curved(X[some_rows]), y[some_rows].astype(float))
    return Habit(facts, trees, line, weights, name)


def _curved(features: Floats) -> Floats:
    """Return the features of `tabulate` with the squares and products that make a straight line bend."""
    squares = features[:, [1, 2, 3, 5, 6, 7, 8, 14]] ** 2
    products = features[:, [7, 7, 6, 10]] * features[:, [5, 8, 12, 7]]
    return np.concatenate([features, squares, products], axis=1)


def _nearest(owner: Ints, features: Floats) -> NDArray[np.bool_]:
    """Return the mask of each owner's `_TAUGHT` items that were taken most lately and often."""
    order = np.lexsort((-(features[:, 2] + features[:, 3]), owner))
    first = np.searchsorted(owner[order], owner[order])
    mask = np.zeros(len(owner), bool)
    mask[order[np.arange(len(owner)) - first < _TAUGHT]] = True
    return mask


def _past_windows(log: Log, window: float, cuts: int) -> list[tuple[Rows, Ints]]:
    """Return, for each window counted back from the end, the rows before it and the pairs taken in it."""
    out = []
    start = float(np.nanmin(log.at)) if len(log.at) and not np.isnan(log.at).all() else log.end
    for back in range(1, cuts + 1):
        cut = log.end - window * back
        if cut - start < window:
            break
        past = (log.at < cut) & (log.sign > 0)
        inside = (log.at >= cut) & (log.at < cut + window)
        wanted = log.person[inside] * log.n_items + log.item[inside]
        nowhere = np.zeros(int(past.sum()), bool)
        rows = Rows(
            log.person[past],
            log.item[past],
            cut - log.at[past],
            log.step[past].astype(np.int64),
            nowhere,
            log.n_people,
        )
        out.append((rows, wanted))
    return out


def _past_visits(log: Log, most: int) -> list[tuple[Rows, Ints]]:
    """Return, for each of the last `most` larger visits of each person, the rows before it and what it holds.

    Larger visits hold three items, or as many as the largest one of the person.
    """
    span = int(log.step.max(initial=0.0)) + 1
    visit, size = np.unique(log.person * span + log.step.astype(np.int64), return_counts=True)
    whose = visit // span
    largest = np.zeros(log.n_people, np.int64)
    np.maximum.at(largest, whose, size)
    large = size >= np.minimum(largest, _LARGE)[whose]
    whose, step = whose[large], (visit % span)[large]
    back = np.searchsorted(whose, whose, side="right") - 1 - np.arange(len(whose))
    out = []
    for turn in range(most):
        target = np.full(log.n_people, -1.0)
        target[whose[back == turn]] = step[back == turn]
        found = _past_visit(log, target)
        if len(found[0].item):
            out.append(found)
    return out


def _past_visit(log: Log, target: Floats) -> tuple[Rows, Ints]:
    """Return the rows before the visit of step `target` of each person, and the pairs that were taken in it."""
    past = (log.step < target[log.person]) & (log.sign > 0)
    inside = log.step == target[log.person]
    when, where = np.full(log.n_people, np.nan), np.full(log.n_people, -1, np.int64)
    when[log.person[inside]] = log.at[inside]
    where[log.person[inside]] = log.place[inside]
    person = log.person[past]
    age = np.nan_to_num(np.maximum(when[person] - log.at[past], 0.0), nan=NO_TIME_AGE)
    here = (log.place[past] == where[person]) & (where[person] >= 0)
    rows = Rows(person, log.item[past], age, log.step[past].astype(np.int64), here, log.n_people)
    return rows, log.person[inside] * log.n_items + log.item[inside]


def logistic(X: Floats, y: Floats, *, ridge: float = 1.0, rounds: int = 12) -> Floats:
    """Return intercept and weights of ridge-penalised logistic regression by Newton's method (IRLS)."""
    mean, spread = X.mean(axis=0), X.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    Z = np.concatenate([np.ones((len(X), 1)), (X - mean) / spread], axis=1)
    w = np.zeros(Z.shape[1])
    w[0] = np.log((y.mean() + 1e-6) / (1 - y.mean() + 1e-6))
    penalty = np.full(len(w), ridge)
    penalty[0] = 0.0

    def loss(w: Floats) -> float:
        odds = Z @ w
        return float(np.logaddexp(0.0, odds).sum() - y @ odds + penalty @ (w * w) / 2)

    now = loss(w)
    for _ in range(rounds):
        p = 1.0 / (1.0 + np.exp(-np.clip(Z @ w, -30, 30)))
        gradient = Z.T @ (p - y) + penalty * w
        hessian = (Z * (p * (1 - p))[:, None]).T @ Z + np.diag(penalty + 1e-6)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while (then := loss(w - size * step)) > now and size > 1e-3:  # Newton overshoots where p saturates
            size /= 2
        if then > now:
            break
        w, gained, now = w - size * step, now - then, then
        if gained < 1e-6 * len(y):
            break
    out = w.copy()
    out[1:] = w[1:] / spread
    out[0] = w[0] - (out[1:] * mean).sum()
    return out
