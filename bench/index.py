"""The text index at size: recall, latency, build time and memory of `ItemIndex` on one thread.

    python -P bench/index.py                       1,000,000 vectors; a quarter of an hour on one core
    python -P bench/index.py --items 250000 --no-uniform

The vectors are of a real encoder, multiplied: MiniLM reads the titles of both demo catalogues (films with genres,
kinds of products with their category and department), each of these texts becomes a clump of 25 ("brands": the
text's vector plus noise of half its length, drawn from the covariance of the texts' vectors), and each item is one of
the brands plus as much noise again. Asked are *new items* (further draws) and *typed words* (titles and product types
alone, encoded). The worst case beside it is uniform on the sphere: no clumps, so that no list is nearer than another.

Times are CPU time of the thread, since other work may run beside; the wall is as long on an idle core. Writes
docs/bench-index.md at full size, after each case.
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time, thread_time

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bot.settings import Settings
from db.assets import fetch
from retrieval import ItemIndex, RetrievalConfig, SentenceEncoder

DIM, K, SIZE = 384, 10, 1_000_000
DOC = Path(__file__).parent.parent / "docs" / "bench-index.md"
SHARES = (None, 0.5, 0.1, 0.01)
_BLOCK = 50_000
_BRANDS = 25
Vectors = NDArray[np.float32]


def unit(vectors: Vectors) -> Vectors:
    """Return the vectors at length one."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def read_texts(cache: Path) -> tuple[list[str], list[str]]:
    """Return the texts of both demo catalogues, and what somebody would type to find them."""
    films = pd.read_csv(fetch("movielens-100k", cache) / "ml-100k.item", sep="\t")
    films.columns = pd.Index(["item", "title", "year", "category"])
    products = pd.read_parquet(fetch("complete-journey", cache) / "products.parquet")
    kinds = products[["product_type", "product_category", "department"]].fillna("").drop_duplicates()
    texts = [f"{title}. {genres}" for title, genres in zip(films["title"], films["category"], strict=True)]
    texts += [". ".join(row).capitalize() for row in kinds.itertuples(index=False)]
    typed = [*films["title"], *(name.lower() for name in kinds["product_type"] if name)]
    return list(dict.fromkeys(texts)), list(dict.fromkeys(typed))


class Mixture:
    """Draws unit vectors around those of real texts."""

    def __init__(self, texts: Vectors, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        values, directions = np.linalg.eigh(np.cov(texts.T))
        scales = np.sqrt(np.maximum(values, 0) / values.sum())
        self._colour = np.asarray((directions * scales).T, dtype=np.float32)
        self._brands = unit(np.repeat(texts, _BRANDS, axis=0) + self._noise(len(texts) * _BRANDS))

    def _noise(self, n: int) -> Vectors:
        drawn = self._rng.standard_normal((n, DIM), dtype=np.float32)
        return np.asarray(0.5 * drawn @ self._colour, dtype=np.float32)

    def draw(self, n: int) -> Vectors:
        """Return `n` new vectors."""
        vectors = np.empty((n, DIM), dtype=np.float32)
        for start in range(0, n, _BLOCK):
            size = min(_BLOCK, n - start)
            brand = self._rng.integers(len(self._brands), size=size)
            vectors[start : start + size] = unit(self._brands[brand] + self._noise(size))
        return vectors


def exact(vectors: Vectors, queries: Vectors, allowed: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """Return the K nearest allowed by a plain matrix product, block by block."""
    best = np.full((len(queries), K), -np.inf, dtype=np.float32)
    found = np.zeros((len(queries), K), dtype=np.int64)
    for start in range(0, len(vectors), _BLOCK):
        cosines = queries @ vectors[start : start + _BLOCK].T
        if allowed is not None:
            cosines[:, ~allowed[start : start + _BLOCK]] = -np.inf
        joined = np.concatenate([best, cosines], axis=1)
        top = np.argpartition(-joined, K, axis=1)[:, :K]
        known = np.take_along_axis(found, np.minimum(top, K - 1), axis=1)
        found = np.where(top < K, known, top - K + start)
        best = np.take_along_axis(joined, top, axis=1)
    return found


@dataclass(frozen=True)
class Case:
    """Vectors, queries by name, and the settings of the index."""

    name: str
    vectors: Vectors
    queries: dict[str, Vectors]
    config: RetrievalConfig
    shares: tuple[float | None, ...] = (None,)


def cases(items: int, queries: int, seed: int, *, uniform: bool) -> Iterator[Case]:
    """Yield what is measured, one after the other, so that one is in memory."""
    settings = Settings()
    encoder = SentenceEncoder(fetch("all-minilm-l6-v2", settings.cache), threads=1)
    texts, typed = read_texts(settings.cache)
    rng = np.random.default_rng(seed)
    asked = [typed[n] for n in rng.permutation(len(typed))[:queries]]
    mixture = Mixture(encoder.encode(sorted(texts, key=len)), seed)
    vectors = mixture.draw(items)
    both = {"new items": mixture.draw(queries), "typed words": encoder.encode(asked)}
    yield Case("real texts", vectors, both, RetrievalConfig(threads=1), SHARES)
    small = RetrievalConfig(threads=1, memory_gb=items * DIM * 1.3 / 1e9)
    yield Case("real texts, a third of the memory", vectors, both, small)
    tiny = RetrievalConfig(threads=1, memory_gb=items * DIM * 0.6 / 1e9)
    yield Case("real texts, a sixth of the memory", vectors, both, tiny)
    del vectors
    if uniform:
        drawn = rng.standard_normal((items, DIM), dtype=np.float32)
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        new = unit(rng.standard_normal((queries, DIM), dtype=np.float32))
        yield Case("uniform on the sphere", drawn, {"new": new}, RetrievalConfig(threads=1))


HEAD = """| vectors | index | build, CPU s | asked | allowed | recall@10 | p50 ms | p95 ms |
|---|---|---|---|---|---|---|---|"""


def measure(case: Case, seed: int) -> Iterator[str]:
    """Build and ask; yield lines of the table."""
    n = len(case.vectors)
    began = process_time()
    index = ItemIndex.build([str(row) for row in range(n)], case.vectors, case.config)
    built = process_time() - began
    facts = index.facts
    for share in case.shares:
        allowed = None if share is None else np.random.default_rng(seed).random(n) < share
        for name, queries in case.queries.items():
            truth = exact(case.vectors, queries, allowed)
            seconds, hits = [], 0
            for query, nearest in zip(queries, truth, strict=True):
                start = thread_time()
                positions, _ = index.nearest(query, K, allowed)
                seconds.append(thread_time() - start)
                hits += len(np.intersect1d(positions[0], nearest))
            p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
            yield (
                f"| {case.name}, {n:,} | {facts.kind}, effort {facts.effort}, {facts.again} looked at again "
                f"| {built:.0f} | {name} | {'all' if share is None else f'{share:.0%}'} "
                f"| {hits / truth.size:.4f} | {p50:.2f} | {p95:.2f} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=SIZE)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-uniform", action="store_true")
    asked = parser.parse_args()
    lines = [HEAD]
    how = (__doc__ or "").split("\n\n")[2].replace("\n", " ")
    for case in cases(asked.items, asked.queries, asked.seed, uniform=not asked.no_uniform):
        for line in measure(case, asked.seed):
            print(line, flush=True)
            lines.append(line)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        text = (
            "# The text index at size\n\nWritten by `python -P bench/index.py`; goal: recall@10 of 0.95 within 10 ms "
            f"at the 95th percentile, one thread, {SIZE:,} vectors of {DIM} numbers. Times are CPU time of the thread; "
            f"{asked.queries} queries each. Peak memory of the run {peak:.1f} GB, exact answers included.\n\n{how}\n\n"
        )
        if asked.items == SIZE:
            DOC.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
