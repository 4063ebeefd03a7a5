"""Rules over the logs of several parties (stores, regions, companies) of which only counts leave.

    parties = [Party.of(rows, items, places, config=config) for each, where its rows lie]
    terms = agree([party.outline() for party in parties], items, places, config=config)
    terms = learn(terms, [party.share(terms) for party in parties])      # single items
    terms = learn(terms, [party.share(terms) for party in parties])      # pairs
    book = combine(terms, [party.share(terms) for party in parties])

Outlines, terms and shares turn into bytes and back (`to_bytes`, `from_bytes`); carrying them is the caller's.

**What is exact.** Where no person is with two parties, the book has every rule of `mining.mine` over all rows together
of these kinds, with the same counts, people, p, q and score, bit by bit: pairs and triples that go together, items and
categories in slices of time and place, cycles, trends. **What is not there**: what follows what (`next`, of one
item or of two: quartiles of lags and expected numbers need each occasion), and pairs in slices (a `context` rule with
an antecedent: its test needs each person's residual). A person who is with two parties counts as two. Nothing can be
counted on demand in the book, as no basket left.

**What leaks.** In clear, to everyone: the items and places that each party names, the first and last day of each,
the item and place frames, the configuration. To whoever adds up: every share, that is counts of baskets, people and
calendar windows, sums of squares over people, histograms of gaps, and counts of rare pairs among frequent items: small
counts are there, and one person can be told from some of them. With `seeds` (`federated_masks`) each share is
unreadable and only the sums of all parties are seen; with two parties, each can take its own share off the sum. What
is learned in the steps (counts of items and of frequent pairs, over all parties) goes to every party in the terms.
Neither bounds what the sums tell of one person: `federated_private` adds noise for that, to fewer counts.

It refuses to know networks, and to trust a share that does not fit the terms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mining import columns as col
from mining.baskets import Baskets, make_baskets
from mining.config import MiningConfig
from mining.errors import MiningError
from mining.federated_book import book_of, chosen_items
from mining.federated_counts import counted
from mining.federated_masks import masked, summed
from mining.federated_terms import Outline, Terms
from mining.federated_wire import packed, unpacked

if TYPE_CHECKING:
    import pandas as pd

    from mining.rulebook import RuleBook

Ints = NDArray[np.int64]
__all__ = ["Outline", "Party", "Share", "Terms", "agree", "combine", "learn", "total"]


@dataclass(frozen=True, eq=False)
class Share:
    """What one party counted in one step, masked or not."""

    party: int
    terms: str
    """Digest of the terms that it was counted under."""
    masked: bool
    counts: Mapping[str, Ints]
    """Whole numbers by name; see `federated_counts`."""

    def to_bytes(self) -> bytes:
        """Return the share for the wire."""
        return packed("share", {"party": self.party, "terms": self.terms, "masked": self.masked}, self.counts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Share:
        """Read a share.

        Raises:
            MiningError: the bytes are none.
        """
        document, counts = unpacked("share", data)
        return cls(document["party"], document["terms"], document["masked"], counts)


@dataclass(frozen=True, eq=False)
class Party:
    """One holder of a log, which stays where it is."""

    number: int
    """From 0, in the order that all parties agree on."""
    baskets: Baskets

    @classmethod
    def of(
        cls,
        number: int,
        interactions: pd.DataFrame,
        items: pd.DataFrame | None = None,
        places: pd.DataFrame | None = None,
        *,
        config: MiningConfig | None = None,
    ) -> Party:
        """Make the baskets of one party; the arguments are those of `mining.mine`, frames and configuration all alike.

        Raises:
            BadFrame: a column is missing, or a value cannot be read.
            MiningError: there is no row.
        """
        baskets = make_baskets(interactions, items, places, config=config)
        if not len(baskets):
            raise MiningError(f"party {number} has no basket; leave it out")
        return cls(number, baskets)

    def outline(self) -> Outline:
        """Return what is told in clear."""
        seen = np.unique(self.baskets.place[self.baskets.place >= 0])
        day = np.asarray(self.baskets.context[col.DAY])
        known = day[day != col.NO_DAY]
        ends = (int(known.min()), int(known.max())) if len(known) else (col.NO_DAY, col.NO_DAY)
        return Outline(self.baskets.items, tuple(self.baskets.places.ids[code] for code in seen), *ends)

    def share(self, terms: Terms, seeds: Mapping[int, bytes] | None = None) -> Share:
        """Count what the terms ask for.

        Args:
            terms: The step.
            seeds: For each other party the seed that both hold and nobody else; None shares counts as they are.

        Raises:
            MiningError: the terms do not know these baskets, or a seed is missing.
        """
        counts = counted(self.baskets, terms)
        if seeds is not None:
            counts = masked(counts, self.number, terms.parties, seeds, terms.step)
        return Share(self.number, terms.digest, seeds is not None, counts)


def agree(
    outlines: Sequence[Outline],
    items: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    *,
    config: MiningConfig | None = None,
) -> Terms:
    """Return the terms of the first step; party i is the i-th outline."""
    return Terms.of(outlines, items, places, config or MiningConfig())


def learn(terms: Terms, shares: Sequence[Share]) -> Terms:
    """Return the terms of the next step.

    Raises:
        MiningError: the shares do not fit, or the terms are of the last step (see `combine`).
    """
    sums = total(terms, shares)
    if terms.step == "items":
        return terms.after(sums)
    if terms.step == "pairs":
        return terms.after(chosen_items(terms, sums))
    raise MiningError("these are the terms of the last step; call combine")


def combine(terms: Terms, shares: Sequence[Share]) -> RuleBook:
    """Return the rule book of all parties; see the module for what is in it.

    Raises:
        MiningError: the shares do not fit, or the terms are not those of the last step (see `learn`).
    """
    if terms.step != "rules":
        raise MiningError(f"these are the terms of step {terms.step!r}, not the last; call learn")
    return book_of(terms, total(terms, shares))


def total(terms: Terms, shares: Sequence[Share], *, signed: bool = False) -> dict[str, Ints]:
    """Return the sums of the shares of all parties; masks cancel.

    Args:
        terms: What was asked for.
        shares: One of each party.
        signed: Whether sums may lie below 0, as noisy ones do.

    Raises:
        MiningError: a share is missing, is there twice, was counted under other terms, or masks do not cancel.
    """
    numbers = sorted(share.party for share in shares)
    if numbers != list(range(terms.parties)):
        raise MiningError(f"one share of each of {terms.parties} parties is needed, not of parties {numbers}")
    for share in shares:
        if share.terms != terms.digest:
            raise MiningError(
                f"the share of party {share.party} was counted under other terms; ask for it again"
            )
    if len({share.masked for share in shares}) > 1:
        raise MiningError("some shares are masked and some are not: masks cancel only in the sum of all")
    shapes = {tuple((name, one.shape) for name, one in sorted(share.counts.items())) for share in shares}
    if len(shapes) > 1:
        raise MiningError("the shares hold different counts; do all parties run the same version?")
    sums = summed([share.counts for share in shares])
    if not signed and any((array < 0).any() for array in sums.values()):
        raise MiningError("the sum holds counts below 0: do each two parties hold one seed, used once?")
    return sums
