"""Which mined rules are the best in what was asked: strongest, most surprising, most useful, of a slice.

Knows a meaning for each of these words, and says it. It refuses to rank what did not pass the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.tools.rule_notes import BOOK, INDEX, Question, RuleNotes
from mining.columns import CATEGORY_PREFIX
from mining.count import Count
from mining.rule import AnyRule, NextRule, Rule

_POOL = 5_000
"""Rules that are weighed for another order than the book's own."""


def mined(notes: RuleNotes, question: Question) -> None:
    """Note the best mined rules of a kind, an item, a category or a slice, by the measure that was asked for."""
    measure = next((one for one in ("surprising", "useful", "strongest") if one in notes.aspects), "")
    kind: Any = question.kind
    if measure and kind == "any":
        kind = "together"
    rules = notes.book.lookup(
        with_items=question.with_items,
        items=question.items,
        category=question.category,
        where=question.where,
        kind=kind,
        k=_POOL if measure in ("surprising", "useful") else 2 * question.k,
    )
    if measure == "surprising":
        kinds = dict(zip(notes.catalog.items["item"], notes.catalog.items["category"], strict=True))
        rules = sorted((one for one in rules if _apart(kinds, one)), key=lambda one: -_lift_low(one))
    elif measure == "useful":
        rules = sorted(rules, key=lambda one: -_extra(one))
    for rule in _distinct(notes, rules, question.k):
        _say(notes, rule, measure)
    if not rules and question.where.is_everything:
        notes.cannot_tell(
            "No rule passed the tests for that: what is there could be chance.",
            "没有通过检验的规则：看到的差别可能只是偶然。",
        )
    elif not rules:
        notes.cannot_tell(
            "Nothing there passed the tests as different from elsewhere; this is what it holds most.",
            "与别处相比没有通过检验的差异；以下是最常见的。",
        )
        _most(notes, question)
    elif measure:
        _meaning(notes, measure)


def _distinct(notes: RuleNotes, rules: list[AnyRule], k: int) -> list[AnyRule]:
    """Return the first rules whose counts and names differ: a category says nothing beside a product of its name."""
    chosen: dict[tuple[object, ...], AnyRule] = {}
    said: set[tuple[object, ...]] = set()
    for rule in rules:
        counts = (
            (rule.count.n, rule.count.n_x, rule.count.n_y, rule.count.n_xy)
            if isinstance(rule, Rule)
            else rule.id
        )
        names = _named(notes, rule)
        if names in said:
            continue
        said.add(names)
        chosen.setdefault((rule.kind, rule.context, rule.place, counts), rule)
        if len(chosen) == k:
            break
    return list(chosen.values())


def _named(notes: RuleNotes, rule: AnyRule) -> tuple[object, ...]:
    """What a rule speaks of, in words."""
    sides = (rule.antecedent, rule.consequent)
    words = (tuple(sorted(notes.name((key,)).casefold() for key in side)) for side in sides)
    return (rule.kind, rule.context, rule.place, *words)


def _say(notes: RuleNotes, rule: AnyRule, measure: str) -> None:
    more: dict[str, float] = {}
    if measure == "useful" and isinstance(rule, Rule | NextRule):
        more["extra"] = _extra(rule)
    if measure == "surprising":
        more["lift_low"] = _lift_low(rule)
    notes.say(rule.kind, rule, BOOK, more=more)
    if isinstance(rule, Rule | NextRule):
        notes.propose(rule.count if isinstance(rule, Rule) else rule)


def _meaning(notes: RuleNotes, measure: str) -> None:
    """Say what the word means here."""
    people, baskets = notes.words.people, notes.words.baskets
    english = {
        "strongest": f"Strongest means here: among {baskets} of like size the two belong together most, by the lower "
        f"end of the odds ratio with each of the {people} counted once.",
        "surprising": f"Surprising means here: two things of different categories, and the highest lift that is left "
        f"when each of the {people} counts once.",
        "useful": f"Useful means here: the most {baskets} with both beyond what chance would give.",
    }[measure]
    chinese = {
        "strongest": "“最强”指：在大小相近的购物篮中，两者的优势比下限最高。",
        "surprising": "“最意外”指：类别不同、且按人计算后提升度下限最高。",
        "useful": "“最有用”指：比偶然多出的次数最多。",
    }[measure]
    notes.tell("meaning", english, chinese, source=BOOK)


def _apart(kinds: Mapping[str, object], rule: AnyRule) -> bool:
    """Tell whether the two sides of a rule share no category."""
    if not isinstance(rule, Rule | NextRule) or not rule.antecedent:
        return False
    first, second = (
        {name for key in keys for name in _categories(kinds, key)}
        for keys in (rule.antecedent, rule.consequent)
    )
    return not first & second


def _categories(kinds: Mapping[str, object], key: str) -> list[str]:
    return str(kinds.get(key, key.removeprefix("category:")) or "").split("|")


def _lift_low(rule: AnyRule) -> float:
    return (
        rule.count.lift_low
        if isinstance(rule, Rule)
        else getattr(rule, "lift", 0.0)
        if isinstance(rule, NextRule)
        else 0.0
    )


def _extra(rule: AnyRule) -> float:
    """Baskets with both beyond what chance would give: n_xy - n_x n_y / n."""
    if isinstance(rule, Rule):
        return rule.count.n_xy - rule.count.n_x * rule.count.n_y / max(rule.count.n, 1)
    if isinstance(rule, NextRule):
        return rule.n_xy - rule.n_x * rule.n_y / max(rule.n, 1)
    return 0.0


def in_slice(notes: RuleNotes, question: Question) -> None:
    """Note what a slice holds most, and what it holds more than elsewhere."""
    where = question.where
    if where.is_everything and "common" not in notes.aspects:
        mined(notes, question.of_kind("context"))
        return
    if "common" in notes.aspects:
        _most(notes, question)
        return
    mined(notes, question.of_kind("context"))


def _most(notes: RuleNotes, question: Question) -> None:
    if "kinds" in notes.aspects and question.category is None:
        for count in _commonest_kinds(notes, question):
            notes.say("count", count, INDEX)
        return
    for count in _commonest(notes, question):
        notes.say("count", count, INDEX)
        notes.item(count.x[0], count.share, {"share": count.share})


def _commonest_kinds(notes: RuleNotes, question: Question) -> list[Count]:
    """Return the counts of the categories that most baskets of the slice hold something of."""
    named = (f"{CATEGORY_PREFIX}{name}" for name in notes.catalog.categories)
    keys = [key for key in named if notes.book.index.has(key)]
    counts = [notes.book.count((key,), (), question.where) for key in keys]
    return sorted(counts, key=lambda count: -count.n_x)[: question.k]


def _commonest(notes: RuleNotes, question: Question) -> list[Count]:
    """Return the counts of the items that most baskets of the slice hold."""
    index = notes.book.index
    held = index.item_counts(question.where)
    if question.category is not None:
        held = held * index.items_of(question.category)
    order = (-held).argsort(kind="stable")[: question.k]
    return [notes.book.count((index.items[at],), (), question.where) for at in order.tolist() if held[at]]
