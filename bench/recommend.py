"""How well and how fast the ranker ranks: protocols P1, P2 and P3, with errors, ablation and times.

    python -P bench/recommend.py                  movies and groceries, test windows (-P: bench/mining.py is no package)
    python -P bench/recommend.py --only P1 P2        some protocols
    python -P bench/recommend.py --validation        the validation windows: the ones to look at while changing code

Each protocol fits `bot.fit`, the product's own ranker, on its training rows with the settings of the product; beside
it stand simple methods written here in a few lines, so that a win means something. The ablation asks the fitted
ranker again with one part silenced and gives the paired difference. The table goes to the screen and to
docs/bench-recommend.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd

from bot import fit
from bot.settings import Settings
from db.assets import fetch
from retrieval.evaluate import (
    Estimate,
    coverage,
    diversity,
    estimate,
    novelty,
    paired,
    per_person,
    popularity_bias,
    run,
)
from retrieval.protocols import Task, leave_last_out, purchases, time_split

DOC = Path(__file__).parent.parent / "docs" / "bench-recommend.md"


@dataclass(frozen=True)
class Data:
    """The frames of one catalogue."""

    interactions: pd.DataFrame
    items: pd.DataFrame
    people: pd.DataFrame


def movies(folder: Path) -> Data:
    """Read MovieLens 100K in file order."""
    names = {
        "user_id:token": "person",
        "item_id:token": "item",
        "rating:float": "value",
        "timestamp:float": "at",
    }
    rows = pd.read_csv(folder / "ml-100k.inter", sep="\t").rename(columns=names)
    rows = rows.assign(kind="rate", at=pd.to_datetime(rows["at"], unit="s", utc=True))
    items = pd.read_csv(folder / "ml-100k.item", sep="\t")
    items.columns = ["item", "title", "year", "category"]
    items = items.assign(
        category=items["category"].fillna("").str.replace(" ", "|"),
        year=pd.to_numeric(items["year"], errors="coerce"),
    )
    people = pd.read_csv(folder / "ml-100k.user", sep="\t")
    people.columns = ["person", "age", "gender", "occupation", "zip"]
    return Data(rows, items, people.drop(columns="zip"))


def groceries(folder: Path) -> Data:
    """Read the purchases of Complete Journey at the level of products; its naive times are UTC."""
    names = {
        "household_id": "person",
        "product_id": "item",
        "store_id": "place",
        "basket_id": "basket",
        "quantity": "value",
        "transaction_timestamp": "at",
    }
    rows = pd.read_parquet(folder / "transactions.parquet", columns=list(names)).rename(columns=names)
    rows = rows[rows["value"] > 0].reset_index(drop=True)
    rows = rows.assign(kind="buy", at=rows["at"].dt.tz_localize("UTC"))
    items = pd.read_parquet(folder / "products.parquet")
    kind = items["product_category"].fillna("") + "/" + items["product_type"].fillna("")
    people = pd.read_parquet(folder / "demographics.parquet").rename(columns={"household_id": "person"})
    return Data(rows, pd.DataFrame({"item": items["product_id"], "category": kind}), people)


class Listed:
    """Ranks by one score for each person: the simple methods that stand beside the product's ranker."""

    def __init__(self, train: pd.DataFrame, score: Callable[[Any], pd.Series]) -> None:
        self.seen = train.groupby("person")["item"].agg(set)
        self.score = score

    def recommend(
        self, people: Any, k: int = 10, at: Any = None, place: Any = None, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Return each person's best items by the one score."""
        del at, place
        tables = []
        for person in people:
            scores = self.score(person)
            if exclude_seen:
                scores = scores.drop(labels=list(self.seen.get(person, ())), errors="ignore")
            best = scores.nlargest(k)
            tables.append(
                pd.DataFrame(
                    {
                        "person": person,
                        "item": best.index,
                        "score": best.to_numpy(),
                        "rank": np.arange(len(best)) + 1,
                    }
                )
            )
        return pd.concat(tables, ignore_index=True)


def simple_methods(task: Task) -> Iterator[tuple[str, Listed]]:
    """Popularity, and each person's own frequency fading over 90 days."""
    train = task.train
    popular = train.drop_duplicates(["person", "item"]).groupby("item").size().sort_values(ascending=False)
    yield "popularity", Listed(train, lambda _: popular)
    if not task.exclude_seen:
        age = (train["at"].max() - train["at"]).dt.total_seconds() / 86_400
        faded = np.exp(-age / 90).groupby([train["person"], train["item"]]).sum()
        yield "own frequency, 90 days", Listed(train, lambda person: faded.loc[person])


def silenced(ranker: Any, part: str) -> Any:
    """Return the fitted ranker without one part: its weight is 0, the others stay as they are."""
    other = type(ranker)(ranker.config)
    blends = {
        key: replace(
            blend,
            weights=np.where(
                [ranker.fitted.scorers[name].name == part for name in blend.names], 0.0, blend.weights
            ),
        )
        for key, blend in ranker.fitted.blends.items()
    }
    other.adopt(replace(ranker.fitted, blends=blends))
    return other


def parts_of(ranker: Any) -> list[str]:
    """Every part that some blend uses."""
    used = {name for blend in ranker.fitted.blends.values() for name in blend.names}
    return sorted({ranker.fitted.scorers[name].name for name in used})


def shown(value: Estimate) -> str:
    return f"{value.mean:.4f} ± {value.error:.4f}"


def row(name: str, lists: pd.DataFrame, task: Task, seconds: str = "") -> str:
    ten, twenty = per_person(lists, task.truth, k=10), per_person(lists, task.truth, k=20)
    cells = [shown(estimate(ten["ndcg"])), *(f"{ten[m].mean():.4f}" for m in ("hit", "mrr", "recall"))]
    cells += [f"{twenty['ndcg'].mean():.4f}", f"{twenty['recall'].mean():.4f}", seconds]
    return f"| {name} | " + " | ".join(cells) + " |"


HEAD = """| ranker | NDCG@10 | HR@10 | MRR@10 | recall@10 | NDCG@20 | recall@20 | CPU |
|---|---|---|---|---|---|---|---|"""


def measure(tasks: list[Task], data: Data) -> str:
    """Fit once for tasks with one training part, and write their section."""
    train = tasks[0].train
    items = data.items[data.items["item"].isin(train["item"].unique())]
    start, wall = process_time(), perf_counter()
    ranker = fit(train, items, data.people)
    spent = f"fit {process_time() - start:.0f} s CPU, {perf_counter() - wall:.0f} s on the wall"
    out = []
    for task in tasks:
        start = process_time()
        lists = run(ranker, task)
        each = (process_time() - start) / len(task.people) * 1000
        out += [
            f"## {task.name}",
            "",
            f"{len(task.people):,} people asked, {task.left_out:,} without a history; {spent}.",
            "",
            HEAD,
        ]
        out += [row(name, run(method, task), task) for name, method in simple_methods(task)]
        out += [row("Almanac", lists, task, f"{each:.1f} ms a person"), ""]
        out += [
            f"Coverage {coverage(lists, train['item'].nunique()):.3f}, novelty {novelty(lists, train):.2f} bits, "
            f"diversity {diversity(lists, train):.3f}, popularity bias {popularity_bias(lists, train):.2f}.",
            "",
            "| part silenced | NDCG@10 lost | standard errors |",
            "|---|---|---|",
        ]
        whole = per_person(lists, task.truth)["ndcg"]
        for part in parts_of(ranker):
            lost = paired(whole, per_person(run(silenced(ranker, part), task), task.truth)["ndcg"])
            out.append(
                f"| {part} | {lost.mean:+.4f} | {lost.mean / lost.error if lost.error else 0.0:+.1f} |"
            )
        out.append("")
    return "\n".join(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=["P1", "P2", "P3"], choices=["P1", "P2", "P3"])
    parser.add_argument("--validation", action="store_true", help="look at the validation windows")
    chosen = parser.parse_args()
    sections = []
    if {"P1", "P2"} & set(chosen.only):
        data = movies(fetch("movielens-100k", Settings().cache))
        for name, cut in (("P1", leave_last_out), ("P2", time_split)):
            if name in chosen.only:
                sections.append(measure([cut(data.interactions, validation=chosen.validation)], data))
    if "P3" in chosen.only:
        data = groceries(fetch("complete-journey", Settings().cache))
        sections.append(
            measure(list(purchases(data.interactions, validation=chosen.validation).values()), data)
        )
    text = "# Ranking, measured\n\nWritten by `python -P bench/recommend.py`; full catalogues, no sampled negatives.\n\n"
    text += "\n\n".join(sections)
    print(text)
    if not chosen.validation and len(chosen.only) == 3:
        DOC.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
