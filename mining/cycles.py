"""How often a person takes the same thing again, and who is due.

Knows days, gaps and medians. It refuses to know contexts and other items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mining import columns as col
from mining.config import Wording
from mining.rule import Cycle, Lang, finite

if TYPE_CHECKING:
    from mining.basketindex import BasketIndex

_SHIFT = 2**33
"""Days, as int32, lie within half of it either way."""
LAPSED = 3.0
"""A person whose open gap is longer than so many of their own median gaps has stopped, and is not due."""


@dataclass(frozen=True, eq=False)
class Gaps:
    """Gaps in days between neighbouring distinct local days of the same person."""

    person: NDArray[np.int64]
    """Person of each gap, ascending."""
    days: NDArray[np.int64]
    last_person: NDArray[np.int64]
    """Persons who took it at all, ascending."""
    last_day: NDArray[np.int64]
    """The last day of each."""
    n_days: NDArray[np.int64]
    """How many distinct days each has."""

    @classmethod
    def of(cls, person: NDArray[Any], day: NDArray[Any]) -> Gaps:
        """Return the gaps of (person, day) pairs in any order; unknown days are left out."""
        known = day != col.NO_DAY
        pairs = np.unique(
            person[known].astype(np.int64) * _SHIFT + day[known]
        )  # one sort of numbers, not of pairs
        who = (pairs + _SHIFT // 2) // _SHIFT  # days before 1970 are negative
        when = pairs - who * _SHIFT
        same = who[1:] == who[:-1]
        ends = np.flatnonzero(np.r_[~same, True]) if len(who) else np.zeros(0, dtype=np.int64)
        n_days = np.diff(np.r_[-1, ends])
        return cls(who[1:][same], np.diff(when)[same], who[ends], when[ends], n_days)

    def enough(self, min_days: int) -> Gaps:
        """Return the gaps of the persons with at least so many distinct days."""
        keep = self.n_days >= min_days
        people = self.last_person[keep]
        held = np.isin(self.person, people)
        return Gaps(self.person[held], self.days[held], people, self.last_day[keep], self.n_days[keep])

    def medians(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return each person with a gap, ascending, and the median of their gaps."""
        order = np.lexsort((self.days, self.person))
        people, start, size = np.unique(self.person, return_index=True, return_counts=True)
        days = self.days[order]
        low, high = days[start + (size - 1) // 2], days[start + size // 2]
        return people, (low + high) / 2

    def regular(self) -> int:
        """Return how many gaps lie within half of the person's own median around it."""
        people, medians = self.medians()
        own = medians[np.searchsorted(people, self.person)]
        return int((np.abs(self.days - own) <= own / 2).sum())


def cycle_of(index: BasketIndex, key: str, *, min_days: int = 3, min_people: int = 5) -> Cycle | None:
    """Return the cycle of a key; None where fewer than `min_people` took it on `min_days` distinct days.

    The headline is the median over persons of each person's median gap. A gap still open at the end of the data is
    no gap, so that a cycle near the length of the data looks shorter than it is.

    Raises:
        UnknownKey: no basket holds the key.
    """
    rows = index.rows_with(key)
    every = Gaps.of(index.person[rows], index.day[rows])
    gaps = every.enough(min_days)
    people, medians = gaps.medians()
    if len(people) < max(min_people, 1):
        return None
    visits = index.visit_medians[people]
    return cycle_from(
        key, medians, gaps.days, visits, gaps.regular(), len(every.last_person), min_days=min_days
    )


def cycle_from(
    key: str,
    medians: NDArray[Any],
    days: NDArray[Any],
    visits: NDArray[Any],
    regular: int,
    people_any: int,
    *,
    min_days: int,
) -> Cycle:
    """Return the cycle that follows from medians and gaps in any order.

    Args:
        key: What is taken again.
        medians: Each person's median gap; at least one.
        days: All gaps of these persons.
        visits: Each person's median gap between any baskets.
        regular: Gaps within half of the person's own median around it.
        people_any: Persons who took the key at all.
        min_days: Distinct days that a person needed to count.
    """
    low, middle, high = np.quantile(medians, [0.25, 0.5, 0.75])
    return Cycle(
        key=key,
        median=float(middle),
        low=float(low),
        high=float(high),
        median_gap=float(np.median(days)),
        people=len(medians),
        people_any=people_any,
        gaps=len(days),
        visit_gap=float(np.nanmedian(visits)),
        regular=regular / len(days),
        min_days=min_days,
        score=len(medians) / people_any * (regular / len(days)),
    )


def cycles_of(
    index: BasketIndex,
    keys: Sequence[str],
    start: NDArray[np.int64],
    rows: NDArray[np.int32],
    *,
    min_days: int,
    min_people: int,
) -> list[Cycle]:
    """Return what `cycle_of` returns for many keys, those without a cycle left out.

    Args:
        index: The baskets.
        keys: Names of the keys.
        start: Where the baskets of each key begin.
        rows: Baskets of all keys, joined, ascending for each.
        min_days: Distinct days that a person needs to count.
        min_people: Least persons with them.
    """
    from mining.cycleloops import cycle_table

    day = np.asarray(index.day)
    known = day[day != col.NO_DAY]
    if not len(known):
        return []
    span = int(known.max() - known.min())
    person = np.asarray(index.person)
    counts, values = cycle_table(start, rows, person, day, col.NO_DAY, span, index.visit_medians, min_days)
    found = []
    for one in np.flatnonzero(counts[:, 0] >= max(min_people, 1)).tolist():
        people, people_any, gaps, regular = counts[one].tolist()
        low, middle, high, median_gap, visit_gap = values[one].tolist()
        share = regular / gaps
        score = people / people_any * share
        numbers = middle, low, high, median_gap, people, people_any, gaps, visit_gap, share, min_days, score
        found.append(Cycle(keys[one], *numbers))
    return found


def visit_medians(index: BasketIndex) -> NDArray[np.float64]:
    """Return for each person the median gap in days between any baskets; NaN for those with fewer than two days."""
    people, medians = Gaps.of(index.person, index.day).medians()
    result = np.full(len(index.people), np.nan)
    result[people] = medians
    return result


@dataclass(frozen=True)
class Due:
    """Who is due to take a key again, as numbers; no person is named."""

    key: str
    day: date
    """The local day of the question."""
    within_days: int
    people: int
    """Persons with a rhythm: enough distinct days up to that day."""
    due: int
    """Those whose next day, by their own median gap, lies within the coming days."""
    overdue: int
    """Those whose next day has passed, by less than `LAPSED` of their gaps in all."""
    lapsed: int
    """Those who have paused for longer than that."""
    later: int
    """Those whose next day lies further ahead."""
    expected: date | None = None
    """The next day of the one person who was asked about; None without one, or without a rhythm."""
    own_gap: float = float("nan")
    """That person's median gap in days."""
    last: date | None = None
    """The last day on which that person took it."""

    def numbers(self) -> dict[str, float]:
        """Return every number that may be said."""
        names = ("within_days", "people", "due", "overdue", "lapsed", "later", "own_gap")
        values: dict[str, float] = {name: getattr(self, name) for name in names}
        for name, day in (("day", self.day), ("expected", self.expected), ("last", self.last)):
            if day is not None:
                values |= {f"{name}_year": day.year, f"{name}_day": day.day}
        return finite(values)

    def sentence(self, names: Mapping[str, str], lang: Lang = "en", *, wording: Wording | None = None) -> str:
        """Return one plain sentence."""
        from mining.wording import say_due

        return say_due(self, names, lang, wording=wording)


def due(
    index: BasketIndex,
    at: datetime,
    key: str,
    *,
    within_days: int = 7,
    person: str | None = None,
    min_days: int = 3,
) -> Due:
    """Count who is due to take a key again within the coming days, by what is known up to `at`.

    A person's next day is the last day on which they took it plus their own median gap.

    Raises:
        UnknownKey: no basket holds the key.
    """
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    local = aware.astimezone(ZoneInfo(index.calendar.zone)) - timedelta(hours=index.calendar.day_start)
    today = (local.date() - date(1970, 1, 1)).days
    rows = index.rows_with(key)
    rows = rows[index.at[rows] <= int(aware.timestamp() * 1e9)]
    gaps = Gaps.of(index.person[rows], index.day[rows]).enough(min_days)
    people, medians = gaps.medians()
    last = gaps.last_day
    when = last + medians
    expected = np.round(when).astype(np.int64)
    lapsed = today - last > LAPSED * medians
    overdue = (when < today) & ~lapsed
    soon = (when >= today) & (when < today + within_days)
    mine = [at for at, code in enumerate(people.tolist()) if index.people[code] == person]
    epoch = date(1970, 1, 1)
    return Due(
        key=key,
        day=local.date(),
        within_days=within_days,
        people=len(people),
        due=int(soon.sum()),
        overdue=int(overdue.sum()),
        lapsed=int(lapsed.sum()),
        later=len(people) - int(soon.sum() + overdue.sum() + lapsed.sum()),
        expected=epoch + timedelta(days=int(expected[mine[0]])) if len(mine) else None,
        own_gap=float(medians[mine[0]]) if len(mine) else float("nan"),
        last=epoch + timedelta(days=int(last[mine[0]])) if len(mine) else None,
    )
