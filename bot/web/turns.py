"""One turn as both doors (API and page) run it: in a worker thread, counted, its failures said plainly.

Knows the service, the worker threads and the counters. It refuses to know how events are shown or sent.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from bot.dialogue.turn import Asker, DoneEvent, ErrorEvent, Event, Message, TokenEvent, ToolCallEvent
from bot.service import Service
from bot.web.events import Turns
from bot.web.metrics import Metrics
from bot.web.problems import REFUSALS

log = logging.getLogger(__name__)


class TurnRunner:
    """Runs turns for one door.

    Args:
        service: What answers.
        turns: The worker threads, shared by all doors.
        metrics: Where turns are counted.
        door: The label under which they are counted.
    """

    def __init__(self, service: Service, turns: Turns, metrics: Metrics, door: str) -> None:
        self._service = service
        self._turns = turns
        self._metrics = metrics
        self._door = door

    async def run(
        self,
        message: str,
        *,
        catalog: str | None,
        conversation: str | None,
        history: Sequence[Message],
        asker: Asker,
    ) -> AsyncGenerator[Event]:
        """Yield the events of one turn; the last one is a `DoneEvent` or an `ErrorEvent`.

        Raises:
            Exception: one of REFUSALS: the request or the moment is at fault, and nothing was yielded yet.
        """
        began = time.monotonic()
        outcome = "stopped"
        begun = spoke = False
        events = self._turns.run(
            lambda: self._service.stream(
                message, catalog=catalog, conversation=conversation, history=history, asker=asker
            )
        )
        try:
            async with aclosing(events):
                async for event in events:
                    begun = True
                    if isinstance(event, TokenEvent) and not spoke:
                        spoke = True
                        self._metrics.first_token_seconds.observe(time.monotonic() - began, door=self._door)
                    outcome = self._count(event) or outcome
                    yield event
        except REFUSALS as error:
            outcome = "refused"
            if not begun:
                raise
            yield ErrorEvent(message=str(error))
        except Exception:  # noqa: BLE001 - logged, and told to the visitor
            outcome = "error"
            yield failure(message)
        finally:
            self._metrics.turns.add(door=self._door, outcome=outcome)
            self._metrics.turn_seconds.observe(time.monotonic() - began, door=self._door)

    def _count(self, event: Event) -> str | None:
        """Count one event; return the turn's outcome where it ends the turn."""
        if isinstance(event, ToolCallEvent) and event.seconds is not None:
            self._metrics.tools.add(door=self._door, tool=event.call.tool)
        if isinstance(event, DoneEvent):
            if event.answer.degraded:
                self._metrics.degraded.add(door=self._door)
            return "done"
        return "error" if isinstance(event, ErrorEvent) else None


def failure(message: str) -> ErrorEvent:
    """Log the error that is being handled under a fresh mark and return the sentence for the visitor."""
    mark = secrets.token_hex(4)
    log.exception("turn %s failed (message of %d characters)", mark, len(message))
    return ErrorEvent(
        message=f"Something went wrong on our side. Please try again; the log knows it as {mark}."
    )
