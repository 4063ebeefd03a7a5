"""Look-up finds what reading every rule would find, however its lists are built."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining import rulebook
from mining.count import Count, Slice
from mining.errors import UnknownKey
from mining.postings import Lists
from mining.profile import profile_of
from mining.rule import KINDS, AnyRule, Cycle, NextRule, Rule
from mining.rulebook import RuleBook
from mining.shelf import Shelf
from mining.wanted import Wanted
from tests.mining_log import CATEGORY, ITEMS, random_log
from tests.test_mining_basketindex import index_of

SLICES = (Slice(), Slice(("friday", "evening")), Slice(("friday",)), Slice(("evening",)), Slice((), "s1"))
INDEX = index_of(random_log(1))


def random_book(seed: int, rules: int = 300) -> RuleBook:
    """Rules of every kind that a look-up meets, with no, one, two and three items on the left."""
    rng = np.random.default_rng(seed)
    keys = [*ITEMS, "category:Fresh", "category:Snacks"]
    made: list[AnyRule] = []
    for _ in range(rules):
        kind = KINDS[int(rng.integers(4))]
        *body, head = rng.choice(keys, size=int(rng.integers(1, 5)), replace=False).tolist()
        score, where = float(rng.random()), SLICES[int(rng.integers(5))]
        if kind == "cycle":
            made.append(Cycle(head, 7, 6, 8, 7, 3, 4, 9, score=score))
        elif kind == "next":
            made.append(NextRule(tuple(body or ["eggs"]), (head,), 30, 9, 5, 4, 3, score=score))
        else:
            body = body if kind == "context" else body or ["eggs"]
            count = Count(tuple(body or [head]), (head,) if body else (), 9, 5, 4, 3, where=where)
            made.append(Rule(kind, tuple(body), (head,), count, score=score))
    return RuleBook(INDEX, Shelf.of(made))


def slow(
    book: RuleBook,
    items: list[str],
    with_items: list[str],
    category: str | None,
    where: Slice,
    kind: str,
    k: int,
) -> list[str]:
    """Read every rule, best first, for the slice and then for wider ones."""

    def fits(rule: AnyRule) -> bool:
        (head,) = rule.consequent
        needs = {head} if not rule.antecedent else set(rule.antecedent)
        of_category = (
            category is None
            or head == f"category:{category}"
            or (head in CATEGORY and category in CATEGORY[head].split("|"))
        )
        return (
            (kind in ("any", rule.kind))
            and (not items or needs <= set(items))
            and (not with_items or head in with_items)
            and of_category
        )

    widths: list[Slice | None] = [None]
    if where.context:
        words = INDEX.calendar.check(where.context)
        widths = [Slice(part, where.place) for size in (2, 1) for part in combinations(words, size)]
    elif where.place is not None:
        widths = [where]
    found: list[str] = []
    seen = set()
    for width in widths:
        for rule in book:
            if not fits(rule) or (width is not None and Slice(rule.context, rule.place) != width):
                continue
            (head,) = rule.consequent
            body = rule.antecedent
            sides = (head, body) if items or with_items else tuple(sorted((head, *body)))
            said = (rule.kind, rule.context, rule.place, sides)
            if said not in seen:
                seen.add(said)
                found.append(rule.id)
            if len(found) == k:
                return found
        if found and where.context:
            break
    return found


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 3),
    items=st.lists(st.sampled_from([*ITEMS, "nothing"]), max_size=4, unique=True),
    with_items=st.lists(st.sampled_from([*ITEMS, "category:Fresh"]), max_size=2, unique=True),
    category=st.sampled_from([None, "Fresh", "Snacks"]),
    where=st.sampled_from([*SLICES, Slice((), "s2")]),
    kind=st.sampled_from(["any", *KINDS]),
    k=st.sampled_from([1, 5, 1000]),
)
def test_look_up_finds_what_reading_every_rule_finds(
    seed: int, items: list[str], with_items: list[str], category: str | None, where: Slice, kind: str, k: int
) -> None:
    book = random_book(seed)
    found = book.lookup(items=items, with_items=with_items, category=category, where=where, kind=kind, k=k)  # type: ignore[arg-type]
    assert [rule.id for rule in found] == slow(book, items, with_items, category, where, kind, k)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 3),
    lists=st.lists(st.sets(st.integers(0, 299), max_size=200), max_size=4),
    items=st.lists(st.sampled_from(ITEMS), max_size=4, unique=True),
    with_items=st.lists(st.sampled_from(ITEMS), max_size=2, unique=True),
    kind=st.sampled_from(["any", *KINDS]),
    where=st.sampled_from([None, *SLICES[:5]]),
    k=st.sampled_from([1, 3, 1000]),
)
def test_lists_are_read_in_order_each_line_once_and_only_what_fits(
    seed: int,
    lists: list[set[int]],
    items: list[str],
    with_items: list[str],
    kind: str,
    where: Slice | None,
    k: int,
) -> None:
    shelf = random_book(seed).shelf
    ends = np.cumsum([0, *map(len, lists)])
    joined = np.array([line for one in lists for line in sorted(one)], dtype=np.int32)
    wanted = Wanted.of(shelf, items, with_items, kind)
    code = None if where is None else shelf.slice_code[where]
    blocks = list(wanted.fitting(Lists(joined, ends[:-1], ends[1:]), code, k))
    assert all(len(block) == k for block in blocks[:-1])

    def fits(rule: AnyRule) -> bool:
        (head,) = rule.consequent
        return (
            kind in ("any", rule.kind)
            and (where is None or Slice(rule.context, rule.place) == where)
            and (not with_items or head in with_items)
            and (not items or set(rule.antecedent or (head,)) <= set(items))
        )

    expected = [line for line in sorted(set().union(*lists)) if fits(shelf.rule(line))]
    assert list(dict.fromkeys(line for block in blocks for line in block)) == expected


@pytest.mark.parametrize("seed", range(3))
def test_every_rule_stands_once_under_a_key_of_its_own(seed: int) -> None:
    shelf = random_book(seed).shelf
    assert sorted(shelf.fired.line.tolist()) == list(range(len(shelf)))
    for code, key in enumerate(shelf.keys):
        lists = shelf.of_keys(shelf.fired, np.array([code]), None)
        for begin, end in zip(lists.at.tolist(), lists.end.tolist(), strict=True):
            rules = map(shelf.rule, lists.line[begin:end].tolist())
            assert all(key in (rule.antecedent or rule.keys) for rule in rules)


def test_what_was_counted_before_is_what_counting_again_gives() -> None:
    book, least = random_book(3), {"min_count": 1, "min_people": 1, "min_confidence": 0.0}
    for where in SLICES:
        for among in (None, "Fresh"):
            counted = INDEX.partners("chips", where, 3, among=among, **least)
            for _ in range(2):
                found = book.partners("chips", where, 3, among=among, **least)
                assert found == counted
                found.clear()  # a caller's list is its own
        for by in ("daypart", "weekday"):
            assert str(book.profile("chips", by, where)) == str(profile_of(INDEX, "chips", by, where))
            assert book.profile("chips", by, where) is book.profile(("chips",), by, where)


def test_so_many_answers_are_kept_and_none_about_named_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulebook, "_ANSWERS_KEPT", 2)
    book = random_book(4)
    first = book.profile("chips", "daypart")
    book.profile("chips", "weekday")
    assert book.profile("chips", "daypart") is first
    book.profile("chips", "month")
    assert book.profile("chips", "daypart") is not first
    some = Slice((), None, ("nobody",))
    assert book.profile("chips", "daypart", some) is not book.profile("chips", "daypart", some)


def test_a_wrong_question_is_refused_each_time() -> None:
    book = random_book(5)
    for _ in range(2):
        with pytest.raises(UnknownKey):
            book.partners("chip")
