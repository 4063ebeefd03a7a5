"""How the ranker grows with its catalogue: fit, scoring and memory at 1x, 2x and 4x the people of the movies.

    python -P bench/growth.py [--times 1 2 4]

More people are drawn from those there are, with replacement: each is a person of their own with four fifths of the
rows, drawn at random, of whom they were drawn from. `bot.fit` is fitted on all rows with the product's settings
(mining included; no deep part, no text vectors); then people are asked one by one for ten items. CPU seconds, one
thread; each size is a process of its own, so that the peak memory is its own. Writes docs/bench-growth.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

from bot import fit
from bot.settings import Settings
from db.assets import fetch
from mining import mine

DOC = Path(__file__).parent.parent / "docs" / "bench-growth.md"
ASKED = 200
KEPT = 0.8
"""Share of the rows of whom they were drawn from that a drawn person has."""


def movies(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read MovieLens 100K: ratings in file order, films with their genres."""
    rows = pd.read_csv(folder / "ml-100k.inter", sep="\t")
    rows.columns = pd.Index(["person", "item", "value", "at"])
    films = pd.read_csv(folder / "ml-100k.item", sep="\t")
    films.columns = pd.Index(["item", "title", "year", "category"])
    genres = films["category"].fillna("").str.replace(" ", "|")
    return (
        rows.assign(kind="rate", at=pd.to_datetime(rows["at"], unit="s", utc=True)),
        films[["item", "title"]].assign(category=genres),
    )


def grown(rows: pd.DataFrame, times: int, seed: int = 0) -> pd.DataFrame:
    """Return the rows of `times` as many people."""
    rng = np.random.default_rng(seed)
    people = rows["person"].unique()
    of = dict(iter(rows.groupby("person")))
    tables = [rows.assign(person=rows["person"].astype(str))]
    for number, person in enumerate(rng.choice(people, (times - 1) * len(people)).tolist()):
        part = of[person]
        tables.append(part[rng.random(len(part)) < KEPT].assign(person=f"drawn{number}"))
    return pd.concat(tables, ignore_index=True)


def measure(times: int) -> dict[str, float]:
    """Fit and ask at one size."""
    ratings, films = movies(fetch("movielens-100k", Settings().cache))
    rows = grown(ratings, times)
    fit(rows.head(2000), films)  # compiled code is there before the clock starts
    began = process_time()
    mine(rows, films)
    mined = process_time() - began
    began = process_time()
    ranker = fit(rows, films)
    fitted = process_time() - began
    asked = np.random.default_rng(0).choice(rows["person"].unique(), ASKED, replace=False)
    seconds = []
    for person in asked.tolist():
        began = process_time()
        ranker.recommend(person, 10)
        seconds.append(process_time() - began)
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {
        "times": times,
        "people": rows["person"].nunique(),
        "rows": len(rows),
        "mine": mined,
        "fit": fitted,
        "p50": float(p50),
        "p95": float(p95),
        "peak": peak,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", nargs="*", type=int, default=[1, 2, 4])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one)))
        return
    lines = [
        "| times | people | rows | one mining, CPU s | fit, CPU s | p50 ms | p95 ms | peak GB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    how = " ".join((__doc__ or "").split("\n\n")[2].split())
    for times in asked.times:
        told = subprocess.run(
            [sys.executable, "-P", __file__, "--one", str(times)], check=True, capture_output=True, text=True
        )
        one = json.loads(told.stdout.splitlines()[-1])
        lines.append(
            f"| {times} | {one['people']:,.0f} | {one['rows']:,.0f} | {one['mine']:.1f} | {one['fit']:.1f} "
            f"| {one['p50']:.2f} | {one['p95']:.2f} | {one['peak']:.1f} |"
        )
        print(lines[-1], flush=True)
        head = "# Growth of the ranker\n\nWritten by `python -P bench/growth.py`.\n\n"
        note = "\n\nA fit mines twice: on the rows before the validation window, and on all. Other work on the machine lengthens p95.\n"
        DOC.write_text(head + how + "\n\n" + "\n".join(lines) + note, encoding="utf-8")


if __name__ == "__main__":
    main()
