"""What a network is taught by: right items against all others, against a draw, or each alone.

Knows tensors of states and targets. It refuses to know where they come from.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from retrieval.neural.config import DeepConfig
from retrieval.neural.network import History, Inputs, Simple

AHEAD_FADE = 0.7
"""What the second coming item weighs, the first being 1; the third weighs its square, and so on."""
FULL_UP_TO = 5_000
"""With more items than this, "auto" compares with a draw."""


@dataclass(frozen=True)
class Asked:
    """The positions of a batch that have something to learn: their states and what came next."""

    state: Tensor
    wanted: Tensor
    """Positions x ahead, -1 where there is nothing."""
    weight: Tensor
    """Positions x ahead, rows summing to 1."""
    window: Tensor
    at: Tensor

    @classmethod
    def of(cls, states: Tensor, target: Tensor) -> Asked:
        """Choose the positions with a target; the nearest target weighs most."""
        window, at = (target >= 0).any(dim=-1).nonzero(as_tuple=True)
        wanted = target[window, at]
        fade = AHEAD_FADE ** torch.arange(wanted.shape[1], device=wanted.device)
        weight = (wanted >= 0) * fade
        return cls(states[window, at], wanted, weight / weight.sum(dim=-1, keepdim=True), window, at)


def closed(inputs: Inputs, asked: Asked, taken: Tensor, *, repeats: bool) -> Tensor:
    """Return positions x items: true for what is no answer, unless it is a target.

    That is what nobody took, and, where people do not take things again, what the person took before.
    """
    shut = (~taken).expand(len(asked.state), -1)
    if not repeats:
        never = torch.iinfo(torch.int16).max
        order = torch.arange(inputs.item.shape[1], dtype=torch.int16, device=taken.device)
        first = torch.full((len(inputs.item), len(taken)), never, dtype=torch.int16, device=taken.device)
        when = torch.where(inputs.item >= 0, order, never).to(torch.int16)
        first.scatter_reduce_(1, inputs.item.clamp(min=0), when, "amin")
        shut = shut | (first[asked.window] <= asked.at[:, None].to(torch.int16))
    right = torch.zeros_like(shut).scatter_(1, asked.wanted.clamp(min=0), asked.wanted >= 0)
    return shut & ~right


def full_softmax(logits: Tensor, asked: Asked) -> Tensor:
    """Return - sum over targets of weight * ln softmax(target), averaged over positions."""
    logp = logits.float().log_softmax(dim=-1).gather(1, asked.wanted.clamp(min=0))
    return -(asked.weight * logp.masked_fill(asked.wanted < 0, 0.0)).sum(dim=-1).mean()


def sampled_softmax(asked: Asked, table: Tensor, drawn: Tensor, n_items: int) -> Tensor:
    """Return the same with the sum over all items estimated from `drawn` ones, each standing for n / drawn.

    ln p(target) = s_t - ln(exp s_t + n / m * sum over drawn of exp s_j), targets among the drawn left out.
    """
    wanted = asked.wanted.clamp(min=0)
    right = (asked.state[:, None, :] * table[wanted]).sum(dim=-1).float()
    wrong = (asked.state @ table[drawn].T).float()[:, None, :]
    wrong = wrong.masked_fill(wanted[:, :, None] == drawn[None, None, :], -torch.inf)
    rest = wrong.logsumexp(dim=-1) + torch.log(torch.tensor(n_items / len(drawn)))
    logp = right - torch.logaddexp(right, rest)
    return -(asked.weight * logp.masked_fill(asked.wanted < 0, 0.0)).sum(dim=-1).mean()


def binary(logits: Tensor, n_drawn: int) -> Tensor:
    """Return the cross-entropy of the first column (right) and the rest (wrong), each half of the weight."""
    right = functional.softplus(-logits[:, 0].float()).mean()
    return (right + functional.softplus(logits[:, 1:].float()).sum(dim=1).mean() / n_drawn) / 2


def loss_of(
    model: History | Simple,
    inputs: Inputs,
    target: Tensor,
    config: DeepConfig,
    candidates: Tensor,
    *,
    repeats: bool,
) -> Tensor | None:
    """Return the loss of one batch, None where it has no target; `candidates` are the items ever taken."""
    table = model.items()
    asked = Asked.of(model(table, inputs), target)
    if not len(asked.state):
        return None
    some = torch.randint(len(candidates), (config.negatives,), device=candidates.device)
    drawn = candidates[some]
    if isinstance(model, Simple):
        first = asked.wanted.gather(1, (asked.wanted >= 0).int().argmax(dim=1, keepdim=True))
        right = model.logits_of_pairs(asked.state, table[first[:, 0]])
        wrong = model.logits(asked.state, table[drawn])
        return binary(torch.cat([right[:, None], wrong], dim=1), len(drawn))
    if config.loss == "sampled" or (config.loss == "auto" and len(candidates) > FULL_UP_TO):
        return sampled_softmax(asked, table, drawn, len(candidates))
    shut = closed(inputs, asked, model.items.taken, repeats=repeats)
    return full_softmax((asked.state @ table.T).masked_fill(shut, -torch.inf), asked)


@torch.no_grad()
def gain_of(model: History | Simple, inputs: Inputs, target: Tensor, *, repeats: bool) -> tuple[float, int]:
    """Return (sum, count) over positions of 1 / log2(1 + rank) of the next item among all that were ever taken."""
    table = model.items()
    asked = Asked.of(model(table, inputs), target[:, :, :1])
    if not len(asked.state):
        return 0.0, 0
    scores = model.logits(asked.state, table) if isinstance(model, Simple) else asked.state @ table.T
    shut = closed(inputs, asked, model.items.taken, repeats=repeats)
    scores = scores.float().masked_fill(shut, -torch.inf)
    rank = 1 + (scores > scores.gather(1, asked.wanted)).sum(dim=1)
    return float((1.0 / torch.log2(1.0 + rank)).sum()), len(rank)
