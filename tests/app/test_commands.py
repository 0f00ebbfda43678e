"""The command `crossmodal`: its help, each of its subcommands at its smallest, and what it says of bad input."""

import json
import os
import resource
import shlex
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from crossmodal.__main__ import main
from crossmodal.app.commands import COMMANDS
from crossmodal.app.experiments.families import FAMILIES
from crossmodal.models.vae import AudioImageVAE

PAGES = [
    [],
    *([name] for name in COMMANDS),
    *(["texture", action] for action in ("learn", "play", "mix")),
    *(
        ["train", family]
        for family in (
            *("vae", "vae-gan", *FAMILIES, "correspondence", "classifier", "listener", "transcriber"),
            *("texture", "texture-mix"),
        )
    ),
    *(["data", action] for action in ("info", "prepare")),
    *(["evaluate", score] for score in ("agreement", "strings", "coherence", "diversity", "retrieval", "texture")),
]


@pytest.fixture(scope="module")
def small_model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "small.keras"
    AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4)).save(path)
    return str(path)


def test_help_comes_within_half_a_second_and_imports_no_tensorflow():
    script = """
import sys
from crossmodal.__main__ import main
try:
    main(["--help"])
finally:
    assert not {"tensorflow", "keras", "librosa"} & set(sys.modules)
"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5  # whatever else runs here


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_each_command_has_help(words, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([*words, "--help"])
    help = capsys.readouterr().out
    if words[:1] != ["evaluate"] or len(words) == 1:
        assert help.count(f"crossmodal {' '.join(words)}") >= 2  # the usage, and an example


def test_other_commands_and_none_are_refused(capsys):
    for argv in ([], ["paint"], ["train"]):
        with pytest.raises(SystemExit, match="2"):
            main(argv)
    assert "usage: crossmodal train" in capsys.readouterr().err


def test_draw_says_no_more_than_its_own_words(spoken_digits, write_sound, tmp_path):
    """A process of its own, for TensorFlow writes its noise when it is imported."""
    path = write_sound("number.wav", spoken_digits[0])
    command = [sys.executable, "-m", "crossmodal", "draw", str(path), "-o", str(tmp_path / "drawing.png")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1 + 10 + 1
    with Image.open(tmp_path / "drawing.png") as picture:
        assert picture.width > 5 * picture.height


def test_draw_goes_on_after_a_bad_file_and_names_it(spoken_digits, write_sound, tmp_path, small_model, capsys):
    waveform, bounds = spoken_digits
    files = [
        write_sound("two.wav", waveform[: bounds[1][1]]),
        write_sound("silent.wav", np.zeros(8000)),
        tmp_path / "absent.wav",
        write_sound("stereo.flac", np.stack([waveform[slice(*bounds[5])]] * 2, axis=1), 44_100),
    ]
    picture = tmp_path / "drawing.png"
    options = ["--samples", "2", "--json", "--model", small_model, "-o", str(picture)]
    assert main(["draw", *map(str, files), *options]) == 2
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 2
    assert "silent.wav" in printed.err
    assert "absent.wav" in printed.err
    report = json.loads(printed.out)
    assert [Path(entry["recording"]).name for entry in report["recordings"]] == [file.name for file in files]
    assert [len(entry.get("digits", [])) for entry in report["recordings"]] == [2, 0, 0, 1]
    assert set(report["recordings"][0]["digits"][0]) == {"start_s", "end_s", "reading", "confidence", "heard"}
    assert picture.stat().st_size > 1000


def test_draw_takes_recordings_of_any_name(tmp_path, tone, write_sound, small_model, capsys):
    names = ["$\\frac$ for $5.wav", "七.wav", "a\nb\033[31m.wav", "%s{}.wav", "--json.wav"]
    paths = [str(write_sound(name, tone())) for name in names]
    assert main(["draw", *paths, "--model", small_model, "-o", str(tmp_path / "drawing.png")]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "\033" not in printed.out
    assert len(printed.out.splitlines()) == 2 * len(names) + 1
    no_text = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.wav")
    Path(no_text).write_bytes(Path(paths[0]).read_bytes())
    assert main(["draw", no_text, "--model", small_model, "-o", str(tmp_path / "none.png")]) == 0
    assert "udcff.wav" in capsys.readouterr().out.encode().decode()


@pytest.mark.parametrize("seed", ["-1", "x", str(2**32)])
def test_draw_takes_no_seed_that_is_none(seed, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["draw", "a.wav", "--seed", seed])
    assert "argument --seed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "nowhere"], "There is no model at nowhere"),
        (["--model", "lenet5_mnist"], "A LeNet5 does not draw what it hears"),
        (["-o", "drawing.txt"], "choose a name that ends in .png"),
        (["-o", "nowhere/drawing.png"], "there is no folder nowhere"),
    ],
)
def test_draw_refuses_bad_options_in_one_sentence(options, message, write_sound, tone, capsys):
    assert main(["draw", str(write_sound("a.wav", tone())), *options]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""


def test_a_texture_is_learned_and_played(tmp_path, monkeypatch, capsys, eager):
    monkeypatch.setattr("crossmodal.models.coopnets.DRAW_STEPS", 1)
    model, sound = tmp_path / "rain.keras", tmp_path / "new.wav"
    learn = ["texture", "learn", "made:rain", "-o", str(model), "--iterations", "1"]
    assert main(learn) == 0
    assert {"draw_1.wav", "metrics.json", "spectrograms.png"} <= {path.name for path in (tmp_path / "rain").iterdir()}
    assert main(["texture", "play", str(model), "--seconds", "3", "-o", str(sound)]) == 0
    waveform, sample_rate = soundfile.read(sound)
    assert len(waveform) == 3 * sample_rate
    assert "60,000 samples at 20,000 Hz, 0.1 MB\n3.0 s: " in capsys.readouterr().out
    assert main([*learn, "--seed", "1"]) == 2
    assert "choose another --workdir" in capsys.readouterr().err
    command = shlex.split(json.loads((tmp_path / "rain" / "metrics.json").read_text())["command"])
    assert command == ["crossmodal", "train", "texture", "--iterations", "1"]


@pytest.mark.parametrize("seconds", ["-3", "0", "nan", "inf", "1e9", "3601"])
def test_durations_that_cannot_be_played_are_refused_before_anything_is_loaded(seconds, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("crossmodal.saving.keras_file.load_model", None)
    assert code_of(["texture", "play", "texture_rain", "--seconds", seconds, "-o", str(tmp_path / "new.wav")]) == 2
    assert capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def code_of(words: list[str]) -> int:
    """The exit code, of a parser's refusal too."""
    try:
        return main(words)
    except SystemExit as stop:
        return stop.code


def test_a_sound_for_which_the_disk_has_no_room_is_refused(tmp_path, monkeypatch, capsys):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage(10**9, 10**9 - 80_000, 80_000))
    assert main(["texture", "play", "texture_rain", "-o", str(tmp_path / "new.wav"), "--seconds", "2.5"]) == 2
    told = capsys.readouterr()
    assert "would take 0.1 MB and its disk has 0.1 MB left: make room" in told.err
    assert told.out == ""


def test_the_longest_draw_fits_a_wav_file():
    from crossmodal.models.playing import LONGEST_S
    from crossmodal.sound.audio import HIGHEST_SAMPLE_RATE

    assert 2 * LONGEST_S * HIGHEST_SAMPLE_RATE + 44 < 2**32


def test_a_long_draw_says_how_long_it_takes(monkeypatch, capsys):
    from crossmodal.app import playing

    times = iter([0.0, 2.0, 4.0, 14.0, 16.0])
    monkeypatch.setattr(playing.time, "time", lambda: next(times))
    on_piece = playing.tell_time_left()
    for done in (1, 2, 3, 4):
        on_piece(done, 4)
    assert capsys.readouterr().err == "piece 1 of 4, about 6 s left\npiece 3 of 4, about 5 s left\n"


@pytest.mark.parametrize("harmonics", [1, 10])
def test_a_tone_is_no_texture_and_that_is_said_before_training(harmonics, tmp_path, write_sound, capsys):
    t = np.arange(40_000) / 20_000
    path = write_sound(
        "hum.wav", sum(0.2 * np.sin(2 * np.pi * 50 * n * t) / n for n in range(1, harmonics + 1)), 20_000
    )
    assert main(["texture", "learn", str(path), "-o", str(tmp_path / "hum.keras")]) == 2
    told = capsys.readouterr()
    assert "hum.wav' is a tone or a hum, 99% of its power lies within" in told.err
    assert "iteration" not in told.out


def test_textures_are_mixed_as_the_recipe_mixes_them(tmp_path, monkeypatch, capsys):
    from crossmodal.app.experiments import texture_mix

    seen = []

    def run(config, workdir):
        seen.append(config)
        workdir.mkdir()
        (workdir / "model.keras").write_text("a model")
        return {"against": {}}

    monkeypatch.setattr(texture_mix, "run", run)
    model = tmp_path / "mix.keras"
    assert main(["texture", "mix", "a.wav", "b.wav", "--weights", "1", "3", "-o", str(model)]) == 0
    assert (seen[0].references, seen[0].weights) == (("a.wav", "b.wav"), (1.0, 3.0))
    assert model.read_text() == "a model"
    assert main(["texture", "mix", "a, b.wav", "-o", str(tmp_path / "commas.keras")]) == 0
    assert (seen[1].references, seen[1].weights) == (("a, b.wav",), ())
    assert main(["texture", "mix", "a.wav", "-o", "mix.wav"]) == 2
    assert "ends in .keras" in capsys.readouterr().err


def test_a_mixture_takes_recordings_and_not_a_recording(capsys):
    """The beginning of an option is not taken for it, as little as by the recipe."""
    with pytest.raises(SystemExit, match="2"):
        main(["train", "texture-mix", "--reference", "rain.wav"])
    assert "unrecognized arguments: --reference" in capsys.readouterr().err


def test_a_model_of_digits_is_no_texture(small_model, tmp_path, capsys):
    assert main(["texture", "play", small_model, "-o", str(tmp_path / "new.wav")]) == 2
    assert "not a sound texture" in capsys.readouterr().err


def test_train_is_the_recipe(class_folders, tmp_path, capsys):
    sounds, images = map(str, class_folders)
    options = ["--data", "folders", "--sounds-dir", sounds, "--images-dir", images]
    options += ["--epochs", "1", "--batch-size", "32", "--workdir", str(tmp_path)]
    assert main(["train", "vae", *options]) == 0
    command = json.loads((tmp_path / "metrics.json").read_text())["command"]
    assert command.startswith("crossmodal train vae --data folders --epochs 1 --batch-size 32 --sounds-dir")
    assert main(["train", "vae", *options, "--seed", "1"]) == 2
    assert "seed was 0, is 1" in capsys.readouterr().err


def test_ctrl_c_is_no_traceback(tmp_path, monkeypatch, capsys):
    from crossmodal.app.experiments import train_classifier

    def stopped(config, workdir):
        raise KeyboardInterrupt

    monkeypatch.setattr(train_classifier, "run", stopped)
    assert main(["train", "classifier", "--workdir", str(tmp_path)]) == 130
    assert "the same command continues" in capsys.readouterr().err


def test_evaluate_is_crossmodal_evaluate(write_sound, noise, capsys):
    reference, draw = (
        write_sound("reference.wav", noise(60_000), 20_000),
        write_sound("draw.wav", noise(60_001), 20_000),
    )
    assert main(["evaluate", "texture", str(reference), str(draw)]) == 0
    assert "draw.wav" in capsys.readouterr().out
    assert main(["evaluate", "agreement", "absent.keras"]) == 2
    assert "There is no model at absent.keras" in capsys.readouterr().err


def test_data_info_tells_what_is_there_and_under_which_licence(tmp_path, capsys):
    info = {"splits": [{"name": "train", "shardLengths": ["2000", "500"]}]}
    (tmp_path / "spoken_digit" / "1.0.9").mkdir(parents=True)
    (tmp_path / "spoken_digit" / "1.0.9" / "dataset_info.json").write_text(json.dumps(info))
    assert main(["data", "info", "--data-dir", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "spoken_digit:1.0.9: 2,500 clips" in told
    assert "mnist:3.0.1: images, not there yet" in told
    assert str(tmp_path / "mnist" / "3.0.1") in told
    assert all(licence in told for licence in ("CC BY-SA 4.0", "CC BY-SA 3.0", "CC BY 4.0", "GPL"))


def test_data_prepare_speaks_or_says_why_not(tmp_path, capsys):
    assert main(["data", "prepare", "--data-dir", str(tmp_path), "--archives", str(tmp_path / "nowhere")]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err
    assert main(["data", "prepare", "digits-tts", "--data-dir", str(tmp_path)]) == 0
    assert "ready after" in capsys.readouterr().out


def test_data_prepare_without_a_network_says_what_to_do_and_goes_on(tmp_path, monkeypatch, capsys):
    from crossmodal.data import fetching

    def offline(builder, missing):
        if builder.name == "spoken_digit":
            raise ConnectionError("github.com does not answer")

    fetched = []
    monkeypatch.delenv("CROSSMODAL_ARCHIVES", raising=False)
    monkeypatch.setattr("crossmodal.data.tfds_source.check_network", offline)
    monkeypatch.setattr(
        "tensorflow_datasets.core.DatasetBuilder.download_and_prepare", lambda *a, **k: fetched.append(a)
    )
    assert main(["data", "prepare", "--data-dir", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert "spoken_digit:1.0.9, 12.0 MB to download ..." in printed.out
    assert "mnist:3.0.1, 11.6 MB to download: ready after" in printed.out
    assert len(printed.err.splitlines()) == 1
    assert "with --archives DIR" in printed.err
    assert len(fetched) == 1
    assert fetching.PATIENCE_S <= 10


@pytest.mark.data
def test_data_prepare_takes_the_original_archives(tmp_path, capsys):
    archives = os.environ.get("CROSSMODAL_ARCHIVES")
    if not archives:
        pytest.skip("CROSSMODAL_ARCHIVES is not set")
    whole = "free-spoken-digit-dataset-1.0.9.tar.gz" in os.listdir(archives)
    assert main(["data", "prepare", "--data-dir", str(tmp_path), "--archives", archives]) == (0 if whole else 2)
    printed = capsys.readouterr()
    assert "mnist:3.0.1: ready after" in printed.out
    assert "mnist:3.0.1: 70,000 images" in printed.out
    assert whole or "(free-spoken-digit-dataset-1.0.9.tar.gz) with --archives DIR" in printed.err


@pytest.mark.data
def test_data_info_counts_the_real_data(real_data, capsys):
    assert main(["data", "info"]) == 0
    told = capsys.readouterr().out
    assert "2,500 clips" in told
    assert "70,000 images" in told
