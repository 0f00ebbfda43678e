"""What a study of several models shows of each: strips, times, curves."""

import json

import matplotlib.image
import numpy as np
import pytest

from crossmodal.app.sweeps.drawings import DIALS, curves_of, drawing_seconds, save_strip
from crossmodal.data.alignment import Split
from crossmodal.data.digits_tts import load_images
from crossmodal.data.sources import Speech, as_input
from crossmodal.reader import default_reader
from crossmodal.sound.spectrogram import LogMel


class Artist:
    """Draws real images of the digit that the first number of a spectrogram tells; at a guidance of 2 or more always
    the same one."""

    front_end = LogMel().get_config()

    def __init__(self, images, guidance=1.0):
        self.images, self.guidance, self.calls = images, guidance, 0

    def generate(self, spectrograms, samples=1, seed=0):
        self.calls += 1
        rng, drawn = np.random.default_rng(seed), []
        for label in np.arange(len(spectrograms)) % 10:
            own = as_input(self.images.train_images[self.images.train_labels == label])
            chosen = rng.integers(1 if self.guidance >= 2 else len(own), size=samples + 1)
            drawn.append(own[chosen])
        drawn = np.stack(drawn)
        return drawn[:, 0], drawn[:, 1:]


@pytest.fixture(scope="module")
def images():
    return load_images()


def test_a_strip_has_a_column_for_each_clip_and_the_best_drawing_above(tmp_path, images):
    model = Artist(images)
    save_strip(tmp_path / "strips" / "artist.png", model, np.zeros((10, 48, 48), np.float32))
    strip = matplotlib.image.imread(tmp_path / "strips" / "artist.png")[..., :3]
    assert strip.shape == (4 * 28, 10 * 28, 3)
    best, draws = model.generate(np.zeros((10, 48, 48)), samples=3, seed=0)
    np.testing.assert_allclose(strip[:28, 28:56, 0], best[1, ..., 0], atol=1 / 255)
    np.testing.assert_allclose(strip[56:84, 84:112, 0], draws[3, 1, ..., 0], atol=1 / 255)


def test_models_are_timed_in_turns(images):
    models = {"one": Artist(images), "two": Artist(images)}
    seconds = drawing_seconds(models, np.zeros((10, 48, 48), np.float32))
    assert set(seconds) == {"one", "two"}
    assert all(0 < each < 1 for each in seconds.values())
    assert models["one"].calls == models["two"].calls == 6


def test_the_curve_shows_what_guidance_costs_in_variety(images):
    labels = np.arange(20) % 10
    tones = [np.sin(2 * np.pi * 300 * (label + 1) * np.arange(2000) / 8000).astype(np.float32) for label in labels]
    speech = Speech("tones", tones, labels, np.array(["low", "high"] * 10), labels, 8000)
    model = Artist(images, guidance=1.25)
    split = Split(np.arange(0), np.arange(0), np.arange(20))
    curves = curves_of(model, speech, images, split, default_reader())
    assert list(curves) == ["guidance"]  # its only dial
    curve = curves["guidance"]
    assert [point["guidance"] for point in curve] == list(DIALS["guidance"])
    assert curve[0]["within_clip"] == pytest.approx(1, abs=0.15)
    assert curve[-1]["within_clip"] < 1e-4
    assert curve[0]["agreement"] > 0.8
    assert model.guidance == 1.25
    assert json.loads(json.dumps(curves)) == curves
