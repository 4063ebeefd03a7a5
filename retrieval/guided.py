"""Rule-guided collaborative filtering: item neighbours that mined rules re-weigh.

Knows neighbours and rules of one item without context. It refuses to know how either was found.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from retrieval.rules import RuleScorer
from retrieval.scorer import Linear


def guided(similar: Linear, rules: RuleScorer) -> Linear | None:
    """Return the neighbours re-weighted by rules: s'(j, i) = s(j, i) * (1 + strength(j -> i) / mean strength).

    A neighbour that no rule confirms keeps its similarity, one that a rule of mean strength (confidence * ln lift)
    confirms counts twice. None where no rule of one item fires without context.
    """
    single = np.flatnonzero(
        (np.diff(rules.antecedents.indptr) == 1) & np.array([not words for words in rules.contexts])
    )
    left = rules.antecedents.indices[rules.antecedents.indptr[single]]
    row, column = similar.rows[left], similar.rows[rules.consequent[single]]
    kept = (row >= 0) & (column >= 0)
    if not kept.any():
        return None
    strength = rules.strength[single][kept]
    size = len(similar.covered)
    weight = sp.coo_array((strength / strength.mean(), (row[kept], column[kept])), shape=(size, size)).tocsr()
    if isinstance(similar.matrix, np.ndarray):
        matrix = np.asarray(similar.matrix * (1.0 + weight.toarray()), dtype=np.float32)
        return replace(similar, name="guided", matrix=matrix)
    confirmed = similar.matrix.multiply(weight)
    return replace(similar, name="guided", matrix=sp.csr_array(similar.matrix + confirmed).astype(np.float32))
