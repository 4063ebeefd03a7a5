"""Names that a message gives in part: "red wine" where the catalogue has a "Red wine glass", "the decaf ones".

Knows the words of titles and what the conversation is about. It refuses to guess between several things.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.dialogue.lexicon import NEVER_ALONE, Lexicon
from bot.dialogue.lexicon_text import key
from bot.dialogue.lexicon_words import QUALIFIERS
from bot.dialogue.link import Links, Span
from bot.dialogue.numerals import listed
from bot.dialogue.planner_focus import Focus

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LONGEST = 4
_SMALL = frozenset(
    listed(
        """
        a an the and or of with without for in on at to by from as not no any all other per basket baskets box set
        pack gift food more most less best new day days week month morning evening night weekend store shop time
        """
    )
)
"""Words that join others, or that questions are made of: never a part of a name by themselves."""
_ONES = re.compile(r"\b(?:the |any )?(?P<word>[a-z]+) (?:ones?|kind|sort)\b")


def completed(links: Links, lexicon: Lexicon) -> Links:
    """Add the item that alone holds two or more words side by side that nothing else was read into.

    Proper names (films) are left alone: their words are words of any sentence.
    """
    if lexicon.proper or not lexicon.holders:
        return links
    words = [(match[0].lower(), *match.span()) for match in _WORD.finditer(links.text)]
    free = [not any(span.start < end and start < span.end for span in links.spans) for _, start, end in words]
    found: list[Span] = []
    at = 0
    while at < len(words):
        size = next(
            (
                n
                for n in range(_LONGEST, 1, -1)
                if all(free[at : at + n]) and _sole(words[at : at + n], n, lexicon)
            ),
            0,
        )
        if size:
            item = _sole(words[at : at + size], size, lexicon)
            found.append(Span("item", str(item), words[at][1], words[at + size - 1][2], 0.9))
        at += size or 1
    return replace(links, spans=_joined(links, found, lexicon)) if found else links


def _sole(words: list[tuple[str, int, int]], size: int, lexicon: Lexicon) -> str | None:
    """Return the one item whose title holds all of these words, None where none or several do."""
    if len(words) < size or any(word in _SMALL for word, _, _ in words):
        return None
    if all(word in NEVER_ALONE or word in QUALIFIERS for word, _, _ in words):
        return None  # "a seasonal product" names nothing
    held = [set(lexicon.holders.get(key(word, singulars=True), ())) for word, _, _ in words]
    both = set.intersection(*held)
    return next(iter(both)) if len(both) == 1 else None


def _joined(links: Links, found: list[Span], lexicon: Lexicon) -> tuple[Span, ...]:
    """Leave out a single word that belongs to a title found: the "glass" of "a glass of white wine"."""
    titles = {word for span in found for word in key(lexicon.title(str(span.value)), singulars=True).split()}
    kept = [
        span
        for span in links.spans
        if span.kind != "item" or key(links.text[span.start : span.end], singulars=True) not in titles
    ]
    return tuple(sorted([*kept, *found], key=lambda span: span.start))


def ones_in_focus(links: Links, focus: Focus, lexicon: Lexicon) -> Links:
    """Read "the decaf ones" as the thing of that word that is of the kind the conversation is about."""
    match = _ONES.search(links.text.lower())
    item = focus.call.arguments.get("item") if focus.call is not None else None
    if match is None or not isinstance(item, str) or links.of("item"):
        return links
    kind = set(key(lexicon.title(item), singulars=True).split())
    held = lexicon.holders.get(key(match["word"], singulars=True), ())
    alike = [one for one in held if kind & set(key(lexicon.title(one), singulars=True).split())]
    if len(alike) != 1:
        return links
    span = Span("item", alike[0], *match.span(), 0.9)
    return replace(links, spans=tuple(sorted([*links.spans, span], key=lambda one: one.start)))
