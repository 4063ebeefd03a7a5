"""One engine, two kinds of session: `reading` and `writing`.

Knows how SQLite must be asked to behave (WAL, foreign keys, one writer that says so at once) and how a
failure to connect is told to people. It refuses to know any table's meaning, and keeps nothing at module
level.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlmodel import Session

from db.config import DbConfig
from db.errors import DbError
from db.tables import clean_text

FILE = "almanac.db"
_WRITES = "almanac_writes"


def open_engine(config: DbConfig, home: Path) -> Engine:
    """Return an engine that has connected once and whose schema is current.

    Args:
        config: The settings; an empty `url` means a SQLite file in `home`.
        home: The folder for what the program keeps; made where it is missing.

    Raises:
        DbError: the folder is read-only, the URL is wrong or the database cannot be reached.
    """
    from db.migrations import upgrade

    engine = _create(config, config.url or _sqlite_url(home))
    try:
        with engine.connect():
            pass
    except (OperationalError, ModuleNotFoundError) as error:
        raise DbError(f"cannot open the database {_shown(engine)}: {_cause(error)}") from error
    upgrade(engine)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Yield a session for reads; what it might have changed is rolled back."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Yield a session for one write transaction: committed at the end, rolled back on any exception.

    On SQLite it begins as BEGIN IMMEDIATE: a transaction that reads first and writes later would fail at
    once, without waiting, when another writer came between.
    """
    marked = engine.execution_options(**{_WRITES: True})
    with Session(marked, expire_on_commit=False) as session, session.begin():
        try:
            session.connection()
        except OperationalError as error:
            raise DbError(f"cannot write to the database {_shown(engine)}: {_cause(error)}") from error
        yield session


@contextmanager
def roomy(session: Session, mib: int) -> Iterator[None]:
    """Give a SQLite session a larger page cache while a block lasts, so that bulk inserts keep their indexes there.

    Other databases look after their own.
    """
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        yield
        return
    before = connection.exec_driver_sql("PRAGMA cache_size").scalar()
    connection.exec_driver_sql(f"PRAGMA cache_size = {-1024 * mib}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = {before}")


def tidy(value: Any) -> Any:
    """Return the value as JSON can hold it: NaN and infinities become None, numpy scalars plain numbers."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_text(str(key)): tidy(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [tidy(each) for each in value]
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return tidy(value.item())
    return value


def hide_password(url: str) -> str:
    """Return a database URL that can be shown."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def _dumps(value: Any) -> str:
    return json.dumps(tidy(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _sqlite_url(home: Path) -> str:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DbError(
            f"cannot make the home folder {str(home)!r}: {error.strerror}; choose another"
        ) from error
    file = home / FILE
    if not os.access(home, os.W_OK) or (file.exists() and not os.access(file, os.W_OK)):
        raise DbError(f"the home folder {str(home)!r} is read-only; choose one that can be written")
    return f"sqlite:///{file}"


def _create(config: DbConfig, url: str) -> Engine:
    try:
        parsed = make_url(url)
        engine = sa.create_engine(parsed, echo=config.echo, json_serializer=_dumps)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise DbError(f"the database URL {hide_password(url)!r} cannot be used: {_cause(error)}") from error
    if parsed.get_backend_name() == "sqlite":
        _tame_sqlite(engine, config)
    return engine


def _tame_sqlite(engine: Engine, config: DbConfig) -> None:
    """Have SQLAlchemy, not the driver, begin transactions, and set every connection's pragmas."""

    def connected(connection: Any, record: Any) -> None:  # noqa: ARG001
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(config.busy_timeout * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA cache_size = {-1024 * config.cache_mib}")
        cursor.close()

    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "begin", begun)


def _shown(engine: Engine) -> str:
    return repr(engine.url.render_as_string(hide_password=True))


def _cause(error: BaseException) -> str:
    original = getattr(error, "orig", None) or error
    return " ".join(str(original).split())
