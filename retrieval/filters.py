"""Filters over an item frame: category, years and attributes become one boolean mask.

Knows columns and comparisons. It refuses to know scores, vectors or the words people use: whoever calls has
turned those into a category or an attribute.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from retrieval.columns import CATEGORY, ITEM, NOT_ATTRIBUTES, PARENT, SEPARATOR, YEAR

Mask = NDArray[np.bool_]

_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
_FILTER = re.compile(r"\s*(?P<name>[^<>=!]*[^<>=!\s])\s*(?P<op><=|>=|!=|==|<|>|=)\s*(?P<value>\S.*?)\s*")
_NOT = re.compile(r"(?:!|not\s+)\s*", re.IGNORECASE)
_SHOWN_CHOICES = 8


class FilterError(ValueError):
    """A filter that the catalogue cannot answer; `choices` are what it has, the closest first."""

    def __init__(self, message: str, choices: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.choices: tuple[str, ...] = tuple(choices)


@dataclass(frozen=True)
class _Labels:
    """A text column: which rows carry which label; a cell "A|B" carries two."""

    names: tuple[str, ...]
    """As first written in the column, in alphabetical order."""
    keys: dict[str, int]
    """`_key` of a label -> its position in `names`."""
    rows: tuple[NDArray[np.intp], ...]
    """For each label the rows that carry it."""


Column = _Labels | NDArray[np.float64]


class ItemFilters:
    """An item frame prepared for filtering.

    A variant that lacks a value has that of its parent, and a parent passes where it passes itself or one of
    its variants does: "brand=Private" keeps every kind of item that a private brand sells.
    """

    def __init__(self, items: pd.DataFrame) -> None:
        if ITEM not in items.columns:
            raise ValueError(f"an item frame needs the column {ITEM!r}; this one has {list(items.columns)!r}")
        self._items = items.reset_index(drop=True)
        self._parent = _parent_rows(self._items)
        self._columns: dict[str, Column] = {}
        self._names = {_key(name): name for name in map(str, items.columns) if name not in NOT_ATTRIBUTES}

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category of the catalogue, as it is written there."""
        return self.values(CATEGORY) if _key(CATEGORY) in self._names else ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """The columns that a filter may name."""
        return tuple(self._names.values())

    def values(self, attribute: str) -> tuple[str, ...]:
        """Return the labels of a text attribute in alphabetical order; none for one that holds numbers."""
        column = self._column(self._attribute(attribute))
        return column.names if isinstance(column, _Labels) else ()

    def mask(
        self,
        *,
        category: str | None = None,
        year_from: int | None = None,
        year_to: int | None = None,
        filters: Sequence[str] = (),
    ) -> Mask:
        """Return for every row of the frame whether all that was asked holds.

        Args:
            category: one of several ("Comedy|Romance"), however spelled ("sci fi" is "Sci-Fi"); "!Horror"
                and "not Horror" exclude, and may stand among the others.
            year_from: first year, included; an item without a year does not pass.
            year_to: last year, included.
            filters: "price<20", "brand=Private|National", "size>=2", "brand!=Private"; all must hold.
                Category and year are attributes too: ("category=Comedy", "category=Romance") asks for both.

        Raises:
            FilterError: an unknown attribute or category, or a comparison that the column cannot answer.
        """
        passed = np.ones(len(self._items), dtype=np.bool_)
        if category is not None and category.strip():
            passed &= self._among(self._attribute(CATEGORY), category)
        if year_from is not None:
            passed &= self._compared(self._attribute(YEAR), ">=", str(year_from))
        if year_to is not None:
            passed &= self._compared(self._attribute(YEAR), "<=", str(year_to))
        for text in filters:
            name, op, value = self._parsed(text)
            passed &= self._compared(name, op, value)
        children = np.flatnonzero(passed & (self._parent >= 0))
        passed[self._parent[children]] = True
        return passed

    def _parsed(self, text: str) -> tuple[str, str, str]:
        match = _FILTER.fullmatch(text)
        if match is None:
            raise FilterError(
                f"cannot read the filter {text!r}; write an attribute, one of < <= > >= = != and a value, "
                f"as in 'price<20'; attributes are: {', '.join(self.attributes)}",
                self.attributes,
            )
        return self._attribute(match["name"]), match["op"].replace("==", "="), match["value"]

    def _attribute(self, asked: str) -> str:
        try:
            return self._names[_key(asked)]
        except KeyError:
            raise _unknown("attribute", asked, self.attributes) from None

    def _column(self, name: str) -> Column:
        """Read a column once; two threads that meet here read it twice and keep one of two equal values."""
        if name not in self._columns:
            self._columns[name] = _read(self._inherited(name))
        return self._columns[name]

    def _inherited(self, name: str) -> pd.Series[Any]:
        cells = self._items[name]
        lacking = np.flatnonzero(cells.isna().to_numpy() & (self._parent >= 0))
        if len(lacking) == 0:
            return cells
        cells = cells.copy()
        cells.iloc[lacking] = cells.iloc[self._parent[lacking]].to_numpy()
        return cells

    def _compared(self, name: str, op: str, value: str) -> Mask:
        column = self._column(name)
        if isinstance(column, _Labels):
            if op not in ("=", "!="):
                raise FilterError(f"{name!r} holds words; compare it by = or !=, not {op}", column.names)
            among = self._among(name, value)
            return among if op == "=" else ~among & ~self._left_to_variants(name)
        try:
            number = float(value.strip("$€£¥ ").replace(",", ""))
        except ValueError:
            raise FilterError(f"{name!r} holds numbers, so it cannot be compared with {value!r}") from None
        with np.errstate(invalid="ignore"):
            passed = np.asarray(_COMPARE[op](column, number), dtype=np.bool_)
        return passed & ~self._left_to_variants(name) if op == "!=" else passed

    def _among(self, name: str, asked: str) -> Mask:
        """Return the rows that carry one of the labels asked for and none of those excluded."""
        column = self._column(name)
        if not isinstance(column, _Labels):
            raise FilterError(f"{name!r} holds numbers; compare it, as in {name + '>=2'!r}")
        wanted: list[str] = []
        excluded: list[str] = []
        for part in _parts(asked, column):
            sign = _NOT.match(part)
            # A label may itself begin with "not", as "Not for kids" does.
            negated = sign is not None and (part.startswith("!") or _key(part) not in column.keys)
            label = part[sign.end() :] if sign and negated else part
            if _key(label) not in column.keys:
                raise _unknown(name, label, column.names)
            (excluded if negated else wanted).append(_key(label))
        passed = np.zeros(len(self._items), dtype=np.bool_) if wanted else ~self._left_to_variants(name)
        for key in wanted:
            passed[column.rows[column.keys[key]]] = True
        for key in excluded:
            passed[column.rows[column.keys[key]]] = False
        return passed

    def _left_to_variants(self, name: str) -> Mask:
        """Return the parents without a value of their own, which pass "is not" only where a variant does."""
        left = np.zeros(len(self._items), dtype=np.bool_)
        left[self._parent[self._parent >= 0]] = True
        return left & self._items[name].isna().to_numpy()


def _parts(asked: str, column: _Labels) -> list[str]:
    """Split "A|B"; a label that itself holds a separator cannot exist, since cells are split likewise."""
    parts = [part.strip() for part in asked.split(SEPARATOR) if part.strip()]
    if not parts:
        raise FilterError(f"{asked!r} names nothing; choose from: {_shown(column.names)}", column.names)
    return parts


def _parent_rows(items: pd.DataFrame) -> NDArray[np.intp]:
    """Return for each row the row of its parent, -1 where it has none or the parent is not in the frame."""
    if PARENT not in items.columns:
        return np.full(len(items), -1, dtype=np.intp)
    rows = pd.Index(items[ITEM]).get_indexer(pd.Index(items[PARENT]))
    return np.where(items[PARENT].isna(), -1, rows).astype(np.intp)


def _read(cells: pd.Series[Any]) -> Column:
    numeric = pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)
    if numeric:
        return cells.to_numpy(dtype=np.float64, na_value=np.nan)
    present = cells.dropna()
    codes, cell_texts = pd.factorize(present.astype(str))
    order = np.argsort(codes, kind="stable")
    at = present.index.to_numpy(dtype=np.intp)[order]
    by_cell = np.split(at, np.flatnonzero(np.diff(codes[order])) + 1) if len(at) else []
    spelled: dict[str, str] = {}
    rows: dict[str, list[NDArray[np.intp]]] = {}
    for text, members in zip(cell_texts, by_cell, strict=True):
        for label in {part.strip() for part in text.split(SEPARATOR)} - {""}:
            key = _key(label)
            spelled[key] = min(spelled.get(key, label), label)
            rows.setdefault(key, []).append(members)
    ordered = sorted(spelled, key=spelled.__getitem__)
    return _Labels(
        names=tuple(spelled[key] for key in ordered),
        keys={key: position for position, key in enumerate(ordered)},
        rows=tuple(np.concatenate(rows[key]) for key in ordered),
    )


def _key(label: str) -> str:
    """Fold case, spaces and punctuation: "Sci-Fi", "sci fi" and "SciFi" are one label.

    A label without a single letter or digit keeps its punctuation.
    """
    folded = label.casefold()
    return "".join(char for char in folded if char.isalnum()) or folded.strip()


def _unknown(what: str, asked: str, choices: Sequence[str]) -> FilterError:
    ranked = process.extract(asked, choices, scorer=fuzz.WRatio, processor=str.casefold, limit=None)
    closest = [name for name, _, _ in ranked]
    return FilterError(f"no {what} {asked!r}; the closest of {len(choices)}: {_shown(closest)}", closest)


def _shown(names: Sequence[str]) -> str:
    listed = ", ".join(repr(name) for name in names[:_SHOWN_CHOICES])
    return listed + (", ..." if len(names) > _SHOWN_CHOICES else "") if names else "none"
