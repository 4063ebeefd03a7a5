"""The nouns of one exchange: messages, tool calls, evidence, answers and the events that carry them.

Knows shapes only. It refuses to know where evidence comes from, how a model is run or how an event is sent:
every other module of `bot` may import this one, and it imports none of them but `chart` and `aspects`, which
import none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.dialogue.aspects import Aspect
from bot.dialogue.chart import Chart

Role = Literal["user", "assistant"]
Verdict = Literal["like", "dislike", "seen", "bought"]


class Frozen(BaseModel):
    """A value: unknown fields are errors and nothing changes after construction."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(Frozen):
    """One line of a conversation as a person or the bot wrote it."""

    role: Role
    content: str


class Evidence(Frozen):
    """One checkable fact that a tool returned; an answer may say nothing that no Evidence says."""

    id: str
    """Unique within the turn ("e1", "e2", ...)."""
    kind: str
    """item, match, score, rule, together, next, context, cycle, due, trend, count, compare, adjusted, people, places,
    stability, profile, verdict, notice, or csv (its text is a table that the person asked for)."""
    items: tuple[str, ...] = ()
    """External ids of the catalogue items that the fact speaks of."""
    numbers: dict[str, float] = Field(default_factory=dict)
    """Every number that the fact allows an answer to say, by name; shares are in 0..1."""
    source: str
    """Where it was read: the structure and the window of data, for people."""
    text: str
    """The fact as one plain sentence: what the template path says."""


class ItemRef(Frozen):
    """An item that a tool proposes, with the parts that its score is the sum of."""

    id: str
    title: str
    score: float
    parts: dict[str, float] = Field(default_factory=dict)
    category: str = ""
    year: int | None = None


class ToolCall(Frozen):
    """A tool and its arguments, and who chose them."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    by: Literal["model", "planner"] = "planner"


class ToolResult(Frozen):
    """What every tool returns at every door."""

    items: tuple[ItemRef, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Sentence(Frozen):
    """One checked sentence of an answer, the evidence behind it and who worded it."""

    text: str
    evidence: tuple[str, ...] = ()
    by: Literal["model", "template"] = "template"


class Answer(Frozen):
    """The whole reply to one message; the document that `ask --json` and `/api/chat` print."""

    answer: str
    sentences: tuple[Sentence, ...] = ()
    items: tuple[ItemRef, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    degraded: bool = False
    """True where the language model could not be used and templates spoke alone."""
    timings: dict[str, float] = Field(default_factory=dict)
    """Seconds by stage: link, choose, tool, word, first_token, total."""
    charts: tuple[Chart, ...] = ()
    """What a person asked to be shown, drawn from the evidence."""


class Asker(Frozen):
    """Who asks, when and where: everything about a request that is not its text."""

    person: str | None = None
    at: datetime | None = None
    """Timezone-aware; None takes the catalogue's clock."""
    place: str | None = None
    cart: tuple[str, ...] = ()
    page: str | None = None
    """Item id of the page that the visitor looks at."""


class Turn(Frozen):
    """One exchange: what the person wrote and the whole answer to it."""

    message: str
    answer: Answer


class Conversation(Frozen):
    """All that was said before this message. It is an argument everywhere, never an attribute."""

    id: str
    catalog: str
    turns: tuple[Turn, ...] = ()


class Situation(Frozen):
    """Everything about a tool call that is not its arguments: who asks, what was said before, in which language."""

    asker: Asker = Asker()
    liked: tuple[str, ...] = ()
    """Items that the person named as liked earlier in this conversation."""
    disliked: tuple[str, ...] = ()
    """Items that the person named as not liked earlier in this conversation."""
    lang: Literal["en", "zh"] = "en"
    aspects: tuple[Aspect, ...] = ()
    """What the words ask beyond the call; a tool adds the facts for it."""
    first: int = 1
    """Number of the first Evidence id ("e1")."""


class ToolCallEvent(Frozen):
    """A tool is about to run (`result` None) or has run."""

    type: Literal["tool_call"] = "tool_call"
    call: ToolCall
    seconds: float | None = None
    """None before the call, its duration after it."""


class EvidenceEvent(Frozen):
    """The facts that a tool returned."""

    type: Literal["evidence"] = "evidence"
    evidence: tuple[Evidence, ...]


class ItemsEvent(Frozen):
    """The items that a tool proposes, best first: what the cards show."""

    type: Literal["items"] = "items"
    items: tuple[ItemRef, ...]


class TokenEvent(Frozen):
    """Checked text, ready to be shown; joined in order the tokens are the answer."""

    type: Literal["token"] = "token"
    text: str


class DoneEvent(Frozen):
    """The turn is complete and saved."""

    type: Literal["done"] = "done"
    answer: Answer
    conversation: str


class ErrorEvent(Frozen):
    """The turn could not be completed; `message` says what to do."""

    type: Literal["error"] = "error"
    message: str


Event = ToolCallEvent | EvidenceEvent | ItemsEvent | TokenEvent | DoneEvent | ErrorEvent
