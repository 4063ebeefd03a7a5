"""The only reader of the environment and of `almanac.toml`.

Knows where settings come from and nests the config model of every package. It refuses to act on them: the result
is one frozen value that is passed on.

Order, the strongest first: arguments, environment (`ALMANAC_HOME`, `ALMANAC_LLM__BACKEND`, ...), `almanac.toml`
in the working folder (or the file named by `ALMANAC_CONFIG`), defaults. A misspelt key is an error wherever it
stands.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import SettingsError
from bot.llm.config import LlmConfig
from bot.web.config import WebConfig
from db.config import DbConfig
from mining.config import MiningConfig
from retrieval.config import RetrievalConfig
from retrieval.rankconfig import RankConfig

PREFIX = "ALMANAC_"
CONFIG_FILE = "almanac.toml"


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "almanac"


class CatalogSettings(BaseModel):
    """What one catalogue sets otherwise than the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mining: dict[str, Any] = Field(default_factory=dict)
    """Fields of MiningConfig for this catalogue."""
    ranking: dict[str, Any] = Field(default_factory=dict)
    """Fields of RankConfig for this catalogue."""


class Settings(BaseModel):
    """Everything that can be set, with its default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Path("var")
    """Folder of the database, the generations and the logs."""
    cache: Path = Field(default_factory=_user_cache)
    """Folder of fetched assets; shared between projects."""
    host: str = "127.0.0.1"
    """Address that `serve` listens on."""
    port: int = Field(default=7860, ge=1, le=65535)
    """Port that `serve` listens on."""
    threads: int = Field(default=0, ge=0)
    """Threads for numeric work; 0 takes the number of processors."""
    seed: int = 20_170_101
    """Seed of everything random in a build."""
    encoder: str = "all-minilm-l6-v2"
    """Sentence encoder: an asset's name, a folder, a hub id, or "hashing" (words only, no model)."""
    db: DbConfig = Field(default_factory=DbConfig)
    mining: MiningConfig = Field(default_factory=MiningConfig)
    retrieval: RetrievalConfig = Field(default_factory=RetrievalConfig)
    ranking: RankConfig = Field(default_factory=RankConfig)
    llm: LlmConfig = Field(default_factory=LlmConfig)
    web: WebConfig = Field(default_factory=WebConfig)
    catalogs: dict[str, CatalogSettings] = Field(default_factory=dict)
    """Overrides by catalogue name."""

    @property
    def thread_count(self) -> int:
        """Threads to use: as set, else the processors of this machine."""
        return self.threads or os.cpu_count() or 1


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Turn `ALMANAC_LLM__BASE_URL=x` into `{"llm": {"base_url": "x"}}`."""
    tree: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name == PREFIX + "CONFIG" or value == "":
            continue
        *parents, leaf = name.removeprefix(PREFIX).lower().split("__")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                raise SettingsError(f"{name} sets a part of {parent!r}, which is set as a whole elsewhere")
        node[leaf] = value
    return tree


def _merge(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Overlay `high` on `low`, table by table."""
    merged = dict(low)
    for key, value in high.items():
        below = merged.get(key)
        merged[key] = (
            _merge(below, value) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
        )
    return merged


def _file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {str(path)!r}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{str(path)!r} is not valid TOML: {error}") from error


def _say(error: ValidationError) -> str:
    """Name the first wrong setting the way people write it, with what is allowed."""
    first = error.errors()[0]
    names = [str(part) for part in first["loc"]]
    as_variable = PREFIX + "__".join(names).upper()
    dotted = ".".join(names)
    if first["type"] == "extra_forbidden":
        model: Any = Settings
        for name in names[:-1]:
            field = model.model_fields.get(name) if hasattr(model, "model_fields") else None
            model = field.annotation if field is not None else None
        known = ", ".join(sorted(getattr(model, "model_fields", {})))
        return f"unknown setting {dotted!r} ({as_variable}); known here: {known or 'nothing'}"
    return f"setting {dotted!r} ({as_variable}) cannot be {first['input']!r}: {first['msg']}"


def load_settings(
    overrides: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Read every source of settings once and validate them.

    Args:
        overrides: Strongest values, as nested mappings.
        environ: The environment; the process's own where None.
        folder: Where `almanac.toml` is looked for; the working folder where None.

    Raises:
        SettingsError: a key is unknown or a value is not allowed; names it.
    """
    environ = os.environ if environ is None else environ
    named = environ.get(PREFIX + "CONFIG")
    path = Path(named) if named else (folder or Path.cwd()) / CONFIG_FILE
    tree = _file(path) if named or path.exists() else {}
    tree = _merge(_merge(tree, _environment(environ)), overrides or {})
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise SettingsError(_say(error)) from error
