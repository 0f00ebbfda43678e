"""crossmodal find: images by a sound and sounds by a picture, from a folder or an index; what is refused."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from crossmodal import AudioImageVAE, ContrastiveCorrespondence, load_model
from crossmodal.__main__ import main
from crossmodal.data.handwriting import read_handwriting
from crossmodal.data.sources import DIGITS
from crossmodal.saving.keras_file import save_model

SMALL = {
    "embedding_dim": 8,
    "encoder_options": {"filters": (4, 4, 4), "blocks": (1, 1, 1)},
    "image_encoder_options": {"filters": (4, 4, 4), "blocks": (1, 1, 1)},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model with random weights: what it finds is any, and always the same."""
    path = tmp_path_factory.mktemp("model") / "model.keras"
    keras.utils.set_random_seed(0)
    save_model(ContrastiveCorrespondence(**SMALL, classes=DIGITS), path)
    return str(path)


@pytest.fixture
def images(tmp_path):
    """Bars of some widths, dark on white, one in a lower folder; a file that is none, one that is hidden."""
    (tmp_path / "images" / "below").mkdir(parents=True)
    for i, name in enumerate(("a.png", "b.png", "c$.png", "below/d.png", ".hidden.png")):
        pixels = np.full((60, 60), 255, np.uint8)
        pixels[10:50, 20 : 24 + 4 * i] = 0
        Image.fromarray(pixels).save(tmp_path / "images" / name)
    return tmp_path / "images"


@pytest.fixture
def sound(tone, write_sound):
    return str(write_sound("seven.wav", tone()))


def found(capsys):
    return json.loads(capsys.readouterr().out)["found"]


def test_images_are_found_by_a_sound_and_shown(model, images, sound, tmp_path, capsys):
    sheet = tmp_path / "found.png"
    argv = ["find", sound, "--among", str(images), "--model", model]
    assert main([*argv, "--json", "-o", str(sheet)]) == 0
    answers = found(capsys)
    assert sorted(answer["name"] for answer in answers) == ["a.png", "b.png", "below/d.png", "c$.png"]
    scores = [answer["score"] for answer in answers]
    assert scores == sorted(scores, reverse=True)
    with Image.open(sheet) as picture:
        assert picture.width > 2 * picture.height
    asked = load_model(model)
    pictures = np.stack([read_handwriting(images / answer["name"]) for answer in answers])
    embedded = asked.embed_images(pictures)
    spread = np.ptp(np.array(scores)) / float(asked.scale)
    assert spread == pytest.approx(np.ptp(answers_by(asked, sound) @ embedded.T), abs=1e-4)
    assert main([*argv, "--count", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0] == f"{sound}: the best of 4 images"
    assert lines[1].split() == ["1", f"{scores[0]:.2f}", answers[0]["name"]]


def answers_by(model, path):
    """The embedding of a recording's word."""
    from crossmodal import LogMel, log_mel, read_audio

    front_end = LogMel(**{**model.front_end, "find_word": True})
    return model.embed_sounds(log_mel([read_audio(path)], front_end))[0]


def test_sounds_are_found_by_a_picture(model, images, tone, write_sound, tmp_path, capsys):
    (tmp_path / "sounds").mkdir()
    for name, frequency_hz in (("low.wav", 300), ("high.wav", 2000)):
        write_sound(f"sounds/{name}", tone(frequency_hz))
    argv = ["find", str(images / "a.png"), "--among", str(tmp_path / "sounds"), "--model", model, "--json"]
    assert main(argv) == 0
    assert {answer["name"] for answer in found(capsys)} == {"low.wav", "high.wav"}


def test_an_index_answers_as_its_folder(model, images, sound, tmp_path, capsys):
    index = tmp_path / "images.npz"
    shared = ["--model", model]
    assert main(["find", "--among", str(images), "--save-index", str(index), *shared]) == 0
    assert capsys.readouterr().err == f"index of 4 images: {index}\n"
    assert main(["find", sound, "--among", str(images), "--json", *shared]) == 0
    folder = found(capsys)
    assert main(["find", sound, "--among", str(index), "--json", "-o", str(tmp_path / "sheet.pdf"), *shared]) == 0
    assert found(capsys) == folder
    assert (tmp_path / "sheet.pdf").exists()
    assert main(["find", str(images / "a.png"), "--among", str(index), *shared]) == 2
    assert "holds images, as the query is: pass sounds" in capsys.readouterr().err


def test_a_file_that_cannot_be_used_is_named_and_the_others_are_found(model, images, sound, capsys):
    (images / "bad.png").write_text("no picture")
    assert main(["find", sound, "--among", str(images), "--model", model]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("bad.png is no PNG")
    assert "the best of 4 images" in said.out


def test_what_cannot_be_found_is_one_sentence(model, images, sound, tmp_path, capsys):
    vae, empty = tmp_path / "vae.keras", tmp_path / "empty"
    AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4)).save(vae)
    empty.mkdir()
    for argv, said in (
        ([sound, "--among", str(images), "--model", str(vae)], "does not compare sounds with images"),
        (["--among", str(images), "--model", model], "There is nothing to find"),
        (["seven.txt", "--among", str(images), "--model", model], "neither a recording nor a picture"),
        ([sound, "--among", str(empty), "--model", model], "holds no images"),
        ([sound, "--among", str(tmp_path / "none"), "--model", model], "There is no folder"),
        ([sound, "--among", str(tmp_path / "none.npz"), "--model", model], "There is no index"),
        ([str(images / "a.png"), "--among", str(images), "--model", model, "-o", "x.png"], "leave out -o"),
        ([str(tmp_path / "no.wav"), "--among", str(images), "--model", model], "no.wav"),
        ([sound, "--among", str(images), "--model", model, "--save-index", str(tmp_path / "x.json")], ".npz"),
    ):
        assert main(["find", *argv]) == 2, argv
        printed = capsys.readouterr()
        assert said in printed.err
        assert len(printed.err.splitlines()) == 1
