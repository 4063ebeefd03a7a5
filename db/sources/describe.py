"""What was understood of a source, in words, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from db.sources.base import Profile

SAMPLE = 3
_WIDE = 100


@dataclass(frozen=True)
class Understood:
    """One file or table and how its columns were taken."""

    noun: str
    file: str
    rows: int
    mapping: Mapping[str, str]
    """Our column -> theirs."""
    sample: pd.DataFrame
    """Its first rows, as they stand in it."""
    attributes: Sequence[str] = ()
    """Columns that are kept under their own name."""
    ignored: Sequence[str] = ()


def tell(profile: Profile, tables: Sequence[Understood]) -> str:
    """Return the description, one paragraph a file."""
    clock = "the wall clock" if profile.clock == "wall" else "the last week of its data"
    lines = [
        f"{profile.title} as catalogue {profile.name!r}",
        f"local time {profile.zone}, {profile.hemisphere}ern seasons, now is {clock}",
    ]
    if profile.pseudonymise:
        lines.append("ids of people are replaced by pseudonyms")
    for table in tables:
        lines.append("")
        lines.append(f"{table.noun}: {table.file}, {table.rows:,} rows")
        mapped = [ours if ours == theirs else f"{ours} <- {theirs}" for ours, theirs in table.mapping.items()]
        lines.append(f"  columns: {', '.join(mapped)}")
        for label, names in (("attributes", table.attributes), ("not used", table.ignored)):
            if names:
                lines.append(f"  {label}: {', '.join(names)}")
        sample = table.sample.head(SAMPLE).map(lambda cell: str(cell)[:40])
        lines += [f"  | {line[:_WIDE]}" for line in sample.to_string(index=False).splitlines()]
    return "\n".join(lines)
