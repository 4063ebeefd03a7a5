"""Who may call, who a visitor is, and which headers a page gets."""

from __future__ import annotations

import os
import re
import stat
import time

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.datastructures import Headers

from bot.web.config import Site, WebConfig
from bot.web.demo import DemoService
from bot.web.identity import Caller, Identities, Seals, customer_token
from bot.web.limits import Buckets
from bot.web.page import dress
from bot.web.problems import Problem
from bot.web.security import COOKIE, SecretUnusable, Visitors, content_security_policy, load_secret
from bot.web.serve import ServeError, create_app
from db.errors import UnknownConversation

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


SHOP = Site(
    origins=("https://shop.example",),
    secret="s" * 32,
    catalog="groceries",
    item_url="https://shop.example/{id}",
)
CONFIG = WebConfig(
    sites={"shop": SHOP, "other": Site(origins=("https://other.example",), secret="o" * 32)},
    api_keys={"warehouse": "w" * 32},
)
NOW = 1_700_000_000


@pytest.fixture
def door():
    with TestClient(create_app(DemoService(), CONFIG, ui=False)) as client:
        yield client


def bearer(token, **more):
    return {"Authorization": f"Bearer {token}", **more}


def liked_by(client, headers):
    return client.post("/api/show_profile", headers=headers).json()["evidence"][0]["items"]


def test_each_site_key_lets_in_its_own_origins_alone(door):
    def ask(origin, **headers):
        return door.post("/api/chat", json={"message": "chips"}, headers={"Origin": origin, **headers})

    assert ask("https://shop.example", **{"X-Almanac-Site": "shop"}).status_code == 200
    for origin, site in (
        ("https://other.example", "shop"),
        ("https://shop.example", "other"),
        ("https://shop.example", "unknown"),
    ):
        refused = ask(origin, **{"X-Almanac-Site": site})
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:almanac:problem:origin")
    assert ask("https://shop.example").status_code == 403, "without a site key only web.origins count"
    reading = door.get("/api/catalogs", headers={"Origin": "https://evil.example"})
    assert reading.status_code == 403


def test_a_browser_is_told_of_each_listed_origin_also_when_it_is_refused(door):
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    allowed = door.options("/api/chat", headers={"Origin": "https://shop.example", **asks})
    assert allowed.status_code == 204
    assert "authorization" in allowed.headers["access-control-allow-headers"].lower()
    assert door.options("/api/chat", headers={"Origin": "https://evil.example", **asks}).status_code == 403
    refused = door.post(
        "/api/chat",
        json={},
        headers=bearer("nonsense", Origin="https://shop.example", **{"X-Almanac-Site": "shop"}),
    )
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "https://shop.example"
    assert refused.headers["www-authenticate"] == "Bearer"


def test_the_site_key_brings_its_catalogue(door):
    headers = {"X-Almanac-Site": "shop", "Accept": "application/json"}
    answer = door.post("/api/chat", json={"message": "chips"}, headers=headers).json()
    assert answer["items"][0]["id"] == "s1"


def test_a_customer_is_who_the_sites_server_signed(door):
    expires = int(time.time()) + 60
    ann = bearer(customer_token("s" * 32, "shop", "ann@shop/1 é", expires))
    assert door.post("/api/rate_item", json={"item": "1", "verdict": "like"}, headers=ann).status_code == 200
    assert liked_by(door, ann) == ["1"]
    assert liked_by(door, bearer(customer_token("s" * 32, "shop", "bob", expires))) == []
    assert liked_by(door, bearer("w" * 32, **{"X-Almanac-Person": "ann@shop/1 é".encode()})) == ["1"]


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (customer_token("x" * 32, "shop", "ann", NOW + 60), "token"),
        (customer_token("o" * 32, "shop", "ann", NOW + 60), "token"),
        (customer_token("s" * 32, "nowhere", "ann", NOW + 60), "token"),
        (customer_token("s" * 32, "shop", "ann", NOW - 1), "token-expired"),
        (customer_token("s" * 32, "shop", "ann", NOW + 60).replace(".shop.", ".other."), "token"),
        ("customer.shop.YW5u", "token"),
        ("visitor-" + "0" * 24 + ".x", "token"),
        ("anything", "token"),
    ],
)
def test_no_other_token_proves_anybody(token, code):
    identities = Identities(CONFIG, b"k" * 32, clock=lambda: NOW)
    with pytest.raises(Problem) as refused:
        identities.caller(Headers(bearer(token)))
    assert (refused.value.status_code, refused.value.code) == (401, code)


@pytest.mark.parametrize("person", ["", "  ", "a\0b", "x" * 201, "visitor-" + "0" * 24])
def test_what_cannot_be_an_id_is_refused_even_when_signed(person):
    identities = Identities(CONFIG, b"k" * 32, clock=lambda: NOW)
    with pytest.raises(Problem) as refused:
        identities.caller(Headers(bearer(customer_token("s" * 32, "shop", person, NOW + 1))))
    assert refused.value.status_code == 422


def test_only_a_program_with_a_key_may_name_a_person(door):
    refused = door.post("/api/show_profile", headers={"X-Almanac-Person": "405"})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:almanac:problem:person")
    visitor = bearer(VISITORS.issue()[1], **{"X-Almanac-Person": "405"})
    assert door.post("/api/show_profile", headers=visitor).status_code == 401, "and of another server"


@given(st.text(max_size=20), st.sampled_from(["visitor", "customer", "key"]))
def test_a_seal_opens_for_its_owner_alone(conversation, kind):
    seals = Seals(b"k" * 32)
    conversation = conversation.replace(".", "")
    callers = {
        "visitor": Caller("visitor-" + "1" * 24, proven=True),
        "customer": Caller("ann", proven=True),
        "key": Caller(None, proven=True, key="ann"),
        "nobody": Caller("visitor-" + "2" * 24, proven=False),
    }
    sealed = seals.seal(conversation, callers[kind])
    for name, caller in callers.items():
        if name == kind:
            assert seals.open(sealed, caller) == (conversation, caller)
        else:
            with pytest.raises(UnknownConversation):
                seals.open(sealed, caller)
    with pytest.raises(UnknownConversation):
        Seals(b"other key, 16 bytes").open(sealed, callers[kind])


def test_too_many_requests_are_told_when_to_come_again():
    config = WebConfig(visitor_per_minute=2, address_per_minute=5, origins=("https://shop.example",))
    app = create_app(DemoService(), config, ui=False)
    client = TestClient(app)
    client.get("/api/catalogs")
    statuses = [client.get("/api/catalogs").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = client.get("/api/catalogs", headers={"Origin": "https://shop.example"})
    assert refused.headers["retry-after"] == "30"
    assert refused.headers["access-control-expose-headers"] == "Retry-After"
    assert "in 30 seconds" in refused.json()["detail"]
    assert TestClient(app).get("/api/catalogs").status_code == 429, "a new visitor from there waits as well"
    assert client.get("/healthz").status_code == 200
    refused = client.post("/mcp", json={})
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")


def test_a_bucket_refills_evenly_and_never_beyond_a_minute():
    now = [0.0]
    buckets = Buckets(60, clock=lambda: now[0])
    assert [buckets.take("a") for _ in range(61)] == [0] * 60 + [1]
    assert buckets.take("b") == 0
    now[0] = 2.5
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 1]
    now[0] = 10_000
    assert [buckets.take("a") for _ in range(61)].count(0) == 60
