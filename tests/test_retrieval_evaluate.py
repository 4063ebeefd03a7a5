"""Metrics and protocols against loops over people and cuts known on paper."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.evaluate import (
    ablation,
    coverage,
    diversity,
    estimate,
    novelty,
    paired,
    per_person,
    popularity_bias,
    report,
    run,
)
from retrieval.protocols import PROTOCOLS, last_visit, leave_last_out, purchases, tasks_of, time_split


def lists_of(**people: str) -> pd.DataFrame:
    """`u="abc"` ranks a, b, c for u."""
    rows = [(p, item, -float(n), n + 1) for p, items in people.items() for n, item in enumerate(items)]
    return pd.DataFrame(rows, columns=["person", "item", "score", "rank"])


def pairs_of(**people: str) -> pd.DataFrame:
    return pd.DataFrame([(p, i) for p, items in people.items() for i in items], columns=["person", "item"])


def test_metrics_on_paper():
    got = per_person(lists_of(u="abc", v="abc"), pairs_of(u="bz", v="a", w="a"), k=2)
    ideal = 1 + 1 / math.log2(3)
    assert got.loc["u"].tolist() == pytest.approx([1 / math.log2(3) / ideal, 1, 1 / 2, 1 / 2, 1 / 2])
    assert got.loc["v"].tolist() == pytest.approx([1, 1, 1, 1, 1 / 2])
    assert got.loc["w"].tolist() == [0, 0, 0, 0, 0]


@given(
    st.dictionaries(st.sampled_from("uvw"), st.permutations(list("abcdef")), min_size=1),
    st.dictionaries(st.sampled_from("uvw"), st.sets(st.sampled_from("abcdefgh"), min_size=1), min_size=1),
    st.integers(1, 6),
)
@settings(max_examples=60, deadline=None)
def test_metrics_equal_slow_loops(ranked, right, k):
    lists = lists_of(**{p: "".join(items) for p, items in ranked.items()})
    truth = pairs_of(**{p: "".join(sorted(items)) for p, items in right.items()})
    got = per_person(lists, truth, k=k)
    for person, wanted in right.items():
        top = list(ranked.get(person, []))[:k]
        hits = [n for n, item in enumerate(top, start=1) if item in wanted]
        ideal = sum(1 / math.log2(1 + n) for n in range(1, min(k, len(wanted)) + 1))
        row = got.loc[person]
        assert row["ndcg"] == pytest.approx(sum(1 / math.log2(1 + n) for n in hits) / ideal)
        assert row["hit"] == bool(hits)
        assert row["mrr"] == pytest.approx(1 / hits[0] if hits else 0.0)
        assert row["recall"] == pytest.approx(len(hits) / len(wanted))
        assert 0 <= row["ndcg"] <= 1 + 1e-12


def test_catalogue_metrics_on_paper():
    train = pairs_of(u="ab", v="a", w="a", x="c")
    lists = lists_of(u="ac", v="ab")
    assert coverage(lists, 10, k=2) == pytest.approx(0.3)
    assert novelty(lists, train, k=1) == pytest.approx(-math.log2(3 / 4))
    assert popularity_bias(lists, train, k=1) == pytest.approx(3 / ((3 * 3 + 1 + 1) / 5))
    assert diversity(lists, train, k=2) == pytest.approx(1 - (0 + 1 / math.sqrt(3)) / 2)


def test_estimates_know_their_error():
    values = np.r_[np.zeros(50), np.ones(50)]
    got = estimate(values)
    assert got.mean == 0.5
    assert got.error == pytest.approx(values.std(ddof=1) / 10)
    assert got.low == pytest.approx(0.5 - 1.96 * got.error, abs=0.02)
    assert got.high == pytest.approx(0.5 + 1.96 * got.error, abs=0.02)
    with pytest.raises(ValueError, match="nobody"):
        estimate(np.array([]))


def test_pairing_compares_the_same_people():
    first = pd.Series([1.0, 0.0, 1.0], index=["u", "v", "w"])
    got = paired(first, pd.Series([0.5, 0.5, 9.0], index=["w", "u", "z"]))
    assert (got.mean, got.error, got.people) == (0.5, 0.0, 2)


def test_ablation_says_what_a_part_adds():
    got = ablation(
        {"all": lists_of(u="a", v="a"), "without x": lists_of(u="a", v="b")}, pairs_of(u="a", v="a"), k=1
    )
    assert got["without x"].mean == pytest.approx(0.5)
    with pytest.raises(KeyError, match="all"):
        ablation({}, pairs_of(u="a"))


def log(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["person", "item", "day"])
    frame["at"] = pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(frame.pop("day"), unit="D")
    return frame


def test_leaving_the_last_out_keeps_ties_in_file_order():
    rows = log([("u", "c", 5), ("u", "a", 1), ("u", "b", 5), ("v", "a", 0), ("w", "a", 1), ("w", "b", 0)])
    task = leave_last_out(rows)
    assert task.truth.to_numpy().tolist() == [["u", "b"], ["w", "a"]]
    assert task.left_out == 1
    assert sorted(task.train["item"]) == ["a", "b", "c"]
    earlier = leave_last_out(rows, validation=True)
    assert earlier.truth.to_numpy().tolist() == [["u", "c"]]
    assert "b" not in earlier.train.loc[earlier.train["person"] == "u", "item"].tolist()


def test_a_time_split_asks_only_people_with_a_history_for_unseen_items():
    rows = log([(p, i, day) for day, (p, i) in enumerate(zip("uuuuuuuuvw", "abcdefghii", strict=True))])
    rows = pd.concat([rows, log([("u", "z", 50), ("u", "a", 51), ("new", "a", 52), ("u", "y", 53)])])
    test = time_split(rows)
    assert len(test.train) == int(14 * 0.9)
    assert test.truth.to_numpy().tolist() == [["u", "y"]]
    assert test.left_out == 1
    assert time_split(rows, validation=True).train["at"].max() < test.train["at"].max()


def shopping() -> pd.DataFrame:
    """One household buys 20 times milk before the cut; 19 times rye; then baskets in and after the window."""
    cut = pd.Timestamp("2017-12-04", tz="UTC")
    rows = [("h", "milk", cut - pd.Timedelta(days=40 + n), f"m{n}") for n in range(20)]
    rows += [
        ("g", thing, cut - pd.Timedelta(days=40 + n), f"t{n}") for n in range(20) for thing in ("tea", "egg")
    ]
    rows += [("h", "rye", cut - pd.Timedelta(days=40 + n), f"r{n}") for n in range(19)]
    rows += [("h", "milk", cut, "small"), ("h", "rye", cut, "small"), ("h", "tea", cut, "small")]
    rows += [
        ("h", thing, cut + pd.Timedelta(days=2), "large") for thing in ("milk", "tea", "egg", "egg", "rye")
    ]
    rows += [("stranger", "milk", cut, "s"), ("h", "egg", cut + pd.Timedelta(days=28), "late")]
    frame = pd.DataFrame(rows, columns=["person", "item", "at", "basket"])
    return frame.assign(place="s1")


def test_purchases_keep_candidates_and_cut_at_midnight():
    tasks = purchases(shopping())
    assert set(tasks["all"].train["item"]) == {"milk", "tea", "egg"}
    assert sorted(tasks["all"].truth.to_numpy().tolist()) == [["h", "egg"], ["h", "milk"], ["h", "tea"]]
    assert sorted(tasks["new"].truth["item"]) == ["egg", "tea"]
    basket = tasks["basket"]
    assert sorted(basket.truth["item"]) == ["egg", "milk", "tea"]
    assert basket.at["h"] == pd.Timestamp("2017-12-06", tz="UTC")
    assert basket.place["h"] == "s1"
    assert tasks["all"].left_out == 1
    assert len(tasks["all"].train) == 60


class Fixed:
    """A ranker that gives everyone a, b, c and notes what it was told."""

    def recommend(self, people, k=10, at=None, place=None, exclude_seen=True):
        self.told = (at, place, exclude_seen)
        return lists_of(**dict.fromkeys(people, "abc"[:k]))


def test_running_a_task_tells_the_ranker_what_is_known():
    ranker, tasks = Fixed(), purchases(shopping())
    run(ranker, tasks["basket"])
    assert ranker.told == ([pd.Timestamp("2017-12-06", tz="UTC")], ["s1"], False)


def test_a_report_holds_all_that_was_measured():
    task = leave_last_out(log([("u", "c", 0), ("u", "a", 1)]))
    got = report(Fixed(), task, without={"b": Fixed()})
    assert (got.task, got.people, got.left_out) == ("P1", 1, 0)
    assert got.metrics["ndcg@10"].mean == 1.0
    assert got.metrics["recall@20"].people == 1
    assert got.lists["coverage"] == 3.0  # Fixed gives three items to a log of one
    assert got.without["b"].mean == 0.0


def test_the_last_visit_is_a_basket_or_a_day_at_its_time_and_place():
    day = pd.Timestamp("2020-01-01 09:00", tz="UTC")
    rows = pd.DataFrame(
        [
            ("u", "a", day, "b1", "s1"),
            ("u", "b", day + pd.Timedelta(days=1), "b2", "s2"),
            ("u", "a", day + pd.Timedelta(days=1, hours=1), "b2", "s2"),
            ("v", "a", day, "b3", None),
            ("u", "c", day + pd.Timedelta(days=1, hours=2), "b4", "s3"),
        ],
        columns=["person", "item", "at", "basket", "place"],
    )
    test = last_visit(rows)
    assert test.truth.to_numpy().tolist() == [["u", "c"]]
    assert (test.place, test.left_out, test.exclude_seen) == ({"u": "s3"}, 1, False)
    earlier = last_visit(rows, validation=True)
    assert sorted(earlier.truth["item"]) == ["a", "b"]
    assert earlier.at["u"] == day + pd.Timedelta(days=1)
    assert earlier.train["item"].tolist() == ["a"]
    by_day = last_visit(rows.drop(columns="basket"))
    assert sorted(by_day.truth["item"]) == ["a", "b", "c"]


@given(st.lists(st.tuples(st.sampled_from("uvw"), st.sampled_from("abc"), st.integers(0, 6)), max_size=25))
@settings(max_examples=50, deadline=None)
def test_last_visits_equal_a_slow_loop(rows):
    frame = log(rows)
    for validation in (False, True):
        task = last_visit(frame, validation=validation)
        right, learned = set(), 0
        for person in "uvw":
            days = sorted({day for p, _, day in rows if p == person})
            if len(days) < 2 + validation:
                continue
            asked = days[-1 - validation]
            right |= {(person, item) for p, item, day in rows if p == person and day == asked}
        for person in "uvw":
            days = sorted({day for p, _, day in rows if p == person})
            learned += sum(p == person and day in days[: -1 - validation] for p, _, day in rows)
        assert set(map(tuple, task.truth.to_numpy().tolist())) == right
        assert len(task.train) == learned


def test_a_time_split_with_repeats_asks_for_what_was_taken_before():
    rows = log([("u", "ab"[day % 2], day) for day in range(20)])
    assert time_split(rows).truth.empty
    again = time_split(rows, repeats=True)
    assert sorted(again.truth["item"]) == ["a", "b"]
    assert not again.exclude_seen


def test_protocols_by_name():
    rows = shopping()
    for protocol, names in PROTOCOLS.items():
        assert [task.name for task in tasks_of(protocol, rows, validation=False)] == list(names)
        assert [task.name for task in tasks_of(protocol, rows)] == [f"{name} validation" for name in names]
    assert tasks_of("last", rows, validation=False)[0].exclude_seen
    assert not tasks_of("last", rows, repeats=True)[0].exclude_seen
    with pytest.raises(ValueError, match="'P4' is not known"):
        tasks_of("P4", rows)
