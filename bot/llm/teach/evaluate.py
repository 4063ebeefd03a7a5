"""How well tools are chosen: by the model alone, by it with the code around it, by the planner, and by each mix of both.

Knows cases and scores. A case is a message with its conversation and the calls that it asks for; where cases come from
(validation templates, messages that a person wrote) is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from bot.dialogue.lexicon import Lexicon
from bot.dialogue.planner import plan
from bot.dialogue.shorthand import calls_of, sheet_of
from bot.dialogue.turn import Asker, Conversation, ToolCall
from bot.llm.base import TaughtModel
from bot.llm.teach.choosing import Example

NOBODY = Asker()


@dataclass(frozen=True, slots=True)
class Case:
    """A message and what it asks for."""

    message: str
    conversation: Conversation
    lexicon: Lexicon
    tools: tuple[str, ...]
    """None for no tool."""
    arguments: tuple[Mapping[str, Any], ...] = ()
    """For each tool, those that must be right; others are not looked at."""
    exact: bool = False
    """Whether no other argument may stand beside them."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What one way of choosing made of a case."""

    calls: tuple[ToolCall, ...]
    seconds: float
    confidence: float = 1.0

    def right_tools(self, case: Case) -> bool:
        """Whether the tools are those that were asked for, in any order."""
        return sorted(call.tool for call in self.calls) == sorted(case.tools)

    def right(self, case: Case) -> bool:
        """Whether tools and arguments are."""
        if not self.right_tools(case):
            return False
        left = list(self.calls)
        for tool, wanted in zip(case.tools, case.arguments or ({},) * len(case.tools), strict=True):
            found = next(
                (call for call in left if call.tool == tool and _holds(call, wanted, exact=case.exact)), None
            )
            if found is None:
                return False
            left.remove(found)
        return True


def _holds(call: ToolCall, wanted: Mapping[str, Any], *, exact: bool) -> bool:
    if exact and set(call.arguments) != set(wanted):
        return False
    return all(_plain(call.arguments.get(name)) == _plain(value) for name, value in wanted.items())


def _plain(value: Any) -> Any:
    """A value as it is compared: one item or a list of it are the same, and order means nothing."""
    if isinstance(value, list | tuple):
        return sorted(map(str, value))
    return [str(value)] if value is not None else []


def case_of(example: Example, lexicon: Lexicon) -> Case:
    """Return an example as a case: its target, turned into calls, is what must come out."""
    conversation = example.conversation or Conversation(id="c", catalog=example.world)
    page = sheet_of(lexicon.link(example.message), conversation, NOBODY, lexicon)
    calls, _ = calls_of(example.target, page, lexicon)
    return Case(
        example.message,
        conversation,
        lexicon,
        tuple(call.tool for call in calls),
        tuple(call.arguments for call in calls),
        exact=True,
        name=example.template,
    )


def by_planner(case: Case) -> Choice:
    """Choose by rules alone."""
    began = perf_counter()
    links = case.lexicon.link(case.message)
    planned = plan(case.message, links, case.conversation, NOBODY, case.lexicon)
    return Choice(planned.calls, perf_counter() - began, planned.confidence)


def by_model(case: Case, model: TaughtModel, *, proposed: bool = False) -> Choice:
    """Choose by the taught model, its arguments filled in by code; shown what the planner proposes, or not."""
    began = perf_counter()
    links = case.lexicon.link(case.message)
    planned = plan(case.message, links, case.conversation, NOBODY, case.lexicon) if proposed else None
    page = sheet_of(links, case.conversation, NOBODY, case.lexicon, planned)
    calls, _ = calls_of(model.decide(page.prompt, page.grammar), page, case.lexicon)
    return Choice(calls, perf_counter() - began)


def share(cases: Sequence[Case], choices: Sequence[Choice]) -> tuple[float, float]:
    """Share of cases with the right tools, and with the right tools and arguments."""
    both = list(zip(cases, choices, strict=True))
    n = max(len(both), 1)
    return (
        sum(choice.right_tools(case) for case, choice in both) / n,
        sum(choice.right(case) for case, choice in both) / n,
    )
