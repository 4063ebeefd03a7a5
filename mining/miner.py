"""Interactions in, a rule book out: the public story of the package in one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mining.config import MiningConfig

if TYPE_CHECKING:
    import pandas as pd

    from mining.baskets import Baskets
    from mining.rule import AnyRule
    from mining.rulebook import RuleBook


class Progress(Protocol):
    """What long work tells while it runs."""

    def stage(self, name: str) -> None:
        """Say which stage begins."""


def mine(
    interactions: pd.DataFrame,
    items: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    *,
    config: MiningConfig | None = None,
    progress: Progress | None = None,
) -> RuleBook:
    """Mine every kind of rule and build the index that counts on demand.

    Args:
        interactions: `person` and `item`; optionally `at`, `place`, `basket`.
        items: `item`; optionally `title`, `category` ("A|B"), `parent` (a variant rolls up to it).
        places: `place`; optionally `name`, `parent`, `zone`.
        config: Definitions of baskets and contexts, and thresholds.
        progress: Hears which stage begins.

    Raises:
        BadFrame: a column is missing, or a value cannot be read.
    """
    from mining.baskets import make_baskets

    config = config or MiningConfig()
    if progress is not None:
        progress.stage("baskets")
    return book_of(make_baskets(interactions, items, places, config=config), config, progress)


def book_of(baskets: Baskets, config: MiningConfig, progress: Progress | None = None) -> RuleBook:
    """Mine every kind of rule in baskets, from the first count to the last test."""
    from mining import finders, incontext
    from mining.basketindex import BasketIndex
    from mining.placed import placed_pairs
    from mining.rulebook import RuleBook
    from mining.shelf import Shelf
    from mining.slices import SliceTable

    def begin(stage: str) -> None:
        if progress is not None:
            progress.stage(stage)

    index = BasketIndex.build(baskets)
    material = finders.Material(index, config)
    begin("pairs")
    together = finders.together(material)
    begin("contexts")
    table = SliceTable.of(material)
    when_and_where = [
        *incontext.contexts(material, table),
        *incontext.contexted_pairs(material, table, together),
    ]
    when_and_where += placed_pairs(material)
    begin("sequences")
    following = finders.following(material)
    begin("cycles")
    cycles = finders.cycles(material)
    begin("trends")
    trends = finders.trends(material)
    rules: tuple[AnyRule, ...] = (*together, *when_and_where, *following, *cycles, *trends)
    return RuleBook(index, Shelf.of(rules), config)
