"""What a message is to be answered with: tool calls, small talk, or a question back. Knows shapes only."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialogue.aspects import Aspect
from bot.dialogue.link import Span
from bot.dialogue.smalltalk import Smalltalk
from bot.dialogue.turn import ToolCall

SURE, LIKELY, GUESS = 0.9, 0.7, 0.4
"""How plainly words may ask for a call."""
MAX_CALLS = 3


@dataclass(frozen=True, slots=True)
class Clarify:
    """A question back, with the choices that would settle it."""

    question: str
    choices: tuple[str, ...]
    spans: tuple[Span, ...] = ()
    """What each choice would make of the words in doubt."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with one message: tools to call in order, or small talk, or a question back."""

    calls: tuple[ToolCall, ...] = ()
    """At most three, one for each wish of the message."""
    confidence: float = 0.0
    """0..1: how plainly the words ask for this; a model's choice may overrule a low one."""
    reason: str = ""
    """Which words decided, for logs and tests."""
    smalltalk: Smalltalk | None = None
    clarify: Clarify | None = None
    aspects: tuple[Aspect, ...] = ()
    """What the words ask of the answer beyond the calls; a follow-up keeps those of the question before."""
    again: bool = False
    """Whether the call is the one before, changed by a follow-up."""

    @property
    def call(self) -> ToolCall | None:
        """The first call, None where no tool is wanted."""
        return self.calls[0] if self.calls else None
