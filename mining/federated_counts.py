"""What a party counts over its own baskets in each step: whole numbers that add over disjoint people.

Every array has a shape that the terms give, so that the arrays of all parties are alike whatever they hold. Knows
arrays and sums. It refuses to know other parties, masks and rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mining import columns as col
from mining.baskets import Baskets
from mining.cycles import Gaps
from mining.errors import MiningError
from mining.federated_terms import Step, Terms
from mining.pairs import PARTS
from mining.spark_counts import Part, counted_pairs, single_items

Ints = NDArray[np.int64]
Arrays = Mapping[str, Ints]
PAIR = 8
"""Numbers of a pair before its windows and strata; see `spark_counts.counted_pairs`."""
KEY = 11
"""Numbers of a key in a slice before its windows."""


def counted(baskets: Baskets, terms: Terms) -> dict[str, Ints]:
    """Return what the terms ask for.

    Raises:
        MiningError: the baskets hold an item, a place or a day that the terms do not name.
    """
    return {
        name: np.asarray(array, dtype=np.int64)
        for name, array in _COUNTERS[terms.step](part_of(baskets, terms), terms).items()
    }


def part_of(baskets: Baskets, terms: Terms) -> Part:
    """Return baskets with the codes of the terms."""
    position = {item: code for code, item in enumerate(terms.items)}
    recode = np.array([position.get(item, -1) for item in baskets.items], dtype=np.int32)
    days = np.asarray(baskets.context[col.DAY])
    known = days[days != col.NO_DAY]
    strange = [item for item, code in zip(baskets.items, recode, strict=True) if code < 0]
    strange += [place for place in baskets.places.ids if place not in terms.places.codes]
    if strange or (len(known) and not (terms.first_day <= known.min() and known.max() <= terms.last_day)):
        what = repr(strange[0]) if strange else "a day"
        raise MiningError(
            f"the terms do not know {what} of these baskets; make them from the outline of every party"
        )
    held = baskets.matrix
    ones = np.ones(held.nnz, dtype=np.int64)
    shape = (held.shape[0], len(terms.items))
    matrix: Any = sparse.csr_array((ones, recode[held.indices], held.indptr.astype(np.int64)), shape=shape)
    matrix.sort_indices()
    places = np.array([*baskets.places.ids, None], dtype=object)
    return Part(
        matrix,
        baskets.person.astype(np.int64),
        baskets.at,
        places[baskets.place],
        {name: np.asarray(codes, dtype=np.int32) for name, codes in baskets.context.items()},
        terms.plan,
    )


# ---- first step: single items --------------------------------------------------------------------------------------


def _items(part: Part, terms: Terms) -> Arrays:
    """Baskets, people, baskets known to lie before the latest window, too big ones; sizes, keys and places."""
    before = part.window < terms.config.windows - 1
    width = terms.config.max_basket + 1
    code = np.array([terms.places.codes.get(str(one), -1) for one in part.place], dtype=np.int64)
    return {
        "baskets": np.array(
            [
                len(part),
                len(np.unique(part.person)),
                ((part.window >= 0) & before).sum(),
                (~part.used).sum(),
            ]
        ),
        "size": np.bincount(part.sizes[part.used], minlength=width),
        "early": np.bincount(part.sizes[part.used & before], minlength=width),
        "keys": np.asarray(part.keys.sum(axis=0)).ravel(),
        "places": np.bincount(code[code >= 0], minlength=len(terms.places.ids)),
    }


# ---- second step: which pairs ----------------------------------------------------------------------------------------


def _pairs(part: Part, terms: Terms) -> Arrays:
    """Baskets with each two of the candidates, above the diagonal line by line; those that are too big apart."""
    found = {"both": _triangle(part.matrix[np.flatnonzero(part.used)], terms.candidates)}
    if terms.known["baskets"][3]:
        found["big"] = _triangle(part.matrix[np.flatnonzero(~part.used)], terms.candidates)
    return found


def _triangle(matrix: sparse.csr_array, candidates: Ints) -> Ints:
    held = matrix[:, candidates]
    product = sparse.triu(held.T @ held, 1).tocoo()
    m = len(candidates)
    found = np.zeros(m * (m - 1) // 2, dtype=np.int64)
    row = product.row.astype(np.int64)
    found[row * (2 * m - row - 1) // 2 + product.col - row - 1] = product.data
    return found


# ---- third step: everything that rules and their tests need -----------------------------------------------------------


def _rules(part: Part, terms: Terms) -> Arrays:
    return {
        **_singles(part),
        **_directed(part, terms),
        **_triples(part, terms),
        "slices": _slices(part),
        **_trends(part, terms),
        **_cycles(part, terms),
    }


def _singles(part: Part) -> Arrays:
    """Sums of single items for the tests of pairs, their people, and their baskets by window."""
    _, columns = single_items(part)
    known = np.flatnonzero(part.window >= 0)
    shape = (part.plan.windows, len(part))
    lines = sparse.csr_array((np.ones(len(known), dtype=np.int64), (part.window[known], known)), shape=shape)
    own = part.persons(np.ones(len(part)), part.matrix)
    return {
        "singles": np.column_stack(columns),
        "people": np.asarray((own > 0).sum(axis=0)).ravel(),
        "n_window": np.asarray(lines.sum(axis=1)).ravel(),
        "by_window": (lines @ part.matrix).toarray(),
    }


def _directed(part: Part, terms: Terms) -> Arrays:
    """Pairs x the numbers of `counted_pairs`; in place of one person's most, whether it is more than one may have."""
    left, right, both = terms.directed.T
    (some,), values = counted_pairs(left.astype(np.int32), right.astype(np.int32))(part)
    table = np.zeros((len(left), PAIR + terms.config.windows + 3 * PARTS), dtype=np.int64)
    table[some] = np.column_stack(values)
    table[:, 2] = table[:, 2] > np.maximum(terms.config.max_person_share * both, 1)
    return {"directed": table}


def _triples(part: Part, terms: Terms) -> Arrays:
    """Triples x (baskets, people); people of each pair in any basket, for the triples' bodies."""
    from mining.federated_loops import count_triples, pair_people

    by_item = part.matrix.tocsc()
    rows = (
        by_item.indptr.astype(np.int64),
        by_item.indices.astype(np.int32),
        part.matrix.indptr.astype(np.int64),
        part.matrix.indices.astype(np.int32),
        part.person.astype(np.int32),
    )
    found = count_triples(terms.known["triples"], *rows)
    pairs = terms.known["bodies"]
    return {"triples": found, "bodies": pair_people(pairs, *rows[:2], rows[-1])}


def _slices(part: Part) -> Ints:
    """Slices x (keys, the basket itself) x (the sums of `contexts.SliceSums` and those outside, windows in and out).

    Of a key: people, h, hh, ht, hi, hw, t, tt, ti, tw, people outside. Of the basket itself, as if all held it.
    """
    windows = part.plan.windows
    every = sparse.csr_array(np.ones((len(part), 1), dtype=np.int64))
    keys: sparse.csr_array = sparse.csr_array(sparse.hstack([part.keys, every], format="csr"))
    found = np.zeros((len(part.plan.cuts), keys.shape[1], KEY + 2 * windows), dtype=np.int64)
    whole: dict[bool, tuple[Any, Ints, Ints]] = {}
    for line, cut in enumerate(part.plan.cuts):
        held, known = part.inside(cut)
        by_place = cut.places is not None
        if by_place not in whole:
            in_all = _by_window(part, known) @ keys
            whole[by_place] = part.persons(known, keys), _per_person(part, known), in_all.toarray()
        t, w, in_all = whole[by_place]
        h, i = part.persons(held, keys), _per_person(part, held)
        columns = [
            (h > 0).sum(axis=0), h.sum(axis=0), h.multiply(h).sum(axis=0), h.multiply(t).sum(axis=0), h.T @ i, h.T @ w,
            t.sum(axis=0), t.multiply(t).sum(axis=0), t.T @ i, t.T @ w, (t > h).sum(axis=0),
        ]  # fmt: skip
        found[line, :, :KEY] = np.column_stack([np.asarray(column).ravel() for column in columns])
        hits = (_by_window(part, held) @ keys).toarray()
        found[line, :, KEY:] = np.concatenate([hits, in_all - hits]).T
    return found


def _per_person(part: Part, held: NDArray[np.bool_]) -> Ints:
    return np.bincount(part.person[held], minlength=int(part.person[-1]) + 1)


def _by_window(part: Part, held: NDArray[np.bool_]) -> sparse.csr_array:
    rows = np.flatnonzero(held & (part.window >= 0))
    shape = (part.plan.windows, len(part))
    return sparse.csr_array((np.ones(len(rows), dtype=np.int64), (part.window[rows], rows)), shape=shape)


def _trends(part: Part, terms: Terms) -> Arrays:
    """Baskets of each cell of the calendar, and cells x keys."""
    cells = len(terms.periods.n_cell)
    day = part.context[col.DAY]
    known = np.flatnonzero(day != col.NO_DAY)
    cell = terms.periods.cell[day[known] - terms.first_day]
    lines = sparse.csr_array((np.ones(len(known), dtype=np.int64), (cell, known)), shape=(cells, len(part)))
    return {"cells": np.bincount(cell, minlength=cells), "trends": (lines @ part.keys).toarray()}


def _cycles(part: Part, terms: Terms) -> Arrays:
    """For each recurring key: histograms of people's median gaps (in half days), of gaps, and of people's visits."""
    span = max(terms.last_day - terms.first_day, 0) if terms.first_day != col.NO_DAY else 0
    some, day, by_key = terms.recurring, part.context[col.DAY], part.keys.tocsc()
    visitors, visit_medians = Gaps.of(part.person, day).medians()
    medians, visits = (np.zeros((len(some), 2 * span + 1), dtype=np.int64) for _ in range(2))
    gaps_of, own = np.zeros((len(some), span + 1), dtype=np.int64), np.zeros((len(some), 2), dtype=np.int64)
    for line, key in enumerate(some.tolist()):
        rows = by_key.indices[by_key.indptr[key] : by_key.indptr[key + 1]]
        every = Gaps.of(part.person[rows], day[rows])
        gaps = every.enough(terms.config.min_cycle_days)
        people, middle = gaps.medians()
        own[line] = len(every.last_person), gaps.regular()
        medians[line] = np.bincount((2 * middle).astype(np.int64), minlength=2 * span + 1)
        gaps_of[line] = np.bincount(gaps.days, minlength=span + 1)
        theirs = visit_medians[np.searchsorted(visitors, people)]
        visits[line] = np.bincount((2 * theirs).astype(np.int64), minlength=2 * span + 1)
    return {"medians": medians, "gaps": gaps_of, "visits": visits, "recurring": own}


_COUNTERS: dict[Step, Callable[[Part, Terms], Arrays]] = {"items": _items, "pairs": _pairs, "rules": _rules}
