"""How often someone may ask: token buckets in memory.

Knows names and rates. It refuses to know who a name stands for. A bucket holds a minute's worth, so a burst is
served at once and only a steady stream is slowed down.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from threading import Lock

_MOST_NAMES = 50_000
"""Buckets kept; beyond them the one that was touched longest ago goes (it has long been full again)."""


class Buckets:
    """One bucket a name: `per_minute` tokens at most, refilled evenly.

    Args:
        per_minute: Requests that a name may make in a minute.
        clock: Seconds that only grow.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._rate = per_minute / 60
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, name: str) -> int:
        """Take one token; return 0, or the whole seconds after which there will be one."""
        now = self._clock()
        with self._lock:
            tokens, then = self._kept.pop(name, (self._size, now))
            tokens = min(self._size, tokens + (now - then) * self._rate)
            wait = 0 if tokens >= 1 else ceil((1 - tokens) / self._rate)
            self._kept[name] = (tokens if wait else tokens - 1, now)
            if len(self._kept) > _MOST_NAMES:
                self._kept.popitem(last=False)
        return wait
