"""The default local model with what it was taught: choosing a tool, in marks.

Knows the adapter that ships with the package and the base model that it is for. The taught work runs in
`bot.llm.taught_engine`, which loads on first use; as a chat model it is whatever runs the base model.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from bot.dialogue.turn import Message, ToolCall
from bot.llm.base import ChatModel, ModelError, ToolSchema
from bot.llm.config import LlmConfig
from bot.llm.constrain import Constrainer
from bot.llm.fair import FairLock
from bot.llm.local import LocalModel
from bot.llm.threads import threads_for

if TYPE_CHECKING:
    from bot.llm.taught_engine import Memory, Scores, TaughtEngine


def taught_base() -> str | None:
    """Return the name of the model that the shipped adapter is for, None where none is shipped."""
    card = files("bot.llm").joinpath("adapter", "card.json")
    return str(json.loads(card.read_text(encoding="utf-8"))["base"]) if card.is_file() else None


class TaughtLocal:
    """A local model with its adapter; see `bot.llm.base.TaughtModel`. In words it speaks as it came, by `chat`."""

    def __init__(
        self,
        folder: Callable[[], str | Path],
        config: LlmConfig,
        *,
        name: str,
        chat: ChatModel | None = None,
        adapter: Path | None = None,
        eight_bits: bool = True,
    ) -> None:
        """Prepare; nothing is loaded yet.

        Args:
            folder: Returns the base model's folder.
            config: Threads, limits.
            name: What people call the model.
            chat: Runs the base model in words; None takes transformers.
            adapter: A folder that peft wrote; None takes the one that ships with the package.
            eight_bits: Eight-bit weights, else float32.
        """
        self._folder = folder
        self._config = config
        self._name = name
        self._chat = chat or LocalModel(folder, config, name=name)
        self._turns = FairLock()
        self._adapter = adapter
        self._eight_bits = eight_bits
        self._readying = threading.Lock()
        self._ready: tuple[TaughtEngine, Constrainer] | None = None

    @property
    def name(self) -> str:
        """What people call the model."""
        return self._name

    def choose(
        self, system: str, messages: Sequence[Message], tools: Sequence[ToolSchema], *, max_tokens: int = 160
    ) -> ToolCall | None:
        """Choose a tool as the untaught model does: for languages that it was not taught in.

        Raises:
            ModelError: the model failed, or took longer than its time.
        """
        return self._chat.choose(system, messages, tools, max_tokens=max_tokens)

    def stream(
        self, system: str, messages: Sequence[Message], *, max_tokens: int = 200, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """Yield a reply in words piece by piece; close the iterator to stop early.

        Raises:
            ModelError: the model failed, or took longer than its time.
        """
        return self._chat.stream(system, messages, max_tokens=max_tokens, stop=stop)

    @property
    def ready(self) -> bool:
        """Whether the model is loaded, so that it can answer at once."""
        return self._ready is not None

    def warm_up(self, prompts: Sequence[str] = ()) -> None:
        """Load what was taught and use it once.

        Args:
            prompts: Of no use here: what was taught needs no system prompt.

        Raises:
            ModelError: the model cannot be loaded.
        """
        del prompts
        self.decide("item\nhello\n>", 'start: " none greeting" | " search"')

    def decide(self, prompt: str, grammar: str) -> str:
        """Write what may follow `prompt` under a Lark grammar, the likeliest token at each step.

        Raises:
            ModelError: the model failed, or took longer than its time.
        """
        engine, constrainer = self._taught()
        deadline = monotonic() + self._config.timeout
        constraint = constrainer.under(grammar)
        memory, scores = self._begin(engine, prompt, deadline)
        while not constraint.done:
            taken = constraint.forced()
            if not taken:
                taken = [constraint.best(scores[0])]
                constraint.take(taken[0])
            if not constraint.done:
                scores = self._next(engine, taken, memory, deadline)
        return constraint.text

    def _begin(self, engine: TaughtEngine, prompt: str, deadline: float) -> tuple[Memory, Scores]:
        self._in_time(deadline)
        with self._turns:
            return engine.begin([engine.ids(prompt)])

    def _next(self, engine: TaughtEngine, tokens: Sequence[int], memory: Memory, deadline: float) -> Scores:
        self._in_time(deadline)
        with self._turns:
            return engine.step([tokens], memory)

    def _in_time(self, deadline: float) -> None:
        if monotonic() > deadline:
            raise ModelError(f"{self._name} took longer than {self._config.timeout:g} s (`llm.timeout`)")

    def _taught(self) -> tuple[TaughtEngine, Constrainer]:
        with self._readying:
            if self._ready is None:
                folder = Path(self._folder())
                from bot.llm.taught_engine import TaughtEngine

                with as_file(files("bot.llm").joinpath("adapter")) as shipped:
                    engine = TaughtEngine(
                        folder,
                        self._adapter or shipped,
                        threads=threads_for(self._config.threads),
                        eight_bits=self._eight_bits,
                    )
                constrainer = Constrainer(
                    engine.tokenizer.to_str(), vocabulary=engine.vocabulary, eos=engine.end
                )
                self._ready = (engine, constrainer)
            return self._ready
