"""What Almanac believes of a person, told from their own history: the work behind `show_profile`.

Knows which statements a history supports, each with its counts. It refuses to guess what the log does not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.catalogue import OpenCatalog
from bot.dialogue.turn import Asker
from bot.tools.facts import Notes, counted, listing, percent

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "your history"
LATELY = 20
"""How many latest rows are "lately"."""


def note_profile(notes: Notes, asker: Asker, history_of: Callable[[str], pd.DataFrame], lang: str) -> None:
    """Note what the person's history says: how much, which categories, favourites, what is lately different."""
    catalog = notes.catalog
    words = catalog.mining.wording
    history = history_of(asker.person) if asker.person else None
    if history is None or history.empty:
        notes.note(
            "profile",
            "I know nothing of you yet: say what you like, or rate something."
            if lang == "en"
            else "我还不了解您：请告诉我您喜欢什么，或给某样东西打个分。",
            source=SOURCE,
        )
        return
    items = parents_of(catalog, history)
    rows = float(len(history))
    notes.note(
        "profile",
        f"You {words.verb} {_different(catalog, items.nunique())}, {counted(len(history), 'times')} in all."
        if lang == "en"
        else f"您{words.verb_zh}过 {items.nunique():,} 种，共 {len(history):,} 次。",
        numbers={"rows": rows, "items": float(items.nunique())},
        source=SOURCE,
    )
    _note_categories(notes, items, lang)
    _note_favourites(notes, history, items, lang)


def parents_of(catalog: OpenCatalog, history: pd.DataFrame) -> pd.Series:
    """The items of a history as people talk about them: variants rolled up, unknown ones left out."""
    column = history["parent"] if "parent" in history else history["item"]
    return column[column.isin(catalog.titles.keys())].astype(str)


def _different(catalog: OpenCatalog, n: int) -> str:
    """Say how many: "1 film", "12 different films"."""
    noun = _noun(catalog, "items")
    return counted(n, noun) if n == 1 else f"{n:,} different {noun}"


def _noun(catalog: OpenCatalog, name: str) -> str:
    return str(catalog.info.settings.get(name, name))


def _counts(catalog: OpenCatalog, items: pd.Series) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for item, n in items.value_counts().items():
        for kind in catalog.facts(str(item))["categories"]:
            kinds[kind] += int(n)
    return kinds


def _note_categories(notes: Notes, items: pd.Series, lang: str) -> None:
    catalog = notes.catalog
    total = len(items)
    if not total:
        return
    kinds = _counts(catalog, items)
    top = kinds.most_common(3)
    numbers = {f"n {kind}": float(n) for kind, n in top} | {f"share {kind}": n / total for kind, n in top}
    said = [f"{kind} ({n:,}, {percent(n / total)})" for kind, n in top]
    notes.note(
        "profile",
        f"Most of it is {listing(said)}." if lang == "en" else f"最多的是：{listing(said, '和')}。",
        numbers=numbers,
        source=SOURCE,
    )
    late = items.iloc[-LATELY:]
    if total < 3 * LATELY:
        return
    before, now = _counts(catalog, items.iloc[:-LATELY]), _counts(catalog, late)
    rest = total - LATELY
    gains = {kind: n / LATELY - before[kind] / rest for kind, n in now.items()}
    kind = max(gains, key=lambda name: gains[name])
    if gains[kind] < 0.2:
        return
    share, base = now[kind] / LATELY, before[kind] / rest
    notes.note(
        "profile",
        f"Lately it is more {kind}: {now[kind]} of the last {LATELY} ({percent(share)}), before that {percent(base)}."
        if lang == "en"
        else f"最近{kind}变多了：最近 {LATELY} 次中有 {now[kind]} 次（{percent(share)}），之前是 {percent(base)}。",
        numbers={"n": float(now[kind]), "of": float(LATELY), "share": share, "before": base},
        source=SOURCE,
    )


def _note_favourites(notes: Notes, history: pd.DataFrame, items: pd.Series, lang: str) -> None:
    """What was rated best, or taken most often."""
    catalog = notes.catalog
    rated = history.loc[items.index]
    rated = rated[rated["kind"].isin(["rate"]) & rated["value"].notna()]
    if len(rated):
        best = rated.assign(item=items.loc[rated.index]).sort_values("value", ascending=False, kind="stable")
        head = best.head(3)
        top = list(zip(head["item"].astype(str), head["value"].astype(float), strict=True))
        said = [f"{catalog.titles[item]} ({value:g})" for item, value in top]
        text = (
            f"You rated highest: {listing(said)}."
            if lang == "en"
            else f"您评分最高的是：{listing(said, '和')}。"
        )
    else:
        counts = items.value_counts().head(3)
        top = [(str(item), float(n)) for item, n in counts.items()]
        verb = catalog.mining.wording.verb
        said = [f"{catalog.titles[item]} ({counted(round(n), 'times')})" for item, n in top]
        text = (
            f"You {verb} most often: {listing(said)}."
            if lang == "en"
            else f"最常选的是：{listing(said, '和')}。"
        )
    if top:
        notes.note(
            "profile",
            text,
            items=[item for item, _ in top],
            numbers={f"value {item}": value for item, value in top},
            source=SOURCE,
        )
