"""`LexicalIndex`: BM25 over the words of items.

Knows words and how rare they are. It refuses to know vectors, filters and categories. bm25s weighs the words
when an index is built; a query only adds up columns of that matrix, so searching needs no more than numpy.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from retrieval.tokens import tokens

Scores = NDArray[np.float32]

STOPWORDS: Final = frozenset(
    tokens(
        """a about an and any are as at be but by can could do does for from get give good has have i im in is
        it its like me my of on one or please recommend show so some something somebody someone suggest than
        that the them there these they this those to too us want watch we what when where which who with would
        you your film movie item product thing 电影 推荐 想看 一部 一些 什么"""
    )
)
"""Words of asking, not of what is asked for; they count little, unless a query is nothing else ("It")."""

_ASKING: Final = 0.15
"""Weight of a word of asking: "Some Like It Hot" still beats "Hot Shots" by its other words."""
_CLOSE: Final = 0.6
"""Weight of a word of the catalogue that stands in for one that it lacks ("terminatr")."""
_MISSPELT_FROM: Final = 4
"""Shorter words are never taken for misspellings: nearly every three letters are one edit from others."""
_HEAD: Final = "lexical.json"
_ARRAYS: Final = "lexical.npz"


class LexicalIndex:
    """A words x items matrix of BM25 weights; immutable once built."""

    def __init__(
        self,
        vocabulary: Sequence[str],
        data: Scores,
        indices: NDArray[np.int32],
        indptr: NDArray[np.int64],
        n_items: int,
    ) -> None:
        self._vocabulary = {word: column for column, word in enumerate(vocabulary)}
        self._data = data
        self._indices = indices
        self._indptr = indptr
        self._n_items = n_items
        self._words = [word for word in vocabulary if len(word) >= _MISSPELT_FROM]

    @classmethod
    def build(cls, texts: Sequence[str], *, k1: float = 1.2, b: float = 0.75) -> LexicalIndex:
        """Index one text per item.

        The weight of word w in text d of length |d| is idf(w) * tf / (tf + k1 (1 - b + b |d| / mean length)),
        with idf(w) = ln(1 + (N - df + 0.5) / (df + 0.5)): Lucene's form of BM25 (Kamphuis et al. 2020).
        """
        words = [tokens(text) for text in texts]
        vocabulary = sorted({word for text in words for word in text})
        if not vocabulary:
            return cls([], np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(1, np.int64), len(texts))
        import bm25s

        columns = {word: column for column, word in enumerate(vocabulary)}
        model = bm25s.BM25(k1=k1, b=b, method="lucene")
        coded = [[columns[word] for word in text] for text in words]
        model.index((coded, columns), create_empty_token=False, show_progress=False)
        return cls(
            vocabulary,
            np.asarray(model.scores["data"], dtype=np.float32),
            np.asarray(model.scores["indices"], dtype=np.int32),
            np.asarray(model.scores["indptr"], dtype=np.int64),
            len(texts),
        )

    def __len__(self) -> int:
        return self._n_items

    def scores(self, query: str) -> Scores:
        """Return the BM25 score (n_items,) of every item; all zero where no word of the query is known."""
        total = np.zeros(self._n_items, dtype=np.float32)
        for word, weight in self.query_words(query).items():
            column = self._vocabulary[word]
            part = slice(self._indptr[column], self._indptr[column + 1])
            total[self._indices[part]] += np.float32(weight) * self._data[part]
        return total

    def query_words(self, query: str) -> dict[str, float]:
        """Return the catalogue's words that a query asks for, with their weights.

        Words of asking weigh little unless there are no others; a word that the catalogue lacks is replaced
        by the closest that it has, at a lower weight.
        """
        asked = tokens(query)
        only_asking = all(word in STOPWORDS for word in asked)
        weights: dict[str, float] = {}
        for word in asked:
            weight = _ASKING if word in STOPWORDS and not only_asking else 1.0
            known: str | None = word
            if word not in self._vocabulary:
                known = self._closest(word) if word not in STOPWORDS else None
                weight *= _CLOSE
            if known is not None:
                weights[known] = weights.get(known, 0.0) + weight
        return weights

    def _closest(self, word: str) -> str | None:
        """Return the known word within one edit (two from eight letters on), the most alike; None if none."""
        if len(word) < _MISSPELT_FROM or not word.isalpha():
            return None
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        best = process.extractOne(
            word, self._words, scorer=OSA.distance, score_cutoff=1 if len(word) < 8 else 2
        )
        return None if best is None else str(best[0])

    def save(self, folder: Path) -> None:
        """Write the index into `folder` as JSON and plain numpy arrays."""
        folder.mkdir(parents=True, exist_ok=True)
        head = {"items": self._n_items, "vocabulary": list(self._vocabulary)}
        (folder / _HEAD).write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / _ARRAYS, data=self._data, indices=self._indices, indptr=self._indptr)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Read what `save` wrote; arrays that do not belong together are a ValueError."""
        head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
        with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
            data, indices, indptr = (arrays[name] for name in ("data", "indices", "indptr"))
        n_items, vocabulary = int(head["items"]), head["vocabulary"]
        whole = (
            len(indptr) == len(vocabulary) + 1
            and len(data) == len(indices) == indptr[-1]
            and (len(indices) == 0 or 0 <= indices.min() <= indices.max() < n_items)
        )
        if not whole:
            raise ValueError(f"the lexical index in {folder.name!r} is damaged; build the catalogue again")
        return cls(vocabulary, data, indices, indptr, n_items)
