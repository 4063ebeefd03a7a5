"""From what people and models write to what the libraries take: item ids, categories, places, times.

Knows the catalogue's names. What it cannot resolve is a `ToolInputError` that offers the nearest choices: the model
can mend it, or the person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from rapidfuzz import fuzz, process, utils

from bot.catalogue import OpenCatalog
from bot.dialogue.lexicon_forms import straight
from bot.errors import ToolInputError
from mining.context import parse_when
from mining.count import EVERYTHING, Slice
from mining.errors import UnknownWord


def nearest(word: str, choices: Sequence[str], k: int = 3) -> str:
    """Say the choices that look most like `word`: " Did you mean 'a' or 'b'?", or nothing."""
    close = process.extract(word, choices, scorer=fuzz.WRatio, processor=utils.default_process, limit=k)
    names = [repr(name) for name, score, _ in close if score >= 60]
    return f" Did you mean {' or '.join(names)}?" if names else ""


def item_id(catalog: OpenCatalog, item: str) -> str:
    """Return the id of an item given by id or by title, its article in front or behind ("Shining, The").

    Raises:
        ToolInputError: nothing of that name, or several.
    """
    if item in catalog.titles:
        return item
    item = straight(item)
    links = [span for span in catalog.lexicon.link(item).spans if span.kind == "item"]
    if links:
        best = max(links, key=lambda span: (span.end - span.start, span.score))
        if (best.end - best.start) >= 0.6 * len(item.strip()):
            return str(best.value)
    raise ToolInputError(
        f"there is no item {item!r} in {catalog.info.title}.{nearest(item, list(catalog.titles.values()))}"
    )


def item_ids(catalog: OpenCatalog, items: Sequence[str] | str | None) -> tuple[str, ...]:
    """Return the distinct ids of items given by id or title; "category:NAME" stands for itself."""
    if items is None:
        return ()
    given = [items] if isinstance(items, str) else items
    return tuple(dict.fromkeys(key(catalog, item) for item in given))


def key(catalog: OpenCatalog, item: str) -> str:
    """Return the id that the rule book counts under: an item's, or "category:NAME"."""
    if item.startswith("category:"):
        return f"category:{category_name(catalog, item.removeprefix('category:'))}"
    return item_id(catalog, item)


def category_name(catalog: OpenCatalog, category: str) -> str:
    """Return a category as the catalogue writes it.

    Raises:
        ToolInputError: there is no such category.
    """
    for name in catalog.categories:
        if name.casefold() == category.strip().casefold():
            return name
    links = [span for span in catalog.lexicon.link(category).spans if span.kind == "category"]
    if links:
        return str(links[0].value)
    hint = nearest(category, catalog.categories) or f" There are {', '.join(catalog.categories[:12])}, ..."
    raise ToolInputError(f"there is no category {category!r} in {catalog.info.title}.{hint}")


def place_ids(catalog: OpenCatalog, place: str) -> str | tuple[str, ...]:
    """Return the id of a place given by id or name, or the ids of a group of places ("west coast").

    Raises:
        ToolInputError: there is no such place.
    """
    if place in catalog.place_names:
        return place
    for identifier, name in catalog.place_names.items():
        if name.casefold() == place.strip().casefold():
            return identifier
    found = tuple(dict.fromkeys(str(v) for v in catalog.lexicon.link(place).values("place")))
    if found:
        parts = tuple(part for value in found for part in value.split("|"))
        return parts[0] if len(parts) == 1 else parts
    if not catalog.place_names:
        raise ToolInputError(f"{catalog.info.title} knows no places, so {place!r} cannot be asked for")
    raise ToolInputError(
        f"there is no place {place!r} in {catalog.info.title}.{nearest(place, list(catalog.place_names.values()))}"
    )


def context(catalog: OpenCatalog, when: str, now: datetime, zone: str | None = None) -> tuple[str, ...]:
    """Return the context words that `when` means.

    Raises:
        ToolInputError: a word is none that the calendar knows.
    """
    try:
        return parse_when(when, catalog.calendar, now, zone)
    except UnknownWord as error:
        raise ToolInputError(str(error)) from error


def slice_of(catalog: OpenCatalog, when: str | None, place: str | None, now: datetime) -> Slice:
    """Return the slice of baskets that words for a time and a place mean together."""
    return Slice(
        context=context(catalog, when, now) if when else (),
        place=place_ids(catalog, place) if place else None,
    )


_OTHERS = re.compile(
    r"(?:all |the )*(?:others?|other \w+|rest|rest of (?:the )?\w+|elsewhere|everywhere else)", re.I
)


def time_or_place(catalog: OpenCatalog, text: str, now: datetime, where: Slice = EVERYTHING) -> Slice:
    """Read one phrase that is a time, a place or both: the `against` of a comparison.

    What the phrase leaves open it has in common with the slice that it is compared with: Friday against Sunday, at one
    store, are two days of that store. "The others" are all other places.

    Args:
        catalog: The catalogue.
        text: The phrase.
        now: The instant of the request.
        where: What it is compared with.
    """
    if _OTHERS.fullmatch(text.strip()) and where.place is not None:
        other = tuple(
            place for place in catalog.rules.index.places.ids if not _touches(catalog, place, where.places)
        )
        return replace(where, place=other)
    read = _time_or_place(catalog, text, now)
    return Slice(
        context=read.context or where.context,
        place=read.place if read.place is not None else where.place,
    )


def _touches(catalog: OpenCatalog, place: str, places: tuple[str, ...]) -> bool:
    """Tell whether a place is one of the places, lies in one of them, or holds one of them."""
    known = catalog.rules.index.places
    line = [known.ids[code] for code in known.lineage(known.code(place))]
    return bool(set(line) & set(places)) or any(
        place in [known.ids[code] for code in known.lineage(known.code(one))] for one in places
    )


def _time_or_place(catalog: OpenCatalog, text: str, now: datetime) -> Slice:
    links = catalog.lexicon.link(text)
    words = " ".join(str(value) for value in links.values("context"))
    places = tuple(part for value in links.values("place") for part in str(value).split("|"))
    if places and words:
        return Slice(context=context(catalog, words, now), place=places[0] if len(places) == 1 else places)
    if places:
        return Slice(place=places[0] if len(places) == 1 else places)
    try:
        return Slice(place=place_ids(catalog, text))
    except ToolInputError:
        return Slice(context=context(catalog, words or text, now))
