"""What is wanted of rules, and the few lists of a shelf that hold it all: read only as far as the answer needs.

Knows codes and lines. It refuses to know words for times, categories and how rules are made of lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from mining.postings import Lists
from mining.rule import KINDS
from mining.shelf import Shelf

_MERGED = 4_000
"""Lists of a category that are merged; where it has more, its rules are met soon enough among all."""

Mask = NDArray[np.uint8]
_ANY = np.zeros(0, dtype=np.uint8)
"""The mask that asks nothing."""


@dataclass(frozen=True, eq=False)
class Wanted:
    """Conditions on rules, as codes of a shelf."""

    shelf: Shelf
    lists: Lists
    """Lines that hold every rule that is wanted."""
    kind: int | None
    cart: Mask
    """Keys of which a rule must need no other; empty asks nothing."""
    heads: Mask
    """Keys of which a rule must end in one; empty asks nothing."""

    @classmethod
    def of(cls, shelf: Shelf, items: Sequence[str], with_items: Sequence[str], kind: str) -> Wanted:
        """Return the conditions of a look-up, and the shortest lists for them."""
        of_kind = None if kind == "any" else KINDS.index(kind)
        cart, ends = (
            list(dict.fromkeys(shelf.key_code[key] for key in keys if key in shelf.key_code))
            for keys in (items, with_items)
        )
        choices = []
        if items:
            choices.append(shelf.of_keys(shelf.fired, np.array(cart, dtype=np.int64), of_kind))
        if with_items:
            choices.append(shelf.of_keys(shelf.ended, np.array(ends, dtype=np.int64), of_kind))
        if not choices:
            choices = [shelf.every if of_kind is None else shelf.by_kind.lists(np.array([of_kind]))]
        masks = (_mask(shelf, keys) if asked else _ANY for keys, asked in ((cart, items), (ends, with_items)))
        return cls(shelf, min(choices, key=attrgetter("cost")), of_kind, *masks)

    def ending_in(self, keys: NDArray[np.int64]) -> Wanted:
        """Return the conditions with another one: that a rule ends in one of the keys, of which none comes twice."""
        mask = _mask(self.shelf, keys)
        wanted = replace(self, heads=mask & self.heads if len(self.heads) else mask)
        lists = self.shelf.of_keys(self.shelf.ended, keys, self.kind)
        shorter = len(lists.at) <= _MERGED and lists.cost <= self.lists.cost
        return replace(wanted, lists=lists) if shorter else wanted

    def fitting(self, lists: Lists, slice_code: int | None = None, k: int = 10) -> Iterator[list[int]]:
        """Yield the lines of the lists that fit, best first, each once, by so many."""
        from mining.wantedloops import next_fitting

        shelf, at = self.shelf, lists.at.copy()
        kind, where = (-1 if code is None else code for code in (self.kind, slice_code))
        flat, most = (shelf.body_start, shelf.body), max(k, 1)
        while True:
            found = next_fitting(
                most, lists.line, at, lists.end, kind, shelf.kind, where, shelf.slice_of,
                self.heads, shelf.head, self.cart, *flat,
            )  # fmt: skip
            if len(found):
                yield found.tolist()
            if len(found) < most:
                return


def _mask(shelf: Shelf, keys: Sequence[int] | NDArray[np.int64]) -> Mask:
    mask = np.zeros(len(shelf.keys), dtype=np.uint8)
    mask[np.asarray(keys, dtype=np.int64)] = 1
    return mask
