from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mining.statistics import (
    benjamini_hochberg,
    clustered_association,
    clustered_difference,
    fisher_greater,
    lift_low,
    mantel_haenszel,
    size_strata,
    within_person,
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n = draw(st.integers(1, 400))
    x, y = draw(st.integers(0, n)), draw(st.integers(0, n))
    return draw(st.integers(max(0, x + y - n), min(x, y))), x, y, n


@given(tables())
def test_fisher_is_the_hypergeometric_tail(table: tuple[int, int, int, int]) -> None:
    k, x, y, n = table
    assert float(fisher_greater(k, x, y, n)) == pytest.approx(
        stats.hypergeom.sf(k - 1, n, y, x), abs=1e-9, rel=1e-6
    )
    middle = stats.hypergeom.sf(k, n, y, x) + stats.hypergeom.pmf(k, n, y, x) / 2
    assert float(fisher_greater(k, x, y, n, mid=True)) == pytest.approx(middle, abs=1e-9, rel=1e-6)


def test_fisher_takes_arrays_and_reaches_the_far_tail() -> None:
    found = fisher_greater([859, 5], [7106, 10], [1654, 50], [155_516, 100])
    assert found[1] == pytest.approx(0.6296, abs=1e-4)
    assert 0 <= found[0] < 1e-300


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_are_those_of_scipy(p: list[float]) -> None:
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))


def test_untested_hypotheses_count() -> None:
    assert benjamini_hochberg([0.01], tested=10).tolist() == [pytest.approx(0.1)]


def people(seed: int, effect: float, *, spread: float = 0.5, n: int = 400) -> tuple[np.ndarray, ...]:
    """Hits and baskets of persons on two sides; persons differ in taste, so that their baskets resemble each other."""
    rng = np.random.default_rng(seed)
    taste = rng.beta(0.3 / spread, 0.7 / spread, n)
    n_a, n_b = rng.poisson(6, n), rng.poisson(9, n)
    return rng.binomial(n_a, np.minimum(taste + effect, 1)), n_a, rng.binomial(n_b, taste), n_b


def test_the_standard_error_is_that_of_a_bootstrap_over_people() -> None:
    hits_a, n_a, hits_b, n_b = people(1, 0.02)
    rng = np.random.default_rng(2)
    draws = []
    for _ in range(2000):
        at = rng.integers(len(n_a), size=len(n_a))
        draws.append(hits_a[at].sum() / n_a[at].sum() - hits_b[at].sum() / n_b[at].sum())
    found = clustered_difference(hits_a, n_a, hits_b, n_b)
    assert found.error == pytest.approx(np.std(draws), rel=0.08)
    assert found.difference == pytest.approx(hits_a.sum() / n_a.sum() - hits_b.sum() / n_b.sum())


def test_the_clustered_test_keeps_its_level_where_baskets_repeat() -> None:
    clustered, naive = 0, 0
    for seed in range(300):
        hits_a, n_a, hits_b, n_b = people(seed, 0.0, spread=2.0, n=60)
        # everyone comes on one side only, so the people are all that differs
        even = np.arange(60) % 2 == 0
        n_a, hits_a, n_b, hits_b = n_a * even, hits_a * even, n_b * ~even, hits_b * ~even
        clustered += clustered_difference(hits_a, n_a, hits_b, n_b).two_sided < 0.05
        table = [[hits_a.sum(), n_a.sum() - hits_a.sum()], [hits_b.sum(), n_b.sum() - hits_b.sum()]]
        naive += stats.fisher_exact(table).pvalue < 0.05
    assert clustered / 300 < 0.08
    assert naive / 300 > 0.3  # what counting baskets as independent would claim


def test_a_difference_is_found_where_there_is_one() -> None:
    assert clustered_difference(*people(3, 0.15)).greater < 1e-6
    hits_a, n_a, hits_b, n_b = people(3, 0.15)
    assert clustered_difference(hits_b, n_b, hits_a, n_a).greater > 0.999


@pytest.mark.parametrize(
    ("arguments", "p"),
    [
        (([0], [0], [1], [2]), 1.0),  # nobody on one side
        (([3], [4], [0], [4]), 1.0),  # one person
        (([1] * 40, [2] * 40, [1] * 40, [2] * 40), 1.0),  # everyone the same on both
    ],
)
def test_what_cannot_tell_says_so(arguments: tuple[list[int], ...], p: float) -> None:
    assert clustered_difference(*arguments).two_sided == p


def test_one_glutton_proves_nothing() -> None:
    hits, n = np.array([400] + [1] * 30), np.array([400] + [3] * 30)
    rest, m = np.array([0] + [1] * 30), np.array([0] + [3] * 30)
    assert clustered_difference(hits, n, rest, m).two_sided > 0.2


def test_association_is_clustered_and_within_persons() -> None:
    rng = np.random.default_rng(5)
    n = np.full(300, 20)
    taste = rng.random(300)
    x, y = rng.binomial(20, taste), rng.binomial(20, taste)
    xy = np.array([rng.hypergeometric(b, 20 - b, a) if a else 0 for a, b in zip(x, y, strict=True)])
    z, p = clustered_association(xy, x, y, n)
    assert p < 1e-6  # people who like one like the other
    assert abs(within_person(xy, x, y, n)[0]) < 3  # but no basket of theirs joins them
    assert z > 5
    assert within_person(np.minimum(x, y), x, y, n)[1] < 1e-6


def test_mantel_haenszel_on_a_published_table() -> None:
    """Berkeley admissions 1973, six departments (Bickel, Hammel and O'Connell 1975); R: mantelhaen.test(UCBAdmissions).

    R gives a common odds ratio of 0.9046968 with the interval 0.7719074 to 1.0603298.
    """
    admitted = np.array([[512, 89], [353, 17], [120, 202], [138, 131], [53, 94], [22, 24]])
    rejected = np.array([[313, 19], [207, 8], [205, 391], [279, 244], [138, 299], [351, 317]])
    found = mantel_haenszel(admitted[:, 0], rejected[:, 0], admitted[:, 1], rejected[:, 1])
    assert (found.value, found.low, found.high) == pytest.approx((0.9046968, 0.7719074, 1.0603298), rel=1e-5)
    pooled = mantel_haenszel(*(side.sum(axis=0)[at] for at in (0, 1) for side in (admitted, rejected)))
    assert pooled.value == pytest.approx(1.84108, rel=1e-4)  # which looks like the opposite


def test_an_empty_table_has_no_odds() -> None:
    assert np.isnan(mantel_haenszel([0], [0], [0], [0]).value)
    assert mantel_haenszel([5], [0], [0], [5]).value == np.inf
    assert mantel_haenszel([0], [5], [5], [0]).value == 0


def test_sizes_that_tie_stay_in_one_stratum() -> None:
    histogram = np.array([0, 50, 20, 10, 10, 5, 5])
    assert size_strata(histogram).tolist() == [0, 0, 5, 7, 8, 9, 9]
    assert size_strata(np.array([0, 100])).tolist() == [0, 0]


def test_the_lower_lift_counts_people_once() -> None:
    many, few = lift_low(40, 100, 200, 2000, 40), lift_low(40, 100, 200, 2000, 3)
    assert 4 > many > few > 0
    assert lift_low(0, 100, 200, 2000) == 0
