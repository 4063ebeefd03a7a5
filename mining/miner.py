"""Interactions in, a rule book out: the public story of the package in one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mining.config import MiningConfig

if TYPE_CHECKING:
    import pandas as pd

    from mining.rulebook import RuleBook


class Progress(Protocol):
    """What long work tells while it runs."""

    def stage(self, name: str) -> None:
        """Say which stage begins."""

    def advance(self, done: int, total: int) -> None:
        """Say how far the stage is."""


def mine(
    interactions: pd.DataFrame,
    items: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    *,
    config: MiningConfig | None = None,
    progress: Progress | None = None,
) -> RuleBook:
    """Mine every kind of rule and build the index that counts on demand."""
    raise NotImplementedError
