"""The product's ranker knows when and where it is asked: its words on paper, and what rules gain on planted effects."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from bot.fitting import ContextRecommender, fit
from bot.surroundings import Surroundings
from mining.config import MiningConfig
from mining.context import words_at
from retrieval.evaluate import paired, per_person
from retrieval.rankconfig import RankConfig
from tests.planted import plant, ranked_with_carts, with_carts

PLACES = pd.DataFrame(
    {"place": ["s1", "s2", "east"], "parent": ["east", None, None], "zone": [None, "Asia/Tokyo", None]}
)


def test_words_of_rows_are_those_of_their_instants_and_places() -> None:
    config = MiningConfig(zone="America/New_York", day_start=5)
    here = Surroundings.of(config, PLACES)
    rng = np.random.default_rng(0)
    instants = [pd.Timestamp(int(s), unit="s", tz="UTC") for s in rng.integers(1.4e9, 1.6e9, 60)]
    places = [("s1", "s2", "s9", None)[n % 4] for n in range(60)]
    lines = {"s1": ("place:s1", "place:east"), "s2": ("place:s2",), "s9": ("place:s9",), None: ()}
    got = here.words(instants, places)
    for at, place, words in zip(instants, places, got, strict=True):
        times = words_at(at, here.calendar, "Asia/Tokyo" if place == "s2" else None)
        assert sorted(words) == sorted((*times, *lines[place]))


def test_unknown_instants_and_places_have_no_words() -> None:
    [words, other] = Surroundings.of(MiningConfig()).words(
        [None, datetime(2024, 6, 1, 23, tzinfo=UTC)], [None, None]
    )
    assert words == ()
    assert other == ("saturday", "weekend", "night", "june", "summer")


def test_a_question_in_time_and_place_is_one_in_their_words() -> None:
    rows = pd.DataFrame(
        [
            (
                f"p{n % 9}",
                f"i{(n * n + n % 9) % 7}",
                pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(hours=7 * n),
            )
            for n in range(200)
        ],
        columns=["person", "item", "at"],
    ).assign(place=["s1" if n % 3 else "s2" for n in range(200)])
    here = Surroundings.of(MiningConfig(), PLACES)
    rows = rows.assign(context=here.words(rows["at"], rows["place"]))
    ranker = fit(rows, places=PLACES, mining=MiningConfig(min_count=3, min_people=2))
    assert isinstance(ranker, ContextRecommender)
    at = [pd.Timestamp("2024-03-02 23:00", tz="UTC"), pd.Timestamp("2024-03-04 09:00", tz="UTC")]
    asked = {"at": at, "place": ["s1", "s2"], "exclude_seen": False}
    words = [tuple(one) for one in ranker.surroundings.words(at, ["s1", "s2"])]
    plain = ranker.recommend(["p1", "p2"], 5, **asked)
    pd.testing.assert_frame_equal(plain, ranker.recommend(["p1", "p2"], 5, context=words, **asked))
    one = ranker.recommend("p1", 5, at=at[0], place="s1", exclude_seen=False)
    pd.testing.assert_frame_equal(one, plain[plain["person"] == "p1"])


def test_context_is_left_out_where_no_pair_is_bound_to_it() -> None:
    at = pd.Timestamp("2024-01-01", tz="UTC")
    rows = pd.DataFrame({"person": ["u", "u", "v"], "item": ["a", "b", "a"], "at": at, "place": "s1"})
    ranker = fit(rows, places=PLACES)
    assert ranker.fitted.log.context is None
    assert len(ranker.recommend(["u", "v"], 5, at=at, place="s1", exclude_seen=False)) == 4


@pytest.mark.slow
def test_rules_bound_to_time_and_place_rank_better_where_the_effect_exists() -> None:
    world = plant(0)
    task, carts = with_carts(world)
    frames = (task.train, world.items, world.people, world.places)
    whole = fit(*frames)
    others = tuple(sorted({one.name for one in whole.fitted.scorers.values()} - {"rules"}))
    bare = fit(*frames, ranking=RankConfig(scorers=others))
    first, second = (
        per_person(ranked_with_carts(one, task, carts), task.truth)["ndcg"] for one in (whole, bare)
    )
    gain = paired(first, second)
    assert gain.mean >= 2 * gain.error, gain
