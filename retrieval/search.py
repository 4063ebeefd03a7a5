"""`ItemSearch`: words and filters in, candidates out.

Knows how the dense and the lexical search are fused. It refuses to know people, times or places: ranking for
somebody is `retrieval.rank`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrieval.candidate import Candidate
from retrieval.config import RetrievalConfig
from retrieval.encode import Encoder

Mask = NDArray[np.bool_]


class ItemSearch:
    """A catalogue that can be searched; immutable once built."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The indexed item ids by position: what the positions of a mask mean."""
        raise NotImplementedError

    @classmethod
    def build(
        cls,
        items: pd.DataFrame,
        encoder: Encoder,
        *,
        popularity: NDArray[np.float64] | None = None,
        config: RetrievalConfig | None = None,
    ) -> ItemSearch:
        """Index an item frame; `popularity` has one number per row of `items`."""
        raise NotImplementedError

    def search(
        self,
        query: str,
        *,
        category: str | None = None,
        year_from: int | None = None,
        year_to: int | None = None,
        filters: Sequence[str] = (),
        k: int = 10,
        lang: str | None = None,
    ) -> list[Candidate]:
        """Return the `k` best items for `query` within the filters, best first."""
        raise NotImplementedError

    def similar(self, item: str, k: int = 10, mask: Mask | None = None) -> list[Candidate]:
        """Return the `k` items whose text is nearest to that of `item`, without the item itself."""
        raise NotImplementedError

    def mask(
        self,
        *,
        category: str | None = None,
        year_from: int | None = None,
        year_to: int | None = None,
        filters: Sequence[str] = (),
    ) -> Mask:
        """Return which of `ids` pass the filters; FilterError where the catalogue cannot answer."""
        raise NotImplementedError

    def vectors(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """Return the text vectors (len(ids), dim) of indexed items, rows of length one."""
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Write everything but the encoder into `folder`."""
        raise NotImplementedError

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> ItemSearch:
        """Read what `save` wrote; the encoder's model is loaded by the first query that needs it."""
        raise NotImplementedError
