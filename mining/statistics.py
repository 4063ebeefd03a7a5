"""Tests and corrections over counts: exact, stratified, clustered by person, corrected for many.

Knows formulas only: numbers and arrays in, numbers and arrays out. It refuses to know baskets, items or rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def fisher_greater(
    n_xy: ArrayLike, n_x: ArrayLike, n_y: ArrayLike, n: ArrayLike, *, mid: bool = False
) -> Floats:
    """Return P(K >= n_xy) for K hypergeometric: one-sided exact test that x and y meet more than by chance.

    K counts the y among n_x baskets drawn without replacement from n of which n_y hold y (Fisher 1935). With
    `mid`, P(K > n_xy) + P(K = n_xy) / 2 (Lancaster 1961), which is less conservative for small counts.

    The tail is summed term by term from n_xy away from the mean, each term from the one before:
    p(k+1) / p(k) = (n_x - k)(n_y - k) / ((k + 1)(n - n_x - n_y + k + 1)).
    """
    from mining.tripleloops import tails

    k, x, y, total = (np.asarray(value, dtype=np.float64) for value in (n_xy, n_x, n_y, n))
    shape = np.broadcast_shapes(k.shape, x.shape, y.shape, total.shape)
    k, x, y, total = (
        np.ascontiguousarray(np.broadcast_to(value, shape)).ravel() for value in (k, x, y, total)
    )
    point = np.exp(_log_hypergeometric(k, x, y, total))
    upward = k > x * y / np.maximum(total, 1)
    beyond = tails(k, x, y, total, point, upward)
    tail = np.where(upward, point + beyond, 1.0 - beyond)
    return np.clip(tail - (point / 2 if mid else 0.0), 0.0, 1.0).reshape(shape)


def _log_hypergeometric(k: Floats, x: Floats, y: Floats, n: Floats) -> Floats:
    """Return ln [C(y, k) C(n - y, x - k) / C(n, x)]."""

    def choose(a: Floats, b: Floats) -> Floats:
        return np.asarray(special.gammaln(a + 1) - special.gammaln(b + 1) - special.gammaln(a - b + 1))

    return choose(y, k) + choose(n - y, x - k) - choose(n, x)


def benjamini_hochberg(p: ArrayLike, tested: int | None = None) -> Floats:
    """Return q-values: q(i) = min over j >= i of p(j) * m / j, p ascending (Benjamini and Hochberg 1995).

    Args:
        p: p-values of the tests at hand.
        tested: m, where more were tested than are passed (the others must have had larger p-values).
    """
    values = np.asarray(p, dtype=np.float64)
    m = max(len(values), tested or 0)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * m / np.arange(1, len(values) + 1)
    q = np.empty_like(values)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def student_greater(t: ArrayLike, df: ArrayLike) -> Floats:
    """Return P(T >= t) of Student's t; df below 1 tells nothing (1)."""
    degrees = np.asarray(df, dtype=np.float64)
    known = special.stdtr(np.maximum(degrees, 1.0), -np.asarray(t, dtype=np.float64))
    return np.where(degrees >= 1, known, 1.0)


@dataclass(frozen=True)
class Difference:
    """A difference of two shares, with its standard error over persons."""

    difference: float
    error: float
    people: int
    """Persons with a basket on either side."""
    greater: float
    """One-sided p: the first share is not above the second."""
    two_sided: float
    """P-value that the shares are equal; 1 where the data cannot tell."""


def clustered_difference(hits_a: ArrayLike, n_a: ArrayLike, hits_b: ArrayLike, n_b: ArrayLike) -> Difference:
    """Compare two shares of baskets, each person being one cluster.

    Shares are s_a = sum hits_a / sum n_a, s_b alike. With e_p = (hits_a - s_a n_a) / N_a - (hits_b - s_b n_b) / N_b,
    var(s_a - s_b) = P / (P - 1) * sum e_p^2 (linearised ratio estimator, Kish and Frankel 1974; what a bootstrap over
    persons converges to). Student's t with P - 1 degrees of freedom, where P is the effective number of persons
    (sum e^2)^2 / sum e^4: a difference that rests on a few persons is not told apart from chance.

    Args:
        hits_a: For each person, baskets on side a that hold the key.
        n_a: For each person, baskets on side a.
        hits_b: The same on side b.
        n_b: The same on side b.
    """
    ha, na, hb, nb = (np.asarray(value, dtype=np.float64) for value in (hits_a, n_a, hits_b, n_b))
    total_a, total_b = na.sum(), nb.sum()
    people = int(((na > 0) | (nb > 0)).sum())
    if not total_a or not total_b or people < 2:
        return Difference(float("nan"), float("nan"), people, 1.0, 1.0)
    share_a, share_b = ha.sum() / total_a, hb.sum() / total_b
    residual = (ha - share_a * na) / total_a - (hb - share_b * nb) / total_b
    difference, square = float(share_a - share_b), float((residual**2).sum())
    if square <= 1e-30:  # nobody deviates from the shares: there is no spread to measure a difference by
        certain = difference != 0 and people > 10
        return Difference(
            difference, 0.0, people, 0.0 if certain and difference > 0 else 1.0, 0.0 if certain else 1.0
        )
    effective = square**2 / float((residual**4).sum())
    error = float(np.sqrt(people / (people - 1) * square))
    t = difference / error
    greater, beyond = (float(student_greater(value, effective - 1)) for value in (t, abs(t)))
    return Difference(difference, error, people, greater, min(1.0, 2 * beyond))


def clustered_greater(
    difference: ArrayLike, squares: ArrayLike, fourths: ArrayLike, people: ArrayLike
) -> Floats:
    """Return the one-sided p-values of many differences of shares, clustered by person; see `clustered_difference`.

    Args:
        difference: First share less the second.
        squares: Sums over people of e^2.
        fourths: Sums over people of e^4.
        people: Persons with a basket on either side.
    """
    d, e2, e4, n = (np.asarray(value, dtype=np.float64) for value in (difference, squares, fourths, people))
    some = e2 > 1e-30
    safe2, safe4 = np.where(some, e2, 1.0), np.where(some, e4, 1.0)
    t = d / np.sqrt(np.maximum(n, 1) / np.maximum(n - 1, 1) * safe2)
    greater = student_greater(t, safe2**2 / safe4 - 1)
    certain = np.where((d > 0) & (n > 10), 0.0, 1.0)  # nobody deviates: there is no spread to measure by
    return np.where(n < 2, 1.0, np.where(some, greater, certain))


def clustered_association(xy: ArrayLike, x: ArrayLike, y: ArrayLike, n: ArrayLike) -> tuple[float, float]:
    """Test that baskets with x hold y more often than baskets hold y, each person being one cluster.

    The covariance of x and y over baskets is the sum of e_p = xy_p - s_y x_p - s_x y_p + s_x s_y n_p with
    s_x = sum x / N and s_y = sum y / N; z = sum e_p / sqrt(sum e_p^2) (cluster-robust score test, Liang and Zeger 1986).

    Args:
        xy: For each person, baskets with both.
        x: For each person, baskets with x.
        y: For each person, baskets with y.
        n: For each person, baskets.

    Returns:
        The statistic and its one-sided p-value, Student's t with the effective number of persons less one.
    """
    both, left, right, size = (np.asarray(value, dtype=np.float64) for value in (xy, x, y, n))
    total = size.sum()
    if not total:
        return 0.0, 1.0
    s_x, s_y = left.sum() / total, right.sum() / total
    residual = both - s_y * left - s_x * right + s_x * s_y * size
    return _score(residual)


def within_person(xy: ArrayLike, x: ArrayLike, y: ArrayLike, n: ArrayLike) -> tuple[float, float]:
    """Test that y goes with x more often than with the *same* person's baskets in general.

    d_p = xy_p - x_p y_p / n_p (the numerator of Cochran 1954 and Mantel and Haenszel 1959 with persons as strata);
    z = sum d_p / sqrt(sum d_p^2), so that baskets of one person may depend on each other in any way.

    Returns:
        The statistic and its one-sided p-value, Student's t with the effective number of persons less one.
    """
    both, left, right, size = (np.asarray(value, dtype=np.float64) for value in (xy, x, y, n))
    return _score(both - left * right / np.maximum(size, 1))


def spread_greater(total: ArrayLike, squares: ArrayLike, fourths: ArrayLike) -> Floats:
    """Return the one-sided p-value of residuals that sum to `total`, given the sums of their squares and fourth powers.

    z = total / sqrt(squares), Student's t with the effective number squares^2 / fourths less one; 1 without a spread.
    """
    e, e2, e4 = (np.asarray(value, dtype=np.float64) for value in (total, squares, fourths))
    some = e2 > 1e-30
    safe2, safe4 = np.where(some, e2, 1.0), np.where(some, e4, 1.0)
    return np.where(some, student_greater(e / np.sqrt(safe2), safe2**2 / safe4 - 1), 1.0)


def _score(residual: Floats) -> tuple[float, float]:
    square = float((residual**2).sum())
    if square <= 1e-30:
        return 0.0, 1.0
    z = float(residual.sum() / np.sqrt(square))
    effective = square**2 / float((residual**4).sum())
    return z, float(student_greater(z, effective - 1))


@dataclass(frozen=True)
class Odds:
    """An odds ratio with its 95 % interval."""

    value: float
    low: float
    high: float


def mantel_haenszel(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike) -> Odds:
    """Return the common odds ratio over strata: sum(a d / n) / sum(b c / n) (Mantel and Haenszel 1959).

    a holds both, b only x, c only y, d neither, one entry per stratum. The interval is exp(ln OR +- 1.96 se) with the
    variance of Robins, Breslow and Greenland (1986):
    sum(P R) / (2 R+^2) + sum(P S + Q R) / (2 R+ S+) + sum(Q S) / (2 S+^2),
    P = (a + d) / n, Q = (b + c) / n, R = a d / n, S = b c / n.
    """
    a, b, c, d = (np.asarray(value, dtype=np.float64) for value in (a, b, c, d))
    n = a + b + c + d
    some = n > 0
    a, b, c, d, n = a[some], b[some], c[some], d[some], n[some]
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    up, down = float(r.sum()), float(s.sum())
    if not up and not down:
        return Odds(float("nan"), float("nan"), float("nan"))
    if not up or not down:
        return Odds(0.0, 0.0, float("nan")) if not up else Odds(float("inf"), float("nan"), float("inf"))
    variance = (
        (p * r).sum() / (2 * up**2) + (p * s + q * r).sum() / (2 * up * down) + (q * s).sum() / (2 * down**2)
    )
    value, spread = up / down, 1.96 * float(np.sqrt(variance))
    return Odds(value, value * float(np.exp(-spread)), value * float(np.exp(spread)))


def lift_low(
    n_xy: ArrayLike, n_x: ArrayLike, n_y: ArrayLike, n: ArrayLike, seen: ArrayLike | None = None
) -> Floats:
    """Return the lower end of the 95 % interval of the lift (see `Count.lift_low`), 0 where nothing was seen.

    Args:
        n_xy: Baskets with both.
        n_x: Baskets with x.
        n_y: Baskets with y.
        n: Baskets.
        seen: Independent observations behind n_xy where they are fewer: persons, whose baskets resemble each other.
    """
    both, x, y, total = (np.asarray(value, dtype=np.float64) for value in (n_xy, n_x, n_y, n))
    observed = np.maximum(both if seen is None else np.minimum(both, np.asarray(seen, dtype=np.float64)), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.maximum(1 / observed - 1 / x + 1 / y - 1 / total, 0)
        low = both * total / (x * y) * np.exp(-1.96 * np.sqrt(variance))
    return np.where(both > 0, low, 0.0)


def ratio_low(ratio: ArrayLike, people: ArrayLike) -> Floats:
    """Return ratio * exp(-1.96 / sqrt(people)): the lower end of a ratio whose counted side is that many people.

    The variance of the logarithm of a count is one over the count; persons are counted, not baskets, so that what
    rests on few of them ranks low whatever they do.
    """
    seen = np.maximum(np.asarray(people, dtype=np.float64), 1e-9)
    return np.asarray(ratio, dtype=np.float64) * np.exp(-1.96 / np.sqrt(seen))


def size_strata(histogram: NDArray[Any], parts: int = 10) -> NDArray[np.int64]:
    """Return the stratum of each size 0, 1, 2, ...: `parts` equal parts of the baskets; ties stay in one stratum.

    Size s belongs to stratum floor(parts * F(s - 1)), F the share of baskets of at most that size.
    """
    counts = np.asarray(histogram, dtype=np.int64)
    total = max(int(counts.sum()), 1)
    before = np.cumsum(counts) - counts
    return np.asarray(np.minimum(parts * before // total, parts - 1))


def quartiles(values: Floats, start: NDArray[np.int64] | None = None) -> Floats:
    """Return the quartiles of ascending values, one line for values[start[i]:start[i + 1]]; NaN where there are none.

    Between two neighbours as far as the position lies between theirs (Hyndman and Fan 1996, definition 7).
    """
    start = np.array([0, len(values)]) if start is None else start
    n = np.diff(start)[:, None]
    if not len(values):
        return np.full((len(n), 3), np.nan)
    position = np.maximum(n - 1, 0) * np.array([0.25, 0.5, 0.75])
    low = position.astype(np.int64)
    a, b = (
        values[np.minimum(start[:-1, None] + np.minimum(at, n - 1), len(values) - 1)] for at in (low, low + 1)
    )
    return np.where(n > 0, a + (b - a) * (position - low), np.nan)
