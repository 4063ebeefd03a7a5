"""The names of the columns that frames share. Knows names only."""

from __future__ import annotations

from typing import Final

PERSON: Final = "person"
ITEM: Final = "item"
AT: Final = "at"
KIND: Final = "kind"
VALUE: Final = "value"
PLACE: Final = "place"
BASKET: Final = "basket"

TITLE: Final = "title"
CATEGORY: Final = "category"
PARENT: Final = "parent"
NAME: Final = "name"
ZONE: Final = "zone"

HOUR: Final = "hour"
DAYPART: Final = "daypart"
WEEKDAY: Final = "weekday"
WEEKEND: Final = "weekend"
MONTH: Final = "month"
SEASON: Final = "season"
DAY: Final = "day"
"""Days since 1970-01-01 of the local calendar date; `NO_DAY` where the time is unknown."""

CONTEXT: Final = (HOUR, DAYPART, WEEKDAY, WEEKEND, MONTH, SEASON)
"""The context codes of a basket, each int8 with -1 where the time is unknown."""

ANTECEDENT: Final = "antecedent"
CONSEQUENT: Final = "consequent"

CATEGORY_PREFIX: Final = "category:"
"""`category:NAME` is the key of a category wherever an item id is taken."""
CATEGORY_SEPARATOR: Final = "|"

MISSING: Final = -1
NO_DAY: Final = -(2**31)
