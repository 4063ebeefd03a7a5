"""Loading a source: say what was understood, ask, write.

Knows the order of these steps. How files are read and rows written is `db`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.errors import SettingsError
from bot.progress import Bars
from bot.settings import Settings
from db.engine import open_engine, reading
from db.load import load
from db.privacy import Pseudonyms
from db.queries import list_catalogs
from db.sources import BUILT_IN, open_source
from db.values import LoadReport

Say = Callable[[str], None]


def column_mapping(pairs: Sequence[str]) -> dict[str, str]:
    """Read `OUR=THEIRS` pairs.

    Raises:
        SettingsError: a pair has no "=", or one of our columns is given twice.
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals or not ours or not theirs:
            raise SettingsError(f"--map {pair!r} must be OUR=THEIRS, such as item=sku")
        if ours in mapping:
            raise SettingsError(f"--map names our column {ours!r} twice: {mapping[ours]!r} and {theirs!r}")
        mapping[ours] = theirs
    return mapping


def load_source(
    settings: Settings,
    sources: Sequence[str],
    *,
    catalog: str | None = None,
    mapping: Sequence[str] = (),
    zone: str | None = None,
    title: str | None = None,
    confirm: Callable[[str], bool] | None = None,
    say: Say,
) -> Iterator[LoadReport]:
    """Load built-in sources one by one, and everything else named as one source.

    Args:
        settings: Where the database and the cache are.
        sources: Names of built-in sources, folders, files or a database URL.
        catalog: The catalogue's name; the source's own where None.
        mapping: `OUR=THEIRS` column pairs.
        zone: Time zone of the catalogue.
        title: Title of the catalogue.
        confirm: Asked before the owner's own data is written; None writes at once.
        say: Hears what was understood.
    """
    built_in = [name for name in sources if name in BUILT_IN]
    own = [name for name in sources if name not in BUILT_IN]
    groups = [*built_in, *([",".join(own)] if own else [])]
    if catalog is not None and len(groups) > 1:
        raise SettingsError(
            f"--catalog {catalog!r} names one catalogue, but {len(groups)} sources were given"
        )
    options = {name: value for name, value in (("zone", zone), ("title", title)) if value is not None}
    engine = open_engine(settings.db, settings.home)
    pseudonyms = Pseudonyms.open(settings.home)
    for group in groups:
        progress = Bars(f"{group}: ")
        source = open_source(
            group, cache=settings.cache, mapping=column_mapping(mapping), options=options, progress=progress
        )
        if group not in BUILT_IN:
            say(source.describe())
            name = catalog or source.profile.name
            if confirm is not None and not confirm(f"Load this as catalogue {name!r}?"):
                say("Nothing was written.")
                continue
        try:
            yield load(source, engine=engine, catalog=catalog, progress=progress, pseudonyms=pseudonyms)
        finally:
            progress.close()


def loaded_names(settings: Settings) -> tuple[str, ...]:
    """Return the names of the catalogues that are loaded."""
    with reading(open_engine(settings.db, settings.home)) as session:
        return tuple(catalog.name for catalog in list_catalogs(session=session))


def load_rows(report: LoadReport) -> list[tuple[str, str]]:
    """Tell a load report as rows for people."""
    rows = [("catalogue", f"{report.catalog} (from {report.source}, {report.seconds:.1f} s)")]
    for noun, tally in report.tallies.items():
        dropped = "".join(f", {n:,} dropped ({reason})" for reason, n in tally.dropped.items())
        made = f", {tally.made:,} of them made" if tally.made else ""
        rows.append(
            (
                noun,
                f"{tally.read:,} read: {tally.kept:,} kept{made}, {tally.quarantined:,} quarantined{dropped}",
            )
        )
    rows.extend((f"quarantined: {reason}", f"{n:,}") for reason, n in _largest(report.reasons))
    rows.extend((f"{row.file}:{row.line}", row.reason) for row in report.examples[:5])
    return rows


def _largest(reasons: Mapping[str, int], k: int = 5) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda pair: -pair[1])[:k]
