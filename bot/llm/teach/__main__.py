"""`python -m bot.llm.teach`: see what is taught, teach it, measure it. docs/teaching.md tells the whole story."""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from bot.llm.teach import choosing, wordings
from bot.llm.teach.worlds import World, made_up, real

CHECKS = 300
"""Validation pairs of each task that are looked at while training."""


def worlds() -> list[World]:
    """The two built catalogues, three times each, and the made-up ones."""
    from bot.assembly import Almanac

    almanac = Almanac.open()
    built = [almanac.catalog(name) for name in ("movies", "groceries")]
    known = [
        real(one.name, one.lexicon, {item: float(one.facts(item)["n"]) for item in one.lexicon.titles})
        for one in built
    ]
    return [*known * 3, *made_up(0)]


def pairs(
    choose: int, word: int, seed: int, *, held_out: bool
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Pairs of both tasks: prompt, and what to write after it."""
    among = worlds()
    chosen = islice(choosing.examples(among, seed, held_out=held_out), choose)
    worded = islice(wordings.pairs(among, seed, held_out=held_out), word)
    return [(one.prompt, one.target) for one in chosen], list(worded)


def version(data: Sequence[tuple[str, str]]) -> str:
    """A name for exactly these data."""
    return hashlib.blake2b(repr(data).encode(), digest_size=6).hexdigest()


def validation(base: Path, adapter: Path | None, size: int, *, eight_bits: bool, wrong: bool) -> None:
    """Print how well each way of choosing does on messages of templates that were not trained on."""
    from bot.llm.config import LlmConfig
    from bot.llm.taught import TaughtLocal
    from bot.llm.teach import evaluate

    model = TaughtLocal(
        lambda: base, LlmConfig(threads=1), name="taught", adapter=adapter, eight_bits=eight_bits
    )
    among = worlds()
    lexicons = {world.name: world.lexicon for world in among}
    made = islice(choosing.examples(among, 1, held_out=True), size)
    cases = [evaluate.case_of(one, lexicons[one.world]) for one in made]
    alone = [evaluate.by_model(case, model) for case in cases]
    chosen = [evaluate.by_model(case, model, proposed=True) for case in cases]
    planned = [evaluate.by_planner(case) for case in cases]
    rows = {"model alone": alone, "model that sees the planner's choice": chosen, "planner": planned}
    for sure in (0.5, 0.75, 0.95):
        rows[f"planner from {sure}, else model"] = [
            mine if mine.confidence >= sure else other for mine, other in zip(planned, chosen, strict=True)
        ]
    for name, choices in rows.items():
        tools, whole = evaluate.share(cases, choices)
        seconds = sorted(choice.seconds for choice in choices)
        sys.stdout.write(
            f"{name}: tool {tools:.3f}, with arguments {whole:.3f}, "
            f"p50 {seconds[len(seconds) // 2]:.3f} s, p95 {seconds[len(seconds) * 95 // 100]:.3f} s\n"
        )
    if wrong:
        for case, one, other in zip(cases, chosen, planned, strict=True):
            if not one.right(case):
                mark = "both" if not other.right(case) else "model"
                said = [(call.tool, call.arguments) for call in one.calls]
                wanted = list(zip(case.tools, case.arguments, strict=True))
                sys.stdout.write(f"{mark} | {case.message} | wanted {wanted} | got {said}\n")


def main() -> None:
    """Read the command line and run it."""
    parser = argparse.ArgumentParser(prog="python -m bot.llm.teach", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show", help="print examples")
    train = commands.add_parser("train", help="generate data and train an adapter")
    for command in (show, train):
        command.add_argument("--choose", type=int, default=20, help="examples of choosing a tool")
        command.add_argument("--word", type=int, default=20, help="examples of wording a fact")
        command.add_argument("--seed", type=int, default=0)
    show.add_argument("--held-out", action="store_true", help="those of the validation templates")
    train.add_argument("--base", type=Path, required=True, help="folder of the base model")
    train.add_argument("--out", type=Path, required=True, help="folder for the adapter")
    train.add_argument("--minutes", type=float, default=120.0, help="longest wall time")
    train.add_argument("--rank", type=int, default=16)
    train.add_argument("--first-layer", type=int, default=10)
    train.add_argument("--rate", type=float, default=1e-3)
    train.add_argument("--batch", type=int, default=24)
    train.add_argument("--resume", type=Path, help="folder of an adapter of the same shape to go on from")
    train.add_argument("--threads", type=int, default=1)
    average = commands.add_parser(
        "average", help="halve the way from one adapter to what became of it by more training"
    )
    average.add_argument(
        "--of", type=Path, nargs=2, required=True, help="folders of two adapters of one shape"
    )
    average.add_argument("--out", type=Path, required=True, help="folder for their mean")
    validate = commands.add_parser("validate", help="compare ways of choosing on the validation templates")
    validate.add_argument("--base", type=Path, required=True, help="folder of the base model")
    validate.add_argument(
        "--adapter", type=Path, help="folder of the adapter; the shipped one where not given"
    )
    validate.add_argument("--cases", type=int, default=300)
    validate.add_argument("--float32", action="store_true", help="do not quantise")
    validate.add_argument("--wrong", action="store_true", help="print what went wrong")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    if args.command == "show":
        for part in pairs(args.choose, args.word, args.seed, held_out=args.held_out):
            for prompt, target in part:
                sys.stdout.write(f"{prompt}{target}\n\n")
        return
    if args.command == "average":
        from bot.llm.teach.train import average as mean

        mean(args.of, args.out)
        return
    if args.command == "validate":
        validation(args.base, args.adapter, args.cases, eight_bits=not args.float32, wrong=args.wrong)
        return
    import torch

    from bot.llm.teach.train import CONVERTED, Recipe, write_card
    from bot.llm.teach.train import train as run

    torch.set_num_threads(args.threads)
    choose, word = pairs(args.choose, args.word, args.seed, held_out=False)
    checks = dict(zip(("choose", "word"), pairs(CHECKS, CHECKS // 3, 1, held_out=True), strict=True))
    recipe = Recipe(
        rank=args.rank,
        first_layer=args.first_layer,
        rate=args.rate,
        minutes=args.minutes,
        seed=args.seed,
        batch=args.batch,
    )
    facts = {
        "base": args.base.name.removesuffix(CONVERTED),
        "data": version([*choose, *word]),
        "choose": len(choose),
        "word": len(word),
    }
    logging.info("data %s", facts)
    write_card(args.out, facts | run(args.base, [*choose, *word], checks, args.out, recipe, args.resume))


if __name__ == "__main__":
    main()
