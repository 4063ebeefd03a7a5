"""Behaviour in integers: the fitted log, one question, and the weighted profile that scorers read.

Knows ids, instants and strengths. It refuses to know any scorer, and why an item is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NO_TIME_AGE = 365.0
"""Days that a row without an instant counts as old."""

_FEW = 64
"""Up to this many ids are looked up one by one: pandas costs more than that."""

_STRENGTH_OF_KIND = {"dislike": -1.0, "like": 1.0}


@dataclass(frozen=True)
class Ids:
    """External ids in a fixed order; a position is an internal id."""

    index: pd.Index

    @classmethod
    def of(cls, *columns: pd.Series | None) -> Ids:
        """Collect the distinct non-missing ids of all columns, sorted, so that row order does not matter."""
        seen: set[Any] = set()
        for column in columns:
            if column is not None:
                seen.update(column.dropna().unique().tolist())
        try:
            return cls(pd.Index(sorted(seen), dtype=object))
        except TypeError:
            return cls(pd.Index(sorted(seen, key=lambda one: (type(one).__name__, str(one))), dtype=object))

    def __len__(self) -> int:
        return len(self.index)

    def positions(self, ids: Sequence[Any] | pd.Series) -> Ints:
        """Return positions, -1 for an unknown id; an id also matches by its text ("12" finds 12)."""
        if len(ids) <= _FEW:
            by_text = self._by_text
            return np.array([by_text.get(str(one), -1) for one in ids], dtype=np.int64)
        codes, distinct = pd.factorize(
            ids if isinstance(ids, pd.Series) else pd.Series(list(ids), dtype=object)
        )
        listed = distinct.tolist()
        found = np.asarray(self.index.get_indexer(pd.Index(listed, dtype=object)), dtype=np.int64)
        for place in np.flatnonzero(found < 0):
            found[place] = self._by_text.get(str(listed[place]), -1)
        return np.append(found, -1)[codes]

    @cached_property
    def _by_text(self) -> dict[str, int]:
        return {str(one): position for position, one in enumerate(self.index)}


@dataclass(frozen=True)
class Log:
    """Rows sorted by person, instant and item.

    `at` is days since 1970 (NaN unknown), `step` the position of a row in its person's history (tied instants
    share their mean position), `visit` numbers the baskets within all rows, `strength` is in [-1, 1] (how much it
    was liked, 1 where nothing is known), `sign` is -1 for an explicit dislike, else 1. `starts[p]:starts[p+1]`
    are the rows of person `p`.
    """

    person: Ints
    item: Ints
    at: Floats
    step: Floats
    visit: Ints
    place: Ints
    strength: Floats
    sign: Floats
    starts: Ints
    n_items: int
    n_places: int
    has_visits: bool
    context: NDArray[np.object_] | None = field(default=None, repr=False)

    @property
    def n_people(self) -> int:
        """How many people, some perhaps without a row."""
        return len(self.starts) - 1

    @property
    def end(self) -> float:
        """The last known instant in days; 0 where no row has one."""
        known = self.at[~np.isnan(self.at)]
        return float(known.max()) if len(known) else 0.0

    def rows_of(self, person: int) -> slice:
        """Return where the rows of `person` lie."""
        return slice(int(self.starts[person]), int(self.starts[person + 1]))

    def keep(self, mask: NDArray[np.bool_]) -> Log:
        """Return the log of the rows in `mask` over the same people and items; steps are counted anew."""
        starts = np.searchsorted(self.person[mask], np.arange(self.n_people + 1))
        person, at = self.person[mask], self.at[mask]
        return replace(
            self,
            person=person,
            item=self.item[mask],
            at=at,
            step=steps(person, at, self.visit[mask] if self.has_visits else None),
            visit=self.visit[mask],
            place=self.place[mask],
            strength=self.strength[mask],
            sign=self.sign[mask],
            starts=starts.astype(np.int64),
            context=None if self.context is None else self.context[mask],
        )


@dataclass(frozen=True)
class Query:
    """One question: a history and the circumstances, all in internal ids.

    The history is in the order of `Log`; `liked`, `disliked` and `cart` are named in the question itself.
    """

    item: Ints
    at: Floats
    step: Floats
    visit: Ints
    place_of: Ints
    strength: Floats
    sign: Floats
    now: float
    person: int = -1
    place: int = -1
    context: tuple[str, ...] = ()
    liked: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    disliked: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    cart: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    named_weight: float = 3.0
    memo: dict[Any, Profile] = field(default_factory=dict, compare=False, repr=False)
    """Profiles already computed: many scorers read the same one."""

    @property
    def age(self) -> Floats:
        """Days from each row to now, never negative."""
        return np.nan_to_num(np.maximum(self.now - self.at, 0.0), nan=NO_TIME_AGE)

    def without(self, items: Ints) -> Query:
        """Return the same question as if `items` had never been taken or named."""
        kept = ~np.isin(self.item, items)
        return replace(
            self,
            item=self.item[kept],
            at=self.at[kept],
            step=self.step[kept],
            visit=self.visit[kept],
            place_of=self.place_of[kept],
            strength=self.strength[kept],
            sign=self.sign[kept],
            liked=np.setdiff1d(self.liked, items),
            disliked=np.setdiff1d(self.disliked, items),
            cart=np.setdiff1d(self.cart, items),
            memo={},
        )


@dataclass(frozen=True)
class Profile:
    """Distinct items of a history with one signed weight each."""

    item: Ints
    weight: Floats


def steps(person: Ints, at: Floats, visit: Ints | None) -> Floats:
    """Return each row's position in its person's history, 0 first; ties share the mean position.

    With visits a position counts visits, else rows. Rows without an instant come first.
    """
    n = len(person)
    if n == 0:
        return np.zeros(0)
    filled = np.nan_to_num(at, nan=-np.inf)
    if visit is not None:
        new = np.r_[True, (np.diff(person) != 0) | (np.diff(visit) != 0)]
        count = np.cumsum(new) - 1
        first = np.r_[True, np.diff(person) != 0]
        return (count - np.maximum.accumulate(np.where(first, count, 0))).astype(float)
    new = np.r_[True, (np.diff(person) != 0) | (filled[1:] != filled[:-1])]
    begin = np.flatnonzero(new)
    length = np.diff(np.r_[begin, n])
    group = np.cumsum(new) - 1
    middle = begin + (length - 1) / 2.0
    first_row = np.searchsorted(person, person)
    return np.asarray(middle[group] - first_row, dtype=float)


def profile(query: Query, *, fade: float, recent: int = 400, graded: bool = False) -> Profile:
    """Weigh the history by recency: a row `r` steps back weighs `(1 + r) ** -fade`.

    Rows of one item add up. `graded` multiplies by the strength instead of the sign. Named items lie at step 0 and
    weigh `named_weight` (disliked ones negatively), the cart like a latest row.
    """
    key = (fade, recent, graded)
    found = query.memo.get(key)
    if found is None:
        found = query.memo[key] = _profile(query, fade, recent, graded=graded)
    return found


def _profile(query: Query, fade: float, recent: int, *, graded: bool) -> Profile:
    rows = slice(max(len(query.item) - recent, 0), None)
    item, step = query.item[rows], query.step[rows]
    back = (step[-1] - step) if len(step) else step
    sign = query.strength[rows] if graded else query.sign[rows]
    weight = sign * (1.0 + np.maximum(back, 0.0)) ** -fade
    named = query.named_weight
    item = np.concatenate([item, query.liked, query.disliked, query.cart])
    weight = np.concatenate(
        [
            weight,
            np.full(len(query.liked), named),
            np.full(len(query.disliked), -named),
            np.ones(len(query.cart)),
        ]
    )
    distinct, inverse = np.unique(item, return_inverse=True)
    return Profile(distinct, sums(inverse, weight, len(distinct)))


def sums(key: NDArray[np.integer[Any]], weight: Floats, size: int) -> Floats:
    """Return the summed weights of each key in 0..size-1."""
    return np.asarray(np.bincount(key, weights=weight, minlength=size), dtype=np.float64)


def days(column: pd.Series | Any) -> Floats:
    """Turn instants into days since 1970 (UTC; a naive time means UTC), NaN where missing."""
    at = pd.to_datetime(pd.Series(column), utc=True)
    out = at.astype("datetime64[ns, UTC]").astype("int64").to_numpy() / 86_400e9
    return np.where(at.isna().to_numpy(), np.nan, out)


def strengths(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return (strength, sign) of each row.

    A rating is centred on the middle of the scale that the frame shows, -1 the lowest, 1 the highest; `like` is 1,
    `dislike` -1 and negative in sign too; any other kind says only that it was taken: 1.
    """
    n = len(rows)
    kind = rows["kind"].astype("string").fillna("") if "kind" in rows else pd.Series([""] * n, dtype="string")
    strength, sign = np.ones(n), np.ones(n)
    if "value" in rows:
        value = pd.to_numeric(rows["value"], errors="coerce").to_numpy(dtype=float)
        rated = (kind == "rate").to_numpy() & ~np.isnan(value)
        if rated.any():
            low, high = min(value[rated].min(), 1.0), max(value[rated].max(), 5.0)
            strength[rated] = (value[rated] - (low + high) / 2) / ((high - low) / 2)
    for name, one in _STRENGTH_OF_KIND.items():
        strength[(kind == name).to_numpy()] = one
    sign[(kind == "dislike").to_numpy()] = -1.0
    return strength, sign


def make_log(rows: pd.DataFrame, people: Ids, items: Ids, places: Ids) -> tuple[Log, Ints]:
    """Build the log of a frame, and return with it which frame row each log row is.

    Rows of unknown items or people are left out; repeated rows of one basket (or instant) are one.
    """
    person, item = people.positions(rows["person"]), items.positions(rows["item"])
    n = len(rows)
    at = days(rows["at"]) if "at" in rows else np.full(n, np.nan)
    has_visits = "basket" in rows and bool(rows["basket"].notna().any())
    visit = pd.factorize(rows["basket"].astype("string"), sort=True)[0] if has_visits else np.full(n, -1)
    place = (
        places.positions(rows["place"].astype(object)) if "place" in rows and len(places) else np.full(n, -1)
    )
    strength, sign = strengths(rows)
    context = rows["context"].to_numpy(dtype=object) if "context" in rows else None
    known = (item >= 0) & (person >= 0)
    order = np.lexsort((sign, strength, item, visit, np.nan_to_num(at, nan=-np.inf), person))
    order = order[known[order]]
    if len(order):
        key = np.stack([person, visit, item])[:, order]
        same = (np.diff(key, axis=1) == 0).all(axis=0)
        same &= np.nan_to_num(at[order][1:], nan=-1.0) == np.nan_to_num(at[order][:-1], nan=-1.0)
        order = order[np.r_[~same, True]]
    visit = np.asarray(visit, dtype=np.int64)
    person_o, at_o = person[order], at[order]
    log = Log(
        person=person_o,
        item=item[order],
        at=at_o,
        step=steps(person_o, at_o, visit[order] if has_visits else None),
        visit=visit[order],
        place=place[order],
        strength=strength[order],
        sign=sign[order],
        starts=np.searchsorted(person_o, np.arange(len(people) + 1)).astype(np.int64),
        n_items=len(items),
        n_places=len(places),
        has_visits=has_visits,
        context=None if context is None else context[order],
    )
    return log, order.astype(np.int64)


def query_of(log: Log, person: int, *, now: float, rows: slice | None = None, **named: Any) -> Query:
    """Return the question of a fitted person; `rows` cuts the history, else it is all of it."""
    here = rows if rows is not None else (log.rows_of(person) if person >= 0 else slice(0, 0))
    return Query(
        item=log.item[here],
        at=log.at[here],
        step=log.step[here],
        visit=log.visit[here],
        place_of=log.place[here],
        strength=log.strength[here],
        sign=log.sign[here],
        now=now,
        person=person,
        **named,
    )
