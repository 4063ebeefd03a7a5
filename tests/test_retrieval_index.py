"""The index against a plain matrix product, each kind of it, and files that were damaged."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval import ItemIndex, RetrievalConfig

KINDS = {
    "Flat": RetrievalConfig(),
    "IVF,RFlat": RetrievalConfig(exact_below=100),
    "IVF,Refine(SQ8)": RetrievalConfig(exact_below=100, memory_gb=2000 * 64 * 2 / 1e9),
    "IVF,Refine(SQ4)": RetrievalConfig(exact_below=100, memory_gb=2000 * 64 / 2 / 1e9, recall=0.8),
    "IVF,PQ32x4": RetrievalConfig(exact_below=100, memory_gb=2000 * 16 / 1e9, recall=0.4),
}


COARSE = {"IVF,Refine(SQ8)": 0.02, "IVF,Refine(SQ4)": 0.05, "IVF,PQ32x4": 0.4}
"""How far a number of a stored vector may be from what was given."""


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def clusters(n, dim=64, centres=40, seed=0):
    """Unit vectors in clumps, as texts of like items are."""
    rng = np.random.default_rng(seed)
    at = rng.standard_normal((centres, dim))
    return unit(at[rng.integers(centres, size=n)] + 0.5 * rng.standard_normal((n, dim)))


def nearest(vectors, query, k, allowed=None):
    """Sort all allowed items by their cosine, the slow way."""
    allowed = np.ones(len(vectors), dtype=bool) if allowed is None else allowed
    order = sorted(np.flatnonzero(allowed), key=lambda row: (-float(vectors[row] @ query), row))
    return [str(row) for row in order[:k]]


SLOW = {"IVF,PQ32x4": [pytest.mark.slow]}
"""FAISS takes seconds to train plain product codes, however few the vectors."""


@pytest.fixture(scope="module", params=[pytest.param(kind, marks=SLOW.get(kind, [])) for kind in KINDS])
def made(request):
    vectors = clusters(2000)
    index = ItemIndex.build([str(row) for row in range(2000)], vectors, KINDS[request.param])
    return request.param, vectors, index


def test_the_kind_is_the_one_that_size_and_memory_ask_for(made):
    kind, _, index = made
    built, _, storage = kind.partition(",")
    assert index.facts.kind.startswith(built)
    assert index.facts.kind.endswith(storage)
    assert index.facts.recall >= {"PQ32x4": 0.4, "Refine(SQ4)": 0.8}.get(storage, 0.95)
    assert (index.facts.again > 0) == (",R" in kind)


@pytest.mark.parametrize("share", [None, 0.5, 0.01])
def test_recall_holds_with_and_without_a_mask(made, share):
    kind, vectors, index = made
    rng = np.random.default_rng(1)
    allowed = None if share is None else rng.random(len(vectors)) < share
    queries = clusters(2100)[2000:]
    found, scores = index.search(queries, 10, allowed)
    hits = 0
    for query, ids, cosines in zip(queries, found, scores, strict=True):
        hits += len(set(ids) & set(nearest(vectors, query, 10, allowed)))
        assert all(np.diff(cosines) <= 1e-6)
        assert allowed is None or allowed[[int(item) for item in ids]].all()
    expected = {"Flat": 1.0, "IVF,RFlat": 0.9, "IVF,Refine(SQ8)": 0.85, "IVF,Refine(SQ4)": 0.7}.get(kind, 0.3)
    assert hits / (10 * len(queries)) >= expected


def test_stored_vectors_come_back(made):
    kind, vectors, index = made
    back = index.vectors(["5", "0", "5"])
    np.testing.assert_allclose(back, vectors[[5, 0, 5]], atol=COARSE.get(kind, 0.0))
    assert index.vectors([]).shape == (0, 64)
    with pytest.raises(KeyError, match="nobody"):
        index.vectors(["nobody"])


def test_save_and_load_answer_the_same(made, tmp_path):
    _, vectors, index = made
    index.save(tmp_path)
    again = ItemIndex.load(tmp_path)
    assert (again.ids, again.facts) == (index.ids, index.facts)
    for one, other in zip(index.nearest(vectors[:20], 5), again.nearest(vectors[:20], 5), strict=True):
        assert (one == other).all()
    assert (again.vectors(["7"]) == index.vectors(["7"])).all()


def test_a_graph_takes_over_where_lists_do_not_find_enough(monkeypatch):
    monkeypatch.setattr("retrieval.index._AGAIN", (10,))
    vectors = clusters(2000, centres=1)
    index = ItemIndex.build([str(row) for row in range(2000)], vectors, RetrievalConfig(exact_below=100))
    assert index.facts.kind == "HNSW32"
    assert index.facts.recall >= 0.95
    [found], _ = index.search(vectors[7], 10)
    assert len(set(found) & set(nearest(vectors, vectors[7], 10))) >= 8


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 8), k=st.integers(0, 10), chosen=st.lists(st.booleans(), min_size=8, max_size=8))
def test_small_indexes_are_exact_whatever_is_allowed(n, k, chosen):
    vectors, allowed = clusters(n, dim=4), np.array(chosen[:n])
    index = ItemIndex.build([str(row) for row in range(n)], vectors)
    query = clusters(9, dim=4, seed=1)[8]
    found, scores = index.search(query, k, allowed)
    assert found[0] == nearest(vectors, query, k, allowed)
    assert len(scores[0]) == len(found[0]) == min(k, int(allowed.sum()))


def test_nothing_indexed_finds_nothing(tmp_path):
    index = ItemIndex.build([], np.empty((0, 4), dtype=np.float32))
    assert index.search(clusters(1, dim=4), 5)[0] == [[]]
    index.save(tmp_path)
    assert len(ItemIndex.load(tmp_path)) == 0


@pytest.mark.parametrize(
    ("ids", "vectors", "says"),
    [
        (["a"], np.eye(2), "1 ids need as many vectors"),
        (["a", "a"], np.eye(2), "stands twice"),
        (["a", "b"], 2 * np.eye(2), "vector of 'a' has length 2, not 1"),
        (["a", "b"], np.array([[1, 0], [np.nan, 0]]), "vector of 'b' has length nan"),
    ],
)
def test_vectors_that_cannot_be_indexed(ids, vectors, says):
    with pytest.raises(ValueError, match=says):
        ItemIndex.build(ids, vectors.astype(np.float32))


def test_queries_and_masks_of_the_wrong_shape():
    index = ItemIndex.build(["a", "b"], np.eye(2, dtype=np.float32))
    with pytest.raises(ValueError, match="vectors of 2 numbers, not 3"):
        index.nearest(np.ones((1, 3), dtype=np.float32), 1)
    with pytest.raises(ValueError, match="one entry for each of 2 items"):
        index.nearest(np.ones((1, 2), dtype=np.float32), 1, np.ones(3, dtype=bool))


def test_damaged_files_are_named(tmp_path):
    ItemIndex.build(["a", "b"], np.eye(2, dtype=np.float32)).save(tmp_path)
    body = tmp_path / "index.faiss"
    whole = body.read_bytes()
    body.write_bytes(whole[:-5])
    with pytest.raises(ValueError, match=r"'index\.faiss' in .* is damaged"):
        ItemIndex.load(tmp_path)
    body.write_bytes(whole)
    head = tmp_path / "index.json"
    head.write_text(head.read_text().replace('["a", "b"]', '["a"]'))
    with pytest.raises(ValueError, match=r"holds 2 vectors of 2 numbers where 'index\.json' says 1 of 2"):
        ItemIndex.load(tmp_path)


def test_without_faiss_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match=r"almanac-recommender\[cpu\].*\[gpu\]"):
        ItemIndex.build(["a"], np.ones((1, 1), dtype=np.float32))


def test_importing_the_package_loads_nothing_heavy():
    heavy = "{'faiss', 'torch', 'transformers', 'sentence_transformers', 'bm25s', 'numba', 'pandas'}"
    code = f"import sys, retrieval; print(sorted({heavy} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"
