"""A GGUF model that llama.cpp runs in this process: quantised weights as they are, four conversations side by side.

Knows requests and what they come to. `xllamacpp` loads on first use, in `bot.llm.llama_engine`. It refuses to know files:
it is handed a function that finds one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from bot.dialogue.turn import Message, ToolCall
from bot.llm.base import ModelError, ToolSchema
from bot.llm.config import LlmConfig
from bot.llm.constrain import call_grammar, closed, parse
from bot.llm.marks import unmarked
from bot.llm.stops import until

if TYPE_CHECKING:
    from bot.llm.llama_engine import LlamaEngine


class LlamaModel:
    """A chat model behind llama.cpp; greedy, so that the same turn reads the same; safe to use from several threads."""

    def __init__(self, file: Callable[[], Path], config: LlmConfig, *, name: str) -> None:
        """Prepare; nothing is loaded yet.

        Args:
            file: Returns the GGUF file; called once, at the first use.
            config: Threads, limits.
            name: What people call the model.

        Raises:
            ModelError: the extra `llamacpp` is not installed.
        """
        if find_spec("xllamacpp") is None:
            raise ModelError(
                "`llm.engine` is 'llamacpp', which wants `pip install 'almanac-recommender[llamacpp]'`; "
                "or set it to 'transformers'"
            )
        self._file = file
        self._config = config
        self._name = name
        self._loading = threading.Lock()
        self._loaded: LlamaEngine | None = None

    @property
    def name(self) -> str:
        """What people call the model."""
        return self._name

    def warm_up(self, prompts: Sequence[str] = ()) -> None:
        """Load the model, and read the fixed beginnings of prompts so that the first message need not wait.

        Args:
            prompts: System prompts that will be used.

        Raises:
            ModelError: the model cannot be loaded.
        """
        for system in prompts or ("",):
            self._whole(self._request(system, [Message(role="user", content="Hello")], 1))

    def choose(
        self, system: str, messages: Sequence[Message], tools: Sequence[ToolSchema], *, max_tokens: int = 160
    ) -> ToolCall | None:
        """Choose a tool; the call is valid under its schema whatever the model's scores are.

        Raises:
            ModelError: the model failed, or took longer than its time.
        """
        request = self._request(system, messages, max_tokens) | {"grammar": call_grammar(tools)}
        text, whole = self._whole(request)
        return parse(text if whole else closed(text, tools))

    def stream(
        self, system: str, messages: Sequence[Message], *, max_tokens: int = 200, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """Yield the reply piece by piece; close the iterator to stop early.

        Raises:
            ModelError: the model failed, or took longer than its time.
        """
        request = self._request(system, messages, min(max_tokens, self._config.max_tokens))
        yield from until(self._pieces(request), stop)

    def _pieces(self, request: dict[str, Any]) -> Iterator[str]:
        for piece, _ in self._chunks(request):
            if piece:
                yield piece

    def _whole(self, request: dict[str, Any]) -> tuple[str, bool]:
        """Return the text of a reply, and whether it ended by itself."""
        chunks = list(self._chunks(request))
        return "".join(piece for piece, _ in chunks), "length" not in {ending for _, ending in chunks}

    def _chunks(self, request: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
        """Yield pieces of a reply, the last with how it ended; leaving early ends it at its next token."""
        engine, deadline = self._load(), monotonic() + self._config.timeout
        with closing(cast(Any, engine.reply(request | {"stream": True}, deadline))) as chunks:
            for chunk in chunks:
                for choice in chunk["choices"][:1]:
                    yield choice["delta"].get("content") or "", choice["finish_reason"]

    def _request(self, system: str, messages: Sequence[Message], max_tokens: int) -> dict[str, Any]:
        lines = [{"role": "system", "content": system}] if system else []
        lines += [{"role": message.role, "content": unmarked(message.content)} for message in messages]
        return {"messages": lines, "max_tokens": max_tokens, "temperature": 0, "cache_prompt": True}

    def _load(self) -> LlamaEngine:
        with self._loading:
            if self._loaded is None:
                file = self._file()
                from bot.llm.llama_engine import LlamaEngine

                self._loaded = LlamaEngine(file, threads=self._config.threads)
            return self._loaded
