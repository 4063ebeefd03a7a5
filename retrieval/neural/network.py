"""The two networks, in torch: a causal transformer over a history, and p = sigma(W^T [h_u, h_i, h_u * h_i] + b).

Knows tensors. It refuses to know logs, losses and files; `retrieval.neural.scorer` computes the same with NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from retrieval.neural.config import DeepConfig
from retrieval.neural.features import (
    N_GAPS,
    N_HOURS,
    N_STEPS,
    N_STRENGTHS,
    N_WEEKDAYS,
    STEP_EDGES,
    step_codes,
)
from retrieval.neural.scorer import mean_weights


@dataclass(frozen=True)
class Inputs:
    """One batch of windows, batch x length; `item` is -1 for padding."""

    item: Tensor
    strength: Tensor
    gap: Tensor
    hour: Tensor
    weekday: Tensor
    place: Tensor
    lag: Tensor
    """Batch x length x length: code of the time from row s to what came after row t."""


class Items(nn.Module):
    """The vector of an item: one of its own, where it was ever taken, plus its projected text.

    An item that nobody took has its text alone, so it can be scored from its first day. While training, the own
    vectors of some items are left out, so that the text learns to stand alone (as DropoutNet, Volkovs et al. 2017).
    """

    vectors: Tensor
    taken: Tensor

    def __init__(
        self, taken: NDArray[np.bool_], vectors: NDArray[np.float32] | None, config: DeepConfig
    ) -> None:
        super().__init__()
        self.own = nn.Embedding(len(taken), config.dim)
        nn.init.normal_(self.own.weight, std=config.dim**-0.5)
        told = vectors if vectors is not None else np.zeros((len(taken), 0), np.float32)
        self.register_buffer("vectors", torch.from_numpy(np.ascontiguousarray(told)))
        self.register_buffer("taken", torch.from_numpy(taken))
        self.text = nn.Linear(told.shape[1], config.dim, bias=False) if told.shape[1] else None
        self.text_only = config.text_only

    def begin(self, start: NDArray[np.float32]) -> None:
        """Begin with `start` (items x dim, zeros keep the random vector): training then takes fewer passes."""
        told = torch.from_numpy(start)
        with torch.no_grad():
            self.own.weight.copy_(torch.where(told.any(dim=1, keepdim=True), told, self.own.weight))

    def forward(self) -> Tensor:
        """Return items x dim."""
        own = self.own.weight * self.taken[:, None]
        if self.text is None:
            return own
        if self.training and self.text_only:
            own = own * (torch.rand(len(own), 1, device=own.device) >= self.text_only)
        told: Tensor = self.text(self.vectors)
        return own + told


class Block(nn.Module):
    """Pre-norm causal attention and feed-forward, each with its residual.

    Attention adds a learned bias for how many rows back and how long ago something lies: with few people that is
    learned faster than absolute positions (relative bias: Raffel et al. 2020; time intervals: Li et al. 2020).
    """

    def __init__(self, config: DeepConfig) -> None:
        super().__init__()
        dim = config.dim
        self.heads = config.heads
        self.norm_mix = nn.LayerNorm(dim)
        self.mix = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.norm_feed = nn.LayerNorm(dim)
        self.wide = nn.Linear(dim, 2 * dim)
        self.narrow = nn.Linear(2 * dim, dim)
        self.step = nn.Embedding(N_STEPS, config.heads)
        self.lag = nn.Parameter(torch.zeros(N_GAPS, config.heads))
        with torch.no_grad():  # it begins as the plain fading mean of what was taken lately
            nearest = np.concatenate([[0], STEP_EDGES])
            self.step.weight.copy_(torch.from_numpy(-np.log1p(nearest))[:, None])
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.narrow.weight)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, steps: Tensor, lag: Tensor, ahead: Tensor) -> Tensor:
        """Return x after the block, batch x length x dim.

        Args:
            x: the states.
            steps: length x length codes.
            lag: batch x length x length x codes, one-hot: a product is far faster to differentiate than a look-up.
            ahead: length x length, true where a row may not look.
        """
        batch, length, dim = x.shape
        q, k, v = (
            part.reshape(batch, length, self.heads, -1).transpose(1, 2)
            for part in self.mix(self.norm_mix(x)).chunk(3, dim=-1)
        )
        bias = self.step(steps).permute(2, 0, 1) + (lag @ self.lag).permute(0, 3, 1, 2)
        weight = (q @ k.transpose(-1, -2)) * (dim // self.heads) ** -0.5 + bias
        weight = weight.masked_fill(ahead, -torch.inf).softmax(dim=-1)
        mixed = (weight.to(v.dtype) @ v).transpose(1, 2).reshape(batch, length, dim)
        x = x + self.drop(self.out(mixed))
        fed: Tensor = self.drop(self.narrow(functional.gelu(self.wide(self.norm_feed(x)))))
        return x + fed


class History(nn.Module):
    """Reads rows in their order and says at each what may come next (as SASRec, Kang and McAuley 2018).

    score(i) = h . e_i with h the state after the last row and e_i the vector of the item (weights are tied). Each
    row carries how much it was liked, and when and where the question after it is asked.
    """

    def __init__(
        self,
        taken: NDArray[np.bool_],
        vectors: NDArray[np.float32] | None,
        n_places: int,
        config: DeepConfig,
    ) -> None:
        super().__init__()
        self.items = Items(taken, vectors, config)
        sizes = {"strength": N_STRENGTHS, "gap": N_GAPS, "hour": N_HOURS, "weekday": N_WEEKDAYS}
        tables = {name: nn.Embedding(n, config.dim) for name, n in {**sizes, "place": n_places + 1}.items()}
        for table in tables.values():
            nn.init.normal_(table.weight, std=0.02)
        self.codes = nn.ModuleDict(tables)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.dim)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, table: Tensor, inputs: Inputs) -> Tensor:
        """Return the states, batch x length x dim, for the item vectors `table`."""
        x = functional.embedding(inputs.item.clamp(min=0), table)
        for name, codes in self.codes.items():
            x = x + codes(getattr(inputs, name))
        x = self.drop(x)
        row = np.arange(inputs.item.shape[1])
        back = row[:, None] - row[None, :]
        steps = torch.from_numpy(step_codes(np.maximum(back, 0))).to(x.device)
        ahead = torch.from_numpy(back < 0).to(x.device)
        dtype = (
            torch.get_autocast_dtype(x.device.type) if torch.is_autocast_enabled(x.device.type) else x.dtype
        )
        lag = functional.one_hot(inputs.lag, N_GAPS).to(dtype)
        for block in self.blocks:
            x = block(x, steps, lag, ahead)
        state: Tensor = self.norm(x)
        return state


class Simple(nn.Module):
    """p(i | u) = sigma(W^T [h_u, h_i, h_u * h_i] + b) with h_u the fading mean of the history's item vectors."""

    def __init__(
        self, taken: NDArray[np.bool_], vectors: NDArray[np.float32] | None, config: DeepConfig
    ) -> None:
        super().__init__()
        self.items = Items(taken, vectors, config)
        self.join = nn.Linear(3 * config.dim, 1)
        nn.init.ones_(self.join.weight)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, table: Tensor, inputs: Inputs) -> Tensor:
        """Return h_u after each row, batch x length x dim."""
        strength = torch.where(inputs.item >= 0, inputs.strength, 0).cpu().numpy()
        weight = torch.from_numpy(mean_weights(strength)).to(table.device)
        person = weight @ functional.embedding(inputs.item.clamp(min=0), table)
        dropped: Tensor = self.drop(person)
        return dropped

    def logits(self, person: Tensor, items: Tensor) -> Tensor:
        """Return people x items, the log-odds."""
        dim = person.shape[1]
        weight = self.join.weight[0]
        on_person, on_item, on_both = weight[:dim], weight[dim : 2 * dim], weight[2 * dim :]
        both = (person * on_both) @ items.T
        shared: Tensor = (person @ on_person)[:, None] + (items @ on_item)[None, :] + self.join.bias
        return both + shared

    def logits_of_pairs(self, person: Tensor, items: Tensor) -> Tensor:
        """Return one log-odds for each row of both."""
        joined: Tensor = self.join(torch.cat([person, items, person * items], dim=1))[:, 0]
        return joined
