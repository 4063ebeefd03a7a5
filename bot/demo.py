"""From a fresh machine to something to serve: load and build the demo catalogues where that is not done yet."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from bot.build import build_catalogs, build_rows, is_built
from bot.loading import load_rows, load_source, loaded_names
from bot.settings import Settings
from db.sources import BUILT_IN

Say = Callable[[str], None]


def prepare(settings: Settings, *, say: Say) -> None:
    """Load and build what is missing; do nothing, in a moment, where nothing is."""
    began = perf_counter()
    missing = [name for name in BUILT_IN if name not in loaded_names(settings)]
    for report in load_source(settings, missing, say=say) if missing else ():
        for name, value in load_rows(report):
            say(f"{name:<14}{value}")
    for name in BUILT_IN:
        if is_built(settings, name) is None:
            for built in build_catalogs(settings, name, say=say):
                for label, value in build_rows(built):
                    say(f"{label:<14}{value}")
    say(f"Ready after {perf_counter() - began:.1f} s.")
