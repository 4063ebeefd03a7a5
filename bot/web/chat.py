"""`POST /api/chat`: one message in, its answer out as events or as one document; `POST /api/stop` ends one early.

Knows the shapes of both and how a conversation's id is sealed to its owner. It refuses to know how an answer is made
(`Service`), how an event is encoded (`bot.web.events`) or how a turn is kept for a second reading (`bot.web.replay`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticSerializationError, to_json

from bot.dialogue.turn import Answer, DoneEvent, ErrorEvent, Event, Frozen, Message
from bot.web.api import PROBLEMS, asker_of, catalog_of, check_message
from bot.web.config import WebConfig
from bot.web.events import EventStream, batches, encode
from bot.web.identity import Caller, Seals
from bot.web.problems import Problem
from bot.web.replay import Replays
from bot.web.turns import TurnRunner

Numbered = AsyncGenerator[tuple[int | None, Event]]
"""Events with their numbers in the turn; None where the turn cannot be read again."""


class ChatContext(Frozen):
    """When and where a message is asked, and what the visitor has before them."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    at: datetime | None = None
    """ISO instant; a time without offset means UTC; none takes the catalogue's clock."""
    place: str | None = Field(default=None, max_length=200)
    """Id of a place of the catalogue."""
    cart: tuple[str, ...] = Field(default=(), max_length=200)
    """Item ids in the visitor's cart."""
    page: str | None = Field(default=None, max_length=200)
    """Item id of the page that the visitor looks at."""


class ChatRequest(Frozen):
    """One message to the bot."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    message: str
    """What the person wrote."""
    catalog: str | None = None
    """Name of the catalogue; may be left out where only one is loaded, or where the site key has one."""
    conversation: str | None = Field(default=None, max_length=300)
    """Id from an earlier reply to the same person; none begins a new conversation."""
    history: tuple[Message, ...] = Field(default=(), max_length=200)
    """The turns before, where there is no conversation."""
    context: ChatContext = ChatContext()
    turn: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{8,64}$")
    """A key that the client makes for this message. Sent again, alone or with `Last-Event-ID`, it brings the same
    answer, whole or from there on: for a connection that broke."""

    @model_validator(mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        """Refuse lone surrogates, which JSON can spell and neither a database nor a model can read."""
        try:
            to_json(value)
        except PydanticSerializationError as error:
            raise ValueError("it holds half a character (a lone surrogate), which is no text") from error
        return value


class ChatReply(Answer):
    """The whole answer to one message."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    conversation: str
    """Id to send with the next message."""


class StopRequest(Frozen):
    """Which answer is not wanted any more."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    turn: str = Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")
    """The key that the message was sent with."""


def wants_document(accept: str) -> bool:
    """Tell whether a client asks for one JSON document rather than for events (events are the default)."""
    return "application/json" in accept and "text/event-stream" not in accept


_EVENT_STREAM: dict[str, Any] = {
    "description": "Events as they happen; with `Accept: application/json`, the whole answer at once.",
    "content": {
        "text/event-stream": {
            "schema": {
                "type": "string",
                "description": "Events `tool_call`, `evidence`, `items`, `token`, then `done` or `error`; "
                "the data of each is JSON on one line. A comment keeps an idle connection open. A request with a "
                "`turn` gets a number with each event (`id`), to be sent back as `Last-Event-ID`.",
            }
        },
        "application/json": {"schema": {"$ref": "#/components/schemas/ChatReply"}},
    },
}
_TURN_TAKEN: dict[int | str, dict[str, Any]] = {
    409: {**PROBLEMS[422], "description": "The key in `turn` stands for another message."}
}


def chat_router(runner: TurnRunner, config: WebConfig, seals: Seals, replays: Replays) -> APIRouter:
    """Return `POST /api/chat` and `POST /api/stop`."""
    router = APIRouter(tags=["chat"])

    @router.post(
        "/api/chat",
        summary="Answer one message",
        responses={200: _EVENT_STREAM, **PROBLEMS, **_TURN_TAKEN},
        response_model=None,
    )
    async def chat(body: ChatRequest, request: Request) -> Response:
        """Stream the answer as server-sent events, or return it whole with `Accept: application/json`."""
        message = check_message(body.message, config.max_message)
        caller: Caller = request.state.caller
        conversation = None
        if body.conversation is not None:
            conversation, caller = seals.open(body.conversation, caller)
        context = body.context
        asker = asker_of(request, context.at).model_copy(
            update={
                "person": caller.person,
                "place": context.place,
                "cart": context.cart,
                "page": context.page,
            }
        )

        def start() -> AsyncGenerator[Event]:
            events = runner.run(
                message,
                catalog=catalog_of(request, body.catalog, config),
                conversation=conversation,
                history=body.history,
                asker=asker,
            )
            return _sealed(events, body.conversation, seals, caller)

        if body.turn is None:
            events = _unnumbered(start())
        else:
            recording = replays.take(caller.owner, body.turn, message, start)
            events = recording.follow(_last_event(request))
        if wants_document(request.headers.get("accept", "")):
            return await _document(events)
        first = await anext(events, None)  # a refusal is raised here, while the status can still say so
        return EventStream(
            _stream(first, events, config.keepalive_seconds),
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    @router.post("/api/stop", status_code=204, summary="Stop a running answer", responses=PROBLEMS)
    async def stop(body: StopRequest, request: Request) -> Response:
        """End the turn with that key, if the caller has one that runs; a turn that has ended stays as it is."""
        caller: Caller = request.state.caller
        replays.stop(caller.owner, body.turn)
        return Response(status_code=204)

    return router


def _last_event(request: Request) -> int:
    """Return the number of the last event that the client has, 0 where it has none."""
    number = request.headers.get("last-event-id", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0


async def _sealed(
    events: AsyncGenerator[Event], sealed: str | None, seals: Seals, caller: Caller
) -> AsyncGenerator[Event]:
    """Put the conversation's id into the last event as the caller sent it, or sealed to them where it is new."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, DoneEvent):
                known = sealed or seals.seal(event.conversation, caller)
                yield event.model_copy(update={"conversation": known})
            else:
                yield event


async def _unnumbered(events: AsyncGenerator[Event]) -> Numbered:
    async with aclosing(events):
        async for event in events:
            yield None, event


async def _document(events: Numbered) -> Response:
    """Wait for the end of a turn and return its answer."""
    async with aclosing(events):
        async for _, event in events:
            if isinstance(event, DoneEvent):
                reply = ChatReply(conversation=event.conversation, **dict(event.answer))
                return Response(reply.model_dump_json(), media_type="application/json")
            if isinstance(event, ErrorEvent):
                raise Problem(503, "turn-failed", event.message)
    raise Problem(503, "turn-failed", "the answer broke off; please ask again")


async def _stream(
    first: tuple[int | None, Event] | None, rest: Numbered, keepalive: float
) -> AsyncIterator[bytes]:
    """Encode one turn; when the client leaves, this is closed, and with it a turn that is not recorded."""
    if first is None:
        return
    yield encode(first[1], first[0])
    async with aclosing(batches(rest, keepalive)) as several:
        async for pairs in several:
            yield b"".join(encode(event, number) for number, event in pairs) or encode(None)
