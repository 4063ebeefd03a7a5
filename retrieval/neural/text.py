"""The text encoder taught from behaviour: items that people take one after the other come nearer in meaning.

Knows pairs of texts and one BERT-like encoder. It refuses to know who took what (`pairs_of` reads a log once), and
search keeps the encoder as it was: a query is no item.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from retrieval.neural.training import own_randomness, quick_products
from retrieval.profile import Ids, Ints, Log, make_log
from retrieval.rankconfig import RankConfig
from retrieval.splits import splits

TEMPERATURE = 0.1
PAIRS = 6_400
"""Pairs of items that an encoder is taught by."""
LONGEST = 64
"""Tokens of a text that are read while teaching."""


def pairs_of(log: Log, n: int, rng: np.random.Generator, *, within: int = 5) -> Ints:
    """Draw `n` pairs of different items that one person took at most `within` rows apart; n x 2, fewer if few.

    Disliked rows are left out. A pair is drawn with the inverse root of how often its items are taken, so that what
    everybody takes does not fill every batch.
    """
    kept = np.flatnonzero(log.sign > 0)
    found = []
    for step in range(1, within + 1):
        a, b = kept[:-step], kept[step:]
        good = (log.person[a] == log.person[b]) & (log.item[a] != log.item[b])
        found.append(np.stack([log.item[a[good]], log.item[b[good]]], axis=1))
    pairs = np.concatenate(found) if found else np.zeros((0, 2), np.int64)
    if len(pairs) <= n:
        return pairs
    count = np.bincount(log.item[kept], minlength=log.n_items).astype(float)
    weight = 1.0 / np.sqrt(count[pairs[:, 0]] * count[pairs[:, 1]])
    return np.asarray(pairs[rng.choice(len(pairs), n, replace=False, p=weight / weight.sum())])


def taught_vectors(
    folder: Path, interactions: pd.DataFrame, items: pd.Series, texts: Sequence[str], config: RankConfig
) -> NDArray[np.float32]:
    """Teach the encoder in `folder` what is taken together, and encode the items with it.

    It learns only from rows that are before every validation window of the blend: what the ranker weighs its vectors by
    must be new to them.

    Args:
        folder: of the encoder.
        interactions: `person, item` and, optional, `at, kind, value, basket`.
        items: ids, one a text.
        texts: what the encoder reads of each item.
        config: seed, threads, and what the validation windows are.
    """
    ids, people = Ids.of(items), Ids.of(interactions["person"])
    log, _ = make_log(interactions, people, ids, Ids.of(None))
    head = np.ones(len(log.item), bool)
    for split in splits(log, config, np.random.default_rng(config.seed)):
        head &= split.head
    encoder = TaughtEncoder(folder)
    ordered = np.empty(len(ids), dtype=object)
    ordered[ids.positions(items)] = texts
    pairs = pairs_of(log.keep(head), PAIRS, np.random.default_rng(config.seed))
    encoder.teach(ordered.tolist(), pairs, seed=config.seed, threads=config.threads)
    return encoder.encode(texts)


class TaughtEncoder:
    """A BERT-like encoder with mean pooling, read from a local folder and taught further.

    Args:
        folder: of the model (`config.json`, tokenizer, safetensors).
        layers: the upper layers that learn; the rest stays as it is.

    Raises:
        FileNotFoundError: the folder holds no model.
    """

    def __init__(self, folder: Path, *, layers: int = 3) -> None:
        if not (folder / "config.json").is_file():
            raise FileNotFoundError(f"no text encoder at {str(folder)!r}: config.json is missing")
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        hide: Any = logging.disable_progress_bar
        hide()
        self._name = f"{folder.resolve().name}-taught"
        self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        self._model: Any = AutoModel.from_pretrained(str(folder), local_files_only=True).eval()
        blocks = self._model.encoder.layer
        for parameter in self._model.parameters():
            parameter.requires_grad_(False)
        for block in list(blocks)[-layers:]:
            for parameter in block.parameters():
                parameter.requires_grad_(True)

    @property
    def name(self) -> str:
        """The folder's name, marked as taught."""
        return self._name

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return int(self._model.config.hidden_size)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 (len(texts), dim), each row of length one."""
        out = np.zeros((len(texts), self.dim), np.float32)
        with torch.inference_mode():
            for begin in range(0, len(texts), 64):
                out[begin : begin + 64] = self._vectors(texts[begin : begin + 64]).float().numpy()
        return out

    def save(self, folder: Path) -> None:
        """Write the taught weights as safetensors with settings and tokenizer beside them."""
        self._model.save_pretrained(str(folder), safe_serialization=True)
        self._tokenizer.save_pretrained(str(folder))

    def teach(
        self,
        texts: Sequence[str],
        pairs: Ints,
        *,
        seed: int,
        threads: int = 1,
        epochs: int = 1,
        batch: int = 64,
        rate: float = 1e-4,
    ) -> list[float]:
        """Bring the texts of each pair nearer than those of other pairs; return the loss of each step.

        loss = cross-entropy of cos(a, b) / temperature - ln(share of b) over the batch, both ways: the other pairs are
        the wrong answers, and the correction keeps much-taken items from being pushed away (Yi et al., RecSys 2019).

        Args:
            texts: one an item.
            pairs: n x 2 positions in `texts`.
            seed: of the order of pairs and of dropout.
            threads: CPU threads.
            epochs: passes over the pairs.
            batch: pairs compared with one another.
            rate: learning rate of AdamW, falling to 0.

        Raises:
            ValueError: there are fewer than two pairs: nothing can be compared.
        """
        if len(pairs) < 2:
            raise ValueError(f"{len(pairs)!r} pairs cannot teach a text encoder: load more behaviour")
        rng = np.random.default_rng(seed)
        share = torch.from_numpy(np.bincount(pairs.ravel(), minlength=len(texts)) / pairs.size).float()
        size = min(batch, len(pairs))
        order = np.concatenate([rng.permutation(len(pairs)) for _ in range(epochs)])
        steps = [order[begin : begin + size] for begin in range(0, len(order) - size + 1, size)]
        learning = [one for one in self._model.parameters() if one.requires_grad]
        losses = []
        with own_randomness(seed, threads):
            optimizer = torch.optim.AdamW(learning, lr=rate, weight_decay=0.01)
            falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=len(steps))
            self._model.train()
            for chosen in tqdm(steps, desc="text", unit="step", leave=False, disable=None):
                loss = self._loss(texts, torch.from_numpy(pairs[chosen]), share)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                falling.step()
                losses.append(float(loss.detach()))
            self._model.eval()
        return losses

    def _loss(self, texts: Sequence[str], pairs: Tensor, share: Tensor) -> Tensor:
        items, where = torch.unique(pairs, return_inverse=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=quick_products(torch.device("cpu"))):
            vectors = self._vectors([texts[int(one)] for one in items]).float()
        cosines = vectors[where[:, 0]] @ vectors[where[:, 1]].T / TEMPERATURE
        same = pairs[:, :1] == pairs[None, :, 1]
        both = []
        for logits, names, alike in (
            (cosines, pairs[:, 1], pairs[:, 1][:, None] == pairs[:, 1][None, :]),
            (cosines.T, pairs[:, 0], pairs[:, 0][:, None] == pairs[:, 0][None, :]),
        ):
            mine = torch.eye(len(pairs), dtype=torch.bool)
            corrected = logits - share[names].log()[None, :]
            corrected = corrected.masked_fill(
                (alike | (same if names is pairs[:, 1] else same.T)) & ~mine, -torch.inf
            )
            both.append(functional.cross_entropy(corrected, torch.arange(len(pairs))))
        return (both[0] + both[1]) / 2

    def _vectors(self, texts: Sequence[str]) -> Tensor:
        read = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
        )
        hidden = self._model(**read).last_hidden_state
        mask = read["attention_mask"][:, :, None].to(hidden.dtype)
        vectors: Tensor = functional.normalize((hidden * mask).sum(dim=1) / mask.sum(dim=1), dim=-1)
        return vectors
