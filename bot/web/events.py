"""Turns on their way out: a blocking iterator of events becomes an asynchronous one, and events become SSE.

Knows threads and the wire format. It refuses to know HTTP routes or what any event means. A turn runs in one
worker thread from start to end, so the event loop never waits for a model; whoever stops listening stops the
turn at its next event.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event as Flag
from threading import Lock
from typing import TypeVar

from bot.dialogue.turn import Event

_END = object()
Item = TypeVar("Item")


class Busy(Exception):
    """As many turns wait as may wait; come again later."""


class Turns:
    """Worker threads for turns, and how many may run and wait.

    Args:
        at_once: Turns that run at the same time.
        waiting: Turns that may wait beyond those.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._executor = ThreadPoolExecutor(at_once, thread_name_prefix="turn")
        self._limit = at_once + waiting
        self._lock = Lock()
        self._open: set[Flag] = set()

    @property
    def open(self) -> int:
        """How many turns run or wait now."""
        return len(self._open)

    def close(self) -> None:
        """Stop every turn at its next event and wait for the workers."""
        with self._lock:
            for stop in self._open:
                stop.set()
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def run(self, start: Callable[[], Iterator[Event]]) -> AsyncGenerator[Event]:
        """Yield the events of `start()` as they come; closing this iterator stops the turn.

        Args:
            start: Begins the turn; called, and iterated, in a worker thread.

        Raises:
            Busy: too many turns run and wait already.
            Exception: whatever the turn raises, here where it can be answered.
        """
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[object] = asyncio.Queue()
        stop = Flag()
        with self._lock:
            if len(self._open) >= self._limit:
                raise Busy("too many people are asking just now; please try again in a moment")
            self._open.add(stop)

        def put(value: object) -> None:
            with suppress(RuntimeError):  # the loop has ended: nobody listens any more
                loop.call_soon_threadsafe(queue.put_nowait, value)

        future = self._executor.submit(_work, start, stop, put)
        future.add_done_callback(lambda _: self._open.discard(stop))
        try:
            while (value := await queue.get()) is not _END:
                if isinstance(value, BaseException):
                    raise value
                yield value  # type: ignore[misc]  # the queue holds events, an error or the end
        finally:
            stop.set()
            future.cancel()


def _work(start: Callable[[], Iterator[Event]], stop: Flag, put: Callable[[object], None]) -> None:
    """Run one turn in this thread; every outcome, an error too, goes through `put`."""
    try:
        if not stop.is_set():
            events = start()
            try:
                for event in events:
                    if stop.is_set():
                        break
                    put(event)
            finally:
                close = getattr(events, "close", None)
                if close is not None:
                    close()
    except Exception as error:  # noqa: BLE001 - it is raised again where the events are read
        put(error)
    finally:
        put(_END)


async def with_keepalive(events: AsyncIterator[Item], seconds: float) -> AsyncGenerator[Item | None]:
    """Yield the items, and None whenever `seconds` pass without one."""
    pending: asyncio.Future[Item] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({pending}, timeout=seconds)
            if not done:
                yield None
                continue
            try:
                event = pending.result()
            except StopAsyncIteration:
                return
            finally:
                pending = None
            yield event
    finally:
        if pending is not None:
            pending.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await pending


def encode(event: Event | None, number: int | None = None) -> bytes:
    """Return one server-sent event; None becomes a comment that keeps the connection open.

    The name is the event's type, the data its JSON on one line (NaN, which JSON lacks, becomes null), and the id its
    number in the turn, where the turn can be read again.
    """
    if event is None:
        return b": still here\n\n"
    mark = "" if number is None else f"id: {number}\n"
    return f"{mark}event: {event.type}\ndata: {event.model_dump_json()}\n\n".encode()
