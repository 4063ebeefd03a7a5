"""Trees as arrays against LightGBM's own answers, and what growing them demands."""

from __future__ import annotations

import sys

import lightgbm
import numpy as np
import pytest

from retrieval.boost import grow
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
