"""A GGUF file turned into a safetensors folder, once: reading GGUF through transformers takes half a minute.

Knows files and transformers. It refuses to choose models. `save_pretrained` refuses a model that came from a
GGUF file, since its config still says "quantised by gguf": that entry is dropped and the weights go through a
fresh model.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.llm.base import ModelError

if TYPE_CHECKING:
    import torch

_PROBE = "The three films that people talk about most are"
_PROBE_TOKENS = 12


def converted(source: Path, folder: Path) -> Path:
    """Return `folder`, made from the GGUF file `source` where it does not exist yet.

    It is written beside under another name, checked (the same greedy continuation before and after) and
    renamed, so that it is whole or absent.

    Raises:
        ModelError: the file cannot be read or converted.
    """
    if (folder / "config.json").is_file():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _convert(source, draft)
        draft.chmod(0o755)
        draft.rename(folder)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        if (folder / "config.json").is_file():  # another process was faster
            return folder
        raise ModelError(f"the GGUF file {str(source)!r} could not be converted: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _convert(source: Path, draft: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    loud: Any = logging
    loud.disable_progress_bar()
    models: Any = AutoModelForCausalLM
    where: dict[str, Any] = {"gguf_file": source.name}
    tokenizer = AutoTokenizer.from_pretrained(str(source.parent), **where)
    loaded = models.from_pretrained(str(source.parent), **where)
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    fresh = models.from_config(config)
    fresh.load_state_dict(loaded.state_dict())
    fresh.generation_config = loaded.generation_config
    fresh.save_pretrained(draft)
    tokenizer.save_pretrained(draft)
    probe = tokenizer(_PROBE, return_tensors="pt")["input_ids"]
    saved = models.from_pretrained(str(draft), dtype=loaded.dtype)
    before, after = _greedy(loaded, probe), _greedy(saved, probe)
    if before != after:
        raise ValueError(f"greedy tokens changed in conversion, {before} to {after}")


def _greedy(model: Any, ids: torch.Tensor) -> list[int]:
    import torch

    model.eval()
    with torch.inference_mode():
        reply = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=_PROBE_TOKENS, do_sample=False
        )
    return [int(token) for token in reply[0]]
