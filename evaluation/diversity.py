"""Are the drawings as varied and as real as handwriting? Every figure beside what real images reach.

Sets of images are compared with the real test images, each set with as many images of each class, by the reader's
features: training images (what a perfect model would score), drawings, one real image of each class over and over
(what an archetype scores) and drawings of the wrong sounds. The class of a drawing is the one that was spoken, so
that spread, precision, recall, density and coverage are taken within a class and then averaged over all.

Two cautions. The reader was trained on the training images, so they reach a little less than two samples of one
distribution would. And LeNet5's features shrink where strokes are blurred, so that FID and KID put one real image per
digit before blurred drawings of all kinds: recall, coverage and CAS do not.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from crossmodal.data.pairing import draw_clips
from crossmodal.data.sources import as_input
from crossmodal.errors import DataError
from crossmodal.reader import Reader, default_reader, second_reader
from evaluation.agreement import another_class, pairs_to_test, spectrograms_to_test, without_unpaired
from evaluation.cas import STEPS, classification_accuracy_score
from evaluation.checks import check_tested
from evaluation.distances import (
    class_spreads,
    class_wise_prdc,
    diversity_ratios,
    expected_coverage,
    extrapolated_frechet_distance,
    gaussian_frechet,
    kernel_distance,
    kl_to_uniform,
    moments,
    nearest_distances,
    squared_radii,
)
from evaluation.diversity_figures import Diversity, SetFigures
from evaluation.image_sets import choose_like, draw, nearest_to_class_means, other_speakers_clips

K = 5  # neighbours that a ball of precision, recall, density and coverage reaches to
CLIP_DRAWS = 20  # drawings of each test clip from which the spread within a clip is measured
NEAREST = 2000  # images whose nearest training image is searched for


def measure_diversity(
    model, speech, images, split, *, reader: Reader | None = None, seed: int = 0, cas_steps: int = STEPS
) -> Diversity:
    """All figures of the report.

    Args:
        model: has `front_end` and `generate(spectrograms, samples, seed)`.
        speech, images, split: what the model is tested on.
        reader: whose features are compared; LeNet5 on MNIST if None.
        seed: of pairs, draws, choices among real images and the classifier of CAS.
        cas_steps: training steps of that classifier, 0 to leave CAS out.

    Raises:
        DataError: the classes are not the reader's, the data do not fit, or a class has too few images.
        ModelError: the model draws what is no image.
    """
    reader = reader or default_reader()
    check_tested(speech, images, split, reader, "realism")
    if too_few(images.test_labels, reader):
        raise DataError(f"There are too few test images: each class needs at least {K + 1}.")
    rng = np.random.default_rng([seed, 2])
    pair_clips = pairs_to_test(speech, images, split, rng)  # those that agreement is measured on
    split, pair_clips = without_unpaired(split, pair_clips)
    labels, clip_labels = images.test_labels, speech.labels[split.test]
    spectrograms = spectrograms_to_test(model, speech, split)
    judge = Judge(model, reader, seed)
    real_features, real_read = judge.look(as_input(images.test_images))
    real = RealImages(real_features, labels)
    drawn = judge.draw(spectrograms, pair_clips)
    best, _ = model.generate(spectrograms, samples=0, seed=seed)
    best_features, best_read = judge.look(best)
    sets = {"sampled_z": judge.look(drawn), "posterior_mean": (best_features[pair_clips], best_read[pair_clips])}
    sets |= real_sets(judge, images, rng)
    sets |= control_sets(judge, spectrograms, pair_clips, clip_labels, speech.speakers[split.test], rng)
    spread = clip_spread(judge, spectrograms, clip_labels, speech.speakers[split.test], real)
    nearest = rng.permutation(len(drawn))[:NEAREST]
    training = as_input(images.train_images).reshape(len(images.train_images), -1)
    smallest = min(np.bincount(labels))
    return Diversity(
        seed=seed,
        reader={**reader.to_json(), "features": real_features.shape[1]},
        neighbours=K,
        expected_coverage=expected_coverage(smallest, smallest, K),
        pairs=len(pair_clips),
        clips=len(np.unique(pair_clips)),
        real_test_images={
            "agreement": float(np.mean(real_read == labels)),
            "label_kl_to_uniform": kl_to_uniform(real_read, len(reader.classes)),
        },
        sets={name: compare(*figures, labels, real) for name, figures in sets.items()},
        spread=spread,
        nearest_training_image={
            "real_test_images": nearness(as_input(images.test_images[nearest]), training),
            "sampled_z": nearness(drawn[nearest], training),
        },
        cas=measure_cas(judge, spectrograms, clip_labels, images, steps=cas_steps) if cas_steps > 0 else None,
        second_reader=second_opinion(
            reader,
            {
                "real_test_images": (as_input(images.test_images), labels),
                "posterior_mean": (best[pair_clips], labels),
                "sampled_z": (drawn, labels),
            },
        ),
    )


def too_few(labels, reader: Reader) -> bool:
    """Whether a class has fewer images than the neighbours that precision, recall, density and coverage reach to."""
    return min(np.bincount(labels, minlength=len(reader.classes))) <= K


def measure_spread(
    model, speech, images, split, *, reader: Reader | None = None, seed: int = 0, draws: int = CLIP_DRAWS
) -> dict:
    """`clip_spread` of so many draws of a clip alone; arguments and errors are those of `measure_diversity`."""
    reader = reader or default_reader()
    check_tested(speech, images, split, reader, "realism")
    judge = Judge(model, reader, seed)
    real = RealImages(judge.look(as_input(images.test_images))[0], images.test_labels)
    spectrograms = spectrograms_to_test(model, speech, split)
    return clip_spread(judge, spectrograms, speech.labels[split.test], speech.speakers[split.test], real, draws)


@dataclass(frozen=True)
class Judge:
    """A model and its reader: what is drawn, and how it is looked at."""

    model: Any
    reader: Reader
    seed: int

    def draw(self, spectrograms, clips, further: int = 0) -> np.ndarray:
        """`evaluation.image_sets.draw`, by a seed of its own for each `further`."""
        return draw(self.model, spectrograms, clips, self.reader.image_shape, seed=self.seed + further)

    def look(self, images) -> tuple[np.ndarray, np.ndarray]:
        """Images -> features (n, d) and readings (n,)."""
        features, logits = self.reader.features_and_logits(images)
        return features, logits.argmax(axis=1)


def real_sets(judge: Judge, images, rng) -> dict:
    """The ceiling and the floor: other real images, and one of each class over and over, the nearest to its mean."""
    labels = images.test_labels
    chosen = images.train_images[choose_like(labels, images.train_labels, rng)]
    features, read = judge.look(as_input(chosen))
    archetypes = nearest_to_class_means(features, labels)[labels]
    return {
        "real_training_images": (features, read),
        "one_real_image_per_class": (features[archetypes], read[archetypes]),
    }


def control_sets(judge: Judge, spectrograms, pair_clips, clip_labels, speakers, rng) -> dict:
    """Drawings of silence, of wrong classes, and of the same classes by other speakers if all the test clips have
    such."""
    silence, no_clip = np.zeros_like(spectrograms[:1]), np.zeros_like(pair_clips)
    wrong = another_class(clip_labels[pair_clips], clip_labels, rng)
    sets = {
        "silent_audio": judge.look(judge.draw(silence, no_clip)),
        "wrong_class_audio": judge.look(judge.draw(spectrograms, wrong)),
    }
    others = other_speakers_clips(pair_clips, clip_labels, speakers, rng)
    if others is not None:
        sets["another_speaker"] = judge.look(judge.draw(spectrograms, others, further=1))
    return sets


@dataclass(frozen=True)
class RealImages:
    """The real images' features (n, d) and labels (n,), and what every comparison with them needs, computed once."""

    features: np.ndarray
    labels: np.ndarray

    @cached_property
    def spreads(self) -> np.ndarray:
        return class_spreads(self.features, self.labels)

    @cached_property
    def radii(self) -> list[np.ndarray]:
        features = self.features.astype(np.float64)
        return [squared_radii(features[self.labels == label], K) for label in np.unique(self.labels)]

    @cached_property
    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return moments(self.features.astype(np.float64))


def compare(features, read, labels, real: RealImages) -> SetFigures:
    """A set of images' features (n, d) against those of real ones, row by row of the same class.

    Args:
        read: (n,) the classes that the reader reads in the set.
        labels: (n,) the classes that the set should show, and that the real images do.
    """
    by_class = {
        "diversity_ratio": real_ratios(features, labels, real)[:, 0],
        **class_wise_prdc(real.features, real.labels, features, labels, K, real.radii),
    }
    return SetFigures(
        agreement=float(np.mean(read == labels)),
        **{name: float(values.mean()) for name, values in by_class.items()},
        fid=gaussian_frechet(*moments(features.astype(np.float64)), *real.moments),
        fid_extrapolated=extrapolated_frechet_distance(features, real.features),
        kid=kernel_distance(features, real.features),
        label_kl_to_uniform=kl_to_uniform(read, int(labels.max()) + 1),
        by_class={name: values.tolist() for name, values in by_class.items()},
    )


def real_ratios(features, labels, real: RealImages, *groupings) -> np.ndarray:
    """`diversity_ratios` to the real images."""
    return diversity_ratios(features, labels, real.features, real.labels, *groupings, real_spreads=real.spreads)


def clip_spread(judge: Judge, spectrograms, clip_labels, speakers, real: RealImages, draws: int = CLIP_DRAWS) -> dict:
    """Mean distance between drawings of one class over that between real images of it, mean over the classes:
    drawings of one clip (`within_clip`), of two clips (`between_clips`), of these by one speaker or by two. And their
    agreement.

    Wrong drawings are far from right ones and would pass for variety: `within_clip_read_rightly` is taken from those
    that the reader reads as what was spoken. None where there are no such pairs.
    """
    clips = np.repeat(np.arange(len(spectrograms)), draws)
    labels, voices = clip_labels[clips], np.unique(speakers, return_inverse=True)[1][clips]
    features, read = judge.look(judge.draw(spectrograms, clips))
    right = read == labels

    def ratios(rows, *groupings):
        by_class = real_ratios(features[rows], labels[rows], real, *(g[rows] for g in groupings))
        count = np.maximum(np.sum(~np.isnan(by_class), axis=0), 1)
        means = np.where(np.isnan(by_class).all(axis=0), np.nan, np.nansum(by_class, axis=0) / count)
        return [None if np.isnan(mean) else float(mean) for mean in means], by_class

    everything = np.ones(len(clips), bool)
    (within, between), by_class = ratios(everything, clips)
    (_, one_speaker, two_speakers), _ = ratios(everything, clips, voices)
    return {
        "draws_per_clip": draws,
        "agreement": float(np.mean(right)),
        "within_clip": within,
        "within_clip_read_rightly": ratios(right, clips)[0][0],
        "between_clips": between,
        "between_clips_of_one_speaker": one_speaker,
        "between_clips_of_two_speakers": two_speakers,
        "within_clip_by_class": by_class[:, 0].tolist(),
    }


def second_opinion(reader: Reader, sets: dict) -> dict | None:
    """What another reader says: its name, and the share that it reads as it should of each set (images, labels)."""
    if (second := second_reader(reader)) is None:
        return None
    right = {name: float(np.mean(second.labels(images) == labels)) for name, (images, labels) in sets.items()}
    return {**second.to_json(), **right}


def nearness(images, training) -> dict:
    """How near images (n, height, width, channels) are to the training images (m, values), all in [0, 1].

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


def measure_cas(judge: Judge, spectrograms, clip_labels, images, *, steps: int) -> dict:
    """CAS of as many drawings of test clips as there are training images, and of the training images themselves."""
    test = (as_input(images.test_images), images.test_labels)
    options = {"steps": steps, "seed": judge.seed}
    real = classification_accuracy_score(as_input(images.train_images), images.train_labels, *test, **options)
    clips = draw_clips(images.train_labels, clip_labels, np.random.default_rng([judge.seed, 5]))
    drawn = judge.draw(spectrograms, clips, further=2)
    cas = classification_accuracy_score(drawn, images.train_labels, *test, **options)
    return {"images": len(clips), "steps": steps, "sampled_z": cas, "real_training_images": real}
