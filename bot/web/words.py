"""The words of the page: tools, score parts, numbers and instants as a visitor reads them.

Knows English and formats. It refuses to know HTML. A name that is not listed is shown as it is, with spaces for
underscores, so that a new tool or number needs no change here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.dialogue.turn import ItemRef
from bot.service import CatalogCard

STEPS: Mapping[str, tuple[str, str]] = {
    "search_items": ("Searching the catalogue", "Searched the catalogue"),
    "score_items": ("Weighing what fits you now", "Weighed what fits you now"),
    "lookup_rules": ("Looking up the record", "Looked up the record"),
    "explain_item": ("Working out why", "Worked out why"),
    "item_details": ("Reading the facts", "Read the facts"),
    "rate_item": ("Noting your verdict", "Noted your verdict"),
    "show_profile": ("Reading your profile", "Read your profile"),
}
"""By tool: what the step is called while it runs and when it is done."""

VERDICTS: Mapping[str, tuple[str, str]] = {
    "like": ("Like", "Liked"),
    "dislike": ("Not for me", "Noted: not for you"),
    "seen": ("Seen it", "Seen"),
}
"""By verdict: the button before and after it is given."""

NUMBERS: Mapping[str, str] = {
    "n": "baskets",
    "n_x": "with the first",
    "n_y": "with the second",
    "n_xy": "with both",
    "people_x": "people with the first",
    "people_y": "people with the second",
    "people_xy": "people with both",
    "q": "chance (q)",
}
"""By name of a number: what it counts, where the name alone says too little."""

PARTS: Mapping[str, str] = {"content": "likeness of text", "rules": "rules that fire now"}
"""By part of a score: what it measures, where the name alone says too little."""


KINDS: Mapping[str, str] = {
    "any": "Any",
    "together": "Together",
    "next": "What follows",
    "context": "When and where",
    "cycle": "Until again",
    "trend": "Over time",
}
"""By kind of rule: what it is called."""

MEASURES: Mapping[str, str] = {
    "strength": "Strength",
    "n_xy": "Baskets with both",
    "confidence": "Confidence",
    "lift": "Lift",
    "context_gain": "Gain at that time",
    "q": "Least likely chance",
}
"""By measure of a rule: what ordering by it is called."""


def plain(name: str) -> str:
    """Return an identifier as words."""
    return name.replace("_", " ").strip()


def part(name: str) -> str:
    """Return what a part of a score is called."""
    return PARTS.get(name, plain(name))


def step_title(tool: str, *, done: bool) -> str:
    """Return what a tool step is called."""
    running, finished = STEPS.get(tool, (f"Using {plain(tool)}", f"Used {plain(tool)}"))
    return finished if done else running


def number(value: float) -> str:
    """Return a number for reading: whole ones with separators, others with three significant digits."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def named(name: str) -> str:
    """Return what a number counts: "n Comedy" is that of Comedy, "value 294" that of the item the sentence names."""
    if name in NUMBERS:
        return NUMBERS[name]
    kind, _, thing = name.partition(" ")
    if kind == "value" and thing:
        return "times"
    return plain(thing) if kind == "n" and thing else plain(name)


def figure(name: str, value: float) -> str:
    """Return a named number for reading: a year has no separator."""
    return f"{value:.0f}" if name == "year" else number(value)


def count(n: int, one: str) -> str:
    """Return a count with its noun."""
    return f"{n:,} {one}" if n == 1 else f"{n:,} {one}s"


def label(item: ItemRef) -> str:
    """Return an item's title with its year, as the bot understands it in a message."""
    year = f"({item.year})"
    return item.title if item.year is None or item.title.endswith(year) else f"{item.title} {year}"


def person(key: str) -> str:
    """Return what a person is called: the id, of a long pseudonym its first characters."""
    short = key.removeprefix("p_")
    return f"Person {short if len(short) <= 10 else short[:6]}"


def day(at: datetime) -> str:
    """Return a date for reading, without a leading zero."""
    return f"{at.day} {at:%b %Y}"


def local_instant(at: datetime, zone: str) -> str:
    """Return an instant in a catalogue's local time."""
    here = at.astimezone(ZoneInfo(zone))
    return f"{here:%a} {day(here)}, {here:%H:%M}"


def data_window(card: CatalogCard) -> str:
    """Say what time a catalogue's data speak of."""
    if card.data_from is None or card.data_to is None:
        return "no dated behaviour yet"
    zone = ZoneInfo(card.zone)
    return f"data from {day(card.data_from.astimezone(zone))} to {day(card.data_to.astimezone(zone))}"


def greeting(at: datetime, zone: str) -> str:
    """Greet by the local hour."""
    hour = at.astimezone(ZoneInfo(zone)).hour
    if 5 <= hour < 11:
        return "Good morning"
    return "Good afternoon" if 11 <= hour < 17 else "Good evening"
