"""What the deep model is worth: alone, and as one more part of the blend, with paired standard errors.

    python -P bench/deep.py                          validation windows of P1 and P2, and the text encoder
    python -P bench/deep.py --only P1 --test         one protocol, its test window
    python -P bench/deep.py --only text              the text encoder taught from behaviour, on items kept new

The ranker is fitted twice on the same rows with the settings of the product and the same text vectors, once with the
deep part. Within each fit the blend is learned on held-out rows that no part has seen, the deep one included. Each run
replaces its own sections of docs/bench-deep.md and leaves the others.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bot import fit
from bot.settings import Settings
from db.assets import fetch
from retrieval.blend import Blend
from retrieval.encode import SentenceEncoder
from retrieval.evaluate import estimate, paired, per_person, run
from retrieval.neural.config import DeepConfig
from retrieval.neural.text import PAIRS, TaughtEncoder, pairs_of
from retrieval.profile import Ids, Log, make_log
from retrieval.protocols import Task, leave_last_out, time_split
from retrieval.rankconfig import RankConfig
from retrieval.search import dense_texts


def _beside(name: str) -> Any:
    """Import another script of this folder: it is no package, and -P keeps it off the path."""
    spec = importlib.util.spec_from_file_location(f"bench_{name}", Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(f"bench/{name}.py is missing")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_recommend = _beside("recommend")
movies, shown = _recommend.movies, _recommend.shown

DOC = Path(__file__).parent.parent / "docs" / "bench-deep.md"
TITLE = "# The deep part, measured\n\nWritten by `python -P bench/deep.py`; full catalogues, no sampled negatives. CPU seconds are of one thread."
CUTS = {"P1": leave_last_out, "P2": time_split}
Vectors = NDArray[np.float32]


def alone(ranker: Any, name: str) -> Any:
    """Return the fitted ranker with one scorer as its only part."""
    other = type(ranker)(ranker.config)
    one = Blend((name,), np.ones(1), np.ones(1, bool))
    other.adopt(replace(ranker.fitted, blends=dict.fromkeys(ranker.fitted.blends, one)))
    return other


def weights(ranker: Any) -> str:
    """Say what the deep part weighs beside the heaviest part, blend by blend."""
    told = []
    for key, blend in ranker.fitted.blends.items():
        mine = dict(zip(blend.names, blend.weights, strict=True)).get("deep", 0.0)
        told.append(f"{key} {mine:.2f} (largest {blend.weights.max():.2f})")
    return ", ".join(told)


def row(name: str, lists: pd.DataFrame, task: Task, against: pd.Series | None = None) -> str:
    """Return one row of the table, with the paired difference in NDCG@10 to another ranker."""
    ten = per_person(lists, task.truth, k=10)
    cells = [shown(estimate(ten["ndcg"])), *(f"{ten[m].mean():.4f}" for m in ("hit", "mrr", "recall"))]
    gained = "" if against is None else shown(paired(ten["ndcg"], against))
    return f"| {name} | " + " | ".join([*cells, gained]) + " |"


def measure(task: Task, data: Any, vectors: Vectors, deep: DeepConfig) -> str:
    """Fit with and without the deep part and compare."""
    kept = data.items["item"].isin(task.train["item"].unique()).to_numpy()
    items, told = data.items[kept], vectors[kept]
    spent, wall, rankers = [], [], []
    for config in (RankConfig(), RankConfig(deep=deep)):
        cpu, began = process_time(), perf_counter()
        rankers.append(fit(task.train, items, data.people, ranking=config, vectors=told))
        spent.append(process_time() - cpu)
        wall.append(perf_counter() - began)
    without, both = (run(ranker, task) for ranker in rankers)
    base = per_person(without, task.truth)["ndcg"]
    lines = [
        f"## {task.name}",
        "",
        f"{len(task.people):,} people asked; fit without the deep part {spent[0]:.0f} s CPU, with it {spent[1]:.0f} s "
        f"({wall[1]:.0f} s on the wall): two trainings, one for the blend's questions and one on all rows. "
        f"Weight of the deep part: {weights(rankers[1])}.",
        "",
        "| ranker | NDCG@10 | HR@10 | MRR@10 | recall@10 | NDCG@10 gained over the blend without |",
        "|---|---|---|---|---|---|",
        row("deep alone", run(alone(rankers[1], "deep"), task), task, base),
        row("blend without it", without, task),
        row("blend with it", both, task, base),
    ]
    return "\n".join(lines)


def new_items(data: Any, folder: Path, plain: Vectors, *, seed: int = 0) -> str:
    """Teach the encoder without a fifth of the items, and rank those for people by text alone.

    Only rows before the last fifth of the log's time are used, so no test window is touched. A person's wish is the
    mean vector of the items that they took and that were not kept new; right are the new ones that they took.
    """
    rows = data.interactions.sort_values("at", kind="stable").iloc[: int(len(data.interactions) * 0.8)]
    ids, people = Ids.of(data.items["item"]), Ids.of(rows["person"])
    log, _ = make_log(rows, people, ids, Ids.of(None))
    rng = np.random.default_rng(seed)
    new = np.zeros(len(ids), bool)
    new[rng.choice(len(ids), len(ids) // 5, replace=False)] = True
    at = ids.positions(data.items["item"])
    texts = np.empty(len(ids), dtype=object)
    texts[at] = dense_texts(data.items)
    before = np.empty_like(plain)
    before[at] = plain
    encoder = TaughtEncoder(folder)
    cpu = process_time()
    pairs = pairs_of(log.keep(~new[log.item]), PAIRS, rng)
    encoder.teach(texts.tolist(), pairs, seed=seed)
    spent = process_time() - cpu
    after = encoder.encode(texts.tolist())
    found = {"as it came": before, "taught": after}
    gains = {name: _gains(log, new, vectors) for name, vectors in found.items()}
    plain_gain = gains["as it came"]
    lines = [
        "## New items by text alone (validation)",
        "",
        f"{int(new.sum()):,} of {len(ids):,} films were kept from the encoder (seed {seed}) and ranked for "
        f"{len(plain_gain):,} people who took some of them, from the films that they took beside; {len(pairs):,} pairs, "
        f"{spent:.0f} s CPU.",
        "",
        "| text encoder | NDCG@10 among the new | gained |",
        "|---|---|---|",
    ]
    for name, gain in gains.items():
        gained = "" if gain is plain_gain else shown(paired(gain, plain_gain))
        lines.append(f"| {name} | {shown(estimate(gain))} | {gained} |")
    return "\n".join(lines)


def _gains(log: Log, new: NDArray[np.bool_], vectors: Vectors) -> pd.Series:
    """Return NDCG@10 of the new items for everyone who took some of them and something else."""
    out = {}
    discount = 1.0 / np.log2(np.arange(2, 12))
    names = np.flatnonzero(new)
    for person in range(log.n_people):
        mine = np.unique(log.item[log.rows_of(person)])
        right, others = mine[new[mine]], mine[~new[mine]]
        if len(right) and len(others):
            top = names[np.argsort(-(vectors[names] @ vectors[others].mean(axis=0)), kind="stable")[:10]]
            out[person] = (np.isin(top, right) * discount).sum() / discount[: len(right)].sum()
    return pd.Series(out)


def put(section: str) -> None:
    """Replace the section of that heading in the document, or add it."""
    heading = section.split("\n", 1)[0]
    text = DOC.read_text(encoding="utf-8") if DOC.exists() else TITLE
    parts = re.split(r"\n\n(?=## )", text.strip())
    found = [section if part.split("\n", 1)[0] == heading else part for part in parts]
    if section not in found:
        found.append(section)
    DOC.write_text("\n\n".join(found) + "\n", encoding="utf-8")
    print(section, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=["P1", "P2", "text"], choices=["P1", "P2", "text"])
    parser.add_argument("--test", action="store_true", help="the test windows, once all choices are made")
    parser.add_argument("--model", default="sequence", choices=["sequence", "simple"])
    chosen = parser.parse_args(arguments)
    cache = Settings().cache
    data = movies(fetch("movielens-100k", cache))
    folder = fetch("all-minilm-l6-v2", cache)
    encoder = SentenceEncoder(folder, threads=1)
    vectors = encoder.encode(dense_texts(data.items))
    deep = DeepConfig(on=True, model=chosen.model)
    for name, cut in CUTS.items():
        if name in chosen.only:
            put(measure(cut(data.interactions, validation=not chosen.test), data, vectors, deep))
    if "text" in chosen.only:
        put(new_items(data, folder, vectors))


if __name__ == "__main__":
    main()
