"""Turns on their way out: a blocking iterator of events becomes an asynchronous one, and events become SSE.

Knows threads and the wire format. It refuses to know HTTP routes or what any event means. A turn runs in one
worker thread from start to end, so the event loop never waits for a model; whoever stops listening stops the
turn at its next event. What came while the loop was busy is handed over and sent together: with many chats the way
of an event to its client costs more than the event.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from threading import Barrier, Lock
from threading import Event as Flag
from typing import TypeVar

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

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
        self._at_once = at_once
        self._executor = self._workers()
        self._closed = False
        self._limit = at_once + waiting
        self._lock = Lock()
        self._open: set[Flag] = set()

    @property
    def open(self) -> int:
        """How many turns run or wait now."""
        return len(self._open)

    def _workers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._at_once, thread_name_prefix="turn")

    def warm(self) -> None:
        """Start every worker now, also after `close`.

        With many at work a new thread takes long to begin, and the loop would wait for it.
        """
        if self._closed:
            self._executor, self._closed = self._workers(), False
        ready = Barrier(self._at_once + 1)
        for _ in range(self._at_once):
            self._executor.submit(ready.wait)
        ready.wait()

    def close(self) -> None:
        """Stop every turn at its next event and wait for the workers."""
        with self._lock:
            self._closed = True
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
        queue = _Handover(asyncio.get_running_loop())
        stop = Flag()
        with self._lock:
            if len(self._open) >= self._limit:
                raise Busy("too many people are asking just now; please try again in a moment")
            self._open.add(stop)

        future = self._executor.submit(_work, start, stop, queue.put, self._open.discard)
        future.add_done_callback(lambda _: self._open.discard(stop))  # where it never began
        try:
            while (value := await queue.get()) is not _END:
                if isinstance(value, BaseException):
                    raise value
                yield value  # type: ignore[misc]  # the queue holds events, an error or the end
        finally:
            stop.set()
            future.cancel()


class _Handover:
    """Values from one thread to one reader on a loop; the loop is woken once for all that wait.

    Args:
        loop: The reader's.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._values: deque[object] = deque()
        self._filled = asyncio.Event()

    def put(self, value: object) -> None:
        """Hand over one value, from the other thread."""
        self._values.append(value)
        if len(self._values) > 1:  # the reader was called for the one before and has not come yet
            return
        with suppress(RuntimeError):  # the loop has ended: nobody listens any more
            self._loop.call_soon_threadsafe(self._filled.set)

    async def get(self) -> object:
        """Take the oldest value, waiting for one."""
        while not self._values:
            self._filled.clear()
            await self._filled.wait()
        return self._values.popleft()


def _work(
    start: Callable[[], Iterator[Event]],
    stop: Flag,
    put: Callable[[object], None],
    leave: Callable[[Flag], None],
) -> None:
    """Run one turn in this thread; every outcome, an error too, goes through `put`, the last when the place is free."""
    last: list[object] = [_END]
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
        last.insert(0, error)
    finally:
        leave(stop)
        for value in last:
            put(value)


async def batches(events: AsyncGenerator[Item], seconds: float) -> AsyncGenerator[list[Item]]:
    """Yield what has come since the last time, together; an empty list whenever `seconds` pass without an item.

    Closing this closes `events`.

    Raises:
        Exception: whatever `events` raises, after the items before it.
    """
    waiting: list[Item] = []
    came = asyncio.Event()

    async def gather() -> None:
        try:
            async with aclosing(events):
                async for event in events:
                    waiting.append(event)
                    came.set()
        finally:
            came.set()

    gathering = asyncio.create_task(gather())
    try:
        while waiting or not gathering.done():
            if not waiting:
                alarm = asyncio.get_running_loop().call_later(seconds, came.set)
                await came.wait()
                alarm.cancel()
            came.clear()
            if waiting or not gathering.done():
                batch, waiting[:] = list(waiting), []
                yield batch
        gathering.result()
    finally:
        gathering.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await gathering


class EventStream(StreamingResponse):
    """A stream of events that ends when the client leaves.

    Starlette's own runs in a group of tasks; here it runs in the request's, and only who listens for the client's
    leaving is a task beside it.
    """

    media_type = "text/event-stream"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream until it ends or the client leaves."""
        del scope  # what is sent does not depend on it
        streaming = asyncio.current_task()
        left = False

        async def listen() -> None:
            nonlocal left
            await self.listen_for_disconnect(receive)
            left = True
            if streaming is not None:
                streaming.cancel()

        listening = asyncio.create_task(listen())
        try:
            await self.stream_response(send)
        except asyncio.CancelledError:
            if not left or streaming is None or streaming.uncancel():
                raise
        finally:
            listening.cancel()


def encode(event: Event | None, number: int | None = None) -> bytes:
    """Return one server-sent event; None becomes a comment that keeps the connection open.

    The name is the event's type, the data its JSON on one line (NaN, which JSON lacks, becomes null), and the id its
    number in the turn, where the turn can be read again.
    """
    if event is None:
        return b": still here\n\n"
    mark = "" if number is None else f"id: {number}\n"
    return f"{mark}event: {event.type}\ndata: {event.model_dump_json()}\n\n".encode()
