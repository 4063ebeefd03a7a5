"""Text encoders: text in, unit vectors out.

Knows how text becomes a vector. It refuses to know what the text describes or where vectors are kept.
sentence-transformers is imported here only, and only when a batch is encoded.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from retrieval.bert import NumpyBert

Vectors = NDArray[np.float32]

_FEW: Final = 8
"""Up to so many texts go through `NumpyBert`, which needs no torch; more of them are a batch."""


@runtime_checkable
class Encoder(Protocol):
    """Turns texts into vectors of length one, so that a dot product is a cosine."""

    @property
    def name(self) -> str:
        """Which model it is; vectors of encoders with different names do not compare."""

    @property
    def dim(self) -> int:
        """The length of a vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dim), each row of length one."""


class SentenceEncoder:
    """A sentence-transformers model from a local folder; nothing is loaded before the first text.

    Args:
        path: the model's folder (with `modules.json`).
        device: "auto" takes a GPU where there is one.
        batch_size: texts in one forward pass.
        threads: CPU threads of torch; None leaves torch's own choice.

    Raises:
        FileNotFoundError: the folder holds no model.
    """

    def __init__(
        self, path: Path | str, *, device: str = "auto", batch_size: int = 64, threads: int | None = None
    ) -> None:
        self._path = Path(path)
        settings = self._path / "config.json"
        if not settings.is_file():
            raise FileNotFoundError(f"no text encoder at {str(self._path)!r}: {settings.name} is missing")
        self._dim = int(json.loads(settings.read_text(encoding="utf-8"))["hidden_size"])
        self._device = device
        self._batch_size = batch_size
        self._threads = threads
        self._loading = threading.Lock()
        self._whole: Any = None
        self._quick: NumpyBert | None = None
        self._quick_works = NumpyBert.supports(self._path)

    @property
    def name(self) -> str:
        """The folder's name and a digest of its settings: other models in folders of that name differ."""
        digest = hashlib.sha256()
        for part in ("config.json", "modules.json"):
            digest.update((self._path / part).read_bytes() if (self._path / part).is_file() else b"")
        sizes = sorted(file.stat().st_size for file in self._path.glob("*.safetensors"))
        digest.update(repr(sizes).encode())
        return f"{self._path.resolve().name}-{digest.hexdigest()[:12]}"

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return self._dim

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dim), each row of length one; a long text is read to the model's limit.

        A few texts take the numpy path where the model allows it, a batch takes torch; the vectors are the
        same to 1e-5.
        """
        clean = [_encodable(text) for text in texts]
        if not clean:
            return np.zeros((0, self.dim), dtype=np.float32)
        if len(clean) <= _FEW and self._quick_works:
            quick = self._load_quick()
            return np.stack([quick.encode(text) for text in clean])
        vectors = self._load_whole().encode(
            clean,
            batch_size=self._batch_size,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.ascontiguousarray(vectors, dtype=np.float32)

    def _load_quick(self) -> NumpyBert:
        with self._loading:
            if self._quick is None:
                self._quick = NumpyBert(self._path)
            return self._quick

    def _load_whole(self) -> Any:
        with self._loading:
            if self._whole is None:
                import torch
                from sentence_transformers import SentenceTransformer
                from transformers.utils import logging

                hide: Callable[[], None] = logging.disable_progress_bar
                hide()  # The bar of reading the weights would show in a pipe as well.
                if self._threads is not None:
                    torch.set_num_threads(self._threads)
                device = self._device
                if device == "auto":
                    device = "cuda" if torch.cuda.is_available() else "cpu"
                self._whole = SentenceTransformer(str(self._path), device=device, local_files_only=True)
            return self._whole


class HashingEncoder:
    """Counts hashed words and character n-grams: deterministic, instant, no model; for tests and demos.

    Texts that share words or their parts are near each other; meaning it knows none. Every feature is added
    with a hashed sign to one of `dim` places (Weinberger et al. 2009, feature hashing), and the sum is scaled
    to length one. A text without a letter or digit falls on a fixed vector, as an empty sentence does in a
    neural encoder.
    """

    def __init__(self, dim: int = 256, seed: int = 0) -> None:
        if dim < 1:
            raise ValueError(f"dim must be at least 1, not {dim!r}")
        self._dim = dim
        self._seed = seed

    @property
    def name(self) -> str:
        """All that the vectors depend on."""
        return f"hashing-{self._dim}-{self._seed}"

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return self._dim

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dim), each row of length one."""
        vectors = np.zeros((len(texts), self._dim), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for feature in _features(_encodable(text).casefold()):
                place, sign = self._hash(feature)
                row[place] += sign
            if not row.any():
                row[self._hash("")[0]] = 1.0
            row /= np.linalg.norm(row)
        return vectors

    def _hash(self, feature: str) -> tuple[int, float]:
        digest = hashlib.blake2b(f"{self._seed}\0{feature}".encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "little")
        return (number >> 1) % self._dim, 1.0 if number & 1 else -1.0


def _features(text: str) -> Iterator[str]:
    for word in re.findall(r"\w+", text):
        yield word
        padded = f" {word} "
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))


def _encodable(text: str) -> str:
    """Replace lone surrogates, which no tokenizer can read."""
    return text.encode("utf-8", "replace").decode("utf-8")
