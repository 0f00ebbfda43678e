"""crossmodal say: pictures become sounds in their order; models that cannot say are refused."""

import numpy as np
import pytest
import soundfile
from PIL import Image

from crossmodal import AudioImageVAE, JointFlow
from crossmodal.__main__ import main
from crossmodal.data.handwriting import read_handwriting
from crossmodal.data.sources import DIGITS
from crossmodal.presets import SAYING
from crossmodal.reader import default_reader
from crossmodal.saving.keras_file import load_model
from crossmodal.saying import PAUSE_S

SMALL = {"width": 16, "blocks": 1, "heads": 2, "hidden": 16, "frames_per_token": 12, "steps": 2}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model with random weights; untrained ones say the same of everything."""
    path, rng = tmp_path_factory.mktemp("model") / "model.keras", np.random.default_rng(0)
    model = JointFlow(**SMALL, classes=DIGITS)
    model.transformer.set_weights([w + 0.05 * rng.normal(size=w.shape) for w in model.transformer.get_weights()])
    model.save(path)
    return str(path)


@pytest.fixture
def picture(tmp_path):
    """A bar, dark on white."""
    pixels = np.full((60, 60), 255, np.uint8)
    pixels[10:50, 28:33] = 0
    Image.fromarray(pixels).save(tmp_path / "one.png")
    return str(tmp_path / "one.png")


def test_pictures_are_said_one_after_another(model, picture, tmp_path, capsys):
    sound = tmp_path / "number.wav"
    options = ["--model", model, "-o", str(sound)]
    assert main(["say", picture, picture, "--samples", "2", *options]) == 0
    waveform, sample_rate = soundfile.read(sound)
    _, durations_s = load_model(model).say(np.stack([read_handwriting(picture)] * 2), samples=2, seed=0)
    assert (sample_rate, len(waveform)) == (8000, int(np.sum(np.rint(8000 * durations_s) + 8000 * PAUSE_S)))
    assert np.abs(waveform).max() == pytest.approx(0.5, abs=0.01)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 3
    assert printed[0].startswith(f"{picture}: ")
    assert printed[0].count("%") == 2
    assert main(["say", picture, picture, "--samples", "2", *options]) == 0
    np.testing.assert_array_equal(soundfile.read(sound)[0], waveform)
    assert main(["say", picture, picture, "--samples", "2", "--seed", "1", *options]) == 0
    assert not np.array_equal(soundfile.read(sound)[0], waveform)


def test_the_preset_says_what_is_written(tmp_path, capsys):
    """It imagines handwriting; the command, told no model, says that so that the listener hears what LeNet5 reads."""
    images = JointFlow.from_preset(SAYING).imagine(10, seed=0)[0]
    paths = [str(tmp_path / f"{i}.png") for i in range(10)]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(np.uint8(255 - 255 * image[..., 0])).save(path)
    assert main(["say", *paths, "-o", str(tmp_path / "number.wav")]) == 0
    heard = [line.rsplit(": ", 1)[1].split()[0] for line in capsys.readouterr().out.splitlines()[:-1]]
    read = [DIGITS[label] for label in default_reader().labels(images)]
    assert sum(one == other for one, other in zip(heard, read, strict=True)) >= 8


def test_what_cannot_be_said_is_one_sentence(model, picture, tmp_path, capsys):
    vae = tmp_path / "vae.keras"
    AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4)).save(vae)
    sound, speech, drawn = (tmp_path / name for name in ("speech.wav", "seven.wav", "drawn.png"))
    soundfile.write(speech, np.random.default_rng(0).normal(0, 0.1, 8000), 8000)
    assert main(["draw", str(speech), "-o", str(drawn), "--model", str(vae)]) == 0
    capsys.readouterr()
    for argv, said in (
        ([str(drawn), "--model", model], "drawn.png is a page that crossmodal draw wrote: cut one drawing out of it"),
        ([picture, "--model", str(vae)], "does not say what it sees"),
        ([str(tmp_path / "absent.png"), "--model", model], "absent.png does not exist"),
        ([picture, "--model", model, "-o", str(tmp_path / "speech.mp3")], ".wav"),
    ):
        assert main(["say", *argv, *(["-o", str(sound)] if "-o" not in argv else [])]) == 2
        printed = capsys.readouterr()
        assert said in printed.err
        assert len(printed.err.splitlines()) == 1
        assert not sound.exists()
