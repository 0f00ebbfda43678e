"""crossmodal train correspondence at its smallest: it learns which tones belong to which bars; others start from it."""

import json

import numpy as np
import pytest
from extending import OPTIONS, train_reader
from small_sources import CLASSES, bars, sources

import crossmodal
from crossmodal.app.experiments import audio_to_image, train_correspondence
from crossmodal.app.experiments.families import FAMILIES
from crossmodal.errors import CrossmodalError, ModelError
from crossmodal.saving.keras_file import load_model

SMALL = {"filters": (8, 8, 8), "blocks": (1, 1, 1)}


@pytest.fixture(scope="module")
def small_world():
    """Experiments train on the small sources, with small encoders, in place of what their options name."""
    patch = pytest.MonkeyPatch()
    speech, images, split = sources()
    patch.setattr(audio_to_image, "load_sources", lambda config, say: (speech, images))
    patch.setattr("crossmodal.data.alignment.split_of", lambda *_: split)
    for name in (*train_correspondence.MODELS.values(), "AudioImageAutoencoder"):
        build, parts = getattr(crossmodal, name), {"encoder_options": SMALL}
        parts |= {"decoder_options": {"units": (32,), "filters": (16, 16, 16)}} if "Auto" in name else {}
        patch.setattr(
            crossmodal, name, lambda *a, build=build, parts=parts, **k: build(*a, **parts, **k), raising=False
        )
    yield
    patch.undo()


def options(**others):
    return {**OPTIONS, "images_per_clip": 2, "learning_rate": 5e-3, "average": 0.0, "epochs": 20, **others}


@pytest.fixture(scope="module")
def trained(small_world, tmp_path_factory):
    """A run of the contrastive loss, and its figures."""
    run = tmp_path_factory.mktemp("runs") / "correspondence"
    return run, train_correspondence.run(train_correspondence.Config(**options()), run)


def test_it_is_trained_measured_and_saved(trained):
    run, metrics = trained
    found = metrics["retrieval"]["by_way"]["sound -> images"]
    assert found["precision at 1"]["mean"] > 0.8
    assert metrics["command"].startswith("crossmodal train correspondence --epochs 20")
    assert "sound -&gt; images, precision at 1" in (run / "report.html").read_text()
    model = load_model(run)
    assert model.classes == list(CLASSES)
    assert model.provenance["recipe"]["name"] == "correspondence"
    again = train_correspondence.run(train_correspondence.Config(**options()), run)  # it was finished
    assert again == json.loads(json.dumps(metrics))


@pytest.mark.parametrize("loss", ["distance", "fusion"])
def test_the_other_losses_are_trained_too(small_world, loss, tmp_path):
    config = train_correspondence.Config(**options(loss=loss, epochs=2))
    metrics = train_correspondence.run(config, tmp_path / "run")
    assert metrics["epochs"] == 2
    assert type(load_model(tmp_path / "run")).__name__ == train_correspondence.MODELS[loss]


def test_a_decoder_draws_from_its_embeddings(trained, tmp_path):
    """The encoder stays as it was, and what is drawn is read as what was said."""
    run, family = trained[0], FAMILIES["autoencoder"]
    train_reader(bars(), tmp_path / "run")
    config = family.Config(**options(initial_weights=str(run), freeze_encoder=True, epochs=20))
    metrics = family.run(config, tmp_path / "run")
    ears = [load_model(folder).encoder.get_weights() for folder in (run, tmp_path / "run")]
    for before, after in zip(*ears, strict=True):
        np.testing.assert_array_equal(before, after)
    assert metrics["posterior_mean"]["accuracy"] > 0.8
    assert "--freeze-encoder" in metrics["command"]


def test_what_cannot_stay_as_it_is_is_refused(trained, tmp_path):
    from crossmodal.training.initial import freeze, take_weights

    family = FAMILIES["autoencoder"]
    with pytest.raises(CrossmodalError, match="add --initial-encoder or --initial-weights"):
        family.run(family.Config(**options(freeze_encoder=True)), tmp_path / "run")
    vae = crossmodal.AudioImageVAE(64, (4, 4), encoder_kind="residual", encoder_options=SMALL)
    taken = take_weights(vae, load_model(trained[0]))
    assert "encoder/z_mean" in taken
    with pytest.raises(ModelError, match=r"encoder/head_conv differs"):
        freeze(vae, "encoder", [name for name in taken if name != "encoder/head_conv"])


def test_what_corresponds_to_nothing_is_refused(tmp_path):
    for others, said in (({"noise_share": 0.1}, "corresponds to noise"), ({"batch_size": 2}, "has no wrong pair")):
        with pytest.raises(CrossmodalError, match=said):
            train_correspondence.run(train_correspondence.Config(**options(**others)), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
