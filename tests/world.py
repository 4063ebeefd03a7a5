"""A tiny shop whose every answer is known on paper.

Twenty people come on ten Fridays at 18:00 and on ten Tuesdays at 10:00 (UTC), 400 baskets in all.

| | Friday evening | Tuesday morning |
|---|---|---|
| baskets | 200 | 200 |
| with chips | 200 (everybody) | 50 (people 0 to 4) |
| with chips and salsa | 100 (people 0 to 9) | 10 (person 0) |
| with milk | 0 | 200 (everybody) |
| with bread | 50 (people 15 to 19) | 100 (people 10 to 19) |

Coffee: people 0 to 11 take it with every fourth of their Friday baskets, so every 28 days.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

PEOPLE = 20
WEEKS = 10
FIRST_FRIDAY = datetime(2024, 3, 1, 18, tzinfo=UTC)
ITEMS = [
    ("chips", "Tortilla chips", "Snacks", 3.5, "crunchy corn triangles to dip"),
    ("salsa", "Salsa", "Sauces", 2.5, "red tomato dip with chilli"),
    ("milk", "Milk", "Dairy", 1.2, "fresh whole milk"),
    ("bread", "Rye bread", "Bakery", 2.9, "dark loaf from the oven"),
    ("coffee", "Ground coffee", "Drinks", 6.9, "roasted beans, ground, for the morning"),
    ("cocoa", "Cocoa", "Drinks", 4.0, "hot chocolate for cold evenings"),
    ("tea", "Black tea", "Drinks", 3.1, "leaves from Assam, strong"),
]


def baskets() -> list[tuple[str, datetime, list[str]]]:
    """Every basket: person, instant, items."""
    rows = []
    for week in range(WEEKS):
        friday = FIRST_FRIDAY + timedelta(weeks=week)
        tuesday = friday.replace(hour=10) + timedelta(days=4)
        for person in range(PEOPLE):
            evening = ["chips"]
            evening += ["salsa"] if person < 10 else []
            evening += ["bread"] if person >= 15 else []
            evening += ["coffee"] if person < 12 and week % 4 == 0 else []
            morning = ["milk"]
            morning += ["chips"] if person < 5 else []
            morning += ["salsa"] if person == 0 else []
            morning += ["bread"] if person >= 10 else []
            rows.append((f"p{person:02}", friday, evening))
            rows.append((f"p{person:02}", tuesday, morning))
    return rows


def write_shop(folder: Path) -> Path:
    """Write the shop as an owner's CSV files, with names of the owner's own and three bad rows."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["sku", "title", "category", "price", "text"])
        writer.writerows(ITEMS)
    with (folder / "interactions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", "sku", "timestamp", "quantity", "basket"])
        for number, (person, at, items) in enumerate(baskets()):
            writer.writerows([person, item, at.isoformat(), 1, number] for item in items)
        writer.writerow(["p00", "chips", "not a time", 1, 9998])
        writer.writerow(["p00", "no-such-item", FIRST_FRIDAY.isoformat(), 1, 9999])
        writer.writerow(["", "chips", FIRST_FRIDAY.isoformat(), 1, 9999])
    return folder
