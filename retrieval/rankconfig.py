"""Settings of the ranker.

Knows the choices that an owner may make about ranking. It refuses to know how a score is computed.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from retrieval.neural.config import DeepConfig

Goal = Literal["auto", "next", "window", "visit"]
Level = Literal["item", "parent"]


class RankConfig(BaseModel):
    """How `Recommender` learns and ranks; every default works for both demo catalogues."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    goal: Goal = "auto"
    """What a good ranking predicts: the next item of each person, all of the coming window, or the next visit.
    "auto" takes "window" where people take the same items again, else "next"."""

    window_days: float = Field(default=28.0, gt=0)
    """Length of a validation window, in days, for the goals "window" and "visit"."""

    level: Level = "item"
    """Rank the items as given, or their parents (an item without parent is its own)."""

    scorers: tuple[str, ...] = ()
    """Names of the scorers to use; empty takes all that the data can feed."""

    recent: int = Field(default=400, ge=1)
    """A profile keeps this many latest rows of a person."""

    learn_people: int = Field(default=1000, ge=1)
    """At most this many people teach the blend; a seeded draw where there are more."""

    dense_items: int = Field(default=2500, ge=1)
    """EASE inverts an items x items matrix: it is fitted for this many most taken items, the rest are NaN."""

    named_weight: float = Field(default=3.0, gt=0)
    """What an item named as liked or disliked in a message weighs, in units of a person's latest row."""

    rules_share: float = Field(default=0.1, ge=0)
    """Weight of a plain frame of rules as a share of the largest learned weight. It is not learned: such rules have
    seen the validation rows. Rules from a callable are learned like any scorer."""

    seed: int = 0
    """Seed of every draw."""

    threads: int = Field(default=1, ge=1)
    """Threads of linear algebra while fitting."""

    deep: DeepConfig = Field(default_factory=DeepConfig)
    """The deep part."""
