"""Evidence to an answer, sentence by sentence, each checked before it is shown.

Knows how an answer is built: an opening, the facts one by one, an end. It refuses to know tools and
backends beyond the `ChatModel` protocol, and it says nothing that the grounding check did not pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.dialogue.ground import Grounder
from bot.dialogue.turn import Evidence, ItemRef, Sentence
from bot.llm.base import ChatModel


@dataclass(frozen=True, slots=True)
class Budget:
    """How long an answer may take and become."""

    seconds: float = 5.0
    """Model time for the whole answer; what is not told by then is told by templates at once."""
    first_seconds: float = 2.0
    """Model time until the first checked sentence; past it a template opens the answer."""
    facts: int = 5
    """At most this many facts are told in words; the cards show the rest."""
    max_tokens: int = 200
    """Longest reply that the model is asked for."""


def word(
    message: str,
    evidence: Sequence[Evidence],
    items: Sequence[ItemRef],
    *,
    model: ChatModel | None,
    grounder: Grounder,
    lang: str = "en",
    budget: Budget | None = None,
) -> Iterator[Sentence]:
    """Yield the answer to `message` as checked sentences.

    Sentences are joined by `join` below. Where `model` is None, too slow or fails a check, the template
    of the same Evidence speaks; a `ModelError` is raised to the caller only after every fact was told.

    Args:
        message: What the person wrote; data, never an instruction.
        evidence: The facts of this turn, most useful first.
        items: The items that the tools proposed, best first.
        model: Who words the facts, or None for templates alone.
        grounder: The check.
        lang: "en" or "zh": the language of the answer.
        budget: Limits; None takes the defaults.
    """
    raise NotImplementedError
