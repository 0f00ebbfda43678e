"""What is written into a file of each kind is read from it again, and the file is still one of its kind."""

import json

import keras
import numpy as np
import pytest
import soundfile
from matplotlib.figure import Figure

from crossmodal.app.pictures.images import save_figure, save_heard
from crossmodal.app.recipe.comparing import same_bytes, same_content
from crossmodal.app.recipe.reading import READERS, read_recipe
from crossmodal.app.reports.pages import write_report
from crossmodal.errors import CrossmodalError
from crossmodal.models.vae import AudioImageVAE
from crossmodal.runtime.files import write_json
from crossmodal.runtime.recipe import making
from crossmodal.saving.keras_file import load_model, save_model
from crossmodal.sound.audio import note_recipe, read_audio, write_wav

# longer than the 2 kB that libsndfile reads of WAV, of an odd and an even length, with what HTML would escape
RECIPES = [
    {"command": f"crossmodal draw {'x' * length} '<\"&七.wav'", "inputs": {}, "environment": {"numpy": "2"}}
    for length in (5, 6, 5000)
]


def save_sound(path):
    kinds = {".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS")}
    format, subtype = kinds[path.suffix]
    with soundfile.SoundFile(path, "w", 8000, 1, format=format, subtype=subtype) as file:
        note_recipe(file, path)
        file.write(TONE)


def save_page(path):
    write_json(path.parent / "config.json", {"config": {"seed": 0}, "environment": {}})
    write_report(path.parent, path)


TONE = (0.3 * np.sin(np.arange(4000) / 5)).astype(np.float32)
WRITERS = {
    "figure.png": lambda path: save_figure(Figure(figsize=(1, 1)), path, dpi=50),
    "heard.png": lambda path: save_heard(path, np.zeros((4, 4))),
    "sound.wav": lambda path: write_wav(path, TONE, 8000),
    "sound.flac": save_sound,
    "sound.ogg": save_sound,
    "figures.json": lambda path: write_json(path, {"accuracy": 0.5}),
    "page.html": save_page,
    "model.keras": lambda path: save_model(keras.saving.deserialize_keras_object(CONFIG), path),
}
CONFIG = keras.saving.serialize_keras_object(AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4)))


@pytest.mark.parametrize("recipe", RECIPES, ids=["odd", "even", "long"])
@pytest.mark.parametrize("name", WRITERS)
def test_each_kind_of_file_holds_the_recipe(name, recipe, tmp_path):
    path = tmp_path / name
    with making(lambda: recipe, lambda: {"--output": path}):
        WRITERS[name](path)
    assert read_recipe(path) == {**recipe, "result": "--output"}
    if name.startswith("sound"):
        np.testing.assert_allclose(read_audio(path), TONE, atol=0.1 if name.endswith("ogg") else 1e-4)
    if name.endswith("keras"):
        assert load_model(path).count_params()


def test_every_kind_that_is_read_is_tried_here_or_exported():
    assert {f".{name.partition('.')[2]}" for name in WRITERS} | {".onnx"} == set(READERS)


@pytest.mark.parametrize("name", WRITERS)
def test_files_that_differ_in_their_recipe_alone_have_the_same_content(name, tmp_path):
    files = []
    for i, recipe in enumerate(RECIPES[:2]):
        (tmp_path / str(i) / "run").mkdir(parents=True)
        files.append(tmp_path / str(i) / "run" / name)
        keras.utils.set_random_seed(0)
        with making(lambda recipe=recipe: recipe, dict):
            WRITERS[name](files[-1])
    assert same_content(*files)
    assert not same_bytes(*files)


@pytest.mark.parametrize("suffix", READERS)
def test_damaged_files_are_one_sentence(suffix, tmp_path):
    rng = np.random.default_rng(0)
    heads = {".wav": b"RIFF\xff\xff\xff\xffWAVELIST\xff\xff\x00\x00INFOICMT\xff\xff\xff\x7f", ".json": b'{"recipe": '}
    for content in (heads.get(suffix, b""), b"\x89PNG", rng.bytes(100), b"[1]", b'{"recipe": {"command": 1}}'):
        path = tmp_path / f"damaged{suffix}"
        path.write_bytes(content or b"x")
        with pytest.raises(CrossmodalError, match="holds no recipe"):
            read_recipe(path)


def test_figures_are_compared_without_the_seconds_they_took(tmp_path):
    figures = [{"accuracy": 0.5, "runs": [{"seconds": s, "environment": s}]} for s in (1, 2)] + [{"accuracy": 0.6}]
    paths = [tmp_path / f"{i}.json" for i in range(3)]
    for path, content in zip(paths, figures, strict=True):
        path.write_text(json.dumps(content))
    assert same_content(*paths[:2])
    assert not same_content(*paths[1:])


def test_sounds_of_another_rate_or_length_are_not_the_same(tmp_path):
    for name, samples, rate in (("a", TONE, 8000), ("b", TONE, 16_000), ("c", TONE[:-1], 8000), ("d", TONE, 8000)):
        write_wav(tmp_path / f"{name}.wav", samples, rate)
    assert same_content(tmp_path / "a.wav", tmp_path / "d.wav")
    assert not same_content(tmp_path / "a.wav", tmp_path / "b.wav")
    assert not same_content(tmp_path / "a.wav", tmp_path / "c.wav")
