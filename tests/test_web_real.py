"""The web door over the real service, on the tiny shop: one endpoint a tool, the same answers as elsewhere."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from bot.tools.registry import TOOL_NAMES
from bot.web.serve import create_app


@pytest.fixture(scope="module")
def client(shop):
    with TestClient(create_app(shop, ui=False)) as one:
        yield one


def test_every_tool_has_an_endpoint(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert {f"/api/{name}" for name in TOOL_NAMES} <= set(paths)


def test_the_shop_is_ready_and_shows_its_window(client):
    card = client.get("/api/catalogs").json()["catalogs"][0]
    assert card["name"] == "shop"
    assert card["data_from"] < card["data_to"]
    assert client.get("/readyz").json()["status"] == "ready"


def test_a_question_is_answered_from_evidence_and_the_conversation_goes_on(client, shop):
    question = shop.catalogs()[0].examples[0]
    json = {"Accept": "application/json"}
    first = client.post("/api/chat", json={"message": question}, headers=json).json()
    assert first["answer"]
    assert first["evidence"]
    ids = {one["id"] for one in first["evidence"]}
    assert all(set(sentence["evidence"]) <= ids for sentence in first["sentences"])
    more = client.post(
        "/api/chat", json={"message": "why?", "conversation": first["conversation"]}, headers=json
    ).json()
    assert more["conversation"] == first["conversation"]


def test_a_wrong_argument_says_which(client):
    response = client.post("/api/search_items", json={"query": "x", "k": "many"})
    assert response.status_code == 422
    assert "'k'" in response.json()["detail"]


@pytest.mark.parametrize("at", ["0364-08-26T07:10:24Z", "9999-12-31T23:59:59Z"])
def test_an_instant_beyond_what_a_frame_can_hold_is_told(client, at):
    reply = client.post(f"/api/score_items?catalog=shop&at={at}", json={})
    assert (reply.status_code, reply.json()["type"]) == (422, "urn:almanac:problem:argument")
    assert "between 1700 and 2200" in reply.json()["detail"]
    body = {"message": "what goes with salsa", "catalog": "shop", "context": {"at": at}}
    assert client.post("/api/chat", json=body).status_code == 422


def test_a_conversation_that_nobody_began_is_told_so(client):
    response = client.post("/api/chat", json={"message": "hello", "conversation": "made up"})
    assert response.status_code == 404
    assert response.json()["type"] == "urn:almanac:problem:conversation-unknown"
    assert "'made up'" in response.json()["detail"]
