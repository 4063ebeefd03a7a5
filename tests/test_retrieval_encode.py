"""Encoders: one contract for all, and the numpy path against sentence-transformers itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import Encoder, HashingEncoder, SentenceEncoder
from retrieval.bert import NumpyBert

AWKWARD = ["", " ", "!?", "Amélie", "喜剧电影", "a\ud800b", "word " * 3000, "a\0b", "Se7en (1995)"]


def minilm_folder() -> Path:
    """The unpacked model in the asset cache; the test is skipped where it was not fetched."""
    cache = os.environ.get("ALMANAC_CACHE")
    found = sorted(Path(cache).glob("**/modules.json")) if cache else []
    if not found:
        pytest.skip("set ALMANAC_CACHE to a cache with the text encoder: `make demo` fetches it")
    return found[0].parent


@pytest.fixture(scope="module")
def minilm() -> SentenceEncoder:
    return SentenceEncoder(minilm_folder(), device="cpu", threads=1)


class EncoderContract:
    """What every encoder promises; a subclass provides `encoder`."""

    def test_it_is_an_encoder(self, encoder):
        assert isinstance(encoder, Encoder)
        assert encoder.name

    def test_vectors_have_length_one(self, encoder):
        vectors = encoder.encode(AWKWARD)
        assert vectors.shape == (len(AWKWARD), encoder.dim)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)

    def test_no_texts_no_vectors(self, encoder):
        assert encoder.encode([]).shape == (0, encoder.dim)

    def test_a_text_does_not_depend_on_its_neighbours(self, encoder):
        alone = encoder.encode(["Toy Story"])
        among = encoder.encode(["a much longer text about something else entirely", "Toy Story"])
        np.testing.assert_allclose(alone[0], among[1], atol=1e-5)

    def test_shared_words_are_nearer_than_none(self, encoder):
        query, near, far = encoder.encode(["tortilla chips", "corn tortilla chip", "laundry detergent"])
        assert query @ near > query @ far + 0.1


class TestHashingEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self):
        return HashingEncoder()

    def test_the_seed_decides(self):
        texts = ["Toy Story"]
        assert (HashingEncoder(64, 1).encode(texts) == HashingEncoder(64, 1).encode(texts)).all()
        assert (HashingEncoder(64, 1).encode(texts) != HashingEncoder(64, 2).encode(texts)).any()

    def test_it_is_the_same_in_another_process(self):
        code = "from retrieval import HashingEncoder; print(HashingEncoder(8).encode(['Toy Story']).tolist())"
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert told.strip() == str(HashingEncoder(8).encode(["Toy Story"]).tolist())

    def test_dim_must_be_positive(self):
        with pytest.raises(ValueError, match="at least 1, not 0"):
            HashingEncoder(0)

    @given(st.text(max_size=40))
    def test_any_text_encodes(self, text):
        assert np.linalg.norm(HashingEncoder(16).encode([text])) == pytest.approx(1.0, abs=1e-5)


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no text encoder at .*config\.json is missing"):
        SentenceEncoder(tmp_path)


def test_other_architectures_are_left_to_sentence_transformers(tmp_path):
    assert not NumpyBert.supports(tmp_path)
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).touch()
    (tmp_path / "config.json").write_text('{"model_type": "bert", "hidden_act": "gelu"}')
    (tmp_path / "modules.json").write_text('[{"type": "x.Transformer", "path": ""}]')
    assert not NumpyBert.supports(tmp_path), "without mean pooling the numpy path would be wrong"


@pytest.mark.slow
class TestSentenceEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self, minilm):
        return minilm

    def test_the_quick_path_gives_the_same_vectors(self, encoder):
        texts = [*AWKWARD, "funny animated film for kids", "something to dip chips in", "unaffable 12oz"]
        whole = encoder.encode(texts)
        quick = np.concatenate([encoder.encode([text]) for text in texts])
        np.testing.assert_allclose(quick, whole, atol=1e-5)

    def test_a_query_imports_no_torch(self):
        code = (
            "import sys; from retrieval import SentenceEncoder\n"
            "SentenceEncoder(sys.argv[1]).encode(['space horror'])\n"
            "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
        )
        run = [sys.executable, "-c", code, str(minilm_folder())]
        assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == "[]"
