"""How the language model is set up: the fields that a site owner may set under `llm`.

Knows names and limits. It refuses to read the environment (see `bot.settings`) and to load anything.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

Backend = Literal["local", "openai", "scripted", "none"]
Engine = Literal["auto", "transformers", "llamacpp"]
DEFAULT_MODEL = "smollm2-135m-instruct"


class LlmConfig(BaseModel):
    """Which model answers, where it runs and what it is trusted with."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    backend: Backend = "local"
    """local runs the model in this process, openai asks a compatible server, none speaks in templates."""
    model: str = DEFAULT_MODEL
    """An asset's name, a folder, a GGUF file or a hub id (local); the served model's name (openai)."""
    base_url: str | None = None
    """Address of the OpenAI-compatible server, up to and with `/v1`; None takes the hosted API."""
    api_key: SecretStr | None = None
    """Key of the server; many local servers want none."""
    threads: Annotated[int, Field(ge=0)] = 0
    """CPU threads of the local model; 0 takes the number of cores that this process may use."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Weights of the local model: auto takes bfloat16 where the processor computes with it."""
    engine: Engine = "auto"
    """What runs a local model: transformers, or llamacpp for GGUF files (extra `llamacpp`); auto takes llamacpp for a
    GGUF file on a processor where that extra is installed."""
    device: str = "auto"
    """auto, cpu, cuda, mps or a numbered one such as cuda:1."""
    timeout: Annotated[float, Field(gt=0)] = 30.0
    """Seconds that one call may take before the turn goes on without the model."""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """How often a call to a server is tried again after a passing failure."""
    max_tokens: Annotated[int, Field(ge=16, le=4096)] = 400
    """Longest reply."""
    choose: Literal["auto", "planner", "model"] = "auto"
    """Who chooses the tool: auto leaves it to the planner where that is sure, else to the model."""
    wording: Literal["auto", "template", "model"] = "auto"
    """Who words the answer: auto leaves it to templates unless the model is known to word well."""
    script: tuple[str, ...] = ()
    """Replies of the scripted backend, in order; `tool {json}` is a tool call, all else is text."""

    @property
    def worded_by(self) -> Literal["template", "model"]:
        """Who words the answer once "auto" is decided.

        SmolLM2-135M as it comes words few facts that hold: 10 of 64 sentences passed the check from a list of
        facts, 6 of 15 with one fact and three examples a call, and those copy the template (`bench/llm.py`). A
        model behind a server is taken to be a large one.
        """
        if self.wording != "auto":
            return self.wording
        return "template" if self.backend in {"local", "none"} else "model"

    @model_validator(mode="after")
    def _server_needs_a_model(self) -> LlmConfig:
        """A server cannot guess which of its models is meant."""
        if self.backend == "openai" and self.model == DEFAULT_MODEL:
            raise ValueError("backend 'openai' needs `model`: the name under which the server offers it")
        return self
