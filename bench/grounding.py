"""Does an answer show anything that the catalogue or the evidence does not hold? A thousand varied turns, three models.

    python -P bench/grounding.py [--turns 1000] [--seed 7] [--say]

The turns are made from the development messages with other items, times, places and people (`tests/grounding_turns.py`),
over both demo catalogues and the made-up café of the questions, in conversations of one to five turns. A reader that
shares no code with the product's own check holds each answer against the stored catalogue and the evidence's figures
(`tests/grounding_check.py`). They are answered by the default model, without a model, and worded by a model that lies
in most sentences, which the product's check must keep out. Neither reader nor check sees a figure of the right fact in
the wrong part of its sentence. Wants both demo catalogues built; it works on a copy of their
database and builds the café there. Writes docs/bench-grounding.md.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the reader and the turns of the tests

from bot.assembly import Almanac
from bot.build import build_catalogs
from bot.loading import load_source, loaded_names
from bot.settings import Settings, load_settings
from tests.grounding_check import KINDS, Reader
from tests.grounding_raw import Raw, read_raw
from tests.grounding_run import Liar, Told, told
from tests.grounding_turns import Mixer

DOC = Path(__file__).parents[1] / "docs" / "bench-grounding.md"
CAFE = Path(__file__).parents[1] / "tests" / "questions" / "shop"
SHARES = {"movies": 0.4, "groceries": 0.4, "shop": 0.2}


@contextmanager
def copied(settings: Settings) -> Iterator[Settings]:
    """Yield settings over a copy of the home's database, the café beside it; turns and verdicts are written there."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name in ("almanac.db", "pseudonyms.key"):
            shutil.copy(settings.home / name, home / name)
        (home / "generations").mkdir()
        for name in ("movies", "groceries"):
            (home / "generations" / name).symlink_to((settings.home / "generations" / name).resolve())
        made = settings.model_copy(update={"home": home})
        if "shop" not in loaded_names(made):
            list(load_source(made, [str(CAFE)], catalog="shop", zone="Europe/London", say=lambda _: None))
        list(build_catalogs(made, "shop", say=lambda _: None))
        yield made


def opened(settings: Settings, **llm: object) -> Almanac:
    """Open Almanac with another language model."""
    return Almanac.open(settings.model_copy(update={"llm": settings.llm.model_copy(update=llm)}))


def liars(
    settings: Settings, raws: dict[str, Raw], seed: int
) -> tuple[dict[str, Liar], Callable[[str], Almanac]]:
    """One liar for each catalogue, and what opens Almanac with it."""
    made = {name: Liar(raw, seed) for name, raw in raws.items()}

    def of(name: str) -> Almanac:
        almanac = opened(settings, backend="scripted", wording="model", choose="planner")
        almanac.__dict__["model"] = made[name].model()
        return almanac

    return made, of


def run(of: Callable[[str], Almanac], raws: dict[str, Raw], turns: int, seed: int) -> list[Told]:
    """Hold all conversations, catalogue by catalogue."""
    heard: list[Told] = []
    mixer = Mixer(raws, seed)
    for name in SHARES:
        almanac = of(name)
        almanac.warm()
        heard += told(almanac, (talk for talk in mixer.talks(turns, SHARES) if talk.catalog == name))
    return heard


def row(label: str, heard: list[Told], readers: dict[str, Reader], *, say: bool) -> str:
    """Read all answers of one model; return its row of the table."""
    found: Counter[str] = Counter()
    for turn in heard:
        for one in readers[turn.catalog].findings(turn.answer, turn.said):
            found[one.kind] += 1
            if say:
                print(f"  {one.kind} {one.span!r} | {turn.ask.message!r} | {one.sentence}")
    sentences = [sentence for turn in heard for sentence in turn.answer["sentences"]]
    by_model = sum(sentence["by"] == "model" for sentence in sentences)
    titles = sum(found[kind] for kind in ("card", "title", "slot", "unnamed", "year"))
    cells = [
        label,
        f"{len(heard):,}",
        f"{len(sentences):,}",
        f"{by_model:,}",
        f"**{titles}**",
        f"**{found['number'] + found['elsewhere']}**",
        f"**{found['cause']}**",
        *_times([turn.first for turn in heard]),
        *_times([turn.total for turn in heard]),
    ]
    assert set(found) <= set(KINDS)
    return f"| {' | '.join(cells)} |"


def _times(seconds: list[float]) -> tuple[str, str]:
    ranked = sorted(seconds)
    return f"{ranked[len(ranked) // 2]:.2f}", f"{ranked[len(ranked) * 95 // 100]:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--say", action="store_true", help="print what was found")
    args = parser.parse_args()
    out = ["# Grounding", "", "Written by `python -P bench/grounding.py`.", ""]
    out += [" ".join((__doc__ or "").split("\n\n")[2].split()), ""]
    with copied(load_settings()) as settings:
        raws = {name: read_raw(settings.home, name) for name in SHARES}
        readers = {name: Reader(raw) for name, raw in raws.items()}
        out += [
            "| model | turns | sentences | worded by the model | titles that are not in the catalogue or the turn "
            "| numbers not in the evidence of their sentence | causes asserted | first text p50 s | p95 s "
            "| whole turn p50 s | p95 s |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        default, bare = opened(settings), opened(settings, backend="none")
        made, lying = liars(settings, raws, args.seed)
        ways: dict[str, Callable[[str], Almanac]] = {
            f"default ({default.model.name if default.model else 'none'})": lambda _: default,
            "none": lambda _: bare,
            "one that lies": lying,
        }
        for label, of in ways.items():
            out.append(row(label, run(of, raws, args.turns, args.seed), readers, say=args.say))
            print(out[-1], flush=True)
        lies = sum(liar.lies for liar in made.values())
        talks = list(Mixer(raws, args.seed).talks(args.turns, SHARES))
    asks = [ask for talk in talks for ask in talk.asks]
    out += [
        "",
        f"{len(talks):,} conversations, {len({ask.message for ask in asks}):,} different messages, "
        f"{sum(ask.injected for ask in asks):,} of them with an order slipped in to name an item that does not exist, a "
        f"number or a cause; seed {args.seed}. The model that lies worded {lies:,} sentences. Times are wall clock.",
    ]
    text = "\n".join(out) + "\n"
    print(text)
    DOC.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
