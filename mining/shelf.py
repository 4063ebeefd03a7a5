"""Rules as flat arrays: found by key, slice and kind without making a rule that nobody asked for.

Knows how each kind of rule is written into a line of numbers and made again. It refuses to know what a question means.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mining import bits
from mining.count import Count, Slice
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
class Postings:
    """For each code the lines that have it, ascending: best first."""

    start: NDArray[np.int64]
    line: NDArray[np.int32]

    @classmethod
    def of(cls, code: NDArray[Any], n: int) -> Postings:
        """Return the postings of the code of each line, of which there are n."""
        counts = np.bincount(code, minlength=n)
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(start, np.argsort(code, kind="stable").astype(np.int32))

    def lines(self, code: int) -> NDArray[np.int32]:
        """Return the lines of a code."""
        return self.line[self.start[code] : self.start[code + 1]]


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
    def of(cls, rules: Sequence[AnyRule]) -> Shelf:
        """Write rules down; a consequent has one key."""
        ordered = sorted(rules, key=lambda rule: -rule.score)
        keys = {key: code for code, key in enumerate(sorted({key for rule in ordered for key in rule.keys}))}
        slices: dict[Slice, int] = {}
        trends = [rule for rule in ordered if isinstance(rule, Trend)]
        labels = trends[0].labels if trends else ()
        numbers = np.full((len(ordered), _WIDTH), np.nan)
        series_of = np.full(len(ordered), -1, dtype=np.int32)
        series_of[[isinstance(rule, Trend) for rule in ordered]] = np.arange(len(trends))
        for line, rule in enumerate(ordered):
            values = _values(rule)
            numbers[line, : len(values)] = values
        return cls(
            keys=tuple(keys),
            unit=trends[0].unit if trends else "month",
            labels=labels,
            kind=np.array([KINDS.index(rule.kind) for rule in ordered], dtype=np.int8),
            slice_of=np.array(
                [slices.setdefault(Slice(rule.context, rule.place), len(slices)) for rule in ordered],
                dtype=np.int32,
            ),
            body_start=np.cumsum([0, *(len(rule.antecedent) for rule in ordered)]),
            body=np.array([keys[key] for rule in ordered for key in rule.antecedent], dtype=np.int32),
            head=np.array([keys[rule.consequent[0]] for rule in ordered], dtype=np.int32),
            numbers=numbers,
            series=np.array([[rule.n, rule.n_x] for rule in trends], dtype=np.int32).reshape(
                len(trends), 2, len(labels)
            ),
            series_of=series_of,
            slices=tuple(slices),
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

    def of_key(self, postings: Postings, key: int, kind: int | None) -> list[NDArray[np.int32]]:
        """Return the lists of a key: one for each kind, or that of one kind."""
        kinds = range(len(KINDS)) if kind is None else (kind,)
        return [postings.lines(key * len(KINDS) + one) for one in kinds]

    def rule(self, line: int) -> AnyRule:
        """Make the rule of a line."""
        kind = KINDS[self.kind[line]]
        body = tuple(self.keys[code] for code in self.body[self.body_start[line] : self.body_start[line + 1]])
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
        rest = dict(zip(_RULE, values[2 * len(_COUNTS) :], strict=False))
        told = rest.pop("held_out")
        rest |= {"held": int(rest["held"]), "windows": int(rest["windows"])}
        held_out = None if told != told else bool(told)
        return Rule(
            kind, body, head, replace(_count(x, y, inner, where), outside=beyond), held_out=held_out, **rest
        )

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


def _count(x: tuple[str, ...], y: tuple[str, ...], values: Sequence[float], where: Slice) -> Count:
    n, n_x, n_y, n_xy, people, people_x, people_y, people_xy = map(int, values)
    return Count(x, y, n, n_x, n_y, n_xy, people, people_x, people_y, people_xy, where)


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


def _values(rule: AnyRule) -> list[float]:
    """Return the numbers of a rule in the order of its kind."""
    if isinstance(rule, Trend):
        peak = rule.labels.index(rule.peak) if rule.peak else -1
        return [*(getattr(rule, name) for name in _TREND), DIRECTIONS.index(rule.direction), peak]
    if isinstance(rule, Rule):
        outside = rule.count.outside
        inner = [getattr(rule.count, name) for name in _COUNTS]
        outer = [getattr(outside, name) if outside is not None else np.nan for name in _COUNTS]
        return [*inner, *outer, *(_number(getattr(rule, name)) for name in _RULE)]
    return [_number(getattr(rule, name)) for name in (_NEXT if isinstance(rule, NextRule) else _CYCLE)]


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
