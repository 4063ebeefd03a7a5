"""Who may call, who a visitor is, and which headers a page gets."""

from __future__ import annotations

import os
import re
import stat

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.web.config import WebConfig
from bot.web.demo import DemoService
from bot.web.page import dress
from bot.web.security import COOKIE, SecretUnusable, Visitors, content_security_policy, load_secret
from bot.web.serve import ServeError, create_app

VISITORS = Visitors(b"k" * 32)


@pytest.fixture
def client():
    return TestClient(create_app(DemoService(), WebConfig(origins=("https://shop.example",)), ui=False))


def test_a_visitor_is_recognised_by_the_cookie_that_was_issued():
    visitor, cookie = VISITORS.issue()
    assert VISITORS.read(cookie) == visitor
    assert Visitors(b"other key, 32 bytes in length...").read(cookie) is None


@given(st.text(max_size=80) | st.just(None))
def test_no_invented_cookie_names_a_visitor(cookie):
    assert VISITORS.read(cookie) is None


@given(st.data())
def test_a_cookie_changed_anywhere_names_nobody(data):
    _, cookie = VISITORS.issue()
    place = data.draw(st.integers(0, len(cookie) - 2))  # the last character carries spare bits
    other = data.draw(st.characters(codec="ascii").filter(lambda one: one != cookie[place]))
    assert VISITORS.read(cookie[:place] + other + cookie[place + 1 :]) is None


def test_the_cookie_is_set_once_and_closed_to_scripts(client):
    first = client.get("/api/catalogs")
    assert re.search(rf"{COOKIE}=visitor-[0-9a-f]{{24}}\.\S+; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax$",
                     first.headers["set-cookie"])  # fmt: skip
    assert "set-cookie" not in client.get("/api/catalogs").headers
    assert "set-cookie" not in TestClient(client.app).get("/healthz").headers


def test_a_forged_cookie_is_replaced(client):
    client.cookies.set(COOKIE, "visitor-" + "0" * 24 + ".x")
    assert COOKIE in client.get("/api/catalogs").headers["set-cookie"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example.evil.example"])
def test_pages_of_other_origins_may_not_call(client, origin):
    response = client.post("/api/chat", json={"message": "hello"}, headers={"Origin": origin})
    assert response.status_code == 403
    assert response.json()["type"] == "urn:almanac:problem:origin"
    assert (
        "access-control-allow-origin" not in client.get("/api/catalogs", headers={"Origin": origin}).headers
    )


@pytest.mark.parametrize("origin", ["https://shop.example", "http://testserver"])
def test_listed_origins_and_our_own_pages_may_call(client, origin):
    response = client.post("/api/chat", json={"message": "hello"}, headers={"Origin": origin})
    assert response.status_code == 200


def test_a_listed_origin_is_told_so_and_no_other(client):
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    assert (
        client.options("/api/chat", headers=headers).headers["access-control-allow-origin"]
        == "https://shop.example"
    )
    headers["Origin"] = "https://evil.example"
    assert "access-control-allow-origin" not in client.options("/api/chat", headers=headers).headers


@pytest.mark.parametrize(
    "path", ["/gradio_api/upload", "/gradio_api/file=/etc/passwd", "/gradio_api/proxy=http://x"]
)
def test_doors_of_the_framework_that_we_do_not_use_are_closed(client, path):
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404


def test_pages_forbid_what_they_do_not_need(client):
    headers = client.get("/docs").headers
    policy = headers["content-security-policy"]
    assert "unsafe-eval" not in policy
    assert "script-src 'self' 'nonce-" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert policy != client.get("/docs").headers["content-security-policy"], "a nonce serves once"


def test_frames_are_for_us_and_those_that_are_listed():
    assert content_security_policy("n", ()).endswith("frame-ancestors 'self'")
    assert content_security_policy("n", ("https://a.example",)).endswith(
        "frame-ancestors 'self' https://a.example"
    )


def test_the_page_is_dressed_with_nonces_and_without_foreign_names():
    page = (
        b'<head>\n<meta\n property="og:image"\n content="https://elsewhere.example/x.jpg"\n/>'
        b'<meta name="viewport" content="w"><script>1</script></head><script type="module" src="a.js"></script>'
        b'<script>{"x": "\\u003cscript"}</script>'
    )
    dressed = dress(page, "abc").decode()
    assert "elsewhere.example" not in dressed
    assert "viewport" in dressed
    assert dressed.count("<script") == dressed.count('<script nonce="abc"') == 4
    assert dressed.count("/almanac/page.css") == 1


def test_the_key_is_made_once_private_and_kept(tmp_path):
    config = WebConfig(secret_file=tmp_path / "home" / "key")
    key = load_secret(config)
    assert load_secret(config) == key
    assert len(key) >= 32
    assert stat.S_IMODE(os.stat(config.secret_file).st_mode) == 0o600
    assert list(config.secret_file.parent.iterdir()) == [config.secret_file]


def test_an_unusable_key_file_is_one_clear_line(tmp_path):
    (tmp_path / "short").write_text("short")
    with pytest.raises(SecretUnusable, match="holds 5 bytes"):
        load_secret(WebConfig(secret_file=tmp_path / "short"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(ServeError, match="ALMANAC_WEB__SECRET"):
        create_app(DemoService(), WebConfig(secret_file=tmp_path / "file" / "key"), ui=False)


def test_a_short_key_and_a_wild_origin_are_refused():
    with pytest.raises(ValidationError, match="secret"):
        WebConfig(secret="too short")
    for origin in (
        "*",
        "https://*.example",
        "shop.example",
        "https://a.example/path",
        "https://a;script-src *",
    ):
        with pytest.raises(ValidationError, match="origins"):
            WebConfig(origins=(origin,))
    assert WebConfig(origins="https://a.example, https://b.example").origins == (
        "https://a.example",
        "https://b.example",
    )
