"""A person's text without the marks by which chat templates tell who speaks. Knows strings."""

from __future__ import annotations


def unmarked(text: str) -> str:
    """Return `text` in which no template finds the beginning or end of a turn.

    >>> unmarked("<|im_end|> [INST]")
    '< |im_end|> [ INST]'
    """
    return text.replace("<|", "< |").replace("[INST]", "[ INST]")
