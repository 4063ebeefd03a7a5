"""The composition root: settings in, Almanac out. The only module that knows how everything fits together.

It refuses to do any of the work: each method opens what it needs and hands on.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from bot.catalogue import OpenCatalog
from bot.dialogue.turn import (
    Answer,
    Asker,
    Conversation,
    DoneEvent,
    Event,
    Message,
    Situation,
    ToolCall,
    ToolResult,
)
from bot.errors import AlmanacError, NotReady, ToolInputError
from bot.llm.base import ToolSchema
from bot.opened import Opened
from bot.service import Opinion, RuleFilter, RuleLine
from bot.settings import Settings
from bot.tools.registry import TOOL_NAMES, call_tool, tool_schema
from bot.tools.toolbox import Toolbox

if TYPE_CHECKING:
    import pandas as pd

    from bot.dialogue.agent import Agent
    from bot.dialogue.chart import Chart, ChartKind

_FIRST_YEAR, _LAST_YEAR = 1700, 2200
MAX_HISTORY = 40
"""Turns of a conversation that a new message can refer to."""


@dataclass(frozen=True)
class Almanac(Opened):
    """The whole thing: open it, ask it.

    almanac = Almanac.open()
    answer = almanac.ask("What sells with tortilla chips on Friday evenings?", catalog="groceries")
    print(answer.answer)
    """

    _tools: dict[str, tuple[OpenCatalog | None, tuple[ToolSchema, ...]]] = field(
        default_factory=dict, repr=False
    )
    """Schemas by catalogue, with the open catalogue that they were made for."""
    _writes: Lock = field(default_factory=Lock, repr=False)
    """Writers wait here, in turn and without a connection: in SQLite's own queue they sleep, and readers starve."""

    # Tools

    def _asker(self, catalog: OpenCatalog, asker: Asker | None) -> Asker:
        """Complete an asker: a naive instant is local time there, and a person's id becomes the stored one."""
        asker = asker or Asker()
        at = asker.at
        if at is not None and at.tzinfo is None:
            from zoneinfo import ZoneInfo

            at = at.replace(tzinfo=ZoneInfo(catalog.info.zone))
        if at is not None and not _FIRST_YEAR <= at.year < _LAST_YEAR:  # a frame's nanoseconds end soon after
            raise ToolInputError(
                f"at {at.isoformat()!r} is too far away: give an instant between {_FIRST_YEAR} and {_LAST_YEAR}"
            )
        person = asker.person
        if person is not None and catalog.info.pseudonymised:  # elsewhere a stored id is the given one
            from db.engine import reading
            from db.queries import known_person

            with reading(self._engine) as session:
                known = known_person(catalog.info, person, session=session, pseudonyms=self._pseudonyms)
            person = known or person
        return asker.model_copy(update={"at": at or catalog.now(), "person": person})

    def _toolbox(self, catalog: OpenCatalog, situation: Situation) -> Toolbox:
        return Toolbox(
            catalog=catalog,
            situation=situation,
            history=lambda person: self._history(catalog, person),
            save_verdict=lambda person, item, verdict, at: self._save_verdict(
                catalog, person, item, verdict, at
            ),
        )

    def _history(self, catalog: OpenCatalog, person: str) -> pd.DataFrame:
        from bot.build import rolled_up
        from db.engine import reading
        from db.queries import item_frame, person_interactions

        with reading(self._engine) as session:
            frame = person_interactions(catalog.info, person, session=session)
            unknown = [item for item in frame["item"].unique() if item not in catalog.titles]
            variants = item_frame(catalog.info, session=session, items=unknown) if unknown else None
        return frame if variants is None else rolled_up(frame, variants)

    def _save_verdict(self, catalog: OpenCatalog, person: str, item: str, verdict: Any, at: datetime) -> None:
        from db.engine import writing
        from db.queries import add_verdict

        with self._writes, writing(self._engine) as session:
            add_verdict(catalog.info, person, item, verdict, at, session=session)

    def tools(self, catalog: str | None = None) -> tuple[ToolSchema, ...]:
        """Return the tools with the JSON schemas of their arguments, enumerations from the catalogue."""
        opened = self.catalog(catalog)
        return self._schemas(opened)

    def _schemas(self, catalog: OpenCatalog) -> tuple[ToolSchema, ...]:
        known, schemas = self._tools.get(catalog.name, (None, ()))
        if known is not catalog:
            enumerations = {"category": catalog.categories}
            schemas = tuple(tool_schema(getattr(Toolbox, name), enumerations) for name in TOOL_NAMES)
            self._tools[catalog.name] = (catalog, schemas)
        return schemas

    def call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        catalog: str | None = None,
        asker: Asker | None = None,
    ) -> ToolResult:
        """Run one tool without the chat.

        Raises:
            ToolInputError: an argument is wrong; the message says which and what is allowed.
        """
        opened = self.catalog(catalog)
        situation = Situation(asker=self._asker(opened, asker))
        return self._call(opened, ToolCall(tool=tool, arguments=dict(arguments)), situation)

    def _call(self, catalog: OpenCatalog, call: ToolCall, situation: Situation) -> ToolResult:
        from retrieval.filters import FilterError

        try:
            return call_tool(self._toolbox(catalog, situation), call.tool, call.arguments)
        except FilterError as error:
            raise ToolInputError(str(error)) from error

    # Conversation

    def _agent(self, catalog: OpenCatalog) -> Agent:
        from bot.dialogue.agent import Agent

        llm = self.settings.llm
        return Agent(
            lexicon=catalog.lexicon,
            grounder=catalog.grounder,
            tools=self._schemas(catalog),
            call=lambda call, situation: self._call(catalog, call, situation),
            model=self.model,
            choose=llm.choose,
            wording=llm.worded_by,
        )

    def _conversation(
        self, catalog: OpenCatalog, conversation: str | None, history: Sequence[Message]
    ) -> Conversation:
        """Return the conversation of that id, or a new one over the turns that came with the request."""
        from bot.history import turns_of_messages, turns_of_stored
        from db.engine import reading
        from db.queries import load_conversation

        if conversation is None:
            turns = turns_of_messages(history, catalog.lexicon, catalog.titles)
            return Conversation(
                id=secrets.token_urlsafe(12), catalog=catalog.name, turns=turns[-MAX_HISTORY:]
            )
        with reading(self._engine) as session:
            stored = load_conversation(conversation, session=session)
        turns = turns_of_stored(stored.messages)
        return Conversation(id=conversation, catalog=catalog.name, turns=turns[-MAX_HISTORY:])

    def stream(
        self,
        message: str,
        *,
        catalog: str | None = None,
        conversation: str | None = None,
        history: Sequence[Message] = (),
        asker: Asker | None = None,
    ) -> Iterator[Event]:
        """Answer one message as events, and save the turn before the last one.

        Raises:
            UnknownCatalog: there is no such catalogue.
            AlmanacError: the message is empty or far too long.
        """
        text = checked(message, self.settings.web.max_message)
        opened = self.catalog(catalog)
        talk = self._conversation(opened, conversation, history)
        who = self._asker(opened, asker)
        return self._turn(opened, talk, text, who)

    def _turn(self, catalog: OpenCatalog, talk: Conversation, text: str, who: Asker) -> Iterator[Event]:
        for event in self._agent(catalog).answer(talk, text, asker=who):
            if isinstance(event, DoneEvent):
                self._save(catalog, talk, text, event.answer, who)
            yield event

    def _save(self, catalog: OpenCatalog, talk: Conversation, text: str, answer: Answer, who: Asker) -> None:
        from db.engine import writing
        from db.queries import save_turn

        with self._writes, writing(self._engine) as session:
            save_turn(
                catalog.info,
                talk.id,
                text,
                answer.model_dump(mode="json"),
                datetime.now(UTC),
                session=session,
                person=who.person,
            )

    def ask(
        self,
        message: str,
        *,
        catalog: str | None = None,
        conversation: str | None = None,
        history: Sequence[Message] = (),
        asker: Asker | None = None,
    ) -> Answer:
        """Return the whole answer at once.

        Raises:
            UnknownCatalog: there is no such catalogue.
            AlmanacError: the message is empty or far too long.
        """
        events = self.stream(
            message, catalog=catalog, conversation=conversation, history=history, asker=asker
        )
        *_, last = events
        if not isinstance(last, DoneEvent):
            raise AlmanacError(f"the turn ended without an answer: {last!r}")
        return last.answer

    # Looking around, and a person's own rights

    def rules(self, chosen: RuleFilter, *, catalog: str | None = None) -> tuple[RuleLine, ...]:
        """Return mined rules.

        Raises:
            ToolInputError: a name is unknown; the message offers the nearest ones.
        """
        from bot.browsing import rule_lines

        opened = self.catalog(catalog)
        return rule_lines(opened, chosen, opened.now())

    def draw(self, kind: ChartKind, chosen: RuleFilter, *, catalog: str | None = None) -> Chart:
        """Return a chart about the item or category that is chosen, else about the first rule.

        Raises:
            ToolInputError: a name is unknown, or there is nothing to draw.
        """
        from bot.browsing import draw

        opened = self.catalog(catalog)
        return draw(opened, kind, chosen, opened.now())

    def opinions(self, *, catalog: str | None = None, asker: Asker | None = None) -> tuple[Opinion, ...]:
        """Return what the person liked, disliked or has seen by their own word, the latest first."""
        from bot.browsing import opinions

        opened = self.catalog(catalog)
        person = self._asker(opened, asker).person
        return opinions(opened, self._history(opened, person)) if person is not None else ()

    def take_back(self, item: str, *, catalog: str | None = None, asker: Asker | None = None) -> bool:
        """Take back a person's like, dislike or seen; False where there was none."""
        from db.engine import writing
        from db.queries import remove_verdict

        opened = self.catalog(catalog)
        person = self._asker(opened, asker).person
        with writing(self._engine) as session:
            return person is not None and remove_verdict(opened.info, person, item, session=session)

    def export(self, *, catalog: str | None = None, asker: Asker | None = None) -> dict[str, Any]:
        """Return all that is stored of a person, ready for JSON."""
        from db.engine import reading
        from db.privacy import export_person

        opened = self.catalog(catalog)
        person = self._asker(opened, asker).person
        with reading(self._engine) as session:
            return export_person(opened.info, person, session=session) if person is not None else {}

    def forget(self, *, catalog: str | None = None, asker: Asker | None = None) -> dict[str, int]:
        """Erase a person; return how many rows of each kind went."""
        from db.engine import writing
        from db.privacy import forget_person

        opened = self.catalog(catalog)
        person = self._asker(opened, asker).person
        with writing(self._engine) as session:
            return forget_person(opened.info, person, session=session) if person is not None else {}


def checked(message: str, longest: int) -> str:
    """Return a message that can be answered, its ends trimmed and what no text can hold replaced.

    Raises:
        AlmanacError: it is empty or longer than `longest` characters.
    """
    text = message.encode("utf-8", "replace").decode("utf-8").replace("\x00", "").strip()
    if not text:
        raise AlmanacError("the message is empty: ask something, such as 'What goes with coffee?'")
    if len(text) > longest:
        raise AlmanacError(f"the message has {len(text):,} characters; at most {longest:,} can be answered")
    return text


def fetch_assets(settings: Settings, names: Sequence[str] | None, *, verify: bool = False) -> Iterator[Path]:
    """Fetch assets into the cache: those named, or what the demo and the tests need.

    Raises:
        AssetError: an asset is unknown, damaged or out of reach.
    """
    from bot.progress import Bars
    from db.assets import fetch

    needed = ("movielens-100k", "complete-journey", "all-minilm-l6-v2", "smollm2-135m-instruct")
    for name in names or needed:
        bars = Bars()
        try:
            yield fetch(name, settings.cache, progress=bars, verify=verify)
        finally:
            bars.close()


def serve_forever(settings: Settings) -> None:
    """Open everything, serve until interrupted.

    Raises:
        NotReady: no catalogue was built.
        ServeError: the address cannot be used.
    """
    from bot.behaviour import StoredBehaviour
    from bot.web.serve import create_app, run

    almanac = Almanac.open(settings)
    if not almanac.catalogs():
        raise NotReady("no catalogue was built yet: run `almanac load SOURCE`, then `almanac build`")
    almanac.warm()
    web = settings.web
    if web.secret is None and web.secret_file is None:
        web = web.model_copy(update={"secret_file": settings.home / "web.secret"})
    app = create_app(almanac, web, behaviour=StoredBehaviour(almanac))
    run(app, host=settings.host, port=settings.port)
