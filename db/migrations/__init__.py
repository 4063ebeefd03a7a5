"""The schema's history, run from code: `upgrade`, `is_current`.

Knows Alembic. It refuses to know rows. Alembic is imported only where there is something to do, so that
opening a database that is current stays cheap.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError, ProgrammingError

from db.errors import DbError

HEAD = "0001"
"""The latest revision; a test holds it to the files in `versions`."""


def is_current(engine: Engine) -> bool:
    """Tell whether the schema is the one that this version of the program writes.

    Raises:
        DbError: the database was written by a later version.
    """
    if not sa.inspect(engine).has_table("alembic_version"):
        return False
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found > HEAD:
        raise DbError(f"the database is at revision {found!r}, later than {HEAD!r}: update this program")
    return found == HEAD


def upgrade(engine: Engine) -> None:
    """Bring the schema to `HEAD`, in one write transaction; do nothing where it is there already.

    Raises:
        DbError: the database cannot be written, or is of a later version.
    """
    if is_current(engine):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    writer = engine.execution_options(almanac_writes=True)
    try:
        with writer.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except (OperationalError, ProgrammingError) as error:
        shown = engine.url.render_as_string(hide_password=True)
        raise DbError(f"cannot bring the database {shown!r} up to date: {error.orig}") from error
