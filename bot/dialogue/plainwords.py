"""English words that tell a counted fact without adding to it, and how much else a sentence may say.

Knows words. "Shoppers who picked up chips also took salsa" adds nothing to the counts; "a heartwarming story about
a boy and his lamp" does, though it holds no number and no wrong title.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from bot.dialogue.numerals import NUMBER_WORDS, listed

STRANGE = 0.2
"""Share of a sentence's words that may be neither plain nor in the evidence."""

_PLAIN = (
    frozenset(
        listed(
            """
            about above account across actual add after again against ago all along already alongside also
            altogether always among and another any anyone appear around ask available average away back based
            basket bit both bought bring buy buyer carry case catalogue category check choice choose chose
            chosen come common compare compared connection consider contain count cover customer data day
            different do each either end enough especially even every evidence exactly expect explore fact few
            film find fit follow found full further gave gap generally get give go goes gone good got group
            habit had half hand happen happy have hear held help here hold home idea include including instead
            interest item join just keep kind know known later lead least left less let life like likely line
            list listed little log look lot made make many match may maybe mean mention might mix month more
            most movie much name near nearly need never new next night note notice now number occasion often
            ones only open option order other others otherwise out overall own pair part past pattern people
            per percent percentage person pick picked place point possible purchase purchased put quite rank
            rate rated rating reach read really recommend recommendation record regular relate result right
            same say score see seen seem select set several share shop shopper show side similar simply since
            single someone something specific stand start still such suggest suit sure take taken tend than
            thing think though time together total took tried try turn type typical typically under until
            usual usually very viewer visit want watch watched way week well went whole will within without
            word work worth would year yes yet
        """
        )
    )
    | NUMBER_WORDS
)
_SMALL_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_ENDINGS = ("ingly", "edly", "ings", "ies", "ing", "ers", "ed", "es", "er", "ly", "'s", "s", "e")


def stem(word: str) -> str:
    """Cut one ending, so that "rated", "ratings" and "rate" meet."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


_PLAIN_STEMS = frozenset(map(stem, _PLAIN))


def strange_words(text: str, said: Iterable[str], small: Collection[str]) -> list[str]:
    """Return words that add to the evidence, where there are more of them than a sentence may have.

    Args:
        text: A sentence without its titles.
        said: Words of the evidence, in small letters.
        small: Words that never count.
    """
    content = [word for word in _SMALL_WORD.findall(text.lower()) if word not in small and len(word) > 2]
    strange = [word for word in content if word not in _PLAIN and stem(word) not in _PLAIN_STEMS]
    if len(strange) > STRANGE * len(content):
        stems = set(map(stem, said))
        strange = [word for word in strange if stem(word) not in stems]
    return strange if len(strange) > STRANGE * len(content) else []
