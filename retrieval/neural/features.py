"""From behaviour to the codes that the sequence model reads: what, how much it was liked, when and where.

Knows the log and how instants become codes. It refuses to know torch: training and answering read the same codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh

from retrieval.profile import Floats, Ints, Log, Query

GAP_EDGES = np.array([1 / 288, 1 / 24, 0.5, 2.0, 10.0, 45.0])
"""Days between two instants where a new code begins: 5 minutes, an hour, half a day, 2, 10 and 45 days."""
N_GAPS, N_HOURS, N_WEEKDAYS, N_STRENGTHS = len(GAP_EDGES) + 2, 9, 8, 5
STEP_EDGES = np.array([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512])
"""Steps back where a new code begins: every step at first, then ever wider."""
N_STEPS = len(STEP_EDGES) + 1


@dataclass(frozen=True)
class Rows:
    """Codes of consecutive rows of one person, each with the instant and place of what came after it.

    Code 0 is "unknown" everywhere but in `item`, where it is a position, and `strength`, which has five levels.
    """

    item: Ints
    strength: Ints
    gap: Ints
    """Time from this row to the next one."""
    hour: Ints
    """Three hours of the day (UTC) of the next row."""
    weekday: Ints
    place: Ints
    """Place of the next row."""
    at: Floats
    """Instant of this row, in days."""
    then: Floats
    """Instant of the next row, in days."""


def gap_codes(earlier: Floats, later: Floats) -> Ints:
    """Return 0 where either instant is unknown, else 1 + the bucket of the days between them."""
    gap = np.asarray(later) - np.asarray(earlier)
    return np.where(np.isnan(gap), 0, 1 + np.searchsorted(GAP_EDGES, np.nan_to_num(gap), side="right"))


def step_codes(back: Ints) -> Ints:
    """Return the bucket of how many rows back something lies, 0 for the row itself."""
    return np.searchsorted(STEP_EDGES, back, side="right")


def strength_codes(strength: Floats, sign: Floats) -> Ints:
    """Return five levels of liking; an explicit dislike is the lowest."""
    level = np.clip(np.rint((strength + 1.0) * 2.0), 0, N_STRENGTHS - 1).astype(np.int64)
    return np.where(sign < 0, 0, level)


def coded(
    item: Ints, strength: Ints, at: Floats, place: Ints, now: Floats | float, now_place: Ints | int
) -> Rows:
    """Return the codes of consecutive rows; `now` and `now_place` are those of what comes after the last."""
    then = np.append(at[1:], now)
    known = ~np.isnan(then)
    filled = np.where(known, then, 0.0)
    return Rows(
        item=item,
        strength=strength,
        gap=gap_codes(at, then),
        hour=np.where(known, 1 + ((filled % 1.0) * 8).astype(np.int64), 0),
        weekday=np.where(known, 1 + (np.floor(filled).astype(np.int64) + 3) % 7, 0),
        place=1 + np.append(place[1:], now_place),
        at=at,
        then=then,
    )


def asked(query: Query, length: int, known: NDArray[np.bool_]) -> Rows:
    """Return the codes of a question: the latest `length` rows of known items, then what the question names.

    An item named as liked counts as liked most, a disliked one as liked least, the cart as taken; all of them now.
    """
    named = np.concatenate([query.disliked, query.cart, query.liked])
    level = np.repeat(
        np.array([0, N_STRENGTHS - 1, N_STRENGTHS - 1]),
        [len(query.disliked), len(query.cart), len(query.liked)],
    )
    item = np.concatenate([query.item, named])
    strength = np.concatenate([strength_codes(query.strength, query.sign), level])
    at = np.concatenate([query.at, np.full(len(named), query.now)])
    place = np.concatenate([query.place_of, np.full(len(named), query.place)])
    kept = np.flatnonzero(known[item])[-length:]
    return coded(item[kept], strength[kept], at[kept], place[kept], query.now, query.place)


@dataclass(frozen=True)
class Windows:
    """Training windows, windows x length, padded on the right with `target` -1."""

    rows: Rows
    target: Ints
    """Windows x length x ahead: what came next, -1 where there is none to learn."""


def tail_rows(log: Log, share: float) -> NDArray[np.bool_]:
    """Return which rows are among the latest `share` of their person's, one at least of everyone with three."""
    length = np.diff(log.starts)
    held = np.where(length >= 3, np.maximum((length * share).astype(np.int64), 1), 0)
    back = log.starts[log.person + 1] - 1 - np.arange(len(log.person))
    return np.asarray(back < held[log.person])


@dataclass(frozen=True)
class Course:
    """The rows of a log in the order in which people took them."""

    log: Log
    strength: Ints

    @classmethod
    def of(cls, log: Log) -> Course:
        """Code the strengths once."""
        return cls(log, strength_codes(log.strength, log.sign))

    def shuffled(self, rng: np.random.Generator) -> Ints:
        """Return row numbers person by person with ties in a random order.

        Rows that share an instant have no order: a log keeps them by item, which must not be learned.
        """
        return np.lexsort((rng.random(len(self.log.item)), self.log.step, self.log.person))

    def windows(
        self,
        length: int,
        ahead: int,
        wanted: NDArray[np.bool_],
        rng: np.random.Generator,
    ) -> Windows:
        """Cut every history into windows of `length` rows, at a random offset.

        Args:
            length: rows in a window.
            ahead: how many coming rows are targets.
            wanted: which rows may be targets.
            rng: decides offsets and the order within ties.
        """
        log, order = self.log, self.shuffled(rng)
        first, last = self._cuts(length, rng)
        cell = first[:, None] + np.arange(length)[None, :]
        end = log.starts[log.person[first] + 1][:, None]
        inside = cell < last[:, None]
        here = order[np.where(inside, cell, 0)]
        after = cell[:, :, None] + 1 + np.arange(ahead)[None, None, :]
        good = inside[:, :, None] & (after < end[:, :, None])
        row = order[np.where(good, after, 0)]
        good &= wanted[row] & (log.sign[row] > 0)
        target = np.where(good, log.item[row], -1)
        following = inside & (cell + 1 < end)
        next_row = order[np.where(following, cell + 1, 0)]
        then = np.where(following, log.at[next_row], np.nan)
        return Windows(self._rows(here, inside, then, next_row, following), target)

    def _rows(
        self,
        here: Ints,
        inside: NDArray[np.bool_],
        then: Floats,
        next_row: Ints,
        following: NDArray[np.bool_],
    ) -> Rows:
        log = self.log
        known = ~np.isnan(then)
        filled = np.where(known, then, 0.0)
        return Rows(
            item=np.where(inside, log.item[here], -1),
            strength=self.strength[here],
            gap=gap_codes(log.at[here], then),
            hour=np.where(known, 1 + ((filled % 1.0) * 8).astype(np.int64), 0),
            weekday=np.where(known, 1 + (np.floor(filled).astype(np.int64) + 3) % 7, 0),
            place=np.where(following, 1 + log.place[next_row], 0),
            at=log.at[here],
            then=then,
        )

    def _cuts(self, length: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Return where each window begins and ends, in positions of the shuffled order."""
        log = self.log
        size = np.diff(log.starts)
        offset = rng.integers(0, length, log.n_people)
        back = np.arange(len(log.person)) - log.starts[log.person]
        begins = (back == 0) | ((back + offset[log.person]) % length == 0)
        begins &= (size >= 2)[log.person]
        first = np.flatnonzero(begins)
        last = np.minimum(np.append(first[1:], len(log.person)), log.starts[log.person[first] + 1])
        return first, last

    def batches(self, windows: Windows, size: int, rng: np.random.Generator) -> Iterator[Ints]:
        """Yield window numbers, `size` at a time, in a random order but with windows of like lengths together."""
        filled = (windows.rows.item >= 0).sum(axis=1)
        order = np.lexsort((rng.random(len(filled)), filled))
        blocks = [order[begin : begin + size] for begin in range(0, len(order), size)]
        for block in rng.permutation(len(blocks)):
            yield blocks[block]


def start_vectors(log: Log, wanted: NDArray[np.bool_], dim: int, *, within: int = 5) -> NDArray[np.float32]:
    """Return items x dim, where the vectors of items begin: what is taken near each other lies near each other.

    The best `dim` directions of the positive pointwise mutual information of items at most `within` rows apart
    (Levy and Goldberg, NIPS 2014), only rows in `wanted`; items without a neighbour get zeros.
    """
    n = log.n_items
    kept = np.flatnonzero(wanted & (log.sign > 0))
    pairs = []
    for step in range(1, within + 1):
        a, b = kept[:-step], kept[step:]
        same = (log.person[a] == log.person[b]) & (log.item[a] != log.item[b])
        pairs += [(log.item[a[same]], log.item[b[same]]), (log.item[b[same]], log.item[a[same]])]
    row, col = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    near = sp.csr_array((np.ones(len(row)), (row, col)), shape=(n, n))
    total = np.bincount(row, minlength=n).astype(float)
    out = np.zeros((n, dim), np.float32)
    rank = min(dim, int((total > 0).sum()) - 1)
    if rank < 1:
        return out
    row, col = near.nonzero()
    value = np.log(near.data * total.sum() / (total[row] * total[col]))
    positive = sp.csr_array((np.maximum(value, 0.0), (row, col)), shape=(n, n))
    size, direction = eigsh(positive, k=rank, which="LA", v0=np.ones(n))
    order = np.argsort(-size)
    out[:, :rank] = direction[:, order] * np.sqrt(np.maximum(size[order], 0.0))
    length = np.linalg.norm(out, axis=1, keepdims=True)
    return np.asarray(out / np.where(length > 0, length, 1.0), dtype=np.float32)
