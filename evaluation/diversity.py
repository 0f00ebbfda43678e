"""Are the drawings as varied and as real as handwriting? Every figure beside what real images reach.

Sets of images are compared with the real test images, each set with as many images of each digit, by LeNet5's 84
features: training images (what a perfect model would score), drawings, one real image of each digit over and over
(what an archetype scores) and drawings of the wrong sounds. The digit of a drawing is the one that was spoken, so
that spread, precision, recall, density and coverage are taken within a digit and then averaged over the ten.

Two cautions. LeNet5 was trained on the training images, so they reach a little less than two samples of one
distribution would. And its features shrink where strokes are blurred, so that FID and KID put one real image per
digit before blurred drawings of all kinds: recall, coverage and CAS do not.
"""

import numpy as np

from crossmodal.data.alignment import draw_clips
from crossmodal.data.sources import DIGITS
from crossmodal.errors import DataError
from evaluation.cas import STEPS, classification_accuracy_score
from evaluation.checks import check_digits
from evaluation.classifier import another_class
from evaluation.distances import (
    class_wise_prdc,
    diversity_ratios,
    expected_coverage,
    extrapolated_frechet_distance,
    frechet_distance,
    kernel_distance,
    kl_to_uniform,
    nearest_distances,
)
from evaluation.image_sets import (
    choose_like,
    draw,
    features_and_readings,
    nearest_to_class_means,
    other_speakers_clips,
)
from evaluation.lenet5 import as_input, weights_hash

K = 5  # neighbours that a ball of precision, recall, density and coverage reaches to
CLIP_DRAWS = 20  # drawings of each test clip from which the spread within a clip is measured
NEAREST = 2000  # images whose nearest training image is searched for


def evaluate_diversity(model, speech, images, split, *, seed: int = 0, cas_steps: int = STEPS) -> dict:
    """All figures of the report.

    Args:
        model: has `front_end` and `generate(spectrograms, samples, seed)`.
        speech, images, split: what `load_tested` gives.
        seed: of pairs, draws, choices among real images and the classifier of CAS.
        cas_steps: training steps of that classifier, 0 to leave CAS out.

    Returns:
        a dictionary that JSON can hold. `sets`: the same figures for each set; `spread`: see `clip_spread`.

    Raises:
        DataError: the classes are not the ten digits, the data do not fit, or a digit has too few images.
        ModelError: the model draws what is no image.
    """
    check_digits(speech, images, split, "realism")
    if min(np.bincount(images.test_labels, minlength=len(DIGITS))) <= K:
        raise DataError(f"There are too few test images: each digit needs at least {K + 1}.")
    from evaluation.agreement import test_spectrograms

    rng = np.random.default_rng([seed, 2])
    labels, clip_labels = images.test_labels, speech.labels[split.test]
    pair_clips = draw_clips(labels, clip_labels, rng)  # the pairs that agreement is measured on
    spectrograms = test_spectrograms(model, speech, split)
    real, real_read = features_and_readings(as_input(images.test_images))
    drawn = draw(model, spectrograms, pair_clips, seed=seed)
    sets = {"sampled_z": features_and_readings(drawn)}
    sets |= real_sets(images, rng)
    sets |= control_sets(model, spectrograms, pair_clips, clip_labels, speech.speakers[split.test], rng, seed=seed)
    spread = clip_spread(model, spectrograms, clip_labels, speech.speakers[split.test], real, labels, seed=seed)
    nearest = rng.permutation(len(drawn))[:NEAREST]
    training = as_input(images.train_images).reshape(len(images.train_images), -1)
    smallest = min(np.bincount(labels))
    report = {
        "seed": seed,
        "lenet5_sha256": weights_hash(),
        "features": "the 84 of LeNet5",
        "neighbours": K,
        "expected_coverage": expected_coverage(smallest, smallest, K),
        "pairs": len(pair_clips),
        "clips": len(np.unique(pair_clips)),
        "real_test_images": {
            "agreement": float(np.mean(real_read == labels)),
            "label_kl_to_uniform": kl_to_uniform(real_read, len(DIGITS)),
        },
        "sets": {name: compare(*figures, labels, real) for name, figures in sets.items()},
        "spread": spread,
        "nearest_training_image": {
            "real_test_images": nearness(as_input(images.test_images[nearest]), training),
            "sampled_z": nearness(drawn[nearest], training),
        },
    }
    if cas_steps > 0:
        report["cas"] = measure_cas(model, spectrograms, clip_labels, images, seed=seed, steps=cas_steps)
    return report


def real_sets(images, rng) -> dict:
    """The ceiling and the floor: other real images, and one of each digit over and over, the nearest to its mean."""
    labels = images.test_labels
    chosen = images.train_images[choose_like(labels, images.train_labels, rng)]
    features, read = features_and_readings(as_input(chosen))
    archetypes = nearest_to_class_means(features, labels)[labels]
    return {
        "real_training_images": (features, read),
        "one_real_image_per_digit": (features[archetypes], read[archetypes]),
    }


def control_sets(model, spectrograms, pair_clips, clip_labels, speakers, rng, *, seed: int) -> dict:
    """Drawings without z's noise, of silence, of wrong digits, and of the same digits by other speakers if all the
    test clips have such."""
    at_mean, _ = model.generate(spectrograms, samples=1, seed=seed)
    features, read = features_and_readings(at_mean)
    silence, no_clip = np.zeros_like(spectrograms[:1]), np.zeros_like(pair_clips)
    wrong = another_class(clip_labels[pair_clips], clip_labels, rng)
    sets = {
        "posterior_mean": (features[pair_clips], read[pair_clips]),
        "silent_audio": features_and_readings(draw(model, silence, no_clip, seed=seed)),
        "wrong_digit_audio": features_and_readings(draw(model, spectrograms, wrong, seed=seed)),
    }
    others = other_speakers_clips(pair_clips, clip_labels, speakers, rng)
    if others is not None:
        sets["another_speaker"] = features_and_readings(draw(model, spectrograms, others, seed=seed + 1))
    return sets


def compare(features, read, labels, real) -> dict:
    """A set of images (n, 84) against real ones (n, 84), row by row of the same digit.

    Args:
        read: (n,) the digits that LeNet5 reads in the set.
        labels: (n,) the digits that the set should show, and that the real images do.
    """
    by_digit = {
        "diversity_ratio": diversity_ratios(features, labels, real, labels)[:, 0],
        **class_wise_prdc(real, labels, features, labels, K),
    }
    return {
        "agreement": float(np.mean(read == labels)),
        **{name: float(values.mean()) for name, values in by_digit.items()},
        "FID-LeNet5": frechet_distance(features, real),
        "FID-LeNet5-extrapolated": extrapolated_frechet_distance(features, real),
        "KID-LeNet5": kernel_distance(features, real),
        "label_kl_to_uniform": kl_to_uniform(read, len(DIGITS)),
        "by_digit": {name: values.tolist() for name, values in by_digit.items()},
    }


def clip_spread(model, spectrograms, clip_labels, speakers, real, real_labels, *, seed: int) -> dict:
    """Mean distance between drawings of one digit over that between real images of it, mean over the digits:
    drawings of one clip (`within_clip`), of two clips (`between_clips`), of these by one speaker or by two.

    Wrong drawings are far from right ones and would pass for variety: `within_clip_read_rightly` is taken from those
    that LeNet5 reads as the digit that was spoken. None where there are no such pairs.
    """
    clips = np.repeat(np.arange(len(spectrograms)), CLIP_DRAWS)
    labels, voices = clip_labels[clips], np.unique(speakers, return_inverse=True)[1][clips]
    features, read = features_and_readings(draw(model, spectrograms, clips, seed=seed))
    right = read == labels

    def ratios(rows, *groupings):
        by_digit = diversity_ratios(features[rows], labels[rows], real, real_labels, *(g[rows] for g in groupings))
        count = np.maximum(np.sum(~np.isnan(by_digit), axis=0), 1)
        means = np.where(np.isnan(by_digit).all(axis=0), np.nan, np.nansum(by_digit, axis=0) / count)
        return [None if np.isnan(mean) else float(mean) for mean in means], by_digit

    everything = np.ones(len(clips), bool)
    (within, between), by_digit = ratios(everything, clips)
    (_, one_speaker, two_speakers), _ = ratios(everything, clips, voices)
    return {
        "draws_per_clip": CLIP_DRAWS,
        "within_clip": within,
        "within_clip_read_rightly": ratios(right, clips)[0][0],
        "between_clips": between,
        "between_clips_of_one_speaker": one_speaker,
        "between_clips_of_two_speakers": two_speakers,
        "within_clip_by_digit": by_digit[:, 0].tolist(),
    }


def nearness(images, training) -> dict:
    """How near images (n, 28, 28, 1) are to the training images (m, 784), all in [0, 1].

    Euclidean distance over pixels to the nearest one, and its ratio to the distance to the second nearest: a copy has
    0 and 0, an image between many has a small distance and a ratio near 1.
    """
    distances = nearest_distances(images.reshape(len(images), -1), training)
    ratios = distances[:, 0] / np.maximum(distances[:, 1], 1e-12)
    return {
        "images": len(images),
        "median": float(np.median(distances[:, 0])),
        "lowest_percent": float(np.quantile(distances[:, 0], 0.01)),
        "median_ratio_to_second": float(np.median(ratios)),
        "lowest_percent_of_ratio": float(np.quantile(ratios, 0.01)),
    }


def measure_cas(model, spectrograms, clip_labels, images, *, seed: int, steps: int) -> dict:
    """CAS of as many drawings of test clips as there are training images, and of the training images themselves."""
    test = (as_input(images.test_images), images.test_labels)
    options = {"steps": steps, "seed": seed}
    real = classification_accuracy_score(as_input(images.train_images), images.train_labels, *test, **options)
    clips = draw_clips(images.train_labels, clip_labels, np.random.default_rng([seed, 5]))
    drawn = draw(model, spectrograms, clips, seed=seed + 2)
    cas = classification_accuracy_score(drawn, images.train_labels, *test, **options)
    return {"images": len(clips), "steps": steps, "sampled_z": cas, "real_training_images": real}
