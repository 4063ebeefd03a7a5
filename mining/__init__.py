"""Spatio-temporal association rules with honest statistics: what goes together, what follows, when and where.

`mine` finds rules in an interaction frame and returns a `RuleBook`; its basket index counts any slice on demand.
Names are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mining.association import RuleTable, rules
    from mining.basketindex import BasketIndex
    from mining.baskets import Baskets, make_baskets
    from mining.config import MiningConfig, Wording
    from mining.context import Calendar, context_words, parse_when, words_at
    from mining.count import Count, Slice
    from mining.itemsets import Itemsets, frequent_itemsets
    from mining.miner import mine
    from mining.profile import Profile
    from mining.rule import Cycle, NextRule, Rule, Trend
    from mining.rulebook import RuleBook
    from mining.slicepairs import pairs_in_slices

_HOME = {
    "BasketIndex": "mining.basketindex",
    "Baskets": "mining.baskets",
    "Calendar": "mining.context",
    "Count": "mining.count",
    "Cycle": "mining.rule",
    "Itemsets": "mining.itemsets",
    "MiningConfig": "mining.config",
    "NextRule": "mining.rule",
    "Profile": "mining.profile",
    "Rule": "mining.rule",
    "RuleBook": "mining.rulebook",
    "RuleTable": "mining.association",
    "Slice": "mining.count",
    "Trend": "mining.rule",
    "Wording": "mining.config",
    "context_words": "mining.context",
    "frequent_itemsets": "mining.itemsets",
    "make_baskets": "mining.baskets",
    "mine": "mining.miner",
    "pairs_in_slices": "mining.slicepairs",
    "parse_when": "mining.context",
    "rules": "mining.association",
    "words_at": "mining.context",
}

__all__ = [
    "BasketIndex",
    "Baskets",
    "Calendar",
    "Count",
    "Cycle",
    "Itemsets",
    "MiningConfig",
    "NextRule",
    "Profile",
    "Rule",
    "RuleBook",
    "RuleTable",
    "Slice",
    "Trend",
    "Wording",
    "context_words",
    "frequent_itemsets",
    "make_baskets",
    "mine",
    "pairs_in_slices",
    "parse_when",
    "rules",
    "words_at",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mining' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
