"""A wording that is looked for, and a message that remembers what was found in it.

Knows patterns and one text. The readings of a message ask for the same wordings again and again; each is looked for
once, and not at all where the message lacks the letters that every form of it has. What was found belongs to the
message and goes with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LONGEST = 3
"""Letters of the longest run that a message is compared by."""
_RARE = " etaoinsrhldcumfpgwybvkxjqz"
"""Letters, the commonest first; any other is rarer."""


@dataclass(frozen=True, slots=True, eq=False)
class Cue:
    """One wording, in all its forms."""

    pattern: re.Pattern[str]
    runs: frozenset[str] = field(init=False)
    """Short runs of letters: a text without any of them has no form of the wording. Empty where that is unknown."""

    def __post_init__(self) -> None:
        plain = not self.pattern.flags & (re.IGNORECASE | re.VERBOSE)
        object.__setattr__(self, "runs", (plain and _Reader(self.pattern.pattern).runs()) or frozenset())

    def search(self, text: str) -> re.Match[str] | None:
        """Return its first place in a text, None where it is not there."""
        return text.search(self) if isinstance(text, Said) else self.pattern.search(text)


class Said(str):
    """A text that remembers which cues were looked for in it; else a text like any other."""

    __slots__ = ("_found", "_runs")

    _found: dict[Cue, re.Match[str] | None]
    _runs: frozenset[str]

    def __new__(cls, text: str) -> Said:
        """Return the text with nothing looked for yet."""
        said = super().__new__(cls, text)
        said._found = {}
        places = range(len(text))
        said._runs = frozenset(text[at : at + size] for size in range(1, _LONGEST + 1) for at in places)
        return said

    def search(self, cue: Cue) -> re.Match[str] | None:
        """Return the first place of a cue; from memory where it was looked for before."""
        found = self._found
        if cue not in found:
            absent = cue.runs and cue.runs.isdisjoint(self._runs)
            found[cue] = None if absent else cue.pattern.search(self)
        return found[cue]


class _Reader:
    """Reads a pattern for the letters that each of its forms must have.

    What it does not read (classes, look-arounds, escapes, what may be left out) it takes to demand nothing.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def runs(self) -> frozenset[str] | None:
        """Return runs of which a match has at least one, None where a form demands none; up to the closing bracket."""
        forms: list[frozenset[str] | None] = [self._form()]
        while self._next() == "|":
            self._at += 1
            forms.append(self._form())
        known = [form for form in forms if form is not None]
        return frozenset().union(*known) if len(known) == len(forms) else None

    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _form(self) -> frozenset[str] | None:
        demanded: list[frozenset[str]] = []
        letters = ""
        while self._next() not in ("", "|", ")"):
            letter, group = self._part()
            optional, repeated = self._repeats()
            if letter and not optional:
                letters += letter
            if not letter or optional or repeated:
                demanded += [frozenset((_rarest(letters),))] if letters else []
                letters = ""
            if group and not optional:
                demanded.append(group)
        demanded += [frozenset((_rarest(letters),))] if letters else []
        return max(demanded, key=lambda runs: (min(map(_rarity, runs)), -len(runs)), default=None)

    def _part(self) -> tuple[str, frozenset[str] | None]:
        """Read one part: a letter that it is, or the runs that a group demands."""
        char = self._next()
        self._at += 1
        if char == "(":
            return "", self._group()
        if char == "[":
            self._class()
        elif char == "\\":
            char = self._next()
            self._at += 1
            return ("", None) if char.isalnum() else (char, None)
        return ("", None) if char in "[.^$" else (char, None)

    def _group(self) -> frozenset[str] | None:
        asks = True
        if self._next() == "?":
            head = re.compile(r"\?(?:(:)|P<\w+>|<?[=!]|[a-zA-Z-]*)").match(self._pattern, self._at)
            assert head is not None  # noqa: S101 - it matches any
            asks = head[1] is not None or head[0].startswith("?P<")
            self._at = head.end()
        runs = self.runs()
        self._at += 1
        return runs if asks else None

    def _class(self) -> None:
        self._at += self._next() == "^"
        self._at += self._next() == "]"
        while self._next() != "]":
            self._at += 2 if self._next() == "\\" else 1
        self._at += 1

    def _repeats(self) -> tuple[bool, bool]:
        """Read how often the last part may stand: whether it may be left out, whether it may come again."""
        found = re.compile(r"(?:[*+?]|\{(\d*)(?:,\d*)?\})[+?]?").match(self._pattern, self._at)
        if found is None:
            return False, False
        self._at = found.end()
        return found[0][0] in "*?" or (found[0][0] == "{" and not int(found[1] or 0)), True


def _rarest(letters: str) -> str:
    size = min(_LONGEST, len(letters))
    return max((letters[at : at + size] for at in range(len(letters) - size + 1)), key=_rarity)


def _rarity(run: str) -> tuple[int, int]:
    ranks = [_RARE.find(letter) if letter in _RARE else 2 * len(_RARE) for letter in run]
    return min(len(run), 2) if max(ranks) < 2 * len(_RARE) else 3, sum(ranks)
