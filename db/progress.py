"""How long work tells how far it is. Knows no terminal: a caller draws the bars."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listens to long work."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage; `total` is how much `advance` will add up to, None where unknown."""

    def advance(self, n: int = 1) -> None:
        """`n` more units (rows, bytes) of the current stage are done."""


class Silent:
    """A listener that shows nothing."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Ignore the stage."""

    def advance(self, n: int = 1) -> None:
        """Ignore the step."""
