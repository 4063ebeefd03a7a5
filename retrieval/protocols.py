"""Evaluation protocols: how a log is cut into what a ranker may learn from and what it must then predict.

Knows the exact cuts of P1, P2 and P3, and the two for any catalogue ("last" and "time"). It refuses to know any ranker, and to compute a metric (`retrieval.evaluate`).
Every candidate is ranked: no negatives are sampled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

CUT = pd.Timestamp("2017-12-04", tz="UTC")
"""Start of the test window of P3."""
WINDOW = pd.Timedelta(days=28)


@dataclass(frozen=True)
class Task:
    """One evaluation: fit on `train`, rank for each person of `truth`, compare.

    `at` and `place` hold what is known of each person's question; missing ones are unknown.
    """

    name: str
    train: pd.DataFrame
    truth: pd.DataFrame
    """`person, item`: what was taken."""
    exclude_seen: bool = True
    at: Mapping[Any, pd.Timestamp] = field(default_factory=dict)
    place: Mapping[Any, Any] = field(default_factory=dict)
    left_out: int = 0
    """People in the test part who have no history and are not asked for."""

    @property
    def people(self) -> list[Any]:
        """Everyone who is asked for, in order."""
        return sorted(self.truth["person"].unique().tolist())


def leave_last_out(interactions: pd.DataFrame, *, validation: bool = False) -> Task:
    """P1: each person's last row is predicted from all before; for validation the second last, the last unused.

    Every rating is a positive; ties in time stay in file order; people with too few rows are left out.
    """
    rows = interactions.reset_index(drop=True)
    order = rows.sort_values(["person", "at"], kind="stable").index
    back = rows.loc[order].groupby("person").cumcount(ascending=False).reindex(rows.index)
    target = 1 if validation else 0
    train = rows[back > target]
    truth = rows.loc[back == target, ["person", "item"]]
    known = truth["person"].isin(train["person"].unique())
    name = "P1 validation" if validation else "P1"
    return Task(name, train, truth[known].reset_index(drop=True), left_out=int((~known).sum()))


def time_split(interactions: pd.DataFrame, *, validation: bool = False, repeats: bool = False) -> Task:
    """P2: rows by time, 80 % train, 10 % validation, 10 % test; the test learns from the first 90 %.

    Only people with a history are asked for, at the instant of the cut, and only for items that they have not taken
    (with `repeats`, for those that they took as well).
    """
    rows = interactions.sort_values("at", kind="stable").reset_index(drop=True)
    begin, end = (
        (int(len(rows) * 0.8), int(len(rows) * 0.9)) if validation else (int(len(rows) * 0.9), len(rows))
    )
    train, test = rows.iloc[:begin], rows.iloc[begin:end]
    known = test["person"].isin(train["person"].unique())
    seen = pd.MultiIndex.from_frame(train[["person", "item"]])
    pairs = test.loc[known, ["person", "item"]].drop_duplicates()
    fresh = repeats | ~pd.MultiIndex.from_frame(pairs).isin(seen)
    left_out = test.loc[~known, "person"].nunique()
    name = "P2 validation" if validation else "P2"
    truth = pairs[fresh].reset_index(drop=True)
    asked_at = dict.fromkeys(truth["person"].unique().tolist(), train["at"].iloc[-1])
    return Task(name, train, truth, exclude_seen=not repeats, at=asked_at, left_out=int(left_out))


def last_visit(interactions: pd.DataFrame, *, validation: bool = False) -> Task:
    """Predict each person's last visit from all their visits before, its instant and place known, repeats allowed.

    A visit is a basket where the rows name one, else a calendar day (UTC). For validation it is the second last, and
    the last is unused; people with too few visits are left out.
    """
    rows = interactions.dropna(subset=["at"]).sort_values("at", kind="stable").reset_index(drop=True)
    day = rows["at"].dt.floor("D").astype(str)
    key = rows["basket"].astype(object).where(rows["basket"].notna(), day) if "basket" in rows else day
    visits = pd.DataFrame({"person": rows["person"], "visit": key}).drop_duplicates()
    visits = visits.assign(back=visits.groupby("person").cumcount(ascending=False))
    back = pd.DataFrame({"person": rows["person"], "visit": key}).merge(visits, how="left")["back"]
    target = 1 if validation else 0
    train, asked = rows[back > target], rows[back == target]
    known = asked["person"].isin(train["person"].unique())
    left_out = int(asked.loc[~known, "person"].nunique())
    asked = asked[known]
    first = asked.drop_duplicates("person").set_index("person")
    where = first["place"].dropna().to_dict() if "place" in first else {}
    truth = asked[["person", "item"]].drop_duplicates().reset_index(drop=True)
    name = "last validation" if validation else "last"
    return Task(name, train, truth, False, first["at"].to_dict(), where, left_out)


def purchases(
    interactions: pd.DataFrame, *, validation: bool = False, cut: pd.Timestamp = CUT
) -> dict[str, Task]:
    """P3: the 28 days from `cut` (00:00 UTC) per household, given all before; validation is the 28 days before that.

    Candidates are the products in at least 20 baskets before the window; histories keep candidates only, one row a
    basket and product; households without history are left out. "all" allows repeats, "new" asks for products that
    the household never took, "basket" asks for its first basket in the window with at least three candidates, its
    time and store known.
    """
    start = cut - WINDOW if validation else cut
    rows = interactions[interactions["at"] < start + WINDOW]
    rows = rows.drop_duplicates(["basket", "item"])
    before = rows[rows["at"] < start]
    baskets = before.groupby("item")["basket"].nunique()
    candidates = baskets.index[baskets >= 20]
    train = before[before["item"].isin(candidates)]
    test = rows[(rows["at"] >= start) & rows["item"].isin(candidates)]
    known = test["person"].isin(train["person"].unique())
    left_out = int(test.loc[~known, "person"].nunique())
    test = test[known]
    pairs = test[["person", "item"]].drop_duplicates().reset_index(drop=True)
    seen = pd.MultiIndex.from_frame(train[["person", "item"]].drop_duplicates())
    fresh = pairs[~pd.MultiIndex.from_frame(pairs).isin(seen)].reset_index(drop=True)
    sizes = test.groupby("basket")["item"].transform("size")
    large = test[sizes >= 3].sort_values(["at", "basket"], kind="stable")
    first = large.drop_duplicates("person").set_index("person")
    mine = large[large["basket"] == large["person"].map(first["basket"])]
    suffix = " validation" if validation else ""
    start_of_all = dict.fromkeys(pairs["person"].unique().tolist(), start)
    return {
        "all": Task(f"P3all{suffix}", train, pairs, exclude_seen=False, at=start_of_all, left_out=left_out),
        "new": Task(f"P3new{suffix}", train, fresh, at=start_of_all, left_out=left_out),
        "basket": Task(
            f"P3basket{suffix}",
            train,
            mine[["person", "item"]].reset_index(drop=True),
            exclude_seen=False,
            at=first["at"].to_dict(),
            place=first["place"].to_dict() if "place" in first else {},
            left_out=left_out,
        ),
    }


PROTOCOLS: Mapping[str, tuple[str, ...]] = {
    "P1": ("P1",),
    "P2": ("P2",),
    "P3": ("P3all", "P3new", "P3basket"),
    "last": ("last",),
    "time": ("time",),
}
"""Every protocol with the tasks that it makes; tasks of one protocol learn from the same rows."""


def tasks_of(
    protocol: str, interactions: pd.DataFrame, *, validation: bool = True, repeats: bool = False
) -> list[Task]:
    """Return the tasks of a protocol by name; `repeats` says that people of this log take the same items again.

    "last" is each person's last row (P1), or last visit where people repeat; "time" is the split by time (P2).

    Raises:
        ValueError: there is no such protocol.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol {protocol!r} is not known; the protocols are: {', '.join(PROTOCOLS)}")
    if protocol == "P3":
        return list(purchases(interactions, validation=validation).values())
    if protocol == "last" and repeats:
        return [last_visit(interactions, validation=validation)]
    if protocol in ("P1", "last"):
        task = leave_last_out(interactions, validation=validation)
    else:
        task = time_split(interactions, validation=validation, repeats=repeats)
    return [replace(task, name=f"{protocol} validation" if validation else protocol)]
