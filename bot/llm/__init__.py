"""Language models behind one protocol of two verbs: local, an OpenAI-compatible server, scripted, or none.

Loads no heavy library until a model is opened and used.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.llm.base import ChatModel, ModelError, ToolSchema
from bot.llm.config import LlmConfig
from bot.llm.scripted import ScriptedModel

__all__ = ["ChatModel", "LlmConfig", "ModelError", "ScriptedModel", "ToolSchema", "open_model"]


def open_model(config: LlmConfig, assets: Callable[[str], Path]) -> ChatModel | None:
    """Open the model that the settings name; None for `backend = "none"`.

    Returns at once: a local model loads on first use or by its `warm_up()`.

    Args:
        config: The settings.
        assets: Maps an asset's name to the folder with its files, fetching it where needed.

    Raises:
        ModelError: the model cannot be found; the message says what to set.
    """
    match config.backend:
        case "none":
            return None
        case "scripted":
            return ScriptedModel(config.script)
        case "openai":
            from bot.llm.endpoint import EndpointModel

            return EndpointModel(config)
        case "local":
            from bot.llm.local import LocalModel
            from bot.llm.taught import TaughtLocal, taught_base

            return (TaughtLocal if config.model == taught_base() else LocalModel).open(config, assets)
