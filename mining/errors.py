"""What mining refuses, as a tree of errors; each message names the value and what to do.

MiningError
├── UnknownKey    an item or category that the baskets do not hold
├── UnknownPlace  a place that the baskets do not hold
├── UnknownWord   a word for a time that no calendar knows, or words that cannot hold together
└── BadFrame      a table that lacks a column or holds the wrong type
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class MiningError(Exception):
    """Something that mining was asked for cannot be done as asked."""


class UnknownKey(MiningError, KeyError):
    """No item or category of that name was in any basket."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class UnknownPlace(MiningError, KeyError):
    """No basket was taken at that place, and it is no parent of one."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class UnknownWord(MiningError, ValueError):
    """A word for a time that the calendar does not know, or words that contradict each other."""


class BadFrame(MiningError, ValueError):
    """A table that lacks a column or holds values of the wrong type."""


def closest(value: str, choices: Iterable[str], k: int = 3) -> str:
    """Return "; did you mean ...?" with the nearest choices, or nothing where none is near."""
    near = get_close_matches(value, list(choices), n=k, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(one) for one in near)}?" if near else ""
