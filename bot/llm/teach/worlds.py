"""Catalogues to fill templates with: the built ones, and made-up ones whose categories and titles are others.

Knows words and lexicons. The made-up catalogues (books, music, news, games, tools, wines) keep a model from
learning two catalogues by heart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

import pandas as pd

from bot.dialogue.lexicon import Lexicon

TIMES = (
    "friday evening", "friday evenings", "sunday", "sundays", "saturday morning", "the weekend", "weekends", "tonight",
    "monday", "thursday evening", "summer", "winter", "autumn", "spring", "december", "july", "october", "the morning",
    "the evening", "this weekend", "tomorrow", "friday night", "saturday night", "sunday afternoon", "march", "weekdays",
    "tuesday mornings", "now", "sunday morning", "winter evenings", "wednesday", "saturdays", "november", "this evening",
)  # fmt: skip
YEARS = (
    "from the 80s", "from the 90s", "before 1970", "after 1990", "from 1994", "since 1985", "between 1970 and 1985",
    "older than 1960", "newer than 1995", "from the seventies", "nothing after 1980", "not before 1975", "of the fifties",
    "from the early 90s", "up to 1965", "until 1988", "released in 1996", "in the 1940s", "from the late 70s", "pre 1950",
    "post 2000", "from 1987 on", "1982", "made in 1991", "from 1960 to 1969",
)  # fmt: skip
QUALITIES = (
    "funny", "scary", "romantic", "sad", "a twist", "kids", "strong women", "space", "robots", "a heist", "war and peace",
    "friendship", "revenge", "travel", "cooking", "football", "time travel", "music", "the sea", "dogs", "a prison escape",
    "politics", "spies", "the second world war", "magic", "school", "a road trip", "family", "love and loss", "dinosaurs",
    "gluten free", "organic", "low fat", "spicy", "vegan", "sweet", "a birthday party", "breakfast", "a barbecue",
    "lunch boxes", "baking", "pasta night", "sugar free", "cheap", "healthy", "a picnic", "cats", "babies", "beginners",
    "relaxing", "exciting", "dark", "light", "clever", "uplifting", "feel-good", "slow", "violent", "inspiring",
    "true stories", "history", "nature", "the desert", "a small town", "detectives", "a trial", "boxing", "aliens",
    "christmas", "a wedding", "the mafia", "trains", "snow", "dancing", "money", "a journalist", "painters", "chess",
    "jazz", "the garden", "home repair", "long evenings", "a dinner with friends", "students", "old people", "winter",
    "something creamy", "chocolate", "lactose free", "quick meals", "the freezer", "cleaning the bathroom", "guitars",
)  # fmt: skip
VERBS = ("get lost", "fall in love", "lose everything", "travel back in time", "rob a bank", "find a treasure", "swap bodies",
         "hunt a killer", "survive on an island", "run for president", "come home from war", "open a restaurant")  # fmt: skip
COUNTS = ("two", "three", "3", "5", "five", "10", "ten", "four", "4", "2", "6", "a couple of")
ORDINALS = (
    ("the first one", "the first", "number one", "#1", "the top one", "number 1"),
    ("the second one", "the second", "number two", "#2", "number 2"),
    ("the third one", "the third", "number three", "#3", "number 3"),
    ("the fourth one", "the fourth", "number four", "#4"),
    ("the last one", "the fifth one", "the last", "#5"),
)


@dataclass(frozen=True, slots=True)
class World:
    """A catalogue and the words that people use around it."""

    name: str
    lexicon: Lexicon
    titles: tuple[str, ...]
    """Titles to speak of, the often taken ones more than once."""
    do: tuple[str, ...]
    did: tuple[str, ...]
    thing: tuple[str, ...]
    things: tuple[str, ...]
    people: tuple[str, ...]
    places: tuple[str, ...]

    def word(self, slot: str, rng: Random, taken: Mapping[str, str]) -> str:
        """A value for a slot, other than those taken."""
        match slot.rstrip("2"):
            case "a" | "b" | "c":
                return _other(self.titles, rng, taken)
            case "cat":
                return self._category(rng, taken)
            case "time":
                return _other(TIMES, rng, taken)
            case "place":
                return _other(self.places, rng, taken)
            case "year":
                return rng.choice(YEARS)
            case "q":
                return _other(QUALITIES, rng, taken)
            case "verbs":
                return rng.choice(VERBS)
            case "n":
                return rng.choice(COUNTS)
            case "do" | "did" | "thing" | "things" | "people":
                words: tuple[str, ...] = getattr(self, slot)
                return rng.choice(words)
        raise ValueError(f"no words for the slot {slot!r} of {taken!r}")

    def _category(self, rng: Random, taken: Mapping[str, str]) -> str:
        weights = [1 / (rank + 3) for rank in range(len(self.lexicon.categories))]
        name = rng.choices(self.lexicon.categories, weights)[0]
        if name in taken.values():
            return self._category(rng, taken)
        return _EVERYDAY.get(name, (name, name.lower(), name.lower()))[rng.randrange(3)]


def _other(words: Sequence[str], rng: Random, taken: Mapping[str, str]) -> str:
    for _ in range(20):
        word = rng.choice(words)
        if word not in taken.values():
            return word
    return words[0]


_EVERYDAY = {
    "Comedy": ("comedy", "comedies", "funny"),
    "Drama": ("drama", "dramas", "drama"),
    "Horror": ("horror", "scary", "horror"),
    "Romance": ("romance", "romantic", "romance"),
    "Sci-Fi": ("sci-fi", "science fiction", "scifi"),
    "Children's": ("children's", "kids", "children's"),
    "Thriller": ("thriller", "thrillers", "thriller"),
    "Western": ("western", "westerns", "western"),
    "Documentary": ("documentary", "documentaries", "documentary"),
    "Musical": ("musical", "musicals", "musical"),
    "Animation": ("animation", "animated", "cartoons"),
}


def real(name: str, lexicon: Lexicon, popularity: Mapping[str, float]) -> World:
    """A built catalogue; a title is spoken of the more the oftener its item was taken."""
    ranked = sorted(lexicon.titles, key=lambda item: -popularity.get(item, 0.0))
    titles = [lexicon.titles[item] for item in ranked]
    spoken = tuple(_spoken(title) for title in (*titles[:150] * 6, *titles[:600] * 2, *titles))
    places = tuple(place for place in lexicon.places.values() if len(place) > 2)
    if lexicon.proper:
        return World(
            name, lexicon, spoken, ("watch", "see", "rate", "watch"), ("watched", "rated", "saw", "liked"),
            ("movie", "film"), ("movies", "films"), ("people", "viewers", "users", "fans", "they"),
            (*places, "the west coast", "the south", "the midwest", "california", "texas", "new york"),
        )  # fmt: skip
    stores = tuple(f"store {place}" for place in list(lexicon.places)[:60])
    return World(
        name, lexicon, spoken, ("buy", "get", "purchase", "buy"), ("bought", "purchased", "got", "bought"),
        ("product", "item", "thing"), ("products", "items", "things"),
        ("people", "households", "customers", "shoppers", "they"), stores or places,
    )  # fmt: skip


def _spoken(title: str) -> str:
    """A title as people say it: "Lion King, The (1994)" without year and with its article in front."""
    bare = title.partition(" (")[0]
    head, comma, article = bare.rpartition(", ")
    return (
        f"{article} {head}"
        if comma and article in ("The", "A", "An", "La", "Le", "Les", "Das", "Il")
        else bare
    )


def made_up(seed: int) -> tuple[World, ...]:
    """Six small catalogues that exist nowhere."""
    rng = Random(seed)  # noqa: S311 - for variety, not for secrets
    return tuple(_made_up(name, rng) for name in _SPEECH)


_FIRST = ("Silent", "Crimson", "Broken", "Golden", "Distant", "Hidden", "Northern", "Paper", "Electric", "Velvet", "Hollow",
          "Burning", "Gentle", "Wandering", "Midnight", "Glass", "Salt", "Iron", "Seventh", "Borrowed")  # fmt: skip
_SECOND = ("Garden", "Harbour", "Mirror", "Orchard", "Cathedral", "Tiger", "Letters", "Machine", "Lantern", "Sparrow",
           "Empire", "Staircase", "Winter Road", "Compass", "Cartographer", "Violin", "Tide", "Foxes")  # fmt: skip
_KINDS = (
    "Cordless",
    "Folding",
    "Compact",
    "Heavy duty",
    "Digital",
    "Ceramic",
    "Adjustable",
    "Wooden",
    "Stainless",
)
_GOODS = ("drill", "ladder", "screwdriver set", "tape measure", "saw", "hammer", "sander", "work light", "tool box",
          "paint roller", "wrench", "garden hose", "pruning shears", "extension cord", "wheelbarrow")  # fmt: skip
_GRAPES = (
    "Riesling",
    "Merlot",
    "Malbec",
    "Chardonnay",
    "Pinot noir",
    "Syrah",
    "Tempranillo",
    "Cider",
    "Pale ale",
    "Stout",
)
_FROM = ("Mosel", "Rioja", "Mendoza", "Napa", "Alsace", "Loire", "Cape", "Barossa", "Douro", "Wachau")
_SPEECH: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "books": (("read", "borrow", "buy"), ("read", "borrowed", "finished"), ("book", "novel"), ("books", "novels", "titles"),
              ("readers", "people", "members")),
    "music": (("listen to", "play", "hear"), ("listened to", "played", "heard"), ("album", "record"),
              ("albums", "records"), ("listeners", "people", "fans")),
    "news": (("read", "open", "click"), ("read", "opened", "clicked"), ("article", "story"), ("articles", "stories"),
             ("readers", "people", "subscribers")),
    "games": (("play", "buy", "try"), ("played", "bought", "finished"), ("game", "title"), ("games", "titles"),
              ("players", "people", "gamers")),
    "tools": (("buy", "order", "get"), ("bought", "ordered", "got"), ("tool", "article"), ("tools", "articles"),
              ("customers", "people", "craftsmen")),
    "wines": (("drink", "buy", "order"), ("drank", "bought", "ordered"), ("bottle", "wine"), ("bottles", "wines"),
              ("guests", "people", "customers")),
}  # fmt: skip
_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "books": (
        "Fantasy",
        "Biography",
        "Poetry",
        "Crime",
        "Cookbooks",
        "Travel writing",
        "Self-help",
        "Graphic novels",
    ),
    "music": ("Jazz", "Hip-hop", "Classical", "Folk", "Electronic", "Metal", "Soul", "Reggae"),
    "news": ("Politics", "Sport", "Economy", "Science", "Culture", "Local", "Opinion", "Weather reports"),
    "games": (
        "Puzzle",
        "Strategy",
        "Racing",
        "Role-playing",
        "Shooters",
        "Platformers",
        "Simulation",
        "Board games",
    ),
    "tools": (
        "Power tools",
        "Hand tools",
        "Gardening",
        "Painting",
        "Lighting",
        "Plumbing",
        "Safety gear",
        "Storage",
    ),
    "wines": (
        "Red wine",
        "White wine",
        "Sparkling",
        "Rosé",
        "Beer and cider",
        "Dessert wine",
        "Non-alcoholic",
        "Gift boxes",
    ),
}


def _made_up(name: str, rng: Random) -> World:
    proper = name in ("books", "music", "news", "games")
    if proper:
        names = [f"{'The ' if rng.random() < 0.5 else ''}{a} {b}" for a, b in product(_FIRST, _SECOND)]
    else:
        names = [
            f"{a} {b}" for a, b in (product(_KINDS, _GOODS) if name == "tools" else product(_FROM, _GRAPES))
        ]
    titles = rng.sample(names, min(120, len(names)))
    categories = _CATEGORIES[name]
    frame = pd.DataFrame(
        {
            "item": [f"{name}-{position}" for position in range(len(titles))],
            "title": titles,
            "category": ["|".join(rng.sample(categories, rng.choice((1, 1, 2)))) for _ in titles],
            "year": [rng.randrange(1950, 2024) if proper else None for _ in titles],
            "parent": None,
        }
    )
    do, did, thing, things, people = _SPEECH[name]
    shops = pd.DataFrame(
        {"place": ["11", "12", "27"], "name": ["11", "12", "27"], "kind": "store", "parent": None}
    )
    lexicon = Lexicon.build(
        frame, None if proper else shops, nouns={"item": thing[0], "items": things[0], "did": did[0]}
    )
    places = ("berlin", "the north", "canada") if proper else ("store 11", "store 12", "store 27")
    return World(name, lexicon, tuple(titles), do, did, thing, things, people, places)
