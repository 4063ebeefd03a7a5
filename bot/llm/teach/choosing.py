"""Examples of choosing a tool: a message that a template made, linked by the product's own code, and the line to write.

Knows templates, worlds and the short language. A title that the linker does not find in the message cannot be asked
for in marks: such a message is left out, so that the model learns from links as they are, slips included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from random import Random

from bot.dialogue.planner import plan
from bot.dialogue.shorthand import IT, NEW, SHOWN, Sheet, calls_of, sheet_of
from bot.dialogue.turn import Answer, Asker, Conversation, ItemRef, ToolCall, Turn
from bot.llm.teach.templates import Filled, Template, fill, read
from bot.llm.teach.worlds import ORDINALS, World

NOBODY = Asker()
FILES = ("choose.txt", "choose_wider.txt", "choose_voices.txt", "choose_rules.txt")
TEXT_ALONE = 0.5
"""Share of turns before of which only the text is known, as a client keeps it."""
PROPOSED = 0.75
"""Share of examples that show what the planner made of the message; without, the model learns to choose alone."""
_MARKS = (*NEW, *SHOWN)
_SLOTS = ("a", "b", "c", "p", "r")
_SHOWN_BY = {"score", "search", "rules together", "rules next"}


@dataclass(frozen=True, slots=True)
class Example:
    """One thing to learn."""

    prompt: str
    target: str
    template: str
    """Id of its template."""
    world: str = ""
    message: str = ""
    conversation: Conversation | None = None
    proposed: bool = False
    """Whether the prompt shows what the planner made of the message."""


def templates() -> tuple[Template, ...]:
    """All templates of messages."""
    folder = files("bot.llm.teach")
    return tuple(one for name in FILES for one in read(folder.joinpath(name).read_text(encoding="utf-8")))


def examples(worlds: Sequence[World], seed: int, *, held_out: bool) -> Iterator[Example]:
    """Yield examples without end, each template about as often as any other, each world in turn.

    Args:
        worlds: Catalogues; one that is named more than once serves more often.
        seed: The same seed gives the same examples.
        held_out: Take the validation templates in place of the others.
    """
    rng = Random(seed)  # noqa: S311 - for variety, not for secrets
    chosen = [one for one in templates() if one.held_out == held_out]
    plain = [one for one in chosen if not one.after]
    seen: set[tuple[str, str]] = set()
    while True:
        rng.shuffle(chosen)
        for template in chosen:
            fitting = [one for one in worlds if template.fits(proper=one.lexicon.proper)]
            if not fitting:
                continue
            world = rng.choice(fitting)
            made = _example(template, world, plain, rng)
            if made is not None and (made.prompt, made.target) not in seen:
                seen.add((made.prompt, made.target))
                yield made


def _example(template: Template, world: World, plain: Sequence[Template], rng: Random) -> Example | None:
    conversation = Conversation(id="c", catalog=world.name)
    given: dict[str, str] = {}
    if template.after or rng.random() < 0.22:
        turn = _turn(template.after or "any", world, plain, rng)
        if turn is None:
            return None
        conversation = conversation.model_copy(update={"turns": (turn,)})
        given = _pointed(turn, template.text, rng)
        if not given and ("{p}" in template.text or "{second}" in template.text):
            return None
    filled = fill(template.text, world, rng, given)
    links = world.lexicon.link(filled.text)
    proposed = rng.random() < PROPOSED
    planned = plan(filled.text, links, conversation, NOBODY, world.lexicon) if proposed else None
    page = sheet_of(links, conversation, NOBODY, world.lexicon, planned)
    target = _target(template.target, filled, page)
    if target is None:
        return None
    return Example(page.prompt, f" {target}", template.id, world.name, filled.text, conversation, proposed)


def _pointed(turn: Turn, text: str, rng: Random) -> dict[str, str]:
    """Values for the slots that point at what a turn showed; none where it showed too little."""
    shown = turn.answer.items
    if not shown or ("{r}" in text and len(shown) < 2):
        return {}
    first = rng.randrange(min(len(shown), len(ORDINALS)))
    ordinal = (
        ORDINALS[-1][0::2]
        if first == len(shown) - 1 and len(shown) > 1 and rng.random() < 0.5
        else ORDINALS[first]
    )
    if first == 4:
        ordinal = ORDINALS[4]
    other = (first + 1) % len(shown)
    return {
        "second": rng.choice(ordinal),
        "p": shown[first].title.partition(" (")[0],
        "r": shown[other].title.partition(" (")[0],
    }


def _turn(after: str, world: World, plain: Sequence[Template], rng: Random) -> Turn | None:
    """A turn that called the tool, with what it showed; sometimes its text alone, as a client keeps it."""
    some = ("score", "score", "score", "search", "search", "rules", "rules", "details", "none", "rate")
    wanted = rng.choice(some) if after == "any" else after
    base = [
        one
        for one in plain
        if one.target.split()[0] == wanted and ";" not in one.target and one.fits(proper=world.lexicon.proper)
    ]
    template = rng.choice(base)
    filled = fill(template.text, world, rng, {})
    empty = Conversation(id="c", catalog=world.name)
    page = sheet_of(world.lexicon.link(filled.text), empty, NOBODY, world.lexicon)
    target = _target(template.target, filled, page)
    if target is None:
        return None
    calls, _ = calls_of(target, page, world.lexicon)
    if not calls:
        return Turn(message=filled.text, answer=Answer(answer="Hello! What are you after?"))
    shown = _shown(calls[0], target, world, rng)
    if rng.random() < TEXT_ALONE:
        titles = [world.lexicon.titles[item] for item in shown]
        text = f"I would start with {', then '.join(titles[:3])}." if titles else "Here is what the data say."
        linked = [item for item in world.lexicon.link(text).values("item") if item in world.lexicon.titles]
        items = tuple(ItemRef(id=item, title=world.lexicon.titles[item], score=0.0) for item in linked)
        return Turn(message=filled.text, answer=Answer(answer=text, items=items))
    items = tuple(ItemRef(id=item, title=world.lexicon.titles[item], score=1.0) for item in shown)
    return Turn(message=filled.text, answer=Answer(answer="...", items=items, tool_calls=calls))


def _shown(call: ToolCall, target: str, world: World, rng: Random) -> list[str]:
    item = call.arguments.get("item")
    if call.tool in ("explain_item", "item_details", "rate_item"):
        return [item] if isinstance(item, str) else []
    if " ".join(target.split()[:2]) in _SHOWN_BY or target.split()[0] in _SHOWN_BY:
        by_title = {title: item for item, title in world.lexicon.titles.items()}
        spoken = {title.partition(" (")[0]: item for title, item in by_title.items()}
        found = [spoken.get(title, "") for title in rng.sample(world.titles, 12)]
        return list(dict.fromkeys(item for item in found if item))[:5]
    return []


def _target(target: str, filled: Filled, page: Sheet) -> str | None:
    """The line to write with marks for slots; None where a slot that it needs was not linked."""
    where: dict[str, str] = {}
    for name in ("a", "b", "c", "p", "r", "second"):
        if name in filled.slots:
            mark = _mark_at(page, *filled.slots[name])
            if mark is not None:
                where.setdefault("p" if name == "second" else name, mark)
    wishes: list[str] = []
    for wish in target.split("; "):
        words: list[str] = []
        for word in wish.split():
            if word in _SLOTS:
                if word not in where:
                    return None
                if where[word]:
                    words.append(where[word])
            elif word == IT:
                if IT not in page.refs:
                    return None
                words.append(word)
            else:
                words.append(word)
        wishes.append(" ".join(words))
    line = "; ".join(dict.fromkeys(wishes))
    return line if _whole(line) and all(_follows(wish.split(), page) for wish in wishes) else None


def _follows(words: list[str], page: Sheet) -> bool:
    """Whether a change of the call before has such a call to change: text alone may not show it."""
    if words[0] != "again":
        return True
    before = page.focus.call.tool if page.focus.call is not None else None
    return before == "lookup_rules" if words[1] == "rules" else before in ("search_items", "score_items")


def _mark_at(page: Sheet, start: int, end: int) -> str | None:
    """The mark of the title that was linked at some characters; "" where a category stands there."""
    for span in page.links.spans:
        if span.start < end and start < span.end:
            if span.kind == "category":
                return ""
            item = page.focus.nth(int(span.value)) if span.kind == "ordinal" else str(span.value)
            if span.kind in ("item", "ordinal"):
                return next((mark for mark, ref in page.refs.items() if ref == item and mark in _MARKS), None)
    return None


def _whole(line: str) -> bool:
    """Whether a line still says what it needs once categories have taken the place of titles."""
    for wish in line.split("; "):
        words = wish.split()
        marks = [word for word in words if word in _MARKS or word == IT]
        if words[0] in ("explain", "details", "rate") and not marks:
            return False
        if words[-1] in ("with", "without", "not") or words[:2] == ["explain", "without"]:
            return False
        if "with" in words and words[words.index("with") - 1] not in (*_MARKS, IT):
            return False
    return True
