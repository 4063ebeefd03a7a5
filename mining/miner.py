"""Interactions in, a rule book out: the public story of the package in one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mining.config import MiningConfig

if TYPE_CHECKING:
    import pandas as pd

    from mining.baskets import Baskets
    from mining.finders import Material
    from mining.following import FollowerTable
    from mining.pairs import Pairs
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
    from mining.basketindex import BasketIndex
    from mining.finders import Material, pairs_in

    if progress is not None:
        progress.stage("pairs")
    material = Material(BasketIndex.build(baskets), config)
    return book_from(material, pairs_in(material), None, progress)


def book_from(
    material: Material, pairs: Pairs, followers: FollowerTable | None, progress: Progress | None = None
) -> RuleBook:
    """Mine every kind of rule where pairs of items are counted already.

    Args:
        material: The baskets.
        pairs: Counts and tests of pairs of items.
        followers: What follows the most taken items, where it is known.
        progress: Hears which stage begins.
    """
    from mining import finders, incontext
    from mining.placed import placed_pairs
    from mining.rulebook import RuleBook
    from mining.shelf import Shelf
    from mining.slices import SliceTable

    def begin(stage: str) -> None:
        if progress is not None:
            progress.stage(stage)

    lines = finders.pair_lines(material.whole, pairs, material.config)
    triples = finders.triples_in(material)
    begin("contexts")
    table = SliceTable.of(material)
    when_and_where = [
        *incontext.contexts(material, table),
        *incontext.contexted_pairs(material, table, lines.x, lines.y),
        *placed_pairs(material),
    ]
    begin("sequences")
    following = finders.following(material, lines.x, lines.y, lines.n_xy, followers)
    begin("cycles")
    cycles = finders.cycles(material)
    begin("trends")
    trends = finders.trends(material)
    rules: tuple[AnyRule, ...] = (*triples, *when_and_where, *following, *cycles, *trends)
    shelf = Shelf.of(rules, lines.columns(material.index.items))
    return RuleBook(material.index, shelf, material.config)
