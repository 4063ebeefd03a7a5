"""What a message asks of behaviour, read from the families of its words and not from its wording.

Knows how many things are named, whether they are two sides, and which families of words stand around them. It is asked
where no plain wording decides (see `bot.dialogue.planner_readings`). It refuses to know how arguments are filled.
"""

from __future__ import annotations

import re
from typing import Final

from bot.dialogue import families as said
from bot.dialogue import planner_calls as make
from bot.dialogue.aspects import aspects_of
from bot.dialogue.cue import Cue, Said
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.link import Links
from bot.dialogue.planner_cues import DETAILS, SCORE, RuleKind, rule_kind
from bot.dialogue.planner_focus import Focus
from bot.dialogue.planner_pairs import in_one_basket, leads_to
from bot.dialogue.planner_plan import LIKELY, SURE, Plan

_IDIOMS: Final = re.compile(
    r"\b(?:we|i|our|i'm|we're)\b[^.?!,;]{0,40}\bnext (?:week|month|year|weekend|time)\b"
    r"|\bon (?:a|any|the|those|these) days? (?:when|with|that|where|on which)\b|\bfollow\w* (?=the (?:seasons?|year|weather|calendar)\b)|\bthan (?:\w+ ){0,3}(?:before|earlier|later|ever)\b|\bafter all\b|\bnever before\b|\b(?:before|after) (?:work|dark|noon|midnight|dinner|lunch|breakfast|bed)\b"
)
"""Words of time that put no two things in order."""
_YES_NO: Final = re.compile(
    r"^\W*(?:(?:and|so|but|then|ok|well|hmm+)\W+)*(?:is|are|was|were|do|does|did|has|have|can|could|would|will)(?:n'?t)?\b"
)


def words_around(links: Links) -> Said:
    """Return the message without the names in it: a title's own words ask for nothing."""
    plain = str(links.plain)
    for span in (*links.of("item"), *links.of("category")):
        name = links.text[span.start : span.end].lower()
        plain = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "xx", plain)
    return without_idioms(plain)


def without_idioms(plain: str) -> Said:
    """Return a message without the words of time that put no two things in order ("next month we show it")."""
    return plain if isinstance(plain, Said) and not _IDIOMS.search(plain) else Said(_IDIOMS.sub(" ", plain))


def sides(links: Links, focus: Focus) -> int:
    """Return how many different things a message names or points at."""
    return len(set(focus.named(links)) | {f"category:{name}" for name in links.values("category")})


def behaviour(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    """Plan a question about behaviour that no plain wording gives away; None where the words ask for something else."""
    del lexicon
    around = words_around(links)
    if links.lang != "en" or _is_else(links, around):
        return None
    kind = _kind(links, focus, around)
    if kind is None:
        return None
    call = make.rules(links, focus, kind)
    plainly = said.CROWD.search(around) or said.RECORD.search(around) or said.AMOUNT.search(around)
    return Plan((call,), SURE if plainly else LIKELY, f"words of behaviour: {kind}")


def is_premise(part: Links) -> bool:
    """Tell whether the first part of a message supposes something of people, for the question after it.

    "A shopper buys cake mix; does frosting follow?" asks one thing.
    """
    around = words_around(part)
    if "?" in part.text or _QUESTIONS.search(around) or said.WISH.search(around):
        return False
    return bool(part.of("item") or part.of("category")) and _SUPPOSED.search(around) is not None


_QUESTIONS: Final = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have|can|could|would|will|tell|show|list|name|give|find|compare|plot|draw|export)\b"
    r"|\b(?:what|which|when|where|why|how)\b"
)
_SUPPOSED: Final = re.compile(
    r"^\W*(?:(?:say|suppose|imagine|assume|let's say|if|when|once|after) )*(?:an? |the |some |any |my |our )?(?:\w+ )?"
    r"(?:people|person|customer|client|consumer|shopper|household|family|buyer|viewer|rater|guest|patron|punter|visitor|regular|fan|user|someone|somebody|they|we)s?\b"
)
"""Begins with people who do something."""


def settled_kind(kind: RuleKind | None, links: Links, focus: Focus) -> RuleKind | None:
    """Return the kind that a wording sounds like, corrected by how many things are named.

    A rhythm is one thing's own: of two things "how often" asks for a pair and "how long until" for an order; and to
    come back for one thing, with nothing before it, is to take it again.
    """
    idiom = _IDIOMS.search(links.plain) if kind == "next" else None
    if idiom is not None:
        kind = "trend" if idiom[0].startswith("than") else rule_kind(without_idioms(links.plain))
    around = words_around(links)
    n = sides(links, focus)
    if (
        kind == "context"
        and n == 2
        and not (links.of("context") or links.of("place") or said.WHEN_WHERE.search(around))
    ):
        return "together"  # "how much likelier is one on a day with the other?"
    if kind == "cycle" and leads_to(links) and not _TIME_AND_AGAIN.search(around):
        return "next"
    if kind == "cycle" and n == 2:
        if said.LATER.search(around) or _UNTIL.search(around):
            return "next"
        return "together" if said.JOINED.search(around) else kind
    if (
        kind == "next"
        and n == 1
        and _BACK_FOR.search(around)
        and not _AFTER.search(_BACK_FOR.pattern.sub(" ", around))
    ):
        return "cycle"
    return kind


_TIME_AND_AGAIN: Final = re.compile(
    r"\bhow\b|\bagain\b|\banother\b|\b(?:usual|median|average|typical) (?:gap|time|interval)\b"
)
_UNTIL: Final = re.compile(r"\b(?:until|till|before)\b")
_BACK_FOR: Final = Cue(
    re.compile(
        r"\b(?:returns?|returned|comes?|came|coming|goes|go|gets?|back|again) (?:back )?(?:for|to) (?:(?:the|a|an|some|more|another|new|their|bag|of) )*(?:xx|it|them|this|that|those)\b"
    )
)
_AFTER: Final = re.compile(
    r"\b(?:after|afterwards|before|once|having|when(?:ever)?|following|next|then|later|within|if|who (?:buy|bought|rated?|take|took|had|got|get)s?|buyers)\b"
)
"""Something comes first."""


def family_kind(links: Links, focus: Focus) -> RuleKind | None:
    """Return the kind of rule that the families of words ask for, None where they ask for none."""
    return _kind(links, focus, words_around(links))


def _is_else(links: Links, around: Said) -> bool:
    """Tell whether the words are a wish, a verdict or a question for facts."""
    shown = {"chart", "csv"} & set(aspects_of(links.plain))
    wished = said.WISH.search(around) or (SCORE.search(links.plain) and not said.CROWD.search(around))
    if wished and not shown:
        return True
    bounds = any(links.of(kind) for kind in ("year_from", "year_to", "filter"))
    if bounds and not (said.CROWD.search(around) or said.RECORD.search(around) or said.AMOUNT.search(around)):
        return True
    if DETAILS.search(links.plain) and not (said.CROWD.search(around) or said.RECORD.search(around)):
        return True
    asked_of_slice = bool(links.of("context") or links.of("place")) and _YES_NO.match(around) is not None
    return bool(links.of("verdict")) and not (said.CROWD.search(around) or asked_of_slice)


def _kind(links: Links, focus: Focus, around: Said) -> RuleKind | None:
    """Return the kind of rule that the families of words ask for."""
    n = sides(links, focus)
    if n == 0:
        return _of_all(links, around)
    if n > 1 and not in_one_basket(links):
        return _of_two(links, around)
    for kind, cue in _ONE:
        if cue.search(around):
            return kind
    return _of_slice(links, around)


_ONE: Final[tuple[tuple[RuleKind, Cue], ...]] = (
    ("cycle", said.AGAIN),
    ("next", said.LATER),
    ("trend", said.CHANGE),
    ("context", said.WHEN_WHERE),
    ("any", said.STRIKING),
    ("together", said.JOINED),
)
"""Of one thing: the first family that is there decides, from the rarest words to the commonest."""


def _of_two(links: Links, around: Said) -> RuleKind | None:
    """Of two things: one after the other, or in one basket."""
    if said.LATER.search(around):
        return "next"
    families = (said.JOINED, said.CHANCE, said.AMOUNT, said.CROWD, said.RECORD, said.STRIKING)
    if any(cue.search(around) for cue in families):
        return "together"
    return "context" if make.against_words(links) else None


def _of_all(links: Links, around: Said) -> RuleKind | None:
    """Of everything: what changed, or what the best rules are."""
    sliced = bool(links.of("context") or links.of("place"))
    if (sliced or _OPEN.match(around)) and said.CHANGE.search(around):
        return "trend"
    if said.STRIKING.search(around) and (
        said.JOINED.search(around) or said.RECORD.search(around) or _FOUND.search(around)
    ):
        return "together" if said.JOINED.search(around) else "any"
    return None


_OPEN: Final = re.compile(r"\W*(?:so |and )?(?:what(?:'?s)?|which|anything|are there any|any)\b")
_FOUND: Final = re.compile(r"\byou(?:'ve| have)? (?:found|mined|know|learned|discovered|have)\b|\byour\b")


def _of_slice(links: Links, around: Said) -> RuleKind | None:
    """Of one thing at a time or place: how much of it; else what is around it."""
    asks = said.AMOUNT.search(around) or said.CROWD.search(around) or said.RECORD.search(around)
    if links.of("context") or links.of("place"):
        return "context" if asks or _YES_NO.match(around) else None
    if {"chart", "csv"} & set(aspects_of(links.plain)):
        return "context" if re.search(r"\b(?:days?|weeks?|weekdays?|hours?)\b", around) else "together"
    return "together" if asks else None
