"""Itemsets and rules against the libraries that a Python user can install: time, memory, growth.

    python bench/mining.py                 every case; about half an hour on one core
    python bench/mining.py --quick         one support a level: a few minutes
    python bench/mining.py --data FOLDER   the Complete Journey files, where they lie already

Every measurement is a process of its own on one thread, over the same lists of labels; the peers live in a virtual
environment apart from the project's. What is compared must be equal: the number of sets (rules) and a checksum over
their items and counts. The table goes to the screen and to docs/bench-mining.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any
from zlib import crc32

PEERS = ("pyfim==6.28", "rusket==0.1.101", "efficient-apriori==2.0.6", "mlxtend", "scipy")
LEVELS = {"type": "product_type", "product": "product_id", "category": "product_category"}
SUPPORTS = (0.01, 0.002, 0.0005)
LIMIT_S = 120
CONFIDENCE = 0.1003
"""A share that no rule has exactly: at 0.1 itself rusket loses a rule to float error."""
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "NUMBA_NUM_THREADS",
        "RAYON_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "POLARS_MAX_THREADS",
    ),
    "1",
)
DOC = Path(__file__).parent.parent / "docs" / "bench-mining.md"

# ---------------------------------------------------------------- one measurement, in a process of its own


def worker(task: dict[str, Any]) -> dict[str, Any]:
    """Runs one library on one case: median CPU seconds, peak memory above what was there before, and a checksum."""
    baskets = read_lists(Path(task["baskets"]), task.get("times", 1))
    run = RUNNERS[task["library"]](task)
    run(
        [["a", "b", "c"], ["a", "b"]] * 20, 0.3
    )  # imports, compiled code and thread pools are there before the clock starts
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_kb()
    seconds = []
    while not seconds or (len(seconds) < task["repeats"] and sum(seconds) < 10):
        found = None
        start = process_time()
        found = run(baskets, task["support"])
        seconds.append(process_time() - start)
    memory = peak_kb() - before
    n, checksum = CHECKSUMS[task["library"]](found, baskets)
    return {"seconds": median(seconds), "memory_mb": memory / 1024, "n": n, "checksum": checksum}


def read_lists(file: Path, times: int) -> list[list[str]]:
    """Baskets as lists that share one object a label; `times` > 1 resamples that many times as many, seed 0."""
    import numpy as np

    with np.load(file) as arrays:
        indptr, codes, labels = arrays["indptr"], arrays["codes"], arrays["labels"].tolist()
    names = [labels[code] for code in codes.tolist()]
    ends = indptr.tolist()
    baskets = [names[a:b] for a, b in pairwise(ends)]
    if times == 1:
        return baskets
    chosen = np.random.default_rng(0).integers(0, len(baskets), times * len(baskets))
    return [baskets[i] for i in chosen.tolist()]


def peak_kb() -> int:
    """The process's peak resident size since it was last reset."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def almanac(task: dict[str, Any]) -> Any:
    from mining.association import rules
    from mining.itemsets import frequent_itemsets

    heads = {"rules": 1, "all splits": None}

    def run(baskets: list[list[str]], support: float) -> Any:
        found = frequent_itemsets(baskets, support, task["max_len"])
        return (
            found
            if task["what"] == "sets"
            else rules(found, heads=heads[task["what"]], min_confidence=CONFIDENCE)
        )

    return run


def pyfim(task: dict[str, Any]) -> Any:
    import fim

    mine = getattr(fim, task["library"].removeprefix("pyfim "))
    zmax = task["max_len"] or -1

    def run(baskets: list[list[str]], support: float) -> Any:
        if task["what"] == "sets":
            return mine(baskets, target="s", supp=100 * support, zmin=1, zmax=zmax, report="a")
        shares = {"supp": 100 * support, "conf": 100 * CONFIDENCE}
        # mode "o": support is that of body and head together, as everywhere else
        return mine(baskets, target="r", zmin=2, zmax=zmax, report="a", mode="o", **shares)

    return run


def rusket(task: dict[str, Any]) -> Any:
    import rusket

    def run(baskets: list[list[str]], support: float) -> Any:
        sets = rusket.fpgrowth(
            rusket.from_transactions(baskets), min_support=support, max_len=task["max_len"]
        )
        if task["what"] == "sets":
            return sets
        return rusket.association_rules(
            sets, num_itemsets=len(baskets), metric="confidence", min_threshold=CONFIDENCE
        )

    return run


def mlxtend(task: dict[str, Any]) -> Any:
    import pandas as pd
    from mlxtend.frequent_patterns import fpgrowth
    from mlxtend.preprocessing import TransactionEncoder

    def run(baskets: list[list[str]], support: float) -> Any:
        encoder = TransactionEncoder()
        matrix = encoder.fit(baskets).transform(baskets, sparse=True)
        frame = pd.DataFrame.sparse.from_spmatrix(matrix, columns=encoder.columns_)
        return fpgrowth(frame, min_support=support, max_len=task["max_len"], use_colnames=True)

    return run


def efficient_apriori(task: dict[str, Any]) -> Any:
    from efficient_apriori import itemsets_from_transactions

    def run(baskets: list[list[str]], support: float) -> Any:
        return itemsets_from_transactions(baskets, support, max_length=task["max_len"] or 99)[0]

    return run


RUNNERS = {
    "almanac": almanac,
    "pyfim eclat": pyfim,
    "pyfim fpgrowth": pyfim,
    "rusket": rusket,
    "mlxtend": mlxtend,
    "efficient-apriori": efficient_apriori,
}

# ---------------------------------------------------------------- equal results


def weight(label: Any) -> int:
    return crc32(str(label).encode())


def summed(pairs: Any) -> tuple[int, int]:
    """The number of (labels, count) pairs and the sum of count * (sum of label weights), whatever their order."""
    n = total = 0
    weights: dict[Any, int] = {}
    for labels, count in pairs:
        n += 1
        total += count * sum(
            weights.get(label) or weights.setdefault(label, weight(label)) for label in labels
        )
    return n, total % 2**61


def sum_almanac(found: Any, _baskets: Any) -> tuple[int, int]:
    import numpy as np

    weights = np.array([weight(label) for label in found.labels], dtype=np.uint64)
    if hasattr(found, "n_xy"):
        sides = (
            (found.antecedent_indptr, found.antecedent_items),
            (found.consequent_indptr, found.consequent_items),
        )
        body, head = (np.add.reduceat(weights[items], indptr[:-1]) for indptr, items in sides)
        terms = zip(((2 * body + head).tolist()), found.n_xy.tolist(), strict=True)
    else:
        indptr, ranks = found.trie.members(found.nodes())
        terms = zip(
            np.add.reduceat(weights[ranks], indptr[:-1]).tolist(), found.trie.counts.tolist(), strict=True
        )
    return len(found), sum(value * count for value, count in terms) % 2**61


def sum_pyfim(found: Any, _baskets: Any) -> tuple[int, int]:
    if found and isinstance(found[0][0], tuple):
        return summed(found)
    return summed(((*body, *body, head), count) for head, body, count in found)


def sum_frame(found: Any, baskets: Any) -> tuple[int, int]:
    counts = (found["support"].to_numpy() * len(baskets)).round().astype(int).tolist()
    if "itemsets" in found:
        return summed(zip(found["itemsets"], counts, strict=True))
    sides = zip(found["antecedents"], found["consequents"], counts, strict=True)
    return summed(((*body, *body, *head), count) for body, head, count in sides)


def sum_levels(found: Any, _baskets: Any) -> tuple[int, int]:
    return summed(pair for level in found.values() for pair in level.items())


CHECKSUMS = {
    "almanac": sum_almanac,
    "pyfim eclat": sum_pyfim,
    "pyfim fpgrowth": sum_pyfim,
    "rusket": sum_frame,
    "mlxtend": sum_frame,
    "efficient-apriori": sum_levels,
}

# ---------------------------------------------------------------- all measurements


def measure(python: str, task: dict[str, Any]) -> dict[str, Any] | None:
    """One worker's figures; None where it ran past the limit."""
    command = [python, "-P", __file__, "--worker", json.dumps(task)]  # -P: this file is no `mining`
    try:
        done = subprocess.run(
            command, env=os.environ | ONE_THREAD, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        raise SystemExit(f"{task} ended with status {done.returncode}:\n{done.stderr}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def peers_python(folder: Path) -> str:
    """The interpreter of the peers' environment, made at the first call."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
    return str(python)


def write_baskets(data: Path, folder: Path) -> dict[str, Path]:
    """Complete Journey as codes and labels, at three levels, plain and with 46 context tokens a basket may hold."""
    import numpy as np
    import pandas as pd

    lines = pd.read_parquet(data / "transactions.parquet")
    lines = lines[lines["quantity"] > 0].merge(pd.read_parquet(data / "products.parquet"), on="product_id")
    lines["basket"] = pd.factorize(lines["basket_id"])[0]
    first = lines.groupby("basket")["transaction_timestamp"].min()
    context = context_tokens(first)
    files = {}
    for level, column in LEVELS.items():
        plain = pd.DataFrame({"basket": lines["basket"], "item": lines[column].astype("str")}).dropna()
        for name, rows in ((level, plain), (f"{level} + context", pd.concat([plain, context]))):
            rows = rows.drop_duplicates().sort_values("basket", kind="stable")
            codes, labels = pd.factorize(rows["item"])
            sizes = np.bincount(rows["basket"], minlength=len(first))
            files[name] = folder / f"{name}.npz"
            indptr = np.concatenate(([0], np.cumsum(sizes)))
            np.savez(
                files[name], indptr=indptr, codes=codes.astype(np.int32), labels=np.array(labels.tolist())
            )
    return files


def context_tokens(first: Any) -> Any:
    """Six tokens a basket out of 46: daypart 4, weekday 7, weekend 2, month 12, season 4, and 17 hours.

    Hours are 6 to 22; an earlier or later one takes the nearest. The times in the files are UTC; the stores keep
    New York time.
    """
    import pandas as pd

    local = first.dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    hour, month = local.dt.hour, local.dt.month
    daypart = pd.cut(
        (hour - 5) % 24, [-1, 5, 11, 16, 23], labels=["morning", "afternoon", "evening", "night"]
    )
    words = {
        "daypart": daypart.astype("str"),
        "weekday": local.dt.day_of_week.astype("str"),
        "weekend": (local.dt.day_of_week > 4).astype("str"),
        "month": month.astype("str"),
        "season": (month % 12 // 3).astype("str"),
        "hour": hour.clip(6, 22).astype("str"),
    }
    frames = [
        pd.DataFrame({"basket": first.index, "item": kind + "=" + value.array})
        for kind, value in words.items()
    ]
    return pd.concat(frames)


def compare(libraries: list[tuple[str, str]], task: dict[str, Any]) -> dict[str, Any]:
    """The libraries' figures on one case, by name; unequal results end the benchmark."""
    figures: dict[str, Any] = {}
    for library, python in libraries:
        figures[library] = measure(python, task | {"library": library})
    results = {name: (one["n"], one["checksum"]) for name, one in figures.items() if one}
    if len(set(results.values())) > 1:
        raise SystemExit(f"results differ for {task}: {results}")
    return figures


def said(figures: dict[str, Any] | None) -> str:
    if figures is None:
        return f"> {LIMIT_S}"
    return f"{figures['seconds']:.2f}"


def ratio(peers: list[dict[str, Any] | None], ours: dict[str, Any] | None) -> str:
    """How many times as long the fastest peer takes."""
    ran = [one["seconds"] for one in peers if one]
    if ours is None:
        return "not done"
    return f"{min(ran) / ours['seconds']:.1f}" if ran else f"> {LIMIT_S / ours['seconds']:.0f}"


def memory(figures: list[dict[str, Any] | None]) -> str:
    ran = [one["memory_mb"] for one in figures if one]
    return f"{min(ran):.0f}" if ran else "-"


def table_of_itemsets(files: dict[str, Path], python: str, quick: bool) -> list[str]:
    rows = [
        "| baskets | support | length | itemsets | almanac s | eclat s | fpgrowth s | times | MB | pyfim MB |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, file in files.items():
        for support in SUPPORTS[1:2] if quick else SUPPORTS:
            for max_len in (3, None):
                task = {
                    "baskets": str(file),
                    "support": support,
                    "max_len": max_len,
                    "what": "sets",
                    "repeats": 3,
                }
                libraries = [("almanac", sys.executable), ("pyfim eclat", python), ("pyfim fpgrowth", python)]
                figures = compare(libraries, task)
                ours, *peers = figures.values()
                n = next((f"{one['n']:,}" for one in figures.values() if one), "?")
                rows.append(
                    f"| {name} | {support:.2%} | {max_len or 'any'} | {n} | {said(ours)} | {said(peers[0])} | "
                    f"{said(peers[1])} | {ratio(peers, ours)} | {memory([ours])} | {memory(peers)} |"
                )
                print(rows[-1], flush=True)
    return rows


def table_of_rules(files: dict[str, Path], python: str) -> list[str]:
    """Other libraries and rules, at 0.2 %."""
    rows = [
        "| work | baskets | peer | results | almanac s | peer s | times |",
        "|---|---|---|---|---|---|---|",
    ]
    cases = [
        ("itemsets", "sets", "mlxtend", ("type", "category")),
        ("itemsets", "sets", "rusket", ("type", "category", "product")),
        ("itemsets", "sets", "efficient-apriori", ("type", "product")),
        ("itemsets and one-head rules", "rules", "pyfim eclat", ("type", "category", "product")),
        ("itemsets and one-head rules", "rules", "pyfim fpgrowth", ("type", "category", "product")),
        ("itemsets and all rules", "all splits", "rusket", ("type", "product")),
    ]
    for work, what, peer, levels in cases:
        for level in levels:
            task = {"baskets": str(files[level]), "support": 0.002, "max_len": 3, "what": what, "repeats": 3}
            figures = compare([("almanac", sys.executable), (peer, python)], task)
            ours, other = figures.values()
            n = f"{ours['n']:,}" if ours else "?"
            rows.append(
                f"| {work} | {level} | {peer} | {n} | {said(ours)} | {said(other)} | {ratio([other], ours)} |"
            )
            print(rows[-1], flush=True)
    return rows


def growth(file: Path) -> list[str]:
    """Seconds at 1, 2, 4 and 8 times the baskets."""
    sizes, seconds = (1, 2, 4, 8), []
    for times in sizes:
        task = {
            "baskets": str(file),
            "support": 0.002,
            "max_len": None,
            "what": "sets",
            "repeats": 3,
            "times": times,
        }
        figures = measure(sys.executable, task | {"library": "almanac"})
        seconds.append(figures["seconds"] if figures else float("nan"))
    print("growth", dict(zip(sizes, seconds, strict=True)), flush=True)
    axis, line = (", ".join(f"{one:.2f}" for one in values) for values in ([*map(float, sizes)], seconds))
    return [
        "```mermaid",
        "xychart-beta",
        '    title "Product types at 0.2 %, any length"',
        f'    x-axis "times the baskets" [{axis}]',
        '    y-axis "seconds"',
        f"    line [{line}]",
        "```",
    ]


def compilation() -> list[str]:
    """The first call on a machine (empty cache of compiled code) and in a new process (warm cache)."""
    program = (
        "from time import perf_counter as t; from mining.itemsets import frequent_itemsets as f; a = t(); "
        "f([['a', 'b', 'c', 'd']] * 3, 0.5); print(t() - a)"
    )
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | ONE_THREAD | {"NUMBA_CACHE_DIR": cache}
        runs = [
            float(
                subprocess.run(
                    [sys.executable, "-c", program], env=environment, capture_output=True, check=True
                ).stdout
            )
            for _ in range(4)
        ]
    cold, warm = runs[0], median(runs[1:])
    print(f"first call {cold:.1f} s, warm {warm:.2f} s", flush=True)
    return [f"First call on a machine: {cold:.1f} s. First call in a new process, code kept: {warm:.2f} s."]


def main() -> None:
    parser = argparse.ArgumentParser(description="Itemsets and rules against other libraries.")
    parser.add_argument(
        "--data", type=Path, help="folder of the Complete Journey files; fetched where left out"
    )
    parser.add_argument(
        "--peers", type=Path, help="virtual environment of the peers; made in the cache where left out"
    )
    parser.add_argument("--quick", action="store_true", help="one support a level")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(worker(json.loads(options.worker))))
        return
    cache = Path(os.environ.get("ALMANAC_CACHE", Path.home() / ".cache" / "almanac"))
    data = options.data
    if data is None:
        from db.assets import fetch

        data = fetch("complete-journey", cache)
    python = peers_python(options.peers or cache / "bench-peers")
    started = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        files = write_baskets(data, Path(folder))
        compiled = compilation()
        itemsets = table_of_itemsets(files, python, options.quick)
        rules = table_of_rules(files, python)
        curve = growth(files["type"])
    text = PAGE.format(
        itemsets="\n".join(itemsets),
        rules="\n".join(rules),
        growth="\n".join(curve),
        compiled="\n".join(compiled),
        minutes=round((perf_counter() - started) / 60),
        limit=LIMIT_S,
        load=os.getloadavg()[2],
    )
    DOC.write_text(text)


PAGE = """# Itemsets and rules: time, memory, growth

Made by `python bench/mining.py` in {minutes} minutes (mean load of the machine over the last quarter of an hour:
{load:.1f}). Complete Journey: 155,516 baskets of a year; lists of labels in, one thread, encoding included, every
measurement in a process of its own, CPU seconds (all threads together), the median of three runs (of fewer where they take over 10 s in all). eclat and fpgrowth are pyfim's, in C. Results
are equal, by number and by a checksum over items and counts. "times" is the faster of the peers over Almanac; "MB"
is the peak resident memory over what was there before the call, baskets and imports (results included); a run of
more than {limit} s, reading the baskets included, is cut off. Context adds six of 46 tokens to every basket:
daypart, weekday, weekend, month, season, hour.

## Itemsets

{itemsets}

## Other libraries, and rules

Support 0.2 %, up to three items, confidence at least 10.03 %, a share that no rule has exactly (at 10 % one rule is lost
by float error in rusket).

{rules}

## Growth

{growth}

## Compilation

{compiled}
"""


if __name__ == "__main__":
    main()
