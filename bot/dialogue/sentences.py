"""Streamed text to whole sentences, and sentences to text.

Knows where English and Chinese sentences end. "Dr. Strangelove", "1.5 times" and "E.T." end none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.dialogue.turn import Sentence

_END = re.compile(r"(?<=[.!?…])[\"”’)\]*]*\s+(?=[\"“‘*]*[A-Z0-9\u4e00-\u9fff])|(?<=[。！？])[”’》）]*|\n+")
_SHORTENED = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|St|Jr|Sr|vs|No|Vol|Pt|Ep|Mt|Lt|Sgt|Capt|Col|Gen|Rev|Prof|approx|e\.g|i\.e)|\b[A-Za-z])\.$"
)
_WHOLE = re.compile(r"[.!?…。！？][\"”’)）》\]*]*\s*$")
_BULLET = re.compile(r"^\s*(?:[-*•]+|\d{1,2}[.)])\s+")
_MARKS = re.compile(r"\*\*|__|`|\s*\[e\d+(?:,\s*e\d+)*\]")


def split(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the sentences of a text that arrives in pieces, each as soon as the next one begins.

    A rest that no mark ends was cut off, and is left out.
    """
    held = ""
    for piece in pieces:
        held += piece
        cut = _cut(held)
        while cut is not None:
            done, held = held[: cut[0]], held[cut[1] :]
            if done.strip():
                yield tidy(done)
            cut = _cut(held)
    if _WHOLE.search(held):
        yield tidy(held)


def _cut(text: str) -> tuple[int, int] | None:
    """Where the first sentence ends and the next begins; None while that is open."""
    for found in _END.finditer(text):
        closed = text[: found.start()]
        at_end = found.end() == len(text) and "\n" not in found.group()
        if not at_end and not _SHORTENED.search(closed) and not _BULLET.fullmatch(closed + " "):
            marks = found.group().rstrip()
            return found.start() + len(marks), found.end()
    return None


def tidy(text: str) -> str:
    """Return a sentence without list marks, emphasis and fact numbers."""
    return " ".join(_MARKS.sub("", _BULLET.sub("", text)).split())


def join(sentences: Sequence[Sentence]) -> str:
    """Return the answer as one text; the text of a shorter list begins that of a longer one."""
    text = ""
    for sentence in sentences:
        gap = "" if not text or text[-1] in "。！？：；" else " "
        text += gap + sentence.text
    return text
