"""A question about rules with every name resolved, and notes that know how rules say themselves.

Knows names, nouns and the window of the data. It refuses to know which counts answer which question.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.dialogue.aspects import Aspect
from bot.dialogue.turn import ToolResult
from bot.tools.facts import Notes
from mining.count import EVERYTHING, Slice
from mining.phrases import opened

if TYPE_CHECKING:
    from bot.tools.toolbox import Toolbox

BOOK, INDEX = "rule book", "counted in the basket index"
FEW = 3
"""Fewer people than this behind a pair: the answer says that the data cannot tell."""


@dataclass(frozen=True)
class Question:
    """A question about rules, every name resolved."""

    items: tuple[str, ...] = ()
    with_items: tuple[str, ...] = ()
    category: str | None = None
    where: Slice = EVERYTHING
    against: Slice | None = None
    within_days: int = 30
    kind: str = "any"
    k: int = 5

    @property
    def subject(self) -> tuple[str, ...]:
        """What the question is about: its items, else its category."""
        if self.items:
            return self.items
        return (f"category:{self.category}",) if self.category else ()

    @property
    def among(self) -> str | None:
        """The category that answers must be of: the one named beside an item."""
        return self.category if self.items else None

    def of_kind(self, kind: str) -> Question:
        """Return the same question about another kind of rule."""
        return replace(self, kind=kind)


class RuleNotes(Notes):
    """Notes that know how rules say themselves in this catalogue."""

    def __init__(self, box: Toolbox) -> None:
        super().__init__(box.catalog, box.first)
        self.book = box.catalog.rules
        self.names = names_of(box.catalog.rules.names(), box.catalog.place_names)
        self.words = box.catalog.mining.wording
        self.now = box.now
        self.person = box.asker.person
        self.aspects: tuple[Aspect, ...] = box.situation.aspects
        self.lang = box.lang
        self.zh = box.lang == "zh"

    def say(self, kind: str, rule: Any, source: str, *, more: Mapping[str, float] | None = None) -> None:
        """Note a rule, count, cycle, trend or profile by its own sentence.

        Args:
            kind: Kind of the Evidence.
            rule: Whatever has `sentence` and `numbers`.
            source: Where it was read.
            more: Further numbers of the fact.
        """
        keys = [
            *(getattr(rule, "antecedent", ()) or getattr(rule, "x", ())),
            *(getattr(rule, "consequent", ()) or getattr(rule, "y", ())),
            *getattr(rule, "keys", ()),
        ]
        self.note(
            kind,
            rule.sentence(self.names, self.lang, wording=self.words),
            items=self.shown(keys),
            numbers=rule.numbers() | dict(more or {}),
            source=source,
        )

    def tell(
        self,
        kind: str,
        english: str,
        chinese: str,
        *,
        keys: tuple[str, ...] = (),
        numbers: Mapping[str, float] | None = None,
        source: str = INDEX,
    ) -> None:
        """Note a fact in the language of the question."""
        self.note(
            kind,
            chinese if self.zh else opened(english),
            items=self.shown(keys),
            numbers=numbers,
            source=source,
        )

    def cannot_tell(self, english: str, chinese: str, numbers: dict[str, float] | None = None) -> None:
        """Note that the data do not answer, and why."""
        self.tell("notice", english, chinese, numbers=numbers)

    def shown(self, keys: Any) -> list[str]:
        """Return those of the keys that are items which people can be shown."""
        return [key for key in keys if key in self.catalog.titles]

    def propose(self, count: Any) -> None:
        """Propose the items that a count or rule leads to, scored by its lift."""
        for key in self.shown(getattr(count, "y", ()) or getattr(count, "consequent", ())):
            lift = count.lift if math.isfinite(count.lift) else 0.0
            self.item(key, lift, {"lift": lift})

    def name(self, keys: tuple[str, ...]) -> str:
        """Return the readable name of what a question is about."""
        titles = self.catalog.titles
        return " + ".join(
            self.names.get(key) or titles.get(key, key.removeprefix("category:")) for key in keys
        )

    @property
    def place_noun(self) -> str:
        """What most places are called: "store", "state"."""
        places = self.catalog.places
        if not len(places) or "kind" not in places:
            return "place"
        named = [str(kind) for kind in places["kind"].dropna() if str(kind).strip()]
        return max(named, key=named.count) if named else "place"

    def result(self) -> ToolResult:
        """Return everything that was noted, and the window of the data last."""
        window = self.catalog.window
        if window is not None and self.said:
            zone = ZoneInfo(self.catalog.info.zone)
            first, last = (instant.astimezone(zone) for instant in window)
            self.tell(
                "window",
                f"The data run from {first.day} {first:%B %Y} to {last.day} {last:%B %Y}.",
                f"数据从{first.year}年{first.month}月{first.day}日到{last.year}年{last.month}月{last.day}日。",
                numbers={
                    "first_day": first.day,
                    "first_month": first.month,
                    "first_year": first.year,
                    "last_day": last.day,
                    "last_month": last.month,
                    "last_year": last.year,
                },
                source="catalogue",
            )
        return super().result()


def names_of(names: Mapping[str, str], places: Mapping[str, str]) -> Mapping[str, str]:
    """Return the names with "the" before regions that English calls so: "in the South"."""
    said = {
        place: f"the {name}"
        for place, name in places.items()
        if name.casefold() in ("south", "west", "north", "east", "midwest", "northeast", "northwest", "southeast",
                               "southwest", "district of columbia")
    }  # fmt: skip
    return {**names, **said} if said else names
