"""Text as it streams: stop strings that may lie across two pieces, and no half character.

Knows strings. It refuses to know models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def until(pieces: Iterable[str], stop: Sequence[str]) -> Iterator[str]:
    """Yield `pieces` up to the first stop string, which is left out; hold back what may become one.

    >>> list(until(["one, t", "wo. Th", "ree"], ["two"]))
    ['one, ']
    """
    marks = [mark for mark in stop if mark]
    held = ""
    for piece in pieces:
        held += piece
        cut = min((at for at in (held.find(mark) for mark in marks) if at >= 0), default=-1)
        if cut >= 0:
            if cut:
                yield held[:cut]
            return
        keep = max((_overlap(held, mark) for mark in marks), default=0)
        ready, held = held[: len(held) - keep], held[len(held) - keep :]
        if ready:
            yield ready
    if held:
        yield held


def _overlap(text: str, mark: str) -> int:
    """Length of the longest end of `text` that begins `mark`."""
    longest = min(len(text), len(mark) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(mark[:size])), 0)
