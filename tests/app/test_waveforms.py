"""A model that hears waveforms, from the options to what it draws, and the picture of its filters."""

import json

import numpy as np
import pytest
from recipe_scripts import recipe
from small_sources import sources

from crossmodal import load_model
from crossmodal.__main__ import main
from crossmodal.app.experiments.audio_to_image import train_and_measure
from crossmodal.app.experiments.train_vae import Config, with_defaults
from crossmodal.app.experiments.training_options import encoder_of
from crossmodal.app.pictures.filters import centres_hz, filters_of, save_filters
from crossmodal.errors import CrossmodalError, ModelError
from crossmodal.models.networks.filter_bank import fourier_bases
from crossmodal.models.vae import AudioImageVAE
from crossmodal.training.optimizers import FusedAdam

CONFIG = Config(data="folders", front_end="waveform", encoder="linear", epochs=1, passes=8, batch_size=32, variants=1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run on tones and bars."""
    workdir = tmp_path_factory.mktemp("waveform")
    build = lambda **settings: AudioImageVAE(4, (), (), (16,), (4, 4), **encoder_of(CONFIG), **settings)  # noqa: E731
    optimizer = lambda steps, precision: FusedAdam(2e-3)  # noqa: E731
    train_and_measure("vae", CONFIG, with_defaults(CONFIG), workdir, build, optimizer, sources=sources())
    return workdir


def test_a_run_with_waveforms_is_trained_measured_and_draws(trained, tmp_path, capsys):
    model = load_model(trained)
    assert model.front_end["kind"] == "waveform"
    assert model.spectrogram_shape == (8000, 1, 1)
    clip = str(next((trained / "clips").glob("*.wav")))
    assert main(["draw", clip, "--model", str(trained), "-o", str(tmp_path / "drawing.png")]) == 0
    assert (tmp_path / "drawing.png").exists()
    capsys.readouterr()
    history = [json.loads(line) for line in (trained / "history.jsonl").read_text().splitlines()]
    assert np.isfinite(history[0]["val_loss"])


def test_its_filters_are_shown_in_the_order_of_their_frequencies(trained, tmp_path):
    filters = filters_of(load_model(trained))
    assert filters.shape == (256, 128)
    save_filters(tmp_path / "filters.png", {"from fourier": filters}, 8000)
    assert (tmp_path / "filters.png").stat().st_size > 10_000
    centres = centres_hz(fourier_bases(256, 128), 8000)
    np.testing.assert_allclose(centres[::2], 31.25 * (2 * np.arange(64) + 1), atol=20)
    with pytest.raises(ModelError, match="hears spectrograms"):
        filters_of(load_model("vae_compact"))


def test_options_say_how_a_model_hears():
    assert encoder_of(Config()) == {}
    assert encoder_of(Config(encoder="gru")) == {"encoder_kind": "gru"}
    options = {"filter_bank": {"start": "random"}}
    assert encoder_of(Config(front_end="waveform", filters="random")) == {"encoder_options": options}


@pytest.mark.parametrize("family", ["joint-flow", "cycle-gan"])
def test_a_family_that_makes_spectrograms_hears_them(family):
    from crossmodal.app.experiments.families import FAMILIES

    with pytest.raises(CrossmodalError, match="leave out --front-end"):
        FAMILIES[family].further(FAMILIES[family].Config(front_end="waveform"))


def test_the_study_trains_each_front_end_and_shows_both_banks(trained, tmp_path, monkeypatch, capsys):
    study = recipe("front_ends")
    monkeypatch.setattr(study, "RESULTS", tmp_path / "front_ends.json")
    agreement = json.loads((recipe("splits").RESULTS / "agreement_vae_compact.json").read_text())
    configs = {}

    def run(config, workdir):
        configs[workdir.name] = config
        workdir.mkdir(parents=True, exist_ok=True)
        for name in ("model.keras", "config.json", "history.jsonl"):
            (workdir / name).write_bytes((trained / name).read_bytes())
        figures = {"parameters": 1, "epochs": 1, "seconds": 1.0, **agreement}
        (workdir / "metrics.json").write_text(json.dumps(figures))

    monkeypatch.setattr(study.train_vae, "run", run)
    assert study.main(["--epochs", "2", "--workdir", str(tmp_path / "w")]) == 0
    heard = [(config.front_end, config.filters, config.epochs) for config in configs.values()]
    assert heard == [("log-mel", "fourier", 2), ("waveform", "fourier", 2), ("waveform", "random", 2)]
    result = json.loads((tmp_path / "front_ends.json").read_text())
    assert list(result["runs"]) == ["log-mel", "fourier", "random"]
    assert result["command"] == "python recipes/studies/front_ends.py --epochs 2"
    assert (tmp_path / "w" / "filters.png").stat().st_size > 10_000
    assert study.main(["--front-end", "waveform", "--workdir", str(tmp_path / "w")]) == 2
    assert "leave out --front-end" in capsys.readouterr().err
