"""The real SmolLM2 asset through llama.cpp, and who is given it. Skipped where the extra `llamacpp` is not installed."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from bot.dialogue.turn import Message
from bot.llm import LlmConfig, ModelError, open_model
from bot.llm.constrain import call_grammar, closed, parse
from bot.llm.llama import LlamaModel
from bot.llm.local import LocalModel
from bot.llm.source import engine_of, source_of
from bot.llm.taught import TaughtLocal
from tests.model_contract import ASK, BRIEF, TOOLS, ModelContract, Opens

installed = pytest.mark.skipif(find_spec("xllamacpp") is None, reason="the extra `llamacpp` is not installed")


def asset(name: str) -> Path:
    from db.assets import fetch

    return fetch(name, Path(os.environ.get("ALMANAC_CACHE", Path.home() / ".cache" / "almanac")))


def no_assets(name: str) -> Path:
    raise AssertionError(f"asset {name!r} was asked for")


@pytest.fixture(scope="module")
def model() -> LlamaModel:
    config = LlmConfig(threads=1, timeout=120)
    made = LlamaModel(source_of(config, asset).gguf_file, config, name="smol")
    made.warm_up([BRIEF])
    return made


@pytest.fixture
def opened(model: LlamaModel) -> Opens:
    def again(*, timeout: float) -> LlamaModel:
        made = LlamaModel(model._file, LlmConfig(timeout=timeout), name="hurried")
        made._loaded = model._load()
        return made

    return again


@installed
@pytest.mark.slow
class TestContract(ModelContract):
    """The protocol through llama.cpp."""

    exact = False


@installed
@pytest.mark.slow
def test_a_kept_beginning_is_not_read_again(model):
    longer = [Message(role="user", content="Name three birds.")]
    list(model.stream(BRIEF, ASK, max_tokens=1))
    (answer,) = model._load().reply(model._request(BRIEF, longer, 1), monotonic() + 60)
    assert answer["usage"]["prompt_tokens_details"]["cached_tokens"] > 10


@installed
@pytest.mark.slow
def test_a_prompt_that_is_too_long_is_told(model):
    with pytest.raises(ModelError, match="context size"):
        list(model.stream("s", [Message(role="user", content="word " * 9000)]))


@installed
@pytest.mark.slow
def test_nobody_else_may_use_its_port(model):
    address = model._load()._server.listening_address
    with pytest.raises(HTTPError, match="401"), urlopen(f"{address}/v1/models") as reply:
        reply.read()


@installed
@pytest.mark.slow
def test_a_file_that_is_no_model_is_told(tmp_path):
    file = tmp_path / "broken.gguf"
    file.write_bytes(b"GGUF nonsense")
    broken = open_model(LlmConfig(model=str(file), engine="llamacpp"), no_assets)
    with pytest.raises(ModelError, match="loads no model"):
        broken.warm_up()


@installed
def test_a_gguf_file_on_a_processor_goes_to_llama(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.llm.source._DRIVER", tmp_path / "none")
    (tmp_path / "m.gguf").touch()
    for name in (str(tmp_path / "m.gguf"), str(tmp_path), "qwen2.5-coder-1.5b-instruct"):
        assert isinstance(open_model(LlmConfig(model=name), no_assets), LlamaModel)
    taught = open_model(LlmConfig(), no_assets)
    assert isinstance(taught, TaughtLocal)  # chooses by its own engine, and speaks through llama.cpp
    assert isinstance(taught._chat, LlamaModel)


def test_all_else_goes_to_transformers(tmp_path, monkeypatch):
    (tmp_path / "m.gguf").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "config.json").touch()
    file = str(tmp_path / "m.gguf")
    for config in (
        LlmConfig(model=str(tmp_path / "folder")),
        LlmConfig(model="someone/model"),
        LlmConfig(model=file, device="cuda"),
        LlmConfig(model=file, dtype="bfloat16"),
        LlmConfig(model=file, engine="transformers"),
    ):
        assert isinstance(open_model(config, no_assets), LocalModel)
    (tmp_path / "version").touch()
    monkeypatch.setattr("bot.llm.source._DRIVER", tmp_path / "version")  # an accelerator is there
    assert isinstance(open_model(LlmConfig(model=file), no_assets), LocalModel)


def test_llama_runs_gguf_files_only(tmp_path):
    (tmp_path / "config.json").touch()
    config = LlmConfig(model=str(tmp_path), engine="llamacpp")
    with pytest.raises(ModelError, match="runs GGUF files"):
        engine_of(config, source_of(config, no_assets))


def test_a_missing_extra_is_told(tmp_path, monkeypatch):
    (tmp_path / "m.gguf").touch()
    monkeypatch.setattr("bot.llm.llama.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"almanac-recommender\[llamacpp\]"):
        open_model(LlmConfig(model=str(tmp_path / "m.gguf"), engine="llamacpp"), no_assets)


@pytest.mark.parametrize(
    "begun",
    ["", '{"tool": "', '{"tool": "search_items", "arguments": {"query": "fun', '{"tool": "search_items", "argum', '{"tool": "none"'],
)  # fmt: skip
def test_a_call_that_was_begun_is_closed(begun):
    call = parse(closed(begun, TOOLS))
    assert call is None or set(call.arguments) in ({"query", "category"}, set())
    assert call_grammar(TOOLS).startswith("%llguidance {}\nstart: %json {")


def test_a_call_that_was_not_begun_so_is_no_call():
    with pytest.raises(ModelError, match="may not follow"):
        closed('{"tool": "erase', TOOLS)
