"""When a message names something that the catalogue does not hold, or several things at once: what to ask back.

Knows how to tell an unknown or ambiguous name and how the answer to the question back is read. It refuses to guess
where two readings are about as likely.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from bot.dialogue.families import CROWD
from bot.dialogue.lexicon import NEVER_ALONE, Lexicon
from bot.dialogue.lexicon_english import COMMON
from bot.dialogue.lexicon_text import key
from bot.dialogue.lexicon_words import OWN_BRAND
from bot.dialogue.link import Links, Span
from bot.dialogue.planner_cues import PEOPLE
from bot.dialogue.planner_focus import Focus
from bot.dialogue.planner_plan import LIKELY, SURE, Clarify, Plan
from bot.dialogue.turn import Conversation

CHOICES: Final = 4
DOMINANT: Final = 1.5
"""A reading that people take so many times as often as the next one needs no question."""

_BRAND = re.compile(r"\b(?:" + "|".join(map(re.escape, OWN_BRAND)) + r")\b|\bbrands?\b")
_ABOUT = re.compile(
    r"\b(?:with|of|for|after|about|buys?|bought|on|like|liked|loved|love|is|are|in|do|does)\s+(?:the |a |an |some |any |more )*"
    r"(?P<what>[a-z][a-z'&-]{2,}(?: [a-z][a-z'&-]{2,})?)(?=\s*(?:$|[?.!,;]|\b(?:and|or|on|in|at|for|with|best|again|this|than|peak|seasonal|rising|most|sell|bought|together)\b))"
)
_NAME = re.compile(
    r"\b(?:like|liked|loved?|enjoyed|similar to|seen|watched|watch|rate|rated|buy|bought|with|after|about|of|for)\s+"
    r"(?:the\s+)?(?P<what>[A-Z][\w'’]+(?:\s+(?:(?:of|the|and|in|to|a)\s+)*[A-Z][\w'’]+)+)"
)
"""A name of two or more words in capitals, where a message names things."""
_NOUNS = frozenset(
    ("product", "item", "thing", "good", "grocery", "article", "stuff", "film", "movie", "title")
)
_COUNTRY = frozenset(("united states", "united states of america", "united kingdom", "north america"))
"""Names that stand for all of a catalogue's places, and not for one of its things."""
_LIKED = re.compile(
    r"\b(?:like|liked|loved?|enjoyed|similar to|seen|watched|recommend)\s+(?P<what>[a-z0-9][\w' -]+?)\s*(?:$|[?.!,;])"
)


def brands(links: Links, lexicon: Lexicon) -> Plan | None:
    """Say that brands are not counted where a message asks for one and the catalogue has no such attribute."""
    if lexicon.proper or not _BRAND.search(links.plain) or lexicon.link("store brand").of("filter"):
        return None
    text = (
        "这个目录按商品种类统计，不区分品牌。"
        if links.lang == "zh"
        else f"This catalogue counts kinds of {lexicon.nouns.items}; it does not tell brands apart, so I cannot narrow "
        "an answer to one. Ask me by product, category, time or place instead."
    )
    return _ask(text, (), "asks for a brand")


def ambiguous(links: Links, lexicon: Lexicon) -> Plan | None:
    """Ask which of several things a short word means ("chips"), unless one of them is by far the most taken."""
    for span in links.of("item"):
        said = key(links.text[span.start : span.end], singulars=True)
        if span.score >= 0.99 or " " in said:
            continue
        holders = lexicon.holders.get(said, ())
        if len(holders) < 2 or key(lexicon.title(str(span.value)), singulars=True) == said:
            continue
        if _near(span, links, holders, lexicon) is not None:
            continue
        first, second = (lexicon.weights.get(item, 0.0) for item in holders[:2])
        if first >= DOMINANT * second:
            continue
        spans = tuple(replace(span, value=item, score=1.0, alternatives=()) for item in holders[:CHOICES])
        return _which(links, lexicon, spans)
    return None


def _near(span: Span, links: Links, holders: Sequence[str], lexicon: Lexicon) -> str | None:
    """Return the one reading of a short word that shares another with what the message names beside it.

    "Syrup" beside "pancake mix" is pancake syrup.
    """
    beside = {
        word
        for other in links.spans
        if other.kind in ("item", "category") and other.start != span.start
        for word in key(links.text[other.start : other.end], singulars=True).split()
    }
    rest = f"{links.text[: span.start]} {links.text[span.end :]}"
    beside |= {word for word in key(rest, singulars=True).split() if len(word) > 3 and word not in COMMON}
    shared = {one: len(beside & set(key(lexicon.title(one), singulars=True).split())) for one in holders}
    most = max(shared.values(), default=0)
    fitting = [one for one, n in shared.items() if n == most]
    return fitting[0] if most and len(fitting) == 1 else None


def likeliest(links: Links, lexicon: Lexicon) -> Links:
    """Read a short word as the thing that fits what is named beside it, else the most taken whose title holds it."""
    spans: list[Span] = []
    for span in links.spans:
        holders: Sequence[str] = ()
        if span.kind == "item" and span.score < 0.95:
            holders = lexicon.holders.get(key(links.text[span.start : span.end], singulars=True), ())
        holders = [
            one
            for one in holders
            if lexicon.weights.get(one, 0.0) >= _SELDOM * lexicon.weights.get(holders[0], 0.0)
        ]
        best = holders[0] if holders else span.value
        if len(holders) > 1 and " " not in key(links.text[span.start : span.end], singulars=True):
            best = _near(span, links, holders, lexicon) or best
        spans.append(span if best == span.value else replace(span, value=best))
    return replace(links, spans=tuple(spans))


def paired(links: Links, lexicon: Lexicon) -> Links:
    """Read a category called after two things ("Peanut butter and jelly") as the two where a message joins them."""
    spans: list[Span] = []
    for span in links.spans:
        first, joined, second = links.text[span.start : span.end].partition(" and ")
        items = (
            [lexicon.item_called(side) for side in (first, second)]
            if span.kind == "category" and joined
            else []
        )
        if len(items) == 2 and all(items) and _TOGETHER.search(links.plain):
            middle = span.start + len(first)
            spans.append(Span("item", str(items[0]), span.start, middle))
            spans.append(Span("item", str(items[1]), middle + len(joined), span.end))
        else:
            spans.append(span)
    return replace(links, spans=tuple(spans))


_TOGETHER = re.compile(
    r"\btogether\b|\bboth\b|\b(?:same|one|1|a single) (?:basket|trip|cart|trolley|receipt|order|time|go|visit|bag)\b|\bpair\w*\b|\blink\w*\b|\bhow (?:often|many)\b|\bside by side\b"
)
_SELDOM: Final = 0.02
"""What is taken so much less often than the most taken thing of a word is not what the word means."""
_INSTEAD = re.compile(
    r"\W*(?:\boh )?\b(?:sorry|no,? wait|wait,? no|i mean|i meant|or rather|scratch that|make that|correction)\b[\s,:]*"
)


def corrected(links: Links) -> Links:
    """Leave out what a message takes back at once: "paint... sorry, light bulbs"."""
    gone = {
        (before.start, before.end)
        for before, after in pairwise(links.spans)
        if before.kind == after.kind and _INSTEAD.fullmatch(links.text[before.end : after.start].lower())
    }
    gone |= {
        (span.start, span.end)
        for span in links.of("item")
        if _WORKING.fullmatch(links.text[span.start : span.end].lower())
    }
    gone |= {(span.start, span.end) for span in links.of("item") if _said_short(span, links)}
    if (
        len(links.values("item")) > 1
    ):  # "what do those mums come back for?" asks of people, and not of flowers
        gone |= {
            (span.start, span.end)
            for span in links.of("item")
            if CROWD.pattern.fullmatch(links.text[span.start : span.end].lower())
        }
    return replace(links, spans=tuple(span for span in links.spans if (span.start, span.end) not in gone))


def _said_short(span: Span, links: Links) -> bool:
    """Tell whether one word stands for a thing named in full before it: "orange juice: how many juice baskets"."""
    word = key(links.text[span.start : span.end], singulars=True)
    before = [one for one in links.of("item") if one.end < span.start and one.value != span.value]
    wholes = [key(links.text[one.start : one.end], singulars=True).split() for one in before]
    joined = bool(before) and re.fullmatch(
        r"\W*(?:and|or|with|plus|&|,)?\W*", links.text[before[-1].end : span.start].lower()
    )
    return " " not in word and not joined and any(len(whole) > 1 and word == whole[-1] for whole in wholes)


_WORKING = re.compile(r"combinations?|combos?|pair(?:s|ings?)?|develop(?:ed|s)?|counters?|shares?")
"""Words of questions about rules that also stand in titles ("Blended juice and combinations")."""


_POINTS = re.compile(r"\b(?:the|that|this|those|these)\s+$")


def in_focus(links: Links, focus: Focus, lexicon: Lexicon) -> Links:
    """Read a short word as the one thing of that name that the conversation is about ("the chips")."""
    item = focus.call.arguments.get("item") if focus.call is not None else None
    about = {item} if isinstance(item, str) else {*(item or ())}
    about |= {*(focus.lists[0] if focus.lists else ())}
    about |= {*((focus.call.arguments.get("liked") or ()) if focus.call is not None else ())}
    spans: list[Span] = []
    for span in links.spans:
        if span.kind == "item" and span.score < 0.99:
            said = key(links.text[span.start : span.end], singulars=True)
            known = [one for one in lexicon.holders.get(said, ()) if one in about]
            span = replace(span, value=known[0], score=1.0, alternatives=()) if len(known) == 1 else span
        elif (
            span.kind == "category"
            and not lexicon.proper
            and _POINTS.search(links.text[: span.start].lower())
        ):
            words = set(key(links.text[span.start : span.end], singulars=True).split())
            known = [one for one in about if words <= set(key(lexicon.title(one), singulars=True).split())]
            span = replace(span, kind="item", value=known[0]) if len(known) == 1 else span
        spans.append(span)
    return replace(links, spans=tuple(spans))


def unknown(links: Links, lexicon: Lexicon) -> Plan | None:
    """Say that something is not in this catalogue: a name in capitals, or what a question is plainly about."""
    named = _unlinked_name(links, lexicon)
    if named is not None:
        return _absent(links, lexicon, named, ())
    if any(links.of(kind) for kind in ("item", "category")):
        return None
    for match in _ABOUT.finditer(links.text.lower()):
        what, start = match["what"], match.start("what")
        if any(span.start < start + len(what) and start < span.end for span in links.spans):
            continue
        spans = _holding(what, start, lexicon)
        if spans:
            return _which(links, lexicon, spans)
        if not any(word in COMMON for word in re.findall(r"[a-z']+", what)):
            return _absent(links, lexicon, what, ())
    return None


def _unlinked_name(links: Links, lexicon: Lexicon) -> str | None:
    """Return a name in capitals, or the object of "like", of which only a part was linked, and so by accident."""
    words = re.findall(r"[^\W\d_]+", links.text)
    shouting = sum(word[0].isupper() for word in words) > len(words) / 2
    for match in _NAME.finditer(links.text) if not shouting else ():
        start, end = match.span("what")
        if match["what"].lower() in _COUNTRY:
            continue
        covering = [s for s in links.spans if s.start < end and start < s.end]
        if all(span.kind in ("item", "category") for span in covering) and not _covered(
            match["what"], start, covering
        ):
            return match["what"]
    if lexicon.proper:
        return None
    low = links.text.lower()
    for match in _LIKED.finditer(low):
        what = match["what"]
        covering = [
            s for s in links.of("category") if match.start("what") <= s.start and s.end <= match.end("what")
        ]
        left = re.sub(r"\b(?:and|or|the|a|an|some|very|much|so|really|too|more|it|this|that)\b", " ", what)
        for span in covering:
            left = left.replace(low[span.start : span.end], " ")
        if covering and left.split() and not any(span.kind == "item" for span in links.spans):
            return what
    return None


def _covered(name: str, start: int, spans: Sequence[Span]) -> bool:
    """Tell whether spans cover every word in capitals of a name ("Ice Cream and Salsa")."""
    return all(
        any(span.start <= start + word.start() < span.end for span in spans)
        for word in re.finditer(r"[A-Z][\w'’]+", name)
    )


def _holding(what: str, start: int, lexicon: Lexicon) -> tuple[Span, ...]:
    """Return readings of a word that stands in names of categories or items, without being one."""
    word = key(what, singulars=True)
    if lexicon.proper or " " in word or word in NEVER_ALONE or re.fullmatch(PEOPLE, word):
        return ()
    if word in _NOUNS or word == key(lexicon.nouns.item, singulars=True):
        return ()  # "products" are all of them
    if word in COMMON and not any(
        word == key(name, singulars=True).split()[-1] for name in lexicon.categories
    ):
        return ()
    categories = [name for name in lexicon.categories if word in key(name, singulars=True).split()]
    end = start + len(what)
    spans = [Span("category", name, start, end) for name in categories]
    named = {name.casefold() for name in categories}
    spans += [
        Span("item", item, start, end)
        for item in lexicon.holders.get(word, ())
        if lexicon.title(item).casefold() not in named
    ]
    return tuple(spans[:CHOICES])


def _which(links: Links, lexicon: Lexicon, spans: tuple[Span, ...]) -> Plan:
    names = [lexicon.title(str(span.value)) for span in spans]
    said = links.text[spans[0].start : spans[0].end]
    if links.lang == "zh":
        return _ask(f"“{said}”是指{'、'.join(names)}中的哪一个？", spans, "a word for several things", names)
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return _ask(f"Which do you mean by {said!r}: {listed}?", spans, "a word for several things", names)


def _absent(links: Links, lexicon: Lexicon, what: str, spans: tuple[Span, ...]) -> Plan:
    items = lexicon.nouns.items
    text = (
        f"这个目录里没有“{what}”，请说出这里的商品或类别。"
        if links.lang == "zh"
        else f"Nothing among the {items} of this catalogue is called {what!r}, so I cannot go by it. "
        f"Name one of its {items} or a category instead."
    )
    return _ask(text, spans, "a name that the catalogue lacks")


def _ask(text: str, spans: tuple[Span, ...], reason: str, names: Sequence[str] = ()) -> Plan:
    return Plan(
        clarify=Clarify(text, tuple(names), spans), confidence=SURE if spans else LIKELY, reason=reason
    )


def resumed(
    links: Links,
    conversation: Conversation,
    replan: Callable[[str, Conversation], tuple[Plan, Links]],
    lexicon: Lexicon,
) -> Links | None:
    """Return the question before with the choice that this message makes, None where it makes none.

    Args:
        links: The message.
        conversation: The turns before; only the last one can hold the question back.
        replan: Plans an earlier message anew: (message, the turns before it) -> its plan and links.
        lexicon: Names of the catalogue.
    """
    if not conversation.turns or conversation.turns[-1].answer.tool_calls:
        return None
    before = conversation.model_copy(update={"turns": conversation.turns[:-1]})
    planned, asked = replan(conversation.turns[-1].message, before)
    choices = planned.clarify.spans if planned.clarify is not None else ()
    chosen = _chosen(links, choices, lexicon)
    if chosen is None:
        return None
    kept = [span for span in asked.spans if span.end <= chosen.start or chosen.end <= span.start]
    return replace(asked, spans=tuple(sorted([*kept, chosen], key=lambda span: span.start)))


def _chosen(links: Links, choices: Sequence[Span], lexicon: Lexicon) -> Span | None:
    ordinal = links.integer("ordinal")
    if ordinal is not None and choices and abs(ordinal) <= len(choices):
        return choices[ordinal - 1 if ordinal > 0 else ordinal]
    linked = {str(span.value) for span in links.spans if span.kind in ("item", "category")}
    named = [span for span in choices if str(span.value) in linked]
    if named:
        return named[0]
    words = [word for word in key(links.plain, singulars=True).split() if word not in _FILLER]
    fitting = [
        span
        for span in choices
        if words and set(words) <= set(key(lexicon.title(str(span.value)), singulars=True).split())
    ]
    return fitting[0] if len(fitting) == 1 else None


_FILLER = frozenset(
    ["the", "one", "please", "i", "mean", "meant", "of", "course", "a", "yes", "it", "is", "ok"]
)
