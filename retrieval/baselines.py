"""The simple methods that stand beside a ranker, so that a win means something.

Knows popularity and own frequency. It refuses to know the ranker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from retrieval.protocols import Task

FADE_DAYS = 90.0
"""Days after which a row of somebody's own frequency weighs 1/e."""


class Listed:
    """Ranks by one score for each person."""

    def __init__(self, train: pd.DataFrame, score: Callable[[Any], pd.Series]) -> None:
        self._seen = train.groupby("person")["item"].agg(set)
        self._score = score

    def recommend(
        self, people: Sequence[Any], k: int = 10, at: Any = None, place: Any = None, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Return `person, item, score, rank`: each person's best items by the one score."""
        del at, place
        tables = []
        for person in people:
            scores = self._score(person)
            if exclude_seen:
                scores = scores.drop(labels=list(self._seen.get(person, ())), errors="ignore")
            best = scores.nlargest(k)
            ranks = np.arange(len(best)) + 1
            tables.append(
                pd.DataFrame({"person": person, "item": best.index, "score": best.to_numpy(), "rank": ranks})
            )
        return pd.concat(tables, ignore_index=True)


def simple_methods(task: Task) -> Iterator[tuple[str, Listed]]:
    """Yield popularity (how many people took an item) and, where repeats count, each person's own faded frequency."""
    train = task.train
    popular = train.drop_duplicates(["person", "item"]).groupby("item").size().sort_values(ascending=False)
    yield "popularity", Listed(train, lambda _: popular)
    if not task.exclude_seen:
        age = (train["at"].max() - train["at"]).dt.total_seconds() / 86_400
        faded = np.exp(-age / FADE_DAYS).groupby([train["person"], train["item"]]).sum()
        yield f"own frequency, {FADE_DAYS:.0f} days", Listed(train, lambda person: faded.loc[person])
