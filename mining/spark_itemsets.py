"""Frequent itemsets by MLlib's FP-growth, as the same `Itemsets` that the engine of this package returns.

Knows how MLlib is asked and its answer read. It refuses to know rules.
"""

from __future__ import annotations

from typing import Any

from mining.engine_trie import trie_of_sets
from mining.itemsets import Itemsets, _checked, _min_count


def frequent_itemsets(baskets: Any, min_support: float, max_len: int | None = None) -> Itemsets:
    """Return all itemsets held by at least the share `min_support` of the baskets, each with its exact count.

    MLlib grows sets of every length and knows no limit: `max_len` is applied to what it found, so that a low support
    costs as much as without. (Li, Wang, Zhang, Zhang and Chang 2008 is the algorithm: PFP.)

    Args:
        baskets: A Spark frame with a column `items`, an array of distinct values; what `spark_baskets.grouped` returns.
        min_support: A share in (0, 1].
        max_len: The most items in a set; None for no limit.

    Raises:
        ValueError: for a share outside (0, 1] or a `max_len` below 1.
    """
    from pyspark.ml.fpm import FPGrowth
    from pyspark.sql import functions

    n = baskets.count()
    least = _min_count(_checked(min_support, max_len, "auto")[0], n)
    share = (least - 0.5) / max(n, 1)  # half a basket below the count: no float error can move it
    found = (
        FPGrowth(itemsCol="items", minSupport=min(share, 1.0), minConfidence=1.0).fit(baskets).freqItemsets
    )
    if max_len is not None:
        found = found.filter(functions.size("items") <= max_len)
    rows = [(tuple(row["items"]), int(row["freq"])) for row in found.collect()]
    single = sorted((count, item) for (item, *more), count in rows if not more)
    rank = {item: position for position, (_, item) in enumerate(single)}
    sets = [tuple(sorted(rank[item] for item in items)) for items, _ in rows]
    trie = trie_of_sets(sets, [count for _, count in rows])
    return Itemsets(tuple(item for _, item in single), trie, n, least, max_len)
