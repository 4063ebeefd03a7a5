"""Links from a message to the catalogue: which words are titles, categories, places, times and numbers.

Knows text positions and what was found there. It refuses to know what the person wants (see
`bot.dialogue.planner`), and it never asks a model: the same text and lexicon always give the same links.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "item", "category", "place", "context", "year_from", "year_to", "k", "ordinal", "number", "verdict", "filter"
]


@dataclass(frozen=True, slots=True)
class Span:
    """Some characters of a message and what they stand for."""

    kind: Kind
    value: str | int
    """item: external id · category: its name · place: place id · context: words that all hold ("friday evening")
    · year_from, year_to: an inclusive year · k: how many · ordinal: 1 for the first, -1 for the last
    · number: the number as written · verdict: like, dislike, seen or bought · filter: "price<20"."""
    start: int
    end: int
    score: float = 1.0
    """1.0 for an exact match, below for a misspelt one."""
    alternatives: tuple[str, ...] = ()
    """Other values that the same words may stand for, likeliest first ("chips")."""
    negated: bool = False
    """True in "not Titanic", "no horror", "without bread"."""


@dataclass(frozen=True, slots=True)
class Links:
    """Everything that was found in one message, in the order of the text; spans never overlap."""

    text: str
    spans: tuple[Span, ...] = ()
    lang: Literal["en", "zh"] = "en"

    def of(self, kind: Kind, *, negated: bool | None = None) -> tuple[Span, ...]:
        """Return the spans of one kind, only the negated or only the affirmed ones if asked."""
        return tuple(
            span for span in self.spans if span.kind == kind and negated in (None, span.negated)
        )

    def values(self, kind: Kind, *, negated: bool | None = False) -> tuple[str | int, ...]:
        """Return the distinct values of one kind in the order of the text."""
        return tuple(dict.fromkeys(span.value for span in self.of(kind, negated=negated)))
