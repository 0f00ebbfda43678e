"""Each recipe runs for real at its smallest, is finished once, and continues where it was stopped."""

import json

import numpy as np
import pytest
from recipe_scripts import recipe


@pytest.fixture
def folder_options(class_folders):
    sounds, images = class_folders
    return ["--data", "folders", "--sounds-dir", str(sounds), "--images-dir", str(images)]


def test_train_vae_on_folders_learns_to_draw_what_it_hears(folder_options, class_folders, tmp_path, capsys):
    from crossmodal import load_model, log_mel, read_audio

    small = ["--epochs", "4", "--passes", "5", "--batch-size", "32", "--warmup-steps", "10"]
    options = [*folder_options, *small, "--workdir", str(tmp_path)]
    assert recipe("train_vae").main(options) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "config.json",
        "history.jsonl",
        "model.keras",
        "metrics.json",
        "drawings.png",
        "curves.png",
        "clips",
        "epochs",
        "report.html",
    }
    model = load_model(tmp_path)
    assert model.provenance["recipe"]["epochs"] == 4
    drawn_at = []
    for folder in sorted(class_folders[0].iterdir()):
        image = model.generate(log_mel([read_audio(next(folder.glob("*.wav")))]))[0][0, :, :, 0]
        drawn_at.append(image.sum(axis=0).argmax())
    np.testing.assert_allclose(drawn_at, 4 + 2 * np.arange(10), atol=2)
    # finished: not run again
    capsys.readouterr()
    assert recipe("train_vae").main(options) == 0
    assert "epoch" not in capsys.readouterr().out
    # another configuration does not fall on this folder
    assert recipe("train_vae").main([*options, "--seed", "1"]) == 2
    assert "seed was 0, is 1" in capsys.readouterr().err


def test_train_vae_on_the_embedded_data_is_measured(tmp_path, capsys):
    assert recipe("train_vae").main(["--epochs", "1", "--passes", "2", "--workdir", str(tmp_path)]) == 0
    assert "LeNet5 agreement" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["real_test_images"] > 0.9
    assert metrics["controls"]["wrong_class_audio"] < 0.3
    assert (tmp_path / "confusion.png").exists()


@pytest.mark.parametrize("model", ["balanced", pytest.param("narrow", marks=pytest.mark.slow)])
def test_train_vae_gan_on_the_embedded_data_is_measured_and_drawn(model, tmp_path, capsys):
    options = ["--model", model, "--epochs", "2", "--passes", "1", "--workdir", str(tmp_path)]
    assert recipe("train_vae_gan").main(options) == 0
    assert "LeNet5 agreement" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "epochs").iterdir()) == ["epoch-00001.png", "epoch-00002.png"]
    last = json.loads((tmp_path / "history.jsonl").read_text().splitlines()[-1])
    assert {"loss", "discriminator_loss", "gradient_norm", "discriminator_gradient_norm"} <= set(last)


def test_a_flow_of_the_embedded_data_is_measured_and_drawn(tmp_path, capsys):
    size = ["--width", "16", "--blocks", "1", "--steps", "2", "--epochs", "1", "--passes", "1"]
    assert recipe("train_family").main(["flow", *size, "--workdir", str(tmp_path)]) == 0
    assert "LeNet5 agreement" in capsys.readouterr().out
    last = json.loads((tmp_path / "history.jsonl").read_text().splitlines()[-1])
    assert {"loss", "velocity", "kl", "val_loss"} <= set(last)


@pytest.mark.data
def test_train_classifier_reads_mnist_after_one_epoch(tmp_path, real_data):
    import os

    options = ["--epochs", "1", "--workdir", str(tmp_path), "--data-dir", os.environ["TFDS_DATA_DIR"]]
    assert recipe("train_classifier").main(options) == 0
    from crossmodal.data.sources import DIGITS
    from crossmodal.reader import load_reader

    assert json.loads((tmp_path / "metrics.json").read_text())["accuracy"] > 0.95
    reader = load_reader(tmp_path)
    assert reader.model.count_params() == 61_706
    assert reader.classes == DIGITS


def test_a_classifier_of_colour_pictures_reads_people_whom_it_has_not_seen(tmp_path, capsys):
    from PIL import Image

    from crossmodal.reader import load_reader

    for name, colour in {"rose": (200, 30, 40), "leaf": (40, 160, 30)}.items():
        for person in range(20):
            path = tmp_path / "flowers" / name / f"p{person}_{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (30, 20), tuple(c + person for c in colour)).save(path)
    data = ["--data", "folders", "--images-dir", str(tmp_path / "flowers"), "--group-of", "(p.*)_"]
    shape = ["--image-size", "16", "--colour", "--epochs", "10", "--batch-size", "12", "--workdir", str(tmp_path)]
    assert recipe("train_classifier").main([*data, *shape]) == 2
    assert "LeNet5 reads no images of 16x16 pixels: choose 28 or more, or --model residual." in capsys.readouterr().err
    assert recipe("train_classifier").main([*data, *shape, "--model", "residual"]) == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["accuracy"] == 1
    assert metrics["interval_95"] == [pytest.approx(0.025 ** (1 / 4)), 1]  # of four test pictures
    assert load_reader(tmp_path / "model.keras").image_shape == (16, 16, 3)
    with pytest.raises(SystemExit):
        recipe("train_classifier").main(["--image-size", "12"])
