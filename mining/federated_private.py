"""A release of pairs with differential privacy over several parties: noise is added before anything leaves.

    shares = [item_share(party, terms, epsilon, rng=rng) for each party]          # where its rows lie
    chosen = candidates(terms, shares)
    shares = [pair_share(party, terms, chosen, epsilon, rng=rng) for each party]
    found = released(terms, chosen, shares, epsilon)

What is bounded, added and spent is `mining.private`'s, and so is its proof: each share alone is epsilon-private over
both steps, whoever reads it. A person is with one party, so all shares together are too, and so is what follows from
them. Every party adds the whole noise, trusting no other: the noise of a sum of P parties spreads sqrt(P) times as far
as that of one log in one place. The terms are those of the first step of `mining.federated`; their outlines name items,
places and days in clear and are not private: agree on them from the catalogue where they must be.

Masks (`seeds`) may hide the shares besides. It refuses to know tests and every kind of rule but pairs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from mining.basketindex import BasketIndex
from mining.federated import Party, Share, Terms, total
from mining.federated_masks import masked
from mining.private import (
    FALSE,
    Bounds,
    Noise,
    OpenDp,
    Release,
    account,
    best_items,
    chosen_counts,
    item_counts,
    told,
)

Ints = NDArray[np.int64]
Seeds = Mapping[int, bytes] | None


def item_share(
    party: Party,
    terms: Terms,
    epsilon: float,
    *,
    rng: np.random.Generator,
    bounds: Bounds | None = None,
    noise: Noise | None = None,
    seeds: Seeds = None,
) -> Share:
    """Return noisy counts of every item, for the choice of candidates; arguments as for `private.release`.

    Raises:
        MiningError: epsilon is no positive number, opendp is asked for and not installed, or a seed is missing.
    """
    bounds, draws = bounds or Bounds(), noise or OpenDp()
    index = BasketIndex.build(party.baskets)
    counts = np.zeros(len(terms.items), dtype=np.int64)
    counts[_codes(party, terms)] = item_counts(index, bounds, rng)
    noisy = counts + draws.draw(len(counts), account(epsilon, bounds)[0].scale)
    return _sent(party, terms, {"items": noisy}, seeds)


def candidates(terms: Terms, shares: Sequence[Share], bounds: Bounds | None = None) -> Ints:
    """Return the items whose pairs are counted, as positions in the items of the terms."""
    return best_items(total(terms, shares, signed=True)["items"], bounds or Bounds())


def pair_share(
    party: Party,
    terms: Terms,
    chosen: Ints,
    epsilon: float,
    *,
    rng: np.random.Generator,
    bounds: Bounds | None = None,
    noise: Noise | None = None,
    seeds: Seeds = None,
) -> Share:
    """Return noisy counts of the candidates and their pairs; arguments as for `private.release`.

    Raises:
        MiningError: epsilon is no positive number, opendp is asked for and not installed, or a seed is missing.
    """
    bounds, draws = bounds or Bounds(), noise or OpenDp()
    _, single, pairs = account(epsilon, bounds)
    codes = _codes(party, terms)
    mine = np.flatnonzero(np.isin(codes, chosen))  # ascending in both orders of codes: labels are sorted
    at = np.searchsorted(chosen, codes[mine])
    exact, both = chosen_counts(BasketIndex.build(party.baskets), mine, bounds, rng)
    singles = np.zeros(len(chosen) + 1, dtype=np.int64)
    singles[0], singles[1 + at] = exact[0], exact[1:]
    table = np.zeros((len(chosen), len(chosen)), dtype=np.int64)
    left, right = np.triu_indices(len(mine), 1)
    table[at[left], at[right]] = both
    n_xy = table[np.triu_indices(len(chosen), 1)]
    noisy = {
        "singles": singles + draws.draw(len(singles), single.scale),
        "pairs": n_xy + draws.draw(len(n_xy), pairs.scale),
    }
    return _sent(party, terms, noisy, seeds)


def released(
    terms: Terms,
    chosen: Ints,
    shares: Sequence[Share],
    epsilon: float,
    *,
    bounds: Bounds | None = None,
    min_count: int = 30,
    min_lift: float = 1.0,
) -> Release:
    """Return the pairs that the noisy sums show, and what they cost.

    Raises:
        MiningError: the shares do not fit.
    """
    spent = account(epsilon, bounds or Bounds())
    sums = total(terms, shares, signed=True)
    threshold = min_count + reach(spent[2].scale, terms.parties, len(sums["pairs"]))
    names = [terms.items[one] for one in chosen.tolist()]
    return told(names, sums["singles"], sums["pairs"], spent, threshold, min_lift)


def reach(scale: float, parties: int, pairs: int) -> int:
    """Return what the summed noise of some parties reaches for one of so many pairs, on average.

    The least t with P(Z_1 + ... + Z_P >= t) <= 1 / pairs, Z discrete Laplace with a = exp(-1 / scale): the law of the
    sum is its law convolved P times with itself.
    """
    a = math.exp(-1 / scale)
    far = math.ceil(scale * 50)
    law = (1 - a) / (1 + a) * a ** np.abs(np.arange(-far, far + 1))
    width = 2 * far * parties + 1
    power = np.asarray(fft.rfft(law, width)) ** parties
    tail = np.cumsum(np.asarray(fft.irfft(power, width))[::-1])[::-1]
    above = np.flatnonzero(tail > FALSE / max(pairs, 1))
    return max(int(above[-1]) + 1 - far * parties, 0) if len(above) else 0


def _codes(party: Party, terms: Terms) -> Ints:
    """Return the position in the terms of each item of a party."""
    return np.searchsorted(np.array(terms.items), np.array(party.baskets.items)).astype(np.int64)


def _sent(party: Party, terms: Terms, counts: dict[str, Ints], seeds: Seeds) -> Share:
    if seeds is not None:
        counts = masked(counts, party.number, terms.parties, seeds, "private")
    return Share(party.number, terms.digest, seeds is not None, counts)
