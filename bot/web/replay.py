"""Turns that can be read again: a client that lost its connection takes up where it stopped.

Knows keys, positions and how long an ended turn is kept. It refuses to know HTTP and what an event means. A client
names its turn by a key of its own; the same key from the same caller is the same turn, so that a message sent twice
is answered once. A recorded turn runs to its end though nobody listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from bot.dialogue.turn import Event
from bot.web.problems import Problem

_MOST = 2_000
"""Recordings kept at once; beyond them the oldest that has ended goes."""


class Recording:
    """The events of one turn, as they come in, for any number of readers.

    Args:
        message: What was asked: the same key with another message is a mistake of the client.
    """

    def __init__(self, message: str) -> None:
        self.message = message
        self.events: list[Event] = []
        self.ended = False
        self.task: asyncio.Task[None] | None = None
        self._error: Exception | None = None
        self._changed = asyncio.Event()

    async def record(self, events: AsyncGenerator[Event]) -> None:
        """Take events in until they end; an error is kept for the readers."""
        try:
            async with aclosing(events):
                async for event in events:
                    self.events.append(event)
                    self._wake()
        except Exception as error:  # noqa: BLE001 - raised again in every reader
            self._error = error
        finally:
            self.ended = True
            self._wake()

    @property
    def failed(self) -> bool:
        """True where the turn was refused before its first event: the key is free for another try."""
        return self._error is not None and not self.events

    async def follow(self, after: int = 0) -> AsyncGenerator[tuple[int, Event]]:
        """Yield number (from 1) and event, beginning after number `after`, until the turn ends.

        Raises:
            Exception: whatever ended the turn.
        """
        position = after
        while True:
            while position < len(self.events):
                position += 1
                yield position, self.events[position - 1]
            if self.ended:
                if self._error is not None:
                    raise self._error
                return
            await self._changed.wait()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Replays:
    """The recordings that are kept, by caller and key.

    Args:
        seconds: How long a turn is kept after its end.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[tuple[str, str], Recording] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def take(
        self, owner: str, key: str, message: str, start: Callable[[], AsyncGenerator[Event]]
    ) -> Recording:
        """Return the turn of that key, begun now by `start` where it is new.

        Raises:
            Problem: 409, the key stands for another message.
        """
        known = self._kept.get((owner, key))
        if known is not None:
            if known.message != message:
                raise Problem(409, "turn-taken", f"turn {key!r} asked something else: take a new key")
            return known
        self._make_room()
        recording = self._kept[owner, key] = Recording(message)
        task = recording.task = asyncio.create_task(self._run(owner, key, recording, start()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return recording

    def stop(self, owner: str, key: str) -> None:
        """End the turn of that key where one runs: what it did not say yet stays unsaid, and nothing of it is saved."""
        recording = self._kept.get((owner, key))
        if recording is not None and not recording.ended and recording.task is not None:
            del self._kept[owner, key]
            recording.task.cancel()

    async def _run(self, owner: str, key: str, recording: Recording, events: AsyncGenerator[Event]) -> None:
        await recording.record(events)
        seconds = 0.0 if recording.failed else self._seconds
        asyncio.get_running_loop().call_later(seconds, self._forget, owner, key, recording)

    def _forget(self, owner: str, key: str, recording: Recording) -> None:
        if self._kept.get((owner, key)) is recording:
            del self._kept[owner, key]

    def _make_room(self) -> None:
        if len(self._kept) >= _MOST:
            oldest = next((name for name, one in self._kept.items() if one.ended), None)
            if oldest is not None:
                del self._kept[oldest]

    async def close(self) -> None:
        """Stop every recording."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
