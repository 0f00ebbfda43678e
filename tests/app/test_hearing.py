"""The front end that the options of a training name: its sensible sets, its own numbers, and what cannot be heard."""

import json
from dataclasses import replace

import pytest

from crossmodal import load_model
from crossmodal.__main__ import main
from crossmodal.app.experiments.families import FAMILIES
from crossmodal.app.experiments.hearing import chosen_front_end
from crossmodal.app.experiments.training_options import TrainingConfig, encoder_of
from crossmodal.errors import CrossmodalError
from crossmodal.sound.front_ends import SOUNDS
from crossmodal.sound.spectrogram import LogMel
from crossmodal.sound.waveform import Waveform

HEARD = "--sounds environment --sample-rate 12000 --mels 26 --frames 24 --duration-s 0.4"
TRAIN = """train vae --protocol speaker --held-out-speaker speaker1 --epochs 1 --batch-size 32 --warmup-steps 1
    --encoder linear"""
READER = "train classifier --data folders --epochs 1 --batch-size 64"


def heard(**options):
    return chosen_front_end(TrainingConfig(**{"data": "folders", **options}))


def test_speech_is_heard_as_before_and_other_sounds_by_a_set_of_their_own():
    assert heard(data="digits-tts") == LogMel()
    assert heard(timing="pad", find_word=True) == LogMel(timing="pad", find_word=True)
    assert heard(sounds="environment") == SOUNDS["environment"]
    assert heard(front_end="waveform") == Waveform()
    assert heard(front_end="waveform", timing="stretch") == Waveform()  # as the settings of a run have it


def test_each_number_may_be_another():
    options = {"mels": 40, "frames": 100, "window_ms": 20.0, "range_db": 70.0, "timing": "pad", "duration_s": 2.5}
    found = heard(sounds="environment", sample_rate=12_000, **options)
    assert (found.sample_rate, found.n_fft, found.fmax) == (12_000, 240, 6000.0)
    assert found.shape == (100, 40)
    assert (found.dynamic_range_db, found.timing, found.pad_duration_s) == (70.0, "pad", 2.5)
    assert heard(sample_rate=16_000).n_fft == 512  # a window of speech lasts 32 ms at any rate
    waveform = heard(sounds="environment", front_end="waveform", duration_s=2.0)
    assert waveform == Waveform(SOUNDS["environment"].sample_rate, 2.0)


@pytest.mark.parametrize(
    ("options", "reasons"),
    [
        ({"duration_s": 2.0}, ["what is stretched has no --duration-s"]),
        ({"window_ms": 900.0, "timing": "pad", "duration_s": 0.5}, ["900 ms is longer than the 500 ms that are heard"]),
        ({"window_ms": 0.1}, ["0.1 ms is of 1 samples, not of 2 to 8,192"]),
        ({"mels": 256}, ["of 256 --mels lie between the frequencies of a window of 32 ms"]),
        ({"data": "fsdd-mnist", "sounds": "environment"}, ["the recordings of fsdd-mnist are at 8,000 Hz"]),
        ({"front_end": "waveform", "mels": 40, "timing": "pad"}, ["leave out --mels, --timing"]),
        (
            {"data": "digits-tts", "sample_rate": 16_000, "mels": 256, "duration_s": 2.0},
            ["no --duration-s", "of 256 --mels lie between", "the recordings of digits-tts are at 8,000 Hz"],
        ),
        ({"front_end": "waveform", "frames": 99, "duration_s": 0.01}, ["leave out --frames", "spans from 1024 to"]),
    ],
)
def test_what_cannot_be_heard_is_told_in_one_sentence(options, reasons):
    with pytest.raises(CrossmodalError, match="This cannot be heard: ") as refused:
        heard(**options)
    said = str(refused.value)
    assert all(reason in said for reason in reasons)
    assert said.count(";") == len(reasons) - 1
    assert len(said.splitlines()) == 1


def test_a_read_out_is_that_of_an_encoder():
    chosen = {"encoder_kind": "time-delay", "encoder_options": {"read_out": "statistics"}}
    assert encoder_of(TrainingConfig(encoder="time-delay", read_out="statistics")) == chosen
    with pytest.raises(CrossmodalError, match="gru has no read-out all: choose last or mean"):
        encoder_of(TrainingConfig(encoder="gru", read_out="all"))
    with pytest.raises(CrossmodalError, match="of the model has no read-out mean: choose --encoder time-delay"):
        encoder_of(TrainingConfig(read_out="mean"))


def test_a_recurrent_encoder_may_listen_in_both_directions():
    both = {"read_out": "mean", "bidirectional": True}
    told = encoder_of(TrainingConfig(encoder="gru", **both))
    assert told == {"encoder_kind": "gru", "encoder_options": both}
    with pytest.raises(CrossmodalError, match="choose one of elman"):
        encoder_of(TrainingConfig(encoder="residual", bidirectional=True))


@pytest.mark.parametrize(
    ("family", "options", "reason"),
    [
        ("cycle-gan", {"mels": 50}, "choose such --frames and --mels"),
        ("joint-flow", {"frames": 51}, "2 frames in a token do not divide the frames"),
        ("joint-flow", {"frames_per_token": 5}, "choose other --frames or another --frames-per-token"),
        ("flow", {"width": 50}, "choose a multiple of 4"),
        ("flow", {"blocks": 3, "early": 3}, "3 of 3 blocks predict no early image: choose fewer, --early, or more"),
    ],
)
def test_a_family_says_which_sizes_it_can_have(family, options, reason):
    config = FAMILIES[family].Config(data="folders", sounds="environment")
    FAMILIES[family].further(config)
    with pytest.raises(CrossmodalError, match=reason):
        FAMILIES[family].further(replace(config, **options))


def test_a_model_keeps_how_it_hears_for_drawing_and_for_its_test(class_folders, tmp_path, capsys):
    sounds, images = class_folders
    folders = ["--data", "folders", "--sounds-dir", str(sounds), "--images-dir", str(images)]
    assert main([*TRAIN.split(), *folders, *HEARD.split(), "--workdir", str(tmp_path / "run")]) == 0
    assert HEARD in json.loads((tmp_path / "run" / "metrics.json").read_text())["command"]
    front_end = LogMel(**load_model(tmp_path / "run").front_end)
    assert (front_end.sample_rate, front_end.shape, front_end.timing) == (12_000, (24, 26), "loudest")
    clip = str(next(sounds.rglob("*.wav")))
    capsys.readouterr()
    assert main(["draw", clip, "--model", str(tmp_path / "run"), "--json", "-o", str(tmp_path / "drawing.png")]) == 0
    (recording,) = json.loads(capsys.readouterr().out)["recordings"]
    assert len(recording["digits"]) == 1  # it is heard whole
    assert main([*READER.split(), "--images-dir", str(images), "--workdir", str(tmp_path / "reader")]) == 0
    argv = ["evaluate", "agreement", str(tmp_path / "run"), "--reader", str(tmp_path / "reader")]
    assert main([*argv, "--workdir", str(tmp_path / "scored")]) == 0
    assert json.loads((tmp_path / "scored" / "metrics.json").read_text())["pairs"] == 40
