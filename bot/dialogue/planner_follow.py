"""Follow-ups: "and on Sundays?", "newer ones", "no, without Titanic", "show me more".

Knows how a short message changes the call before it. It refuses to know tools beyond their arguments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.dialogue import planner_calls as make
from bot.dialogue.aspects import aspects_of, doubts
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.lexicon_time import refine
from bot.dialogue.link import Links
from bot.dialogue.planner_cues import ABOUT, CHART, DOUBT, MORE, rule_kind
from bot.dialogue.planner_focus import Focus
from bot.dialogue.turn import ToolCall

MORE_STEP: Final = 5
"""How many further results "show me more" asks for; also the tools' own number."""


def repeats(links: Links) -> bool:
    """Tell whether a message asks for the last answer again, drawn or doubted."""
    if CHART.search(links.plain) or DOUBT.search(links.plain):
        return True
    if doubts(links.plain) and unnamed(links):
        return True
    shown = {"chart", "csv"} & set(aspects_of(links.plain))
    return bool(shown) and not any(links.of(kind) for kind in ("item", "category"))


def unnamed(links: Links) -> bool:
    """Tell whether a message names no thing, time and place."""
    return not any(links.of(kind) for kind in ("item", "category", "context", "place", "ordinal"))


def follow(links: Links, focus: Focus, lexicon: Lexicon) -> ToolCall | None:
    """Return the last call as the message changes it, None where there is none or nothing changes."""
    last = focus.call
    if last is None:
        return None
    sides = len(links.of("context")) + len(links.of("place"))
    if last.tool == "lookup_rules" and sides == 1 and (_AGAINST.search(links.plain) or compares(links)):
        return ToolCall(tool=last.tool, arguments=_other_side(last.arguments, links))
    if last.tool == "lookup_rules":
        return _rules(last, links, focus)
    if last.tool in ("explain_item", "item_details"):
        return _item(last, links, focus)
    return _wish(last, links, focus, lexicon)


def stands_alone(links: Links) -> bool:
    """Tell whether a message is one name and next to nothing else: "war movies then?", "now do crime"."""
    named = [span for span in links.spans if span.kind in ("item", "category")]
    if len(named) != 1 or any(span.kind not in ("item", "category") for span in links.spans):
        return False
    rest = f"{links.text[: named[0].start]} {links.text[named[0].end :]}".lower()
    return not re.sub(_FILLING, " ", rest).strip()


_FILLING: Final = re.compile(
    r"[\W_]|\b(?:and|or|now|then|do|try|same|again|for|with|of|the|a|an|what|how|about|movies?|films?|ones?|please|pls|ok|okay|in|on|question|thing|too|also)\b"
)


def compares(links: Links) -> bool:
    """Tell whether a message sets one time or place against what was said before: "is that more than at Harbour?"."""
    spans = [span for span in links.spans if span.kind in ("context", "place")]
    if len(spans) != 1 or links.of("item") or links.of("category"):
        return False
    return _SET_AGAINST.search(links.text[: spans[0].start].lower()) is not None


_SET_AGAINST: Final = re.compile(
    r"\b(?:than|against|versus|vs|compared? (?:it |that |this )?(?:to|with)|relative to|next to|unlike|different from|differ\w* from|as (?:in|on|at))\W+(?:(?:in|on|at|for|the|that|those|of|it|is|was)\W+)*$"
)


def _item(last: ToolCall, links: Links, focus: Focus) -> ToolCall | None:
    refused = links.values("item", negated=True)
    if refused and last.tool == "explain_item":
        return ToolCall(tool=last.tool, arguments={**last.arguments, "without": list(refused)})
    named = focus.named(links)
    return ToolCall(tool=last.tool, arguments={"item": named[0]}) if named else None


def _move(arguments: dict[str, Any], links: Links, focus: Focus) -> None:
    """Move a question to the item or category that a follow-up names."""
    named = links.values("item")
    pointed = named or (focus.named(links) if links.of("ordinal") else ())
    category = links.first("category")
    if pointed:
        arguments.pop("category", None)
        arguments["item"] = pointed[0] if len(pointed) == 1 else list(pointed)
    elif category is not None:
        narrows = arguments.get("kind") not in ("cycle", "trend", "context") and not ABOUT.search(links.plain)
        if narrows and "item" in arguments:
            arguments["category"] = category
        elif narrows and "category" in arguments and _ONLY.search(links.plain):
            arguments |= {"item": f"category:{arguments['category']}", "category": category}
        else:
            arguments.pop("item", None)
            arguments["category"] = category


_ONLY: Final = re.compile(r"\b(?:only|just|among|restrict\w*|limit\w*)\b")


def _joins(arguments: dict[str, Any], links: Links, focus: Focus) -> None:
    """Set the other side of a pair: the partner that was named when a pair is doubted, or one named with a lag."""
    if "with_item" in arguments or not isinstance(arguments.get("item", ""), str):
        return
    subject = arguments.get("item")
    named = links.values("item")
    about_pair = arguments.get("kind") in (None, "together", "next", "any") and not arguments.get("category")
    lagged = arguments.get("kind") == "next" and _LAG.search(links.plain)
    if (
        len(named) == 1
        and subject not in (None, *named)
        and about_pair
        and (lagged or _ALONG.search(links.plain))
    ):
        arguments["with_item"] = named[0]
        return
    if (
        subject is None
        or {*named} - {subject}
        or links.of("category")
        or not about_pair
        or not (DOUBT.search(links.plain) or doubts(links.plain))
    ):
        return
    partners = [item for item in (focus.lists[0] if focus.lists else ()) if item != subject]
    if partners:
        arguments["with_item"] = partners[0]
        arguments.setdefault("kind", "together")


_LAG = re.compile(r"\bwithin\b|\bin (?:the )?(?:next )?\w+ (?:days?|weeks?|months?)\b|\bas well\b|\btoo\b")
_ALONG = re.compile(
    r"\b(?:had|have|has|held|hold|holds|got|included?|bought|took|rated)\b.{0,30}\b(?:too|as well|also|with (?:it|them|that))\b"
    r"|\bin particular\b|\bspecifically\b|\bwith (?:it|them|that)\b|\balso (?:had|have|has|held|hold|included?|bought|took|rated)\b"
)
"""Names the other side of the pair before: "how many had that too?", "and frosting in particular?"."""
_AGAINST = re.compile(
    r"^\W*(?:(?:and|or|how|what|about|but|now|compared?|so)\W+)*(?:against|versus|vs\.?|v|with|to|than)\b|\b(?:in|by) comparison\b"
)


def _other_side(arguments: Mapping[str, Any], links: Links) -> dict[str, Any]:
    """Compare the slice before with the one that is named now: "and against Saturday?"."""
    side = make.when_words(links) or make.place_arguments(links)["place"]
    sliced = "when" in arguments or "place" in arguments
    return {**arguments, "against": side} if sliced else {**arguments, **make.time_and_place(links)}


def _slice(arguments: dict[str, Any], links: Links) -> None:
    """Change the time and place of a question to those that a follow-up names, or to all where it asks anew."""
    when = make.asked_slice(links).get("when")
    if when is not None:
        arguments["when"] = refine(str(arguments.get("when", "")), when)
    arguments |= make.place_arguments(links)
    if when is None and not links.of("place") and _anew(links):
        for name in ("when", "place", "against"):  # "which store sells most of it?" asks of all times
            arguments.pop(name, None)
    if when is not None or links.of("place"):
        arguments.pop("against", None)
    against = make.against_words(links)
    if against is not None and against not in (arguments.get("when"), arguments.get("place")):
        arguments["against"] = against


def _anew(links: Links) -> bool:
    """Tell whether a follow-up asks of the subject when, where, how often or what became of it, at all times."""
    kind = rule_kind(links.plain)
    profile = kind == "context" and bool(_OPEN & set(aspects_of(links.plain)))
    return (kind in ("cycle", "trend") or profile) and not DOUBT.search(links.plain)


_OPEN: Final = frozenset(("where", "when", "hour", "day", "month", "season"))
"""Aspects of a question that asks when or where, and not at one time or place."""
_DAYS = re.compile(r"\b(?:after|within|in) (\d{1,3})\W*$")
"""A lag without its unit: "and after 60?"."""


def _rules(last: ToolCall, links: Links, focus: Focus) -> ToolCall | None:
    arguments: dict[str, Any] = dict(last.arguments)
    _joins(arguments, links, focus)
    if arguments == last.arguments:
        _move(arguments, links, focus)
    _slice(arguments, links)
    doubted = "with_item" in arguments and DOUBT.search(links.plain) is not None
    kind = None if doubted else rule_kind(links.plain)  # "is that there every month?" doubts the pair
    if kind is not None and kind != "any":
        arguments["kind"] = kind
    if (days := links.integer("number")) is not None:
        arguments["within_days"] = days
    elif arguments.get("kind") == "next" and (bare := _DAYS.search(links.plain)) is not None:
        arguments["within_days"] = int(bare[1])
    if not DOUBT.search(links.plain):  # "only a few households?" asks for no three rules
        arguments |= make.count_arguments(links)
    if "against" in arguments and arguments.get("kind") in ("trend", "cycle"):
        arguments["kind"] = "context"
    if arguments == last.arguments and MORE.search(links.plain):
        arguments["k"] = int(arguments.get("k", MORE_STEP)) + MORE_STEP
    if arguments == last.arguments and not repeats(links) and kind is None:
        return None
    return ToolCall(tool=last.tool, arguments=arguments)


def _wish(last: ToolCall, links: Links, focus: Focus, lexicon: Lexicon) -> ToolCall | None:
    if last.tool == "search_items" and not lexicon.proper and links.of("item", negated=False):
        return make.search(links, lexicon)  # a thing of a shop is another wish, no taste
    arguments: dict[str, Any] = dict(last.arguments)
    shown = focus.lists[0] if focus.lists else ()
    years = make.year_arguments(links, lexicon, shown)
    if years:
        arguments = {name: value for name, value in arguments.items() if not name.startswith("year_")} | years
    chosen = make.category_arguments(links)
    if "category" in chosen:
        narrowed = arguments.get("category")
        if narrowed not in (None, chosen["category"]) and _NARROWS.search(links.plain):
            chosen["filters"] = [f"category={narrowed}", *chosen.get("filters", [])]
        arguments.pop("filters", None)
        arguments.pop("query", None)
    if "filters" in chosen:
        before = arguments.get("filters") or []
        chosen["filters"] = list(dict.fromkeys([*before, *chosen["filters"]]))
        if f"category!={arguments.get('category')}" in chosen["filters"]:
            arguments.pop("category")
    arguments |= chosen | make.time_and_place(links) | make.count_arguments(links)
    _named(arguments, links, focus)
    if arguments == last.arguments and MORE.search(links.plain):
        arguments["k"] = int(arguments.get("k", MORE_STEP)) + MORE_STEP
    words = make.wish_words(links, keep_items=False) if last.tool == "search_items" else ""
    if arguments == last.arguments and words:
        replaced = re.search(r"\binstead\b", links.plain) is not None
        arguments["query"] = words if replaced else f"{arguments.get('query', '')} {words}".strip()
    if arguments == last.arguments:
        return None
    # Only score_items knows persons, times and places.
    if any(name in arguments for name in ("liked", "disliked", "when", "place")):
        arguments.pop("query", None)
        return ToolCall(tool="score_items", arguments=arguments)
    return ToolCall(tool=last.tool, arguments=arguments)


_REFUSES = re.compile(
    r"^\W*(?:\w+\W+)?(?:not|no|skip|drop|leave out|without|remove|anything but|everything but)\b(?! (?:seen|watched))"
)
"""Takes the one that it points at out of the picks: "skip the last"."""
_NARROWS = re.compile(
    r"\b(?:just|only)\b.*\b(?:ones|of (?:them|those|these))\b|\b(?:of|among) (?:them|those|these)\b"
)
"""Asks for a part of what was shown: "just the animated ones"."""


def _named(arguments: dict[str, Any], links: Links, focus: Focus) -> None:
    """Move named items to the liked or disliked ones; one taken back from the liked is no dislike."""
    held = make.opinions(links, focus)
    affirmed = [i for i in links.values("item") if not any(i in items for items in held.values())]
    for item in (*held.get("like", ()), *affirmed):
        arguments["liked"] = list(dict.fromkeys([*(arguments.get("liked") or []), item]))
    pointed = (
        [focus.nth(int(span.value)) for span in links.of("ordinal")] if _REFUSES.search(links.plain) else []
    )
    for item in (*held.get("dislike", ()), *(one for one in pointed if one is not None)):
        liked = list(arguments.get("liked") or [])
        if item in liked:
            liked.remove(item)
            arguments["liked"] = liked
            if not liked:
                arguments.pop("liked")
        else:
            arguments["disliked"] = list(dict.fromkeys([*(arguments.get("disliked") or []), item]))
