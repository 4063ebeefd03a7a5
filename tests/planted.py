"""A seeded grocery log with effects planted in it, so that what should be found is known.

People have favourites that they take at any time; nothing else goes together but what is planted:

- *pairs*: whoever takes a trigger takes its partner too, but only on weekend nights in one region;
- *cycles*: some people take an item every 28 days or so;
- *nexts*: an item is followed by another one 5 to 9 days later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bot.fitting import ContextRecommender
from mining.rule import Cycle, NextRule, Rule
from mining.rulebook import RuleBook
from retrieval.protocols import Task

START = pd.Timestamp("2024-01-01", tz="UTC")
DAYS = 364
REGIONS = ("north", "east", "south", "west")
STORES = 3
"""Stores of each region."""
NIGHT = (22, 23, 0, 1, 2, 3, 4)
SLICE = frozenset({"weekend", "night"})
CYCLE_DAYS = 28
LAG_DAYS = (5, 9)
WINDOW_DAYS = 56
"""The last days, which the ranking is asked about."""


@dataclass(frozen=True)
class Planted:
    """The frames, and what was planted in them."""

    interactions: pd.DataFrame
    items: pd.DataFrame
    people: pd.DataFrame
    places: pd.DataFrame
    pairs: dict[tuple[str, str], str]
    """Trigger and partner -> the region where they meet."""
    cycles: tuple[str, ...]
    nexts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Found:
    """Planted effects that a rule book holds, and rules of the same kinds that nobody planted.

    `reported` counts the rules that were judged: found, false and shadows.
    """

    planted: int
    found: int
    missed: tuple[str, ...]
    reported: int
    false: tuple[str, ...]

    @property
    def recall(self) -> float:
        """Share of the planted effects that were found."""
        return self.found / self.planted


def plant(
    seed: int,
    *,
    n_people: int = 400,
    n_pairs: int = 12,
    n_cycles: int = 4,
    n_nexts: int = 4,
    chance: float = 0.9,
    visits_a_week: float = 1.6,
) -> Planted:
    """Return the log; `chance` is how often a trigger brings its partner where the pair holds (0 plants none)."""
    rng = np.random.default_rng(seed)
    favourites = [f"item{n:02}" for n in range(40)]
    pairs = {(f"trigger{n:02}", f"partner{n:02}"): REGIONS[n % len(REGIONS)] for n in range(n_pairs)}
    cycles = tuple(f"cycle{n}" for n in range(n_cycles))
    nexts = tuple((f"before{n}", f"after{n}") for n in range(n_nexts))
    rows: list[tuple[str, str, pd.Timestamp, str, str]] = []
    for person in range(n_people):
        region = REGIONS[person % len(REGIONS)]
        store = f"{region}{person // len(REGIONS) % STORES}"
        name = f"p{person:03}"
        for visit, (at, held) in enumerate(
            _visits(rng, region, favourites, pairs, cycles, nexts, chance, visits_a_week)
        ):
            rows += [(name, item, at, store, f"{name}-{visit}") for item in sorted(held)]
    interactions = pd.DataFrame(rows, columns=["person", "item", "at", "place", "basket"]).assign(kind="buy")
    ids = sorted(interactions["item"].unique())
    stores = [(f"{region}{n}", region) for region in REGIONS for n in range(STORES)]
    return Planted(
        interactions=interactions.assign(at=interactions["at"].astype("datetime64[ns, UTC]")),
        items=pd.DataFrame(
            {"item": ids, "title": ids, "category": [one.rstrip("0123456789") for one in ids]}
        ),
        people=pd.DataFrame({"person": [f"p{person:03}" for person in range(n_people)]}),
        places=pd.DataFrame(
            [(place, place, "store", parent) for place, parent in stores]
            + [(region, region, "region", None) for region in REGIONS],
            columns=["place", "name", "kind", "parent"],
        ),
        pairs=pairs,
        cycles=cycles,
        nexts=nexts,
    )


def _visits(
    rng: np.random.Generator,
    region: str,
    favourites: list[str],
    pairs: dict[tuple[str, str], str],
    cycles: tuple[str, ...],
    nexts: tuple[tuple[str, str], ...],
    chance: float,
    visits_a_week: float,
) -> Iterator[tuple[pd.Timestamp, set[str]]]:
    """Yield one person's visits: instant, items."""
    own = rng.choice(favourites, 6, replace=False)
    triggers = [list(pairs)[n] for n in rng.choice(len(pairs), len(pairs) // 2, replace=False)]
    cyclic = [one for one in cycles if rng.random() < 0.3]
    first = [one for one in nexts if rng.random() < 0.4]
    n = int(rng.poisson(visits_a_week * DAYS / 7))
    days = np.sort(rng.choice(DAYS, min(n, DAYS), replace=False))
    due = {one: int(rng.integers(CYCLE_DAYS)) for one in cyclic}
    waiting: dict[str, int] = {}
    for day in days.tolist():
        weekday = (START + pd.Timedelta(days=day)).weekday()
        night = rng.random() < (0.6 if weekday >= 5 else 0.15)
        hour = int(rng.choice(NIGHT)) if night else int(rng.integers(5, 22))
        held = {str(one) for one in own if rng.random() < 0.25}
        held |= {str(one) for one in rng.choice(favourites, 1)}
        for trigger, partner in triggers:
            if rng.random() < 0.5:
                held.add(trigger)
                here = pairs[trigger, partner] == region and night and weekday >= 5
                if here and rng.random() < chance:
                    held.add(partner)
        held |= {partner for _, partner in pairs if rng.random() < 0.02}
        for one in cyclic:
            if day >= due[one]:
                held.add(one)
                due[one] = day + CYCLE_DAYS + int(rng.integers(-2, 1))
        for before, after in nexts:
            if waiting.get(after, DAYS) <= day:
                held.add(after)
                del waiting[after]
            elif rng.random() < 0.01:
                held.add(after)
            if (before, after) in first and after not in waiting and rng.random() < 0.15:
                held.add(before)
                if rng.random() < chance:
                    waiting[after] = day + int(rng.integers(LAG_DAYS[0], LAG_DAYS[1] + 1))
        at = START + pd.Timedelta(days=day, hours=hour, minutes=int(rng.integers(60)))
        yield at, held


def found(book: RuleBook, world: Planted) -> Found:
    """Compare a rule book with what was planted.

    Judged are pairs bound to a time or a place, and nexts. A pair in a wider or narrower slice than the planted one
    (weekends, the region at any time), two partners of one region (both come on its weekend nights alone) and a next
    turned round are shadows of what was planted, neither found nor false; an opposite slice is false. Of cycles only the planted ones are looked for: a cycle describes how often
    something is taken again, it claims nothing that could be false.
    """
    wanted = {f"{x} -> {y} in {region}": False for (x, y), region in world.pairs.items()}
    wanted |= {f"{one} every {CYCLE_DAYS} days": False for one in world.cycles}
    wanted |= {f"{x} then {y}": False for x, y in world.nexts}
    reported, false = 0, []
    for rule in book:
        name, shadow = _meaning(rule, world)
        if name is None:
            continue
        reported += 1
        if name in wanted:
            wanted[name] = True
        elif not shadow:
            false.append(name)
    missed = tuple(name for name, seen in wanted.items() if not seen)
    return Found(len(wanted), len(wanted) - len(missed), missed, reported, tuple(false))


def _meaning(rule: object, world: Planted) -> tuple[str | None, bool]:
    """Return what a rule says in the words of `found`, and whether it is the shadow of something planted."""
    if isinstance(rule, NextRule) and not rule.context and rule.place is None:
        (x,), (y,) = rule.antecedent, rule.consequent
        early, late = LAG_DAYS
        name = f"{x} then {y}" + ("" if early <= rule.lag_median <= late + 4 else f" after {rule.lag_median}")
        return name, (y, x) in (*world.nexts, *world.pairs) or (x, y) in world.pairs
    if isinstance(rule, Cycle) and rule.key in world.cycles and abs(rule.median - CYCLE_DAYS) <= 2:
        return f"{rule.key} every {CYCLE_DAYS} days", False
    if isinstance(rule, Rule) and rule.kind == "context" and rule.antecedent:
        (x,), (y,) = rule.antecedent, rule.consequent
        regions = {partner: region for (_, partner), region in world.pairs.items()}
        region = world.pairs.get((x, y)) or world.pairs.get((y, x))
        if x in regions and regions[x] == regions.get(y):
            region = regions[x]
        where = "" if rule.place is None else f" in {rule.place}"
        if (x, y) in world.pairs and rule.place == region and set(rule.context) == SLICE:
            return f"{x} -> {y}{where}", False
        inside = rule.place is None or str(rule.place).rstrip("012") == region
        timed = set(rule.context) <= SLICE | {"saturday", "sunday"}
        return f"{x} -> {y}{where} {' '.join(rule.context)}", region is not None and inside and timed
    return None, False


def weekend_nights(world: Planted) -> Task:
    """Ask for each person's last weekend night of the window, from all rows before the window."""
    rows = world.interactions
    cut = START + pd.Timedelta(days=DAYS - WINDOW_DAYS)
    train, window = rows[rows["at"] < cut], rows[rows["at"] >= cut]
    night = window["at"].dt.hour.isin(NIGHT) & (window["at"].dt.day_of_week >= 5)
    window = window[night & window["person"].isin(train["person"].unique())]
    last = window.groupby("person")["at"].transform("max")
    asked = window[window["at"] == last]
    first = asked.drop_duplicates("person").set_index("person")
    return Task(
        "weekend nights",
        train.reset_index(drop=True),
        asked[["person", "item"]].reset_index(drop=True),
        exclude_seen=False,
        at=first["at"].to_dict(),
        place=first["place"].to_dict(),
    )


def with_carts(world: Planted, *, seed: int = 0) -> tuple[Task, dict[str, list[str]]]:
    """Return the same question with a part of each basket known: its items by a coin each; the rest is asked for."""
    task = weekend_nights(world)
    known = np.random.default_rng(seed).random(len(task.truth)) < 0.5
    carts = task.truth[known].groupby("person")["item"].agg(list).to_dict()
    return replace(task, name="weekend nights, cart", truth=task.truth[~known].reset_index(drop=True)), carts


def ranked_with_carts(ranker: ContextRecommender, task: Task, carts: dict[str, list[str]]) -> pd.DataFrame:
    """Return `person, item, rank` of everyone in the task, asked with their cart."""
    rows = []
    for person in task.people:
        at, place, cart = task.at[person], task.place[person], carts.get(person, [])
        [words] = ranker.surroundings.words([at], [place])
        found = ranker.score(
            person=person,
            cart=cart,
            at=at,
            place=place,
            context=words,
            exclude=cart,
            exclude_seen=False,
            k=20,
        )
        rows += [(person, one.item, one.rank) for one in found]
    return pd.DataFrame(rows, columns=["person", "item", "rank"])
