"""From bench/results/mining.json to docs/bench-mining.md and its plot.

    python -P bench/parts/mining_page.py RESULTS

Knows the goals and how figures are said. It refuses to measure.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent.parent.parent / "docs"
PYFIM = ("pyfim eclat", "pyfim fpgrowth")
SHORT = {"pyfim eclat": "eclat", "pyfim fpgrowth": "fpgrowth", "almanac": "Almanac"}
SETS = re.compile(r"(type|product|category)(\+context)?-(1|0\.2|0\.05)-(3|any)")
MEMORY = 1 / 4
"""Most memory that may be added, over pyfim's."""
Figures = Mapping[str, Any]


def main() -> None:
    """Read the results, write the page and the plot."""
    results = json.loads(Path(sys.argv[1]).read_text())
    cases: dict[str, Any] = results["cases"]
    growth = {times: cases[f"growth-{times}"] for times in (1, 2, 4, 8) if f"growth-{times}" in cases}
    machine = results["machine"]
    page = PAGE.format(
        machine=f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}",
        versions=versions(cases.values(), machine["python"]),
        sets="\n".join(sets(cases)),
        peers="\n".join(peers(cases)),
        slices="\n".join(slices(cases)),
        growth="\n".join(table_of_growth(growth)),
        compilation="\n".join(compilation(cases.get("compilation"))),
    )
    (DOCS / "bench-mining.md").write_text(page)
    if len(growth) > 1:
        (DOCS / "bench-mining-growth.svg").write_text(plot(growth))


def versions(cases: Iterable[Figures], python: str) -> str:
    """Return every library with the version that was measured."""
    found = {
        name.split()[0]: one["version"] for case in cases for name, one in case.items() if "version" in one
    }
    return ", ".join([f"Python {python}", *(f"{name} {one}" for name, one in sorted(found.items()))])


def said(one: Figures) -> str:
    """Return a library's seconds."""
    return f"> {one['over']}" if "over" in one else f"{one['seconds']:.3g}"


def times(case: Figures) -> tuple[str, float]:
    """Return how many times as long the fastest peer takes, in words and as a number; -1 where none can be told."""
    ours, others = case["almanac"], [one for name, one in case.items() if name != "almanac"]
    if "over" in ours:
        return "not done", -1
    ran = [one["seconds"] for one in others if "over" not in one]
    mine = ours["seconds"]
    if not ran:
        value = min(one["over"] for one in others) / mine
        return f"> {value:.0f}", value
    return f"{min(ran) / mine:.1f}", min(ran) / mine


def goal(value: float, least: float) -> str:
    """Return the goal, and whether it was reached."""
    if value < 0:
        return f"{least:g}: not told"
    return f"{least:g}: {'met' if value >= least else '**missed**'}"


def memory(figures: Iterable[Figures]) -> float:
    """Return the least memory that was added; -1 where no run ended."""
    return min((one["memory_mb"] for one in figures if "memory_mb" in one), default=-1)


def sets(cases: Mapping[str, Figures]) -> list[str]:
    """Itemsets against pyfim."""
    rows = [
        "| baskets | support | length | itemsets | Almanac s | eclat s | fpgrowth s | times | goal | MB | pyfim MB | a quarter |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in sorted(filter(SETS.fullmatch, cases), key=order):
        level, context, support, length = SETS.fullmatch(name).groups()  # type: ignore[union-attr]
        case = cases[name]
        ours, *others = (case[one] for one in ("almanac", *PYFIM))
        n = next((one["n"] for one in case.values() if "n" in one), None)
        words, value = times(case)
        own, theirs = memory([ours]), memory(others)
        fits = "not told" if min(own, theirs) < 0 else "met" if own <= MEMORY * theirs else "**missed**"
        cells = [
            level + (" + context" if context else ""),
            f"{support} %",
            length,
            f"{n:,}" if n is not None else "?",
            *map(said, (ours, *others)),
            words,
            goal(value, 6 if level == "product" and not context else 3),
            *(f"{one:.0f}" if one >= 0 else "-" for one in (own, theirs)),
            fits,
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def order(name: str) -> tuple[int, ...]:
    """Return the place of a case in the table."""
    level, context, support, length = SETS.fullmatch(name).groups()  # type: ignore[union-attr]
    levels, supports = ("type", "product", "category"), ("1", "0.2", "0.05")
    return levels.index(level), bool(context), supports.index(support), length == "any"


def peers(cases: Mapping[str, Figures]) -> list[str]:
    """Rules, and other libraries."""
    rows = [
        "| work | baskets | results | Almanac s | peers s | times | goal |",
        "|---|---|---|---|---|---|---|",
    ]
    kinds = [
        ("rules", "itemsets and one-head rules", 4.0),
        ("rusket-rules", "itemsets and all rules", 6.0),
        ("rusket", "itemsets", None),
        ("mlxtend", "itemsets", 60.0),
        ("apriori", "itemsets", None),
    ]
    for kind, work, least in kinds:
        for level in ("type", "product", "category"):
            case = cases.get(f"{kind}-{level}")
            if case is None:
                continue
            n = next((f"{one['n']:,}" for one in case.values() if "n" in one), "?")
            others = ", ".join(
                f"{SHORT.get(name, name)} {said(one)}" for name, one in case.items() if name != "almanac"
            )
            words, value = times(case)
            wanted = goal(value, least) if least is not None else "-"
            rows.append(
                f"| {work} | {level} | {n} | {said(case['almanac'])} | {others} | {words} | {wanted} |"
            )
    return rows


def slices(cases: Mapping[str, Figures]) -> list[str]:
    """Pairs in all slices against pyfim slice by slice."""
    rows = [
        "| baskets | pairs in slices | Almanac s | eclat s | fpgrowth s | times | goal |",
        "|---|---|---|---|---|---|---|",
    ]
    for level in ("type", "product"):
        case = cases.get(f"slices-{level}")
        if case is not None:
            words, value = times(case)
            seconds = " | ".join(said(case[one]) for one in ("almanac", *PYFIM))
            rows.append(f"| {level} | {case['almanac']['n']:,} | {seconds} | {words} | {goal(value, 5)} |")
    return rows


def table_of_growth(growth: Mapping[int, Figures]) -> list[str]:
    """Seconds and seconds per million baskets."""
    rows = [
        "| times the baskets | itemsets | Almanac s | a basket, against 1x | eclat s | a basket, against 1x |",
        "|---|---|---|---|---|---|",
    ]
    for factor, case in growth.items():
        cells = [f"{factor}", f"{case['almanac']['n']:,}"]
        for name in ("almanac", "pyfim eclat"):
            one, first = case[name], growth[min(growth)][name]
            cells.append(said(one))
            whole = "seconds" in one and "seconds" in first
            cells.append(f"{one['seconds'] / first['seconds'] / factor * min(growth):.2f}" if whole else "-")
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def compilation(figures: Figures | None) -> list[str]:
    """The first call on a machine and in a process."""
    if figures is None:
        return ["Not measured."]
    rows = ["| call | import s | call s | goal |", "|---|---|---|---|"]
    for name, words in (("cold", "the first on a machine"), ("warm", "the first in a process, code kept")):
        one = figures[name]
        wanted = "-" if name == "cold" else f"0.5: {'met' if one['call'] <= 0.5 else '**missed**'}"
        rows.append(f"| {words} | {one['import']:.2f} | {one['call']:.2f} | {wanted} |")
    return rows


# ---------------------------------------------------------------- the plot

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 360, 60, 50
COLOURS = {"almanac": "#1a7f64", "pyfim eclat": "#b3541e"}


def plot(growth: Mapping[int, Figures]) -> str:
    """Return both curves over the number of baskets, each with the straight line through its first point."""
    known = {
        name: [(factor, case[name]["seconds"]) for factor, case in growth.items() if "seconds" in case[name]]
        for name in COLOURS
    }
    right = max(growth)
    top = 1.1 * max(seconds for points in known.values() for _, seconds in points)

    def at(x: float, y: float) -> str:
        across, up = (WIDTH - LEFT - 20) * x / right, (HEIGHT - BOTTOM - 20) * y / top
        return f"{LEFT + across:.1f},{HEIGHT - BOTTOM - up:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        "<title>CPU seconds against the number of baskets</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<polyline points="{at(0, top)} {at(0, 0)} {at(right, 0)}" fill="none" stroke="#555555"/>',
    ]
    for factor in growth:
        x, y = at(factor, 0).split(",")
        parts.append(
            f'<text x="{x}" y="{float(y) + 18:.1f}" text-anchor="middle" fill="#333333">{factor}x</text>'
        )
    for step in range(5):
        x, y = at(0, top * step / 4).split(",")
        parts.append(
            f'<text x="{float(x) - 8:.1f}" y="{float(y) + 4:.1f}" text-anchor="end" fill="#333333">{top * step / 4:.1f}</text>'
        )
    for line, (name, points) in enumerate(known.items()):
        colour, (first, seconds) = COLOURS[name], points[0]
        far = min(right, top * first / seconds)
        parts.append(
            f'<polyline points="{at(0, 0)} {at(far, seconds / first * far)}" fill="none" stroke="{colour}" stroke-dasharray="3 4" opacity="0.6"/>'
        )
        parts.append(
            f'<polyline points="{" ".join(at(*point) for point in points)}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        )
        parts += [
            '<circle cx="{}" cy="{}" r="4" fill="{}"/>'.format(*at(*point).split(","), colour)
            for point in points
        ]
        parts.append(f'<text x="{LEFT + 20}" y="{32 + 18 * line}" fill="{colour}">{SHORT[name]}</text>')
    parts.append(
        f'<text x="{LEFT + 20}" y="{32 + 18 * len(known)}" fill="#555555">dashed: linear from the first point</text>'
    )
    parts.append(
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle" fill="#333333">baskets, times 155,516 (resampled)</text>'
    )
    parts.append(
        f'<text x="16" y="{HEIGHT / 2}" text-anchor="middle" fill="#333333" transform="rotate(-90 16 {HEIGHT / 2})">CPU seconds</text>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


PAGE = """# Itemsets, rules and slices: time, memory, growth

Written by `bench/mining.py` from `bench/results/mining.json`; `python -P bench/mining.py --case product-0.2-3` measures
one case anew, `--list` names them all, and a case that is missing below was not run.

**How.** Complete Journey, 155,516 baskets of a year: product types, products and categories, plain and with context
(six of 46 tokens more in every basket: daypart, weekday, weekend, month, season, hour). Lists of labels in, encoding
included. Figures are **user CPU seconds of one thread, not wall time**, on a machine that did other work beside; each
library of a case is a process of its own, they take turns run by run, and the median of three runs counts (of fewer
where they take more than 20 s in all). A run of more than 120 CPU seconds is cut off and stands as "> 120". Results
are equal, by number and by a checksum over items and counts, or the benchmark ends.

**Where.** {machine}. {versions}.

"times" is the faster of the peers over Almanac. "MB" is the peak resident memory over what was there before the first
call, baskets and imports (results included). eclat and fpgrowth are pyfim's, in C.

## Itemsets

{sets}

## Rules, and other libraries

Support 0.2 %, up to three items, confidence at least 10.03 %, a share that no rule has exactly (at 10 % one rule is
lost by float error in rusket).

{peers}

## Pairs in slices

Every pair of items with 30 baskets in a slice, in all of 141 slices: weekday, weekend, daypart, month, season, days
with dayparts, and the stores with 1,000 baskets. Almanac (`mining.slicepairs`) reads the baskets once, encoding
included; pyfim is run slice by slice, over lists that were picked out before its clock started. Equal pair by pair
and slice by slice.

{slices}

## Growth

Product types at 0.2 %, any length; baskets drawn with repetition, at 1x too: drawn lists lie all over the memory.

![CPU seconds against the number of baskets](bench-mining-growth.svg)

{growth}

## Compilation

CPU seconds, user and system. Machine code is made once on a machine and kept.

{compilation}
"""


if __name__ == "__main__":
    main()
