"""What the page does with a sound texture: learn it while saying how far it is, play it."""

import io
from collections.abc import Callable

import numpy as np

from crossmodal.app.demo.media import as_played
from crossmodal.app.pictures.sounds import save_spectrograms
from crossmodal.data.textures import check_texture
from crossmodal.sound.audio import read_audio
from crossmodal.training.cooperative import prepare_texture, train_texture

SAMPLE_RATE = 20_000  # Hz
LONGEST_S = 60.0  # of a recording
LONGEST_DRAW_S = 30.0
BLOCK = 2  # iterations between two words on the progress


def learn(path, iterations: int, on_progress: Callable[[int, int], None]):
    """Train `CoopNets` on a sound file.

    Args:
        path: of 1 to 60 s.
        iterations: updates of the networks.
        on_progress: called as on_progress(iterations done, iterations).

    Raises:
        AudioError: the file cannot be used.
        ModelError: training diverged.
    """
    sound = check_texture(read_audio(path, SAMPLE_RATE, max_duration_s=LONGEST_S), SAMPLE_RATE)
    model, signal, settings = prepare_texture(sound, SAMPLE_RATE, iterations=iterations, block=BLOCK)
    train_texture(model, signal, settings, on_block=lambda done, _: on_progress(done, iterations))
    return model


def play(model, duration_s: float, seed: int) -> tuple[int, np.ndarray]:
    """A draw of the texture: its sample rate in Hz and (samples,) int16."""
    sound = model.draw(min(duration_s, LONGEST_DRAW_S), seed=seed)[0]
    return as_played(sound, model.sample_rate)


def spectrogram_of(sound: tuple[int, np.ndarray]):
    """A picture of what `play` returned."""
    from PIL import Image

    sample_rate, samples = sound
    buffer = io.BytesIO()
    save_spectrograms(buffer, {"": samples / 32767}, sample_rate)
    return Image.open(buffer)
