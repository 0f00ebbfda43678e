"""The report on a model's realism: models that draw real images, one image of each digit, or too few to measure."""

import json

import numpy as np
import pytest

from crossmodal.app.reports.diversity_tables import as_tables
from crossmodal.data.alignment import Split
from crossmodal.data.sources import DIGITS, Images, Speech, as_input
from crossmodal.errors import DataError, ModelError
from crossmodal.models.vae import AudioImageVAE
from crossmodal.reader import default_reader, load_reader, second_reader
from crossmodal.sound.spectrogram import LogMel
from evaluation.__main__ import main
from evaluation.cas import classification_accuracy_score, shuffled_batches
from evaluation.diversity import RealImages, measure_diversity, measure_spread
from evaluation.diversity_figures import Diversity
from evaluation.image_sets import choose_like, draw, nearest_to_class_means, other_speakers_clips


@pytest.fixture(scope="module")
def images():
    """Scikit-learn's handwriting: 1,437 training and 360 test images."""
    from crossmodal.data.digits_tts import load_images

    return load_images()


@pytest.fixture(scope="module")
def tones():
    """80 tones of (digit + 1) * 300 Hz by two speakers; clips 40-79 test."""
    labels = np.arange(80) % 10
    t = np.arange(2000) / 8000
    waveforms = [np.sin(2 * np.pi * 300 * (label + 1) * t).astype(np.float32) for label in labels]
    speakers = np.array(["low", "high"])[np.arange(80) // 10 % 2]
    speech = Speech("tones", waveforms, labels, speakers, labels // 10, 8000)
    return speech, Split(np.arange(40), np.arange(0), np.arange(40, 80))


class Copyist:
    """Hears the digit of a tone (a 3 in silence) and draws a training image of it: any, or always the same."""

    front_end = LogMel().get_config()

    def __init__(self, images, always_the_same=False):
        self.images, self.always_the_same = images, always_the_same

    def generate(self, spectrograms, samples=1, seed=0):
        import librosa

        centres = librosa.mel_frequencies(50, fmin=60, fmax=4000)[1:-1]
        heard = np.rint(centres[np.mean(spectrograms, axis=1).argmax(axis=1)] / 300).astype(int) - 1
        heard[np.max(spectrograms, axis=(1, 2)) == 0] = 3
        rng = np.random.default_rng(seed)
        drawn = np.empty((len(heard), max(samples, 1), 28, 28, 1), np.float32)
        for i, digit in enumerate(heard):
            own = as_input(self.images.train_images[self.images.train_labels == digit])
            drawn[i] = own[:1] if self.always_the_same else own[rng.integers(len(own), size=max(samples, 1))]
        return drawn[:, 0], drawn[:, :samples]


def test_a_model_that_draws_real_images_reaches_what_real_images_do(images, tones):
    speech, split = tones
    report = measure_diversity(Copyist(images), speech, images, split, cas_steps=0)
    real, drawn = report.sets["real_training_images"], report.sets["sampled_z"]
    for name in ("agreement", "diversity_ratio", "precision", "recall", "coverage"):
        assert getattr(drawn, name) == pytest.approx(getattr(real, name), abs=0.1), name
    assert drawn.coverage > 0.8
    for name in ("within_clip", "between_clips", "between_clips_of_one_speaker", "between_clips_of_two_speakers"):
        assert report.spread[name] == pytest.approx(1, abs=0.1)
    assert report.sets["another_speaker"].agreement == pytest.approx(drawn.agreement, abs=0.05)
    assert report.sets["wrong_class_audio"].agreement < 0.1
    assert report.sets["wrong_class_audio"].coverage < drawn.coverage / 2
    assert report.sets["wrong_class_audio"].fid < 3 * drawn.fid  # which knows no digits
    assert report.sets["silent_audio"].label_kl_to_uniform > 2
    assert report.nearest_training_image["sampled_z"]["median"] == 0  # it copies
    assert report.nearest_training_image["real_test_images"]["median"] > 1
    assert report.reader == {**default_reader().to_json(), "features": 84}
    assert report.cas is None
    assert Diversity.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert "84 features of LeNet5" in as_tables(report)


def test_a_model_that_draws_archetypes_is_found_out(images, tones):
    speech, split = tones
    report = measure_diversity(Copyist(images, always_the_same=True), speech, images, split, cas_steps=20)
    drawn, real = report.sets["sampled_z"], report.sets["real_training_images"]
    assert drawn.agreement >= 0.8
    assert drawn.diversity_ratio < 1e-4
    assert drawn.recall < 0.01
    assert drawn.coverage < real.coverage / 2
    assert drawn.fid_extrapolated > 5 * abs(real.fid_extrapolated)
    assert drawn.kid > 3 * abs(real.kid)
    assert report.spread["within_clip"] < 1e-4
    assert report.spread["between_clips"] < 1e-4
    assert report.sets["one_real_image_per_class"].diversity_ratio < 1e-4
    assert report.cas["sampled_z"] < report.cas["real_training_images"]
    assert "CAS" in as_tables(report)


def test_draws_are_one_for_each_entry_and_a_clip_is_encoded_once(monkeypatch):
    monkeypatch.setattr("evaluation.image_sets.IMAGES_AT_ONCE", 60)

    class Counter:
        encoded = 0

        def generate(self, spectrograms, samples, seed):
            self.encoded += len(spectrograms)
            assert len(spectrograms) * samples <= 60
            drawn = spectrograms[:, None, :1, :1, None] + np.arange(samples)[:, None, None, None] / 100_000
            return None, np.broadcast_to(drawn, (len(spectrograms), samples, 28, 28, 1))

    model = Counter()
    spectrograms = np.broadcast_to(np.arange(50.0)[:, None, None] / 100, (50, 48, 48))
    clips = np.random.default_rng(0).integers(10, 50, 300)
    drawn = draw(model, spectrograms, clips, (28, 28, 1), seed=0)[:, 0, 0, 0]
    assert model.encoded == len(np.unique(clips))
    np.testing.assert_array_equal(np.floor(100 * drawn + 1e-4), clips)
    assert len(np.unique(drawn)) == 300
    with pytest.raises(ModelError, match="output is not a valid image"):
        draw(model, np.full((1, 48, 48), np.nan), np.zeros(3, int), (28, 28, 1), seed=0)


def test_a_vaes_draws_are_a_function_of_the_seed():
    model = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), initial_log_var=0.0)
    spectrograms = np.random.default_rng(0).random((25, 48, 48), np.float32)
    clips = np.arange(75) % 25
    first, again, other = (draw(model, spectrograms, clips, (28, 28, 1), seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 1e-6
    assert len(np.unique(first.reshape(75, -1), axis=0)) > 60


def test_real_images_and_clips_are_chosen_by_class():
    rng = np.random.default_rng(0)
    labels, pool = rng.integers(3, size=50), rng.integers(3, size=500)
    chosen = choose_like(labels, pool, rng)
    np.testing.assert_array_equal(pool[chosen], labels)
    assert len(np.unique(chosen)) == 50
    np.testing.assert_array_equal(pool[choose_like(pool[:400], pool[:100], rng)], pool[:400])
    features = np.array([[0.0], [1.0], [5.0], [10.0], [10.5], [30.0]])
    np.testing.assert_array_equal(nearest_to_class_means(features, np.array([0, 0, 0, 1, 1, 1])), [1, 4])
    clip_labels, speakers = np.arange(40) % 10, np.array(["a", "b"])[np.arange(40) // 20]
    clips = rng.integers(40, size=200)
    others = other_speakers_clips(clips, clip_labels, speakers, rng)
    np.testing.assert_array_equal(clip_labels[others], clip_labels[clips])
    assert (speakers[others] != speakers[clips]).all()
    assert other_speakers_clips(clips, clip_labels, np.full(40, "a"), rng) is None


def test_cas_trains_on_the_images_given_and_repeats_itself():
    rng = np.random.default_rng(0)
    labels = np.arange(400) % 4
    bars = np.zeros((400, 28, 28, 1), np.float32)
    for row, label in zip(bars, labels, strict=True):
        row[4:24, 4 + 5 * label : 8 + 5 * label] = rng.random()
    test = (bars[:100], labels[:100])
    score = classification_accuracy_score(bars[100:], labels[100:], *test, steps=40)
    assert score > 0.9
    assert classification_accuracy_score(bars[100:], labels[100:], *test, steps=40) == score
    order = shuffled_batches(10, 7, 4, rng)
    assert order.shape == (7, 4)
    np.testing.assert_array_equal(np.sort(order.ravel()[:20].reshape(2, 10)), [range(10)] * 2)


def test_what_cannot_be_measured_is_refused(images, tones):
    speech, split = tones
    with pytest.raises(DataError, match="reads zero, one"):
        measure_diversity(None, Speech(**{**vars(speech), "classes": tuple("abcdefghij")}), images, split)
    few = np.arange(50) % 10
    small = Images("few", images.train_images, images.train_labels, images.test_images[few], few)
    with pytest.raises(DataError, match="each class needs at least 6"):
        measure_diversity(None, speech, small, split)


def test_the_command_writes_tables_and_json(tmp_path, capsys):
    provenance = {"data": "digits-tts", "protocol": "random", "seed": 0, "held_out_speaker": None, "speakers": []}
    model = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), classes=DIGITS, provenance=provenance)
    model.save(tmp_path / "model.keras")
    out = tmp_path / "diversity.json"
    options = ["--json", str(out), "--cas-steps", "2", "--workdir", str(tmp_path / "varied")]
    assert main(["diversity", str(tmp_path), *options]) == 0
    printed = capsys.readouterr().out
    assert "360 drawings" in printed
    assert "CAS, a LeNet5 trained on 1437 images" in printed
    report = json.loads(out.read_text())
    assert report["data"] == "digits-tts"
    sets = Diversity.from_json(report).sets
    assert sets["sampled_z"].coverage < 0.1 < 0.5 < sets["real_training_images"].coverage
    page = (tmp_path / "varied" / "report.html").read_text()
    for words in ("--cas-steps 2", "spread within a clip", "Variety of all sets", "CAS, a classifier"):
        assert words in page
    assert main(["diversity", str(tmp_path), "--split-seed", "1"]) == 2
    assert "another division" in capsys.readouterr().err


@pytest.mark.data
def test_real_training_images_reach_the_ceilings(real_data):
    from evaluation.diversity import Judge, compare

    judge = Judge(None, default_reader(), 0)

    _, images = real_data
    test, training = (
        np.concatenate([np.flatnonzero(labels == c)[:200] for c in range(10)])
        for labels in (images.test_labels, images.train_labels)
    )
    labels = images.test_labels[test]
    real = RealImages(judge.look(as_input(images.test_images[test]))[0], labels)
    figures = compare(*judge.look(as_input(images.train_images[training])), labels, real)
    assert figures.coverage == pytest.approx(0.969, abs=0.03)
    assert figures.diversity_ratio == pytest.approx(1, abs=0.05)
    assert abs(figures.fid_extrapolated) < figures.fid


def test_a_second_reader_reads_the_same_drawings(images, tones):
    speech, split = tones
    report = measure_diversity(Copyist(images), speech, images, split, cas_steps=0)
    second = report.second_reader
    assert (second["name"], second["sha256"]) == ("ResidualClassifier", load_reader("residual_mnist").sha256)
    assert second["real_test_images"] == np.mean(
        load_reader("residual_mnist").labels(as_input(images.test_images)) == images.test_labels
    )
    assert second["sampled_z"] == pytest.approx(report.sets["sampled_z"].agreement, abs=0.15)  # of 8x8 digits, enlarged
    assert "second reader, ResidualClassifier" in as_tables(report)
    assert second_reader(load_reader("residual_mnist")) is None


def test_the_spread_alone_is_that_of_the_whole_report(images, tones):
    speech, split = tones
    spread = measure_spread(Copyist(images), speech, images, split)
    assert spread == measure_diversity(Copyist(images), speech, images, split, cas_steps=0).spread
    assert measure_spread(Copyist(images), speech, images, split, draws=3)["draws_per_clip"] == 3
    assert spread["agreement"] == pytest.approx(default_agreement(images), abs=0.05)


def default_agreement(images) -> float:
    """The share of training images that LeNet5 reads rightly."""
    return np.mean(default_reader().labels(as_input(images.train_images)) == images.train_labels)
