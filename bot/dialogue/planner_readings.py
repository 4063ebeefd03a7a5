"""From the words of one wish to its tool call: one reading a tool, from the plainest wording to the vaguest.

Knows which wording asks for which tool. It refuses to know several wishes in one message (see
`bot.dialogue.planner`) and how arguments are filled (see `bot.dialogue.planner_calls`).
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.dialogue import planner_calls as make
from bot.dialogue import planner_cues as cues
from bot.dialogue import planner_unclear as unclear
from bot.dialogue.families import CHANCE
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.link import Kind, Links
from bot.dialogue.phrases import relative_age
from bot.dialogue.planner_behaviour import behaviour, family_kind, settled_kind
from bot.dialogue.planner_focus import Focus
from bot.dialogue.planner_follow import compares, follow, repeats, stands_alone, unnamed
from bot.dialogue.planner_pairs import is_pair
from bot.dialogue.planner_partner import likewise, partner, turned
from bot.dialogue.planner_plan import GUESS, LIKELY, SURE, Clarify, Plan
from bot.dialogue.planner_why import JOINED, explain
from bot.dialogue.planner_wishes import LEAVES, details, rate, score, search
from bot.dialogue.smalltalk import classify
from bot.dialogue.turn import ToolCall

NAMED: tuple[Kind, ...] = ("item", "category", "place")
"""Kinds of links that make a message one about the catalogue."""


def one_wish(links: Links, focus: Focus, lexicon: Lexicon) -> Plan:
    """Plan one wish: the first reading that fits, from the plainest wording to the vaguest."""
    talk = classify(links.plain, linked=any(links.of(kind) for kind in NAMED))
    if talk is not None:
        return Plan(smalltalk=talk, confidence=SURE, reason=f"small talk: {talk}")
    for reading in (
        _profile,
        _unclear,
        explain,
        _repeat,
        _other_end,
        _rules,
        _follow,
        behaviour,
        rate,
        details,
        score,
        search,
    ):
        found = reading(links, focus, lexicon)
        if found is not None:
            return found
    if focus.call is not None and focus.call.tool == "search_items" and make.wish_words(links):
        return _does(make.search(links, lexicon), GUESS, "other words after a search")
    return Plan(smalltalk="unclear", confidence=GUESS, reason="nothing understood")


def _does(call: ToolCall, confidence: float, reason: str) -> Plan:
    return Plan((call,), confidence, reason)


def _again(call: ToolCall, reason: str) -> Plan:
    return Plan((call,), LIKELY, reason, again=True)


def _profile(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    del focus, lexicon
    if cues.PROFILE.search(links.plain):
        return _does(ToolCall(tool="show_profile"), SURE, "asks what is known of the person")
    return None


def _unclear(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    """Ask back before anything is read into a name that means several things, or nothing here.

    A wish goes on with its words: the text search needs no single meaning.
    """
    behaviour = cues.rule_kind(links.plain) is not None or any(
        pattern.search(links.plain) for pattern in (cues.CROWD, cues.COUNT, cues.DOUBT)
    )
    if behaviour and not cues.SCORE.search(links.plain):
        found = unclear.brands(links, lexicon) or unclear.ambiguous(links, lexicon)
        if found is not None:
            return found
    if focus.call is None and not links.spans and _BARE_DOUBT.search(links.plain):
        return _clarify_pair(lexicon)
    asks = cues.rule_kind(links.plain) is not None or any(
        pattern.search(links.plain) for pattern in (cues.SCORE, cues.LIKE, cues.CROWD, cues.COUNT)
    )
    asks = asks or re.search(rf"\b{cues.PEOPLE}\b.*\b{cues.TAKE}\b", links.plain) is not None
    pointed = focus.call is not None and (cues.IT.search(links.plain) or cues.FOLLOW.search(links.plain))
    return unclear.unknown(links, lexicon) if asks and not pointed and links.lang == "en" else None


_BARE_DOUBT = re.compile(
    r"\b(?:is|was|are|isn't|could|can|might) (?:that|this|it|these|they|there)\b.*\b(?:both|popular|chance|coincidence|luck|real|"
    r"significant|random|noise|few (?:people|households|customers|shoppers|viewers))\b|^\W*(?:and )?does (?:that|this|it) hold\b|^\W*(?:这|那)?(?:是|会是)?(?:偶然|巧合|真的)吗"
)
"""A doubt about something that nobody has said: "is that just because both are popular?"."""


def _clarify_pair(lexicon: Lexicon) -> Plan:
    question = f"Which two {lexicon.nouns.items} do you mean? Name them, and I will count how often they come together."
    return Plan(clarify=Clarify(question, ()), confidence=LIKELY, reason="doubts what was not said")


def _repeat(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    if focus.call is None or links.values("item") not in ((), (focus.call.arguments.get("item"),)):
        return None
    doubted = focus.call.tool == "lookup_rules" and unnamed(links) and CHANCE.search(links.plain) is not None
    if not (doubted or repeats(links)):
        return None
    call = follow(links, focus, lexicon)
    return None if call is None else _again(call, "asks for the last answer again, drawn or doubted")


def _rules(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    plain = links.plain
    kind = settled_kind(cues.rule_kind(plain), links, focus)
    links = _of_category(links, lexicon) if kind == "any" else links
    of_a_place = bool(links.of("place")) and _ASKED_OF.match(plain) is not None
    crowd = cues.CROWD.search(plain) is not None or of_a_place
    subject = bool(focus.named(links) or links.of("category") or links.of("context") or links.of("place"))
    compared = bool(make.rules(links, focus).arguments.get("against")) and not cues.SCORE.search(plain)
    counted = cues.COUNT.search(plain) is not None and subject
    sliced = bool(links.of("context") or links.of("place"))
    compared = compared or (sliced and bool(cues.COMPARE.search(plain) and cues.OTHERS.search(plain)))
    joined = len(links.values("item")) > 1 and JOINED.search(plain) is not None
    kind = kind or ("together" if joined else None)
    if kind is None and _LEANS.search(plain) and (links.of("context") or links.of("place")):
        kind = "context" if subject and (focus.named(links) or links.of("category")) else None
    if (
        kind is None
        and _HABIT.search(plain)
        and links.of("context")
        and (links.of("item") or links.of("category"))
    ):
        kind = "context"
    if kind == "cycle" and len(links.of("category")) + len(links.of("item")) > 1 and "+" in plain:
        kind = "together"  # "eggs + bacon: how often?"
    if len(links.values("item")) > 1:
        if cues.DOUBT.search(plain) and (kind in (None, "any") or (kind == "context" and is_pair(links))):
            kind = "together"
        if kind in ("cycle", None) and cues.JOINT.search(plain) and not _WHAT.search(plain):
            kind = "together"  # "how often are A and B in the same basket?"
    crowd_most = crowd and _MOST.search(plain) is not None
    asks = (
        kind is not None
        or compared
        or counted
        or crowd_most
        or (crowd and (sliced or bool(focus.named(links))))
    )
    doubted = cues.DOUBT.search(plain) is not None and bool(links.of("item") or links.of("category"))
    if not (asks or doubted) or _is_personal(links, kind, focus):
        return None
    about = bool(focus.named(links) or links.of("category"))
    pronoun = kind == "trend" and _ITS.search(plain) is not None
    elliptic = (
        kind not in (None, "any", "trend") or pronoun or cues.FOLLOW.search(plain) is not None or compared
    )
    if (
        elliptic
        and not about
        and not _WHOLE.search(plain)
        and focus.call is not None
        and focus.call.tool == "lookup_rules"
    ):
        call = follow(links, focus, lexicon)
        if call is not None:
            return _again(call, f"{kind or 'another slice'} of the subject before")
    if kind is None:
        people_who = re.search(rf"\b{cues.PEOPLE} who\b", plain)
        kind = (
            "together" if focus.named(links) and (people_who or counted) and not links.of("context") else None
        )
        kind = kind or ("context" if links.of("context") or links.of("place") else family_kind(links, focus))
    return _does(make.rules(links, focus, kind), SURE, f"asks about behaviour: {kind or 'any'}")


def _other_end(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    """Keep the subject where a follow-up names what may come next: "and frosting, within 7 days?"."""
    beside = partner(links, focus) or likewise(links, focus) or turned(links, focus)
    if beside is not None:
        return _again(beside, "the subject before and another thing")
    asked_before = focus.call is not None and focus.call.tool == "lookup_rules"
    if asked_before and compares(links) and (other := follow(links, focus, lexicon)) is not None:
        return _again(other, "the slice before against another")
    if (
        focus.call is None
        or focus.call.arguments.get("kind") != "next"
        or not cues.FOLLOW.search(links.plain)
    ):
        return None
    call = follow(links, focus, lexicon) if len(links.values("item")) == 1 else None
    if call is None or call.arguments.get("with_item") != links.first("item"):
        return None
    return _again(call, "another end of the question before")


def _of_category(links: Links, lexicon: Lexicon) -> Links:
    """Read a name that is a category's to the letter as the category: "the strongest rules for baby foods"."""
    names = {name.casefold(): name for name in lexicon.categories}
    return replace(
        links,
        spans=tuple(
            replace(span, kind="category", value=names[said])
            if span.kind == "item"
            and (said := links.text[span.start : span.end].casefold()) in names
            and lexicon.title(str(span.value)).casefold() != said
            else span
            for span in links.spans
        ),
    )


_ITS = re.compile(r"\b(?:it|its|it's|that|this)\b")
_WHAT = re.compile(
    r"\bwhat\b(?! (?:share|percent|percentage|fraction|proportion)\b)|\bwhich\b|\b(?:recommend|suggest|i (?:like|love)d?)\b"
)
_MOST = re.compile(r"\bmost (?:often|bought|sold|rated|watched)\b|\bsells? (?:the )?(?:best|most)\b")
_WHOLE = re.compile(
    r"^\W*(?:what|which) (?:films?|movies?|products?|items?|things?|genres?|categor\w+|pairs?|combinations?|rules?)\b"
    r"|^\W*(?:what(?:'s| is| are)?|which|show me|give me)(?: the)? (?:\w+ )?(?:strongest|weirdest|oddest|tightest|closest|most \w+|best) (?:pairs?|rules?|links?|combos?|combinations?)\b"
)
"""A question that names what it wants stands alone, however short."""
_LEANS = re.compile(
    r"^\W*(?:so )?(?:is|are|was|were|do|does|did|has|have)\b.*\b(?:more|less|better|worse|mostly|mainly|especially|usually|often|rarely|thing)\b"
)
"""A question whether something is taken more at a time or place than otherwise."""


_HABIT = re.compile(
    rf"\bthings?\b|\b(?:something|stuff) (?:that )?(?:{cues.PEOPLE})\b|\bmore of an?\b|\b(?:noise|proven|real|chance)\b|\b(?:or|than) (?:not|otherwise|usual)\b"
)
"""Calls one thing a habit of a time: "bagged ice: more of a weekend thing?"."""


_ASKED_OF = re.compile(rf"\W*what (?:do|did|does) .{{2,40}}\b{cues.TAKE}\b")
"""Asks what a place takes: "what did the south rate highest?"."""


def _is_personal(links: Links, kind: cues.RuleKind | None, focus: Focus) -> bool:
    """Tell whether words of rules are meant for one person: "I loved Heat. What next?", "when was Fargo released"."""
    plain = links.plain
    if re.match(r"\W*(?:please )?(?:suggest|recommend)\b", plain):
        return True
    if re.search(r"\bwhat else (?:do|should|can|could) (?:i|we)\b", plain):
        return True
    if re.match(r"\W*(?:and |so )?after\b", plain):
        return False
    if re.search(r"\bwhat next\b|\bwhat(?:'s| is) next\b|\bfor me\b|\brecommend|\bsuggest|推荐", plain):
        return not re.search(rf"\b{cues.PEOPLE} (?:who|usually|then|{cues.TAKE})\b", plain)
    found = kind == "any" and _OF_RULES.search(plain) is not None
    if kind in ("any", "context") and not found and cues.DETAILS.search(plain) and focus.named(links):
        return True
    return re.search(r"\bwhat (?:should|shall|can|could) (?:i|we)\b", plain) is not None and kind not in (
        "together",
    )


_OF_RULES = re.compile(
    r"\brules?\b|\bpatterns?\b|\bassociations?\b|\b(?:surprising|strongest|unusual|weird)\w*\b"
)


def _follow(links: Links, focus: Focus, lexicon: Lexicon) -> Plan | None:
    if focus.call is None:
        return None
    plain = links.plain
    bounds = bool(links.of("year_from") or links.of("year_to") or links.of("category") or links.of("filter"))
    last = focus.call
    if focus.wish is not None and last.tool in ("explain_item", "item_details") and bounds:
        last = focus.wish  # after "why that one?", "nothing after 1990" changes the wish
        focus = replace(focus, call=last)
    leaning = last.tool == "lookup_rules" and stands_alone(links)
    lagged = last.arguments.get("kind") == "next" and bool(links.of("number")) and unnamed(links)
    elliptic = cues.FOLLOW.search(plain) is not None or _only_conditions(links) or leaning or lagged
    if not elliptic or _fresh(links):
        return None
    asked_of_wish = last.tool in ("score_items", "search_items") and cues.ABOUT.search(plain)
    if asked_of_wish and focus.named(links) and not links.of("category"):
        return _does(
            ToolCall(tool="explain_item", arguments={"item": focus.named(links)[0]}),
            LIKELY,
            "asks about an item beside the picks",
        )
    call = follow(links, focus, lexicon)
    return None if call is None else _again(call, "changes the call before")


def _only_conditions(links: Links) -> bool:
    """Tell whether a message is little more than a time, place, category, year or number."""
    kinds = {span.kind for span in links.spans} - {"item", "verdict", "ordinal"}
    loose = len(make.wish_words(links, keep_items=False).split())
    whole = cues.IS_IT.search(links.plain) is not None
    return (
        loose == 0
        and not whole
        and (bool(kinds) or relative_age(links.plain) is not None)
        and not links.of("item")
    )


def _fresh(links: Links) -> bool:
    """Tell whether a message that begins like a follow-up stands alone: it has a verdict or a full question."""
    plain = links.plain
    if re.match(r"\W*(?:not|no)\b", plain) or LEAVES.search(plain):
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
