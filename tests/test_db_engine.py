"""The engine: how SQLite is asked to behave, what a failure says, and that the schema is the tables'."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from datetime import UTC, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import SQLModel

import db
from db import DbConfig, DbError, open_engine, reading, writing
from db.engine import roomy, tidy
from db.migrations import HEAD, is_current, upgrade
from db.tables import CatalogRow, Instant, SafeText


@pytest.fixture
def engine(tmp_path):
    made = open_engine(DbConfig(), tmp_path)
    yield made
    made.dispose()


def test_sqlite_keeps_a_log_checks_keys_and_waits(engine):
    with engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragma == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000}


def test_two_writers_that_read_first_both_get_through(engine):
    """With a deferred BEGIN one of them would fail at once: "database is locked"."""
    with writing(engine) as session:
        session.add(CatalogRow(name="count", title="0"))

    def add() -> None:
        for _ in range(20):
            with writing(engine) as session:
                row = session.get(CatalogRow, 1)
                row.title = str(int(row.title) + 1)
                session.add(row)

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as session:
        assert session.get(CatalogRow, 1).title == "40"


def test_a_load_has_room_while_it_lasts(engine):
    def size(session) -> int:
        return session.connection().exec_driver_sql("PRAGMA cache_size").scalar()

    with writing(engine) as session:
        before = size(session)
        with roomy(session, 128):
            assert size(session) == -128 * 1024
        assert size(session) == before


def test_an_exception_rolls_the_write_back(engine):
    def interrupted() -> None:
        with writing(engine) as session:
            session.add(CatalogRow(name="half", title="half"))
            session.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with reading(engine) as session:
        assert session.get(CatalogRow, 1) is None


def test_a_home_that_is_a_file_is_one_clear_line(tmp_path):
    file = tmp_path / "home"
    file.write_text("")
    with pytest.raises(DbError, match=r"cannot make the home folder .*; choose another"):
        open_engine(DbConfig(), file)


def test_a_read_only_home_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setattr("db.engine.os.access", lambda path, mode: False)
    with pytest.raises(DbError, match="is read-only; choose one that can be written"):
        open_engine(DbConfig(), tmp_path)


@pytest.mark.parametrize("url", ["nonsense", "nodialect://x", "sqlite:////no/such/folder/x.db"])
def test_a_url_that_cannot_be_used_is_one_clear_line(url, tmp_path):
    with pytest.raises(DbError) as caught:
        open_engine(DbConfig(url=url), tmp_path)
    assert "\n" not in str(caught.value)


def test_a_password_is_never_shown(tmp_path):
    url = "postgresql+psycopg://me:hidden@localhost:1/x"
    with pytest.raises(DbError) as caught:
        open_engine(DbConfig(url=url), tmp_path)
    assert "hidden" not in str(caught.value)


def test_migrations_make_exactly_the_tables(engine):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_head_is_the_latest_revision():
    from pathlib import Path

    from alembic.script import ScriptDirectory

    import db.migrations

    assert ScriptDirectory(str(Path(db.migrations.__file__).parent)).get_current_head() == HEAD


def test_upgrade_makes_a_bare_database_current_and_can_be_repeated(tmp_path):
    bare = sa.create_engine(f"sqlite:///{tmp_path}/bare.db")
    assert not is_current(bare)
    upgrade(bare)
    upgrade(bare)
    assert is_current(bare)
    bare.dispose()


def test_a_database_of_a_later_version_is_left_alone(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DbError, match="update this program"):
        upgrade(engine)


def test_tidy_makes_json_of_anything():
    value = {"a": math.nan, 1: [math.inf, np.float32(2), np.int64(3)], "s": "x\ud800y", "t": (True, None)}
    assert tidy(value) == {"a": None, "1": [None, 2.0, 3], "s": "x\ufffdy", "t": [True, None]}


def test_lone_surrogates_and_nan_can_be_stored(engine):
    with writing(engine) as session:
        session.add(CatalogRow(name="odd", title="a\ud800b\x00c", settings={"x": math.nan, "y": "\udfff"}))
    with reading(engine) as session:
        row = session.get(CatalogRow, 1)
        assert (row.title, row.settings) == ("a\ufffdbc", {"x": None, "y": "\ufffd"})


@given(st.text(st.characters(), max_size=30))
def test_safe_text_can_always_be_encoded(text):
    stored = SafeText().process_bind_param(text, None)
    stored.encode()
    if "\x00" not in text and not any(0xD800 <= ord(letter) < 0xE000 for letter in text):
        assert stored == text


@given(st.datetimes(pd.Timestamp(1800, 1, 1), pd.Timestamp(2200, 1, 1)), st.integers(-12, 14))
def test_instants_come_back_as_the_same_moment_in_utc(naive, hours):
    column = Instant()
    at = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    back = column.process_result_value(column.process_bind_param(at, None), None)
    assert back == at
    assert back.tzinfo is UTC
    assert column.process_bind_param(naive, None) == column.process_bind_param(
        naive.replace(tzinfo=UTC), None
    )


def test_importing_db_loads_nothing_heavy_and_every_public_name_exists():
    code = "import db, sys; assert not {'sqlmodel', 'pandas', 'sqlalchemy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    for name in db.__all__:
        assert getattr(db, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        db.nothing  # noqa: B018
