"""`ItemSearch`: words and filters in, candidates out.

Knows how the dense and the lexical search are fused. It refuses to know people, times or places: ranking for
somebody is `retrieval.rank`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrieval.candidate import Candidate
from retrieval.columns import CATEGORY, ITEM, PARENT, SEPARATOR, SYNONYMS, TEXT, TITLE, YEAR
from retrieval.config import RetrievalConfig
from retrieval.encode import Encoder, Vectors
from retrieval.filters import ItemFilters
from retrieval.index import ItemIndex
from retrieval.lexical import LexicalIndex
from retrieval.words import category_words, decade_words, in_english, item_words

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]

_HEAD: Final = "search.json"
_ROWS: Final = "rows.parquet"
_POPULARITY: Final = "popularity.npy"
_CHUNK: Final = 512
"""Texts encoded between two calls of `progress`."""
_LONGEST_QUERY: Final = 2_000
"""Characters of a query that are read; an encoder would stop sooner."""


class ItemSearch:
    """A catalogue that can be searched; immutable once built, safe to share between threads.

    A score is the sum of its parts: "dense" (cosine of the texts' vectors), "lexical" (BM25 as a share of
    what the best item reaches) and "popularity", each times its weight.
    """

    def __init__(
        self,
        rows: pd.DataFrame,
        index: ItemIndex,
        lexical: LexicalIndex,
        encoder: Encoder,
        *,
        popularity: NDArray[np.float64] | None = None,
        config: RetrievalConfig | None = None,
    ) -> None:
        """Join the parts of a catalogue.

        Args:
            rows: the item frame, variants included (they answer filters); a frame without texts will do.
            index: the vectors of the indexed items.
            lexical: the words of the same items in the same order.
            encoder: the one that made the vectors.
            popularity: one number for each indexed item.
            config: the weights.
        """
        if len(lexical) != len(index) or (popularity is not None and len(popularity) != len(index)):
            raise ValueError(f"the index holds {len(index)} items, its lexical side {len(lexical)}")
        self._rows = rows
        self._index = index
        self._lexical = lexical
        self._encoder = encoder
        self._config = config or RetrievalConfig()
        self._filters = ItemFilters(rows)
        self._indexed = pd.Index(rows[ITEM].astype(str)).get_indexer(pd.Index(index.ids))
        if (self._indexed < 0).any():
            raise ValueError(
                f"the index holds {index.ids[int(self._indexed.argmin())]!r}, the item frame does not"
            )
        self._popularity = popularity
        self._prior = _prior(popularity, len(index))

    @property
    def ids(self) -> tuple[str, ...]:
        """The indexed item ids by position: what the positions of a mask mean."""
        return self._index.ids

    @property
    def filters(self) -> ItemFilters:
        """The categories and attributes that filters may name."""
        return self._filters

    @classmethod
    def build(
        cls,
        items: pd.DataFrame,
        encoder: Encoder,
        *,
        popularity: NDArray[np.float64] | None = None,
        config: RetrievalConfig | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> ItemSearch:
        """Index an item frame.

        Args:
            items: one row an item; variants (rows with a `parent`) are indexed where the config says so, and
                answer filters for their parents in any case.
            encoder: makes the vectors.
            popularity: one number per row of `items`, such as how often it was taken.
            config: which items, which index, which weights.
            progress: called with (texts encoded, texts in all).
        """
        config = config or RetrievalConfig()
        items = items.reset_index(drop=True)
        if popularity is not None and len(popularity) != len(items):
            raise ValueError(f"{len(items)} items need as many popularities, not {len(popularity)}")
        chosen = np.ones(len(items), dtype=np.bool_)
        if config.level == "items" and PARENT in items.columns:
            chosen = items[PARENT].isna().to_numpy()
        indexed = items[chosen]
        vectors = _encoded(encoder, dense_texts(indexed, expand=config.expand_words), progress)
        return cls(
            items.drop(columns=[name for name in (TITLE, TEXT, SYNONYMS) if name in items.columns]),
            ItemIndex.build([str(item) for item in indexed[ITEM]], vectors, config),
            LexicalIndex.build(lexical_texts(indexed, expand=config.expand_words)),
            encoder,
            popularity=None if popularity is None else np.asarray(popularity, dtype=np.float64)[chosen],
            config=config,
        )

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
        """Return the `k` best items for `query` within the filters, best first.

        Args:
            query: words of a wish; nothing asks for the most popular.
            category: see `mask`.
            year_from: see `mask`.
            year_to: see `mask`.
            filters: see `mask`.
            k: how many.
            lang: the language of the query where it is known; "zh" reads it through the table of words.

        Raises:
            FilterError: the catalogue cannot answer a filter; the message names what it has.
        """
        allowed = self.mask(category=category, year_from=year_from, year_to=year_to, filters=filters)
        query = query[:_LONGEST_QUERY].strip()
        if not query:
            return self._best(np.flatnonzero(allowed), {"popularity": self._prior}, k)
        lexical = self._lexical.scores(query)
        dense, near = self._dense(query, k, allowed, lang)
        pool = np.union1d(near, np.flatnonzero((lexical > 0) & allowed))
        best = float(lexical[allowed].max(initial=0.0))
        weight = self._config.dense_weight
        parts = {
            "dense": np.float32(weight) * dense,
            "lexical": np.float32((1 - weight) / best if best > 0 else 0.0) * lexical,
        }
        if self._popularity is not None:
            parts["popularity"] = np.float32(self._config.popularity_weight) * self._prior
        return self._best(pool, parts, k)

    def similar(self, item: str, k: int = 10, mask: Mask | None = None) -> list[Candidate]:
        """Return the `k` items whose text is nearest to that of `item`, without the item itself.

        Raises:
            KeyError: the item is not indexed.
        """
        if item not in self._index:
            raise KeyError(f"item {item!r} is not in the text index")
        vector = self._index.vectors([item])
        ids, cosines = self._index.search(vector, k + 1, mask)
        found = [
            (other, float(cosine)) for other, cosine in zip(ids[0], cosines[0], strict=True) if other != item
        ]
        return [
            Candidate(other, cosine, {"dense": cosine}, rank)
            for rank, (other, cosine) in enumerate(found[:k], start=1)
        ]

    def mask(
        self,
        *,
        category: str | None = None,
        year_from: int | None = None,
        year_to: int | None = None,
        filters: Sequence[str] = (),
    ) -> Mask:
        """Return which of `ids` pass the filters; the words are those of `ItemFilters.mask`.

        Raises:
            FilterError: an unknown attribute or category, or a comparison that the column cannot answer.
        """
        passed = self._filters.mask(category=category, year_from=year_from, year_to=year_to, filters=filters)
        chosen: Mask = passed[self._indexed]
        return chosen

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """Return the text vectors (len(ids), dim) of indexed items, rows of length one."""
        return self._index.vectors(ids)

    def _dense(self, query: str, k: int, allowed: Mask, lang: str | None) -> tuple[Scores, NDArray[np.int64]]:
        """Return cosines (n_items,) and the positions of the nearest; items far from the query have 0."""
        cosines = np.zeros(len(self._index), dtype=np.float32)
        # English encoders see nothing in Chinese, so its words go through the table.
        chinese = lang == "zh" or not query.isascii()
        text = (in_english(query) or query) if chinese else query
        vector = self._encoder.encode([text])
        positions, scores = self._index.nearest(vector, max(k, self._config.pool), allowed)
        near = positions[0][positions[0] >= 0]
        cosines[near] = scores[0][: len(near)]
        return cosines, near

    def _best(self, pool: NDArray[np.intp], parts: Mapping[str, Scores], k: int) -> list[Candidate]:
        total = sum((part[pool] for part in parts.values()), start=np.zeros(len(pool), dtype=np.float32))
        order = np.lexsort((pool, -self._prior[pool], -total))[: max(k, 0)]
        found = []
        for rank, position in enumerate(pool[order], start=1):
            shares = {name: float(part[position]) for name, part in parts.items()}
            found.append(Candidate(self.ids[position], sum(shares.values()), shares, rank))
        return found

    def save(self, folder: Path) -> None:
        """Write everything but the encoder into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._index.save(folder)
        self._lexical.save(folder)
        _storable(self._rows).to_parquet(folder / _ROWS, index=False)
        if self._popularity is not None:
            np.save(folder / _POPULARITY, self._popularity, allow_pickle=False)
        head = {
            "encoder": self._encoder.name,
            "popularity": self._popularity is not None,
            "config": self._config.model_dump(mode="json"),
        }
        (folder / _HEAD).write_text(json.dumps(head), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> ItemSearch:
        """Read what `save` wrote; the encoder's model is loaded by the first query that needs it.

        Raises:
            ValueError: a damaged file, or vectors of another encoder.
        """
        head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
        if head["encoder"] != encoder.name:
            raise ValueError(
                f"this catalogue was indexed with the encoder {head['encoder']!r}, not {encoder.name!r}; "
                "build it again"
            )
        config = RetrievalConfig.model_validate(head["config"])
        return cls(
            pd.read_parquet(folder / _ROWS),
            ItemIndex.load(folder, threads=config.threads),
            LexicalIndex.load(folder),
            encoder,
            popularity=np.load(folder / _POPULARITY, allow_pickle=False) if head["popularity"] else None,
            config=config,
        )


def dense_texts(items: pd.DataFrame, *, expand: bool = True) -> list[str]:
    """Return for each item the sentence that the encoder reads: its text, else its title, category and year."""
    texts = []
    for cells, year in zip(_cells(items, (TITLE, CATEGORY, TEXT)), _years(items), strict=True):
        categories = cells[CATEGORY].replace(SEPARATOR, ", ")
        text = cells[TEXT] or ". ".join(filter(None, (cells[TITLE], categories)))
        if expand:
            text = ". ".join(filter(None, (text, _ascii(_everyday(cells, year)))))
        texts.append(text)
    return texts


def lexical_texts(items: pd.DataFrame, *, expand: bool = True) -> list[str]:
    """Return for each item the words that it is found by; those of its title count twice."""
    years = _years(items)
    texts = []
    for cells, year in zip(_cells(items, (TITLE, CATEGORY, TEXT, SYNONYMS)), years, strict=True):
        found = [cells[TITLE], cells[TITLE], cells[CATEGORY], cells[TEXT], cells[SYNONYMS]]
        if expand:
            found.append(_everyday(cells, year))
        if year is not None:
            found.extend([str(year), decade_words(year) if expand else ""])
        texts.append(" ".join(filter(None, found)))
    return texts


def _everyday(cells: Mapping[str, str], year: int | None) -> str:
    """Return the table's words for an item: those of its categories and, for goods, of its title."""
    return " ".join(
        filter(None, (category_words(cells[CATEGORY]), item_words(cells[TITLE]) if year is None else ""))
    )


def _cells(items: pd.DataFrame, names: Sequence[str]) -> list[dict[str, str]]:
    """Return the named cells of every row as text, "" where there is none."""
    columns = []
    for name in names:
        cells = items[name] if name in items.columns else pd.Series("", index=items.index)
        columns.append(["" if pd.isna(cell) else str(cell) for cell in cells])
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _years(items: pd.DataFrame) -> list[int | None]:
    if YEAR not in items.columns:
        return [None] * len(items)
    return [None if pd.isna(year) else int(year) for year in items[YEAR]]


def _ascii(words: str) -> str:
    return " ".join(word for word in words.split() if word.isascii())


def _encoded(encoder: Encoder, texts: Sequence[str], progress: Callable[[int, int], None] | None) -> Vectors:
    vectors = np.empty((len(texts), encoder.dim), dtype=np.float32)
    for start in range(0, len(texts), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        vectors[chunk] = encoder.encode(texts[chunk])
        if progress is not None:
            progress(min(start + _CHUNK, len(texts)), len(texts))
    return vectors


def _prior(popularity: NDArray[np.float64] | None, n: int) -> Scores:
    """Return log(1 + popularity) scaled to 0..1, zeros where nothing is known."""
    if popularity is None or popularity.max(initial=0.0) <= 0:
        return np.zeros(n, dtype=np.float32)
    logs = np.log1p(np.maximum(popularity, 0.0))
    return np.asarray(logs / logs.max(), dtype=np.float32)


def _storable(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with columns of mixed types as text, which Parquet can hold."""
    mixed: dict[str, Any] = {
        str(name): cells.map(str, na_action="ignore").astype("string")
        for name, cells in rows.items()
        if cells.dtype == object
    }
    return rows.assign(**mixed)
