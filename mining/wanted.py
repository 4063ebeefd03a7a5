"""What is wanted of rules, and the few lists of a shelf that hold it all: found without reading the rest.

Knows codes and lines. It refuses to know words for times, categories and how rules are made of lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mining.rule import KINDS
from mining.shelf import Shelf

Lists = Sequence[NDArray[Any]]
"""Lines of rules, each list ascending: best first."""
_FIRST, _BLOCK = 128, 4096
"""Lines of a list that are looked at first, and at most, in one step."""
_MERGED = 2_000
"""Rules of a category that are merged; where it has more, they are met soon enough in the lists of all rules."""


@dataclass(frozen=True, eq=False)
class Wanted:
    """Conditions on rules, as codes of a shelf."""

    shelf: Shelf
    lists: Lists
    """Lines that hold every rule that is wanted."""
    kind: int | None
    cart: NDArray[np.bool_] | None
    """Keys of which a rule must need no other; None asks nothing."""
    heads: NDArray[np.bool_] | None
    """Keys of which a rule must end in one."""

    @classmethod
    def of(cls, shelf: Shelf, items: Sequence[str], with_items: Sequence[str], kind: str) -> Wanted:
        """Return the conditions of a look-up, and the shortest lists for them."""
        of_kind = None if kind == "any" else KINDS.index(kind)
        cart, ends = (
            [shelf.key_code[key] for key in keys if key in shelf.key_code] for keys in (items, with_items)
        )
        choices: list[list[NDArray[Any]]] = []
        if items:
            choices.append([part for key in cart for part in shelf.of_key(shelf.fired, key, of_kind)])
        if with_items:
            choices.append([part for key in ends for part in shelf.of_key(shelf.ended, key, of_kind)])
        if not choices:
            choices = [[np.arange(len(shelf)) if of_kind is None else shelf.by_kind.lines(of_kind)]]
        lists = min(choices, key=lambda parts: sum(map(len, parts)))
        masks = (_mask(shelf, keys) if asked else None for keys, asked in ((cart, items), (ends, with_items)))
        return cls(shelf, lists, of_kind, *masks)

    def ending_in(self, keys: NDArray[np.int64]) -> Wanted:
        """Return the conditions with another one: that a rule ends in one of the keys."""
        shelf, mask = self.shelf, _mask(self.shelf, keys)
        heads = mask if self.heads is None else mask & self.heads
        ended, kinds = shelf.ended, len(KINDS)
        if (ended.start[(keys + 1) * kinds] - ended.start[keys * kinds]).sum() > _MERGED:
            return replace(self, heads=heads)
        parts = [part for key in keys.tolist() for part in shelf.of_key(ended, key, self.kind)]
        lists = [np.sort(np.concatenate(parts))] if parts else []
        if sum(map(len, lists)) > sum(map(len, self.lists)):
            return replace(self, heads=heads)
        return replace(self, heads=heads, lists=lists)

    def fitting(self, lists: Lists, slice_code: int | None = None) -> Iterator[int]:
        """Yield the lines of the lists that fit, best first, each once."""
        for block in merged(lists):
            yield from self._fit(block, slice_code).tolist()

    def _fit(self, block: NDArray[Any], slice_code: int | None) -> NDArray[Any]:
        shelf = self.shelf
        if self.kind is not None:
            block = block[shelf.kind[block] == self.kind]
        if slice_code is not None:
            block = block[shelf.slice_of[block] == slice_code]
        if self.heads is not None:
            block = block[self.heads[shelf.head[block]]]
        return block if self.cart is None else block[self._needs_no_other(block, self.cart)]

    def _needs_no_other(self, block: NDArray[Any], cart: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether all of each antecedent is in the cart; without one, whether the consequent is."""
        shelf = self.shelf
        begin = shelf.body_start[block]
        size = shelf.body_start[block + 1] - begin
        ends = np.cumsum(size)
        place = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(begin - (ends - size), size)
        lacking = np.concatenate([[0], np.cumsum(~cart[shelf.body[place]])])
        whole = lacking[ends] == lacking[ends - size]
        return np.asarray(np.where(size > 0, whole, cart[shelf.head[block]]))


def merged(lists: Lists) -> Iterator[NDArray[Any]]:
    """Yield the union of ascending lists in ascending blocks, so that the first answers do not wait for the last.

    A step takes the next lines of every list; those up to the lowest of their last lines are known to be all there.
    """
    rest, size = [one for one in lists if len(one)], _FIRST
    while rest:
        taken = [one[:size] for one in rest]
        bound = min(
            (int(one[-1]) for one, left in zip(taken, rest, strict=True) if len(one) < len(left)),
            default=None,
        )
        if bound is not None:
            taken = [one[: np.searchsorted(one, bound, side="right")] for one in taken]
        yield taken[0] if len(taken) == 1 else np.unique(np.concatenate(taken))
        rest = [left[len(one) :] for one, left in zip(taken, rest, strict=True) if len(one) < len(left)]
        size = min(2 * size, _BLOCK)


def _mask(shelf: Shelf, keys: Sequence[int] | NDArray[np.int64]) -> NDArray[np.bool_]:
    mask = np.zeros(len(shelf.keys), dtype=np.bool_)
    mask[np.asarray(keys, dtype=np.int64)] = True
    return mask
