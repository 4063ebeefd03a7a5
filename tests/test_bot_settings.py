"""Settings: one reader, every misspelt key an error that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import load_settings


def test_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    settings = load_settings(environ={}, folder=tmp_path)
    assert (settings.home, settings.host, settings.port) == (Path("var"), "127.0.0.1", 7860)
    assert settings.llm.backend == "local"


def test_the_stronger_source_wins(tmp_path: Path) -> None:
    (tmp_path / "almanac.toml").write_text('port = 1111\n[llm]\nbackend = "none"\nmax_tokens = 99\n')
    environ = {"ALMANAC_PORT": "2222", "ALMANAC_LLM__MAX_TOKENS": "77"}
    settings = load_settings({"port": 3333}, environ=environ, folder=tmp_path)
    assert (settings.port, settings.llm.backend, settings.llm.max_tokens) == (3333, "none", 77)


def test_config_file_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text("port = 4444\n")
    assert load_settings(environ={"ALMANAC_CONFIG": str(path)}).port == 4444
    with pytest.raises(SettingsError, match="cannot read the settings file"):
        load_settings(environ={"ALMANAC_CONFIG": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"ALMANAC_HOEM": "x"}, r"unknown setting 'hoem' \(ALMANAC_HOEM\); known here: cache, catalogs"),
        ({"ALMANAC_LLM__MODLE": "x"}, r"unknown setting 'llm.modle' .*known here: .*model"),
        ({"ALMANAC_PORT": "many"}, r"setting 'port' \(ALMANAC_PORT\) cannot be 'many'"),
        ({"ALMANAC_LLM__BACKEND": "magic"}, r"cannot be 'magic': .*'local'"),
        ({"ALMANAC_LLM": "local", "ALMANAC_LLM__MODEL": "x"}, r"a part of 'llm'"),
    ],
)
def test_a_wrong_setting_is_named(environ: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(environ=environ, folder=tmp_path)


def test_broken_toml_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "almanac.toml").write_text("port = \n")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load_settings(environ={}, folder=tmp_path)
