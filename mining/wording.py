"""One plain sentence for a count, a rule, a cycle, a trend or a profile: counts first, then ratio, then comparison.

Knows templates in English and Chinese. Every number that a sentence says is in the value's `numbers()`. It claims
no cause: things go together or follow, they do not lead to each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mining.config import Wording
from mining.count import Count
from mining.phrases import (
    day_said,
    listed,
    name_of,
    number,
    opened,
    percent,
    ratio_said,
    value_said,
    where_said,
    whole,
    window_said,
)

if TYPE_CHECKING:
    from mining.adjusted import Adjusted
    from mining.compare import Comparison
    from mining.cycles import Due
    from mining.profile import Profile
    from mining.rule import Cycle, NextRule, Trend

Names = Mapping[str, str]


def say_count(count: Count, names: Names, lang: str = "en", *, wording: Wording | None = None) -> str:
    """Say a count of x alone or of x with y."""
    words = wording or Wording()
    return _count_zh(count, names, words) if lang == "zh" else _count_en(count, names, words)


def _count_en(count: Count, names: Names, words: Wording) -> str:
    where = where_said(count.where, names, "en")
    lead = f"{opened(where)}, " if where else ""
    keys = count.y if count.y and not count.x else count.x
    if not count.n:
        return f"The data hold no {words.basket}{' ' + where if where else ''}."
    if not (count.x and count.y):
        return _alone_en(count, listed(keys, names, "en") if keys else f"any {words.basket}", lead, words)
    x, y = listed(count.x, names, "en"), listed(count.y, names, "en")
    if not count.n_x:
        return f"{lead}{_none(words, count.n)} had {x}, so nothing can be said of {y} with it."
    body = (
        f"{whole(count.n_xy)} of {whole(count.n_x)} {words.baskets} with {x} also had {y} ({percent(count.confidence)})"
        if count.n_xy
        else f"none of the {whole(count.n_x)} {words.baskets} with {x} had {y}"
    )
    if count.outside is not None:
        return opened(f"{lead}{body}; {_otherwise_en(count.outside.n_x, count.outside.confidence, words)}.")
    return opened(f"{lead}{body}; {percent(count.base)} of all {whole(count.n)} {words.baskets} had {y}.")


def _alone_en(count: Count, said: str, lead: str, words: Wording) -> str:
    held, share = (count.n_x, count.share) if count.x else (count.n_y, count.base)
    body = (
        f"{whole(held)} of {whole(count.n)} {words.baskets} had {said} ({percent(share)})"
        if held
        else f"{_none(words, count.n)} had {said}"
    )
    if count.outside is None:
        return opened(f"{lead}{body}.")
    rest = count.outside.share if count.x else count.outside.base
    return opened(f"{lead}{body}; {_otherwise_en(count.outside.n, rest, words)}.")


def _none(words: Wording, n: int) -> str:
    return f"none of {whole(n)} {words.baskets}"


def _otherwise_en(n: int, share: float, words: Wording) -> str:
    return f"otherwise {percent(share)}" if n else f"there is no other {words.basket} to compare with"


def _count_zh(count: Count, names: Names, words: Wording) -> str:
    where = where_said(count.where, names, "zh")
    lead = f"{where}，" if where else ""
    unit = words.baskets_zh
    if not count.n:
        return f"数据中没有{where}的记录。"
    if not (count.x and count.y):
        said = listed(count.x or count.y, names, "zh") if count.x or count.y else "任何商品"
        held, share = (count.n_x, count.share) if count.x else (count.n_y, count.base)
        rest = None if count.outside is None else (count.outside.share if count.x else count.outside.base)
        tail = (
            ""
            if rest is None or count.outside is None or not count.outside.n
            else f"；其他时候为{percent(rest)}"
        )
        return f"{lead}{whole(count.n)}{unit}中有{whole(held)}{unit}含{said}（{percent(share)}）{tail}。"
    x, y = listed(count.x, names, "zh"), listed(count.y, names, "zh")
    if not count.n_x:
        return f"{lead}{whole(count.n)}{unit}中没有{x}，因此无法判断是否与{y}同时出现。"
    body = f"{lead}含{x}的{whole(count.n_x)}{unit}中，有{whole(count.n_xy)}{unit}也含{y}（{percent(count.confidence)}）"
    if count.outside is None:
        return f"{body}；全部{whole(count.n)}{unit}中为{percent(count.base)}。"
    return f"{body}；其他时候为{percent(count.outside.confidence)}。" if count.outside.n_x else f"{body}。"


def say_next(rule: NextRule, names: Names, lang: str = "en", *, wording: Wording | None = None) -> str:
    """Say what follows, how often, how soon, and how often it follows anything."""
    words = wording or Wording()
    x, y = listed(rule.antecedent, names, lang), listed(rule.consequent, names, lang)
    days, where = number(rule.within_days), where_said(rule.where, names, lang)
    if lang == "zh":
        lead = f"{where}，" if where else ""
        lag = f"，通常在{number(rule.lag_median)}天后" if rule.n_xy else ""
        part = f"；只看其中一种，之后最多为{percent(rule.alone)}" if rule.alone == rule.alone else ""
        return (
            f"{lead}{whole(rule.n_x)}{words.baskets_zh}含{x}之后，同一人{days}天内有{whole(rule.n_xy)}次又{words.verb_zh}{y}"
            f"（{percent(rule.confidence) if rule.n_x else '0 %'}{lag}）{part}；任意一次之后为{percent(rule.base) if rule.n else '0 %'}。"
        )
    if not rule.n_x:
        return (
            f"The data cannot tell what follows {x}{' ' + where if where else ''}: "
            f"no {words.basket} with it has {days} days of data after it."
        )
    lead = f"{opened(where)}, after" if where else "After"
    lag = f", usually {number(rule.lag_median)} days later" if rule.n_xy else ""
    habit = f"any of their {words.baskets} {percent(rule.habit)}, after " if rule.habit == rule.habit else ""
    part = f"; after either of them at most {percent(rule.alone)}" if rule.alone == rule.alone else ""
    back = f"; the other way round {percent(rule.reverse_confidence)}" if rule.reverse_n else ""
    return (
        f"{lead} {whole(rule.n_xy)} of {whole(rule.n_x)} {words.baskets} with {x}, the same person {words.verb} {y} "
        f"within {days} days ({percent(rule.confidence)}){lag}{part}; "
        f"after {habit}anyone's {percent(rule.base)}{back}."
    )


def say_cycle(cycle: Cycle, names: Names, lang: str = "en", *, wording: Wording | None = None) -> str:
    """Say how many people take it again and how many days apart."""
    words = wording or Wording()
    key = name_of(cycle.key, names)
    low, mid, high = number(cycle.low), number(cycle.median), number(cycle.high)
    if lang == "zh":
        return (
            f"有{whole(cycle.people)}{words.people_zh}至少在{whole(cycle.min_days)}天{words.verb_zh}过{key}，一般每{mid}天一次"
            f"（中间一半的人为{low}到{high}天；全部{whole(cycle.gaps)}个间隔的中位数为{number(cycle.median_gap)}天）。"
        )
    return (
        f"{whole(cycle.people)} {words.people} {words.verb} {key} on at least {whole(cycle.min_days)} days, typically "
        f"{mid} days apart (the middle half of them {low} to {high} days; median of all {whole(cycle.gaps)} gaps "
        f"{number(cycle.median_gap)} days)."
    )


def say_trend(trend: Trend, names: Names, lang: str = "en", *, wording: Wording | None = None) -> str:
    """Say how the share changed, or that no change stands out from the noise."""
    words = wording or Wording()
    if not trend.labels:
        return (
            "数据没有时间，无法判断趋势。"
            if lang == "zh"
            else "The data have no times, so they show no trend."
        )
    return _trend_zh(trend, names, words) if lang == "zh" else _trend_en(trend, names, words)


def _trend_en(trend: Trend, names: Names, words: Wording) -> str:
    key, numbers = name_of(trend.key, names), trend.numbers()

    def at(end: str, label: str) -> str:
        held, n = whole(numbers[f"{end}_n_x"]), whole(numbers[f"{end}_n"])
        return f"{held} of {n} {words.baskets} in {window_said(label, 'en')}{_share(numbers.get(f'{end}_share'))}"

    if trend.direction in ("peak", "season"):
        yearly = " again" if trend.direction == "season" else ""
        rest = (
            f"; {percent(numbers['rest_share'])} in the other {trend.unit}s"
            if "rest_share" in numbers
            else ""
        )
        return f"{key} peaked{yearly} with {at('peak', trend.peak)}{rest}."
    first, last = at("first", trend.labels[0]), at("last", trend.labels[-1])
    if not trend.peak:
        return f"No {words.basket} held {key}, so the data show no trend."
    if trend.direction == "steady":
        return (
            f"{key} shows no change beyond the noise between {trend.unit}s: from {first} to {last}, "
            f"at most {at('peak', trend.peak)}."
        )
    return f"{key} is {trend.direction}: from {first} to {last}."


def _trend_zh(trend: Trend, names: Names, words: Wording) -> str:
    key, numbers = name_of(trend.key, names), trend.numbers()

    def at(end: str, label: str) -> str:
        held, n = whole(numbers[f"{end}_n_x"]), whole(numbers[f"{end}_n"])
        share = numbers.get(f"{end}_share")
        tail = "" if share is None else f"（{percent(share)}）"
        return f"{window_said(label, 'zh')}{n}{words.baskets_zh}中的{held}{words.baskets_zh}{tail}"

    if trend.direction in ("peak", "season"):
        rest = f"；其余时间为{percent(numbers['rest_share'])}" if "rest_share" in numbers else ""
        return f"{key}的高峰：{at('peak', trend.peak)}{rest}。"
    said = {"rising": "呈上升趋势", "fading": "呈下降趋势", "steady": "的变化未超出正常波动，看不出趋势"}[
        trend.direction
    ]
    return f"{key}{said}：从{at('first', trend.labels[0])}到{at('last', trend.labels[-1])}。"


def _share(share: float | None) -> str:
    return "" if share is None else f" ({percent(share)})"


def say_profile(profile: Profile, names: Names, lang: str = "en", *, wording: Wording | None = None) -> str:
    """Say when or where the share is highest, near-ties together, or that the data cannot tell."""
    words = wording or Wording()
    key, lead = listed(profile.x, names, lang), profile.leader
    if lead is None:
        return "数据无法判断。" if lang == "zh" else f"The data cannot tell when or where {key} is strongest."
    rows = profile.leaders
    low = profile.ranked[-1]

    def said(value: str, n_x: int, n: int, share: float) -> str:
        phrase = value_said(profile.by, value, names, lang)
        if lang == "zh":
            return f"{phrase}（{whole(n)}{words.baskets_zh}中的{whole(n_x)}{words.baskets_zh}，{percent(share)}）"
        return f"{phrase} ({whole(n_x)} of {whole(n)} {words.baskets}, {percent(share)})"

    top, bottom = (said(row.value, row.n_x, row.n, row.share) for row in (lead, low))
    if not profile.can_tell:
        if lang == "zh":
            return f"数据无法区分：{key}最高为{top}，最低为{bottom}，差异可能只是偶然。"
        return f"The data cannot tell: {key} is highest {top} and lowest {bottom}, a difference that chance explains."
    near_ties = [row for row in rows[1:] if row is not low]  # the lowest is not called about as strong, too
    others = [said(row.value, row.n_x, row.n, row.share) for row in near_ties[:3]]
    if lang == "zh":
        near = f"，与{'、'.join(others)}相差无几" if others else ""
        return f"{key}占比最高的是{top}{near}；最低的是{bottom}。"
    near = f", and about as strong {', '.join(others)}" if others else ""
    return f"{key} is strongest {top}{near}; weakest {bottom}."


def say_due(due: Due, names: Names, lang: str = "en", *, wording: Wording | None = None) -> str:
    """Say how many are due, or when the one person is."""
    words = wording or Wording()
    key, days = name_of(due.key, names), number(due.within_days)
    if due.expected is not None and due.last is not None:
        last, following = day_said(due.last, lang), day_said(due.expected, lang)
        if lang == "zh":
            return (
                f"上次{words.verb_zh}{key}是{last}，通常每{number(due.own_gap)}天一次，下次约在{following}。"
            )
        return f"Last {words.verb} {key} on {last}, every {number(due.own_gap)} days as a rule: next about {following}."
    if lang == "zh":
        return (
            f"有规律{words.verb_zh}{key}的{whole(due.people)}{words.people_zh}中，{whole(due.due)}{words.people_zh}预计在{days}天内再次"
            f"{words.verb_zh}，{whole(due.overdue)}{words.people_zh}已过期，{whole(due.lapsed)}{words.people_zh}已停止。"
        )
    return (
        f"Of {whole(due.people)} {words.people} with a rhythm for {key}, {whole(due.due)} are due within {days} days and "
        f"{whole(due.overdue)} are overdue; {whole(due.lapsed)} have stopped."
    )


def say_adjusted(
    adjusted: Adjusted, names: Names, lang: str = "en", *, wording: Wording | None = None
) -> str:
    """Say the odds ratio before and after holding basket size, place and month equal."""
    words = wording or Wording()
    x, y = listed(adjusted.x, names, lang), listed(adjusted.y, names, lang)
    raw, low, high = (
        ratio_said(adjusted.raw.value),
        ratio_said(adjusted.odds.low),
        ratio_said(adjusted.odds.high),
    )
    value = ratio_said(adjusted.odds.value)
    if adjusted.verdict == "cannot tell":
        if lang == "zh":
            return f"数据无法判断{x}与{y}的关联是否可由其他因素解释。"
        return f"The data cannot tell whether {x} and {y} go together once like is compared with like."
    if lang == "zh":
        held = "、".join(_STRATA_ZH[one] for one in adjusted.strata)
        said = {
            "holds": "关联仍然存在", "weaker": "关联减弱但仍然存在", "vanishes": "关联消失", "reverses": "关联反转",
        }[adjusted.verdict]  # fmt: skip
        return f"{x}与{y}的优势比为{raw}；在{held}相同的条件下为{value}（95 %区间{low}到{high}）：{said}。"
    held = " and ".join(_STRATA_EN[one].format(basket=words.basket) for one in adjusted.strata)
    said = {
        "holds": "the link holds", "weaker": "the link is weaker, but holds",
        "vanishes": f"{held} explain it" if len(adjusted.strata) > 1 else f"{held} explains it",
        "reverses": "the link turns round (Simpson's paradox)",
    }[adjusted.verdict]  # fmt: skip
    return (
        f"The odds of {y} with {x} are {raw} times those without; compared within {words.baskets} of like {held}, "
        f"{value} times (95 % interval {low} to {high}): {said}."
    )


_STRATA_EN = {"size": "size", "place": "place", "month": "month"}
_STRATA_ZH = {"size": "购物篮大小", "place": "地点", "month": "月份"}


def say_comparison(
    comparison: Comparison, names: Names, lang: str = "en", *, wording: Wording | None = None
) -> str:
    """Say two slices side by side, their ratio, and whether chance explains the difference."""
    words = wording or Wording()
    a, b = comparison.first, comparison.second
    x = listed(a.x, names, lang)
    y = listed(a.y, names, lang) if a.y else ""
    total_a, held_a, share_a = comparison.of(a)
    total_b, held_b, share_b = comparison.of(b)
    first, second = where_said(a.where, names, lang), where_said(b.where, names, lang)
    if not total_a or not total_b:
        return (
            "其中一个范围没有数据，无法比较。"
            if lang == "zh"
            else "One of the two slices is empty: no comparison."
        )
    chance = not comparison.p < 0.05
    if lang == "zh":
        key = (
            f"含{x}的{{n}}{words.baskets_zh}中{{h}}{words.baskets_zh}含{y}"
            if y
            else f"{{n}}{words.baskets_zh}中{{h}}{words.baskets_zh}含{x}"
        )
        one = key.format(n=whole(total_a), h=whole(held_a))
        two = key.format(n=whole(total_b), h=whole(held_b))
        tail = "数据无法区分，差异可能只是偶然" if chance else "差异并非偶然"
        return f"{first or '全部'}：{one}（{percent(share_a)}）；{second or '全部'}：{two}（{percent(share_b)}）；{tail}。"
    holding = f" with {x}" if y else ""
    held = f"also had {y}" if y else f"had {x}"
    ratio = f", {ratio_said(comparison.ratio)} times as often" if held_a and held_b else ""
    tail = (
        "the data cannot tell them apart, since chance explains the difference"
        if chance
        else "chance does not explain the difference"
    )
    return (
        f"{opened(first or 'overall')}, {whole(held_a)} of {whole(total_a)} {words.baskets}{holding} {held} "
        f"({percent(share_a)}); {second or 'overall'}, {whole(held_b)} of {whole(total_b)} ({percent(share_b)})"
        f"{ratio}: {tail}."
    )
