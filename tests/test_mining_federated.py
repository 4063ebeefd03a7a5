"""Counts of several parties against a mine over all their rows together; masks; bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mining
from mining.config import MiningConfig
from mining.errors import MiningError
from mining.federated import Outline, Party, Share, Terms, agree, combine, learn, total
from mining.rule import AnyRule, Rule
from mining.rulebook import RuleBook
from tests.mining_log import CATALOGUE, PLACES
from tests.test_mining_incremental import CONFIG, mined, shopping

Seeds = Sequence[Mapping[int, bytes] | None]


def dealt(rows: pd.DataFrame, parties: int, seed: int = 0) -> list[pd.DataFrame]:
    """Every person with all rows to one party."""
    people = sorted(rows["person"].unique())
    party = np.random.default_rng(seed).integers(0, parties, len(people))
    party[:parties] = np.arange(parties)
    at = rows["person"].map(dict(zip(people, party, strict=True)))
    return [rows[at == one] for one in range(parties)]


def seeded(parties: int) -> list[dict[int, bytes]]:
    """One secret for each two parties."""
    seeds: list[dict[int, bytes]] = [{} for _ in range(parties)]
    for i, j in combinations(range(parties), 2):
        seeds[i][j] = seeds[j][i] = f"the secret of {i} and {j}".encode()
    return seeds


def gathered(
    logs: Sequence[pd.DataFrame], config: MiningConfig = CONFIG, seeds: Seeds | None = None
) -> RuleBook:
    """Run all steps over the wire."""
    parties = [Party.of(i, log, CATALOGUE, PLACES, config=config) for i, log in enumerate(logs)]
    held = seeds or [None] * len(parties)
    outlines = [Outline.from_bytes(party.outline().to_bytes()) for party in parties]
    terms = agree(outlines, CATALOGUE, PLACES, config=config)

    def shares(terms: Terms) -> list[Share]:
        received = Terms.from_bytes(terms.to_bytes())
        sent = [party.share(received, own).to_bytes() for party, own in zip(parties, held, strict=True)]
        return [Share.from_bytes(one) for one in sent]

    for _ in range(2):
        terms = learn(terms, shares(terms))
    return combine(terms, shares(terms))


def exact(book: RuleBook) -> list[AnyRule]:
    """The rules that counts alone can give."""
    return [
        rule
        for rule in book
        if rule.kind != "next" and not (isinstance(rule, Rule) and rule.kind == "context" and rule.antecedent)
    ]


def assert_same(book: RuleBook, rows: pd.DataFrame, config: MiningConfig = CONFIG) -> list[AnyRule]:
    """Every rule with every number, bit for bit; among equal scores in any order."""
    expected = exact(mined(rows, config))
    assert sorted(repr(asdict(one)) for one in book) == sorted(repr(asdict(one)) for one in expected)
    assert [rule.score for rule in book] == [rule.score for rule in expected]
    return expected


@pytest.mark.parametrize("parties", [1, 2, 5])
def test_the_book_of_all_parties_is_that_of_all_rows(parties: int) -> None:
    rows = shopping(1)
    found = assert_same(gathered(dealt(rows, parties)), rows)
    assert {(rule.kind, len(rule.antecedent)) for rule in found if isinstance(rule, Rule)} >= {
        ("together", 1),
        ("together", 2),
        ("context", 0),
    }
    assert {rule.kind for rule in found} >= {"cycle", "trend"}


@given(
    st.integers(0, 99),
    st.integers(1, 4),
    st.integers(2, 9),
    st.sampled_from([2, 3]),
    st.sampled_from([3, 6, 1000]),
    st.sampled_from([0.1, 0.25, 1.0]),
    st.sampled_from([None, 0.002, 0.05]),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_deal_of_people_gives_the_same_book(
    seed: int, parties: int, windows: int, max_len: int, max_basket: int, share: float, support: float | None
) -> None:
    config = CONFIG.model_copy(
        update={
            "windows": windows,
            "max_len": max_len,
            "max_basket": max_basket,
            "max_person_share": share,
            "min_support": support,
            "categories": seed % 2 == 0,
        }
    )
    rows = shopping(seed, people=12, baskets=120, days=60 + seed)
    assert_same(gathered(dealt(rows, parties, seed), config), rows, config)


def test_parties_may_have_items_places_and_days_of_their_own() -> None:
    early, late = shopping(1), shopping(2, first=300, days=90)
    early = early[~early["item"].isin(["dip", "gum"])]
    late = late.assign(person="other " + late["person"], place=late["place"].where(late["place"] != "s1"))
    rows = pd.concat([early, late], ignore_index=True)
    assert_same(gathered([early, late]), rows)
    unknown = early.assign(at=pd.Series(pd.NaT, index=early.index).dt.tz_localize("UTC"), place=None)
    assert_same(gathered([unknown]), unknown)


def test_masks_cancel_in_the_sum_and_hide_each_share() -> None:
    rows, seeds = shopping(1), seeded(3)
    logs = dealt(rows, 3)
    assert_same(gathered(logs, seeds=seeds), rows)
    parties = [Party.of(i, log, CATALOGUE, PLACES, config=CONFIG) for i, log in enumerate(logs)]
    terms = agree([one.outline() for one in parties], CATALOGUE, PLACES, config=CONFIG)
    plain = [party.share(terms) for party in parties]
    hidden = [party.share(terms, own) for party, own in zip(parties, seeds, strict=True)]
    for name, sums in total(terms, hidden).items():
        assert np.array_equal(sums, total(terms, plain)[name])
    for share in hidden:
        values = np.concatenate([one.ravel().view(np.uint64) for one in share.counts.values()])
        bits = np.unpackbits(values.view(np.uint8)).reshape(-1, 64)
        assert np.abs(bits.mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(len(bits))  # every bit a fair coin
    streams = [np.unique(one) for share in hidden for one in share.counts.values()]
    assert len(np.unique(np.concatenate(streams))) == sum(map(len, streams))  # no two arrays share a mask


def begun(parties: int = 2) -> tuple[list[Party], Terms]:
    """Return some parties and the terms of their first step."""
    found = [Party.of(i, log, config=CONFIG) for i, log in enumerate(dealt(shopping(1, baskets=60), parties))]
    return found, agree([party.outline() for party in found], config=CONFIG)


def test_shares_that_do_not_fit_are_refused() -> None:
    parties, terms = begun()
    one, two = (party.share(terms) for party in parties)
    with pytest.raises(MiningError, match=r"one share of each of 2 parties is needed, not of parties \[0\]"):
        total(terms, [one])
    with pytest.raises(MiningError, match="parties \\[0, 0\\]"):
        total(terms, [one, one])
    with pytest.raises(MiningError, match="the share of party 1 was counted under other terms"):
        total(terms, [one, replace(two, terms="others")])
    with pytest.raises(MiningError, match="the shares hold different counts"):
        total(terms, [one, replace(two, counts={"baskets": np.zeros(3, dtype=np.int64)})])
    with pytest.raises(MiningError, match="these are the terms of step 'items', not the last"):
        combine(terms, [one, two])
    last = replace(terms, step="rules")
    shares = [replace(share, terms=last.digest) for share in (one, two)]
    with pytest.raises(MiningError, match="the terms of the last step; call combine"):
        learn(last, shares)
    with pytest.raises(MiningError, match="no party takes part"):
        agree([])


def test_masks_that_do_not_fit_are_refused() -> None:
    parties, terms = begun()
    secret = b"a secret of 16 or more bytes"
    masked = [party.share(terms, {1 - party.number: secret}) for party in parties]
    total(terms, masked)
    with pytest.raises(MiningError, match="some shares are masked and some are not"):
        total(terms, [masked[0], parties[1].share(terms)])
    with pytest.raises(MiningError, match="do each two parties hold one seed"):
        total(terms, [masked[0], parties[1].share(terms, {0: b"another secret of 16 bytes"})])
    with pytest.raises(MiningError, match="party 0 needs a seed of 16 bytes or more with party 1"):
        parties[0].share(terms, {1: b"short"})
    alone, terms = begun(1)
    with pytest.raises(MiningError, match="one party alone has nobody to hide among"):
        alone[0].share(terms, {})


def test_rows_that_the_terms_do_not_know_are_refused() -> None:
    parties, terms = begun()
    rows = shopping(1, baskets=10)
    strange: dict[str, Any] = {"item": "saffron", "place": "s9", "at": pd.Timestamp("2031-01-01", tz="UTC")}
    for column, value in strange.items():
        party = Party.of(0, rows.assign(**{column: value}), config=CONFIG)
        named = "a day" if column == "at" else repr(value)
        with pytest.raises(MiningError, match=f"the terms do not know {named} of these baskets"):
            party.share(terms)
    with pytest.raises(MiningError, match="party 3 has no basket"):
        Party.of(3, rows.iloc[:0], config=CONFIG)
    assert len(parties) == 2


def test_bytes_of_another_kind_are_refused() -> None:
    parties, terms = begun()
    data = parties[0].share(terms).to_bytes()
    with pytest.raises(MiningError, match="expected 'terms' in format 1, not 'share' in format 1"):
        Terms.from_bytes(data)
    for torn in (b"", b"nonsense", data[: len(data) // 2]):
        with pytest.raises(MiningError, match="are no share of this package"):
            Share.from_bytes(torn)
    assert Terms.from_bytes(terms.to_bytes()).digest == terms.digest
    assert b"p1" not in data  # no person is named


def test_the_book_finds_rules_and_counts_nothing(tmp_path: Any) -> None:
    rows = shopping(1)
    book, local = gathered(dealt(rows, 2)), mining.mine(rows, CATALOGUE, PLACES, config=CONFIG)
    found = book.lookup(items=["chips"], kind="together")
    assert [rule.id for rule in found] == [rule.id for rule in local.lookup(items=["chips"], kind="together")]
    assert "Chips" in book.to_frame()["sentence"].str.cat()
    with pytest.raises(MiningError, match="only counts left the parties"):
        book.count("chips", "dip")
    with pytest.raises(MiningError, match="only counts left the parties"):
        book.profile("chips", "weekday")
    book.save(tmp_path / "book")
    assert len(RuleBook.load(tmp_path / "book")) == len(book)
