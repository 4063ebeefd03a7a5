"""How well the ranker of a catalogue ranks: fitted on a part of its log, asked about the rest.

Knows which protocol suits which catalogue and what the ranker is handed. The cuts, metrics and errors are
`retrieval`'s; it refuses to know them. Nothing is written: the current generation stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

import pandas as pd

from bot.build import REPEATS, loaded_catalogs, repeat_share, rolled_up, with_counts
from bot.errors import NotReady, SettingsError
from bot.fitting import fit
from bot.presets import mining_config, rank_config
from bot.settings import Settings
from db.engine import open_engine, reading
from db.queries import interaction_frame, item_frame, people_frame
from db.values import Catalog
from retrieval.ablation import parts_of, silenced
from retrieval.baselines import simple_methods
from retrieval.evaluate import Estimate, Report, report
from retrieval.protocols import PROTOCOLS, tasks_of

Say = Callable[[str], None]
Window = Literal["validation", "test"]
OWN: dict[str, tuple[str, ...]] = {"movies": ("P1", "P2"), "groceries": ("P3",)}
"""The protocols of the built-in catalogues; any other is asked for each person's last choice and split by time."""
GENERAL = ("last", "time")


@dataclass(frozen=True)
class Evaluation:
    """One task of a protocol, answered by Almanac and by the simple methods beside it."""

    catalog: str
    protocol: str
    window: Window
    fit_seconds: float
    almanac: Report
    simple: dict[str, Report]


@dataclass(frozen=True)
class _Frames:
    """What a ranker learns from."""

    catalog: Catalog
    interactions: pd.DataFrame
    items: pd.DataFrame
    people: pd.DataFrame


def evaluate(
    settings: Settings,
    name: str | None = None,
    *,
    protocols: Sequence[str] = (),
    test: bool = False,
    ablate: bool = True,
    say: Say,
) -> Iterator[Evaluation]:
    """Evaluate one catalogue, or all that are loaded, on its validation windows.

    Args:
        settings: Where the database is, and the settings that are evaluated.
        name: The catalogue; None for all.
        protocols: Names of `retrieval.protocols.PROTOCOLS` or of one task ("P3new"); empty takes those that suit it.
        test: Ask about the test windows. Only for figures that are reported: what is tuned is tuned on validation.
        ablate: Whether each part of the blend is silenced in turn.
        say: Hears what happens.

    Raises:
        NotReady: nothing is loaded, or the catalogue has no interactions.
        SettingsError: there is no such protocol.
        UnknownCatalog: there is no such catalogue.
    """
    wanted = {one: _protocol_of(one) for one in protocols}
    engine = open_engine(settings.db, settings.home)
    for catalog in loaded_catalogs(engine, name):
        with reading(engine) as session:
            frames = _Frames(
                catalog,
                interaction_frame(catalog, session=session),
                item_frame(catalog, session=session),
                people_frame(catalog, session=session),
            )
        if frames.interactions.empty:
            raise NotReady(f"catalogue {catalog.name!r} holds no interactions yet: load some first")
        for protocol in dict.fromkeys(wanted.values()) or OWN.get(catalog.name, GENERAL):
            only = {one for one, of in wanted.items() if of == protocol and one != protocol}
            yield from _measured(settings, frames, protocol, only, test=test, ablate=ablate, say=say)


def _protocol_of(name: str) -> str:
    """Return the protocol of a protocol's or a task's name."""
    for protocol, tasks in PROTOCOLS.items():
        if name == protocol or name in tasks:
            return protocol
    known = dict.fromkeys(one for protocol, tasks in PROTOCOLS.items() for one in (protocol, *tasks))
    raise SettingsError(f"--protocol {name!r} is not known; the protocols are: {', '.join(known)}")


def _measured(
    settings: Settings,
    frames: _Frames,
    protocol: str,
    only: set[str],
    *,
    test: bool,
    ablate: bool,
    say: Say,
) -> Iterator[Evaluation]:
    """Fit once for the tasks of a protocol, which learn from the same rows, and measure each."""
    window: Window = "test" if test else "validation"
    products = protocol == "P3"
    rows, items = _products(frames) if products else _shown(frames)
    repeats = repeat_share(rows) > REPEATS
    _check(frames.catalog, protocol, rows)
    tasks = [
        task
        for task in tasks_of(protocol, rows, validation=not test, repeats=repeats)
        if not only or task.name.split()[0] in only
    ]
    for task in tasks:
        if not task.people:
            raise NotReady(f"{task.name} of {frames.catalog.name!r} has nobody to ask: the log is too short")
    say(f"{frames.catalog.name}: fitting for {protocol} ({window} window) ...")
    began = perf_counter()
    train = tasks[0].train
    level = {"level": "item"} if products else {}
    ranker = fit(
        train,
        items[items["item"].isin(train["item"].unique())],
        frames.people,
        mining=mining_config(settings, frames.catalog).model_copy(update=level),
        ranking=rank_config(settings, frames.catalog),
    )
    seconds = perf_counter() - began
    for task in tasks:
        say(f"{frames.catalog.name}: asking {len(task.people):,} people for {task.name} ...")
        without = {part: silenced(ranker, part) for part in parts_of(ranker)} if ablate else {}
        yield Evaluation(
            catalog=frames.catalog.name,
            protocol=task.name.split()[0],
            window=window,
            fit_seconds=round(seconds, 2),
            almanac=report(ranker, task, without=without),
            simple={name: report(method, task) for name, method in simple_methods(task)},
        )


def _check(catalog: Catalog, protocol: str, rows: pd.DataFrame) -> None:
    """Refuse a protocol that the log cannot feed."""
    if rows["at"].isna().all():
        raise NotReady(f"catalogue {catalog.name!r} has no times: what comes later cannot be held out")
    if protocol == "P3" and ("basket" not in rows or rows["basket"].isna().all()):
        raise SettingsError(f"P3 needs baskets, and catalogue {catalog.name!r} has none; try last or time")


def _shown(frames: _Frames) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what a build ranks: variants rolled up to their parents."""
    rolled = rolled_up(frames.interactions, frames.items)
    return rolled, with_counts(frames.items, rolled).drop(columns=["n", "people", "mean"])


def _products(frames: _Frames) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the level of products: each variant for itself, of the kind that its parent is."""
    items = frames.items
    parent = items["parent"] if "parent" in items else pd.Series(None, index=items.index, dtype=object)
    kind = parent.where(parent.notna(), items["category"])
    return frames.interactions, pd.DataFrame({"item": items["item"], "category": kind})


def evaluation_lines(one: Evaluation) -> list[str]:
    """Tell an evaluation as lines for people."""
    mine = one.almanac
    lines = [
        f"{one.catalog}, {mine.task}: {mine.people:,} people asked, {mine.left_out:,} without a history; "
        f"fit {one.fit_seconds:.0f} s, {mine.seconds * 1000:.1f} ms a person",
        f"{'':24}" + "".join(f"{name:>12}" for name in _SHOWN),
    ]
    for name, told in (*one.simple.items(), ("Almanac", mine)):
        lines.append(f"{name:24}" + "".join(f"{told.metrics[metric].mean:12.4f}" for metric in _SHOWN))
    low = mine.metrics["ndcg@10"]
    lines.append(
        f"NDCG@10 {_with_error(low)}, 95 % of {low.people:,} people resampled: {low.low:.4f} to {low.high:.4f}"
    )
    lines.append(", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in mine.lists.items()))
    if mine.without:
        lines.append("NDCG@10 that each part adds (paired standard errors):")
        ranked = sorted(mine.without.items(), key=lambda part: -part[1].mean)
        lines += [f"  {name:22}{lost.mean:+.4f}  ({errors(lost):+.1f})" for name, lost in ranked]
    return lines


_SHOWN = ("ndcg@10", "hit@10", "recall@10", "mrr@10", "ndcg@20", "recall@20")


def errors(value: Estimate) -> float:
    """Return how many standard errors a mean is from 0; 0 where all differences are equal."""
    return value.mean / value.error if value.error else 0.0


def _with_error(value: Estimate) -> str:
    return f"{value.mean:.4f} ± {value.error:.4f}"
