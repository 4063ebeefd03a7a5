"""What every test stands on: no network, no settings of the developer's, warnings are errors (pyproject)."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from bot.settings import Settings, load_settings
from tests.world import write_shop

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("ALMANAC_CACHE", str(load_settings(environ={}).cache))  # where `make test` fetches to

if TYPE_CHECKING:
    from bot.assembly import Almanac

_connect = socket.socket.connect
_LOOPBACK = ("127.", "::1", "localhost")


def _refuse(self: socket.socket, address: object) -> None:
    """Let tests talk to servers that they started themselves, and to nothing else."""
    host = address[0] if isinstance(address, tuple) else address
    if self.family == socket.AF_UNIX or str(host).startswith(_LOOPBACK):
        _connect(self, address)  # type: ignore[arg-type]
        return
    raise AssertionError(f"a test tried to reach {address!r}: tests use no network")


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _refuse)
        yield


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's ALMANAC_* out, but for the asset cache."""
    for name in list(os.environ):
        if name.startswith("ALMANAC_") and name != "ALMANAC_CACHE":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shop_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The tiny shop of `tests/world.py`, loaded from its files and built, without any model."""
    from bot.build import build_catalogs
    from bot.loading import load_source

    folder = tmp_path_factory.mktemp("shop")
    settings = load_settings(
        {
            "home": folder / "var",
            "cache": folder / "cache",
            "encoder": "hashing",
            "threads": 1,
            "llm": {"backend": "none"},
            "catalogs": {"shop": {"mining": {"min_count": 5, "min_people": 3}}},
        },
        environ={},
    )
    sources = [str(write_shop(folder / "shop"))]
    assert [report.catalog for report in load_source(settings, sources, say=lambda _: None)] == ["shop"]
    assert [report.catalog for report in build_catalogs(settings, say=lambda _: None)] == ["shop"]
    return settings


@pytest.fixture(scope="session")
def shop(shop_settings: Settings) -> Almanac:
    """Almanac over the tiny shop; templates and the planner answer."""
    from bot.assembly import Almanac

    return Almanac.open(shop_settings)
