"""Mining and retrieval together: the ranker that the product uses, fitted from frames alone.

Knows which rules the ranker is handed, that none of them may be mined from rows that it is validated on, and that
the time and place of a question decide which of them fire. `bot.evaluating` and everybody who measures Almanac call
this same function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bot.surroundings import Surroundings
from mining.config import MiningConfig
from retrieval.rank import Recommender, several, spread
from retrieval.rankconfig import RankConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ContextRecommender(Recommender):
    """The ranker that turns the time and place of a question into context words by itself."""

    def __init__(self, config: RankConfig | None = None, surroundings: Surroundings | None = None) -> None:
        super().__init__(config)
        self.surroundings = surroundings or Surroundings.of(MiningConfig())

    def recommend(
        self,
        people: Sequence[Any] | Any,
        k: int = 10,
        at: Any = None,
        place: Any = None,
        exclude_seen: bool = True,
        context: Any = None,
    ) -> pd.DataFrame:
        """Return `person, item, score, rank`; see `Recommender.recommend`.

        Where no `context` is given it is that of `at` and `place`, if the ranker learned from rows with context.
        """
        learned = self.fitted.log.context is not None
        if context is None and learned and (at is not None or place is not None):
            n = len(several(people))
            context = list(self.surroundings.words(spread(at, n), spread(place, n)))
        return super().recommend(people, k, at, place, exclude_seen, context)


def fit(
    interactions: pd.DataFrame,
    items: pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    *,
    mining: MiningConfig | None = None,
    ranking: RankConfig | None = None,
    vectors: NDArray[np.float32] | None = None,
    mined: pd.DataFrame | None = None,
) -> ContextRecommender:
    """Return the product's own ranker, fitted.

    Args:
        interactions: The interaction frame; all columns but `person, item` may be absent.
        items: The item frame.
        people: The people frame.
        places: The place frame: regions above stores, and zones.
        mining: Definitions of baskets and thresholds of rules.
        ranking: Settings of the ranker.
        vectors: Text vectors, one row for each row of `items`.
        mined: The rules of all `interactions`, as `RuleBook.frame()` gives them, where they were mined already.
    """
    from mining.miner import mine

    config = mining or MiningConfig()
    surroundings = Surroundings.of(config, places)

    known = interactions.dropna(subset=["person", "item"])
    whole = mine(known, items, places, config=config).frame() if mined is None else mined

    def rules(rows: pd.DataFrame) -> pd.DataFrame:
        """Mine the rows that a validation window leaves, so that nothing leaks."""
        return whole if len(rows) == len(known) else mine(rows, items, places, config=config).frame()

    rows = interactions
    if "context" not in rows and "at" in rows and _bound(whole):
        where = rows["place"] if "place" in rows else [None] * len(rows)
        rows = rows.assign(context=surroundings.words(rows["at"], where))
    return ContextRecommender(ranking, surroundings).fit(rows, items, people, rules=rules, vectors=vectors)


def _bound(rules: pd.DataFrame) -> bool:
    """Tell whether some pair holds at a place in a slice of time: else context would cost time and change nothing."""
    paired, timed = rules["antecedent"].map(len) > 0, rules["context"].map(len) > 0
    return bool((paired & timed & rules["place"].notna()).any())
