"""Collaborative filters against slow, obvious loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.cf import cosine, crowd, ease, neighbours, walk
from retrieval.guided import guided
from retrieval.profile import Ids, Log, make_log, profile, query_of
from retrieval.rules import rule_scorer
from retrieval.scorer import Linear
from retrieval.sequence import closeness, near_in_time


def log_of(rows: list[tuple[str, str, int]], **columns: list[object]) -> Log:
    """Build a log of (person, item, day)."""
    frame = pd.DataFrame(rows, columns=["person", "item", "day"])
    frame["at"] = pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(frame.pop("day"), unit="D")
    frame = frame.assign(**columns)
    return make_log(frame, Ids.of(frame["person"]), Ids.of(frame["item"]), Ids.of())[0]


@st.composite
def logs(draw):
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from("uvwx"), st.sampled_from("abcde"), st.integers(0, 9)),
            min_size=3,
            max_size=30,
        )
    )
    return log_of(rows)


def taken_by(log: Log) -> list[set[int]]:
    out: list[set[int]] = [set() for _ in range(log.n_people)]
    for person, item in zip(log.person, log.item, strict=True):
        out[person].add(int(item))
    return out


def weights_of(log: Log, person: int, fade: float) -> dict[int, float]:
    rows = log.rows_of(person)
    item, step = log.item[rows], log.step[rows]
    out: dict[int, float] = {}
    for i, s in zip(item, step, strict=True):
        out[int(i)] = out.get(int(i), 0.0) + (1 + step[-1] - s) ** -fade
    return out


def expected(log: Log, person: int, fade: float, entry) -> list[float]:
    weights = weights_of(log, person, fade)
    return [sum(w * entry(j, i) for j, w in weights.items()) for i in range(log.n_items)]


@given(logs())
@settings(max_examples=40, deadline=None)
def test_cosine_is_the_damped_overlap_of_takers(log):
    baskets = taken_by(log)
    takers = [{u for u, basket in enumerate(baskets) if i in basket} for i in range(log.n_items)]

    def entry(j: int, i: int) -> float:
        shared = len(takers[i] & takers[j])
        return 0.0 if i == j else shared / (np.sqrt(len(takers[i]) * len(takers[j])) + 20.0)

    scorer = cosine(log)
    for person in range(log.n_people):
        got = scorer.score(query_of(log, person, now=log.end))
        assert got == pytest.approx(expected(log, person, 0.75, entry), rel=1e-5, abs=1e-7)


@given(logs())
@settings(max_examples=40, deadline=None)
def test_walk_sums_the_two_step_walks(log):
    baskets = taken_by(log)
    takers = [{u for u, basket in enumerate(baskets) if i in basket} for i in range(log.n_items)]

    def entry(j: int, i: int) -> float:
        if i == j:
            return 0.0
        walks = sum(1 / len(takers[j]) * 1 / len(baskets[u]) for u in takers[j] if i in baskets[u])
        return walks / len(takers[i]) ** 0.5

    scorer = walk(log)
    for person in range(log.n_people):
        got = scorer.score(query_of(log, person, now=log.end))
        assert got == pytest.approx(expected(log, person, 1.5, entry), rel=1e-5, abs=1e-7)


@given(logs())
@settings(max_examples=25, deadline=None)
def test_each_ease_column_is_the_ridge_regression_that_leaves_the_item_out(log):
    X = np.zeros((log.n_people, log.n_items))
    X[log.person, log.item] = 1.0
    B = np.zeros((log.n_items, log.n_items))
    for i in range(log.n_items):
        others = [j for j in range(log.n_items) if j != i]
        A = X[:, others]
        B[others, i] = np.linalg.solve(A.T @ A + 5.0 * np.eye(len(others)), A.T @ X[:, i])
    matrix = ease(log, limit=99, ridge=5.0).matrix
    assert isinstance(matrix, np.ndarray)
    assert matrix == pytest.approx(B, abs=1e-5)


@given(logs())
@settings(max_examples=25, deadline=None)
def test_near_regresses_each_row_on_the_rows_around_it(log):
    around = np.zeros((log.n_items, log.n_items))
    target = np.zeros((log.n_items, log.n_items))
    for person in range(log.n_people):
        rows = log.rows_of(person)
        latest = dict(zip(log.item[rows].tolist(), log.step[rows].tolist(), strict=True))
        for x, own in latest.items():
            row = np.zeros(log.n_items)
            for y, other in latest.items():
                if x != y:
                    gap = own - other
                    row[y] = max(abs(gap), 1.0) ** -0.75 * (0.5 if gap <= 0 else 1.0)
            share = len(latest) ** -0.5
            around += share * np.outer(row, row)
            target[:, x] += share * row
    B = np.linalg.solve(around + 30.0 * np.eye(log.n_items), target)
    np.fill_diagonal(B, 0.0)
    near, _ = near_in_time(log, limit=99)
    if sum(len(set(log.item[log.rows_of(p)])) >= 2 for p in range(log.n_people)):
        assert near.matrix == pytest.approx(B, abs=1e-5)


def test_closeness_fades_and_favours_the_past():
    near = closeness(np.array([0.0, 1.0, 5.0]), fade=1.0, after=0.5)
    assert near == pytest.approx(np.array([[0, 0.5, 0.1], [1, 0, 0.125], [0.2, 0.25, 0]]))


def test_people_neighbours_add_the_cosines_of_those_who_took_it():
    log = log_of([("u", "a", 0), ("v", "a", 0), ("v", "b", 1), ("w", "b", 0), ("w", "c", 1)])
    idf = np.log(4 / np.array([2.0, 2.0, 1.0]))
    cosine_uv = idf[0] / np.hypot(idf[0], idf[1])
    got = neighbours(log).score(query_of(log, 0, now=log.end))
    assert got == pytest.approx([cosine_uv, cosine_uv, 0.0], rel=1e-5)


def test_the_crowd_weighs_counts_and_idf_by_their_root():
    rows = [
        ("u", "a", 0),
        ("u", "a", 1),
        ("u", "a", 2),
        ("u", "a", 3),
        ("u", "b", 4),
        ("v", "a", 0),
        ("v", "c", 1),
    ]
    log = log_of([*rows, ("w", "b", 0), ("w", "d", 1), ("x", "d", 0)])
    root = np.sqrt(np.log(5 / np.array([2.0, 2.0, 1.0, 2.0])))
    u, v, w = (np.array(times) ** 0.5 * root for times in ([4, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1]))
    to_v, to_w = (u @ one / np.sqrt((u @ u) * (one @ one)) for one in (v, w))
    got = crowd(log).score(query_of(log, 0, now=log.end))
    assert got == pytest.approx([to_v, to_w, to_v, to_w], rel=1e-5)


def test_a_disliked_item_pushes_its_neighbours_down():
    log = log_of(
        [(f"u{n}", item, n) for n in range(6) for item in ("a", "b")] + [("z", "c", 0), ("z", "d", 1)]
    )
    b = 1
    for scorer in (
        ease(log, limit=9, ridge=1.0),
        cosine(log),
        walk(log),
        near_in_time(log, limit=9, ridge=1.0)[0],
    ):
        empty = query_of(log, -1, now=log.end, disliked=np.array([0]))
        assert scorer.score(empty)[b] < 0, scorer.name


def test_profile_weighs_the_latest_most_and_adds_repeats():
    log = log_of([("u", "a", 0), ("u", "b", 1), ("u", "a", 2)])
    got = profile(query_of(log, 0, now=log.end), fade=1.0)
    assert got.item.tolist() == [0, 1]
    assert got.weight == pytest.approx([1 + 1 / 3, 1 / 2])


def test_tied_instants_share_their_step():
    log = log_of([("u", "a", 0), ("u", "b", 0), ("u", "c", 1)])
    assert log.step.tolist() == [0.5, 0.5, 2.0]


def test_sparse_and_dense_matrices_read_alike():
    log = log_of([("u", "a", 0), ("u", "b", 1), ("v", "b", 0), ("v", "c", 1), ("w", "a", 0), ("w", "c", 3)])
    dense = walk(log)
    sparse = replace(dense, matrix=sp.csr_array(dense.matrix))
    query = query_of(log, 0, now=log.end)
    assert sparse.score(query) == pytest.approx(dense.score(query))
    for item in range(3):
        assert sparse.because(query, item)[1] == pytest.approx(dense.because(query, item)[1])
    again = Linear.of_arrays("walk", sparse.arrays())
    assert again.score(query) == pytest.approx(dense.score(query))


def test_rules_reweigh_the_neighbours_that_they_confirm():
    log = log_of(
        [(f"p{n}", item, 0) for n in range(6) for item in ("a", "b", "c")] + [("q", "a", 0), ("q", "c", 1)]
    )
    items = Ids.of(pd.Series(["a", "b", "c"]))
    rules = pd.DataFrame(
        {
            "antecedent": [("a",), ("b",), ("a", "b"), ("a",)],
            "consequent": [("b",), ("a",), ("c",), ("c",)],
            "context": [(), (), (), ("friday",)],
            "kind": ["together", "next", "together", "together"],
            "n": 100, "n_x": 20, "n_y": [20, 30, 20, 20], "n_xy": [15, 12, 10, 10],
        }
    )  # fmt: skip
    plain, scorer = cosine(log, shrink=0.0), rule_scorer(rules, items)
    assert scorer is not None
    made = guided(plain, scorer)
    assert made is not None
    a, b = scorer.strength[0], scorer.strength[1]
    expected = np.array(plain.matrix)
    expected[0, 1] *= 1 + a / ((a + b) / 2)
    expected[1, 0] *= 1 + b / ((a + b) / 2)
    assert made.matrix == pytest.approx(expected, rel=1e-6)
    sparse = guided(replace(plain, matrix=sp.csr_array(plain.matrix)), scorer)
    assert sparse is not None
    assert sparse.matrix.toarray() == pytest.approx(expected, rel=1e-6)
    only_context = rule_scorer(rules[3:], items)
    assert only_context is not None
    assert guided(plain, only_context) is None
