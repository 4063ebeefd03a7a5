"""From a fresh machine to something to serve: load and build the demo catalogues where that is not done yet.

Knows which catalogues the demo shows and that two of them build side by side where there are two cores. It refuses to
know how one is built (`bot.build`).
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr
from multiprocessing import get_context
from time import perf_counter

from bot.build import build_catalogs, build_rows, is_built
from bot.loading import load_rows, load_source, loaded_names
from bot.settings import Settings
from db.sources import BUILT_IN

Say = Callable[[str], None]
Row = tuple[str, str]


def prepare(settings: Settings, *, say: Say) -> None:
    """Load and build what is missing; do nothing, in a moment, where nothing is."""
    began = perf_counter()
    missing = [name for name in BUILT_IN if name not in loaded_names(settings)]
    for report in load_source(settings, missing, say=say) if missing else ():
        for name, value in load_rows(report):
            say(f"{name:<14}{value}")
    unbuilt = [name for name in BUILT_IN if is_built(settings, name) is None]
    for label, value in build_side_by_side(settings, unbuilt, say):
        say(f"{label:<14}{value}")
    say(f"Ready after {perf_counter() - began:.1f} s.")


def build_side_by_side(settings: Settings, names: Sequence[str], say: Say) -> Iterator[Row]:
    """Build catalogues: the last one here, those before it in a process beside it where there is a core for that."""
    if len(names) < 2 or settings.thread_count < 2:
        for name in names:
            yield from _rows(settings, name, say)
        return
    share = settings.model_copy(update={"threads": max(settings.thread_count // 2, 1)})
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as beside:
        others = [beside.submit(build_apart, share, name) for name in names[:-1]]
        say(f"Building {', '.join(names[:-1])} beside it ...")
        yield from _rows(share, names[-1], say)
        for other in others:
            rows, told = other.result()
            sys.stderr.write(told)
            yield from rows


def build_apart(settings: Settings, name: str) -> tuple[list[Row], str]:
    """Build one catalogue in a process of its own; return its report and what it wrote to stderr.

    Only one process draws progress bars.
    """
    with redirect_stderr(io.StringIO()) as told:
        rows = list(_rows(settings, name, lambda line: None))  # noqa: ARG005 - the report says it all
    return rows, told.getvalue()


def _rows(settings: Settings, name: str, say: Say) -> Iterator[Row]:
    for built in build_catalogs(settings, name, say=say):
        yield from build_rows(built)
