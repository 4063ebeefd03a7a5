"""`ItemIndex`: the nearest vectors by cosine, over FAISS.

Knows vectors and the item ids that they belong to. It refuses to know text, filters' meaning or scores of
other parts. FAISS is imported here only, when an index is first built or loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.config import RetrievalConfig

Vectors = NDArray[np.float32]


class ItemIndex:
    """Vectors of items and a FAISS index over them; owns the map between ids and positions."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Item ids by position: what a mask's positions mean."""
        raise NotImplementedError

    @classmethod
    def build(cls, ids: Sequence[str], vectors: Vectors, config: RetrievalConfig | None = None) -> ItemIndex:
        """Index `vectors` (len(ids), dim), rows of length one."""
        raise NotImplementedError

    def search(
        self, vectors: Vectors, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[list[list[str]], Vectors]:
        """Return for each query the `k` nearest ids, best first, and their cosines (n, k)."""
        raise NotImplementedError

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """Return the stored vectors (len(ids), dim) of `ids`; an unknown id is a KeyError."""
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Write the index into `folder`."""
        raise NotImplementedError

    @classmethod
    def load(cls, folder: Path) -> ItemIndex:
        """Read what `save` wrote; a damaged index is a ValueError that names the file."""
        raise NotImplementedError
