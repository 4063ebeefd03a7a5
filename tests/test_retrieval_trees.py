"""Trees as arrays against LightGBM's own answers, and what growing them demands."""

from __future__ import annotations

import sys
from itertools import permutations

import lightgbm
import numpy as np
import pytest

from retrieval.boost import grow
from retrieval.boosted import Listed, boosted, listed
from retrieval.trees import Trees

QUESTIONS, EACH = 60, 25


def asked(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, what was right (both of the first two features large), and the questions."""
    features = np.random.default_rng(seed).normal(size=(QUESTIONS * EACH, 4))
    right = features[:, 0] * np.maximum(features[:, 1], 0.0) > 0.8
    return features, right, np.repeat(np.arange(QUESTIONS), EACH)


def grown(seed: int = 0, **settings: int) -> Trees:
    features, right, question = asked(seed)
    chosen = {"rounds": 15, "leaves": 12, "depth": 5, "top": 10} | settings
    return grow(features, right, question, rate=0.2, least=5, ridge=1.0, **chosen)


@pytest.mark.parametrize(("leaves", "depth"), [(2, 1), (12, 5), (31, 6)])
def test_the_arrays_say_what_lightgbm_says(leaves, depth, monkeypatch):
    kept = []
    train = lightgbm.train

    def keeping(*args, **more):
        kept.append(train(*args, **more))
        return kept[-1]

    monkeypatch.setattr(lightgbm, "train", keeping)
    trees = grown(leaves=leaves, depth=depth)
    other = asked(seed=1)[0]
    np.testing.assert_allclose(trees.predict(other), kept[0].predict(other), atol=1e-12)
    assert np.ptp(trees.predict(other)) > 0


def test_blocks_of_rows_change_nothing(monkeypatch):
    trees, features = grown(), asked(seed=2)[0]
    whole = trees.predict(features)
    monkeypatch.setattr("retrieval.trees._BLOCK", 100)
    np.testing.assert_array_equal(trees.predict(features), whole)


def test_right_rows_come_first_in_new_questions():
    features, right, question = asked(seed=3)
    said = grown().predict(features)
    first = np.array([right[question == q][np.argmax(said[question == q])] for q in range(QUESTIONS)])
    some = np.array([right[question == q].any() for q in range(QUESTIONS)])
    assert first[some].mean() > 2 * right.mean()


def test_arrays_make_the_same_trees():
    trees, features = grown(), asked()[0]
    again = Trees.of_arrays(trees.arrays())
    np.testing.assert_array_equal(again.predict(features), trees.predict(features))
    assert len(again.predict(features[:0])) == 0


def test_growing_is_deterministic():
    one, two = grown(), grown()
    np.testing.assert_array_equal(one.leaf, two.leaf)
    np.testing.assert_array_equal(one.threshold, two.threshold)


def test_questions_must_be_ascending():
    features, right, question = asked()
    with pytest.raises(ValueError, match="sorted by question"):
        grow(
            features, right, question[::-1], top=5, rounds=1, leaves=2, depth=1, rate=0.1, least=5, ridge=1.0
        )


def test_a_machine_without_openmp_is_told_what_to_install(monkeypatch):
    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "lightgbm":
                raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.delitem(sys.modules, "lightgbm")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(RuntimeError, match="apt-get install libgomp1"):
        grown()


@pytest.mark.parametrize("number", range(5))
def test_shares_are_the_mean_over_every_order_of_arrival(number):
    trees = grown(leaves=5, depth=3)
    row = np.abs(asked(seed=4)[0][number]) + 1.0
    expected = np.zeros(4)
    orders = list(permutations(range(4)))
    for order in orders:
        here = np.zeros(4)
        for feature in order:
            before = trees.predict(here[None])[0]
            here[feature] = row[feature]
            expected[feature] += (trees.predict(here[None])[0] - before) / len(orders)
    shares = trees.shares(row)
    np.testing.assert_allclose(shares, expected, atol=1e-12)
    assert (shares[:2] != 0).any()
    both = trees.predict(np.stack([row, np.zeros(4)]))
    assert shares.sum() == pytest.approx(both[0] - both[1])


def test_a_silenced_feature_answers_as_zero_and_can_be_left_out():
    trees, features = grown(), asked(seed=5)[0]
    mask = np.array([False, True, False, True])
    zeroed = np.where(mask, 0.0, features)
    quiet = trees.silenced(mask)
    assert np.abs(quiet.predict(features) - trees.predict(features)).max() > 0
    np.testing.assert_array_equal(quiet.predict(features), trees.predict(zeroed))
    np.testing.assert_array_equal(trees.renumbered(~mask).predict(features[:, ~mask]), trees.predict(zeroed))
    assert trees.used(4)[0]
    assert not trees.silenced(np.ones(4, bool)).used(4).any()


def test_trees_of_many_features_are_not_split():
    wide = Trees(np.arange(7)[None, :], np.zeros((1, 7)), np.arange(8.0)[None, :])
    with pytest.raises(ValueError, match="looks at 7 features"):
        wide.shares(np.ones(7))


def questions(together: bool) -> list[Listed]:
    """Return questions where an item is right if both opinions are large, or by their sum and chance."""
    rng = np.random.default_rng(6)
    out = []
    for _ in range(200):
        scaled = rng.random((2, 80))
        worth = np.minimum(*scaled) if together else scaled.sum(axis=0) + rng.normal(0, 0.5, 80)
        one = listed(scaled, np.ones(80, bool), np.argsort(-worth)[:3])
        assert one is not None
        out.append(one)
    return out


def test_trees_are_kept_only_where_they_rank_better():
    assert boosted(questions(together=True), np.ones(2)) is not None
    assert boosted(questions(together=False), np.ones(2)) is None
    assert boosted(questions(together=True)[:50], np.ones(2)) is None


def test_a_question_teaches_what_stands_on_a_list():
    scaled = np.stack([np.arange(200.0), np.zeros(200)])
    one = listed(scaled, np.arange(200) != 199, np.array([3, 150, 199]))
    assert one is not None
    assert one.total == 2
    np.testing.assert_array_equal(one.x[:, 0], np.arange(139.0, 199.0))
    assert one.x[one.right, 0].tolist() == [150.0]
    assert listed(scaled, np.arange(200) != 3, np.array([3])) is None
