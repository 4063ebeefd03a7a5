"""Templates of messages: parsed from a text file, filled with a catalogue's words, roughened as people write.

Knows text. It refuses to know links, tools and models. The same seed gives the same texts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from bot.llm.teach.worlds import World

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_NEIGHBOURS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
HELD_OUT = 7
"""One template in so many is for validation; what it is does not depend on the others."""
OPENERS = (
    "hey, ", "hi, ", "hello! ", "please ", "so ", "ok ", "um, ", "well, ", "hi there, ", "quick question: ", "hey ",
    "sorry, ", "almanac, ", "good evening. ", "yo ", "just wondering, ", "ok so ", "hmm, ", "tell me, ", "now ",
)  # fmt: skip
CLOSERS = (
    " please",
    " thanks",
    ", thank you",
    " pls",
    "!",
    " :)",
    "...",
    ", please?",
    " if you can",
    " then",
    "??",
    " thx",
)
BEFORE = (
    "long day at work. ", "my kids are driving me crazy. ", "we have guests tonight! ", "ok here goes: ", "i have a question. ",
    "not sure you can do this but ", "this may sound silly, ", "my sister told me to ask you: ", "thanks for earlier. ",
    "first time here. ", "i'm in a hurry. ", "let's try something else. ", "sorry to bother you again. ", "i was wondering, ",
    "hope you are well. ", "right, ", "listen, ", "my husband wants to know: ", "for my report: ", "boss asks: ", "back again! ",
    "i'm on my phone so short: ", "no idea how to put this, ", "me again. ", "great weather today! ", "just curious: ",
    "i run a small shop. ", "i'm a data nerd, so ", "for a meeting tomorrow: ", "new question. ", "another thing: ", "oh, ",
    "actually, ", "wait, ", "different topic: ", "one more thing, ", "before i forget: ", "you know what, ", "to be honest, ",
    "lol ", "omg ", "ugh, ", "alright ", "and ", "but ", "could you tell me: ", "i'd like to know, ", "do you happen to know, ",
)  # fmt: skip
AFTER = (
    " if that makes sense", " lol", " haha", ", any chance?", " - thanks in advance", " asap", ", just curious", " or so", " btw",
    ", i mean", ", you know", " today", ", thanks a lot", " if possible", ", nothing fancy", ", no rush", " :D", " mate", " plz",
    ", would be great", ", can you do that?", ", is that ok?", " my friend", ", that's all", " again", " ok?", " right?",
)  # fmt: skip
SHORT = {
    "you": "u", "your": "ur", "please": "plz", "something": "smth", "anything": "anythin", "with": "w/", "about": "abt",
    "what's": "whats", "are": "r", "and": "n", "recommend": "rec", "because": "cos", "really": "rly", "people": "ppl",
    "though": "tho", "thanks": "thx", "i'm": "im", "don't": "dont", "didn't": "didnt", "hadn't": "hadnt", "want to": "wanna",
    "give me": "gimme", "let me": "lemme", "number": "nr", "looking": "lookin", "going": "goin", "for": "4", "love": "luv",
    "that's": "thats", "i'd": "id", "would": "wud", "movies": "flicks", "favourite": "fav", "before": "b4", "tonight": "2nite",
    "than": "then", "can't": "cant", "okay": "k", "what": "wat", "isn't": "isnt", "just": "jus", "have": "hav",
}  # fmt: skip
"""How people shorten words on a phone."""
_SHORT = re.compile(rf"\b(?:{'|'.join(map(re.escape, SHORT))})\b", re.IGNORECASE)
_SMALL = re.compile(r"\b(?:the|a|an|do|does|did|is|are|some|any|to)\s+", re.IGNORECASE)
"""Words that learners of English leave out."""


@dataclass(frozen=True, slots=True)
class Template:
    """One line of a template file."""

    target: str
    """What to answer, with slot names in place of marks."""
    text: str
    only: str = ""
    """"film" or "shop": the catalogues that it is for; empty for any."""
    after: str = ""
    """The word of the tool that the turn before called, "any", or empty."""

    @property
    def id(self) -> str:
        """A name that stays when lines are added."""
        return hashlib.blake2b(f"{self.after}|{self.target}|{self.text}".encode(), digest_size=5).hexdigest()

    def fits(self, *, proper: bool) -> bool:
        """Tell whether it is for catalogues whose titles are names, or are nouns."""
        return not self.only or (self.only == "film") == proper

    @property
    def held_out(self) -> bool:
        """Whether it is kept for validation."""
        return int(self.id, 16) % HELD_OUT == 0


@dataclass(frozen=True, slots=True)
class Filled:
    """A message and where its slots are."""

    text: str
    slots: Mapping[str, tuple[int, int]]
    values: Mapping[str, str]


def read(text: str) -> tuple[Template, ...]:
    """Parse a template file; empty lines and those that begin with # are comments."""
    found: list[Template] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        target, _, words = line.partition(" => ")
        after = only = ""
        if target.startswith("after "):
            after, _, target = target.removeprefix("after ").partition(": ")
        if target.startswith(("film: ", "shop: ")):
            only, _, target = target.partition(": ")
        if not words:
            raise ValueError(f"a template needs ' => ' between target and text, this has none: {line!r}")
        found.append(Template(target.strip(), words.strip(), only, after))
    return tuple(found)


def fill(template: str, world: World, rng: Random, given: Mapping[str, str]) -> Filled:
    """Choose among alternatives, fill slots and roughen; a slot of `given` takes that value."""
    words = template
    while _CHOICE.search(words):
        words = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), words)
    values: dict[str, str] = dict(given)
    words = _hurried(words, rng)
    rough = rng.random() < 0.14
    lower = rng.random() < 0.5
    pieces: list[str] = []
    slots: dict[str, tuple[int, int]] = {}
    if rng.random() < 0.22:
        pieces.append(rng.choice(OPENERS if rng.random() < 0.6 else BEFORE))
    at = 0
    for match in _SLOT.finditer(words):
        pieces.append(_roughened(words[at : match.start()], rng, rough))
        name = match[1]
        values[name] = values.get(name) or world.word(name, rng, values)
        said = _roughened(values[name], rng, rough)
        start = sum(map(len, pieces))
        pieces.append(said)
        slots.setdefault(name, (start, start + len(said)))
        at = match.end()
    pieces.append(_roughened(words[at:], rng, rough))
    if rng.random() < 0.14:
        last = pieces.pop().rstrip("?!. ")
        pieces += [last, rng.choice(CLOSERS if rng.random() < 0.6 else AFTER)]
    text = "".join(pieces)
    if rng.random() < 0.25:
        text = text.rstrip("?.!")
    if not lower and rng.random() < 0.04:
        return Filled(text.upper(), slots, values)
    text = text.lower() if lower else text[:1].upper() + text[1:]
    return Filled(text, slots, values)


def _hurried(text: str, rng: Random) -> str:
    """Shorten some words, or leave out small ones, in some messages; slots stay."""
    pieces = re.split(r"(\{\w+\})", text)
    chance = rng.random()
    if chance < 0.14:
        short = lambda match: SHORT[match[0].lower()] if rng.random() < 0.6 else match[0]  # noqa: E731
        pieces[::2] = [_SHORT.sub(short, piece) for piece in pieces[::2]]
    elif chance < 0.19:
        pieces[::2] = [
            _SMALL.sub(lambda match: "" if rng.random() < 0.6 else match[0], piece) for piece in pieces[::2]
        ]
    return "".join(pieces)


def _roughened(text: str, rng: Random, rough: bool) -> str:
    """Make a slip in some words."""
    if not rough:
        return text
    return re.sub(
        r"[A-Za-z]{4,}", lambda match: _slip(match[0], rng) if rng.random() < 0.3 else match[0], text
    )


def _slip(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    match rng.randrange(4):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case 2:
            return word[:at] + word[at] + word[at:]
        case _:
            row = next((row for row in _NEIGHBOURS if word[at].lower() in row), word[at])
            place = row.find(word[at].lower())
            return word[:at] + row[max(place - 1, 0)] + word[at + 1 :]


def split(templates: Sequence[Template], *, held_out: bool) -> Iterator[Template]:
    """Yield the templates of one side of the validation split."""
    return (one for one in templates if one.held_out == held_out)
