"""Turns in worker threads, events on the wire, and what happens when nobody listens any more."""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time

import httpx
import pytest
import uvicorn

from bot.dialogue.turn import Evidence, EvidenceEvent, TokenEvent
from bot.web.demo import DemoService
from bot.web.events import Busy, EventStream, Turns, batches, encode
from bot.web.metrics import BUCKETS, Counter, Histogram
from bot.web.serve import ServeError, bind, create_app


def tokens(*texts):
    return [TokenEvent(text=text) for text in texts]


def collect(turns, start):
    async def run():
        return [event async for event in turns.run(start)]

    return asyncio.run(run())


def test_events_come_in_order_from_one_thread_that_is_not_the_loops():
    threads = set()

    def start():
        for event in tokens("a", "b", "c"):
            threads.add(threading.current_thread())
            yield event

    turns = Turns(2, 0)
    assert collect(turns, start) == tokens("a", "b", "c")
    assert len(threads) == 1
    assert threading.current_thread() not in threads
    turns.close()


def test_a_slow_turn_does_not_stop_the_loop():
    release = threading.Event()

    def start():
        yield from tokens("first")
        assert release.wait(10)
        yield from tokens("last")

    async def run():
        turns = Turns(1, 0)
        seen = []
        async for event in turns.run(start):
            seen.append(event.text)
            await asyncio.sleep(0.01)  # the loop turns while the worker waits
            release.set()
        turns.close()
        return seen

    assert asyncio.run(run()) == ["first", "last"]


def test_an_error_of_the_turn_is_raised_where_it_is_read():
    def start():
        yield from tokens("a")
        raise ZeroDivisionError

    turns = Turns(1, 0)
    with pytest.raises(ZeroDivisionError):
        collect(turns, start)
    assert collect(turns, lambda: iter(tokens("next"))) == tokens("next"), "the worker lives on"
    turns.close()


def test_who_stops_listening_stops_the_turn():
    closed = threading.Event()

    def start():
        try:
            for number in range(1_000_000):
                time.sleep(0.001)
                yield TokenEvent(text=str(number))
        finally:
            closed.set()

    async def run():
        turns = Turns(1, 0)
        events = turns.run(start)
        await anext(events)
        await events.aclose()
        assert await asyncio.to_thread(closed.wait, 5)
        turns.close()
        assert turns.open == 0

    asyncio.run(run())


def test_a_turn_beyond_the_waiting_ones_is_refused():
    async def run():
        turns = Turns(1, 0)
        release = threading.Event()

        def start():
            assert release.wait(10)
            yield from tokens("a")

        first = asyncio.ensure_future(anext(turns.run(start)))
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="try again"):
            await anext(turns.run(start))
        release.set()
        assert (await first).text == "a"
        turns.close()

    asyncio.run(run())


def test_silence_is_filled_and_nothing_is_lost():
    async def slow():
        yield tokens("a")[0]
        await asyncio.sleep(0.1)
        yield tokens("b")[0]

    async def run():
        return [batch async for batch in batches(slow(), 0.02)]

    seen = asyncio.run(run())
    assert [event for batch in seen for event in batch] == tokens("a", "b")
    assert 2 <= seen.count([]) <= 6


def test_what_comes_together_goes_out_together_and_before_the_error_that_follows():
    async def burst():
        for event in tokens("a", "b", "c"):
            yield event
        await asyncio.sleep(0.01)
        yield tokens("d")[0]
        raise ZeroDivisionError

    async def run():
        several = batches(burst(), 5)
        assert await anext(several) == tokens("a", "b", "c")
        assert await anext(several) == tokens("d")
        with pytest.raises(ZeroDivisionError):
            await anext(several)

    asyncio.run(run())


def test_closing_the_batches_closes_what_they_come_from():
    closed = []

    async def endless():
        try:
            while True:
                yield tokens("a")[0]
                await asyncio.sleep(0.001)
        finally:
            closed.append(True)

    async def run():
        several = batches(endless(), 5)
        await anext(several)
        await several.aclose()
        return list(closed)

    assert asyncio.run(run()) == [True]


def test_many_events_from_a_fast_thread_all_arrive_in_order():
    many = tokens(*map(str, range(5_000)))

    async def run():
        turns = Turns(4, 0)
        heard = await asyncio.gather(*(listen(turns) for _ in range(4)))
        turns.close()
        return heard

    async def listen(turns):
        seen = []
        async for event in turns.run(lambda: iter(many)):
            seen.append(event)
            if len(seen) % 97 == 0:
                await asyncio.sleep(0)
        return seen

    assert all(heard == many for heard in asyncio.run(run()))


@pytest.mark.parametrize(
    "text", ["two\nlines", "carriage\r\nreturn", "data: x\n\nevent: done", "✓ 中文 \u2028"]
)
def test_no_text_breaks_out_of_its_event(text):
    wire = encode(TokenEvent(text=text)).decode()
    name, data, *rest = wire.split("\n")
    assert name == "event: token"
    assert rest == ["", ""]
    assert json.loads(data.removeprefix("data: "))["text"] == text


def test_what_json_lacks_becomes_null_and_silence_a_comment():
    event = EvidenceEvent(
        evidence=(Evidence(id="e1", kind="rule", numbers={"lift": math.inf}, source="s", text="t"),)
    )
    data = encode(event).decode().split("data: ")[1]
    assert json.loads(data)["evidence"][0]["numbers"] == {"lift": None}
    assert encode(None).startswith(b":")


def test_a_client_that_leaves_ends_its_turn():
    closed = threading.Event()

    class Endless(DemoService):
        def stream(self, message, **how):
            try:
                while True:
                    time.sleep(0.005)
                    yield TokenEvent(text="word ")
            finally:
                closed.set()

    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(Endless(), ui=False), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with httpx.stream("POST", f"http://127.0.0.1:{port}/api/chat", json={"message": "x"}) as response:
            assert next(response.iter_text()).startswith("event: token")
            assert not closed.is_set()
        assert closed.wait(5)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
    assert not thread.is_alive()


def test_warm_workers_stand_ready_and_open_again_after_the_end():
    turns = Turns(3, 0)
    for _ in range(2):
        before = threading.active_count()
        turns.warm()
        assert threading.active_count() == before + 3
        assert collect(turns, lambda: iter(tokens("a"))) == tokens("a")
        assert threading.active_count() == before + 3
        turns.close()
        assert threading.active_count() == before


def streamed(content, receive):
    """Send a stream to a client; return what was sent."""
    sent = []

    async def send(message):
        await asyncio.sleep(0)
        sent.append(message.get("body"))

    async def run():
        await EventStream(content)({"type": "http"}, receive, send)
        await asyncio.sleep(0)  # nothing of it is cancelled later
        return sent

    return asyncio.run(run())


def test_a_stream_ends_quietly_when_its_client_leaves_and_closes_what_it_sends():
    closed = []

    async def endless():
        try:
            yield b"one"
            await asyncio.sleep(60)
        finally:
            closed.append(True)

    async def receive():
        await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    assert streamed(endless(), receive) == [None, b"one"]
    assert closed == [True]


def test_a_stream_that_ends_is_whole_though_its_client_hangs_up_at_once():
    async def two():
        yield b"one"
        yield b"two"

    async def receive():
        for _ in range(4):  # while the last part is on its way
            await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    assert streamed(two(), receive)[:3] == [None, b"one", b"two"]


def test_a_stream_that_is_stopped_from_outside_says_so():
    async def endless():
        await asyncio.sleep(60)
        yield b""

    async def receive():
        await asyncio.sleep(60)

    async def send(message):
        del message

    async def run():
        running = asyncio.create_task(EventStream(endless())({"type": "http"}, receive, send))
        await asyncio.sleep(0.01)
        running.cancel()
        await running

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())


def test_a_taken_port_is_one_line_that_says_what_to_do():
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"127\.0\.0\.1:{port}.*ALMANAC_PORT=") as error:
            bind("127.0.0.1", port)
    assert "\n" not in str(error.value)
    with pytest.raises(ServeError, match=r"192\.0\.2\.1"):
        bind("192.0.2.1", 7860)


def test_counters_and_histograms_print_what_prometheus_reads():
    counter = Counter("c_total", "Things.")
    counter.add(door='a"b\n')
    counter.add(2, door='a"b\n')
    assert counter.lines()[-1] == 'c_total{door="a\\"b\\n"} 3'
    histogram = Histogram("h", "Seconds.")
    for seconds in (0.01, 0.3, 99):
        histogram.observe(seconds)
    text = histogram.lines()
    assert 'h_bucket{le="0.05"} 1' in text
    assert 'h_bucket{le="0.5"} 2' in text
    assert 'h_bucket{le="+Inf"} 3' in text
    assert text[-2:] == ["h_sum 99.31", "h_count 3"]
    assert sum(line.startswith("h_bucket") for line in text) == len(BUCKETS) + 1
