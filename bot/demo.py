"""From a fresh machine to something to serve: load and build the demo catalogues where that is not done yet.

Knows which catalogues the demo shows, and that one builds while the next loads and builds where there are two cores. It
refuses to know how one is built (`bot.build`).
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr
from functools import partial
from multiprocessing import get_context
from time import perf_counter

from bot.build import build_catalogs, build_rows, is_built
from bot.loading import load_rows, load_source, loaded_names
from bot.settings import Settings
from db.sources import BUILT_IN

Say = Callable[[str], None]
Row = tuple[str, str]
LOADING = 600.0
"""Seconds that a build waits to write its generation down: a load beside it holds the database until it is done."""


def prepare(settings: Settings, *, say: Say) -> None:
    """Load and build what is missing; do nothing, in a moment, where nothing is."""
    began = perf_counter()
    missing = [name for name in BUILT_IN if name not in loaded_names(settings)]
    unbuilt = [name for name in BUILT_IN if name in missing or is_built(settings, name) is None]
    loads = {name: partial(_load, settings, name, say) for name in missing}
    for label, value in build_side_by_side(settings, unbuilt, say, loads=loads):
        say(f"{label:<14}{value}")
    say(f"Ready after {perf_counter() - began:.1f} s.")


def _load(settings: Settings, name: str, say: Say) -> None:
    for report in load_source(settings, [name], say=say):
        for label, value in load_rows(report):
            say(f"{label:<14}{value}")


def build_side_by_side(
    settings: Settings,
    names: Sequence[str],
    say: Say,
    *,
    loads: Mapping[str, Callable[[], None]] | None = None,
) -> Iterator[Row]:
    """Build catalogues: the last one here, those before it in a process beside it where there is a core for that.

    Loading is done here, one catalogue after the other, and those that are loaded build while the next one loads.

    Args:
        settings: Where the database and the generations are.
        names: The catalogues to build.
        say: Hears what goes on.
        loads: Catalogue -> what loads it, for those that are not loaded yet.
    """
    load = loads or {}
    if len(names) < 2 or settings.thread_count < 2:
        for name in names:
            load.get(name, _nothing)()
            yield from _rows(settings, name, say)
        return
    share = settings.model_copy(update={"threads": max(settings.thread_count // 2, 1)})
    patient = settings.db.model_copy(update={"busy_timeout": LOADING})
    apart = share.model_copy(update={"db": patient})
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as beside:
        others = []
        for name in names[:-1]:
            load.get(name, _nothing)()
            others.append(beside.submit(build_apart, apart, name))
            say(f"Building {name} in a process beside this one ...")
        load.get(names[-1], _nothing)()
        yield from _rows(share, names[-1], say)
        for other in others:
            rows, told = other.result()
            sys.stderr.write(told)
            yield from rows


def _nothing() -> None:
    """Load a catalogue that is loaded."""


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
