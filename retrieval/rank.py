"""The ranker: what a person took, when and where -> the items to propose, each with the parts of its score.

Knows interactions, items and people as frames. It refuses to know where they come from (no database), what words
an answer uses, and how a single scorer works (`retrieval.scorer`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrieval.candidate import Candidate
from retrieval.explanation import Explanation
from retrieval.rankconfig import RankConfig

Rules = pd.DataFrame | Callable[[pd.DataFrame], pd.DataFrame] | None
Allowed = Sequence[str] | NDArray[np.bool_] | None


class Recommender:
    """Ranks items for people; each score is the exact sum of named parts."""

    def __init__(self, config: RankConfig | None = None) -> None:
        self.config = config or RankConfig()

    def fit(
        self,
        interactions: pd.DataFrame,
        items: pd.DataFrame | None = None,
        people: pd.DataFrame | None = None,
        rules: Rules = None,
        *,
        vectors: NDArray[np.float32] | None = None,
    ) -> Self:
        """Learn from behaviour: the scorers, then the blend on validation windows, then the scorers on all rows.

        Args:
            interactions: `person, item` and, optional, `at, kind, value, place, basket, context`.
            items: `item` and, optional, `category, year, parent` and others; items nobody took yet can be ranked.
            people: `person` and, optional, `place` and others.
            rules: a frame (`antecedent, consequent, context, kind, n, n_x, n_y, n_xy`), or a callable from
                interactions to one, called on the rows before each validation window so that nothing leaks.
            vectors: text vectors, one row for each row of `items`, L2-normalised.

        Raises:
            ValueError: a needed column is missing, or there is no row to learn from.
        """
        raise NotImplementedError

    def recommend(
        self,
        people: Sequence[Any] | Any,
        k: int = 10,
        at: Any = None,
        place: Any = None,
        exclude_seen: bool = True,
        context: Any = None,
    ) -> pd.DataFrame:
        """Return `person, item, score, rank` with at most `k` rows for each person, ids in the type they came in.

        `at`, `place` and `context` are one value or one per person; `context` is a tuple of context words.
        """
        raise NotImplementedError

    def score(
        self,
        *,
        person: str | None = None,
        history: pd.DataFrame | None = None,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        cart: Sequence[str] = (),
        at: datetime | None = None,
        place: str | None = None,
        context: Sequence[str] = (),
        k: int = 10,
        allowed: Allowed = None,
        exclude: Sequence[str] = (),
        diversity: float = 0.0,
        exclude_seen: bool = True,
    ) -> list[Candidate]:
        """Return the `k` best items for one question, best first, each with the parts that its score is the sum of.

        Args:
            person: who asks; None or unknown is a cold person.
            history: an interaction frame that replaces the fitted history, so that a new rating acts at once.
            liked: items named as liked; they weigh more than any row of the history.
            disliked: items named as disliked; items like them fall.
            cart: items in the basket now; rules and pairs fire for them.
            at: instant of the question; None is the end of the fitted rows.
            place: where the person is.
            context: context words that hold.
            k: how many.
            allowed: ids, or a mask over `self.items`; None allows all.
            exclude: ids never to propose.
            diversity: 0 ranks by score alone, towards 1 unlike items are preferred (maximal marginal relevance).
            exclude_seen: leave out what the history holds.
        """
        raise NotImplementedError

    def explain(
        self,
        item: str,
        *,
        person: str | None = None,
        history: pd.DataFrame | None = None,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        cart: Sequence[str] = (),
        at: datetime | None = None,
        place: str | None = None,
        context: Sequence[str] = (),
        allowed: Allowed = None,
        exclude: Sequence[str] = (),
        exclude_seen: bool = True,
        without: Sequence[str] = (),
    ) -> Explanation:
        """Say why `item` has its score for this question, and what it would be without some items.

        Raises:
            KeyError: the item is not in the fitted catalogue.
        """
        raise NotImplementedError

    @property
    def items(self) -> tuple[Any, ...]:
        """External ids in the order of masks and positions."""
        raise NotImplementedError

    def save(self, directory: Path) -> None:
        """Write arrays (.npy, no pickle) and one JSON file into `directory`, which is made if it is missing."""
        raise NotImplementedError

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read what `save` wrote; the scores are the same."""
        raise NotImplementedError
