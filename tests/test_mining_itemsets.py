"""Frequent itemsets against a slow, obvious oracle and against mlxtend, and at the edges of what baskets may be."""

from __future__ import annotations

import os
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from mining.itemsets import Itemsets, frequent_itemsets

BASKETS = st.lists(st.lists(st.integers(0, 7), max_size=9), min_size=1, max_size=60)
SUPPORTS = st.integers(1, 50).map(lambda percent: percent / 50)


def oracle(baskets, min_support, max_len=None):
    """Counts every subset of every basket."""
    counts = {}
    for basket in baskets:
        held = sorted(set(basket), key=repr)
        for length in range(1, min(len(held), max_len or len(held)) + 1):
            for subset in combinations(held, length):
                counts[frozenset(subset)] = counts.get(frozenset(subset), 0) + 1
    wanted = Fraction(repr(min_support)) * len(baskets)
    return {members: count for members, count in counts.items() if count >= wanted}


def random_baskets(seed, n=400, n_items=30, mean=7):
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, n_items + 1)
    sizes = rng.poisson(mean, n)
    return [
        [f"item {i}" for i in rng.choice(n_items, size=size, p=weights / weights.sum())] for size in sizes
    ]


@settings(max_examples=150, deadline=None)
@given(baskets=BASKETS, min_support=SUPPORTS, max_len=st.none() | st.integers(1, 5))
def test_equals_the_oracle(baskets, min_support, max_len):
    found = frequent_itemsets(baskets, min_support, max_len)
    assert dict(found) == oracle(baskets, min_support, max_len)
    assert len(found) == len(dict(found))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("min_support", "max_len"), [(0.2, None), (0.05, None), (0.02, 3), (0.02, 4)])
def test_random_baskets_equal_the_oracle(seed, min_support, max_len):
    baskets = random_baskets(seed)
    assert dict(frequent_itemsets(baskets, min_support, max_len)) == oracle(baskets, min_support, max_len)


@pytest.mark.parametrize("algorithm", ["apriori", "fpgrowth"])
@pytest.mark.parametrize("max_len", [None, 1, 2, 3])
def test_equals_mlxtend(algorithm, max_len):
    baskets = random_baskets(11)
    reference = frequent_itemsets(baskets, 0.04, max_len, algorithm=algorithm)
    found = frequent_itemsets(baskets, 0.04, max_len)
    assert dict(found) == dict(reference)
    assert len(found) > 20


def test_equals_what_mlxtend_returns_by_itself():
    from mlxtend.frequent_patterns import fpgrowth

    rng = np.random.default_rng(5)
    held = rng.random((300, 12)) < np.linspace(0.1, 0.7, 12)
    frame = pd.DataFrame(held, columns=[f"c{i}" for i in range(12)])
    theirs = fpgrowth(frame, min_support=0.05, use_colnames=True)
    ours = frequent_itemsets(frame, 0.05).to_frame()
    assert dict(zip(ours["itemsets"], ours["support"], strict=True)) == pytest.approx(
        dict(zip(theirs["itemsets"], theirs["support"], strict=True))
    )


def test_deep_sets_are_packed_and_stay_exact():
    """Long patterns that few rows of a common item hold: several packings deep, over many words."""
    rng = np.random.default_rng(3)
    common = [["base", *(f"noise {i}" for i in rng.choice(40, 6, replace=False))] for _ in range(3000)]
    nested = [[f"deep {i}" for i in range(1 + k % 11)] for k in range(900)]
    baskets = [a + b for a, b in zip(common, nested + [[]] * 2100, strict=True)]
    found = dict(frequent_itemsets(baskets, 0.02))
    assert found == oracle_deep(baskets, 60)
    assert max(map(len, found)) == 12


def oracle_deep(baskets, min_count):
    """Apriori over Python sets of row numbers."""
    rows = {}
    for number, basket in enumerate(baskets):
        for item in basket:
            rows.setdefault(item, set()).add(number)
    level = {frozenset([item]): held for item, held in rows.items() if len(held) >= min_count}
    items = {next(iter(members)): held for members, held in level.items()}
    found = {}
    while level:
        found.update({members: len(held) for members, held in level.items()})
        longer = {}
        for members, held in level.items():
            for item in items:
                if item > max(members) and len(held & items[item]) >= min_count:
                    longer[members | {item}] = held & items[item]
        level = longer
    return found


@settings(max_examples=80, deadline=None)
@given(baskets=BASKETS, min_support=SUPPORTS, max_len=st.none() | st.integers(1, 3))
def test_closed_and_maximal_by_definition(baskets, min_support, max_len):
    every = oracle(baskets, min_support)
    closed = {s: n for s, n in every.items() if not any(s < t and n == m for t, m in every.items())}
    maximal = {s: n for s, n in every.items() if not any(s < t for t in every)}
    for options, expected in (({"closed": True}, closed), ({"maximal": True}, maximal)):
        found = frequent_itemsets(baskets, min_support, max_len, **options)
        assert dict(found) == {s: n for s, n in expected.items() if max_len is None or len(s) <= max_len}
        assert len(found) == len(list(found))


@pytest.mark.parametrize("n", [7, 50, 99, 100, 1000])
def test_a_threshold_is_met_exactly(n):
    """0.07 * 100 is 7.000000000000001 in floats: seven baskets of a hundred are still 0.07."""
    for count in range(1, n + 1, max(1, n // 50)):
        baskets = [["a"]] * count + [["b"]] * (n - count)
        assert dict(frequent_itemsets(baskets, count / n)).get(frozenset("a")) == count
        assert frequent_itemsets(baskets, count / n).min_count == count


def test_a_threshold_of_one_keeps_what_every_basket_holds():
    assert dict(frequent_itemsets([["a", "b"], ["b", "a", "c"]], 1)) == {
        frozenset("a"): 2,
        frozenset("b"): 2,
        frozenset("ab"): 2,
    }


@pytest.mark.parametrize("min_support", [0, -0.1, 1.01, float("nan")])
def test_a_support_that_is_no_share_is_refused(min_support):
    with pytest.raises(ValueError, match=r"above 0 and at most 1, got"):
        frequent_itemsets([["a"]], min_support)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_len": 0}, "max_len is the most items"),
        ({"algorithm": "magic"}, "algorithm must be one of auto, eclat, apriori, fpgrowth, got 'magic'"),
        ({"closed": True, "maximal": True}, "ask for one of them"),
        ({"labels": ["a"]}, "leave labels out"),
    ],
)
def test_wrong_arguments_say_what_to_do(arguments, message):
    with pytest.raises(ValueError, match=message):
        frequent_itemsets([["a"]], 0.5, **arguments)


@pytest.mark.parametrize("baskets", [["milk", "bread"], [["a"], "bread"], [b"milk"]])
def test_a_string_is_no_basket(baskets):
    with pytest.raises(TypeError, match="not a string"):
        frequent_itemsets(baskets, 0.5)


@pytest.mark.parametrize("baskets", [[], [[]], [[], [], []]])
@pytest.mark.parametrize("algorithm", ["auto", "apriori", "fpgrowth"])
def test_nothing_comes_of_nothing(baskets, algorithm):
    found = frequent_itemsets(baskets, 0.5, algorithm=algorithm)
    assert (len(found), list(found), found.n_baskets) == (0, [], len(baskets))
    assert list(found.to_frame().columns) == ["itemsets", "count", "support"]


def test_empty_baskets_count_as_baskets():
    assert dict(frequent_itemsets([["a"], [], [], []], 0.25)) == {frozenset("a"): 1}
    assert dict(frequent_itemsets([["a"], [], [], []], 0.26)) == {}


def test_repeats_within_a_basket_count_once():
    assert dict(frequent_itemsets([["a", "a", "b", "a"], ["b", "b"]], 0.5)) == {
        frozenset("a"): 1,
        frozenset("b"): 2,
        frozenset("ab"): 1,
    }


def test_identical_baskets_hold_every_subset():
    found = frequent_itemsets([list("abcdefghij")] * 200, 1)
    assert len(found) == 2**10 - 1
    assert set(dict(found).values()) == {200}


@pytest.mark.parametrize("n_items", [10_000])
def test_a_basket_of_ten_thousand_items(n_items):
    wide = list(range(n_items))
    baskets = [wide] + [[i, i + 1] for i in range(0, 100, 2)] * 2
    found = dict(frequent_itemsets(baskets, 3 / len(baskets)))
    assert found == oracle([*baskets[1:], wide[:100]], 3 / len(baskets), 2)
    pairs = frequent_itemsets([wide[:1500]] * 2, 1, 2)
    assert len(pairs) == 1500 + 1500 * 1499 // 2


@pytest.mark.parametrize(
    "labels",
    [
        ["x", "y", "z"],
        [1000, 2000, 3000],
        [("a", 1), ("b", 2), ("c", 3)],
        ["text", 5, None],
        [1.5, 2.5, 7],
        [2**70, 1, "1"],
        [pd.Timestamp("2020-01-01"), True, "é\ud800"],
    ],
)
@pytest.mark.parametrize("shared", [True, False])
def test_labels_of_any_hashable_kind_come_back_as_they_were(labels, shared):
    """Few shared objects are coded by identity, thousands of distinct ones by value."""
    a, b, c = labels
    baskets = [[a, b], [a, b, c], [c, a], [b]] * 2
    if not shared:
        baskets += [[f"filler {i}" if isinstance(a, str) else 10_000 + i] for i in range(3000)]
    found = dict(frequent_itemsets(baskets, 4 / len(baskets)))
    assert found == {
        frozenset([a]): 6,
        frozenset([b]): 6,
        frozenset([c]): 4,
        frozenset([a, b]): 4,
        frozenset([a, c]): 4,
    }
    assert {type(one) for members in found for one in members} == {type(one) for one in labels}


def test_objects_made_while_iterating_are_not_confused():
    """A numpy row makes its items anew each time; an address that is freed and used again must not be taken for one."""
    rng = np.random.default_rng(0)
    table = rng.integers(0, 40, size=(6000, 6))
    expected = dict(frequent_itemsets(table.tolist(), 0.05))
    assert dict(frequent_itemsets(list(table), 0.05)) == expected
    assert dict(frequent_itemsets((tuple(row) for row in table), 0.05)) == expected


def test_equal_objects_are_one_item():
    baskets = [[str(number % 50) for number in range(k, k + 3)] for k in range(200)]
    assert dict(frequent_itemsets(baskets, 0.01)) == oracle(baskets, 0.01)


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix, sparse.csr_array])
def test_a_matrix_equals_its_lists(make):
    held = np.array([[1, 0, 2], [1, 1, 0], [0, 0, 0], [1, 0, 5]])
    found = frequent_itemsets(make(held), 0.5, labels=["a", "b", "c"])
    assert dict(found) == {frozenset("a"): 3, frozenset("c"): 2, frozenset("ac"): 2}
    assert dict(frequent_itemsets(make(held), 0.5)) == {
        frozenset([0]): 3,
        frozenset([2]): 2,
        frozenset([0, 2]): 2,
    }


def test_stored_zeros_and_repeats_of_a_matrix_are_not_counted():
    matrix = sparse.csr_matrix(
        (np.array([1, 0, 1, 1]), np.array([0, 1, 1, 1]), np.array([0, 2, 4])), shape=(2, 2)
    )
    assert dict(frequent_itemsets(matrix, 0.5)) == {frozenset([0]): 1, frozenset([1]): 1}
    assert matrix.nnz == 4


@pytest.mark.parametrize(
    ("labels", "message"), [(["a"], "1 labels for 2 columns"), (["a", "a"], "labels repeat")]
)
def test_labels_that_do_not_fit_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        frequent_itemsets(sparse.csr_matrix(np.eye(2)), 0.5, labels=labels)


def test_the_frame_is_sorted_and_complete():
    frame = frequent_itemsets([["a", "b"], ["a"], ["a", "c"], []], 0.25).to_frame()
    assert frame["count"].tolist() == sorted(frame["count"], reverse=True)
    assert frame.loc[0].to_dict() == {"itemsets": frozenset("a"), "count": 3, "support": 0.75}
    assert len(frame) == 5


def test_an_itemset_takes_twelve_bytes():
    found = frequent_itemsets([list("abcdefghijkl")] * 3, 1)
    arrays = (found.trie.items, found.trie.parents, found.trie.counts)
    assert sum(array.nbytes for array in arrays) == 12 * len(found)


def test_the_trie_keeps_its_three_rules():
    trie = frequent_itemsets(random_baskets(2), 0.02).trie
    roots = np.flatnonzero(trie.parents < 0)
    assert (trie.items[roots] == np.arange(len(roots))).all()
    assert (trie.parents < np.arange(len(trie))).all()
    for parent in np.unique(trie.parents):
        children = np.flatnonzero(trie.parents == parent)
        assert (np.diff(children) == 1).all()
        assert (np.diff(trie.items[children]) > 0).all()


def test_results_are_the_same_twice():
    baskets = random_baskets(9)
    assert list(frequent_itemsets(baskets, 0.02)) == list(frequent_itemsets(baskets, 0.02))


def test_itemsets_are_frozen():
    found = frequent_itemsets([["a"]], 1)
    assert isinstance(found, Itemsets)
    with pytest.raises(AttributeError):
        found.n_baskets = 3


@pytest.fixture(scope="module")
def till_baskets():
    """A tenth of the Complete Journey baskets, as product types; skipped where the files are not in the cache."""
    cache = Path(os.environ.get("ALMANAC_CACHE", Path.home() / ".cache" / "almanac"))
    folder = cache / "complete-journey"
    if not (folder / "transactions.parquet").exists():
        pytest.skip(f"no Complete Journey files in {str(folder)!r}: `almanac load groceries` fetches them")
    lines = pd.read_parquet(folder / "transactions.parquet", columns=["basket_id", "product_id"])
    types = pd.read_parquet(folder / "products.parquet", columns=["product_id", "product_type"])
    lines = lines[lines["basket_id"] % 10 == 0].merge(types, on="product_id").dropna()
    return lines.groupby("basket_id")["product_type"].apply(list).tolist()


@pytest.mark.slow
@pytest.mark.parametrize(("min_support", "max_len"), [(0.01, None), (0.003, None), (0.002, 3)])
def test_real_baskets_equal_mlxtend(till_baskets, min_support, max_len):
    reference = frequent_itemsets(till_baskets, min_support, max_len, algorithm="fpgrowth")
    found = frequent_itemsets(till_baskets, min_support, max_len)
    assert dict(found) == dict(reference)
    assert len(found) > 300
