"""Pictures of textures: the same of a seed, textures throughout, and refusals in a sentence."""

import numpy as np
import pytest
from PIL import Image

from crossmodal.data.image_textures import MADE, hold_out, load_image_texture, names
from crossmodal.errors import DataError


@pytest.mark.parametrize("name", MADE)
def test_a_made_texture_is_a_function_of_its_seed_and_the_same_everywhere(name):
    picture, again, other = (MADE[name](96, 192, seed=seed) for seed in (0, 0, 1))
    assert (picture.shape, picture.dtype) == ((96, 192, 3), np.float32)
    assert (picture.min() >= 0, picture.max() <= 1) == (True, True)
    np.testing.assert_array_equal(picture, again)
    assert not np.array_equal(picture, other)
    left, right = np.split(picture, 2, axis=1)
    for half in (right, other):
        np.testing.assert_allclose(half.mean((0, 1)), left.mean((0, 1)), atol=0.05)
        np.testing.assert_allclose(half.std((0, 1)), left.std((0, 1)), atol=0.05)


def test_a_wall_repeats_itself_after_two_rows_and_a_brick_but_for_its_tints():
    wall = MADE["bricks"](96, 192)
    joints = (wall > 0.65).all(axis=-1)
    assert np.mean(joints[:-24] == joints[24:]) > 0.95
    assert np.mean(joints[:, :-24] == joints[:, 24:]) > 0.95
    assert np.mean(joints[:, :-12] == joints[:, 12:]) < 0.95


def test_every_name_is_a_picture_of_which_a_third_is_held_out():
    for name in names():
        picture = load_image_texture(name)
        learned, held = hold_out(picture)
        assert learned.shape[0] == held.shape[0] == picture.shape[0]
        np.testing.assert_array_equal(np.concatenate([learned, held], axis=1), picture)
        assert min(*learned.shape[:2], *held.shape[:2]) >= 64


def test_a_picture_of_the_users_own(tmp_path):
    tall = np.random.default_rng(0).integers(0, 256, (150, 70, 3), np.uint8)
    Image.fromarray(tall).save(tmp_path / "cloth.png")
    picture = load_image_texture(str(tmp_path / "cloth.png"))
    np.testing.assert_allclose(picture, tall / 255, atol=1e-6)
    assert [part.shape for part in hold_out(picture)] == [(86, 70, 3), (64, 70, 3)]


def test_what_is_no_texture_is_refused(tmp_path):
    Image.new("RGB", (127, 300)).save(tmp_path / "narrow.png")
    Image.new("RGB", (100, 60)).save(tmp_path / "small.png")
    (tmp_path / "words.png").write_text("words")
    assert load_image_texture(str(tmp_path / "narrow.png")).shape == (300, 127, 3)
    for name, message in (
        ("made:tiles", "no texture 'made:tiles': choose one of made:bricks, made:checks"),
        ("sample:bricks", "no texture 'sample:bricks'"),
        (str(tmp_path / "small.png"), "has 100x60 pixels: a texture needs 128x64 or more"),
        (str(tmp_path / "words.png"), "no PNG, JPEG"),
        (str(tmp_path / "none.png"), "does not exist"),
    ):
        with pytest.raises(DataError, match=message):
            load_image_texture(name)
