"""Who chooses the right tool on the held-out messages: planner, taught model, or both. Prints one table.

    python -P bench/choosing.py                        the shipped adapter
    python -P bench/choosing.py --adapter FOLDER       another one
    python -P bench/choosing.py --wrong                also prints what each got wrong

It reads `tests/heldout/messages.jsonl` as its README says to compare. The messages are for reporting: nothing is ever
chosen by them. Wants both catalogues built.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from bot.assembly import Almanac
from bot.dialogue.agent import TAUGHT_SURE
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.planner import plan
from bot.dialogue.shorthand import calls_of, sheet_of
from bot.dialogue.turn import Asker, Conversation, Message, ToolCall
from bot.history import turns_of_messages
from bot.llm import LlmConfig
from bot.llm.local import model_folder
from bot.llm.taught import TaughtLocal

HELD_OUT = Path(__file__).parent.parent / "tests" / "heldout" / "messages.jsonl"
NOBODY = Asker()
_ITEMS = ("item", "with_item", "liked", "disliked", "without")
_PLACES = ("when", "place", "against")

Way = Callable[[str, Conversation, Lexicon], tuple[ToolCall, ...]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--float32", action="store_true")
    parser.add_argument("--wrong", action="store_true")
    args = parser.parse_args()
    cases = [json.loads(line) for line in HELD_OUT.read_text(encoding="utf-8").splitlines()]
    almanac = Almanac.open()
    lexicons = {name: almanac.catalog(name).lexicon for name in ("movies", "groceries")}
    model = TaughtLocal(_base, LlmConfig(), name="taught", adapter=args.adapter, eight_bits=not args.float32)
    model.warm_up()

    def by_model(message: str, talk: Conversation, lexicon: Lexicon) -> tuple[ToolCall, ...]:
        page = sheet_of(lexicon.link(message), talk, NOBODY, lexicon)
        return calls_of(model.decide(page.prompt, page.grammar), page, lexicon)[0]

    def by_planner(message: str, talk: Conversation, lexicon: Lexicon) -> tuple[ToolCall, ...]:
        return plan(message, lexicon.link(message), talk, NOBODY, lexicon).calls

    def by_both(message: str, talk: Conversation, lexicon: Lexicon) -> tuple[ToolCall, ...]:
        links = lexicon.link(message)
        planned = plan(message, links, talk, NOBODY, lexicon)
        sure = planned.confidence >= TAUGHT_SURE or planned.clarify is not None or links.lang != "en"
        return planned.calls if sure else by_model(message, talk, lexicon)

    ways: dict[str, Way] = {"planner": by_planner, "model": by_model, "both": by_both}
    print(
        "| who chooses | language | messages | tool | tool and arguments | p50 s | p95 s |\n|---|---|---|---|---|---|---|"
    )
    for name, way in ways.items():
        rows = [_asked(case, way, lexicons[case["catalog"]]) for case in cases]
        for lang in ("en", "zh"):
            some = [row for row, case in zip(rows, cases, strict=True) if case["lang"] == lang]
            times = sorted(row[2] for row in some)
            tool, whole = (sum(row[at] for row in some) / len(some) for at in (0, 1))
            print(
                f"| {name} | {lang} | {len(some)} | {100 * tool:.1f} % | {100 * whole:.1f} % "
                f"| {times[len(times) // 2]:.3f} | {times[len(times) * 95 // 100]:.3f} |"
            )
        if args.wrong:
            for row, case in zip(rows, cases, strict=True):
                if not row[1]:
                    print(
                        f"  {name} {case['id']} {case['message']!r}: {case['tool']} {case['arguments']}, got {row[3]}"
                    )


def _base() -> Path:
    from db.assets import fetch

    cache = Path(os.environ.get("ALMANAC_CACHE", Path.home() / ".cache" / "almanac"))
    return model_folder(fetch(LlmConfig().model, cache))


def _asked(case: Mapping[str, Any], way: Way, lexicon: Lexicon) -> tuple[bool, bool, float, list[Any]]:
    history = [Message.model_validate(line) for line in case["history"]]
    talk = Conversation(
        id="c", catalog=case["catalog"], turns=turns_of_messages(history, lexicon, lexicon.titles)
    )
    began = perf_counter()
    calls = way(case["message"], talk, lexicon)
    seconds = perf_counter() - began
    allowed = {case["tool"], *case["also"]} - {None}
    tools = {call.tool for call in calls}
    tool = tools <= allowed and (bool(tools) or case["tool"] is None)
    asked = [call for call in calls if call.tool == case["tool"]]
    whole = tool and (not asked or any(_holds(call.arguments, case, lexicon) for call in asked))
    return tool, whole, seconds, [(call.tool, call.arguments) for call in calls]


def _holds(given: Mapping[str, Any], case: Mapping[str, Any], lexicon: Lexicon) -> bool:
    wanted = dict(case["arguments"])
    swapped = {name: wanted[name] for name in _PLACES if name in wanted}
    rest = {name: value for name, value in wanted.items() if name not in swapped}
    near = 1 if "edges" in case["note"] else 0
    if "against" in swapped:
        mine = {frozenset(_words(given.get(name))) for name in _PLACES if given.get(name)}
        if not {frozenset(_words(value)) for value in swapped.values()} <= mine:
            return False
    elif any(_words(given.get(name)) != _words(value) for name, value in swapped.items()):
        return False
    return all(_same(name, given.get(name), value, lexicon, near) for name, value in rest.items())


def _same(name: str, given: Any, wanted: Any, lexicon: Lexicon, near: int) -> bool:
    if name in _ITEMS:
        return _items(_listed(given), _listed(wanted), lexicon)
    if name == "category":
        return _words(given) == _words(wanted) or str(given) in lexicon.link(str(wanted)).values("category")
    if name in ("year_from", "year_to"):
        return given is not None and abs(int(given) - int(wanted)) <= near
    if name == "query":
        return _words(wanted) <= _words(given)
    if name == "filters":
        return {one.replace(" ", "").lower() for one in _listed(wanted)} == {
            one.replace(" ", "").lower() for one in _listed(given)
        }
    return str(given) == str(wanted)


def _items(given: Sequence[str], wanted: Sequence[str], lexicon: Lexicon) -> bool:
    """Whether the same things are meant: by title, by what the words link to, or (products) by shared words."""
    left = list(given)
    for name in wanted:
        found = next((one for one in left if _meant(one, name, lexicon)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def _meant(item: str, name: str, lexicon: Lexicon) -> bool:
    title = lexicon.titles.get(item, item)
    if _bare(title) == _bare(name):
        return True
    if lexicon.proper:
        return False
    linked = lexicon.link(name)
    ones = [span for span in linked.spans if span.kind == "item"]
    if any(item in (str(span.value), *span.alternatives) for span in ones):
        return True
    return _words(_bare(name)) <= _words(_bare(title)) or _words(_bare(title)) <= _words(_bare(name))


def _bare(title: str) -> str:
    """A title without case, year, other names, article and marks."""
    text = re.sub(r"\s*\([^)]*\)", "", title).lower()
    text = re.sub(r"^(?:the|an?)\s+|,\s*(?:the|an?)$", "", text.strip())
    return " ".join(re.findall(r"[^\W_]+", text))


def _words(value: Any) -> set[str]:
    """Words without a plural ending."""
    return {word.rstrip("s") for word in re.findall(r"[^\W_]+", str(value or "").lower())} - {
        "store",
        "the",
        "and",
    }


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


if __name__ == "__main__":
    main()
