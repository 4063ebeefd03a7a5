"""Almanac: a conversational recommender that knows when and where.

    from bot import Almanac
    almanac = Almanac.open()
    print(almanac.ask("What sells with tortilla chips on Friday evenings?", catalog="groceries").answer)

`bot` composes `db`, `mining` and `retrieval`, each a library that stands alone. Names are imported at first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.assembly import Almanac as Almanac
    from bot.fitting import fit as fit

_HOME = {"Almanac": "bot.assembly", "fit": "bot.fitting"}

__all__ = ["Almanac", "fit"]


def __getattr__(name: str) -> Any:
    """Import a public name where it lives."""
    if name not in _HOME:
        raise AttributeError(f"module 'bot' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
