"""The contract of every scorer: deterministic, blind to row order, NaN where it cannot score, same after a save."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from retrieval.neural.config import DeepConfig
from retrieval.popularity import first_takings, trend
from retrieval.profile import Ids, Log, make_log, query_of
from retrieval.rankconfig import RankConfig
from retrieval.rankfiles import _LOADERS
from retrieval.rankfit import fit_scorers, make_side
from retrieval.rules import rule_scorer
from retrieval.scorer import Scorer


def world(order: int | None = None) -> tuple[Log, dict[str, Scorer]]:
    """Fit every scorer on 12 households that buy a few of 8 items every week, at two stores; item "new" is cold."""
    rng = np.random.default_rng(7)
    rows = []
    for person in range(12):
        for week in range(20):
            basket = (week * 7 + person % 3, f"b{person}-{week}", f"s{person % 2}")
            rows += [(person, f"i{(item + person) % 8}", *basket) for item in rng.choice(8, 3, replace=False)]
    frame = pd.DataFrame(rows, columns=["person", "item", "day", "basket", "place"])
    frame["at"] = pd.Timestamp("2021-03-01", tz="UTC") + pd.to_timedelta(frame.pop("day"), unit="D")
    frame["kind"], frame["value"] = "rate", rng.integers(1, 6, len(frame))
    frame["context"] = [("weekend",) if n % 3 else ("friday", "evening") for n in range(len(frame))]
    if order is not None:
        frame = frame.sample(frac=1.0, random_state=order)
    ids = [f"i{n}" for n in range(8)] + ["new"]
    items = pd.DataFrame({"item": ids, "category": ["x|y", "y"] * 4 + ["x"]})
    people = pd.DataFrame(
        {"person": range(12), "place": ["s0", "s1"] * 6, "age": ["old", "young", "old"] * 4}
    )
    vectors = np.eye(9, 4, dtype=np.float32) + 0.1
    rules = pd.DataFrame(
        {"antecedent": ["i0", "i1|i2", ""], "consequent": ["i3", "i4", "i5"], "context": [(), (), ("friday",)], "n": 100,
         "n_x": 20, "n_y": 10, "n_xy": 8}
    )  # fmt: skip
    item_ids, person_ids, place_ids = Ids.of(items["item"]), Ids.of(people["person"]), Ids.of(people["place"])
    log, _ = make_log(frame, person_ids, item_ids, place_ids)
    side = make_side(item_ids, person_ids, place_ids, items, people, vectors)
    deep = DeepConfig(on=True, dim=8, length=16, epochs=2, batch=8, watch="none")
    config = RankConfig(goal="visit", deep=deep)
    found = fit_scorers(log, side, config, rule_scorer(rules, item_ids))
    found |= {
        k: v
        for k, v in fit_scorers(log, side, RankConfig(goal="window"), None).items()
        if k == "again_window"
    }
    simple = RankConfig(scorers=("deep",), deep=deep.model_copy(update={"model": "simple"}))
    found["deep simple"] = fit_scorers(log, side, simple, None)["deep"]
    return log, found


LOG, SCORERS = world()
NEW = 8


def questions(log: Log) -> dict[str, object]:
    return {
        "known": query_of(log, 3, now=log.end, place=1, context=("friday",)),
        "stranger": query_of(log, -1, now=log.end),
        "named": query_of(
            log, -1, now=log.end, liked=np.array([0]), disliked=np.array([4]), cart=np.array([1, 2])
        ),
    }


def test_the_world_feeds_every_scorer():
    assert set(SCORERS) == {
        "ease", "broad", "taste", "near", "beside", "walk", "similar", "guided", "people", "crowd", "popular", "trend", "tried", "tried_now", "place",
        "context", "traits", "kind", "content", "rules", "deep", "deep simple", "again_window", "again_visit",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(SCORERS))
class TestScorer:
    def test_scores_every_item_the_same_twice(self, name):
        for query in questions(LOG).values():
            first, second = SCORERS[name].score(query), SCORERS[name].score(query)
            assert first.shape == (LOG.n_items,)
            np.testing.assert_array_equal(first, second)
            assert not np.isinf(first).any()

    def test_row_order_does_not_matter(self, name):
        log, scorers = world(order=3)
        for key, query in questions(log).items():
            np.testing.assert_allclose(
                scorers[name].score(query), SCORERS[name].score(questions(LOG)[key]), rtol=1e-6, atol=1e-9
            )

    def test_says_nan_where_it_cannot_score(self, name):
        known = SCORERS[name].score(questions(LOG)["known"])
        stranger = SCORERS[name].score(questions(LOG)["stranger"])
        assert not np.isnan(known).all()
        if name not in ("content", "deep", "deep simple", "kind", "place", "context", "traits"):
            assert np.isnan(known[NEW])
        if name not in ("popular", "trend", "tried", "tried_now"):
            assert np.isnan(stranger).all()

    def test_reasons_add_up_to_the_score_or_are_none(self, name):
        scorer = SCORERS[name]
        for query in questions(LOG).values():
            score = scorer.score(query)
            for item in range(LOG.n_items):
                behind, share = scorer.because(query, item)
                assert len(behind) == len(share)
                assert len(set(behind.tolist())) == len(behind)
                if len(behind) and not np.isnan(score[item]) and not (name == "rules" and item == 5):
                    assert share.sum() == pytest.approx(score[item], rel=1e-4, abs=1e-6)

    def test_arrays_make_it_again(self, name):
        scorer = SCORERS[name]
        again = _LOADERS[type(scorer).__name__](scorer.name, scorer.arrays())
        for query in questions(LOG).values():
            np.testing.assert_array_equal(again.score(query), scorer.score(query))


def test_a_rule_fires_only_when_all_its_conditions_hold():
    rules = SCORERS["rules"]
    asked = query_of(LOG, -1, now=LOG.end, cart=np.array([1]))
    assert np.isnan(rules.score(asked)).all()
    asked = query_of(LOG, -1, now=LOG.end, cart=np.array([1, 2]))
    assert np.flatnonzero(~np.isnan(rules.score(asked))).tolist() == [4]
    asked = query_of(LOG, -1, now=LOG.end, context=("friday", "evening"))
    assert np.flatnonzero(~np.isnan(rules.score(asked))).tolist() == [5]


def test_rules_without_counts_are_refused():
    with pytest.raises(ValueError, match="n_xy"):
        rule_scorer(pd.DataFrame({"antecedent": ["a"], "consequent": ["b"]}), Ids.of(pd.Series(["a", "b"])))


def test_what_is_tried_counts_first_takings_only():
    rows = (
        [("p0", "often", day) for day in range(9)]
        + [(f"p{n}", "fresh", 9) for n in range(3)]
        + [("p1", "often", 9)]
    )
    frame = pd.DataFrame(rows, columns=["person", "item", "day"])
    frame["at"] = pd.Timestamp("2021-03-01", tz="UTC") + pd.to_timedelta(frame["day"], unit="D")
    items = Ids.of(frame["item"])
    log, _ = make_log(frame, Ids.of(frame["person"]), items, Ids.of(None))
    found = trend(first_takings(log), fade=1000.0)
    assert found is not None
    told = np.expm1(found.score(query_of(log, 0, now=log.end)))
    np.testing.assert_allclose(
        told[items.positions(["fresh", "often"])], [3.0, 1.0 + np.exp(-9 / 1000)], rtol=1e-5
    )
