"""Generations: whole or not there, and the old one current until the new one is."""

from __future__ import annotations

import os

import pytest

from db import DamagedGeneration, GenerationError, GenerationStore


@pytest.fixture
def store(tmp_path):
    return GenerationStore(tmp_path)


def build(store: GenerationStore, text: str, catalog: str = "shop"):
    with store.begin(catalog) as draft:
        (draft.path / "rules").mkdir()
        (draft.path / "rules" / "counts.bin").write_text(text)
        (draft.path / "index.bin").write_text(text * 2)
        return draft.commit({"text": text})


def test_the_last_commit_is_current(store):
    assert store.current("shop") is None
    assert store.list("shop") == ()
    first, second = build(store, "one"), build(store, "two")
    assert store.current("shop") == second
    assert [each.id for each in store.list("shop")] == [second.id, first.id]
    assert second.info == {"text": "two"}
    assert (second.path / "rules" / "counts.bin").read_text() == "two"
    second.verify()
    assert store.current("other") is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_draft_that_is_left_leaves_nothing(store, error):
    first = build(store, "one")

    def interrupted() -> None:
        with store.begin("shop") as draft:
            (draft.path / "half.bin").write_text("half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert store.current("shop") == first
    assert sorted(each.name for each in (store.root / "shop").iterdir()) == sorted([first.id, "current"])


@pytest.mark.parametrize("call", ["rename", "replace", "fsync"])
def test_a_crash_at_any_step_leaves_the_old_one_current(store, monkeypatch, call):
    first = build(store, "one")

    def crash(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    target = os if call == "fsync" else type(store.root)
    with monkeypatch.context() as patch:
        patch.setattr(target, call, crash)
        with pytest.raises((GenerationError, OSError), match="No space left"):
            build(store, "two")
    assert store.current("shop") == first
    store.current("shop").verify()
    assert build(store, "three") == store.current("shop")


def test_a_changed_missing_or_added_file_is_named(store):
    made = build(store, "one")
    file = made.path / "index.bin"
    file.write_text("onE" * 2)
    with pytest.raises(DamagedGeneration, match=r"'index.bin' of generation .* was changed"):
        made.verify()
    file.unlink()
    with pytest.raises(DamagedGeneration, match=r"lacks 'index.bin': build again or roll back"):
        made.verify()
    file.write_text("oneone")
    made.verify()
    (made.path / "rules" / "more.bin").write_text("?")
    with pytest.raises(DamagedGeneration, match=r"'rules/more.bin' does not belong"):
        made.verify()
    (made.path / "manifest.json").write_text("{")
    with pytest.raises(DamagedGeneration, match=r"manifest\.json"):
        store.current("shop")


def test_rollback_goes_to_the_one_before(store):
    first, second, third = (build(store, text) for text in ("one", "two", "three"))
    assert store.rollback("shop") == second == store.current("shop")
    assert store.rollback("shop") == first
    with pytest.raises(GenerationError, match="no generation before"):
        store.rollback("shop")
    assert third in store.list("shop")


def test_prune_spares_the_newest_and_the_current(store):
    made = [build(store, text) for text in ("one", "two", "three", "four")]
    for _ in range(3):
        store.rollback("shop")
    assert set(store.prune("shop", keep=1)) == {made[1].id, made[2].id}
    assert store.list("shop") == (made[3], made[0])
    assert store.current("shop") == made[0]
    with pytest.raises(GenerationError, match="keep=0"):
        store.prune("shop", keep=0)


def test_a_draft_commits_once(store):
    with store.begin("shop") as draft:
        draft.commit({})
        with pytest.raises(GenerationError, match="committed already"):
            draft.commit({})


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a\x00"])
def test_a_name_that_is_no_folder_is_refused(store, name):
    with pytest.raises(GenerationError, match="cannot be named"):
        store.current(name)
