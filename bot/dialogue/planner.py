"""From a message and its links to tool calls, by rules: what answers when no model chooses, or chooses badly.

Knows the seven tools and the wording that asks for each. It refuses to run tools, to word answers, or to keep
state: the conversation is an argument.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from bot.dialogue import planner_calls as make
from bot.dialogue import planner_cues as cues
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.link import Kind, Links
from bot.dialogue.phrases import relative_age
from bot.dialogue.planner_focus import Focus
from bot.dialogue.planner_follow import follow, repeats
from bot.dialogue.smalltalk import Smalltalk, classify
from bot.dialogue.turn import Asker, Conversation, ToolCall

MAX_CALLS = 3
_NAMED: tuple[Kind, ...] = ("item", "category", "place")
_SURE, _LIKELY, _GUESS = 0.9, 0.7, 0.4


@dataclass(frozen=True, slots=True)
class Clarify:
    """A question back, with the choices that would settle it."""

    question: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with one message: tools to call in order, or small talk, or a question back."""

    calls: tuple[ToolCall, ...] = ()
    """At most three, one for each wish of the message."""
    confidence: float = 0.0
    """0..1: how plainly the words ask for this; a model's choice may overrule a low one."""
    reason: str = ""
    """Which words decided, for logs and tests."""
    smalltalk: Smalltalk | None = None
    clarify: Clarify | None = None

    @property
    def call(self) -> ToolCall | None:
        """The first call, None where no tool is wanted."""
        return self.calls[0] if self.calls else None


def plan(message: str, links: Links, conversation: Conversation, asker: Asker, lexicon: Lexicon) -> Plan:
    """Choose tools and arguments for a message by its wording, its links and the turns before."""
    del message  # its text, and all that was found in it, is in the links
    focus = _reconstructed(Focus.of(conversation, asker, lexicon), conversation, asker, lexicon)
    talk = classify(links.plain, linked=any(links.of(kind) for kind in _NAMED))
    if talk is not None:
        return Plan(smalltalk=talk, confidence=_SURE, reason=f"small talk: {talk}")
    parts = _wishes(links)
    if len(parts) > 1:
        plans = [one for one in (_one(part, focus, lexicon) for part in parts) if one.calls]
        calls = _distinct(plans)
        if len(calls) > 1 and not _one_wish(calls):
            return Plan(
                calls[:MAX_CALLS],
                min(p.confidence for p in plans),
                "several wishes: " + "; ".join(p.reason for p in plans),
            )
    return _one(links, focus, lexicon)


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


def _reconstructed(focus: Focus, conversation: Conversation, asker: Asker, lexicon: Lexicon) -> Focus:
    """Give the focus the call that the last message would have made, where the turn holds text alone."""
    if focus.call is not None or not conversation.turns:
        return focus
    before = conversation.model_copy(update={"turns": conversation.turns[:-1]})
    last = conversation.turns[-1].message
    planned = plan(last, lexicon.link(last), before, asker, lexicon)
    return replace(focus, call=planned.calls[-1]) if planned.calls else focus


_ASKS = r"(?:tell|what|why|when|where|how|show|recommend|suggest|find|give|rate|explain|which|who|do you)"
_BREAK = re.compile(
    r"[.?!;。！？；]\s*"
    rf"|,?\s+(?:and|then|also|but|oh and)\s+(?=(?:also\s+|then\s+|please\s+|can you\s+)*{_ASKS}\b)"
    r"|,\s+(?=(?:tell me|what|why|when|where|how often|show me|recommend|suggest|find|give me|explain)\b)"
    r"|[,，](?=(?:再|然后|还有|另外))"
)


def _wishes(links: Links) -> list[Links]:
    """Split a message where a new wish may begin; each part keeps its own spans, with their places."""
    text = links.text
    borders = [
        m
        for m in _BREAK.finditer(text.lower())
        if not any(s.start < m.end() and m.start() < s.end for s in links.spans)
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
    for one in plans:
        calls += [call for call in one.calls if call not in calls and one.confidence >= _LIKELY]
    # "..., and how soon?" asks on about the subject of the part before.
    hanging = [
        call
        for call in calls
        if call.tool == "lookup_rules" and not {"item", "category"} & set(call.arguments)
    ]
    return (
        tuple(calls) if len(hanging) == len(calls) else tuple(call for call in calls if call not in hanging)
    )


def _one_wish(calls: tuple[ToolCall, ...]) -> bool:
    """Tell whether the parts of a message make one wish: a taste, then what to do with it."""
    wishes = {"score_items", "search_items"}
    tools = [call.tool for call in calls]
    if set(tools) <= wishes:
        return True
    verdicts = [call for call in calls if call.tool == "rate_item"]
    tastes = all(call.arguments["verdict"] in ("like", "dislike") for call in verdicts)
    return bool(verdicts) and tastes and set(tools) <= wishes | {"rate_item"} and len(set(tools)) > 1


def _one(links: Links, focus: Focus, lexicon: Lexicon) -> Plan:
    """Plan one wish: the first reading that fits, from the plainest wording to the vaguest."""
    talk = classify(links.plain, linked=any(links.of(kind) for kind in _NAMED))
    if talk is not None:
        return Plan(smalltalk=talk, confidence=_SURE, reason=f"small talk: {talk}")
    for reading in (_profile, _explain, _repeat, _rules, _follow, _rate, _details, _score, _search):
        found = reading(links, focus, lexicon)
        if found is not None:
            return found
    return Plan(smalltalk="unclear", confidence=_GUESS, reason="nothing understood")


def _does(call: ToolCall, confidence: float, reason: str) -> Plan:
    return Plan((call,), confidence, reason)


def _profile(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    del focus, lexicon
    if cues.PROFILE.search(links.plain):
        return _does(ToolCall(tool="show_profile"), _SURE, "asks what is known of the person")
    return None


def _explain(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    still = focus.call is not None and focus.call.tool == "explain_item" and cues.WITHOUT.search(links.plain)
    if not (cues.EXPLAIN.search(links.plain) or still):
        return None
    if (
        focus.call is not None
        and focus.call.tool == "lookup_rules"
        and not (links.of("item") or links.of("ordinal"))
    ):
        return _does(focus.call, _LIKELY, "asks why of the figures before")
    split = cues.WITHOUT.search(links.plain)
    lead = (
        len(links.text) if split is None else int(split.start() * len(links.text) / max(len(links.plain), 1))
    )
    named = list(focus.named(links))
    without = [
        str(span.value)
        for span in links.of("item")
        if span.start >= lead or (span.negated and split is not None)
    ]
    targets = [item for item in named if item not in without] or [
        item for item in (focus.it(),) if item is not None
    ]
    if not targets:
        if not focus.lists and not links.of("item"):
            return _clarify_item(links, lexicon)
        targets = without[:1]
    arguments: dict[str, Any] = {"item": targets[0]}
    if [item for item in without if item != targets[0]]:
        arguments["without"] = [item for item in without if item != targets[0]]
    return _does(ToolCall(tool="explain_item", arguments=arguments), _SURE, "asks why")


def _clarify_item(links: Links, lexicon: Lexicon) -> Plan:
    question = f"Which {lexicon.nouns.item} do you mean?" if links.lang == "en" else "你指的是哪一个？"
    return Plan(clarify=Clarify(question, ()), confidence=_LIKELY, reason="no item is in focus")


def _repeat(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    if focus.call is None or links.of("item") or not repeats(links):
        return None
    call = follow(links, focus, lexicon)
    return None if call is None else _does(call, _LIKELY, "asks for the last answer again, drawn or doubted")


def _rules(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    plain = links.plain
    kind = cues.rule_kind(plain)
    crowd = cues.CROWD.search(plain) is not None
    subject = bool(focus.named(links) or links.of("category") or links.of("context") or links.of("place"))
    compared = bool(make.rules(links, focus).arguments.get("against")) and not cues.SCORE.search(plain)
    counted = cues.COUNT.search(plain) is not None and subject
    sliced = bool(links.of("context") or links.of("place"))
    compared = compared or (sliced and bool(cues.COMPARE.search(plain) and cues.OTHERS.search(plain)))
    asks = kind is not None or compared or counted or (crowd and (sliced or bool(focus.named(links))))
    doubted = cues.DOUBT.search(plain) is not None and bool(links.of("item"))
    if not (asks or doubted) or _is_personal(links, kind, focus):
        return None
    about = bool(focus.named(links) or links.of("category"))
    elliptic = kind not in (None, "any", "trend") or cues.FOLLOW.search(plain) is not None or compared
    if elliptic and not about and focus.call is not None and focus.call.tool == "lookup_rules":
        call = follow(links, focus, lexicon)
        if call is not None:
            return _does(call, _LIKELY, f"{kind or 'another slice'} of the subject before")
    if kind is None:
        people_who = re.search(rf"\b{cues.PEOPLE} who\b", plain)
        kind = (
            "together" if focus.named(links) and (people_who or counted) and not links.of("context") else None
        )
        kind = kind or ("context" if links.of("context") or links.of("place") else None)
    return _does(make.rules(links, focus, kind), _SURE, f"asks about behaviour: {kind or 'any'}")


def _is_personal(links: Links, kind: cues.RuleKind | None, focus: Focus) -> bool:
    """Tell whether words of rules are meant for one person: "I loved Heat. What next?", "when was Fargo released"."""
    plain = links.plain
    if re.search(r"\bwhat next\b|\bwhat(?:'s| is) next\b|\bfor me\b|\brecommend|\bsuggest|推荐", plain):
        return not re.search(rf"\b{cues.PEOPLE} (?:who|usually|then|{cues.TAKE})\b", plain)
    if kind in ("any", "context") and cues.DETAILS.search(plain) and focus.named(links):
        return True
    return re.search(r"\bwhat (?:should|shall|can|could) (?:i|we)\b", plain) is not None and kind not in (
        "together",
    )


def _follow(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    if focus.call is None:
        return None
    plain = links.plain
    elliptic = cues.FOLLOW.search(plain) is not None or _only_conditions(links)
    if not elliptic or _fresh(links):
        return None
    asked_of_wish = focus.call.tool in ("score_items", "search_items") and cues.ABOUT.search(plain)
    if asked_of_wish and focus.named(links) and not links.of("category"):
        return _does(
            ToolCall(tool="explain_item", arguments={"item": focus.named(links)[0]}),
            _LIKELY,
            "asks about an item beside the picks",
        )
    call = follow(links, focus, lexicon)
    return None if call is None else _does(call, _LIKELY, "changes the call before")


def _only_conditions(links: Links) -> bool:
    """Tell whether a message is little more than a time, place, category, year or number."""
    kinds = {span.kind for span in links.spans} - {"item", "verdict", "ordinal"}
    loose = len(make.wish_words(links, keep_items=False).split())
    return loose == 0 and (bool(kinds) or relative_age(links.plain) is not None) and not links.of("item")


def _fresh(links: Links) -> bool:
    """Tell whether a message that begins like a follow-up stands alone: it has a verdict or a full question."""
    plain = links.plain
    if re.match(r"\W*(?:not|no)\b", plain):
        return False
    verdict = bool(links.of("verdict")) and bool(
        links.of("item") or links.of("ordinal") or cues.IT.search(plain)
    )
    details = cues.DETAILS.search(plain) is not None and not cues.ABOUT.search(plain)
    return (
        verdict
        or details
        or re.search(r"\b(?:recommend|suggest|find me|i want|i need|looking for)\b", plain) is not None
    )


def _rate(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    del lexicon
    verdicts = links.of("verdict")
    plain = links.plain
    if not verdicts or plain.rstrip().endswith(("?", "？", "吗")):
        return None
    if cues.SCORE.search(plain) or re.search(
        r"\b(?:something|anything|find|show me|i want|looking for|movies|films) \w*", plain
    ):
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
    return Plan(calls[:MAX_CALLS], _SURE, "a verdict and no wish")


def _details(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    del lexicon
    named = focus.named(links)
    if not named or links.of("verdict"):
        return None
    plain = links.plain
    asked = cues.DETAILS.search(plain) is not None
    is_it = cues.IS_IT.search(plain) is not None and not cues.SCORE.search(plain)
    alone = len(links.spans) == 1 and bool(links.of("item")) and not cues.SEARCH.search(plain)
    alone = alone and not make.wish_words(links, keep_items=False)
    if not (asked or is_it or (alone and not cues.LIKE.search(plain) and not cues.SCORE.search(plain))):
        return None
    calls = tuple(ToolCall(tool="item_details", arguments={"item": item}) for item in named[:MAX_CALLS])
    return Plan(calls, _SURE if asked else _LIKELY, "asks for facts of an item")


def _score(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    plain = links.plain
    items = links.of("item")
    taste = bool(items) and (
        bool(links.of("verdict")) or cues.LIKE.search(plain) is not None or len(links.values("item")) > 1
    )
    timed = bool(links.of("context") or links.of("place")) and not items
    refused = bool(links.of("item", negated=True))
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
    return _does(call, _SURE if plainly else _LIKELY, "a wish for this person")


def _search(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    call = make.search(links, lexicon)
    wanted = cues.SEARCH.search(links.plain) is not None
    known = any(name != "query" for name in call.arguments) or bool(links.of("item"))
    words = make.wish_words(links)
    if not (wanted or known):
        return None
    if not words and not known:
        return _does(make.score(links, focus, lexicon), _LIKELY, "wants something, and says nothing of it")
    return _does(call, _LIKELY if wanted and known else 0.6 if known or wanted else _GUESS, "a wish in words")
