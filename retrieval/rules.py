"""Mined rules as a scorer: those whose antecedent and context hold fire for their consequent.

Knows a frame of counted rules. It refuses to mine, and to word a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from retrieval.profile import Floats, Ids, Ints, Query, profile, sums
from retrieval.scorer import NOTHING, Arrays, row_cells

_SEPARATOR = "|"
_FIRING = frozenset({"together", "next", "context"})


@dataclass(frozen=True)
class RuleScorer:
    """score(i) = sum over fired rules with consequent i of strength(rule) * freshness(antecedent).

    strength = confidence * ln(lift) of the counts, smoothed by half a basket and never below 0. A rule fires where
    all of its antecedent is in the profile and all its context words (a place as "place:ID") hold; the freshness of
    an antecedent is its smallest profile weight, 1 where there is none. Where the largest sum exceeds 1 (a long
    history fires many rules) all are divided by it.
    """

    antecedents: sp.csr_array
    """Rules x items, 1 where the item is in the antecedent."""
    consequent: Ints
    strength: Floats
    contexts: tuple[str, ...]
    """Words of each rule joined by "|"."""
    kinds: tuple[str, ...]
    fade: float
    name: str = "rules"

    @cached_property
    def _word_counts(self) -> tuple[dict[str, int], sp.csr_array, Ints]:
        """Return context words by number, rules x words, and how many words each rule needs."""
        split = [[word for word in one.split(_SEPARATOR) if word] for one in self.contexts]
        words = {word: n for n, word in enumerate(sorted({w for one in split for w in one}))}
        sizes = np.array([len(one) for one in split], dtype=np.int64)
        columns = np.array([words[w] for one in split for w in one], dtype=np.int64)
        cells = (np.ones(len(columns)), columns, np.r_[0, np.cumsum(sizes)])
        return words, sp.csr_array(cells, shape=(len(split), max(len(words), 1))), sizes

    def fired(self, query: Query) -> tuple[Ints, Floats]:
        """Return the rules that fire and what each adds to the score of its consequent."""
        taste = profile(query, fade=self.fade)
        weight = np.zeros(self.antecedents.shape[1])
        weight[taste.item] = taste.weight
        indptr = self.antecedents.indptr
        sizes = np.diff(indptr)
        holds = self.antecedents @ (weight > 0).astype(float) >= sizes
        words, needs, n_words = self._word_counts
        held = np.zeros(needs.shape[1])
        held[[words[word] for word in query.context if word in words]] = 1.0
        rules = np.flatnonzero(holds & (needs @ held >= n_words))
        if not len(rules):
            return NOTHING
        fresh = np.ones(len(rules))
        filled = sizes[rules] > 0
        if filled.any():
            cells, lengths = row_cells(self.antecedents, rules[filled])
            begins = np.cumsum(lengths) - lengths
            fresh[filled] = np.minimum.reduceat(weight[self.antecedents.indices[cells]], begins)
        raw = self.strength[rules] * fresh
        largest = sums(self.consequent[rules], raw, self.antecedents.shape[1]).max()
        return rules, raw / max(float(largest), 1.0)

    def score(self, query: Query) -> Floats:
        """Return the summed strengths, NaN for items that no fired rule ends in."""
        out = np.full(self.antecedents.shape[1], np.nan)
        rules, raw = self.fired(query)
        if len(rules):
            ends = self.consequent[rules]
            out[ends] = np.bincount(ends, weights=raw, minlength=len(out))[ends]
        return out

    def because(self, query: Query, item: int) -> tuple[Ints, Floats]:
        """Split each fired rule's strength evenly over its antecedent; context alone is nobody's."""
        rules, raw = self.fired(query)
        share = np.zeros(self.antecedents.shape[1])
        for rule, value in zip(rules, raw, strict=True):
            members = self.members(int(rule))
            if self.consequent[rule] == item and len(members):
                share[members] += value / len(members)
        items = np.flatnonzero(share)
        return (items, share[items]) if len(items) else NOTHING

    def members(self, rule: int) -> Ints:
        """Return the antecedent items of a rule."""
        start, end = self.antecedents.indptr[rule], self.antecedents.indptr[rule + 1]
        return np.asarray(self.antecedents.indices[start:end], dtype=np.int64)

    def arrays(self) -> Arrays:
        """Return the rules as arrays."""
        return {
            "indices": self.antecedents.indices,
            "indptr": self.antecedents.indptr,
            "shape": np.array(self.antecedents.shape),
            "consequent": self.consequent,
            "strength": self.strength,
            "contexts": np.array(self.contexts, dtype=np.str_),
            "kinds": np.array(self.kinds, dtype=np.str_),
            "fade": np.array([self.fade]),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> RuleScorer:
        """Make the scorer again from `arrays()`."""
        indices = arrays["indices"]
        shape = (int(arrays["shape"][0]), int(arrays["shape"][1]))
        antecedents = sp.csr_array((np.ones(len(indices)), indices, arrays["indptr"]), shape=shape)
        contexts = tuple(str(one) for one in arrays["contexts"])
        kinds = tuple(str(one) for one in arrays["kinds"])
        strength, consequent = np.asarray(arrays["strength"]), np.asarray(arrays["consequent"])
        return cls(antecedents, consequent, strength, contexts, kinds, float(arrays["fade"][0]))


def rule_scorer(frame: pd.DataFrame, items: Ids, *, fade: float = 1.5) -> RuleScorer | None:
    """Read a frame of rules; None where none can fire.

    Rules of other kinds than together, next and context, with unknown items, several consequents, or a lift of at
    most 1 are left out.

    Raises:
        ValueError: a needed column is missing.
    """
    missing = {"antecedent", "consequent", "n", "n_x", "n_y", "n_xy"} - set(frame.columns)
    if missing:
        raise ValueError(f"the rules frame lacks {sorted(missing)!r}: pass the counts of every rule")
    n, n_x, n_y, n_xy = (frame[c].to_numpy(dtype=float) for c in ("n", "n_x", "n_y", "n_xy"))
    confidence = n_xy / np.maximum(n_x, 1.0)
    lift = ((n_xy + 0.5) / (n_x + 1.0)) / np.maximum((n_y + 0.5) / (n + 1.0), 1e-12)
    strength = confidence * np.log(np.maximum(lift, 1e-12))
    kinds = frame["kind"].astype(str).tolist() if "kind" in frame else ["together"] * len(frame)
    places = frame["place"].tolist() if "place" in frame else [None] * len(frame)
    contexts = frame["context"].tolist() if "context" in frame else [()] * len(frame)
    rows: list[tuple[Ints, int, float, str, str]] = []
    for a, c, words, place, kind, value in zip(
        frame["antecedent"], frame["consequent"], contexts, places, kinds, strength, strict=True
    ):
        if not value > 0 or kind not in _FIRING:
            continue
        left, right = items.positions(_ids(a)), items.positions(_ids(c))
        if len(right) != 1 or right[0] < 0 or (left < 0).any():
            continue
        held = sorted(_ids(words)) + ([f"place:{place}"] if isinstance(place, str) and place else [])
        if len(left) or held:
            rows.append((np.unique(left), int(right[0]), float(value), _SEPARATOR.join(held), kind))
    if not rows:
        return None
    indptr = np.r_[0, np.cumsum([len(one[0]) for one in rows])].astype(np.int64)
    indices = np.concatenate([one[0] for one in rows]).astype(np.int64)
    antecedents = sp.csr_array((np.ones(len(indices)), indices, indptr), shape=(len(rows), len(items)))
    return RuleScorer(
        antecedents,
        np.array([one[1] for one in rows], dtype=np.int64),
        np.array([one[2] for one in rows]),
        tuple(one[3] for one in rows),
        tuple(one[4] for one in rows),
        fade,
    )


def _ids(cell: Any) -> list[Any]:
    """Return the ids (or words) of one cell: nothing, one value, text joined by "|", or a collection."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return []
    if isinstance(cell, str):
        return [one for one in cell.split(_SEPARATOR) if one]
    return list(cell) if isinstance(cell, Iterable) else [cell]
