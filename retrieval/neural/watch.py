"""The course of a training, written where people look: TensorBoard, Weights & Biases, or nowhere.

Knows both tools, each imported only where the settings ask for it. It refuses to know what is measured.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from retrieval.neural.config import DeepConfig


class WatchMissing(RuntimeError):
    """A tool that the settings ask for is not installed; the message says how to install it."""


class Watcher(Protocol):
    """Takes numbers as training goes."""

    def scalars(self, values: dict[str, float], step: int) -> None:
        """Write some numbers for one step."""

    def close(self) -> None:
        """Bring everything to its place."""


class Nobody:
    """Writes nothing."""

    def scalars(self, values: dict[str, float], step: int) -> None:
        """Drop the numbers."""
        del values, step

    def close(self) -> None:
        """Do nothing."""


class TensorBoard:
    """Writes event files: `tensorboard --logdir FOLDER` shows them."""

    def __init__(self, folder: str) -> None:
        self._writer: Any = import_module("torch.utils.tensorboard").SummaryWriter(folder)

    def scalars(self, values: dict[str, float], step: int) -> None:
        """Write each number under its name."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Flush the event file."""
        self._writer.close()


class WeightsAndBiases:
    """Sends numbers to a W&B run; where they go and who pays is W&B's own configuration."""

    def __init__(self, project: str, config: DeepConfig) -> None:
        self._run: Any = import_module("wandb").init(project=project, config=config.model_dump(mode="json"))

    def scalars(self, values: dict[str, float], step: int) -> None:
        """Log the numbers of one step."""
        self._run.log(values, step=step)

    def close(self) -> None:
        """End the run."""
        self._run.finish()


def open_watch(config: DeepConfig, name: str) -> Watcher:
    """Return the watcher that the settings ask for.

    Args:
        config: `watch`, `log_dir` and `wandb_project` decide.
        name: Of this training: a folder below `log_dir`, with the time beside it.

    Raises:
        WatchMissing: the tool is asked for by name and not installed.
        ValueError: TensorBoard is asked for without a folder.
    """
    if config.watch == "wandb":
        if find_spec("wandb") is None:
            raise WatchMissing('watch = "wandb" needs wandb: run `pip install wandb`, or set watch to "none"')
        return WeightsAndBiases(config.wandb_project, config)
    installed = find_spec("tensorboard") is not None
    if config.watch == "tensorboard":
        if not installed:
            raise WatchMissing(
                'watch = "tensorboard" needs tensorboard: run `pip install "almanac-recommender[watch]"`, '
                'or set watch to "auto"'
            )
        if config.log_dir is None:
            raise ValueError('watch = "tensorboard" needs log_dir: name the folder of its event files')
    if config.watch == "none" or not installed or config.log_dir is None:
        return Nobody()
    return TensorBoard(str(config.log_dir / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
