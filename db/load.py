"""From a source to rows: validated, bad rows quarantined, all in one write transaction."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from db.privacy import Pseudonyms
from db.progress import Progress
from db.sources.base import Source
from db.values import LoadReport


def load(
    source: Source,
    *,
    engine: Engine,
    catalog: str | None = None,
    progress: Progress | None = None,
    pseudonyms: Pseudonyms | None = None,
) -> LoadReport:
    """Load a source, replacing an earlier load of the same catalogue; live interactions are kept.

    Args:
        source: What to load (`db.sources.open_source`).
        engine: The database.
        catalog: The catalogue's name; None takes the source's.
        progress: Listens.
        pseudonyms: Replaces ids of people; required where the source says so (`profile.pseudonymise`).

    Raises:
        SourceError: the source cannot be read, or holds no usable item or interaction.
        DbError: the database cannot be written, or pseudonyms are required.
    """
    raise NotImplementedError
