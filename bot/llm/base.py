"""What a language model is to Almanac: two verbs, whatever runs behind them.

Knows the protocol and its failures. It refuses to know prompts (see `bot.dialogue.prompts`), tools or evidence:
a backend is handed messages and schemas, and returns a choice or text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from bot.dialogue.turn import Frozen, Message, ToolCall


class ModelError(Exception):
    """The model could not answer: the turn goes on with the planner and templates, marked `degraded`."""


class ToolSchema(Frozen):
    """One tool as a model sees it."""

    name: str
    description: str
    parameters: dict[str, Any]
    """JSON schema of the arguments: an object with `properties` and `required`."""


class ChatModel(Protocol):
    """A language model that can choose a tool and word a text."""

    @property
    def name(self) -> str:
        """What people call the model, with its size or version."""

    def choose(
        self, system: str, messages: Sequence[Message], tools: Sequence[ToolSchema], *, max_tokens: int = 160
    ) -> ToolCall | None:
        """Choose one tool with arguments that are valid under its schema, or None for no tool.

        Raises:
            ModelError: the backend failed or could not keep to the schema.
        """

    def stream(
        self, system: str, messages: Sequence[Message], *, max_tokens: int = 200, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """Yield the reply piece by piece as it is generated.

        Raises:
            ModelError: the backend failed.
        """


@runtime_checkable
class TaughtModel(ChatModel, Protocol):
    """A small model that was taught the short language of `bot.dialogue.shorthand`."""

    @property
    def ready(self) -> bool:
        """Whether it is loaded, so that it can answer at once."""

    def decide(self, prompt: str, grammar: str) -> str:
        """Write the line that may follow `prompt` under a Lark grammar.

        Raises:
            ModelError: the backend failed.
        """
