"""The words of one catalogue: every name under which people speak of its items, categories and places.

Knows names and how people bend them (articles, plurals, typos, everyday words). It refuses to know what a
message asks for, and it reads no database: it is built from the item and place frames at load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from bot.dialogue.link import Links


@dataclass(frozen=True, slots=True)
class Nouns:
    """How people of one catalogue call its things and what they do with them."""

    item: str = "item"
    items: str = "items"
    did: str = "chose"
    """What the log records, in the past tense: "rated", "bought"."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Names of one catalogue, ready to be found in text."""

    nouns: Nouns
    titles: Mapping[str, str]
    """Item id -> title as shown."""
    categories: tuple[str, ...]
    places: Mapping[str, str]
    """Place id -> name as shown."""

    @classmethod
    def build(
        cls,
        items: pd.DataFrame,
        places: pd.DataFrame | None = None,
        *,
        nouns: Nouns | Mapping[str, str] | None = None,
        popularity: Mapping[str, float] | pd.Series | None = None,
    ) -> Lexicon:
        """Build the lexicon of a catalogue.

        Args:
            items: The item frame (`item, title, category, year, parent`, attributes, optional `synonyms` "a|b").
                Items with a parent are variants and get no name of their own.
            places: The place frame (`place, name, kind, parent`), None where the catalogue has no places.
            nouns: How people call its things; None takes general words.
            popularity: Item id -> how often it was taken; settles ambiguous words. A column `n` of `items`
                serves where it is None.
        """
        raise NotImplementedError

    def link(self, text: str) -> Links:
        """Find every name, time, year and number in a message."""
        raise NotImplementedError
