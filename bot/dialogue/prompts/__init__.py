"""What a language model is told: one fixed text for choosing a tool, one for wording facts.

Knows the wording of prompts, which lie beside this file as text. It refuses to know backends. The fixed part
comes first and never changes within a catalogue, so that a backend can keep what it has read of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from bot.dialogue.turn import Conversation, Evidence, Message
from bot.llm.base import ToolSchema

HISTORY = 3
"""Turns before this one that a model sees."""
MESSAGE = 2_000
"""Characters of a message that a model sees."""


@cache
def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()


def choose_prompt(tools: Sequence[ToolSchema]) -> str:
    """Return the system text for choosing one of `tools`."""
    return _text("choose").replace("{tools}", "\n".join(_signature(tool) for tool in tools))


def choose_messages(conversation: Conversation, message: str) -> list[Message]:
    """Return the last turns and this message, the bot's side as the titles and calls that it came to."""
    lines: list[Message] = []
    for turn in conversation.turns[-HISTORY:]:
        lines.append(Message(role="user", content=_short(turn.message)))
        lines.append(Message(role="assistant", content=_short(turn.answer.answer)))
    return [*lines, Message(role="user", content=_short(message))]


def wording_prompt(lang: str) -> str:
    """Return the system text for wording facts in `lang`."""
    return _text("word_zh" if lang == "zh" else "word")


def wording_messages(message: str, facts: Sequence[Evidence]) -> list[Message]:
    """Return the one message that carries what was asked and the facts, in the fixed format.

    The format is frozen: small models are taught on it, and scramble facts that come in another.
    """
    lines = "\n".join(f"[{fact.id}] {_short(fact.text)}" for fact in facts)
    return [Message(role="user", content=f"Question: {_short(message)}\nFacts:\n{lines}")]


def _signature(tool: ToolSchema) -> str:
    """One line: name, arguments, first sentence of the description."""
    said = tool.description.strip().partition("\n")[0]
    return f"- {tool.name}({', '.join(tool.parameters.get('properties', {}))}): {said}"


def _short(text: str) -> str:
    """One line of text, cut to a length that no prompt minds."""
    line = " ".join(text.split())
    return line if len(line) <= MESSAGE else line[: MESSAGE - 1] + "…"
