"""A wording that is looked for, and a message that remembers what was found in it.

Knows patterns and one text. The readings of a message ask for the same wordings again and again; each is looked for
once. What was found belongs to the message and goes with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Cue:
    """One wording, in all its forms."""

    pattern: re.Pattern[str]

    def search(self, text: str) -> re.Match[str] | None:
        """Return its first place in a text, None where it is not there."""
        return text.search(self) if isinstance(text, Said) else self.pattern.search(text)


class Said(str):
    """A text that remembers which cues were looked for in it; else a text like any other."""

    __slots__ = ("_found",)

    _found: dict[Cue, re.Match[str] | None]

    def __new__(cls, text: str) -> Said:
        """Return the text with nothing looked for yet."""
        said = super().__new__(cls, text)
        said._found = {}
        return said

    def search(self, cue: Cue) -> re.Match[str] | None:
        """Return the first place of a cue; from memory where it was looked for before."""
        found = self._found
        if cue not in found:
            found[cue] = cue.pattern.search(self)
        return found[cue]
