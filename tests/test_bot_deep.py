"""`almanac build --deep`: the flags reach the settings, and the model is a sealed part of the generation."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.build import build_catalogs, store_of
from bot.cli import app
from bot.errors import SettingsError
from bot.loading import load_source
from bot.presets import rank_config
from bot.settings import Settings, load_settings
from db.values import Catalog
from retrieval.rank import Recommender
from tests.world import write_shop

SHOP = Catalog(
    id=1,
    name="shop",
    title="Shop",
    source="files",
    zone="UTC",
    hemisphere="north",
    clock="wall",
    day_start=0,
    pseudonymised=False,
)
TINY = {"on": True, "dim": 8, "epochs": 1, "length": 8}


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    settings = load_settings(
        {
            "home": tmp_path / "var",
            "encoder": "hashing",
            "threads": 1,
            "llm": {"backend": "none"},
            "ranking": {"deep": TINY},
            "catalogs": {"shop": {"mining": {"min_count": 5, "min_people": 3}}},
        },
        environ={},
    )
    list(load_source(settings, [str(write_shop(tmp_path / "shop"))], say=lambda _: None))
    return settings


def test_a_deep_build_is_sealed_and_its_course_is_kept_outside(small: Settings) -> None:
    list(build_catalogs(small, "shop", say=lambda _: None))
    generation = store_of(small).current("shop")
    assert generation is not None
    generation.verify()
    assert (generation.path / "rank" / "deep.safetensors").is_file()
    assert (generation.path / "rank" / "deep.json").is_file()
    ranker = Recommender.load(generation.path / "rank")
    assert ranker.fitted.scorers["deep"].name == "deep"
    assert list((small.home / "runs" / "shop").glob("deep-*/events.*"))
    assert not list(generation.path.rglob("events.*"))


def test_words_alone_have_nothing_to_teach(small: Settings) -> None:
    taught = small.model_copy(
        update={
            "ranking": small.ranking.model_copy(
                update={"deep": small.ranking.deep.model_copy(update={"tune_text": True})}
            )
        }
    )
    with pytest.raises(SettingsError, match="hashing"):
        list(build_catalogs(taught, "shop", say=lambda _: None))


@pytest.mark.parametrize(
    ("flags", "on", "tune"), [([], False, False), (["--deep"], True, False), (["--deep-text"], True, True)]
)
def test_flags_reach_the_settings(
    flags: list[str], on: bool, tune: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Settings] = []
    monkeypatch.setattr("bot.build.build_catalogs", lambda settings, *_, **__: seen.append(settings) or [])
    assert CliRunner().invoke(app, ["build", *flags]).exit_code == 0
    assert (seen[0].ranking.deep.on, seen[0].ranking.deep.tune_text) == (on, tune)


def test_a_catalogue_may_shape_the_model_and_keeps_what_it_does_not_name() -> None:
    settings = load_settings(
        {"ranking": {"deep": {"on": True}}, "catalogs": {"shop": {"ranking": {"deep": {"dim": 32}}}}},
        environ={},
    )
    deep = rank_config(settings, SHOP).deep
    assert (deep.on, deep.dim, deep.log_dir) == (True, 32, settings.home / "runs" / "shop")
    assert rank_config(load_settings(environ={}), SHOP).deep.log_dir is None
