"""Places and their parents: what counts as being somewhere.

Knows ids, names, zones and the roll-up of a place to its parents. It refuses to know baskets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mining import columns as col
from mining.errors import BadFrame, UnknownPlace, closest

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Places:
    """A tree of places; a code is a position in `ids`."""

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    parents: tuple[int, ...] = ()
    """Code of the parent, -1 at the top."""
    zones: tuple[str | None, ...] = field(default=())

    @classmethod
    def of(cls, seen: tuple[str, ...], frame: pd.DataFrame | None) -> Places:
        """Return the places that baskets named and those of the frame, parents included.

        Raises:
            BadFrame: the frame has no `place` column, or a place is its own ancestor.
        """
        rows: dict[str, dict[str, Any]] = {}
        if frame is not None and len(frame):
            if col.PLACE not in frame:
                raise BadFrame(f"the place frame needs a column 'place'; it has {list(frame.columns)}")
            rows = {
                str(row[col.PLACE]): {str(name): value for name, value in row.items() if _known(value)}
                for row in frame.to_dict("records")
            }
        parent_of = {place: str(row[col.PARENT]) for place, row in rows.items() if col.PARENT in row}
        ids = tuple(sorted({*seen, *rows, *parent_of.values()}))
        code = {place: position for position, place in enumerate(ids)}
        places = cls(
            ids=ids,
            names=tuple(str(rows.get(place, {}).get(col.NAME, place)) for place in ids),
            parents=tuple(code[parent_of[place]] if place in parent_of else -1 for place in ids),
            zones=tuple(rows.get(place, {}).get(col.ZONE) for place in ids),
        )
        for position in range(len(ids)):
            places.lineage(position)
        return places

    @cached_property
    def codes(self) -> dict[str, int]:
        """Position of each id."""
        return {place: position for position, place in enumerate(self.ids)}

    def code(self, place: str) -> int:
        """Return the code of a place.

        Raises:
            UnknownPlace: no basket was taken there and it is no parent.
        """
        try:
            return self.codes[place]
        except KeyError:
            raise UnknownPlace(f"no place {place!r} in the data{closest(place, self.ids)}") from None

    def lineage(self, code: int) -> tuple[int, ...]:
        """Return a place and all its ancestors.

        Raises:
            BadFrame: a place is its own ancestor.
        """
        line = [code]
        while (parent := self.parents[line[-1]]) >= 0:
            if parent in line:
                raise BadFrame(
                    f"place {self.ids[code]!r} is its own ancestor; mend the parents of the places"
                )
            line.append(parent)
        return tuple(line)

    @cached_property
    def tops(self) -> tuple[int, ...]:
        """Codes of the places that are parents of others: regions."""
        return tuple(sorted({parent for parent in self.parents if parent >= 0}))

    def holds(self, code: int) -> tuple[int, ...]:
        """Return the codes of a place and of everything below it."""
        return tuple(one for one in range(len(self.ids)) if code in self.lineage(one))


def _known(value: Any) -> bool:
    """None, NaN and pd.NA are gaps; they are the only values that do not equal themselves as a true bool."""
    return value is not None and (value == value) is True
