"""Rules against a slow, obvious oracle and against mlxtend, filter by filter."""

from __future__ import annotations

from itertools import combinations
from math import inf, isclose

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.association import MEASURES, RuleTable, rules
from mining.itemsets import frequent_itemsets

BASKETS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), min_size=1, max_size=40)


def oracle(baskets, min_count, heads=1):
    """{(antecedent, consequent): (n_x, n_y, n_xy)} by counting baskets for every split of every set."""
    sets = [frozenset(basket) for basket in baskets]
    count = lambda members: sum(members <= basket for basket in sets)  # noqa: E731
    items = sorted(set().union(*sets))
    found = {}
    for length in range(2, len(items) + 1):
        for members in map(frozenset, combinations(items, length)):
            if (n_xy := count(members)) < min_count:
                continue
            for size in range(1, min(heads or length - 1, length - 1) + 1):
                for head in map(frozenset, combinations(sorted(members), size)):
                    found[members - head, head] = (count(members - head), count(head), n_xy)
    return found


def as_dict(table):
    frame = table.to_frame()
    keys = zip(frame["antecedent"], frame["consequent"], strict=True)
    return dict(zip(keys, zip(frame["n_x"], frame["n_y"], frame["n_xy"], strict=True), strict=True))


def random_baskets(seed=0, n=300):
    rng = np.random.default_rng(seed)
    return [
        [c for c, p in zip("abcdefgh", np.linspace(0.15, 0.75, 8), strict=True) if rng.random() < p]
        for _ in range(n)
    ]


@settings(max_examples=120, deadline=None)
@given(baskets=BASKETS, min_count=st.integers(1, 6), heads=st.sampled_from([1, 2, 3, None]))
def test_equals_the_oracle(baskets, min_count, heads):
    min_count = min(min_count, len(baskets))
    table = rules(frequent_itemsets(baskets, min_count / len(baskets)), heads=heads)
    assert as_dict(table) == oracle(baskets, min_count, heads)
    assert len(table) == len(as_dict(table))


def test_equals_mlxtend():
    from mlxtend.frequent_patterns import association_rules, fpgrowth
    from mlxtend.preprocessing import TransactionEncoder
    from pandas import DataFrame

    baskets = random_baskets()
    encoder = TransactionEncoder()
    frame = DataFrame(encoder.fit(baskets).transform(baskets), columns=encoder.columns_)
    theirs = association_rules(
        fpgrowth(frame, min_support=0.02, use_colnames=True), metric="confidence", min_threshold=0.3
    )
    ours = rules(frequent_itemsets(baskets, 0.02), heads=None, min_confidence=0.3).to_frame()
    keys = ["antecedent", "consequent"]
    joined = ours.merge(
        theirs.rename(columns={"antecedents": "antecedent", "consequents": "consequent"}), on=keys
    )
    assert len(joined) == len(ours) == len(theirs) > 500
    for mine, other in {
        "support_x": "support_y",
        "confidence_x": "confidence_y",
        "lift_x": "lift_y",
        "leverage_x": "leverage_y",
        "conviction_x": "conviction_y",
        "zhang": "zhangs_metric",
        "kulczynski_x": "kulczynski_y",
    }.items():
        np.testing.assert_allclose(joined[mine], joined[other], rtol=1e-9, atol=1e-12)


def test_measures_known_on_paper():
    """Ten baskets: four with both, one with a alone, two with b alone, three with neither."""
    table = rules(frequent_itemsets([["a", "b"]] * 4 + [["a"]] + [["b"]] * 2 + [[]] * 3, 0.1))
    rule = table.to_frame().set_index(table.to_frame()["antecedent"]).loc[[frozenset("a")]].iloc[0]
    expected = {
        "n": 10, "n_x": 5, "n_y": 6, "n_xy": 4, "support": 0.4, "confidence": 0.8, "lift": 0.8 / 0.6,
        "leverage": 0.4 - 0.3,         "conviction": 0.4 / 0.2, "zhang": (0.8 - 0.4) / 0.8, "kulczynski": (0.8 + 4 / 6) / 2,
    }  # fmt: skip
    assert all(isclose(rule[name], value) for name, value in expected.items())


def test_zero_denominators_are_decided():
    """Both items in every basket: no failure to divide by, and no basket without either to compare with."""
    table = rules(frequent_itemsets([["a", "b"]] * 5, 1))
    assert table.conviction.tolist() == [inf, inf]
    assert table.zhang.tolist() == [0.0, 0.0]
    assert table.lift.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("options", "keep"),
    [
        ({"min_confidence": 0.5}, lambda x, y, n_x, n_y, n_xy: n_xy / n_x >= 0.5),
        ({"min_lift": 1.02}, lambda x, y, n_x, n_y, n_xy: 300 * n_xy / (n_x * n_y) >= 1.02),
        ({"min_count": 40}, lambda x, y, n_x, n_y, n_xy: n_xy >= 40),
        ({"max_len": 3}, lambda x, y, n_x, n_y, n_xy: len(x | y) <= 3),
        ({"body_any": ["a", "h"]}, lambda x, y, n_x, n_y, n_xy: x & {"a", "h"}),
        ({"head_any": {"c"}}, lambda x, y, n_x, n_y, n_xy: "c" in y),
        ({"body_any": ["a"], "head_any": ["b", "c"]}, lambda x, y, *_: "a" in x and y & {"b", "c"}),
        ({"body_any": ["a"], "max_len": 4}, lambda x, y, *_: "a" in x and len(x | y) <= 4),
        ({"body_any": ["unheard of"]}, lambda *_: False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("heads", [1, 2, None])
def test_filters_keep_exactly_what_they_say(options, keep, heads):
    baskets = random_baskets()
    every = oracle(baskets, 6, heads)
    kept = {(x, y): counts for (x, y), counts in every.items() if keep(x, y, *counts)}
    assert as_dict(rules(frequent_itemsets(baskets, 6 / 300), heads=heads, **options)) == kept
    assert len(kept) < len(every)


@pytest.mark.parametrize(
    "by", ["support", "confidence", "lift", "leverage", "conviction", "zhang", "kulczynski", "n_xy"]
)
def test_top_takes_the_best_first(by):
    found = frequent_itemsets(random_baskets(), 0.05)
    every, best = rules(found), rules(found, top=25, by=by)
    assert len(best) == 25
    assert getattr(best, by).tolist() == sorted(getattr(every, by).tolist(), reverse=True)[:25]


def test_ties_go_to_the_larger_count():
    baskets = [["a", "b"]] * 3 + [["c", "d"]] * 5
    assert rules(frequent_itemsets(baskets, 0.1), top=2, by="confidence").n_xy.tolist() == [5, 5]


def test_rules_of_closed_sets_split_only_those():
    baskets = random_baskets() + [list("abc")] * 50
    closed = frequent_itemsets(baskets, 0.05, closed=True)
    unions = {members for members, _ in closed}
    expected = {k: v for k, v in oracle(baskets, closed.min_count).items() if k[0] | k[1] in unions}
    assert as_dict(rules(closed)) == expected


def test_no_itemsets_make_no_rules():
    table = rules(frequent_itemsets([[], []], 0.5), top=3)
    assert len(table) == 0
    assert list(table.to_frame().columns) == [
        "antecedent",
        "consequent",
        "n",
        "n_x",
        "n_y",
        "n_xy",
        *MEASURES,
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "luck"}, "by must be one of support, .* got 'luck'"),
        ({"heads": 0}, "heads must be 1 or more, or None"),
        ({"max_len": 0}, "max_len must be 1 or more"),
        ({"top": 0}, "top must be 1 or more"),
    ],
)
def test_wrong_arguments_say_what_to_do(options, message):
    with pytest.raises(ValueError, match=message):
        rules(frequent_itemsets([["a", "b"]], 1), **options)


def test_a_filter_that_is_a_string_is_refused():
    with pytest.raises(TypeError, match=r"pass \['milk'\]"):
        rules(frequent_itemsets([["a", "b"]], 1), body_any="milk")


def test_a_table_refuses_impossible_counts():
    one = lambda value: np.array([value])  # noqa: E731
    sides = (np.array([0, 1]), np.array([0], dtype=np.int32), np.array([0, 1]), np.array([1], dtype=np.int32))
    assert len(RuleTable(("a", "b"), *sides, 10, one(5), one(4), one(3))) == 1
    for counts in ((2, 4, 3), (5, 11, 3), (0, 4, 0), (5, 4, -1)):
        with pytest.raises(ValueError, match="counts of a rule must obey"):
            RuleTable(("a", "b"), *sides, 10, *map(one, counts))
