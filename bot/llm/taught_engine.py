"""The small taught model on a processor: one Llama with its adapter merged in, weights in eight bits.

Knows torch alone, and is imported only when the model is used: transformers takes twice as long to import as torch,
and a step through it half as long again as through the few operations here. Of the ways to run 135 million weights on
two cores without a bf16 unit, eight bits read a prompt and write twice as fast as float32 (docs/teaching.md).
It refuses to know conversations: text in, text out.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import embedding, linear, scaled_dot_product_attention, silu

from bot.llm.base import ModelError

Scores = NDArray[np.float32]
Product = Callable[[Tensor], Tensor]
"""A matrix, ready to be multiplied with."""
_ADAPTED = "base_model.model."


class TaughtEngine:
    """A loaded model with its tokenizer; one thread at a time may use it."""

    def __init__(
        self, folder: Path, adapter: Path | None, *, threads: int = 1, eight_bits: bool = True
    ) -> None:
        """Load weights, add the adapter to them, and quantise.

        Args:
            folder: The base model: `config.json`, `model.safetensors`, `tokenizer.json`.
            adapter: A folder that peft wrote; None takes the base model as it is.
            threads: Of torch.
            eight_bits: Eight-bit weights, one scale a row; else float32.

        Raises:
            ModelError: the files are missing, or hold another kind of model.
        """
        torch.set_num_threads(threads)
        try:
            config = json.loads((folder / "config.json").read_bytes())
            weights = {name: value.float() for name, value in load_file(folder / "model.safetensors").items()}
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, ValueError) as error:
            raise ModelError(f"no language model loads from {str(folder)!r} ({error})") from error
        if config.get("model_type") != "llama":
            raise ModelError(
                f"{str(folder)!r} holds a {config.get('model_type')!r}, and what was taught is a llama"
            )
        if adapter is not None:
            _merge(weights, adapter)
        product: Callable[[Tensor], Product] = _eight_bits if eight_bits else _plain
        self._heads = int(config["num_attention_heads"])
        self._shared = int(config["num_key_value_heads"])
        self._size = int(config["hidden_size"]) // self._heads
        self._small = float(config["rms_norm_eps"])
        rope = config.get("rope_parameters") or config
        self._turn = _frequencies(float(rope["rope_theta"]), self._size)
        self._words = weights["model.embed_tokens.weight"]
        self._norm = weights["model.norm.weight"]
        self._head = product(weights.get("lm_head.weight", self._words))
        self._layers = [
            _layer(weights, f"model.layers.{number}.", product)
            for number in range(int(config["num_hidden_layers"]))
        ]
        self.end = int(config["eos_token_id"])
        self.vocabulary = int(self._words.shape[0])

    def ids(self, text: str) -> list[int]:
        """Return the tokens of a text."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of tokens, without the one that ends a reply."""
        return str(self.tokenizer.decode([one for one in ids if one != self.end]))

    def begin(self, prompts: Sequence[Sequence[int]]) -> tuple[Memory, Scores]:
        """Read prompts side by side; return what was read, and for each the scores of what may follow."""
        # The first token of a text carries activations a thousand times those of the others. Read alone it costs the
        # others nothing of their eight bits, so the padding stands after it.
        longest = max(map(len, prompts))
        pads = [longest - len(prompt) for prompt in prompts]
        memory = Memory(len(self._layers), torch.tensor(pads))
        scores = self._forward(torch.tensor([[prompt[0]] for prompt in prompts]), memory)
        if longest > 1:
            rest = [[prompt[0]] * pad + list(prompt[1:]) for pad, prompt in zip(pads, prompts, strict=True)]
            scores = self._forward(torch.tensor(rest), memory)
        return memory, scores

    def step(self, tokens: Sequence[Sequence[int]], memory: Memory) -> Scores:
        """Append as many tokens to each text; return the scores of what may follow."""
        return self._forward(torch.tensor([list(row) for row in tokens]), memory)

    @torch.inference_mode()
    def _forward(self, ids: Tensor, memory: Memory) -> Scores:
        rows, length = ids.shape
        places = memory.size + torch.arange(length)
        angles = (places - memory.pads[:, None]).clamp(min=0)[..., None] * self._turn
        cos, sin = (fold(torch.cat((angles, angles), -1))[:, None] for fold in (torch.cos, torch.sin))
        seen = torch.arange(memory.size + length)
        # A text sees what stands before it but the padding, which lies between its first token and the others.
        own = (seen == 0) | (seen > memory.pads[:, None, None]) | (seen == places[:, None])
        mask = torch.where((seen <= places[:, None]) & own, 0.0, -torch.inf)[:, None]
        wide, narrow = self._heads * self._size, self._shared * self._size
        x = embedding(ids, self._words)
        for number, (before, qkv, out, after, gates, down) in enumerate(self._layers):
            q, k, v = qkv(self._normed(x, before)).tensor_split((wide, wide + narrow), dim=-1)
            q, k, v = (one.view(rows, length, -1, self._size).transpose(1, 2) for one in (q, k, v))
            keys, values = memory.extend(number, _turned(k, cos, sin), v)
            looked = scaled_dot_product_attention(_turned(q, cos, sin), keys, values, mask, enable_gqa=True)
            x = x + out(looked.transpose(1, 2).reshape(rows, length, wide))
            gate, up = gates(self._normed(x, after)).chunk(2, -1)
            x = x + down(silu(gate) * up)
        memory.size += length
        scores: Scores = self._head(self._normed(x[:, -1], self._norm)).numpy()
        return scores

    def _normed(self, x: Tensor, weight: Tensor) -> Tensor:
        """Root mean square norm: x / sqrt(mean(x^2) + e) * w."""
        return torch.rms_norm(x, (x.shape[-1],), weight, self._small)


class Memory:
    """Keys and values of texts that were read side by side."""

    def __init__(self, layers: int, pads: Tensor) -> None:
        self.pads = pads
        self.size = 0
        self._kept: list[tuple[Tensor, Tensor] | None] = [None] * layers

    def extend(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append to a layer's keys and values; return all of them."""
        kept = self._kept[layer]
        if kept is not None:
            keys, values = (torch.cat(pair, 2) for pair in zip(kept, (keys, values), strict=True))
        self._kept[layer] = (keys, values)
        return keys, values


_Layer = tuple[Tensor, Product, Product, Tensor, Product, Product]


def _layer(weights: dict[str, Tensor], name: str, product: Callable[[Tensor], Product]) -> _Layer:
    """Return norms and matrices of one layer; those that read the same input are one matrix."""

    def joined(*parts: str) -> Product:
        return product(torch.cat([weights[f"{name}{part}_proj.weight"] for part in parts]))

    return (
        weights[f"{name}input_layernorm.weight"],
        joined("self_attn.q", "self_attn.k", "self_attn.v"),
        joined("self_attn.o"),
        weights[f"{name}post_attention_layernorm.weight"],
        joined("mlp.gate", "mlp.up"),
        joined("mlp.down"),
    )


def _merge(weights: dict[str, Tensor], adapter: Path) -> None:
    """Add B A alpha / r of each adapted matrix to it: the adapter costs nothing afterwards."""
    try:
        config = json.loads((adapter / "adapter_config.json").read_bytes())
        parts = load_file(adapter / "adapter_model.safetensors")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"no adapter loads from {str(adapter)!r} ({error}); install the package anew"
        ) from error
    scale = float(config["lora_alpha"]) / float(config["r"])
    for name, first in parts.items():
        if name.endswith("lora_A.weight"):
            second = parts[name.replace("lora_A", "lora_B")]
            target = name.removeprefix(_ADAPTED).replace("lora_A.weight", "weight")
            weights[target] = weights[target] + scale * (second.float() @ first.float())


def _plain(weight: Tensor) -> Product:
    def product(x: Tensor) -> Tensor:
        return linear(x, weight)

    return product


def _eight_bits(weight: Tensor) -> Product:
    """Weights in eight bits, one scale a row; inputs are quantised as they come, to seven bits.

    Without VNNI a processor adds pairs of products in 16 bits, which eight bits of input overflow: the model then
    babbles. PyTorch means to move these operations to another package and says so at each use.
    """
    scales = (weight.abs().amax(1) / 127).clamp(min=1e-8)
    rounded = (weight / scales[:, None]).round().to(torch.int8)
    operations: Any = torch.ops.quantized
    made: Any = torch._make_per_channel_quantized_tensor  # noqa: SLF001 - the public one takes ten times as long
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        zeros = torch.zeros_like(scales, dtype=torch.long)
        packed = operations.linear_prepack(made(rounded, scales.double(), zeros, 0), None)

    def product(x: Tensor) -> Tensor:
        out: Tensor = operations.linear_dynamic(x, packed, True)
        return out

    return product


def _frequencies(theta: float, size: int) -> Tensor:
    return theta ** -(torch.arange(0, size, 2) / size)


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position: the two halves of each head are turned by the angles of their place."""
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin
