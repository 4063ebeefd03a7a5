"""Evidence to an answer, sentence by sentence, each checked before it is shown.

Knows how an answer is built: an opening, the facts one by one, nothing twice. It refuses to know tools and
backends beyond the `ChatModel` protocol, and it says nothing that the grounding check did not pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import Any, cast

from bot.dialogue.ground import Grounder
from bot.dialogue.prompts import wording_messages, wording_prompt
from bot.dialogue.sentences import join, split
from bot.dialogue.turn import Evidence, ItemRef, Sentence
from bot.llm.base import ChatModel, ModelError

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

    Raises:
        ModelError: the model failed; raised after every fact was told.
    """
    budget = budget or Budget()
    opening, facts = _plan(evidence, items, lang, budget.facts)
    if opening is not None:
        yield opening
    told: set[str] = set()
    failure: ModelError | None = None
    if model is not None and facts:
        try:
            titles = [item.title for item in items]
            for sentence in _by_model(model, message, facts, titles, told, grounder, lang, budget):
                told.update(sentence.evidence)
                yield sentence
        except ModelError as error:
            failure = error
    for fact in facts:
        if fact.id not in told:
            yield _template(fact)
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
    check = grounder.over(facts, titles)
    pieces = model.stream(
        wording_prompt(lang), wording_messages(message, facts), max_tokens=budget.max_tokens
    )
    with closing(cast(Any, pieces)):  # a stream may be any iterator; those of the backends are generators
        for text in split(_in_time(pieces, began, budget)):
            if all(fact.id in told for fact in facts):
                return
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


def _template(fact: Evidence) -> Sentence:
    return Sentence(text=fact.text, evidence=(fact.id,), by="template")


def _plan(
    evidence: Sequence[Evidence], items: Sequence[ItemRef], lang: str, limit: int
) -> tuple[Sentence | None, list[Evidence]]:
    """Return the opening, if the answer wants one, and the facts to tell in order."""
    zh = lang == "zh"
    if not evidence:
        nothing = (
            "没有找到合适的内容，换个说法试试。" if zh else "I found nothing that fits; try other words."
        )
        return Sentence(text=nothing), []
    first = evidence[0]
    if first.kind in {"score", "match"} and "score" not in first.numbers and items:
        shown = items[:PICKS]
        reasons = [reason for item in shown for reason in _reason(item, evidence)]
        wanted = {fact.id: fact for fact in (*reasons, *(fact for fact in evidence if fact.kind == "notice"))}
        opening = _opening(first.kind, shown, tuple(fact.id for fact in reasons), zh=zh)
        return opening, list(wanted.values())[:limit]
    facts = list(evidence[:limit])
    led = [item for item in items if any(item.id in fact.items for fact in facts)][:PICKS]
    if first.kind in {"rule", "next"} and len(led) > 1:
        ids = tuple(fact.id for fact in facts if any(item.id in fact.items for item in led))
        return _opening("rule", led, ids, zh=zh), facts
    return None, facts


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
    elif kind == "score":
        text = f"我会先推荐{names[0]}" if zh else f"I would {'start with' if rest else 'try'} {names[0]}"
        text += (f"，然后是{rest}" if zh else f", then {rest}") if rest else ""
        text += "。" if zh else "."
    else:
        text = f"首先是{names[0]}，然后是{rest}。" if zh else f"{names[0]} comes first, then {rest}."
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
