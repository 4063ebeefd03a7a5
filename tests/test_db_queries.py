"""Queries about one person, conversations and generations, and what erasing leaves."""

from __future__ import annotations

import json
import math
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from db import (
    DbConfig,
    DbError,
    FrameSource,
    InvalidRow,
    Profile,
    Pseudonyms,
    UnknownCatalog,
    UnknownConversation,
    UnknownItem,
    export_person,
    forget_person,
    open_engine,
    reading,
    writing,
)
from db.load import load
from db.queries import (
    add_interactions,
    add_verdict,
    catalog_counts,
    get_catalog,
    list_generations,
    load_conversation,
    people_frame,
    person_interactions,
    personas,
    record_generation,
    remove_verdict,
    save_turn,
)

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)


def shop(name: str) -> FrameSource:
    items = pd.DataFrame({"item": ["a", "b"], "title": ["A", "B"]})
    log = pd.DataFrame(
        {
            "person": ["ann", "bob", "bob"],
            "item": ["a", "b", "a"],
            "at": [AT, AT, AT - timedelta(days=1)],
            "kind": "buy",
            "place": "s1",
        }
    )
    return FrameSource(Profile(name, name, pseudonymise=False), items, log)


@pytest.fixture
def engine(tmp_path):
    made = open_engine(DbConfig(), tmp_path)
    load(shop("shop"), engine=made)
    yield made
    made.dispose()


@pytest.fixture
def session(engine):
    with writing(engine) as opened:
        yield opened


@pytest.fixture
def catalog(session):
    return get_catalog("shop", session=session)


def test_an_unknown_catalogue_names_those_there_are(engine, tmp_path):
    with reading(engine) as session:
        with pytest.raises(UnknownCatalog, match=r"no catalogue 'films' \(loaded: shop\)"):
            get_catalog("films", session=session)
        assert get_catalog(session=session).name == "shop"
    load(shop("other"), engine=engine)
    with reading(engine) as session, pytest.raises(UnknownCatalog, match="loaded: other, shop"):
        get_catalog(session=session)
    empty = open_engine(DbConfig(), tmp_path / "empty")
    with reading(empty) as session, pytest.raises(UnknownCatalog, match="almanac load SOURCE"):
        get_catalog(session=session)
    empty.dispose()


def test_a_persons_history_is_oldest_first(catalog, session):
    assert person_interactions(catalog, "bob", session=session)["item"].tolist() == ["a", "b"]
    nobody = person_interactions(catalog, "nobody", session=session)
    assert len(nobody) == 0
    assert nobody.columns.tolist() == ["person", "item", "at", "kind", "value", "place", "basket"]


def test_personas_are_people_with_the_longest_histories(catalog, session):
    assert personas(catalog, session=session) == ("bob", "ann")
    assert personas(catalog, 1, session=session) == ("bob",)


def test_live_interactions_are_stored_once_and_bad_ones_named(catalog, session):
    rows = [
        {"person": "new", "item": "a", "kind": "view", "event": "e1", "at": "2024-03-02T10:00:00+01:00"},
        {"person": "new", "item": "a", "kind": "view", "event": "e1"},
        {"person": "new", "item": "z", "kind": "view"},
        {"person": "new", "item": "a", "kind": "stare"},
        {"person": "new", "item": "a", "kind": "rate", "value": math.inf},
        {"person": "new", "item": "b", "kind": "rate", "value": 4, "place": "s9", "basket": "7"},
        {"person": "new", "item": "b", "kind": "rate", "colour": "red"},
    ]
    result = add_interactions(catalog, rows, session=session)
    assert (result.added, result.repeated) == (2, 1)
    assert [position for position, _ in result.rejected] == [2, 3, 4, 6]
    assert "no item 'z'" in result.rejected[0][1]
    mine = person_interactions(catalog, "new", session=session).sort_values("item", ignore_index=True)
    assert mine["at"][0] == pd.Timestamp("2024-03-02T09:00:00Z")
    assert mine.loc[1, ["value", "place", "basket"]].tolist() == [4.0, "s9", "7"]


def test_the_last_opinion_counts_and_can_be_taken_back(catalog, session):
    for verdict in ("like", "dislike", "bought", "seen"):
        add_verdict(catalog, "ann", "b", verdict, AT, session=session)
    kinds = person_interactions(catalog, "ann", session=session)["kind"].tolist()
    assert sorted(kinds) == ["buy", "buy", "seen"]
    assert remove_verdict(catalog, "ann", "b", session=session)
    assert not remove_verdict(catalog, "ann", "b", session=session)
    assert not remove_verdict(catalog, "stranger", "b", session=session)
    assert sorted(person_interactions(catalog, "ann", session=session)["kind"]) == ["buy", "buy"]


def test_a_verdict_on_nothing_or_of_no_kind_is_refused(catalog, session):
    with pytest.raises(UnknownItem, match="'shop' has no item 'zzz'"):
        add_verdict(catalog, "ann", "zzz", "like", AT, session=session)
    with pytest.raises(InvalidRow, match="'love' must be one of like, dislike, seen, bought"):
        add_verdict(catalog, "ann", "a", "love", AT, session=session)
    with pytest.raises(InvalidRow, match="person"):
        add_verdict(catalog, " ", "a", "like", AT, session=session)


def test_a_conversation_comes_back_as_it_was_said(catalog, session):
    answer = {"answer": "Tea \ud800!", "items": [{"id": "a", "score": math.nan}]}
    assert save_turn(catalog, "c1", "hello", {"answer": "Hi."}, AT, session=session) == 0
    assert save_turn(catalog, "c1", "tea?", answer, AT, session=session, person="ann") == 1
    session.expire_all()
    stored = load_conversation("c1", session=session)
    assert (stored.catalog, stored.person) == ("shop", "ann")
    assert [(each["role"], each["content"]) for each in stored.messages] == [
        ("user", "hello"),
        ("assistant", "Hi."),
        ("user", "tea?"),
        ("assistant", "Tea \ufffd!"),
    ]
    assert stored.messages[3]["answer"]["items"] == [{"id": "a", "score": None}]
    assert stored.messages[0]["at"] == AT
    with pytest.raises(UnknownConversation, match="'c2'; begin a new one"):
        load_conversation("c2", session=session)


def test_a_conversation_stays_in_its_catalogue(engine):
    load(shop("other"), engine=engine)
    with writing(engine) as session:
        mine, other = (get_catalog(name, session=session) for name in ("shop", "other"))
        save_turn(mine, "c1", "hello", {"answer": "Hi."}, AT, session=session)
        with pytest.raises(InvalidRow, match="not about 'other'"):
            save_turn(other, "c1", "hello", {"answer": "Hi."}, AT, session=session)


def test_generations_are_listed_the_newest_first(catalog, session):
    for name in ("g1", "g2"):
        record_generation(catalog, name, Path("x") / name, {"rules": 3}, AT, session=session)
    assert [row.generation for row in list_generations(catalog, session=session)] == ["g2", "g1"]
    assert list_generations(catalog, session=session)[0].info == {"rules": 3}


def test_a_person_can_be_exported_and_is_gone_once_forgotten(catalog, session):
    add_verdict(catalog, "ann", "b", "like", AT, session=session)
    save_turn(catalog, "c1", "I am ann", {"answer": "Hi."}, AT, session=session, person="ann")
    save_turn(catalog, "c2", "I am bob", {"answer": "Hi."}, AT, session=session, person="bob")
    document = export_person(catalog, "ann", session=session)
    assert json.loads(json.dumps(document)) == document
    assert [row["title"] for row in document["interactions"]] == ["A", "B"]
    assert document["conversations"][0]["turns"][0]["message"] == "I am ann"

    gone = forget_person(catalog, "ann", session=session)
    assert gone == {"interactions": 2, "turns": 1, "conversations": 1, "people": 1}
    left = export_person(catalog, "ann", session=session)
    assert (left["interactions"], left["conversations"], left["attributes"]) == ([], [], {})
    assert people_frame(catalog, session=session)["person"].tolist() == ["bob"]
    assert catalog_counts(catalog, session=session).interactions == 2
    assert load_conversation("c2", session=session).person == "bob"
    assert sum(forget_person(catalog, "ann", session=session).values()) == 0


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path):
    first, again = Pseudonyms.open(tmp_path), Pseudonyms.open(tmp_path)
    assert first.of("shop", "ann") == again.of("shop", "ann")
    assert first.of("shop", "ann") != first.of("other", "ann")
    assert first.of("a", "b") != Pseudonyms(b"x" * 32).of("a", "b")
    assert "secret" not in repr(first)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_bytes(b"short")
    with pytest.raises(DbError, match="is damaged"):
        Pseudonyms.open(tmp_path)


def test_pseudonyms_are_hmac_sha256_of_catalogue_and_person():
    """`printf '["shop", "ann"]' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef`."""
    secret = Pseudonyms(b"0123456789abcdef0123456789abcdef")
    assert secret.of("shop", "ann") == "p_f83fa4da952acf8772c49787"
