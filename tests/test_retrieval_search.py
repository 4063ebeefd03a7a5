"""Search on a shelf of ten films and goods whose best answers are known on paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval import FilterError, HashingEncoder, ItemSearch, RetrievalConfig, SentenceEncoder
from retrieval.search import dense_texts, lexical_texts
from retrieval.words import CATEGORY_WORDS, ITEM_WORDS, category_words, decade_words, in_english, item_words
from tests.test_retrieval_encode import minilm_folder

FILMS = pd.DataFrame(
    [
        ("toy", "Toy Story", "Animation|Children's|Comedy", 1995),
        ("ala", "Aladdin", "Animation|Children's|Comedy", 1992),
        ("alien", "Alien", "Horror|Sci-Fi", 1979),
        ("blob", "The Blob", "Horror|Sci-Fi", 1958),
        ("heat", "Heat", "Crime|Thriller", 1995),
        ("laura", "Laura", "Film-Noir|Mystery", 1944),
        ("gump", "Forrest Gump", "Comedy|Romance|War", 1994),
        ("shrug", "Untold", None, None),
    ],
    columns=["item", "title", "category", "year"],
).astype({"year": "Int64"})
TAKEN = np.array([452.0, 219, 291, 40, 223, 10, 321, 0])

GOODS = pd.DataFrame(
    {
        "item": ["salsa", "chips", "p1", "p2"],
        "title": ["Salsa", "Tortilla chips", "Tortilla chips, store brand", "Tortilla chips, national brand"],
        "category": ["Sauces", "Snacks", None, None],
        "parent": [None, None, "chips", "chips"],
        "brand": [None, None, "store", "national"],
        "synonyms": [None, "crisps|nachos", None, None],
        "price": [2.5, np.nan, 1.5, 3.0],
        "odd": ["a", 1, None, "b"],
    }
)


class CountingEncoder(HashingEncoder):
    """Tells how many texts it was asked for."""

    def __init__(self) -> None:
        super().__init__(dim=256)
        self.asked: list[str] = []

    def encode(self, texts):
        self.asked.extend(texts)
        return super().encode(texts)


@pytest.fixture(scope="module")
def films():
    return ItemSearch.build(FILMS, HashingEncoder(), popularity=TAKEN)


@pytest.fixture(scope="module")
def goods():
    return ItemSearch.build(GOODS, HashingEncoder())


def items(found):
    return [candidate.item for candidate in found]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("toy story", {"toy"}),
        ("tooy stroy", {"toy"}),
        ("funny animated film for kids", {"toy", "ala"}),
        ("scary space film", {"alien", "blob"}),
        ("a comedy from the nineties", {"toy", "ala", "gump"}),
        ("film of the 1940s", {"laura"}),
        ("suspense with police", {"heat"}),
        ("搞笑动画", {"toy", "ala"}),
        ("恐怖", {"alien", "blob"}),
    ],
)
def test_the_first_answers(films, query, first):
    assert set(items(films.search(query, k=len(first)))) == first


def test_equal_matches_are_decided_by_popularity():
    twins = pd.DataFrame({"item": ["rare", "known"], "title": ["Hamlet", "Hamlet"]})
    search = ItemSearch.build(twins, HashingEncoder(), popularity=np.array([1.0, 9.0]))
    assert items(search.search("hamlet")) == ["known", "rare"]
    assert items(ItemSearch.build(twins, HashingEncoder()).search("hamlet")) == ["rare", "known"]


def test_a_score_is_the_sum_of_its_parts_and_falls_with_the_rank(films):
    found = films.search("funny space horror", k=8)
    assert [candidate.rank for candidate in found] == list(range(1, len(found) + 1))
    for candidate in found:
        assert candidate.score == pytest.approx(sum(candidate.parts.values()), abs=1e-9)
        assert set(candidate.parts) == {"dense", "lexical", "popularity"}
    scores = [candidate.score for candidate in found]
    assert scores == sorted(scores, reverse=True)


def test_without_popularity_nothing_is_said_of_it(goods):
    assert set(goods.search("salsa")[0].parts) == {"dense", "lexical"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"category": "horror"}, {"alien", "blob"}),
        ({"category": "!horror", "year_from": 1990, "year_to": 1994}, {"ala", "gump"}),
        ({"filters": ["year<1950"]}, {"laura"}),
        ({"category": "Horror", "year_from": 1990}, set()),
    ],
)
@pytest.mark.parametrize("query", ["funny space film", ""])
def test_filters_hold_with_and_without_words(films, query, asked, expected):
    assert set(items(films.search(query, **asked))) == expected
    assert {item for item, passes in zip(films.ids, films.mask(**asked), strict=True) if passes} == expected


def test_no_words_means_the_most_popular(films):
    assert items(films.search("  ", k=3)) == ["toy", "gump", "alien"]
    assert films.search("", k=1)[0].parts == {"popularity": 1.0}


def test_no_words_and_no_popularity_keep_the_order_of_the_catalogue(goods):
    assert items(goods.search("")) == ["salsa", "chips"]


def test_an_unknown_category_is_an_error_with_choices(films):
    with pytest.raises(FilterError, match=r"no category 'Horor'.*'Horror'"):
        films.search("space", category="Horor")


def test_variants_are_not_found_but_answer_filters(goods):
    assert goods.ids == ("salsa", "chips")
    assert items(goods.search("tortilla", filters=["brand=store"])) == ["chips"]
    assert items(goods.search("", filters=["price<2"])) == ["chips"]
    assert items(goods.search("", filters=["price<2", "brand=national"])) == []
    everything = ItemSearch.build(GOODS, HashingEncoder(), config=RetrievalConfig(level="all"))
    assert everything.ids == ("salsa", "chips", "p1", "p2")


def test_synonyms_and_uses_are_found(goods):
    assert items(goods.search("crisps", k=1)) == ["chips"]
    assert items(goods.search("something to dip chips in", k=1)) == ["salsa"]


def test_similar_items_without_the_item_itself(films):
    found = films.similar("alien", k=2)
    assert items(found)[0] == "blob"
    assert "alien" not in items(films.similar("alien", k=20))
    assert found[0].score == found[0].parts["dense"]
    masked = films.similar("alien", k=3, mask=films.mask(category="Comedy"))
    assert set(items(masked)) == {"toy", "ala", "gump"}
    with pytest.raises(KeyError, match="'p1' is not in the text index"):
        films.similar("p1")


def test_loading_reads_no_text_and_answers_the_same(films, tmp_path):
    films.save(tmp_path)
    encoder = CountingEncoder()
    again = ItemSearch.load(tmp_path, encoder)
    assert encoder.asked == []
    assert again.search("", k=3) == films.search("", k=3)
    assert encoder.asked == [], "an empty query needs no model"
    assert again.search("space horror", year_to=1970) == films.search("space horror", year_to=1970)
    assert again.mask(category="Comedy").tolist() == films.mask(category="Comedy").tolist()
    assert again.similar("toy") == films.similar("toy")


def test_columns_of_mixed_types_are_saved_as_text(goods, tmp_path):
    goods.save(tmp_path)
    again = ItemSearch.load(tmp_path, HashingEncoder())
    assert items(again.search("", filters=["odd=1"])) == ["chips"]
    assert again.search("chips") == goods.search("chips")


def test_vectors_of_another_encoder_are_refused(films, tmp_path):
    films.save(tmp_path)
    with pytest.raises(ValueError, match=r"encoder 'hashing-256-0', not 'hashing-8-0'; build it again"):
        ItemSearch.load(tmp_path, HashingEncoder(8))


def test_popularity_must_fit_the_items():
    with pytest.raises(ValueError, match="8 items need as many popularities, not 2"):
        ItemSearch.build(FILMS, HashingEncoder(), popularity=np.ones(2))


def test_progress_counts_the_texts():
    told = []
    ItemSearch.build(FILMS, HashingEncoder(), progress=lambda done, of: told.append((done, of)))
    assert told == [(8, 8)]


def test_an_empty_catalogue_finds_nothing(tmp_path):
    empty = ItemSearch.build(FILMS.head(0), HashingEncoder())
    assert empty.search("toy") == []
    empty.save(tmp_path)
    assert ItemSearch.load(tmp_path, HashingEncoder()).search("") == []


@settings(max_examples=40, deadline=None)
@given(
    query=st.text(max_size=30), k=st.integers(0, 10), category=st.sampled_from([None, "Comedy", "!Horror"])
)
def test_any_text_is_answered_within_the_filters(films, query, k, category):
    found = films.search(query, category=category, k=k)
    allowed = dict(zip(films.ids, films.mask(category=category), strict=True))
    assert len(found) <= k
    assert len(set(items(found))) == len(found)
    assert all(allowed[candidate.item] and np.isfinite(candidate.score) for candidate in found)


def test_a_hundred_thousand_characters_are_answered(films):
    assert items(films.search("toy story " * 10_000, k=1)) == ["toy"]


def test_the_texts_that_are_indexed():
    one = FILMS.iloc[[2]]
    assert dense_texts(one, expand=False) == ["Alien. Horror, Sci-Fi"]
    assert dense_texts(one)[0].startswith("Alien. Horror, Sci-Fi. scary frightening")
    assert "恐怖" not in dense_texts(one)[0]
    assert "恐怖" in lexical_texts(one)[0]
    assert "1970s 70s seventies" in lexical_texts(one)[0]
    told = one.assign(text="In space no one can hear you scream.")
    assert dense_texts(told, expand=False) == ["In space no one can hear you scream."]


def test_the_table_of_words():
    assert category_words("Nothing known") == ""
    assert category_words("Sci-Fi|Film-Noir").startswith("science fiction")
    assert item_words("Salsa, mild").startswith("something to dip")
    assert item_words("Sauce") == ""
    assert decade_words(2003) == "2000s 00s"
    assert in_english("有没有恐怖电影").startswith("horror")
    assert in_english("你好") == ""
    for words in (*CATEGORY_WORDS.values(), *ITEM_WORDS.values()):
        asc = [word.isascii() for word in words.split()]
        assert asc == sorted(asc, reverse=True), "Chinese words come last"


@pytest.mark.slow
def test_the_real_encoder_finds_what_is_meant(tmp_path: Path):
    encoder = SentenceEncoder(minilm_folder(), device="cpu", threads=1)
    shelf = FILMS[FILMS["category"].notna()]
    ItemSearch.build(shelf, encoder, popularity=TAKEN[:-1]).save(tmp_path)
    search = ItemSearch.load(tmp_path, encoder)
    assert set(items(search.search("extraterrestrials that terrify", k=2))) == {"alien", "blob"}
    assert set(items(search.search("a laugh with the little ones", k=2))) == {"toy", "ala"}
    assert set(items(search.search("robbers and cops", k=2))) == {"heat", "laura"}
