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
            return _open_local(config, assets)


def _open_local(config: LlmConfig, assets: Callable[[str], Path]) -> ChatModel:
    """Open a model of this process with the engine that suits it, and with its adapter where one is shipped for it."""
    from bot.llm.source import engine_of, model_folder, source_of
    from bot.llm.taught import TaughtLocal, taught_base

    source = source_of(config, assets)
    if engine_of(config, source) == "llamacpp":
        from bot.llm.llama import LlamaModel

        chat: ChatModel = LlamaModel(source.gguf_file, config, name=source.name)
    else:
        from bot.llm.local import LocalModel

        chat = LocalModel(lambda: model_folder(source.find()), config, name=source.name)
    if config.model != taught_base():
        return chat
    return TaughtLocal(lambda: model_folder(source.find()), config, name=source.name, chat=chat)
