"""What a language model does for a turn: speed, choosing a tool, wording facts. Prints one table.

    python bench/llm.py                      the default local model
    python bench/llm.py --model FOLDER       any model folder, GGUF file, asset name or hub id
    python bench/llm.py --engine transformers --dtype bfloat16
                                             what runs it: transformers or llamacpp, else what suits the file
    python bench/llm.py --say                also prints what the model worded, to be read aloud

The thirty fact sets are made up here; they are used to look at a model, never to tune one.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from bot.dialogue.ground import Grounder
from bot.dialogue.prompts import choose_prompt, wording_messages, wording_prompt
from bot.dialogue.sentences import split
from bot.dialogue.turn import Evidence, Message
from bot.llm import ChatModel, LlmConfig, ToolSchema
from bot.llm.llama import LlamaModel
from bot.llm.local import LocalModel
from bot.llm.source import engine_of, model_folder, source_of

FILMS = [
    ("Aladdin", 1992, "Animation, Children's, Comedy, Musical", 219, 3.8),
    ("The Lion King", 1994, "Animation, Children's, Musical", 220, 3.8),
    ("Dr. Strangelove", 1963, "Sci-Fi, War", 194, 4.3),
    ("E.T. the Extra-Terrestrial", 1982, "Children's, Drama, Fantasy, Sci-Fi", 300, 3.8),
    ("12 Angry Men", 1957, "Drama", 125, 4.3),
    ("Heat", 1995, "Action, Crime, Thriller", 223, 3.7),
    ("Mr. Holland's Opus", 1995, "Drama", 293, 3.8),
    ("Blade Runner", 1982, "Film-Noir, Sci-Fi", 275, 4.1),
    ("The Princess Bride", 1987, "Action, Adventure, Comedy, Romance", 324, 4.2),
    ("Casablanca", 1942, "Drama, Romance, War", 243, 4.5),
]
PAIRS = [
    ("Tortilla chips", "Salsa and picante sauce", "On Friday evenings", 312, 1204, 25.9, 18.0),
    ("Fluid milk", "Bananas", "On weekend mornings", 2210, 9402, 23.5, 21.1),
    ("Ground coffee", "Coffee creamer", "In winter", 418, 2250, 18.6, 15.2),
    ("Pasta", "Pasta sauce", "On Sundays", 961, 3010, 31.9, 28.4),
    ("Hot dogs", "Hot dog buns", "In July", 702, 1550, 45.3, 30.7),
]
ASKED = (
    ("I loved Toy Story. What next?", "Something good for tonight?", "Which of these should I watch?"),
    ("What sells together on Friday evenings?", "Is that real or just a busy day?", "What goes with it?"),
)
TOOLS = (
    ToolSchema(
        name="search_items",
        description="Find items by words, category and years.",
        parameters={
            "type": "object",
            "properties": {
                "query": {"type": "string"},
                "category": {"enum": ["Comedy", "Drama", "Sci-Fi", "Horror"]},
                "year_from": {"type": "integer"},
            },
            "required": ["query"],
        },
    ),
    ToolSchema(
        name="score_items",
        description="Recommend for a person from what they liked.",
        parameters={
            "type": "object",
            "properties": {"liked": {"type": "array", "items": {"type": "string"}}},
            "required": [],
        },
    ),
    ToolSchema(
        name="lookup_rules",
        description="What goes with, follows, peaks or repeats.",
        parameters={
            "type": "object",
            "properties": {"item": {"type": "string"}, "when": {"type": "string"}},
            "required": ["item"],
        },
    ),
)
CHOICES = (
    ("Find me a space adventure from after 1980", "search_items"),
    ("I loved Toy Story and Aladdin. What next?", "score_items"),
    ("What sells together with tortilla chips on Friday evenings?", "lookup_rules"),
    ("Hello there!", None),
    ("Old black and white comedies please", "search_items"),
    ("Recommend something for me", "score_items"),
    ("When do people buy coffee?", "lookup_rules"),
    ("Thanks, that is all.", None),
)


def fact_sets() -> list[tuple[str, list[Evidence]]]:
    """Fifteen sets of film facts and fifteen of grocery counts, one to three facts each."""
    sets: list[tuple[str, list[Evidence]]] = []
    for turn in range(15):
        films = [FILMS[(turn * 3 + step) % len(FILMS)] for step in range(1 + turn % 3)]
        facts = [
            Evidence(
                id=f"e{place + 1}",
                kind="score",
                items=(name,),
                numbers={"people": n, "mean": mean, "year": year},
                source="bench",
                text=f"{name} ({year}): {kinds}; rated by {n} people, mean rating {mean}.",
            )
            for place, (name, year, kinds, n, mean) in enumerate(films)
        ]
        sets.append((ASKED[0][turn % 3], facts))
    for turn in range(15):
        pairs = [PAIRS[(turn * 2 + step) % len(PAIRS)] for step in range(1 + turn % 3)]
        facts = [
            Evidence(
                id=f"e{place + 1}",
                kind="rule",
                items=(x, y),
                numbers={"n_xy": n_xy, "n_x": n_x, "confidence": here / 100, "outside": there / 100},
                source="bench",
                text=f"{when}, {n_xy:,} of {n_x:,} baskets with {x} also had {y} ({here} %); otherwise {there} %.",
            )
            for place, (x, y, when, n_xy, n_x, here, there) in enumerate(pairs)
        ]
        sets.append((ASKED[1][turn % 3], facts))
    return sets


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=LlmConfig().model)
    parser.add_argument("--engine", default="auto", choices=("auto", "transformers", "llamacpp"))
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--turns", type=int, default=9, help="replies that speed is measured by")
    parser.add_argument("--sets", type=int, default=30, help="fact sets that are worded")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--say", action="store_true")
    args = parser.parse_args()
    config = LlmConfig(
        model=args.model, engine=args.engine, dtype=args.dtype, threads=args.threads, timeout=600
    )
    rows: list[tuple[str, str]] = []
    model = _opened(config)
    rows.append(("load, with imports", f"{_seconds(model.warm_up):.1f} s"))
    rows += _speed(model, args.turns) + _choosing(model) + _wording(model, args.sets, say=args.say)
    print(f"| {model.name} | |\n|---|---|")
    for name, figure in rows:
        print(f"| {name} | {figure} |")


def _opened(config: LlmConfig) -> LocalModel | LlamaModel:
    """Open the model as it comes, without what it was taught."""
    source = source_of(config, _asset)
    if engine_of(config, source) == "llamacpp":
        return LlamaModel(source.gguf_file, config, name=f"{source.name}, llama.cpp")
    return LocalModel(lambda: model_folder(source.find()), config, name=f"{source.name}, transformers")


def _asset(name: str) -> Path:
    from db.assets import fetch

    return fetch(name, Path(os.environ.get("ALMANAC_CACHE", Path.home() / ".cache" / "almanac")))


def _seconds(run: Callable[[], object]) -> float:
    began = perf_counter()
    run()
    return perf_counter() - began


def _speed(model: ChatModel, turns: int) -> list[tuple[str, str]]:
    """Tokens a second, and the first token on a prompt whose beginning is known."""
    facts = fact_sets()[2][1]
    firsts, rates, spent = [], [], []
    for turn in range(turns):
        began = perf_counter()
        stamps = [
            (perf_counter(), process_time())
            for _ in model.stream(
                wording_prompt("en"), wording_messages(f"Question {turn}", facts), max_tokens=40
            )
        ]
        firsts.append(stamps[0][0] - began)
        if len(stamps) > 1:
            rates.append((len(stamps) - 1) / (stamps[-1][0] - stamps[0][0]))
            spent.append((len(stamps) - 1) / (stamps[-1][1] - stamps[0][1]))
    return [
        ("first token, new prompt", f"{firsts[0]:.2f} s"),
        ("first token, prompt kept", f"{median(firsts[1:]):.2f} s"),
        ("tokens a second of processor time", f"{median(spent):.1f}"),
        ("tokens a second, median and all", f"{median(rates):.1f} ({min(rates):.1f} to {max(rates):.1f})"),
    ]


def _choosing(model: ChatModel) -> list[tuple[str, str]]:
    times, right = [], 0
    for text, expected in CHOICES:
        began = perf_counter()
        call = model.choose(choose_prompt(TOOLS), [Message(role="user", content=text)], TOOLS)
        times.append(perf_counter() - began)
        right += (call.tool if call else None) == expected
    return [
        ("choosing a tool, median", f"{median(times):.2f} s"),
        ("tool right", f"{right} of {len(CHOICES)}"),
    ]


def _wording(model: ChatModel, sets: int, *, say: bool) -> list[tuple[str, str]]:
    grounder = Grounder([film[0] for film in FILMS] + [item for pair in PAIRS for item in pair[:2]])
    said = passed = told = facts_all = 0
    times: list[float] = []
    for message, facts in fact_sets()[:: max(1, 30 // sets)]:
        began = perf_counter()
        check = grounder.over(facts)
        known: set[str] = set()
        first = True
        for text in split(
            model.stream(wording_prompt("en"), wording_messages(message, facts), max_tokens=120)
        ):
            if first:
                times.append(perf_counter() - began)
                first = False
            verdict = check.check(text)
            said += 1
            useful = verdict.ok and bool(set(verdict.evidence_ids) - known)
            passed += useful
            known |= set(verdict.evidence_ids) if verdict.ok else set()
            if say:
                problems = ", ".join(f"{p.kind} {p.span!r}" for p in verdict.problems) or (
                    "" if useful else "adds nothing"
                )
                print(f"{'  +' if useful else '  -'} {text}" + (f"   [{problems}]" if problems else ""))
        told += len(known)
        facts_all += len(facts)
        if say:
            print()
    return [
        ("first sentence, median", f"{median(times):.2f} s"),
        ("worded sentences that passed", f"{passed} of {said}"),
        ("facts told by the model itself", f"{told} of {facts_all}"),
    ]


if __name__ == "__main__":
    main()
