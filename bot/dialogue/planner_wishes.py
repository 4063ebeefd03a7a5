"""Wishes: a verdict on an item, its facts, something for this person, something in words.

Knows which wording asks for which of these tools. It refuses to know questions about behaviour (see
`bot.dialogue.planner_readings` and `bot.dialogue.planner_behaviour`).
"""

from __future__ import annotations

import re

from bot.dialogue import planner_calls as make
from bot.dialogue import planner_cues as cues
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.link import Links
from bot.dialogue.planner_focus import Focus
from bot.dialogue.planner_plan import GUESS, LIKELY, MAX_CALLS, SURE, Plan
from bot.dialogue.turn import ToolCall


def _call(call: ToolCall, confidence: float, reason: str) -> Plan:
    return Plan((call,), confidence, reason)


def rate(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    """Plan verdicts on items where nothing else is wished for."""
    del lexicon
    verdicts = links.of("verdict")
    plain = links.plain
    if not verdicts or plain.rstrip().endswith(("?", "？", "吗")) or _QUESTION.match(plain):
        return None
    if (
        focus.call is not None
        and focus.call.tool in ("score_items", "search_items")
        and LEAVES.search(plain)
        and links.of("item")
    ):
        return None
    kept_away = re.match(r"\W*(?:please )?(?:never|stop)\b", plain) is not None
    wishes = r"\b(?:something|anything|find|show me|i want|looking for|movies|films) \w*"
    if not kept_away and (cues.SCORE.search(plain) or re.search(wishes, plain)):
        return None
    held = make.opinions(links, focus)
    if not held:
        item = focus.it() if cues.IT.search(plain) or verdicts else None
        if item is None or links.of("category"):
            return None
        held = {str(verdicts[-1].value): (item,)}
    if len(held.get("like", ())) > 1 or {"like", "dislike"} <= set(held):
        return None
    calls = tuple(
        ToolCall(tool="rate_item", arguments={"item": item, "verdict": verdict})
        for verdict, items in held.items()
        for item in items
    )
    return Plan(calls[:MAX_CALLS], SURE, "a verdict and no wish")


_QUESTION = re.compile(
    r"\W*(?:what|which|who|whom|would|could|should|how|when|where|can|do|does|did|is|are)\b"
)
LEAVES = re.compile(r"^\W*(?:please )?(?:leave out|take out|skip|drop|exclude|without|not|no)\b")
"""Takes something out of the picks, whatever is said of it beside."""


def details(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    """Plan a question for the facts of items."""
    named = focus.named(links)
    if not named or links.of("verdict") or make.beside_title(links, lexicon):
        return None
    plain = links.plain
    asked = cues.DETAILS.search(plain) is not None
    is_it = cues.IS_IT.search(plain) is not None and not cues.SCORE.search(plain)
    alone = (
        len(links.spans) == 1
        and bool(links.of("item") or links.of("ordinal"))
        and (lexicon.proper or not _PLEASE.search(plain))
        and not cues.SEARCH.search(plain)
    )
    alone = alone and not make.wish_words(links, keep_items=False)
    if not (asked or is_it or (alone and not cues.LIKE.search(plain) and not cues.SCORE.search(plain))):
        return None
    calls = tuple(ToolCall(tool="item_details", arguments={"item": item}) for item in named[:MAX_CALLS])
    return Plan(calls, SURE if asked else LIKELY, "asks for facts of an item")


_PLEASE = re.compile(r"\bplease\b|\?\?")


def score(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    """Plan a wish for this person, by taste, time or place."""
    plain = links.plain
    items = links.of("item")
    taste = bool(items) and (
        bool(links.of("verdict")) or cues.LIKE.search(plain) is not None or len(links.values("item")) > 1
    )
    timed = bool(links.of("context") or links.of("place")) and not items
    refused = lexicon.proper and bool(links.of("item", negated=True))
    if not (
        cues.SCORE.search(plain)
        or (taste and lexicon.proper)
        or (taste and links.of("verdict"))
        or timed
        or refused
    ):
        return None
    call = make.score(links, focus, lexicon)
    plainly = bool(call.arguments) or cues.SCORE.search(plain) is not None
    return _call(call, SURE if plainly else LIKELY, "a wish for this person")


def search(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    """Plan a wish in words."""
    call = make.search(links, lexicon)
    named = re.search(rf"\b(?:{lexicon.nouns.items}|{lexicon.nouns.item}|titles)\b", links.plain)
    wanted = cues.SEARCH.search(links.plain) is not None or named is not None
    known = any(name != "query" for name in call.arguments) or bool(links.of("item"))
    words = make.wish_words(links)
    if not (wanted or known):
        return None
    if not words and not known:
        return _call(make.score(links, focus, lexicon), LIKELY, "wants something, and says nothing of it")
    return _call(call, LIKELY if wanted and known else 0.6 if known or wanted else GUESS, "a wish in words")
