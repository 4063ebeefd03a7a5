"""The error family of `bot`.

AlmanacError
├── SettingsError      a setting is unknown, malformed or unsafe; names it and says what is allowed
├── NotReady           nothing is loaded or built yet; says which command does it
└── ToolInputError     an argument of a tool is wrong: a model or a caller can mend it

Each message is one line that says what to do. Doors turn them into exit status 1, a problem document or a step of
the turn; anything else that is raised is our mistake and keeps its traceback. `UnknownCatalog` is `db`'s, handed on
here so that doors need not know `db`.
"""

from __future__ import annotations

from db.errors import UnknownCatalog

__all__ = ["AlmanacError", "NotReady", "SettingsError", "ToolInputError", "UnknownCatalog"]


class AlmanacError(Exception):
    """Something that the person at the keyboard can mend; the message says how."""


class SettingsError(AlmanacError):
    """A setting cannot be used."""


class NotReady(AlmanacError):
    """There is no data or no generation to answer from."""


class ToolInputError(AlmanacError):
    """An argument of a tool is wrong; the message names it, its value and what is allowed."""
