"""Reports hold what a run's folder holds, whole and escaped, and ask nothing of a network."""

import base64
import io
import json
import re

import numpy as np
import pytest
import soundfile
from PIL import Image

from crossmodal.__main__ import main
from crossmodal.app.pictures.images import save_grid, save_heard
from crossmodal.app.reports import compare_runs, write_report
from crossmodal.app.reports.figures import coherence, heard
from crossmodal.app.reports.sounds import recordings_of
from crossmodal.errors import ModelError

ENVIRONMENT = {"python": "3.11.7", "tensorflow": "2.21.0"}


def digits_run(folder, accuracy=0.985, seed=0):
    """A finished run that draws digits, with all that one leaves."""
    (folder / "epochs").mkdir(parents=True)
    config = {"data": "fsdd-mnist", "model": "balanced", "seed": seed, "data_dir": "/home/somebody/data"}
    history = [{"epoch": n, "loss": 9.0 / n, "val_loss": 8.0 / n, "kl": float("nan")} for n in range(1, 11)]
    confusion = (10 * np.eye(10, dtype=int)).tolist()
    metrics = {
        "command": f"python recipes/train_vae_gan.py --seed {seed}",
        "parameters": 1234567,
        "seconds": 90.0,
        "pairs": 100,
        "clips": 20,
        "posterior_mean": {"accuracy": accuracy, "interval_95": [0.91, 0.999]},
        "sampled_z": {"accuracy": 0.957, "interval_95": [0.94, 0.97]},
        "real_test_images": 0.9935,
        "controls": {"silent_audio": 0.097, "wrong_class_audio": 0.0021},
        "confusion_posterior_mean": confusion,
        "confusion_sampled_z": confusion,
    }
    columns = ("precision", "recall", "coverage", "fid")
    names = ("sampled_z", "real_training_images", "one_real_image_per_class", "silent_audio")
    diversity = {
        **{"seed": 0, "neighbours": 5, "expected_coverage": 0.97, "pairs": 100, "clips": 20, "real_test_images": {}},
        "reader": {"name": "LeNet5", "sha256": "abc", "features": 84},
        "nearest_training_image": {},
        "sets": {name: {column: 0.25 + i for column in columns} for i, name in enumerate(names)},
        "spread": {"within_clip": 0.876, "between_clips": None},
        "cas": {"sampled_z": 0.961, "real_training_images": 0.99},
    }
    write(folder, config, history, metrics)
    (folder / "diversity.json").write_text(json.dumps(diversity))
    image = np.zeros((1, 28, 28))
    save_grid(folder / "drawings.png", [("zero", [image])], ["mean"])
    for n in range(1, 11):
        save_grid(folder / "epochs" / f"epoch-{n:05d}.png", [("zero", [image + n / 10])], ["mean"])
    return folder


def texture_run(folder, noise):
    """A finished run of a sound texture."""
    folder.mkdir()
    config = {"reference": "made:insects", "algorithm": "coopnets", "sample_rate": 20_000}
    history = [{"iteration": n, "energy_gap": 1 / n, "seconds": 1.0} for n in (10, 20)]
    scored = {"score": 0.97, "copied": False, "loops": False}
    metrics = {
        "parameters": {"generator": 57566, "descriptor": 9606},
        "ill_conditioned": False,
        "sounds": {"draw_1": scored, "draw_2": {**scored, "copied": True}, "generator_1": {**scored, "score": 0.5}},
    }
    write(folder, config, history, metrics)
    for name in metrics["sounds"]:
        soundfile.write(folder / f"{name}.wav", noise(20_000 + len(name)), 20_000, subtype="PCM_16")
    return folder


def write(folder, config, history, metrics):
    (folder / "config.json").write_text(json.dumps({"config": config, "environment": ENVIRONMENT}))
    (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in history))
    (folder / "metrics.json").write_text(json.dumps(metrics))


def files_in(text, kind):
    return [base64.b64decode(found) for found in re.findall(rf'src="data:{kind};base64,([^"]+)"', text)]


def test_a_report_holds_figures_floors_ceilings_and_pictures(tmp_path):
    folder = digits_run(tmp_path / "balanced")
    text = write_report(folder).read_text()
    assert (folder / "report.html").is_file()
    for words in ("98.5%", "91.0% to 99.9%", "9.7%", "silent audio", "wrong class", "99.4%", "0.88", "96.1%"):
        assert words in text
    for words in ("1,234,567 parameters", "1.5 min", "10 epochs", "train_vae_gan.py --seed 0", "3.11.7", "tensorflow"):
        assert words in text
    assert "/home/somebody" not in text
    pictures = files_in(text, "image/png")
    assert (folder / "drawings.png").read_bytes() in pictures
    of_epochs = [f"epoch-{n:05d}.png" for n in (1, 3, 5, 6, 8, 10)]
    assert all((folder / "epochs" / name).read_bytes() in pictures for name in of_epochs)
    assert len(pictures) == 1 + 6 + 2


def test_a_report_asks_nothing_of_a_network_and_runs_nothing(tmp_path):
    text = write_report(digits_run(tmp_path / "run")).read_text()
    assert not re.findall(r'(?:src|href)="(?!data:)|url\(|@import|<script|https?:', text)
    assert "default-src 'none'" in text


def test_all_text_is_escaped(tmp_path):
    folder = digits_run(tmp_path / "<b>run")
    attack = '"><script>alert(1)</script>'
    write(folder, {"data": attack, attack: 1}, [{"epoch": 1, attack: 1.0}], {"command": attack, "against": {}})
    for path in (write_report(folder), compare_runs([folder, folder], tmp_path / "both.html")):
        text = path.read_text()
        assert "<script" not in text
        assert "<b>run" not in text
        assert "&lt;script&gt;" in text


def test_the_recordings_that_were_heard_can_be_played(tmp_path, tone):
    folder = digits_run(tmp_path / "run")
    (folder / "clips").mkdir()
    for name in ("01_one", "00_zero"):
        soundfile.write(folder / "clips" / f"{name}.wav", tone(), 8000)
        save_heard(folder / "clips" / f"{name}.png", np.eye(48))
    text = write_report(folder).read_text()
    assert len(files_in(text, "audio/wav")) == 2
    assert text.index("zero <small>0.5 s") < text.index("one <small>0.5 s")
    assert files_in(text, "image/png").count((folder / "clips" / "00_zero.png").read_bytes()) == 2


def test_what_a_network_hears_has_low_tones_at_the_bottom(tmp_path):
    spectrogram = np.zeros((48, 48))
    spectrogram[0, :] = np.linspace(1, 0, 48)  # loud and low at the beginning
    save_heard(tmp_path / "heard.png", spectrogram)
    picture = np.asarray(Image.open(tmp_path / "heard.png").convert("L"), float)
    assert picture.shape == (48, 48)
    assert picture[-1, 0] == picture.max() > picture[0, 0]


def test_a_classifier_is_reported_with_its_confusions_and_its_images(tmp_path):
    folder = digits_run(tmp_path / "lenet5")
    metrics = {"accuracy": 0.99, "interval_95": [0.98, 1.0], "confusion": (5 * np.eye(10, dtype=int)).tolist()}
    write(folder, {"epochs": 1}, [{"epoch": 1, "accuracy": 0.9, "val_accuracy": 0.95}], metrics)
    (folder / "drawings.png").rename(folder / "examples.png")
    text = write_report(folder).read_text()
    for words in ("99.0%", "98.0% to 100.0%", "chance", "What was read", "Test images", "1 epoch<"):
        assert words in text
    assert (folder / "examples.png").read_bytes() in files_in(text, "image/png")


def test_coherence_and_what_a_listener_heard_are_figures():
    share = {"accuracy": 0.9, "interval_95": [0.8, 1.0]}
    judges = {judge: {"name": "judge", "sha256": ""} for judge in ("reader", "listener")}
    counts = {"seed": 0, "pairs": 10, "clips": 10, "people": None, "log_spectral_distance_db": 2.0}
    judged = {"real_images": share | {"accuracy": 0.99}, "real_clips": share, "inverted_clips": None}
    metrics = {"coherence": {**judges, **counts, **judged, "by_way": {"sound -> image": share}}}
    (figure,) = coherence(metrics)
    assert (figure.name, figure.value, figure.interval) == ("coherence, sound -> image", 0.9, (0.8, 1.0))
    assert figure.ceilings == {"real images": 0.99}
    (figure,) = heard({"heard": {"fsdd": share | {"people": 2}}})
    assert (figure.name, figure.value) == ("heard rightly, fsdd, 2 strangers", 0.9)
    assert coherence({}) == heard({}) == []


def test_an_evaluation_of_sounds_is_reported_with_them(tmp_path, noise):
    names = [str(tmp_path / name) for name in ("rain.wav", "take.wav", "copy.wav")]
    for i, name in enumerate(names):
        soundfile.write(name, noise(40_000 + i), 20_000)
    folder = tmp_path / "scored"
    folder.mkdir()
    of_sound = {"score": 0.5, "kernel_score": 0.81, "copied": False, "loops": False}
    of_sound |= {"snr_db": {"mean": 12.34, "skew": 5.0}}
    sounds = {names[1]: of_sound, names[2]: {**of_sound, "copied": True}}
    halves, noises = {"mean": 20.0, "skew": 9.0}, {"mean": 3.0, "skew": 1.0}
    metrics = {"ill_conditioned": True, "sounds": sounds, "halves_db": halves, "noise_db": noises}
    write(folder, {"score": "texture", "reference": names[0], "syntheses": names[1:]}, [], metrics)
    text = write_report(folder).read_text()
    assert len(files_in(text, "audio/wav")) == 3
    for words in (
        "score 0.50, copies the recording",
        "score by windows, draws",
        "0.81",
        "1 of 2",
        "12.3",
        "noise of its spectrum",
        "its scores say nothing",
    ):
        assert words in text


def test_sounds_can_be_played_beside_the_recording(tmp_path, noise):
    folder = texture_run(tmp_path / "insects", noise)
    text = write_report(folder).read_text()
    recording, *drawn = [soundfile.read(io.BytesIO(wav)) for wav in files_in(text, "audio/wav")]
    assert recording[0].shape == (80_000,)
    for (sound, rate), name in zip(drawn, ("draw_1", "draw_2", "generator_1"), strict=True):
        np.testing.assert_allclose(sound, soundfile.read(folder / f"{name}.wav")[0], atol=1e-4)
        assert rate == 20_000
    for words in ("57,566", "1 of 2", "copies the recording", "0.97", "0.50", "noise of its spectrum", "20 iterations"):
        assert words in text


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"reference": "a, b.wav"}, ["a, b.wav"]),
        ({"references": ["a, b.wav", "made:rain"], "weights": []}, ["a, b.wav", "made:rain"]),
        (
            {"reference": "made:rain", "references": "made:chirps,c.wav"},
            ["made:chirps", "c.wav"],
        ),  # an earlier version's
        ({"data": "fsdd-mnist"}, []),
    ],
)
def test_the_recordings_of_a_config_whatever_version_wrote_it(config, named):
    assert recordings_of(config) == named


def test_a_mixture_of_an_earlier_version_is_reported_with_its_recordings(tmp_path, noise):
    folder = texture_run(tmp_path / "mix", noise)
    config = {
        "reference": "made:rain",
        "references": "made:chirps,made:insects",
        "weights": "3,1",
        "sample_rate": 20_000,
    }
    history = [{"epoch": n, "iteration": n, "energy_gap": 1 / n, "seconds": 1.0} for n in (10, 20)]
    write(folder, config, history, json.loads((folder / "metrics.json").read_text()))
    text = write_report(folder).read_text()
    assert "recording: made:chirps" in text
    assert "recording: made:insects" in text
    assert "recording: made:rain" not in text
    assert "20 iterations" in text


def test_drawings_and_textures_stand_side_by_side(tmp_path, noise):
    """The one counts epochs, the other iterations."""
    folders = [digits_run(tmp_path / "drawings"), texture_run(tmp_path / "texture", noise)]
    text = compare_runs(folders, tmp_path / "report.html").read_text()
    assert "10 epochs" in text
    assert "20 iterations" in text


def test_a_recording_that_is_gone_and_a_run_that_is_not_finished_are_no_obstacle(tmp_path, noise):
    folder = texture_run(tmp_path / "rain", noise)
    write(folder, {"reference": str(tmp_path / "gone.wav"), "sample_rate": 20_000}, [], {})
    (folder / "metrics.json").unlink()
    text = write_report(folder).read_text()
    assert "not finished" in text
    assert len(files_in(text, "audio/wav")) == 3


def test_runs_stand_side_by_side(tmp_path, capsys):
    one, two = (digits_run(tmp_path / "sweep" / f"seed{seed}", 0.9 + seed / 100, seed) for seed in (1, 2))
    (tmp_path / "sweep" / "frontier.png").write_bytes((one / "drawings.png").read_bytes())
    assert main(["report", str(tmp_path / "sweep")]) == 0
    text = (tmp_path / "sweep" / "report.html").read_text()
    assert str(tmp_path / "sweep" / "report.html") in capsys.readouterr().out
    for words in (
        "silent audio 9.7%",
        "real images 99.4%",
        "seed1, seed2",
        "91.0%",
        "92.0%",
        "--seed 1",
        "--seed 2",
        "Agreement against diversity",
    ):
        assert words in text
    differing = text.split("Settings that differ")[1].split("</table>")[0]
    assert "seed" in differing
    assert "balanced" not in differing
    assert main(["report", str(one), str(two), "-o", str(tmp_path / "two.html")]) == 0
    assert "seed1, seed2" in (tmp_path / "two.html").read_text()


def test_a_sweep_is_reported_with_its_means_and_its_command(tmp_path):
    for seed in (1, 2):
        digits_run(tmp_path / f"seed{seed}", 0.9 + seed / 100, seed)
    results = {
        "command": "python recipes/studies/splits.py vae",
        "posterior_mean": {"mean": 0.915, "interval_95": [0.9, 0.93]},
    }
    (tmp_path / "results.json").write_text(json.dumps({**results, "runs": {}}))
    text = write_report(tmp_path).read_text()
    assert "0.915" in text.split("Means over the runs")[1].split("</table>")[0]
    for words in ("0.900 to 0.930", "python recipes/studies/splits.py vae", "seed1, seed2"):
        assert words in text


def test_runs_of_one_name_are_told_apart(tmp_path):
    folders = [digits_run(tmp_path / family / "seed0") for family in ("vae", "gan")]
    text = compare_runs(folders, tmp_path / "report.html").read_text()
    assert "vae/seed0, gan/seed0" in text


def test_what_is_no_run_is_refused_in_one_sentence(tmp_path, capsys):
    with pytest.raises(ModelError, match=r"no config\.json"):
        write_report(tmp_path)
    folder = digits_run(tmp_path / "run")
    (folder / "metrics.json").write_text("{")
    with pytest.raises(ModelError, match="damaged"):
        write_report(folder)
    assert main(["report", str(tmp_path / "absent")]) == 2
    assert main(["report", str(folder), "-o", str(tmp_path / "report.pdf")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
