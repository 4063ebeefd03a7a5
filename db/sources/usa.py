"""US ZIP codes to states, states to Census regions and time zones: facts of geography, as tables.

A ZIP code's first three digits name a sorting centre, and centres do not cross state lines but for the few
exceptions below. Military addresses and the territories are left out: they lie in no Census region.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

REGIONS = {"northeast": "Northeast", "midwest": "Midwest", "south": "South", "west": "West"}


@dataclass(frozen=True)
class State:
    """A state or the District of Columbia; `zone` is that of most of its people."""

    code: str
    name: str
    region: str
    zone: str


_EAST, _CENTRAL, _MOUNTAIN = "America/New_York", "America/Chicago", "America/Denver"
_PACIFIC = "America/Los_Angeles"

STATES = {
    state.code: state
    for state in (
        State("AK", "Alaska", "west", "America/Anchorage"),
        State("AL", "Alabama", "south", _CENTRAL),
        State("AR", "Arkansas", "south", _CENTRAL),
        State("AZ", "Arizona", "west", "America/Phoenix"),
        State("CA", "California", "west", _PACIFIC),
        State("CO", "Colorado", "west", _MOUNTAIN),
        State("CT", "Connecticut", "northeast", _EAST),
        State("DC", "District of Columbia", "south", _EAST),
        State("DE", "Delaware", "south", _EAST),
        State("FL", "Florida", "south", _EAST),
        State("GA", "Georgia", "south", _EAST),
        State("HI", "Hawaii", "west", "Pacific/Honolulu"),
        State("IA", "Iowa", "midwest", _CENTRAL),
        State("ID", "Idaho", "west", "America/Boise"),
        State("IL", "Illinois", "midwest", _CENTRAL),
        State("IN", "Indiana", "midwest", "America/Indiana/Indianapolis"),
        State("KS", "Kansas", "midwest", _CENTRAL),
        State("KY", "Kentucky", "south", "America/Kentucky/Louisville"),
        State("LA", "Louisiana", "south", _CENTRAL),
        State("MA", "Massachusetts", "northeast", _EAST),
        State("MD", "Maryland", "south", _EAST),
        State("ME", "Maine", "northeast", _EAST),
        State("MI", "Michigan", "midwest", "America/Detroit"),
        State("MN", "Minnesota", "midwest", _CENTRAL),
        State("MO", "Missouri", "midwest", _CENTRAL),
        State("MS", "Mississippi", "south", _CENTRAL),
        State("MT", "Montana", "west", _MOUNTAIN),
        State("NC", "North Carolina", "south", _EAST),
        State("ND", "North Dakota", "midwest", _CENTRAL),
        State("NE", "Nebraska", "midwest", _CENTRAL),
        State("NH", "New Hampshire", "northeast", _EAST),
        State("NJ", "New Jersey", "northeast", _EAST),
        State("NM", "New Mexico", "west", _MOUNTAIN),
        State("NV", "Nevada", "west", _PACIFIC),
        State("NY", "New York", "northeast", _EAST),
        State("OH", "Ohio", "midwest", _EAST),
        State("OK", "Oklahoma", "south", _CENTRAL),
        State("OR", "Oregon", "west", _PACIFIC),
        State("PA", "Pennsylvania", "northeast", _EAST),
        State("RI", "Rhode Island", "northeast", _EAST),
        State("SC", "South Carolina", "south", _EAST),
        State("SD", "South Dakota", "midwest", _CENTRAL),
        State("TN", "Tennessee", "south", _CENTRAL),
        State("TX", "Texas", "south", _CENTRAL),
        State("UT", "Utah", "west", _MOUNTAIN),
        State("VA", "Virginia", "south", _EAST),
        State("VT", "Vermont", "northeast", _EAST),
        State("WA", "Washington", "west", _PACIFIC),
        State("WI", "Wisconsin", "midwest", _CENTRAL),
        State("WV", "West Virginia", "south", _EAST),
        State("WY", "Wyoming", "west", _MOUNTAIN),
    )
}

_STARTS = (
    (0, ""), (5, "NY"), (6, ""), (10, "MA"), (28, "RI"), (30, "NH"), (39, "ME"), (50, "VT"), (55, "MA"),
    (56, "VT"), (60, "CT"), (70, "NJ"), (90, ""), (100, "NY"), (150, "PA"), (197, "DE"), (200, "DC"),
    (201, "VA"), (202, "DC"), (206, "MD"), (220, "VA"), (247, "WV"), (269, ""), (270, "NC"), (290, "SC"),
    (300, "GA"), (320, "FL"), (340, ""), (341, "FL"), (350, "AL"), (370, "TN"), (386, "MS"), (398, "GA"),
    (400, "KY"), (428, ""), (430, "OH"), (460, "IN"), (480, "MI"), (500, "IA"), (529, ""), (530, "WI"),
    (550, "MN"), (568, ""), (569, "DC"), (570, "SD"), (578, ""), (580, "ND"), (589, ""), (590, "MT"),
    (600, "IL"), (630, "MO"), (659, ""), (660, "KS"), (680, "NE"), (694, ""), (700, "LA"), (715, ""),
    (716, "AR"), (730, "OK"), (733, "TX"), (734, "OK"), (750, "TX"), (800, "CO"), (817, ""), (820, "WY"),
    (832, "ID"), (839, ""), (840, "UT"), (848, ""), (850, "AZ"), (866, ""), (870, "NM"), (885, "TX"),
    (886, ""), (889, "NV"), (899, ""), (900, "CA"), (962, ""), (967, "HI"), (969, ""), (970, "OR"),
    (980, "WA"), (995, "AK"),
)  # fmt: skip
"""The first three-digit prefix of each run and its state; "" where no state holds the run."""
_FIRST = [start for start, _ in _STARTS]


def state_of(zip_code: str) -> State | None:
    """Return the state of a five-digit ZIP code; None for anything else, military and the territories."""
    if len(zip_code) != 5 or not (zip_code.isascii() and zip_code.isdigit()):
        return None
    code = _STARTS[bisect_right(_FIRST, int(zip_code[:3])) - 1][1]
    return STATES[code] if code else None
