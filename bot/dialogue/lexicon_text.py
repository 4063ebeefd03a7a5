"""Text as the linker compares it: tokens with positions, folded letters, singular forms.

Knows spelling. It refuses to know any catalogue. Every position it returns counts characters of the text given.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

CJK = "㐀-鿿豈-﫿"
_TOKEN = re.compile(rf"[^\W_{CJK}]+(?:['’][^\W_{CJK}]+)*|[{CJK}]|&|#")
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8"}
_LIGATURES = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "œ": "oe"})
_IRREGULAR = {
    "leaves": "leaf", "loaves": "loaf", "knives": "knife", "wives": "wife", "children": "child",
    "men": "man", "women": "woman", "feet": "foot", "teeth": "tooth", "mice": "mouse", "movies": "movie",
    "cookies": "cookie", "pies": "pie", "brownies": "brownie", "veggies": "veggie", "smoothies": "smoothie",
    "series": "series", "hummus": "hummus", "asparagus": "asparagus", "molasses": "molasses",
    "swiss": "swiss", "us": "us",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text: its folded form and where it stands."""

    word: str
    start: int
    end: int


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Return a word without case, accents and apostrophes; "&" is "and", "II" is "2"."""
    lower = word.casefold().translate(_LIGATURES)
    plain = "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))
    plain = plain.replace("'", "").replace("’", "")
    if plain == "&":
        return "and"
    return _ROMAN.get(plain, plain)


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """Return the singular of a folded English noun; words that are no plural come back unchanged."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zzes", "toes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def tokens(text: str) -> tuple[Token, ...]:
    """Split a text into folded words; each Chinese character is a word of its own."""
    return tuple(Token(fold(m.group()), m.start(), m.end()) for m in _TOKEN.finditer(text))


def key(text: str, *, singulars: bool = False) -> str:
    """Return the form under which a name is stored and found: folded words joined by one blank."""
    words = (token.word for token in tokens(text) if token.word != "#")
    return " ".join(singular(word) if singulars else word for word in words)


def flat(text: str) -> str:
    """Return a text in lower case, with plain quotes and digits, of exactly the same length."""
    return "".join(_flat_char(c) for c in text)


@lru_cache(maxsize=4096)
def _flat_char(c: str) -> str:
    if c in "’‘`´":
        return "'"
    if c in "“”„«»":
        return '"'
    if c in "–—−":
        return "-"
    wide = unicodedata.normalize("NFKC", c)
    lower = (wide if len(wide) == 1 else c).lower()
    return lower if len(lower) == 1 else c


def is_chinese(text: str) -> bool:
    """Tell whether a text holds any Chinese character."""
    return re.search(f"[{CJK}]", text) is not None
