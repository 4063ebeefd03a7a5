"""One message through the chain with the real data, encoder, FAISS, rules and local language model."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bot.assembly import Almanac
from bot.build import build_catalogs
from bot.loading import load_source
from bot.settings import Settings, load_settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """MovieLens 100K, loaded and built with the default settings."""
    cache = os.environ.get("ALMANAC_CACHE")
    overrides = {"home": tmp_path_factory.mktemp("films")} | ({"cache": Path(cache)} if cache else {})
    settings = load_settings(overrides, environ={})
    list(load_source(settings, ["movies"], say=lambda _: None))
    [report] = build_catalogs(settings, say=lambda _: None)
    assert report.counts["interactions"] == 100_000
    assert report.counts["items"] == 1_682
    return settings


def test_liked_titles_lead_to_picks_with_counted_reasons(films: Settings) -> None:
    answer = Almanac.open(films).ask("I loved Toy Story and Aladdin. What next?", catalog="movies")
    assert [call.tool for call in answer.tool_calls] == ["score_items"]
    assert answer.tool_calls[0].arguments["liked"] == ["1", "95"]
    assert len(answer.items) == 5
    assert not {"1", "95"} & {item.id for item in answer.items}
    for item in answer.items:
        assert sum(item.parts.values()) == pytest.approx(item.score, abs=1e-6)
    assert any(fact.kind == "rule" and fact.numbers["n_xy"] > 50 for fact in answer.evidence)


def test_the_local_model_chooses_a_valid_call_and_only_checked_text_is_said(films: Settings) -> None:
    llm = films.llm.model_copy(update={"choose": "model", "wording": "model"})
    almanac = Almanac.open(films.model_copy(update={"llm": llm}))
    answer = almanac.ask("I loved Toy Story and Aladdin. What next?", catalog="movies")
    assert almanac.model is not None
    assert answer.answer
    grounder = almanac.catalog("movies").grounder
    for sentence in answer.sentences:
        if sentence.by == "model":
            assert grounder.check(sentence.text, answer.evidence, [item.title for item in answer.items]).ok


def test_search_finds_by_meaning(films: Settings) -> None:
    found = Almanac.open(films).call(
        "search_items", {"query": "funny animated film for kids"}, catalog="movies"
    )
    assert all("Animation" in item.category or "Children's" in item.category for item in found.items)


def test_the_conversation_of_the_readme_is_real(films: Settings) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    question, said = re.findall(r'\$ almanac ask "(.+?)" --catalog movies\n(.+)\n```', readme)[0]
    assert Almanac.open(films).ask(question, catalog="movies").answer == said
