"""`Candidate`: an item that retrieval or ranking proposes, with the parts of its score.

Knows the shape only: who scored, and with what, is in the names of the parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Candidate:
    """One proposed item; `score` is the sum of `parts` and `rank` counts from 1."""

    item: str
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    rank: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))
