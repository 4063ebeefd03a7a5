"""The other end of the question before: "how many had frosting too?", "and with bread?", "how soon does it come?".

Knows the question before and the words that set a thing beside its subject. It refuses to know what else a follow-up
may change (see `bot.dialogue.planner_follow`).
"""

from __future__ import annotations

import re
from typing import Any

from bot.dialogue import planner_calls as make
from bot.dialogue.cue import Cue
from bot.dialogue.link import Links
from bot.dialogue.planner_behaviour import words_around
from bot.dialogue.planner_focus import Focus
from bot.dialogue.turn import ToolCall

_POINTED = r"(?:it|that|this|them|those|these)"
_BESIDE = Cue(
    re.compile(
        rf"\b{_POINTED} (?:and|with|plus) (?:the |a |an |some )?xx\b|\bxx (?:and|with|plus|alongside) {_POINTED}\b"
        rf"|\bxx\b.*\b(?:with|alongside|next to|together with|beside|on top of) {_POINTED}\b"
        rf"|\b(?:had|have|has|hold|held|holds|got|contain\w*|includ\w*|bought|took|rated)\b.{{0,40}}\bxx\b.{{0,20}}\b(?:too|as well|also)\b"
        rf"|\bxx\b.{{0,40}}\b(?:had|have|has|hold|held|got|contain\w*|includ\w*|bought|took|rated)\b (?:that |it |them )?(?:too|as well|also|both)\b"
        r"|\bxx\b.*\bboth\b|\bboth\b.*\bxx\b|\balso (?:had|have|has|hold|held|bought|took|rated|contain\w*)\b.*\bxx\b"
        r"|^\W*(?:(?:and|or|but|ok|what about|how about|together|along)\W+)*with (?:the |a |an |some )?xx(?: (?:on|in|at|during)\b.*)?\W*$"
        r"|\b(?:these|those|such|the same|of them)\b(?: (?:baskets|days|trips|orders|receipts|people|households))?\b.*\bxx\b"
        r"|\bxx\b.*\b(?:in particular|specifically)\b|\b(?:in particular|specifically)\b.*\bxx\b"
    )
)
"""Sets a thing beside the subject: both are in one basket."""
_COMES = Cue(
    re.compile(
        r"\b(?:how (?:soon|long|quickly|fast|often|many)|when|within|does|do|did|is|are|will)\b.*\bxx\b.*\b(?:come|comes|follow\w*|arrive\w*|bought|rated|show up|turn up|next|later|after\w*)\b"
        r"|\b(?:how (?:soon|long|quickly|fast)|when)\b.*\bxx\b"
    )
)
"""Asks when a thing comes, of a question about what follows."""


_LIKEWISE = Cue(
    re.compile(
        r"\b(?:that|this|it|the same)\b.{0,20}\b(?:go|goes|hold|holds|apply|applies|true|so|case|same)\b.{0,20}\b(?:for|of|with|to)\b.*\bxx\b"
        r"|^\W*(?:and )?(?:is|are|does|do|was) (?:it|that|this|they)\b.*\b(?:for|with|of)\b.*\bxx\b|\blikewise\b|\bsame (?:again )?(?:for|with)\b.*\bxx\b"
    )
)
"""Asks the question before of another thing: "does that go for bananas too?"."""
_TURNED = re.compile(
    r"\bbefore(?:hand)?\b|\bprior\b|\bpreced\w+\b|\bother way (?:a)?round\b|\bvice versa\b|\brevers\w+\b|\bbackwards?\b|\bopposite (?:order|direction)\b"
    r"|\b(?:leads?|led|brings?|brought)\b.*\bto (?:it|this|that|them)\b"
)


def _named(links: Links) -> list[str]:
    """Return what a message names, categories as a pair's side takes them."""
    return [*links.values("item"), *(f"category:{name}" for name in links.values("category"))]


def likewise(links: Links, focus: Focus) -> ToolCall | None:
    """Return the question before asked of another thing, None where that is not meant."""
    last = focus.call
    named = _named(links)
    if last is None or last.tool != "lookup_rules" or len(named) != 1 or "with_item" in last.arguments:
        return None
    if not _LIKEWISE.search(words_around(links)):
        return None
    kept = {name: value for name, value in last.arguments.items() if name not in ("item", "category")}
    subject = {"category": links.values("category")[0]} if links.of("category") else {"item": named[0]}
    return ToolCall(tool=last.tool, arguments={**kept, **subject, **make.asked_slice(links)})


def turned(links: Links, focus: Focus) -> ToolCall | None:
    """Return the question before in the other order of time: "and what comes before it?"."""
    last = focus.call
    if (
        last is None
        or last.arguments.get("kind") != "next"
        or any(links.of(kind) for kind in ("item", "category"))
    ):
        return None
    if not _TURNED.search(links.plain):
        return None
    ends = {"item": last.arguments.get("with_item"), "with_item": last.arguments.get("item")}
    kept = {name: value for name, value in last.arguments.items() if name not in ends}
    return ToolCall(
        tool=last.tool, arguments=kept | {name: one for name, one in ends.items() if one is not None}
    )


def partner(links: Links, focus: Focus) -> ToolCall | None:
    """Return the question before about its subject and the one thing that is named now, None where that is not meant."""
    last = focus.call
    if last is None or last.tool != "lookup_rules":
        return None
    subject, named = last.arguments.get("item"), _named(links)
    if not isinstance(subject, str) or len(named) != 1 or named[0] == subject:
        return None
    around = words_around(links)
    follows = last.arguments.get("kind") == "next"
    if not (_BESIDE.search(around) or (follows and _COMES.search(around))):
        return None
    arguments: dict[str, Any] = {
        name: value for name, value in last.arguments.items() if name in ("when", "place", "within_days")
    }
    arguments |= make.asked_slice(links) | {"item": subject, "with_item": named[0]}
    arguments["kind"] = "next" if follows else "together"
    if (days := links.integer("number")) is not None and follows:
        arguments["within_days"] = days
    return ToolCall(tool=last.tool, arguments=arguments)
