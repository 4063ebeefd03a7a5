"""The trained models as scorers: weights in, raw scores out, with NumPy alone.

Knows the arithmetic of both networks for one question. It refuses to train, and needs no torch: a serving process
stays light, and one question costs a matrix product over the catalogue and a short pass over the history.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from retrieval.neural.features import Rows, asked, gap_codes, step_codes
from retrieval.profile import Floats, Ints, Query
from retrieval.scorer import NOTHING, Arrays

Array = NDArray[np.float32]
Weights = Mapping[str, Array]
TABLE, KNOWN, SETTINGS = "table", "known", "settings"
EPS = np.float32(1e-5)


@dataclass(frozen=True)
class Deep:
    """What both scorers hold: one vector an item, which items have one, and the weights by torch's names.

    Items that nobody took have the vector of their text; items without either are NaN.
    """

    table: Array
    known: NDArray[np.bool_]
    weights: Weights
    length: int
    heads: int = 1
    name: str = "deep"

    def score(self, query: Query) -> Floats:
        """Return a raw score for every item with a vector, NaN for the others and without a history."""
        rows = asked(query, self.length, self.known)
        if not len(rows.item):
            return np.full(len(self.known), np.nan)
        return np.where(self.known, self._raw(rows), np.nan)

    def _raw(self, rows: Rows) -> Floats:
        raise NotImplementedError

    def because(self, query: Query, item: int) -> tuple[Ints, Floats]:
        """Return nothing: the score is no sum over the history; a counterfactual is computed anew."""
        del query, item
        return NOTHING

    def arrays(self) -> Arrays:
        """Return all weights, and the settings as JSON."""
        settings = json.dumps({"length": self.length, "heads": self.heads})
        return {
            TABLE: self.table,
            KNOWN: self.known,
            **self.weights,
            SETTINGS: np.array([settings], dtype=np.str_),
        }

    @classmethod
    def of_arrays(cls, name: str, arrays: Mapping[str, NDArray[Any]]) -> Deep:
        """Make the scorer again from `arrays()`."""
        settings = json.loads(str(arrays[SETTINGS][0]))
        weights = {key: np.asarray(a) for key, a in arrays.items() if key not in (TABLE, KNOWN, SETTINGS)}
        return cls(np.asarray(arrays[TABLE]), np.asarray(arrays[KNOWN]), weights, name=name, **settings)


class DeepSequence(Deep):
    """The causal transformer: score(i) = ln(p(i) n) with p = softmax(h . e_i) over the n items that have a vector.

    0 is what an item drawn at random would have. Pre-norm blocks (Xiong et al. 2020), attention with a bias for
    steps and days back, the exact GELU.
    """

    def _raw(self, rows: Rows) -> Floats:
        logits = (self.table @ self.state(rows)).astype(np.float64)
        top = logits[self.known].max()
        total = np.exp(logits[self.known] - top).sum()
        return np.asarray(logits - top - np.log(total) + np.log(self.known.sum()))

    def state(self, rows: Rows) -> Array:
        """Return the state after the last row."""
        w = self.weights
        x = self.table[rows.item].copy()
        for code in ("strength", "gap", "hour", "weekday", "place"):
            table = w[f"codes.{code}.weight"]
            x += table[np.minimum(getattr(rows, code), len(table) - 1)]
        n = len(x)
        back = np.arange(n)[:, None] - np.arange(n)[None, :]
        steps = step_codes(np.maximum(back, 0))
        lag = gap_codes(rows.at[None, :], rows.then[:, None])
        for layer in range(self._layers):
            last = slice(-1, None) if layer == self._layers - 1 else slice(None)
            x = self._block(x, f"blocks.{layer}.", steps[last], lag[last], back[last] < 0)
        return np.asarray(self._norm(x, "norm")[-1])

    @cached_property
    def _layers(self) -> int:
        return len({key.split(".")[1] for key in self.weights if key.startswith("blocks.")})

    def _block(self, x: Array, at: str, steps: Ints, lag: Ints, ahead: NDArray[np.bool_]) -> Array:
        """Return the last len(steps) rows of x after one block."""
        n, dim = x.shape
        asking = n - len(steps)
        mixed = self._linear(self._norm(x, f"{at}norm_mix"), f"{at}mix")
        q, k, v = (part.reshape(n, self.heads, -1).transpose(1, 0, 2) for part in np.split(mixed, 3, axis=1))
        weight = q[:, asking:] @ k.transpose(0, 2, 1) * np.float32((dim // self.heads) ** -0.5)
        weight += self.weights[f"{at}step.weight"][steps].transpose(2, 0, 1)
        weight += self.weights[f"{at}lag"][lag].transpose(2, 0, 1)
        weight[:, ahead] = -np.inf
        weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
        weight /= weight.sum(axis=-1, keepdims=True)
        out = (weight @ v).transpose(1, 0, 2).reshape(-1, dim)
        x = x[asking:] + self._linear(out, f"{at}out")
        wide = self._linear(self._norm(x, f"{at}norm_feed"), f"{at}wide")
        wide = wide * np.float32(0.5) * (1 + erf(wide * np.float32(2**-0.5)))
        return x + self._linear(wide.astype(np.float32), f"{at}narrow")

    def _linear(self, x: Array, at: str) -> Array:
        return np.asarray(x @ self.weights[f"{at}.weight"].T + self.weights[f"{at}.bias"])

    def _norm(self, x: Array, at: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + EPS)
        return np.asarray(centred / spread * self.weights[f"{at}.weight"] + self.weights[f"{at}.bias"])


class DeepSimple(Deep):
    """The log-odds of p = sigma(W^T [h_u, h_i, h_u * h_i] + b).

    h_i is the vector of the item, h_u the mean of those of the history, the latest weighing most. Without the
    product h_u * h_i everybody would get the same ranking, since W^T [h_u, h_i] adds a number of the person to a
    number of the item.
    """

    def _raw(self, rows: Rows) -> Floats:
        w, dim = self.weights["join.weight"][0], self.table.shape[1]
        person = mean_weights(rows.strength[None, :])[0, -1] @ self.table[rows.item]
        per_item = self.table @ (w[dim : 2 * dim] + w[2 * dim :] * person)
        return np.asarray(per_item + w[:dim] @ person + self.weights["join.bias"][0], dtype=np.float64)


def mean_weights(strength: Ints) -> Array:
    """Return batch x length x length: what row s weighs in the history after row t, rows summing to 1.

    (1 + steps back)^-0.75, halved and negative for what was liked least.
    """
    n = strength.shape[1]
    back = np.arange(n)[:, None] - np.arange(n)[None, :]
    fade = np.where(back >= 0, (1.0 + np.maximum(back, 0)) ** -0.75, 0.0)
    fade /= fade.sum(axis=1, keepdims=True)
    sign = np.where(strength == 0, -0.5, 1.0)
    return np.asarray(fade[None] * sign[:, None, :], dtype=np.float32)
