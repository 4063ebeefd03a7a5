"""For each code the lines that have it: lists that are read from their best line on, as far as an answer needs.

Knows codes and lines. It refuses to know what they stand for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Lists:
    """Lists of lines, each ascending: best first; of two lists that share a line, the line counts once."""

    line: NDArray[np.int32]
    at: NDArray[np.int64]
    """Where each list begins in `line`."""
    end: NDArray[np.int64]
    """Where it ends."""

    @property
    def cost(self) -> int:
        """What reading them costs, in lines: the first line of each is looked up where no other is near."""
        return int((self.end - self.at).sum()) + 16 * len(self.at)


@dataclass(frozen=True, eq=False)
class Postings:
    """For each code the lines that have it, ascending: best first."""

    start: NDArray[np.int64]
    line: NDArray[np.int32]

    @classmethod
    def of(cls, code: NDArray[Any], n: int) -> Postings:
        """Return the postings of the code of each line, of which there are n."""
        counts = np.bincount(code, minlength=n)
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(start, np.argsort(code, kind="stable").astype(np.int32))

    def lists(self, codes: NDArray[np.int64]) -> Lists:
        """Return the lists of some codes, those that have no line left out."""
        at, end = self.start[codes], self.start[codes + 1]
        some = end > at
        return Lists(self.line, at[some], end[some])
