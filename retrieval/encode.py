"""Text encoders: text in, unit vectors out.

Knows how text becomes a vector. It refuses to know what the text describes or where vectors are kept.
sentence-transformers is imported here only, and only when a batch is encoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


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
        """Return float32 (len(texts), dim), each row of length one (zero for a text without content)."""


class SentenceEncoder:
    """A sentence-transformers model from a local folder; nothing is loaded before the first text."""

    def __init__(
        self, path: Path | str, *, device: str = "auto", batch_size: int = 64, threads: int | None = None
    ) -> None:
        raise NotImplementedError


class HashingEncoder:
    """Counts hashed words and character n-grams: deterministic, instant, no model; for tests and demos."""

    def __init__(self, dim: int = 256, seed: int = 0) -> None:
        raise NotImplementedError
