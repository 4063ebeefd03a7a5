"""The engine's parts: rows as lists and as bits, columns transposed and packed, instructions and their substitutes."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining import engine, engine_bits, engine_compile, engine_encode, engine_rank
from mining.engine_encode import encode
from mining.engine_rank import count, rank

WORDS = st.integers(0, 2**64 - 1)
BASKETS = st.lists(st.lists(st.integers(0, 9), max_size=9), min_size=1, max_size=80)


def mined(baskets, min_count, max_len=None):
    """{set of items: count} from the engine alone."""
    ranked = rank([encode(baskets)], min_count)
    trie = engine.mine(ranked, min_count, max_len)
    indptr, ranks = trie.members(np.arange(len(trie), dtype=np.int32))
    names = [ranked.labels[rank] for rank in ranks.tolist()]
    ends = indptr.tolist()
    sets = [frozenset(names[begin:end]) for begin, end in pairwise(ends)]
    return dict(zip(sets, trie.counts.tolist(), strict=True))


def unpacked(bits, lines):
    """Bits as an array of lines x bits, the lowest first."""
    return np.unpackbits(bits.reshape(lines, -1).view(np.uint8), axis=1, bitorder="little")


@settings(max_examples=100, deadline=None)
@given(baskets=BASKETS, min_count=st.integers(1, 6), max_len=st.none() | st.integers(1, 4))
def test_lists_alone_find_what_bits_find(baskets, min_count, max_len):
    """So few items are all common; with no words for them, all are rare."""
    by_bits = mined(baskets, min_count, max_len)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_rank, "PER_ROW", 0)
        assert mined(baskets, min_count, max_len) == by_bits


def test_common_and_rare_items_meet_in_one_set():
    """300 items of all frequencies in rows of every length: triples of three rare, two, one and no rare item."""
    rng = np.random.default_rng(4)
    weights = 1 / np.arange(1, 301)
    sizes = rng.integers(0, 40, 400)
    baskets = [rng.choice(300, size=k, replace=False, p=weights / weights.sum()).tolist() for k in sizes]
    held = np.zeros((400, 300), dtype=np.int64)
    for row, basket in enumerate(baskets):
        held[row, basket] = 1
    expected = {frozenset([i]): n for i, n in enumerate(held.sum(axis=0).tolist()) if n >= 6}
    for i in range(300):
        pairs = held[held[:, i] > 0].T @ held[held[:, i] > 0]
        expected |= {frozenset([i, j]): n for j, n in enumerate(pairs[i].tolist()) if j > i and n >= 6}
        for j, k in np.argwhere(np.triu(pairs, 1) >= 6).tolist():
            if j > i:
                expected[frozenset([i, j, k])] = pairs[j, k]
    assert mined(baskets, 6, 3) == expected
    assert len(expected) > 1000


def test_a_ring_of_many_items():
    """Each of 600 items meets its two neighbours on either side, twice as often the nearer ones."""
    baskets = [[i, (i + 1) % 600, (i + 2) % 600] for i in range(600)] * 2
    lengths = [len(one) for one in mined(baskets, 2)]
    assert np.bincount(lengths).tolist() == [0, 600, 1200, 600]


@pytest.mark.parametrize("words", [1, 2, 5, 8, 33])
def test_a_transposed_plane_has_lines_for_columns(words):
    plane = np.random.default_rng(words).integers(0, 2**64, 64 * words, dtype=np.uint64)
    before = plane.copy()
    engine_bits.transpose(plane, words)
    was = unpacked(before, 64 * words).reshape(64, words, 64)  # line, word, bit
    now = unpacked(plane, 64 * words).reshape(64, words, 64)
    assert (now == was.transpose(2, 1, 0)).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 2**32), st.sampled_from([0.02, 0.3, 0.5, 1.0]))
def test_packed_columns_keep_the_prefix_rows_in_order(words, k, seed, share):
    rng = np.random.default_rng(seed)
    held = rng.random((k + 1, 64 * words)) < 0.5
    held[0] = rng.random(64 * words) < share
    held[0, rng.integers(64 * words)] = True
    held[1:] &= held[0]
    bits = np.packbits(held, axis=1, bitorder="little").view(np.uint64).ravel()
    n = int(held[0].sum())
    narrow = (n + 63) // 64
    engine_bits.pack(bits, 0, words, words, k, narrow)
    packed = unpacked(bits[words : words + k * narrow], k)
    assert (packed[:, :n] == held[1:, held[0]]).all()
    assert not packed[:, n:].any()


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS)
def test_bits_are_extracted_with_and_without_the_instruction(word, mask):
    expected = sum((word >> place & 1) << i for i, place in enumerate(p for p in range(64) if mask >> p & 1))
    word, mask = np.uint64(word), np.uint64(mask)
    assert int(engine_compile.extract_by_bit(word, mask)) == expected
    assert int(extract(word, mask)) == expected


@engine_compile.compiled
def extract(word, mask):
    return engine_compile.extract(word, mask)


def test_items_are_coded_while_the_table_grows():
    """More distinct objects than the first table holds, in a row longer than half of it, each seen again later."""
    items = [(i,) for i in range(30_000)]
    baskets = [items[:9000], *([one, items[0]] for one in items), items[::-1]]
    coded = encode(baskets)
    flat = [item for basket in baskets for item in basket]
    assert [coded.labels[code] for code in coded.codes.tolist()] == flat
    assert len(coded.labels) == 30_000


@pytest.mark.parametrize("make", [list, tuple, set, frozenset, lambda one: np.array(one, dtype=object)])
@pytest.mark.parametrize("outer", [list, tuple, iter])
def test_baskets_of_any_collection_are_coded_alike(make, outer):
    lists = [["a", "b"], [], ["b", "c", "d"], ["a"]] * 3000
    coded = encode(outer([make(one) for one in lists]))
    decoded = [coded.labels[code] for code in coded.codes.tolist()]
    ends = coded.indptr.tolist()
    assert [sorted(decoded[begin:end]) for begin, end in pairwise(ends)] == lists


def test_coding_keeps_the_count_of_references():
    item = object()
    before = sys.getrefcount(item)
    coded = encode([[item], [item, item]])
    assert sys.getrefcount(item) == before + 1  # the baskets are gone, the label stays
    del coded
    assert sys.getrefcount(item) == before


def test_codes_of_more_than_two_bytes():
    """Items beyond the 65,535th are frequent, repeat within a basket and lie between others."""
    baskets = [[i] for i in range(70_000)]
    baskets += [[1, 69_000, 69_000, 69_999, 1, 2, 65_535], [69_999, 65_535, 2], [65_534, 65_535, 65_536]] * 2
    items = list(range(70_000))  # one object an item
    baskets = [[items[i] for i in basket] for basket in baskets]
    coded = encode(baskets)
    assert len(coded.spilled) > 4000
    decoded = [coded.labels[code] for code in coded.codes.tolist()]
    assert decoded == [item for basket in baskets for item in basket]
    counts = dict(zip(coded.labels, count(coded).tolist(), strict=True))
    assert {i: n for i, n in counts.items() if n > 1} == {
        1: 3, 2: 5, 65_534: 3, 65_535: 7, 65_536: 3, 69_000: 3, 69_999: 5
    }  # fmt: skip
    found = mined(baskets, 4)
    assert found == {
        frozenset([2]): 5, frozenset([65_535]): 7, frozenset([69_999]): 5, frozenset([2, 65_535]): 4,
        frozenset([2, 69_999]): 4, frozenset([65_535, 69_999]): 4, frozenset([2, 65_535, 69_999]): 4,
    }  # fmt: skip


def test_rows_far_apart(monkeypatch):
    """Steps between the rows of a rare item that two bytes do not hold, once and twice over, and exactly."""
    monkeypatch.setattr(engine_rank, "PER_ROW", 0)
    baskets = [["common", "other"]] * 200_000
    for row in (0, 65_535, 65_536, 65_536 + 65_534, 199_999):
        baskets[row] = ["common", "rare", "pair"]
    assert mined(baskets, 5)[frozenset(["common", "rare", "pair"])] == 5


def test_more_rare_items_than_two_bytes_number():
    baskets = [[i, i + 1] for i in range(66_000)]
    ranked = rank([encode(baskets)], 1)
    assert ranked.rare.dtype == np.int32
    rows = np.split(ranked.rare, ranked.firsts[1:-1])
    listed = [[ranked.labels[r] for r in row.tolist()] for row in rows]
    bits = unpacked(ranked.masks[:, : ranked.n_rows].T.copy(), ranked.n_rows)
    common = [[ranked.labels[ranked.n_rare + j] for j in np.flatnonzero(row).tolist()] for row in bits]
    assert [sorted(a + b) for a, b in zip(listed, common, strict=True)] == baskets


def test_a_basket_of_more_items_than_two_bytes_number():
    found = mined([list(range(70_000)), [1, 69_999], [69_999, 2, 1]], 2)
    assert found == {
        frozenset([1]): 3, frozenset([2]): 2, frozenset([69_999]): 3, frozenset([1, 2]): 2,
        frozenset([1, 69_999]): 3, frozenset([2, 69_999]): 2, frozenset([1, 2, 69_999]): 2,
    }  # fmt: skip


def test_every_array_is_widened_while_it_is_used():
    """Many partners, many rows and many sets, beyond the first sizes of all arrays of the engine."""
    rng = np.random.default_rng(7)
    baskets = [sorted(set(rng.integers(0, 80, 30).tolist())) for _ in range(3000)]
    held = np.zeros((3000, 80), dtype=np.int64)
    for row, basket in enumerate(baskets):
        held[row, basket] = 1
    expected = {frozenset([i]): n for i, n in enumerate(held.sum(axis=0).tolist())}
    for i in range(80):
        pairs = held[held[:, i] > 0].T @ held[held[:, i] > 0]
        expected |= {frozenset([i, j]): n for j, n in enumerate(pairs[i].tolist()) if j > i}
        expected |= {
            frozenset([i, j, k]): int(pairs[j, k]) for j in range(i + 1, 80) for k in range(j + 1, 80)
        }
    found = mined(baskets, 80, 3)
    assert found == {members: n for members, n in expected.items() if n >= 80}
    assert len(found) > 60_000


def test_lists_are_coded_without_reading_their_memory(monkeypatch):
    """As on a Python that lays its lists out otherwise."""
    baskets = [["a", "b"], [], ["b", "c", "a"], ["a"]] * 50
    expected = mined(baskets, 20)
    monkeypatch.setattr(engine_encode, "_LISTS_ARE_READ", False)
    assert mined(baskets, 20) == expected
