"""From one title to the forms under which people say it.

Knows two kinds of catalogue: proper names ("The Abyss", said as "Abyss") and common nouns ("Tortilla chips", said as
"chips"). It refuses to know popularity or ambiguity: the index settles those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.dialogue.lexicon_english import COMMON
from bot.dialogue.lexicon_text import key, singular, tokens
from bot.dialogue.lexicon_words import QUALIFIERS

FULL, ALIAS, BARE, SHORT, SUBTITLE, PART, TAIL, DISTINCTIVE = 1.0, 0.98, 0.97, 0.9, 0.88, 0.86, 0.8, 0.78
"""How surely a form means its item: the whole title, another title of it, without article, before the colon, after it,
one side of "and", its last words, one rare word."""

_ARTICLES = ("the", "a", "an", "le", "la", "les", "il", "el", "los", "das", "der")
_MOVED = re.compile(
    r"^(?P<name>.+?), (?P<article>the|a|an|le|la|les|l'|il|el|los|das|der|die|o)$", re.IGNORECASE
)
_YEAR = re.compile(r"\s*\((?P<year>(?:18|19|20)\d\d)\)\s*$")
_OTHER = re.compile(r"\s*\((?P<other>[^()]{2,})\)\s*$")
_SUBTITLE = re.compile(r"\s*(?::| - | or: )\s*")
_DIGITS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "twenty": "20", "hundred": "100",
}  # fmt: skip
_GENERIC = frozenset("movie motion picture part series episode volume show film collection special".split())  # noqa: SIM905


def straight(title: str) -> str:
    """Turn "Abyss, The" into "The Abyss"."""
    moved = _MOVED.match(title.strip())
    if moved is None:
        return title.strip()
    article = moved["article"]
    return f"{article}{'' if article.endswith(chr(39)) else ' '}{moved['name']}"


def names_in(title: str) -> tuple[str, tuple[str, ...], int | None]:
    """Split a title into its name, its other names in brackets and the year in brackets."""
    year = None
    if found := _YEAR.search(title):
        year, title = int(found["year"]), title[: found.start()]
    others: list[str] = []
    while found := _OTHER.search(title):
        others.append(straight(found["other"]))
        title = title[: found.start()]
    return straight(title), tuple(others), year


def proper_forms(title: str) -> Iterator[tuple[str, float]]:
    """Yield the keys of a proper name, each with its score; the same key may come twice."""
    name, others, year = names_in(title)
    yield from _one_name(name, FULL)
    for other in others:
        yield from _one_name(other, ALIAS)
    if year is not None:
        yield key(f"{name} {year}"), FULL
    pieces = _SUBTITLE.split(name)
    if len(pieces) > 1:
        yield from _one_name(pieces[0], SHORT)
        rest = key(pieces[-1]).split()
        content = [word for word in rest if word not in _ARTICLES]
        if len(content) >= 2 and not _GENERIC & set(content):
            yield from _one_name(pieces[-1], SUBTITLE)
    before, and_the, after = name.partition(" and the ")
    if and_the:
        yield from ((key(side), SHORT) for side in (before, after) if len(key(side).split()) >= 2)


def _one_name(name: str, score: float) -> Iterator[tuple[str, float]]:
    words = key(name).split()
    yield " ".join(words), score
    if len(words) < 2:
        return
    bare = words[1:] if words[0] in _ARTICLES else words
    shorter = {
        " ".join(bare),
        *(" ".join(word for word in form if word != "part") for form in (words, bare) if "part" in form[1:]),
        *(" ".join(word for word in form if word != "and") for form in (words, bare) if "and" in form[1:]),
        " ".join(_DIGITS.get(word, word) for word in bare),
    }
    yield from ((form, score * BARE) for form in shorter - {" ".join(words), ""})
    letters = _letters(words)
    if letters > 1:
        yield "".join(words[:letters]), score * (BARE if letters == len(words) else SHORT)


def _letters(words: list[str]) -> int:
    """Return how many words at the beginning are single letters ("E.T.", "M*A*S*H")."""
    return next((at for at, word in enumerate(words) if len(word) > 1), len(words))


def common_forms(title: str) -> Iterator[tuple[str, float]]:
    """Yield the keys, in the singular, of a common noun phrase, each with its score."""
    whole = key(title, singulars=True)
    yield whole, FULL
    noun, comma, kind = title.partition(", ")
    if (
        comma and "," not in kind and "(" not in title
    ):  # "Eggs, large" are large eggs; "Soda, cans" are cans of soda
        yield key(f"{kind} {noun}", singulars=True), ALIAS
        yield key(f"{kind} of {noun}", singulars=True), ALIAS
    parts = [key(part, singulars=True) for part in re.split(r"\s+and\s+|\s*[/,:&()]\s*", title)]
    parts = [part for part in parts if part and not _only_qualifiers(part.split())]
    for part in parts if len(parts) > 1 else ():
        yield part, PART
    for phrase in (whole, *parts, *_halves(whole)):
        words = phrase.split()
        if phrase not in (whole, *parts):
            yield phrase, PART
        core = _without_qualifiers(words)
        if core and core != words:
            yield " ".join(core), PART
        for tail in range(1, len(words)):
            joins = ("and", "or", "with")
            if not _only_qualifiers(words[tail:]) and not {words[tail - 1], words[tail]} & {*joins}:
                yield " ".join(words[tail:]), TAIL


def _halves(whole: str) -> Iterator[str]:
    """Yield both halves of a name that shares its noun: "Taco and tostada shells" are taco shells and tostada shells, "Cough syrup and drops" are cough drops."""
    match = re.fullmatch(r"(\S+) and (\S+) (\S+(?: \S+)?)", whole)
    if match is not None:
        yield from (f"{match[half]} {match[3]}" for half in (1, 2))
    match = re.fullmatch(r"(\S+) (\S+) and (\S+)", whole)
    if match is not None:
        yield f"{match[1]} {match[3]}"


def _only_qualifiers(words: list[str]) -> bool:
    return all(word in QUALIFIERS or singular(word) in QUALIFIERS or word.isdigit() for word in words)


def _without_qualifiers(words: list[str]) -> list[str]:
    core = list(words)
    while core and core[-1] in QUALIFIERS:
        core.pop()
    while core and core[0] in QUALIFIERS:
        core.pop(0)
    return core


def looks_proper(titles: list[str]) -> bool:
    """Tell whether titles are names ("Toy Story") and not nouns ("Tortilla chips").

    Of the words after the first, long enough to carry meaning, most are capitalised in names.
    """
    later = [word for title in titles for word in re.findall(r"[^\W\d_]{4,}", title.partition(" ")[2])]
    if not later:
        return True
    return bool(sum(word[0].isupper() for word in later) > 0.6 * len(later))


def is_ordinary(form: str) -> bool:
    """Tell whether a key consists of ordinary English words or numbers alone."""
    return all(
        word in COMMON or singular(word) in COMMON or word.isdigit() or len(word) == 1
        for word in form.split()
    )


def rare_words(form: str) -> list[str]:
    """Return the words of a key that could stand for the whole title alone."""
    return [token.word for token in tokens(form) if len(token.word) >= 5 and not is_ordinary(token.word)]
