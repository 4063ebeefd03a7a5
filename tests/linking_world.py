"""Two small real catalogues, and a way to write conversations in one line, for the linker's and planner's tests."""

from __future__ import annotations

import pandas as pd

from bot.dialogue.lexicon import Lexicon
from bot.dialogue.turn import Answer, Asker, Conversation, ItemRef, ToolCall, Turn

FILMS = """
toy|Toy Story|1995|Animation,Children's,Comedy|452
aladdin|Aladdin|1992|Animation,Children's,Comedy,Musical|219
lion|The Lion King|1994|Animation,Children's,Musical|220
heat|Heat|1995|Action,Crime,Thriller|223
seven|Seven (Se7en)|1995|Crime,Thriller|236
fargo|Fargo|1996|Crime,Drama,Thriller|508
pulp|Pulp Fiction|1994|Crime,Drama|394
alien|Alien|1979|Action,Horror,Sci-Fi,Thriller|291
aliens|Aliens|1986|Action,Sci-Fi,Thriller,War|284
blade|Blade Runner|1982|Film-Noir,Sci-Fi|275
starwars|Star Wars|1977|Action,Adventure,Romance,Sci-Fi,War|583
empire|The Empire Strikes Back|1980|Action,Adventure,Drama,Romance,Sci-Fi,War|367
jedi|Return of the Jedi|1983|Action,Adventure,Romance,Sci-Fi,War|507
titanic|Titanic|1997|Action,Drama,Romance|350
sabrina95|Sabrina|1995|Comedy,Romance|190
sabrina54|Sabrina|1954|Comedy,Romance|64
psycho|Psycho|1960|Horror,Romance,Thriller|239
scream|Scream|1996|Horror,Thriller|478
shining|The Shining|1980|Horror|206
silence|The Silence of the Lambs|1991|Drama,Thriller|390
godfather|The Godfather|1972|Action,Crime,Drama|413
godfather2|The Godfather: Part II|1974|Action,Crime,Drama|209
strangelove|Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb|1963|Sci-Fi,War|194
monkeys|Twelve Monkeys|1995|Drama,Sci-Fi|392
women|Little Women|1994|Drama|91
night|Big Night|1996|Drama|170
kids|Kids|1995|Drama|60
money|Money Talks|1997|Action,Comedy|33
mash|M*A*S*H|1970|Comedy,War|206
et|E.T. the Extra-Terrestrial|1982|Children's,Drama,Fantasy,Sci-Fi|300
gump|Forrest Gump|1994|Comedy,Romance,War|321
schindler|Schindler's List|1993|Drama,War|298
shawshank|The Shawshank Redemption|1994|Drama|283
wrath|Star Trek: The Wrath of Khan|1982|Action,Adventure,Sci-Fi|244
contact_trek|Star Trek: First Contact|1996|Action,Adventure,Sci-Fi|365
braveheart|Braveheart|1995|Action,Drama,War|297
english|The English Patient|1996|Drama,Romance,War|481
friday|Friday|1995|Comedy|29
fever|Saturday Night Fever|1977|Drama|48
holy|Monty Python and the Holy Grail|1974|Comedy|316
casablanca|Casablanca|1942|Drama,Romance,War|243
hoop|Hoop Dreams|1994|Documentary|117
unforgiven|Unforgiven|1992|Western|182
grease|Grease|1978|Comedy,Musical,Romance|170
"""

GROCERIES = """
tortilla-chips|Tortilla chips|Bag snacks,Grocery|8000|corn chips
potato-chips|Potato chips|Bag snacks,Grocery|12000|crisps
salsa|Salsa and picante sauce|Hispanic foods,Grocery|3400|
ground-coffee|Ground coffee|Coffee,Grocery|3200|
instant-coffee|Instant coffee|Coffee,Grocery|900|
white-milk|White milk|Milk,Grocery|37000|
eggs|Large eggs|Eggs,Grocery|7100|
bananas|Bananas|Tropical fruit,Produce|17000|
white-bread|White bread|Bread,Grocery|15000|
beer|Beer and ale|Beers and ales,Grocery|9800|
diapers|Baby diapers|Diapers and disposables,Drug and general|2800|nappies
dog-food|Dry dog food|Dog food,Grocery|2400|
ice-cream|Premium ice cream|Ice cream,Grocery|6800|
cake-mix|Cake mix|Baking mixes,Grocery|2100|
frosting|Frosting|Baking mixes,Grocery|2000|
butter|Butter|Dairy,Grocery|2900|
soda|Soft drinks, cans|Soft drinks,Grocery|22000|soda
toilet-tissue|Toilet tissue|Paper goods,Grocery|7500|toilet paper
strawberries|Strawberries|Berries,Produce|4500|
pizza|Traditional frozen pizza|Frozen pizza,Grocery|3700|
"""


def movies() -> Lexicon:
    """A lexicon over 44 films of MovieLens, with a few states and the census regions."""
    rows = [line.split("|") for line in FILMS.strip().splitlines()]
    frame = pd.DataFrame(
        {
            "item": [row[0] for row in rows],
            "title": [row[1] for row in rows],
            "year": pd.array([int(row[2]) for row in rows], dtype="Int64"),
            "category": [row[3].replace(",", "|") for row in rows],
            "n": [int(row[4]) for row in rows],
        }
    )
    places = pd.DataFrame(
        [
            ("CA", "California", "state", "west"),
            ("OR", "Oregon", "state", "west"),
            ("WA", "Washington", "state", "west"),
            ("NY", "New York", "state", "northeast"),
            ("TX", "Texas", "state", "south"),
            *(
                (region, region.title(), "region", None)
                for region in ("west", "south", "northeast", "midwest")
            ),
        ],
        columns=["place", "name", "kind", "parent"],
    )
    return Lexicon.build(frame, places, nouns={"item": "film", "items": "films", "did": "rated"})


def groceries() -> Lexicon:
    """A lexicon over 20 kinds of groceries with a price, two brands and three stores."""
    rows = [line.split("|") for line in GROCERIES.strip().splitlines()]
    frame = pd.DataFrame(
        {
            "item": [row[0] for row in rows],
            "title": [row[1] for row in rows],
            "category": [row[2].replace(",", "|") for row in rows],
            "parent": None,
            "synonyms": [row[4] or None for row in rows],
            "brand": ["Private", "National"] * (len(rows) // 2),
            "price": [float(position) for position in range(len(rows))],
            "n": [int(row[3]) for row in rows],
        }
    )
    places = pd.DataFrame(
        [(number, f"Store {number}", "store", None) for number in ("367", "406", "31782")],
        columns=["place", "name", "kind", "parent"],
    )
    return Lexicon.build(frame, places, nouns={"item": "product", "items": "products", "did": "bought"})


def talk(lexicon: Lexicon, *turns: tuple[str, ToolCall | None, tuple[str, ...]]) -> Conversation:
    """A conversation of (message, call, ids shown)."""
    made = tuple(
        Turn(
            message=message,
            answer=Answer(
                answer="",
                items=tuple(ItemRef(id=item, title=lexicon.titles[item], score=1.0) for item in shown),
                tool_calls=(call,) if call else (),
            ),
        )
        for message, call, shown in turns
    )
    return Conversation(id="c", catalog="test", turns=made)


NOBODY = Asker(person="p1")
