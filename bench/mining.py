"""Itemsets, rules and slices against the libraries that a Python user can install: time, memory, growth.

    python -P bench/mining.py                        every case that has no result yet
    python -P bench/mining.py --case product-0.2-3   one case (or several), anew
    python -P bench/mining.py --list                 the names of the cases
    python -P bench/mining.py --page                 only write docs/bench-mining.md from the results

Every library of a case is a process of its own on one thread, over the same lists of labels; they take turns, so that
what else the machine does meets them alike. Figures are user CPU seconds, medians of three. What is compared must be
equal: the number of sets (rules, pairs) and a checksum over items and counts. Results are kept, case by case, in
bench/results/mining.json. The peers live in a virtual environment apart from the project's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
WORKER, DATA, PAGE = (HERE / "parts" / f"mining_{name}.py" for name in ("worker", "data", "page"))
RESULTS = HERE / "results" / "mining.json"
PEERS = ("pyfim==6.28", "rusket==0.1.101", "efficient-apriori==2.0.6", "mlxtend", "pyarrow", "scipy")
PYFIM = ("pyfim eclat", "pyfim fpgrowth")
LIMIT_S = 120
"""CPU seconds after which one run is cut off."""
ENOUGH_S = 20
"""Once a library has taken so long on a case, it is not run again."""
ROUNDS = 3
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


@dataclass(frozen=True)
class Case:
    """One row of a table."""

    name: str
    baskets: str
    support: float
    max_len: int | None
    what: str
    """sets, rules (one head), all splits, slices."""
    peers: tuple[str, ...]
    times: int | None = None
    """How many times as many baskets, drawn with repetition; None takes them as they are."""


def cases() -> dict[str, Case]:
    """Return all cases by name, cheap ones first."""
    found = []
    for percent in ("1", "0.2", "0.05"):
        for length, context, level in (
            (length, context, level)
            for length in (3, None)
            for context in ("", "+context")
            for level in ("type", "product", "category")
        ):
            name = f"{level}{context}-{percent}-{length or 'any'}"
            found.append(Case(name, f"{level}{context}", float(percent) / 100, length, "sets", PYFIM))
    others = [
        ("slices", "slices", PYFIM, ("type", "product")),
        ("rules", "rules", PYFIM, ("type", "category", "product")),
        ("rusket", "sets", ("rusket",), ("type", "category", "product")),
        ("rusket-rules", "all splits", ("rusket",), ("type", "product")),
        ("mlxtend", "sets", ("mlxtend",), ("type", "category")),
        ("apriori", "sets", ("efficient-apriori",), ("type", "product")),
    ]
    for kind, what, peers, levels in others:
        found += [Case(f"{kind}-{level}", level, 0.002, 3, what, peers) for level in levels]
    found += [
        Case(f"growth-{times}", "type", 0.002, None, "sets", PYFIM[:1], times) for times in (1, 2, 4, 8)
    ]
    return {case.name: case for case in found}


# ---------------------------------------------------------------- one case


class Worker:
    """A process that runs one library on one case as often as it is asked."""

    def __init__(self, python: str, task: dict[str, Any]) -> None:
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
        self.process = subprocess.Popen(
            [python, "-P", str(WORKER), json.dumps(task)],
            env=os.environ | ONE_THREAD,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        self.figures: dict[str, Any] = {"seconds": [], **(self.answer() or {})}

    def answer(self) -> dict[str, Any] | None:
        """Return the next line; None where the process was cut off."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line:
            return dict(json.loads(line))
        status = self.process.wait()
        if status != -24:  # SIGXCPU
            self.log.seek(0)
            raise SystemExit(f"a worker ended with status {status}:\n{self.log.read()}")
        return None

    def run(self) -> None:
        """Run once more, unless it took long enough already."""
        if "over" in self.figures or sum(self.figures["seconds"]) > ENOUGH_S:
            return
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        answer = self.answer()
        if answer is None:
            self.figures["over"] = LIMIT_S
        else:
            self.figures["seconds"].append(answer.pop("seconds"))
            self.figures |= answer

    def end(self) -> dict[str, Any]:
        """End the process and return its figures."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()
        self.log.close()
        seconds = self.figures.pop("seconds")
        if seconds:
            self.figures |= {"seconds": round(median(seconds), 4), "runs": len(seconds)}
            self.figures["spread"] = [round(min(seconds), 4), round(max(seconds), 4)]
            self.figures["memory_mb"] = round(self.figures["memory_mb"], 1)
        return self.figures


def measure(case: Case, folder: Path, peers: str) -> dict[str, Any]:
    """Return the figures of each library by name; unequal results end the benchmark."""
    task = {
        "baskets": str(folder / f"{case.baskets}.npz"),
        "slices": str(folder / "slices.npz"),
        "support": case.support,
        "max_len": case.max_len,
        "what": case.what,
        "times": case.times,
        "limit": LIMIT_S,
    }
    workers = {
        library: Worker(sys.executable if library == "almanac" else peers, task | {"library": library})
        for library in ("almanac", *case.peers)
    }
    for _ in range(ROUNDS):
        for worker in workers.values():
            worker.run()
    figures = {library: worker.end() for library, worker in workers.items()}
    results = {name: (one["n"], one["checksum"]) for name, one in figures.items() if "n" in one}
    if len(set(results.values())) > 1:
        raise SystemExit(f"results differ in {case.name}: {results}")
    for one in figures.values():
        one.pop("checksum", None)
    return figures


def compilation() -> dict[str, Any]:
    """CPU seconds of the first call on a machine (no compiled code kept) and in a new process (code kept)."""
    program = (
        "from time import process_time as t; a = t(); from mining.itemsets import frequent_itemsets as f; b = t(); "
        "f([['a', 'b', 'c', 'd']] * 3, 0.5); print(b - a, t() - b)"
    )
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | ONE_THREAD | {"NUMBA_CACHE_DIR": cache}
        command = [sys.executable, "-P", "-c", program]
        runs = [
            [float(part) for part in subprocess.check_output(command, env=environment, text=True).split()]
            for _ in range(1 + ROUNDS)
        ]
    names = "import", "call"
    return {
        "cold": {name: round(value, 3) for name, value in zip(names, runs[0], strict=True)},
        "warm": {name: round(median(values), 3) for name, *values in zip(names, *runs[1:], strict=True)},
    }


# ---------------------------------------------------------------- all of them


def peers_python(folder: Path) -> str:
    """The interpreter of the peers' environment, made at the first call."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
    return str(python)


def prepared(data: Path | None, cache: Path) -> Path:
    """The folder of the coded baskets, made at the first call."""
    folder = cache / "bench-mining"
    if not (folder / "slices.npz").exists():
        if data is None:
            from db.assets import fetch

            data = fetch("complete-journey", cache)
        subprocess.run([sys.executable, "-P", DATA, data, folder], check=True)
    return folder


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(memory),
        "python": platform.python_version(),
        "system": platform.system(),
    }


def kept() -> dict[str, Any]:
    """Return the results so far."""
    return dict(json.loads(RESULTS.read_text())) if RESULTS.exists() else {"cases": {}}


def save(name: str, figures: dict[str, Any]) -> None:
    """Write one case's figures beside all others that are there by now, at once or not at all."""
    results = kept()
    results["cases"][name], results["machine"] = figures, machine()
    RESULTS.parent.mkdir(exist_ok=True)
    beside = RESULTS.with_suffix(".new")
    beside.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    beside.replace(RESULTS)


def main() -> None:
    """Run what is asked for and write the page."""
    parser = argparse.ArgumentParser(description="Itemsets, rules and slices against other libraries.")
    parser.add_argument("--case", nargs="+", help="run only these, anew")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--page", action="store_true", help="only write the page")
    parser.add_argument(
        "--data", type=Path, help="folder of the Complete Journey files; fetched where left out"
    )
    parser.add_argument(
        "--peers", type=Path, help="virtual environment of the peers; made in the cache where left out"
    )
    options = parser.parse_args()
    known = cases()
    if options.list:
        print("\n".join([*known, "compilation"]))
        return
    unknown = set(options.case or ()) - {*known, "compilation"}
    if unknown:
        parser.error(f"no case {sorted(unknown)[0]!r}; --list names them")
    done = kept()["cases"]
    wanted = options.case or [name for name in (*known, "compilation") if name not in done]
    if not options.page:
        cache = Path(os.environ.get("ALMANAC_CACHE", Path.home() / ".cache" / "almanac"))
        python = peers_python(options.peers or cache / "bench-peers")
        folder = prepared(options.data, cache)
        for name in wanted:
            figures = compilation() if name == "compilation" else measure(known[name], folder, python)
            save(name, figures)
            print(name, json.dumps(figures), flush=True)
    subprocess.run([sys.executable, "-P", PAGE, RESULTS], check=True)


if __name__ == "__main__":
    main()
