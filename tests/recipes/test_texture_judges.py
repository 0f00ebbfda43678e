"""The studies in which judges without a cochlea hear draws: small folders of recordings and of runs."""

import json

import numpy as np
import pytest
from recipe_scripts import recipe

from crossmodal.app.sweeps.judging import by_class
from crossmodal.data.textures import chirps, insects, rain

KINDS = {"rain": rain, "fire_crackling": chirps, "clock_tick": insects}


@pytest.fixture
def recordings(tmp_path, monkeypatch, write_sound):
    """Recordings named rain and fire, and ESC-10's in small: three classes in five folds."""
    for folder in ("references", "runs/rain/coopnets", "runs/fire/coopnets", "peers/copier", *KINDS):
        (tmp_path / folder).mkdir(parents=True)
    write_sound("references/rain.wav", rain(4.0), 20_000)
    write_sound("references/fire.wav", chirps(4.0), 20_000)
    for kind, make in KINDS.items():
        for fold in range(1, 6):
            write_sound(f"{kind}/{fold}-17367-A.wav", make(2.0, seed=fold), 20_000)
    monkeypatch.setenv("CROSSMODAL_TEXTURES", str(tmp_path / "references"))
    monkeypatch.delenv("CROSSMODAL_NOISE", raising=False)
    return tmp_path


def test_judges_hear_the_draws_that_are_there(recordings, write_sound, monkeypatch, capsys):
    """Other takes of the rain; chirps that are rain; a peer who copied."""
    write_sound("runs/rain/coopnets/draw_1.wav", rain(4.0, seed=7), 20_000)
    write_sound("runs/fire/coopnets/draw_1.wav", rain(4.0, seed=8), 20_000)
    write_sound("peers/copier/rain.wav", rain(4.0), 20_000)
    judges = recipe("texture_judges")
    monkeypatch.setattr(judges, "RESULTS", recordings)
    options = ["--runs", str(recordings / "none"), str(recordings / "runs"), "--results", "judged.json"]
    options += ["--methods", "coopnets", "peer:copier", "--peers", str(recordings / "peers")]
    assert judges.main(options) == 0
    assert "coopnets, revised draws: identified draws 0.50  halves 1.00  noise 0.00" in capsys.readouterr().out
    result = json.loads((recordings / "judged.json").read_text())
    assert result["command"] == "python recipes/studies/texture_judges.py --methods coopnets peer:copier"
    assert set(result["methods"]) == {"coopnets, revised draws", "peer:copier"}  # the generator drew nothing
    drawn, copied = (result["methods"][name] for name in ("coopnets, revised draws", "peer:copier"))
    assert drawn["identification"]["by_reference"]["fire"]["taken_for"] == {"rain": 4}
    by_windows = drawn["windows"]["by_reference"]
    assert by_windows["rain"]["kernel_score"] > 0.8 > 0.5 > by_windows["fire"]["kernel_score"]
    assert (copied["identification"]["draws"], copied["recognised"], result["classes"]) == (1.0, {"rain": None}, {})


def test_classes_are_judged_by_who_has_not_heard_the_take(recordings, write_sound, monkeypatch):
    write_sound("runs/rain/coopnets/draw_1.wav", rain(4.0, seed=7), 20_000)
    monkeypatch.setenv("CROSSMODAL_NOISE", str(recordings / "esc10"))
    (recordings / "esc10").mkdir()
    for kind in KINDS:
        (recordings / kind).rename(recordings / "esc10" / kind)
    judges = recipe("texture_judges")
    result = judges.run(judges.Config(), [recordings / "runs"], None)
    figures = result["classes"]["rain"]
    assert (figures["class"], figures["takes"], figures["recording"]) == ("rain", 1.0, 1.0)
    assert 0 <= figures["noise"] <= 1
    assert result["methods"]["coopnets, revised draws"]["recognised"] == {"rain": 1.0}


def test_what_was_not_drawn_is_named(recordings, capsys):
    judges = recipe("texture_judges")
    for method, message in (("thesis", "There are no runs of 'thesis' in"), ("peer:AN", "say where, with --peers")):
        assert judges.main(["--methods", method, "--runs", str(recordings / "runs")]) == 2
        assert message in capsys.readouterr().err


def test_draws_of_recordings_of_a_class_are_heard_beside_its_other_takes(recordings, write_sound, monkeypatch):
    """The training is another take of what it is given; of fire, what was drawn is rain."""
    classes = recipe("texture_classes")

    def learned(config, workdir):
        workdir.mkdir(parents=True, exist_ok=True)
        for n, kind in enumerate(("draw_1", "draw_2", "generator_1"), 7):
            write_sound(str(workdir / f"{kind}.wav"), rain(2.0, seed=n), 20_000)
        (workdir / "metrics.json").write_text('{"score": 1}')

    monkeypatch.setattr(classes.texture_single, "run", learned)
    monkeypatch.setattr(classes, "RESULTS", recordings)
    (recordings / "esc10").mkdir()
    for kind in KINDS:
        (recordings / kind).rename(recordings / "esc10" / kind)
    monkeypatch.setenv("CROSSMODAL_NOISE", str(recordings / "esc10"))
    options = ["--classes", "rain", "fire_crackling", "--workdir", str(recordings / "learned")]
    assert classes.main([*options, "--results", "classes.json"]) == 0
    result = json.loads((recordings / "classes.json").read_text())
    assert (result["classes"], result["accuracy"]) == (3, 1.0)
    assert (recordings / "learned" / "rain" / "5-17367-A" / "draw_1.wav").exists()
    rain_row, fire_row = result["by_class"]["rain"], result["by_class"]["fire_crackling"]
    assert {name: rain_row[name] for name in ("test_takes", "learned", "draw", "generator")} == dict.fromkeys(
        ("test_takes", "learned", "draw", "generator"), 1.0
    )
    assert (fire_row["learned"], fire_row["draw"], fire_row["taken_for"]) == (1.0, 0.0, {"rain": 2})
    assert result["mean"]["draw"] == 0.5
    assert classes.main(["--classes", "snow", "--workdir", str(recordings / "other")]) == 2


def test_classes_are_folders():
    one, two = np.zeros(2), np.ones(2)
    assert by_class({"a/rain/1-2-A.wav": one, "rain/2-2-A.wav": two}) == {"rain": [one, two]}


def test_shares_of_mixtures_are_held_against_their_weights(recordings, write_sound, monkeypatch):
    """Models of the average that draw only the first; turns as asked for."""
    from crossmodal.sound.turning import take_turns

    mixtures = recipe("texture_mixtures")

    def mixed(config, workdir):
        workdir.mkdir(parents=True, exist_ok=True)
        takes = [rain(4.0, seed=7), chirps(4.0, seed=7)]
        sound = takes[0] if config.how == "average" else take_turns(takes, list(config.weights), 20_000)
        for kind in ("draw_1", "generator_1"):
            write_sound(str(workdir / f"{kind}.wav"), sound, 20_000)
        (workdir / "metrics.json").write_text('{"score": 1}')

    monkeypatch.setattr(mixtures.texture_mix, "run", mixed)
    monkeypatch.setattr(mixtures, "RESULTS", recordings)
    options = ["--textures", "rain", "fire", "--workdir", str(recordings / "mixed"), "--results", "mixtures.json"]
    assert mixtures.main(options) == 0
    result = json.loads((recordings / "mixtures.json").read_text())
    assert result["other_halves"] == {"rain": 1.0, "fire": 1.0}
    assert result["mixtures"]["average"]["1:3"] == {"weight": 0.25, "draw": 1.0, "generator": 1.0}
    assert result["worst"] == {"average": 0.75, "turns": pytest.approx(0, abs=0.1)}
