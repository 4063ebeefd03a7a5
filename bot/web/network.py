"""Where the nodes of a network lie, and on which side of them their names stand, so that no name covers another.

Knows geometry in pixels of the narrowest screen: on a wider one the same picture is stretched sideways and has more
room. It refuses to know the drawing library and what is linked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WIDTH = 310.0
"""Pixels between the edges of the drawing on a phone."""
LINE = 14
"""Characters that a line of a name has at most; a name has two lines."""
_CHARACTER, _ROW, _MARKER = 6.1, 13.0, 16.0
"""Pixels of a character, of a line and of a node, at the size that `bot.web.charts` writes."""
_AREA = 5_200.0
"""Square pixels for each node."""
_STEPS = 200
_GRAVITY = 1.5
"""Pull to the middle, so that parts without a link between them do not drift apart and leave each other no room."""


@dataclass(frozen=True)
class Placed:
    """A network ready to be drawn: pixels from the upper left corner."""

    height: float
    places: tuple[tuple[float, float], ...]
    """Of each node, x and y."""
    above: tuple[bool, ...]
    """Of each node, whether its name stands above it, else below."""
    names: tuple[tuple[str, ...], ...]
    """Of each node, the lines of its name."""


def place(labels: Sequence[str], links: Sequence[tuple[int, int]]) -> Placed:
    """Return where nodes and names go: near what they are linked with, and no name over another."""
    n = len(labels)
    names = tuple(lines(label) for label in labels)
    height = max(300.0, _AREA * n / WIDTH)
    free = np.array(spread(n, links)).reshape(n, 2)
    wide = np.array([max(_MARKER, _CHARACTER * max(map(len, name), default=0)) for name in names])
    high = np.array([_MARKER + _ROW * len(name) for name in names])
    above = np.array(_away(free, links), dtype=bool)
    size = np.stack([wide, high], axis=1)
    at = (free + 1) / 2 * (
        np.array([WIDTH, height]) - size
    ) + size / 2  # the middle of node and name together
    at = _apart(at, size, np.array([WIDTH, height]))
    side = np.where(above, 1, -1) * (high - _MARKER) / 2
    return Placed(
        height,
        tuple((float(x), float(y)) for x, y in zip(at[:, 0], at[:, 1] + side, strict=True)),
        tuple(bool(one) for one in above),
        names,
    )


def lines(label: str) -> tuple[str, ...]:
    """Return a name in at most two lines, cut off with an ellipsis where it is longer."""
    if len(label) <= LINE:
        return (label,)
    cut = label.rfind(" ", 0, LINE + 1)
    first = label[:cut] if cut > 0 else label[:LINE]
    rest = label[len(first) :].strip()
    return (first, rest if len(rest) <= LINE else f"{rest[: LINE - 1].rstrip()}…")


def _away(places: np.ndarray, links: Sequence[tuple[int, int]]) -> list[bool]:
    """Write each name on the side that its neighbours are not on; True is above (y grows downwards)."""
    sides = []
    for node, (_, y) in enumerate(places):
        around = [places[first + second - node][1] for first, second in links if node in (first, second)]
        sides.append(bool(y <= (sum(around) / len(around) if around else 0.0)))
    return sides


def _apart(at: np.ndarray, size: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Push boxes that overlap apart along the shorter way, each by half, until none do; they stay in the frame."""
    need = (size[:, None] + size[None, :]) / 2 + 2
    tie = np.sign(np.arange(len(at))[:, None] - np.arange(len(at))[None, :])[..., None]
    for _ in range(4 * _STEPS):
        gap = at[:, None] - at[None, :]
        over = need - np.abs(gap)
        clash = (over > 0).all(axis=2) & (tie[..., 0] != 0)
        if not clash.any():
            break
        way = np.where(gap == 0, tie, np.sign(gap))
        shorter = over <= over[..., ::-1]
        at = at + 0.3 * np.where(clash[..., None] & shorter, way * over, 0.0).sum(axis=1)
        at = np.clip(at, size / 2, frame - size / 2)
    return at


def spread(n: int, links: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """Return places for n nodes within -1 to 1: linked ones near, all others apart.

    Springs (distance^2 / ideal) and charges (ideal^2 / distance) after Fruchterman and Reingold (1991), from a circle,
    with steps that shrink: the same links give the same picture.
    """
    angle = 2 * np.pi * np.arange(n) / max(n, 1)
    places = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    linked = np.zeros((n, n))
    for one, other in links:
        linked[one, other] = linked[other, one] = 1
    ideal = np.sqrt(4 / max(n, 1))
    for step in range(_STEPS):
        apart = places[:, None, :] - places[None, :, :]
        gap = np.maximum(np.hypot(apart[..., 0], apart[..., 1]), 0.01)
        force = ideal**2 / gap**2 - linked * gap / ideal
        move = (apart * force[..., None]).sum(axis=1) - _GRAVITY * places
        length = np.maximum(np.hypot(move[:, 0], move[:, 1]), 1e-9)
        heat = 0.2 * (1 - step / _STEPS)
        places = places + move * (np.minimum(length, heat) / length)[:, None]
    low, high = places.min(axis=0, initial=0.0), places.max(axis=0, initial=0.0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-9)
    return [(float(x), float(y)) for x, y in (places - middle) / half]
