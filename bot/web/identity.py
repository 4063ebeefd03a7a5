"""Who calls: an anonymous visitor, a site's known customer, or a program with an API key.

Knows tokens and signatures (HMAC-SHA-256 throughout). It refuses to know routes and origins. Every token says what
it is in its first word, and each purpose signs under a label of its own, so that no token passes for another.

| who | proves it by |
|---|---|
| visitor | `visitor-<24 hex>.<signature>`, issued here, in a cookie or as a bearer token |
| customer | `customer.<site>.<id>.<expires>.<signature>`, made by the site's server, as a bearer token |
| program | an API key as a bearer token; it names the person in `X-Almanac-Person` |
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers

from bot.web.config import Site, WebConfig
from bot.web.problems import Problem
from db.errors import UnknownConversation

COOKIE = "almanac_visitor"
PERSON_HEADER = "x-almanac-person"
SITE_HEADER = "x-almanac-site"
LONGEST_PERSON = 200
_VISITOR = re.compile(r"visitor-[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request."""

    person: str | None
    """Id that the service gets; None for a program that speaks for nobody."""
    proven: bool
    """False for a visitor who came with nothing: the id was made for this request."""
    token: str | None = None
    """What proves the visitor, to be shown again with the next request; None for customers and programs."""
    key: str | None = None
    """Name of the API key."""

    @property
    def owner(self) -> str:
        """Who owns what this request begins."""
        return f"key {self.key}" if self.person is None else f"person {self.person}"


def text64(raw: bytes) -> str:
    """Return bytes as URL-safe text without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _signature(key: bytes, label: str, *parts: str) -> str:
    """Return the HMAC of a label and parts; the zero byte between them is in none of them."""
    message = "\0".join((label, *parts)).encode("utf-8", "surrogatepass")
    return text64(hmac.new(key, message, hashlib.sha256).digest())


def _same(first: str, second: str) -> bool:
    return hmac.compare_digest(first.encode("utf-8", "replace"), second.encode("utf-8", "replace"))


class Visitors:
    """Issues and reads the ids of anonymous visitors: `id.signature` under the server's key.

    Args:
        key: The signing key, 16 bytes or more.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self) -> tuple[str, str]:
        """Return a new visitor's id and the token that proves it."""
        visitor = "visitor-" + secrets.token_hex(12)
        return visitor, f"{visitor}.{_signature(self._key, 'visitor', visitor)}"

    def read(self, token: str | None) -> str | None:
        """Return the visitor that a token proves, or None."""
        visitor, _, signature = (token or "").partition(".")
        if not _VISITOR.fullmatch(visitor):
            return None
        return visitor if _same(signature, _signature(self._key, "visitor", visitor)) else None


def customer_token(secret: str, site: str, person: str, expires: int) -> str:
    """Return the token of a known customer, as a site's server makes it.

    `customer.SITE.ID.EXPIRES.SIGNATURE`: ID is the customer's id in URL-safe base64 without padding, EXPIRES are
    seconds since 1970, and SIGNATURE is the hexadecimal HMAC-SHA-256, under the site's secret, of everything before
    its dot.
    """
    body = f"customer.{site}.{text64(person.encode())}.{expires}"
    return f"{body}.{hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()}"


def read_customer(token: str, sites: Mapping[str, Site], now: float) -> str:
    """Return the customer whom a token proves.

    Raises:
        Problem: 401, and what is wrong with the token.
    """
    parts = token.split(".")
    site = sites.get(parts[1]) if len(parts) == 5 else None
    if site is None or site.secret is None:
        raise _unproven("it is of no site that has a secret here")
    body = token.rpartition(".")[0]
    key = site.secret.get_secret_value().encode()
    if not _same(parts[4], hmac.new(key, body.encode(), hashlib.sha256).hexdigest()):
        raise _unproven("its signature does not fit")
    if not re.fullmatch(r"[0-9]{1,12}", parts[3]) or int(parts[3]) < now:
        raise _unproven("it has expired: have the site's server sign a new one", code="token-expired")
    try:
        person = base64.urlsafe_b64decode(parts[2] + "=" * (-len(parts[2]) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _unproven("the id in it is not UTF-8 in base64") from error
    return _checked_person(person, "the customer token")


def _checked_person(person: str, where: str) -> str:
    usable = person.strip() and person.isprintable() and len(person) <= LONGEST_PERSON
    if not usable or _VISITOR.fullmatch(person):
        raise Problem(422, "fields", f"{where} names {person[:40]!r}, which cannot be a person's id")
    return person


def _unproven(why: str, code: str = "token") -> Problem:
    return Problem(401, code, f"the token cannot be used: {why}")


class Identities:
    """Reads who makes a request from its headers.

    Args:
        config: Sites and API keys.
        key: The server's own signing key.
        clock: Seconds since 1970.
    """

    def __init__(self, config: WebConfig, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self.visitors = Visitors(key)
        self.seals = Seals(key)

    def caller(self, headers: Headers) -> Caller:
        """Say who calls; whoever shows nothing becomes a new visitor.

        Raises:
            Problem: 401 for a token or key that proves nobody, 403 for a person whom the caller may not name.
        """
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        named = headers.get(PERSON_HEADER)
        if scheme.lower() == "bearer" and bearer.strip():
            caller = self._bearer(bearer.strip(), named)
        else:
            token = cookie_value(headers)
            visitor = self.visitors.read(token)
            caller = self.newcomer() if visitor is None else Caller(visitor, proven=True, token=token)
        if named is not None and caller.key is None:
            raise Problem(403, "person", f"only a program with an API key may send {PERSON_HEADER}")
        return caller

    def newcomer(self) -> Caller:
        """Return a visitor whom nobody has seen before."""
        visitor, token = self.visitors.issue()
        return Caller(visitor, proven=False, token=token)

    def _bearer(self, token: str, named: str | None) -> Caller:
        if token.startswith("visitor-"):
            visitor = self.visitors.read(token)
            if visitor is None:
                raise _unproven("this server did not sign it")
            return Caller(visitor, proven=True, token=token)
        if token.startswith("customer."):
            return Caller(read_customer(token, self._config.sites, self._clock()), proven=True)
        found = [name for name, key in self._config.api_keys.items() if _same(token, key.get_secret_value())]
        if not found:
            raise _unproven("it is no API key of this server")
        person = None if named is None else _checked_person(_utf8(named), PERSON_HEADER)
        return Caller(person, proven=True, key=found[0])


def _utf8(header: str) -> str:
    """Read a header, which arrives as Latin-1, as the UTF-8 that it was sent in, where it was."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


class Seals:
    """Ties a conversation's id to its owner: what leaves is `id.signature`, and only its owner can send it back.

    A visitor who came with nothing has nothing but this id to prove anything by. Their sealed id therefore names
    them: `id.visitor.signature`. It serves whoever shows it and no identity, and nobody who proves to be another.

    Args:
        key: The signing key.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, conversation: str, caller: Caller) -> str:
        """Return the id as the caller may send it back."""
        if caller.proven:
            return f"{conversation}.{_signature(self._key, 'conversation', conversation, caller.owner)}"
        visitor = str(caller.person)
        return f"{conversation}.{visitor}.{_signature(self._key, 'loose', conversation, visitor)}"

    def open(self, sealed: str, caller: Caller) -> tuple[str, Caller]:
        """Return the conversation's id and who continues it.

        Raises:
            UnknownConversation: it is nobody's, or another's: the two look the same from outside.
        """
        conversation, *rest = sealed.split(".")
        if len(rest) == 1 and caller.proven:
            if _same(rest[0], _signature(self._key, "conversation", conversation, caller.owner)):
                return conversation, caller
        elif len(rest) == 2 and _same(rest[1], _signature(self._key, "loose", conversation, rest[0])):
            if not caller.proven:
                return conversation, Caller(rest[0], proven=False, token=caller.token)
            if caller.person == rest[0]:
                return conversation, caller
        raise UnknownConversation(sealed)


def cookie_value(headers: Headers) -> str | None:
    """Return our cookie from a request's headers."""
    for pair in headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return None
