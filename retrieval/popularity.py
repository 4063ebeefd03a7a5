"""What is wanted by everyone, here, now, by people of a kind, or within a person's favourite groups.

Knows counts by item, place, context word, trait and group. It refuses to know which items go together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.profile import Floats, Ints, Log, Query, profile, sums
from retrieval.scorer import NOTHING, Arrays, Side, profile_matrix

By = Literal["place", "context", "trait"]


@dataclass(frozen=True)
class Popular:
    """The same score for everyone: ln(1 + takings, fading with age); NaN for items never taken."""

    name: str
    value: Floats

    def score(self, query: Query) -> Floats:
        """Return the popularity, whatever the question."""
        del query
        return self.value.copy()

    def because(self, query: Query, item: int) -> tuple[Ints, Floats]:
        """Return nothing: popularity does not come from the history."""
        del query, item
        return NOTHING

    def arrays(self) -> Arrays:
        """Return the values."""
        return {"value": self.value}


def popular(log: Log, *, name: str = "popular") -> Popular:
    """Count takings of each item."""
    count = np.bincount(log.item[log.sign > 0], minlength=log.n_items)
    return Popular(name, np.where(count > 0, np.log1p(count), np.nan))


@dataclass(frozen=True)
class Trend:
    """What everyone takes lately, as it stood at the instant of the question: ln(1 + takings, fading with age).

    `value` holds the popularity at each instant of `times` (days); a question reads the latest one before it, so
    that a question about the past is not told what became popular after it. NaN for items never taken.
    """

    name: str
    times: Floats
    value: NDArray[np.float32]

    def score(self, query: Query) -> Floats:
        """Return the popularity at the time of the question."""
        latest = int(np.searchsorted(self.times, query.now, side="right")) - 1
        return np.asarray(self.value[max(latest, 0)], dtype=np.float64)

    def because(self, query: Query, item: int) -> tuple[Ints, Floats]:
        """Return nothing: popularity does not come from the history."""
        del query, item
        return NOTHING

    def arrays(self) -> Arrays:
        """Return the instants and the popularity at each."""
        return {"times": self.times, "value": self.value}


def trend(log: Log, *, fade: float, most: int = 128) -> Trend | None:
    """Count takings that fade with `fade` days, at up to `most` even instants up to the end; None without instants."""
    kept = (log.sign > 0) & ~np.isnan(log.at)
    if not kept.any():
        return None
    at, item = log.at[kept], log.item[kept]
    first, last = float(at.min()), float(at.max())
    count = min(most, int(last - first) + 2)
    times = np.linspace(first, last, count)
    bin_of = np.searchsorted(times, at, side="left")
    weight = np.exp(-(times[bin_of] - at) / fade)
    value = np.zeros((count, log.n_items), np.float32)
    np.add.at(value, (bin_of, item), weight)
    keep = np.float32(np.exp(-(times[1] - times[0]) / fade)) if count > 1 else np.float32(0)
    for later in range(1, count):
        value[later] += keep * value[later - 1]
    ever = np.bincount(log.item[log.sign > 0], minlength=log.n_items) > 0
    value = np.log1p(value)
    value[:, ~ever] = np.nan
    return Trend("trend", times, value)


def first_takings(log: Log) -> Log:
    """Return the log of each person's first row of each item: what is tried, without what is repeated."""
    pair = log.person * log.n_items + log.item
    order = np.lexsort((np.nan_to_num(log.at, nan=-np.inf), pair))
    first = np.zeros(len(order), bool)
    first[order[np.r_[True, np.diff(pair[order]) != 0]]] = True
    return log.keep(first)


@dataclass(frozen=True)
class Lift:
    """How much more an item is taken under each code (a place, a context word, a trait) than anywhere.

    lift[c, i] = ln((n_ci + shrink) / (expected_ci + shrink)) with expected = n_c n_i / n; the lifts of all codes
    that hold for a question add up, and it is NaN where none holds.
    """

    name: str
    by: By
    table: NDArray[np.float32]
    codes: tuple[str, ...] = ()
    traits: Ints | None = None

    def _held(self, query: Query) -> Ints:
        if self.by == "place":
            held = [query.place] if 0 <= query.place < len(self.table) else []
            return np.array(held, dtype=np.int64)
        if self.by == "context":
            return np.array([self.codes.index(w) for w in query.context if w in self.codes], dtype=np.int64)
        if self.traits is None or not 0 <= query.person < len(self.traits):
            return np.zeros(0, np.int64)
        codes = self.traits[query.person]
        return np.asarray(codes[codes >= 0], dtype=np.int64)

    def score(self, query: Query) -> Floats:
        """Return the summed lifts of the codes that hold."""
        held = self._held(query)
        if not len(held):
            return np.full(self.table.shape[1], np.nan)
        return np.asarray(self.table[held].sum(axis=0), dtype=float)

    def because(self, query: Query, item: int) -> tuple[Ints, Floats]:
        """Return nothing: circumstances do not come from the history."""
        del query, item
        return NOTHING

    def arrays(self) -> Arrays:
        """Return the table and what its rows stand for."""
        out: Arrays = {
            "table": self.table,
            "codes": np.array(self.codes, dtype=np.str_),
            "by": np.array([self.by]),
        }
        return out if self.traits is None else {**out, "traits": self.traits}

    @classmethod
    def of_arrays(cls, name: str, arrays: Mapping[str, NDArray[Any]]) -> Lift:
        """Make the scorer again from `arrays()`."""
        by = str(arrays["by"][0])
        kind: By = "place" if by == "place" else "context" if by == "context" else "trait"
        codes = tuple(str(one) for one in arrays["codes"])
        return cls(name, kind, np.asarray(arrays["table"]), codes, arrays.get("traits"))


def _lifts(code: Ints, item: Ints, n_codes: int, n_items: int, shrink: float) -> NDArray[np.float32]:
    count = (
        np.bincount(code * n_items + item, minlength=n_codes * n_items)
        .reshape(n_codes, n_items)
        .astype(float)
    )
    expected = count.sum(axis=1, keepdims=True) * count.sum(axis=0, keepdims=True) / max(count.sum(), 1.0)
    return np.asarray(np.log((count + shrink) / (expected + shrink)), dtype=np.float32)


def place_lift(log: Log, side: Side, *, shrink: float = 20.0) -> Lift | None:
    """Compare places: those of the rows, else the home of each row's person; None with fewer than two."""
    place = log.place
    if (place < 0).all() and side.home is not None:
        place = side.home[log.person]
    known = (place >= 0) & (log.sign > 0)
    if len(np.unique(place[known])) < 2:
        return None
    return Lift("place", "place", _lifts(place[known], log.item[known], log.n_places, log.n_items, shrink))


def context_lift(log: Log, *, shrink: float = 20.0) -> Lift | None:
    """Compare context words; None where the rows carry none."""
    if log.context is None:
        return None
    words = [tuple(one) if isinstance(one, tuple | list) else () for one in log.context]
    codes = tuple(sorted({w for row in words for w in row}))
    if len(codes) < 2:
        return None
    number = {w: c for c, w in enumerate(codes)}
    row = np.repeat(np.arange(len(words)), [len(one) for one in words])
    code = np.array([number[w] for one in words for w in one], dtype=np.int64)
    table = np.stack(
        [_word_lift(log.item, row[code == c], log.n_items, shrink) for c in range(len(codes))]
    ).astype(np.float32)
    return Lift("context", "context", table, codes)


def _word_lift(item: Ints, rows: Ints, n_items: int, shrink: float) -> Floats:
    inside = np.bincount(item[rows], minlength=n_items).astype(float)
    expected = np.bincount(item, minlength=n_items) * (len(rows) / max(len(item), 1))
    return np.log((inside + shrink) / (expected + shrink))


def trait_lift(log: Log, side: Side, *, shrink: float = 20.0) -> Lift | None:
    """Compare people of one attribute value with everyone; None where nothing is known of people."""
    if side.traits is None or not side.traits.shape[1]:
        return None
    blocks, shifted, first = [], side.traits.copy(), 0
    for column in range(side.traits.shape[1]):
        code = side.traits[log.person, column]
        known = (code >= 0) & (log.sign > 0)
        n_codes = int(side.traits[:, column].max(initial=-1)) + 1
        if n_codes:
            blocks.append(_lifts(code[known], log.item[known], n_codes, log.n_items, shrink))
        shifted[:, column] = np.where(side.traits[:, column] >= 0, side.traits[:, column] + first, -1)
        first += n_codes
    if not blocks:
        return None
    return Lift("traits", "trait", np.concatenate(blocks), (), shifted)


@dataclass(frozen=True)
class Kinds:
    """How much of a recency profile lies in the group (parent, else first category) of each item.

    score(i) = ln(1 + max(sum over history items of i's group of their weights, 0)); NaN without a group.
    """

    group: Ints
    fade: float
    name: str = "kind"

    def score(self, query: Query) -> Floats:
        """Return the log of the group's weight in the profile."""
        taste = profile(query, fade=self.fade)
        if not len(taste.item):
            return np.full(len(self.group), np.nan)
        mine = self.group[taste.item]
        n = int(self.group.max(initial=-1)) + 1
        total = sums(mine[mine >= 0], taste.weight[mine >= 0], max(n, 1))
        return np.where(self.group >= 0, self._squash(total)[np.maximum(self.group, 0)], np.nan)

    @staticmethod
    def _squash(total: Floats) -> Floats:
        return np.sign(total) * np.log1p(np.abs(total))

    def because(self, query: Query, item: int) -> tuple[Ints, Floats]:
        """Split the score over the history items of the group in proportion to their weights."""
        taste = profile(query, fade=self.fade)
        kin = (self.group[taste.item] == self.group[item]) & (self.group[item] >= 0)
        size = np.abs(taste.weight[kin]).sum()
        total = taste.weight[kin].sum()
        if size == 0 or total == 0:
            return NOTHING
        return taste.item[kin], taste.weight[kin] * float(self._squash(total) / total)

    def arrays(self) -> Arrays:
        """Return the groups and the fade."""
        return {"group": self.group, "fade": np.array([self.fade])}


@dataclass(frozen=True)
class Content:
    """Nearness of meaning: the weighted sum of cosines between an item's text vector and those of the history."""

    vectors: NDArray[np.float32]
    fade: float
    name: str = "content"

    def score(self, query: Query) -> Floats:
        """Return the dot product with the summed history vectors, NaN for items without a vector."""
        taste = profile(query, fade=self.fade)
        if not len(taste.item):
            return np.full(len(self.vectors), np.nan)
        wanted = taste.weight.astype(np.float32) @ self.vectors[taste.item]
        return np.where(self._told, self.vectors @ wanted, np.nan)

    @cached_property
    def _told(self) -> NDArray[np.bool_]:
        return np.asarray(self.vectors.any(axis=1))

    def score_many(self, queries: Sequence[Query]) -> Floats:
        """Return questions x items by one matrix product."""
        tastes = [profile(query, fade=self.fade) for query in queries]
        asked = np.array([len(one.item) > 0 for one in tastes])
        wanted = profile_matrix(tastes, len(self.vectors)) @ self.vectors
        return np.where(asked[:, None] & self._told, wanted @ self.vectors.T, np.nan)

    def because(self, query: Query, item: int) -> tuple[Ints, Floats]:
        """Return each history item's weight times its cosine with `item`."""
        taste = profile(query, fade=self.fade)
        if not self.vectors[item].any() or not len(taste.item):
            return NOTHING
        return taste.item, taste.weight * (self.vectors[taste.item] @ self.vectors[item])

    def arrays(self) -> Arrays:
        """Return the vectors and the fade."""
        return {"vectors": self.vectors, "fade": np.array([self.fade])}
