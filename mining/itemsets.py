"""Frequent itemsets: which items are found together in at least a given share of the baskets.

The public story of the package's first half: baskets in, `Itemsets` out, complete and exact. Knows labels, shares
and the choice of algorithm; refuses to know bits (`engine`), Python encodings (`engine_encode`) and rules
(`association`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mining.engine import mine
from mining.engine_encode import Coded, encode
from mining.engine_rank import rank
from mining.engine_trie import Trie

Algorithm = Literal["auto", "eclat", "apriori", "fpgrowth"]
Kind = Literal["all", "closed", "maximal"]

_CHUNK = 1 << 16
"""Itemsets turned into labels at a time."""


@dataclass(frozen=True, eq=False)
class Itemsets:
    """Every itemset that enough baskets hold, with its count; 12 bytes each until labels are asked for."""

    labels: tuple[Hashable, ...]
    """The frequent items, rarest first; ranks in `trie` are positions here."""
    trie: Trie
    """All frequent itemsets, of every kind: rules need the counts of the sets that are not shown."""
    n_baskets: int
    min_count: int
    """Baskets that an itemset needed."""
    max_len: int | None = None
    kind: Kind = "all"
    shown: NDArray[np.int32] | None = None
    """Positions in the trie of the closed or maximal sets; None shows all."""

    def __len__(self) -> int:
        return len(self.trie) if self.shown is None else len(self.shown)

    def __iter__(self) -> Iterator[tuple[frozenset[Hashable], int]]:
        nodes = self.nodes()
        for begin in range(0, len(nodes), _CHUNK):
            chunk = nodes[begin : begin + _CHUNK]
            yield from zip(self.sets(chunk), self.trie.counts[chunk].tolist(), strict=True)

    def nodes(self) -> NDArray[np.int32]:
        """Positions in the trie of the itemsets that are shown."""
        return np.arange(len(self.trie), dtype=np.int32) if self.shown is None else self.shown

    def sets(self, nodes: NDArray[np.int32]) -> list[frozenset[Hashable]]:
        """The itemsets at some positions of the trie, as labels."""
        indptr, ranks = self.trie.members(nodes)
        names = [self.labels[rank] for rank in ranks.tolist()]
        ends = indptr.tolist()
        return [frozenset(names[begin:end]) for begin, end in pairwise(ends)]

    def to_frame(self) -> pd.DataFrame:
        """Columns `itemsets` (frozensets of labels), `count` and `support`, most frequent first."""
        nodes = self.nodes()
        nodes = nodes[np.argsort(-self.trie.counts[nodes], kind="stable")]
        sets = np.empty(len(nodes), dtype=object)
        sets[:] = self.sets(nodes)
        count = self.trie.counts[nodes].astype(np.int64)
        return pd.DataFrame({"itemsets": sets, "count": count, "support": count / max(self.n_baskets, 1)})


def frequent_itemsets(
    baskets: Any,
    min_support: float,
    max_len: int | None = None,
    *,
    labels: Sequence[Hashable] | None = None,
    algorithm: Algorithm = "auto",
    closed: bool = False,
    maximal: bool = False,
) -> Itemsets:
    """All itemsets held by at least the share `min_support` of the baskets, each with its exact count.

    Args:
        baskets: A list of item lists (labels of any hashable kind; a repeat within a basket counts once; an empty
            basket counts as a basket), a `scipy.sparse` matrix of baskets x items whose non-zeros are the items
            held, or a one-hot frame.
        min_support: A share in (0, 1]. A set is frequent when `count / len(baskets) >= min_support`.
        max_len: The most items in a set; None for no limit.
        labels: The names of a matrix's columns; their numbers if left out.
        algorithm: "auto" and "eclat" are the engine of this package; "apriori" and "fpgrowth" are mlxtend's and
            give the same sets and counts, slowly.
        closed: Show only sets without a superset of the same count.
        maximal: Show only sets without a frequent superset. Supersets of any length count, past `max_len` too.

    Raises:
        ValueError: for a share outside (0, 1], a `max_len` below 1, an unknown algorithm, labels that do not fit.
    """
    share, limit = _checked(min_support, max_len, algorithm)
    if closed and maximal:
        raise ValueError(
            "closed and maximal are two answers: every maximal set is closed, ask for one of them"
        )
    coded = [encode(baskets, labels)]
    n_baskets = len(coded[0].sizes)
    min_count = _min_count(share, n_baskets)
    depth = limit + 1 if limit is not None and (closed or maximal) else limit
    trie, names = _mine(coded, min_count, depth, algorithm)
    if not (closed or maximal):
        return Itemsets(names, trie, n_baskets, min_count, limit)
    alone = trie.closed() if closed else trie.maximal()
    if limit is not None:
        alone &= trie.lengths() <= limit
    shown = np.flatnonzero(alone).astype(np.int32)
    return Itemsets(names, trie, n_baskets, min_count, limit, "closed" if closed else "maximal", shown)


def _mine(
    coded: list[Coded], min_count: int, max_len: int | None, algorithm: Algorithm
) -> tuple[Trie, tuple[Hashable, ...]]:
    """The itemsets and the label of each of their ranks. Takes the baskets out of their list, to let them go early."""
    if algorithm == "apriori" or algorithm == "fpgrowth":
        from mining.engine_reference import mine_reference  # mlxtend, which only the reference needs

        return mine_reference(coded.pop(), min_count, max_len, algorithm)
    ranked = rank(coded, min_count)
    return mine(ranked, min_count, max_len), ranked.labels


def _checked(min_support: float, max_len: int | None, algorithm: str) -> tuple[float, int | None]:
    if not 0 < min_support <= 1:
        raise ValueError(
            f"min_support is a share of the baskets, above 0 and at most 1, got {min_support!r}: "
            "0.01 asks for one basket in a hundred; for a count c pass c / len(baskets)"
        )
    if max_len is not None and max_len < 1:
        raise ValueError(
            f"max_len is the most items in a set: 1 or more, or None for no limit, got {max_len!r}"
        )
    if algorithm not in get_args(Algorithm):
        raise ValueError(f"algorithm must be one of {', '.join(get_args(Algorithm))}, got {algorithm!r}")
    return float(min_support), max_len


def _min_count(share: float, n: int) -> int:
    """The smallest count c >= 1 with `c / n >= share`, which float error in `share * n` cannot move."""
    count = max(ceil(share * n), 1)
    while count > 1 and (count - 1) / n >= share:
        count -= 1
    while n and count / n < share:
        count += 1
    return count
