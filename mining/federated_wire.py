"""How labels and whole numbers travel between parties: one compressed .npz, no pickle.

Knows bytes, names and arrays of int64. It refuses to know what they mean, and to send them.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mining.errors import MiningError

FORMAT = 1
Ints = NDArray[np.int64]
_DOCUMENT = "document"


def packed(kind: str, document: Mapping[str, Any], arrays: Mapping[str, Ints]) -> bytes:
    """Return a document and arrays as bytes."""
    text = json.dumps({"format": FORMAT, "kind": kind, **document}).encode()
    buffer = io.BytesIO()
    parts: dict[str, Any] = {_DOCUMENT: np.frombuffer(text, dtype=np.uint8), **arrays}
    np.savez_compressed(buffer, allow_pickle=False, **parts)
    return buffer.getvalue()


def unpacked(kind: str, data: bytes) -> tuple[dict[str, Any], dict[str, Ints]]:
    """Return what `packed` packed.

    Raises:
        MiningError: the bytes are of another kind or version, torn, or hold something else than whole numbers.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        document: dict[str, Any] = json.loads(arrays.pop(_DOCUMENT).tobytes())
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise MiningError(f"these {len(data)} bytes are no {kind} of this package: {error}") from error
    found = document.pop("kind", None), document.pop("format", None)
    if found != (kind, FORMAT):
        raise MiningError(f"expected {kind!r} in format {FORMAT}, not {found[0]!r} in format {found[1]!r}")
    wrong = [name for name, array in arrays.items() if array.dtype != np.int64]
    if wrong:
        raise MiningError(
            f"a {kind} holds whole numbers (int64) only; {wrong[0]!r} is {arrays[wrong[0]].dtype}"
        )
    return document, arrays
