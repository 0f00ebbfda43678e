"""Textures that take turns in one model: their draws, streams and loops, and its file."""

from itertools import islice

import numpy as np
import pytest

from crossmodal.errors import AudioError, ModelError
from crossmodal.models.coopnets import CoopNets
from crossmodal.models.knobs import Knobs
from crossmodal.models.turning_textures import TurningTextures
from crossmodal.saving.keras_file import load_model, save_model
from crossmodal.sound.turning import take_turns


@pytest.fixture(scope="module")
def both():
    textures = [CoopNets.auditory(highest_hz=8000.0, draw_steps=0) for _ in range(2)]
    for texture, level in zip(textures, (0.1, 0.3), strict=True):
        texture.set_spectrum(None, level)
    return TurningTextures(textures, [1.0, 3.0])


def test_draws_are_those_of_the_textures_in_turn(both):
    pieces = []
    drawn = both.draw(8.0, draws=2, seed=3, on_piece=lambda done, of: pieces.append((done, of)))
    each = [texture.draw(8.0, draws=2, seed=3) for texture in both.textures]
    assert drawn.shape == (2, 160_000)
    np.testing.assert_array_equal(drawn[0], take_turns([sounds[0] for sounds in each], [1.0, 3.0], 20_000, seed=3))
    assert not np.array_equal(np.abs(drawn[0]) > 1e-3, np.abs(drawn[1]) > 1e-3)
    assert pieces == [(1, 2), (2, 2)]


def test_a_model_of_several_textures_is_kept_in_a_file(both, tmp_path):
    both.provenance = {"recipe": {"name": "texture-mix"}}
    save_model(both, tmp_path / "both.keras")
    loaded = load_model(tmp_path / "both.keras")
    assert isinstance(loaded, TurningTextures)
    assert loaded.provenance == both.provenance
    np.testing.assert_array_equal(loaded.draw(2.0, seed=1), both.draw(2.0, seed=1))


def test_a_stream_is_at_the_mean_of_the_levels_and_heeds_knobs(both):
    levels = [
        np.concatenate(list(islice(both.stream(block=4000, seed=1, knobs=knobs), 40))).std()
        for knobs in (None, Knobs(level=-20.0))
    ]
    assert levels == [pytest.approx(0.2, rel=0.1), pytest.approx(0.02, rel=0.1)]


def test_a_loop_lasts_whole_chunks(both):
    loop = both.loop(8.0, seed=1)
    each = [texture.loop(8.0, seed=1) for texture in both.textures]
    np.testing.assert_array_equal(loop, take_turns(each, [1.0, 3.0], 20_000, seed=1, circular=True))


def test_what_cannot_take_turns(both):
    with pytest.raises(ModelError, match="sound textures: learn them first"):
        TurningTextures([], [])
    with pytest.raises(ModelError, match=r"the same rate: learn all at 20,000 Hz, in mono\."):
        TurningTextures([both.textures[0], CoopNets.thesis(8000)], [1, 1])
    with pytest.raises(AudioError, match="do not fit 2 recordings"):
        TurningTextures(both.textures, [1.0])
    with pytest.raises(ModelError, match="do not morph"):
        both.stream(other=both.textures[0])
