"""The text encoder taught from behaviour: pairs come from one person's rows, meanings move, new texts follow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retrieval.neural.text import TaughtEncoder, pairs_of, taught_vectors
from retrieval.profile import Ids, make_log
from retrieval.rankconfig import RankConfig

COLOURS = ["red", "blue", "green", "gold"]
TEXTS = [f"{colour} {thing}" for colour in COLOURS for thing in ("hat", "coat", "sock", "glove")]
TOGETHER = {"red": "blue", "blue": "red", "green": "gold", "gold": "green"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A BERT of two layers that has learned nothing."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    where = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", *COLOURS, "hat", "coat", "sock", "glove", "scarf"]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(
        where
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=len(words),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
        )
        BertModel(config).save_pretrained(where)
    return where


def shopping(people: int = 60) -> pd.DataFrame:
    """Everybody takes things of one colour and of the colour that goes with it, in turn."""
    rng = np.random.default_rng(0)
    rows = []
    for person in range(people):
        colour = COLOURS[person % 4]
        for step in range(8):
            mine = colour if step % 2 else TOGETHER[colour]
            rows.append((f"p{person}", f"{mine} {rng.choice(['hat', 'coat', 'sock', 'glove'])}", step))
    frame = pd.DataFrame(rows, columns=["person", "item", "day"])
    return frame.assign(at=pd.Timestamp("2021-01-01", tz="UTC") + pd.to_timedelta(frame["day"], unit="D"))


def apart(vectors: np.ndarray) -> float:
    """Return how much nearer colours that go together are than colours that do not (same colours left out)."""
    colour = np.array([text.split()[0] for text in TEXTS])
    like = vectors @ vectors.T
    mates = np.array([[TOGETHER[a] == b for b in colour] for a in colour])
    return float(like[mates].mean() - like[~mates & (colour[:, None] != colour[None, :])].mean())


def test_pairs_are_neighbours_of_one_person():
    frame = shopping(8)
    ids = Ids.of(frame["item"])
    log, _ = make_log(frame, Ids.of(frame["person"]), ids, Ids.of(None))
    pairs = pairs_of(log, 10_000, np.random.default_rng(0), within=1)
    names = ids.index.to_numpy()[pairs]
    assert len(pairs) == 8 * 7
    assert all(TOGETHER[a.split()[0]] == b.split()[0] for a, b in names)
    few = pairs_of(log, 20, np.random.default_rng(0), within=1)
    assert few.shape == (20, 2)
    assert {tuple(pair) for pair in few} <= {tuple(pair) for pair in pairs}


def test_a_disliked_row_makes_no_pair():
    frame = pd.DataFrame({"person": "p", "item": ["a", "b", "c"], "kind": ["like", "dislike", "like"]})
    frame["at"] = pd.date_range("2021-01-01", periods=3, tz="UTC")
    log, _ = make_log(frame, Ids.of(frame["person"]), Ids.of(frame["item"]), Ids.of(None))
    assert pairs_of(log, 10, np.random.default_rng(0)).tolist() == [[0, 2]]


def test_teaching_brings_together_what_is_taken_together_new_texts_too(folder):
    encoder = TaughtEncoder(folder)
    plain = encoder.encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(plain, axis=1), 1.0, rtol=1e-5)
    frame = shopping()
    log, _ = make_log(frame, Ids.of(frame["person"]), Ids.of(frame["item"]), Ids.of(None))
    pairs = pairs_of(log, 10_000, np.random.default_rng(0))
    ordered = sorted(frame["item"].unique())
    losses = encoder.teach(ordered, pairs, seed=0, epochs=12, batch=16, rate=2e-3)
    assert np.mean(losses[-10:]) < np.mean(losses[:10])
    assert apart(encoder.encode(TEXTS)) > apart(plain) + 0.3
    new, blue, gold = encoder.encode(["red scarf", "blue hat", "gold hat"])
    assert new @ blue > new @ gold


def test_a_taught_encoder_is_saved_and_only_its_upper_layers_moved(folder, tmp_path):
    from transformers import BertModel

    encoder = TaughtEncoder(folder, layers=1)
    pairs = np.array([[0, 1], [2, 3], [4, 5], [6, 7]])
    first = encoder.teach(TEXTS, pairs, seed=4, epochs=3, rate=1e-2)
    again = TaughtEncoder(folder, layers=1)
    assert again.teach(TEXTS, pairs, seed=4, epochs=3, rate=1e-2) == first
    np.testing.assert_array_equal(again.encode(TEXTS), encoder.encode(TEXTS))
    encoder.save(tmp_path)
    np.testing.assert_allclose(TaughtEncoder(tmp_path).encode(TEXTS), encoder.encode(TEXTS), atol=1e-6)
    before, after = (BertModel.from_pretrained(where).state_dict() for where in (folder, tmp_path))
    moved = {name for name in before if not before[name].equal(after[name])}
    assert moved
    assert all(name.startswith("encoder.layer.1.") for name in moved)


def test_nothing_can_be_taught_by_one_pair_nor_without_a_model(folder, tmp_path):
    with pytest.raises(ValueError, match="1 pairs cannot teach"):
        TaughtEncoder(folder).teach(TEXTS, np.array([[0, 1]]), seed=0)
    with pytest.raises(FileNotFoundError, match="no text encoder"):
        TaughtEncoder(tmp_path)


def test_rows_of_the_validation_windows_teach_nothing(folder, monkeypatch):
    """Each person's last two rows are asked for when the blend is learned: no pair may come from them."""
    seen = []

    def spy(log, n, rng):
        seen.append(log)
        return pairs_of(log, n, rng)

    monkeypatch.setattr("retrieval.neural.text.pairs_of", spy)
    frame = shopping(20).drop_duplicates(["person", "item"])
    items = pd.Series(TEXTS)
    vectors = taught_vectors(folder, frame, items, TEXTS, RankConfig(goal="next"))
    assert vectors.shape == (len(TEXTS), 32)
    kept = {(int(p), float(at)) for p, at in zip(seen[0].person, seen[0].at, strict=True)}
    people = Ids.of(frame["person"])
    log, _ = make_log(frame, people, Ids.of(items), Ids.of(None))
    for person in range(log.n_people):
        rows = log.rows_of(person)
        if rows.stop - rows.start > 3:
            assert not {(person, float(at)) for at in log.at[rows][-2:]} & kept
    assert kept
