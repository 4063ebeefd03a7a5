"""Where a local model's files are, and what runs them: a folder, a GGUF file, an asset or a hub id.

Knows names and paths. It refuses to load anything: assets are fetched when the model is first used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from bot.llm.base import ModelError
from bot.llm.config import LlmConfig
from db.errors import AssetError

_DRIVER = Path("/proc/driver/nvidia/version")
"""There where a CUDA driver is loaded; asking torch would take two seconds."""


@dataclass(frozen=True)
class Source:
    """What `llm.model` names."""

    name: str
    """What people call the model."""
    find: Callable[[], Path | str]
    """Returns the folder, the GGUF file or the hub id; an asset is fetched then."""
    gguf: bool
    """Whether it is a GGUF file, or a folder with one."""

    def gguf_file(self) -> Path:
        """Return the GGUF file.

        Raises:
            ModelError: there is none, or more than one.
        """
        return gguf_in(Path(self.find()))


def source_of(config: LlmConfig, assets: Callable[[str], Path]) -> Source:
    """Find what `config.model` names; nothing is fetched or loaded yet.

    Raises:
        ModelError: a path that is neither a folder nor a GGUF file.
    """
    path = Path(config.model).expanduser()
    if path.exists():
        if path.is_file() and path.suffix != ".gguf":
            raise ModelError(f"llm.model is the file {config.model!r}; name a model folder or a .gguf file")
        weights = path.is_file() or not (path / "config.json").is_file()
        return Source(path.stem if path.is_file() else path.name, lambda: path, weights)
    if path.is_absolute() or config.model.startswith((".", "~")):
        raise ModelError(f"llm.model names {config.model!r}, where nothing is; check the path")
    if "/" in config.model:
        return Source(config.model, lambda: config.model, gguf=False)
    return Source(config.model, lambda: _fetched(assets, config.model), gguf=True)


def engine_of(config: LlmConfig, source: Source) -> Literal["transformers", "llamacpp"]:
    """Decide what runs a model; see `LlmConfig.engine`.

    Raises:
        ModelError: llama.cpp is asked for and cannot run it.
    """
    if config.engine == "llamacpp" and not source.gguf:
        raise ModelError(f"`llm.engine` is 'llamacpp', which runs GGUF files, and {source.name!r} is none")
    if config.engine != "auto":
        return config.engine
    on_processor = config.device == "cpu" or (config.device == "auto" and not _DRIVER.exists())
    there = find_spec("xllamacpp") is not None
    return "llamacpp" if source.gguf and on_processor and there and config.dtype == "auto" else "transformers"


def gguf_in(path: Path) -> Path:
    """Return a GGUF file, or the only one in a folder.

    Raises:
        ModelError: there is none, or more than one.
    """
    files = [path] if path.is_file() else sorted(path.glob("**/*.gguf"))
    if len(files) != 1:
        raise ModelError(f"{str(path)!r} holds {len(files)} GGUF files and no config.json; name one model")
    return files[0]


def model_folder(path: Path | str) -> Path | str:
    """Return a folder that transformers loads fast: `path`, or what its GGUF file was converted to.

    Raises:
        ModelError: there is no model, or more than one GGUF file.
    """
    if isinstance(path, str) or (path / "config.json").is_file():
        return path
    file = gguf_in(path)
    from bot.llm.local_gguf import converted

    return converted(file, path.with_name(f"{path.stem}-safetensors"))


def _fetched(assets: Callable[[str], Path], name: str) -> Path:
    """Return an asset's folder; a turn goes on without the model where it cannot be had."""
    try:
        return assets(name)
    except AssetError as error:
        raise ModelError(str(error)) from error
