"""What a conversation is about right now: the list shown last, the call behind it, the item in focus.

Knows how to read turns. It refuses to know the new message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.dialogue.lexicon import Lexicon
from bot.dialogue.link import Links
from bot.dialogue.planner_cues import CART, IT
from bot.dialogue.turn import Asker, Conversation, ToolCall


@dataclass(frozen=True, slots=True)
class Focus:
    """What a follow-up can point at."""

    call: ToolCall | None = None
    """The last call that asked the catalogue for something."""
    wish: ToolCall | None = None
    """The last call that asked for items, where others came after it: what "nothing after 1990" changes."""
    lists: tuple[tuple[str, ...], ...] = ()
    """Ids of the items shown by each turn, the latest first; turns that showed none are left out."""
    page: str | None = None
    """The item of the page that the visitor looks at."""
    cart: tuple[str, ...] = ()
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Verdict -> items of earlier messages that no tool has kept (see `bot.dialogue.planner_calls.told`)."""

    @classmethod
    def of(cls, conversation: Conversation, asker: Asker, lexicon: Lexicon) -> Focus:
        """Read the turns; where one holds text alone, the titles in its answer are its list."""
        call: ToolCall | None = None
        wish: ToolCall | None = None
        lists: list[tuple[str, ...]] = []
        for turn in reversed(conversation.turns):
            asked = [one for one in turn.answer.tool_calls if one.tool not in ("rate_item", "show_profile")]
            call = call or (asked[-1] if asked else None)
            wishes = [one for one in asked if one.tool in ("score_items", "search_items")]
            wish = wish or (wishes[-1] if wishes else None)
            shown = tuple(item.id for item in turn.answer.items)
            if not shown and not turn.answer.tool_calls:
                shown = lexicon.link(turn.answer.answer).values("item")
            if shown:
                lists.append(shown)
        return cls(call, wish, tuple(lists), asker.page, asker.cart)

    def nth(self, position: int) -> str | None:
        """Return the item at a position of the latest list that is long enough; -1 is the last."""
        for shown in self.lists:
            if len(shown) >= abs(position) and (len(shown) > 1 or position == 1):
                return shown[position - 1 if position > 0 else position]
        return None

    def it(self) -> str | None:
        """Return the item that "it" or "this" means: the page's, that of the last call, or the first one shown."""
        if self.page is not None:
            return self.page
        if self.call is not None and isinstance(self.call.arguments.get("item"), str):
            return str(self.call.arguments["item"])
        return self.lists[0][0] if self.lists else None

    def named(self, links: Links) -> tuple[str, ...]:
        """Return the items that a message names or points at: titles, "the second one", "it", "my cart"."""
        titles = [(span.start, str(span.value)) for span in links.of("item", negated=False)]
        places = [(span.start, self.nth(int(span.value))) for span in links.of("ordinal")]
        found = [
            item for _, item in sorted([*titles, *[(at, item) for at, item in places if item is not None]])
        ]
        if not found and CART.search(links.plain) and self.cart:
            return self.cart
        if not found and not links.of("item") and IT.search(links.plain):
            pointed = self.it()
            found = [pointed] if pointed is not None else []
        return tuple(dict.fromkeys(found))
