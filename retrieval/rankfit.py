"""Fitting the ranker: frames to integers, the scorers of a log, and the validation questions that teach the blend.

Knows which scorers exist and which data feeds each. It refuses to answer questions (`retrieval.rank`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrieval.blend import Blend, Lesson, learn, lesson, scale
from retrieval.boosted import Listed, boosted, listed
from retrieval.cf import cosine, crowd, ease, neighbours, walk
from retrieval.guided import guided
from retrieval.popularity import (
    Content,
    Kinds,
    context_lift,
    first_takings,
    place_lift,
    popular,
    trait_lift,
    trend,
)
from retrieval.profile import Floats, Ids, Ints, Log, Query
from retrieval.rankconfig import RankConfig
from retrieval.repeat import habit
from retrieval.rules import RuleScorer
from retrieval.scorer import Linear, Scorer, Side, score_many
from retrieval.sequence import near_in_time
from retrieval.splits import REPEATS, Question, repeat_share, splits

ABSOLUTE = frozenset(
    {
        *("popular", "trend", "tried", "tried_now", "place", "context", "traits", "kind"),
        *("again_window", "again_visit", "rules", "deep"),
    }
)
"""Scorers whose raw scores mean the same in every question; the others are divided by their largest."""
COLD = ("popular", "trend", "place", "context", "traits")
"""Scorers that need no history: they make the blend for someone of whom nothing is known."""
_MAX_TRAIT_VALUES = 60
_COLD_QUESTIONS = 300
"""Questions that teach the few weights of a cold person's blend."""
_BLOCK_BYTES = 128 * 2**20
"""Raw scores that are held at once while the blend is learned."""
_LONGEST, _LONGEST_HABIT = 300, 120
"""How many latest distinct items of a history teach what lies near in time: the work grows with the cube."""

Scorers = Mapping[str, Scorer]
RulesOf = Callable[[NDArray[np.bool_]], RuleScorer | None]


def make_side(
    items: Ids,
    people: Ids,
    places: Ids,
    item_frame: pd.DataFrame | None,
    people_frame: pd.DataFrame | None,
    vectors: NDArray[np.float32] | None,
) -> Side:
    """Read what the item and people frames say, in internal ids.

    Raises:
        ValueError: the vectors do not match the item frame.
    """
    group = np.full(len(items), -1, np.int64)
    n_groups, aligned = 0, None
    if item_frame is not None:
        at = items.positions(item_frame["item"])
        known = at >= 0
        labels = _group_labels(item_frame)
        if labels is not None:
            codes, names = pd.factorize(labels, sort=True)
            group[at[known]] = codes[known]
            n_groups = len(names)
        if vectors is not None:
            if len(vectors) != len(item_frame):
                raise ValueError(
                    f"vectors has {len(vectors)!r} rows, items {len(item_frame)!r}: give one row an item"
                )
            aligned = np.zeros((len(items), vectors.shape[1]), np.float32)
            aligned[at[known]] = vectors[known]
    home, traits = _people_side(people, places, people_frame)
    return Side(parent=group, n_groups=n_groups, vectors=aligned, traits=traits, home=home)


def _group_labels(frame: pd.DataFrame) -> pd.Series | None:
    """Return each item's group: its parent, else its first category."""
    label = pd.Series([None] * len(frame), index=frame.index, dtype=object)
    if "category" in frame:
        label = frame["category"].astype("string").str.split("|").str[0].astype(object)
    if "parent" in frame:
        parent = frame["parent"].astype(object)
        label = parent.where(parent.notna(), label)
    label = label.where(label.notna(), None)
    return None if label.isna().all() else label


def _people_side(people: Ids, places: Ids, frame: pd.DataFrame | None) -> tuple[Ints | None, Ints | None]:
    """Return (home, traits); numbers with many values become tenths of the people."""
    if frame is None or frame.empty:
        return None, None
    at = people.positions(frame["person"])
    known = at >= 0
    home = None
    if "place" in frame:
        home = np.full(len(people), -1, np.int64)
        home[at[known]] = places.positions(frame["place"].astype(object))[known]
    columns = []
    for name in sorted(set(frame.columns) - {"person", "place"}):
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values) and values.nunique() > _MAX_TRAIT_VALUES // 2:
            values = pd.qcut(values, 8, labels=False, duplicates="drop")
        codes, names = pd.factorize(values.astype("string"), sort=True)
        if 2 <= len(names) <= _MAX_TRAIT_VALUES:
            column = np.full(len(people), -1, np.int64)
            column[at[known]] = codes[known]
            columns.append(column)
    return home, np.stack(columns, axis=1) if columns else None


def fit_scorers(log: Log, side: Side, config: RankConfig, rules: RuleScorer | None) -> dict[str, Scorer]:
    """Fit every scorer that the log can feed, keyed by the name in a blend."""
    habits = repeat_share(log) > REPEATS
    limit = config.dense_items
    plain = ease(log, limit=limit)
    near, beside = near_in_time(log, limit=limit, longest=_LONGEST_HABIT if habits else _LONGEST)
    similar = cosine(log)
    found: dict[str, Scorer | None] = {
        "ease": plain,
        "broad": replace(plain, fade=0.5, name="broad"),
        "near": near,
        "beside": beside,
        "walk": walk(log),
        "similar": similar,
        "guided": None if rules is None else guided(similar, rules),
        "people": neighbours(log),
        "crowd": crowd(log),
        "popular": popular(log),
        "trend": trend(log, fade=config.window_days),
        "place": place_lift(log, side),
        "context": context_lift(log),
        "traits": trait_lift(log, side),
        "kind": Kinds(side.parent, 0.5) if side.n_groups else None,
        "content": None if side.vectors is None else Content(side.vectors, 0.75),
        "rules": rules,
    }
    if config.deep.on and (not config.scorers or "deep" in config.scorers):
        from retrieval.neural.training import fit_deep  # torch

        found["deep"] = fit_deep(
            log, side.vectors, config.deep, repeats=habits, seed=config.seed, threads=config.threads
        )
    if (log.strength < 0.999).any():
        found["taste"] = replace(plain, fade=0.75, graded=True, name="taste")
    if habits:
        tried = first_takings(log)
        found["tried"] = trend(tried, fade=config.window_days)
        found["tried_now"] = trend(tried, fade=config.window_days / 2)
        for goal, visits in (("window", False), ("visit", True)):
            if not visits or log.has_visits:
                found[f"again_{goal}"] = habit(
                    log, side, window=config.window_days, visits=visits, name="again", threads=config.threads
                )
    wanted = config.scorers
    return {
        name: replace(one, recent=config.recent) if isinstance(one, Linear) else one
        for name, one in found.items()
        if one is not None and (not wanted or one.name in wanted)
    }


def raw_scores(scorers: Scorers, names: tuple[str, ...], query: Query) -> Floats:
    """Return scorers x items."""
    return np.stack([scorers[name].score(query) for name in names])


def raw_of_many(
    scorers: Scorers, names: tuple[str, ...], queries: Sequence[Query], n_items: int
) -> Iterator[Floats]:
    """Yield scorers x items for one question after the other, computed by blocks of questions."""
    block = max(1, min(256, _BLOCK_BYTES // (8 * len(names) * max(n_items, 1))))
    for first in range(0, len(queries), block):
        some = queries[first : first + block]
        by_scorer = [score_many(scorers[name], some) for name in names]
        yield from (np.stack([one[q] for one in by_scorer]) for q in range(len(some)))


def learn_blends(log: Log, side: Side, config: RankConfig, rules_of: RulesOf) -> dict[str, Blend]:
    """Learn a blend for each goal, for all items and for new ones only, on rows held out from the end.

    Where too little can be held out, every scorer weighs the same.
    """
    rng = np.random.default_rng(config.seed)
    blends: dict[str, Blend] = {}
    for split in splits(log, config, rng):
        scorers = fit_scorers(log.keep(split.head), side, config, rules_of(split.head))
        for goal, questions in split.questions.items():
            fitting = tuple(n for n in scorers if not n.startswith("again_") or n == f"again_{goal}")
            learned = _learned(scorers, fitting, questions, log.n_items, rng, config.threads)
            blends |= {f"{goal}:{kind}": blend for kind, blend in learned.items()}
    return blends


def _learned(
    scorers: Scorers,
    names: tuple[str, ...],
    questions: Sequence[Question],
    n_items: int,
    rng: np.random.Generator,
    threads: int,
) -> dict[str, Blend]:
    """Learn from validation questions: a blend for "all" items, for "new" ones, and for "cold" people.

    A cold person has taken nothing yet: there all that a person ever took is right. Trees are tried for new items
    where people mostly take what they know: with one right item a question (films) they lost 0.02 NDCG@10.
    """
    absolute = absolute_of(names)
    cold = np.array([name in COLD for name in names])
    repeats = any(name.startswith("again_") for name in names)
    lessons: dict[str, list[Lesson | None]] = {"all": [], "new": [], "cold": []}
    lists: list[Listed | None] = []
    asked = [query for query, _ in questions]
    raws = raw_of_many(scorers, names, asked, n_items)
    for (query, right), raw in zip(questions, raws, strict=True):
        filled = np.nan_to_num(raw)
        known = np.asarray(~np.isnan(raw).all(axis=0))
        every, unseen = np.ones(n_items, bool), unseen_by(query, n_items)
        fresh = filled * scale(filled, absolute, unseen)[:, None]
        lessons["new"].append(lesson(fresh, known & unseen, right, rng))
        scaled = filled * scale(filled, absolute, every)[:, None]
        if repeats:
            lists.append(listed(fresh, known & unseen, right))
            lessons["all"].append(lesson(scaled, known, right, rng))
        if cold.any() and len(lessons["cold"]) < _COLD_QUESTIONS:
            everything = np.union1d(query.item[query.sign > 0], right)
            lessons["cold"].append(lesson(scaled[cold], known, everything, rng))
    out = {}
    for kind, some in lessons.items():
        if kind == "all" and not repeats:
            continue
        taught = [one for one in some if one is not None]
        kept = tuple(np.array(names)[cold].tolist()) if kind == "cold" else names
        if kept:
            weights = learn(taught, len(kept))
            trees = None
            if kind == "new" and repeats:
                trees = boosted([one for one in lists if one is not None], weights, threads=threads)
            out[kind] = Blend(kept, weights, absolute_of(kept), trees).pruned()
    return out


def unseen_by(query: Query, n_items: int) -> NDArray[np.bool_]:
    """Return the mask of items that the history does not hold."""
    mask = np.ones(n_items, bool)
    mask[query.item] = False
    return mask


def absolute_of(names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which scorers keep their scale."""
    return np.array([name in ABSOLUTE for name in names], dtype=bool)
