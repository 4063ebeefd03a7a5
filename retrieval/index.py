"""`ItemIndex`: the nearest vectors by cosine, over FAISS.

Knows vectors and the item ids that they belong to. It refuses to know text, filters' meaning or scores of
other parts. FAISS is imported here only, when an index is first built or loaded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from retrieval.config import RetrievalConfig

Vectors = NDArray[np.float32]
Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]

_HEAD: Final = "index.json"
_BODY: Final = "index.faiss"

_SCAN: Final = 10_000
"""So few allowed items are compared one by one, whatever the index: exact, and as fast as a graph."""
_ASKED: Final = 256
"""Queries on which the recall of an approximate index is measured."""
_FEWEST: Final = 1 / 8
"""Share of the lists that is read at least: a million codes, read whole, take 9 ms."""
_AGAIN: Final = (40, 160, 640, 2560)
"""How many candidates may be compared anew with their vectors after a scan of their codes."""
_READ: Final = 40
"""Reading a vector somewhere in memory takes as long as scanning so many codes that lie in a row."""
_LINKS: Final = 32
"""Neighbours of a node in HNSW (the M of Malkov and Yashunin 2018)."""


@dataclass(frozen=True)
class IndexFacts:
    """What kind of index was chosen and how well it finds; written beside it."""

    kind: str
    """The FAISS factory string: "Flat", "IVF1000,PQ96x4fs,RFlat", "IVF1000,PQ96x4fs,Refine(SQ8)",
    "IVF1000,PQ192x4", "HNSW32"."""
    dim: int
    effort: int = 0
    """Lists read by a query of an IVF (nprobe), or candidates kept by HNSW (efSearch); 0 where exact."""
    again: int = 0
    """Candidates for the ten nearest that are compared anew with their vectors (as many times more for more); 0 where
    the first comparison is the last."""
    recall: float = 1.0
    """Share of the ten nearest that it finds, measured when it was built."""


class ItemIndex:
    """Vectors of items and a FAISS index over them; owns the map between ids and positions."""

    def __init__(self, ids: Sequence[str], index: Any, facts: IndexFacts) -> None:
        self._ids = tuple(ids)
        self._position = {item: position for position, item in enumerate(self._ids)}
        self._index = index
        self._gpu = _on_gpu(index, facts)
        self._facts = facts

    @property
    def ids(self) -> tuple[str, ...]:
        """Item ids by position: what a mask's positions mean."""
        return self._ids

    @property
    def facts(self) -> IndexFacts:
        """Which kind of index it is, and its measured recall."""
        return self._facts

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, item: object) -> bool:
        return item in self._position

    @classmethod
    def build(cls, ids: Sequence[str], vectors: Vectors, config: RetrievalConfig | None = None) -> ItemIndex:
        """Index `vectors` (len(ids), dim), rows of length one.

        Below `config.exact_below` items the search is exact. Above, an inverted file (IVF) of short product codes
        proposes candidates, which are compared anew with their vectors; as many lists are read and as many
        candidates compared as reach `config.recall` on queries drawn from the vectors, the cheapest such choice.
        Where none does, a graph (HNSW) is built as well, and the one that finds more is kept. Vectors that would take
        more than `config.memory_gb` are kept in 8 or 4 bits a number, and if that is too much still, as codes alone.

        Raises:
            ValueError: shapes that do not fit, an id twice, vectors that are not finite or not of length one.
        """
        config = config or RetrievalConfig()
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        _check(ids, vectors)
        faiss = _faiss(config.threads)
        if len(ids) < max(config.exact_below, 1):
            index = faiss.IndexFlatIP(vectors.shape[1])
            index.add(vectors)
            return cls(ids, index, IndexFacts("Flat", vectors.shape[1]))
        index, facts = _approximate(faiss, vectors, config)
        return cls(ids, index, facts)

    def search(
        self, vectors: Vectors, k: int, allowed: Mask | None = None
    ) -> tuple[list[list[str]], list[Vectors]]:
        """Return for each query the `k` nearest ids, best first, and their cosines.

        Args:
            vectors: (n, dim), or (dim,) for one query.
            k: fewer come back where fewer are allowed.
            allowed: bool (len(ids),), the positions that may come back; None allows all.
        """
        positions, scores = self.nearest(vectors, k, allowed)
        found = [row >= 0 for row in positions]
        ids = [
            [self._ids[position] for position in row[some]]
            for row, some in zip(positions, found, strict=True)
        ]
        return ids, [row[some] for row, some in zip(scores, found, strict=True)]

    def nearest(self, vectors: Vectors, k: int, allowed: Mask | None = None) -> tuple[Positions, Vectors]:
        """Return positions and cosines, both (n, k'), best first; a position of -1 means no more were found.

        `k'` is `k`, or the number of items where that is smaller.
        """
        queries = np.ascontiguousarray(np.atleast_2d(vectors), dtype=np.float32)
        if queries.shape[1] != self._facts.dim:
            raise ValueError(
                f"the index holds vectors of {self._facts.dim!r} numbers, not {queries.shape[1]!r}"
            )
        if allowed is not None and allowed.shape != (len(self),):
            raise ValueError(
                f"`allowed` needs one entry for each of {len(self)} items, not {allowed.shape!r}"
            )
        k = min(k, len(self))
        if k < 1 or (allowed is not None and not allowed.any()):
            return np.empty((len(queries), 0), dtype=np.int64), np.empty((len(queries), 0), dtype=np.float32)
        if allowed is not None and self._facts.effort and (some := np.flatnonzero(allowed)).size <= _SCAN:
            return self._scan(queries, k, some)
        index = self._index if self._gpu is None or allowed is not None else self._gpu
        scores, positions = index.search(queries, k, params=_parameters(self._facts, k, allowed))
        return np.asarray(positions, dtype=np.int64), np.asarray(scores, dtype=np.float32)

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """Return the stored vectors (len(ids), dim) of `ids`; an unknown id is a KeyError.

        They are those that were given, or what the compressed form remembers of them.
        """
        return self._reconstructed(np.fromiter((self._position[item] for item in ids), np.int64, len(ids)))

    def _reconstructed(self, positions: Positions) -> Vectors:
        if len(positions) == 0:
            return np.empty((0, self._facts.dim), dtype=np.float32)
        return np.asarray(self._index.reconstruct_batch(positions), dtype=np.float32)

    def _scan(self, queries: Vectors, k: int, some: Positions) -> tuple[Positions, Vectors]:
        cosines = queries @ self._reconstructed(some).T
        order = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
        return some[order], np.take_along_axis(cosines, order, axis=1)

    def save(self, folder: Path) -> None:
        """Write the index into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        head = {**asdict(self._facts), "ids": self._ids}
        (folder / _HEAD).write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
        _faiss().write_index(self._index, str(folder / _BODY))

    @classmethod
    def load(cls, folder: Path, *, threads: int | None = None) -> ItemIndex:
        """Read what `save` wrote; a damaged index is a ValueError that names the file.

        A changed byte inside a vector is not seen here: the caller checks the files against the hashes of its
        manifest before it loads them.
        """
        head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
        ids = head.pop("ids")
        facts = IndexFacts(**head)
        faiss = _faiss(threads)
        try:
            index = faiss.read_index(str(folder / _BODY))
        except RuntimeError as error:
            raise ValueError(f"{_BODY!r} in {folder.name!r} is damaged; build the catalogue again") from error
        if (index.ntotal, index.d) != (len(ids), facts.dim):
            raise ValueError(
                f"{_BODY!r} in {folder.name!r} holds {index.ntotal} vectors of {index.d} numbers where "
                f"{_HEAD!r} says {len(ids)} of {facts.dim}; build the catalogue again"
            )
        return cls(ids, index, facts)


def _faiss(threads: int | None = None) -> Any:
    try:
        import faiss
    except ImportError as error:
        raise ImportError(
            "FAISS is not installed: run `pip install 'almanac-recommender[cpu]'`, or `[gpu]` for NVIDIA GPUs"
        ) from error
    if threads is not None:
        faiss.omp_set_num_threads(threads)
    return faiss


def _on_gpu(index: Any, facts: IndexFacts) -> Any:
    """Return a copy on the first GPU, or None where there is none or the index is no kind for it."""
    faiss = _faiss()
    gpus = getattr(faiss, "get_num_gpus", lambda: 0)()
    if gpus < 1 or facts.kind != "Flat" or index.ntotal == 0:
        return None
    return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, index)


def _parameters(facts: IndexFacts, k: int, allowed: Mask | None = None) -> Any:
    faiss = _faiss()
    limits: dict[str, Any] = {}
    effort = facts.effort
    if allowed is not None:
        limits["sel"] = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        # The fewer pass, the more must be looked at to find as many that do; near ones lie in near lists, so less
        # than in proportion (in proportion a tenth was found at 0.97 where all were found at 0.84).
        effort = math.ceil(effort / math.sqrt(max(float(allowed.mean()), 1 / 100)))
    if facts.kind.startswith("IVF"):
        scan = faiss.SearchParametersIVF(nprobe=effort, **limits)
        if not facts.again:
            return scan
        return faiss.IndexRefineSearchParameters(k_factor=facts.again / min(k, 10), base_index_params=scan)
    if facts.kind.startswith("HNSW"):
        return faiss.SearchParametersHNSW(efSearch=effort, **limits)
    return faiss.SearchParameters(**limits) if limits else None


def _check(ids: Sequence[str], vectors: Vectors) -> None:
    if vectors.ndim != 2 or len(vectors) != len(ids):
        raise ValueError(f"{len(ids)} ids need as many vectors, not an array of shape {vectors.shape!r}")
    if len(set(ids)) != len(ids):
        raise ValueError("an item id stands twice among the ids of the index")
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(lengths - 1) < 1e-3):
        wrong = int(np.argmax(~(np.abs(lengths - 1) < 1e-3)))
        raise ValueError(f"the vector of {ids[wrong]!r} has length {lengths[wrong]:.4g}, not 1")


def _approximate(faiss: Any, vectors: Vectors, config: RetrievalConfig) -> tuple[Any, IndexFacts]:
    n, dim = vectors.shape
    queries = _queries(vectors, config.seed)
    exact = faiss.knn(queries, vectors, min(10, n), metric=faiss.METRIC_INNER_PRODUCT)[1]
    lists = max(1, min(math.isqrt(n), n // 39))
    kind = f"IVF{lists},{_storage(n, dim, config.memory_gb)}"
    index = faiss.index_factory(dim, kind, faiss.METRIC_INNER_PRODUCT)
    index.train(_sample(vectors, 40 * max(lists, 256), config.seed))
    index.add(vectors)
    refined = ",R" in kind
    if not refined:
        index.make_direct_map()
    chosen = _cheapest(index, IndexFacts(kind, dim), queries, exact, config.recall, lists, refined=refined)
    if chosen.recall >= config.recall or not kind.endswith("RFlat"):
        return index, chosen
    graph = faiss.IndexHNSWFlat(dim, _LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = 200
    graph.add(vectors)
    other = _least_effort(graph, IndexFacts(f"HNSW{_LINKS}", dim), queries, exact, config.recall)
    return (graph, other) if other.recall >= chosen.recall else (index, chosen)


def _storage(n: int, dim: int, memory_gb: float) -> str:
    """Return the least lossy way to keep `n` vectors within the memory: what is scanned, what is looked at again.

    Four bits a code can be scanned from registers, 32 items at once (Andre et al. 2017). Where codes alone fit, they
    are of the plain kind: one of the fast kind that was read from a file cannot give its vectors back (FAISS 1.15).
    """
    bytes_each = memory_gb * 1e9 / n
    short, long = (
        next(parts for parts in (dim // part, dim // 2, 1) if parts and dim % parts == 0) for part in (4, 2)
    )
    for bytes_a_number, form in ((4, "RFlat"), (1, "Refine(SQ8)"), (0.5, "Refine(SQ4)")):
        if bytes_a_number * dim <= bytes_each:
            return f"PQ{short}x4fs,{form}"
    return f"PQ{long}x4"


def _sample(vectors: Vectors, most: int, seed: int) -> Vectors:
    if len(vectors) <= most:
        return vectors
    return vectors[np.sort(np.random.default_rng(seed).choice(len(vectors), most, replace=False))]


def _queries(vectors: Vectors, seed: int) -> Vectors:
    """Return unit vectors that lie among the items' as a query does: items moved by twice their own length.

    An item itself would be a free hit, since it lies in the first list that is read; a typed query has a
    cosine of 0.4 to 0.7 with what it asks for, and these have about 0.45: an index that was tuned to 0.95 at
    0.7 found 0.84 of the neighbours of typed words.
    """
    drawn = _sample(vectors, _ASKED, seed)
    noise = np.random.default_rng(seed + 1).standard_normal(drawn.shape).astype(np.float32)
    moved = drawn + 2 * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    return np.ascontiguousarray(moved / np.linalg.norm(moved, axis=1, keepdims=True))


def _cheapest(
    index: Any,
    facts: IndexFacts,
    queries: Vectors,
    exact: Positions,
    recall: float,
    lists: int,
    *,
    refined: bool,
) -> IndexFacts:
    """Return the cheapest pair of lists and candidates that reaches the recall, else the one that finds most.

    Lists are doubled, from an eighth of them, and candidates quadrupled; what costs more than the best so far is not
    tried. Fewer lists would do for the queries here and not for typed words, which lie between the clumps of items.
    """
    each = index.ntotal / lists
    best: IndexFacts | None = None
    most = replace(facts, recall=-1.0)
    least = math.inf
    first = math.ceil(lists * _FEWEST)
    for step in range(lists.bit_length() + 1):
        effort = min(first * 2**step, lists)
        for again in _AGAIN if refined else (0,):
            cost = effort * each + _READ * again
            if cost >= least:
                break
            tried = _measured(index, replace(facts, effort=effort, again=again), queries, exact)
            if tried.recall >= recall:
                best, least = tried, cost
                break
            most = max(most, tried, key=lambda one: one.recall)
        if effort == lists:
            break
    return best or most


def _measured(index: Any, facts: IndexFacts, queries: Vectors, exact: Positions) -> IndexFacts:
    k = exact.shape[1]
    found = index.search(queries, k, params=_parameters(facts, k))[1]
    hits = sum(len(np.intersect1d(a, b)) for a, b in zip(found, exact, strict=True))
    return replace(facts, recall=round(hits / exact.size, 4))


def _least_effort(
    index: Any, facts: IndexFacts, queries: Vectors, exact: Positions, recall: float, most: int = 1024
) -> IndexFacts:
    """Double the effort until the recall is reached or `most` is; return what was measured there."""
    effort = 16
    while True:
        tried = _measured(index, replace(facts, effort=min(effort, most)), queries, exact)
        if tried.recall >= recall or effort >= most:
            return tried
        effort *= 2
