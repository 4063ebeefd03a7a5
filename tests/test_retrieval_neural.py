"""The deep part: what it reads, that NumPy answers as torch does, that it learns, stops, and tells new items by text."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retrieval.neural.config import DeepConfig
from retrieval.neural.features import Course, asked, gap_codes, start_vectors, strength_codes, tail_rows
from retrieval.neural.scorer import Deep
from retrieval.neural.watch import Nobody, WatchMissing, open_watch
from retrieval.profile import Ids, Log, make_log, query_of

SMALL = DeepConfig(
    on=True,
    dim=16,
    heads=2,
    length=12,
    epochs=12,
    patience=12,
    batch=8,
    dropout=0.1,
    ahead=1,
    text_only=0.5,
    rate=5e-3,
    watch="none",
)
N = 12
NEW = N
"""An item that nobody took; its text says that it is a twin of item 3."""


def circle(order: int | None = None, people: int = 60) -> Log:
    """Everybody walks round a circle of 12 items, from anywhere, one step an hour: item n is followed by n + 1."""
    rng = np.random.default_rng(5)
    rows = [
        (person, f"i{(start + step) % N:02}", person % 7 + step / 24.0)
        for person, start in enumerate(rng.integers(0, N, people))
        for step in range(9)
    ]
    frame = pd.DataFrame(rows, columns=["person", "item", "day"])
    frame["at"] = pd.Timestamp("2021-03-01", tz="UTC") + pd.to_timedelta(frame.pop("day"), unit="D")
    if order is not None:
        frame = frame.sample(frac=1.0, random_state=order)
    items = Ids.of(pd.Series([f"i{n:02}" for n in range(N + 1)]))
    return make_log(frame, Ids.of(frame["person"]), items, Ids.of(None))[0]


def texts() -> np.ndarray:
    vectors = np.eye(N + 1, N, dtype=np.float32)
    vectors[NEW] = vectors[3]
    return vectors


def fitted(log: Log, config: DeepConfig = SMALL, vectors: np.ndarray | None = None) -> Deep:
    from retrieval.neural.training import fit_deep

    found = fit_deep(log, vectors, config, repeats=False, seed=1)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def log() -> Log:
    return circle()


@pytest.fixture(scope="module")
def deep(log: Log) -> Deep:
    return fitted(log, vectors=texts())


def hits(deep: Deep, log: Log) -> float:
    """Share of people whose next item on the circle is the best unseen one."""
    right = 0
    for person in range(log.n_people):
        query = query_of(log, person, now=log.end)
        score = np.nan_to_num(deep.score(query), nan=-99.0)
        score[[*query.item, NEW]] = -99.0
        right += int(score.argmax() == (query.item[-1] + 1) % N)
    return right / log.n_people


def test_learns_what_comes_next(deep, log):
    assert hits(deep, log) > 0.9


def test_a_new_item_is_scored_by_its_text_from_its_first_day(deep, log):
    after_two = [p for p in range(log.n_people) if log.item[log.rows_of(p)][-1] == 2]
    others = [p for p in range(log.n_people) if log.item[log.rows_of(p)][-1] not in (2, 3)]
    score = {p: deep.score(query_of(log, p, now=log.end))[NEW] for p in (*after_two, *others)}
    assert np.mean([score[p] for p in after_two]) > np.mean([score[p] for p in others]) + 1.0


def test_without_text_a_new_item_is_not_scored(log):
    plain = fitted(log)
    assert np.isnan(plain.score(query_of(log, 0, now=log.end))[NEW])
    assert np.isfinite(plain.score(query_of(log, 0, now=log.end))[:N]).all()


def test_numpy_answers_as_torch_does(log):
    """The trained network itself is the oracle for the scorer's own arithmetic."""
    import torch

    from retrieval.neural.network import History, Inputs
    from retrieval.neural.training import own_randomness, scorer_of

    taken = np.arange(N + 1) < N
    with own_randomness(3, 1), torch.no_grad():
        model = History(taken, texts(), 4, SMALL).eval()
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
        scorer = scorer_of(model, texts(), taken, SMALL, "deep")
        for person in range(5):
            query = query_of(
                log,
                person,
                now=log.end + person,
                place=person % 4,
                liked=np.array([1]),
                disliked=np.array([5]),
            )
            rows = asked(query, SMALL.length, scorer.known)
            codes = (rows.item, rows.strength, rows.gap, rows.hour, rows.weekday, rows.place)
            lag = gap_codes(rows.at[None, :], rows.then[:, None])
            inputs = Inputs(*(torch.from_numpy(np.ascontiguousarray(x))[None] for x in (*codes, lag)))
            table = model.items()
            expected = (model(table, inputs)[0, -1] @ table.T).log_softmax(dim=-1).numpy() + np.log(N + 1)
            np.testing.assert_allclose(scorer.score(query), expected, rtol=1e-4, atol=1e-4)


def test_simple_model_is_the_formula_and_is_personal(log):
    import torch

    from retrieval.neural.network import Simple
    from retrieval.neural.training import own_randomness, scorer_of

    config = SMALL.model_copy(update={"model": "simple"})
    taken = np.arange(N + 1) < N
    with own_randomness(3, 1), torch.no_grad():
        model = Simple(taken, texts(), config).eval()
        model.join.weight.add_(torch.randn_like(model.join.weight))
        scorer = scorer_of(model, texts(), taken, config, "deep")
        table = model.items().numpy().astype(float)
    query = query_of(log, 0, now=log.end)
    fade = (1.0 + np.arange(len(query.item))[::-1]) ** -0.75
    person = (fade / fade.sum()) @ table[query.item]
    w, b = scorer.weights["join.weight"][0].astype(float), float(scorer.weights["join.bias"][0])
    for item in range(N + 1):
        joined = np.concatenate([person, table[item], person * table[item]])
        assert scorer.score(query)[item] == pytest.approx(w @ joined + b, rel=1e-4, abs=1e-5)
    trained = fitted(log, config, texts())
    orders = {tuple(np.argsort(trained.score(query_of(log, p, now=log.end))[:N])) for p in range(10)}
    assert len(orders) > 1


def test_the_same_seed_gives_the_same_model_and_leaves_torch_as_it_was(log):
    import torch

    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    short = SMALL.model_copy(update={"epochs": 2})
    first, second = fitted(log, short, texts()), fitted(circle(order=3), short, texts())
    np.testing.assert_array_equal(first.table, second.table)
    for name, weight in first.weights.items():
        np.testing.assert_array_equal(weight, second.weights[name])
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.get_num_threads() == threads


def test_a_sampled_loss_learns_too(log):
    sampled = SMALL.model_copy(update={"loss": "sampled", "negatives": 8})
    assert hits(fitted(log, sampled, texts()), log) > 0.8


def test_a_pass_reads_no_more_than_it_may(log, monkeypatch):
    from retrieval.neural import training

    steps = []
    monkeypatch.setattr(training, "_step", lambda *given: steps.append(len(given[2])) or 0.0)
    counts = []
    for rows in (1, 3 * SMALL.batch * SMALL.length, 10**6):
        steps.clear()
        fitted(log, SMALL.model_copy(update={"epochs": 1, "pass_rows": rows}))
        counts.append(len(steps))
    windows = Course.of(log).windows(SMALL.length, 1, ~tail_rows(log, SMALL.tail), np.random.default_rng(1))
    assert counts[:2] == [1, 3]
    assert sum(steps) == len(windows.target)


def test_sampling_every_item_is_the_full_softmax():
    import torch

    from retrieval.neural.losses import Asked, full_softmax, sampled_softmax

    generator = torch.Generator().manual_seed(0)
    table, state = torch.randn(7, 4, generator=generator), torch.randn(3, 4, generator=generator)
    wanted = torch.tensor([[2], [0], [6]])
    one = Asked(state, wanted, torch.ones(3, 1), torch.arange(3), torch.zeros(3, dtype=torch.long))
    exact = torch.stack(
        [
            full_softmax(
                (state[[n]] @ table.T),
                Asked(state[[n]], wanted[[n]], torch.ones(1, 1), one.window[:1], one.at[:1]),
            )
            for n in range(3)
        ]
    )
    drawn = [torch.tensor([i for i in range(7) if i != int(wanted[n])]) for n in range(3)]
    found = torch.stack(
        [
            sampled_softmax(
                Asked(state[[n]], wanted[[n]], torch.ones(1, 1), one.window[:1], one.at[:1]),
                table,
                drawn[n],
                6,
            )
            for n in range(3)
        ]
    )
    torch.testing.assert_close(found, exact)


def test_what_was_taken_and_what_nobody_took_is_no_wrong_answer():
    import torch

    from retrieval.neural.losses import Asked, closed
    from retrieval.neural.network import Inputs

    item = torch.tensor([[4, 1, 4, 2, -1]])
    inputs = Inputs(item, *[torch.zeros_like(item)] * 5, torch.zeros(1, 5, 5, dtype=torch.long))
    target = torch.tensor([[[1], [4], [2], [-1], [-1]]])
    taken = torch.tensor([True, True, True, False, True])
    asked_for = Asked.of(torch.zeros(1, 5, 3), target)
    shut = closed(inputs, asked_for, taken, repeats=False).int().tolist()
    assert shut == [[0, 0, 0, 1, 1], [0, 1, 0, 1, 0], [0, 1, 0, 1, 1]]
    assert closed(inputs, asked_for, taken, repeats=True).int().tolist() == [[0, 0, 0, 1, 0]] * 3


def test_windows_hold_every_row_that_can_be_a_target_once(log):
    course, rng = Course.of(log), np.random.default_rng(0)
    tail = tail_rows(log, 0.2)
    for length in (3, 5, 50):
        windows = course.windows(length, 1, ~tail, rng)
        found = np.sort(windows.target[windows.target >= 0])
        after_first = np.ones(len(log.item), bool)
        after_first[log.starts[:-1]] = False
        np.testing.assert_array_equal(found, np.sort(log.item[after_first & ~tail]))
        row, column = np.nonzero(windows.target[:, :, 0] >= 0)
        assert (windows.target[row, column, 0] == (windows.rows.item[row, column] + 1) % N).all()
        chosen = np.concatenate(list(course.batches(windows, 4, rng)))
        assert sorted(chosen) == list(range(len(windows.target)))


def test_rows_of_one_instant_come_in_any_order():
    frame = pd.DataFrame(
        {"person": "p", "item": list("abcdefgh"), "at": pd.Timestamp("2020-01-01", tz="UTC")}
    )
    log, _ = make_log(frame, Ids.of(frame["person"]), Ids.of(frame["item"]), Ids.of(None))
    orders = {tuple(Course.of(log).shuffled(np.random.default_rng(seed))) for seed in range(5)}
    assert len(orders) == 5


def test_the_tail_is_everyones_latest_rows(log):
    tail = tail_rows(log, 0.25)
    for person in range(log.n_people):
        mine = tail[log.rows_of(person)]
        assert mine.tolist() == [False] * 7 + [True] * 2


def test_codes():
    five, year = 5 / 1440, 365.0
    assert gap_codes(np.array([0, 0, 0, np.nan]), np.array([five / 2, five, year, 1.0])).tolist() == [
        1,
        2,
        7,
        0,
    ]
    assert strength_codes(np.array([-1, -0.5, 0, 1.0, 1.0]), np.array([1, 1, 1, 1, -1.0])).tolist() == [
        0,
        1,
        2,
        4,
        0,
    ]


def test_start_vectors_put_neighbours_together(log):
    start = start_vectors(log, np.ones(len(log.item), bool), 4, within=1)
    like = start @ start.T
    assert all(like[n, (n + 1) % N] > like[n, (n + 6) % N] for n in range(N))
    assert not start[NEW].any()


@pytest.mark.parametrize("rows", [0, 1, 4])
def test_too_little_is_no_model(rows):
    from retrieval.neural.training import fit_deep

    frame = pd.DataFrame(
        {"person": [f"p{n % 2}" for n in range(rows)], "item": [f"i{n}" for n in range(rows)]}
    )
    items = Ids.of(pd.Series([f"i{n}" for n in range(5)]))
    log, _ = make_log(frame, Ids.of(pd.Series(["p0", "p1"])), items, Ids.of(None))
    assert fit_deep(log, None, SMALL, repeats=False, seed=0) is None


class TestWatch:
    def test_nowhere_unless_there_is_a_folder(self):
        assert isinstance(open_watch(DeepConfig(), "deep"), Nobody)
        assert isinstance(open_watch(DeepConfig(watch="none", log_dir=Path("x")), "deep"), Nobody)
        with pytest.raises(ValueError, match="log_dir"):
            open_watch(DeepConfig(watch="tensorboard"), "deep")

    def test_event_files_are_written(self, tmp_path, log):
        fitted(log, SMALL.model_copy(update={"epochs": 2, "watch": "tensorboard", "log_dir": tmp_path}))
        assert list(tmp_path.glob("deep-*/events.out.tfevents.*"))

    def test_a_missing_tool_is_named(self, monkeypatch, tmp_path):
        monkeypatch.setattr("retrieval.neural.watch.find_spec", lambda name: None)
        with pytest.raises(WatchMissing, match="pip install wandb"):
            open_watch(DeepConfig(watch="wandb"), "deep")
        with pytest.raises(WatchMissing, match=r"almanac-recommender\[watch\]"):
            open_watch(DeepConfig(watch="tensorboard", log_dir=tmp_path), "deep")
        assert isinstance(open_watch(DeepConfig(log_dir=tmp_path), "deep"), Nobody)

    def test_numbers_reach_a_wandb_run(self, monkeypatch, log):
        said = []
        run = types.SimpleNamespace(
            log=lambda values, step: said.append((step, values)), finish=lambda: said.append("end")
        )
        module = types.ModuleType("wandb")
        module.init = lambda **named: said.append(named["project"]) or run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "wandb", module)
        monkeypatch.setattr("retrieval.neural.watch.find_spec", lambda name: name)
        fitted(log, SMALL.model_copy(update={"epochs": 2, "watch": "wandb", "wandb_project": "trial"}))
        assert said[0] == "trial"
        assert [step for step, _ in said[1:-1]] == [0, 1]
        assert set(said[1][1]) == {"loss", "gain", "seconds"}
        assert said[-1] == "end"


def test_answering_loads_no_torch():
    code = "import sys, retrieval.neural.scorer, retrieval.rankfiles; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_ranker_with_a_deep_part_comes_back_from_its_files(tmp_path):
    from retrieval.rank import Recommender
    from retrieval.rankconfig import RankConfig

    rng = np.random.default_rng(0)
    rows = [
        (
            f"p{person}",
            f"i{(int(start) + step) % N:02}",
            pd.Timestamp("2021-01-01", tz="UTC") + pd.Timedelta(hours=step),
        )
        for person, start in enumerate(rng.integers(0, N, 30))
        for step in range(7)
    ]
    frame = pd.DataFrame(rows, columns=["person", "item", "at"])
    config = RankConfig(deep=SMALL.model_copy(update={"epochs": 2}), scorers=("ease", "deep"))
    ranker = Recommender(config).fit(frame)
    assert "deep" in ranker.fitted.scorers
    ranker.save(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"deep.safetensors", "deep.json"} <= names
    assert not [name for name in names if name.startswith("deep.") and name.endswith(".npy")]
    again = Recommender.load(tmp_path)
    pd.testing.assert_frame_equal(again.recommend(["p0", "p1"]), ranker.recommend(["p0", "p1"]))
    assert again.config == config
    (tmp_path / "deep.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="build again"):
        Recommender.load(tmp_path)
