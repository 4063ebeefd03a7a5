"""Complete Journey: names that a shopper says, types that are split, and the totals of the real files."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from db import DbConfig, open_engine, open_source, reading
from db.load import load
from db.progress import Silent
from db.queries import get_catalog, interaction_frame, item_frame
from db.sources.completejourney import CompleteJourney, clean_size, item_rows
from db.sources.grocery_words import category_name, names, readable, slug, synonyms, type_name

PRODUCTS = pd.DataFrame(
    [
        (1, 10, "GROCERY", "National", "BAG SNACKS", "TORTILLA/NACHO CHIPS", "13 OZ"),
        (2, 11, "GROCERY", "Private", "BAG SNACKS", "TORTILLA/NACHO CHIPS", "13 OZ"),
        (3, 12, "GROCERY", "National", "ICE CREAM/MILK/SHERBTS", "PREMIUM", "56 OZ"),
        (4, 12, "MEAT-PCKGD", "National", "BACON", "PREMIUM", "AB    16 OZ"),
        (5, 13, "GROCERY", "National", "YOGURT", "YOGURT NOT MULTI-PACKS", "6 OZ"),
        (6, 13, "GROCERY", "National", "FLUID MILK PRODUCTS", "YOGURT NOT MULTI-PACKS", "6 OZ"),
        (7, 14, "MISCELLANEOUS", "National", None, None, None),
        (8, 15, "GROCERY", "National", "NEVER SOLD", "NEVER SOLD", "CT"),
    ],
    columns=[
        "product_id", "manufacturer_id", "department", "brand", "product_category", "product_type", "package_size",
    ],
)  # fmt: skip


def lines(**sold: int) -> pd.DataFrame:
    rows = [(int(product[1:]), 2, 5.0) for product, times in sold.items() for _ in range(times)]
    return pd.DataFrame(rows, columns=["product_id", "quantity", "sales_value"])


@pytest.fixture
def rows():
    types, products = item_rows(PRODUCTS, lines(p1=5, p2=4, p3=3, p4=3, p5=9, p6=1, p7=1))
    return types.set_index("item"), products.set_index("item")


def test_a_type_is_an_item_and_its_products_are_variants(rows):
    types, products = rows
    assert types.loc["tortilla-chips", "title"] == "Tortilla chips"
    assert types.loc["tortilla-chips", "category"] == "Bagged snacks|Grocery"
    assert types.loc["tortilla-chips", "price"] == 2.5
    assert "nachos" in types.loc["tortilla-chips", "synonyms"].split("|")
    assert products.loc[2, ["title", "parent"]].tolist() == [
        "Tortilla chips, store brand, 13 oz",
        "tortilla-chips",
    ]
    assert products["parent"].isin(types.index).all()


def test_a_type_is_split_only_below_nine_tenths(rows):
    _, products = rows
    assert products.loc[[3, 4], "parent"].tolist() == ["premium-ice-cream", "premium-bacon"]
    assert products.loc[[5, 6], "parent"].tolist() == ["yogurt", "yogurt"]
    split, _ = item_rows(PRODUCTS, lines(p1=1, p5=8, p6=1))
    assert sum(title.startswith("Yogurt") for title in split["title"]) == 2


def test_what_has_no_type_or_was_never_sold_is_still_an_item(rows):
    types, products = rows
    assert types.loc[products.loc[7, "parent"], "title"] == "Unsorted products"
    assert types.loc["never-sold", "title"] == "Never sold"
    assert products.loc[8, "title"] == "Never sold, national brand"


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("FRZN VEG/FRUIT", "Frozen vegetables and fruit"),
        ("SNKS/CKYS/CRKR/CNDY", "Snacks, cookies, crackers and candy"),
        ("APPLES FUJI (BULK&BAG)", "Fuji apples"),
        ("PREP FD: PIZZA (COLD)", "Prepared food, pizza"),
        ("WOMEN S GENERAL-MAGAZINE", "Women's general magazine"),
        ("CRANBERRY JUICE (OVER 50% JCE)", "Cranberry juice"),
        ("ORIENTAL NOODLES RICE", "Asian noodles rice"),
        ("", ""),
    ],
)
def test_labels_become_words(label, said):
    assert readable(label) == said


def test_a_type_that_says_nothing_takes_its_category():
    assert type_name("REGULAR", "SOUP", split=True) == "Soup, regular"
    assert type_name("", "SOUP", split=True) == "Other soup"


def test_our_table_names_at_least_400_types_and_none_twice():
    table = names()
    assert len(table) >= 400
    assert len({slug(name) for name in table.values()}) == len(table)
    assert all(name == name.strip() and name[0].isupper() for name in table.values())


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Diapers", "nappies"),
        ("Soda, 12-pack cans", "soft drinks, 12-pack cans"),
        ("Potato chips", "crisps"),
        ("Candy bars", "chocolate bars"),
        ("Chocolate chip cookies", "chocolate chip biscuits"),
    ],
)
def test_synonyms_are_what_others_say(name, other):
    assert other in synonyms(name)


def test_a_phrase_within_a_longer_one_is_left_alone():
    assert synonyms("French fries") == ("chips", "fries")
    assert synonyms("Juice (non-dairy, teas, juice and soda)") == ()


def test_sizes_and_categories_read_well():
    assert [clean_size(size) for size in ("22 OZ", "AB    8 OZ", "2 L*", "CT", "")] == [
        "22 oz",
        "8 oz",
        "2 l",
        "",
        "",
    ]
    assert category_name("FRZN MEAT/MEAT DINNERS") == "Frozen dinners"


def test_small_files_are_read_and_what_is_left_out_is_counted(tmp_path):
    PRODUCTS.to_parquet(tmp_path / "products.parquet")
    pd.DataFrame({"household_id": [1], "age": ["65+"]}).to_parquet(tmp_path / "demographics.parquet")
    log = pd.DataFrame(
        {
            "household_id": [1, 1, 2, 2],
            "store_id": [367, 367, 367, 2],
            "basket_id": [31198570044, 31198570044, 3, 4],
            "product_id": [1, 2, 99, 3],
            "quantity": [1, 0, 1, 2],
            "sales_value": [2.0, 0.0, 1.0, 3.0],
            "transaction_timestamp": pd.to_datetime(["2017-01-01 11:53:26"] * 4),
        }
    )
    log.to_parquet(tmp_path / "transactions.parquet")
    source = CompleteJourney(tmp_path)
    assert "person <- household_id" in source.describe()
    content = source.read(Silent())
    assert content.dropped == {"interactions": {"quantity 0": 1, "unknown product": 1, "no product type": 0}}
    assert content.places[0].frame["name"].tolist() == ["Store 2", "Store 367"]
    engine = open_engine(DbConfig(), tmp_path / "home")
    tally = load(source, engine=engine).tallies["interactions"]
    with reading(engine) as session:
        frame = interaction_frame(get_catalog("groceries", session=session), session=session)
    engine.dispose()
    assert (tally.read, tally.kept) == (4, 2)
    assert frame["at"][0] == pd.Timestamp("2017-01-01T11:53:26Z")
    assert frame.loc[0, ["person", "item", "kind", "value", "place", "basket"]].tolist() == [
        "1", "1", "buy", 1.0, "367", "31198570044",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_real_files_hold_what_is_known_of_them(tmp_path):
    cache = Path(os.environ.get("ALMANAC_CACHE") or tmp_path / "cache")
    engine = open_engine(DbConfig(), tmp_path)
    report = load(open_source("groceries", cache=cache), engine=engine)
    log = report.tallies["interactions"]
    assert (log.read, log.kept, log.quarantined) == (1_469_307, 1_458_970, 0)
    assert dict(log.dropped) == {"quantity 0": 8_869, "unknown product": 32, "no product type": 1_436}
    assert report.tallies["items"].kept == 92_331
    with reading(engine) as session:
        catalog = get_catalog("groceries", session=session)
        frame = interaction_frame(catalog, session=session)
        items = item_frame(catalog, session=session)
    engine.dispose()
    types = items[items["parent"].isna()]
    assert types["title"].str.lower().is_unique
    assert set(items["parent"].dropna()) == set(types["item"])
    assert (frame["person"].nunique(), frame["place"].nunique(), frame["basket"].nunique()) == (
        2_469,
        457,
        155_489,
    )
    assert frame["item"].isin(items.loc[items["parent"].notna(), "item"]).all()
    hours = frame["at"].dt.tz_convert("America/New_York").dt.hour
    months = frame["at"].dt.month
    assert hours[months == 1].value_counts().index[0] == hours[months == 7].value_counts().index[0] == 17
