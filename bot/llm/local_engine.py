"""One causal language model in this process: text to tokens, tokens to scores.

Knows torch and transformers, and is imported only when a local model is used (2 s for torch, 3 s for
transformers). It refuses to know conversations and schemas. Scores leave as numpy arrays.
"""

from __future__ import annotations

import inspect
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache
from transformers.utils import logging as transformers_logging

from bot.dialogue.turn import Message
from bot.llm.base import ModelError
from bot.llm.marks import unmarked
from bot.llm.threads import threads_for

KEPT_PROMPTS = 6
"""Prompts whose keys and values are kept, for the next prompt that begins alike."""
CHUNK = 128
"""Tokens of a prompt that are read in one step: others may speak between two steps."""

_log = logging.getLogger(__name__)
Scores = NDArray[np.float32]


def device_for(setting: str) -> torch.device:
    """The device: as set, else the first accelerator that is there."""
    if setting != "auto":
        return torch.device(setting)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def dtype_for(setting: str, device: torch.device) -> torch.dtype:
    """The weights' type: as set, else bfloat16 where the device computes with it.

    A CPU without AMX or AVX512-BF16 decodes faster in bfloat16 (half the bytes) but reads a prompt at less
    than half the speed; a turn reads more than it writes.
    """
    if setting != "auto":
        named: torch.dtype = getattr(torch, setting)
        return named
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    can = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return torch.bfloat16 if can.get("amx_bf16") or can.get("avx512_bf16") else torch.float32


def cache_argument(forward: Callable[..., Any]) -> str:
    """The name by which a model takes its keys and values: `cache` since transformers 5.24, for some before."""
    return "cache" if "cache" in inspect.signature(forward).parameters else "past_key_values"


class Engine:
    """A loaded model with its tokenizer; one thread at a time may use it."""

    def __init__(
        self, folder: str | Path, *, threads: int = 0, dtype: str = "auto", device: str = "auto"
    ) -> None:
        """Load weights and tokenizer from a folder or by a hub id.

        Raises:
            ModelError: nothing loads from there, or the model has no chat template.
        """
        torch.set_num_threads(threads_for(threads))
        self.device = device_for(device)
        # transformers annotates these by half; Any keeps strict checking to our own code
        loud: Any = transformers_logging
        tokenizers: Any = AutoTokenizer
        models: Any = AutoModelForCausalLM
        loud.disable_progress_bar()
        loud.set_verbosity_error()
        try:
            self.tokenizer: Any = tokenizers.from_pretrained(str(folder))
            self.model: Any = models.from_pretrained(str(folder), dtype=dtype_for(dtype, self.device))
        except (OSError, ValueError, ImportError) as error:
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ModelError(
                f"no language model loads from {str(folder)!r} ({first}); set `llm.model` to a model folder, "
                "or `llm.backend` to 'none'"
            ) from error
        if not self.tokenizer.chat_template:
            raise ModelError(f"the model at {str(folder)!r} has no chat template: it is no chat model")
        self.model.to(self.device).eval()
        self.vocabulary = int(self.model.get_output_embeddings().weight.shape[0])
        self.ends = self._end_tokens()
        self._cache_name = cache_argument(self.model.forward)
        self._prompts: OrderedDict[tuple[int, ...], list[tuple[torch.Tensor, torch.Tensor]]] = OrderedDict()
        _log.info("loaded %s (%s, %s)", folder, self.model.dtype, self.device)

    def _end_tokens(self) -> frozenset[int]:
        ends = self.model.generation_config.eos_token_id
        several = ends if isinstance(ends, list) else [ends]
        return frozenset(int(end) for end in (*several, self.tokenizer.eos_token_id) if end is not None)

    @property
    def eos(self) -> int:
        """The token that ends a reply."""
        return int(self.tokenizer.eos_token_id)

    def tokenizer_json(self) -> str:
        """The tokenizer as a `tokenizer.json` document."""
        return str(self.tokenizer.backend_tokenizer.to_str())

    def prompt(self, system: str, messages: Sequence[Message]) -> list[int]:
        """Tokens of a conversation, up to where the reply begins."""
        lines = [{"role": "system", "content": system}] if system else []
        lines += [{"role": message.role, "content": unmarked(message.content)} for message in messages]
        text = self.tokenizer.apply_chat_template(lines, add_generation_prompt=True, tokenize=False)
        return [int(token) for token in self.tokenizer(text, add_special_tokens=False)["input_ids"]]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of tokens, without the special ones."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def begin(self, prompt: Sequence[int]) -> Reading:
        """Start on a prompt, from the kept one that shares the longest beginning."""
        shared, layers = 0, None
        for kept, kept_layers in self._prompts.items():
            common = _common(kept, prompt)
            if common > shared:
                shared, layers = common, kept_layers
        shared = min(shared, len(prompt) - 1)
        cache = DynamicCache(config=self.model.config)
        if layers is not None and shared:
            for position, (keys, values) in enumerate(layers):
                cache.update(keys[..., :shared, :], values[..., :shared, :], position)
        return Reading(self, list(prompt), cache, done=shared)

    def keep(self, prompt: Sequence[int], cache: Any) -> None:
        """Remember the keys and values of a prompt that was read; the oldest is let go."""
        if any(getattr(layer, "is_sliding", False) or not hasattr(layer, "keys") for layer in cache.layers):
            return  # a window of the past cannot be cut to a shorter past
        size = len(prompt)
        self._prompts[tuple(prompt)] = [
            (layer.keys[..., :size, :], layer.values[..., :size, :]) for layer in cache.layers
        ]
        self._prompts.move_to_end(tuple(prompt))
        while len(self._prompts) > KEPT_PROMPTS:
            self._prompts.popitem(last=False)

    def forward(self, ids: Sequence[int], cache: Any) -> Scores:
        """Read tokens after those in `cache`; return the scores of what may follow the last one."""
        with torch.inference_mode():
            out = self.model(
                input_ids=torch.tensor([list(ids)], device=self.device),
                use_cache=True,
                logits_to_keep=1,
                **{self._cache_name: cache},
            )
            scores: Scores = out.logits[0, -1].float().cpu().numpy()
        return scores


class Reading:
    """A prompt on its way into the model, then the reply token by token; each `step` is one turn of the lock."""

    def __init__(self, engine: Engine, prompt: list[int], cache: Any, *, done: int) -> None:
        self._engine = engine
        self._prompt = prompt
        self._cache = cache
        self._done = done
        self.reused = done
        """Tokens of the prompt that did not have to be read again."""

    @property
    def reading(self) -> bool:
        """Whether a part of the prompt is still unread."""
        return self._done < len(self._prompt)

    def read(self) -> Scores:
        """Read the next part of the prompt; return the scores after it."""
        part = self._prompt[self._done : self._done + CHUNK]
        scores = self._engine.forward(part, self._cache)
        self._done += len(part)
        if not self.reading:
            self._engine.keep(self._prompt, self._cache)
        return scores

    def step(self, tokens: Sequence[int]) -> Scores:
        """Append tokens of the reply; return the scores of what may follow."""
        return self._engine.forward(tokens, self._cache)


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """Length of the longest shared beginning."""
    for position, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return position
    return min(len(first), len(second))
