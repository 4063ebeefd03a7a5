"""How well and how fast the text index finds: recall and latency of `ItemIndex` on one thread.

    python bench/search.py [--items 1000000] [--queries 1000] [--seed 0]

The vectors are a mixture of clumps within clumps, as the texts of a catalogue are (kinds, and brands within
kinds), with a spectrum that falls: pure noise has no neighbours worth finding, and neat clumps are too easy.
Queries are new draws from the same mixture; the exact answer comes from a flat index over the same vectors.
Prints one table row in Markdown; exits with 1 where recall@10 is below 0.95 or p95 above 10 ms.
"""

from __future__ import annotations

import argparse
import resource
import sys
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from retrieval import ItemIndex, RetrievalConfig

DIM = 384
K = 10
TARGET_RECALL = 0.95
TARGET_P95_MS = 10.0
_BLOCK = 50_000


class Mixture:
    """Draws unit vectors (n, DIM): kind + brand within the kind + the item's own part."""

    def __init__(self, seed: int, kinds: int = 300, brands: int = 30) -> None:
        self._rng = np.random.default_rng(seed)
        self._scale = (np.arange(1, DIM + 1) ** -0.35).astype(np.float32)
        self._kinds = self._noise(kinds)
        self._brands = self._noise(kinds * brands)
        self._brands_per_kind = brands

    def draw(self, n: int) -> NDArray[np.float32]:
        """Return `n` new vectors, reproducible in the order of the calls."""
        vectors = np.empty((n, DIM), dtype=np.float32)
        for start in range(0, n, _BLOCK):
            size = min(_BLOCK, n - start)
            brand = self._rng.integers(len(self._brands), size=size)
            block = (
                self._kinds[brand // self._brands_per_kind]
                + 0.6 * self._brands[brand]
                + 0.7 * self._noise(size)
            )
            vectors[start : start + size] = block / np.linalg.norm(block, axis=1, keepdims=True)
        return vectors

    def _noise(self, n: int) -> NDArray[np.float32]:
        return self._rng.standard_normal((n, DIM), dtype=np.float32) * self._scale


def exact(vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the K nearest by a plain matrix product, block by block."""
    best = np.full((len(queries), K), -np.inf, dtype=np.float32)
    found = np.zeros((len(queries), K), dtype=np.intp)
    for start in range(0, len(vectors), _BLOCK):
        cosines = np.concatenate([best, queries @ vectors[start : start + _BLOCK].T], axis=1)
        top = np.argpartition(-cosines, K, axis=1)[:, :K]
        known = np.take_along_axis(found, np.minimum(top, K - 1), axis=1)
        found = np.where(top < K, known, top - K + start)
        best = np.take_along_axis(cosines, top, axis=1)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Recall and latency of the text index.")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    mixture = Mixture(asked.seed)
    vectors, queries = mixture.draw(asked.items), mixture.draw(asked.queries)
    truth = exact(vectors, queries)
    began = perf_counter()
    index = ItemIndex.build([str(row) for row in range(asked.items)], vectors, RetrievalConfig(threads=1))
    built = perf_counter() - began
    seconds, hits = [], 0
    for query, nearest in zip(queries, truth, strict=True):
        began = perf_counter()
        positions, _ = index.nearest(query, K)
        seconds.append(perf_counter() - began)
        hits += len(np.intersect1d(positions[0], nearest))
    recall = hits / truth.size
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print("| vectors | index | effort | build s | recall@10 | p50 ms | p95 ms | peak GB |")
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {asked.items:,} x {DIM} | {index.facts.kind} | {index.facts.effort} | {built:.0f} | {recall:.4f} "
        f"| {p50:.2f} | {p95:.2f} | {peak:.1f} |"
    )
    return 0 if recall >= TARGET_RECALL and p95 <= TARGET_P95_MS else 1


if __name__ == "__main__":
    sys.exit(main())
