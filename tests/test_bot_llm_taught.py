"""The engine of the taught model beside transformers on a tiny random llama, and the shipped adapter on real weights."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from bot.llm import LlmConfig, ModelError, open_model
from bot.llm.taught import TaughtLocal, taught_base

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random llama of two layers with a tokenizer of letters."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=300, hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=3,
        num_key_value_heads=1, eos_token_id=2, tie_word_embeddings=True, initializer_range=0.2,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def scores_of(folder: Path, ids: list[int]) -> np.ndarray:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32).eval()
    with torch.inference_mode():
        return model(torch.tensor([ids])).logits[0, -1].numpy()


def test_it_scores_as_transformers_does(tiny):
    from bot.llm.taught_engine import TaughtEngine

    engine = TaughtEngine(tiny, None, eight_bits=False)
    ids = engine.ids("film what goes with A?")
    memory, scores = engine.begin([ids[:-3]])
    scores = engine.step([ids[-3:]], memory)
    assert np.abs(scores[0] - scores_of(tiny, ids)).max() < 1e-4


def test_texts_side_by_side_read_as_each_alone(tiny):
    from bot.llm.taught_engine import TaughtEngine

    engine = TaughtEngine(tiny, None, eight_bits=False)
    texts = [engine.ids(text) for text in ("film why?", "a much longer one", "x")]
    memory, together = engine.begin(texts)
    step = engine.step([[7], [8], [9]], memory)
    for row, (ids, token) in enumerate(zip(texts, (7, 8, 9), strict=True)):
        alone, scores = engine.begin([ids])
        assert np.abs(together[row] - scores[0]).max() < 1e-4
        assert np.abs(step[row] - engine.step([[token]], alone)[0]).max() < 1e-4


def test_eight_bits_stay_near(tiny):
    from bot.llm.taught_engine import TaughtEngine

    whole, small = (TaughtEngine(tiny, None, eight_bits=bits) for bits in (False, True))
    ids = whole.ids("film what goes with A?")
    exact, near = (engine.begin([ids])[1][0] for engine in (whole, small))
    assert np.corrcoef(exact, near)[0, 1] > 0.99


def test_another_kind_of_model_is_refused(tiny, tmp_path):
    from bot.llm.taught_engine import TaughtEngine

    for file in tiny.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text()) | {"model_type": "gpt2"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="'gpt2'"):
        TaughtEngine(tmp_path, None)


def test_an_absent_adapter_is_told(tiny, tmp_path):
    from bot.llm.taught_engine import TaughtEngine

    with pytest.raises(ModelError, match="no adapter loads"):
        TaughtEngine(tiny, tmp_path)


def test_the_default_model_is_the_taught_one_and_is_not_loaded_by_opening():
    from db.assets import fetch

    cache = Path(os.environ.get("ALMANAC_CACHE", Path.home() / ".cache" / "almanac"))
    model = open_model(LlmConfig(threads=1), lambda name: fetch(name, cache))
    assert isinstance(model, TaughtLocal)
    assert taught_base() == LlmConfig().model
    assert not model.ready
    model.warm_up()
    assert model.ready
    grammar = 'start: " rules together A" | " none greeting" | " profile" | " search"'
    assert model.decide("film\nhello there\n>", grammar) == " none greeting"
    assert model.decide("product\nwhat goes with A?\n>", grammar) == " rules together A"
    assert model.decide("film\nwhat do you know about me?\n>", grammar) == " profile"
