"""Picks for a person and why: the work behind `score_items`, `explain_item`, `item_details` and `rate_item`.

Knows how a wish becomes a call of the ranker and how each pick gets its evidence: the parts of its score, the liked
item that carries it most, and the exact count of people who chose both. It refuses to rank by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.catalogue import OpenCatalog
from bot.dialogue.turn import Asker, ToolResult, Verdict
from bot.surroundings import PLACE
from bot.tools import resolve
from bot.tools.facts import Notes, describe, listing, titled

if TYPE_CHECKING:
    from bot.tools.toolbox import Toolbox
    from retrieval.explanation import Explanation

MODEL = "recommender"


@dataclass(frozen=True)
class Wish:
    """What picks are asked for, every name resolved."""

    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    category: str | None = None
    year_from: int | None = None
    year_to: int | None = None
    filters: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    place: str | None = None
    k: int = 5


def _split(items: Sequence[str]) -> tuple[list[str], list[str]]:
    """Separate item ids from "category:NAME" keys."""
    return [i for i in items if not i.startswith("category:")], [
        i for i in items if i.startswith("category:")
    ]


def question(box: Toolbox, asker: Asker) -> dict[str, Any]:
    """What the ranker is told of the asker: history, instant, place, cart, context words."""
    catalog = box.catalog
    place = resolve.place_ids(catalog, asker.place) if asker.place else None
    known = [item for item in asker.cart if item in catalog.titles]
    [words] = catalog.surroundings.words([box.now], [place if isinstance(place, str) else None])
    return {
        "person": asker.person,
        "history": box.history(asker.person) if asker.person else None,
        "cart": known,
        "at": box.now,
        "place": place if isinstance(place, str) else None,
        "context": words,
    }


def recommend(box: Toolbox, wish: Wish) -> ToolResult:
    """Rank the catalogue for a wish and note why each pick is there."""
    catalog = box.catalog
    notes = Notes(catalog, box.first)
    asker = box.asker.model_copy(update={"place": wish.place})
    asked = question(box, asker)
    if wish.context:
        here = [word for word in asked["context"] if word.startswith(PLACE)]
        asked["context"] = (*wish.context, *here)
    liked, liked_kinds = _split(wish.liked)
    disliked, disliked_kinds = _split(wish.disliked)
    allowed = _allowed(catalog, wish, liked_kinds, disliked_kinds)
    told = bool(liked or asked["cart"] or (asked["history"] is not None and len(asked["history"])))
    # Of someone who has said only what they do not like, nothing is known but that: it is left out, and no taste
    # is read into it.
    asked |= {"liked": liked, "disliked": disliked if told else [], "allowed": allowed}
    exclude_seen = not catalog.generation.info.get("repeats", False)
    found = catalog.recommender.score(
        **asked, k=wish.k, exclude=[*liked, *disliked], exclude_seen=exclude_seen
    )
    for candidate in found:
        notes.candidate(candidate)
        why = catalog.recommender.explain(candidate.item, **asked, exclude_seen=exclude_seen)
        _note_pick(notes, box, candidate.item, why, named=liked, context=wish.context)
    if not found:
        note_nothing(notes, wish.category, wish.year_from, wish.year_to, wish.filters)
    return notes.result()


def _allowed(
    catalog: OpenCatalog, wish: Wish, liked: Sequence[str], disliked: Sequence[str]
) -> list[str] | None:
    """The ids that pass the filters of a wish, None where there is no filter."""
    category = wish.category or (liked[0].removeprefix("category:") if liked else None)
    if not (category or wish.year_from or wish.year_to or wish.filters or disliked):
        return None
    mask = catalog.search.mask(
        category=category, year_from=wish.year_from, year_to=wish.year_to, filters=wish.filters
    )
    for kind in disliked:
        mask = mask & ~catalog.search.mask(category=kind.removeprefix("category:"))
    return [item for item, kept in zip(catalog.search.ids, mask, strict=True) if kept]


def _note_pick(
    notes: Notes,
    box: Toolbox,
    item: str,
    why: Explanation,
    *,
    named: Sequence[str],
    context: tuple[str, ...],
) -> None:
    """One fact about the pick and, where something carries it, the exact count that shows how."""
    catalog = box.catalog
    text, numbers = describe(catalog, item, box.lang)
    behind = [b for b, share in why.because if share > 0 and b in catalog.titles and b != item]
    behind = [b for b in behind if b in named] or behind
    numbers |= {f"part {name}": value for name, value in why.parts.items()}
    notes.note("score", text, items=[item], numbers=numbers, source=MODEL)
    book, words = catalog.rules, catalog.mining.wording
    if not book.index.has(item):  # new in the catalogue: no basket can speak for it
        return
    behind = [b for b in behind if book.index.has(b)]
    if behind:
        count = book.count((behind[0],), (item,))
        notes.note(
            "rule",
            count.sentence(book.names(), box.lang, wording=words),
            items=[behind[0], item],
            numbers=count.numbers(),
            source="counted in the basket index",
        )
    elif context:
        from mining.count import Slice

        count = book.count((item,), (), Slice(context=context))
        notes.note(
            "rule",
            count.sentence(book.names(), box.lang, wording=words),
            items=[item],
            numbers=count.numbers(),
            source="counted in the basket index",
        )


def explain(box: Toolbox, item: str, without: Sequence[str]) -> ToolResult:
    """Say what a score is the sum of, what carries it, and what it would be without some items."""
    catalog = box.catalog
    notes = Notes(catalog, box.first)
    asked = question(box, box.asker)
    repeats = catalog.generation.info.get("repeats", False)
    why = catalog.recommender.explain(
        item,
        **asked,
        liked=_split(box.situation.liked)[0],
        disliked=_split(box.situation.disliked)[0],
        exclude_seen=not repeats,
        without=_split(without)[0],
    )
    notes.item(item, why.score, why.parts)
    title = titled(catalog.facts(item))
    zh = box.lang == "zh"
    numbers = {"score": why.score, "rank": float(why.rank)} | {f"part {n}": v for n, v in why.parts.items()}
    groups = _groups(why.parts)
    numbers |= {f"from {name}": value for name, value in groups.items()}
    notes.note("score", _ranked(title, why, groups, zh=zh), items=[item], numbers=numbers, source=MODEL)
    behind = [(b, share) for b, share in why.because if share > 0 and b in catalog.titles][:3]
    if behind:
        names = listing([f"{catalog.titles[b]} ({share:.1f})" for b, share in behind], "和" if zh else "and")
        notes.note(
            "score",
            f"其中贡献最大的是：{names}。"
            if zh
            else f"Of your own, {names} count{'s' if len(behind) == 1 else ''} most.",
            items=[item, *(b for b, _ in behind)],
            numbers={f"from {b}": share for b, share in behind},
            source=MODEL,
        )
        first = behind[0][0]
        if catalog.rules.index.has(first) and catalog.rules.index.has(item):
            count = catalog.rules.count((first,), (item,))
            notes.note(
                "rule",
                count.sentence(catalog.rules.names(), box.lang, wording=catalog.mining.wording),
                items=[first, item],
                numbers=count.numbers(),
                source="counted in the basket index",
            )
    if without and why.score_without is not None:
        _note_without(notes, title, item, without, why, zh=zh)
    details, facts = describe(catalog, item, box.lang)
    notes.note("item", details, items=[item], numbers=facts, source="catalogue")
    return notes.result()


def _note_without(
    notes: Notes, title: str, item: str, without: Sequence[str], why: Explanation, *, zh: bool
) -> None:
    """Say where the item would stand without some items, and whether it would still be suggested."""
    left_out = listing([notes.catalog.titles.get(b, b) for b in without], "和" if zh else "or")
    before, after = why.rank, why.rank_without or 0
    score, left = why.score, why.score_without or 0.0
    still = 0 < after <= SUGGESTED
    if zh:
        text = f"如果没有{left_out}，《{title}》的得分由 {score:.1f} 变为 {left:.1f}，排名由第 {before:,} 变为第 {after:,}。"
    elif after == before:
        beyond = "" if still else f", beyond the {SUGGESTED} that I suggest"
        text = f"Without {left_out}, {title} would still be number {after:,}{beyond}, with a score of {left:.1f} instead of {score:.1f}."
    elif still:
        text = f"Without {left_out}, {title} would be number {after:,} instead of {before:,}, with a score of {left:.1f} instead of {score:.1f}."
    else:
        text = (
            f"Without {left_out}, {title} would move from number {before:,} to {after:,}, beyond the {SUGGESTED} that I "
            f"suggest; its score would be {left:.1f} instead of {score:.1f}."
        )
    numbers = {
        "score": score, "score_without": left, "rank": before, "rank_without": after, "suggested": SUGGESTED,
        "holds": float(still),
    }  # fmt: skip
    notes.note("score", text, items=[item, *without], numbers=numbers, source=f"{MODEL}, recomputed")


SUGGESTED = 5
"""An item that ranks lower would not be suggested: the tools' own number of results."""
_GROUPS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "alike": (
        "people who chose the same",
        "选择相同的人",
        ("ease", "broad", "walk", "similar", "guided", "people", "taste"),
    ),
    "close": ("what is chosen close in time", "时间相近的选择", ("near", "beside")),
    "order": ("the order of your choices", "您选择的先后", ("deep",)),
    "popular": ("popularity", "热门程度", ("popular", "popularity", "trend")),
    "again": ("your own habit", "您的习惯", ("again",)),
    "kind": ("its kind and its words", "类别和文字", ("kind", "content")),
    "you": ("people like you", "与您相似的人", ("traits",)),
    "situation": ("time and place", "时间和地点", ("place", "context")),
    "rules": ("rules that fire now", "此刻生效的规则", ("rules",)),
}
"""What parts of a score are for people: in English, in Chinese, and the parts that belong there."""
_REASONS_SAID = 3


def _groups(parts: Mapping[str, float]) -> dict[str, float]:
    """Sum the parts of a score by what they are for people, largest first; the sum stays the score."""
    named = {part: group for group, (_, _, members) in _GROUPS.items() for part in members}
    sums: dict[str, float] = {}
    for part, value in parts.items():
        group = named.get(part.removesuffix("_window").removesuffix("_visit"), part)
        sums[group] = sums.get(group, 0.0) + value
    return dict(sorted(sums.items(), key=lambda one: -abs(one[1])))


def _ranked(title: str, why: Explanation, groups: Mapping[str, float], *, zh: bool) -> str:
    """Say where an item stands, and the reasons that weigh most."""
    told = [(name, value) for name, value in groups.items() if abs(value) >= 0.05][:_REASONS_SAID]
    said = [_reason(name, value, zh=zh) for name, value in told]
    if zh:
        rank = f"排名第 {why.rank:,}，" if why.rank else ""
        return f"《{title}》{rank}得分 {why.score:.1f}：{listing(said, '和') or '没有依据'}。"
    stands = (
        f"{title} is number {why.rank:,} for you"
        if why.rank
        else f"{title} is not among what I may suggest now"
    )
    if not said:
        return f"{stands}, with a score of {why.score:.1f}: nothing speaks for it yet."
    return f"{stands}, with a score of {why.score:.1f}: {listing(said)}."


def _reason(group: str, value: float, *, zh: bool) -> str:
    english, chinese, _ = _GROUPS.get(group, (group.replace("_", " "), group, ()))
    return f"{chinese} {value:.1f}" if zh else f"{value:.1f} from {english}"


def note_details(notes: Notes, item: str, lang: str) -> None:
    """Note all facts of an item: what it is, how it was received, its attributes, when it is strongest."""
    catalog = notes.catalog
    text, numbers = describe(catalog, item, lang)
    notes.item(item, 1.0, {})
    notes.note("item", text, items=[item], numbers=numbers, source="catalogue")
    facts = catalog.facts(item)
    for name, value in list(facts["attributes"].items())[:6]:
        said = f"{name.replace('_', ' ').capitalize()} of {facts['title']}: {value}."
        numeric = (
            {name: float(value)} if isinstance(value, int | float) and not isinstance(value, bool) else {}
        )
        notes.note("item", said, items=[item], numbers=numeric, source="catalogue")
    book = catalog.rules
    if book.index.has(item):
        count = book.count((item,))
        sentence = count.sentence(book.names(), lang, wording=catalog.mining.wording)
        notes.note(
            "count", sentence, items=[item], numbers=count.numbers(), source="counted in the basket index"
        )


def note_verdict(notes: Notes, item: str, verdict: Verdict, lang: str) -> None:
    """Note that a verdict was stored."""
    title = titled(notes.catalog.facts(item))
    english = {
        "like": "you like",
        "dislike": "you do not like",
        "seen": "you have seen",
        "bought": "you bought",
    }
    chinese = {"like": "喜欢", "dislike": "不喜欢", "seen": "看过", "bought": "买过"}
    text = (
        f"已记下：您{chinese[verdict]}《{title}》，下一次推荐就会生效。"
        if lang == "zh"
        else f"Noted that {english[verdict]} {title}; it counts from the next answer on."
    )
    notes.item(item, 1.0, {})
    notes.note("verdict", text, items=[item], source="your verdict")


def note_nothing(
    notes: Notes,
    category: str | None,
    year_from: int | None,
    year_to: int | None,
    filters: Sequence[str] | None,
) -> None:
    """Note that nothing fits, with the one condition whose removal lets most items through."""
    search = notes.catalog.search
    given: dict[str, Any] = {
        "category": category, "year_from": year_from, "year_to": year_to, "filters": tuple(filters or ()),
    }  # fmt: skip
    best: tuple[int, str] | None = None
    for name, value in given.items():
        if not value:
            continue
        rest = given | {name: () if name == "filters" else None}
        n = int(search.mask(**rest).sum())
        if n and (best is None or n > best[0]):
            best = (n, f"{name.replace('_', ' ')} {listing(value) if isinstance(value, tuple) else value}")
    numbers = {"n": float(best[0])} if best else {}
    numbers |= {n: float(v) for n, v in (("year_from", year_from), ("year_to", year_to)) if v}
    hint = f" Without {best[1]} there are {best[0]:,}." if best else ""
    notes.note("notice", f"Nothing fits all of that.{hint}", numbers=numbers, source="catalogue")
