"""One catalogue of a running Almanac: its current generation, opened part by part.

Knows which files of a generation hold what. Each part is read at its first use, so that a question about rules
never waits for a language model. It refuses to know how a part was made (`bot.build`) or who asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    import pandas as pd

    from bot.dialogue.ground import Grounder
    from bot.dialogue.lexicon import Lexicon
    from bot.surroundings import Surroundings
    from db.generation import Generation
    from db.values import Catalog
    from mining.config import MiningConfig
    from mining.context import Calendar
    from mining.rulebook import RuleBook
    from retrieval.encode import Encoder
    from retrieval.rank import Recommender
    from retrieval.search import ItemSearch

ITEMS, PLACES = "items.parquet", "places.parquet"
RULES, SEARCH, RANK = "rules", "search", "rank"


class Facts(TypedDict):
    """What is said of an item."""

    title: str
    categories: tuple[str, ...]
    year: int | None
    n: int
    people: int
    mean: float | None
    attributes: Mapping[str, Any]


_FIXED = frozenset({"item", "title", "category", "year", "parent", "text", "n", "people", "mean", "synonyms"})


@dataclass(frozen=True)
class OpenCatalog:
    """A catalogue with the parts of its current generation."""

    info: Catalog
    generation: Generation
    mining: MiningConfig
    encoder: Encoder = field(repr=False)

    @property
    def name(self) -> str:
        """The catalogue's name."""
        return self.info.name

    @property
    def path(self) -> Path:
        """The folder of the generation."""
        return self.generation.path

    @cached_property
    def items(self) -> pd.DataFrame:
        """The items that people talk about (no variants) with `n`, `people` and `mean` beside their facts."""
        import pandas as pd

        return pd.read_parquet(self.path / ITEMS)

    @cached_property
    def places(self) -> pd.DataFrame:
        """The place frame."""
        import pandas as pd

        return pd.read_parquet(self.path / PLACES)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {item: position for position, item in enumerate(self.items["item"])}

    @cached_property
    def titles(self) -> dict[str, str]:
        """Item id -> title."""
        return dict(zip(self.items["item"], self.items["title"], strict=True))

    @cached_property
    def place_names(self) -> dict[str, str]:
        """Place id -> name."""
        return dict(zip(self.places["place"], self.places["name"], strict=True))

    @cached_property
    def _told(self) -> dict[str, Facts]:
        return {}

    def facts(self, item: str) -> Facts:
        """Return what is known of an item; read once, since a row of a frame takes longer than a whole look-up.

        Raises:
            KeyError: the catalogue has no such item.
        """
        facts = self._told.get(item)
        if facts is None:
            facts = self._told[item] = self._read(item)
        return facts

    def _read(self, item: str) -> Facts:
        import pandas as pd

        row = self.items.iloc[self._positions[item]]
        attributes = {
            str(name): value
            for name, value in row.items()
            if name not in _FIXED and pd.notna(value) and str(value).strip()
        }
        return Facts(
            title=row["title"],
            categories=tuple(part for part in str(row["category"] or "").split("|") if part),
            year=int(row["year"]) if pd.notna(row["year"]) else None,
            n=int(row["n"]),
            people=int(row["people"]),
            mean=float(row["mean"]) if pd.notna(row["mean"]) else None,
            attributes=attributes,
        )

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Every category, the most common first."""
        import pandas as pd

        parts = pd.Series(self.items["category"]).dropna().str.split("|").explode()
        return tuple(str(name) for name in parts[parts != ""].value_counts().index)

    @cached_property
    def rules(self) -> RuleBook:
        """The rule book with the basket index beside it."""
        from mining.rulebook import RuleBook

        return RuleBook.load(self.path / RULES)

    @cached_property
    def search(self) -> ItemSearch:
        """Text retrieval."""
        from retrieval.search import ItemSearch

        return ItemSearch.load(self.path / SEARCH, self.encoder)

    @cached_property
    def recommender(self) -> Recommender:
        """The ranker."""
        from retrieval.rank import Recommender

        return Recommender.load(self.path / RANK)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The linker's words."""
        from bot.dialogue.lexicon import Lexicon

        words = {"baskets": self.mining.wording.baskets}
        return Lexicon.build(self.items, self.places, nouns=nouns(self.info) | words)

    @cached_property
    def grounder(self) -> Grounder:
        """The check of titles and numbers."""
        from bot.dialogue.ground import Grounder

        return Grounder(self.titles.values())

    @cached_property
    def calendar(self) -> Calendar:
        """How instants become context words here."""
        from mining.context import Calendar

        return Calendar.of(self.mining)

    @cached_property
    def surroundings(self) -> Surroundings:
        """How instants and places become the words that rules fire on."""
        from bot.surroundings import Surroundings

        return Surroundings.of(self.mining, self.places)

    @cached_property
    def window(self) -> tuple[datetime, datetime] | None:
        """First and last instant of the data that this generation was built from."""
        first, last = self.generation.info.get("first"), self.generation.info.get("last")
        if first is None or last is None:
            return None
        return datetime.fromisoformat(first), datetime.fromisoformat(last)

    def now(self, wall: datetime | None = None) -> datetime:
        """The instant of a request that names none: the wall clock, or its weekday and hour in the last data week.

        Args:
            wall: The wall clock, for tests; the real one where None.
        """
        wall = wall or datetime.now(UTC)
        if self.info.clock != "data" or self.window is None:
            return wall
        return in_last_week(wall, self.window[1], self.info.zone)

    def covers(self) -> str:
        """Say the window of data: "data from 1 January 2017 to 31 December 2017"."""
        return self._covers

    @cached_property
    def _covers(self) -> str:
        if self.window is None:
            return "data without times"
        from zoneinfo import ZoneInfo

        first, last = (instant.astimezone(ZoneInfo(self.info.zone)) for instant in self.window)
        return f"data from {first.day} {first:%B %Y} to {last.day} {last:%B %Y}"

    def warm(self) -> None:
        """Open every part now, so that no visitor waits for it."""
        for part in ("rules", "search", "recommender", "lexicon", "grounder", "titles", "categories"):
            getattr(self, part)
        self.rules.warm()


def nouns(info: Catalog) -> dict[str, str]:
    """How people call this catalogue's things, as its settings say."""
    return {name: value for name, value in info.settings.items() if isinstance(value, str)}


def in_last_week(wall: datetime, last: datetime, zone: str) -> datetime:
    """Return the instant of the last seven days up to `last` that has the local weekday and time of `wall`."""
    from zoneinfo import ZoneInfo

    here = ZoneInfo(zone)
    local, end = wall.astimezone(here), last.astimezone(here)
    day = end.date() - timedelta(days=(end.weekday() - local.weekday()) % 7)
    moment = datetime.combine(day, local.time(), tzinfo=here)
    if moment > end:
        moment = datetime.combine(day - timedelta(days=7), local.time(), tzinfo=here)
    return moment.astimezone(UTC)
