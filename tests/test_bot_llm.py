"""Backends without weights: scripted, the choice among backends, stop strings, fair turns, a served model."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from bot.dialogue.turn import Message, ToolCall
from bot.llm import LlmConfig, ModelError, ScriptedModel, ToolSchema, open_model
from bot.llm.endpoint import EndpointModel
from bot.llm.fair import FairLock
from bot.llm.stops import until

ASK = [Message(role="user", content="Something funny?")]
TOOLS = (
    ToolSchema(
        name="search_items",
        description="Find.",
        parameters={"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    ),
)


def no_assets(name: str) -> Path:
    raise AssertionError(f"asset {name!r} was asked for")


# The choice among backends


def test_none_is_no_model():
    assert open_model(LlmConfig(backend="none"), no_assets) is None


def test_a_local_model_is_opened_without_loading_it():
    assert open_model(LlmConfig(), no_assets).name == "smollm2-135m-instruct"


def test_a_missing_path_is_told():
    with pytest.raises(ModelError, match="nowhere"):
        open_model(LlmConfig(model="./nowhere"), no_assets)


def test_a_folder_without_a_model_is_told(tmp_path):
    model = open_model(LlmConfig(model=str(tmp_path)), no_assets)
    with pytest.raises(ModelError, match=r"0 GGUF files"):
        model.warm_up()


def test_a_server_needs_the_name_of_its_model():
    with pytest.raises(ValidationError, match="needs `model`"):
        LlmConfig(backend="openai")


@pytest.mark.parametrize(
    ("fields", "who"),
    [
        ({}, "template"),
        ({"wording": "model"}, "model"),
        ({"backend": "openai", "model": "m"}, "model"),
        ({"backend": "openai", "model": "m", "wording": "template"}, "template"),
    ],
)
def test_who_words_the_answer(fields, who):
    assert LlmConfig(**fields).worded_by == who


# Scripted


def test_a_script_is_read_in_order():
    model = open_model(
        LlmConfig(backend="scripted", script=('search_items {"query": "x"}', "One two.", "no")), no_assets
    )
    assert model.choose("s", ASK, TOOLS) == ToolCall(
        tool="search_items", arguments={"query": "x"}, by="model"
    )
    assert "".join(model.stream("s", ASK)) == "One two."
    assert model.choose("s", ASK, TOOLS) is None
    with pytest.raises(ModelError, match="no reply left"):
        model.choose("s", ASK, TOOLS)


def test_a_scripted_function_sees_the_request():
    model = ScriptedModel(lambda request: request.messages[-1].content.upper())
    assert "".join(model.stream("s", ASK)) == "SOMETHING FUNNY?"
    assert model.requests[0].verb == "stream"


def test_a_scripted_error_is_raised_and_a_call_is_no_text():
    model = ScriptedModel([ModelError("gone"), ToolCall(tool="x")])
    with pytest.raises(ModelError, match="gone"):
        model.choose("s", ASK, TOOLS)
    with pytest.raises(ModelError, match="a text was asked for"):
        list(model.stream("s", ASK))


# Stop strings


@given(st.text("ab.", max_size=30), st.lists(st.text("ab.", min_size=1, max_size=3), max_size=3))
def test_stops_cut_as_on_the_whole_text(text, stop):
    cuts = [text.find(mark) for mark in stop if mark in text]
    # streaming meets the stop that is complete first; on one character at a time that is the earliest end
    ends = [(text.find(mark) + len(mark), text.find(mark)) for mark in stop if mark in text]
    end = min(ends)[0] if ends else None
    expected = text if end is None else text[: min(start for e, start in ends if e == end)]
    assert "".join(until(list(text), stop)) == expected
    assert bool(cuts) == (end is not None)


# Fair turns


def test_turns_are_taken_in_the_order_of_asking():
    lock, order = FairLock(), []

    def ask(name: int) -> None:
        with lock:
            order.append(name)

    threads = [threading.Thread(target=ask, args=(name,)) for name in range(5)]
    with lock:
        for place, thread in enumerate(threads):
            thread.start()
            while lock.waiting <= place:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


# A served model


BREAK = "<the line breaks>"


class Server:
    """An OpenAI-compatible server that replies from a list and keeps what it was asked."""

    def __init__(self) -> None:
        self.replies: list[tuple[int, object]] = []
        self.asked: list[dict] = []
        self.url = ""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@contextmanager
def serving() -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with suppress(ConnectionError):  # the client may have left
                self._reply()

        def _reply(self) -> None:
            made.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, body = made.replies.pop(0)
            if callable(body):
                body = body()
            self.send_response(status)
            if isinstance(body, list):
                self.send_header("Content-Type", "text/event-stream")
                if BREAK in body:  # more is promised than comes
                    self.send_header("Content-Length", "100000")
                self.end_headers()
                for piece in body:
                    if piece == BREAK:
                        return
                    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
                             "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}  # fmt: skip
                    self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                    self.wfile.flush()
                self.wfile.write(b"data: [DONE]\n\n")
                return
            text = json.dumps(body).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: object) -> None:
            """Keep the test's output clean."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def reply(content: str | None = None, call: tuple[str, str] | None = None) -> tuple[int, dict]:
    message: dict = {"role": "assistant", "content": content}
    if call:
        function = {"name": call[0], "arguments": call[1]}
        message["tool_calls"] = [{"id": "c", "type": "function", "function": function}]
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return 200, {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


@contextmanager
def client(server: Server, **fields: object) -> Iterator[EndpointModel]:
    fields = {"timeout": 5, "retries": 0, "api_key": SecretStr("k"), **fields}
    model = EndpointModel(LlmConfig(backend="openai", model="m", base_url=server.url, **fields))
    try:
        yield model
    finally:
        model.close()


def test_a_native_tool_call_is_read(server):
    server.replies = [reply(call=("search_items", '{"query": "funny"}')), reply("Hello!")]
    with client(server) as model:
        assert model.choose("s", ASK, TOOLS) == ToolCall(
            tool="search_items", arguments={"query": "funny"}, by="model"
        )
        assert model.choose("s", ASK, TOOLS) is None
    assert server.asked[0]["tools"][0]["function"]["name"] == "search_items"
    assert server.asked[0]["messages"][0] == {"role": "system", "content": "s"}


def test_a_server_without_native_calls_is_asked_for_json(server):
    refused = (400, {"error": {"message": "tools are not supported"}})
    call = reply('{"tool": "search_items", "arguments": {"query": "funny"}}')
    server.replies = [refused, call, reply('{"tool": "none", "arguments": {}}')]
    with client(server) as model:
        assert model.choose("s", ASK, TOOLS).arguments == {"query": "funny"}
        assert model.choose("s", ASK, TOOLS) is None
    assert [set(asked) & {"tools", "response_format"} for asked in server.asked] == [
        {"tools"}, {"response_format"}, {"response_format"},
    ]  # fmt: skip


def test_a_tool_that_was_not_offered_is_refused(server):
    server.replies = [reply(call=("erase_person", "{}"))]
    with client(server) as model, pytest.raises(ModelError, match="not offered"):
        model.choose("s", ASK, TOOLS)


def test_arguments_that_are_no_json_are_told(server):
    server.replies = [reply(call=("search_items", "{query"))]
    with client(server) as model, pytest.raises(ModelError, match="no JSON"):
        model.choose("s", ASK, TOOLS)


def test_text_streams_up_to_the_stop(server):
    server.replies = [(200, ["One ", "two. ", "EN", "D three"])]
    with client(server) as model:
        assert list(model.stream("s", ASK, stop=["END"])) == ["One ", "two. "]
    assert server.asked[0]["stream"] is True


def test_a_stream_that_breaks_off_is_told(server):
    server.replies = [(200, ["One ", BREAK])]
    with client(server) as model:
        pieces = model.stream("s", ASK)
        assert next(pieces) == "One "
        with pytest.raises(ModelError, match="broke off"):
            list(pieces)


def test_a_passing_failure_is_tried_again(server):
    server.replies = [(500, {"error": {"message": "busy"}}), reply("Hello!")]
    with client(server, retries=1) as model:
        assert model.choose("s", ASK, TOOLS) is None
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "said"), [(401, "status 401; check `llm.model` and `llm.api_key`"), (404, "status 404")]
)
def test_a_refusal_says_what_to_check(server, status, said):
    server.replies = [(status, {"error": {"message": "no"}})]
    with client(server) as model, pytest.raises(ModelError, match=said):
        list(model.stream("s", ASK))


def test_a_slow_server_is_left(server):
    server.replies = [(200, lambda: time.sleep(0.5) or {})]
    with client(server, timeout=0.1) as model, pytest.raises(ModelError, match="did not answer within"):
        model.choose("s", ASK, TOOLS)


def test_no_server_is_told(server):
    with serving() as gone:
        pass
    with client(gone) as model, pytest.raises(ModelError, match="does not answer"):
        model.choose("s", ASK, TOOLS)


def test_the_hosted_api_wants_a_key():
    model = EndpointModel(LlmConfig(backend="openai", model="m"))
    with pytest.raises(ModelError, match="api_key"):
        model.choose("s", ASK, TOOLS)
