"""Reading a question why: of which item, and what it would be without others.

Knows the words of reasons and conditions. It refuses to know the other readings (see `bot.dialogue.planner_readings`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.dialogue import planner_cues as cues
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.link import Links
from bot.dialogue.planner_focus import Focus
from bot.dialogue.planner_plan import LIKELY, SURE, Clarify, Plan
from bot.dialogue.turn import ToolCall

NO_ITEM = "no item is in focus"
"""The reason of a question back that a model may know better: what sounds like why may ask something else."""
JOINED = re.compile(r"^\W*(?:do|does|did|is|are|has|have|how|when|who|why)\b.*\bwith\b")
"""A question about two things joined by "with": "does anyone buy beer with diapers?"."""


def asked_about(links: Links) -> str | None:
    """Return the item of "would I like Alien?": it is asked about, whatever else is named as liked."""
    low = links.text.lower()
    for match in _WOULD_I.finditer(low):
        for span in links.of("item", negated=False):
            if re.fullmatch(
                r"\W*(?:the |a |an |to )*\W*",
                low[match.end() : span.start] if span.start >= match.end() else "no",
            ):
                return str(span.value)
    return None


_WOULD_I = re.compile(
    r"\b(?:would|will|might|do you think) i(?:'d|'ll| would| will)? (?:really |also |even )?(?:like|enjoy|love)\b|我会(?:不会)?喜欢"
)


_WOULD_IT = re.compile(
    r"\b(?:would|will|might) i (?:really |also )?(?:like|enjoy|love) (?:it|this|that)(?: one)?\b"
)


def explain(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    """Plan a question why, or what one item would be to the person; None where the words ask neither."""
    links = _as_items(links, lexicon)
    asked = asked_about(links) or (focus.it() if _WOULD_IT.search(links.plain) else None)
    if asked is not None:
        return _sure(
            ToolCall(tool="explain_item", arguments={"item": asked}),
            "asks about one item for the person",
        )
    after = focus.call.tool if focus.call is not None else None
    supposes = after == "explain_item" or (after == "score_items" and _SUPPOSES.search(links.plain))
    still = supposes and cues.WITHOUT.search(links.plain)
    suits = bool(links.of("item")) and not links.of("category") and _SUITS.search(links.plain) is not None
    left_out = _supposed_away(links, focus)
    if left_out is not None:
        return _sure(left_out, "asks what a pick would be without others")
    if not (cues.EXPLAIN.search(links.plain) or still or suits):
        return None
    if len(links.values("item")) > 1 and JOINED.search(links.plain):
        return None  # "why is milk so common with bananas?" asks about the two, not about a pick
    if (
        len(links.values("item")) > 1
        and not _PICKED.search(links.plain)
        and not cues.WITHOUT.search(links.plain)
    ):
        return None  # "might chance explain the pair?" is a doubt
    if (
        focus.call is not None
        and focus.call.tool == "lookup_rules"
        and not (links.of("item") or links.of("ordinal"))
    ):
        return Plan((focus.call,), LIKELY, "asks why of the figures before", again=True)
    named = list(focus.named(links))
    without = _left_out(links)
    targets = [item for item in named if item not in without] or [
        item for item in (focus.it(),) if item is not None
    ]
    if not targets:
        targets = [*without, *links.values("item", negated=None)][:1]
        if not targets:
            return _clarify_item(links, lexicon)
    left = [item for item in without if item != targets[0]]
    asked, left = (targets[0], left) if left else supposed(targets[0], links, focus)
    arguments: dict[str, Any] = {"item": asked}
    if left:
        arguments["without"] = left
    return _sure(ToolCall(tool="explain_item", arguments=arguments), "asks why")


_PICKED = re.compile(
    r"\b(?:you|your|i|me|my|mine|us|our|recommend\w*|suggest\w*|pick\w*|propos\w*|lists?|here)\b|你|我|推荐"
)
"""Speaks of a pick or of the person."""


_REMOVED = re.compile(
    r"\b(?:without|minus|except|ignor\w+|forget\w*|forgot|dropp?\w*|remov\w+|delet\w+|subtract\w*|strik\w+|disregard\w*|leav\w+|left|tak\w+|took|cross\w*|put .{2,40} aside|never|"
    r"had ?n[o']?t|did ?n'?t|had not|were ?n'?t|was ?n'?t)\b"
)
_STILL = re.compile(
    r"\b(?:still|same|anyway|even so|regardless|nonetheless|change|changes|differ\w*|remain\w*|stay\w*|stands?|survive\w*|instead|then what)\b"
)
_OF_THE_CROWD = re.compile(
    r"\b(?:baskets?|receipts?|customers?|households?|people|shoppers?|raters?|days?|pair\w*|link)\b"
)


def _supposed_away(links: Links, focus: Focus) -> ToolCall | None:
    """Return the call for "take B away, is A still first?": a clause takes something out, and another asks what stays."""
    plain = links.plain
    if (
        not links.of("item")
        or _OF_THE_CROWD.search(plain)
        or not (_REMOVED.search(plain) and (_STILL.search(plain) or _CONDITION.search(plain)))
    ):
        return None
    low = links.text.lower()
    spans = links.of("item")
    clauses = [match.span() for match in _CLAUSES.finditer(low)]
    condition = _CONDITION.search(low)
    if condition is not None:
        start = condition.start()
        away = [(start, next(b for a, b in clauses if a <= start < b))]
    else:
        away = [(a, b) for a, b in clauses if _REMOVED.search(low[a:b]) and not _STILL.search(low[a:b])]
    gone = [str(span.value) for span in spans if any(a <= span.start < b for a, b in away)]
    asked = [str(span.value) for span in spans if str(span.value) not in gone]
    target = (
        asked[0]
        if asked
        else next((item for shown in focus.lists[:1] for item in shown if item not in gone), None)
    )
    if not gone or target is None:
        return None
    return ToolCall(tool="explain_item", arguments={"item": target, "without": list(dict.fromkeys(gone))})


_CONDITION = re.compile(
    r"(?<=\w )\b(?:if|had|without)\b(?=.*(?:n'?t\b|\bnot\b|\bnever\b))(?=.*\b(?:i|my|me)\b)"
)
"""A condition behind the question: "would A drop out if B weren't on my list?"."""
_CLAUSES = re.compile(r"[^,.;:?!]+")


def _as_items(links: Links, lexicon: Lexicon) -> Links:
    """Read a category as the item of the same name where the catalogue has one: only items are picked."""
    spans = [
        replace(span, kind="item", value=item)
        if span.kind == "category" and (item := lexicon.item_called(str(span.value))) is not None
        else span
        for span in links.spans
    ]
    return replace(links, spans=tuple(spans))


_SUITS = re.compile(
    r"^\W*(?:so )?(?:is|are|would|will|do you think|would you say|should i)\b.{2,80}\b(?:for me|my (?:kind of )?(?:thing|taste|cup of tea)|someone like me|suit me|suit my taste|try|skip it)\b"
)
"""Asks whether one thing is for the person: "is Heat something for me?"."""


def _left_out(links: Links) -> list[str]:
    """Return the items of the condition: "would you still say A without B", "if I take away B, do you still say A"."""
    low = links.text.lower()
    split = cues.WITHOUT.search(low) or cues.WITHOUT.search(links.plain)
    if split is None:
        return []
    first = split.start()
    main = _MAIN.search(low, split.end())
    inside = [span for span in links.of("item") if first <= span.start < (main.start() if main else len(low))]
    if not inside:  # the condition ends the sentence
        inside = [span for span in links.of("item") if span.start >= first]
    return [str(span.value) for span in inside] + [
        str(span.value) for span in links.of("item", negated=True) if span not in inside
    ]


_SUPPOSES = re.compile(r"\bif (?:i|you|we)\b|\bout of the picture\b|\bin the picture\b|如果")


def supposed(item: str, links: Links, focus: Focus) -> tuple[str, list[str]]:
    """Read "and if I hadn't mentioned B?" of a pick A that was shown: the one shown, without the one supposed away.

    Args:
        item: What the question names.
        links: The message.
        focus: What was shown, and what the person had said.

    Returns:
        The item to explain, and those to leave out; the item itself and none where nothing is supposed.
    """
    shown = focus.lists[0] if focus.lists else ()
    if item in shown or not shown or not cues.WITHOUT.search(links.plain):
        return item, []
    return shown[0], [item]


_MAIN = re.compile(
    r"[,.:;，]\s*(?=(?:do|does|would|will|is|are|still|same|what|then|you|have|get|could|can|也|还|你)\b|还|你还|会)|\b(?:do|would|will) you\b|\bis \S+(?: \S+)? still\b|你还|还会"
)
"""Where the question itself begins after its condition."""


def _clarify_item(links: Links, lexicon: Lexicon) -> Plan:
    question = f"Which {lexicon.nouns.item} do you mean?" if links.lang == "en" else "你指的是哪一个？"
    return Plan(clarify=Clarify(question, ()), confidence=LIKELY, reason=NO_ITEM)


def _sure(call: ToolCall, reason: str) -> Plan:
    return Plan((call,), SURE, reason)
