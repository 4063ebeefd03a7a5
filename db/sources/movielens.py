"""MovieLens 100K: 100,000 ratings of 1,682 films by 943 people, 1997 to 1998; the catalogue "movies".

Knows the files and how their words are made readable. Times are those at which a film was rated, not
watched. The people's ZIP codes give states and Census regions; a rating's place is its person's.

F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context. ACM Transactions
on Interactive Intelligent Systems 5 (4), article 19.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from db.errors import SourceError
from db.progress import Progress
from db.sources.base import Batch, Content, Profile
from db.sources.describe import Understood, tell
from db.sources.usa import REGIONS, STATES, state_of

_STEM = "ml-100k"
_ARTICLES = "The|A|An|Le|La|Les|L'|Un|Une|Il|El|Los|Las|Der|Die|Das|Det|Den|O"
_ARTICLE_LAST = re.compile(rf"([^()]+), ({_ARTICLES})(?=$|\s*\(|\))")
_GENRE_WORDS = {
    "Sci-Fi": "science fiction",
    "Children's": "children's and family",
    "Film-Noir": "film noir",
    "Animation": "animated",
    "War": "war",
}


class MovieLens:
    """The files of MovieLens 100K in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def profile(self) -> Profile:
        """Name, clock and nouns.

        The zone counts only for people without a state: it is that of the University of Minnesota, which
        ran the site, and of the middle of its people. The log ended in 1998: the clock is the data's.
        """
        return Profile(
            name="movies",
            title="MovieLens 100K",
            zone="America/Chicago",
            clock="data",
            pseudonymise=False,
            settings={
                "item": "film",
                "items": "films",
                "person": "viewer",
                "people": "viewers",
                "verb": "rated",
            },
        )

    def describe(self) -> str:
        """Say what was understood."""
        mappings = {
            "items": {"item": "item_id", "title": "movie_title", "year": "release_year", "category": "class"},
            "people": {"person": "user_id", "place": "zip_code (state)"},
            "interactions": {"person": "user_id", "item": "item_id", "at": "timestamp", "value": "rating"},
        }
        files = {"items": "item", "people": "user", "interactions": "inter"}
        tables = []
        for noun, mapping in mappings.items():
            frame = self._table(files[noun])
            extra = ["age", "gender", "occupation"] if noun == "people" else []
            tables.append(Understood(noun, f"{_STEM}.{files[noun]}", len(frame), mapping, frame, extra))
        return tell(self.profile, tables)

    def read(self, progress: Progress) -> Content:
        """Read films, people, states and ratings."""
        progress.stage("read films and ratings", 3)
        items = films(self._table("item"))
        progress.advance()
        people = _people(self._table("user"))
        progress.advance()
        ratings = self._table("inter")
        state = pd.Series(people["place"].to_numpy(), index=people["person"].to_numpy(), dtype=object)
        log = pd.DataFrame(
            {
                "person": ratings["user_id"],
                "item": ratings["item_id"],
                "at": ratings["timestamp"],
                "kind": "rate",
                "value": ratings["rating"],
                "place": ratings["user_id"].map(state[~state.index.duplicated()]),
            }
        )
        progress.advance()
        places = _places(set(people["place"].dropna()))
        return Content(
            items=(Batch(items, f"{_STEM}.item"),),
            interactions=(Batch(log, f"{_STEM}.inter"),),
            people=(Batch(people, f"{_STEM}.user"),),
            places=(Batch(places, "states"),),
            made={"places": len(places)},
        )

    def _table(self, end: str) -> pd.DataFrame:
        """Return one file as text, its columns without their type suffix, indexed by line."""
        file = self._folder / f"{_STEM}.{end}"
        try:
            frame = pd.read_csv(file, sep="\t", dtype=str, quoting=3, keep_default_na=False)
        except (OSError, ValueError) as error:
            raise SourceError(f"cannot read {str(file)!r}: {error}") from error
        frame.columns = pd.Index([str(name).split(":")[0] for name in frame.columns])
        frame.index = pd.RangeIndex(2, len(frame) + 2)
        return frame


def readable_title(title: str) -> str:
    """Return a title with its articles in front: "Abyss, The" is "The Abyss".

    It holds inside parentheses as well: "Hussard sur le toit, Le".
    """

    def turned(match: re.Match[str]) -> str:
        rest, article = match[1], match[2]
        lead = rest[: len(rest) - len(rest.lstrip())]
        return f"{lead}{article}{'' if article.endswith(chr(39)) else ' '}{rest.strip()}"

    return _ARTICLE_LAST.sub(turned, title.strip())


def films(table: pd.DataFrame) -> pd.DataFrame:
    """Return the item rows; films that share a title carry their year, entries that share both say so."""
    year = pd.to_numeric(table["release_year"], errors="coerce").astype("Int64")
    titles = [
        readable_title(title) if title != "unkonwn" else "Unknown film" for title in table["movie_title"]
    ]
    years_of = Counter(title for title, _ in dict.fromkeys(zip(titles, year.astype(str), strict=True)))
    first: dict[tuple[str, str], str] = {}
    rows = []
    for item, raw, title, when, genres in zip(
        table["item_id"], table["movie_title"], titles, year, table["class"], strict=True
    ):
        known = None if pd.isna(when) else int(when)
        shown = f"{title} ({known})" if years_of[title] > 1 else title
        twin = first.setdefault((title, str(known)), item)
        category = [genre for genre in genres.split() if genre not in ("unknown", "unkonwn")]
        rows.append(
            {
                "item": item,
                "title": shown if twin == item else f"{shown} (second entry)",
                "category": "|".join(category),
                "year": known,
                "text": _text(title, known, category),
                "original_title": raw if raw != title else None,
                "same_as": twin if twin != item else None,
            }
        )
    return pd.DataFrame(rows, index=table.index)


def _text(title: str, year: int | None, genres: list[str]) -> str:
    words = [_GENRE_WORDS.get(genre, genre.lower()) for genre in genres]
    told = f"{', '.join(words)} film" if words else "film"
    return f"{title}. {told.capitalize()}" + (f" of {year}, the {year // 10 * 10}s." if year else ".")


def _people(table: pd.DataFrame) -> pd.DataFrame:
    states = [state_of(code) for code in table["zip_code"]]
    return pd.DataFrame(
        {
            "person": table["user_id"],
            "place": [state.code if state else None for state in states],
            "age": pd.to_numeric(table["age"], errors="coerce").astype("Int64").astype(object),
            "gender": table["gender"],
            "occupation": table["occupation"],
        }
    )


def _places(codes: set[str]) -> pd.DataFrame:
    """Return the regions and those states in which someone lives."""
    rows: list[Mapping[str, str | None]] = [
        {"place": region, "name": name, "kind": "region", "parent": None, "zone": None}
        for region, name in REGIONS.items()
    ]
    for code in sorted(codes):
        state = STATES[code]
        own = {"place": code, "name": state.name, "kind": "state"}
        rows.append(own | {"parent": state.region, "zone": state.zone})
    return pd.DataFrame(rows)
