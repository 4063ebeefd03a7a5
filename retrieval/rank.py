"""The ranker: what a person took, when and where -> the items to propose, each with the parts of its score.

Knows interactions, items and people as frames. It refuses to know where they come from (no database), what words
an answer uses, and how a single scorer works (`retrieval.scorer`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from retrieval.blend import Blend
from retrieval.candidate import Candidate
from retrieval.explanation import Explanation
from retrieval.fitted import Fitted
from retrieval.listing import diverse, rank_of, top
from retrieval.profile import Ids, Log, Query, days, make_log, query_of
from retrieval.rankconfig import RankConfig
from retrieval.rankfiles import load, save
from retrieval.rankfit import absolute_of, fit_scorers, learn_blends, make_side
from retrieval.rules import RuleScorer, rule_scorer
from retrieval.scorer import Scorer

Rules = pd.DataFrame | Callable[[pd.DataFrame], pd.DataFrame] | None
Allowed = Sequence[str] | NDArray[np.bool_] | None


class Recommender:
    """Ranks items for people; each score is the exact sum of named parts."""

    def __init__(self, config: RankConfig | None = None) -> None:
        self.config = config or RankConfig()
        self._fitted: Fitted | None = None

    def fit(
        self,
        interactions: pd.DataFrame,
        items: pd.DataFrame | None = None,
        people: pd.DataFrame | None = None,
        rules: Rules = None,
        *,
        vectors: NDArray[np.float32] | None = None,
    ) -> Self:
        """Learn from behaviour: the scorers, then the blend on validation windows, then the scorers on all rows.

        Args:
            interactions: `person, item` and, optional, `at, kind, value, place, basket, context`.
            items: `item` and, optional, `category, year, parent` and others; items nobody took yet can be ranked.
            people: `person` and, optional, `place` and others.
            rules: a frame (`antecedent, consequent, context, kind, n, n_x, n_y, n_xy`), or a callable from
                interactions to one, called on the rows before each validation window so that nothing leaks.
            vectors: text vectors, one row for each row of `items`, L2-normalised.

        Raises:
            ValueError: a needed column is missing, or there is no row to learn from.
        """
        for name, frame, needed in (
            ("interactions", interactions, ("person", "item")),
            ("items", items, ("item",)),
            ("people", people, ("person",)),
        ):
            missing = [] if frame is None else [column for column in needed if column not in frame]
            if missing:
                raise ValueError(f"{name} lacks the column(s) {missing!r}: rename yours to these")
        rows = interactions.dropna(subset=["person", "item"]).reset_index(drop=True)
        if rows.empty:
            raise ValueError(
                "interactions holds no row with a person and an item: there is nothing to learn from"
            )
        if self.config.level == "parent" and items is not None and "parent" in items:
            rows, items, vectors = _raised(rows, items, vectors)
        item_ids = Ids.of(rows["item"], None if items is None else items["item"])
        person_ids = Ids.of(rows["person"], None if people is None else people["person"])
        place_ids = Ids.of(
            rows["place"].astype(object) if "place" in rows else None,
            people["place"].astype(object) if people is not None and "place" in people else None,
        )
        log, kept = make_log(rows, person_ids, item_ids, place_ids)
        side = make_side(item_ids, person_ids, place_ids, items, people, vectors)

        def rules_of(head: NDArray[np.bool_]) -> RuleScorer | None:
            return rule_scorer(rules(rows.iloc[np.sort(kept[head])]), item_ids) if callable(rules) else None

        frame = rules(rows) if callable(rules) else rules
        final = None if frame is None else rule_scorer(frame, item_ids)
        with threadpool_limits(self.config.threads):
            blends = learn_blends(log, side, self.config, rules_of)
            scorers = fit_scorers(log, side, self.config, final)
        blends = {key: _completed(blend, scorers, self.config) for key, blend in blends.items()}
        return self.adopt(Fitted(item_ids, person_ids, place_ids, log, scorers, blends))

    def adopt(self, fitted: Fitted) -> Self:
        """Take over what another ranker learned: how a loaded one, or one with other weights, is made."""
        self._fitted = fitted
        return self

    @property
    def fitted(self) -> Fitted:
        """What was learned.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        if self._fitted is None:
            raise RuntimeError("this recommender knows nothing yet: call fit or load first")
        return self._fitted

    @property
    def items(self) -> tuple[Any, ...]:
        """External ids in the order of masks and positions."""
        return tuple(self.fitted.items.index)

    def recommend(
        self,
        people: Sequence[Any] | Any,
        k: int = 10,
        at: Any = None,
        place: Any = None,
        exclude_seen: bool = True,
        context: Any = None,
    ) -> pd.DataFrame:
        """Return `person, item, score, rank` with at most `k` rows for each person, ids in the type they came in.

        `at`, `place` and `context` are one value or one per person; `context` is a tuple of context words. Without
        `at` a person is asked right after their last row, or after all rows where people take the same items again.
        """
        whom = several(people)
        fitted = self.fitted
        numbers = fitted.people.positions(whom)
        nows = np.full(len(whom), np.nan) if at is None else days(spread(at, len(whom)))
        where = fitted.places.positions(spread(place, len(whom)))
        words = _spread_words(context, len(whom))
        tables = []
        for turn, person in enumerate(numbers):
            now = self._unasked_now(int(person)) if np.isnan(nows[turn]) else float(nows[turn])
            query = query_of(fitted.log, int(person), now=now, place=int(where[turn]), context=words[turn])
            open_items = self._open(query, None, (), exclude_seen)
            scored = fitted.scored(query, exclude_seen, open_items)
            best = top(scored.order, open_items, k)
            tables.append((turn, best, scored.values(best)))
        who = np.repeat([turn for turn, _, _ in tables], [len(best) for _, best, _ in tables]).astype(
            np.int64
        )
        best = np.concatenate([b for _, b, _ in tables]) if tables else np.zeros(0, np.int64)
        out = {
            "person": pd.Series([whom[turn] for turn in who], dtype=object),
            "item": pd.Series(fitted.items.index[best].to_numpy(), dtype=object),
            "score": np.concatenate([s for _, _, s in tables]) if tables else np.zeros(0),
            "rank": np.concatenate([np.arange(1, len(b) + 1) for _, b, _ in tables])
            if tables
            else np.zeros(0, int),
        }
        frame = pd.DataFrame(out)
        return frame.assign(person=frame["person"].infer_objects(), item=frame["item"].infer_objects())

    def score(
        self,
        *,
        person: str | None = None,
        history: pd.DataFrame | None = None,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        cart: Sequence[str] = (),
        at: datetime | None = None,
        place: str | None = None,
        context: Sequence[str] = (),
        k: int = 10,
        allowed: Allowed = None,
        exclude: Sequence[str] = (),
        diversity: float = 0.0,
        exclude_seen: bool = True,
    ) -> list[Candidate]:
        """Return the `k` best items for one question, best first, each with the parts that its score is the sum of.

        Args:
            person: who asks; None or unknown is a cold person.
            history: an interaction frame that replaces the fitted history, so that a new rating acts at once.
            liked: items named as liked; they weigh more than any row of the history.
            disliked: items named as disliked; items like them fall.
            cart: items in the basket now; rules and pairs fire for them.
            at: instant of the question; None is right after the person's last row (the end of all rows where people
                take the same items again).
            place: where the person is.
            context: context words that hold.
            k: how many.
            allowed: ids, or a mask over `self.items`; None allows all.
            exclude: ids never to propose.
            diversity: 0 ranks by score alone, towards 1 unlike items are preferred (maximal marginal relevance).
            exclude_seen: leave out what the history holds.

        Raises:
            ValueError: the mask has another length than `items`, or `diversity` is outside 0..1.
        """
        if not 0.0 <= diversity <= 1.0:
            raise ValueError(f"diversity must be within 0 and 1, not {diversity!r}")
        query = self._query(person, history, liked, disliked, cart, at, place, context)
        open_items = self._open(query, allowed, exclude, exclude_seen)
        scored = self.fitted.scored(query, exclude_seen, open_items)
        if diversity > 0.0:
            best = diverse(self.fitted.log, scored.order, open_items, k, diversity)
        else:
            best = top(scored.order, open_items, k)
        return [
            Candidate(str(self.fitted.items.index[item]), *self.fitted.total(scored, int(item)), rank)
            for rank, item in enumerate(best, start=1)
        ]

    def explain(
        self,
        item: str,
        *,
        person: str | None = None,
        history: pd.DataFrame | None = None,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        cart: Sequence[str] = (),
        at: datetime | None = None,
        place: str | None = None,
        context: Sequence[str] = (),
        allowed: Allowed = None,
        exclude: Sequence[str] = (),
        exclude_seen: bool = True,
        without: Sequence[str] = (),
    ) -> Explanation:
        """Say why `item` has its score for this question, and what it would be without some items.

        Raises:
            KeyError: the item is not in the fitted catalogue.
        """
        number = int(self.fitted.items.positions([item])[0])
        if number < 0:
            raise KeyError(f"{item!r} is not an item of this catalogue")
        query = self._query(person, history, liked, disliked, cart, at, place, context)
        open_items = self._open(query, allowed, exclude, exclude_seen)
        scored = self.fitted.scored(query, exclude_seen, open_items)
        score, parts = self.fitted.total(scored, number)
        told = Explanation(
            item=str(item),
            score=score,
            parts=parts,
            because=self.fitted.because(scored, number),
            rules=self.fitted.fired(scored, number),
            rank=rank_of(scored.order, open_items, number),
        )
        if not without:
            return told
        out = self.fitted.items.positions(without)
        other = query.without(out[out >= 0])
        still_open = self._open(other, allowed, exclude, exclude_seen)
        again = self.fitted.scored(other, exclude_seen, still_open)
        score_without, parts_without = self.fitted.total(again, number)
        return replace(
            told,
            without=tuple(str(one) for one in without),
            score_without=score_without,
            rank_without=rank_of(again.order, still_open, number),
            parts_without=parts_without,
        )

    def save(self, directory: Path) -> None:
        """Write arrays (.npy, no pickle) and one JSON file into `directory`, which is made if it is missing."""
        save(self.config, self.fitted, directory)

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read what `save` wrote; the scores are the same.

        Raises:
            FileNotFoundError: there is no saved ranker in `directory`.
        """
        config, fitted = load(directory)
        return cls(config).adopt(fitted)

    def _query(
        self,
        person: str | None,
        history: pd.DataFrame | None,
        liked: Sequence[str],
        disliked: Sequence[str],
        cart: Sequence[str],
        at: datetime | None,
        place: str | None,
        context: Sequence[str],
    ) -> Query:
        """Turn a question into internal ids; unknown ids are left out."""
        fitted = self.fitted
        number = -1 if person is None else int(fitted.people.positions([person])[0])
        now = self._unasked_now(number) if at is None else float(days([at])[0])
        named = {
            key: np.unique(found[found >= 0])
            for key, ids in (("liked", liked), ("disliked", disliked), ("cart", cart))
            for found in [fitted.items.positions(list(ids))]
        }
        where = -1 if place is None else int(fitted.places.positions([place])[0])
        log, rows = fitted.log, None
        if history is not None:
            log, rows = self._own_log(history), slice(None)
        return query_of(
            log,
            number,
            now=now,
            rows=rows,
            place=where,
            context=tuple(context),
            named_weight=self.config.named_weight,
            **named,
        )

    def _unasked_now(self, person: int) -> float:
        """Return the instant of a question that names none: right after the person's last row.

        Where people take the same items again it is the end of the log: all are asked about the days after it.
        """
        log = self.fitted.log
        if person < 0 or any(key.startswith("window") for key in self.fitted.blends):
            return log.end
        last = log.at[log.rows_of(person)][-1:]
        return log.end if not len(last) or np.isnan(last[0]) else float(last[0])

    def _own_log(self, history: pd.DataFrame) -> Log:
        """Return the log of one person's history frame."""
        frame = history.assign(person="-")
        return make_log(frame, Ids(pd.Index(["-"], dtype=object)), self.fitted.items, self.fitted.places)[0]

    def _open(
        self, query: Query, allowed: Allowed, exclude: Sequence[str], exclude_seen: bool
    ) -> NDArray[np.bool_]:
        """Return the mask of items that may be proposed."""
        items = self.fitted.items
        if allowed is None:
            mask = np.ones(len(items), bool)
        elif isinstance(allowed, np.ndarray) and allowed.dtype == bool:
            if len(allowed) != len(items):
                raise ValueError(f"the mask has {len(allowed)!r} entries for {len(items)!r} items")
            mask = allowed.copy()
        else:
            mask = np.zeros(len(items), bool)
            found = items.positions(list(allowed))
            mask[found[found >= 0]] = True
        out = items.positions(list(exclude))
        for gone in (out[out >= 0], query.liked, query.disliked, query.cart):
            mask[gone] = False
        if exclude_seen:
            mask[query.item] = False
        return mask


def _raised(
    rows: pd.DataFrame, items: pd.DataFrame, vectors: NDArray[np.float32] | None
) -> tuple[pd.DataFrame, pd.DataFrame, NDArray[np.float32] | None]:
    """Return rows, items and vectors at the level of parents."""
    has = items["parent"].notna().to_numpy()
    parent = dict(zip(items["item"][has], items["parent"][has], strict=True))
    raised = rows.assign(item=rows["item"].map(lambda one: parent.get(one, one)))
    return raised, items[~has].reset_index(drop=True), None if vectors is None else vectors[~has]


def _completed(blend: Blend, scorers: Mapping[str, Scorer], config: RankConfig) -> Blend:
    """Drop what could not be fitted on all rows, and give unlearned rules their share (in a weighted sum alone)."""
    kept = blend.kept(np.array([name in scorers for name in blend.names], dtype=bool))
    if "rules" not in scorers or "rules" in kept.names:
        return kept
    names = (*kept.names, "rules")
    weights = np.r_[kept.weights, config.rules_share * float(kept.weights.max(initial=0.0))]
    return Blend(names, weights, absolute_of(names))


def several(people: Sequence[Any] | Any) -> list[Any]:
    """Return people as a list, be it one or many."""
    return [people] if isinstance(people, str) or not hasattr(people, "__iter__") else list(people)


def spread(value: Any, n: int) -> list[Any]:
    """Return one value for each of `n` people.

    Raises:
        ValueError: there are several, but not one for each.
    """
    if value is None or isinstance(value, str) or not hasattr(value, "__len__"):
        return [value] * n
    if len(value) != n:
        raise ValueError(f"give one value or one per person: got {len(value)!r} for {n!r} people")
    return list(value)


def _spread_words(context: Any, n: int) -> list[tuple[str, ...]]:
    """Return context words for each of `n` people: one tuple of words for all, or one tuple each."""
    if context is None:
        return [()] * n
    if isinstance(context, str):
        return [(context,)] * n
    if all(isinstance(word, str) for word in context):
        return [tuple(context)] * n
    return [tuple(words) for words in spread(list(context), n)]
