"""Catalogues that build side by side are the same as those that build one after the other."""

from __future__ import annotations

from functools import partial

import pytest

from bot.build import is_built
from bot.catalogue import RULES
from bot.demo import build_side_by_side
from bot.loading import load_source
from bot.settings import Settings, load_settings
from mining.rulebook import RuleBook
from tests.world import write_shop


@pytest.fixture
def two_shops(tmp_path) -> Settings:
    settings = load_settings(
        {
            "home": tmp_path / "var",
            "cache": tmp_path / "cache",
            "encoder": "hashing",
            "threads": 2,
            "llm": {"backend": "none"},
            "catalogs": {name: {"mining": {"min_count": 5, "min_people": 3}} for name in ("east", "west")},
        },
        environ={},
    )
    for name in ("east", "west"):
        folder = str(write_shop(tmp_path / name))
        assert [one.catalog for one in load_source(settings, [folder], say=lambda _: None)] == [name]
    return settings


@pytest.mark.slow
def test_two_catalogues_build_side_by_side(two_shops):
    rows = list(build_side_by_side(two_shops, ["east", "west"], lambda _: None))
    told = [value for label, value in rows if label == "catalogue"]
    assert [one.split(",")[0] for one in told] == ["west", "east"]
    books = []
    for name in ("east", "west"):
        generation = is_built(two_shops, name)
        assert generation is not None
        books.append(RuleBook.load(generation.path / RULES).frame())
    assert len(books[0]) > 0
    assert books[0].equals(books[1])


def test_one_catalogue_builds_here(two_shops):
    rows = list(build_side_by_side(two_shops, ["east"], lambda _: None))
    assert is_built(two_shops, "east") is not None
    assert is_built(two_shops, "west") is None
    assert any(label == "total (s)" for label, _ in rows)


@pytest.mark.slow
def test_the_first_builds_while_the_second_loads(two_shops):
    order = []

    def load_again(name):
        order.append(name)
        (report,) = load_source(two_shops, [str(two_shops.home.parent / name)], say=order.append)
        assert report.catalog == name

    loads = {name: partial(load_again, name) for name in ("east", "west")}
    rows = list(build_side_by_side(two_shops, ["east", "west"], order.append, loads=loads))
    spoken = [line for line in order if line in ("east", "west") or line.startswith("Building")]
    assert spoken[0] == "east"
    assert spoken[1].startswith("Building east")
    assert spoken[2] == "west"
    assert [value.split(",")[0] for label, value in rows if label == "catalogue"] == ["west", "east"]
    assert is_built(two_shops, "east") is not None
    assert is_built(two_shops, "west") is not None
