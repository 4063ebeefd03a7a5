"""Makes the third catalogue: a small café with three counters over fourteen months, all of it made up.

    python tests/questions/shop/make_shop.py

writes `items.csv` and `interactions.csv` beside this file, the same bytes at every run. Effects are planted on
purpose, so that a question about them has an answer that is known beforehand:

- a croissant goes with a flat white, most of all on weekday mornings at Station;
- olives go with a glass of red wine on Friday evenings;
- leek soup and a sourdough roll sell at Harbour, hardly elsewhere;
- iced latte is for summer, mulled cider for winter; oat latte rises, poppy bagels fade;
- house beans are bought again every two weeks, decaf beans every four;
- after a pour-over kit come paper filters within ten days;
- americano and oatmeal cookie are both popular and have nothing to do with each other;
- rye loaf and smoked trout go together in two people's baskets only.
"""

from __future__ import annotations

import csv
import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
ZONE = ZoneInfo("Europe/London")
FIRST, LAST = date(2024, 1, 1), date(2025, 2, 28)
PLACES = ("Harbour", "Market", "Station")
MENU = {
    "Coffee": "Flat white:3.4 Americano:2.9 Cappuccino:3.4 Espresso:2.4 Oat latte:3.9 Mocha:3.8 Cortado:3.1 "
    "Filter coffee:2.8",
    "Cold drinks": "Iced latte:3.9 Cold brew:3.7 Elderflower soda:2.9 Ginger beer:2.9 Cloudy lemonade:2.8 "
    "Sparkling water:2.1",
    "Tea": "Breakfast tea:2.3 Earl Grey:2.4 Mint tea:2.4 Chai:3.2 Rooibos:2.4",
    "Pastries": "Croissant:2.6 Almond croissant:3.2 Pain au chocolat:2.9 Cinnamon bun:3.1 Cardamom knot:3.1 "
    "Cheese scone:2.7",
    "Cakes": "Carrot cake:3.6 Lemon drizzle:3.4 Brownie:3.0 Oatmeal cookie:2.2 Flapjack:2.4 Victoria sponge:3.6 "
    "Banana bread:2.9",
    "Bread": "Sourdough roll:1.6 Poppy bagel:2.5 Rye loaf:4.2 Focaccia:3.0 Baguette:2.2 Seeded loaf:4.0",
    "Lunch": "Leek soup:5.2 Tomato soup:5.2 Halloumi wrap:6.4 Egg sandwich:4.8 Ham toastie:5.4 Falafel box:6.8 "
    "Quiche:5.0 Green salad:5.6",
    "Deli": "Smoked trout:7.5 Cheddar wedge:5.0 Hummus pot:3.2 Plum chutney:4.1 Salted butter:3.0",
    "Beans and brewing": "House beans:9.5 Decaf beans:9.9 Pour-over kit:24.0 Paper filters:4.5 Hand grinder:38.0",
    "Evening": "Red wine glass:5.5 White wine glass:5.5 Olives:3.5 Mulled cider:4.5 Pale ale:4.8",
}
HOURS = {"morning": (7, 10), "afternoon": (12, 16), "evening": (17, 20)}


def menu() -> list[tuple[str, str, float]]:
    """Title, category and price of every item, in the menu's order."""
    found = []
    for category, line in MENU.items():
        parts = line.split(":")
        titles = [parts[0]] + [part.split(" ", 1)[1] for part in parts[1:-1]]
        prices = [float(part.split(" ", 1)[0]) for part in parts[1:]]
        found += [(title, category, price) for title, price in zip(titles, prices, strict=True)]
    return found


def usual(daypart: str, day: date, place: str) -> dict[str, float]:
    """How often each everyday item is wanted, relatively, at a time and a place."""
    progress = (day - FIRST).days / (LAST - FIRST).days
    weight = {title: 1.0 for title, category, _ in menu() if category not in ("Evening", "Beans and brewing")}
    weight |= {
        "Americano": 5.0,
        "Oatmeal cookie": 5.0,
        "Flat white": 4.0,
        "Cappuccino": 3.0,
        "Croissant": 1.5,
    }
    weight |= {
        "Rye loaf": 0.3,
        "Smoked trout": 0.3,
        "Oat latte": 0.5 + 5 * progress,
        "Poppy bagel": 5 - 4.7 * progress,
    }
    weight["Iced latte"] = 6.0 if day.month in (6, 7, 8) else 0.2
    weight["Leek soup"] = 4.0 if place == "Harbour" else 0.15
    if daypart == "evening":
        weight |= {"Red wine glass": 12.0, "White wine glass": 6.0, "Pale ale": 5.0, "Olives": 1.0}
    if day.month in (11, 12, 1, 2):
        weight["Mulled cider"] = 4.0 if daypart == "evening" else 0.5
    return weight


def one_basket(rng: random.Random, daypart: str, day: date, place: str) -> list[str]:
    """What is in one basket: a few everyday items, and what goes with them."""
    weight = usual(daypart, day, place)
    chosen = set(rng.choices(list(weight), list(weight.values()), k=rng.choice((1, 1, 2, 2, 2, 3))))
    rush = daypart == "morning" and place == "Station" and day.weekday() < 5
    if "Flat white" in chosen and rng.random() < (0.75 if rush else 0.25):
        chosen.add("Croissant")
    if "Leek soup" in chosen and rng.random() < 0.6:
        chosen.add("Sourdough roll")
    if "Red wine glass" in chosen and rng.random() < (0.7 if day.weekday() == 4 else 0.12):
        chosen.add("Olives")
    return sorted(chosen)


def visits(rng: random.Random) -> list[tuple[str, datetime, str, list[str]]]:
    """Every visit: person, local time, place and what was taken."""
    found: list[tuple[str, datetime, str, list[str]]] = []

    def visit(person: str, day: date, place: str, taken: list[str] | None = None, part: str = "") -> None:
        daypart = part or rng.choices(list(HOURS), (5, 3, 3))[0]
        low, high = HOURS[daypart]
        at = datetime.combine(day, time(rng.randint(low, high), rng.randrange(60)), ZONE)
        found.append((person, at, place, taken or one_basket(rng, daypart, day, place)))

    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    people = [f"p{number:03}" for number in range(1, 151)]
    for day in days:
        for person in rng.sample(people, 6 if day.weekday() == 4 else 3):
            home = PLACES[int(person[1:]) % 3]
            late = day.weekday() == 4 and rng.random() < 0.5
            visit(
                person,
                day,
                home if rng.random() < 0.8 else rng.choice(PLACES),
                part="evening" if late else "",
            )
    for number, (title, every) in enumerate([("House beans", 14)] * 14 + [("Decaf beans", 28)] * 8):
        day = FIRST + timedelta(days=rng.randrange(every))
        while day <= LAST:
            visit(people[number * 5], day, PLACES[number % 3], [title])
            day += timedelta(days=every + rng.choice((-1, 0, 0, 0, 1)))
    for number in range(40):
        day = FIRST + timedelta(days=rng.randrange(400))
        person = people[number * 3 + 1]
        visit(person, day, rng.choice(PLACES), ["Pour-over kit"])
        if rng.random() < 0.7:
            visit(person, day + timedelta(days=rng.randint(2, 9)), rng.choice(PLACES), ["Paper filters"])
    for number in range(26):
        visit(
            people[7 + number % 2],
            FIRST + timedelta(days=3 + number * 15),
            "Market",
            ["Rye loaf", "Smoked trout"],
        )
    return sorted(found, key=lambda row: (row[1].astimezone(UTC), row[0]))


def main() -> None:
    """Write the two files."""
    rows = menu()
    code = {title: f"i{number:02}" for number, (title, _, _) in enumerate(rows, start=1)}
    price = {title: cost for title, _, cost in rows}
    with (HERE / "items.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("item", "title", "category", "price"))
        writer.writerows((code[title], title, category, f"{cost:.2f}") for title, category, cost in rows)
    with (HERE / "interactions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("person", "item", "at", "place", "basket", "value"))
        for number, (person, at, place, taken) in enumerate(visits(random.Random(14)), start=1):
            instant = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            writer.writerows(
                (person, code[title], instant, place, f"b{number:04}", f"{price[title]:.2f}")
                for title in taken
            )


if __name__ == "__main__":
    main()
