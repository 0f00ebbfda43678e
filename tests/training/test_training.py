"""A run: nothing is lost, nothing is mixed up, a stopped run ends as it would have ended."""

import json
from dataclasses import dataclass

import keras
import numpy as np
import pytest
import tensorflow as tf
from outcomes import figures, without_seconds

from crossmodal.errors import ModelError
from crossmodal.models.vae import AudioImageVAE
from crossmodal.runtime.progress import Progress, fitted
from crossmodal.saving.keras_file import save_model
from crossmodal.training.checkpoints import load_checkpoint, save_checkpoint
from crossmodal.training.loop import changing_variables, train
from crossmodal.training.optimizers import FusedAdam
from crossmodal.training.runs import append_history, open_run, read_history, seconds_so_far, write_json


@dataclass(frozen=True)
class Config:
    seed: int = 0
    rate: float = 0.1


def build():
    keras.utils.set_random_seed(0)
    model = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), batch_norm=True, dropout=0.2)
    model.compile(FusedAdam(1e-3), jit_compile=False)
    return model


def batches(first_epoch, scale=1.0):
    def pair(i):
        x = tf.random.stateless_uniform((2, 48, 48, 1), tf.stack([i, 0]))
        return x, tf.random.stateless_uniform((2, 2, 28, 28, 1), tf.stack([i, 1])) * scale

    return tf.data.Dataset.range(first_epoch * 3, 1000).map(pair)


def run(workdir, epochs, **options):
    model = build()
    train(model, options.pop("make", batches), epochs=epochs, steps_per_epoch=3, workdir=workdir, seed=7, **options)
    return model


def test_a_stopped_run_ends_as_an_unbroken_one_to_the_bit(tmp_path):
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    whole = run(tmp_path / "whole", 4)

    def stop(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "stopped", 4, on_epoch=stop)
    resumed = run(tmp_path / "stopped", 4)
    for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(whole.optimizer.variables, resumed.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a, b)
    histories = [figures((tmp_path / name / "history.jsonl").read_bytes()) for name in ("whole", "stopped")]
    assert [line["epoch"] for line in histories[1]] == [1, 2, 3, 4]
    for a, b in zip(*histories, strict=True):
        assert a == pytest.approx(b, rel=1e-6)  # the mean over a batch is summed by threads in any order


def test_the_last_two_checkpoints_are_kept_and_a_damaged_one_is_passed_over(tmp_path):
    model = run(tmp_path, 3)
    assert [path.name for path in sorted(tmp_path.glob("*.npz"))] == ["checkpoint-00002.npz", "checkpoint-00003.npz"]
    newest = tmp_path / "checkpoint-00003.npz"
    newest.write_bytes(newest.read_bytes()[:-100])
    with pytest.warns(UserWarning, match="checkpoint-00003.npz is damaged"):
        assert load_checkpoint(changing_variables(model), tmp_path) == 2


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    save_checkpoint(changing_variables(build_with_state()), tmp_path, 1)
    other = AudioImageVAE(4, (4, 4), (8, 8), (8,), (4, 4))
    other.compile(FusedAdam(1e-3), jit_compile=False)
    other.optimizer.build(other.trainable_variables)
    with pytest.raises(ModelError, match="another model"):
        load_checkpoint(changing_variables(other), tmp_path)


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_state(tmp_path):
    run(tmp_path, 1)
    with pytest.raises(ModelError, match=r"In epoch 2 loss became nan.*is kept"):
        run(tmp_path, 3, make=lambda first: batches(first, scale=float("nan")))
    assert load_checkpoint(changing_variables(build_with_state()), tmp_path) == 1


def ruined_after(step, model):
    """Let every step of a model end with weights that are infinite, which its figures do not show."""

    def ruining(batch):
        figures = step(batch)
        for variable in model.decoder.trainable_variables:
            variable.assign(variable * float("inf"))
        return figures

    return ruining


def test_weights_that_the_last_update_ruined_are_not_saved(tmp_path):
    """An epoch of one step: its figures are those before the update."""
    run(tmp_path, 1)
    kept = (tmp_path / "checkpoint-00001.npz").read_bytes()
    model, drawn = build(), []
    model.train_step = ruined_after(model.train_step, model)
    with pytest.raises(ModelError, match=r"In epoch 2 a weight or the optimizer's state became nan.*is kept"):
        train(
            model,
            batches,
            epochs=2,
            steps_per_epoch=1,
            workdir=tmp_path,
            seed=7,
            on_epoch=lambda *epoch: drawn.append(epoch),
        )
    assert drawn == []
    assert [line["epoch"] for line in read_history(tmp_path)] == [1]
    assert [path.name for path in tmp_path.glob("*.npz")] == ["checkpoint-00001.npz"]
    assert (tmp_path / "checkpoint-00001.npz").read_bytes() == kept


def test_the_seconds_of_a_training_are_those_of_all_its_processes(tmp_path):
    run(tmp_path, 1)
    append_history(tmp_path, read_history(tmp_path)[-1] | {"seconds": 1000.0})
    run(tmp_path, 3)
    assert 1000 == read_history(tmp_path)[0]["seconds"] < seconds_so_far(tmp_path) < 1200


def test_a_history_that_does_not_say_its_seconds_is_continued(tmp_path):
    run(tmp_path, 1)
    append_history(tmp_path, without_seconds(read_history(tmp_path)[-1]))
    assert seconds_so_far(tmp_path) == 0
    run(tmp_path, 2)
    assert seconds_so_far(tmp_path) > 0


def test_a_figure_of_the_validation_that_is_not_finite_stops_the_run(tmp_path):
    nothing_finite = batches(0, scale=float("nan")).take(2).apply(tf.data.experimental.assert_cardinality(2))
    with pytest.raises(ModelError, match=r"In epoch 1 val_\w+ became nan"):
        run(tmp_path, 2, validation=nothing_finite)
    assert not list(tmp_path.glob("checkpoint-*"))
    assert read_history(tmp_path) == []


def test_no_state_and_no_model_is_saved_that_is_not_finite(tmp_path):
    """Moments of an optimizer count too; a checkpoint of an earlier version that is not finite is passed over."""
    model = build_with_state()
    variables = changing_variables(model)
    save_checkpoint(variables, tmp_path, 1)
    good = [np.asarray(variable.value) for variable in variables]
    model.optimizer.variables[-1].assign(model.optimizer.variables[-1] * np.inf)
    with pytest.raises(ModelError, match="is not finite and is not saved"):
        save_checkpoint(variables, tmp_path, 2)
    assert not (tmp_path / "checkpoint-00002.npz").exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crossmodal.training.checkpoints.all_finite", lambda arrays: True)
        save_checkpoint(variables, tmp_path, 2)
    with pytest.warns(UserWarning, match="checkpoint-00002.npz holds values that are not finite"):
        assert load_checkpoint(variables, tmp_path) == 1
    for variable, value in zip(variables, good, strict=True):
        np.testing.assert_array_equal(variable.value, value)
    model.decoder.trainable_variables[0].assign(model.decoder.trainable_variables[0] * np.nan)
    with pytest.raises(ModelError, match="are not finite, and the model is not saved"):
        save_model(model, tmp_path / "model.keras")
    assert not (tmp_path / "model.keras").exists()


def build_with_state():
    model = build()
    model.optimizer.build(model.trainable_variables)
    return model


def test_a_run_continues_only_with_its_own_settings(tmp_path):
    assert open_run(tmp_path, Config()) is None
    assert open_run(tmp_path, Config()) is None
    with pytest.raises(ModelError, match=r"rate was 0\.1, is 0\.2"):
        open_run(tmp_path, Config(rate=0.2))
    assert open_run(tmp_path, Config(rate=0.2), ignore=("rate",)) is None
    assert json.loads((tmp_path / "config.json").read_text())["environment"]["tensorflow"] == tf.__version__


def test_a_finished_run_gives_its_metrics_and_is_not_run_again(tmp_path):
    open_run(tmp_path, Config())
    write_json(tmp_path / "metrics.json", {"accuracy": 0.5})
    assert open_run(tmp_path, Config()) == {"accuracy": 0.5}


def test_progress_is_plain_lines_with_the_time_left_off_a_terminal(capsys):
    progress = Progress(epochs=2, steps_per_epoch=5)
    progress.start_epoch(0)
    for step in range(5):
        progress.step(step, {"loss": 1.0})
    progress.end_epoch(0, {"loss": 1.0})
    printed = capsys.readouterr().out
    assert printed.startswith("epoch 1/2 loss 1, 0:00, 0:00 left")
    assert "\r" not in printed


LOGS = {"loss": 123.456, "reconstruction": 101.2345, "kl": 17.25, "d_loss": 1.386, "g_loss": 0.6931}


@pytest.mark.parametrize("columns", [1, 5, 24, 39, 60, 79, 109, 200])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_row_of_progress_is_as_wide_as_asked(columns, share):
    row = fitted("epoch 3/12", share, LOGS, "1:05 left", columns)
    assert len(row) == columns
    if columns >= 24:
        assert row.startswith("epoch 3/12")
        assert "1:05 left" in row
    assert ("g_loss 0.6931" in row) == (columns >= 200)
    assert ("[" in row) == (columns >= 39)
    assert "#" not in row if share == 0 else True


@pytest.mark.parametrize("columns", [20, 80, 100])
def test_progress_stays_in_one_row_of_a_terminal(columns):
    """A terminal of so many columns: the bar is drawn over itself, the line of an epoch fits where its figures do."""
    import fcntl
    import os
    import pty
    import struct
    import termios

    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(terminal, "w") as stream:
        progress = Progress(2, 3, stream)
        progress.start_epoch(0)
        for step in range(3):
            progress.drawn = 0.0
            progress.step(step, LOGS)
        progress.end_epoch(0, {"loss": 1.0})
        shown = b""
        while shown.count(b"\r") < 5:  # the last is that of a new line
            shown += os.read(controller, 10_000)
    os.close(controller)
    shown = shown.decode()
    first, *others = shown.replace("\r\n", "").split("\r")
    assert first == ""
    assert [len(row) for row in others[:3]] == [columns - 1] * 3
    assert len(others[3]) <= max(columns - 1, len("epoch 1/2 loss 1, 0:00, 0:00 left"))
