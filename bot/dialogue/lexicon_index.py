"""A table of names with exact, squeezed and misspelt look-up.

Knows keys and edit distances. It refuses to know sentences: which name counts at a place in a text is decided in
`bot.dialogue.link`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from bot.dialogue.lexicon_english import COMMON
from bot.dialogue.lexicon_english import words as english
from bot.dialogue.lexicon_text import singular

NameKind = Literal["item", "category", "place", "filter"]

_LONGEST = 14
_MISSPELT = 0.87
_RARE = 12
"""A word in more names than this starts a phrase comparison with names of three words and more only,"""
_FREQUENT = 150
"""and one in more than this starts none."""


@dataclass(frozen=True, slots=True)
class Name:
    """One thing that a key may stand for."""

    kind: NameKind
    value: str
    score: float
    weight: float = 0.0
    """How often it was taken; settles which of several is meant."""
    ordinary: bool = False
    """True for a proper name made of everyday words, which needs a sentence that treats it as a name."""
    strict: bool = False
    """True for one everyday word without its article ("Women"): only capitals or quotes make it a name."""


@dataclass(frozen=True, slots=True)
class NameTable:
    """Keys and what they stand for, best first."""

    exact: Mapping[str, tuple[Name, ...]]
    """Folded words as written."""
    nouns: Mapping[str, tuple[Name, ...]]
    """Folded words in the singular: common nouns, categories and attributes."""
    squeezed: Mapping[str, str]
    """A key without blanks -> the key ("toystory")."""
    vocabulary: Mapping[str, tuple[str, ...]]
    """First letter -> words that a misspelt word may stand for."""
    by_word: Mapping[str, tuple[str, ...]]
    """A rare word -> the keys of `exact` of several words that hold it."""
    longest: int
    words: frozenset[str] = field(default=frozenset())

    @classmethod
    def build(
        cls, exact: Iterable[tuple[str, Name]], nouns: Iterable[tuple[str, Name]], known: Iterable[str] = ()
    ) -> NameTable:
        """Build the table from (key, name) pairs.

        Args:
            exact: Keys that must match as written.
            nouns: Keys in the singular.
            known: Further words that a misspelt word may stand for (weekdays, "recommend").
        """
        exact_table, nouns_table = _grouped(exact), _grouped(nouns)
        words: set[str] = set(known)
        by_word: dict[str, list[str]] = defaultdict(list)
        squeezed: dict[str, str] = {}
        for key in (*exact_table, *nouns_table):
            parts = key.split()
            words.update(part for part in parts if len(part) >= 3 and part.isascii() and not part.isdigit())
            joined = "".join(parts)
            if len(joined) >= 6:
                squeezed.setdefault(joined, key)
            if len(parts) > 1 and key in exact_table:
                for part in set(parts):
                    by_word[part].append(key)
        vocabulary: dict[str, list[str]] = defaultdict(list)
        for word in sorted(words):
            vocabulary[word[0]].append(word)
        lengths = [len(key.split()) for key in (*exact_table, *nouns_table)]
        return cls(
            exact=exact_table,
            nouns=nouns_table,
            squeezed=squeezed,
            vocabulary={letter: tuple(found) for letter, found in vocabulary.items()},
            by_word={
                word: tuple(_comparable(keys)) for word, keys in by_word.items() if len(keys) <= _FREQUENT
            },
            longest=min(max(lengths, default=1), _LONGEST),
            words=frozenset(words),
        )

    def find(self, words: tuple[str, ...]) -> tuple[Name, ...]:
        """Return what consecutive folded words stand for, as written or in the singular, best first."""
        exact = self.exact.get(" ".join(words), ())
        nouns = self.nouns.get(" ".join(map(singular, words)), ())
        return exact + nouns if not (exact and nouns) else tuple(sorted(exact + nouns, key=_order))

    def find_squeezed(self, words: tuple[str, ...]) -> tuple[Name, ...]:
        """Return what the words stand for when blanks are misplaced ("golden eye", "toystory")."""
        key = self.squeezed.get("".join(words))
        return () if key is None else self.exact.get(key, self.nouns.get(key, ()))

    def corrected(self, word: str) -> str | None:
        """Return the known word that a misspelt one stands for, None where none is close enough.

        Short words allow one edit, words of six letters and more two; the first letter must be right or swapped
        with the second. Edits are counted with transpositions (optimal string alignment).
        """
        if len(word) < 4 or not word.isascii() or word.isdigit() or word in COMMON or word in self.words:
            return None
        if singular(word) in self.words or singular(word) in COMMON or word in english():
            return None
        found = self._closest(word)
        return found if found is not None or singular(word) == word else self._closest(singular(word))

    def _closest(self, word: str) -> str | None:
        if len(word) < 4:
            return None
        allowed = 1 if len(word) < 6 else 2
        best: tuple[int, float, str] | None = None
        for letter in {word[0], word[1]}:
            for candidate in self.vocabulary.get(letter, ()):
                if abs(len(candidate) - len(word)) > allowed or (
                    letter != word[0] and candidate[1] != word[0]
                ):
                    continue
                edits = OSA.distance(word, candidate, score_cutoff=allowed)
                if edits > allowed:
                    continue
                likeness = JaroWinkler.similarity(word, candidate)
                if likeness >= 0.88 and (best is None or (edits, -likeness) < best[:2]):
                    best = (edits, -likeness, candidate)
        return best[2] if best else None

    def near(self, words: Sequence[str], anchor: int) -> tuple[int, int, str, float] | None:
        """Return (first, last, key, likeness) of the misspelt name that holds the word at `anchor`.

        Windows of a word less to a word more than the key are compared; the likeness is that of
        `rapidfuzz.fuzz.ratio`, and below 0.87 nothing is found.
        """
        best: tuple[float, int, int, str] | None = None
        for key in self.by_word.get(words[anchor], ()):
            parts = key.split()
            where = parts.index(words[anchor])
            for size in (len(parts), len(parts) - 1, len(parts) + 1):
                for first in range(max(anchor - where - 1, 0), anchor - where + 2):
                    if size < 2 or not first <= anchor < first + size <= len(words):
                        continue
                    window = words[first : first + size]
                    likeness = fuzz.ratio(" ".join(window), key) / 100
                    if likeness < _MISSPELT or _everyday(window, parts):
                        continue
                    if any(_another(word, parts) for word in window):
                        continue
                    if best is None or likeness > best[0]:
                        best = (likeness, first, first + size - 1, key)
        return None if best is None else (best[1], best[2], best[3], best[0])

    def named(self, key: str) -> tuple[Name, ...]:
        """Return what a stored key stands for."""
        return self.exact.get(key) or self.nouns.get(key, ())


def _another(word: str, parts: Sequence[str]) -> bool:
    """Whether an everyday word stands where a name has quite another: "the evening than" is no Evening Star."""
    if word not in COMMON or word in parts:
        return False
    return all(OSA.distance(word, part, score_cutoff=2) > (1 if len(word) < 6 else 2) for part in parts)


def _everyday(window: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether everyday words, none misspelt, lack a word of the name: "of the country" is no Run of the Country."""
    return len(window) < len(parts) and all(word in COMMON for word in window)


_KINDS = {"item": 0, "category": 1, "place": 2, "filter": 3}


def _order(name: Name) -> tuple[float, int, float, str]:
    return (-name.score, _KINDS[name.kind], -name.weight, name.value)


def _comparable(keys: Sequence[str]) -> Sequence[str]:
    return keys if len(keys) <= _RARE else [key for key in keys if key.count(" ") >= 2]


def _grouped(pairs: Iterable[tuple[str, Name]]) -> dict[str, tuple[Name, ...]]:
    """Group by key; of one thing under one key only its best form is kept."""
    groups: dict[str, dict[tuple[str, str], Name]] = defaultdict(dict)
    for key, name in pairs:
        if not key:
            continue
        same = groups[key].get((name.kind, name.value))
        if same is None or name.score > same.score:
            groups[key][name.kind, name.value] = name
    return {key: tuple(sorted(names.values(), key=_order)) for key, names in groups.items()}
