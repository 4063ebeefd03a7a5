"""Order in a history: what is taken near in time to what.

Knows the steps of each history. It refuses to know calendars and rules.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from retrieval.profile import Floats, Ints, Log
from retrieval.scorer import Linear, most_taken


def closeness(step: Floats, *, fade: float, after: float) -> NDArray[np.float32]:
    """Return how much row y says of row x: distance ** -fade, times `after` where y is not before x, 0 for itself.

    Rows of one step (one visit, or one instant) are at distance 1.
    """
    half = np.rint(2.0 * step).astype(np.int64)  # tied instants share their mean position: a whole or a half
    gap = half[:, None] - half[None, :]
    longest = int(gap.max(initial=0))
    table = np.maximum(np.abs(np.arange(-longest, longest + 1)) / 2.0, 1.0).astype(np.float32) ** -fade
    table[: longest + 1] *= after
    near = table[gap + longest]
    np.fill_diagonal(near, 0.0)
    return np.asarray(near)


def near_in_time(
    log: Log,
    *,
    limit: int,
    ridge: float = 30.0,
    fade: float = 0.75,
    after: float = 0.5,
    profile_fade: float = 1.0,
    longest: int = 300,
) -> tuple[Linear, Linear]:
    """Fit two item-item matrices from the order of each history; both are read through a recency profile.

    "near" predicts every row from the rows around it by ridge regression: with A the closeness of all rows of a
    person and X their one-hot items, B = (X'A'AX + ridge I)^-1 X'A'X with a zero diagonal, each person divided by
    the root of their length. It is EASE (Steck 2019) with a window that fades, and with both sides of it (compare
    SLIST, Choi et al., WWW 2021, which looks back only).
    "beside" is the plain count behind it: the summed closeness of two items over the root of the target's takers.
    """
    popularity = np.bincount(log.item[log.sign > 0], minlength=log.n_items).astype(float)
    rows = most_taken(popularity, limit)
    size = int((rows >= 0).sum())
    around = np.zeros((size, size), np.float32)
    target = np.zeros((size, size), np.float32)
    for person in range(log.n_people):
        item, step = _last_of_each(log, person, rows, longest)
        if len(item) < 2:
            continue
        A = closeness(step, fade=fade, after=after)
        share = len(item) ** -0.5
        cells = np.ix_(item, item)
        around[cells] += (A.T @ A) * share
        target[cells] += A.T * share
    beside = target / np.sqrt(np.maximum(popularity[rows >= 0], 1.0))[None, :]
    exact = around.astype(np.float64)  # the counts are sums of few terms, the solution of the system is not
    exact[np.diag_indices(size)] += ridge
    B = scipy.linalg.solve(exact, target, assume_a="pos", overwrite_a=True, check_finite=False)
    np.fill_diagonal(B, 0.0)
    return (
        Linear("near", np.ascontiguousarray(B, dtype=np.float32), rows, profile_fade),
        Linear("beside", beside.astype(np.float32), rows, profile_fade),
    )


def _last_of_each(log: Log, person: int, rows: Ints, longest: int) -> tuple[Ints, Floats]:
    """Return the covered items of a person, each at its last step, at most the `longest` latest."""
    here = log.rows_of(person)
    item, step = rows[log.item[here]], log.step[here]
    kept = (item >= 0) & (log.sign[here] > 0)
    item, step = item[kept][::-1], step[kept][::-1]
    _, first = np.unique(item, return_index=True)
    first = np.sort(first)[:longest]
    return item[first], step[first]
