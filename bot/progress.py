"""Progress of long work: bars on a terminal, nothing in a pipe.

Knows tqdm and stderr. It fits the progress protocol of every package (`stage`, `advance`).
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any


class Bars:
    """One bar per stage on stderr; on anything but a terminal it shows nothing and only keeps the times."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.seconds: dict[str, float] = {}
        """Stage name -> seconds, of the stages that have ended."""
        self._bar: Any = None
        self._stage: tuple[str, float] | None = None

    def stage(self, name: str, total: int | None = None) -> None:
        """End the stage before and begin one of `total` steps, None where the number is unknown."""
        self.close()
        self._stage = (name, perf_counter())
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=total,
                desc=f"{self.prefix}{name}",
                file=sys.stderr,
                unit_scale=True,
                leave=False,
                dynamic_ncols=True,
            )

    def advance(self, n: int = 1) -> None:
        """`n` more steps of the stage are done."""
        if self._bar is not None:
            self._bar.update(n)

    def close(self) -> None:
        """End the last stage."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        if self._stage is not None:
            name, began = self._stage
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - began
            self._stage = None
