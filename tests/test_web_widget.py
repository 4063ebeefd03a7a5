"""What the widget is served: one small closed script, its words, a session, and a verdict on answers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from fastapi.testclient import TestClient

from bot.web.config import Site, WebConfig
from bot.web.demo import DemoService
from bot.web.serve import create_app
from bot.web.widget import FOLDER, LANGUAGES, script

SITE = Site(
    origins=("https://shop.example",),
    secret="s" * 32,
    catalog="groceries",
    item_url="https://shop.example/{id}",
)


@pytest.fixture
def client():
    config = WebConfig(sites={"shop": SITE}, origins=("https://plain.example",))
    return TestClient(create_app(DemoService(), config, ui=False))


def test_the_script_is_one_file_under_thirty_kilobytes_that_loads_nothing_from_elsewhere(client):
    response = client.get("/widget.js")
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert len(response.content) < 30_000
    hosts = set(re.findall(r"https?://[\w.]+", response.text))
    assert hosts <= {"http://www.w3.org"}, "the namespace of SVG is a name, not an address"
    for risky in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "import("):
        assert risky not in response.text


def test_a_browser_asks_again_and_is_told_that_nothing_changed(client):
    first = client.get("/widget.js")
    again = client.get("/widget.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("taken", "packed"), [("gzip, br", True), ("identity", False), ("gzip;q=0", False)])
def test_files_travel_compressed_where_the_browser_takes_it(client, taken, packed):
    response = client.get("/widget.js", headers={"Accept-Encoding": taken})
    assert (response.headers.get("content-encoding") == "gzip") is packed
    assert "accept-encoding" in response.headers["vary"].lower()
    assert response.content == script(), "unpacked it is the same"
    if packed:
        assert int(response.headers["content-length"]) < 11_000


@pytest.mark.skipif(shutil.which("node") is None, reason="node reads the script: install it to run this test")
def test_leaving_out_comments_leaves_a_script_that_parses(tmp_path):
    (tmp_path / "widget.js").write_bytes(script())
    subprocess.run(["node", "--check", str(tmp_path / "widget.js")], check=True)


def test_nothing_but_comments_and_white_space_is_left_out():
    served = re.sub(r"\s", "", script().decode())
    for name in ("keep", "wire", "parts", "element"):
        code = re.sub(r"(?m)(^|\s+)// .*$", "", (FOLDER / f"{name}.js").read_text(encoding="utf-8"))
        assert re.sub(r"\s", "", code) in served


def test_every_language_says_the_same_things(client):
    english = set(re.findall(r"(\w+): '", (FOLDER / "words.js").read_text(encoding="utf-8")))
    assert LANGUAGES == ("ar", "zh")
    for language in LANGUAGES:
        words = client.get(f"/widget/{language}.json").json()
        assert set(words) == english
        for name, text in json.loads((FOLDER / f"words.{language}.json").read_text(encoding="utf-8")).items():
            source = re.search(rf"\b{name}: '([^']*)'", (FOLDER / "words.js").read_text(encoding="utf-8"))[1]
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", source))
    assert client.get("/widget/xx.json").status_code == 404


def test_a_session_gives_a_token_that_is_the_visitor_from_then_on(client):
    fresh = TestClient(client.app)
    session = fresh.post("/api/session", json={"catalog": "movies"}).json()
    proof = {"Authorization": f"Bearer {session['visitor']}"}
    client.post("/api/rate_item", json={"item": "1", "verdict": "like"}, headers=proof)
    assert client.post("/api/show_profile", headers=proof).json()["evidence"][0]["items"] == ["1"]
    assert (
        client.post("/api/session", json={"catalog": "movies"}, headers=proof).json()["visitor"]
        == session["visitor"]
    )
    assert session["title"] == "Films"
    assert len(session["examples"]) == 4
    assert (session["item_url"], session["events"]) == ("", False)


def test_the_site_key_brings_catalogue_and_links(client):
    headers = {"X-Almanac-Site": "shop", "Origin": "https://shop.example"}
    session = client.post("/api/session", json={}, headers=headers).json()
    assert (session["catalog"], session["item_url"]) == ("groceries", "https://shop.example/{id}")


def test_a_session_without_a_catalogue_names_those_there_are(client):
    refused = client.post("/api/session", json={})
    assert refused.status_code == 404
    assert "groceries, movies" in refused.json()["detail"]


def test_verdicts_on_answers_are_counted_by_known_catalogues_alone(client):
    assert client.post("/api/feedback?catalog=movies", json={"helpful": True}).status_code == 204
    assert client.post("/api/feedback?catalog=made-up", json={"helpful": False}).status_code == 204
    text = client.get("/metrics").text
    assert 'almanac_feedback_total{catalog="movies",helpful="true"} 1' in text
    assert 'almanac_feedback_total{catalog="",helpful="false"} 1' in text
