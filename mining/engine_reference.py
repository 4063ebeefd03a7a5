"""Apriori and FP-growth of mlxtend over the same encoded baskets: the reference that the engine must equal.

The only file that imports mlxtend, and only when one of its algorithms is asked for. It knows ranks and counts; it
refuses to know labels and thresholds as shares.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mining.engine_encode import Coded
from mining.engine_trie import Trie, trie_of_sets


def mine_reference(
    coded: Coded, min_count: int, max_len: int | None, algorithm: Literal["apriori", "fpgrowth"]
) -> tuple[Trie, tuple[Hashable, ...]]:
    """All itemsets held by at least `min_count` baskets, found by mlxtend, and the label of each of their ranks.

    mlxtend compares shares, and FP-growth also `ceil(min_support * n)`, which float error lifts by one for some
    shares (0.07 of 100 rows asks for 8). A share half a row below the wanted count means that count to both.
    """
    from mlxtend.frequent_patterns import apriori, fpgrowth  # 0.6 s, and only the reference needs it

    matrix = _one_hot(coded)
    held = np.asarray(matrix.sum(axis=0)).ravel()
    codes = np.flatnonzero(held >= min_count).astype(np.int32)
    codes = codes[np.argsort(held[codes], kind="stable")]
    if not len(codes):
        return trie_of_sets([], []), ()
    n_rows = len(coded.sizes)
    frame = pd.DataFrame.sparse.from_spmatrix(matrix[:, codes])  # type: ignore[attr-defined]  # an accessor
    share = (min_count - 0.5) / n_rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if algorithm == "apriori":
            found = apriori(frame, min_support=share, max_len=max_len, low_memory=True)
        else:
            found = fpgrowth(frame, min_support=share, max_len=max_len)
    counts: NDArray[np.int64] = np.rint(found["support"].to_numpy() * n_rows).astype(np.int64)
    sets = [tuple(sorted(members)) for members in found["itemsets"]]
    return trie_of_sets(sets, counts.tolist()), tuple(coded.labels[code] for code in codes.tolist())


def _one_hot(coded: Coded) -> sparse.csr_matrix:
    """Baskets by codes, True where the basket holds the code."""
    rows = np.repeat(np.arange(len(coded.sizes)), coded.sizes)
    held = np.ones(len(rows), dtype=bool)
    return sparse.csr_matrix((held, (rows, coded.codes)), shape=(len(coded.sizes), len(coded.labels)))
