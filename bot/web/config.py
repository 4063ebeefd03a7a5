"""What a site owner may set about the web door.

Knows names, limits and defaults. It refuses to read the environment: `bot.settings` does that and hands one
`WebConfig` to `bot.web.serve.create_app`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints


def _split(value: Any) -> Any:
    """Take the one string that an environment variable can hold: origins separated by commas or spaces."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s*;,]+$")]
Origins = Annotated[tuple[Origin, ...], BeforeValidator(_split)]
Key = Annotated[SecretStr, Field(min_length=16)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
LinkTemplate = Annotated[str, StringConstraints(pattern=r"^((https?://|/)\S*)?$", max_length=500)]


class Site(BaseModel):
    """One website that embeds the widget, named by its public key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origins: Origins
    """Origins of its pages, as `https://shop.example`; a page of any other is refused."""
    secret: Key | None = None
    """Key shared with the site's server, which signs the ids of its customers; 16 characters or more."""
    catalog: str | None = None
    """Catalogue that its visitors ask; where None the page names one."""
    item_url: LinkTemplate = ""
    """Where an item's page is: `https://shop.example/item/{id}`; `{title}` may stand in it too."""


class WebConfig(BaseModel):
    """Limits, identity and appearance of the web door."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origins: Origins = ()
    """Other sites whose pages may call the API, as `https://shop.example`; our own pages always may."""
    sites: dict[Name, Site] = Field(default_factory=dict)
    """Websites by public site key: `origins`, `secret`, `catalog` and `item_url` of each (see docs/embedding.md)."""
    api_keys: dict[Name, Key] = Field(default_factory=dict)
    """Keys of programs by name; who shows one may speak for any person. 16 characters or more."""
    frame_ancestors: Origins = ()
    """Other sites that may show the chat page in a frame."""
    secret: SecretStr | None = Field(default=None, min_length=16)
    """Key that signs the visitor cookie, 16 characters or more; None takes `secret_file`."""
    secret_file: Path | None = None
    """File with the key, made at the first start; None signs with a key that ends with the process."""
    cookie_days: int = Field(default=180, ge=1, le=400)
    """How long an anonymous visitor is remembered."""
    demo_personas: bool = False
    """True lets a visitor speak as one of a catalogue's personas: for demos, never for real customers."""
    max_message: int = Field(default=8_000, ge=1)
    """Characters that one message may have."""
    max_body: int = Field(default=1_048_576, ge=1_024)
    """Bytes that one request to the API may have."""
    visitor_per_minute: int = Field(default=300, ge=1)
    """API requests that one person may make in a minute, all at once if they like."""
    address_per_minute: int = Field(default=1_200, ge=1)
    """API requests that one network address may make in a minute, all its visitors together."""
    key_per_minute: int = Field(default=6_000, ge=1)
    """API requests that the holder of one API key may make in a minute."""
    max_events: int = Field(default=1_000, ge=1, le=10_000)
    """Events that one request to `/api/events` may carry."""
    replay_seconds: float = Field(default=60.0, gt=0)
    """How long after its end a turn can be read again by a client that lost its connection."""
    turns_at_once: int = Field(default=256, ge=1)
    """Turns that run at the same time, a thread each, mostly waiting for a model; more wait for their place."""
    waiting_turns: int = Field(default=256, ge=0)
    """Turns that may wait; one more is told to come again later."""
    keepalive_seconds: float = Field(default=15.0, gt=0)
    """A comment goes down an idle event stream this often, so that proxies keep it open."""
