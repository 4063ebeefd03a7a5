"""From a message and its links to tool calls, by rules: what answers when no model chooses, or chooses badly.

Knows the seven tools and the wording that asks for each. It refuses to run tools, to word answers, or to keep
state: the conversation is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.dialogue.lexicon import Lexicon
from bot.dialogue.link import Links
from bot.dialogue.turn import Asker, Conversation, ToolCall

Smalltalk = Literal["greeting", "thanks", "bye", "help", "who", "outside", "unclear", "refuse", "empty"]


@dataclass(frozen=True, slots=True)
class Clarify:
    """A question back, with the choices that would settle it."""

    question: str
    choices: tuple[str, ...]


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

    @property
    def call(self) -> ToolCall | None:
        """The first call, None where no tool is wanted."""
        return self.calls[0] if self.calls else None


def plan(message: str, links: Links, conversation: Conversation, asker: Asker, lexicon: Lexicon) -> Plan:
    """Choose tools and arguments for a message by its wording, its links and the turns before."""
    raise NotImplementedError


def complete(call: ToolCall, links: Links, conversation: Conversation, lexicon: Lexicon) -> ToolCall:
    """Fill and correct the arguments of a call that a model chose: what code reads better than a model.

    Years, `k`, `when`, `place`, "the second one" and titles come from the links; the tool, `kind` and what is
    liked or disliked stay the model's.
    """
    raise NotImplementedError
