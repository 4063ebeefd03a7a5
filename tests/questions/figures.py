"""Figures counted from the raw files with plain pandas, one small function a figure.

Nothing of the project is imported: what a number means is taken from the design page
(`README.md` beside this file repeats it), and counted here a second time, in the plainest way.

    python tests/questions/figures.py --movies DIR --groceries DIR [--shop DIR] --out expected.json

writes the expected figures of every question in `questions.jsonl` (`--questions` names another file):
question id -> {name: number}.

An item is named by a *spec*: a string is a product type (groceries) or a title (movies, shop); a mapping
gives columns and values that must all hold, `{"category": "Coffee"}`; a list of these means "any of them".
A slice is named by a *where*: columns of the baskets and the values wanted, `{"weekday": "friday"}`;
`{"not": {...}}` takes the complement.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

Spec = Any
Where = Mapping[str, Any]
Figures = dict[str, float]

HERE = Path(__file__).parent
SEASONS = ("winter", "spring", "summer", "autumn")  # whole months, December to February first

# The first three digits of a ZIP code, by state. Territories and the military (006-009, 090-098, 340,
# 962-966, 969) are in no state and so have no place.
ZIP_RANGES = """
MA 010-027 RI 028-029 NH 030-038 ME 039-049 VT 050-054 MA 055-055 VT 056-059 CT 060-069 NJ 070-089
NY 005-005 NY 100-149 PA 150-196 DE 197-199 DC 200-200 VA 201-201 DC 202-205 MD 206-219 VA 220-246
WV 247-268 NC 270-289 SC 290-299 GA 300-319 FL 320-339 FL 341-349 AL 350-369 TN 370-385 MS 386-397
GA 398-399 KY 400-427 OH 430-459 IN 460-479 MI 480-499 IA 500-528 WI 530-549 MN 550-567 DC 569-569
SD 570-577 ND 580-588 MT 590-599 IL 600-629 MO 630-658 KS 660-679 NE 680-693 LA 700-714 AR 716-729
OK 730-732 TX 733-733 OK 734-749 TX 750-799 CO 800-816 WY 820-831 ID 832-838 UT 840-847 AZ 850-865
NM 870-884 TX 885-885 NV 889-898 CA 900-961 HI 967-968 OR 970-979 WA 980-994 AK 995-999
"""
REGIONS = {
    "northeast": "CT ME MA NH RI VT NJ NY PA",
    "midwest": "IL IN MI OH WI IA KS MN MO NE ND SD",
    "south": "DE DC FL GA MD NC SC VA WV AL KY MS TN AR LA OK TX",
    "west": "AZ CO ID MT NV NM UT WY AK CA HI OR WA",
}
# The zone in which most people of the state live.
ZONES = {
    "America/New_York": "CT ME MA NH RI VT NJ NY PA MI OH DE DC FL GA MD NC SC VA WV KY",
    "America/Indiana/Indianapolis": "IN",
    "America/Chicago": "IL WI IA KS MN MO NE ND SD AL MS TN AR LA OK TX",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
}


class Log(NamedTuple):
    """A log of behaviour: its baskets (one row each) and their lines (one row for each item taken)."""

    baskets: pd.DataFrame  # index: basket; person, at, last, date, weekday, ..., place
    lines: pd.DataFrame  # basket, item, and the item's columns
    name: str  # the column that a spec given as a string means


# ------------------------------------------------------------------------------------------- loading


def daypart(hour: int) -> str:
    """Morning 05-11, afternoon 11-17, evening 17-22, night 22-05."""
    if 5 <= hour < 11:
        return "morning"
    if 11 <= hour < 17:
        return "afternoon"
    if 17 <= hour < 22:
        return "evening"
    return "night"


def with_calendar(baskets: pd.DataFrame) -> pd.DataFrame:
    """Add the calendar words of each basket; `local` is its local wall-clock time."""
    local = pd.DatetimeIndex(baskets["local"])
    return baskets.assign(
        date=local.normalize(),
        weekday=local.day_name().str.lower(),
        weekend=local.day_of_week >= 5,
        daypart=[daypart(hour) for hour in local.hour],
        month=local.strftime("%Y-%m"),
        month_name=local.month_name().str.lower(),
        season=[SEASONS[month % 12 // 3] for month in local.month],
    )


def local_time(at: pd.Series[Any], zone: str) -> pd.Series[Any]:
    """UTC instants as local wall-clock times."""
    local: pd.Series[Any] = at.dt.tz_convert(zone).dt.tz_localize(None)
    return local


def load_groceries(folder: Path, zone: str = "America/New_York") -> Log:
    """Complete Journey: a basket is a till basket; the files' naive times are UTC."""
    products = pd.read_parquet(
        folder / "products.parquet",
        columns=["product_id", "department", "brand", "product_category", "product_type"],
    )
    bought = pd.read_parquet(
        folder / "transactions.parquet",
        columns=["household_id", "store_id", "basket_id", "product_id", "quantity", "transaction_timestamp"],
    )
    bought = bought[bought["quantity"] > 0].merge(products, on="product_id")
    bought = bought[bought["product_type"].notna()]
    lines = pd.DataFrame({"basket": bought["basket_id"], "item": bought["product_type"]})
    for column in ("department", "brand", "product_category", "product_type"):
        lines[column] = bought[column].astype("category")
    baskets = bought.groupby("basket_id").agg(
        person=("household_id", "first"), place=("store_id", "first"), at=("transaction_timestamp", "min")
    )
    baskets["last"] = bought.groupby("basket_id")["transaction_timestamp"].max().dt.tz_localize("UTC")
    baskets["place"] = baskets["place"].astype(str)
    baskets["at"] = baskets["at"].dt.tz_localize("UTC")
    baskets["local"] = local_time(baskets["at"], zone)
    return Log(with_calendar(baskets), lines, "product_type")


def state_of_zip(zip_code: str) -> str | None:
    """The state of a ZIP code, or None where it is in no state."""
    if not (len(zip_code) == 5 and zip_code.isdigit()):
        return None
    words = ZIP_RANGES.split()
    for state, span in zip(words[::2], words[1::2], strict=True):
        low, high = span.split("-")
        if low <= zip_code[:3] <= high:
            return state
    return None


def read_recbole(path: Path) -> pd.DataFrame:
    """One file of the data set: tab-separated, each column named `name:type`; all read as text."""
    frame = pd.read_csv(path, sep="\t", dtype=str)
    frame.columns = pd.Index([str(column).split(":")[0] for column in frame.columns])
    return frame


def load_movies(folder: Path, zone: str = "America/Chicago") -> Log:
    """MovieLens 100K: a basket is what a person rated on one local calendar day; its time is the first rating's.

    `zone` is for people whose ZIP code is in no state.
    """
    films = read_recbole(folder / "ml-100k.item").rename(
        columns={"movie_title": "title", "release_year": "year", "class": "genre"}
    )
    people = read_recbole(folder / "ml-100k.user")
    people["state"] = people["zip_code"].map(state_of_zip)
    region = {state: name for name, states in REGIONS.items() for state in states.split()}
    zones = {state: name for name, states in ZONES.items() for state in states.split()}
    people["place"] = people["state"].map(region)
    people["zone"] = people["state"].map(zones).fillna(zone)
    rated = read_recbole(folder / "ml-100k.inter").merge(people, on="user_id").merge(films, on="item_id")
    rated["at"] = pd.to_datetime(rated["timestamp"].astype("int64"), unit="s", utc=True)
    rated["local"] = pd.concat(local_time(part["at"], str(name)) for name, part in rated.groupby("zone"))
    rated["basket"] = rated["user_id"] + "@" + rated["local"].dt.strftime("%Y-%m-%d")
    baskets = rated.groupby("basket").agg(
        person=("user_id", "first"),
        state=("state", "first"),
        place=("place", "first"),
        at=("at", "min"),
        last=("at", "max"),
        local=("local", "min"),
    )
    lines = rated[["basket", "item_id", "title", "year", "genre"]].rename(columns={"item_id": "item"})
    return Log(with_calendar(baskets), lines, "title")


def load_shop(folder: Path, zone: str = "Europe/London") -> Log:
    """The made-up shop: a basket is a till basket; `at` carries its offset."""
    items = pd.read_csv(folder / "items.csv", dtype={"item": str})
    sold = pd.read_csv(folder / "interactions.csv", dtype=str).merge(items, on="item")
    sold["at"] = pd.to_datetime(sold["at"], utc=True)
    baskets = sold.groupby("basket").agg(
        person=("person", "first"), place=("place", "first"), at=("at", "min"), last=("at", "max")
    )
    baskets["place"] = baskets["place"].str.lower()
    baskets["local"] = local_time(baskets["at"], zone)
    return Log(with_calendar(baskets), sold[["basket", "item", "title", "category"]], "title")


# ------------------------------------------------------------------------------------------- pieces


def is_any(column: pd.Series[Any], wanted: Any) -> pd.Series[bool]:
    """Whether each value is the one wanted, or one of a list."""
    return column.isin(wanted if isinstance(wanted, list) else [wanted])


def fits(log: Log, spec: Spec) -> pd.Series[bool]:
    """Which lines are of an item named by a spec."""
    lines = log.lines
    if isinstance(spec, str):
        return lines[log.name] == spec
    if isinstance(spec, list):
        found = pd.Series(False, index=lines.index)
        for one in spec:
            found |= fits(log, one)
        return found
    found = pd.Series(True, index=lines.index)
    for column, wanted in spec.items():
        if column == "genre":
            found &= lines["genre"].str.split().map(lambda genres, wanted=wanted: wanted in genres)
        else:
            found &= is_any(lines[column], wanted)
    return found


def baskets_with(log: Log, spec: Spec) -> pd.Index[Any]:
    """The baskets that hold an item named by a spec."""
    found: pd.Index[Any] = pd.Index(log.lines.loc[fits(log, spec), "basket"].unique())
    return found


def within(log: Log, where: Where | None) -> pd.DataFrame:
    """The baskets of a slice."""
    baskets = log.baskets
    if not where:
        return baskets
    inside = pd.Series(True, index=baskets.index)
    for column, wanted in where.items():
        if column == "not":
            inside &= ~baskets.index.isin(within(log, wanted).index)
        else:
            inside &= is_any(baskets[column], wanted)
    return baskets[inside]


def exact_p(a: float, b: float, c: float, d: float) -> float:
    """Fisher's exact test of a table of two by two, two-sided."""
    return float(fisher_exact(np.array([[a, b], [c, d]])).pvalue)


def ratio(part: float, whole: float) -> float:
    """A ratio; NaN where there is nothing to divide by."""
    return part / whole if whole else float("nan")


# ------------------------------------------------------------------------------------------- figures


def together(log: Log, x: Spec, y: Spec, where: Where | None = None) -> Figures:
    """Baskets with X, with Y and with both, in a slice."""
    baskets = within(log, where)
    has_x = baskets.index.isin(baskets_with(log, x))
    has_y = baskets.index.isin(baskets_with(log, y))
    n, n_x, n_y, n_xy = len(baskets), int(has_x.sum()), int(has_y.sum()), int((has_x & has_y).sum())
    confidence = ratio(n_xy, n_x)
    return {
        "n": n,
        "n_x": n_x,
        "n_y": n_y,
        "n_xy": n_xy,
        "support": ratio(n_xy, n),
        "confidence": confidence,
        "lift": ratio(confidence, ratio(n_y, n)),
    }


def gain(log: Log, x: Spec, y: Spec, where: Where) -> Figures:
    """A rule inside a slice and outside it, and how many times as high its confidence is inside."""
    inside = together(log, x, y, where)
    outside = together(log, x, y, {"not": where})
    return {
        **inside,
        "outside_n_x": outside["n_x"],
        "outside_n_xy": outside["n_xy"],
        "outside_confidence": outside["confidence"],
        "gain": ratio(inside["confidence"], outside["confidence"]),
    }


def share(log: Log, x: Spec, where: Where | None = None) -> Figures:
    """Baskets with X among the baskets of a slice."""
    baskets = within(log, where)
    n_x = int(baskets.index.isin(baskets_with(log, x)).sum())
    return {"n": len(baskets), "n_x": n_x, "share": ratio(n_x, len(baskets))}


def shares_by(log: Log, x: Spec, by: str | list[str], where: Where | None = None) -> pd.DataFrame:
    """For each value of `by` (a column of the baskets, or several): n, n_x and the share, highest share first."""
    baskets = within(log, where)
    has_x = baskets.assign(x=baskets.index.isin(baskets_with(log, x))).groupby(by)["x"]
    table = pd.DataFrame({"n": has_x.size(), "n_x": has_x.sum()})
    return table.assign(share=table["n_x"] / table["n"]).sort_values("share", ascending=False)


def label_of(key: Any) -> str:
    """A group's label: its words joined by a space."""
    return " ".join(str(part) for part in key) if isinstance(key, tuple) else str(key)


def by_slice(log: Log, x: Spec, by: str | list[str], where: Where | None = None) -> Figures:
    """n, n_x and the share for each value of `by`; `top_...` is the one with the highest share."""
    table = shares_by(log, x, by, where)
    found: Figures = {"top_n": table["n"].iloc[0], "top_n_x": table["n_x"].iloc[0]}
    found["top_share"] = table["share"].iloc[0]
    for key, row in table.iterrows():
        label = label_of(key)
        found |= {f"n {label}": row["n"], f"n_x {label}": row["n_x"], f"share {label}": row["share"]}
    return found


def peaks(log: Log, x: Spec, where: Where | None = None) -> Figures:
    """All baskets with X, and the slice with the highest share by time of day, weekday, month and season."""
    found = share(log, x, where)
    for by in ("daypart", "weekday", "month", "season"):
        top = shares_by(log, x, by, where).iloc[0]
        found |= {f"{by}_n": top["n"], f"{by}_n_x": top["n_x"], f"{by}_share": top["share"]}
    return found


def best_place(log: Log, x: Spec, least: list[int], where: Where | None = None) -> Figures:
    """The place with the highest share of X among those with at least so many baskets, for several borders."""
    table = shares_by(log, x, "place", where)
    found: Figures = {}
    for border in least:
        top = table[table["n"] >= border].iloc[0]
        found |= {
            f"top{border}_n": top["n"],
            f"top{border}_n_x": top["n_x"],
            f"top{border}_share": top["share"],
        }
    by_count = table.sort_values("n_x", ascending=False).iloc[0]
    return found | {"most_n": by_count["n"], "most_n_x": by_count["n_x"]}


def compare(log: Log, x: Spec, a: Where, b: Where) -> Figures:
    """The share of X in one slice beside the share in another."""
    one, two = share(log, x, a), share(log, x, b)
    found = {f"{name}_a": value for name, value in one.items()} | {f"{name}_b": v for name, v in two.items()}
    return found | {
        "ratio": ratio(one["share"], two["share"]),
        "p": exact_p(one["n_x"], one["n"] - one["n_x"], two["n_x"], two["n"] - two["n_x"]),
    }


def compare_pair(log: Log, x: Spec, y: Spec, a: Where, b: Where) -> Figures:
    """The rule X -> Y in one slice beside the same rule in another."""
    one, two = together(log, x, y, a), together(log, x, y, b)
    found = {f"{name}_a": value for name, value in one.items()} | {f"{name}_b": v for name, v in two.items()}
    return found | {"ratio": ratio(one["confidence"], two["confidence"])}


def occasions(log: Log, x: Spec | None, y: Spec, days: float) -> pd.DataFrame:
    """Each basket with X (None: any basket) whose window ends in the data, and the gap to the next Y in it."""
    baskets = log.baskets.sort_values("at")
    window = pd.Timedelta(days=days)
    first = baskets if x is None else baskets[baskets.index.isin(baskets_with(log, x))]
    first = first[first["at"] + window <= baskets["last"].max()][["person", "at"]]
    then = baskets[baskets.index.isin(baskets_with(log, y))][["person", "at"]].assign(
        later=lambda rows: rows["at"]
    )
    found = pd.merge_asof(
        first, then, on="at", by="person", direction="forward", allow_exact_matches=False, tolerance=window
    )
    return found.assign(gap=(found["later"] - found["at"]).dt.total_seconds() / 86400)


def follows(log: Log, x: Spec, y: Spec, days: float) -> Figures:
    """After a basket with X, how often a strictly later one within so many days holds Y."""
    found, base, back = (
        occasions(log, x, y, days),
        occasions(log, None, y, days),
        occasions(log, y, x, days),
    )
    all_x = len(baskets_with(log, x))
    rate, base_rate = ratio(found["gap"].count(), len(found)), ratio(base["gap"].count(), len(base))
    return {
        "occasions": len(found),
        "hits": int(found["gap"].count()),
        "left_out": all_x - len(found),
        "rate": rate,
        "median_gap_days": float(found["gap"].median()),
        "base_occasions": len(base),
        "base_hits": int(base["gap"].count()),
        "base_rate": base_rate,
        "times_base": ratio(rate, base_rate),
        "reverse_occasions": len(back),
        "reverse_hits": int(back["gap"].count()),
    }


def gaps_by_person(log: Log, x: Spec, where: Where | None = None) -> pd.DataFrame:
    """Gaps in days between the distinct local days on which a person took X; people with three days or more."""
    baskets = within(log, where)
    taken = baskets[baskets.index.isin(baskets_with(log, x))][["person", "date"]].drop_duplicates()
    taken = taken.sort_values(["person", "date"])
    taken["gap"] = taken.groupby("person")["date"].diff().dt.days
    days = taken.groupby("person")["date"].transform("size")
    return taken[days >= 3]


def cycle(log: Log, x: Spec, where: Where | None = None) -> Figures:
    """How often people take X again: the median over people of each person's median gap."""
    taken = gaps_by_person(log, x, where)
    medians = taken.groupby("person")["gap"].median()
    return {
        "people": len(medians),
        "median_gap_days": float(medians.median()),
        "low_quarter_days": float(medians.quantile(0.25)),
        "high_quarter_days": float(medians.quantile(0.75)),
        "gaps": int(taken["gap"].count()),
        "median_all_gaps_days": float(taken["gap"].median()),
    }


def due(log: Log, x: Spec, on: str, days: int = 7) -> Figures:
    """People whose last day with X plus their own median gap falls before, or within so many days of, a date."""
    taken = gaps_by_person(log, x)
    taken = taken[taken["date"] <= pd.Timestamp(on)]
    people = taken.groupby("person").agg(last=("date", "max"), gap=("gap", "median"))
    when = people["last"] + pd.to_timedelta(people["gap"], unit="D")
    start, stop = pd.Timestamp(on), pd.Timestamp(on) + pd.Timedelta(days=days)
    return {
        "people": len(people),
        "due_within": int(((when >= start) & (when < stop)).sum()),
        "due_by": int((when < stop).sum()),
        "overdue": int((when < start).sum()),
    }


def by_month(log: Log, x: Spec, where: Where | None = None) -> Figures:
    """Share of baskets with X month by month, and the highest and the lowest of them."""
    table = shares_by(log, x, "month", where)
    low = table.iloc[-1]
    return by_slice(log, x, "month", where) | {
        "low_n": low["n"],
        "low_n_x": low["n_x"],
        "low_share": low["share"],
    }


def people_behind(log: Log, x: Spec, y: Spec, where: Where | None = None) -> Figures:
    """How many different people are behind the baskets with both, and how much the busiest of them gives."""
    baskets = within(log, where)
    has_x = baskets[baskets.index.isin(baskets_with(log, x))]
    both = has_x[has_x.index.isin(baskets_with(log, y))]
    counts = both["person"].value_counts()
    return {
        "n_x": len(has_x),
        "n_xy": len(both),
        "people_x": has_x["person"].nunique(),
        "people_xy": len(counts),
        "busiest_n_xy": int(counts.max()) if len(counts) else 0,
    }


def odds(log: Log, x: Spec, y: Spec, by: str = "size", where: Where | None = None) -> Figures:
    """The odds ratio of X and Y: crude, Mantel-Haenszel over strata, and the exact test's p.

    `by` is a column of the baskets, or "size": the number of different items other than X and Y, each number
    one stratum.
    """
    baskets = within(log, where)
    rest = log.lines[~fits(log, x) & ~fits(log, y)]
    size = rest.groupby("basket")["item"].nunique().reindex(baskets.index, fill_value=0)
    table = pd.DataFrame(
        {
            "x": baskets.index.isin(baskets_with(log, x)),
            "y": baskets.index.isin(baskets_with(log, y)),
            "stratum": size if by == "size" else baskets[by],
        }
    ).dropna()
    has_x, has_y = table["x"], table["y"]
    cells = pd.DataFrame({"a": has_x & has_y, "b": has_x & ~has_y, "c": ~has_x & has_y, "d": ~has_x & ~has_y})
    cells = cells.groupby(table["stratum"]).sum().astype(float)
    n = cells.sum(axis=1)
    whole = cells.sum()
    return {
        "n_xy": float(whole["a"]),
        "crude": ratio(whole["a"] * whole["d"], whole["b"] * whole["c"]),
        "adjusted": ratio(
            float((cells["a"] * cells["d"] / n).sum()), float((cells["b"] * cells["c"] / n).sum())
        ),
        "strata": len(cells),
        "p": exact_p(*whole[["a", "b", "c", "d"]]),
    }


def places_holding(log: Log, x: Spec, y: Spec, least: int = 1) -> Figures:
    """At how many places X and Y go together more often than by accident (lift over 1).

    Places with at least so many baskets with X count.
    """
    baskets = log.baskets
    table = (
        baskets.assign(x=baskets.index.isin(baskets_with(log, x)), y=baskets.index.isin(baskets_with(log, y)))
        .assign(xy=lambda rows: rows["x"] & rows["y"])
        .groupby("place")[["x", "y", "xy"]]
        .agg(["sum", "size"])
    )
    n_x, n_y, n_xy = (table[(name, "sum")] for name in ("x", "y", "xy"))
    lift = n_xy * table[("x", "size")] / (n_x * n_y)
    enough = n_x >= least
    return {
        "places": int(enough.sum()),
        "places_with_both": int((enough & (n_xy > 0)).sum()),
        "places_over_1": int((enough & (lift > 1)).sum()),
    }


def periods_holding(log: Log, x: Spec, y: Spec, by: str = "month") -> Figures:
    """In how many periods (a column of the baskets) X and Y go together more often than by accident."""
    baskets = log.baskets
    table = (
        baskets.assign(x=baskets.index.isin(baskets_with(log, x)), y=baskets.index.isin(baskets_with(log, y)))
        .assign(xy=lambda rows: rows["x"] & rows["y"])
        .groupby(by)[["x", "y", "xy"]]
        .agg(["sum", "size"])
    )
    n_x, n_y, n_xy = (table[(name, "sum")] for name in ("x", "y", "xy"))
    lift = n_xy * table[("x", "size")] / (n_x * n_y)
    return {
        "periods": len(table),
        "periods_with_both": int((n_xy > 0).sum()),
        "periods_over_1": int((lift > 1).sum()),
        "least_n_xy": int(n_xy.min()),
        "most_n_xy": int(n_xy.max()),
    }


def people_share(log: Log, x: Spec, where: Where | None = None) -> Figures:
    """How many people took X at all, of all people in the slice, and how often the keenest of them did."""
    baskets = within(log, where)
    has_x = baskets[baskets.index.isin(baskets_with(log, x))]
    counts = has_x["person"].value_counts()
    return {
        "people": baskets["person"].nunique(),
        "people_x": len(counts),
        "n_x": len(has_x),
        "busiest_n_x": int(counts.max()) if len(counts) else 0,
    }


FIGURES: dict[str, Callable[..., Figures]] = {
    function.__name__: function
    for function in (
        together,
        gain,
        share,
        by_slice,
        peaks,
        best_place,
        compare,
        compare_pair,
        follows,
        cycle,
        due,
        by_month,
        people_behind,
        odds,
        places_holding,
        periods_holding,
        people_share,
    )
}


def figure(log: Log, name: str, args: Mapping[str, Any]) -> Figures:
    """One figure by its name, as plain numbers: whole ones as int, others to six digits; what cannot be divided is left out."""
    found = {key: float(value) for key, value in FIGURES[name](log, **args).items()}
    return {
        key: int(value) if value == int(value) else float(f"{value:.6g}")
        for key, value in found.items()
        if math.isfinite(value)
    }


def read_questions(path: Path) -> list[dict[str, Any]]:
    """The questions, in their order."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def main() -> None:
    """Compute every expected figure and write them as one JSON document."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--movies", type=Path, required=True, help="folder with ml-100k.inter, .item and .user"
    )
    parser.add_argument("--groceries", type=Path, required=True, help="folder with the parquet files")
    parser.add_argument("--shop", type=Path, default=HERE / "shop", help="folder with the CSV files")
    parser.add_argument("--questions", type=Path, default=HERE / "questions.jsonl")
    parser.add_argument("--out", type=Path, default=HERE / "expected.json")
    wanted = parser.parse_args()
    load = {"movies": load_movies, "groceries": load_groceries, "shop": load_shop}
    expected: dict[str, Figures] = {}
    questions = read_questions(wanted.questions)
    for catalog, loader in load.items():
        log = loader(getattr(wanted, catalog))
        for question in questions:
            if question["catalog"] == catalog and question["figure"]:
                expected[question["id"]] = figure(log, question["figure"]["name"], question["figure"]["args"])
    ordered = {
        question["id"]: expected[question["id"]] for question in questions if question["id"] in expected
    }
    wanted.out.write_text(json.dumps(ordered, indent=1, sort_keys=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
