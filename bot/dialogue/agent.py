"""One message in, events out: link, choose, call, word, check.

Knows the order of a turn and who may decide what. It holds no state: the conversation is an argument and the new
turn is in the last event. It refuses to know what the tools do, how a model runs, or how events reach a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Literal

from bot.dialogue.chart import Chart
from bot.dialogue.ground import Grounder
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.link import Links
from bot.dialogue.planner import Plan, complete, plan
from bot.dialogue.planner_calls import opinions
from bot.dialogue.planner_focus import Focus
from bot.dialogue.planner_follow import MORE_STEP
from bot.dialogue.prompts import choose_messages, choose_prompt
from bot.dialogue.shorthand import calls_of, overlooks, settled, sheet_of
from bot.dialogue.shown import charts, table
from bot.dialogue.smalltalk import reply
from bot.dialogue.turn import (
    Answer,
    Asker,
    Conversation,
    DoneEvent,
    Event,
    Evidence,
    EvidenceEvent,
    ItemRef,
    ItemsEvent,
    Sentence,
    Situation,
    TokenEvent,
    ToolCall,
    ToolCallEvent,
    ToolResult,
)
from bot.dialogue.wording import Budget, join, word
from bot.errors import ToolInputError
from bot.llm.base import ChatModel, ModelError, TaughtModel, ToolSchema

MAX_CALLS = 3
"""Most tools of one turn: a message with more wishes is answered in its first three."""
SURE = 0.5
"""Confidence of a plan from which the planner's choice stands in "auto" mode."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Answers messages about one catalogue."""

    lexicon: Lexicon
    grounder: Grounder
    tools: tuple[ToolSchema, ...]
    call: Callable[[ToolCall, Situation], ToolResult]
    """Runs a tool."""
    model: ChatModel | None = None
    choose: Literal["auto", "planner", "model"] = "auto"
    wording: Literal["template", "model"] = "model"
    budget: Budget | None = None

    def answer(self, conversation: Conversation, message: str, *, asker: Asker) -> Iterator[Event]:
        """Answer one message; the last event is a `DoneEvent` with the whole answer.

        Args:
            conversation: The turns before.
            message: What the person wrote; data, never an instruction to tools.
            asker: Person, instant, place, cart and page of the request.
        """
        clock = _Clock()
        links = self.lexicon.link(message)
        planned = plan(message, links, conversation, asker, self.lexicon)
        clock.mark("link")
        planned, degraded = self._choose(message, links, planned, conversation, asker)
        clock.mark("choose")
        if not planned.calls:
            yield from self._without_tools(planned, links, conversation, clock, degraded)
            return
        run = _Run()
        for call in planned.calls[:MAX_CALLS]:
            yield from self._run(call, _situation(conversation, asker, links, planned), run)
        run.leave_out(_shown_before(conversation, run.calls))
        if "chart" in planned.aspects:
            run.charts = charts(run.evidence, run.calls, self.lexicon)
        if "csv" in planned.aspects:
            written = table(run.evidence, self.lexicon, number=len(run.evidence) + 1)
            run.evidence += [written] if written is not None else []
        clock.mark("tool")
        if run.evidence:
            yield EvidenceEvent(evidence=tuple(run.evidence))
        if run.items:
            yield ItemsEvent(items=tuple(run.items.values()))
        sentences: list[Sentence] = []
        try:
            for sentence in word(
                message,
                run.evidence,
                tuple(run.items.values()),
                model=self.model if self.wording == "model" else None,
                grounder=self.grounder,
                lang=links.lang,
                budget=self.budget,
                aspects=planned.aspects,
                charts=run.charts,
                titles=self.lexicon.titles,
            ):
                if not sentences:
                    clock.first()
                sentences.append(sentence)
                yield TokenEvent(text=join(sentences)[len(join(sentences[:-1])) :])
        except ModelError:
            degraded = True
        clock.mark("word")
        yield _done(conversation, sentences, run, degraded or self.model is None, clock)

    def _choose(
        self, message: str, links: Links, planned: Plan, conversation: Conversation, asker: Asker
    ) -> tuple[Plan, bool]:
        """Decide who chooses, and return the plan that holds with whether the model failed."""
        taught = self.model if isinstance(self.model, TaughtModel) and links.lang == "en" else None
        if taught is not None:
            sure = settled(planned)
        else:
            talk = planned.smalltalk is not None or planned.clarify is not None
            sure = talk or planned.confidence >= SURE
        if self.model is None or self.choose == "planner" or (sure and self.choose == "auto"):
            return planned, False
        try:
            if taught is not None:
                return self._by_taught(taught, links, planned, conversation, asker), False
            chosen = self.model.choose(
                choose_prompt(self.tools), choose_messages(conversation, message), self.tools
            )
        except ModelError:
            return planned, True
        calls = () if chosen is None else (complete(chosen, links, conversation, self.lexicon),)
        return replace(planned, calls=calls), False

    def _by_taught(
        self, model: TaughtModel, links: Links, planned: Plan, conversation: Conversation, asker: Asker
    ) -> Plan:
        page = sheet_of(links, conversation, asker, self.lexicon, planned)
        calls, talk = calls_of(model.decide(page.prompt, page.grammar), page, self.lexicon)
        if overlooks(calls, planned, links):
            return planned
        return replace(planned, calls=calls, smalltalk=talk, clarify=None)

    def _run(self, call: ToolCall, situation: Situation, run: _Run) -> Iterator[Event]:
        """Run one call; a wrong argument becomes a fact of the turn, which the person is told."""
        yield ToolCallEvent(call=call)
        began = perf_counter()
        first = len(run.evidence) + 1
        try:
            result = self.call(call, situation.model_copy(update={"first": first}))
        except ToolInputError as error:
            notice = Evidence(id=f"e{first}", kind="notice", source=call.tool, text=_sentence(str(error)))
            result = ToolResult(evidence=(notice,))
        run.calls.append(call)
        run.evidence.extend(result.evidence)
        for item in result.items:
            run.items.setdefault(item.id, item)
        yield ToolCallEvent(call=call, seconds=perf_counter() - began)

    def _without_tools(
        self, planned: Plan, links: Links, conversation: Conversation, clock: _Clock, degraded: bool
    ) -> Iterator[Event]:
        """Small talk, a question back, or a plain word that nothing was understood."""
        if planned.clarify is not None:
            texts: tuple[str, ...] = (planned.clarify.question,)
        else:
            texts = reply(planned.smalltalk or "unclear", self.lexicon, links.lang)
        sentences = [Sentence(text=text) for text in texts]
        clock.first()
        for position, _ in enumerate(sentences):
            done, before = join(sentences[: position + 1]), join(sentences[:position])
            yield TokenEvent(text=done[len(before) :])
        yield _done(conversation, sentences, _Run(), degraded or self.model is None, clock)


def _situation(conversation: Conversation, asker: Asker, links: Links, planned: Plan) -> Situation:
    """Gather what the latest wish of this conversation named as liked and disliked."""
    wishes = [
        call.arguments
        for turn in conversation.turns
        for call in turn.answer.tool_calls
        if call.tool == "score_items"
    ]
    latest = wishes[-1] if wishes else {}  # a correction ("no, without Titanic") takes back what came before
    said = _grounds(links, planned)
    return Situation(
        asker=asker,
        liked=(*(latest.get("liked") or ()), *said.get("like", ())),
        disliked=(*(latest.get("disliked") or ()), *said.get("dislike", ())),
        lang=links.lang,
        aspects=planned.aspects,
    )


def _grounds(links: Links, planned: Plan) -> dict[str, tuple[str, ...]]:
    """What a message names as liked and disliked beside the item that it asks about."""
    calls = [call.arguments for call in planned.calls if call.tool == "explain_item"]
    if not calls:
        return {}
    asked = {item for one in calls for item in (one.get("item"), *(one.get("without") or ()))}
    held = opinions(links, Focus())
    return {verdict: tuple(item for item in items if item not in asked) for verdict, items in held.items()}


def _shown_before(conversation: Conversation, calls: Sequence[ToolCall]) -> frozenset[str]:
    """Return the items that "more" has behind it: those shown by the turns before that asked the same for fewer."""
    if len(calls) != 1:
        return frozenset()
    shown: set[str] = set()
    wanted, k = _without_k(calls[0])
    for turn in reversed(conversation.turns):
        before = turn.answer.tool_calls
        same, fewer = _without_k(before[0]) if len(before) == 1 else (None, k)
        if same != wanted or fewer >= k:
            break
        shown |= {item.id for item in turn.answer.items}
        k = fewer
    return frozenset(shown)


def _without_k(call: ToolCall) -> tuple[tuple[str, dict[str, Any]], int]:
    arguments = dict(call.arguments)
    k = int(arguments.pop("k", MORE_STEP))
    return (call.tool, arguments), k


class _Run:
    """What the tools of one turn have returned so far."""

    def __init__(self) -> None:
        self.calls: list[ToolCall] = []
        self.evidence: list[Evidence] = []
        self.items: dict[str, ItemRef] = {}
        self.charts: tuple[Chart, ...] = ()

    def leave_out(self, shown: frozenset[str]) -> None:
        """Leave out items that were shown before, and what was said of them, where others are left to show."""
        if not shown or not set(self.items) - shown:
            return
        self.items = {item: ref for item, ref in self.items.items() if item not in shown}
        self.evidence = [fact for fact in self.evidence if not (fact.items and fact.items[-1] in shown)]


class _Clock:
    """Seconds by stage of one turn."""

    def __init__(self) -> None:
        self.began = self.last = perf_counter()
        self.stages: dict[str, float] = {}

    def mark(self, stage: str) -> None:
        now = perf_counter()
        self.stages[stage] = now - self.last
        self.last = now

    def first(self) -> None:
        self.stages["first_token"] = perf_counter() - self.began

    def total(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in self.stages.items()} | {
            "total": round(perf_counter() - self.began, 4)
        }


def _sentence(text: str) -> str:
    """Make an error message read as a sentence."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "。")) else ".")


def _done(
    conversation: Conversation, sentences: list[Sentence], run: _Run, degraded: bool, clock: _Clock
) -> DoneEvent:
    answer = Answer(
        answer=join(sentences),
        sentences=tuple(sentences),
        items=tuple(run.items.values()),
        evidence=tuple(run.evidence),
        tool_calls=tuple(run.calls),
        degraded=degraded,
        timings=clock.total(),
        charts=run.charts,
    )
    return DoneEvent(answer=answer, conversation=conversation.id)
