"""BM25 against its formula written out, words against their plurals, and a save that brings all back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.lexical import STOPWORDS, LexicalIndex
from retrieval.tokens import singular, tokens

TITLES = [
    "Some Like It Hot (1959)",
    "Hot Shots! (1991)",
    "The Terminator (1984)",
    "Babe: Children's Comedy",
    "喜剧片之王",
    "It",
    "",
]


def best(index: LexicalIndex, query: str) -> str | None:
    scores = index.scores(query)
    return TITLES[int(scores.argmax())] if scores.any() else None


@pytest.fixture(scope="module")
def index():
    return LexicalIndex.build(TITLES)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("some like it hot", "Some Like It Hot (1959)"),
        ("a film like terminator, please", "The Terminator (1984)"),
        ("terminatr", "The Terminator (1984)"),
        ("comedies for children", "Babe: Children's Comedy"),
        ("喜剧", "喜剧片之王"),
        ("it", "It"),
        ("1984", "The Terminator (1984)"),
        ("1985", None),
        ("zzz qqqq", None),
        ("", None),
        ("!!", None),
    ],
)
def test_the_best_item(index, query, found):
    assert best(index, query) == found


def test_a_misspelt_word_counts_less_than_the_right_one(index):
    right, wrong = index.scores("terminator"), index.scores("terminatr")
    assert 0 < wrong[2] < right[2]


def test_words_of_asking_are_written_as_tokens():
    assert {"movie", "movy", "film"} & STOPWORDS == {"movy", "film"}
    assert tokens("movies") == ["movy"]


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("cookie", "cookies"),
        ("berry", "berries"),
        ("dish", "dishes"),
        ("peach", "peaches"),
        ("quiche", "quiches"),
        ("box", "boxes"),
        ("glass", "glasses"),
        ("tomato", "tomatoes"),
        ("pie", "pies"),
        ("shoe", "shoes"),
        ("knife", "knives"),
        ("child", "children"),
        ("child", "children's"),
        ("cheese", "cheeses"),
        ("chip", "chips"),
        ("comedy", "comedies"),
        ("woman", "women"),
        ("bus", "bus"),
    ],
)
def test_one_and_many_are_one_word(one, many):
    assert tokens(one) == tokens(many)


@pytest.mark.parametrize(("one", "other"), [("new", "news"), ("princess", "prince"), ("gas", "ga")])
def test_other_words_stay_apart(one, other):
    assert tokens(one) != tokens(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Amélie’s café", ["amely", "cafe"]),
        ("喜剧片", ["喜剧", "剧片"]),
        ("好 Sci-Fi", ["好", "sci", "fi"]),
        ("１９９５年", ["1995", "年"]),
        ("x_y", ["x", "y"]),
        ("a" * 200, ["a" * 64]),
    ],
)
def test_tokens(text, words):
    assert tokens(text) == words


@given(st.text(alphabet="abcdehiorstuxyz", min_size=3, max_size=10))
def test_a_regular_plural_meets_its_singular(word):
    assert singular(word + "zs") == singular(word + "z")


def bm25(texts: list[str], query: list[str], k1: float = 1.2, b: float = 0.75) -> list[float]:
    """Score every text by Lucene's BM25, one word at a time."""
    words = [tokens(text) for text in texts]
    mean = sum(map(len, words)) / len(words)
    totals = []
    for text in words:
        total = 0.0
        for word in query:
            df = sum(word in other for other in words)
            idf = math.log(1 + (len(words) - df + 0.5) / (df + 0.5))
            tf = text.count(word)
            total += idf * tf / (tf + k1 * (1 - b + b * len(text) / mean))
        totals.append(total)
    return totals


SOME_WORDS = st.lists(st.sampled_from(["alien", "comedy", "space", "night", "river"]), max_size=6)


@settings(max_examples=60)
@given(texts=st.lists(SOME_WORDS.map(" ".join), min_size=1, max_size=6), query=SOME_WORDS)
def test_scores_are_the_formula(texts, query):
    known = {word for text in texts for word in tokens(text)}
    index = LexicalIndex.build(texts)
    expected = bm25(texts, [word for word in query if word in known])
    np.testing.assert_allclose(index.scores(" ".join(query)), expected, atol=1e-4)


def test_save_and_load_give_the_same_scores(index, tmp_path):
    index.save(tmp_path)
    again = LexicalIndex.load(tmp_path)
    for query in ("hot", "terminatr", "喜剧", "nothing"):
        assert (again.scores(query) == index.scores(query)).all()
    assert len(again) == len(TITLES)


def test_an_index_of_nothing_saves_too(tmp_path):
    LexicalIndex.build(["", ""]).save(tmp_path)
    assert LexicalIndex.load(tmp_path).scores("hot").tolist() == [0.0, 0.0]


def test_arrays_that_do_not_fit_are_refused(index, tmp_path):
    index.save(tmp_path)
    with np.load(tmp_path / "lexical.npz") as arrays:
        short = {name: array[:-1] if name == "data" else array for name, array in arrays.items()}
    np.savez(tmp_path / "lexical.npz", **short)
    with pytest.raises(ValueError, match="damaged; build the catalogue again"):
        LexicalIndex.load(tmp_path)
