"""Metrics of ranked lists, with honest errors: bootstrap over people, paired standard errors, ablation.

Knows lists and truths as frames. It refuses to know how a list was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrieval.protocols import Task

Floats = NDArray[np.float64]


class Ranker(Protocol):
    """Whatever can be evaluated."""

    def recommend(
        self, people: Sequence[Any], k: int = 10, at: Any = None, place: Any = None, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Return `person, item, score, rank`."""


@dataclass(frozen=True)
class Estimate:
    """A mean over people with its standard error and a bootstrap interval of 95 %."""

    mean: float
    error: float
    low: float
    high: float
    people: int


def run(ranker: Ranker, task: Task, *, k: int = 20) -> pd.DataFrame:
    """Ask a fitted ranker for everyone in the task."""
    people = task.people
    return ranker.recommend(
        people,
        k=k,
        at=[task.at.get(one) for one in people] if task.at else None,
        place=[task.place.get(one) for one in people] if task.place else None,
        exclude_seen=task.exclude_seen,
    )


def per_person(lists: pd.DataFrame, truth: pd.DataFrame, *, k: int = 10) -> pd.DataFrame:
    """Return one row for each person of `truth` with `ndcg, hit, mrr, recall, precision` at `k`.

    ndcg = sum over hits of 1 / log2(1 + rank), over the same sum for min(k, right) hits at the top; recall = hits
    over all right items; mrr = 1 / rank of the first hit within k. Someone without a list scores 0.
    """
    truth = truth[["person", "item"]].drop_duplicates()
    right = truth.groupby("person").size()
    top = lists[lists["rank"] <= k]
    hits = top.merge(truth, on=["person", "item"])
    hits = hits.assign(gain=1.0 / np.log2(1.0 + hits["rank"]), inverse=1.0 / hits["rank"])
    by = hits.groupby("person").agg(gain=("gain", "sum"), n=("item", "size"), first=("inverse", "max"))
    by = by.reindex(right.index).fillna(0.0)
    ideal = np.cumsum(1.0 / np.log2(np.arange(2, k + 2)))[np.minimum(right.to_numpy(), k) - 1]
    return pd.DataFrame(
        {
            "ndcg": by["gain"] / ideal,
            "hit": (by["n"] > 0).astype(float),
            "mrr": by["first"],
            "recall": by["n"] / right,
            "precision": by["n"] / k,
        }
    )


def estimate(values: Floats | pd.Series, *, draws: int = 1000, seed: int = 0) -> Estimate:
    """Return the mean with its standard error and the percentile interval of `draws` bootstrap samples of people.

    Raises:
        ValueError: there is nobody to average over.
    """
    x = np.asarray(values, dtype=float)
    if not len(x):
        raise ValueError("there is nobody to average over: the truth is empty")
    rng = np.random.default_rng(seed)
    means = np.array([x[rng.integers(0, len(x), len(x))].mean() for _ in range(draws)])
    error = float(x.std(ddof=1) / np.sqrt(len(x))) if len(x) > 1 else 0.0
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(x.mean()), error, float(low), float(high), len(x))


def paired(first: pd.Series, second: pd.Series) -> Estimate:
    """Estimate the mean difference first - second over the people that both have.

    Raises:
        ValueError: they share nobody.
    """
    both = first.index.intersection(second.index)
    return estimate((first.loc[both] - second.loc[both]).to_numpy())


def coverage(lists: pd.DataFrame, n_items: int, *, k: int = 10) -> float:
    """Return the share of `n_items` that stand in somebody's top k."""
    return float(lists.loc[lists["rank"] <= k, "item"].nunique() / n_items)


def novelty(lists: pd.DataFrame, train: pd.DataFrame, *, k: int = 10) -> float:
    """Return the mean of -log2(share of people who took the item) over the top k (unseen items count as one taker)."""
    takers = train.drop_duplicates(["person", "item"]).groupby("item").size()
    n_people = train["person"].nunique()
    top = lists.loc[lists["rank"] <= k, "item"]
    return float(-np.log2(top.map(takers).fillna(1.0) / n_people).mean())


def popularity_bias(lists: pd.DataFrame, train: pd.DataFrame, *, k: int = 10) -> float:
    """Return the mean takers of what is proposed over the mean takers of what people took: 1 is unbiased."""
    pairs = train.drop_duplicates(["person", "item"])
    takers = pairs.groupby("item").size()
    top = lists.loc[lists["rank"] <= k, "item"]
    return float(top.map(takers).fillna(0.0).mean() / pairs["item"].map(takers).mean())


def diversity(lists: pd.DataFrame, train: pd.DataFrame, *, k: int = 10) -> float:
    """Return 1 - the mean cosine (who took both) over all pairs within each list of k, averaged over people."""
    pairs = train.drop_duplicates(["person", "item"])
    takers = pairs.groupby("item")["person"].agg(frozenset).to_dict()
    values = []
    for _, items in lists[lists["rank"] <= k].groupby("person")["item"]:
        sets = [takers.get(one, frozenset()) for one in items]
        cosines = [
            len(a & b) / np.sqrt(len(a) * len(b)) if a and b else 0.0
            for place, a in enumerate(sets)
            for b in sets[place + 1 :]
        ]
        if cosines:
            values.append(1.0 - float(np.mean(cosines)))
    return float(np.mean(values)) if values else 0.0


def ablation(lists: Mapping[str, pd.DataFrame], truth: pd.DataFrame, *, k: int = 10) -> dict[str, Estimate]:
    """Compare lists made without a part against those with all of them (key "all"): what each part adds to NDCG.

    Raises:
        KeyError: there is no list named "all".
    """
    if "all" not in lists:
        raise KeyError('name the lists of the whole blend "all"')
    whole = per_person(lists["all"], truth, k=k)["ndcg"]
    return {
        name: paired(whole, per_person(one, truth, k=k)["ndcg"])
        for name, one in lists.items()
        if name != "all"
    }


@dataclass(frozen=True)
class Report:
    """What one ranker did on one task."""

    task: str
    people: int
    left_out: int
    """People of the test part without a history, who were not asked."""
    metrics: Mapping[str, Estimate]
    """Means over people by name and k: "ndcg@10"."""
    lists: Mapping[str, float]
    """`coverage, novelty, diversity, popularity_bias` of the top 10 of everybody."""
    without: Mapping[str, Estimate]
    """NDCG@10 that each part of the blend adds: all of it less the blend without the part, paired by person."""
    seconds: float
    """CPU seconds for one person."""


def report(
    ranker: Ranker,
    task: Task,
    *,
    ks: Sequence[int] = (10, 20),
    without: Mapping[str, Ranker] | None = None,
) -> Report:
    """Run a task and estimate every metric.

    Args:
        ranker: Fitted on `task.train`.
        task: Whom to ask, and what was right.
        ks: Lengths of the list at which metrics are taken.
        without: The same ranker without one part each, by the name of the part.

    Raises:
        ValueError: the task asks nobody.
    """
    began = process_time()
    lists = run(ranker, task, k=max(ks))
    seconds = (process_time() - began) / max(len(task.people), 1)
    metrics: dict[str, Estimate] = {}
    for k in ks:
        table = per_person(lists, task.truth, k=k)
        metrics |= {f"{name}@{k}": estimate(table[name]) for name in table.columns}
    others = {name: run(one, task, k=10) for name, one in (without or {}).items()}
    return Report(
        task=task.name,
        people=len(task.people),
        left_out=task.left_out,
        metrics=metrics,
        lists={
            "coverage": coverage(lists, task.train["item"].nunique()),
            "novelty": novelty(lists, task.train),
            "diversity": diversity(lists, task.train),
            "popularity_bias": popularity_bias(lists, task.train),
        },
        without=ablation({"all": lists, **others}, task.truth),
        seconds=seconds,
    )
