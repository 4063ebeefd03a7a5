"""Who chooses the right tool on the held-out messages: planner, taught model, or both. Prints one table.

    python -P bench/choosing.py                        the shipped adapter
    python -P bench/choosing.py --adapter FOLDER       another one
    python -P bench/choosing.py --dev                  the development messages, which may choose (tests/dev_choices)
    python -P bench/choosing.py --dev more             the second set of them
    python -P bench/choosing.py --dev --wrong          also prints what each got wrong
    python -P bench/choosing.py --model qwen2.5-coder-1.5b-instruct --sample 100
                                                       another chat model as it comes, beside them, on a seeded sample

It reads `tests/heldout/messages.jsonl` as its README says to compare. The held-out messages are for reporting: nothing
is ever chosen by them, and they are never printed. Wants both catalogues built.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from bot.assembly import Almanac
from bot.dialogue.agent import SURE
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.lexicon_text import is_chinese
from bot.dialogue.planner import complete, plan
from bot.dialogue.prompts import choose_messages, choose_prompt
from bot.dialogue.shorthand import calls_of, settled, sheet_of
from bot.dialogue.turn import Asker, Conversation, Message, ToolCall
from bot.history import turns_of_messages
from bot.llm import LlmConfig
from bot.llm.local import LocalModel
from bot.llm.source import model_folder
from bot.llm.taught import TaughtLocal

HELD_OUT = Path(__file__).parent.parent / "tests" / "heldout" / "messages.jsonl"
DEV = HELD_OUT.parent.parent / "dev_choices"
NOBODY = Asker()
_ITEMS = ("item", "with_item", "liked", "disliked", "without")
_PLACES = ("when", "place", "against")

Way = Callable[[str, Conversation, Lexicon], tuple[ToolCall, ...]]
Row = tuple[bool, bool, float, list[Any], bool]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--float32", action="store_true")
    parser.add_argument("--dev", nargs="?", const="messages", choices=("messages", "more"))
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--model", help="asset, folder or GGUF file of a chat model that was taught nothing")
    parser.add_argument(
        "--sample", type=int, default=0, help="so many messages of each language, by a fixed seed"
    )
    args = parser.parse_args()
    if args.wrong and not args.dev:
        parser.error("--wrong reads the messages, so it wants --dev")
    source = DEV / f"{args.dev}.jsonl" if args.dev else HELD_OUT
    cases = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    if args.sample:
        cases = _sampled(cases, args.sample)
    almanac = Almanac.open()
    lexicons = {name: almanac.catalog(name).lexicon for name in ("movies", "groceries")}
    model = TaughtLocal(_base, LlmConfig(), name="taught", adapter=args.adapter, eight_bits=not args.float32)
    model.warm_up()

    def by_model(message: str, talk: Conversation, lexicon: Lexicon) -> tuple[ToolCall, ...]:
        page = sheet_of(lexicon.link(message), talk, NOBODY, lexicon)
        return calls_of(model.decide(page.prompt, page.grammar), page, lexicon)[0]

    def by_planner(message: str, talk: Conversation, lexicon: Lexicon) -> tuple[ToolCall, ...]:
        return plan(message, lexicon.link(message), talk, NOBODY, lexicon).calls

    def by_proposal(message: str, talk: Conversation, lexicon: Lexicon) -> tuple[ToolCall, ...]:
        links = lexicon.link(message)
        planned = plan(message, links, talk, NOBODY, lexicon)
        page = sheet_of(links, talk, NOBODY, lexicon, planned)
        return calls_of(model.decide(page.prompt, page.grammar), page, lexicon)[0]

    def by_both(message: str, talk: Conversation, lexicon: Lexicon) -> tuple[ToolCall, ...]:
        links = lexicon.link(message)
        planned = plan(message, links, talk, NOBODY, lexicon)
        sure = settled(planned) or links.lang != "en"
        return planned.calls if sure else by_proposal(message, talk, lexicon)

    ways: dict[str, Way] = {
        "planner": by_planner,
        "model alone": by_model,
        "both, as shipped": by_both,
    }
    if args.model:
        ways |= _untaught(args.model, almanac)
    print(
        "| who chooses | language | messages | tool | tool and arguments | the same to the letter | p50 s | p95 s |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    for name, way in ways.items():
        rows = [_asked(case, way, lexicons[case["catalog"]]) for case in cases]
        _print_rows(name, rows, cases, args.sample)
        if args.wrong:
            for row, case in zip(rows, cases, strict=True):
                if not row[1]:
                    print(
                        f"  {name} {case['id']} {case['message']!r}: {case['tool']} {case['arguments']}, got {row[3]}"
                    )


def _print_rows(name: str, rows: Sequence[Row], cases: Sequence[Mapping[str, Any]], sampled: int) -> None:
    for lang in ("en", "zh"):
        some = [row for row, case in zip(rows, cases, strict=True) if _lang(case) == lang]
        if not some:
            continue
        times = sorted(row[2] for row in some)
        shares = [
            _share(sum(bool(row[at]) for row in some) / len(some), len(some), sampled) for at in (0, 1, 4)
        ]
        print(
            f"| {name} | {lang} | {len(some)} | {' | '.join(shares)} "
            f"| {times[len(times) // 2]:.3f} | {times[len(times) * 95 // 100]:.3f} |"
        )


def _untaught(name: str, almanac: Almanac) -> dict[str, Way]:
    """Return the ways of a model that was taught nothing: alone with the code around it, and where rules are not sure.

    Each message is put to it once.
    """
    model = LocalModel.open(LlmConfig(model=name, timeout=600), _asset)
    model.warm_up()
    kept: dict[tuple[str, str, str], tuple[ToolCall, ...]] = {}

    def alone(message: str, talk: Conversation, lexicon: Lexicon) -> tuple[ToolCall, ...]:
        key = (talk.catalog, message, talk.model_dump_json())
        if key not in kept:
            tools = almanac.tools(talk.catalog)
            chosen = model.choose(choose_prompt(tools), choose_messages(talk, message), tools)
            kept[key] = () if chosen is None else (complete(chosen, lexicon.link(message), talk, lexicon),)
        return kept[key]

    def unsure(message: str, talk: Conversation, lexicon: Lexicon) -> tuple[ToolCall, ...]:
        planned = plan(message, lexicon.link(message), talk, NOBODY, lexicon)
        sure = planned.smalltalk is not None or planned.clarify is not None or planned.confidence >= SURE
        return planned.calls if sure else alone(message, talk, lexicon)

    return {f"{name} as it comes": alone, f"planner, and {name} where that is not sure": unsure}


def _sampled(cases: Sequence[dict[str, Any]], n: int) -> list[dict[str, Any]]:
    """Return `n` cases of each language, the same at every run, in their order."""
    chosen: set[int] = set()
    for lang in ("en", "zh"):
        places = [at for at, case in enumerate(cases) if _lang(case) == lang]
        chosen.update(Random(7).sample(places, min(n, len(places))))
    return [case for at, case in enumerate(cases) if at in chosen]


def _share(share: float, n: int, sampled: int) -> str:
    """A share in percent; of a sample with its standard error, sqrt(p (1 - p) / n)."""
    error = f" ± {100 * math.sqrt(share * (1 - share) / n):.1f}" if sampled else ""
    return f"{100 * share:.1f}{error} %"


def _asset(name: str) -> Path:
    from db.assets import fetch

    return fetch(name, Path(os.environ.get("ALMANAC_CACHE", Path.home() / ".cache" / "almanac")))


def _base() -> Path:
    return model_folder(_asset(LlmConfig().model))


def _lang(case: Mapping[str, Any]) -> str:
    return str(case.get("lang") or ("zh" if is_chinese(case["message"]) else "en"))


def _asked(case: Mapping[str, Any], way: Way, lexicon: Lexicon) -> Row:
    """Return whether the tool is right, and the arguments; seconds, calls, and the arguments held to the letter."""
    history = [Message.model_validate(line) for line in case["history"]]
    talk = Conversation(
        id="c", catalog=case["catalog"], turns=turns_of_messages(history, lexicon, lexicon.titles)
    )
    began = perf_counter()
    calls = way(case["message"], talk, lexicon)
    seconds = perf_counter() - began
    allowed = {case["tool"], *case.get("also", ())} - {None}
    tools = {call.tool for call in calls}
    tool = tools <= allowed and (bool(tools) or case["tool"] is None)
    asked = [call for call in calls if call.tool == case["tool"]]
    whole, letter = (
        tool and (not asked or any(_holds(call.arguments, case, lexicon, loose=loose) for call in asked))
        for loose in (True, False)
    )
    return tool, whole, seconds, [(call.tool, call.arguments) for call in calls], letter


def _holds(given: Mapping[str, Any], case: Mapping[str, Any], lexicon: Lexicon, *, loose: bool) -> bool:
    wanted = dict(case["arguments"])
    swapped = {name: wanted[name] for name in _PLACES if name in wanted}
    rest = {name: value for name, value in wanted.items() if name not in swapped}
    near = 1 if "edges" in case.get("note", "") else 0
    if loose:
        given = _loosened(given, rest, lexicon)
    if "against" in swapped:
        mine = [given[name] for name in _PLACES if given.get(name)]
        if not all(any(_same_slice(one, value, lexicon) for one in mine) for value in swapped.values()):
            return False
    elif any(not _same_slice(given.get(name), value, lexicon) for name, value in swapped.items()):
        return False
    return all(_same(name, given.get(name), value, lexicon, near) for name, value in rest.items())


def _loosened(given: Mapping[str, Any], wanted: Mapping[str, Any], lexicon: Lexicon) -> dict[str, Any]:
    """Give the same wish in its other form.

    A category may stand as a filter and not in the query; "all coffee" may be the category of that name and not an
    item (README: "a product type or its parent").
    """
    given = dict(given)
    category = given.get("category")
    if "query" in wanted and ("category" in given or "filters" in given):
        filters = " ".join(_listed(given.get("filters"))).replace("=", " ")
        given["query"] = f"{given.get('query', '')} {category or ''} {filters}"
    if category and "category" not in wanted and not lexicon.proper:
        held = set(lexicon.link(str(wanted.get("item", ""))).values("category"))
        if (
            "item" not in given
            and wanted.get("item")
            and (_near(category, wanted["item"]) or category in held)
        ):
            given["item"] = category
    pair = ("item", "with_item")
    if all(name in wanted and name in given for name in pair) and given.get("kind", "together") == "together":
        sides = [given[name] for name in pair]
        if not _items(_listed(sides[0]), _listed(wanted["item"]), lexicon):
            given |= dict(zip(pair, reversed(sides), strict=True))  # a pair has no order
    return given


def _near(category: str, name: Any) -> bool:
    mine, other = _words(category), {word for one in _listed(name) for word in _words(one)}
    return mine <= other or other <= mine


def _same_slice(given: Any, wanted: Any, lexicon: Lexicon) -> bool:
    """Whether a time or place is the same; a place's id, its name and what its people are called are one."""
    if _moments(given) == _moments(wanted):
        return True
    mine, other = (set(lexicon.link(str(one)).values("place")) for one in (given, wanted))
    return bool(given) and (str(given) in other or bool(mine and mine == other))


def _moments(value: Any) -> set[str]:
    return {"evening" if word == "tonight" else word for word in _words(value)}


def _same(name: str, given: Any, wanted: Any, lexicon: Lexicon, near: int) -> bool:
    if name in _ITEMS:
        return _items(_listed(given), _listed(wanted), lexicon)
    if name == "category":
        return _words(given) == _words(wanted) or str(given) in lexicon.link(str(wanted)).values("category")
    if name in ("year_from", "year_to"):
        return given is not None and abs(int(given) - int(wanted)) <= near
    if name == "query":
        return _stems(wanted) <= _stems(given)
    if name == "filters":
        return {one.replace(" ", "").lower() for one in _listed(wanted)} == {
            one.replace(" ", "").lower() for one in _listed(given)
        }
    return str(given) == str(wanted)


def _stems(value: Any) -> set[str]:
    """Words of a query without their endings: "comedies" and "comedy", "romantic" and "Romance"."""
    return {re.sub(r"(?:ies|y|ic|tic|ce|e)$", "", word) for word in _words(value)} - {""}


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
    text = re.sub(
        r"^(?:the|an?|das|der|die|la|le|les|il|el)\s+|,\s*(?:the|an?|das|der|die|la|le|les|il|el)$",
        "",
        text.strip(),
    )
    return " ".join(re.findall(r"[^\W_]+", text))


def _words(value: Any) -> set[str]:
    """Words without a plural ending."""
    found = {word.rstrip("s") for word in re.findall(r"[^\W_]+", str(value or "").lower())}
    return found - {"", "store", "the", "and"}


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


if __name__ == "__main__":
    main()
