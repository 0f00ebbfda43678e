"""The study of chaotic series: its predictors and errors against closed forms, and a run at its smallest."""

import json

import numpy as np
import pytest
from recipe_scripts import recipe


def test_an_autoregressive_filter_foresees_a_sine_for_ever():
    """x(t) = 2 cos(w) x(t - 1) - x(t - 2)."""
    study = recipe("time_series")
    x = np.sin(0.3 * np.arange(1200))
    errors = study.errors_of(study.autoregressive(x[:900]), x[900:])
    assert errors["next_sample"] < 1e-20
    assert max(errors["free_running"]) < 1e-12
    assert len(errors["free_running"]) == study.HORIZON


def test_who_says_the_mean_has_an_error_of_1():
    study = recipe("time_series")
    x = np.random.default_rng(0).normal(3, 2, 20_000)
    errors = study.errors_of(lambda given: np.full(len(given), x.mean()), x)
    assert errors["next_sample"] == pytest.approx(1, abs=0.01)
    assert np.mean(errors["free_running"]) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("name", ["time-delay", "lstm"])
def test_a_network_does_not_look_ahead(name):
    study = recipe("time_series")
    model = study.network(name, 4)
    x = np.random.default_rng(0).normal(size=(1, 70, 1)).astype(np.float32)
    changed = x.copy()
    changed[:, 50] += 1
    difference = np.abs(np.asarray(model(x)) - np.asarray(model(changed)))[0, :, 0]
    assert (difference[:50] == 0).all()
    assert (difference[50:52] > 0).all()


def test_the_study_is_finished_once(tmp_path, monkeypatch, capsys):
    study = recipe("time_series")
    monkeypatch.setattr(study, "MODELS", ("autoregressive", "minimal-gated-unit"))
    options = ["--series", "mackey-glass", "--samples", "800", "--units", "4", "--epochs", "2", "--seeds", "2"]
    options += ["--workdir", str(tmp_path)]
    assert study.main(options) == 0
    result = json.loads((tmp_path / "results.json").read_text())
    fits = result["series"]["mackey-glass"]
    assert [len(fits[name]) for name in study.MODELS] == [1, 2]
    assert fits["autoregressive"][0]["next_sample"] < 0.01
    assert fits["minimal-gated-unit"][0] != fits["minimal-gated-unit"][1]
    assert (tmp_path / "time_series.png").stat().st_size > 5_000
    monkeypatch.setattr(study, "measure", None)
    assert study.main(options) == 0
    assert "next sample" in capsys.readouterr().out
