"""ESC-10 as the recipe finds it, made small: ten classes of tones, five folds, and its study of front ends."""

import json

import numpy as np
import pytest
from recipe_scripts import recipe
from small_esc10 import small_esc10

from crossmodal.errors import DataError
from recipes import environmental_sounds
from recipes.studies import environmental_front_ends


@pytest.fixture(scope="module")
def sounds_dir(tmp_path_factory):
    return small_esc10(tmp_path_factory.mktemp("esc") / "ESC-10")


def test_classes_have_their_names_in_both_layouts():
    assert environmental_sounds.class_of("001 - Dog bark") == environmental_sounds.class_of("dog_bark") == "dog"
    with pytest.raises(DataError, match="'cat' is no class of ESC-10, which are dog bark"):
        environmental_sounds.class_of("cat")


def test_a_folder_without_clips_is_refused(tmp_path):
    (tmp_path / "rain").mkdir()
    (tmp_path / "rain" / "1-100032-A.ogg").write_bytes(b"")
    with pytest.raises(DataError, match=r"no clips such as .* of baby, chainsaw, clock, dog, fire"):
        environmental_sounds.link_sounds(tmp_path, tmp_path / "links")


def test_each_fold_tests_once_and_finished_folds_are_not_run_again(sounds_dir, tmp_path, monkeypatch, capsys, eager):
    study = environmental_sounds
    small = {"variants": 0, "epochs": 1, "mels": 24, "frames": 24, "window_ms": 128.0, "duration_s": 1.0}
    monkeypatch.setattr(study, "FOLD", study.replace(study.FOLD, **small))
    monkeypatch.setattr(study, "READER", study.replace(study.READER, epochs=1))
    monkeypatch.setattr(study, "OF_EACH", 12)
    monkeypatch.setattr(study, "FOLDS", ("1", "2"))
    monkeypatch.setattr(study, "RESULTS", tmp_path / "environmental_sounds.json")
    argv = ["--sounds-dir", str(sounds_dir), "--epochs", "1", "--workdir", str(tmp_path / "runs")]
    assert study.main([*argv, "--shard", "1/2"]) == 0
    assert "not finished yet: fold2" in capsys.readouterr().out
    finished = (tmp_path / "runs" / "fold1" / "metrics.json").stat().st_mtime_ns
    assert study.main(argv) == 0
    assert (tmp_path / "runs" / "fold1" / "metrics.json").stat().st_mtime_ns == finished
    result = json.loads((tmp_path / "environmental_sounds.json").read_text())
    runs = result["runs"]
    assert [run["clips"] for run in runs.values()] == [20] * 2
    assert result["posterior_mean"]["mean"] == pytest.approx(np.mean([run["posterior_mean"] for run in runs.values()]))
    assert all(np.sum(run["confusion"]) == 20 for run in runs.values())
    held_out = [json.loads((tmp_path / "runs" / f"fold{i}" / "config.json").read_text())["config"] for i in (1, 2)]
    assert [config["held_out_speaker"] for config in held_out] == ["1", "2"]
    assert (tmp_path / "runs" / "drawings.png").stat().st_size > 10_000


def test_the_study_of_front_ends_scores_no_fold_by_a_machine_that_heard_it(sounds_dir, tmp_path, monkeypatch):
    study = environmental_front_ends
    monkeypatch.setattr(study, "RESULTS", tmp_path / "front_ends.json")
    monkeypatch.setattr(study, "CHANGES", {"usual": {}, "loudest 1 s": {"pad_duration_s": 1.0}})
    assert study.main(["--sounds-dir", str(sounds_dir)]) == 0
    found = json.loads((tmp_path / "front_ends.json").read_text())
    assert list(found["accuracies"]) == ["usual", "loudest 1 s", "speech"]
    assert min(found["accuracies"]["usual"]) > 0.8  # ten tones
    folds = np.repeat(study.FOLDS, 10)
    told = np.eye(2)[[0, 1] * 25]
    assert study.accuracies(told, told.argmax(axis=1), folds) == [1.0] * 5
    wrong = np.where(folds[:, None] == 3, 1 - told, told)  # fold 3 alone contradicts the others
    scores = study.accuracies(wrong, told.argmax(axis=1), folds)
    assert scores == pytest.approx([0.75, 0.75, 1.0, 0.75, 0.75])


def test_the_reader_and_the_models_are_of_the_same_pictures():
    assert environmental_sounds.READER.image_size == environmental_sounds.FOLD.image_size
    assert recipe("environmental_sounds").FOLD.sounds == "environment"
