"""Links from a message to the catalogue: which words are titles, categories, places, times and numbers.

Knows text positions and what was found there. It refuses to know what the person wants (see
`bot.dialogue.planner`), and it never asks a model: the same text and lexicon always give the same links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from bot.dialogue import phrases
from bot.dialogue.cue import Said
from bot.dialogue.lexicon_english import SLANG
from bot.dialogue.lexicon_index import Name, NameTable
from bot.dialogue.lexicon_slots import Setting
from bot.dialogue.lexicon_text import Token, flat, is_chinese, tokens
from bot.dialogue.lexicon_time import GROUPS, find_times
from bot.dialogue.years import find_years

Kind = Literal[
    "item",
    "category",
    "place",
    "context",
    "year_from",
    "year_to",
    "k",
    "ordinal",
    "number",
    "verdict",
    "filter",
]

_MOST_CORRECTIONS = 16
"""So many unknown words of one message are compared with the vocabulary, the first ones."""
_MOST_ALTERNATIVES = 5


@dataclass(frozen=True, slots=True)
class Span:
    """Some characters of a message and what they stand for."""

    kind: Kind
    value: str | int
    """item: external id · category: its name · place: place id, several joined by "|" · context: words that all hold
    ("friday evening") · year_from, year_to: an inclusive year · k: how many · ordinal: 1 for the first, -1 for
    the last · number: days of "within two weeks" · verdict: like, dislike, seen or bought · filter: "price<20"."""
    start: int
    end: int
    score: float = 1.0
    """1.0 for an exact match, below for a misspelt or shortened one."""
    alternatives: tuple[str, ...] = ()
    """Other values of the same kind that the same words may stand for, likeliest first ("chips")."""
    negated: bool = False
    """True in "not Titanic", "no horror", "without bread"."""


@dataclass(frozen=True, slots=True)
class Links:
    """Everything that was found in one message, in the order of the text.

    Spans do not overlap, but for `year_from` and `year_to` of one phrase, which share their characters.
    """

    text: str
    spans: tuple[Span, ...] = ()
    lang: Literal["en", "zh"] = "en"
    plain: str = ""
    """The message in lower case with misspelt words put right; its positions are not those of `text`."""

    def of(self, kind: Kind, *, negated: bool | None = None) -> tuple[Span, ...]:
        """Return the spans of one kind, only the negated or only the affirmed ones if asked."""
        return tuple(span for span in self.spans if span.kind == kind and negated in (None, span.negated))

    def values(self, kind: Kind, *, negated: bool | None = False) -> tuple[str, ...]:
        """Return the distinct values of one kind as text, in the order of the message."""
        return tuple(dict.fromkeys(str(span.value) for span in self.of(kind, negated=negated)))

    def first(self, kind: Kind) -> str | None:
        """Return the first affirmed value of one kind as text, None where there is none."""
        return next(iter(self.values(kind)), None)

    def integer(self, kind: Kind) -> int | None:
        """Return the first affirmed value of one kind as a number, None where there is none."""
        value = self.first(kind)
        return None if value is None else int(value)


@dataclass(frozen=True, slots=True)
class LinkTables:
    """What a catalogue gives the linker to find."""

    names: NameTable
    years: Mapping[str, int] = field(default_factory=dict)
    """Item id -> year, to tell films of one title apart."""
    places: frozenset[str] = frozenset()
    place_noun: str = ""
    """The word that a number follows to name a place ("store 367"); empty where places are no shops."""
    measures: tuple[str, ...] = ()
    """Numeric attributes that filters may name."""


@dataclass(frozen=True, slots=True)
class _Found:
    span: Span
    rank: int
    """Of two finds of the same length the lower rank stays."""
    first: int = -1
    """Token positions of a name, to see lists of names."""
    last: int = -1


def link(text: str, tables: LinkTables) -> Links:
    """Find every name, time, year, number and verdict in a message; the longest find wins."""
    split = tokens(text)
    words, plain, origin = _corrected(text, split, tables.names)
    setting = Setting.of(text, flat(text), split, words)
    found = [*_names(setting, tables), *_places(setting, tables)]
    found += [_moved(one, origin) for one in _phrases(plain, tables)]
    kept = _with_years(_longest(found), setting, tables)
    return Links(text, _with_refusals(kept, setting), "zh" if is_chinese(text) else "en", Said(plain))


def _corrected(
    text: str, split: tuple[Token, ...], names: NameTable
) -> tuple[tuple[str, ...], str, list[int]]:
    """Return the words put right, the flat text with them in place, and for each of its characters where it was."""
    words: list[str] = []
    pieces: list[str] = []
    origin: list[int] = []
    at, left = 0, _MOST_CORRECTIONS
    low = flat(text)
    for token in split:
        denies = low[token.end - 3 : token.end] == "n't"  # "weren't" is no misspelt "were"
        right = SLANG.get(token.word) or (names.corrected(token.word) if left and not denies else None)
        left -= right is not None and token.word not in SLANG
        owner = right is None and low[token.end - 2 : token.end] == "'s" and token.word not in names.words
        words.append(right or (token.word[:-1] if owner else token.word))  # "Contact's" is of Contact
        if right is not None:
            pieces += [low[at : token.start], right]
            origin += [*range(at, token.start), *([token.start] * len(right))]
            at = token.end
    pieces.append(low[at:])
    origin += range(at, len(low) + 1)
    return tuple(words), "".join(pieces), origin


def _names(setting: Setting, tables: LinkTables) -> Iterator[_Found]:
    """Yield the names in a message from left to right, at each place the longest that counts there."""
    table, size = tables.names, len(setting.words)
    first, previous = 0, None
    while first < size:
        best = _name_at(setting, table, first, previous)
        if best is None:
            first += 1
            continue
        yield best
        previous = best.last if best.span.kind == "item" else previous
        first = best.last + 1


def _name_at(setting: Setting, table: NameTable, first: int, previous: int | None) -> _Found | None:
    size = len(setting.words)
    single: _Found | None = None
    for last in range(min(first + table.longest, size) - 1, first - 1, -1):
        window = setting.words[first : last + 1]
        written = tuple(token.word for token in setting.tokens[first : last + 1])
        exact = table.find(window)
        names = exact or (table.find_squeezed(window) if last - first < 5 else ())
        likeness = (1.0 if exact else 0.95) * (1.0 if window == written else 0.92)
        counted = [name for name in names if _counts(name, setting, first, last, previous)]
        if counted and (last > first or counted[0].kind == "item"):
            return _found(counted, setting, first, last, likeness)
        if counted:
            single = _found(counted, setting, first, last, likeness)
    near = table.near(setting.words, first)
    if near is None or near[0] <= (-1 if previous is None else previous):
        return single
    start, last, key, likeness = near
    counted = [name for name in table.named(key) if _counts(name, setting, start, last, previous)]
    return _found(counted, setting, start, last, likeness) if counted else single


def _counts(name: Name, setting: Setting, first: int, last: int, previous: int | None) -> bool:
    """Tell whether a name counts at its place: everyday words need a sentence that treats them as a name."""
    if not name.ordinary and not name.strict:
        return True
    # "Friday" carries its capital as a day too, so that capitals do not make it a title.
    if name.kind == "item" and (
        setting.quoted(first, last)
        or (setting.words[last] not in GROUPS and setting.capitalised(first, last))
    ):
        return True
    if name.strict:
        return name.kind == "place" and setting.upper(first)
    if name.kind == "place":
        return setting.places(first)
    return setting.named(first, last, previous) or setting.opens_list(first, last)


def _found(names: list[Name], setting: Setting, first: int, last: int, likeness: float) -> _Found:
    best = names[0]
    alike = [name for name in names if name.kind == best.kind and name.score > best.score - 0.05]
    alike.sort(key=lambda name: -name.weight)
    if best.score < 0.95:
        best = alike[0]
    others = tuple(name.value for name in alike if name.value != best.value)[:_MOST_ALTERNATIVES]
    start, end = setting.tokens[first].start, setting.tokens[last].end
    span = Span(best.kind, best.value, start, end, round(best.score * likeness, 3), others)
    return _Found(span, 0 if best.kind == "item" and setting.quoted(first, last) else 2, first, last)


def _places(setting: Setting, tables: LinkTables) -> Iterator[_Found]:
    """Yield numbered places ("store 367", "store 367 against 406"), unknown numbers too: the tool will say so."""
    if not tables.place_noun:
        return
    yield from _bare_places(setting, tables)
    noun = rf"(?:{tables.place_noun}|store|shop|branch|商店|门店|店)"
    for match in re.finditer(
        rf"\b{noun}s?\s*(?:#|no\.?|number|nr\.?)?\s*(\d{{1,6}})\b|(?<!\d)(\d{{1,6}})\s*号?店|\bthe (\d{{1,6}}) {noun}\b",
        setting.flat,
    ):
        start, end = match.span()
        yield _place(next(filter(None, match.groups())), start, end, tables)
        more = re.compile(r"\s*(?:,|against|versus|vs\.?|and|or|with|than|to|和|跟)\s*(?:#)?(\d{1,6})\b")
        while following := more.match(setting.flat, end):
            start, end = following.span(1)
            yield _place(following[1], start, end, tables)


def _bare_places(setting: Setting, tables: LinkTables) -> Iterator[_Found]:
    """Yield numbers of known places without their noun: "at 367 against 343"."""
    for match in _BARE.finditer(setting.flat):
        if match[1] in tables.places:
            yield _place(match[1], *match.span(1), tables)


_BARE = re.compile(
    r"\b(?:at|in|versus|vs\.?|against|between|than|and|or|with|to)\s+#?(\d{3,6})\b(?!\s*(?:%|days?|weeks?|baskets?|people|times|households?))"
)


def _place(number: str, start: int, end: int, tables: LinkTables) -> _Found:
    known = number in tables.places
    return _Found(Span("place", number, start, end, 1.0 if known else 0.5), 1)


_WHICH = re.compile(r"\b(?:which|what|by|per|best|busiest)\s+$")


def _phrases(plain: str, tables: LinkTables) -> Iterator[_Found]:
    for words, start, end in find_times(plain):
        if words == "weekday" and _WHICH.search(plain[:start]):
            continue  # "on which weekday?" asks for one, it is no slice
        yield _Found(Span("context", words, start, end), 3)
    found = (
        *find_years(plain, short=bool(tables.years)),
        *phrases.find_ordinals(plain),
        *phrases.find_counts(plain),
        *phrases.find_verdicts(plain),
        *phrases.find_filters(plain, tables.measures),
    )
    for phrase in found:
        span = Span(phrase.kind, phrase.value, phrase.start, phrase.end, negated=phrase.negated)
        yield _Found(span, 4)
    lag = phrases.within_days(plain)
    if lag is not None:
        yield _Found(Span("number", *lag), 3)


def _moved(found: _Found, origin: list[int]) -> _Found:
    """Give a find in the corrected text its place in the message as written."""
    span = found.span
    end = origin[span.end - 1] + 1
    if span.end < len(origin) and origin[span.end] >= end:
        end = origin[span.end]
    return replace(found, span=replace(span, start=origin[span.start], end=end))


def _longest(found: list[_Found]) -> list[_Found]:
    """Keep finds that do not overlap, the longest first; the two bounds of one phrase stay together."""
    kept: list[_Found] = []
    for one in sorted(found, key=lambda f: (f.span.start - f.span.end, f.rank, f.span.start)):
        span = one.span
        apart = all(
            other.span.end <= span.start
            or span.end <= other.span.start
            or (
                (span.start, span.end) == (other.span.start, other.span.end)
                and {span.kind, other.span.kind} == {"year_from", "year_to"}
            )
            for other in kept
        )
        if apart:
            kept.append(one)
    return sorted(kept, key=lambda f: (f.span.start, f.span.kind))


def _with_years(found: list[_Found], setting: Setting, tables: LinkTables) -> list[_Found]:
    """Let a year beside a title choose between films of one title ("Sabrina (1954)"); that year is no bound then."""
    years = [one.span for one in found if one.span.kind == "year_from"]
    used: list[Span] = []
    result: list[_Found] = []
    for one in found:
        span = one.span
        beside = next(
            (year for year in years if span.kind == "item" and _beside(span, year, setting.flat)), None
        )
        if beside is not None:
            choices = (str(span.value), *span.alternatives)
            chosen = next((item for item in choices if tables.years.get(item) == beside.value), None)
            if chosen is not None:
                used.append(beside)
                others = tuple(item for item in choices if item != chosen)
                end = max(span.end, beside.end + (setting.flat[beside.end : beside.end + 1] == ")"))
                start = min(span.start, beside.start)
                wider = replace(span, value=chosen, alternatives=others, start=start, end=end)
                one = replace(one, span=wider)
        result.append(one)
    taken = {(year.start, year.end) for year in used}
    return [
        one
        for one in result
        if not (one.span.kind.startswith("year") and (one.span.start, one.span.end) in taken)
    ]


def _beside(item: Span, year: Span, low: str) -> bool:
    after = low[item.end : year.start] if item.end <= year.start else None
    before = low[year.end : item.start] if year.end <= item.start else None
    return (after is not None and re.fullmatch(r"\s*[,(]?\s*", after) is not None) or (
        before is not None
        and re.fullmatch(r"\s*", before) is not None
        and (year.start == 0 or low[year.start].isdigit())
    )


def _with_refusals(found: list[_Found], setting: Setting) -> tuple[Span, ...]:
    """Mark what is refused; "not Titanic or Heat" refuses both."""
    spans: list[Span] = []
    for one in found:
        span = one.span
        if span.kind in ("item", "category", "place", "context", "filter"):
            before = spans[-1] if spans else None
            listed = (
                before is not None
                and before.negated
                and before.kind == span.kind
                and setting.continues(before.end, span.start)
            )
            hated = (
                before is not None
                and (before.kind, before.value) == ("verdict", "dislike")
                and span.kind == "category"
                and not setting.flat[before.end : span.start].strip()
            )
            refused = listed or hated or setting.refuses(span.start, before.end if before is not None else 0)
            span = replace(span, negated=refused)
        spans.append(span)
    return tuple(spans)
