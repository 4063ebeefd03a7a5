"""Names of places: stores, states and their codes, regions and groups of states.

Knows the place frame and the tables of everyday words. It refuses to know which place a message means.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from bot.dialogue.lexicon_forms import is_ordinary
from bot.dialogue.lexicon_index import Name
from bot.dialogue.lexicon_text import key
from bot.dialogue.lexicon_words import REGION_OF_GROUP, REGION_WORDS, STATE_GROUPS, STATES

_CODES = {name.lower(): code for code, name in STATES.items()}


def place_names(places: pd.DataFrame | None) -> list[tuple[str, Name]]:
    """Return (key in the singular, name) for every way to name a place of the frame."""
    if places is None or places.empty:
        return []
    ids = {str(place): str(name) for place, name in zip(places["place"], places["name"], strict=True)}
    pairs: list[tuple[str, Name]] = []
    codes: dict[str, str] = {}
    regions: dict[str, str] = {}
    for place, name in ids.items():
        said = {name, place} if not place.isdigit() and len(place) > 2 else {name}
        pairs += [(key(one, singulars=True), _name(place, key(one))) for one in sorted(said)]
        code = place.upper() if place.upper() in STATES else _CODES.get(name.lower())
        if code is not None:
            codes[code] = place
            pairs.append((key(STATES[code], singulars=True), _name(place, "")))
            # Two letters are a word as often as a state: capitals tell them apart.
            pairs.append((code.lower(), Name("place", place, 0.9, ordinary=True, strict=True)))
        region = next((r for r in REGION_WORDS if r in (place.lower(), name.lower())), None)
        if region is not None:
            regions[region] = place
            pairs += [(key(said, singulars=True), _name(place, "")) for said in REGION_WORDS[region]]
    return [*pairs, *_groups(codes, regions)]


def _name(place: str, form: str) -> Name:
    """A place called by an everyday word ("south") counts only where the sentence speaks of places."""
    return Name(
        "place", place, 0.99, ordinary=bool(form) and is_ordinary(form) and not any(map(str.isdigit, form))
    )


def _groups(codes: dict[str, str], regions: dict[str, str]) -> Iterator[tuple[str, Name]]:
    """Yield groups of states: the states that the catalogue has, else the nearest region."""
    for group, members in STATE_GROUPS.items():
        held = [codes[code] for code in members if code in codes]
        if held:
            name = Name("place", "|".join(held), 1.0)
        elif REGION_OF_GROUP[group] in regions:
            name = Name("place", regions[REGION_OF_GROUP[group]], 0.9)
        else:
            continue
        form = key(group, singulars=True)
        yield from ((form, name), (f"the {form}", name))
