"""How many processor threads a local model gets. Knows the machine, and no library."""

from __future__ import annotations

import os


def threads_for(setting: int) -> int:
    """CPU threads: as set, else one fewer than the cores, since the server needs one.

    Two torch threads on two busy cores wait for each other at every layer (measured: 20 times slower than one).
    """
    return setting or max(1, len(os.sched_getaffinity(0)) - 1)
