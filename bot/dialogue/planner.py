"""From a message and its links to tool calls, by rules: what answers when no model chooses, or chooses badly.

Knows the order of one message: several wishes, follow-ups, what a model's choice lacks. It refuses to run tools, to
word answers, or to keep state: the conversation is an argument. How one wish is read is in
`bot.dialogue.planner_readings`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

from bot.dialogue import planner_calls as make
from bot.dialogue import planner_cues as cues
from bot.dialogue import planner_unclear as unclear
from bot.dialogue.aspects import Aspect, aspects_of
from bot.dialogue.cue import Said
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.link import Links
from bot.dialogue.planner_behaviour import is_premise
from bot.dialogue.planner_focus import Focus
from bot.dialogue.planner_partial import completed, ones_in_focus
from bot.dialogue.planner_plan import LIKELY, MAX_CALLS, SURE, Clarify, Plan
from bot.dialogue.planner_readings import NAMED, one_wish
from bot.dialogue.planner_why import asked_about
from bot.dialogue.smalltalk import classify
from bot.dialogue.turn import Asker, Conversation, ToolCall

__all__ = ["Clarify", "Plan", "complete", "plan"]


def plan(message: str, links: Links, conversation: Conversation, asker: Asker, lexicon: Lexicon) -> Plan:
    """Choose tools and arguments for a message by its wording, its links and the turns before."""
    del message  # its text, and all that was found in it, is in the links
    links = _read(links, lexicon)

    def replan(earlier: str, before: Conversation) -> tuple[Plan, Links]:
        found = _read(lexicon.link(earlier), lexicon)
        return _plan(found, before, asker, lexicon), found

    asked = unclear.resumed(links, conversation, replan, lexicon)
    if asked is not None:
        before = conversation.model_copy(update={"turns": conversation.turns[:-1]})
        return replace(_plan(asked, before, asker, lexicon), aspects=aspects_of(asked.plain))
    planned = _plan(links, conversation, asker, lexicon)
    return replace(planned, aspects=_aspects(planned, links, conversation))


def _read(links: Links, lexicon: Lexicon) -> Links:
    """Settle the names of a message: the likeliest, those given in part, and what is taken back."""
    whole = completed(unclear.likeliest(unclear.paired(links, lexicon), lexicon), lexicon)
    return unclear.corrected(whole)


_KEPT: frozenset[Aspect] = frozenset(
    ("due", "rising", "fading", "surprising", "useful", "strongest", "list", "where", "when")
)
"""Aspects of a question that "and coffee?" asks again."""


def _aspects(planned: Plan, links: Links, conversation: Conversation) -> tuple[Aspect, ...]:
    own = aspects_of(links.plain)
    if not planned.again or not conversation.turns or _KEPT & set(own):
        return own
    calls = conversation.turns[-1].answer.tool_calls
    for turn in reversed(conversation.turns):
        if turn.answer.tool_calls != calls:
            break
        kept = tuple(aspect for aspect in aspects_of(turn.message.lower()) if aspect in _KEPT)
        if kept:
            return (*own, *kept)
    return own


def _plan(links: Links, conversation: Conversation, asker: Asker, lexicon: Lexicon) -> Plan:
    focus = focus_of(conversation, asker, lexicon)
    links = ones_in_focus(unclear.in_focus(links, focus, lexicon), focus, lexicon)
    talk = classify(links.plain, linked=any(links.of(kind) for kind in NAMED))
    if talk is not None:
        return Plan(smalltalk=talk, confidence=SURE, reason=f"small talk: {talk}")
    links = _untitled(links)
    parts = _wishes(links)
    grounds = asked_about(links) is not None and bool(links.of("verdict"))
    calls: tuple[ToolCall, ...] = ()
    if (
        len(parts) > 1 and not grounds and not is_premise(parts[0])
    ):  # "would I like Alien? I enjoyed Blade Runner" is one wish with its grounds
        plans = _in_turn(parts, focus, lexicon)
        calls = _distinct(plans)
        mentions = [one for one in plans if _mentions(one)]
        if (
            len(calls) > 1 and not _is_one(calls) and len(mentions) < 2
        ):  # "Heat!! Fargo!! more!!" is one taste
            return Plan(
                calls[:MAX_CALLS],
                min(p.confidence for p in plans),
                "several wishes: " + "; ".join(p.reason for p in plans),
            )
    return _resting(one_wish(links, focus, lexicon), calls)


def _resting(whole: Plan, calls: tuple[ToolCall, ...]) -> Plan:
    """Keep the wish of a message that read as a whole is a mere verdict: "loved Heat! more from the 70s"."""
    wish = next((call for call in reversed(calls) if call.tool in ("score_items", "search_items")), None)
    if wish is None or {call.tool for call in whole.calls} != {"rate_item"}:
        return whole
    return replace(whole, calls=(wish,), reason="a taste, and a wish that rests on it")


def _untitled(links: Links) -> Links:
    """Leave names out of the words that cues read: "A Room with a View" asks for no pair."""
    plain = links.plain
    for span in links.of("item"):
        said = links.text[span.start : span.end].lower()
        plain = plain.replace(said, "xx") if " " in said else plain
    return links if plain is links.plain else replace(links, plain=Said(plain))


def _in_turn(parts: list[Links], focus: Focus, lexicon: Lexicon) -> list[Plan]:
    """Plan the parts of a message one after the other; "it" means what the part before named."""
    plans: list[Plan] = []
    for part in parts:
        planned = one_wish(part, focus, lexicon)
        if planned.calls:
            plans.append(planned)
            focus = replace(focus, call=_going_on(planned.calls[-1], focus))
        if planned.calls and planned.calls[-1].tool == "lookup_rules" and cues.IT.search(part.plain):
            plans[-1] = replace(planned, calls=(_about(planned.calls[-1], parts[0]), *planned.calls[1:]))
        named = focus.named(part)
        if named and not cues.IT.search(part.plain):
            focus = replace(focus, page=named[-1])
    return plans


def _going_on(call: ToolCall, focus: Focus) -> ToolCall | None:
    """Return the call that the next part of a message may change.

    A verdict is none: "loved Heat! more from the 70s" goes on with a wish that rests on what was liked.
    """
    if call.tool == "rate_item":
        grounds = {"like": "liked", "bought": "liked", "dislike": "disliked"}
        name = grounds.get(str(call.arguments["verdict"]))
        return ToolCall(tool="score_items", arguments={name: [call.arguments["item"]]}) if name else None
    return focus.call if call.tool == "show_profile" else call


def _about(call: ToolCall, first: Links) -> ToolCall:
    """Ask about the category of the first wish: "show comedies and tell me when people watch them"."""
    category = first.first("category")
    if category is None or {"item", "category"} & set(call.arguments):
        return call
    return call.model_copy(update={"arguments": {"category": category, **call.arguments}})


def complete(call: ToolCall, links: Links, conversation: Conversation, lexicon: Lexicon) -> ToolCall:
    """Fill and correct the arguments of a call that a model chose: what code reads better than a model.

    Years, `k`, `when`, `place`, "the second one" and titles come from the links; the tool, `kind` and what is
    liked or disliked stay the model's.
    """
    focus = Focus.of(conversation, Asker(), lexicon)
    arguments = {name: value for name, value in call.arguments.items() if value not in (None, "", [])}
    for name in ("item", "with_item", "liked", "disliked", "without"):
        if name in arguments:
            arguments[name] = _snapped(arguments[name], links, lexicon)
    named = focus.named(links)
    if (
        call.tool in ("explain_item", "item_details", "rate_item", "lookup_rules")
        and links.of("ordinal")
        and named
    ):
        arguments["item"] = named[0]
    if (
        call.tool in ("explain_item", "item_details", "rate_item")
        and arguments.get("item") not in lexicon.titles
        and named
    ):
        arguments["item"] = named[0]
    takes_years = call.tool in ("search_items", "score_items")
    read: dict[str, Any] = make.count_arguments(links) if takes_years or call.tool == "lookup_rules" else {}
    if takes_years:
        shown = focus.lists[0] if focus.lists else ()
        years = make.year_arguments(links, lexicon, shown)
        if years:
            arguments = {name: value for name, value in arguments.items() if not name.startswith("year_")}
        read |= years
    if call.tool in ("score_items", "lookup_rules"):
        read |= make.time_and_place(links)
    return call.model_copy(update={"arguments": arguments | read})


def _snapped(value: Any, links: Links, lexicon: Lexicon) -> Any:
    """Turn titles that a model copied, well or badly, into ids; what is no title stays as it is."""
    if isinstance(value, list):
        return list(dict.fromkeys(_snapped(one, links, lexicon) for one in value))
    if not isinstance(value, str) or value in lexicon.titles:
        return value
    found = lexicon.link(f'"{value}"').values("item")
    if found:
        return found[0]
    mentioned = links.values("item", negated=None)
    return mentioned[0] if len(mentioned) == 1 else value


def focus_of(conversation: Conversation, asker: Asker, lexicon: Lexicon) -> Focus:
    """Return what a follow-up can point at, with what turns of text alone would have called and kept."""
    focus = _reconstructed(Focus.of(conversation, asker, lexicon), conversation, asker, lexicon)
    return replace(focus, told=make.told(conversation.turns, lexicon))


def _reconstructed(focus: Focus, conversation: Conversation, asker: Asker, lexicon: Lexicon) -> Focus:
    """Give the focus the call that the last message would have made, where the turn holds text alone."""
    if focus.call is not None or not conversation.turns:
        return focus
    before = conversation.model_copy(update={"turns": conversation.turns[:-1]})
    last = conversation.turns[-1].message
    planned = plan(last, lexicon.link(last), before, asker, lexicon)
    calls = [call for call in planned.calls if call.tool not in ("rate_item", "show_profile")]
    return replace(focus, call=calls[-1]) if calls else focus


_ASKS = r"(?:tell|what|why|when|where|how|show|recommend|suggest|find|give|rate|explain|which|who|do you)"
_BREAK = re.compile(
    r"[.?!;。！？；]\s*"
    rf"|,?\s+(?:and|then|also|but|oh and)\s+(?=(?:also\s+|then\s+|please\s+|can you\s+)*{_ASKS}\b)"
    r"|,\s+(?=(?:tell me|what|why|when|where|how often|show me|recommend|suggest|find|give me|explain)\b)"
    r"|[,，](?=(?:再|然后|还有|另外))"
)


_CLAUSE = re.compile(
    rf"^\W*(?:{cues.PEOPLE} (?:who|that|with)|after|within|inside|of all|out of all|if|when|once|at|in|on|for|during|since|having|given|suppose|say|without)\b"
)
"""A clause of time or condition before the question: its comma separates no wishes."""


def _wishes(links: Links) -> list[Links]:
    """Split a message where a new wish may begin; each part keeps its own spans, with their places."""
    text = links.text
    borders = [
        m
        for m in _BREAK.finditer(text.lower())
        if not any(s.start < m.end() and m.start() < s.end for s in links.spans)
        and not (_CLAUSE.match(text.lower()) and m.group().lstrip().startswith(","))
    ]
    edges = [0, *(border.end() for border in borders), len(text)]
    plain = _BREAK.split(links.plain)
    parts: list[Links] = []
    for position, (start, end) in enumerate(pairwise(edges)):
        if not text[start:end].strip():
            continue
        spans = tuple(
            replace(span, start=span.start - start, end=span.end - start)
            for span in links.spans
            if start <= span.start < end
        )
        words = plain[position] if len(plain) == len(edges) - 1 else text[start:end].lower()
        parts.append(Links(text[start:end], spans, links.lang, words))
    return parts


def _distinct(plans: list[Plan]) -> tuple[ToolCall, ...]:
    calls: list[ToolCall] = []
    asked = [_subjects(one.calls) for one in plans if not _mentions(one)]
    rules = any(call.tool == "lookup_rules" for one in plans for call in one.calls)
    for one in plans:
        if rules and _remarks(one):
            continue  # "Friday or Monday? My money is on Friday."
        if _mentions(one) and _subjects(one.calls) in asked:
            continue  # "I'm out of milk, when will I need it again?"
        calls += [call for call in one.calls if call not in calls and one.confidence >= LIKELY]
    # "..., and how soon?" asks on about the subject of the part before.
    hanging = [
        call
        for call in calls
        if call.tool == "lookup_rules" and not {"item", "category"} & set(call.arguments)
    ]
    return (
        tuple(calls) if len(hanging) == len(calls) else tuple(call for call in calls if call not in hanging)
    )


def _mentions(one: Plan) -> bool:
    """Tell whether a part names one thing and asks nothing of it."""
    return one.confidence == LIKELY and one.calls[0].tool == "item_details"


def _remarks(one: Plan) -> bool:
    """Tell whether a part says a time or place and asks for nothing."""
    call = one.calls[0] if len(one.calls) == 1 else None
    return call is not None and call.tool == "score_items" and set(call.arguments) <= {"when", "place"}


def _subjects(calls: tuple[ToolCall, ...]) -> list[str]:
    return [str(call.arguments.get("item")) for call in calls]


def _is_one(calls: tuple[ToolCall, ...]) -> bool:
    """Tell whether the parts of a message make one wish: a taste, then what to do with it."""
    wishes = {"score_items", "search_items"}
    tools = [call.tool for call in calls]
    if set(tools) <= wishes:
        return True
    if set(tools) <= {"item_details", "explain_item"} and len(set(_subjects(calls))) == 1:
        return True  # "Space Jam?? how come"
    verdicts = [call for call in calls if call.tool == "rate_item"]
    tastes = all(call.arguments["verdict"] in ("like", "dislike", "bought") for call in verdicts)
    return bool(verdicts) and tastes and set(tools) <= wishes | {"rate_item"} and len(set(tools)) > 1
