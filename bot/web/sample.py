"""What `bot.web.demo` knows: ten films, a shelf of snacks, their catalogues and tools. No figure was measured."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.llm.base import ToolSchema
from bot.service import CatalogCard, PlaceCard

FILMS = (
    ("1", "Toy Story", "Animation|Children's|Comedy", 1995, 0.41, 0.22, 0.12),
    ("95", "Aladdin", "Animation|Children's|Musical", 1992, 0.38, 0.2, 0.1),
    ("168", "Monty Python and the Holy Grail", "Comedy", 1974, 0.33, 0.24, 0.16),
    ("50", "Star Wars", "Action|Adventure|Sci-Fi", 1977, 0.35, 0.1, 0.18),
    ("56", "Pulp Fiction", "Crime|Drama", 1994, 0.3, 0.14, 0.08),
    ("255", "My Best Friend's Wedding", "Comedy|Romance", 1997, 0.26, 0.18, -0.05),
    ("423", "E.T. the Extra-Terrestrial", "Children's|Drama|Fantasy|Sci-Fi", 1982, 0.28, 0.09, 0.07),
    ("90001", "M*A*S*H", "Comedy|War", 1970, 0.25, 0.21, 0.02),
    ("216", "When Harry Met Sally...", "Comedy|Romance", 1989, 0.24, 0.19, 0.11),
    ("90002", '<b>Bold</b> & "Quoted"', "Drama", 1996, 0.1, 0.05, 0.01),
)
SNACKS = (
    ("s1", "Tortilla chips", "Salty snacks", None, 0.3, 0.2, 0.3),
    ("s2", "Salsa and picante sauce", "Sauces", None, 0.28, 0.12, 0.34),
    ("s3", "Beer", "Drinks", None, 0.22, 0.16, 0.18),
    ("s4", "Ice cream", "Frozen", None, 0.2, 0.14, 0.05),
)
CARDS = {
    "movies": CatalogCard(
        name="movies",
        title="Films",
        items=len(FILMS),
        people=943,
        interactions=100_000,
        zone="America/New_York",
        now=datetime(1998, 4, 18, 0, 30, tzinfo=UTC),
        data_from=datetime(1997, 9, 20, tzinfo=UTC),
        data_to=datetime(1998, 4, 22, tzinfo=UTC),
        categories=("Comedy", "Drama", "Animation"),
        places=(
            PlaceCard(id="west", name="West", kind="region"),
            PlaceCard(id="northeast", name="Northeast", kind="region"),
        ),
        personas=("405", "655"),
        examples=(
            "Something funny for Friday night",
            "I loved Toy Story and Aladdin. What next?",
            "What goes with Star Wars?",
            "When are comedies strongest?",
        ),
        generation="g-demo",
    ),
    "groceries": CatalogCard(
        name="groceries",
        title="Groceries",
        items=len(SNACKS),
        people=2_469,
        interactions=1_469_307,
        zone="America/New_York",
        now=datetime(2017, 12, 29, 23, 0, tzinfo=UTC),
        data_from=datetime(2017, 1, 1, tzinfo=UTC),
        data_to=datetime(2017, 12, 31, tzinfo=UTC),
        categories=("Salty snacks", "Sauces"),
        places=(PlaceCard(id="367", name="Store 367", kind="store"),),
        personas=("1034",),
        examples=("What sells together with tortilla chips on Friday evenings?", "When do people buy beer?"),
        generation="g-demo",
    ),
}
VERDICTS = ["like", "dislike", "seen", "bought"]


def _schema(
    name: str, description: str, required: tuple[str, ...] = (), **properties: dict[str, Any]
) -> ToolSchema:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    return ToolSchema(name=name, description=description, parameters=parameters)


_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 1, "maximum": 50}
TOOLS = (
    _schema("search_items", "Find items by words. Filters narrow it.", ("query",), query=_TEXT, k=_COUNT),
    _schema("lookup_rules", "Say what goes with an item.", item=_TEXT, when=_TEXT, place=_TEXT, k=_COUNT),
    _schema("explain_item", "Say why this item.", ("item",), item=_TEXT),
    _schema(
        "rate_item",
        "Note a verdict on one item.",
        ("item", "verdict"),
        item=_TEXT,
        verdict={"type": "string", "enum": VERDICTS},
    ),
    _schema("show_profile", "Say what is known of this person."),
)
