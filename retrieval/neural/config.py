"""Settings of the deep part of the ranker.

Knows the choices of an owner. It refuses to know torch: settings are read where nothing is trained.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Model = Literal["sequence", "simple"]
Loss = Literal["auto", "full", "sampled"]
Precision = Literal["auto", "float32", "bfloat16"]
Watch = Literal["auto", "none", "tensorboard", "wandb"]


class DeepConfig(BaseModel):
    """How the deep model is shaped and trained; it is one more part of the blend where it is on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: bool = False
    """Train the deep model while building (`almanac build --deep`)."""

    model: Model = "sequence"
    """"sequence" is a causal transformer over the history; "simple" is p = sigma(W^T [h_u, h_i, h_u * h_i] + b)."""

    dim: int = Field(default=64, ge=4)
    """Length of the vector of an item."""

    layers: int = Field(default=2, ge=1)
    """Transformer blocks."""

    heads: int = Field(default=2, ge=1)
    """Attention heads; they share `dim`."""

    length: int = Field(default=64, ge=2)
    """How many latest rows of a history the sequence model reads."""

    dropout: float = Field(default=0.4, ge=0, lt=1)
    """Share of activations that are silenced while training."""

    text_only: float = Field(default=0.1, ge=0, le=1)
    """Share of items that are known by their text alone in a training step, so that new items can be told by it."""

    ahead: int = Field(default=5, ge=1)
    """How many coming items each position learns to foresee, the nearest weighing most."""

    loss: Loss = "auto"
    """"full" compares a right item with all others, "sampled" with a draw; "auto" draws above 5,000 items."""

    negatives: int = Field(default=1024, ge=1)
    """How many items are drawn for "sampled"."""

    batch: int = Field(default=32, ge=1)
    """Windows of `length` rows in one training step."""

    rate: float = Field(default=2e-3, gt=0)
    """Learning rate of AdamW."""

    decay: float = Field(default=0.05, ge=0)
    """Weight decay of AdamW."""

    epochs: int = Field(default=14, ge=1)
    """At most so many passes over the rows."""

    pass_rows: int = Field(default=300_000, ge=1)
    """A pass reads at most about so many rows, drawn anew each time: a large log takes minutes, not hours."""

    patience: int = Field(default=2, ge=1)
    """Training ends after so many passes without a better result on the held-out tail."""

    tail: float = Field(default=0.05, gt=0, lt=0.5)
    """Share of each person's latest rows that only judge when to stop."""

    precision: Precision = "auto"
    """Number format of the matrix products; "auto" takes bfloat16 on a GPU, and from `dim` 256 on where the processor
    multiplies it in hardware (AMX): smaller products lose more by the conversions than they gain."""

    device: str = "auto"
    """Where the model is trained: "auto" (a GPU where there is one), "cpu", "cuda"."""

    tune_text: bool = False
    """Teach the text encoder what is taken together before items are encoded for the ranker
    (`almanac build --deep-text`); search keeps the encoder as it is."""

    watch: Watch = "auto"
    """Where the course of a training is written: "auto" is TensorBoard where it is installed and `log_dir` is set."""

    log_dir: Path | None = None
    """Folder of TensorBoard's event files; a build takes `runs` in its home folder."""

    wandb_project: str = "almanac"
    """Project name where `watch` is "wandb"."""
