"""One GGUF model run by llama.cpp: a request in, pieces of the reply out.

Knows `xllamacpp` (the extra `llamacpp`), and is imported only when such a model is used. The wheel brings llama.cpp's
server: several requests are decoded side by side, and what two prompts share at their beginning is read once. It refuses
to know conversations and tools. The server also listens on a port of the loopback address; a key that nobody is told
closes it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

import xllamacpp

from bot.llm.base import ModelError
from bot.llm.threads import threads_for

CONTEXT = 8192
"""Tokens of all prompts and replies that are in hand at once."""
SIDE_BY_SIDE = 4
"""Requests that are decoded together; others wait for a place."""
KEPT_MIB = 128
"""Memory for beginnings of prompts that no place holds any more."""
_QUIET = -1


class LlamaEngine:
    """A loaded model; safe to use from several threads."""

    def __init__(self, file: Path, *, threads: int = 0) -> None:
        """Load the model.

        Args:
            file: A GGUF file.
            threads: Processor threads; 0 takes one fewer than the cores.

        Raises:
            ModelError: nothing loads from there.
        """
        params = xllamacpp.CommonParams()
        params.model.path = str(file)
        params.n_ctx, params.n_parallel, params.kv_unified = CONTEXT, SIDE_BY_SIDE, True
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads_for(threads)
        params.cache_ram_mib = KEPT_MIB
        params.warmup = params.ui = params.endpoint_slots = False
        params.verbosity = _QUIET
        params.api_keys = [secrets.token_urlsafe(32)]
        try:
            self._server = xllamacpp.Server(params)
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(
                f"llama.cpp loads no model from {str(file)!r} ({error}); set `llm.model` to a GGUF file, "
                "or `llm.engine` to 'transformers'"
            ) from error

    def reply(self, request: Mapping[str, Any], deadline: float) -> Iterator[Mapping[str, Any]]:
        """Yield what the server answers to a chat request, chunk by chunk; closing the iterator ends the work on it.

        Args:
            request: Body of a chat completion; `stream` makes chunks.
            deadline: Instant of `time.monotonic` after which the work ends.

        Raises:
            ModelError: the server refused the request, or the deadline passed.
        """
        chunks: SimpleQueue[Mapping[str, Any] | ModelError | None] = SimpleQueue()
        left = threading.Event()

        def take(chunk: Mapping[str, Any]) -> bool:
            chunks.put(chunk)
            return left.is_set()

        def work() -> None:
            try:
                self._server.handle_chat_completions(dict(request), take)
                chunks.put(None)
            except (RuntimeError, ValueError, TypeError) as error:
                chunks.put(ModelError(f"llama.cpp refused the request: {error}"))

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        try:
            while (chunk := _next(chunks, deadline)) is not None:
                yield chunk
        finally:
            left.set()


def _next(
    chunks: SimpleQueue[Mapping[str, Any] | ModelError | None], deadline: float
) -> Mapping[str, Any] | None:
    try:
        chunk = chunks.get(timeout=max(0.0, deadline - monotonic()))
    except Empty:
        raise ModelError("llama.cpp took longer than its time (`llm.timeout`)") from None
    if isinstance(chunk, ModelError):
        raise chunk
    if chunk is not None and "error" in chunk:
        raise ModelError(f"llama.cpp refused the request: {chunk['error'].get('message', chunk['error'])}")
    return chunk
