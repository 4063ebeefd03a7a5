"""Is this installation well? Each check says what is so and, where it is not, what to do.

Knows what can be wrong: settings, folders, database, assets, generations, libraries, the model. It mends nothing but
the schema, and that only when asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec

from bot.dialogue.turn import Frozen
from bot.settings import Settings
from db.assets import NAMES, fetch
from db.engine import open_engine, reading
from db.errors import DbError
from db.generation import GenerationStore
from db.queries import list_catalogs
from retrieval.boost import lightgbm


class Finding(Frozen):
    """The outcome of one check."""

    check: str
    ok: bool
    text: str


def examine(settings: Settings, *, migrate: bool = False) -> list[Finding]:
    """Run every check; `migrate` brings the database's schema up to date first."""
    return [
        *_folders(settings),
        *_database(settings, migrate),
        *_assets(settings),
        *_libraries(),
        *_model(settings),
    ]


def _folders(settings: Settings) -> Iterator[Finding]:
    for name, folder in (("home", settings.home), ("cache", settings.cache)):
        existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        writable = os.access(existing, os.W_OK)
        advice = "" if writable else f"; set ALMANAC_{name.upper()} to a folder that can be written"
        yield Finding(check=name, ok=writable, text=f"{folder}{advice}")


def _database(settings: Settings, migrate: bool) -> Iterator[Finding]:
    try:
        engine = open_engine(settings.db, settings.home)
        with reading(engine) as session:
            catalogs = list_catalogs(session=session)
    except DbError as error:
        yield Finding(check="database", ok=False, text=str(error))
        return
    done = "schema is current" + (" (migrated)" if migrate else "")
    yield Finding(
        check="database", ok=True, text=f"{engine.url.render_as_string(hide_password=True)}, {done}"
    )
    if not catalogs:
        yield Finding(check="catalogues", ok=False, text="none is loaded: run `almanac load SOURCE`")
    store = GenerationStore(settings.home / "generations")
    for info in catalogs:
        generation = store.current(info.name)
        if generation is None:
            yield Finding(
                check=info.name, ok=False, text=f"never built: run `almanac build --catalog {info.name}`"
            )
            continue
        try:
            generation.verify()
        except DbError as error:
            yield Finding(
                check=info.name, ok=False, text=f"{error}; run `almanac build --catalog {info.name}`"
            )
        else:
            yield Finding(check=info.name, ok=True, text=f"generation {generation.id}, every file as sealed")


def _assets(settings: Settings) -> Iterator[Finding]:
    for name in NAMES:
        if not (settings.cache / name).exists():
            yield Finding(check=name, ok=True, text="not fetched yet; `almanac fetch` gets what is needed")
            continue
        try:
            yield Finding(check=name, ok=True, text=str(fetch(name, settings.cache, verify=True)))
        except DbError as error:
            yield Finding(check=name, ok=False, text=str(error))


def _libraries() -> Iterator[Finding]:
    found = find_spec("faiss") is not None
    advice = "" if found else ": install almanac-recommender[cpu] or almanac-recommender[gpu]"
    yield Finding(check="faiss", ok=found, text="installed" if found else f"missing{advice}")
    try:
        lightgbm()
    except RuntimeError as missing:
        yield Finding(check="lightgbm", ok=False, text=str(missing))
    else:
        yield Finding(check="lightgbm", ok=True, text="installed")


def _model(settings: Settings) -> Iterator[Finding]:
    llm = settings.llm
    text = {
        "local": f"local, {llm.model}",
        "openai": f"{llm.model} at {llm.base_url or 'the hosted API'}",
        "scripted": "scripted: for tests and demos",
        "none": "none: templates and the planner answer",
    }[llm.backend]
    yield Finding(check="model", ok=True, text=text)
