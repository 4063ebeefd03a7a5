"""`/api/events` over the real service, on the tiny shop: in, once, with reasons, in effect, and back out."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.assembly import Almanac
from bot.behaviour import StoredBehaviour
from bot.web.config import WebConfig
from bot.web.serve import create_app
from db.engine import open_engine, reading
from db.privacy import Pseudonyms
from db.queries import get_catalog, interaction_frame, quarantine_rows

KEY = {"Authorization": "Bearer " + "w" * 32}


@pytest.fixture(scope="module")
def almanac(shop_settings, tmp_path_factory):
    """The shop in a folder of its own: what is reported here is seen by no other test."""
    home = tmp_path_factory.mktemp("behaviour") / "var"
    shutil.copytree(shop_settings.home, home)
    return Almanac.open(shop_settings.model_copy(update={"home": home}))


@pytest.fixture(scope="module")
def app(almanac):
    config = WebConfig(api_keys={"till": "w" * 32}, max_events=50)
    return create_app(almanac, config, behaviour=StoredBehaviour(almanac), ui=False)


@pytest.fixture
def visitor(app):
    client = TestClient(app)
    client.get("/api/catalogs")
    return client


def frame(almanac):
    """Return the log as a build reads it."""
    engine = open_engine(almanac.settings.db, almanac.settings.home)
    with reading(engine) as session:
        return interaction_frame(get_catalog("shop", session=session), session=session)


def report(client, *events, headers=None):
    return client.post("/api/events", json={"events": list(events)}, headers=headers)


def test_one_event_or_a_batch_is_stored_once_each(visitor, almanac):
    before = len(frame(almanac))
    one = {"kind": "view", "item": "tea", "id": "e1"}
    assert visitor.post("/api/events", json=one).json() == {"added": 1, "repeated": 0, "rejected": []}
    batch = [one, {"kind": "buy", "item": "milk", "value": 2, "basket": "b1", "id": "e2"}]
    assert report(visitor, *batch).json() == {"added": 1, "repeated": 1, "rejected": []}
    assert report(visitor, *batch).json() == {"added": 0, "repeated": 2, "rejected": []}
    log = frame(almanac)
    assert len(log) == before + 2
    assert log.iloc[-1][["item", "kind", "value", "basket"]].tolist() == ["milk", "buy", 2.0, "b1"]
    assert log.iloc[-1]["at"] <= datetime.now(UTC), "an event without an instant happened now"


def test_nobody_can_take_the_event_ids_of_another(visitor, app):
    event = {"kind": "view", "item": "tea", "id": "mine"}
    other = TestClient(app)
    other.get("/api/catalogs")
    assert visitor.post("/api/events", json=event).json()["added"] == 1
    assert other.post("/api/events", json=event).json()["added"] == 1
    assert other.post("/api/events", json={**event, "person": "p03"}, headers=KEY).json()["added"] == 1
    assert other.post("/api/events", json={**event, "person": "p04"}, headers=KEY).json()["repeated"] == 1


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"kind": "sniff", "item": "tea"}, "kind: Input should be 'buy'"),
        ({"kind": "view"}, "item: Field required"),
        ({"kind": "view", "item": "caviar"}, "has no item 'caviar'"),
        ({"kind": "view", "item": "tea", "colour": "red"}, "colour: Extra inputs"),
        ({"kind": "view", "item": "tea", "person": "p01"}, "only a program with an API key"),
        ({"kind": "view", "item": "tea", "at": "yesterday"}, "at: Input should be a valid datetime"),
        ({"kind": "view", "item": "tea", "at": "2999-01-01T00:00:00Z"}, "lies in the future"),
        ("view", "an event must be an object"),
    ],
)
def test_a_bad_event_is_quarantined_with_its_reason_and_costs_no_good_one(visitor, event, reason):
    good = {"kind": "click", "item": "cocoa"}
    receipt = report(visitor, good, event, good).json()
    assert receipt["added"] == 2
    assert [one["position"] for one in receipt["rejected"]] == [1]
    assert reason in receipt["rejected"][0]["reason"]
    page = visitor.get("/api/events/quarantine", params={"limit": 1000}, headers=KEY).json()
    assert page["events"][-1]["reason"] == receipt["rejected"][0]["reason"]
    alone = visitor.post("/api/events", json={"events": [event]})
    assert alone.status_code == 422
    assert alone.json()["type"] == "urn:almanac:problem:events"
    assert reason in alone.json()["detail"]


def test_quarantined_events_hide_no_row_of_the_latest_load(visitor, almanac):
    report(visitor, {"kind": "sniff", "item": "tea"})
    engine = open_engine(almanac.settings.db, almanac.settings.home)
    with reading(engine) as session:
        rows = quarantine_rows(get_catalog("shop", session=session), session=session)
    assert len(rows) == 3, "the three bad rows of the shop's own files"
    assert all(row.file.endswith(".csv") for row in rows)


def test_a_like_counts_from_the_next_turn_on_and_the_last_word_stands(visitor):
    def profile():
        evidence = visitor.post("/api/show_profile").json()["evidence"]
        return {item for one in evidence for item in one["items"]}

    assert "tea" not in profile()
    assert report(visitor, {"kind": "like", "item": "tea"}).json()["added"] == 1
    assert "tea" in profile()
    report(visitor, {"kind": "like", "item": "cocoa"}, {"kind": "dislike", "item": "tea"})
    visitor.post("/api/events", json={"kind": "dislike", "item": "tea", "id": "once"})
    visitor.post("/api/events", json={"kind": "dislike", "item": "tea", "id": "once"})
    mine = visitor.get("/api/events", params={"limit": 1000}, headers=KEY).json()["events"]
    person = mine[-1]["person"]
    opinions = [(one["item"], one["kind"]) for one in mine if one["person"] == person]
    assert opinions == [("cocoa", "like"), ("tea", "dislike")]


def test_a_program_reports_for_the_person_whom_it_names(visitor, almanac):
    named = {**KEY, "X-Almanac-Person": "p01"}
    body = {"events": [{"kind": "view", "item": "milk"}, {"kind": "view", "item": "milk", "person": "p02"}]}
    assert visitor.post("/api/events", json=body, headers=named).json()["added"] == 2
    events = visitor.get("/api/events", params={"limit": 1000}, headers=KEY).json()["events"]
    pseudonyms = Pseudonyms.open(almanac.settings.home)
    expected = [pseudonyms.of("shop", person) for person in ("p01", "p02")]
    assert [one["person"] for one in events[-2:]] == expected, "as the shop's own log knows them"
    receipt = visitor.post("/api/events", json=body["events"][0], headers=KEY)
    assert receipt.json()["detail"] == "no event was taken: person is missing"


def test_lists_come_in_pages_without_a_gap_and_for_programs_alone(visitor):
    report(visitor, *[{"kind": "view", "item": "tea"}] * 7)
    whole = visitor.get("/api/events", params={"limit": 1000}, headers=KEY).json()
    assert whole["next"] is None
    seen, after = [], 0
    while after is not None:
        page = visitor.get("/api/events", params={"limit": 3, "after": after}, headers=KEY).json()
        seen += page["events"]
        after = page["next"]
    assert seen == whole["events"]
    for path in ("/api/events", "/api/events/quarantine"):
        refused = visitor.get(path)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:almanac:problem:key-needed")
        assert visitor.get(path, params={"limit": 0}, headers=KEY).status_code == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 422),
        (b'{"events": {}}', 422),
        (b'{"events": [], "more": 1}', 422),
        (b'{"events": [' + b"1," * 50 + b"1]}", 413),
    ],
)
def test_a_body_that_is_no_batch_is_a_problem(visitor, body, status):
    response = visitor.post("/api/events", content=body)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_an_empty_batch_changes_nothing(visitor):
    assert report(visitor).json() == {"added": 0, "repeated": 0, "rejected": []}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )
)
def test_no_event_whatever_it_holds_is_a_failure_of_ours(visitor, event):
    response = report(visitor, event)
    assert response.status_code in {200, 422}
    assert response.status_code == 422, "nothing that is drawn here names an item of the shop"


def test_events_are_counted(visitor):
    report(visitor, {"kind": "view", "item": "tea"}, {"kind": "sniff"})
    text = visitor.get("/metrics").text
    assert 'almanac_events_total{outcome="rejected"}' in text
    assert 'almanac_events_total{outcome="added"}' in text


def test_an_instant_is_kept_to_the_microsecond_and_in_utc(visitor, almanac):
    at = datetime(2024, 5, 1, 10, 0, 0, 123456, tzinfo=UTC)
    local = at.astimezone(tz=None).isoformat()
    naive = (at + timedelta(hours=1)).replace(tzinfo=None).isoformat()
    report(
        visitor, {"kind": "view", "item": "tea", "at": local}, {"kind": "view", "item": "tea", "at": naive}
    )
    assert list(frame(almanac)["at"].iloc[-2:]) == [at, at + timedelta(hours=1)]
