"""The HTTP API's contract, over the sample service: shapes, statuses, limits and problem documents."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from bot.dialogue.turn import Answer, ErrorEvent, Event, TokenEvent
from bot.errors import NotReady
from bot.web.config import WebConfig
from bot.web.demo import DemoService
from bot.web.serve import create_app


@pytest.fixture
def service() -> DemoService:
    return DemoService()


@pytest.fixture
def client(service: DemoService) -> Iterator[TestClient]:
    config = WebConfig(origins=("https://shop.example",), max_message=100, max_body=5_000)
    with TestClient(create_app(service, config, ui=False), raise_server_exceptions=False) as one:
        yield one


def events_of(text: str) -> list[tuple[str, dict]]:
    """Parse a whole event stream: name and data of each event."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def problem(response, status: int, code: str) -> str:
    """Check that a response is a problem document of this kind; return its sentence."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"urn:almanac:problem:{code}"
    assert body["status"] == status
    assert body["title"]
    return body["detail"]


def test_chat_streams_typed_events_in_order_by_default(client):
    response = client.post("/api/chat", json={"message": "a comedy", "catalog": "movies"})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_of(response.text)
    names = [name for name, _ in events]
    tokens = names.count("token")
    assert tokens > 3
    assert names == ["tool_call", "tool_call", "evidence", "items", *["token"] * tokens, "done"]
    done = events[-1][1]
    assert "".join(data["text"] for name, data in events if name == "token") == done["answer"]["answer"]
    assert done["conversation"]


def test_chat_is_one_document_when_json_is_asked_for(client):
    response = client.post("/api/chat", json={"message": "a comedy"}, headers={"Accept": "application/json"})
    body = response.json()
    assert set(body) == {*Answer.model_fields, "conversation"}
    assert body["tool_calls"] == [
        {"tool": "search_items", "arguments": {"query": "a comedy", "k": 3}, "by": "planner"}
    ]
    again = client.post(
        "/api/chat",
        json={"message": "more", "conversation": body["conversation"]},
        headers={"Accept": "application/json"},
    )
    assert again.json()["conversation"] == body["conversation"]


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_message_is_told_so(client, text):
    assert "is empty" in problem(client.post("/api/chat", json={"message": text}), 400, "message-empty")


def test_a_long_message_is_told_its_length_and_the_limit(client):
    detail = problem(client.post("/api/chat", json={"message": "x" * 101}), 413, "message-too-long")
    assert "101" in detail
    assert "100" in detail


def test_a_body_over_the_limit_is_refused_by_its_declared_and_by_its_real_size(client):
    declared = client.post("/api/chat", content=b"x" * 6_000, headers={"Content-Type": "application/json"})
    problem(declared, 413, "body-too-big")
    chunked = client.post(
        "/api/chat",
        content=(b"x" * 1_000 for _ in range(6)),
        headers={"Content-Type": "application/json"},
    )
    problem(chunked, 413, "body-too-big")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "json"),
        (b"[]", 422, "fields"),
        (b'{"message": 7}', 422, "fields"),
        (b'{"message": "hi", "person": "405"}', 422, "fields"),
        (b'{"message": "hi", "context": {"at": "yesterday"}}', 422, "fields"),
        (b'{"message": "\\ud800"}', 422, "fields"),
        (b'{"message": "hi", "catalog": "books"}', 404, "catalog-unknown"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_bad_requests_are_problems_never_failures(client, content, status, code, accept):
    headers = {"Content-Type": "application/json", "Accept": accept}
    assert problem(client.post("/api/chat", content=content, headers=headers), status, code)


def test_every_tool_has_an_endpoint_with_its_arguments_declared(client, service):
    paths = client.get("/openapi.json").json()["paths"]
    for tool in service.tools("movies")[1:]:
        operation = paths[f"/api/{tool.name}"]["post"]
        assert operation["requestBody"]["content"]["application/json"]["schema"] == tool.parameters
    search = paths["/api/search_items"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert search["required"] == ["query"]
    assert search["properties"]["category"]["enum"] == [
        "Comedy", "Drama", "Animation", "Salty snacks", "Sauces",
    ], "the values of every catalogue"  # fmt: skip
    response = client.post(
        "/api/search_items", json={"query": "comedy", "k": 2}, params={"catalog": "movies"}
    )
    assert set(response.json()) == {"items", "evidence"}
    assert len(response.json()["items"]) == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "needs the argument 'query'"),
        ({"query": 1}, "cannot be 1"),
        ({"colour": "red"}, "no argument 'colour'"),
    ],
)
def test_a_wrong_tool_argument_says_which(client, body, words):
    assert words in problem(client.post("/api/search_items", json=body), 422, "argument")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [(b"{", 400, "json"), (b"[1]", 422, "fields"), (b'{"query": NaN}', 400, "json")],
)
def test_a_tool_body_that_is_no_object_is_a_problem(client, content, status, code):
    problem(client.post("/api/search_items", content=content), status, code)


def test_a_verdict_is_kept_for_the_visitor_of_the_cookie_alone(client):
    client.post("/api/rate_item", json={"item": "1", "verdict": "like"})
    assert client.post("/api/show_profile").json()["evidence"][0]["items"] == ["1"]
    client.cookies.clear()
    assert client.post("/api/show_profile").json()["evidence"][0]["items"] == []


def test_catalogues_hide_their_people_except_in_a_demo(client, service):
    cards = client.get("/api/catalogs").json()["catalogs"]
    assert [card["name"] for card in cards] == ["movies", "groceries"]
    assert all(card["personas"] == [] for card in cards)
    demo = TestClient(create_app(service, WebConfig(demo_personas=True), ui=False))
    assert demo.get("/api/catalogs").json()["catalogs"][0]["personas"] == ["405", "655"]


def test_unknown_paths_and_methods_are_problems(client):
    problem(client.get("/api/nothing"), 404, "http")
    response = client.get("/api/chat")
    problem(response, 405, "http")
    assert response.headers["allow"] == "POST"


def test_probes_tell_a_living_process_from_a_ready_one(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["status"] == "ready"

    class Empty(DemoService):
        def catalogs(self):
            return ()

    empty = TestClient(create_app(Empty(), ui=False))
    assert empty.get("/healthz").status_code == 200
    assert "almanac build" in problem(empty.get("/readyz"), 503, "not-ready")


def test_metrics_count_turns_tools_and_requests(client):
    client.post("/api/chat", json={"message": "a comedy"})
    client.post("/api/chat", json={"message": ""})
    text = client.get("/metrics").text
    assert 'almanac_turns_total{door="api",outcome="done"} 1' in text
    assert 'almanac_tool_calls_total{door="api",tool="search_items"} 1' in text
    assert 'almanac_requests_total{route="/api/chat",status="200"} 1' in text
    assert 'almanac_requests_total{route="/api/chat",status="400"} 1' in text
    assert 'almanac_turn_seconds_count{door="api"} 1' in text


def test_docs_name_every_operation_and_load_nothing_from_elsewhere(client):
    page = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page


class Failing(DemoService):
    """Breaks off in the middle, as our own mistakes do."""

    def stream(self, message: str, **how: object) -> Iterator[Event]:
        yield TokenEvent(text="so far ")
        raise ZeroDivisionError("secret detail")


def test_our_failure_ends_the_stream_with_one_plain_sentence(caplog):
    client = TestClient(create_app(Failing(), ui=False))
    response = client.post("/api/chat", json={"message": "hello"})
    events = events_of(response.text)
    assert [name for name, _ in events] == ["token", "error"]
    assert "secret" not in response.text
    assert "secret detail" in caplog.text
    document = client.post("/api/chat", json={"message": "hello"}, headers={"Accept": "application/json"})
    problem(document, 503, "turn-failed")


def test_an_error_event_and_a_service_that_is_not_ready_are_told(caplog):
    class Refusing(DemoService):
        def stream(self, message: str, **how: object) -> Iterator[Event]:
            if message == "early":
                raise NotReady("run `almanac build`")
            yield ErrorEvent(message="the model is away")

    client = TestClient(create_app(Refusing(), ui=False))
    assert (
        problem(client.post("/api/chat", json={"message": "early"}), 503, "not-ready")
        == "run `almanac build`"
    )
    document = client.post("/api/chat", json={"message": "x"}, headers={"Accept": "application/json"})
    assert problem(document, 503, "turn-failed") == "the model is away"


def test_more_turns_than_may_wait_are_told_to_come_again():
    started, release = threading.Event(), threading.Event()

    class Slow(DemoService):
        def stream(self, message: str, **how: object) -> Iterator[Event]:
            started.set()
            assert release.wait(10)
            yield from super().stream(message)

    config = WebConfig(turns_at_once=1, waiting_turns=0)
    with TestClient(create_app(Slow(), config, ui=False)) as client:
        first = threading.Thread(target=client.post, args=("/api/chat",), kwargs={"json": {"message": "one"}})
        first.start()
        try:
            assert started.wait(10)
            refused = client.post("/api/chat", json={"message": "two"})
            assert "try again" in problem(refused, 503, "busy")
            assert refused.headers["retry-after"] == "2"
        finally:
            release.set()
            first.join()
        assert client.post("/api/chat", json={"message": "three"}).status_code == 200


def test_the_page_framework_is_loaded_only_where_a_page_is_served():
    code = (
        "import sys; from bot.web.demo import DemoService; from bot.web.serve import create_app;"
        "create_app(DemoService(), ui=False);"
        "print([name for name in ('gradio', 'torch', 'faiss', 'sqlmodel') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def chat(client, message="a comedy", headers=None, **body):
    """Ask for one document; return the response."""
    headers = {"Accept": "application/json", **(headers or {})}
    return client.post("/api/chat", json={"message": message, **body}, headers=headers)


def test_a_conversation_goes_on_for_its_visitor_and_for_nobody_else(client):
    client.get("/api/catalogs")  # the visitor has a cookie now
    sealed = chat(client).json()["conversation"]
    assert chat(client, conversation=sealed).json()["conversation"] == sealed
    other = TestClient(client.app)
    other.get("/api/catalogs")
    detail = problem(chat(other, conversation=sealed), 404, "conversation-unknown")
    assert sealed in detail
    problem(chat(TestClient(client.app), conversation=sealed), 404, "conversation-unknown")
    problem(chat(client, conversation=sealed.partition(".")[0]), 404, "conversation-unknown")


def test_who_keeps_no_cookie_goes_on_as_the_visitor_of_the_conversation(service):
    asked = []

    class Noting(DemoService):
        def stream(self, message, **how):
            asked.append((how["asker"].person, how["conversation"]))
            return super().stream(message, **how)

    app = create_app(Noting(), ui=False)
    sealed = chat(TestClient(app)).json()["conversation"]
    again = chat(TestClient(app), conversation=sealed).json()["conversation"]
    assert again == sealed
    assert asked[0][0] == asked[1][0]
    assert asked[1][1] == sealed.split(".")[0]
    proven = TestClient(app)
    proven.get("/api/catalogs")
    problem(chat(proven, conversation=sealed), 404, "conversation-unknown")


def test_a_turn_sent_twice_is_answered_once_and_from_where_it_broke(service):
    asked = []

    class Counting(DemoService):
        def stream(self, message, **how):
            asked.append(message)
            return super().stream(message, **how)

    body = {"message": "a comedy", "turn": "turn-0001"}
    with TestClient(create_app(Counting(), ui=False)) as client:
        client.get("/api/catalogs")
        first = client.post("/api/chat", json=body).text
        blocks = first.strip().split("\n\n")
        assert [block.split("\n")[0] for block in blocks] == [f"id: {n + 1}" for n in range(len(blocks))]
        assert client.post("/api/chat", json=body).text == first
        rest = client.post("/api/chat", json=body, headers={"Last-Event-ID": "4"}).text
        assert rest.strip().split("\n\n") == blocks[4:]
        assert client.post("/api/chat", json=body, headers={"Last-Event-ID": str(len(blocks))}).text == ""
        assert chat(client, **body).json()["answer"] in first.replace('\\"', '"')
        assert asked == ["a comedy"]
        taken = client.post("/api/chat", json={**body, "message": "a drama"})
        problem(taken, 409, "turn-taken")
        client.cookies.clear()  # another visitor's turn of that name is another turn
        client.post("/api/chat", json=body)
        assert len(asked) == 2


def test_a_turn_is_stopped_by_its_key_and_by_its_owner_alone():
    said = []

    class Slow(DemoService):
        def stream(self, message, **how):
            for event in super().stream(message, **how):
                said.append(event)
                time.sleep(0.05)
                yield event

    with TestClient(create_app(Slow(), ui=False)) as client, TestClient(client.app) as other:
        for one in (client, other):
            one.post("/api/session", json={"catalog": "movies"})
        body = {"message": "a comedy", "catalog": "movies", "turn": "stop-this-turn"}
        with ThreadPoolExecutor(1) as pool:
            reply = pool.submit(client.post, "/api/chat", json=body)
            while not said:
                time.sleep(0.01)
            assert other.post("/api/stop", json={"turn": body["turn"]}).status_code == 204
            time.sleep(0.2)
            before = len(said)
            assert before > 3, "another's word stops nothing"
            assert client.post("/api/stop", json={"turn": body["turn"]}).status_code == 204
            text = reply.result(10).text
        assert "event: done" not in text
        assert len(said) <= before + 3
        assert client.post("/api/stop", json={"turn": body["turn"]}).status_code == 204, "nothing runs: fine"
        assert client.post("/api/stop", json={"turn": "x"}).status_code == 422
        assert "event: done" in client.post("/api/chat", json=body).text, "the key is free again"


def test_a_recorded_turn_goes_on_though_its_reader_left_and_a_refused_one_frees_its_key():
    release, refuse = threading.Event(), [True]

    class Slow(DemoService):
        def stream(self, message, **how):
            if refuse.pop() if refuse else False:
                raise NotReady("run `almanac build`")
            yield TokenEvent(text="first ")
            assert release.wait(10)
            yield from super().stream(message, **how)

    with TestClient(create_app(Slow(), ui=False)) as client:
        client.get("/api/catalogs")
        body = {"message": "a comedy", "turn": "turn-0002"}
        problem(client.post("/api/chat", json=body), 503, "not-ready")
        seen = []

        def leave():
            with client.stream("POST", "/api/chat", json=body) as response:
                seen.append(response.status_code)
                release.set()

        leave()
        text = client.post("/api/chat", json=body).text
        assert seen == [200]
        assert text.startswith("id: 1\nevent: token")
        assert "event: done" in text
