"""The measures of a latent space against closed forms, and the whole of them on models that are known."""

import itertools

import numpy as np
import pytest

from crossmodal.data.alignment import Split
from crossmodal.data.sources import DIGITS, Images, Speech
from crossmodal.errors import ModelError
from crossmodal.models.base import AudioImageModel
from crossmodal.models.conditional_vae import ConditionalVAE
from crossmodal.models.vae import AudioImageVAE
from crossmodal.reader import default_reader
from evaluation.intervals import mean_of, ratio_of
from evaluation.latent.arithmetic import Written, carry_over
from evaluation.latent.embedding import map_of
from evaluation.latent.figures import LatentSpace
from evaluation.latent.paths import between, smoothness, two_of_each_person
from evaluation.latent.probes import explained, read_classes
from evaluation.latent.report import as_table, measure_latent_space
from evaluation.latent.retrieval import average_precision, expected_average_precision, retrieve
from evaluation.latent.style import slant, thickness

RNG = np.random.default_rng(0)


def bar(width, shear=0.0, height=40):
    """A bar of a width in pixels with straight sides, that leans to the right by so many columns per row upwards."""
    rows, columns = np.arange(64)[:, None], np.arange(64)[None]
    distance = np.abs(columns - 32 - shear * (32 - rows))
    inside = np.clip(width / 2 + 0.5 - distance, 0, 1) * (np.abs(rows - 32) <= height / 2)
    return inside[None, ..., None]


@pytest.mark.parametrize("shear", [-0.5, 0.0, 0.3])
def test_the_slant_of_a_sheared_bar_is_its_shear(shear):
    assert slant(bar(4, shear))[0] == pytest.approx(shear, abs=0.01)
    assert slant(0.3 * bar(4, shear))[0] == pytest.approx(shear, abs=0.01)  # however dark


@pytest.mark.parametrize("width", [2, 3.5, 6])
def test_the_thickness_of_a_bar_is_twice_its_area_by_its_perimeter(width):
    exact = 2 * width * 41 / (2 * 41 + 2 * width)
    assert thickness(bar(width))[0] == pytest.approx(exact, rel=0.04)
    assert thickness(0.3 * bar(width))[0] == pytest.approx(thickness(bar(width))[0])


def test_soft_edges_leave_the_thickness_as_it_is():
    from scipy.ndimage import gaussian_filter1d

    soft = gaussian_filter1d(bar(6), 0.8, axis=2)
    assert thickness(soft)[0] == pytest.approx(thickness(bar(6))[0], rel=0.02)


def test_of_an_empty_image_both_are_0():
    empty = np.zeros((1, 28, 28, 1))
    assert slant(empty)[0] == thickness(empty)[0] == 0


def test_the_average_precision_of_all_orders_has_the_expected_mean():
    for n, wanted in ((5, 2), (6, 1), (4, 4)):
        orders = set(itertools.permutations([True] * wanted + [False] * (n - wanted)))
        mean = np.mean([average_precision(order) for order in orders])
        assert mean == pytest.approx(expected_average_precision(n, wanted))
    assert average_precision([True, False, True]) == pytest.approx((1 + 2 / 3) / 2)


def test_a_clip_is_looked_for_among_other_people_alone():
    """Each person says both classes; a person's own clips lie nearest, other people's of the class next."""
    latents = np.array([[0.0], [0.1], [10.0], [10.3], [3.0], [9.0]])
    labels = np.array([0, 1, 0, 1, 0, 1])
    speakers = np.array(["a", "a", "b", "b", "c", "c"])
    found, chance = retrieve(latents, labels, speakers)
    # clip 0 orders the others' clips 4 (0), 5 (1), 2 (0), 3 (1)
    assert found[0] == pytest.approx((1 + 2 / 3) / 2)
    assert chance[0] == pytest.approx(expected_average_precision(4, 2))
    assert np.isnan(retrieve(latents, labels, np.array(["a"] * 6))[0]).all()


def test_a_straight_even_path_is_as_long_as_its_distance():
    ends = RNG.random((2, 3, 5))
    length, longest = smoothness(between(*ends, steps=8))
    np.testing.assert_allclose(length, 1, rtol=1e-5)
    np.testing.assert_allclose(longest, 1 / 8, rtol=1e-4)
    corner = np.array([[[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]]])
    assert [float(value[0]) for value in smoothness(corner)] == pytest.approx([7 / 5, 4 / 7])
    assert np.isnan(smoothness(np.zeros((1, 3, 2)))[0]).all()


def test_a_path_leads_from_one_class_to_another_of_one_person():
    labels, speakers = np.arange(30) % 5, np.array([f"{i // 10}" for i in range(30)])
    pairs = two_of_each_person(labels, speakers, 9, np.random.default_rng(0))
    assert len(pairs) == 9
    assert (speakers[pairs[:, 0]] == speakers[pairs[:, 1]]).all()
    assert (labels[pairs[:, 0]] != labels[pairs[:, 1]]).all()
    assert [list(speakers[pairs[:, 0]]).count(name) for name in "012"] == [3, 3, 3]
    assert two_of_each_person(np.zeros(4, int), speakers[:4], 3, np.random.default_rng(0)).shape == (0, 2)


def test_a_linear_function_is_explained_and_chance_is_not():
    x, groups = RNG.standard_normal((400, 3)), np.arange(400) % 2
    y = x @ [1.0, -2.0, 0.5] + 10 * groups  # the groups' means are no merit of x
    units, (one, other) = np.arange(200), (slice(0, 200), slice(200, 400))
    found = explained(x[one], y[one], groups[one], x[other], y[other], groups[other], units, 0)
    assert found.mean == pytest.approx(1, abs=1e-3)
    noise = RNG.standard_normal((400, 3))
    found = explained(noise[one], y[one], groups[one], noise[other], y[other], groups[other], units, 0)
    assert found.mean == pytest.approx(0, abs=0.1)
    assert found.interval_95[0] < found.mean < found.interval_95[1]


def test_a_probe_reads_what_is_separated():
    labels = np.arange(90) % 3
    latents = np.eye(3)[labels] + 0.05 * RNG.standard_normal((90, 3))
    assert np.array_equal(read_classes(latents[:60], labels[:60], latents[60:]), labels[60:])


def test_a_ratio_is_that_of_sums_and_its_units_are_clusters():
    units = np.repeat(np.arange(50), 20)
    values = np.repeat(RNG.standard_normal(50), 20)  # all of a unit alike: as good as 50 values
    found = mean_of(values, units, 0)
    half = 1.96 * values.std() / 50**0.5
    assert found.interval_95 == pytest.approx((values.mean() - half, values.mean() + half), abs=0.06)
    assert ratio_of([1.0, 2.0], [2.0, 4.0], [0, 1], 0).interval_95 == (0.5, 0.5)


def test_thickness_that_the_hand_decides_alone_is_carried_over():
    """A pen as thick as the first number of the hand: all of the contrast comes over, of another number nothing."""
    hands = RNG.standard_normal((200, 2))
    one, seven = (Written(np.zeros((200, 1)), part, part[:, 0]) for part in (hands, RNG.standard_normal((200, 2))))

    def draw(latents, hands):
        return hands

    rise, read = carry_over(draw, lambda images: np.full(len(images), 7), lambda images: images[:, 0], one, seven, 7)
    assert rise / one.contrast == pytest.approx(1)
    assert read == 1
    rise, _ = carry_over(draw, lambda images: np.full(len(images), 1), lambda images: 0 * images[:, 1], one, seven, 7)
    assert rise == pytest.approx(-seven.style[seven.extremes[0]].mean())


def test_a_map_of_two_clusters_keeps_them_apart():
    latents = np.concatenate([RNG.standard_normal((30, 5)), RNG.standard_normal((30, 5)) + 20]).astype(np.float32)
    places, trust = map_of(latents, 0)
    assert places.shape == (60, 2)
    assert trust > 0.9
    first, second = places[:30], places[30:]
    apart = np.linalg.norm(first.mean(0) - second.mean(0))
    assert apart > np.linalg.norm(first - first.mean(0), axis=1).max()


@pytest.fixture(scope="module")
def tones():
    """Forty tones of four people, two of whom test, and as many bars."""
    waveforms = [
        (0.3 * np.sin(np.arange(4000) * (0.2 + 0.1 * (i % 10))) + 0.01 * RNG.standard_normal(4000)).astype(np.float32)
        for i in range(40)
    ]
    labels, speakers = np.arange(40) % 10, np.array([f"speaker {i // 10}" for i in range(40)])
    speech = Speech("tones", waveforms, labels, speakers, np.arange(40), 8000, DIGITS)
    pixels = (255 * RNG.random((60, 28, 28))).astype(np.uint8)
    images = Images("noise", pixels, np.arange(60) % 10, pixels, np.arange(60) % 10)
    return speech, images, Split(np.arange(20), np.arange(0), np.arange(20, 40))


@pytest.fixture
def quick(monkeypatch):
    for name, value in {"arithmetic.HANDS": 10, "probes.FITTED": 40, "paths.PATHS": 4, "synthesis.NEW": 3}.items():
        monkeypatch.setattr(f"evaluation.latent.{name}", value)


def test_all_is_measured_of_a_model_with_hands(tones, quick):
    model = ConditionalVAE(
        encoder_options={"filters": (4, 4, 4), "blocks": (1, 1, 1)},
        decoder_options={"units": (8,), "filters": (8, 8, 8)},
        recognition_filters=(4, 4),
        recognition_units=8,
        classes=DIGITS,
    )
    measured = measure_latent_space(model, *tones, reader=default_reader())
    assert (measured.clips, measured.people, measured.latent_dim, measured.hand_dim) == (20, 2, 32, 16)
    assert measured.map.shape == (20, 2)
    assert set(measured.arithmetic) == set(measured.drawn_style) == set(measured.seen_style) == {"slant", "thickness"}
    assert measured.retrieval_by_chance == pytest.approx(expected_average_precision(10, 1))
    assert LatentSpace.from_json(measured.to_json()) == measured
    table = as_table(measured)
    for words in ("2 people, none of whom trained", "indexing: mean average precision", "carried over"):
        assert words in table
    again = measure_latent_space(model, *tones, reader=default_reader())
    assert again == measured


def test_of_a_vae_there_are_no_hands_to_measure(tones, quick):
    model = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), classes=DIGITS)
    measured = measure_latent_space(model, *tones, reader=default_reader())
    assert measured.drawn_style is measured.seen_style is measured.arithmetic is None
    assert LatentSpace.from_json(measured.to_json()) == measured
    assert "R²" not in as_table(measured)


def test_a_family_without_a_latent_says_so(tones):
    with pytest.raises(ModelError, match="no latent"):
        measure_latent_space(AudioImageModel(classes=DIGITS), *tones, reader=default_reader())
