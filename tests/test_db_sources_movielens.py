"""MovieLens: titles as people say them, ZIP codes as states, and the totals of the real files."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from db import DbConfig, open_engine, open_source, reading
from db.load import load
from db.queries import catalog_counts, get_catalog, interaction_frame, item_frame, people_frame, place_frame
from db.sources.movielens import films, readable_title
from db.sources.usa import REGIONS, STATES, state_of


@pytest.mark.parametrize(
    ("filed", "said"),
    [
        ("Abyss, The", "The Abyss"),
        ("Fish Called Wanda, A", "A Fish Called Wanda"),
        ("Postino, Il", "Il Postino"),
        ("Good, The Bad and The Ugly, The", "The Good, The Bad and The Ugly"),
        (
            "Horseman on the Roof, The (Hussard sur le toit, Le)",
            "The Horseman on the Roof (Le Hussard sur le toit)",
        ),
        ("Contempt (Mépris, Le)", "Contempt (Le Mépris)"),
        ("Seven (Se7en)", "Seven (Se7en)"),
        (
            "To Wong Foo, Thanks for Everything! Julie Newmar",
            "To Wong Foo, Thanks for Everything! Julie Newmar",
        ),
        ("Toy Story", "Toy Story"),
    ],
)
def test_articles_stand_in_front(filed, said):
    assert readable_title(filed) == said


def test_films_that_share_a_title_can_be_told_apart():
    table = pd.DataFrame(
        [
            ("1", "Psycho", "1960", "Horror"),
            ("2", "Psycho", "1998", "Horror"),
            ("3", "Chasing Amy", "1997", "Drama Romance"),
            ("4", "Chasing Amy", "1997", "Drama Romance"),
            ("5", "unkonwn", "unkonwn", "unknown"),
            ("6", "Abyss, The", "1989", "Sci-Fi Film-Noir"),
        ],
        columns=["item_id", "movie_title", "release_year", "class"],
    )
    rows = films(table)
    assert rows["title"].tolist() == [
        "Psycho (1960)",
        "Psycho (1998)",
        "Chasing Amy",
        "Chasing Amy (second entry)",
        "Unknown film",
        "The Abyss",
    ]
    assert rows["same_as"].tolist()[3] == "3"
    assert rows["original_title"].tolist()[5] == "Abyss, The"
    assert rows["category"].tolist()[4:] == ["", "Sci-Fi|Film-Noir"]
    assert rows["text"].tolist()[5] == "The Abyss. Science fiction, film noir film of 1989, the 1980s."


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("55414", "MN"), ("94043", "CA"), ("10001", "NY"), ("00501", "NY"), ("06390", "CT"), ("20001", "DC"),
        ("20101", "VA"), ("73301", "TX"), ("73401", "OK"), ("88510", "TX"), ("99501", "AK"), ("96813", "HI"),
        ("39901", "GA"), ("46202", "IN"), ("83701", "ID"), ("82901", "WY"),
        ("00907", None), ("09012", None), ("34002", None), ("96201", None), ("96910", None),
        ("V3N4P", None), ("1234", None), ("123456", None), ("", None), ("٥٥٤١٤", None),
    ],
)  # fmt: skip
def test_zip_codes_are_states(code, state):
    found = state_of(code)
    assert (found.code if found else None) == state


def test_every_state_has_a_region_and_a_zone():
    assert Counter(state.region for state in STATES.values()) == {
        "south": 17,
        "west": 13,
        "midwest": 12,
        "northeast": 9,
    }
    assert set(REGIONS) == {state.region for state in STATES.values()}
    for state in STATES.values():
        ZoneInfo(state.zone)
    reached = {found.code for prefix in range(1000) if (found := state_of(f"{prefix:03}01"))}
    assert reached == set(STATES)


@pytest.mark.slow
def test_the_real_files_hold_what_is_known_of_them(tmp_path):
    cache = Path(os.environ.get("ALMANAC_CACHE") or tmp_path / "cache")
    engine = open_engine(DbConfig(), tmp_path)
    report = load(open_source("movies", cache=cache), engine=engine)
    assert {noun: tally.kept for noun, tally in report.tallies.items()} == {
        "items": 1682,
        "people": 943,
        "places": 0,
        "interactions": 100_000,
    }
    assert all(tally.quarantined == 0 for tally in report.tallies.values())
    with reading(engine) as session:
        catalog = get_catalog("movies", session=session)
        frame = interaction_frame(catalog, session=session)
        items = item_frame(catalog, session=session)
        people = people_frame(catalog, session=session).merge(
            place_frame(catalog, session=session), on="place"
        )
        counts = catalog_counts(catalog, session=session)
    engine.dispose()
    assert items["title"].is_unique
    assert not items["title"].str.endswith((", The", ", A", ", An")).any()
    assert frame["value"].mean() == pytest.approx(3.52986)
    assert (frame["person"][0], frame["item"][0], frame["value"][0]) == ("196", "242", 3.0)
    assert str(counts.first) == "1997-09-20 03:05:10+00:00"
    assert people["parent"].value_counts()["midwest"] > 200
    assert people["state" if "state" in people else "name"].nunique() == 51
    engine.dispose()
