"""What a ranker learned, and one question answered with it: raw scores -> parts -> a score for every item.

Knows scorers and blends by name. It refuses to know frames and external ids beyond their order (`retrieval.rank`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from retrieval.blend import Blend
from retrieval.explanation import Fired
from retrieval.profile import Floats, Ids, Log, Query
from retrieval.rankfit import raw_scores, unseen_by
from retrieval.rules import RuleScorer
from retrieval.scorer import Scorer
from retrieval.splits import PAUSE, idle


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

    def scored(self, query: Query, exclude_seen: bool) -> Scored:
        """Answer one question for every item."""
        blend = self.blend_for(query, exclude_seen)
        raw = raw_scores(self.scorers, blend.names, query)
        n_items = raw.shape[1]
        among = unseen_by(query, n_items) if exclude_seen else np.ones(n_items, bool)
        scales = blend.scales(raw, among)
        parts = np.nan_to_num(raw) * scales[:, None]
        return Scored(query, blend, scales, parts, parts.sum(axis=0))

    def total(self, scored: Scored, item: int) -> tuple[float, dict[str, float]]:
        """Return (score, parts by name) of one item; the parts of one name are added."""
        parts: dict[str, float] = {}
        for name, value in zip(scored.blend.names, scored.parts[:, item], strict=True):
            if value != 0.0:
                label = self.scorers[name].name
                parts[label] = parts.get(label, 0.0) + float(value)
        return float(scored.score[item]), parts

    def because(self, scored: Scored, item: int) -> tuple[tuple[str, float], ...]:
        """Return what each history item adds to the score of `item`, largest first."""
        total = np.zeros(len(self.items))
        for name, factor in zip(scored.blend.names, scored.scales, strict=True):
            if factor > 0:
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
        factor = float(scored.scales[scored.blend.names.index("rules")])
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
    """One question, answered for every item: the blend, raw scores and parts (scorers x items), their sum."""

    query: Query
    blend: Blend
    scales: Floats
    """What each scorer's raw scores were multiplied by."""
    parts: Floats
    score: Floats
