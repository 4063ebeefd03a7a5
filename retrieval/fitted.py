"""What a ranker learned, and one question answered with it: raw scores -> parts -> a score for every item.

Knows scorers and blends by name. It refuses to know frames and external ids beyond their order (`retrieval.rank`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.blend import Blend, scale
from retrieval.explanation import Fired
from retrieval.listing import top
from retrieval.profile import Floats, Ids, Ints, Log, Query
from retrieval.rankfit import raw_scores, unseen_by
from retrieval.rules import RuleScorer
from retrieval.scorer import Scorer
from retrieval.splits import PAUSE, idle

_SCREENED = 200
"""So many items that the weighted sum puts on top are ordered by trees."""


@dataclass(frozen=True)
class Fitted:
    """Everything that a fitted ranker holds."""

    items: Ids
    people: Ids
    places: Ids
    log: Log
    scorers: Mapping[str, Scorer]
    blends: Mapping[str, Blend]

    def blend_for(self, query: Query, exclude_seen: bool) -> Blend:
        """Choose the blend: by what is known of the person, where they are, and whether seen items count."""
        blends = self.blends
        goals = list(dict.fromkeys(key.split(":")[0] for key in blends))
        goal = goals[0]
        if "visit" in goals and query.place >= 0:
            goal = "visit"
        elif "return" in goals and idle(query) >= PAUSE:
            goal = "return"
        known = len(query.item) + len(query.liked) + len(query.disliked) + len(query.cart)
        kinds = ("new", "all") if exclude_seen else ("all", "new")
        for kind in kinds if known else ("cold", *kinds):
            if f"{goal}:{kind}" in blends:
                return blends[f"{goal}:{kind}"]
        return next(iter(blends.values()))

    def scored(self, query: Query, exclude_seen: bool, open_items: NDArray[np.bool_]) -> Scored:
        """Answer one question; trees, where the blend has them, order the best of the open items."""
        blend = self.blend_for(query, exclude_seen)
        raw = np.nan_to_num(raw_scores(self.scorers, blend.names, query))
        n_items = raw.shape[1]
        among = unseen_by(query, n_items) if exclude_seen else np.ones(n_items, bool)
        scales = scale(raw, blend.absolute, among)
        order = (blend.weights * scales) @ raw
        if blend.trees is not None:
            best = top(order, open_items, _SCREENED)
            told = blend.trees.predict((raw[:, best] * scales[:, None]).T)
            if len(best):
                order[best] = told + (order[open_items].max() - told.min() + 1.0)
        return Scored(query, blend, scales, raw, order)

    def total(self, scored: Scored, item: int) -> tuple[float, dict[str, float]]:
        """Return (score, parts by name) of one item; the parts of one name are added."""
        parts: dict[str, float] = {}
        values = scored.parts(item)
        for name, value in zip(scored.blend.names, values, strict=True):
            if value != 0.0:
                label = self.scorers[name].name
                parts[label] = parts.get(label, 0.0) + float(value)
        return float(values.sum()), parts

    def because(self, scored: Scored, item: int) -> tuple[tuple[str, float], ...]:
        """Return what each history item adds to the score of `item`, largest first."""
        total = np.zeros(len(self.items))
        for name, factor in zip(scored.blend.names, scored.factors(item), strict=True):
            if factor != 0:
                behind, value = self.scorers[name].because(scored.query, item)
                total[behind] += value * factor
        behind = np.flatnonzero(total)
        behind = behind[np.argsort(-np.abs(total[behind]), kind="stable")]
        return tuple((str(self.items.index[one]), float(total[one])) for one in behind)

    def fired(self, scored: Scored, item: int) -> tuple[Fired, ...]:
        """Return the rules that fired for `item`, strongest first."""
        scorer = self.scorers.get("rules")
        if not isinstance(scorer, RuleScorer) or "rules" not in scored.blend.names:
            return ()
        factor = float(scored.factors(item)[scored.blend.names.index("rules")])
        ids = self.items.index
        fired = [
            Fired(
                tuple(str(ids[one]) for one in scorer.members(int(rule))),
                str(ids[item]),
                tuple(word for word in scorer.contexts[rule].split("|") if word),
                scorer.kinds[rule],
                float(value) * factor,
            )
            for rule, value in zip(*scorer.fired(scored.query), strict=True)
            if scorer.consequent[rule] == item
        ]
        return tuple(sorted(fired, key=lambda one: -one.contribution))


@dataclass(frozen=True)
class Scored:
    """One question, answered for every item: the blend, raw scores (scorers x items), and a number to order items by.

    Without trees that number is the score itself; with them the best items stand by their score above the rest.
    """

    query: Query
    blend: Blend
    scales: Floats
    """What makes each scorer's raw scores comparable."""
    raw: Floats
    order: Floats

    def parts(self, item: int) -> Floats:
        """Return what each scorer adds to the score of an item; the score is their sum."""
        scaled = self.raw[:, item] * self.scales
        return scaled * self.blend.weights if self.blend.trees is None else self.blend.trees.shares(scaled)

    def values(self, items: Ints) -> Floats:
        """Return the scores of some items, without their parts."""
        if self.blend.trees is None:
            return self.order[items]
        rows = np.concatenate(
            [self.raw[:, items] * self.scales[:, None], np.zeros((len(self.raw), 1))], axis=1
        )
        told = self.blend.trees.predict(rows.T)
        return np.asarray(told[:-1] - told[-1])

    def factors(self, item: int) -> Floats:
        """Return by what each scorer's raw score of an item was multiplied to give its part, 0 where both are 0."""
        raw = self.raw[:, item]
        return np.divide(self.parts(item), raw, out=np.zeros(len(raw)), where=raw != 0)
