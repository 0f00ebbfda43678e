"""What the page does, without a browser."""

import socket

import numpy as np
import pytest

from crossmodal.data.sources import DIGITS
from crossmodal.data.textures import rain
from crossmodal.demo import hearing
from crossmodal.errors import AudioError, CrossmodalError, ModelError
from crossmodal.models.vae import AudioImageVAE


@pytest.fixture(scope="module")
def model():
    return AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4))


def test_hear_gives_what_the_library_draws(model, tone, write_sound):
    from crossmodal.drawing import draw_speech

    waveform = tone(sample_rate=8000)
    heard = hearing.hear(write_sound("one.wav", waveform, subtype="FLOAT"), model, samples=3, seed=5)
    drawings = draw_speech(waveform, 8000, model, samples=3, seed=5)
    assert len(heard.drawings) == len(drawings) == 1
    np.testing.assert_array_equal(heard.drawings[0].image, drawings[0].image)
    np.testing.assert_array_equal(heard.drawings[0].draws, drawings[0].draws)
    assert heard.spectrograms.shape == (1, 48, 48)
    np.testing.assert_allclose(model.decode(heard.latents)[0, :, :, 0], drawings[0].image, atol=1e-6)


def test_a_recording_is_not_longer_than_the_page_says(model, noise, write_sound):
    path = write_sound("long.wav", noise(8000 * 31))
    with pytest.raises(AudioError, match="30"):
        hearing.hear(path, model, samples=1)


def test_the_way_between_two_digits_ends_at_each(model):
    latents = hearing.digit_latents(model)
    assert latents.shape == (10, 4)
    ends = [hearing.between(model, latents[3], latents[8], share) for share in (0.0, 1.0)]
    np.testing.assert_allclose(ends, model.decode(latents[[3, 8]])[..., 0], atol=1e-6)


def test_the_page_refuses_a_model_of_other_classes():
    with pytest.raises(ModelError, match="digits"):
        hearing.digit_latents(AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), classes=("cat", "dog")))


def test_pictures_are_the_images_enlarged():
    images = np.random.default_rng(0).random((3, 28, 28)).astype(np.float32)
    picture = hearing.as_picture(images)
    assert (picture.shape, picture.dtype) == ((224, 672), np.uint8)
    np.testing.assert_array_equal(picture[::8, 224:448:8], np.rint(255 * images[1]))
    high_tone = np.zeros((1, 48, 48), np.float32)
    high_tone[:, :, -1] = 1
    upright = hearing.spectrograms_as_picture(high_tone)
    assert upright.shape == (384, 384, 3)
    assert upright[0].mean() > upright[-1].mean()


def test_a_texture_is_learned_and_played(write_sound):
    from crossmodal.demo import listening

    path = write_sound("rain.wav", rain(1.0), 20_000)
    told = []
    model = listening.learn(path, 1, lambda *done: told.append(done))
    assert told == [(1, 1)]
    rate, sound = listening.play(model, 1.5, seed=0)
    assert (rate, sound.shape, sound.dtype) == (20_000, (30_000,), np.int16)
    assert sound.std() > 100
    assert listening.spectrogram_of((rate, sound)).size[0] > 500


def test_errors_on_the_page_name_no_path(tmp_path):
    gradio = pytest.importorskip("gradio", reason="Gradio, the extra [demo], is not installed")
    from crossmodal.audio import read_audio
    from crossmodal.demo.page import in_one_sentence

    path = str(tmp_path / "silent.wav")
    for content in (None, b"", b"no sound"):
        if content is not None:
            (tmp_path / "silent.wav").write_bytes(content)
        with pytest.raises(gradio.Error) as error, in_one_sentence(path):
            read_audio(path)
        assert str(tmp_path) not in str(error.value)
        assert "recording" in str(error.value).lower()


def test_a_port_that_is_taken_is_one_sentence():
    gradio = pytest.importorskip("gradio", reason="Gradio, the extra [demo], is not installed")
    from crossmodal.demo.page import launch

    with gradio.Blocks(analytics_enabled=False) as page:
        gradio.Markdown("nothing")
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(CrossmodalError, match="another --port"):
        launch(page, port=other.getsockname()[1], wait=False)


def test_without_gradio_the_command_says_what_to_install(monkeypatch, capsys):
    from crossmodal.__main__ import main
    from crossmodal.commands import demo

    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    assert main(["demo"]) == 2
    assert "crossmodal-toolkit[demo]" in capsys.readouterr().err


def test_lenet5_finds_each_digit_in_a_trained_models_prior():
    from crossmodal.drawing import read_digits

    model = AudioImageVAE.from_preset("vae_compact")
    readings = read_digits(model.decode(hearing.digit_latents(model)))
    assert [name for name, _ in readings] == list(DIGITS)
    assert min(confidence for _, confidence in readings) > 0.9
