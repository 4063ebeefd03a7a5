"""Text to search words, the same for items and queries.

Knows letters, plurals and writing systems. It refuses to know which words matter: `retrieval.lexical` does.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_IS_CJK = re.compile(rf"[{_CJK}]")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_LONGEST: Final = 64
"""A longer run of letters is no word; it is cut so that no text makes the vocabulary grow without bound."""
_IRREGULAR: Final = {
    "children": "child", "men": "man", "women": "woman", "mice": "mouse", "feet": "foot", "teeth": "tooth",
    "geese": "goose", "knives": "knife", "loaves": "loaf", "wolves": "wolf", "wives": "wife",
    "halves": "half", "thieves": "thief", "shelves": "shelf", "news": "news",
}  # fmt: skip


def tokens(text: str) -> list[str]:
    """Return the words of `text` in order: case, accents and English plurals folded away.

    "Children's" is "child", "Café" is "cafe". Chinese, Japanese and Korean runs, which have no spaces,
    become overlapping character pairs: "喜剧片" is "喜剧", "剧片".
    """
    found: list[str] = []
    for run in _RUN.findall(_folded(text)):
        if _IS_CJK.match(run):
            found.extend([run] if len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)])
        else:
            found.append(singular(run[:_LONGEST]))
    return found


def singular(word: str) -> str:
    """Return an English word in the form that its plural shares; a word that is no plural stays (nearly).

    The "S stemmer" of Harman (1991), "How effective is suffixing?", so changed that both forms of a
    word meet: "cookie" and "cookies" are "cooky", "dish" and "dishes" are "dish", "tomatoes" is "tomato".
    Irregular plurals are a table. The form need not be a word: nobody reads it.
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("s") and not word.endswith(("us", "ss", "is")):
        es = word.endswith(("shes", "ches", "xes", "sses")) or (word.endswith("oes") and len(word) > 5)
        word = word[:-2] if es else word[:-1]
        word = _IRREGULAR.get(word, word)
    if len(word) > 4 and word.endswith("ie"):
        return word[:-2] + "y"
    return word[:-1] if len(word) > 4 and word.endswith("che") else word


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _APOSTROPHE.sub("", unicodedata.normalize("NFC", plain).casefold())
