"""The short language between a turn and the small taught model: a message as marks, a decision as a few words.

Code has linked the message before a model sees it, so the prompt shows each title, category, time, place and year as a
mark, and the model answers in marks: "rules together A with B". A catalogue's own names are never shown, which is
why a model taught on two catalogues serves any other, and why it can name no title that the message did not. What code
reads better (years, k, when, place, "the second one") is filled in from the links.

Knows the language both ways. It refuses to know backends: whoever runs the model is handed `Sheet.prompt` and
`Sheet.grammar`, and hands back a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast, get_args

from bot.dialogue import planner_calls as make
from bot.dialogue import planner_unclear as unclear
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.link import Kind, Links, Span
from bot.dialogue.planner import _wishes, focus_of
from bot.dialogue.planner_cues import IT as IT_WORDS
from bot.dialogue.planner_cues import RuleKind
from bot.dialogue.planner_focus import Focus
from bot.dialogue.planner_follow import follow
from bot.dialogue.planner_pairs import in_one_basket, in_time, leads_to
from bot.dialogue.planner_plan import LIKELY, SURE, Plan
from bot.dialogue.planner_why import NO_ITEM, supposed
from bot.dialogue.smalltalk import Smalltalk
from bot.dialogue.turn import Asker, Conversation, ToolCall, Verdict

TOOLS: Final[Mapping[str, str]] = {
    "search": "search_items",
    "score": "score_items",
    "rules": "lookup_rules",
    "explain": "explain_item",
    "details": "item_details",
    "rate": "rate_item",
    "profile": "show_profile",
}
"""Word of the language -> tool. Beside them `none KIND` is talk, and `again TOOL` changes the call before."""
KINDS: Final = ("together", "next", "context", "cycle", "trend", "any")
VERDICTS: Final[tuple[str, ...]] = get_args(Verdict)
TALK: Final = ("greeting", "thanks", "bye", "help", "who", "outside", "unclear", "refuse", "privacy")
IT: Final = "it"
"""What "it", "this" or a bare "why?" points at."""
NEW, SHOWN = "ABCDEFGH", "PQRSTUVW"
"""Marks of the titles in a message: those that it brings, and those that the turns before showed."""
TAUGHT_SURE = 0.75
"""Confidence of a plan from which rules decide beside a taught model, where it asks why or of the person."""
LONGEST = 240
"""Characters of a message that the model sees; a wish is rarely longer, and time grows with each."""

_MARKS: Final[Mapping[Kind, str]] = {
    "category": "CAT",
    "context": "TIME",
    "place": "PLACE",
    "year_from": "YEAR",
    "year_to": "YEAR",
    "filter": "LIMIT",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One message as a taught model sees it."""

    prompt: str
    refs: Mapping[str, str]
    """Mark -> item id."""
    links: Links
    focus: Focus

    @property
    def grammar(self) -> str:
        """What may follow the prompt, as a Lark grammar: only marks that the prompt holds."""
        return _grammar(tuple(self.refs), again=self.focus.call is not None)


def sheet_of(
    links: Links, conversation: Conversation, asker: Asker, lexicon: Lexicon, planned: Plan | None = None
) -> Sheet:
    """Lay out a message with the turn before it; where that holds text alone, with the call that it would have made.

    Args:
        links: What was found in the message.
        conversation: The turns before.
        asker: Who asks, and what page and cart lie before them.
        lexicon: Names of the catalogue.
        planned: What rules made of the message; the prompt then shows it, and the model confirms or corrects it.
    """
    focus = focus_of(conversation, asker, lexicon)
    read = unclear.in_focus(unclear.likeliest(unclear.corrected(links), lexicon), focus, lexicon)
    page = sheet(read, focus, conversation, lexicon)
    if planned is None:
        return page
    return replace(page, prompt=f"{page.prompt[:-1]}= {proposal(planned, page)}\n>")


def proposal(planned: Plan, given: Sheet) -> str:
    """A plan in the language, and how sure it is: "score A not B!", "rules next A", "search?"."""
    sure = "!" if planned.confidence >= SURE else "?" if planned.confidence < LIKELY else ""
    if planned.clarify is not None:
        return f"ask{sure}"
    if not planned.calls:
        return f"none {planned.smalltalk}{sure}"
    marks = {item: mark for mark, item in reversed(list(given.refs.items()))}
    again = "again " if planned.again else ""
    return "; ".join(again + _spoken(call, marks) for call in planned.calls) + sure


_ROLES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "score_items": (("", "liked"), ("not", "disliked")),
    "lookup_rules": (("", "item"), ("with", "with_item")),
    "explain_item": (("", "item"), ("without", "without")),
    "item_details": (("", "item"),),
    "rate_item": (("", "item"),),
}
"""Tool -> the words before its items, and the arguments that hold them."""


def _spoken(call: ToolCall, marks: Mapping[str, str]) -> str:
    """A call in the language; items without a mark are left out."""
    words = [_said(call)]
    if call.tool == "rate_item":
        words.append(str(call.arguments["verdict"]))
    for lead, name in _ROLES.get(call.tool, ()):
        value = call.arguments.get(name) or []
        found = [marks[item] for item in (value if isinstance(value, list) else [value]) if item in marks]
        words += [lead, *found] if found else []
    return " ".join(word for word in words if word)


def sheet(links: Links, focus: Focus, conversation: Conversation, lexicon: Lexicon) -> Sheet:
    """Lay out a message with the turn before it.

    Args:
        links: What was found in the message.
        focus: What a follow-up can point at.
        conversation: The turns before; the last message is shown, with the call that answered it.
        lexicon: Names of the catalogue.
    """
    refs: dict[str, str] = {}
    lines = [lexicon.nouns.item]
    if conversation.turns:
        before = lexicon.link(conversation.turns[-1].message)
        lines.append(_marked(before, _anonymous))
    if focus.call is not None:
        lines.append(f"> {_said(focus.call)}")
    lines.append(_marked(links, lambda span: _mark(span, focus, refs)))
    if focus.it() is not None:
        refs[IT] = cast(str, focus.it())
    return Sheet("\n".join(lines) + "\n>", refs, links, focus)


def calls_of(line: str, given: Sheet, lexicon: Lexicon) -> tuple[tuple[ToolCall, ...], Smalltalk | None]:
    """Turn what the model wrote into calls with all their arguments, or into talk.

    Args:
        line: A line of the language, whole by its grammar.
        given: The sheet that it answers.
        lexicon: Names of the catalogue.
    """
    wishes = [wish.split() for wish in line.strip().split("; ") if wish.strip()]
    talk = next((cast(Smalltalk, wish[1]) for wish in wishes if wish[0] == "none"), None)
    asked = [wish for wish in wishes if wish[0] != "none"]
    parts = _parts(asked, given)
    calls = [call for wish, part in zip(asked, parts, strict=True) for call in _calls(wish, part, lexicon)]
    return tuple({repr(call): call for call in calls}.values()), talk if not asked else None


def settled(planned: Plan) -> bool:
    """Tell whether rules decide and a taught model need not be asked.

    That is talk, a question back, a change of the call before, and what is plainly a why or about me.
    """
    if planned.clarify is not None:
        return planned.reason != NO_ITEM
    if not planned.calls:
        return planned.smalltalk != "unclear"
    changed = {call.tool for call in planned.calls}
    if planned.again and changed <= {TOOLS["rules"], TOOLS["score"], TOOLS["search"]}:
        return True
    own = all(call.tool in ("explain_item", "show_profile") for call in planned.calls)
    return own and planned.confidence >= TAUGHT_SURE


def overlooks(calls: Sequence[ToolCall], planned: Plan, links: Links) -> bool:
    """Tell whether a model's choice leaves out what rules are sure of.

    Facts of an item know no time and no place; and the sides of a pair and their order are what code reads better.

    Args:
        calls: What the model chose.
        planned: What rules made of the message.
        links: What was found in it.
    """
    asked = bool(planned.calls) and all(call.tool == TOOLS["rules"] for call in planned.calls)
    told = bool(calls) and all(call.tool == TOOLS["details"] for call in calls)
    alike = bool(calls) and all(call.tool == TOOLS["rules"] for call in calls) and (*calls,) != planned.calls
    sliced = bool(links.of("context") or links.of("place"))
    return asked and (alike or (told and sliced)) and planned.confidence >= SURE


def _parts(wishes: Sequence[list[str]], given: Sheet) -> list[Sheet]:
    """Give each of several wishes the part of the message that it stands in, where the parts can be told."""
    parts = _wishes(given.links) if len(wishes) > 1 else [given.links]
    if len(parts) != len(wishes):
        parts = [given.links] * len(wishes)
    return [replace(given, links=part) for part in parts]


def _mark(span: Span, focus: Focus, refs: dict[str, str]) -> str | None:
    """The mark of a title, of "the second one", or None for what stays in words."""
    item = str(span.value) if span.kind == "item" else None
    if span.kind == "ordinal":
        item = focus.nth(int(span.value))
    if item is None:
        return None
    known = next((mark for mark, ref in refs.items() if ref == item), None)
    if known is not None:
        return known
    shown = any(item in each for each in focus.lists)
    mark = next((mark for mark in (SHOWN if shown else NEW) if mark not in refs), None)
    if mark is not None:
        refs[mark] = item
    return mark


def _anonymous(_: Span) -> str:
    """What stands for any title of the message before."""
    return "ITEM"


def _marked(links: Links, name: Callable[[Span], str | None]) -> str:
    """The message in lower case with marks for what was linked."""
    pieces: list[str] = []
    at = 0
    for span in links.spans:
        if span.start < at:
            continue
        mark = name(span) if span.kind in ("item", "ordinal") else _MARKS.get(span.kind)
        if mark is None:
            continue
        pieces += [links.text[at : span.start].lower(), f" {mark} "]
        at = span.end
    pieces.append(links.text[at:].lower())
    text = re.sub(r"\s+([,.?!;:])", r"\1", " ".join("".join(pieces).replace("’", "'").split()))
    return text[:LONGEST]


def _said(call: ToolCall) -> str:
    """A call as the model would have written it, without marks."""
    word = next((word for word, tool in TOOLS.items() if tool == call.tool), "none")
    kind = call.arguments.get("kind", "any") if word == "rules" else ""
    return f"{word} {kind}".strip()


def _grammar(marks: tuple[str, ...], *, again: bool) -> str:
    """Return the grammar over these marks; what needs a mark is left out where there is none."""
    one = " | ".join(f'" {mark}"' for mark in marks)
    calls = ['" search"', '" profile"', '" none" talk', '" rules" kind', '" score"']
    rules = [
        f"talk: {_either(TALK)}",
        f"kind: {_either(KINDS)}",
    ]
    if marks:
        calls += [
            '" score" one+',
            '" score" one* " not" one+',
            '" rules" kind one+',
            '" rules" kind one+ " with" one',
            '" explain" one',
            '" explain" one " without" one+',
            '" details" one+',
            '" rate" verdict one+',
        ]
        rules += [f"verdict: {_either(VERDICTS)}", f"one: {one}"]
    if again:
        calls += ['" again search"', '" again score"', '" again rules"', '" again rules" kind']
        if marks:
            calls += ['" again score" one+', '" again score" " not" one+', '" again rules" one+']
    start = 'start: call (";" call (";" call)?)?'
    return "\n".join([start, f"call: {' | '.join(calls)}", *rules])


def _either(words: Sequence[str]) -> str:
    return " | ".join(f'" {word}"' for word in words)


def _calls(wish: list[str], given: Sheet, lexicon: Lexicon) -> Iterator[ToolCall]:
    """Yield the calls of one wish; details of two titles are two calls."""
    again = wish[0] == "again"
    word, *rest = wish[1:] if again else wish
    before = given.focus.call
    changed = follow(given.links, given.focus, lexicon) if again and before is not None else None
    match word:
        case "search" | "score":
            yield _wish(word, rest, given, lexicon, changed or (before if again else None))
        case "rules":
            leaning = None if again else _leaning(rest, given, lexicon)
            yield _rules(rest, given, changed or leaning or (before if again else None))
        case "explain":
            item, without = given.refs[rest[0]], [given.refs[mark] for mark in rest[2:]]
            left = [one for one in dict.fromkeys(without) if one != item]
            item, left = (item, left) if left else supposed(item, given.links, given.focus)
            yield _call(word, {"item": item} | ({"without": left} if left else {}))
        case "details":
            for mark in rest:
                yield _call(word, {"item": given.refs[mark]})
        case "rate":
            for mark in rest[1:]:
                yield _call(word, {"item": given.refs[mark], "verdict": rest[0]})
        case "profile":
            yield _call(word, {})


_LEANS: Final = re.compile(
    r"^\W*(?:and|but|or|so|just|only|what about|how about|same|also|then)\b"
    r"|\b(?:it|they|them|those|these|tho|though|instead|doubt that|that (?:holds?|true|too|also))\b"
)
"""Words by which a question leans on the one before."""


def _leaning(rest: Sequence[str], given: Sheet, lexicon: Lexicon) -> ToolCall | None:
    """The question before, as this one changes it: it names no subject of its own and says "it" or "just on Fridays"."""
    before = given.focus.call
    subjects: tuple[Kind, ...] = ("item", "category", "ordinal")
    if (
        before is None
        or before.tool != TOOLS["rules"]
        or any(given.links.of(kind) for kind in subjects)
        or any(word in given.refs for word in rest)
        or not _LEANS.search(given.links.plain)
    ):
        return None
    return follow(given.links, given.focus, lexicon) or before


def _call(word: str, arguments: dict[str, Any]) -> ToolCall:
    return ToolCall(tool=TOOLS[word], arguments=arguments, by="model")


def _wish(word: str, rest: list[str], given: Sheet, lexicon: Lexicon, before: ToolCall | None) -> ToolCall:
    """A search, or a wish for this person, new or as a change of the one before."""
    cut = rest.index("not") if "not" in rest else len(rest)
    liked = [given.refs[mark] for mark in rest[:cut]]
    disliked = [given.refs[mark] for mark in rest[cut + 1 :]]
    if before is not None and before.tool in (TOOLS["search"], TOOLS["score"]):
        arguments = dict(before.arguments)
        kept = [one for one in arguments.pop("liked", None) or [] if one not in disliked]
        asked = given.focus.call.arguments if given.focus.call is not None else {}
        taken_back = set(asked.get("liked") or ()) & set(disliked)
        refused = [
            *(arguments.pop("disliked", None) or []),
            *(one for one in disliked if one not in taken_back),
        ]
        lists = {"liked": [*kept, *liked], "disliked": refused}
        arguments |= {name: list(dict.fromkeys(items)) for name, items in lists.items() if items}
        if word == "score":
            arguments.pop("query", None)
            arguments |= make.time_and_place(given.links)
        return _call(word, arguments)
    if word == "search":
        return make.search(given.links, lexicon).model_copy(update={"by": "model"})
    said = make.opinions(given.links, given.focus).get("dislike", ())
    disliked += [
        item for item in said if item not in (*liked, *disliked)
    ]  # what is plainly disliked is not lost
    if not liked and not disliked:
        liked, disliked = (list(given.focus.told.get(verdict, ())) for verdict in ("like", "dislike"))
    lists = {"liked": liked, "disliked": disliked}
    arguments = {name: list(dict.fromkeys(items)) for name, items in lists.items() if items}
    shown = given.focus.lists[0] if given.focus.lists else ()
    arguments |= make.category_arguments(given.links) | make.year_arguments(given.links, lexicon, shown)
    slice_ = make.slice_of_wish(given.links, given.focus)
    return _call(word, arguments | slice_ | make.count_arguments(given.links))


def _rules(rest: list[str], given: Sheet, before: ToolCall | None) -> ToolCall:
    """A question about behaviour, new or as a change of the one before."""
    kind = cast(RuleKind | None, rest[0] if rest and rest[0] in KINDS else None)
    marks = rest[1:] if kind else rest
    cut = marks.index("with") if "with" in marks else len(marks)
    items = list(dict.fromkeys(given.refs[mark] for mark in marks[:cut]))
    other = [given.refs[mark] for mark in marks[cut + 1 :]]
    if kind == "next" and len(items) == len(other) == 1 and items != other:
        first, second = in_time(given.links, (*items, *other))
        items, other = [first], [second]
    named: dict[str, Any] = {"item": items[0] if len(items) == 1 else items} if items else {}
    if kind == "next" and len(items) == 1 and not other and leads_to(given.links):
        named = {"with_item": items[0]}
    if other:
        named["with_item"] = other[-1]
    if before is not None and before.tool == TOOLS["rules"]:
        arguments = dict(before.arguments) | named
        if kind not in (None, "any"):
            arguments["kind"] = kind
        return _call("rules", arguments)
    read = make.rules(given.links, given.focus, kind).arguments
    if "with_item" in read and not marks[cut + 1 :] and kind in (None, "together", "next", "any"):
        return _call("rules", dict(read) | ({"kind": kind} if kind not in (None, "any") else {}))
    if other and kind != "next" and in_one_basket(given.links) and read.get("item") == [*items, *other]:
        named = {"item": read["item"]}
    pointed = given.links.of("item", negated=False) or IT_WORDS.search(given.links.plain)
    if not named and read.get("item") and pointed:
        named = {"item": read["item"]}  # a question that names a thing, or says "with them", is about it
    kept = {name: value for name, value in read.items() if name not in ("item", "with_item")}
    return _call("rules", named | kept)
