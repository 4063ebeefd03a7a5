"""The rules that are worth saying, found by what they speak of; and exact counts beside them.

Knows look-up, saving and loading. It refuses to know how rules were found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from mining import columns as col
from mining.adjusted import Adjusted, adjusted_of
from mining.baskets import NAT
from mining.compare import Comparison, compare
from mining.config import MiningConfig
from mining.count import EVERYTHING, Count, Keys, Slice, as_keys
from mining.cycles import Due, cycle_of, due
from mining.errors import MiningError, UnknownKey, closest
from mining.leading import next_before
from mining.postings import Lists
from mining.profile import By, Profile, profile_of
from mining.rule import AnyRule, Cycle, Kind, NextRule, Rule, Trend
from mining.sequence import after_any_of, lags_after, next_after
from mining.shelf import Shelf
from mining.trends import trend_of
from mining.wanted import Wanted

if TYPE_CHECKING:
    import pandas as pd

    from mining.basketindex import BasketIndex

FORMAT = 2
_FILE = "book.json"
_RULES = "rules"
_BASES_KEPT = 8
_ANSWERS_KEPT = 512
Found = TypeVar("Found")
_INDEX = "index"
_FRAME = ("antecedent", "consequent", "context", "kind", "n", "n_x", "n_y", "n_xy", "place", "lag")


class RuleBook:
    """Mined rules with their look-up, and the basket index that counts whatever no rule covers."""

    def __init__(self, index: BasketIndex, shelf: Shelf, config: MiningConfig | None = None) -> None:
        self.index = index
        self.shelf = shelf
        self.config = config or MiningConfig()

    def __len__(self) -> int:
        return len(self.shelf)

    def __iter__(self) -> Iterator[AnyRule]:
        """Every rule, best first."""
        return (self.shelf.rule(line) for line in range(len(self.shelf)))

    def warm(self) -> None:
        """Make and compile now what the first questions would wait for."""
        from mining import ondemand, sightloops, wantedloops  # noqa: F401

        shelf = self.shelf
        for part in ("key_code", "slice_code", "fired", "ended", "by_slice", "by_kind", "every"):
            getattr(shelf, part)

    @cached_property
    def window(self) -> tuple[datetime, datetime] | None:
        """First and last instant of the data; None where no basket has a time."""
        known = self.index.at[self.index.at != NAT]
        if not len(known):
            return None
        first, last = (datetime.fromtimestamp(int(at) / 1e9, tz=UTC) for at in (known.min(), known.max()))
        return first, last

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
        """Return the best mined rules, best first; of a pair that is said both ways, one.

        Args:
            items: Rules that begin with any of these, that only need these (a cart: all of a rule's antecedent must be
                among them); of contexts, cycles and trends those about any of these.
            with_items: Rules that end in any of these.
            category: Rules whose end is of this category, or is the category.
            where: Rules of this slice; where none is, of the wider slices that hold it. Everything: rules of any slice.
            kind: Only rules of this kind.
            k: How many.

        Raises:
            UnknownWord: a context word is unknown.
            UnknownKey: there is no such category.
        """
        wanted = Wanted.of(self.shelf, items, with_items, kind)
        if category is not None:
            wanted = wanted.ending_in(self._keys_of(category))
        chosen: list[AnyRule] = []
        seen: set[tuple[int, ...]] = set()
        for lists, slice_code in self._candidates(wanted, where):
            for lines in wanted.fitting(lists, slice_code, k):
                for line, said in zip(
                    lines, self.shelf.said(lines, turned=not (items or with_items)), strict=True
                ):
                    if said in seen:
                        continue
                    seen.add(said)
                    chosen.append(self.shelf.rule(line))
                    if len(chosen) == k:
                        return chosen
            if chosen and where.context:
                break
        return chosen

    def _candidates(self, wanted: Wanted, where: Slice) -> Iterator[tuple[Lists, int | None]]:
        """Lists that hold all that is wanted, and the slice that must still be looked at; narrow ones first."""
        shelf, lists = self.shelf, wanted.lists
        if not where.context and where.place is None:
            yield lists, None
            return
        cost = lists.cost
        for one in self._slices(where):
            code = shelf.slice_code.get(one)
            if code is not None:
                held = shelf.by_slice.lists(np.array([code]))
                yield (held, None) if held.cost <= cost else (lists, code)

    def _slices(self, where: Slice) -> list[Slice]:
        """The slice, then the wider ones that hold it: with fewer words, more words first."""
        words = self.index.calendar.check(where.context)
        smaller = [
            Slice(part, where.place)
            for size in range(len(words), 0, -1)
            for part in combinations(words, size)
        ]
        return smaller if words else [Slice((), where.place)]

    def _keys_of(self, category: str) -> NDArray[np.int64]:
        """Keys of the shelf that are of a category, or are it."""
        name = category.removeprefix(col.CATEGORY_PREFIX)
        position = self.index.category_position.get(name)
        if position is None:
            raise UnknownKey(f"no category {name!r}{closest(name, self.index.categories)}")
        start, keys = self._category_keys
        itself = self.shelf.key_code.get(f"{col.CATEGORY_PREFIX}{name}")
        found = keys[start[position] : start[position + 1]]
        return found if itself is None else np.append(found, itself)

    @cached_property
    def _category_keys(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the keys of each category begin, and the keys: items that rules speak of."""
        position = self.index.item_position
        item = np.array([position.get(key, -1) for key in self.shelf.keys], dtype=np.int64)
        some = np.flatnonzero(item >= 0)
        by_category = self.index.item_category[item[some]].tocsc()
        return by_category.indptr.astype(np.int64), some[by_category.indices]

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
        min_confidence: float = 0.02,
        among: str | None = None,
    ) -> list[Count]:
        """Return what goes best with x in the slice; see `BasketIndex.partners`."""
        asked = (as_keys(x), where, k, min_count, min_people, min_confidence, among)

        def counted() -> list[Count]:
            least = {"min_count": min_count, "min_people": min_people}
            return self.index.partners(x, where, k, **least, min_confidence=min_confidence, among=among)

        found: list[Count] = self._once(self._partners, asked, where, counted)
        return found.copy()

    def profile(self, x: Keys, by: By, where: Slice = EVERYTHING) -> Profile:
        """Return the share of baskets with x for each value of a dimension of time or place."""
        asked = (as_keys(x), by, where)
        return self._once(self._profiles, asked, where, lambda: profile_of(self.index, x, by, where))

    def _once(
        self, kept: dict[Any, Found], asked: tuple[Any, ...], where: Slice, counted: Callable[[], Found]
    ) -> Found:
        """Count once what many ask, such as the partners of what sells best: what a book counts never changes.

        A few hundred answers are kept. Those about named people are not: each asks for their own.
        """
        if where.people is not None:
            return counted()
        found = kept.get(asked)
        if found is None:
            found = counted()
            if len(kept) >= _ANSWERS_KEPT:
                kept.clear()
            kept[asked] = found
        return found

    @cached_property
    def _partners(self) -> dict[Any, list[Count]]:
        return {}

    @cached_property
    def _profiles(self) -> dict[Any, Profile]:
        return {}

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
        after_any = None if as_keys(y) else self._after_any(within_days)
        return next_after(self.index, x, within_days, y, where, k, after_any=after_any)

    def next_before(
        self, y: Keys, within_days: int = 30, where: Slice = EVERYTHING, k: int = 5
    ) -> list[NextRule]:
        """Return what y follows within the days: what leads to it, the best first."""
        return next_before(self.index, y, within_days, where, k)

    def lags(self, x: Keys, y: Keys, within_days: int = 30, where: Slice = EVERYTHING) -> NDArray[np.int64]:
        """Return after how many whole days y follows x, one count for each day; see `lags_after`."""
        return lags_after(self.index, x, y, within_days, where)

    def _after_any(self, within_days: int) -> NDArray[np.int64]:
        """What follows any basket, kept for a few numbers of days, as questions repeat theirs."""
        if within_days not in self._bases:
            if len(self._bases) >= _BASES_KEPT:
                self._bases.clear()
            self._bases[within_days] = after_any_of(self.index, within_days)
        return self._bases[within_days]

    @cached_property
    def _bases(self) -> dict[int, NDArray[np.int64]]:
        return {}

    def cycle(self, key: str) -> Cycle | None:
        """Return how often people take the key again; None where too few do."""
        return cycle_of(self.index, key, min_days=self.config.min_cycle_days)

    def due(self, at: datetime, key: str, *, within_days: int = 7, person: str | None = None) -> Due:
        """Count who is due to take the key again within the coming days."""
        days = self.config.min_cycle_days
        return due(self.index, at, key, within_days=within_days, person=person, min_days=days)

    def trend(self, key: str) -> Trend:
        """Return how the share of baskets with the key changed."""
        return trend_of(self.index, key)

    # ---- frames and files ----------------------------------------------------------------------------------

    def names(self) -> Mapping[str, str]:
        """Return a readable name for each key that the item and place frames named."""
        return self.index.names

    def frame(self) -> pd.DataFrame:
        """Return antecedent, consequent, context, kind, n, n_x, n_y, n_xy, place, lag of the rules for ranking.

        Counts are those that a rule may fire with beside narrower rules of the same pair (`firing.fired_counts`).
        """
        import pandas as pd

        from mining.firing import fired_counts

        told = [rule for rule in self if isinstance(rule, Rule | NextRule)]
        other = fired_counts([rule for rule in told if isinstance(rule, Rule)], self.index.calendar)
        rows = []
        for rule in told:
            counts = other.get(rule.id, ()) if other else ()
            if counts is not None:
                row = _row(rule)
                rows.append((*row[:4], *counts, *row[8:]) if counts else row)
        return pd.DataFrame(rows, columns=list(_FRAME))

    def to_frame(self) -> pd.DataFrame:
        """Return every rule with its ratios, tests and English sentence, for people: one row a rule."""
        import pandas as pd

        names, words = self.names(), self.config.wording
        rows = []
        for rule in self:
            row: dict[str, object] = {
                "id": rule.id,
                "kind": rule.kind,
                "antecedent": " + ".join(rule.antecedent),
                "consequent": " + ".join(rule.consequent),
                "context": " ".join(rule.context),
                "place": rule.place,
            }
            rows.append(row | rule.numbers() | {"sentence": rule.sentence(names, wording=words)})
        return pd.DataFrame(rows)

    def save(self, folder: Path) -> None:
        """Write the index and the rules into the folder, which is made."""
        self.index.save(folder / _INDEX)
        self.shelf.save(folder / _RULES)
        document = {"format": FORMAT, "config": self.config.model_dump(mode="json")}
        (folder / _FILE).write_text(json.dumps(document), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> RuleBook:
        """Read a book; its arrays are mapped, not copied.

        Raises:
            MiningError: the folder was written by another version.
        """
        from mining.basketindex import BasketIndex

        if not (folder / _FILE).exists():
            raise MiningError(
                f"no rules of this version in {folder.parent.name!r}; build the catalogue again"
            )
        document = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise MiningError(
                f"rules in format {document['format']!r}, not {FORMAT}; build the catalogue again"
            )
        config = MiningConfig.model_validate(document["config"])
        return cls(BasketIndex.load(folder / _INDEX), Shelf.load(folder / _RULES), config)


def _row(rule: Rule | NextRule) -> tuple[object, ...]:
    """Of a context rule without antecedent every basket of the slice is one with x, and y is the key."""
    lag = rule.lag_median if isinstance(rule, NextRule) else float("nan")
    count = rule.count if isinstance(rule, Rule) else rule
    alone = not rule.antecedent
    counts = (
        (count.n, count.n, count.n_x, count.n_x) if alone else (count.n, count.n_x, count.n_y, count.n_xy)
    )
    return (rule.antecedent, rule.consequent, rule.context, rule.kind, *counts, rule.place, lag)
