"""Arguments of each tool from links: one small function a tool.

Knows the names and forms of the arguments. It refuses to decide which tool a message wants. What a message does not
say is left out, so that the tool's default holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from bot.dialogue.aspects import doubts
from bot.dialogue.families import JOINED
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.lexicon_chinese import in_english
from bot.dialogue.lexicon_time import RELATIVE, contradict
from bot.dialogue.link import Links, Span
from bot.dialogue.phrases import relative_age
from bot.dialogue.planner_cues import COMPARE, LIKE, OTHERS, SIMILAR, RuleKind, rule_kind
from bot.dialogue.planner_focus import Focus
from bot.dialogue.planner_pairs import in_time, is_pair, leads_to, two_sides
from bot.dialogue.turn import ToolCall, Turn

OLD_AFTER: Final = 20
"""Years before the newest item of the catalogue from which "old" begins."""
NEW_WITHIN: Final = 2
"""Years before the newest item that "recent" still covers."""

_NOISE = re.compile(
    r"'s\b|\b(?:plz|pls|i'd|i'm|i've|it's|let's|please|find|search|for|me|us|show|list|look|looking|i|i'd|i'm|we|you|want|wanna|need|would|like|love|some|any|something|anything|"
    r"good|great|nice|best|top|really|do|have|got|has|give|can|could|a|an|the|to|of|watch|see|buy|get|rent|movies?|films?|flicks?|titles?|items?|"
    r"products?|that|is|are|there|which|what|with|about|from|in|on|at|by|and|or|but|not|no|my|hi|hello|hey|thanks|ok|okay|just|only|maybe|"
    r"tonight|mood|feel|fancy|browse|list|one|ones|more|sell|carry|stock|tell|help|recommend|suggest|new|newer|recent|old|older|classics?|"
    r"it|its|it's|this|be|should|after|made|released|set|kind|sort|so|too|very|let's|lets|go|out|few|couple|bit|than|without|except|am|been|stuff|things?|"
    r"smth|sth|sthg|whats|u|ur|ex|eg|pictures?|were|was|where|who|whose|they|there's|instead|rather|kinds?|types?|else|also|perhaps|gimme|most|"
    r"everything|sorts?|available|please|sell|line|section|department|aisle|catalogue|catalog|having|set|featuring|involving|involves)\b"
)
_ZH_NOISE = re.compile(
    r"关于|东西|哪些|有关|方面|之类|[我你想要找搜做在讲换看买有没的了吗呢来点些给推荐一部几个电影片请什么好不看部适合和或]|电影"
)


def category_arguments(links: Links) -> dict[str, Any]:
    """Return `category` for one wanted category; several, and refused ones, become filters on the category."""
    wanted, refused = links.values("category"), links.values("category", negated=True)
    arguments: dict[str, Any] = {}
    conditions = [f"category!={name}" for name in refused if name not in wanted]
    if len(wanted) > 1 and _either(links):
        conditions.insert(0, f"category={'|'.join(wanted)}")
    elif wanted:
        arguments["category"] = wanted[0]
        conditions[:0] = [f"category={name}" for name in wanted[1:]]
    conditions += [
        str(span.value).replace("=", "!=", 1) if span.negated else str(span.value)
        for span in links.of("filter")
    ]
    if conditions:
        arguments["filters"] = conditions
    return arguments


def _either(links: Links) -> bool:
    first, *rest = links.of("category", negated=False)
    return all(
        re.fullmatch(r"\s*,?\s*(?:or|或者?)\s+(?:a |an )?|[或]", links.text[a.end : b.start].lower())
        for a, b in zip((first, *rest), rest, strict=False)
    )


def year_arguments(links: Links, lexicon: Lexicon, shown: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return `year_from` and `year_to`; "older" and "newer" are read against the items shown, else the catalogue.

    Of a refused decade ("not from the 80s") the years after it are kept: two ranges cannot be asked for.
    """
    arguments: dict[str, Any] = {}
    for kind in ("year_from", "year_to"):
        if (year := links.integer("year_from" if kind == "year_from" else "year_to")) is not None:
            arguments[kind] = year
    refused = links.of("year_to", negated=True)
    if refused and not arguments:
        arguments["year_from"] = int(refused[0].value) + 1
    beside = beside_title(links, lexicon)
    age = relative_age(links.plain)
    if not arguments and beside:
        return beside
    if not arguments and age is not None and lexicon.years:
        newest = max(lexicon.years.values())
        known = sorted(lexicon.years[item] for item in shown if item in lexicon.years)
        middle = known[len(known) // 2] if known else None
        if age == "newer":
            arguments["year_from"] = min(middle + 1, newest) if middle is not None else newest - NEW_WITHIN
        else:
            arguments["year_to"] = middle - 1 if middle is not None else newest - OLD_AFTER
    return arguments


def beside_title(links: Links, lexicon: Lexicon) -> dict[str, Any]:
    """Return the bound of "older than Casablanca", empty where no title stands there."""
    for span in links.of("item"):
        year = lexicon.years.get(str(span.value))
        match = _THAN.search(links.text[: span.start].lower())
        if year is not None and match is not None:
            return {"year_to": year - 1} if match["old"] else {"year_from": year + 1}
    return {}


_THAN = re.compile(r"\b(?:(?P<old>older|earlier)|newer|later|more recent) than (?:the )?$")


def when_words(links: Links) -> str | None:
    """Return the first time of a message as `when` takes it."""
    return links.first("context")


def place_words(span: Span, links: Links) -> str:
    """Return a place as tools take it: its id, or for a group of places the words themselves."""
    value = str(span.value)
    return re.sub(r"^the\s+", "", links.text[span.start : span.end].lower()) if "|" in value else value


def place_arguments(links: Links) -> dict[str, Any]:
    """Return `place`, empty where none is named."""
    spans = links.of("place", negated=False)
    return {"place": place_words(spans[0], links)} if spans else {}


def time_and_place(links: Links) -> dict[str, Any]:
    """Return `when` and `place`."""
    when = when_words(links)
    return ({"when": when} if when else {}) | place_arguments(links)


def count_arguments(links: Links) -> dict[str, Any]:
    """Return `k`, empty where the message names no number."""
    k = links.integer("k")
    return {"k": min(k, 50)} if k is not None else {}


def wish_words(links: Links, *, keep_items: bool = True) -> str:
    """Return the words of a wish that no link stands for: what the text search reads."""
    text = links.text.lower()
    for span in reversed(links.spans):
        if span.kind != "item" or not keep_items:
            text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    text = _NOISE.sub(" ", text)
    if links.lang == "zh":
        text = _ZH_NOISE.sub(" ", in_english(text))
    return " ".join(re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text))


def search(links: Links, lexicon: Lexicon) -> ToolCall:
    """Return the `search_items` call of a wish."""
    several = links.of("item", negated=False) and links.of("category", negated=False)
    if several and not lexicon.proper:  # "pears and plums" are both words of the wish
        links = replace(links, spans=tuple(span for span in links.spans if span.kind != "category"))
    arguments = category_arguments(links) | year_arguments(links, lexicon) | count_arguments(links)
    query = wish_words(links, keep_items=not beside_title(links, lexicon))
    if query:
        arguments = {"query": query} | arguments
    elif not arguments:
        arguments = {"query": links.text.strip()}
    return ToolCall(tool="search_items", arguments=arguments)


def opinions(links: Links, focus: Focus) -> dict[str, tuple[str, ...]]:
    """Return verdict -> items: each item gets the verdict nearest before it, else the next one after it.

    A refused item without a verdict of its own is disliked.
    """
    verdicts = links.of("verdict")
    found: dict[str, list[str]] = {}
    targets = [(s.start, str(s.value), s.negated) for s in links.of("item")]
    targets += [
        (s.start, item, False) for s in links.of("ordinal") if (item := focus.nth(int(s.value))) is not None
    ]
    for at, item, negated in sorted(targets):
        verdict = _nearest(links, verdicts, at)
        if negated and verdict in (None, "like"):
            verdict = "dislike"
        if verdict is not None:
            found.setdefault(verdict, []).append(item)
    return {verdict: tuple(dict.fromkeys(items)) for verdict, items in found.items()}


def _nearest(links: Links, verdicts: tuple[Span, ...], at: int) -> str | None:
    marks = [
        span for span in verdicts if span.start > at and re.match(r"\d", links.text[span.start : span.end])
    ]
    if marks:
        return str(marks[0].value)
    ends = [match.end() for match in re.finditer(r"[.?!;]\s|[。！？，]", links.text)]
    sentence = max((end for end in ends if end <= at), default=0)
    close = min((end for end in ends if end > at), default=len(links.text))
    before = [span for span in verdicts if sentence <= span.start < at]
    after = [span for span in verdicts if at < span.start < close]
    chosen = before[-1] if before else after[0] if after else None
    return None if chosen is None else str(chosen.value)


def score(links: Links, focus: Focus, lexicon: Lexicon) -> ToolCall:
    """Return the `score_items` call of a wish for this person."""
    held = opinions(links, focus)
    disliked = held.get("dislike", ())
    judged = {item for items in held.values() for item in items}
    liked = (*held.get("like", ()), *held.get("bought", ()))
    named = focus.named(links) if LIKE.search(links.plain) or links.of("ordinal") else links.values("item")
    if not named and not liked and SIMILAR.search(links.plain) and not links.of("category"):
        pointed = focus.it()
        named = (pointed,) if pointed is not None else ()
    liked = tuple(dict.fromkeys((*liked, *(item for item in named if item not in judged))))
    if not liked and not disliked:
        liked, disliked = focus.told.get("like", ()), focus.told.get("dislike", ())
    arguments: dict[str, Any] = {}
    if liked:
        arguments["liked"] = list(liked)
    if disliked:
        arguments["disliked"] = list(disliked)
    arguments |= category_arguments(links) | year_arguments(links, lexicon) | slice_of_wish(links, focus)
    return ToolCall(tool="score_items", arguments=arguments | count_arguments(links))


def slice_of_wish(links: Links, focus: Focus) -> dict[str, Any]:
    """Return `when` and `place` of a wish; "and what of that would suit me?" keeps those of the question before."""
    said, last = time_and_place(links), focus.call
    if said or last is None or last.tool != "lookup_rules" or not _OF_THAT.search(links.plain):
        return said
    return {name: last.arguments[name] for name in ("when", "place") if name in last.arguments}


_OF_THAT = re.compile(r"\b(?:of|from|among) (?:that|those|them|these)\b")


def asked_slice(links: Links) -> dict[str, Any]:
    """Return `when` and `place` of a question; "just the northeast now" changes the subject and asks of no hour."""
    found = time_and_place(links) | {name: sides[0] for name, sides in opposed(links).items()}
    if found.get("when") == "now" and not _AT_PRESENT.search(links.plain):
        del found["when"]
    return found


_THERE = re.compile(
    r"(?<!is )(?<!are )(?<!was )(?<!still )(?<!be )\bthere\b(?! (?:is|are|was|were|be|any|anything|a|an|something)\b)|\b(?:that|this|the same) (?:store|shop|branch|counter|state|region|place)\b"
)
"""The place of the question before."""
_AT_PRESENT = re.compile(
    r"^\W*(?:(?:and|what about|how about)\W+)?now\W*$|\b(?:right now|at the moment|currently|at this (?:hour|time))\b|现在|目前|此刻"
)
"""Words by which a question about behaviour means this very hour."""


def rules(links: Links, focus: Focus, kind: RuleKind | None = None) -> ToolCall:
    """Return the `lookup_rules` call of a question about behaviour."""
    arguments, kind = _subject(links, focus, kind or rule_kind(links.plain))
    conditions = asked_slice(links)
    against = against_words(links)
    if against is not None and (against in conditions.values()):
        against = None
    if kind in ("next", "cycle") and {*str(conditions.get("when", "")).split()} & {*RELATIVE}:
        del conditions["when"]  # "if a customer buys it today, what comes next?" means any day
    if "place" not in conditions and focus.call is not None and _THERE.search(links.plain):
        conditions |= {
            name: focus.call.arguments[name] for name in ("place",) if name in focus.call.arguments
        }
    arguments |= conditions
    if against is not None:
        arguments["against"] = against
    if kind in ("next", "cycle") and (days := links.integer("number")) is not None:
        arguments["within_days"] = days
    if len(conditions) > 1 and COMPARE.search(links.plain) and OTHERS.search(links.plain):
        against = arguments["against"] = "the others"  # Fridays at one store against Fridays at the others
    if kind is None and (against is not None or (conditions and OTHERS.search(links.plain))):
        kind = "context"
    if kind is not None and kind != "any":
        arguments["kind"] = kind
    return ToolCall(tool="lookup_rules", arguments=arguments | count_arguments(links))


def _subject(links: Links, focus: Focus, kind: RuleKind | None) -> tuple[dict[str, Any], RuleKind | None]:
    """Return what a question is about: items, the other side of a pair, category; and the kind that this settles."""
    named = focus.named(links)
    arguments: dict[str, Any] = {}
    categories = links.values("category")
    compared = against_words(links) is not None and len(links.of("item")) == 2
    if (
        kind in ("context", "trend")
        and len(named) == 2
        and ((is_pair(links) and _JOINED.search(links.plain)) or (compared and JOINED.search(links.plain)))
    ):
        kind = "together"  # "are they bought together more often in summer?"
    sides = two_sides(links, focus, kind)
    if sides and kind in ("together", "next", "any", None):
        first, second = sides
        return {"item": first, "with_item": second}, "next" if kind == "next" else "together"
    if kind == "next" and not named and len(categories) == 1 and leads_to(links):
        return {"with_item": f"category:{categories[0]}"}, kind
    pair = (
        is_pair(links) or (kind == "together" and compared) or (len(named) == 2 and bool(doubts(links.plain)))
    )
    if len(named) >= 2 and kind in ("together", "next", "any", None) and pair:
        if kind == "next" and len(named) == 2:
            named = in_time(links, named)
        arguments |= {"item": named[0] if len(named) == 2 else list(named[:-1]), "with_item": named[-1]}
        kind = "together" if kind in ("any", None) else kind
    elif len(named) == 1 and kind == "next" and leads_to(links):
        arguments["with_item"] = named[0]
    elif named:
        arguments["item"] = named[0] if len(named) == 1 else list(named)
    if categories:
        arguments["category"] = categories[0]
    return arguments, kind


def opposed(links: Links) -> dict[str, tuple[str, str]]:
    """Return under `when` or `place` the two that a question sets side by side, empty where there are none.

    Two times that cannot both hold are compared whatever joins them ("did it drop in March compared with January?");
    of three, those two between which least is said. So are two places. What changed "from May to July" is July.
    """
    times = links.of("context", negated=False)
    pairs = [pair for pair in pairwise(times) if contradict(str(pair[0].value), str(pair[1].value))]
    if pairs:
        one, other = min(pairs, key=lambda pair: pair[1].start - pair[0].end)
        if _FROM.search(links.text[: one.end].lower()) and _UNTIL.match(links.text[one.end :].lower()):
            one, other = other, one
        return {"when": (str(one.value), str(other.value))}
    places = links.of("place", negated=False)
    named = list(dict.fromkeys(place_words(span, links) for span in places))
    return {"place": (named[0], named[1])} if len(named) > 1 else {}


_JOINED = re.compile(r"\btogether\b|\bboth\b|\bpair(?:s|ed)? up\b|\bsame (?:basket|trip|day|order|cart)\b")
_FROM = re.compile(r"\b(?:from|between)\b[^.?!]*$")
_UNTIL = re.compile(r"\s*(?:\d{4}\s*)?(?:to|until|till|and|through|into)\b")
"""Around two times of which the later one is asked about, against the earlier: "did it rise from May to July?"."""


def against_words(links: Links) -> str | None:
    """Return the second time or place of a comparison."""
    sides = next(iter(opposed(links).values()), None)
    if sides is not None:
        return sides[1]
    compared = COMPARE.search(links.plain) is not None
    for kind in ("context", "place"):
        spans = links.of("context") if kind == "context" else links.of("place")
        if len(spans) > 1 and (compared or _or(links, spans)):
            return str(spans[1].value) if kind == "context" else place_words(spans[1], links)
    return None


def _or(links: Links, spans: tuple[Span, ...]) -> bool:
    """Whether two times or places stand as a choice: "mornings or nights?"."""
    return (
        re.fullmatch(
            r"\W*(?:\w+\W+)?(?:or|vs?\.?|against)\W*(?:the |in |on |at |during )*\W*",
            links.text[spans[0].end : spans[1].start].lower(),
        )
        is not None
    )


def told(turns: Sequence[Turn], lexicon: Lexicon) -> dict[str, tuple[str, ...]]:
    """Return verdict -> items of earlier messages of which only the text is known, so that no tool has kept them.

    Args:
        turns: The turns before, the oldest first.
        lexicon: Names of the catalogue.
    """
    held: dict[str, list[str]] = {}
    for turn in turns:
        if turn.answer.tool_calls:
            continue
        links = lexicon.link(turn.message)
        said = {v: items for v, items in opinions(links, Focus()).items() if v in ("like", "dislike")}
        if not said and "like" in links.values("verdict"):  # "I watched Alien, so good"
            said = {"like": links.values("item")}
        if not said and held and _ALSO.search(links.plain):
            said = {"like": links.values("item")}
        for verdict, items in said.items():
            held.setdefault(verdict, []).extend(items)
    return {verdict: tuple(dict.fromkeys(items)) for verdict, items in held.items()}


_ALSO = re.compile(r"^\W*(?:also|and|plus|oh and|and also)\b|\b(?:too|as well)\W*$")
