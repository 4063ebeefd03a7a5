"""The training itself: LoRA on the upper layers of a small model, with the loss on what it should write.

Knows torch, transformers and peft, and is imported only to train. Lower layers carry no adapter, so that no gradient
passes through them; batches hold examples of like length; scores are computed where there is something to learn. The frozen
weights are bfloat16 and the adapter float32 where the processor multiplies bfloat16, two and a half times as fast as
float32 there; elsewhere all is float32.
Padding stands after the text and attention looks back only, so that no mask is needed.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer

Pair = tuple[str, str]
"""What the model reads, and what it should write after it."""
CONVERTED = "-safetensors"
"""How the folder of a converted model ends; its name is the rest."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train."""

    rank: int = 16
    alpha: int = 32
    first_layer: int = 10
    """The lowest layer that gets an adapter."""
    rate: float = 1e-3
    warm: float = 0.04
    """Share of the run in which the rate rises; after it, it falls to nothing."""
    batch: int = 24
    seed: int = 0
    minutes: float = 120.0
    """Wall time after which the rate has fallen to nothing, whatever is left of the data."""
    check_every: int = 60
    """Batches between two looks at the validation pairs."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair as token ids."""

    prompt: tuple[int, ...]
    target: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.target)


def tokens_of(pairs: Sequence[Pair], tokenizer: Any) -> list[Tokens]:
    """Turn pairs into ids; every target ends with the token that ends a reply."""
    end = int(tokenizer.eos_token_id)

    def ids(text: str) -> tuple[int, ...]:
        return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])

    return [Tokens(ids(prompt), (*ids(target), end)) for prompt, target in pairs]


def batches(data: Sequence[Tokens], size: int, seed: int) -> Iterator[list[Tokens]]:
    """Yield batches of like length in random order."""
    rng = Random(seed)  # noqa: S311 - for order, not for secrets
    order = list(data)
    rng.shuffle(order)
    pool = size * 20
    groups: list[list[Tokens]] = []
    for start in range(0, len(order), pool):
        near = sorted(order[start : start + pool], key=len)
        part = [near[at : at + size] for at in range(0, len(near), size)]
        rng.shuffle(part)
        groups += part
    return iter(groups)


def train(
    base: Path,
    pairs: Sequence[Pair],
    checks: Mapping[str, Sequence[Pair]],
    out: Path,
    recipe: Recipe,
    resume: Path | None = None,
) -> dict[str, Any]:
    """Train an adapter and write it to `out`; return the measurements.

    Args:
        base: Folder of the base model.
        pairs: What to learn.
        checks: Validation pairs by name; the share that comes out right word for word is logged.
        out: Folder for `adapter_model.safetensors` and `adapter_config.json`, written anew at every check.
        recipe: How.
        resume: A folder with an adapter of the same shape to go on from.
    """
    torch.manual_seed(recipe.seed)
    tokenizer: Any = AutoTokenizer.from_pretrained(str(base))
    loader: Any = AutoModelForCausalLM
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if _reads_bfloat16(device) else torch.float32
    model = loader.from_pretrained(str(base), dtype=dtype, attn_implementation="eager").to(device)
    layers = "|".join(map(str, range(recipe.first_layer, model.config.num_hidden_layers)))
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        target_modules=rf".*layers\.({layers})\..*_proj",
        base_model_name_or_path=base.name.removesuffix(CONVERTED),
    )
    taught: Any = get_peft_model(model, config)
    if resume is not None:
        set_peft_model_state_dict(taught, load_file(resume / "adapter_model.safetensors"))
    weights = [one for one in taught.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=recipe.rate, weight_decay=0.0, betas=(0.9, 0.98))
    data = tokens_of(pairs, tokenizer)
    held = {name: tokens_of(some, tokenizer) for name, some in checks.items()}
    total = len(data)
    began, seen, read, losses = monotonic(), 0, 0, []
    for number, batch in enumerate(batches(data, recipe.batch, recipe.seed), start=1):
        done = max(seen / total, (monotonic() - began) / (60 * recipe.minutes))
        if done >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * min(done / recipe.warm + 0.05, 1.0) * (1 - done)
        with torch.autocast(device, dtype=dtype, enabled=dtype is torch.bfloat16):
            loss: Any = _loss(model, batch, device)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        seen += len(batch)
        read += sum(map(len, batch))
        losses.append(float(loss.detach()))
        if number % 10 == 0:
            _log.info(
                "batch %d, %d of %d, loss %.4f, %.0f tokens/s, %.1f min",
                number, seen, total, sum(losses[-10:]) / 10, read / (monotonic() - began), (monotonic() - began) / 60,
            )  # fmt: skip
        if number % recipe.check_every == 0:
            _log.info("validation %s", {name: right(model, some, device) for name, some in held.items()})
            _save(taught, config, out)
    _save(taught, config, out)
    final = {name: right(model, some, device) for name, some in held.items()}
    minutes = (monotonic() - began) / 60
    return {
        "recipe": asdict(recipe),
        "pairs": seen,
        "tokens": read,
        "minutes": round(minutes, 1),
        "right": final,
    }


def _reads_bfloat16(device: str) -> bool:
    """Whether the processor multiplies bfloat16; where it only imitates it, float32 is faster."""
    return device == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - no public name


def _loss(model: Any, batch: Sequence[Tokens], device: str) -> torch.Tensor:
    scores, wanted = _scores(model, batch, device)
    return cross_entropy(scores.float(), wanted)


def _scores(model: Any, batch: Sequence[Tokens], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores at every position before a token of a target, and these tokens."""
    longest = max(map(len, batch))
    ids = torch.zeros((len(batch), longest), dtype=torch.long)
    rows: list[int] = []
    columns: list[int] = []
    wanted: list[int] = []
    for row, one in enumerate(batch):
        ids[row, : len(one)] = torch.tensor(one.prompt + one.target)
        rows += [row] * len(one.target)
        columns += range(len(one.prompt) - 1, len(one) - 1)
        wanted += one.target
    hidden = model.model(input_ids=ids.to(device), use_cache=False).last_hidden_state
    scores = model.lm_head(hidden[torch.tensor(rows), torch.tensor(columns)])
    return scores, torch.tensor(wanted, device=device)


def right(model: Any, data: Sequence[Tokens], device: str = "cpu", size: int = 32) -> float:
    """Share of targets that the model would write word for word."""
    model.eval()
    hits = 0
    ordered = sorted(data, key=len)
    halved = next(model.parameters()).dtype is torch.bfloat16
    with torch.inference_mode(), torch.autocast(device, dtype=torch.bfloat16, enabled=halved):
        for at in range(0, len(ordered), size):
            batch = ordered[at : at + size]
            scores, wanted = _scores(model, batch, device)
            same = (scores.argmax(-1) == wanted).tolist()
            for one in batch:
                hits += all(same[: len(one.target)])
                del same[: len(one.target)]
    model.train()
    return round(hits / max(len(data), 1), 4)


def _save(taught: Any, config: LoraConfig, out: Path) -> None:
    """Write the adapter in half precision, whole or not at all."""
    state = {
        name: value.detach().to("cpu", torch.float16).contiguous()
        for name, value in get_peft_model_state_dict(taught).items()
    }
    draft = out.with_name(f".{out.name}-draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    save_file(state, draft / "adapter_model.safetensors")
    config.save_pretrained(str(draft))
    for file in draft.iterdir():
        out.mkdir(parents=True, exist_ok=True)
        file.replace(out / file.name)
    draft.rmdir()


def average(folders: Sequence[Path], out: Path) -> None:
    """Write the mean of adapters of one shape that came of one another by training.

    Weights on the way between two runs of one start often serve unseen data better than either (Wortsman et al. 2022,
    "Model soups"). Configuration and card are those of the last one; the card says what was averaged.

    Args:
        folders: The adapters.
        out: Folder for their mean.
    """
    states = [load_file(folder / "adapter_model.safetensors") for folder in folders]
    out.mkdir(parents=True, exist_ok=True)
    means = {name: sum(one[name].float() for one in states) / len(states) for name in states[0]}
    save_file(
        {name: value.half().contiguous() for name, value in means.items()}, out / "adapter_model.safetensors"
    )
    shutil.copyfile(folders[-1] / "adapter_config.json", out / "adapter_config.json")
    cards = [json.loads((folder / "card.json").read_text(encoding="utf-8")) for folder in folders]
    run = {
        name: fact for name, fact in cards[-1].items() if name != "right"
    }  # that was measured before the mean
    write_card(out, run | {"averaged": [card["data"] for card in cards]})


def write_card(out: Path, facts: dict[str, Any]) -> None:
    """Write what an adapter is: base model, data version, recipe, measurements."""
    (out / "card.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
