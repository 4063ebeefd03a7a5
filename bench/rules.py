"""How fast the rule book answers: look-up in a million rules, exact counts on demand.

    python bench/rules.py --data FOLDER          (FOLDER: the Complete Journey files; fetched where left out)

One thread; CPU seconds. The table goes to docs/bench-rules.md.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent.parent
DOC = HERE / "docs" / "bench-rules.md"
RULES, ITEMS, QUESTIONS = 1_000_000, 30_000, 2_000
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

Row = tuple[str, float, float]


def measured(name: str, ask: Callable[[], Any], n: int) -> Row:
    """Name, p50 and p99 of so many questions, in ms of CPU time; the first few, which touch the files, left out."""
    for _ in range(20):
        ask()
    gc.collect()
    took = np.empty(n)
    for at in range(n):
        began = time.thread_time()
        ask()
        took[at] = time.thread_time() - began
    row = name, float(np.median(took) * 1e3), float(np.quantile(took, 0.99) * 1e3)
    print(f"{row[0]:42} p50 {row[1]:8.3f} ms   p99 {row[2]:8.3f} ms", flush=True)
    return row


# ---------------------------------------------------------------- a million rules


def million(rng: np.random.Generator, rules: int = RULES) -> Any:
    """A book of random rules over 30,000 items, as skewed as real ones: every kind but trends, 100 slices and more."""
    import pandas as pd

    from mining.basketindex import BasketIndex
    from mining.baskets import make_baskets
    from mining.config import MiningConfig
    from mining.count import Slice
    from mining.rule import KINDS
    from mining.rulebook import RuleBook
    from mining.shelf import Shelf

    ids = np.array([f"item-{code:05}" for code in range(ITEMS)])
    log = pd.DataFrame({"person": rng.integers(500, size=ITEMS).astype(str), "item": ids})
    log["at"] = pd.Timestamp("2017-01-01", tz="UTC") + pd.to_timedelta(
        rng.integers(300 * 86_400, size=ITEMS), unit="s"
    )
    log["place"] = (np.arange(ITEMS) % 20).astype(str)
    catalogue = pd.DataFrame({"item": ids, "category": [f"shelf {code % 200}" for code in range(ITEMS)]})
    index = BasketIndex.build(make_baskets(log, catalogue, config=MiningConfig()))
    slices = [
        Slice(),
        *(Slice(words) for words in index.tabled),
        *(Slice(place=str(place)) for place in range(20)),
    ]
    share = 1 / np.arange(1, ITEMS + 1) ** 0.8
    share /= share.sum()
    kind = rng.choice(4, size=rules, p=[0.4, 0.15, 0.4, 0.05]).astype(
        np.int8
    )  # together, next, context, cycle
    slice_of = np.where(kind == KINDS.index("context"), rng.integers(1, len(slices), size=rules), 0)
    width = rng.choice([1, 2, 3], size=rules, p=[0.5, 0.35, 0.15])
    width[kind == KINDS.index("cycle")] = 1
    width[(kind == KINDS.index("context")) & (rng.random(rules) < 0.3)] = 0
    numbers = np.full((rules, 25), np.nan)
    numbers[:, :16] = np.sort(rng.integers(1, 10_000, size=(rules, 16)), axis=1)[:, ::-1]
    numbers[:, 16:] = rng.random((rules, 9))
    body = rng.choice(ITEMS, size=int(width.sum()), p=share).astype(np.int32)
    shelf = Shelf(
        keys=tuple(ids.tolist()),
        slices=tuple(slices),
        unit="month",
        labels=(),
        kind=kind,
        slice_of=slice_of.astype(np.int32),
        body_start=np.concatenate([[0], np.cumsum(width)]),
        body=body,
        head=rng.choice(ITEMS, size=rules, p=share).astype(np.int32),
        numbers=numbers,
        series=np.zeros((0, 2, 0), dtype=np.int32),
        series_of=np.full(rules, -1, dtype=np.int32),
    )
    return RuleBook(index, shelf), share


def look_up(rng: np.random.Generator) -> list[Row]:
    from mining.rulebook import RuleBook

    made, share = million(rng)
    with tempfile.TemporaryDirectory() as folder:
        began = time.thread_time()
        made.save(Path(folder))
        saved = time.thread_time() - began
        began = time.thread_time()
        book = RuleBook.load(Path(folder))
        book.lookup(k=1)
        print(f"saved in {saved:.1f} s, opened in {time.thread_time() - began:.2f} s", flush=True)
        return questions(book, rng, share)


def questions(book: Any, rng: np.random.Generator, share: Any) -> list[Row]:
    from mining.count import Slice

    keys, kinds = book.shelf.keys, ("together", "next", "context", "cycle")
    days, parts = ("friday", "weekend", "sunday", "weekday"), ("morning", "evening")
    drawn = iter(rng.choice(len(keys), size=40 * QUESTIONS, p=share).tolist())

    def items(n: int) -> list[str]:
        return [keys[next(drawn)] for _ in range(n)]

    def one_of(values: Any) -> Any:
        return values[int(rng.integers(len(values)))]

    asked: dict[str, Callable[[], Any]] = {
        "an item": lambda: book.lookup(items=items(1)),
        "the most frequent item": lambda: book.lookup(items=[keys[0]]),
        "a cart of 10 items": lambda: book.lookup(items=items(10), kind="together"),
        "what leads to an item": lambda: book.lookup(with_items=items(1)),
        "an item and a partner": lambda: book.lookup(items=items(1), with_items=items(1)),
        "a category": lambda: book.lookup(category=f"shelf {rng.integers(200)}"),
        "a context": lambda: book.lookup(where=Slice((one_of(days), one_of(parts)))),
        "an item in a context": lambda: book.lookup(
            items=items(1), where=Slice((one_of(days), one_of(parts)))
        ),
        "a category in a context": lambda: book.lookup(
            category=f"shelf {rng.integers(200)}", where=Slice((one_of(days),))
        ),
        "a place": lambda: book.lookup(where=Slice(place=str(rng.integers(20)))),
        "a kind": lambda: book.lookup(kind=one_of(kinds)),
        "an item and a kind": lambda: book.lookup(items=items(1), kind=one_of(kinds)),
        "a category and a kind": lambda: book.lookup(
            category=f"shelf {rng.integers(200)}", kind=one_of(kinds)
        ),
    }
    return [measured(name, ask, QUESTIONS) for name, ask in asked.items()]


# ---------------------------------------------------------------- exact counts on demand


def groceries(data: Path) -> Any:
    """The basket index of Complete Journey at product-type level, in a book without rules."""
    import pandas as pd

    from mining.basketindex import BasketIndex
    from mining.baskets import make_baskets
    from mining.config import MiningConfig
    from mining.rulebook import RuleBook
    from mining.shelf import Shelf

    lines = pd.read_parquet(data / "transactions.parquet")
    lines = lines[lines["quantity"] > 0].merge(pd.read_parquet(data / "products.parquet"), on="product_id")
    lines = lines.dropna(subset=["product_type"])
    log = pd.DataFrame(
        {
            "person": lines["household_id"].astype(str),
            "item": lines["product_type"].astype(str),
            "at": pd.to_datetime(lines["transaction_timestamp"], utc=True),
            "place": lines["store_id"].astype(str),
            "basket": lines["basket_id"].astype(str),
        }
    )
    config = MiningConfig(zone="America/New_York")
    return RuleBook(BasketIndex.build(make_baskets(log, config=config)), Shelf.of([]), config)


def on_demand(book: Any, rng: np.random.Generator) -> list[Row]:
    """Items as often as they are bought, slices of every width: everywhere, of time, of place, of both."""
    from mining.count import EVERYTHING, Slice

    index = book.index
    sizes = np.asarray(index.item_rows.sizes)
    drawn = iter(rng.choice(len(sizes), size=200_000, p=sizes / sizes.sum()).tolist())
    slices, stores = list(index.tabled), np.argsort(-np.asarray(index.place_rows.sizes))[:50]

    def items(n: int) -> tuple[str, ...]:
        found: dict[str, None] = {}
        while len(found) < n:
            found[index.items[next(drawn)]] = None
        return tuple(found)

    def where() -> Any:
        words = slices[int(rng.integers(len(slices)))]
        place = index.places.ids[int(stores[int(rng.integers(len(stores)))])]
        return (EVERYTHING, Slice(words), Slice(place=place), Slice(words, place))[int(rng.integers(4))]

    asked: dict[str, Callable[[], Any]] = {
        "a pair": lambda: book.count(items(1), items(1), where()),
        "a triple": lambda: book.count(items(2), items(1), where()),
        "an item compared in two slices": lambda: book.compare(items(1), (), where(), where()),
        "a pair compared in two slices": lambda: book.compare(items(1), items(1), where(), where()),
        "partners of an item": lambda: book.partners(items(1), where()),
        "partners of a pair": lambda: book.partners(items(2), where()),
        "whether y follows x": lambda: book.next_after(items(1), 30, items(1), where()),
        "what follows x": lambda: book.next_after(items(1), 30, (), where()),
    }
    return [measured(name, ask, 400) for name, ask in asked.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description="Look-up, counts on demand.")
    parser.add_argument(
        "--data", type=Path, help="folder of the Complete Journey files; fetched where left out"
    )
    parser.add_argument("--only", choices=("book", "counts"), help="one part, and no page")
    options = parser.parse_args()
    os.environ.update(ONE_THREAD)
    rng = np.random.default_rng(7)
    cache = Path(os.environ.get("ALMANAC_CACHE", Path.home() / ".cache" / "almanac"))
    parts: dict[str, Any] = {}
    if options.only in (None, "book"):
        parts["book"] = look_up(rng)
    if options.only != "book":
        from db.assets import fetch

        book = groceries(options.data or fetch("complete-journey", cache))
        parts["counts"] = on_demand(book, rng)
    if options.only is None:
        lines = {
            name: "\n".join(f"| {row[0]} | {row[1]:.3f} | {row[2]:.3f} |" for row in parts[name])
            for name in ("book", "counts")
        }
        DOC.write_text(PAGE.format(**lines, load=os.getloadavg()[2]))


PAGE = """# The rule book: look-up and exact counts

Made by `python bench/rules.py` (mean load of the machine over the last quarter of an hour: {load:.1f}). One thread, CPU
time; p50 and p99 over 2,000 questions a line to the book and 400 to the index, everything warm.

## Look-up in 1,000,000 rules

30,000 items, of which the frequent ones are in very many rules; 87 slices; arrays mapped from files. Ten rules returned.

| asked by | p50 ms | p99 ms |
|---|---|---|
{book}

## Exact counts on demand

Complete Journey at product-type level, 155,516 baskets of 2,469 households; items as often as they are bought, slices
of time, of place, of both and of everything. Baskets and distinct households are counted, inside the slice and outside.

| question | p50 ms | p99 ms |
|---|---|---|
{counts}
"""


if __name__ == "__main__":
    main()
