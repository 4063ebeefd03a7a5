"""What might explain a figure away: popularity, basket size, a few people, one place, chance; and what does not.

Knows which count or test settles which doubt. Each fact says what it found in its first words and carries "holds": 1
where the figure stands, 0 where it does not, no such number where the data cannot tell. It refuses to claim causes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bot.tools.rule_notes import BOOK, FEW, INDEX, RuleNotes
from mining.count import Count, Slice
from mining.phrases import where_said
from mining.rule import NextRule, Rule
from mining.statistics import clustered_difference

EXPECTED = 5.0
"""A place or month can tell where chance, or the pair's usual share, would give so many baskets with both."""
LEVEL = 0.05
"""A p-value above this leaves a difference to chance."""
_NAMED = 3
_MOST = 0.8
"""A pair holds everywhere where it does in more than this part of the places, and chance explains the others."""


def pair(notes: RuleNotes, x: tuple[str, ...], y: tuple[str, ...], where: Slice) -> None:
    """Note what speaks for and against a pair in a slice, for the doubts that were asked."""
    count = notes.book.count(x, y, where)
    if not count.n_xy:
        notes.say("count", count, INDEX)
        return
    asked = set(notes.aspects)
    if asked & {"popular", "adjusted", "cause"}:
        _popularity(notes, count)
    if "few" in asked:
        _few(notes, (*x, *y), where, count.n_xy, count.people_xy)
    if "places" in asked:
        _places(notes, count)
    if asked & {"chance", "popular"}:
        _chance(notes, count)
    if "chance" in asked:
        _months(notes, count)
    if "cause" in asked:
        _cause(notes, count)


def _both(notes: RuleNotes, count: Count) -> str:
    return f"{notes.name(count.x)} and {notes.name(count.y)}"


def _popularity(notes: RuleNotes, count: Count) -> None:
    """What popularity alone would give, then the odds ratio within like baskets."""
    if count.people_xy < FEW:
        notes.cannot_tell(
            f"Only {count.people_xy} {notes.words.people} had both, too few to compare like with like.",
            f"只有{count.people_xy}{notes.words.people_zh}同时拥有两者，太少，无法判断。",
            {"people_xy": count.people_xy},
        )
        return
    adjusted = notes.book.adjusted(count.x, count.y, count.where)
    expected = count.n_x * count.n_y / count.n
    stands = {"holds": 1.0, "weaker": 1.0, "vanishes": 0.0, "reverses": 0.0}.get(adjusted.verdict)
    sentence = adjusted.sentence(notes.names, notes.lang, wording=notes.words)
    notes.tell(
        "adjusted",
        f"popularity alone would put {_both(notes, count)} together in {expected:,.1f} {notes.words.baskets}; it was "
        f"{count.n_xy:,}. {sentence}",
        f"若只看各自的热门程度，{notes.name(count.x)}与{notes.name(count.y)}会同时出现{expected:,.1f}次；实际{count.n_xy:,}次。"
        f"{sentence}",
        keys=(*count.x, *count.y),
        numbers=count.numbers()
        | adjusted.numbers()
        | {"expected": expected}
        | ({"holds": stands} if stands is not None else {}),
    )


def _few(notes: RuleNotes, keys: tuple[str, ...], where: Slice, n: int, people: int) -> None:
    """How many people stand behind the baskets, and how much the busiest has."""
    index = notes.book.index
    rows = index.layout.rows_of(index.bits_with(keys) & index.bits_where(where))
    busiest = int(index.by_person(rows).max(initial=0))
    settings = notes.book.config
    share = busiest / n if n else math.nan
    holds = people >= settings.min_people and share <= settings.max_person_share
    words = notes.words
    said = where_said(where, notes.names, notes.lang)
    there = f" {said}" if said else ""
    notes.tell(
        "people",
        f"{people:,} different {words.people} stand behind the {n:,} {words.baskets} with {notes.name(keys)}{there}, "
        f"{n / people:.1f} each on average; the one with most has {busiest:,} of them ({100 * share:.1f} %).",
        f"含{notes.name(keys)}的{n:,}{words.baskets_zh}来自{people:,}{words.people_zh}，平均每{words.people_zh}{n / people:.1f}次；最多的一{words.people_zh}有{busiest:,}次（{100 * share:.1f} %）。",
        keys=keys,
        numbers={
            "n_xy": n,
            "people_xy": people,
            "mean": n / people,
            "busiest": busiest,
            "busiest_share": share,
            "holds": float(holds),
        },
    )


def _cells(
    notes: RuleNotes, count: Count, code: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return for each value of a code the baskets with both, how many chance alone would give, and whether it can tell.

    It can where either chance or the pair's share over all baskets leads one to expect `EXPECTED` of them: what it
    holds itself has no say in that.
    """
    index = notes.book.index
    inside = index.bits_where(count.where)
    n, n_x, n_y, n_xy = (
        np.bincount(held[held >= 0], minlength=size)
        for held in (
            code[index.layout.rows_of(inside & index.bits_with(keys))]
            for keys in ((), count.x, count.y, (*count.x, *count.y))
        )
    )
    expected = n_x * n_y / np.maximum(n, 1)
    usual = n_x * (count.n_xy / max(count.n_x, 1))
    return n_xy, expected, np.maximum(expected, usual) >= EXPECTED


def _places(notes: RuleNotes, count: Count) -> None:
    """In how many places the two meet more often than chance would have them."""
    index = notes.book.index
    places = index.places
    if not places.ids:
        notes.tell("places", "the data of this catalogue know no places.", "这个目录的数据没有地点。")
        return
    n_xy, expected, enough = _cells(notes, count, index.place.astype(np.int64), len(places.ids))
    noun = notes.place_noun
    able = np.flatnonzero(enough)
    with_both, rest = int((n_xy > 0).sum()), int((n_xy > 0).sum() - (n_xy[able] > 0).sum())
    if not len(able):
        notes.cannot_tell(
            f"No {noun} has enough {notes.words.baskets} to tell by itself: chance, or their usual share, would give fewer than "
            f"{EXPECTED:.0f} with both in each; {_both(notes, count)} met in {with_both:,}.",
            f"没有哪个地点的数据足以单独判断；两者在{with_both:,}个地点同时出现过。",
            {"expected": EXPECTED, "places": with_both},
        )
        return
    more = able[n_xy[able] > expected[able]]
    less = [at for at in able.tolist() if n_xy[at] <= expected[at]]
    weak = [
        f"{notes.names.get(places.ids[at], places.names[at])} ({n_xy[at]:,}, by chance {expected[at]:.1f})"
        for at in less[:_NAMED]
    ]
    but = f", but not in {'; '.join(weak)}" + (" and others" if len(less) > _NAMED else "") if less else ""
    below = [at for at in less if n_xy[at] < expected[at] - 2 * math.sqrt(expected[at])]
    but += ", which chance explains" if less and not below else ""
    few = f"; {rest:,} more had both, too seldom to tell" if rest else ""
    numbers = {"places": len(able), "more": len(more), "rest": rest, "least": EXPECTED}
    numbers |= {f"n_xy {places.ids[at]}": n_xy[at] for at in less[:_NAMED]}
    numbers |= {f"expected {places.ids[at]}": expected[at] for at in less[:_NAMED]}
    most = len(more) > _MOST * len(able) and not below
    holds = {"holds": float(most)} if most or not less or len(more) < len(less) else {}
    notes.tell(
        "places",
        f"in {_of(len(more), len(able), noun)} that can tell, {_both(notes, count)} meet more often than "
        f"by chance{but}{few}.",
        f"在{len(able):,}个数据足够的地点中，有{len(more):,}个地点两者同时出现多于偶然。",
        keys=(*count.x, *count.y),
        numbers=numbers | holds,
    )


def _months(notes: RuleNotes, count: Count) -> None:
    """In how many calendar windows the pair holds."""
    periods = notes.book.index.periods
    window = np.where(periods.cell >= 0, periods.window_of_cell[periods.cell], -1)
    n_xy, expected, able = _cells(notes, count, window, len(periods.labels))
    if not able.any():
        return
    held = int((n_xy[able] > expected[able]).sum())
    total = int(able.sum())
    unit = periods.unit
    notes.tell(
        "stability",
        f"in {_of(held, total, unit)} that can tell it is above what chance alone gives.",
        f"在{total:,}个数据足够的时段中，有{held:,}个高于偶然水平。",
        keys=(*count.x, *count.y),
        numbers={"held": held, "windows": total, "holds": float(held > 0.8 * total)},
    )


def _of(part: int, whole: int, noun: str) -> str:
    """Say how many of some places or windows: "all 4 stores", "3 of the 4 stores", "the one store"."""
    if part == whole:
        return f"the one {noun}" if whole == 1 else f"all {whole:,} {noun}s"
    return f"{part or 'none'} of the {whole:,} {noun}s"


def _chance(notes: RuleNotes, count: Count) -> None:
    """The tested rule where there is one, else the interval of the lift with each person counted once."""
    rule = _rule(notes, count)
    if rule is not None and math.isfinite(rule.q):
        said = f"{rule.q:.1g}" if rule.q >= 1e-4 else "below 0.0001"
        notes.tell(
            "chance",
            f"chance is an unlikely explanation of {_both(notes, count)}: tested person by person against having "
            f"nothing to do with each other, q = {said} over all pairs that were tested.".replace(
                "q = b", "q b"
            ),
            f"偶然很难解释{notes.name(count.x)}与{notes.name(count.y)}：q值{said}。",
            keys=(*count.x, *count.y),
            numbers={"q": rule.q, "bound": 1e-4, "holds": 1.0},
            source=BOOK,
        )
        return
    low, lift = count.lift_low, count.lift
    if low > 1 and count.people_xy < FEW:
        notes.tell(
            "chance",
            f"the data cannot tell: {count.people_xy:,} {notes.words.people} are too few to build on, though "
            f"{_both(notes, count)} are together {lift:.2f} times as often as by chance.",
            f"数据不足以判断：只有{count.people_xy:,}{notes.words.people_zh}，虽然同时出现是偶然的{lift:.2f}倍。",
            keys=(*count.x, *count.y),
            numbers={"people_xy": count.people_xy, "lift": lift},
        )
        return
    holds = low > 1
    verdict = "chance is an unlikely explanation of" if holds else "chance can explain"
    notes.tell(
        "chance",
        f"{verdict} {_both(notes, count)}: together {lift:.2f} times as often as by chance, with each of the "
        f"{notes.words.people} counted once at least {low:.2f} times (95 % sure).",
        f"{'偶然很难解释' if holds else '偶然可以解释'}{notes.name(count.x)}与{notes.name(count.y)}：同时出现是偶然的{lift:.2f}倍，按人计至少{low:.2f}倍（95 %）。",
        keys=(*count.x, *count.y),
        numbers={"lift": lift, "lift_low": low, "level": 0.95, "holds": float(holds)},
    )


def _rule(notes: RuleNotes, count: Count) -> Rule | None:
    """Return the mined rule of a pair, read either way, None where none passed the tests."""
    for x, y in ((count.x, count.y), (count.y, count.x)):
        for rule in notes.book.lookup(items=x, with_items=y, where=count.where, kind="together", k=5):
            if isinstance(rule, Rule) and (set(rule.antecedent), set(rule.consequent)) == (set(x), set(y)):
                return rule if rule.where == count.where else None
    return None


def _cause(notes: RuleNotes, count: Count) -> None:
    notes.tell(
        "cause",
        f"counts cannot show a cause: {_both(notes, count)} appear together, which is not to say that one "
        "brings the other. The odds ratio within like size, place and month would be an effect only if nothing "
        "else drove both.",
        "计数不能证明因果：同时出现并不说明一个导致另一个；只有在没有其他共同原因时，分层优势比才是效果的估计。",
        keys=(*count.x, *count.y),
    )


def following(notes: RuleNotes, rule: NextRule) -> None:
    """Note what speaks for and against something that follows."""
    asked = set(notes.aspects)
    x, y = notes.name(rule.antecedent), notes.name(rule.consequent)
    keys = rule.keys
    words = notes.words
    if asked & {"few", "places"} and rule.people_xy:
        notes.tell(
            "people",
            f"{rule.people_xy:,} of the {rule.people_x:,} {words.people} with {x} came back for {y} within "
            f"{rule.within_days} days, {rule.n_xy:,} times in all.",
            f"{rule.people_x:,}{words.people_zh}中有{rule.people_xy:,}{words.people_zh}在{rule.within_days}天内回来{words.verb_zh}{y}，共{rule.n_xy:,}次。",
            keys=keys,
            numbers=rule.numbers() | {"holds": float(rule.people_xy >= notes.book.config.min_people)},
        )
    if asked & {"chance", "popular", "adjusted", "cause"} and math.isfinite(rule.gain):
        stands = rule.p_habit <= LEVEL if math.isfinite(rule.p_habit) else rule.gain > 1
        verdict = "habit does not explain it" if stands else "habit can explain it"
        notes.tell(
            "chance",
            f"{verdict}: the same {words.people} would come back for {y} after {rule.expected:,.1f} of these "
            f"{rule.n_x:,} {words.baskets} anyway; after {x} it was {rule.n_xy:,}, {rule.gain:.2f} times as often.",
            f"{'习惯不能解释' if stands else '习惯可以解释'}：按这些人的习惯预计{rule.expected:,.1f}次，实际{rule.n_xy:,}次，为{rule.gain:.2f}倍。",
            keys=keys,
            numbers=rule.numbers() | {"holds": float(stands)},
        )


def slice_of(notes: RuleNotes, keys: tuple[str, ...], where: Slice) -> None:
    """Note what speaks for and against a lead of one time or place: chance, a few people, a busy time."""
    count = notes.book.count(keys, (), where)
    asked = set(notes.aspects)
    if "few" in asked and count.n_x:
        _few(notes, keys, where, count.n_x, count.people_x)
    if asked & {"chance", "places", "adjusted"}:
        chance_of(notes, count)
    if asked & {"popular", "cause"}:
        words = notes.words
        notes.tell(
            "adjusted",
            f"a busy time cannot do that by itself: the figure is a share of that time's own {words.baskets}, "
            f"{count.n_x:,} of {count.n:,}.",
            f"繁忙本身不能解释：该数字是当时自身{words.baskets_zh}中的占比，{count.n:,}中的{count.n_x:,}。",
            keys=keys,
            numbers=count.numbers() | {"holds": 1.0},
        )
        chance_of(notes, count)


def difference(notes: RuleNotes, count: Count) -> float:
    """Return the two-sided p-value that the share inside a slice is that outside it, clustered by person."""
    index = notes.book.index
    inside = index.bits_where(count.where)
    held = index.bits_with(count.x)
    sides = [
        index.by_person(index.layout.rows_of(part))
        for rest in (inside, index.bits_outside(count.where, inside))
        for part in (rest & held, rest)
    ]
    return clustered_difference(*sides).two_sided


def chance_of(notes: RuleNotes, count: Count) -> None:
    """Note whether chance explains that a slice's share differs from the share outside it, person by person."""
    if count.outside is None or not count.outside.n or not count.n:
        return
    p = difference(notes, count)
    holds = p <= LEVEL
    said = f"p = {p:.2g}" if p >= 1e-4 else "p below 0.0001"
    notes.tell(
        "chance",
        f"chance {'is an unlikely explanation of' if holds else 'can explain'} the difference from all other "
        f"{notes.words.baskets}: tested person by person, {said}.",
        f"与其他时候的差异{'不太可能是偶然' if holds else '可能只是偶然'}：{said}。",
        keys=count.x,
        numbers={"p": p, "bound": 1e-4, "holds": float(holds)},
    )
