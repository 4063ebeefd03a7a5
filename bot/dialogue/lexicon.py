"""The words of one catalogue: every name under which people speak of its items, categories and places.

Knows names and how people bend them (articles, plurals, typos, everyday words). It refuses to know what a
message asks for, and it reads no database: it is built from the item and place frames at load.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from bot.dialogue.lexicon_english import COMMON
from bot.dialogue.lexicon_english import words as english
from bot.dialogue.lexicon_forms import (
    DISTINCTIVE,
    FULL,
    SHORT,
    TAIL,
    common_forms,
    is_ordinary,
    looks_proper,
    names_in,
    proper_forms,
    rare_words,
)
from bot.dialogue.lexicon_index import Name, NameTable
from bot.dialogue.lexicon_places import place_names
from bot.dialogue.lexicon_text import key
from bot.dialogue.lexicon_words import CATEGORY_WORDS, CHINESE_WORDS, OWN_BRAND, PRODUCT_WORDS
from bot.dialogue.link import Links, LinkTables, link
from bot.dialogue.years import YEAR_WORDS

Pair = tuple[str, Name]

_NOT_ATTRIBUTES = frozenset(
    {"item", "title", "category", "year", "parent", "text", "synonyms", "n", "original_title"}
)
_MOST_VALUES = 500
"""A text attribute with more values than this names things, not kinds, and is no filter in words."""
_POPULAR = 0.95
"""Share of items that are taken less often than a popular one."""
_SPOKEN = 0.8
"""The same for a thing that an everyday word of its name may stand for alone ("up" is no "Chicken, cut up")."""
_KNOWN = 0.3
"""The same for any other single word of its name."""
_MANY = 300
"""Fewer items than this leave no doubt what a word of a name means."""
NEVER_ALONE = frozenset(
    """store week day time people household customer basket night home way thing kind item list morning evening weekend
    a an the in on at of to for and or with by from i me my you your it this that some any all other another more
    most best better good top new old popular seasonal special everyday active gift set misc brand private national
    spring summer autumn winter breakfast lunch dinner party household how when where what why then again also
    month season rule pattern other one set use man woman person line need card service sale year movie film
    only out made based basis fall rise drop gain lead control size style price ratio table list cart display map match
    watch message shop strip rose promotion promo system tool link play causal clock fan must account branch aisle seller
    up plus half portion net center centre extra junior stage brown black blue cut base bunch shape color piece hand clean
    acc etc download deluxe upscale individual measure design val care health ultra
    """.split()  # noqa: SIM905
)
"""Words of conversation: as a short form of a product's name they would be found everywhere."""


@dataclass(frozen=True, slots=True)
class Nouns:
    """How people of one catalogue call its things and what they do with them."""

    item: str = "item"
    items: str = "items"
    did: str = "chose"
    """What the log records, in the past tense: "rated", "bought"."""
    place: str = "store"
    """What a numbered place is called."""
    baskets: str = "baskets"
    """What its baskets are called: rating days hold films."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Names of one catalogue, ready to be found in text."""

    nouns: Nouns
    titles: Mapping[str, str]
    """Item id -> title as shown; variants are not in it."""
    categories: tuple[str, ...]
    places: Mapping[str, str]
    """Place id -> name as shown."""
    years: Mapping[str, int]
    """Item id -> year, where it has one."""
    proper: bool
    """True where titles are names ("Toy Story"), False where they are nouns ("Tortilla chips")."""
    tables: LinkTables
    holders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Word in the singular -> the items whose titles hold it, the most taken first; empty where titles are names."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Item id -> how often it was taken."""

    @classmethod
    def build(
        cls,
        items: pd.DataFrame,
        places: pd.DataFrame | None = None,
        *,
        nouns: Nouns | Mapping[str, str] | None = None,
        popularity: Mapping[str, float] | pd.Series | None = None,
    ) -> Lexicon:
        """Build the lexicon of a catalogue.

        Args:
            items: The item frame (`item, title, category, year, parent`, attributes, optional `synonyms` "a|b").
                Items with a parent are variants: they lend their attributes, not their titles.
            places: The place frame (`place, name, kind, parent`), None where the catalogue has no places.
            nouns: How people call its things (unknown keys of a mapping are ignored); None takes general words.
            popularity: Item id -> how often it was taken; settles ambiguous words. A column `n` of `items`
                serves where it is None.
        """
        own = items[items["parent"].isna()] if "parent" in items.columns else items
        titles = {str(i): str(t) for i, t in zip(own["item"], own["title"], strict=True)}
        weights = _weights(own, popularity)
        proper = looks_proper(list(titles.values()))
        categories = _categories(own)
        measures, labels = _attributes(items)
        exact, common = _item_names(own, titles, weights, proper=proper)
        whole = set() if proper else _wholes(own, titles, weights)
        common += [*_category_names(categories, whole), *_label_names(labels, set(categories))]
        common += place_names(places)
        words = _everyday(common, proper=proper)
        known = [word for word in (*COMMON, *YEAR_WORDS) if len(word) >= 4]
        years = _years(own)
        place_labels = _place_labels(places)
        return cls(
            nouns=nouns if isinstance(nouns, Nouns) else _nouns(nouns),
            titles=titles,
            categories=tuple(categories),
            places=place_labels,
            years=years,
            proper=proper,
            tables=LinkTables(
                names=NameTable.build(exact, [*common, *words], known),
                years=years,
                places=frozenset(place_labels),
                place_noun=_place_noun(places),
                measures=measures,
            ),
            holders={} if proper else _holders(titles, weights),
            weights=weights,
        )

    def item_called(self, category: str) -> str | None:
        """Return the item that bears a category's name; none among proper names, where that is chance."""
        if self.proper:
            return None
        name = category.casefold()
        return next((item for item, title in self.titles.items() if title.casefold() == name), None)

    def items_named(self, text: str) -> tuple[str, ...]:
        """Return the items that an answer names, in its order; a category's name is an item's where one has it."""
        spans = [span for span in self.link(text).spans if span.kind in ("item", "category")]
        found = [str(one.value) if one.kind == "item" else self.item_called(str(one.value)) for one in spans]
        return tuple(dict.fromkeys(item for item in found if item is not None))

    def link(self, text: str) -> Links:
        """Find every name, time, year, number and verdict in a message."""
        return link(text, self.tables)

    def title(self, item: str) -> str:
        """Return the title of an item, its id where it has none here (a variant)."""
        return self.titles.get(item, item)


def _holders(titles: Mapping[str, str], weights: Mapping[str, float]) -> dict[str, tuple[str, ...]]:
    held: defaultdict[str, list[str]] = defaultdict(list)
    for item, title in sorted(titles.items(), key=lambda one: -weights.get(one[0], 0.0)):
        for word in dict.fromkeys(key(title, singulars=True).split()):
            held[word].append(item)
    return {word: tuple(items) for word, items in held.items()}


def _nouns(given: Mapping[str, str] | None) -> Nouns:
    fields = Nouns.__slots__
    return Nouns(**{name: value for name, value in (given or {}).items() if name in fields})


def _weights(own: pd.DataFrame, popularity: Mapping[str, float] | pd.Series | None) -> dict[str, float]:
    if popularity is None:
        popularity = dict(zip(own["item"].astype(str), own["n"], strict=True)) if "n" in own.columns else {}
    pairs: list[tuple[Any, Any]] = list(popularity.items())
    return {str(item): float(weight) for item, weight in pairs}


def _years(own: pd.DataFrame) -> dict[str, int]:
    if "year" not in own.columns:
        return {}
    known = own[own["year"].notna()]
    return {str(item): int(year) for item, year in zip(known["item"], known["year"], strict=True)}


def _categories(own: pd.DataFrame) -> list[str]:
    """Return the categories by how many items have them, the most frequent first."""
    counts: Counter[str] = Counter()
    for cell, n in own["category"].dropna().value_counts().items() if "category" in own.columns else ():
        for name in str(cell).split("|"):
            counts[name.strip()] += int(n)
    counts.pop("", None)
    return [name for name, _ in counts.most_common()]


def _attributes(items: pd.DataFrame) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """Return the numeric attributes, and the values of the text attributes that are few enough to be kinds."""
    measures: list[str] = []
    labels: dict[str, list[str]] = {}
    for name in [str(column) for column in items.columns]:
        if name in _NOT_ATTRIBUTES:
            continue
        column = items[name].dropna()
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            measures.append(name)
            continue
        values = [str(value) for value in column.unique()[: _MOST_VALUES + 1]]
        if len(values) <= _MOST_VALUES and not all(value.isdigit() for value in values):
            labels[name] = values
    return tuple(measures), labels


def _item_names(
    own: pd.DataFrame, titles: Mapping[str, str], weights: Mapping[str, float], *, proper: bool
) -> tuple[list[Pair], list[Pair]]:
    """Return the names of items as written, and those in the singular."""
    exact: list[Pair] = []
    nouns: list[Pair] = []
    known, spoken, popular = (
        [float(np.quantile(list(weights.values()), share)) for share in (_KNOWN, _SPOKEN, _POPULAR)]
        if weights
        else (0.0, 0.0, np.inf)
    )
    if len(titles) < _MANY:
        known = spoken = 0.0
    for item, title in titles.items():
        weight = weights.get(item, 0.0)
        if proper:
            exact += _proper_names(item, title, weight, popular=weight >= popular)
        else:
            nouns += [
                (form, Name("item", item, score, weight))
                for form, score in common_forms(title)
                if form not in NEVER_ALONE
                and len(form) > 1
                and (score >= FULL or " " in form or weight >= (spoken if is_ordinary(form) else known))
            ]
    if proper:
        exact += _distinctive(titles, weights)
    if "synonyms" in own.columns:
        named = own[own["synonyms"].notna()]
        for item, cell in zip(named["item"], named["synonyms"], strict=True):
            for word in str(cell).split("|"):
                name = Name("item", str(item), FULL - 0.02, weights.get(str(item), 0.0))
                nouns.append((key(word, singulars=True), name))
    return exact, nouns


def _proper_names(item: str, title: str, weight: float, *, popular: bool) -> Iterator[Pair]:
    bare = key(names_in(title)[0])
    for form, score in proper_forms(title):
        words = form.split()
        ordinary = is_ordinary(form)
        if len(words) == 2:
            ordinary = ordinary and not (popular and form == bare)
        elif len(words) > 2:
            ordinary = ordinary and not any(len(word) > 4 for word in words)
        shortened = form != bare and score < FULL
        yield form, Name("item", item, score, weight, ordinary, ordinary and shortened and len(words) == 1)


def _distinctive(titles: Mapping[str, str], weights: Mapping[str, float]) -> Iterator[Pair]:
    """Yield words that stand in one title only ("Strangelove") as names of it; one of the language needs a sentence."""
    holders: dict[str, list[str]] = {}
    for item, title in titles.items():
        for word in set(rare_words(names_in(title)[0])):
            holders.setdefault(word, []).append(item)
    for word, held_by in holders.items():
        if len(held_by) == 1:
            everyday = word in english()
            yield word, Name("item", held_by[0], DISTINCTIVE, weights.get(held_by[0], 0.0), ordinary=everyday)


def _wholes(own: pd.DataFrame, titles: Mapping[str, str], weights: Mapping[str, float]) -> set[str]:
    """Return the categories that hold an item of the very same name as less than half of what was taken of them.

    "Coffee" is then all coffee, not the odd product that the catalogue calls just that.
    """
    taken: defaultdict[str, float] = defaultdict(float)
    for item, cell in zip(own["item"], own["category"], strict=True) if "category" in own.columns else ():
        for name in str(cell).split("|"):
            taken[name.strip()] += weights.get(str(item), 0.0)
    alike = {title.casefold(): weights.get(item, 0.0) for item, title in titles.items()}
    return {name for name, n in taken.items() if n > 2 * alike.get(name.casefold(), n)}


def _category_names(categories: list[str], whole: set[str]) -> Iterator[Pair]:
    for rank, category in enumerate(categories):
        for form, score in common_forms(category):
            if form in NEVER_ALONE:
                continue
            full = FULL * (1.01 if category in whole else 0.99)
            yield form, Name("category", category, full if score == FULL else score * 0.9, -rank)


def _label_names(labels: Mapping[str, list[str]], categories: set[str]) -> Iterator[Pair]:
    """Yield values of text attributes as filters; a single everyday word counts only with the attribute's name."""
    for attribute, values in labels.items():
        for value in set(values) - categories:
            form = key(value, singulars=True)
            name = Name("filter", f"{attribute}={value}", 0.9)
            yield f"{form} {key(attribute)}", name
            yield f"{key(attribute)} {form}", name
            if not is_ordinary(form) and not any(char.isdigit() for char in form):
                yield form, name
        for said, value in OWN_BRAND.items() if attribute == "brand" else ():
            if value in values:
                yield key(said, singulars=True), Name("filter", f"brand={value}", FULL)


def _everyday(names: list[Pair], *, proper: bool) -> list[Pair]:
    """Return everyday and Chinese words for what the catalogue has: "scary" is Horror, "nappies" are diapers."""
    meant: dict[str, list[Name]] = {}
    for form, name in names:
        if name.kind in ("item", "category"):
            meant.setdefault(form, []).append(name)
    tables = (CATEGORY_WORDS if proper else PRODUCT_WORDS, CHINESE_WORDS)
    pairs: list[Pair] = []
    for said, target in ((said, target) for table in tables for said, target in table.items()):
        form = key(said, singulars=True)
        for name in meant.get(key(target, singulars=True), ()):
            if name.score >= TAIL * 0.9:
                score = 0.95 * min(name.score, 1.01)
                pairs.append((form, Name(name.kind, name.value, score, name.weight)))
    return pairs


def _place_labels(places: pd.DataFrame | None) -> dict[str, str]:
    if places is None or places.empty:
        return {}
    return {str(place): str(name) for place, name in zip(places["place"], places["name"], strict=True)}


def _place_noun(places: pd.DataFrame | None) -> str:
    """Return what numbered places are called, empty where no place id is a number."""
    if places is None or places.empty or "kind" not in places.columns:
        return ""
    numbered = places[places["place"].astype(str).str.fullmatch(r"\d+")]
    return str(numbered["kind"].mode().iloc[0]) if len(numbered) else ""


assert DISTINCTIVE < TAIL < SHORT < FULL  # noqa: S101 - the order that look-ups rely on
