"""When and where a row was taken or a question is asked, as the context words that rules and the ranker share.

Knows that a place and all that it belongs to are words too ("place:ID"), which is how rules bound to a place fire.
It refuses to know rules and scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining import columns as col
from mining.config import MiningConfig
from mining.context import Calendar, context_words
from mining.places import Places

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLACE = "place:"
"""What stands before a place's id in its word."""


@dataclass(frozen=True)
class Surroundings:
    """The calendar and the places of a catalogue."""

    calendar: Calendar
    places: Places

    @classmethod
    def of(cls, config: MiningConfig, places: pd.DataFrame | None = None) -> Surroundings:
        """Read the definitions of a catalogue and its place frame."""
        return cls(Calendar.of(config), Places.of((), places))

    def words(self, at: Sequence[Any] | pd.Series, place: Sequence[Any] | pd.Series) -> NDArray[np.object_]:
        """Return the words of each instant (none where it is unknown) and place (none where it is), as tuples."""
        codes, ids = pd.factorize(
            place if isinstance(place, pd.Series) else pd.Series(list(place), dtype=object)
        )
        column = at.reset_index(drop=True) if isinstance(at, pd.Series) else pd.Series(list(at), dtype=object)
        instants = pd.Series(pd.to_datetime(column, utc=True))
        found = context_words(instants, self.calendar, self._zones(codes, ids))
        day, part, month = (found[name].to_numpy().astype(np.int64) for name in _GROUPS)
        key = (((day + 1) * 25 + part + 1) * 13 + month + 1) * (len(ids) + 1) + codes + 1
        _, first, line = np.unique(key, return_index=True, return_inverse=True)
        distinct = np.empty(len(first), dtype=object)
        for n, row in enumerate(first.tolist()):
            where = self._place_words(ids[codes[row]]) if codes[row] >= 0 else ()
            distinct[n] = (*self._time_words(int(day[row]), int(part[row]), int(month[row])), *where)
        return distinct[line]

    def _time_words(self, day: int, part: int, month: int) -> tuple[str, ...]:
        groups = self.calendar.groups
        words: list[str] = []
        if day >= 0:
            words += [groups[col.WEEKDAY][day], groups[col.WEEKEND][day >= 5]]
        if part >= 0:
            words.append(groups[col.DAYPART][part])
        if month >= 0:
            words += [groups[col.MONTH][month], groups[col.SEASON][self.calendar.season_of_month[month]]]
        return tuple(words)

    def _place_words(self, place: Any) -> tuple[str, ...]:
        code = self.places.codes.get(str(place))
        line = [str(place)] if code is None else [self.places.ids[one] for one in self.places.lineage(code)]
        return tuple(PLACE + one for one in line)

    @cached_property
    def _zone_of(self) -> dict[str, str]:
        """Zone of each place that has one, its own or its nearest ancestor's."""
        zones = self.places.zones
        found = {
            place: next((zones[one] for one in self.places.lineage(code) if zones[one]), None)
            for place, code in self.places.codes.items()
        }
        return {place: zone for place, zone in found.items() if zone}

    def _zones(self, codes: NDArray[np.int64], ids: pd.Index) -> pd.Series | None:
        if not self._zone_of:
            return None
        zones = np.array([self._zone_of.get(str(one)) for one in ids] + [None], dtype=object)
        return pd.Series(zones[codes])


_GROUPS = (col.WEEKDAY, col.DAYPART, col.MONTH)
