"""A chart as a value: what is drawn and the sentence that reads it, without any drawing library.

Knows the kinds of charts and how facts become one. It refuses to know colours, figures and pages (`bot.web.charts`
draws), and where facts come from. `turn.py` holds charts in an answer, so this module imports nothing of `bot`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, log1p, sqrt
from typing import Literal, Protocol

ChartKind = Literal["heatmap", "network", "histogram", "line", "bar"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LEAST = 30
"""Baskets that a cell, bar or point needs to be called the highest, where any has so many."""
_MOST_BARS = 12
_Z = 3.43


class Fact(Protocol):
    """What a chart needs of an `Evidence`."""

    @property
    def id(self) -> str:
        """Unique within the turn."""

    @property
    def kind(self) -> str:
        """What kind of fact it is."""

    @property
    def items(self) -> tuple[str, ...]:
        """Items that it speaks of."""

    @property
    def numbers(self) -> dict[str, float]:
        """Its numbers by name."""

    @property
    def text(self) -> str:
        """Its sentence."""


@dataclass(frozen=True)
class Chart:
    """One chart; JSON has a form for every field.

    | kind | x | y | z | labels |
    |---|---|---|---|---|
    | heatmap | columns (hours) | rows (weekdays) | share of each cell, a row for each y; None: no basket | one text a cell, row by row |
    | line | points in time | share at each | | one text a point |
    | bar | names, as they stand | share of each | | one text a bar |
    | histogram | names of the bins | how many in each | | one text a bin |
    | network | each link's first node, as a position in `labels` | its second node | one row: lift of each link | the nodes |

    Shares are in 0..1. The texts are what a pointer over the chart reads: counts first.
    """

    kind: ChartKind
    title: str
    sentence: str
    """Reads the chart in one sentence."""
    x: tuple[str | float, ...] = ()
    y: tuple[str | float, ...] = ()
    z: tuple[tuple[float | None, ...], ...] = ()
    labels: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    """Ids of the Evidence that it draws."""
    x_title: str = ""
    y_title: str = ""


@dataclass(frozen=True)
class Part:
    """Baskets of one slice and those with the thing in question."""

    n: int
    n_x: int

    @property
    def share(self) -> float | None:
        """n_x / n; None for no basket."""
        return self.n_x / self.n if self.n else None

    @property
    def lower(self) -> float:
        """The lower end of the share, by which cells with few baskets and with many can be ranked together.

        Wilson (1927): (s + z^2/2n - z sqrt(s(1-s)/n + z^2/4n^2)) / (1 + z^2/n), z for 5 % over 168 cells, one-sided.
        """
        if not self.n:
            return 0.0
        share, n = self.n_x / self.n, self.n
        spread = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
        return (share + _Z**2 / (2 * n) - spread) / (1 + _Z**2 / n)

    def text(self, baskets: str = "baskets") -> str:
        """Counts first, then the share."""
        return f"{self.n_x:,} of {self.n:,} {baskets}" + (
            f" ({percent(self.n_x / self.n)})" if self.n else ""
        )


def percent(share: float) -> str:
    """0.25914 -> "25.9 %", 0.00123 -> "0.12 %"."""
    return f"{100 * share:.1f} %" if share >= 0.01 else f"{100 * share:.2g} %"


def tail(part: Part, share: float) -> float:
    """Return how likely at least `n_x` of `n` are by chance: the upper tail of the binomial with that share."""
    if not part.n_x or not 0 < share < 1:
        return 1.0
    whole = lgamma(part.n + 1)
    return sum(
        exp(whole - lgamma(k + 1) - lgamma(part.n - k + 1) + k * log(share) + (part.n - k) * log1p(-share))
        for k in range(part.n_x, part.n + 1)
    )


def highest(parts: Sequence[Part]) -> int | None:
    """Return the position of the highest share among the parts with enough baskets; None where none holds it."""
    least = LEAST if any(part.n >= LEAST for part in parts) else 1
    known = [(part.share or 0.0, -place) for place, part in enumerate(parts) if part.n >= least and part.n_x]
    return -max(known)[1] if known else None


def strongest(cells: Mapping[tuple[str, int], Part]) -> tuple[str, int] | None:
    """Return the cell that is surely high: with the highest lower end of its share; None where all hold too little."""
    enough = [cell for cell, part in cells.items() if part.n >= LEAST]
    return max(enough, key=lambda cell: cells[cell].lower, default=None)


def heatmap(
    name: str,
    cells: Mapping[tuple[str, int], Part],
    *,
    baskets: str = "baskets",
    evidence: tuple[str, ...] = (),
) -> Chart:
    """Return the share of baskets with something for each weekday and hour.

    Args:
        name: What is counted.
        cells: By weekday ("monday") and hour (0 to 23).
        baskets: What the catalogue calls its baskets.
        evidence: Ids of the facts behind it.
    """
    keys = [(day, hour) for day in WEEKDAYS for hour in range(24)]
    parts = [cells.get(key, Part(0, 0)) for key in keys]
    whole = Part(sum(part.n for part in parts), sum(part.n_x for part in parts))
    best = strongest(cells)
    if best is not None and tail(cells[best], whole.share or 0.0) * len(parts) <= 0.05:
        day, hour = best
        sentence = (
            f"{name} stands out most on {day.title()}s from {hour:02}:00 to {(hour + 1) % 24:02}:00: "
            f"{cells[best].text(baskets)}; over all hours {whole.text(baskets)}."
        )
    else:
        sentence = f"No hour of the week stands out beyond chance: {name} is in {whole.text(baskets)}."
    return Chart(
        kind="heatmap",
        title=f"{name} by weekday and hour",
        sentence=sentence,
        x=tuple(f"{hour:02}" for hour in range(24)),
        y=tuple(day.title() for day in WEEKDAYS),
        z=tuple(tuple(part.share for part in parts[24 * row : 24 * row + 24]) for row in range(7)),
        labels=tuple(part.text(baskets) for part in parts),
        evidence=evidence,
        x_title="hour, local time",
        y_title="",
    )


def line(
    name: str,
    windows: Sequence[tuple[str, Part]],
    *,
    baskets: str = "baskets",
    sentence: str = "",
    evidence: tuple[str, ...] = (),
) -> Chart:
    """Return the share of baskets with something by month or week; `sentence` replaces the plain reading."""
    parts = [part for _, part in windows]
    best = highest(parts)
    plain = (
        f"{name} is in no {baskets} of a known time."
        if best is None
        else f"{name} has its highest share in {windows[best][0]}: {parts[best].text(baskets)}."
    )
    return Chart(
        kind="line",
        title=f"{name} over time",
        sentence=sentence or plain,
        x=tuple(label for label, _ in windows),
        y=tuple(part.share or 0.0 for part in parts),
        labels=tuple(part.text(baskets) for part in parts),
        evidence=evidence,
        y_title=f"share of {baskets}",
    )


def bars(
    title: str,
    named: Sequence[tuple[str, Part]],
    *,
    baskets: str = "baskets",
    sentence: str = "",
    evidence: tuple[str, ...] = (),
) -> Chart:
    """Return one bar for each name, in the order given; `sentence` replaces the plain reading."""
    shown = [(name, part) for name, part in named if part.n][:_MOST_BARS]
    best = highest([part for _, part in shown])
    plain = (
        "There is nothing to compare."
        if best is None
        else (f"{shown[best][0]} has the highest share: {shown[best][1].text(baskets)}.")
    )
    return Chart(
        kind="bar",
        title=title,
        sentence=sentence or plain,
        x=tuple(name for name, _ in shown),
        y=tuple(part.share or 0.0 for _, part in shown),
        labels=tuple(part.text(baskets) for _, part in shown),
        evidence=evidence,
        y_title=f"share of {baskets}",
    )


def histogram(
    name: str,
    bins: Sequence[tuple[str, int]],
    *,
    what: str = "people",
    sentence: str = "",
    evidence: tuple[str, ...] = (),
) -> Chart:
    """Return how many people (`what`) have a gap of each length; `sentence` replaces the plain reading."""
    total = sum(count for _, count in bins)
    top = max(bins, key=lambda one: one[1], default=None)
    plain = (
        f"Too few {what} took {name} again to tell."
        if top is None or not total
        else f"The most common gap is {top[0]} days: {top[1]:,} of {total:,} {what}."
    )
    return Chart(
        kind="histogram",
        title=f"How long until {name} again",
        sentence=sentence or plain,
        x=tuple(label for label, _ in bins),
        y=tuple(float(count) for _, count in bins),
        labels=tuple(f"{count:,} of {total:,} {what}" for _, count in bins),
        evidence=evidence,
        x_title="days between",
        y_title=what,
    )


def network(
    title: str,
    links: Iterable[tuple[str, str, float]],
    *,
    sentence: str = "",
    evidence: tuple[str, ...] = (),
) -> Chart:
    """Return things and the rules between them: first, second, lift; `sentence` replaces the plain reading."""
    kept = list(links)
    nodes = tuple(dict.fromkeys(name for first, second, _ in kept for name in (first, second)))
    place = {name: position for position, name in enumerate(nodes)}
    top = max(kept, key=lambda link: link[2], default=None)
    plain = (
        "No rule links anything here."
        if top is None
        else f"The strongest of {len(kept):,} links is {top[0]} with {top[1]}: "
        f"{top[2]:.1f} times as often as by chance."
    )
    return Chart(
        kind="network",
        title=title,
        sentence=sentence or plain,
        x=tuple(float(place[first]) for first, _, _ in kept),
        y=tuple(float(place[second]) for _, second, _ in kept),
        z=(tuple(lift for _, _, lift in kept),),
        labels=nodes,
        evidence=evidence,
    )


def charts_of(
    facts: Sequence[Fact], names: Mapping[str, str], subject: str, *, baskets: str = "baskets"
) -> tuple[Chart, ...]:
    """Return the charts that facts of one turn can be drawn as, none where they hold no series.

    A fact whose numbers are named "n VALUE" and "n_x VALUE" is drawn by these values: as a heat map where each is a
    weekday and an hour ("n friday 18"), as a line where it is a trend, else as bars. "gaps LOW-HIGH" make a
    histogram. Two or more rules that link items make bars of their confidence.

    Args:
        facts: Evidence of the turn.
        names: A readable name of items and places, by id.
        subject: What the question was about.
        baskets: What the catalogue calls its baskets.
    """
    charts = [chart for fact in facts if (chart := _chart_of(fact, names, subject, baskets)) is not None]
    rules = [fact for fact in facts if fact.kind in {"rule", "together"} and len(fact.items) > 1]
    if len(rules) > 1:
        named = [
            (names.get(fact.items[-1], fact.items[-1]), _part(fact.numbers, "n_x", "n_xy")) for fact in rules
        ]
        charts.append(
            bars(
                f"What goes with {subject}",
                named,
                baskets=f"{baskets} with {subject}",
                evidence=tuple(fact.id for fact in rules),
            )
        )
    return tuple(charts)


def _part(numbers: Mapping[str, float], n: str, n_x: str) -> Part:
    return Part(round(numbers.get(n, 0.0)), round(numbers.get(n_x, 0.0)))


def _chart_of(fact: Fact, names: Mapping[str, str], subject: str, baskets: str) -> Chart | None:
    """Return the chart of one fact's own series, None where it has none."""
    gaps = [(name[5:], round(value)) for name, value in fact.numbers.items() if name.startswith("gaps ")]
    if gaps:
        return histogram(subject, gaps, what="gaps", evidence=(fact.id,))
    values = [
        name[2:] for name in fact.numbers if name.startswith("n ") and f"n_x {name[2:]}" in fact.numbers
    ]
    if len(values) < 2:
        return None
    parts = [(value, _part(fact.numbers, f"n {value}", f"n_x {value}")) for value in values]
    hours = {cell: part for value, part in parts if (cell := _cell(value)) is not None}
    if len(hours) == len(parts):
        return heatmap(subject, hours, baskets=baskets, evidence=(fact.id,))
    if fact.kind == "trend":
        return line(subject, parts, baskets=baskets, sentence=fact.text, evidence=(fact.id,))
    named = [(names.get(value, value[:1].upper() + value[1:]), part) for value, part in parts]
    if len(named) > _MOST_BARS:
        named = sorted(named, key=lambda one: -(one[1].share or 0.0) if one[1].n >= LEAST else 0.0)
    return bars(subject, named, baskets=baskets, sentence=fact.text, evidence=(fact.id,))


def _cell(value: str) -> tuple[str, int] | None:
    """Read "friday 18"."""
    day, _, hour = value.partition(" ")
    return (day, int(hour)) if day in WEEKDAYS and hour.isdigit() and int(hour) < 24 else None
