"""`almanac evaluate` over the tiny shop: what it asks, what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.errors import NotReady, SettingsError
from bot.evaluating import Evaluation, evaluate, evaluation_lines
from bot.settings import Settings
from tests.world import PEOPLE


@pytest.fixture(scope="module")
def found(shop_settings: Settings) -> list[Evaluation]:
    return list(evaluate(shop_settings, "shop", say=lambda _: None))


def test_a_catalogue_of_habits_is_asked_for_the_last_visit_and_the_last_tenth(
    found: list[Evaluation],
) -> None:
    assert [(one.protocol, one.window) for one in found] == [("last", "validation"), ("time", "validation")]
    assert [one.almanac.task for one in found] == ["last validation", "time validation"]
    assert all(one.almanac.people == PEOPLE and one.almanac.left_out == 0 for one in found)
    assert all("popularity" in one.simple and len(one.simple) == 2 for one in found)


def test_figures_lie_within_their_bounds_and_intervals_hold_the_mean(found: list[Evaluation]) -> None:
    for one in found:
        for told in (one.almanac, *one.simple.values()):
            for value in told.metrics.values():
                assert 0 <= value.low <= value.mean <= value.high <= 1 + 1e-9
            assert 0 < told.lists["coverage"] <= 1
        assert set(one.almanac.without) >= {"again"}


def test_the_test_window_is_another_one_and_only_on_demand(shop_settings: Settings) -> None:
    [validation] = evaluate(shop_settings, "shop", protocols=["last"], ablate=False, say=lambda _: None)
    [test] = evaluate(shop_settings, "shop", protocols=["last"], test=True, ablate=False, say=lambda _: None)
    assert (test.window, test.almanac.task) == ("test", "last")
    # On paper: the last visit is a Tuesday morning and the one before a Friday evening. Milk is sure on the one,
    # chips on the other, and nobody was ever asked about both.
    assert validation.almanac.metrics["recall@10"].mean == 1.0
    assert test.almanac.metrics["recall@10"].mean == 1.0
    assert validation.almanac.without == test.almanac.without == {}


def test_the_command_prints_one_document(shop_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli._settings", lambda: shop_settings)
    run_it = CliRunner().invoke(app, ["evaluate", "--protocol", "last", "--no-ablation", "--json"])
    assert run_it.exit_code == 0, run_it.output
    [one] = json.loads(run_it.stdout)
    assert (one["catalog"], one["window"], one["almanac"]["people"]) == ("shop", "validation", PEOPLE)
    assert set(one["almanac"]["metrics"]["ndcg@10"]) == {"mean", "error", "low", "high", "people"}


def test_lines_for_people_say_what_each_part_adds(found: list[Evaluation]) -> None:
    lines = evaluation_lines(found[0])
    assert lines[0].startswith("shop, last validation: 20 people asked, 0 without a history")
    assert any(line.startswith("Almanac") for line in lines)
    assert any(line.startswith("  again ") for line in lines)


def test_what_cannot_be_evaluated_is_said(shop_settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"'P9' is not known; the protocols are: P1, P2, P3, P3all"):
        next(evaluate(shop_settings, protocols=["P9"], say=lambda _: None))
    with pytest.raises(NotReady, match="has nobody to ask: the log is too short"):
        next(evaluate(shop_settings, protocols=["P3new"], say=lambda _: None))
    with pytest.raises(NotReady, match="nothing is loaded yet"):
        next(evaluate(shop_settings.model_copy(update={"home": tmp_path}), say=lambda _: None))
