"""A conversation as the page shows it: turns folded from events into chat messages.

Knows events in and message dictionaries (role, content, metadata) out. It refuses to know Gradio and services. A
`Talk` is a frozen value that the page keeps for one visitor; the page's own copy of the chat is never trusted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from bot.dialogue.chart import Chart
from bot.dialogue.turn import (
    DoneEvent,
    ErrorEvent,
    Event,
    Evidence,
    EvidenceEvent,
    ItemRef,
    ItemsEvent,
    Message,
    TokenEvent,
    ToolCall,
    ToolCallEvent,
)
from bot.web import cards, words

ChatMessage = dict[str, Any]
"""Its content is HTML, or a `Chart` that the page draws."""
_CHARTS = 2
"""Charts of one answer that the page shows."""


@dataclass(frozen=True)
class Step:
    """One tool step of a turn."""

    call: ToolCall
    seconds: float | None = None
    evidence: tuple[Evidence, ...] = ()

    def message(self) -> ChatMessage:
        """Return the step as a collapsible message; open with a spinner while it runs."""
        done = self.seconds is not None
        metadata: dict[str, Any] = {
            "title": words.step_title(self.call.tool, done=done),
            "status": "done" if done else "pending",
        }
        if self.seconds is not None:
            metadata["duration"] = round(self.seconds, 2)
            metadata["log"] = words.count(len(self.evidence), "fact")
        return {
            "role": "assistant",
            "content": cards.step(self.call, self.evidence),
            "metadata": metadata,
        }


@dataclass(frozen=True)
class ShownTurn:
    """One exchange on the page, from the moment it is asked."""

    message: str
    asked_as: str
    """For when and where it was asked, in words."""
    steps: tuple[Step, ...] = ()
    text: str = ""
    items: tuple[ItemRef, ...] = ()
    charts: tuple[Chart, ...] = ()
    final: str | None = None
    """HTML of the finished answer; None while it is being written."""

    def after(self, event: Event) -> ShownTurn:
        """Return the turn after one more event."""
        match event:
            case ToolCallEvent(seconds=None):
                return replace(self, steps=(*self.steps, Step(event.call)))
            case ToolCallEvent():
                return self._with_last_step(call=event.call, seconds=event.seconds)
            case EvidenceEvent():
                found = self.steps[-1].evidence if self.steps else ()
                return self._with_last_step(evidence=(*found, *event.evidence))
            case ItemsEvent():
                return replace(self, items=event.items)
            case TokenEvent():
                return replace(self, text=self.text + event.text)
            case DoneEvent():
                final = cards.answered(event.answer, self.asked_as)
                answer = event.answer
                return replace(
                    self, text=answer.answer, items=answer.items, charts=answer.charts[:_CHARTS], final=final
                )
            case ErrorEvent():
                said = cards.text_html(self.text)
                return replace(self, final=said + cards.trouble(event.message))

    def _with_last_step(self, **changes: Any) -> ShownTurn:
        """Return the turn with its last step changed; a result without a call makes no step."""
        if not self.steps:
            return self
        return replace(self, steps=(*self.steps[:-1], replace(self.steps[-1], **changes)))

    def stopped(self) -> ShownTurn:
        """Return the turn as it stands when the visitor stops it."""
        if self.final is not None:
            return self
        steps = tuple(step if step.seconds is not None else replace(step, seconds=0.0) for step in self.steps)
        return replace(self, steps=steps, final=cards.stopped(self.text))

    def with_verdict(self, item: str, verdict: str | None) -> ShownTurn:
        """Return the turn with the verdict's button on this item's card given."""
        return (
            self if self.final is None else replace(self, final=cards.mark_given(self.final, item, verdict))
        )

    def messages(self) -> list[ChatMessage]:
        """Return the turn as chat messages."""
        shown: list[ChatMessage] = [{"role": "user", "content": cards.typed(self.message)}]
        shown += [step.message() for step in self.steps]
        if self.final is not None:
            shown += [{"role": "assistant", "content": one} for one in self.charts]
            shown.append({"role": "assistant", "content": self.final})
        else:
            shown.append({"role": "assistant", "content": cards.streaming(self.text)})
        return shown


@dataclass(frozen=True)
class Talk:
    """A visitor's conversation with one catalogue, as the page keeps it."""

    catalog: str | None = None
    conversation: str | None = None
    """The service's id; None asks for a new conversation with the turns so far as its history."""
    turns: tuple[ShownTurn, ...] = field(default=())

    def messages(self) -> list[ChatMessage]:
        """Return the whole conversation as chat messages."""
        return [message for turn in self.turns for message in turn.messages()]

    def history(self) -> tuple[Message, ...]:
        """Return the turns as text, for a service that does not know this conversation."""
        said: list[Message] = []
        for turn in self.turns:
            if turn.text:
                said += [
                    Message(role="user", content=turn.message),
                    Message(role="assistant", content=turn.text),
                ]
        return tuple(said)

    def with_turn(self, turn: ShownTurn, conversation: str | None = None) -> Talk:
        """Return the conversation with one more turn."""
        return replace(self, turns=(*self.turns, turn), conversation=conversation or self.conversation)

    def before(self, position: int) -> Talk:
        """Return the conversation before its turn at `position`, to be continued as a new one."""
        return replace(self, turns=self.turns[:position], conversation=None)

    def turn_at(self, message: int) -> int:
        """Return the position of the turn that the chat message at this index belongs to.

        Raises:
            IndexError: there is no such message.
        """
        end = 0
        for position, turn in enumerate(self.turns):
            end += len(turn.messages())
            if 0 <= message < end:
                return position
        raise IndexError(f"the chat has {end} messages, none at {message!r}")

    def with_verdict(self, item: str, verdict: str | None) -> Talk:
        """Return the conversation with a verdict, or none, shown on every card of this item."""
        return replace(self, turns=tuple(turn.with_verdict(item, verdict) for turn in self.turns))
