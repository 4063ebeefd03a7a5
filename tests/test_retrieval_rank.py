"""The ranker as its users see it: parts that add up, reasons, fresh ratings, cold people, files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.ablation import silenced
from retrieval.rank import Recommender
from retrieval.rankconfig import RankConfig
from retrieval.trees import Trees

FILMS = [f"space{n}" for n in range(8)] + [f"love{n}" for n in range(8)]


def ratings(seed: int = 0) -> pd.DataFrame:
    """40 people, half rating mostly space films, half mostly love films, in the order of a walk."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(40):
        mine, others = (FILMS[:8], FILMS[8:]) if person % 2 else (FILMS[8:], FILMS[:8])
        taken = [*rng.permutation(mine)[:6], *rng.permutation(others)[:1]]
        rows += [(f"p{person:02}", film, day) for day, film in enumerate(rng.permutation(taken))]
    frame = pd.DataFrame(rows, columns=["person", "item", "day"])
    frame["at"] = pd.Timestamp("1998-01-01", tz="UTC") + pd.to_timedelta(frame.pop("day"), unit="D")
    return frame.assign(kind="rate", value=4.0)


def shopping() -> pd.DataFrame:
    """30 households over 20 weeks: everyone buys milk weekly, its own pet food fortnightly, and one odd thing."""
    rng = np.random.default_rng(1)
    rows = []
    for person in range(30):
        for week in range(20):
            things = ["milk", f"odd{rng.integers(0, 12)}", f"odd{rng.integers(0, 12)}"]
            if week % 2 == person % 2:
                things.append("cat food" if person % 3 else "dog food")
            rows += [
                (person, thing, week * 7 + person % 5, f"{person}-{week}", f"s{person % 2}")
                for thing in things
            ]
    frame = pd.DataFrame(rows, columns=["person", "item", "day", "basket", "place"])
    frame["at"] = pd.Timestamp("2021-01-01", tz="UTC") + pd.to_timedelta(frame.pop("day"), unit="D")
    return frame.assign(kind="buy", value=1.0)


@pytest.fixture(scope="module")
def films() -> Recommender:
    items = pd.DataFrame(
        {"item": [*FILMS, "unseen"], "category": ["Sci-Fi"] * 8 + ["Romance"] * 8 + ["Drama"]}
    )
    return Recommender().fit(ratings(), items)


@pytest.fixture(scope="module")
def shop() -> Recommender:
    return Recommender().fit(shopping())


def test_recommends_within_taste_and_never_what_was_seen(films):
    seen = ratings().groupby("person")["item"].agg(set)
    lists = films.recommend(sorted(seen.index), k=2)
    assert list(lists.columns) == ["person", "item", "score", "rank"]
    assert not any(item in seen[person] for person, item in zip(lists["person"], lists["item"], strict=True))
    own = ["space" if int(person[1:]) % 2 else "love" for person in lists["person"]]
    right = [item.startswith(kind) for item, kind in zip(lists["item"], own, strict=True)]
    assert np.mean(right) > 0.85
    assert (lists.groupby("person")["score"].diff().dropna() <= 0).all()


def test_every_score_is_the_sum_of_its_parts(films, shop):
    for ranker, person in ((films, "p01"), (shop, "3")):
        found = ranker.score(person=person, k=50, liked=[str(ranker.items[0])], exclude_seen=False)
        assert found
        for candidate in found:
            assert candidate.score == pytest.approx(sum(candidate.parts.values()), abs=1e-9)
            assert ranker.explain(
                candidate.item, person=person, liked=[str(ranker.items[0])], exclude_seen=False
            ).score == pytest.approx(candidate.score, abs=1e-9)


def test_reasons_never_claim_more_than_the_parts_from_history(films):
    told = films.explain("space0", person="p00", liked=["space1"])
    linear = sum(told.parts.get(name, 0.0) for name in
                 ("ease", "broad", "taste", "near", "beside", "walk", "similar", "people", "kind"))  # fmt: skip
    assert sum(share for _, share in told.because) == pytest.approx(linear, rel=1e-4)
    assert told.because[0][0] == "space1"


def test_the_counterfactual_is_the_question_asked_again(films):
    told = films.explain("space0", liked=["space1", "love1"], without=["space1"])
    again = films.explain("space0", liked=["love1"])
    assert told.score_without == pytest.approx(again.score, abs=1e-12)
    assert told.rank_without == films.explain("space0", liked=["love1"], exclude=["space1"]).rank + (
        films.explain("space1", liked=["love1"]).rank < again.rank
    )
    assert told.score_without < told.score


def test_rank_of_an_explanation_is_the_place_in_the_list(films):
    for candidate in films.score(person="p03", k=5):
        assert films.explain(candidate.item, person="p03").rank == candidate.rank
    assert films.explain("space0", liked=["space0"]).rank == 0


def test_a_dislike_sinks_what_is_like_it(films):
    def mean_rank(**named) -> float:
        return np.mean([films.explain(f"space{n}", **named).rank for n in range(1, 8)])

    assert mean_rank(liked=["love0"], disliked=["space0"]) > mean_rank(liked=["love0", "space0"]) + 4
    assert mean_rank(disliked=["space0"]) > 8


def test_a_new_row_of_history_acts_in_the_next_call(films):
    history = pd.DataFrame({"item": ["love0", "love1"], "kind": "rate", "value": 5.0})
    before = films.score(person="p01", history=history, k=3)
    assert all(candidate.item.startswith("love") for candidate in before)
    more = pd.concat([history, pd.DataFrame({"item": ["space0", "space1", "space2"], "kind": "like"})])
    more["at"] = pd.date_range("1998-03-01", periods=5, tz="UTC")
    after = films.score(person="p01", history=more, k=3)
    assert any(candidate.item.startswith("space") for candidate in after)


def test_a_cold_person_gets_what_is_popular(films):
    takers = ratings().groupby("item").size()
    for cold in ({}, {"person": "nobody"}, {"history": pd.DataFrame({"item": []})}):
        found = films.score(**cold, k=16)
        assert found[0].item in takers.index[takers >= takers.quantile(0.8)]
        assert set(found[0].parts) <= {"popular", "trend", "place", "context", "traits"}


def test_filters_hold(films):
    allowed = ["space0", "love0", "love1", "no such film"]
    found = films.score(liked=["love0"], allowed=allowed, exclude=["space0"], k=9)
    assert [candidate.item for candidate in found] == ["love1"]
    mask = np.array([item == "love3" for item in films.items])
    assert [candidate.item for candidate in films.score(allowed=mask)] == ["love3"]
    with pytest.raises(ValueError, match="mask"):
        films.score(allowed=mask[:3])


def test_diversity_mixes_the_list(films):
    plain = {c.item[:4] for c in films.score(person="p01", k=2)}
    mixed = films.score(person="p01", k=6, diversity=0.9)
    assert plain == {"spac"}
    assert {c.item[:4] for c in mixed[:3]} > plain
    assert len({c.item for c in mixed}) == 6
    with pytest.raises(ValueError, match="diversity"):
        films.score(diversity=2.0)


def test_habits_come_first_where_people_repeat(shop):
    lists = shop.recommend([0, 1, 2, 3], k=3, exclude_seen=False)
    assert lists["person"].tolist()[:3] == [0, 0, 0]
    first = lists[lists["rank"] == 1]
    assert set(first["item"]) == {"milk"}
    pets = lists[lists["rank"] == 2].set_index("person")["item"]
    assert pets.map(lambda thing: "food" in thing).mean() >= 0.75
    told = shop.explain("milk", person="0", exclude_seen=False)
    assert told.because[0][0] == "milk"
    assert told.parts["again"] > 0


def test_new_items_only_where_asked(shop):
    seen = shopping().groupby("person")["item"].agg(set)
    lists = shop.recommend(list(range(30)), k=5)
    assert not any(item in seen[person] for person, item in zip(lists["person"], lists["item"], strict=True))


def test_place_chooses_the_blend_of_a_visit(shop):
    assert {key.split(":")[0] for key in shop.fitted.blends} == {"window", "visit"}
    away, there = (shop.recommend([4], k=3, place=place, exclude_seen=False) for place in (None, "s0"))
    assert not np.allclose(away["score"], there["score"])


@pytest.fixture(scope="module")
def wooded(shop) -> Recommender:
    """Return the shop with trees in the blends for new items, though it has too few households to learn any."""
    blends = {}
    for key, blend in shop.fitted.blends.items():
        width = len(blend.names)
        feature = np.array([[n % width, (n + 1) % width, (n + 2) % width] for n in range(6)])
        leaf = np.random.default_rng(2).normal(size=(6, 4))
        trees = Trees(feature, np.full((6, 3), 0.05), leaf) if key.endswith("new") else None
        blends[key] = replace(blend, trees=trees)
    return Recommender(shop.config).adopt(replace(shop.fitted, blends=blends))


def test_parts_of_trees_add_up_and_a_counterfactual_is_asked_anew(wooded):
    some = wooded.score(person="4", k=6)
    lists = wooded.recommend([4], k=6)
    assert [one.item for one in some] == lists["item"].tolist()
    np.testing.assert_allclose([one.score for one in some], lists["score"])
    scores = [one.score for one in some]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 1
    for rank, one in enumerate(some, start=1):
        told = wooded.explain(one.item, person="4", without=["milk"])
        assert (told.score, told.rank) == (one.score, rank)
        assert sum(told.parts.values()) == pytest.approx(told.score)
        assert told.score_without == pytest.approx(sum((told.parts_without or {}).values()))
    part = next(name for one in some for name in one.parts)
    quiet = silenced(wooded, part)
    assert all(part not in one.parts for one in quiet.score(person="4", k=6))


@pytest.mark.parametrize("fixture", ["films", "shop", "wooded"])
def test_files_give_the_same_scores(fixture, request, tmp_path):
    ranker = request.getfixturevalue(fixture)
    ranker.save(tmp_path / "rank")
    again = Recommender.load(tmp_path / "rank")
    assert again.config == ranker.config
    assert again.items == ranker.items
    people = list(ranker.fitted.people.index[:5])
    for seen in (True, False):
        pd.testing.assert_frame_equal(
            again.recommend(people, exclude_seen=seen),
            ranker.recommend(people, exclude_seen=seen),
            check_exact=True,
        )
    liked = [str(ranker.items[1])]
    assert again.score(liked=liked) == ranker.score(liked=liked)


def test_ids_come_back_in_their_type():
    frame = pd.DataFrame({"person": [1, 1, 2, 2, 3, 3, 3], "item": [10, 20, 10, 20, 10, 20, 30]})
    lists = Recommender().fit(frame).recommend([1, 2, 99], k=2)
    assert lists["person"].dtype == np.int64
    assert lists["item"].tolist()[0] == 30
    assert Recommender().fit(frame).recommend(1)["person"].tolist() == [1]


def test_scores_do_not_depend_on_row_order(shop):
    shuffled = Recommender().fit(shopping().sample(frac=1.0, random_state=5))
    for seen in (True, False):
        pd.testing.assert_frame_equal(
            shuffled.recommend([0, 7], exclude_seen=seen),
            shop.recommend([0, 7], exclude_seen=seen),
            rtol=1e-5,
        )


def test_rules_from_a_callable_see_only_rows_before_the_window():
    frame, calls = shopping(), []

    def mine(rows: pd.DataFrame) -> pd.DataFrame:
        calls.append((rows["at"].max(), len(rows)))
        return pd.DataFrame({"antecedent": [("milk",)], "consequent": ["cat food"], "context": [()],
                             "kind": "together", "n": 100, "n_x": 50, "n_y": 20, "n_xy": 18})  # fmt: skip

    Recommender().fit(frame, rules=mine)
    whole = (frame["at"].max(), len(frame))
    assert whole in calls
    held_out = [last for last, size in calls if (last, size) != whole]
    assert held_out
    assert max(held_out) < frame["at"].max() - pd.Timedelta(days=27)


def test_a_rule_that_fires_is_named_with_its_contribution():
    frame = pd.DataFrame(
        {"antecedent": [("space0",), ()], "consequent": ["love7", "love6"], "context": [(), ("friday", "night")],
         "kind": ["together", "context"], "n": 100, "n_x": 20, "n_y": 10, "n_xy": 10}
    )  # fmt: skip
    ranker = Recommender().fit(ratings(), rules=frame)
    told = ranker.explain("love7", cart=["space0"])
    assert [(rule.antecedent, rule.kind) for rule in told.rules] == [(("space0",), "together")]
    assert told.rules[0].contribution == pytest.approx(told.parts["rules"])
    assert ranker.explain("love7", cart=["space1"]).rules == ()
    friday = ranker.explain("love6", cart=["space1"], context=["friday", "night"])
    assert friday.rules[0].context == ("friday", "night")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"person": ["u"], "item": ["a"]}),
        pd.DataFrame({"person": ["u", "u"], "item": ["a", "a"]}),
        pd.DataFrame({"person": ["u", "v"], "item": ["a", "b"], "at": [None, "2020-01-01"]}),
        pd.DataFrame({"person": ["u"] * 4, "item": list("abcd"), "value": [None] * 4, "basket": [None] * 4}),
    ],
    ids=["one row", "duplicates", "missing time", "one person"],
)
def test_tiny_data_works(frame):
    ranker = Recommender().fit(frame)
    assert len(ranker.recommend(["u", "stranger"], k=3, exclude_seen=False)) >= 2
    assert ranker.score(person="u", liked=["no such"], k=1, exclude_seen=False)


def test_items_rank_at_the_level_of_parents():
    rows = ratings().assign(item=lambda frame: frame["item"] + "-dvd")
    items = pd.DataFrame(
        {"item": [*FILMS, *(f"{film}-dvd" for film in FILMS)], "parent": [None] * 16 + FILMS}
    )
    ranker = Recommender(RankConfig(level="parent")).fit(rows, items)
    assert set(ranker.items) == set(FILMS)
    assert set(ranker.recommend("p01")["item"]) <= set(FILMS)


def test_wrong_input_says_what_to_do():
    with pytest.raises(ValueError, match="rename"):
        Recommender().fit(pd.DataFrame({"user": [1], "item": [2]}))
    with pytest.raises(ValueError, match="nothing to learn"):
        Recommender().fit(pd.DataFrame({"person": [], "item": []}))
    with pytest.raises(RuntimeError, match="fit or load"):
        Recommender().recommend("u")
    with pytest.raises(ValueError, match="per person"):
        Recommender().fit(ratings()).recommend(["p00"], place=["a", "b"])


def test_an_unknown_item_cannot_be_explained(films):
    with pytest.raises(KeyError, match="no such film"):
        films.explain("no such film")


def test_a_blend_keeps_only_weights_that_count(films):
    for blend in films.fitted.blends.values():
        assert (blend.weights >= 0).all()
        assert len(blend.names) == len(blend.weights)
    zero = replace(
        next(iter(films.fitted.blends.values())),
        weights=np.zeros(1),
        names=("ease",),
        absolute=np.array([False]),
    )
    assert zero.pruned().names == ("ease",)


@given(st.integers(0, 2**16), st.integers(1, 30))
@settings(max_examples=10, deadline=None)
def test_lists_are_the_best_k_whatever_the_question(films, seed, k):
    rng = np.random.default_rng(seed)
    liked = list(rng.choice(FILMS, rng.integers(0, 4), replace=False))
    everything = films.score(liked=liked, k=99)
    assert films.score(liked=liked, k=k) == everything[:k]
    assert [c.rank for c in everything] == list(range(1, len(everything) + 1))
