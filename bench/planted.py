"""What is planted in a log, is it found, and does the ranking gain by it?

    python bench/planted.py [--seeds 5]

Each seed is another log of `tests/planted.py`: 400 people, a year, pairs that hold only on weekend nights in one of
four regions, 28-day cycles, and items that follow others after 5 to 9 days. The rules are mined with the product's
defaults; the ranker is `bot.fit`, once as it is and once fitted without rules, on the rows before the last 56 days.
People are asked for their last weekend night there, time and place known; and again with a part of the basket known
(each item by a coin). Differences are paired by person over all seeds. Writes docs/bench-planted.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import process_time

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.fitting import fit
from mining import mine
from retrieval.evaluate import Estimate, paired, per_person, run
from retrieval.rankconfig import RankConfig
from tests.planted import found, plant, ranked_with_carts, weekend_nights, with_carts

DOC = Path(__file__).parents[1] / "docs" / "bench-planted.md"


def rules_of(seed: int, chance: float) -> str:
    """Mine one log and compare with what was planted."""
    world = plant(seed, chance=chance)
    began = process_time()
    book = mine(world.interactions, world.items, world.places)
    seconds = process_time() - began
    got = found(book, world)
    planted = f"{got.found} of {got.planted}" if chance else "cycles only were planted"
    shadows = got.reported - len(got.false) - got.found
    bound = sum(rule.kind == "context" and bool(rule.antecedent) and rule.place is not None for rule in book)
    cells = (seed, f"{len(world.interactions):,}", planted, bound, shadows, len(got.false), f"{seconds:.1f}")
    return f"| {' | '.join(map(str, cells))} |"


def ranked(seed: int) -> dict[str, tuple[pd.Series, pd.Series]]:
    """NDCG@10 of everybody with rules and without, by question."""
    world = plant(seed)
    task, (cart_task, carts) = weekend_nights(world), with_carts(world)
    frames = (task.train, world.items, world.people, world.places)
    whole = fit(*frames)
    others = tuple(sorted({one.name for one in whole.fitted.scorers.values()} - {"rules"}))
    bare = fit(*frames, ranking=RankConfig(scorers=others))
    plain = [per_person(run(one, task), task.truth)["ndcg"] for one in (whole, bare)]
    cart = [
        per_person(ranked_with_carts(one, cart_task, carts), cart_task.truth)["ndcg"] for one in (whole, bare)
    ]
    return {
        "time and place": (plain[0], plain[1]),
        "time, place and a part of the basket": (cart[0], cart[1]),
    }


def line(name: str, whole: pd.Series, bare: pd.Series) -> str:
    """One row of the ranking table."""
    gain: Estimate = paired(whole, bare)
    errors = gain.mean / gain.error if gain.error else 0.0
    return (
        f"| {name} | {gain.people:,} | {whole.mean():.4f} | {bare.mean():.4f} "
        f"| {gain.mean:+.4f} ± {gain.error:.4f} | {errors:+.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    how = " ".join((__doc__ or "").split("\n\n")[2].split())
    out = ["# Planted effects", "", "Written by `python bench/planted.py`.", "", how, "", "## Rules", ""]
    out += [
        "Shadows are true but wider or narrower than what was planted (the region at any time); false are pairs in a "
        "slice and followers that nobody planted. Bound are all pairs that hold at a place.",
        "",
        "| seed | rows | planted and found | bound to a place | shadows | false | CPU s |",
        "|---|---|---|---|---|---|---|",
        *(rules_of(seed, 0.9) for seed in seeds),
        rules_of(0, 0.0),
    ]
    got = [ranked(seed) for seed in seeds]
    out += [
        "",
        "## Ranking",
        "",
        "| known | people | NDCG@10 with rules | without | gain | standard errors |",
    ]
    out += ["|---|---|---|---|---|---|"]
    for name in got[0]:
        whole, bare = (
            pd.concat({seed: one[name][side] for seed, one in zip(seeds, got, strict=True)})
            for side in (0, 1)
        )
        out += [line(f"{name}, seed {seed}", *one[name]) for seed, one in zip(seeds, got, strict=True)]
        out.append(line(f"**{name}, all seeds**", whole, bare))
    text = "\n".join(out) + "\n"
    print(text)
    DOC.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
