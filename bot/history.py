"""Turns that happened elsewhere: from a file, a request or the database to `Turn` values.

Knows the two forms. Where only text is known (`[{"role", "content"}]`), the items that an answer spoke of are found
again by linking its titles, so that "why the second one?" works all the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from bot.dialogue.turn import Answer, ItemRef, Message, Turn
from bot.errors import AlmanacError

if TYPE_CHECKING:
    from bot.dialogue.lexicon import Lexicon


def read_history(path: Path) -> tuple[Message, ...]:
    """Read a JSON list of `{"role", "content"}`.

    Raises:
        AlmanacError: the file cannot be read or holds something else.
    """
    try:
        return tuple(TypeAdapter(list[Message]).validate_json(path.read_bytes()))
    except OSError as error:
        raise AlmanacError(f"cannot read the history {str(path)!r}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise AlmanacError(
            f'the history {str(path)!r} must be a JSON list of {{"role", "content"}}: {where}: {first["msg"]}'
        ) from error


def turns_of_messages(
    messages: Sequence[Message], lexicon: Lexicon, titles: Mapping[str, str]
) -> tuple[Turn, ...]:
    """Pair each message of a person with the answer after it."""
    turns: list[Turn] = []
    waiting: str | None = None
    for message in messages:
        if message.role == "user":
            if waiting is not None:
                turns.append(Turn(message=waiting, answer=Answer(answer="")))
            waiting = message.content
            continue
        items = [
            ItemRef(id=item, title=titles[item], score=0.0)
            for item in lexicon.items_named(message.content)
            if item in titles
        ]
        turns.append(Turn(message=waiting or "", answer=Answer(answer=message.content, items=tuple(items))))
        waiting = None
    if waiting is not None:
        turns.append(Turn(message=waiting, answer=Answer(answer="")))
    return tuple(turns)


def turns_of_stored(messages: Sequence[Mapping[str, Any]]) -> tuple[Turn, ...]:
    """Read turns as the database keeps them, answers whole."""
    turns: list[Turn] = []
    question = ""
    for message in messages:
        if message["role"] == "user":
            question = message["content"]
        else:
            answer = Answer.model_validate(json.loads(json.dumps(message["answer"])))
            turns.append(Turn(message=question, answer=answer))
    return tuple(turns)
