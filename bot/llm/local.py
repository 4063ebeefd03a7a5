"""A language model that runs in this process: any chat model that transformers can load.

Knows how a reply is made from scores; where files are is in `bot.llm.source`. torch and transformers load on first use, in
`bot.llm.local_engine`. One model serves all conversations: they take turns token by token (`bot.llm.fair`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from bot.dialogue.turn import Message, ToolCall
from bot.llm.base import ModelError, ToolSchema
from bot.llm.config import LlmConfig
from bot.llm.constrain import Constrainer, parse
from bot.llm.fair import FairLock
from bot.llm.source import model_folder, source_of
from bot.llm.stops import until

if TYPE_CHECKING:
    from bot.llm.local_engine import Engine, Reading, Scores


class LocalModel:
    """A chat model on this machine's processor or accelerator; greedy, so that the same turn reads the same."""

    def __init__(self, folder: Callable[[], str | Path], config: LlmConfig, *, name: str) -> None:
        """Prepare; nothing is loaded yet.

        Args:
            folder: Returns the model's folder or hub id; called once, at the first use.
            config: Threads, types, limits.
            name: What people call the model.
        """
        self._folder = folder
        self._config = config
        self._name = name
        self._turns = FairLock()
        self._loading = threading.Lock()
        self._loaded: tuple[Engine, Constrainer] | None = None

    @classmethod
    def open(cls, config: LlmConfig, assets: Callable[[str], Path]) -> LocalModel:
        """Find what `config.model` names: a folder, a GGUF file, an asset, or a hub id.

        Raises:
            ModelError: a path that is neither a folder nor a GGUF file.
        """
        source = source_of(config, assets)
        return cls(lambda: model_folder(source.find()), config, name=source.name)

    @property
    def name(self) -> str:
        """What people call the model."""
        return self._name

    @property
    def waiting(self) -> int:
        """How many conversations wait for their next token."""
        return self._turns.waiting

    def warm_up(self, prompts: Sequence[str] = ()) -> None:
        """Load the model, and read the fixed beginnings of prompts so that the first message need not wait.

        Args:
            prompts: System prompts that will be used.

        Raises:
            ModelError: the model cannot be loaded.
        """
        engine, _ = self._load()
        for system in prompts or ("",):
            self._read(
                engine, engine.prompt(system, [Message(role="user", content="Hello")]), monotonic() + 60
            )

    def choose(
        self, system: str, messages: Sequence[Message], tools: Sequence[ToolSchema], *, max_tokens: int = 160
    ) -> ToolCall | None:
        """Choose a tool; the call is valid under its schema whatever the model's scores are.

        Raises:
            ModelError: the model failed, or took longer than its time.
        """
        engine, constrainer = self._load()
        deadline = monotonic() + self._config.timeout
        constraint = constrainer.start(tools)
        reading, scores = self._read(engine, engine.prompt(system, messages), deadline)
        while not constraint.done:
            if len(constraint.ids) >= max_tokens:
                constraint.close()
                break
            taken = constraint.forced()
            if not taken:
                token = constraint.best(scores)
                constraint.take(token)
                taken = [token]
            if not constraint.done:
                scores = self._step(reading, taken, deadline)
        return parse(constraint.text)

    def stream(
        self, system: str, messages: Sequence[Message], *, max_tokens: int = 200, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """Yield the reply piece by piece; close the iterator to stop early.

        Raises:
            ModelError: the model failed, or took longer than its time.
        """
        engine, _ = self._load()
        deadline = monotonic() + self._config.timeout
        limit = min(max_tokens, self._config.max_tokens)
        yield from until(self._pieces(engine, engine.prompt(system, messages), limit, deadline), stop)

    def _pieces(self, engine: Engine, prompt: list[int], limit: int, deadline: float) -> Iterator[str]:
        reading, scores = self._read(engine, prompt, deadline)
        ids: list[int] = []
        shown = ""
        while len(ids) < limit:
            token = int(scores.argmax())
            if token in engine.ends:
                break
            ids.append(token)
            text = engine.decode(ids)
            if not text.endswith("\ufffd"):  # a character of several tokens is not whole yet
                yield text[len(shown) :]
                shown = text
            if len(ids) < limit:
                scores = self._step(reading, [token], deadline)

    def _read(self, engine: Engine, prompt: list[int], deadline: float) -> tuple[Reading, Scores]:
        with self._turns:
            reading = engine.begin(prompt)
            scores = reading.read()
        while reading.reading:
            self._in_time(deadline)
            with self._turns:
                scores = reading.read()
        return reading, scores

    def _step(self, reading: Reading, tokens: Sequence[int], deadline: float) -> Scores:
        self._in_time(deadline)
        with self._turns:
            return reading.step(tokens)

    def _in_time(self, deadline: float) -> None:
        if monotonic() > deadline:
            raise ModelError(f"{self._name} took longer than {self._config.timeout:g} s (`llm.timeout`)")

    def _load(self) -> tuple[Engine, Constrainer]:
        with self._loading:
            if self._loaded is None:
                folder, config = self._folder(), self._config
                from bot.llm.local_engine import Engine

                engine = Engine(folder, threads=config.threads, dtype=config.dtype, device=config.device)
                constrainer = Constrainer(
                    engine.tokenizer_json(), vocabulary=engine.vocabulary, eos=engine.eos
                )
                self._loaded = (engine, constrainer)
            return self._loaded
