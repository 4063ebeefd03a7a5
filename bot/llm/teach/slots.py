"""A fact with its titles and numbers as marks, and a sentence over these marks turned back.

The one format in which a small model sees a fact, frozen since it was taught on it: titles are A, B, C in their order,
numbers #1, #2, what a title is made of KIND. The model can then neither misspell a title nor invent a number, and what
it has learned of one catalogue holds for any other.

Knows text. It refuses to know models, and it does not judge: the check of `bot.dialogue.ground` reads what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PLACES = 3
"""A fact is worded otherwise as the first, second and third of an answer; then the ways come round."""
LETTERS = "ABCDEFGH"

_NUMBER = re.compile(r"(?<![A-Za-z])[-+]?\d+(?:,\d{3})*(?:\.\d+)?")
_KIND = re.compile(r"(?<=: )[^;:.#]*[^;:.# ](?=;)")
_MARK = re.compile(r"#\d{1,2}|\b(?:[A-H]|KIND)\b")


@dataclass(frozen=True, slots=True)
class Blank:
    """A fact in marks."""

    text: str
    values: Mapping[str, str]
    """Mark -> what it stands for."""

    def prompt(self, place: int) -> str:
        """What a taught model reads to word this fact at a place of an answer, from 0."""
        return f"say {place % PLACES + 1}: {self.text}\n>"

    def filled(self, sentence: str) -> str | None:
        """Return a sentence with values for marks; None where it has a mark of its own, or lacks one of the fact."""
        used = set(_MARK.findall(sentence))
        if used != set(self.values):
            return None
        text = " ".join(_MARK.sub(lambda match: self.values[match[0]], sentence).split())
        return text[:1].upper() + text[1:]


def blank(fact: str, titles: Sequence[str]) -> Blank | None:
    """Return a fact in marks; None where it cannot be: too many titles, or one that looks like a mark.

    Args:
        fact: The text of an Evidence.
        titles: The titles in it, as it writes them, in their order.
    """
    values: dict[str, str] = {}
    text, at = fact, 0
    pieces: list[str] = []
    known: dict[str, str] = {}
    for title in titles:
        found = text.find(title, at)
        if found < 0:
            return None
        if title not in known:
            if len(known) == len(LETTERS):
                return None
            known[title] = LETTERS[len(known)]
            values[known[title]] = title
        pieces += [_numbered(text[at:found], values), known[title]]
        at = found + len(title)
    pieces.append(_numbered(text[at:], values))
    said = "".join(pieces)
    if len(_MARK.findall(said)) < len(values) or set(_MARK.findall(said)) != set(values):
        return None
    kind = _KIND.search(said)
    if kind and not _MARK.search(kind[0]):
        values["KIND"] = kind[0]
        said = said[: kind.start()] + "KIND" + said[kind.end() :]
    return Blank(said, values)


def _numbered(text: str, values: dict[str, str]) -> str:
    def mark(match: re.Match[str]) -> str:
        name = f"#{1 + sum(known.startswith('#') for known in values)}"
        values[name] = match[0]
        return name

    return _NUMBER.sub(mark, text)
