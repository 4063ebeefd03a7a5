"""A fitted ranker on disk: .npy arrays and one JSON file (a deep model: safetensors and JSON), no pickle.

Knows which class each saved scorer is. It refuses to know what a score means.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrieval.blend import Blend
from retrieval.cf import Neighbours
from retrieval.fitted import Fitted
from retrieval.neural import files as deep_files
from retrieval.neural.scorer import Deep, DeepSequence, DeepSimple
from retrieval.popularity import Content, Kinds, Lift, Popular, Trend
from retrieval.profile import Ids, Log
from retrieval.rankconfig import RankConfig
from retrieval.rankfit import absolute_of
from retrieval.repeat import Habit
from retrieval.rules import RuleScorer
from retrieval.scorer import Linear, Scorer
from retrieval.trees import Trees

VERSION = 2
_JSON = "ranker.json"
_TREES = ("feature", "threshold", "leaf")
_LOG = ("person", "item", "at", "step", "visit", "place", "strength", "sign", "starts")

_Arrays = Mapping[str, NDArray[Any]]
_LOADERS: dict[str, Callable[[str, _Arrays], Scorer]] = {
    "Linear": Linear.of_arrays,
    "Neighbours": lambda name, a: Neighbours.of_arrays(a),  # noqa: ARG005 - it has one name
    "Habit": Habit.of_arrays,
    "Lift": Lift.of_arrays,
    "RuleScorer": lambda name, a: RuleScorer.of_arrays(a),  # noqa: ARG005
    "Popular": lambda name, a: Popular(name, np.asarray(a["value"])),
    "Trend": lambda name, a: Trend(name, np.asarray(a["times"]), np.asarray(a["value"])),
    "Kinds": lambda name, a: Kinds(np.asarray(a["group"]), float(a["fade"][0]), name),
    "DeepSequence": DeepSequence.of_arrays,
    "DeepSimple": DeepSimple.of_arrays,
    "Content": lambda name, a: Content(np.asarray(a["vectors"]), float(a["fade"][0]), name),
}


def save(config: RankConfig, fitted: Fitted, directory: Path) -> None:
    """Write a fitted ranker; context words of rows are not kept, their lifts are."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in _LOG:
        np.save(directory / f"log.{name}.npy", getattr(fitted.log, name), allow_pickle=False)
    kinds: dict[str, Any] = {}
    written: dict[int, str] = {}  # scorers share matrices: one file for each array object
    for key, scorer in fitted.scorers.items():
        if isinstance(scorer, Deep):
            deep_files.save(scorer, directory, key)
            kinds[key] = {"class": type(scorer).__name__, "name": scorer.name, "file": key}
            continue
        arrays = scorer.arrays()
        for name, array in arrays.items():
            if id(array) not in written:
                np.save(directory / f"{key}.{name}.npy", array, allow_pickle=False)
                if array is getattr(scorer, name, None):
                    written[id(array)] = f"{key}.{name}"
        files = {name: written.get(id(array), f"{key}.{name}") for name, array in arrays.items()}
        kinds[key] = {"class": type(scorer).__name__, "name": scorer.name, "arrays": files}
    for key, blend in fitted.blends.items():
        if blend.trees is not None:
            for name, array in blend.trees.arrays().items():
                np.save(directory / f"{_trees_of(key)}.{name}.npy", array, allow_pickle=False)
    document = {
        "version": VERSION,
        "config": config.model_dump(mode="json"),
        "items": _plain(fitted.items),
        "people": _plain(fitted.people),
        "places": _plain(fitted.places),
        "log": {
            "n_items": fitted.log.n_items,
            "n_places": fitted.log.n_places,
            "has_visits": fitted.log.has_visits,
        },
        "scorers": kinds,
        "blends": {
            key: {
                "names": list(blend.names),
                "weights": [float(w) for w in blend.weights],
                "trees": blend.trees is not None,
            }
            for key, blend in fitted.blends.items()
        },
    }
    (directory / _JSON).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def load(directory: Path) -> tuple[RankConfig, Fitted]:
    """Read a fitted ranker; large arrays are mapped into memory, not copied.

    Raises:
        FileNotFoundError: there is no saved ranker.
        ValueError: it was written by another version.
    """
    document = json.loads((directory / _JSON).read_text(encoding="utf-8"))
    if document["version"] != VERSION:
        raise ValueError(
            f"{str(directory)!r} holds a ranker of version {document['version']!r}, not {VERSION}: build again"
        )

    def array(name: str) -> NDArray[Any]:
        return np.asarray(np.load(directory / f"{name}.npy", mmap_mode="r", allow_pickle=False))

    columns: dict[str, Any] = {name: array(f"log.{name}") for name in _LOG}
    log = Log(**columns, **document["log"])
    scorers = {
        key: _LOADERS[kind["class"]](
            kind["name"],
            {name: array(file) for name, file in kind["arrays"].items()}
            if "arrays" in kind
            else deep_files.load(directory, kind["file"]),
        )
        for key, kind in document["scorers"].items()
    }
    blends = {
        key: Blend(
            tuple(one["names"]),
            np.array(one["weights"]),
            absolute_of(tuple(one["names"])),
            Trees.of_arrays({name: array(f"{_trees_of(key)}.{name}") for name in _TREES})
            if one["trees"]
            else None,
        )
        for key, one in document["blends"].items()
    }
    items, people, places = (
        Ids(pd.Index(document[name], dtype=object)) for name in ("items", "people", "places")
    )
    return RankConfig.model_validate(document["config"]), Fitted(items, people, places, log, scorers, blends)


def _trees_of(key: str) -> str:
    """Return how the files of a blend's trees begin."""
    return f"blend.{key.replace(':', '.')}"


def _plain(ids: Ids) -> list[Any]:
    """Return ids that JSON gives back in their type.

    Raises:
        ValueError: an id is neither text nor a whole number.
    """
    out = [one.item() if isinstance(one, np.generic) else one for one in ids.index]
    odd = next((one for one in out if not isinstance(one, str | int)), None)
    if odd is not None:
        raise ValueError(f"id {odd!r} cannot be saved: use text or whole numbers")
    return out
