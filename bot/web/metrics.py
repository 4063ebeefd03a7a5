"""Counters and histograms of the web door, in Prometheus's text format.

Knows how to count from several threads and how to print. It refuses to know what is counted: doors name that.
Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from math import inf
from threading import Lock

Labels = tuple[tuple[str, str], ...]
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Upper bounds in seconds: a turn should take at most 8, its first words at most 2."""


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _braces(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels) + "}" if labels else ""


class Counter:
    """A number that only grows, by labels."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._values: dict[Labels, float] = defaultdict(float)
        self._lock = Lock()

    def add(self, amount: float = 1.0, **labels: str) -> None:
        """Add `amount` under these labels."""
        with self._lock:
            self._values[tuple(sorted(labels.items()))] += amount

    def lines(self) -> list[str]:
        """Return the lines of this counter."""
        with self._lock:
            values = sorted(self._values.items())
        head = [f"# HELP {self.name} {self.text}", f"# TYPE {self.name} counter"]
        return head + [f"{self.name}{_braces(labels)} {value:g}" for labels, value in values]


class Histogram:
    """Durations in seconds, counted by bucket and labels."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = defaultdict(float)
        self._lock = Lock()

    def observe(self, seconds: float, **labels: str) -> None:
        """Count one duration under these labels."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(BUCKETS) + 1))
            counts[bisect_left(BUCKETS, seconds)] += 1
            self._sums[key] += seconds

    def quantile(self, share: float) -> tuple[float, int] | None:
        """Return the bound in seconds within which a share of all durations lies, and how many there are.

        None where nothing was counted; infinity where the share reaches beyond the last bound.
        """
        with self._lock:
            series = list(self._counts.values())
            counts = [sum(column) for column in zip(*series, strict=True)]
        total, running = sum(counts), 0
        for bound, count in zip((*BUCKETS, inf), counts, strict=False):
            running += count
            if total and running >= share * total:
                return bound, total
        return None

    def lines(self) -> list[str]:
        """Return the lines of this histogram: cumulative buckets, sum and count."""
        with self._lock:
            series = [(key, list(counts), self._sums[key]) for key, counts in sorted(self._counts.items())]
        lines = [f"# HELP {self.name} {self.text}", f"# TYPE {self.name} histogram"]
        for labels, counts, total in series:
            running = 0
            for bound, count in zip([*map(str, BUCKETS), "+Inf"], counts, strict=True):
                running += count
                lines.append(f"{self.name}_bucket{_braces((*labels, ('le', bound)))} {running}")
            lines.append(f"{self.name}_sum{_braces(labels)} {total:g}")
            lines.append(f"{self.name}_count{_braces(labels)} {running}")
        return lines


class Metrics:
    """Everything that the web door counts."""

    def __init__(self) -> None:
        self.requests = Counter("almanac_requests_total", "API requests by route and status.")
        self.turns = Counter(
            "almanac_turns_total", "Turns by door and outcome (done, error, refused, stopped)."
        )
        self.degraded = Counter("almanac_turns_degraded_total", "Turns answered without the language model.")
        self.tools = Counter("almanac_tool_calls_total", "Tool calls by tool and door.")
        self.feedback = Counter("almanac_feedback_total", "Verdicts on answers by catalogue.")
        self.events = Counter(
            "almanac_events_total", "Behaviour that came in, by outcome (added, repeated, rejected)."
        )
        self.turn_seconds = Histogram(
            "almanac_turn_seconds", "Seconds from message to the end of its answer."
        )
        self.first_token_seconds = Histogram(
            "almanac_first_token_seconds", "Seconds from message to the first words of its answer."
        )

    def render(self) -> str:
        """Return all series as text."""
        series = (
            self.requests,
            self.turns,
            self.degraded,
            self.tools,
            self.feedback,
            self.events,
            self.turn_seconds,
            self.first_token_seconds,
        )
        return "\n".join(line for one in series for line in one.lines()) + "\n"
