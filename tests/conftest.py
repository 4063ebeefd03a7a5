"""What every test stands on: no network, no settings of the developer's, warnings are errors (pyproject)."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

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
