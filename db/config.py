"""The settings of the database. Reads no environment: whoever composes the program passes them in."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class DbConfig(BaseModel):
    """Where rows live and how long a writer waits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = ""
    """SQLAlchemy URL; empty means a SQLite file `almanac.db` in the home folder."""
    busy_timeout: float = Field(default=30.0, ge=0)
    """Seconds that a SQLite connection waits for another writer."""
    cache_mib: int = Field(default=64, ge=1)
    """Page cache of a SQLite connection in MiB; a load takes more while it lasts."""
    echo: bool = False
    """Log every SQL statement, for debugging."""
