"""The rules that are worth saying, found by what they speak of; and exact counts beside them.

Knows look-up, saving and loading. It refuses to know how rules were found.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mining import columns as col
from mining.adjusted import Adjusted, adjusted_of
from mining.baskets import NAT
from mining.compare import Comparison, compare
from mining.count import EVERYTHING, Count, Keys, Slice
from mining.cycles import Due, cycle_of, due
from mining.errors import MiningError
from mining.profile import By, Profile, profile_of
from mining.rule import AnyRule, Cycle, Kind, NextRule, Rule, Trend
from mining.sequence import next_after
from mining.trends import trend_of

if TYPE_CHECKING:
    import pandas as pd

    from mining.basketindex import BasketIndex

FORMAT = 1
_FILE = "rules.json"
_INDEX = "index"
_FRAME = ("antecedent", "consequent", "context", "kind", "n", "n_x", "n_y", "n_xy", "place", "lag")


class RuleBook:
    """Mined rules with their look-up, and the basket index that counts whatever no rule covers."""

    def __init__(self, index: BasketIndex, rules: Sequence[AnyRule]) -> None:
        self.index = index
        self.rules = tuple(sorted(rules, key=lambda rule: -rule.score))

    def __len__(self) -> int:
        return len(self.rules)

    @cached_property
    def window(self) -> tuple[datetime, datetime] | None:
        """First and last instant of the data; None where no basket has a time."""
        known = self.index.at[self.index.at != NAT]
        if not len(known):
            return None
        first, last = (datetime.fromtimestamp(int(at) / 1e9, tz=UTC) for at in (known.min(), known.max()))
        return first, last

    @cached_property
    def _by_key(self) -> dict[str, list[int]]:
        """Positions of the rules that speak of a key, best first."""
        found: dict[str, list[int]] = defaultdict(list)
        for position, rule in enumerate(self.rules):
            for key in dict.fromkeys(rule.keys):
                found[key].append(position)
        return dict(found)

    @cached_property
    def _by_context(self) -> dict[tuple[str, ...], list[int]]:
        found: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for position, rule in enumerate(self.rules):
            found[rule.context].append(position)
        return dict(found)

    @cached_property
    def _by_kind(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for position, rule in enumerate(self.rules):
            found[rule.kind].append(position)
        return dict(found)

    def lookup(
        self,
        *,
        items: Sequence[str] = (),
        with_items: Sequence[str] = (),
        category: str | None = None,
        where: Slice = EVERYTHING,
        kind: Kind | Literal["any"] = "any",
        k: int = 10,
    ) -> list[AnyRule]:
        """Return the best mined rules, best first; of a pair only the direction with the higher confidence.

        Args:
            items: Rules that begin with any of these (of cycles and trends: that are about any of these).
            with_items: Rules that end in any of these.
            category: Rules whose end is of this category.
            where: Rules of exactly this slice of time and place, where it is not everything.
            kind: Only rules of this kind.
            k: How many.
        """
        wanted = self._members(category) if category is not None else None
        chosen: list[AnyRule] = []
        seen: set[tuple[object, ...]] = set()
        for position in self._candidates(items, with_items, where, kind):
            rule = self.rules[position]
            if kind not in ("any", rule.kind) or not _fits(rule, items, with_items, where):
                continue
            if wanted is not None and not wanted.intersection(rule.consequent):
                continue
            pair = (rule.kind, frozenset(rule.keys), rule.context)
            if pair in seen and not items and not with_items:
                continue
            seen.add(pair)
            chosen.append(rule)
            if len(chosen) == k:
                break
        return chosen

    def _candidates(
        self, items: Sequence[str], with_items: Sequence[str], where: Slice, kind: str
    ) -> Sequence[int]:
        """The shortest list of positions that holds every answer, best first."""
        keys = items or with_items
        if keys:
            return sorted({position for key in keys for position in self._by_key.get(key, ())})
        if where.context:
            return self._by_context.get(self.index.calendar.check(where.context), ())
        return self._by_kind.get(kind, ()) if kind != "any" else range(len(self.rules))

    def _members(self, category: str) -> frozenset[str]:
        name = category.removeprefix(col.CATEGORY_PREFIX)
        position = self.index.category_position.get(name)
        if position is None:
            return frozenset()
        column = self.index.item_category[:, [position]].toarray().ravel()
        held = {item for item, member in zip(self.index.items, column, strict=True) if member}
        return frozenset({*held, f"{col.CATEGORY_PREFIX}{name}"})

    # ---- counted on demand ---------------------------------------------------------------------------------

    def count(self, x: Keys, y: Keys = (), where: Slice = EVERYTHING) -> Count:
        """Count any slice exactly; see `BasketIndex.count`."""
        return self.index.count(x, y, where)

    def partners(
        self,
        x: Keys,
        where: Slice = EVERYTHING,
        k: int = 10,
        *,
        min_count: int = 5,
        min_people: int = 5,
        among: str | None = None,
    ) -> list[Count]:
        """Return what goes best with x in the slice; see `BasketIndex.partners`."""
        return self.index.partners(x, where, k, min_count=min_count, min_people=min_people, among=among)

    def profile(self, x: Keys, by: By, where: Slice = EVERYTHING) -> Profile:
        """Return the share of baskets with x for each value of a dimension of time or place."""
        return profile_of(self.index, x, by, where)

    def compare(
        self, x: Keys, y: Keys = (), where: Slice = EVERYTHING, against: Slice = EVERYTHING
    ) -> Comparison:
        """Compare the share of x, or of y among baskets with x, in two slices."""
        return compare(self.index, x, y, where, against)

    def adjusted(self, x: Keys, y: Keys, where: Slice = EVERYTHING) -> Adjusted:
        """Return the odds ratio of x and y that basket size, place and month do not explain."""
        return adjusted_of(self.index, x, y, where)

    def next_after(
        self, x: Keys, within_days: int = 30, y: Keys = (), where: Slice = EVERYTHING, k: int = 5
    ) -> list[NextRule]:
        """Return what follows x within the days (only y, where it is given)."""
        return next_after(self.index, x, within_days, y, where, k)

    def cycle(self, key: str) -> Cycle | None:
        """Return how often people take the key again; None where too few do."""
        return cycle_of(self.index, key)

    def due(self, at: datetime, key: str, *, within_days: int = 7, person: str | None = None) -> Due:
        """Count who is due to take the key again within the coming days."""
        return due(self.index, at, key, within_days=within_days, person=person)

    def trend(self, key: str) -> Trend:
        """Return how the share of baskets with the key changed."""
        return trend_of(self.index, key)

    # ---- frames and files ----------------------------------------------------------------------------------

    def names(self) -> Mapping[str, str]:
        """Return a readable name for each key that the item and place frames named."""
        return self.index.names

    def frame(self) -> pd.DataFrame:
        """Return antecedent, consequent, context, kind, n, n_x, n_y, n_xy, place, lag of the rules for ranking."""
        import pandas as pd

        rows = [_row(rule) for rule in self.rules if isinstance(rule, Rule | NextRule)]
        return pd.DataFrame(rows, columns=list(_FRAME))

    def save(self, folder: Path) -> None:
        """Write the index and the rules into the folder, which is made."""
        self.index.save(folder / _INDEX)
        rows = [{"kind": rule.kind, "rule": asdict(rule)} for rule in self.rules]
        (folder / _FILE).write_text(json.dumps({"format": FORMAT, "rules": rows}), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> RuleBook:
        """Read a book; the arrays of its index are mapped, not copied.

        Raises:
            MiningError: the folder was written by another version.
        """
        from mining.basketindex import BasketIndex

        document = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise MiningError(
                f"rules in format {document['format']!r}, not {FORMAT}; build the catalogue again"
            )
        rules = [_rule(row["kind"], row["rule"]) for row in document["rules"]]
        return cls(BasketIndex.load(folder / _INDEX), rules)


def _fits(rule: AnyRule, items: Sequence[str], with_items: Sequence[str], where: Slice) -> bool:
    begins = rule.antecedent or rule.consequent
    if items and not set(items).intersection(begins):
        return False
    if with_items and not set(with_items).intersection(rule.consequent):
        return False
    if where.place is not None and rule.place != where.place:
        return False
    return not where.context or set(where.context) == set(rule.context)


def _row(rule: Rule | NextRule) -> tuple[object, ...]:
    count = rule.count if isinstance(rule, Rule) else rule
    n_x = count.n if not rule.antecedent else count.n_x
    n_y, n_xy = (count.n_x, count.n_x) if not rule.antecedent else (count.n_y, count.n_xy)
    lag = rule.lag_median if isinstance(rule, NextRule) else float("nan")
    return (
        rule.antecedent,
        rule.consequent,
        rule.context,
        rule.kind,
        count.n,
        n_x,
        n_y,
        n_xy,
        rule.place,
        lag,
    )


def _rule(kind: str, fields: dict[str, Any]) -> AnyRule:
    """Make a rule again from its JSON form."""
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    if kind in ("together", "context"):
        return Rule(**fields | {"count": _count(fields["count"])})
    if kind == "next":
        return NextRule(**fields | {"where": _slice(fields["where"])})
    return Cycle(**fields) if kind == "cycle" else Trend(**fields)


def _slice(fields: dict[str, Any]) -> Slice:
    return Slice(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    )


def _count(fields: dict[str, Any]) -> Count:
    outside = _count(fields["outside"]) if fields["outside"] is not None else None
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    return Count(**plain | {"where": _slice(fields["where"]), "outside": outside})
