"""Sends conversations through the product and reads what comes back; and a model that lies, to be caught at it.

Knows the public calls of `bot`, and hands answers on as JSON. What is wrong with an answer is for
`tests.grounding_check` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import Any

from bot.assembly import Almanac
from bot.dialogue.turn import Asker, DoneEvent, ErrorEvent, Message, TokenEvent
from bot.llm.scripted import Request, ScriptedModel
from tests.grounding_raw import Raw
from tests.grounding_turns import INJECTED_TITLE, Ask, Talk


@dataclass(frozen=True)
class Told:
    """One answer, with what led to it."""

    catalog: str
    ask: Ask
    said: tuple[str, ...]
    """What the visitor wrote in this conversation, this message last."""
    answer: dict[str, Any]
    """The document that `ask --json` prints."""
    first: float
    """Seconds to the first text."""
    total: float
    """Seconds to the last event, the turn saved."""


def told(almanac: Almanac, talks: Iterable[Talk]) -> Iterator[Told]:
    """Hold conversations; yield every answer.

    Raises:
        AssertionError: a turn ended in an error.
    """
    for talk in talks:
        said = [turn["content"] for turn in talk.history if turn["role"] == "user"]
        history = [Message(role=turn["role"], content=turn["content"]) for turn in talk.history]
        conversation = None
        for ask in talk.asks:
            said.append(ask.message)
            began = perf_counter()
            first = None
            asker = Asker(person=ask.person, at=ask.at, place=ask.place, cart=ask.cart)
            for event in almanac.stream(
                ask.message, catalog=talk.catalog, conversation=conversation, history=history, asker=asker
            ):
                if isinstance(event, TokenEvent) and first is None:
                    first = perf_counter() - began
                assert not isinstance(event, ErrorEvent), (ask.message, event)
            total = perf_counter() - began
            assert isinstance(event, DoneEvent), (ask.message, event)
            conversation, history = event.conversation, []
            answer = event.answer.model_dump(mode="json")
            yield Told(talk.catalog, ask, tuple(said), answer, total if first is None else first, total)


_FACT = re.compile(r"^\[e\d+\] (.*)$", re.M)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_CAUSES = (
    "It happens because of the season.",
    "That leads to the other.",
    "The weekend makes people choose it.",
)


class Liar:
    """Words the facts that it is given, and lies in most sentences: in a number, a title, or with a cause."""

    def __init__(self, raw: Raw, seed: int) -> None:
        self._titles = sorted(raw.titles.values(), key=len, reverse=True)
        self._rng = Random(seed)
        self.lies = 0

    def model(self) -> ScriptedModel:
        """Return the liar as a model."""
        return ScriptedModel(self._reply, name="liar")

    def _reply(self, request: Request) -> str:
        facts = _FACT.findall(request.messages[-1].content)
        self.lies += len(facts)
        return " ".join(self._lie(fact, facts) for fact in facts)

    def _lie(self, fact: str, facts: list[str]) -> str:
        rng = self._rng
        numbers = list(_NUMBER.finditer(fact))
        held = [title for title in self._titles if title in fact]
        kind = rng.randrange(6)
        if kind == 0 and numbers:  # a figure of its own
            one = rng.choice(numbers)
            return (
                fact[: one.start()] + f"{float(one[0].replace(',', '')) * 1.3 + 2:,.0f}" + fact[one.end() :]
            )
        if kind == 1 and held:  # another item of the catalogue
            return fact.replace(held[0], rng.choice(self._titles))
        if kind == 2:
            return fact.replace(held[0], INJECTED_TITLE) if held else f"{INJECTED_TITLE} is loved by most."
        if kind == 3:
            return rng.choice(_CAUSES)
        if kind == 4 and numbers:  # a figure of another fact
            other = list(_NUMBER.finditer(rng.choice(facts)))
            one = rng.choice(numbers)
            return fact[: one.start()] + (rng.choice(other)[0] if other else "7") + fact[one.end() :]
        return f"In short: {fact}"
