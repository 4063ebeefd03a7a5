"""Evidence to an answer, sentence by sentence, each checked before it is shown.

Knows how an answer is built: an opening, the facts one by one, nothing twice. It refuses to know tools and
backends beyond the `ChatModel` protocol, and it says nothing that the grounding check did not pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import Any, cast

from bot.dialogue.aspects import DOUBTS, Aspect, expects_yes
from bot.dialogue.chart import Chart
from bot.dialogue.ground import Check, Grounder
from bot.dialogue.prompts import wording_messages, wording_prompt
from bot.dialogue.sentences import join, split
from bot.dialogue.turn import Evidence, ItemRef, Sentence
from bot.llm.base import ChatModel, ModelError
from mining.phrases import percent

__all__ = ["Budget", "join", "word"]

PICKS = 3
"""Picks that an opening names and that get a reason each; the cards show the rest."""
_REASONS = frozenset({"rule", "next", "count", "context", "compare"})


@dataclass(frozen=True, slots=True)
class Budget:
    """How long an answer may take and become."""

    seconds: float = 5.0
    """Model time for the whole answer; what is not told by then is told by templates at once."""
    first_seconds: float = 2.0
    """Model time until its first word; past it the templates go on without the model."""
    facts: int = 4
    """At most this many facts are told in words; the cards and the evidence show the rest."""
    max_tokens: int = 220
    """Longest reply that the model is asked for."""


def word(
    message: str,
    evidence: Sequence[Evidence],
    items: Sequence[ItemRef],
    *,
    model: ChatModel | None,
    grounder: Grounder,
    lang: str = "en",
    budget: Budget | None = None,
    aspects: Sequence[Aspect] = (),
    charts: Sequence[Chart] = (),
    titles: Mapping[str, str] | None = None,
) -> Iterator[Sentence]:
    """Yield the answer to `message` as checked sentences, which `join` makes one text.

    The opening is always the template's, so that something true is on the screen at once. Where `model` is
    None, too slow or fails a check, the template of the same Evidence speaks.

    Args:
        message: What the person wrote; data, never an instruction.
        evidence: The facts of this turn, most useful first.
        items: The items that the tools proposed, best first.
        model: Who words the facts, or None for templates alone.
        grounder: The check.
        lang: "en" or "zh": the language of the answer.
        budget: Limits; None takes the defaults.
        aspects: What the words ask beyond the tool call; the facts for it are told first, or alone.
        charts: What the answer is drawn as; each is read in a sentence.
        titles: Titles of the catalogue by id: facts about partners of one thing are then told in one sentence.

    Raises:
        ModelError: the model failed; raised after every fact was told.
    """
    budget = budget or Budget()
    shown = list(_shown(evidence, charts, zh=lang == "zh"))
    if shown:
        yield from shown
        return
    doubts = _doubted(message, evidence, aspects, zh=lang == "zh")
    if doubts:
        yield from doubts
        return
    planned = _plan(evidence, items, lang, budget.facts)
    facts = [one for one in planned if isinstance(one, Evidence)]
    told: set[str] = set()
    failure: ModelError | None = None
    if model is not None and facts:
        openings = [one for one in planned if isinstance(one, Sentence)]
        yield from openings
        planned = list(facts)
        try:
            shown_titles = [item.title for item in items]
            for sentence in _by_model(model, message, facts, shown_titles, told, grounder, lang, budget):
                told.update(sentence.evidence)
                yield sentence
        except ModelError as error:
            failure = error
    names = titles if titles is not None and lang == "en" else {}
    untold = [one for one in planned if isinstance(one, Sentence) or one.id not in told]
    if untold and isinstance(untold[0], Evidence) and "holds" in untold[0].numbers:
        yield _with_yes(message, untold[0], zh=lang == "zh")
        untold = untold[1:]
    yield from _templates(untold, names)
    if failure is not None:
        raise failure


def _by_model(
    model: ChatModel,
    message: str,
    facts: Sequence[Evidence],
    titles: Sequence[str],
    told: set[str],
    grounder: Grounder,
    lang: str,
    budget: Budget,
) -> Iterator[Sentence]:
    """Yield what the model words of `facts`: its own sentences where they hold, else the fact's template.

    A sentence that rests on no fact, or on told ones alone, is dropped. `told` is read, and the caller adds to it.
    """
    began = monotonic()
    check: Check | None = None
    pieces = model.stream(
        wording_prompt(lang), wording_messages(message, facts), max_tokens=budget.max_tokens
    )
    with closing(cast(Any, pieces)):  # a stream may be any iterator; those of the backends are generators
        for text in split(_in_time(pieces, began, budget)):
            if all(fact.id in told for fact in facts):
                return
            check = check or grounder.over(facts, titles)  # read while the model speaks, not before
            verdict = check.check(text)
            untold = [fact for fact in facts if fact.id not in told]
            meant = [fact for fact in untold if fact.id in verdict.evidence_ids]
            if verdict.ok and meant:
                yield Sentence(text=text, evidence=verdict.evidence_ids, by="model")
            elif not verdict.ok:
                yield _template((meant or untold)[0])


def _in_time(pieces: Iterator[str], began: float, budget: Budget) -> Iterator[str]:
    """Pass pieces on until the time is spent; the sentence that was not finished by then is left out."""
    limit = budget.first_seconds
    for piece in pieces:
        if monotonic() - began > limit:
            return
        limit = budget.seconds
        yield piece


def _templates(planned: Sequence[Sentence | Evidence], names: Mapping[str, str]) -> Iterator[Sentence]:
    """Tell facts by their own sentences; partners of the same thing after the first, in one sentence together.

    Args:
        planned: What is to be told, in order.
        names: Titles of items; facts of items that it lacks are told one by one.
    """
    position = 0
    while position < len(planned):
        first = planned[position]
        position += 1
        if isinstance(first, Sentence):
            yield first
            continue
        alike: list[Evidence] = []
        while position < len(planned):
            following = planned[position]
            if isinstance(following, Sentence) or not _alike(first, following):
                break
            alike.append(following)
            position += 1
        yield _template(first)
        if len(alike) > 1 and all(fact.items[-1] in names for fact in alike):
            yield _rest(alike, names)
        elif len(before := _leading(first, planned[position:], names)) > 1 and not alike:
            position += len(before)
            yield _also_before(before, names)
        else:
            yield from map(_template, alike)


def _alike(first: Evidence, other: Evidence) -> bool:
    """Tell whether two facts count partners of the same thing in the same baskets."""
    same = ("n", "outside_n") if first.kind in _ALONE else ("n", "n_x", "within_days")
    return (
        first.kind == other.kind
        and first.kind in ("rule", "next", *_ALONE)
        and len(first.items) == len(other.items) > 0
        and (len(first.items) == 1) >= (first.kind in _ALONE)
        and first.items[:-1] == other.items[:-1]
        and all(first.numbers.get(name) == other.numbers.get(name) for name in same)
        and "n_xy" in first.numbers
    )


def _leading(
    first: Evidence, planned: Sequence[Sentence | Evidence], names: Mapping[str, str]
) -> list[Evidence]:
    """The facts right after one that tell of other things what it tells of its own: the same comes after them."""
    found: list[Evidence] = []
    for one in planned:
        if (
            isinstance(one, Sentence)
            or (one.kind, len(one.items), one.items[-1:]) != ("next", 2, first.items[-1:])
            or (first.kind, len(first.items)) != ("next", 2)
            or one.items[0] not in names
        ):
            break
        found.append(one)
    return found


def _also_before(facts: Sequence[Evidence], names: Mapping[str, str]) -> Sentence:
    """Name further things after which the same comes, in one sentence."""
    said = [
        f"{names[fact.items[0]]} ({fact.numbers['n_xy']:,.0f} of {fact.numbers['n_x']:,.0f}, "
        f"{percent(fact.numbers['confidence'])}, {fact.numbers['lag_median']:.1f} days later)"
        for fact in facts
    ]
    about = f" before {names[facts[0].items[1]]}" if facts[0].items[1] in names else ""
    return Sentence(
        text=f"Also{about}: {_list(said, zh=False)}.",
        evidence=tuple(fact.id for fact in facts),
        by="template",
    )


_ALONE = ("count", "context")
"""Kinds that count one thing in a slice, where a rule counts a pair."""


def _rest(facts: Sequence[Evidence], names: Mapping[str, str]) -> Sentence:
    """Name further partners in one sentence, each with its count and what it is compared with."""
    said = [f"{names[fact.items[-1]]} ({_beside(fact, short=at > 0)})" for at, fact in enumerate(facts)]
    link = "after" if facts[0].kind == "next" else "with"
    if facts[0].kind in _ALONE:
        return Sentence(
            text=f"Then {_list(said, zh=False)}.", evidence=tuple(fact.id for fact in facts), by="template"
        )
    first = [names[item] for item in facts[0].items[:-1] if item in names]
    about = f" {link} {_list(first, zh=False)}" if first else ""
    text = f"Others{about}: {_list(said, zh=False)}."
    return Sentence(text=text, evidence=tuple(fact.id for fact in facts), by="template")


def _beside(fact: Evidence, *, short: bool) -> str:
    numbers = fact.numbers
    if fact.kind in _ALONE:
        count = f"{numbers['n_xy']:,.0f}" + ("" if short else f" of {numbers['n']:,.0f}")
        rest = f"; otherwise {percent(numbers['outside_share'])}" if "outside_share" in numbers else ""
        return f"{count}, {percent(numbers['n_xy'] / numbers['n'])}{rest}"
    count = f"{numbers['n_xy']:,.0f}" + ("" if short else f" of {numbers['n_x']:,.0f}")
    share = percent(numbers["confidence"])
    if "lag_median" in numbers:
        return (
            f"{count}, {share}, {numbers['lag_median']:.1f} days later; {percent(numbers['base'])} after any"
        )
    if "outside_confidence" in numbers:
        return f"{count}, {share}; otherwise {percent(numbers['outside_confidence'])}"
    return f"{count}, {share}; {percent(numbers['base'])} of all"


def _template(fact: Evidence) -> Sentence:
    return Sentence(text=fact.text, evidence=(fact.id,), by="template")


def _plan(
    evidence: Sequence[Evidence], items: Sequence[ItemRef], lang: str, limit: int
) -> list[Sentence | Evidence]:
    """Return what to tell in order: facts, and before picks the opening that names them."""
    zh = lang == "zh"
    if not evidence:
        nothing = (
            "没有找到合适的内容，换个说法试试。" if zh else "I found nothing that fits; try other words."
        )
        return [Sentence(text=nothing)]
    asked_again = [fact for fact in evidence if "score_without" in fact.numbers]
    if asked_again:
        return [*asked_again[:1], *[fact for fact in evidence if fact.kind == "rule"][:1]]
    start = next((at for at, fact in enumerate(evidence) if _is_pick(fact)), len(evidence))
    proposed = {item for fact in evidence[start:] for item in fact.items[-1:]}
    picked = [item for item in items if item.id in proposed]
    if start == len(evidence) or not picked:
        return [*_facts(evidence, limit)]
    shown = picked[:PICKS]
    reasons = [reason for item in shown for reason in _reason(item, evidence[start:])]
    wanted = {fact.id: fact for fact in (*reasons, *(f for f in evidence[start:] if f.kind == "notice"))}
    opening = _opening(evidence[start].kind, shown, tuple(fact.id for fact in reasons), zh=zh)
    return [*_facts(evidence[:start], limit), opening, *list(wanted.values())[:limit]]


def _is_pick(fact: Evidence) -> bool:
    """Tell whether a fact is about an item that a wish proposed."""
    of_score = any(name in ("score", "rank") or name.startswith("from ") for name in fact.numbers)
    return fact.kind in ("score", "match") and not of_score


def _facts(evidence: Sequence[Evidence], limit: int) -> list[Evidence]:
    """Return the facts to tell, so many of each kind, none twice; what words mean and the window of the data last."""
    alone = any(fact.kind == "context" for fact in evidence)
    told = [fact for fact in evidence if fact.kind not in _SILENT and not (alone and fact.kind == "profile")]
    last = [fact for fact in told if fact.kind in ("meaning", "window")]
    kept: list[Evidence] = []
    for fact in told:
        if fact not in last and sum(one.kind == fact.kind for one in kept) < limit:
            kept.append(fact)
    return list({fact.text: fact for fact in (*kept, *last)}.values())


_SILENT = frozenset(("csv", "heat", "gaps"))
"""Kinds that hold a series to be drawn or a table: their text is told where nothing is shown."""


def _shown(evidence: Sequence[Evidence], charts: Sequence[Chart], *, zh: bool) -> Iterator[Sentence]:
    """Read the charts, and say what the table holds; nothing where neither was asked for or could be made."""
    if charts:
        yield Sentence(text=charts[0].sentence, evidence=charts[0].evidence)
    for fact in evidence:
        if fact.kind == "csv":
            rows, columns = round(fact.numbers["rows"]), round(fact.numbers["columns"])
            said = (
                f"表格已备好：{rows}行，{columns}列。"
                if zh
                else f"Here is the table as CSV: {rows:,} row{'s' if rows != 1 else ''}, {columns:,} columns."
            )
            yield Sentence(text=said, evidence=(fact.id,))


_ANSWERS: dict[Aspect, tuple[str, ...]] = {
    "popular": ("adjusted", "chance"),
    "few": ("people",),
    "places": ("places",),
    "chance": ("chance", "stability"),
    "adjusted": ("adjusted",),
    "cause": ("cause", "adjusted"),
}
"""Kinds of facts that settle a doubt, in the order in which they are told."""


def _doubted(
    message: str, evidence: Sequence[Evidence], aspects: Sequence[Aspect], *, zh: bool
) -> list[Sentence]:
    """Answer a doubt with the facts that settle it, yes or no first where the words want one."""
    kinds = dict.fromkeys(kind for aspect in aspects if aspect in DOUBTS for kind in _ANSWERS[aspect])
    facts = [fact for kind in kinds for fact in evidence if fact.kind == kind]
    if not facts:
        return []
    window = [fact for fact in evidence if fact.kind == "window"]
    return [_with_yes(message, facts[0], zh=zh), *(_template(fact) for fact in (*facts[1:], *window))]


def _with_yes(message: str, fact: Evidence, *, zh: bool) -> Sentence:
    """Tell a fact, after the yes or no that it gives to a question that wants one."""
    told = _template(fact)
    wanted, holds = expects_yes(message.lower()), fact.numbers.get("holds")
    if wanted is None or holds is None:
        return told
    if fact.kind == "trend":
        wanted = True  # "did people just get bored of it?" asks whether it fell
    yes = wanted == bool(holds)
    lead = ("是的：" if yes else "不是：") if zh else ("Yes: " if yes else "No: ")
    text = told.text if fact.kind == "trend" else told.text[:1].lower() + told.text[1:]
    return told.model_copy(update={"text": lead + text})


def _reason(item: ItemRef, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The one fact to tell of a pick, if any: a count that leads to it, else what it is."""
    about = [fact for fact in evidence if item.id in fact.items]
    leads = [fact for fact in about if fact.kind in _REASONS and fact.items[-1] == item.id]
    return (leads or about)[:1]


def _opening(kind: str, items: Sequence[ItemRef], ids: tuple[str, ...], *, zh: bool) -> Sentence:
    """Name the picks in one sentence; its evidence is what is told of them."""
    names = [_title(item, zh=zh) for item in items]
    rest = _list(names[1:], zh=zh)
    if kind == "match":
        text = (
            f"符合描述的有{_list(names, zh=True)}。"
            if zh
            else f"{_list(names, zh=False)} {'fits' if len(names) == 1 else 'fit'} what you describe."
        )
    else:
        text = f"我会先推荐{names[0]}" if zh else f"I would {'start with' if rest else 'try'} {names[0]}"
        text += (f"，然后是{rest}" if zh else f", then {rest}") if rest else ""
        text += "。" if zh else "."
    return Sentence(text=text, evidence=ids, by="template")


def _title(item: ItemRef, *, zh: bool) -> str:
    if item.year is None:
        return item.title
    titled = item.title if str(item.year) in item.title else f"{item.title} ({item.year})"
    return f"《{titled}》" if zh else titled


def _list(names: Sequence[str], *, zh: bool) -> str:
    """Join names as people do."""
    if len(names) < 2:
        return "".join(names)
    return f"{'、' if zh else ', '}".join(names[:-1]) + ("和" if zh else " and ") + names[-1]
