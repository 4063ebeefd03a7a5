"""Training: a log in, a scorer out; batches, early stopping, and the course of it shown and written down.

Knows when a model is good enough. It refuses to know a blend, and to answer questions (`retrieval.neural.scorer`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from retrieval.neural.config import DeepConfig
from retrieval.neural.features import Course, Windows, gap_codes, start_vectors, tail_rows
from retrieval.neural.losses import gain_of, loss_of
from retrieval.neural.network import History, Inputs, Simple
from retrieval.neural.scorer import Deep, DeepSequence, DeepSimple
from retrieval.neural.watch import Watcher, open_watch
from retrieval.profile import Ints, Log

WIDE = 256
"""From this `dim` on bfloat16 is faster on a processor with AMX."""
_FEWEST = 20
"""With fewer positions to learn from there is no model."""
_AVERAGE = 0.99
"""The model that is kept is the mean of the weights over about the last 1 / (1 - this) steps."""

Network = History | Simple


@dataclass(frozen=True)
class _Work:
    """What a training step needs beside the batch."""

    config: DeepConfig
    device: torch.device
    quick: bool
    candidates: Tensor
    repeats: bool

    def half(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.quick)


def fit_deep(
    log: Log,
    vectors: NDArray[np.float32] | None,
    config: DeepConfig,
    *,
    repeats: bool,
    seed: int,
    threads: int = 1,
    name: str = "deep",
) -> Deep | None:
    """Train a model on a log; None where there is too little to learn from.

    Args:
        log: all rows; the latest share `config.tail` of each person's judges when to stop.
        vectors: text vectors, one row an item, zero where there is no text.
        config: the shape and the training.
        repeats: people take the same items again; else what they took is no wrong answer.
        seed: of the weights, the batches and every draw.
        threads: CPU threads.
        name: of the part, and of this training where its course is written.
    """
    tail = tail_rows(log, config.tail)
    taken = np.bincount(log.item[log.sign > 0], minlength=log.n_items) > 0
    if (np.diff(log.starts) >= 2).sum() < 2 or (~tail).sum() < _FEWEST or taken.sum() < 2:
        return None
    device = torch.device(
        config.device if config.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    )
    watcher = open_watch(config, name)
    with own_randomness(seed, threads):
        model: Network = (
            Simple(taken, vectors, config)
            if config.model == "simple"
            else History(taken, vectors, log.n_places, config)
        )
        model.items.begin(start_vectors(log, ~tail, config.dim))
        model.to(device)
        work = _Work(
            config,
            device,
            _half(config, device),
            torch.from_numpy(np.flatnonzero(taken)).to(device),
            repeats,
        )
        try:
            best = _train(model, Course.of(log), tail, work, np.random.default_rng(seed), watcher)
        finally:
            watcher.close()
    return scorer_of(best, vectors, taken, config, name)


def _train(
    model: Network,
    course: Course,
    tail: NDArray[np.bool_],
    work: _Work,
    rng: np.random.Generator,
    watcher: Watcher,
) -> Network:
    """Return the averaged weights of the pass that ranked the tail best."""
    config = work.config
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.rate, weight_decay=config.decay, fused=True)
    mean = deepcopy(model).eval()
    judged = course.windows(config.length, 1, tail, np.random.default_rng(0))
    best, best_gain, since, steps = mean, -1.0, 0, 0
    most = max(1, config.pass_rows // (config.batch * config.length))
    began = perf_counter()
    with tqdm(total=config.epochs, desc="deep", unit="pass", leave=False, disable=None) as bar:
        for epoch in range(config.epochs):
            losses = []
            model.train()
            windows = course.windows(config.length, config.ahead, ~tail, rng)
            for chosen in islice(course.batches(windows, config.batch, rng), most):
                loss = _step(model, windows, chosen, work, optimizer)
                if loss is not None:
                    losses.append(loss)
                    steps += 1
                    _average(mean, model, min(_AVERAGE, (1 + steps) / (10 + steps)))
            gain = _gain(mean, judged, work)
            watcher.scalars(
                {"loss": float(np.mean(losses)), "gain": gain, "seconds": perf_counter() - began}, epoch
            )
            bar.set_postfix(loss=f"{np.mean(losses):.3f}", gain=f"{gain:.4f}")
            bar.update()
            since += 1
            if gain > best_gain:
                best, best_gain, since = deepcopy(mean), gain, 0
            if since >= config.patience:
                break
    return best


def _step(
    model: Network, windows: Windows, chosen: Ints, work: _Work, optimizer: torch.optim.Optimizer
) -> float | None:
    inputs, target = batch_of(windows, chosen, work.device)
    with work.half():
        loss = loss_of(model, inputs, target, work.config, work.candidates, repeats=work.repeats)
    if loss is None:
        return None
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


@torch.no_grad()
def _average(mean: Network, model: Network, keep: float) -> None:
    """Move the mean of the weights towards the model (Polyak averaging)."""
    for slow, fast in zip(mean.parameters(), model.parameters(), strict=True):
        slow.lerp_(fast, 1.0 - keep)


def _gain(model: Network, judged: Windows, work: _Work) -> float:
    """Return the mean of 1 / log2(1 + rank) over the rows of the tail."""
    total, count = 0.0, 0
    some = np.flatnonzero((judged.target >= 0).any(axis=(1, 2)))
    for begin in range(0, len(some), 2 * work.config.batch):
        inputs, target = batch_of(judged, some[begin : begin + 2 * work.config.batch], work.device)
        with work.half():
            more, n = gain_of(model, inputs, target, repeats=work.repeats)
        total, count = total + more, count + n
    return total / max(count, 1)


def batch_of(windows: Windows, chosen: Ints, device: torch.device) -> tuple[Inputs, Tensor]:
    """Return some windows as tensors, without the padding that all of them share."""
    rows = windows.rows
    width = int((rows.item[chosen] >= 0).sum(axis=1).max())

    def cut(x: Ints) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(x[chosen, :width])).to(device)

    lag = gap_codes(rows.at[chosen, None, :width], rows.then[chosen, :width, None])
    inputs = Inputs(
        item=cut(rows.item),
        strength=cut(rows.strength),
        gap=cut(rows.gap),
        hour=cut(rows.hour),
        weekday=cut(rows.weekday),
        place=cut(rows.place),
        lag=torch.from_numpy(lag).to(device),
    )
    return inputs, cut(windows.target)


def scorer_of(
    model: Network,
    vectors: NDArray[np.float32] | None,
    taken: NDArray[np.bool_],
    config: DeepConfig,
    name: str,
) -> Deep:
    """Return the scorer over the trained weights."""
    known = taken if vectors is None else taken | vectors.any(axis=1)
    with torch.no_grad():
        table = model.items().float().cpu().numpy()
    weights = {
        key: value.float().cpu().numpy()
        for key, value in model.state_dict().items()
        if not key.startswith("items.")
    }
    kind = DeepSimple if config.model == "simple" else DeepSequence
    return kind(np.ascontiguousarray(table), known, weights, config.length, config.heads, name)


def _half(config: DeepConfig, device: torch.device) -> bool:
    """Return whether products are made in bfloat16: as set, else where that is quick."""
    if config.precision != "auto":
        return config.precision == "bfloat16"
    return quick_products(device) and (device.type == "cuda" or config.dim >= WIDE)


def quick_products(device: torch.device) -> bool:
    """Return whether the device multiplies bfloat16 in hardware (a GPU that can, a processor with AMX)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu.get_capabilities().get("amx_bf16", False))


@contextmanager
def own_randomness(seed: int, threads: int) -> Iterator[None]:
    """Seed torch and set its threads, and put back what was there."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(before)
