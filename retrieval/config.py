"""The settings of text retrieval: encoder, indexes, fusion.

Knows defaults and limits only. Ranking has its own in `retrieval.rankconfig`; nothing here reads the
environment.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RetrievalConfig(BaseModel):
    """How items are indexed and searched; unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Literal["items", "all"] = "items"
    """"items" indexes the items without a parent; "all" indexes their variants too."""

    device: str = "auto"
    """Where the encoder runs: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1"."""

    batch_size: int = Field(default=64, ge=1)
    """Texts encoded at once."""

    threads: int | None = Field(default=None, ge=1)
    """CPU threads of the encoder and of FAISS; None leaves the libraries' own choice."""

    exact_below: int = Field(default=200_000, ge=0)
    """Catalogues smaller than this are searched exactly; larger ones approximately."""

    recall: float = Field(default=0.95, gt=0, le=1)
    """Share of the exact ten nearest that an approximate index must find; measured when it is built."""

    memory_gb: float = Field(default=4.0, gt=0)
    """Where the vectors alone would take more, they are compressed (product quantisation)."""

    expand_words: bool = True
    """Add everyday words of a category or decade to an item's text ("Comedy": funny, laugh)."""

    dense_weight: float = Field(default=0.7, ge=0, le=1)
    """Share of the dense part in a fused score; the lexical part has the rest."""

    popularity_weight: float = Field(default=0.1, ge=0, le=1)
    """What the most popular item gains over one that nobody took: decides between equals."""

    pool: int = Field(default=200, ge=1)
    """How many of the nearest items the dense search proposes for fusion (at least `k`)."""

    seed: int = 0
    """Of the samples drawn while an approximate index is trained and measured."""
