"""How a catalogue's baskets are made and which rules are worth keeping. Knows settings only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

Share = Annotated[float, Field(gt=0, le=1)]
Hour = Annotated[int, Field(ge=0, le=24)]

DAYPARTS: dict[str, tuple[int, int]] = {
    "morning": (5, 11),
    "afternoon": (11, 17),
    "evening": (17, 22),
    "night": (22, 5),
}


class Wording(BaseModel):
    """The nouns and verbs of a catalogue: groceries are bought in baskets, films are rated on a day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    basket: str = "basket"
    """One basket."""
    baskets: str = "baskets"
    """Several baskets."""
    people: str = "people"
    """Several persons: "people", "households", "members"."""
    verb: str = "took"
    """What people did, in the past: "bought", "rated"."""
    baskets_zh: str = "次购物"
    """A counted basket in Chinese, measure word included."""
    people_zh: str = "人"
    """A counted person in Chinese, measure word included."""
    verb_zh: str = "购买"
    """What people do, in Chinese."""


class MiningConfig(BaseModel):
    """Definitions of baskets and contexts, and the thresholds of rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: str = "UTC"
    """IANA zone of the catalogue: local time wherever a place has no zone of its own."""
    hemisphere: Literal["north", "south"] = "north"
    """Decides which months are winter."""
    day_start: Annotated[int, Field(ge=0, le=23)] = 0
    """Local hour at which a new day begins; 5 lets Friday night run on to Saturday 05:00."""
    dayparts: Mapping[str, tuple[Hour, Hour]] = Field(default_factory=lambda: dict(DAYPARTS))
    """Name -> (first hour, hour after the last); may pass midnight."""

    basket: Literal["auto", "day", "session"] = "auto"
    """"auto": the basket id where there is one, else a person's local day; "session": split at pauses."""
    session_gap: Annotated[int, Field(ge=1)] = 60
    """Minutes of pause that end a session."""
    level: Literal["parent", "item"] = "parent"
    """"parent" rolls a variant up to its parent item; "item" keeps it."""

    min_support: Share | None = None
    """Least share of baskets for rules of three items and more; None takes three times `min_count`, or 1 in 2,000."""
    min_count: Annotated[int, Field(ge=1)] = 30
    """Least baskets (occasions, for next) that hold both sides of a rule."""
    max_len: Annotated[int, Field(ge=2, le=6)] = 3
    """Most items in a rule, both sides together."""
    min_people: Annotated[int, Field(ge=1)] = 10
    """Least distinct people behind a rule: no rule rests on a few."""
    max_person_share: Share = 0.25
    """Most of a pair's baskets that one person may have."""
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Least confidence of a rule."""
    min_gain: Annotated[float, Field(ge=1)] = 1.2
    """Least ratio by which a rule must beat what it is compared with (lift, context gain)."""
    q_value: Share = 0.05
    """Benjamini-Hochberg level over all rules of a kind that were tested."""
    next_days: Annotated[int, Field(ge=1)] = 30
    """Days after an occasion within which something counts as next."""
    next_pairs: Annotated[int, Field(ge=0)] = 100
    """Pairs of items that go together, the most taken ones, after which followers are sought; 0 seeks none."""
    min_cycle_days: Annotated[int, Field(ge=3)] = 3
    """Least distinct days on which a person took an item for a cycle."""
    windows: Annotated[int, Field(ge=2, le=52)] = 6
    """Calendar windows over which stability is counted; the last one is held out from finding."""
    max_rules: Annotated[int, Field(ge=1)] = 20_000
    """Most rules of each kind that are kept, best first; the book says how many it left out."""
    max_basket: Annotated[int, Field(ge=2)] = 1_000
    """Baskets with more items take no part in pair search (they are still counted)."""
    categories: bool = True
    """Whether categories are mined for contexts, cycles and trends beside items."""
    wording: Wording = Wording()
    """Nouns and verbs for sentences."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"zone must be an IANA name such as 'America/New_York', not {zone!r}") from error
        return zone

    @field_validator("dayparts")
    @classmethod
    def _apart(cls, dayparts: Mapping[str, tuple[int, int]]) -> Mapping[str, tuple[int, int]]:
        taken: dict[int, str] = {}
        for name, hours in dayparts.items():
            for hour in hours_of(hours):
                if hour in taken:
                    raise ValueError(f"dayparts {taken[hour]!r} and {name!r} both hold hour {hour}")
                taken[hour] = name
        return dayparts


def hours_of(hours: tuple[int, int]) -> tuple[int, ...]:
    """Return the clock hours of a daypart: (22, 5) holds 22, 23, 0, 1, 2, 3 and 4."""
    start, stop = hours
    length = (stop - start) % 24 or 24
    return tuple((start + step) % 24 for step in range(length))
