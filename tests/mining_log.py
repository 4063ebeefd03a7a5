"""Small random logs, and the slow, obvious way to count them: plain Python over lists, one basket at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

ZONE = "America/New_York"
ITEMS = ("apple", "bread", "chips", "dip", "eggs")
CATEGORY = {"apple": "Fruit|Fresh", "bread": "Fresh", "chips": "Snacks", "dip": "Snacks", "eggs": "Fresh"}
PLACES = pd.DataFrame(
    {
        "place": ["s1", "s2", "s3", "east"],
        "name": ["Store 1", "Store 2", "Store 3", "the East"],
        "parent": ["east", "east", None, None],
        "zone": [None, "America/Los_Angeles", None, None],
    }
)
CATALOGUE = pd.DataFrame(
    {
        "item": list(ITEMS),
        "title": [item.capitalize() for item in ITEMS],
        "category": [CATEGORY[i] for i in ITEMS],
    }
)


@dataclass(frozen=True)
class Basket:
    """One basket as a person would note it down."""

    person: str
    at: datetime | None
    place: str | None
    items: frozenset[str]

    @property
    def local(self) -> datetime | None:
        """Wall clock time where it was taken."""
        zone = "America/Los_Angeles" if self.place == "s2" else ZONE
        return None if self.at is None else self.at.astimezone(ZoneInfo(zone))

    def holds(self, key: str) -> bool:
        """Whether an item, or an item of a category, is in it."""
        if key.startswith("category:"):
            return any(key.removeprefix("category:") in CATEGORY[item].split("|") for item in self.items)
        return key in self.items

    def words(self) -> set[str]:
        """The context words that hold, by the definitions of the design."""
        local = self.local
        if local is None:
            return set()
        hour = local.hour
        part = (
            "morning"
            if 5 <= hour < 11
            else "afternoon"
            if 11 <= hour < 17
            else "evening"
            if 17 <= hour < 22
            else "night"
        )
        month = local.strftime("%B").lower()
        season = {
            "december": "winter", "january": "winter", "february": "winter", "march": "spring", "april": "spring",
            "may": "spring", "june": "summer", "july": "summer", "august": "summer",
        }.get(month, "autumn")  # fmt: skip
        weekend = "weekend" if local.weekday() >= 5 else "weekday"
        return {part, local.strftime("%A").lower(), weekend, month, season}

    def at_place(self, place: str) -> bool:
        """Whether it was taken there, or below it."""
        return self.place == place or (place == "east" and self.place in ("s1", "s2"))


def random_log(seed: int, *, people: int = 12, baskets: int = 160, days: int = 300) -> list[Basket]:
    """Return baskets of a few people with habits, some without a time or a place."""
    rng = np.random.default_rng(seed)
    start = datetime(2017, 1, 1, tzinfo=UTC)
    taste = rng.random((people, len(ITEMS))) * 0.6
    log = []
    for _ in range(baskets):
        person = int(rng.integers(people))
        held = frozenset(
            item for item, liking in zip(ITEMS, taste[person], strict=True) if rng.random() < liking
        )
        if not held:
            continue
        at = start + timedelta(minutes=int(rng.integers(days * 24 * 60)))
        place = [None, "s1", "s2", "s3"][int(rng.integers(4))]
        log.append(Basket(f"p{person}", None if rng.random() < 0.1 else at, place, held))
    return log


def frame(log: list[Basket]) -> pd.DataFrame:
    """Return the interaction frame of a log, rows in no helpful order."""
    rows = [
        {"person": one.person, "item": item, "at": one.at, "place": one.place, "basket": f"b{number}"}
        for number, one in enumerate(log)
        for item in sorted(one.items)
    ]
    table = pd.DataFrame(rows, columns=["person", "item", "at", "place", "basket"])
    table["at"] = pd.to_datetime(table["at"], utc=True)
    return table.sample(frac=1, random_state=0).reset_index(drop=True)
