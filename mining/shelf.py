"""Rules as flat arrays: found by key, slice and kind without making a rule that nobody asked for.

Knows how each kind of rule is written into a line of numbers and made again. It refuses to know what a question means.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mining import bits
from mining.count import Count, Slice
from mining.postings import Lists, Postings
from mining.rule import KINDS, AnyRule, Cycle, Direction, NextRule, Rule, Trend

_COUNTS = ("n", "n_x", "n_y", "n_xy", "people", "people_x", "people_y", "people_xy")
_RULE = ("p", "q", "held", "windows", "held_out", "adjusted", "score")
_TREND = ("slope", "p", "q", "dispersion", "score")
DIRECTIONS: tuple[Direction, ...] = ("steady", "rising", "fading", "peak", "season")


def _plain(kind: type[NextRule] | type[Cycle]) -> tuple[str, ...]:
    """Return the number fields of a rule that is flat already."""
    skipped = {"antecedent", "consequent", "where", "kind", "key"}
    return tuple(field.name for field in fields(kind) if field.name not in skipped)


_NEXT, _CYCLE = _plain(NextRule), _plain(Cycle)
_WIDTH = max(2 * len(_COUNTS) + len(_RULE), len(_NEXT), len(_CYCLE), len(_TREND) + 2)


@dataclass(frozen=True, eq=False)
class PairColumns:
    """Rules of two items over all baskets, as columns."""

    items: tuple[str, ...]
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    """Positions of the items on the left and on the right."""
    counts: NDArray[np.float64]
    """Pairs x the counts of `Count`."""
    tests: NDArray[np.float64]
    """Pairs x (p, q, held, windows, held out, adjusted, score); NaN for what is not told."""

    @property
    def score(self) -> NDArray[np.float64]:
        """What the book orders by."""
        return self.tests[:, -1]

    @property
    def named(self) -> set[str]:
        """The items that some pair names."""
        return {self.items[one] for one in np.unique(np.concatenate([self.x, self.y])).tolist()}

    @property
    def numbers(self) -> NDArray[np.float64]:
        """Their lines on a shelf."""
        numbers = np.full((len(self.x), _WIDTH), np.nan)
        numbers[:, : len(_COUNTS)] = self.counts
        numbers[:, 2 * len(_COUNTS) : 2 * len(_COUNTS) + len(_RULE)] = self.tests
        return numbers


@dataclass(frozen=True, eq=False)
class Shelf:
    """Rules, best first; a position is a line of every array."""

    keys: tuple[str, ...]
    slices: tuple[Slice, ...]
    unit: str
    labels: tuple[str, ...]
    """Windows of the trends, which all rules of a book share."""
    kind: NDArray[np.int8]
    slice_of: NDArray[np.int32]
    body_start: NDArray[np.int64]
    body: NDArray[np.int32]
    """Keys of the antecedents, joined."""
    head: NDArray[np.int32]
    """Key of the consequent."""
    numbers: NDArray[np.float64]
    series: NDArray[np.int32]
    """For each trend in turn, n and n_x of its windows."""
    series_of: NDArray[np.int32]
    """Line of a trend in `series`, -1 for other kinds."""

    @classmethod
    def of(cls, rules: Sequence[AnyRule], pairs: PairColumns | None = None) -> Shelf:
        """Write rules down, best first, of two as good the earlier one; a consequent has one key.

        Args:
            rules: Rules of any kind.
            pairs: Pairs that come before them.
        """
        before = 0 if pairs is None else len(pairs.x)
        numbers = _numbers(rules)
        score = np.array([rule.score for rule in rules], dtype=np.float64)
        if pairs is not None:
            numbers, score = np.concatenate([pairs.numbers, numbers]), np.concatenate([pairs.score, score])
        order = np.argsort(-score, kind="stable")
        named = () if pairs is None else pairs.named
        keys = {
            key: code
            for code, key in enumerate(sorted({key for rule in rules for key in rule.keys} | {*named}))
        }
        body, size, head = _coded(rules, pairs, keys)
        begin = np.cumsum(size) - size
        ends = np.cumsum(size[order])
        slices, slice_of = _sliced([Slice(rule.context, rule.place) for rule in rules], before, order)
        kinds = np.concatenate([np.zeros(before), [KINDS.index(rule.kind) for rule in rules]]).astype(np.int8)
        trends = [rules[one - before] for one in order[kinds[order] == KINDS.index("trend")].tolist()]
        series_of = np.full(len(order), -1, dtype=np.int32)
        series_of[kinds[order] == KINDS.index("trend")] = np.arange(len(trends))
        unit, labels, series = _series([one for one in trends if isinstance(one, Trend)])
        return cls(
            keys=tuple(keys),
            unit=unit,
            labels=labels,
            kind=kinds[order],
            slice_of=slice_of,
            body_start=np.concatenate([[0], ends]).astype(np.int64),
            body=body[np.repeat(begin[order] - (ends - size[order]), size[order]) + np.arange(len(body))],
            head=head[order],
            numbers=numbers[order],
            series=series,
            series_of=series_of,
            slices=slices,
        )

    def __len__(self) -> int:
        return len(self.kind)

    @cached_property
    def key_code(self) -> dict[str, int]:
        """Code of each key that a rule speaks of."""
        return {key: code for code, key in enumerate(self.keys)}

    @cached_property
    def slice_code(self) -> dict[Slice, int]:
        """Code of each slice that a rule holds in."""
        return {where: code for code, where in enumerate(self.slices)}

    @cached_property
    def fired(self) -> Postings:
        """For each key and kind, rules that fire only where the key is there; each rule stands under one key.

        That key is the one of its antecedent that the fewest rules begin with, or the consequent where there is no
        antecedent: a cart that holds all of an antecedent holds that key, and a frequent key, which very many rules
        need among others, lists few that it cannot fire alone.
        """
        begin, end = np.asarray(self.body_start[:-1]), np.asarray(self.body_start[1:])
        some = np.flatnonzero(end > begin)
        rarity = np.bincount(self.body, minlength=len(self.keys))[self.body]
        line = np.repeat(np.arange(len(self)), end - begin)
        order = np.lexsort((rarity, line))  # the rarest of each rule comes first
        key = np.array(self.head, dtype=np.int64)
        key[some] = np.asarray(self.body)[order][begin[some]]
        return self._by_kind(key)

    @cached_property
    def ended(self) -> Postings:
        """For each key and kind, the rules whose consequent is the key."""
        return self._by_kind(np.array(self.head, dtype=np.int64))

    @cached_property
    def by_slice(self) -> Postings:
        """For each slice, its rules."""
        return Postings.of(np.asarray(self.slice_of), len(self.slices))

    @cached_property
    def by_kind(self) -> Postings:
        """For each kind, its rules."""
        return Postings.of(np.asarray(self.kind), len(KINDS))

    def _by_kind(self, key: NDArray[np.int64]) -> Postings:
        return Postings.of(key * len(KINDS) + self.kind, len(self.keys) * len(KINDS))

    @cached_property
    def every(self) -> Lists:
        """All rules."""
        n = len(self)
        return Lists(np.arange(n, dtype=np.int32), np.array([0]), np.array([n]))

    def of_keys(self, postings: Postings, keys: NDArray[np.int64], kind: int | None) -> Lists:
        """Return the lists of keys in `fired` or `ended`: those of every kind, or of one."""
        kinds = np.arange(len(KINDS)) if kind is None else np.array([kind])
        return postings.lists((keys[:, None] * len(KINDS) + kinds).ravel())

    def said(self, lines: list[int], *, turned: bool) -> Iterator[tuple[int, ...]]:
        """Yield for each line what it says: kind, slice, consequent, antecedent.

        Args:
            lines: Lines of rules.
            turned: Whether the same keys on other sides say the same.
        """
        own = (part[lines].tolist() for part in (self.kind, self.slice_of, self.head))
        for line, kind, where, head in zip(lines, *own, strict=True):
            begin, end = self.body_start[line : line + 2].tolist()
            keys = [head, *self.body[begin:end].tolist()]
            yield (kind, where, *(sorted(keys) if turned else keys))

    def rule(self, line: int) -> AnyRule:
        """Make the rule of a line."""
        kind = KINDS[self.kind[line]]
        begin, end = self.body_start[line : line + 2].tolist()
        body = tuple([self.keys[code] for code in self.body[begin:end].tolist()])
        head = (self.keys[self.head[line]],)
        where, values = self.slices[self.slice_of[line]], self.numbers[line].tolist()
        if kind == "next":
            return NextRule(body, head, where=where, **_named(_NEXT, values))
        if kind == "cycle":
            return Cycle(head[0], **_named(_CYCLE, values))
        if kind == "trend":
            return self._trend(line, head[0], values)
        x = body or head
        y = head if body else ()
        inner, outer = values[: len(_COUNTS)], values[len(_COUNTS) : 2 * len(_COUNTS)]
        beyond = None if outer[0] != outer[0] else _count(x, y, outer, where)
        count = _count(x, y, inner, where, beyond)
        p, q, held, windows, told, adjusted, score = values[2 * len(_COUNTS) : 2 * len(_COUNTS) + len(_RULE)]
        held_out = None if told != told else bool(told)
        return Rule(kind, body, head, count, p, q, int(held), int(windows), held_out, adjusted, score)

    def _trend(self, line: int, key: str, values: list[float]) -> Trend:
        n, n_x = self.series[self.series_of[line]].tolist()
        slope, p, q, dispersion, score, direction, peak = values[: len(_TREND) + 2]
        return Trend(
            key,
            "month" if self.unit == "month" else "week",
            self.labels,
            tuple(n),
            tuple(n_x),
            DIRECTIONS[int(direction)],
            slope,
            p,
            q,
            self.labels[int(peak)] if peak >= 0 else "",
            dispersion,
            score,
        )

    # ---- files -------------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write arrays as .npy and labels as JSON into the folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        slices = [[list(where.context), where.place] for where in self.slices]
        document = {"keys": self.keys, "slices": slices, "unit": self.unit, "labels": self.labels}
        (folder / "labels.json").write_text(json.dumps(document), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Shelf:
        """Map the arrays that `save` wrote."""
        document = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        arrays: dict[str, Any] = {name: bits.mapped(folder / f"{name}.npy") for name in _ARRAYS}
        slices = tuple(
            Slice(tuple(context), tuple(place) if isinstance(place, list) else place)
            for context, place in document["slices"]
        )
        return cls(tuple(document["keys"]), slices, document["unit"], tuple(document["labels"]), **arrays)


_ARRAYS = ("kind", "slice_of", "body_start", "body", "head", "numbers", "series", "series_of")


def _count(
    x: tuple[str, ...],
    y: tuple[str, ...],
    values: Sequence[float],
    where: Slice,
    outside: Count | None = None,
) -> Count:
    n, n_x, n_y, n_xy, people, people_x, people_y, people_xy = map(int, values)
    return Count(x, y, n, n_x, n_y, n_xy, people, people_x, people_y, people_xy, where, outside)


def _named(names: tuple[str, ...], values: list[float]) -> dict[str, Any]:
    """Return numbers by field, whole ones as int, a flag that was not told as None."""
    named: dict[str, Any] = {}
    for name, value in zip(names, values, strict=False):
        if name == "held_out":
            named[name] = None if value != value else bool(value)
        elif name in _INTS:
            named[name] = int(value)
        else:
            named[name] = value
    return named


_INTS = frozenset(
    field.name for kind in (NextRule, Cycle) for field in fields(kind) if str(field.type) == "int"
)


def _coded(
    rules: Sequence[AnyRule], pairs: PairColumns | None, keys: dict[str, int]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Return the codes of the antecedents, joined, how many each rule has, and those of the consequents."""
    body = np.array([keys[key] for rule in rules for key in rule.antecedent], dtype=np.int32)
    size = np.array([len(rule.antecedent) for rule in rules], dtype=np.int64)
    head = np.array([keys[rule.consequent[0]] for rule in rules], dtype=np.int32)
    if pairs is None:
        return body, size, head
    code = np.array([keys.get(item, -1) for item in pairs.items], dtype=np.int32)
    ones = np.ones(len(pairs.x), dtype=np.int64)
    return (
        np.concatenate([code[pairs.x], body]),
        np.concatenate([ones, size]),
        np.concatenate([code[pairs.y], head]),
    )


def _sliced(
    where: list[Slice], before: int, order: NDArray[np.int64]
) -> tuple[tuple[Slice, ...], NDArray[np.int32]]:
    """Return the slices in the order in which they come first, and the slice of each line; pairs are of everything."""
    codes = {Slice(): 0}
    code = np.zeros(before + len(where), dtype=np.int64)
    code[before:] = [codes.setdefault(one, len(codes)) for one in where]
    used, first, line = np.unique(code[order], return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    named = tuple(codes)
    return tuple(named[used[one]] for one in np.argsort(first)), rank[line].astype(np.int32)


def _series(trends: list[Trend]) -> tuple[str, tuple[str, ...], NDArray[np.int32]]:
    """Return unit and windows, which all trends share, and their counts."""
    labels = trends[0].labels if trends else ()
    series = np.array([[rule.n, rule.n_x] for rule in trends], dtype=np.int32)
    return trends[0].unit if trends else "month", labels, series.reshape(len(trends), 2, len(labels))


def _numbers(rules: Sequence[AnyRule]) -> NDArray[np.float64]:
    """Return the numbers of rules, each in the order of its kind; NaN for what is not told."""
    numbers = np.full((len(rules), _WIDTH), np.nan)
    names = {Rule: _RULE, NextRule: _NEXT, Cycle: _CYCLE, Trend: _TREND}
    for kind, own in names.items():
        lines = [line for line, rule in enumerate(rules) if isinstance(rule, kind)]
        if not lines:
            continue
        some = [rules[line] for line in lines]
        values = np.array(list(map(attrgetter(*own), some)), dtype=np.float64)  # None becomes NaN
        if kind is Rule:
            counts = [rule.count for rule in some if isinstance(rule, Rule)]
            nothing = (np.nan,) * len(_COUNTS)
            told = attrgetter(*_COUNTS)
            outer = [nothing if one.outside is None else told(one.outside) for one in counts]
            values = np.hstack([np.array(list(map(told, counts)), dtype=np.float64), np.array(outer), values])
        if kind is Trend:
            more = [_direction(rule) for rule in some if isinstance(rule, Trend)]
            values = np.hstack([values, np.array(more, dtype=np.float64)])
        numbers[lines, : values.shape[1]] = values
    return numbers


def _direction(rule: Trend) -> tuple[int, int]:
    return DIRECTIONS.index(rule.direction), rule.labels.index(rule.peak) if rule.peak else -1
