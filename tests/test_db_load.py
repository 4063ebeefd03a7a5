"""Loading: everything or nothing, once more in place of before, and the frames that come back."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from db import DbConfig, DbError, FrameSource, Profile, Pseudonyms, SourceError, open_engine, reading, writing
from db.load import load
from db.queries import (
    add_interactions,
    add_verdict,
    catalog_counts,
    get_catalog,
    interaction_frame,
    item_frame,
    known_person,
    list_catalogs,
    people_frame,
    place_frame,
    quarantine_rows,
)

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)
ITEMS = pd.DataFrame(
    {
        "item": ["tea", "tea-1", "cup"],
        "title": ["Tea", "Tea, 20 bags", "Cup"],
        "category": ["Drinks|Hot", "Drinks", "Kitchen"],
        "year": [1999, None, 2001],
        "parent": [None, "tea", None],
        "text": ["tea", "tea bags", "cup"],
        "price": [None, 2.5, 4.0],
    }
)
LOG = pd.DataFrame(
    {
        "person": ["ann", "bob", "ann", "eve"],
        "item": ["tea-1", "cup", "cup", "nothing"],
        "at": [AT, None, "2024-03-02T08:00:00+02:00", AT],
        "kind": "buy",
        "value": [2, None, 1, 1],
        "place": ["s1", None, "s1", "s1"],
        "basket": ["b1", None, "b2", "b3"],
    }
)
PEOPLE = pd.DataFrame({"person": ["ann"], "place": ["s1"], "age": [44]})
PLACES = pd.DataFrame(
    {"place": ["s1"], "name": ["Store 1"], "kind": ["store"], "parent": ["north"], "zone": ["Europe/Berlin"]}
)
SHOP = FrameSource(Profile("shop", "The shop", pseudonymise=False), ITEMS, LOG, PEOPLE, PLACES)


@pytest.fixture
def engine(tmp_path):
    made = open_engine(DbConfig(), tmp_path)
    yield made
    made.dispose()


def test_what_was_loaded_comes_back_as_the_frames_of_the_architecture(engine):
    report = load(SHOP, engine=engine)
    log = report.tallies["interactions"]
    assert (log.read, log.kept, log.quarantined) == (4, 3, 1)
    assert report.reasons == {"the catalogue has no such item": 1}
    with reading(engine) as session:
        catalog = get_catalog("shop", session=session)
        frame = interaction_frame(catalog, session=session)
        items = item_frame(catalog, session=session)
        people = people_frame(catalog, session=session)
        places = place_frame(catalog, session=session)
        counts = catalog_counts(catalog, session=session)
        (refused,) = quarantine_rows(catalog, session=session)
    assert frame["person"].tolist() == ["ann", "bob", "ann"]
    assert frame["item"].tolist() == ["tea-1", "cup", "cup"]
    assert frame["at"].tolist()[::2] == [pd.Timestamp(AT), pd.Timestamp("2024-03-02T06:00:00Z")]
    assert pd.isna(frame["at"][1])
    assert str(frame["at"].dtype) == "datetime64[ns, UTC]"
    assert frame["value"].tolist()[::2] == [2.0, 1.0]
    assert frame["place"].fillna("-").tolist() == ["s1", "-", "s1"]
    assert frame["basket"].fillna("-").tolist() == ["b1", "-", "b2"]
    assert set(frame["kind"]) == {"buy"}
    assert items.columns.tolist() == ["item", "title", "category", "year", "parent", "text", "price"]
    assert str(items["year"].dtype) == "Int64"
    assert items["year"].tolist()[::2] == [1999, 2001]
    assert items["price"].tolist()[1:] == [2.5, 4.0]
    assert items["parent"].fillna("-").tolist() == ["-", "tea", "-"]
    assert people.set_index("person").loc["ann"].tolist() == ["s1", 44]
    assert places.set_index("place")["zone"].to_dict()["s1"] == "Europe/Berlin"
    assert (counts.items, counts.variants, counts.people, counts.places, counts.interactions) == (
        2,
        1,
        2,
        2,
        3,
    )
    assert (counts.first, counts.last) == (AT, datetime(2024, 3, 2, 6, tzinfo=UTC))
    assert (refused.file, refused.line) == ("interactions", 4)
    assert "nothing" in refused.row


def test_bounds_of_time_leave_out_what_is_before_after_or_unknown(engine):
    load(SHOP, engine=engine)
    with reading(engine) as session:
        catalog = get_catalog("shop", session=session)
        later = interaction_frame(catalog, session=session, since=datetime(2024, 3, 2, tzinfo=UTC))
        sooner = interaction_frame(catalog, session=session, until=datetime(2024, 3, 2, tzinfo=UTC))
        some = item_frame(catalog, session=session, items=["cup", "none"])
    assert later["basket"].tolist() == ["b2"]
    assert sooner["basket"].tolist() == ["b1"]
    assert some["item"].tolist() == ["cup"]


def test_a_second_load_replaces_the_first_and_keeps_what_came_in_live(engine):
    load(SHOP, engine=engine)
    with writing(engine) as session:
        catalog = get_catalog("shop", session=session)
        add_verdict(catalog, "visitor", "cup", "like", AT, session=session)
        add_verdict(catalog, "visitor", "tea", "like", AT, session=session)
        event = {"person": "ann", "item": "cup", "kind": "view", "event": "e1", "place": "s1"}
        add_interactions(catalog, [event], session=session)
    smaller = FrameSource(SHOP.profile, ITEMS.iloc[1:], LOG.iloc[:1])
    report = load(smaller, engine=engine)
    assert report.carried == 2
    with reading(engine) as session:
        catalog = get_catalog("shop", session=session)
        frame = interaction_frame(catalog, session=session)
        again = add_interactions(catalog, [event], session=session)
    assert frame["kind"].tolist() == ["buy", "like", "view"]
    assert (again.added, again.repeated) == (0, 1)


def test_catalogues_live_side_by_side(engine):
    load(SHOP, engine=engine)
    load(SHOP, engine=engine, catalog="other")
    load(SHOP, engine=engine)
    with reading(engine) as session:
        assert [each.name for each in list_catalogs(session=session)] == ["other", "shop"]
        for catalog in list_catalogs(session=session):
            assert len(interaction_frame(catalog, session=session)) == 3


class Interrupt:
    """A listener that presses Ctrl-C at a stage."""

    def __init__(self, stage: str) -> None:
        self.at = stage

    def stage(self, name: str, total: int | None = None) -> None:
        if name == self.at:
            raise KeyboardInterrupt

    def advance(self, n: int = 1) -> None:
        pass


@pytest.mark.parametrize("stage", ["read", "replace", "people", "interactions"])
def test_ctrl_c_leaves_what_was_there(engine, stage):
    load(SHOP, engine=engine)
    with pytest.raises(KeyboardInterrupt):
        load(FrameSource(SHOP.profile, ITEMS, LOG.iloc[:1]), engine=engine, progress=Interrupt(stage))
    with reading(engine) as session:
        assert len(interaction_frame(get_catalog("shop", session=session), session=session)) == 3


def test_ids_of_people_are_replaced_and_found_by_the_original(engine):
    private = FrameSource(Profile("shop", "The shop"), ITEMS, LOG)
    with pytest.raises(DbError, match="pass `pseudonyms`"):
        load(private, engine=engine)
    secret = Pseudonyms(b"s" * 32)
    load(private, engine=engine, pseudonyms=secret)
    with writing(engine) as session:
        catalog = get_catalog(session=session)
        hidden = secret.of("shop", "ann")
        assert set(people_frame(catalog, session=session)["person"]) == {hidden, secret.of("shop", "bob")}
        assert known_person(catalog, "ann", session=session) is None
        assert known_person(catalog, "ann", session=session, pseudonyms=secret) == hidden
        assert known_person(catalog, hidden, session=session, pseudonyms=secret) == hidden
        rows = [{"person": who, "item": "cup", "kind": "view"} for who in ("ann", hidden, "new")]
        assert add_interactions(catalog, rows, session=session, pseudonyms=secret).added == 3
        frame = interaction_frame(catalog, session=session)
    assert frame["person"].tolist()[-3:] == [hidden, hidden, secret.of("shop", "new")]


def test_a_source_without_a_usable_row_is_refused_with_the_first_reason(engine):
    with pytest.raises(
        SourceError, match=r"no usable interactions: 1 rows were refused, the first at interactions:1"
    ):
        load(FrameSource(SHOP.profile, ITEMS, LOG.iloc[3:]), engine=engine)
    with pytest.raises(DbError, match="cannot be named 'a/b'"):
        load(SHOP, engine=engine, catalog="a/b")
    with reading(engine) as session:
        assert list_catalogs(session=session) == ()


def test_a_frame_source_describes_itself():
    told = SHOP.describe()
    assert "items: items, 3 rows" in told
    assert "Tea, 20 bags" in told
