"""What each part of a blend is worth: the fitted ranker again, without one part.

Knows how a blend names its parts. It refuses to measure (`retrieval.evaluate`).
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import numpy as np

from retrieval.rank import Recommender


def parts_of(ranker: Recommender) -> tuple[str, ...]:
    """Return the names of every part that some blend of the ranker uses, sorted."""
    used = {name for blend in ranker.fitted.blends.values() for name in blend.names}
    return tuple(sorted({ranker.fitted.scorers[name].name for name in used}))


def silenced(ranker: Recommender, part: str) -> Recommender:
    """Return the fitted ranker without one part: its weight is 0, the others stay as they are.

    Raises:
        ValueError: no blend uses such a part.
    """
    if part not in parts_of(ranker):
        raise ValueError(f"no blend uses a part {part!r}; the parts are: {', '.join(parts_of(ranker))}")
    scorers = ranker.fitted.scorers
    blends = {
        key: blend.silenced(np.array([scorers[name].name == part for name in blend.names]))
        for key, blend in ranker.fitted.blends.items()
    }
    return copy(ranker).adopt(replace(ranker.fitted, blends=blends))
