"""What an explanation of one score is made of.

Knows the shape only; `retrieval.rank` computes it. It refuses to know any words for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fired:
    """A rule that fired for the question and how much it moved the score.

    `antecedent` holds external item ids (none for a rule of context alone), `contribution` is in units of the
    final score.
    """

    antecedent: tuple[str, ...]
    consequent: str
    context: tuple[str, ...]
    kind: str
    contribution: float


@dataclass(frozen=True)
class Explanation:
    """Why one item stands where it stands.

    `score` is the sum of `parts`. `because` holds (item of the history, contribution), largest first: exact for
    the parts that are linear in the history. `rank` counts from 1 among the allowed items, 0 where the item is not
    allowed. With `without`, `score_without` and `rank_without` are the same question asked again as if those
    items had never been taken; None otherwise.
    """

    item: str
    score: float
    parts: Mapping[str, float]
    because: tuple[tuple[str, float], ...]
    rules: tuple[Fired, ...]
    rank: int
    without: tuple[str, ...] = ()
    score_without: float | None = None
    rank_without: int | None = None
    parts_without: Mapping[str, float] = field(default_factory=dict)
