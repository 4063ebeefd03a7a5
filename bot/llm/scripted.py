"""A model that says what it is told to: for tests, documentation and demos without a model.

Knows a queue of replies. It refuses to know anything about language.
"""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.dialogue.turn import Message, ToolCall
from bot.llm.base import ModelError, ToolSchema

Reply = ToolCall | str | None | Exception
"""A tool call, a text, None for "no tool", or an error to raise."""

_CALL = re.compile(r"(?P<tool>[a-z_]+) (?P<arguments>\{.*\})", re.DOTALL)
_PIECE = re.compile(r"\s*\S+\s*?")


@dataclass(frozen=True, slots=True)
class Request:
    """What a model was asked, as tests inspect it."""

    verb: str
    system: str
    messages: tuple[Message, ...]
    tools: tuple[str, ...] = ()


Respond = Callable[[Request], Reply]


class ScriptedModel:
    """Answers from a queue, or from a function of the request; `requests` keeps what it was asked."""

    def __init__(
        self, replies: Iterable[Reply] | Respond = (), *, name: str = "scripted", delay: float = 0.0
    ) -> None:
        """Prepare the replies.

        Args:
            replies: In order of use, texts of the form `tool {json}` standing for tool calls; or a function.
            name: What `name` returns.
            delay: Seconds before each piece of a streamed text.
        """
        self._name = name
        self._delay = delay
        self._respond = replies if callable(replies) else None
        self._queue: deque[Reply] = deque(() if callable(replies) else replies)
        self.requests: list[Request] = []

    @property
    def name(self) -> str:
        """What people call the model."""
        return self._name

    @property
    def left(self) -> int:
        """How many replies wait in the queue."""
        return len(self._queue)

    def enqueue(self, *replies: Reply) -> None:
        """Add replies to the end of the queue."""
        self._queue.extend(replies)

    def choose(
        self, system: str, messages: Sequence[Message], tools: Sequence[ToolSchema], *, max_tokens: int = 160
    ) -> ToolCall | None:
        """Return the next reply as a tool call; a text that is no call means no tool.

        Raises:
            ModelError: the queue is empty, or the reply is one.
        """
        del max_tokens
        reply = self._next(Request("choose", system, tuple(messages), tuple(tool.name for tool in tools)))
        if isinstance(reply, str):
            found = _CALL.fullmatch(reply.strip())
            reply = found and ToolCall(tool=found["tool"], arguments=json.loads(found["arguments"]))
        return reply and reply.model_copy(update={"by": "model"})

    def stream(
        self, system: str, messages: Sequence[Message], *, max_tokens: int = 200, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """Yield the next reply word by word, up to the first stop string; None is an empty reply.

        Raises:
            ModelError: the queue is empty, or the reply is one or a tool call.
        """
        reply = self._next(Request("stream", system, tuple(messages)))
        if isinstance(reply, ToolCall):
            raise ModelError(f"the next scripted reply is the tool call {reply.tool!r}; a text was asked for")
        text = reply or ""
        cut = min((at for at in (text.find(s) for s in stop) if at >= 0), default=len(text))
        for piece in _PIECE.findall(text[:cut])[:max_tokens]:
            if self._delay:
                time.sleep(self._delay)
            yield piece

    def _next(self, request: Request) -> ToolCall | str | None:
        self.requests.append(request)
        if self._respond is None and not self._queue:
            raise ModelError(f"the script has no reply left for request {len(self.requests)}; enqueue one")
        reply = self._respond(request) if self._respond else self._queue.popleft()
        if isinstance(reply, Exception):
            raise reply
        return reply
