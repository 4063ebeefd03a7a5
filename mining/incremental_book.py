"""From kept baskets and kept pairs to the rule book of a full mine: `miner.book_of` with other ways to count.

Knows the order of the finders. It refuses to know how anything is counted or chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mining import finders, incontext
from mining.basketindex import BasketIndex
from mining.config import MiningConfig
from mining.placed import placed_pairs
from mining.rulebook import RuleBook
from mining.shelf import Shelf
from mining.slices import SliceTable

if TYPE_CHECKING:
    from mining.baskets import Baskets
    from mining.incremental_log import BasketLog
    from mining.incremental_pairs import PairTally
    from mining.rule import AnyRule


def book_of(baskets: Baskets, log: BasketLog, tally: PairTally, config: MiningConfig) -> RuleBook:
    """Return the book that `miner.book_of` returns for the baskets."""
    index = BasketIndex.build(baskets)
    material = finders.Material(index, config)
    together = finders.together_of(material, tally.pairs(log, config)) if len(log.held) else []
    slices = SliceTable.of(material)
    rules: tuple[AnyRule, ...] = (
        *together,
        *incontext.contexts(material, slices),
        *incontext.contexted_pairs(material, slices, together),
        *placed_pairs(material),
        *finders.following(material),
        *finders.cycles(material),
        *finders.trends(material),
    )
    return RuleBook(index, Shelf.of(rules), config)
