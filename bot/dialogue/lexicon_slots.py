"""Whether a sentence treats some everyday words as a name, and whether it refuses what they name.

Knows the words around a place in a text. It refuses to know what the words there stand for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.dialogue.lexicon_text import Token

_CUES = frozenset(
    """like liked likes loved love loves loving hate hated hates enjoy enjoyed enjoys adore adored dislike disliked
    watch watched seen saw rate rated why explain titled called film movie recommend recommended recommending suggest
    suggested than without give gave finished rewatched bought get see favorite favourite prefer and or not
    """.split()  # noqa: SIM905
)
_PAIR_CUES = frozenset(
    {("what", "about"), ("how", "about"), ("me", "about"), ("more", "about"), ("know", "about"), ("info", "about"),
     ("similar", "to"), ("compared", "to"), ("fan", "of"), ("fans", "of"), ("year", "of"), ("genre", "of"), ("details", "of"),
     ("details", "on"), ("info", "on"), ("facts", "about"), ("goes", "with"), ("go", "with"), ("together", "with"),
     ("together", "as"), ("along", "with"), ("next", "to"), ("much", "as"), ("based", "on"), ("details", "about"),
     ("instead", "of"), ("when", "was"), ("year", "was"), ("who", "made"), ("is", "about"), ("rid", "of"), ("case", "of"),
     ("anything", "but"), ("think", "of"), ("after", "watching"), ("people", "watch"), ("obsessed", "with"), ("obsessed", "w"), ("crazy", "about"), ("alongside", "the")}
)  # fmt: skip
_SMALL = frozenset(("with", "from", "into", "over", "upon", "than", "that", "your"))
"""Words that titles write small."""
_ASKING = frozenset({"is", "was", "are", "does", "did", "has"})
_AFTER = frozenset(
    """and or but so what which for with please tonight on in is was are than instead again yesterday because to at too
    as a lot very much more released from so then if though because came come rated by when who why how do does did not
    today lately last really also about goes go get got make makes compared versus vs against where recently now one film
    movie 1 2 3 4 5 6 7 8 9 10 five four""".split()  # noqa: SIM905
)
_AFTER_ASKING = frozenset(
    {"an", "any", "good", "worth", "funny", "scary", "similar", "older", "newer", "popular", "made", "still"}
)
_PLACE_CUES = frozenset(
    [
        "in",
        "the",
        "from",
        "across",
        "between",
        "and",
        "or",
        "vs",
        "versus",
        "against",
        "with",
        "than",
        "compared",
        "at",
        "of",
        "for",
        "near",
        "around",
    ]
)
_FELL = re.compile(r"\b(?:did|does|do|has|have|will|would|sales|the|a|any|to)\b")
"""Before "drop": something fell, and nothing is to be left out."""
_SIDES = frozenset({"against", "vs", "versus", "or"})
_REFUSAL = re.compile(
    r"(?:\bwhy not\b.*)|(?:\b(?:not|no|without|except(?:ing)?|excluding|exclude|minus|leave out|leaving out|skip|apart from|"
    r"other than|instead of|rather than|anything but|nor|don't want|do not want|don't show me|nothing|never|avoid|besides|"
    r"isn't|aren't|hide|remove|drop|forget|ignoring|ignore)\b"
    r"(?:\s+(?:any|the|a|an|too|so|as|very|more|like|similar to|from|anything|something|another|movies?|films?|ones|with|just|"
    r"want|recommend|show me|give me|for|on|in|at|made|set|really|that|of|those|these|is|are|in the mood for))*\s*[\"']?$)"
    r"|(?:(?:不要|别|除了|没有|不想看|不是|去掉|不含)\s*(?:看|推荐|给我|再)?\s*$)"
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One message as the linker sees it around a name."""

    text: str
    """As written, for capitals and quotes."""
    flat: str
    """Lower case, of the same length."""
    tokens: tuple[Token, ...]
    words: tuple[str, ...]
    """The folded words with misspelt ones corrected, one for each token."""
    shouting: bool
    """True where capitals say nothing: the whole message is in capitals or every word begins with one."""

    @classmethod
    def of(cls, text: str, flat: str, tokens: tuple[Token, ...], words: tuple[str, ...]) -> Setting:
        """Read a message."""
        heads = [text[token.start] for token in tokens if text[token.start].isalpha()]
        capitals = all(head.isupper() for head in heads)
        return cls(text, flat, tokens, words, len(heads) > 3 and capitals)

    def quoted(self, first: int, last: int) -> bool:
        """Tell whether the words from `first` to `last` stand in quotes."""
        before = self.flat[: self.tokens[first].start].rstrip()[-1:]
        after = self.flat[self.tokens[last].end :].lstrip()[:1]
        return before in ('"', "'", "《") and after in ('"', "'", "》", ".", ",", "?", "!")

    def capitalised(self, first: int, last: int) -> bool:
        """Tell whether capitals mark the words as a name: all of two or more, or one inside a sentence."""
        if self.shouting:
            return False
        heads = [
            self.text[token.start]
            for token in self.tokens[first : last + 1]
            if len(token.word) > 3 and token.word not in _SMALL
        ]
        if not all(head.isupper() for head in heads) or not self.text[self.tokens[first].start].isupper():
            return False
        return last > first or not self._opens_sentence(first)

    def named(self, first: int, last: int, previous: int | None) -> bool:
        """Tell whether the words around treat these as a name ("like Heat", "rate Seven", "Fargo and Heat").

        Args:
            first: Position of the first word.
            last: Position of the last word.
            previous: Position of the last word of the name before, None where there is none.
        """
        if not self._closes(last, first):
            return False
        if previous is not None and self._lists(previous, first):
            return True
        words = self.words
        before = words[first - 1] if first else ""
        article = first > 1 and before in ("the", "a")
        pair = (words[first - 2], before) if first > 1 else ("", before)
        if before in ("and", "or", "not"):
            return previous is not None or before == "not"
        if before == "see" or before == "get":
            return self.capitalised(first, last)
        return (
            before in _CUES
            or pair in _PAIR_CUES
            or before in _ASKING
            or (article and words[first - 2] in _CUES and last > first)
        )

    def upper(self, at: int) -> bool:
        """Tell whether a word is in capitals where the message as a whole is not, after a word that leads to a place."""
        token = self.tokens[at]
        return not self.shouting and self.text[token.start : token.end].isupper() and self.places(at)

    def places(self, at: int) -> bool:
        """Tell whether the word before leads to a place ("in the south", "south against west")."""
        before = self.words[at - 1] if at else ""
        after = self.words[at + 1] if at + 1 < len(self.words) else ""
        marked = self.flat[self.tokens[at].end :].lstrip()[:1] in (",", ":") and at == 0
        return before in _PLACE_CUES or after in _SIDES or marked or (at == 0 and len(self.words) == 1)

    def opens_list(self, first: int, last: int) -> bool:
        """Tell whether the message begins with these words and a comma, or is nothing else."""
        following = self.flat[self.tokens[last].end :].lstrip()[:1]
        return first == 0 and following in ("", ",", ".", "?", "!", "，")

    def refuses(self, start: int, after: int) -> bool:
        """Tell whether what stands at `start` is refused ("not", "without" ...); reading begins at `after`."""
        before = re.split(r"[.?!;]\s", self.flat[after:start])[-1]
        match = _REFUSAL.search(before)
        if match is None or match.group().startswith("why not"):
            return False
        sentence = re.split(r"[.?!;]\s", self.flat[:start])[-1]
        return not (match.group().startswith("drop") and _FELL.search(sentence))

    def continues(self, end: int, start: int) -> bool:
        """Tell whether only "or" or "and" stands between two names, so that a refusal covers both."""
        return (
            re.fullmatch(r"\s*,?\s*(?:or|and|nor|和|或者?)\s+(?:the\s+|any\s+)?|[和或]", self.flat[end:start])
            is not None
        )

    def _opens_sentence(self, first: int) -> bool:
        before = self.flat[: self.tokens[first].start].rstrip(" \"'")
        return not before or before[-1] in ".?!:\n"

    def _closes(self, last: int, first: int) -> bool:
        after = self.flat[self.tokens[last].end :]
        if not after.strip() or re.match(r"\s*[.,?!;:)\"'》，。？！、/]|\s*[^\x00-\x7f]", after):
            return True
        following = self.words[last + 1] if last + 1 < len(self.words) else ""
        asked = first > 0 and self.words[first - 1] in _ASKING
        return following in _AFTER or (asked and following in _AFTER_ASKING)

    def _lists(self, previous: int, first: int) -> bool:
        between = self.flat[self.tokens[previous].end : self.tokens[first].start]
        words: Sequence[str] = re.findall(r"\w+", between)
        joined = all(
            word in ("and", "or", "but", "not", "also", "the", "then", "plus", "with", "hated", "loved")
            for word in words
        )
        return (
            joined and len(words) <= 3 and (bool(words) or "," in between or "/" in between or "&" in between)
        )
