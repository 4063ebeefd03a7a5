"""The owner's own data: names guessed or mapped, wrong cells quarantined by line, missing columns told."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa

from db import DbConfig, SourceError, open_engine, open_source, reading
from db.load import load
from db.progress import Silent
from db.queries import get_catalog, interaction_frame, item_frame, place_frame, quarantine_rows
from db.sources.columns import COLUMNS, guess
from db.sources.tables import TableSource

ITEMS = """movieId,Title,Genres,price,colour
1,Alien,"Horror, Sci-Fi",9.50,black
2,Heat,Crime|Drama,,grey
3,,Drama,3,red
"""
RATINGS = """userId,movieId,rating,timestamp
7,1,4.5,1000000000
7,2,good,1000000001
8,2,3,2001-09-09T01:46:40Z
8,9,3,1000000000
9,1,5,soon
9,1,5,1000000000,extra
"""


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "my shop"
    folder.mkdir()
    (folder / "movies.csv").write_text(ITEMS)
    (folder / "ratings.csv").write_text(RATINGS)
    (folder / "notes.txt").write_text("not a table")
    return folder


@pytest.fixture
def engine(tmp_path):
    made = open_engine(DbConfig(), tmp_path / "home")
    yield made
    made.dispose()


def open_shop(folder, **options):
    return open_source(str(folder), cache=folder, options={"pseudonymise": False} | options)


def test_a_folder_is_understood_and_bad_rows_are_named_by_file_and_line(shop, engine):
    report = load(open_shop(shop, zone="Europe/Berlin"), engine=engine)
    log, items = report.tallies["interactions"], report.tallies["items"]
    assert (log.read, log.kept, log.quarantined) == (6, 2, 4)
    assert (items.read, items.kept, items.quarantined) == (3, 2, 1)
    with reading(engine) as session:
        catalog = get_catalog("my-shop", session=session)
        frame = interaction_frame(catalog, session=session)
        films = item_frame(catalog, session=session).set_index("item")
        refused = {(row.file, row.line): row.reason for row in quarantine_rows(catalog, session=session)}
    assert catalog.zone == "Europe/Berlin"
    assert frame["kind"].tolist() == ["rate", "rate"]
    assert frame["at"].nunique() == 1
    assert films.loc["1", ["title", "category", "price", "colour"]].tolist() == [
        "Alien",
        "Horror|Sci-Fi",
        9.5,
        "black",
    ]
    assert films["price"].dtype == float
    assert films.loc["2", "text"] == "Heat. Crime, Drama. grey"
    assert refused == {
        ("movies.csv", 4): "title is missing",
        ("ratings.csv", 3): "value is not a number",
        ("ratings.csv", 5): "the catalogue has no such item",
        ("ratings.csv", 6): "at is not a time",
        ("ratings.csv", 7): "the row has 5 cells, the header 4",
    }


def test_what_was_understood_is_told_before_anything_is_written(shop):
    told = open_shop(shop).describe()
    assert "interactions: ratings.csv" in told
    assert "person <- userId" in told
    assert "attributes: price, colour" in told
    assert "Alien" in told


def test_parquet_and_a_mapping(tmp_path, engine):
    pd.DataFrame({"code": [5], "was": ["Tea"], "lists": [["hot", "drink"]]}).to_parquet(
        tmp_path / "items.parquet"
    )
    log = pd.DataFrame(
        {"who": [1], "what": [5], "on": pd.to_datetime(["2024-01-01"]), "shop": ["s1"], "qty": [2]}
    )
    log.to_parquet(tmp_path / "orders_2024.parquet")
    pd.DataFrame({"store_id": ["s1"], "tz": ["Asia/Tokyo"]}).to_parquet(tmp_path / "stores.parquet")
    names = {
        "title": "was",
        "category": "lists",
        "items.item": "code",
        "interactions.item": "what",
        "person": "who",
    }
    files = ",".join(
        str(tmp_path / name) for name in ("items.parquet", "orders_2024.parquet", "stores.parquet")
    )
    source = TableSource(files, mapping=names | {"at": "on"}, options={"name": "cafe", "pseudonymise": False})
    load(source, engine=engine)
    with reading(engine) as session:
        catalog = get_catalog("cafe", session=session)
        (row,) = interaction_frame(catalog, session=session).to_dict("records")
        (item,) = item_frame(catalog, session=session).to_dict("records")
        (place,) = place_frame(catalog, session=session).to_dict("records")
    assert (row["person"], row["item"], row["kind"], row["value"], row["place"]) == (
        "1",
        "5",
        "buy",
        2.0,
        "s1",
    )
    assert row["at"] == pd.Timestamp("2024-01-01T00:00:00Z")
    assert item["category"] == "hot|drink"
    assert place["zone"] == "Asia/Tokyo"


def test_a_database_is_read_by_its_table_names(tmp_path, engine):
    url = f"sqlite:///{tmp_path}/theirs.db"
    theirs = sa.create_engine(url)
    pd.DataFrame({"id": [1], "name": ["Tea"]}).to_sql("products", theirs, index=False)
    pd.DataFrame({"customer_id": [4], "product_id": [1]}).to_sql("events", theirs, index=False)
    theirs.dispose()
    load(TableSource(url, options={"pseudonymise": False}), engine=engine)
    with reading(engine) as session:
        frame = interaction_frame(get_catalog("theirs", session=session), session=session)
    assert frame[["person", "item", "kind"]].to_numpy().tolist() == [["4", "1", "view"]]
    assert frame["at"].isna().all()


def test_a_missing_column_lists_those_there_are(shop):
    (shop / "ratings.csv").write_text("who,movieId\n1,1\n")
    with pytest.raises(SourceError, match=r"ratings\.csv has no column for 'person'; it has who, movieId"):
        open_shop(shop).read(Silent())


def test_a_missing_table_lists_those_there_are(shop):
    (shop / "ratings.csv").unlink()
    with pytest.raises(SourceError, match=r"has no interactions .* it has movies\.csv"):
        open_shop(shop).describe()


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"title": "Nothing"}, r"movies\.csv has movieId, Title, Genres"),
        ({"items.title": "Nothing"}, "no column 'Nothing' for 'title'"),
        ({"flavour": "Title"}, "mapping 'flavour'='Title' is of no use here; ours are items.item"),
    ],
)
def test_a_mapping_that_fits_nothing_is_refused(shop, mapping, says):
    with pytest.raises(SourceError, match=says):
        TableSource(str(shop), mapping=mapping).describe()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"zone": "Middle/Earth"}, "'Middle/Earth' is not an IANA time zone"),
        ({"colour": "red"}, "option 'colour': .*options: name, title, zone"),
        ({"day_start": 25}, "option 'day_start'"),
    ],
)
def test_an_option_that_is_none_is_refused(shop, options, says):
    with pytest.raises(SourceError, match=says):
        TableSource(str(shop), options=options)


def test_a_source_that_is_nothing_names_the_choices(tmp_path):
    with pytest.raises(SourceError, match=r"no source './gone': give movies, groceries, a folder"):
        open_source("./gone", cache=tmp_path)
    with pytest.raises(SourceError, match="takes no mapping"):
        open_source("movies", cache=tmp_path, mapping={"a": "b"})


def test_a_file_that_cannot_be_read_is_one_clear_line(shop):
    (shop / "ratings.csv").write_bytes(b"userId,movieId\n\xff\xfe,1\n")
    with pytest.raises(SourceError, match=r"cannot read .*ratings\.csv") as caught:
        open_shop(shop).read(Silent())
    assert "\n" not in str(caught.value)


def test_a_password_is_not_told():
    with pytest.raises(SourceError) as caught:
        TableSource("nodialect://me:hidden@host/x").describe()
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("noun", list(COLUMNS))
def test_no_column_is_taken_twice_and_our_own_names_win(noun):
    ours = list(COLUMNS[noun])
    theirs = [*(name for names in COLUMNS[noun].values() for name in names), *ours]
    taken = guess(noun, list(dict.fromkeys(theirs)), {}, "table")
    assert taken == {name: name for name in ours}
