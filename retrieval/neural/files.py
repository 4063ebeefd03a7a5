"""A deep model on disk: NAME.safetensors with the weights and NAME.json with the settings; no pickle.

Knows the two files. It refuses to know torch: safetensors gives NumPy arrays.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from retrieval.neural.scorer import SETTINGS, Deep
from retrieval.scorer import Arrays


def save(scorer: Deep, folder: Path, name: str) -> None:
    """Write both files into `folder`."""
    arrays = scorer.arrays()
    settings = arrays.pop(SETTINGS)
    save_file({key: np.ascontiguousarray(a) for key, a in arrays.items()}, folder / f"{name}.safetensors")
    (folder / f"{name}.json").write_text(str(settings[0]), encoding="utf-8")


def load(folder: Path, name: str) -> Arrays:
    """Return the arrays that make the scorer again.

    Raises:
        FileNotFoundError: one of the two files is missing.
    """
    path = folder / f"{name}.safetensors"
    if not path.is_file():
        raise FileNotFoundError(f"no deep model at {str(path)!r}: build again")
    arrays: dict[str, NDArray[Any]] = dict(load_file(path))
    settings = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return {**arrays, SETTINGS: np.array([json.dumps(settings)], dtype=np.str_)}
