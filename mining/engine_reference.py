"""Apriori and FP-growth of mlxtend over the same encoded baskets: the reference that the engine must equal.

The only file that imports mlxtend, and only when one of its algorithms is asked for. It knows ranks and counts; it
refuses to know labels and thresholds as shares.
"""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mining.engine_encode import Ranked
from mining.engine_trie import Trie, trie_of_sets


def mine_reference(
    ranked: Ranked, min_count: int, max_len: int | None, algorithm: Literal["apriori", "fpgrowth"]
) -> Trie:
    """All sets of ranks held by at least `min_count` rows, found by mlxtend.

    mlxtend compares shares, and FP-growth also `ceil(min_support * n)`, which float error lifts by one for some
    shares (0.07 of 100 rows asks for 8). A share half a row below the wanted count means that count to both.
    """
    from mlxtend.frequent_patterns import apriori, fpgrowth  # 0.6 s, and only the reference needs it

    if not len(ranked.counts):
        return trie_of_sets([], [])
    n_rows = ranked.n_rows
    frame = pd.DataFrame.sparse.from_spmatrix(_one_hot(ranked))  # type: ignore[attr-defined]  # an accessor
    share = (min_count - 0.5) / n_rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if algorithm == "apriori":
            found = apriori(frame, min_support=share, max_len=max_len, low_memory=True)
        else:
            found = fpgrowth(frame, min_support=share, max_len=max_len)
    counts: NDArray[np.int64] = np.rint(found["support"].to_numpy() * n_rows).astype(np.int64)
    return trie_of_sets([tuple(sorted(members)) for members in found["itemsets"]], counts.tolist())


def _one_hot(ranked: Ranked) -> sparse.csr_matrix:
    """Rows by ranks, True where the row holds the rank; rows that hold none are left in, they count."""
    columns = np.repeat(np.arange(len(ranked.counts)), ranked.counts)
    held = np.ones(len(columns), dtype=bool)
    return sparse.csr_matrix((held, (ranked.rows, columns)), shape=(ranked.n_rows, len(ranked.counts)))
