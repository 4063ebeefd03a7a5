"""Growing boosted trees for ranked lists: the only file that imports LightGBM, and only when something is fitted.

Knows features, labels and questions as arrays. It refuses to know what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.profile import Floats, Ints
from retrieval.trees import Trees


def grow(
    features: Floats,
    right: NDArray[np.bool_],
    question: Ints,
    *,
    top: int,
    rounds: int,
    leaves: int,
    depth: int,
    rate: float,
    least: int,
    ridge: float,
    seed: int = 0,
    threads: int = 1,
) -> Trees:
    """Fit LambdaMART: trees whose gradients are what a swap of two items would change in the NDCG of their question.

    Burges, From RankNet to LambdaRank to LambdaMART, Microsoft Research 2010; trees by LightGBM (Ke et al., NeurIPS
    2017).

    Args:
        features: rows x columns, without NaN.
        right: which rows were right.
        question: the question of each row, ascending.
        top: ranks that count: only pairs with one item above this rank are learned from.
        rounds: how many trees.
        leaves: at most so many leaves a tree.
        depth: at most so many comparisons to a leaf.
        rate: what each tree's leaves are shrunk by.
        least: rows that a leaf holds at least.
        ridge: L2 penalty on leaves.
        seed: of the columns that are drawn for each tree.
        threads: threads of LightGBM.

    Raises:
        RuntimeError: LightGBM finds no OpenMP library on this machine.
        ValueError: the questions are not ascending.
    """
    if (np.diff(question) < 0).any():
        raise ValueError("the rows must be sorted by question")
    library = lightgbm()
    settings = {
        "objective": "lambdarank",
        "lambdarank_truncation_level": top,
        "num_leaves": leaves,
        "max_depth": depth,
        "learning_rate": rate,
        "min_data_in_leaf": least,
        "lambda_l2": ridge,
        "feature_fraction": 0.6,
        "max_bin": 63,
        "num_threads": threads,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    sizes = np.unique(question, return_counts=True)[1]
    data = library.Dataset(features, label=right.astype(np.float32), group=sizes, params=settings)
    return _of_model(library.train(settings, data, rounds).dump_model(), depth)


def lightgbm() -> Any:
    """Import LightGBM, which needs the system's OpenMP library.

    Raises:
        RuntimeError: there is no such library on this machine.
    """
    try:
        return import_module("lightgbm")
    except OSError as missing:
        raise RuntimeError(
            f"LightGBM cannot start ({missing}): install the OpenMP library "
            "(Debian and Ubuntu: apt-get install libgomp1; macOS: brew install libomp)"
        ) from missing


def _of_model(model: Mapping[str, Any], depth: int) -> Trees:
    """Lay the trees of LightGBM's own description out as complete trees."""
    inner = 2**depth - 1
    grown = model["tree_info"]
    feature = np.zeros((len(grown), inner), np.int64)
    threshold = np.full((len(grown), inner), np.inf)
    leaf = np.zeros((len(grown), inner + 1))
    for number, tree in enumerate(grown):
        waiting = [(tree["tree_structure"], 0)]
        while waiting:
            node, at = waiting.pop()
            if "split_feature" not in node:
                while at < inner:
                    at = 2 * at + 1
                leaf[number, at - inner] = node["leaf_value"]
                continue
            feature[number, at] = node["split_feature"]
            threshold[number, at] = node["threshold"]
            waiting += [(node["left_child"], 2 * at + 1), (node["right_child"], 2 * at + 2)]
    return Trees(feature, threshold, leaf)
