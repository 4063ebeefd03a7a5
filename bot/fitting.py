"""Mining and retrieval together: the ranker that the product uses, fitted from frames alone.

Knows which rules the ranker is handed and that none of them may be mined from rows that it is validated on.
`bot.build` and everybody who measures Almanac call this same function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mining.config import MiningConfig
from retrieval.rankconfig import RankConfig

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from retrieval.rank import Recommender


def fit(
    interactions: pd.DataFrame,
    items: pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
    *,
    mining: MiningConfig | None = None,
    ranking: RankConfig | None = None,
    vectors: NDArray[np.float32] | None = None,
) -> Recommender:
    """Return the product's own ranker, fitted.

    Args:
        interactions: The interaction frame; all columns but `person, item` may be absent.
        items: The item frame.
        people: The people frame.
        mining: Definitions of baskets and thresholds of rules.
        ranking: Settings of the ranker.
        vectors: Text vectors, one row for each row of `items`.
    """
    from mining.miner import mine
    from retrieval.rank import Recommender

    config = mining or MiningConfig()

    def rules(rows: pd.DataFrame) -> pd.DataFrame:
        """Mine the rows that a validation window leaves, so that nothing leaks."""
        return mine(rows, items, config=config).frame()

    return Recommender(ranking).fit(interactions, items, people, rules=rules, vectors=vectors)
