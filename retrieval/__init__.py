"""Retrieval and ranking: text search with filters, and recommendations whose scores are sums of parts.

A library that stands alone: it takes frames and arrays and returns frames and frozen values. It knows no
database, no rules engine and no chat. Names load on first use, so that importing the package is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retrieval.candidate import Candidate as Candidate
    from retrieval.config import RetrievalConfig as RetrievalConfig
    from retrieval.encode import Encoder as Encoder
    from retrieval.encode import HashingEncoder as HashingEncoder
    from retrieval.encode import SentenceEncoder as SentenceEncoder
    from retrieval.filters import FilterError as FilterError
    from retrieval.filters import ItemFilters as ItemFilters
    from retrieval.index import ItemIndex as ItemIndex
    from retrieval.rank import Recommender as Recommender
    from retrieval.rankconfig import RankConfig as RankConfig
    from retrieval.search import ItemSearch as ItemSearch

_HOME = {
    "Candidate": "retrieval.candidate",
    "Encoder": "retrieval.encode",
    "FilterError": "retrieval.filters",
    "HashingEncoder": "retrieval.encode",
    "ItemFilters": "retrieval.filters",
    "ItemIndex": "retrieval.index",
    "ItemSearch": "retrieval.search",
    "RankConfig": "retrieval.rankconfig",
    "Recommender": "retrieval.rank",
    "RetrievalConfig": "retrieval.config",
    "SentenceEncoder": "retrieval.encode",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
