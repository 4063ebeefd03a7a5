"""Masks that cancel in a sum: whoever adds up the shares sees each of them as noise and their sum as it is.

Secure aggregation by pairwise additive masks (Bonawitz and others 2017, protocol 0, without its recovery from
drop-outs): parties i < j hold one secret seed; i adds and j takes off the same stream of numbers, modulo 2^64. One
share alone, or any but all of them, is as good as random to everyone who lacks its seeds; where one party stays away
nothing can be read, and the step is done again without it, from new seeds.

What it does not do: agree on seeds (any authenticated key exchange, such as X25519), prove who sent a share, or stop
parties that join with the one who adds up: all but one of them together know what the last one counted, from the sum.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mining.errors import MiningError

Ints = NDArray[np.int64]
SEED = 16
"""Least bytes of a seed."""


def masked(
    arrays: Mapping[str, Ints], party: int, parties: int, seeds: Mapping[int, bytes], what: str
) -> dict[str, Ints]:
    """Return arrays plus the masks of one party.

    The stream is SHAKE-256 of seed, `what` and the name of the array, read as 64-bit numbers. The same seed, `what`
    and name give the same stream again: two different shares under it tell their difference, so a seed serves one
    run, and `what` names the step within it.

    Args:
        arrays: Whole numbers.
        party: Number of this party, from 0.
        parties: How many there are.
        seeds: For each other party the seed that both hold.
        what: Names the step.

    Raises:
        MiningError: a seed is missing or too short.
    """
    others = [one for one in range(parties) if one != party]
    lacking = [one for one in others if len(seeds.get(one, b"")) < SEED]
    if lacking:
        raise MiningError(f"party {party} needs a seed of {SEED} bytes or more with party {lacking[0]}")
    if parties < 2:
        raise MiningError("one party alone has nobody to hide among; masks need two or more")
    result = {}
    for name, array in arrays.items():
        total = np.ascontiguousarray(array).view(np.uint64).copy()
        for one in others:
            mask = _stream(seeds[one], f"{what}/{name}", total.size).reshape(total.shape)
            total = total + mask if party < one else total - mask
        result[name] = total.view(np.int64)
    return result


def _stream(seed: bytes, what: str, n: int) -> NDArray[np.uint64]:
    """Return n numbers that nobody without the seed can tell from random ones."""
    state = hashlib.shake_256(len(seed).to_bytes(4, "little") + seed + what.encode())
    return np.frombuffer(state.digest(8 * n), dtype="<u8").astype(np.uint64)


def summed(arrays: list[Mapping[str, Ints]]) -> dict[str, Ints]:
    """Return the sums of arrays by name, modulo 2^64."""
    first, *others = arrays
    result = {name: np.ascontiguousarray(array).view(np.uint64).copy() for name, array in first.items()}
    for one in others:
        for name, array in one.items():
            result[name] += np.ascontiguousarray(array).view(np.uint64)
    return {name: array.view(np.int64) for name, array in result.items()}
