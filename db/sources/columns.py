"""What others call our columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from db.errors import SourceError

COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "items": {
        "item": (
            "item",
            "item_id",
            "itemid",
            "product_id",
            "movie_id",
            "article_id",
            "book_id",
            "sku",
            "asin",
            "id",
        ),
        "title": ("title", "name", "item_name", "product_name", "movie_title", "product", "label"),
        "category": ("category", "categories", "genre", "genres", "tags", "class", "department", "type"),
        "year": ("year", "release_year", "published", "publication_year"),
        "parent": ("parent", "parent_id", "parent_item", "variant_of", "group_id"),
        "text": ("text", "description", "summary", "overview", "plot"),
    },
    "people": {
        "person": (
            "person",
            "person_id",
            "user_id",
            "userid",
            "user",
            "customer_id",
            "customer",
            "household_id",
            "id",
        ),
        "place": ("place", "place_id", "store_id", "store", "state", "region", "city"),
    },
    "places": {
        "place": ("place", "place_id", "store_id", "store", "id"),
        "name": ("name", "title", "place_name", "store_name"),
        "kind": ("kind", "type"),
        "parent": ("parent", "parent_id", "region", "region_id", "state"),
        "zone": ("zone", "timezone", "time_zone", "tz"),
    },
    "interactions": {
        "person": (
            "person",
            "person_id",
            "user_id",
            "userid",
            "user",
            "customer_id",
            "customer",
            "household_id",
        ),
        "item": (
            "item",
            "item_id",
            "itemid",
            "product_id",
            "movie_id",
            "article_id",
            "book_id",
            "sku",
            "asin",
        ),
        "at": ("at", "timestamp", "time", "datetime", "date", "created_at", "event_time", "purchased_at"),
        "kind": ("kind", "event", "event_type", "action", "behavior", "behaviour"),
        "value": ("value", "rating", "score", "stars", "quantity", "qty", "amount", "count"),
        "place": ("place", "place_id", "store_id", "store", "shop_id", "shop"),
        "basket": (
            "basket",
            "basket_id",
            "order_id",
            "invoice",
            "invoice_no",
            "transaction_id",
            "session_id",
        ),
    },
}
"""Noun -> our column -> names for it, the likeliest first; "movieId", "movie id" and "MOVIE_ID" are
"movie_id"."""
REQUIRED = {
    "items": ("item", "title"),
    "people": ("person",),
    "places": ("place",),
    "interactions": ("person", "item"),
}


def guess(noun: str, theirs: Sequence[str], mapping: Mapping[str, str], table: str) -> dict[str, str]:
    """Return our column -> theirs: what the mapping says, else the likeliest name; no column is taken twice.

    Raises:
        SourceError: the mapping names a column that the table does not have.
    """
    taken: dict[str, str] = {}
    for ours in COLUMNS[noun]:
        named = mapping.get(f"{noun}.{ours}")
        if named is None and mapping.get(ours) in theirs:
            named = mapping[ours]
        if named is None:
            continue
        if named not in theirs:
            raise SourceError(f"{table} has no column {named!r} for {ours!r}; it has {', '.join(theirs)}")
        taken[ours] = named
    simple = {_simple(name): name for name in reversed(theirs)}
    for ours, names in COLUMNS[noun].items():
        free = (simple[_simple(name)] for name in names if _simple(name) in simple)
        found = next((name for name in free if name not in taken.values()), None)
        if ours not in taken and found is not None:
            taken[ours] = found
    return {ours: taken[ours] for ours in COLUMNS[noun] if ours in taken}


def _simple(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
