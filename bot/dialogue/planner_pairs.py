"""Two things of one question: whether they are the two sides of a pair, and which of them comes first in time.

Knows the words that join two names. It refuses to know calls and their other arguments.
"""

from __future__ import annotations

import re

from bot.dialogue.link import Links
from bot.dialogue.planner_cues import BACKWARDS, JOINT, RuleKind
from bot.dialogue.planner_focus import Focus

_TWO = re.compile(
    r"\b(?:between|lift of|odds of|confidence of)\b.*\band\b|\bside by side\b|\breceipts?\b|\btrolley\b|\balso\b|\bwith\b|\btogether\b|\bboth\b|\b(?:includes?|contains?|hold|holds|have|has|had)\b|\bsame (?:basket|day|trip|cart)\b|\+|&"
)
_LINKED = re.compile(
    r"->|→|\b(?:count (?:the|all|of)|pairing|tie|bond|side by side|receipts?|trolley|p.?values?|likel(?:y|ier)|attach rate|before|later|earlier|ahead|gateway|antecedent|"
    r"between|lift|odds|link(?:ed)?|related|connection|correlat\w+|association|coincidence|chance|luck|noise|random|fluke|pair|combo|"
    r"how (?:often|many times|strong|likely)|(?:same|one) (?:basket|trip|day|time|visit|cart|receipt)|hold(?:s|ing)?|everywhere|fluke|how many|both|real(?:ly)?|genuine|true|first|the other way)\b"
)
"""Words that ask about two things as a pair, where "and" joins them."""
_LISTS = re.compile(
    r"\bwhat\b(?! (?:share|percent|percentage|fraction|proportion|is the (?:lift|odds|confidence|link))\b)|\bwhich\b"
)


def two_sides(links: Links, focus: Focus, kind: RuleKind | None) -> tuple[str, str] | None:
    """Return an item and a category, or two categories, that a question joins as the two sides of a pair."""
    spans = [s for s in links.spans if s.kind in ("item", "category") and not s.negated]
    if len(spans) != 2 or {s.kind for s in spans} == {"item"} or spans[0].value == spans[1].value:
        return None
    if {s.kind for s in spans} == {"item", "category"} and focus.named(links) == ():
        return None
    joined = _NEXT_TO if kind == "next" else _TWO
    choice = re.fullmatch(r"[\s,]*or (?:the |an? |some )?", links.text[spans[0].end : spans[1].start].lower())
    if not joined.search(links.plain) or (_LISTS.search(links.plain) and choice is None):
        return None
    first, second = (f"category:{s.value}" if s.kind == "category" else str(s.value) for s in spans)
    between = links.text[spans[0].end : spans[1].start].lower()
    return (second, first) if kind == "next" and BACKWARDS.search(between) else (first, second)


_NEXT_TO = re.compile(
    r"\b(?:comes? first|before|later|earlier|ahead)\b|\bafter\b|\bfollow|\b(?:return|come back|move on|go on|get to|lead)\w*\b.*\b(?:for|to)\b|\buntil\b|\bthen\b|\bwithin\b"
)


_LEADS = re.compile(
    r"\b(?:later than|behind|past|in the wake of|on the heels of|after(?: (?:buying|purchasing|getting|watching|rating|seeing|a purchase of))?|following|follows?(?: on)? from|of (?:buying|purchasing|rating|watching|getting|seeing)"
    r"|(?:once|when(?:ever)?) [\w' ]{1,30}? (?:done|bought|buys?|seen|sees?|rated|rates?|had|has|got|gets?|watched|watch(?:es)?|taken|takes?))"
    r"\s+(?:the |a |an |some |their )*$"
)
"""What stands before the thing that comes first in time: "within 30 days after", "once they've done"."""


_BEFORE = re.compile(
    r"\b(?:what|which|who|name|list|show|tell|anything|something|products?|items?|films?|movies?|things?)\b.{0,60}\b(?:leads?|leading|led|brings?|bringing|points?) (?:\w+ ){0,2}(?:up )?to\b"
    r"|\b(?:entry point|gateway|stepping stone|springboard|way in|door)s? (?:in)?to\b"
    r"|\bwh(?:at|ich)\b.{0,60}\b(?:comes?|came|goes|went|happens?|bought|buy|rated?|watched|watch|seen|see|taken|take|precedes?|preceded|precede)\b.{0,25}\b(?:before|prior to|ahead of|earlier than)\b"
    r"|\bpreced(?:e|es|ed|ing)\b|\bforerunners?\b|\bin the (?:\w+ )?(?:days?|weeks?|months?|run-?up) (?:before|to)\b"
)


def leads_to(links: Links) -> bool:
    """Tell whether a question about one thing asks what comes before it: "what leads people to shampoo?"."""
    if len(links.values("item")) + len(links.values("category")) != 1:
        return False
    if _BEFORE.search(links.plain) is not None:
        return not _AFTERWARDS.search(links.plain)
    name = next(span for span in links.spans if span.kind in ("item", "category"))
    return _AHEAD.search(links.text[: name.start].lower()) is not None


_AHEAD = re.compile(
    r"\b(?:before|prior to|ahead of|precedes?|preceding|precursors? (?:of|to|for)|heralds?|heralding|announces?|foreshadows?|leads?(?: \w+){0,2} to|leading(?: \w+){0,2} to|brings?(?: \w+){1,2} to|ends? (?:up )?(?:at|in|with)|result(?:s|ing)? in)\b"
    r"(?: (?!after|then|next|later|afterwards)\w+){0,4}\W*$"
)
"""Stands before the thing that comes second."""
_AFTERWARDS = re.compile(r"\b(?:does|do|did) .{2,60} lead (?:people |them |us )?to\W*$|\bwhat does\b")
"""Asks where the thing itself leads: "what does beer lead to?"."""
_TRAILS = re.compile(
    r"\b(?:before|prior to|ahead of|earlier than|sooner than|in the run-?up to|gateway to|gateway into|leads? (?:up )?to|leading (?:up )?to)"
    r"(?: (?:buying|purchasing|getting|watching|rating|seeing|they (?:buy|get|watch|rate|see|take)))?\s+(?:the |a |an |some |their )*$"
)
"""What stands before the thing that comes second: "before they watch Alien"."""


def in_time(links: Links, pair: tuple[str, ...]) -> tuple[str, ...]:
    """Put two things of a question about what follows in the order of time: "frosting after cake mix" begins with the mix.

    Args:
        links: The message.
        pair: Both items, in the order of the message.
    """
    spans = [span for span in links.of("item", negated=False) if str(span.value) in pair]
    low = links.text.lower()
    leading = [str(span.value) for span in spans if _LEADS.search(low[: span.start])]
    if len(set(leading)) == 1:
        return (leading[0], *(one for one in pair if one != leading[0]))
    trailing = [str(span.value) for span in spans if _TRAILS.search(low[: span.start])]
    if len(set(trailing)) == 1:
        return (*(one for one in pair if one != trailing[0]), trailing[0])
    between = low[spans[-2].end : spans[-1].start] if len(spans) > 1 else ""
    said = tuple(dict.fromkeys(str(span.value) for span in spans))
    if len(said) < len(pair):
        return pair
    return tuple(reversed(said)) if BACKWARDS.search(between) else said


def in_one_basket(links: Links) -> bool:
    """Tell whether two named items lie in one basket and a further one is asked for: "with A and B, what third one?"."""
    spans = links.of("item", negated=False)
    if len(spans) < 2 or not _FURTHER.search(links.plain):
        return False
    return _LISTED.fullmatch(links.text[spans[-2].end : spans[-1].start].lower()) is not None


def is_pair(links: Links) -> bool:
    """Tell whether two named items are the two sides of a question, and not one basket."""
    spans = links.of("item", negated=False)
    if len(spans) < 2 or in_one_basket(links):
        return False
    one_side = _LISTED.fullmatch(links.text[spans[-2].end : spans[-1].start].lower()) is not None
    asks_two = (
        re.search(r"\btogether\b(?!\s+with)|\bbetween\b|一起", links.plain) is not None
        and re.search(r"\bwhat\b|什么", links.plain) is None
    ) or (_LINKED.search(links.plain) is not None and not _GOES.search(links.plain))
    return not one_side or asks_two or JOINT.search(links.plain) is not None


_LISTED = re.compile(
    r"\s*(?:,|and|&|,\s*and|plus|\+|和|(?:along|together) with|as well as|and also)\s*(?:the |an? |some )?"
)
_FURTHER = re.compile(
    r"\b(?:what|which) (?:third|other|further|more|is missing|else|(?:\w+ )?(?:product|item|film|movie|one|thing|title)s? (?:is|are|tends?|would|comes?|goes?|joins?|fits?|gets?|usually|typically|most|else))\b|\bwhat else\b|\ba third\b"
)
"""Asks for one more thing beside those that are named."""
_GOES = re.compile(
    r"\b(?:what|which)\b.{0,30}\b(?:goes?|sells?|come|comes|follows?|else|also|bought|buy|take|rate)\b|\bwith\b"
)
"""Asks for further things beside two that are named."""
