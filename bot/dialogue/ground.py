"""The check between a worded sentence and the evidence: no title, number, cause or comparison of its own.

Knows text and Evidence. It refuses to know who worded the sentence, and it takes every string as data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.dialogue.turn import Evidence

ProblemKind = Literal["title", "number", "cause", "comparison"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a sentence says and no evidence does."""

    kind: ProblemKind
    span: str
    """The words as the sentence has them."""
    why: str
    """For a log or a developer: one clause."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check found: `ok` where there is no problem, and the evidence that the sentence rests on."""

    ok: bool
    problems: tuple[Problem, ...] = ()
    evidence_ids: tuple[str, ...] = ()


class Grounder:
    """Checks sentences against evidence over one catalogue's titles; build it once, it holds no state."""

    def __init__(self, titles: Iterable[str]) -> None:
        """Prepare the matcher.

        Args:
            titles: Every title of the catalogue, as people read it.
        """

    def check(self, sentence: str, evidence: Sequence[Evidence], titles: Iterable[str] = ()) -> Verdict:
        """Check one sentence.

        Args:
            sentence: One sentence of an answer, in English or Chinese.
            evidence: The facts of this turn; a sentence may draw on several only where titles tie it to each.
            titles: Titles that may be said beside those in the evidence (the items of the turn, and those
                that the person named).
        """
        raise NotImplementedError
