"""Validation questions: what is held out of a log, and what is asked about it, for each goal of a blend.

Knows only the log. It refuses to know scorers and weights (`retrieval.rankfit`).

Goals: "next" is the next item while somebody is at it, "return" all that is taken after a pause, "window" all that is
taken in the coming days, "visit" what is taken at the next visit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.profile import Ints, Log, Query, query_of
from retrieval.rankconfig import RankConfig

REPEATS = 0.2
"""A log where a larger share of rows repeats an earlier (person, item) is one of habits."""
PAUSE = 0.5
"""Days after the last row from which a question is one of somebody who returns."""
_FEWEST_RETURNS = 50
"""With fewer people who returned, no blend of its own is learned for them."""
LATE_SHARE = 0.15
"""Share of the latest rows that nobody's ranker knows when people are asked on their return."""

Question = tuple[Query, Ints]
"""A question with the items that were taken."""


@dataclass(frozen=True)
class Split:
    """A validation split: the rows that may be learned from, and the questions about the rest, by goal."""

    head: NDArray[np.bool_]
    questions: Mapping[str, tuple[Question, ...]]


def repeat_share(log: Log) -> float:
    """Return the share of rows that repeat an item which the same person took before."""
    if not len(log.item):
        return 0.0
    return 1.0 - len(np.unique(log.person * log.n_items + log.item)) / len(log.item)


def splits(log: Log, config: RankConfig, rng: np.random.Generator) -> Iterator[Split]:
    """Yield the splits that teach a blend for every goal that fits the log, or the one that the settings name."""
    goal = config.goal
    if goal == "auto":
        goal = "window" if repeat_share(log) > REPEATS and log.end > 0.0 else "next"
        if goal == "window" and log.has_visits:
            yield split_windows(
                log, rng, config.learn_people, days=config.window_days, goals=("window", "visit")
            )
            return
    if goal == "next":
        yield split_next(log, rng, config.learn_people)
    else:
        yield split_windows(log, rng, config.learn_people, days=config.window_days, goals=(goal,))


def idle(query: Query) -> float:
    """Return the days since the last row of the history, 0 where that is unknown."""
    last = query.at[-1] if len(query.at) else np.nan
    return 0.0 if np.isnan(last) else max(query.now - float(last), 0.0)


def split_next(
    log: Log, rng: np.random.Generator, most: int, *, held: int = 2, share: float = LATE_SHARE
) -> Split:
    """Hold out the last `held` rows of each person and the latest `share` of all rows.

    "next": each held last row before the border is asked for with all rows of its person before it. "return":
    whoever had paused at the border is asked there for all that they took after it, of rankers that know nothing
    later: what became popular meanwhile must be seen from its first weeks.
    """
    length = np.diff(log.starts)
    border = _late(log, share)
    early = ~(log.at >= border)
    back = log.starts[log.person + 1] - 1 - np.arange(len(log.person))
    head = early & ((back >= held) | (length[log.person] <= held + 1))
    before = np.bincount(log.person[early], minlength=log.n_people)
    upcoming = [
        (_asked(log, person, row), log.item[row : row + 1])
        for person in _draw(np.flatnonzero((length > held + 1) & (before == length)), most, rng).tolist()
        for row in range(int(log.starts[person + 1]) - held, int(log.starts[person + 1]))
        if log.sign[row] > 0
    ]
    questions = {"next": tuple(upcoming)}
    back_again = tuple(
        one for one in _of_window(log, before, _both(log, before), border, "return") if idle(one[0]) >= PAUSE
    )
    if len(back_again) >= _FEWEST_RETURNS:
        questions["return"] = back_again
    return Split(head, questions)


def _late(log: Log, share: float) -> float:
    """Return the instant after which that share of the rows lies; infinite where the rows have no instants."""
    known = log.at[~np.isnan(log.at)]
    return float(np.quantile(known, 1.0 - share)) if len(known) and known.min() < known.max() else np.inf


def _both(log: Log, before: Ints) -> Ints:
    """Return the people with rows on both sides of a border."""
    return np.flatnonzero((before > 0) & (before < np.diff(log.starts)))


def _asked(log: Log, person: int, row: int) -> Query:
    """Return the question of a person at the instant and place of one of their rows, with all rows before it."""
    now = log.at[row] if not np.isnan(log.at[row]) else log.end
    rows = slice(int(log.starts[person]), row)
    return query_of(
        log, person, now=float(now), rows=rows, place=int(log.place[row]), context=_words(log, row)
    )


def _words(log: Log, row: int) -> tuple[str, ...]:
    """Return the context words of a row, none where the rows carry none."""
    words = None if log.context is None else log.context[row]
    return tuple(words) if isinstance(words, tuple | list) else ()


def split_windows(
    log: Log, rng: np.random.Generator, most: int, *, days: float, goals: tuple[str, ...]
) -> Split:
    """Hold out the last `days`.

    For "window" a person is asked at its start for all of it, for "visit" at the first larger visit in it.
    """
    cut = log.end - days
    head = ~(log.at >= cut)
    before = np.bincount(log.person[head], minlength=log.n_people)
    people = _both(log, before)
    return Split(
        head, {goal: tuple(_of_window(log, before, _draw(people, most, rng), cut, goal)) for goal in goals}
    )


def _of_window(log: Log, before: Ints, people: Ints, cut: float, goal: str) -> Iterator[Question]:
    for person in people:
        start, end = int(log.starts[person]), int(log.starts[person + 1])
        middle = start + int(before[person])
        rows = np.arange(middle, end)
        if goal == "visit":
            visits, counts = np.unique(log.step[rows], return_counts=True)
            large = visits[counts >= min(3, counts.max())]
            rows = rows[log.step[rows] == large[0]]
        right = np.unique(log.item[rows][log.sign[rows] > 0])
        if len(right):
            now = float(log.at[rows[0]]) if goal == "visit" else float(cut)
            place = int(log.place[rows[0]]) if goal == "visit" else -1
            words = _words(log, int(rows[0])) if goal == "visit" else ()
            history = slice(start, middle)
            yield query_of(log, int(person), now=now, rows=history, place=place, context=words), right


def _draw(people: Ints, most: int, rng: np.random.Generator) -> Ints:
    return people if len(people) <= most else np.sort(rng.choice(people, most, replace=False))
