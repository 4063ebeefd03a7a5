"""Examples of wording: a fact in marks, and the sentence that says it at its place of an answer.

Knows the blocks of `word.txt`. Facts come in the very format of `bot.llm.teach.slots`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from random import Random

from bot.llm.teach.slots import PLACES, Blank
from bot.llm.teach.templates import HELD_OUT
from bot.llm.teach.worlds import World

Pair = tuple[str, str]
_SLOT = re.compile(r"\{(\w+?)\d?\}")
_NUMBER = re.compile(r"#\d+")
_TITLES = re.compile(r"\b[ABC]\b")
LITERAL = 0.12
"""Share of facts that speak of a category, which is told in its own words, where others speak of a title."""
LEADS = (
    "On Friday evenings, ", "On Sundays, ", "In winter, ", "At night, ", "On weekend mornings, ", "In December, ", "",
    "In the evening, ", "On weekdays, ", "At Store #0, ", "On Thursday evenings at Store #0, ", "In the morning, ", "",
    "In California, ", "On Saturday nights in summer, ", "In the South, ", "On Friday evenings in Texas, ", "In July, ",
)  # fmt: skip
WHENS = (
    "in December",
    "in January",
    "in March",
    "in April",
    "in July",
    "in September",
    "in October",
    "in February",
    "in June",
)
ATS = ("in the evening", "at night", "on Fridays", "on Sundays", "in the morning", "in winter", "in July", "in the afternoon",
       "on weekends", "in Texas", "in the West", "on Mondays", "in autumn", "on weekdays")  # fmt: skip
PARTS = ("taste", "people", "rules that fire now", "likeness of text", "kind", "traits", "near", "beside", "walk", "broad",
         "ease", "what was taken last", "the time and place", "popularity")  # fmt: skip
NOUNS = (
    ("baskets", "basket", "households", "bought", "products"),
    ("rating days", "rating day", "people", "rated", "films"),
    ("baskets", "basket", "people", "bought", "items"),
    ("visits", "visit", "readers", "read", "books"),
    ("sessions", "session", "people", "played", "games"),
    ("days", "day", "listeners", "heard", "albums"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fact and how to say it, for each place of an answer."""

    fact: str
    said: tuple[str, ...]


def blocks() -> tuple[Block, ...]:
    """All blocks of `word.txt`."""
    text = files("bot.llm.teach").joinpath("word.txt").read_text(encoding="utf-8")
    found: list[Block] = []
    for part in text.split("\n\n"):
        lines = [line for line in part.splitlines() if line and not line.startswith("# ")]
        if lines:
            fact, *said = (line[2:] for line in lines)
            if len(said) != PLACES:
                raise ValueError(f"a fact needs {PLACES} sentences, this has {len(said)}: {fact!r}")
            found.append(Block(fact, tuple(said)))
    return tuple(found)


def pairs(worlds: Sequence[World], seed: int, *, held_out: bool) -> Iterator[Pair]:
    """Yield fact and sentence without end. The validation pairs differ in nouns, times and categories, not in kind."""
    rng = Random(seed)  # noqa: S311 - for variety, not for secrets
    known = blocks()
    while True:
        for block in rng.sample(known, len(known)):
            place = rng.randrange(PLACES)
            fact, said = filled(block, place, worlds, rng)
            prompt = Blank(fact, {}).prompt(place)
            if (sum(prompt.encode()) % HELD_OUT == 0) == held_out:
                yield prompt, f" {said}"


def filled(block: Block, place: int, worlds: Sequence[World], rng: Random) -> Pair:
    """Return a fact and its sentence at a place, numbered in the fact's order."""
    categories = rng.choice(worlds).lexicon.categories
    nouns = dict(zip(("baskets", "basket", "people", "verb", "things"), rng.choice(NOUNS), strict=True))
    lead = rng.choice(LEADS)
    chosen: dict[str, str] = {}
    pools = {"when": WHENS, "at": ATS, "part": PARTS, "cat": categories, "move": ("rising", "fading")}

    def word(match: re.Match[str]) -> str:
        whole, name = match[0], match[1]
        if name == "lead":
            return lead
        if name in nouns:
            return nouns[name]
        if whole not in chosen:
            free = [one for one in pools[name] if one not in chosen.values() and "#" not in one] or list(
                pools[name]
            )
            chosen[whole] = rng.choice(free)
        return chosen[whole]

    fact, said = _SLOT.sub(word, block.fact), _SLOT.sub(word, block.said[place])
    if rng.random() < LITERAL and "KIND" not in fact:  # a category has no mark
        names = {"A": rng.choice(categories), "B": "A", "C": "B"}
        fact, said = (_TITLES.sub(lambda match: names[match[0]], text) for text in (fact, said))
    order = {old: f"#{new}" for new, old in enumerate(dict.fromkeys(_NUMBER.findall(fact)), start=1)}
    fact, said = (_NUMBER.sub(lambda match: order[match[0]], text) for text in (fact, said))
    return _opened(fact), _opened(said)


def _opened(text: str) -> str:
    return text[:1].upper() + text[1:]
