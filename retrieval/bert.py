"""A BERT text encoder in numpy, for the one sentence that a person types.

Knows the forward pass of one architecture: BERT with GELU, mean pooling, unit length. It refuses to know
training, batches, devices or any other model. It exists because importing torch and transformers costs
seconds, which a command that answers one query cannot spare; a test holds its vectors to those of
sentence-transformers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class NumpyBert:
    """The encoder of one model folder; reads 90 MB of weights in about 0.1 s and keeps them."""

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        settings = _read(folder / "config.json")
        self._heads = int(settings["num_attention_heads"])
        self._layers = int(settings["num_hidden_layers"])
        self._eps = float(settings["layer_norm_eps"])
        weights: dict[str, Array] = load_file(folder / "model.safetensors")
        self._weights = {name.removeprefix("bert."): tensor for name, tensor in weights.items()}
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_longest(folder, settings))

    @staticmethod
    def supports(folder: Path) -> bool:
        """Say whether this folder holds the one architecture that is written here, and nothing more."""
        if not all(
            (folder / name).is_file() for name in ("config.json", "model.safetensors", "tokenizer.json")
        ):
            return False
        settings = _read(folder / "config.json")
        bert = (
            settings.get("model_type") == "bert"
            and settings.get("hidden_act") == "gelu"
            and settings.get("position_embedding_type", "absolute") == "absolute"
        )
        return bert and _pooling(folder) == ["Transformer", "Pooling:mean", "Normalize"]

    def encode(self, text: str) -> Array:
        """Return the vector (dim,) of one text, of length one."""
        ids = self._tokenizer.encode(text).ids
        w = self._weights
        hidden = (
            w["embeddings.word_embeddings.weight"][ids]
            + w["embeddings.position_embeddings.weight"][: len(ids)]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._norm(hidden, "embeddings.LayerNorm")
        for layer in range(self._layers):
            hidden = self._layer(hidden, f"encoder.layer.{layer}.")
        mean = hidden.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)

    def _layer(self, hidden: Array, at: str) -> Array:
        """Self-attention and feed-forward, each with its residual (Devlin et al. 2019, post-norm)."""
        n, dim = hidden.shape
        q, k, v = (
            self._linear(hidden, f"{at}attention.self.{name}").reshape(n, self._heads, -1).transpose(1, 0, 2)
            for name in ("query", "key", "value")
        )
        weights = _softmax(q @ k.transpose(0, 2, 1) / np.float32(np.sqrt(dim // self._heads)))
        mixed = (weights @ v).transpose(1, 0, 2).reshape(n, dim)
        attended = self._linear(mixed, f"{at}attention.output.dense")
        hidden = self._norm(hidden + attended, f"{at}attention.output.LayerNorm")
        widened = _gelu(self._linear(hidden, f"{at}intermediate.dense"))
        return self._norm(hidden + self._linear(widened, f"{at}output.dense"), f"{at}output.LayerNorm")

    def _linear(self, x: Array, at: str) -> Array:
        return x @ self._weights[f"{at}.weight"].T + self._weights[f"{at}.bias"]

    def _norm(self, x: Array, at: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(self._eps))
        normed: Array = centred / scale * self._weights[f"{at}.weight"] + self._weights[f"{at}.bias"]
        return normed


def _softmax(x: Array) -> Array:
    raised = np.exp(x - x.max(axis=-1, keepdims=True))
    shares: Array = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def _gelu(x: Array) -> Array:
    """Return x * Phi(x), with the exact error function and not its tanh approximation."""
    from scipy.special import erf

    phi = np.asarray(erf(x / np.float32(np.sqrt(2))), dtype=np.float32)
    return x * np.float32(0.5) * (np.float32(1) + phi)


def _longest(folder: Path, settings: dict[str, Any]) -> int:
    """Return how many tokens are read: sentence-transformers' own limit, else the model's."""
    limit = _read(folder / "sentence_bert_config.json").get("max_seq_length")
    return int(limit or settings["max_position_embeddings"])


def _pooling(folder: Path) -> list[str]:
    """Return the modules after one another, as "Transformer", "Pooling:mean", "Normalize"."""
    steps = []
    for module in _read(folder / "modules.json", empty=[]):
        kind = str(module["type"]).rsplit(".", 1)[-1]
        if kind == "Pooling":
            modes = _read(folder / module["path"] / "config.json")
            on = sorted(name.removeprefix("pooling_mode_") for name, set_ in modes.items() if set_ is True)
            kind += ":mean" if on == ["mean_tokens"] or modes.get("pooling_mode") == "mean" else ":other"
        steps.append(kind)
    return steps


def _read(path: Path, empty: Any = None) -> Any:
    if not path.is_file():
        return {} if empty is None else empty
    return json.loads(path.read_text(encoding="utf-8"))
