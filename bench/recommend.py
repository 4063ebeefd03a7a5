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
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import pandas as pd

from bot import fit
from bot.settings import Settings
from db.assets import fetch
from retrieval.ablation import parts_of, silenced
from retrieval.baselines import simple_methods
from retrieval.evaluate import Estimate, Report, report
from retrieval.protocols import Task, tasks_of

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


def shown(value: Estimate) -> str:
    return f"{value.mean:.4f} ± {value.error:.4f}"


def row(name: str, told: Report, seconds: str = "") -> str:
    """One ranker as a line of the table."""
    means = [f"{told.metrics[m].mean:.4f}" for m in ("hit@10", "mrr@10", "recall@10", "ndcg@20", "recall@20")]
    return f"| {name} | " + " | ".join([shown(told.metrics["ndcg@10"]), *means, seconds]) + " |"


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
    without = {part: silenced(ranker, part) for part in parts_of(ranker)}
    for task in tasks:
        told = report(ranker, task, without=without)
        out += [
            f"## {task.name}",
            "",
            f"{told.people:,} people asked, {told.left_out:,} without a history; {spent}.",
            "",
            HEAD,
        ]
        out += [row(name, report(method, task)) for name, method in simple_methods(task)]
        out += [row("Almanac", told, f"{told.seconds * 1000:.1f} ms a person"), ""]
        out += [
            f"Coverage {told.lists['coverage']:.3f}, novelty {told.lists['novelty']:.2f} bits, "
            f"diversity {told.lists['diversity']:.3f}, popularity bias {told.lists['popularity_bias']:.2f}.",
            "",
            "| part silenced | NDCG@10 lost | standard errors |",
            "|---|---|---|",
        ]
        for part, lost in told.without.items():
            errors = lost.mean / lost.error if lost.error else 0.0
            out.append(f"| {part} | {lost.mean:+.4f} | {errors:+.1f} |")
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
        sections += [
            measure(tasks_of(name, data.interactions, validation=chosen.validation), data)
            for name in sorted({"P1", "P2"} & set(chosen.only))
        ]
    if "P3" in chosen.only:
        data = groceries(fetch("complete-journey", Settings().cache))
        sections.append(measure(tasks_of("P3", data.interactions, validation=chosen.validation), data))
    text = "# Ranking, measured\n\nWritten by `python -P bench/recommend.py`; full catalogues, no sampled negatives.\n\n"
    text += "\n\n".join(sections)
    print(text)
    if not chosen.validation and len(chosen.only) == 3:
        DOC.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
