"""One library on one case, in a process of its own: bench/mining.py asks for runs over its input, one a line.

    python -P bench/parts/mining_worker.py TASK     (JSON; see bench/mining.py)

Prints a line of JSON when it is ready (the library's version) and one a run: user CPU seconds, and after the first
the memory, the number of results and their checksum. A run over its limit of CPU seconds ends the process.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any
from zlib import crc32

CONFIDENCE = 0.1003
"""A share that no rule has exactly: at 0.1 itself rusket loses a rule to float error."""
LEAST = 30
"""Baskets of a slice that a pair needs."""
PACKAGES = {"almanac": "almanac-recommender", "pyfim eclat": "pyfim", "pyfim fpgrowth": "pyfim"}


def main() -> None:
    """Load, warm up, and run as often as asked."""
    task: dict[str, Any] = json.loads(sys.argv[1])
    library = task["library"]
    baskets = read_lists(Path(task["baskets"]), task["times"])
    run = RUNNERS[library](task)
    run(
        [["a", "b", "c"], ["a", "b"]] * 20, 0.3
    )  # imports, compiled code and thread pools before the clock starts
    print(json.dumps({"version": version(PACKAGES.get(library, library))}), flush=True)
    first = True
    for _ in sys.stdin:
        Path("/proc/self/clear_refs").write_text("5")
        before = peak_kb()
        limit = int(sum(os.times()[:2])) + 1 + task["limit"]
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        begin = user_seconds()
        found = run(baskets, task["support"])
        answer: dict[str, Any] = {"seconds": user_seconds() - begin}
        if first:
            answer["memory_mb"] = (peak_kb() - before) / 1024
            resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            answer["n"], answer["checksum"] = CHECKSUMS[library](found, baskets)
        first, found = False, None
        print(json.dumps(answer), flush=True)


def user_seconds() -> float:
    """CPU seconds that this process has spent outside the kernel, all threads together."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def read_lists(file: Path, times: int | None) -> list[list[str]]:
    """Baskets as lists that share one object a label; `times` draws that many times as many, seed 0."""
    import numpy as np

    with np.load(file) as arrays:
        indptr, codes, labels = arrays["indptr"], arrays["codes"], arrays["labels"].tolist()
    names = [labels[code] for code in codes.tolist()]
    ends = indptr.tolist()
    baskets = [names[a:b] for a, b in pairwise(ends)]
    if times is None:
        return baskets
    chosen = np.random.default_rng(0).integers(0, len(baskets), times * len(baskets))
    return [baskets[i] for i in chosen.tolist()]


def peak_kb() -> int:
    """The process's peak resident size since it was last reset."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


# ---------------------------------------------------------------- libraries


def almanac(task: dict[str, Any]) -> Any:
    from mining.association import rules
    from mining.itemsets import frequent_itemsets

    if task["what"] == "slices":
        return almanac_slices(task)
    heads = {"rules": 1, "all splits": None}

    def run(baskets: list[list[str]], support: float) -> Any:
        found = frequent_itemsets(baskets, support, task["max_len"])
        if task["what"] == "sets":
            return found
        return rules(found, heads=heads[task["what"]], min_confidence=CONFIDENCE)

    return run


def read_slices(task: dict[str, Any]) -> list[tuple[Any, Any]]:
    """For each factor the atom of each basket, and atoms x all slices."""
    import numpy as np

    with np.load(task["slices"]) as arrays:
        held = [arrays[f"held{number}"] for number in range(3)]
        atoms = [arrays[f"atom{number}"] for number in range(3)]
    ends = np.cumsum([0, *(one.shape[1] for one in held)]).tolist()
    wide = [np.zeros((len(one), ends[-1]), dtype=np.uint8) for one in held]
    for whole, one, begin, end in zip(wide, held, ends[:-1], ends[1:], strict=True):
        whole[:, begin:end] = one
    return list(zip(atoms, wide, strict=True))


def almanac_slices(task: dict[str, Any]) -> Any:
    from scipy import sparse

    from mining.engine_encode import encode
    from mining.slicepairs import Factor, SlicePairs

    read = [(atom, sparse.csr_array(held)) for atom, held in read_slices(task)]

    def run(baskets: list[list[str]], _support: float) -> Any:
        coded = encode(baskets)
        factors = [Factor(atom[: len(baskets)], held) for atom, held in read]
        return coded, SlicePairs.of(coded, factors, LEAST)

    return run


def pyfim(task: dict[str, Any]) -> Any:
    import fim

    mine = getattr(fim, task["library"].removeprefix("pyfim "))
    if task["what"] == "slices":
        return pyfim_slices(task, mine)
    zmax = task["max_len"] or -1

    def run(baskets: list[list[str]], support: float) -> Any:
        if task["what"] == "sets":
            return mine(baskets, target="s", supp=100 * support, zmin=1, zmax=zmax, report="a")
        shares = {"supp": 100 * support, "conf": 100 * CONFIDENCE}
        # mode "o": support is that of body and head together, as everywhere else
        return mine(baskets, target="r", zmin=2, zmax=zmax, report="a", mode="o", **shares)

    return run


def pyfim_slices(task: dict[str, Any], mine: Any) -> Any:
    """The baskets of each slice are picked out before the clock starts."""
    import numpy as np

    member = np.sum([held[atom] * (atom >= 0)[:, None] for atom, held in read_slices(task)], axis=0)
    rows = [np.flatnonzero(column).tolist() for column in member.T]
    every = read_lists(Path(task["baskets"]), None)
    lists = [[every[at] for at in one] for one in rows]

    def run(baskets: list[list[str]], _support: float) -> Any:
        some = lists if len(baskets) == len(every) else [baskets]
        return [mine(one, target="s", supp=-LEAST, zmin=2, zmax=2, report="a") for one in some]

    return run


def rusket(task: dict[str, Any]) -> Any:
    import rusket

    def run(baskets: list[list[str]], support: float) -> Any:
        held = rusket.from_transactions(baskets)
        sets = rusket.fpgrowth(held, min_support=support, max_len=task["max_len"])
        if task["what"] == "sets":
            return sets
        least = {"metric": "confidence", "min_threshold": CONFIDENCE}
        return rusket.association_rules(sets, num_itemsets=len(baskets), **least)

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


def by_slice(parts: Any) -> tuple[int, int]:
    """The same over slices, each with a factor of its own."""
    sums = [summed(part) for part in parts]
    return sum(n for n, _ in sums), sum((line + 1) * one for line, (_, one) in enumerate(sums)) % 2**61


def sum_almanac(found: Any, _baskets: Any) -> tuple[int, int]:
    import numpy as np

    if isinstance(found, tuple):
        coded, pairs = found
        lists = [part.tolist() for part in (pairs.left, pairs.right, pairs.n)]
        name = coded.labels
        parts = (
            [
                ((name[x], name[y]), n)
                for x, y, n in zip(*(one[pairs.of_slice(line)] for one in lists), strict=True)
            ]
            for line in range(int(pairs.line.max(initial=-1)) + 1)
        )
        return by_slice(parts)
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
        sums = np.add.reduceat(weights[ranks], indptr[:-1])
        terms = zip(sums.tolist(), found.trie.counts.tolist(), strict=True)
    return len(found), sum(value * count for value, count in terms) % 2**61


def sum_pyfim(found: Any, _baskets: Any) -> tuple[int, int]:
    if found and isinstance(found[0], list):
        return by_slice(found)
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


if __name__ == "__main__":
    main()
