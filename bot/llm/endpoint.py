"""A language model behind an OpenAI-compatible server: hosted, vLLM, Ollama, llama.cpp and the like.

Knows the chat completions of the `openai` package, which loads on first use. It refuses to know which server
answers: it asks for native tool calls first, and for JSON under a schema where the server has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from time import monotonic
from typing import Any

from bot.dialogue.turn import Message, ToolCall
from bot.llm.base import ModelError, ToolSchema
from bot.llm.config import LlmConfig
from bot.llm.constrain import NO_TOOL, bounded, parse, union
from bot.llm.stops import until

SERVER_STOPS = 4
"""Most stop strings that servers take; all are also held to here."""


class EndpointModel:
    """A served chat model; safe to use from several threads."""

    def __init__(self, config: LlmConfig) -> None:
        """Prepare; nothing is sent yet."""
        self._config = config
        self._native = True

    @property
    def name(self) -> str:
        """What people call the model."""
        return self._config.model

    @cached_property
    def _client(self) -> Any:  # its types want a TypedDict for every message; plain dicts say the same
        from openai import OpenAI

        key = self._config.api_key
        if key is None and self._config.base_url is None:
            raise ModelError(
                "the hosted API wants a key: set `llm.api_key`, or `llm.base_url` for another server"
            )
        return OpenAI(
            base_url=self._config.base_url,
            api_key=key.get_secret_value() if key else "none",
            timeout=self._config.timeout,
            max_retries=self._config.retries,
        )

    def close(self) -> None:
        """Close the connections, if any were opened."""
        if "_client" in self.__dict__:
            self._client.close()

    def choose(
        self, system: str, messages: Sequence[Message], tools: Sequence[ToolSchema], *, max_tokens: int = 160
    ) -> ToolCall | None:
        """Choose a tool by the server's native calls, else by JSON under the schema of all tools.

        Raises:
            ModelError: the server failed, or its reply is no call of these tools.
        """
        request: dict[str, Any] = {
            "model": self._config.model,
            "messages": _lines(system, messages),
            "max_tokens": max(max_tokens, 160),
            "temperature": 0,
        }
        with self._told():
            call = self._choose_native(request, tools) if self._native else self._choose_json(request, tools)
        if call is not None and call.tool not in {tool.name for tool in tools}:
            raise ModelError(f"{self.name!r} called the tool {call.tool!r}, which it was not offered")
        return call

    def _choose_native(self, request: dict[str, Any], tools: Sequence[ToolSchema]) -> ToolCall | None:
        from openai import BadRequestError, UnprocessableEntityError

        offered = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": bounded(tool.parameters),
                },
            }
            for tool in tools
        ]
        try:
            reply = self._client.chat.completions.create(**request, tools=offered, tool_choice="auto")
        except (BadRequestError, UnprocessableEntityError) as error:
            if "tool" not in str(error).lower():
                raise
            self._native = False  # this server has no native calls: not asked again
            return self._choose_json(request, tools)
        calls = reply.choices[0].message.tool_calls if reply.choices else None
        if not calls:
            return None
        function = calls[0].function
        try:
            arguments = json.loads(function.arguments or "{}")
        except ValueError as error:
            raise ModelError(
                f"{self.name!r} gave arguments that are no JSON: {function.arguments[:80]!r}"
            ) from error
        if not isinstance(arguments, dict):
            raise ModelError(f"{self.name!r} gave {arguments!r} where an object of arguments was due")
        return (
            None
            if function.name == NO_TOOL
            else ToolCall(tool=function.name, arguments=arguments, by="model")
        )

    def _choose_json(self, request: dict[str, Any], tools: Sequence[ToolSchema]) -> ToolCall | None:
        form = {"type": "json_schema", "json_schema": {"name": "tool_call", "schema": union(tools)}}
        reply = self._client.chat.completions.create(**request, response_format=form)
        return parse((reply.choices[0].message.content if reply.choices else None) or "")

    def stream(
        self, system: str, messages: Sequence[Message], *, max_tokens: int = 200, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """Yield the reply piece by piece; closing the iterator ends the request.

        Raises:
            ModelError: the server failed, before or within the reply, or took longer than its time.
        """
        extra: dict[str, Any] = {"stop": list(stop[:SERVER_STOPS])} if stop else {}
        deadline = monotonic() + self._config.timeout
        with self._told():
            reply = self._client.chat.completions.create(
                model=self._config.model,
                messages=_lines(system, messages),
                max_tokens=min(max_tokens, self._config.max_tokens),
                temperature=0,
                stream=True,
                **extra,
            )
            with closing(reply):
                yield from until(self._pieces(reply, deadline), stop)

    def _pieces(self, reply: Any, deadline: float) -> Iterator[str]:
        for chunk in reply:
            if monotonic() > deadline:
                raise ModelError(f"{self.name!r} took longer than {self._config.timeout:g} s (`llm.timeout`)")
            piece = chunk.choices[0].delta.content if chunk.choices else None
            if piece:
                yield piece

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the client raises into one clear ModelError."""
        from httpx import HTTPError
        from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError

        where = self._config.base_url or "the hosted API"
        try:
            yield
        except APITimeoutError as error:
            raise ModelError(
                f"{where} did not answer within {self._config.timeout:g} s (`llm.timeout`)"
            ) from error
        except APIConnectionError as error:
            raise ModelError(f"{where} does not answer, or broke off; check `llm.base_url`") from error
        except APIStatusError as error:
            raise ModelError(
                f"{where} refused the model {self.name!r} with status {error.status_code}; "
                "check `llm.model` and `llm.api_key`"
            ) from error
        except (OpenAIError, HTTPError) as error:
            raise ModelError(f"{where} broke off: {type(error).__name__}") from error


def _lines(system: str, messages: Sequence[Message]) -> list[dict[str, str]]:
    lines = [{"role": "system", "content": system}] if system else []
    return lines + [{"role": message.role, "content": message.content} for message in messages]
