"""The seven tools: typed, documented methods over one catalogue, for one asker, at one instant.

Knows what each tool promises. How rules are chosen and scores explained is in `bot.tools.rules` and
`bot.tools.scores`; the toolbox reads and hands on. Every door calls these same methods through
`bot.tools.registry`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from bot.catalogue import OpenCatalog
from bot.dialogue.turn import Asker, Situation, ToolResult, Verdict
from bot.errors import ToolInputError
from bot.tools import resolve, rules, scores
from bot.tools.facts import Notes, describe

if TYPE_CHECKING:
    import pandas as pd

K = Annotated[int, Field(ge=1, le=50)]
Days = Annotated[int, Field(ge=1, le=365)]
Kind = Literal["together", "next", "context", "cycle", "trend", "any"]


@dataclass(frozen=True)
class Toolbox:
    """The tools, over everything that they need."""

    catalog: OpenCatalog
    situation: Situation
    history: Callable[[str], pd.DataFrame]
    """Interactions of a person, oldest first."""
    save_verdict: Callable[[str, str, Verdict, datetime], None]
    """Stores person, item, verdict, instant."""

    @property
    def asker(self) -> Asker:
        """Who asks."""
        return self.situation.asker

    @property
    def lang(self) -> Literal["en", "zh"]:
        """Language of the evidence."""
        return self.situation.lang

    @property
    def first(self) -> int:
        """Number of the first Evidence id."""
        return self.situation.first

    @property
    def now(self) -> datetime:
        """The instant of the request."""
        return self.asker.at or self.catalog.now()

    def search_items(
        self,
        query: str = "",
        category: str | None = None,
        year_from: int | None = None,
        year_to: int | None = None,
        filters: list[str] | None = None,
        k: K = 5,
    ) -> ToolResult:
        """Find items by the words of a wish: qualities, themes, categories, years.

        Args:
            query: Words that describe what is wanted.
            category: Only items of this category.
            year_from: Only items of this year or later.
            year_to: Only items of this year or earlier.
            filters: Conditions on attributes, such as "price<20".
            k: How many items to return.
        """
        notes = Notes(self.catalog, self.first)
        found = self.catalog.search.search(
            query,
            category=resolve.category_name(self.catalog, category) if category else None,
            year_from=year_from,
            year_to=year_to,
            filters=filters or (),
            k=k,
            lang=self.lang,
        )
        for candidate in found:
            notes.candidate(candidate)
            text, numbers = describe(self.catalog, candidate.item, self.lang)
            notes.note("match", text, items=[candidate.item], numbers=numbers, source="catalogue")
        if not found:
            scores.note_nothing(notes, category, year_from, year_to, filters)
        return notes.result()

    def score_items(
        self,
        liked: list[str] | None = None,
        disliked: list[str] | None = None,
        category: str | None = None,
        year_from: int | None = None,
        year_to: int | None = None,
        filters: list[str] | None = None,
        when: str | None = None,
        place: str | None = None,
        k: K = 5,
    ) -> ToolResult:
        """Recommend items for this person: taste, liked and disliked items, time and place together.

        Args:
            liked: Items that the person named as liked.
            disliked: Items that the person named as not liked.
            category: Only items of this category.
            year_from: Only items of this year or later.
            year_to: Only items of this year or earlier.
            filters: Conditions on attributes, such as "price<20".
            when: Context words that all hold ("friday evening", "now") or an ISO instant.
            place: Where the person is: a place's name.
            k: How many items to return.
        """
        wish = scores.Wish(
            liked=resolve.item_ids(self.catalog, liked),
            disliked=resolve.item_ids(self.catalog, disliked),
            category=resolve.category_name(self.catalog, category) if category else None,
            year_from=year_from,
            year_to=year_to,
            filters=tuple(filters or ()),
            context=resolve.context(self.catalog, when, self.now) if when else (),
            place=place or self.asker.place,
            k=k,
        )
        return scores.recommend(self, wish)

    def lookup_rules(
        self,
        item: str | list[str] | None = None,
        with_item: str | None = None,
        category: str | None = None,
        when: str | None = None,
        place: str | None = None,
        against: str | None = None,
        within_days: Days = 30,
        kind: Kind = "any",
        k: K = 5,
    ) -> ToolResult:
        """Look up what goes with, follows, peaks, repeats, rises or differs by time or place, with counts.

        Args:
            item: The item, or items, that the question is about.
            with_item: The other item of a pair; alone, for kind next: what leads to it.
            category: A category that the question is about, or that the answers must be of.
            when: Context words that all hold ("friday evening").
            place: Only baskets of this place.
            against: A second time or place to compare with.
            within_days: For kind next: the longest lag in days.
            kind: together (same basket), next (what follows), context (when, where), cycle (how often) or trend.
            k: How many rules to return.
        """
        where = resolve.slice_of(self.catalog, when, place, self.now)
        question = rules.Question(
            items=resolve.item_ids(self.catalog, item),
            with_items=resolve.item_ids(self.catalog, with_item),
            category=resolve.category_name(self.catalog, category) if category else None,
            where=where,
            against=resolve.time_or_place(self.catalog, against, self.now, where) if against else None,
            within_days=within_days,
            kind=kind,
            k=k,
        )
        return rules.answer(self, question)

    def explain_item(self, item: str, without: list[str] | None = None) -> ToolResult:
        """Say why an item suits this person, and what its score would be without some of what they liked.

        Args:
            item: The item to explain.
            without: Liked items to leave out: "would you still suggest it if I had not liked these?".
        """
        return scores.explain(
            self, resolve.item_id(self.catalog, item), resolve.item_ids(self.catalog, without)
        )

    def item_details(self, item: str) -> ToolResult:
        """Tell the facts of one item.

        Args:
            item: The item.
        """
        notes = Notes(self.catalog, self.first)
        scores.note_details(notes, resolve.item_id(self.catalog, item), self.lang)
        return notes.result()

    def rate_item(self, item: str, verdict: Verdict) -> ToolResult:
        """Store this person's verdict on an item; it acts on the next answer.

        Args:
            item: The item.
            verdict: like, dislike, seen or bought.
        """
        if self.asker.person is None:
            raise ToolInputError("a verdict needs to know whose it is: give a person")
        identifier = resolve.item_id(self.catalog, item)
        self.save_verdict(self.asker.person, identifier, verdict, self.now)
        notes = Notes(self.catalog, self.first)
        scores.note_verdict(notes, identifier, verdict, self.lang)
        return notes.result()

    def show_profile(self) -> ToolResult:
        """Tell what Almanac believes of this person, in words and numbers."""
        from bot.tools.profile import note_profile

        notes = Notes(self.catalog, self.first)
        note_profile(notes, self.asker, self.history, self.lang)
        return notes.result()
