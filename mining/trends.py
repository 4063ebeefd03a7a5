"""Whether the share of baskets with something rises, fades or peaks, beyond the noise between weeks and months.

Knows series of counts and their tests. It refuses to know persons, contexts and other items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mining import columns as col
from mining.rule import Direction, Trend
from mining.statistics import Floats, benjamini_hochberg, student_greater

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex

Unit = Literal["month", "week"]
_SHIFT = 2**32
"""Days and weeks from 1970, before it too, are far below half of it."""
LEAST = 4
"""Fewer windows than this show no trend."""
LEVEL = 0.05
FEW = 20
"""Fewer baskets than this with a key show no trend."""


@dataclass(frozen=True, eq=False)
class Periods:
    """Which month or week each basket belongs to, and the cells (weeks within it) that show the noise."""

    unit: Unit
    labels: tuple[str, ...]
    cell: NDArray[np.int64]
    """Cell of each basket, -1 where the time is unknown."""
    window_of_cell: NDArray[np.int64]
    n_cell: NDArray[np.int64]
    """Baskets of each cell."""

    @classmethod
    def of(cls, day: NDArray[np.int32]) -> Periods:
        """Return months where the days span at least `LEAST` of them, else weeks; cells are weeks, or days."""
        known = day != col.NO_DAY
        days = day[known].astype("datetime64[D]")
        months = days.astype("datetime64[M]").astype(np.int64)
        weeks = (day[known].astype(np.int64) + 3) // 7  # 1970-01-01 was a Thursday: weeks begin on Mondays
        by_month = len(months) > 0 and int(months.max() - months.min()) >= LEAST - 1
        window, fine = (months, weeks) if by_month else (weeks, day[known].astype(np.int64))
        cells, code = np.unique(
            window * _SHIFT + fine, return_inverse=True
        )  # one sort of numbers, not of pairs
        windows, window_of_cell = np.unique((cells + _SHIFT // 2) // _SHIFT, return_inverse=True)
        cell = np.full(len(day), -1, dtype=np.int64)
        cell[known] = code.ravel()
        labels = windows.astype("datetime64[M]") if by_month else (windows * 7 - 3).astype("datetime64[D]")
        return cls(
            "month" if by_month else "week",
            tuple(str(label) for label in labels),
            cell,
            window_of_cell,
            np.bincount(code.ravel(), minlength=len(cells)),
        )

    @property
    def n(self) -> NDArray[np.int64]:
        """Baskets of each window."""
        return self.merged(self.n_cell)

    def merged(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum cells (one line each) into windows."""
        result: NDArray[np.int64] = np.zeros((len(self.labels), *cells.shape[1:]), dtype=np.int64)
        np.add.at(result, self.window_of_cell, cells)
        return result


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What the tests say of many series at once; one entry per series."""

    slope: Floats
    p_slope: Floats
    rises: NDArray[np.bool_]
    peak: NDArray[np.int64]
    p_peak: Floats
    """The smaller of the one-month and the whole-year test, doubled."""
    straight: NDArray[np.bool_]
    """Whether a straight line explains more of the variance between windows than a peak or a yearly wave."""
    dispersion: Floats

    @property
    def p(self) -> Floats:
        """The smaller of slope and peak, doubled, as both were tried."""
        return np.asarray(np.minimum(1.0, 2 * np.minimum(self.p_slope, self.p_peak)))


def judge(periods: Periods, x_cell: NDArray[np.int64]) -> Verdicts:
    """Test series for a slope and for a peak.

    Slope: weighted least squares of the share on time, weights n; its variance is phi p (1 - p) / sum n (t - mean)^2
    with phi = max(1, Pearson X^2 / (T - 2)) around the line (quasi-binomial, McCullagh and Nelder 1989, 4.5), so that
    noise between windows beyond the binomial widens it; Student's t with T - 2 degrees of freedom, two-sided.

    Peak: the window with the highest share against the rest, z = difference / sqrt(phi p (1 - p)(1/n + 1/rest)) with
    phi = max(1, Pearson X^2 / (C - T)) of the cells around their own window; one-sided, times T for the choice. Where
    eight months or more are known, a broad summer or winter is tested too, by the F test of a yearly cosine.

    Fewer than `FEW` baskets in all say nothing (p = 1): the tests are normal approximations.

    Args:
        periods: Windows and cells.
        x_cell: Cells x series: baskets with the key.
    """
    n_cell, n = periods.n_cell[:, None].astype(float), periods.n[:, None].astype(float)
    x = periods.merged(x_cell).astype(float)
    windows, cells = len(n), len(n_cell)
    share = x / n
    mean = x.sum(axis=0) / n.sum()
    noise = np.maximum(mean * (1 - mean), 1e-12)

    time = np.arange(windows, dtype=float)[:, None]
    middle = (n * time).sum() / n.sum()
    spread = float((n * (time - middle) ** 2).sum())
    slope = (n * (time - middle) * share).sum(axis=0) / spread
    line = np.clip(mean + slope * (time - middle), 1e-9, 1 - 1e-9)
    around = ((x - n * line) ** 2 / (n * line * (1 - line))).sum(axis=0) / max(windows - 2, 1)
    t = np.abs(slope) / np.sqrt(np.maximum(around, 1) * noise / spread)
    p_slope = np.minimum(1.0, 2 * student_greater(t, windows - 2))

    own = share[periods.window_of_cell]
    within = ((x_cell - n_cell * own) ** 2 / (n_cell * np.maximum(own * (1 - own), 1e-12))).sum(axis=0)
    phi = np.maximum(within / max(cells - windows, 1), 1)
    peak = np.argmax(share, axis=0)
    at = np.arange(x.shape[1])
    n_top, x_top = n[peak, 0], x[peak, at]
    rest = n.sum() - n_top
    gap = x_top / n_top - (x.sum(axis=0) - x_top) / np.maximum(rest, 1)
    z = gap / np.sqrt(phi * noise * (1 / n_top + 1 / np.maximum(rest, 1)))
    p_peak = np.minimum(1.0, windows * student_greater(z, cells - windows))
    explained = gap**2 / (1 / n_top + 1 / np.maximum(rest, 1))
    if periods.unit == "month" and windows >= 8:
        p_wave, wave = _yearly(periods, share, phi * noise)
        p_peak = np.minimum(1.0, 2 * np.minimum(p_peak, p_wave))
        explained = np.maximum(explained, wave)
    few = x.sum(axis=0) < FEW
    p_slope, p_peak = np.where(few, 1.0, p_slope), np.where(few, 1.0, p_peak)
    straight = slope**2 * spread >= explained
    return Verdicts(line[-1] / line[0], p_slope, slope > 0, peak, p_peak, straight, phi)


def _yearly(periods: Periods, share: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """P-value of a yearly cosine, and the sum of squares that it explains.

    F = explained / (2 variance) with 2 and C - T degrees of freedom (cosinor, Halberg, Tong and Johnson 1967).
    Share is fitted by weighted least squares, weights n, on 1, cos and sin of the calendar month.
    """
    n = periods.n.astype(float)
    angle = 2 * np.pi * np.array([int(label[5:7]) for label in periods.labels]) / 12
    design = np.stack([np.ones(len(n)), np.cos(angle), np.sin(angle)], axis=1)
    weighted = design * n[:, None]
    fitted = design @ np.linalg.lstsq(weighted.T @ design, weighted.T @ share, rcond=None)[0]
    mean = (n[:, None] * share).sum(axis=0) / n.sum()
    explained = (n[:, None] * (fitted - mean) ** 2).sum(axis=0)
    df = max(len(periods.n_cell) - len(n), 1)
    return np.asarray(special.fdtrc(2, df, explained / (2 * np.maximum(variance, 1e-30)))), explained


def trend_of(index: BasketIndex, key: str) -> Trend:
    """Return the trend of a key, whatever it says.

    Raises:
        UnknownKey: no basket holds the key.
    """
    periods = index.periods
    held = periods.cell[index.rows_with(key)]
    cells = np.bincount(held[held >= 0], minlength=len(periods.n_cell))
    return trends_of(periods, (key,), cells[:, None])[0]


def trends_of(periods: Periods, keys: tuple[str, ...], x_cell: NDArray[np.int64]) -> list[Trend]:
    """Return the trend of each key; `x_cell` is cells x keys."""
    verdicts = judge(periods, x_cell) if len(periods.labels) >= LEAST else None
    return [_trend(periods, key, x_cell[:, at], verdicts, at) for at, key in enumerate(keys)]


def clear_trends(
    periods: Periods, keys: Sequence[str], x_cell: NDArray[np.int64], level: float
) -> list[Trend]:
    """Return the trends beyond the noise between windows, corrected over all keys (Benjamini-Hochberg).

    Args:
        periods: Windows and cells.
        keys: What is tested.
        x_cell: Cells x keys: baskets with each.
        level: Largest q-value.
    """
    if len(periods.labels) < LEAST or not len(keys):
        return []
    verdicts = judge(periods, x_cell)
    q = benjamini_hochberg(verdicts.p)
    clear = np.flatnonzero((q <= level) & (verdicts.p <= LEVEL)).tolist()
    found = (_trend(periods, keys[at], x_cell[:, at], verdicts, at) for at in clear)
    return [replace(trend, q=float(q[at])) for at, trend in zip(clear, found, strict=True)]


def _trend(periods: Periods, key: str, cells: NDArray[np.int64], verdicts: Verdicts | None, at: int) -> Trend:
    n, n_x = periods.n, periods.merged(cells)
    labels = periods.labels
    best = int(np.argmax(n_x / n)) if len(n) and n_x.sum() else -1
    direction, p, slope, dispersion = _direction(periods, n_x, verdicts, at)
    return Trend(
        key=key,
        unit=periods.unit,
        labels=labels,
        n=tuple(n.tolist()),
        n_x=tuple(n_x.tolist()),
        direction=direction,
        slope=slope,
        p=p,
        peak=labels[best] if best >= 0 else "",
        dispersion=dispersion,
        score=0.0 if direction == "steady" else _strength(n, n_x, direction, best),
    )


def _direction(
    periods: Periods, n_x: NDArray[np.int64], verdicts: Verdicts | None, at: int
) -> tuple[Direction, float, float, float]:
    if verdicts is None:
        return "steady", 1.0, float("nan"), float("nan")
    p, slope, phi = float(verdicts.p[at]), float(verdicts.slope[at]), float(verdicts.dispersion[at])
    if p > LEVEL:
        return "steady", p, slope, phi
    sloped, peaked = 2 * verdicts.p_slope[at] <= LEVEL, 2 * verdicts.p_peak[at] <= LEVEL
    if sloped and (verdicts.straight[at] or not peaked):
        return ("rising" if verdicts.rises[at] else "fading"), p, slope, phi
    return ("season" if _every_year(periods, n_x) else "peak"), p, slope, phi


def _every_year(periods: Periods, n_x: NDArray[np.int64]) -> bool:
    """Whether at least two whole years of months peak in the same calendar month, give or take one."""
    if periods.unit != "month" or len(periods.labels) < 24:
        return False
    share = n_x / periods.n
    months = np.array([int(label[5:7]) for label in periods.labels])
    tops = [months[at + int(np.argmax(share[at : at + 12]))] for at in range(0, len(share) - 11, 12)]
    return all(min((top - tops[0]) % 12, (tops[0] - top) % 12) <= 1 for top in tops)


def _strength(n: NDArray[np.int64], n_x: NDArray[np.int64], direction: Direction, best: int) -> float:
    """Order trends: how many baskets more (or fewer) than an even share the change moved, per root of the share."""
    expected = n * n_x.sum() / n.sum()
    if direction in ("peak", "season"):
        return float((n_x[best] - expected[best]) / np.sqrt(max(expected[best], 1)))
    half = len(n) // 2
    return float(abs(n_x[half:].sum() - expected[half:].sum()) / np.sqrt(max(expected[half:].sum(), 1)))
