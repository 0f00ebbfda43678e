"""Which sound goes with which image: the alignment of two sources is the only supervision.

A pairing is of one of three kinds. `ByClass`: each image is given a clip of its class, drawn anew each epoch. `Given`:
a table says which clip each image goes with, and nobody needs to know any class. `Unpaired`: there is no supervision at
all. Each says what stands side by side in an epoch, as a pure numpy function of (seed, epoch):

    clips (groups,), images (groups, images_per_clip) = pairing.epoch(seed, epoch)
"""

from dataclasses import dataclass

import numpy as np

from crossmodal.errors import DataError

MIXED = 8  # blocks of given pairs whose pairs are mixed


def draw_clips(image_labels: np.ndarray, clip_labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each image a clip of the same class, with replacement: (images,) indices into `clip_labels`."""
    by_class = np.argsort(clip_labels, kind="stable")
    counts = np.bincount(clip_labels, minlength=image_labels.max() + 1)
    first = np.cumsum(counts) - counts
    if (counts[np.unique(image_labels)] == 0).any():
        raise DataError("An image's class has no clip: both sources need the same classes.")
    drawn = (rng.random(len(image_labels)) * counts[image_labels]).astype(np.int64)
    return by_class[first[image_labels] + drawn]


def occurrence(values: np.ndarray) -> np.ndarray:
    """(n,) how many times each entry's value, a whole number of at least 0, has occurred before it."""
    order = np.argsort(values, kind="stable")
    counts = np.bincount(values)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    result = np.empty(len(values), np.int64)
    result[order] = np.arange(len(values)) - first
    return result


@dataclass(frozen=True)
class ByClass:
    """Pairs of one class.

    Args:
        clip_labels: (clips,) class of each clip.
        image_labels: (images,) class of each image.
        images_per_clip: images of a class that share one clip, so that the encoder runs once for all of them. Up to
            `images_per_clip - 1` images of a class sit out an epoch, other ones in the next.
        redraw: draw the pairing anew each epoch; False fixes the first epoch's clip for each image, as in the paper,
            and only the order changes (this needs `images_per_clip` = 1).
        noises: clips of noise, numbered after those of `clip_labels`. They go with images of any class: of them nothing
            can be learned but that there is nothing to draw.
        noise_share: share of the groups that have such a clip.

    Raises:
        DataError: a fixed pairing of several images per clip.
    """

    clip_labels: np.ndarray
    image_labels: np.ndarray
    images_per_clip: int = 1
    redraw: bool = True
    noises: int = 0
    noise_share: float = 0.0

    def __post_init__(self):
        if not self.redraw and self.images_per_clip > 1:
            raise DataError("A fixed pairing gives each image a clip of its own: set images_per_clip to 1.")

    @property
    def groups(self) -> int:
        """Clips with their images in an epoch."""
        return int((np.bincount(self.image_labels) // self.images_per_clip).sum())

    def epoch(self, seed: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """The pairs of one epoch, in training order: clips (groups,) and images (groups, images_per_clip)."""
        rng = np.random.default_rng([seed, 1, epoch])
        order = rng.permutation(len(self.image_labels))
        images = rng.permutation(self._groups_of_a_class(order)) if self.images_per_clip > 1 else order[:, None]
        if self.redraw:
            clips = draw_clips(self.image_labels[images[:, 0]], self.clip_labels, rng)
            return self._with_noises(clips, rng), images
        fixed = draw_clips(self.image_labels, self.clip_labels, np.random.default_rng([seed, 1]))
        return fixed[images[:, 0]], images

    def _with_noises(self, clips: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if not self.noises:
            return clips
        chosen = rng.random(len(clips)) < self.noise_share
        return np.where(chosen, len(self.clip_labels) + rng.integers(self.noises, size=len(clips)), clips)

    def _groups_of_a_class(self, order: np.ndarray) -> np.ndarray:
        """Images in a given order -> (groups, images_per_clip), each group of one class."""
        by_class = order[np.argsort(self.image_labels[order], kind="stable")]
        labels, counts = self.image_labels[by_class], np.bincount(self.image_labels)
        whole = occurrence(labels) < (counts - counts % self.images_per_clip)[labels]
        return by_class[whole].reshape(-1, self.images_per_clip)

    def labels(self, images: np.ndarray) -> np.ndarray:
        """The class of each group, (groups,), by its images (groups, images_per_clip)."""
        return self.image_labels[images[:, 0]]


@dataclass(frozen=True)
class Given:
    """Pairs that a table names.

    Args:
        clips: (images,) the clip that each image goes with.
        clip_labels: (clips,) class of each clip, for models that ask for it; None where nobody knows.
        blocks: (images,) int, the block of data on a disk, such as a shard, that holds each pair. An epoch then takes
            the blocks in random order, `MIXED` at a time, and mixes the pairs of these: few files are read at once.
            None mixes all pairs.
    """

    clips: np.ndarray
    clip_labels: np.ndarray | None = None
    images_per_clip: int = 1
    blocks: np.ndarray | None = None

    def __post_init__(self):
        if self.images_per_clip != 1:
            raise DataError("Given pairs have one image for each clip: set images_per_clip to 1.")

    @property
    def groups(self) -> int:
        """Pairs in an epoch."""
        return len(self.clips)

    def epoch(self, seed: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """All pairs, in training order: clips (pairs,) and images (pairs, 1)."""
        rng = np.random.default_rng([seed, 1, epoch])
        order = rng.permutation(len(self.clips))
        if self.blocks is not None:
            turn = rng.permutation(int(self.blocks.max()) + 1) // MIXED  # of each block
            order = order[np.argsort(turn[self.blocks[order]], kind="stable")]
        return self.clips[order], order[:, None]

    def labels(self, images: np.ndarray) -> np.ndarray:
        """The class of each pair, (pairs,), by its image (pairs, 1); DataError where nobody knows it."""
        if self.clip_labels is None:
            raise DataError("The model asks for labels, and these pairs have none: train one that needs none.")
        return self.clip_labels[self.clips[images[:, 0]]]


@dataclass(frozen=True)
class Unpaired:
    """No pairs: sounds and images side by side at random, whatever either is of.

    Args:
        clips, images: how many there are.
        images_per_clip: images that stand beside each clip of a batch; of the last ones up to `images_per_clip - 1` sit
            out an epoch.
    """

    clips: int
    images: int
    images_per_clip: int = 1

    @property
    def groups(self) -> int:
        """Clips with the images beside them in an epoch."""
        return self.images // self.images_per_clip

    def epoch(self, seed: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """All images at random, and clips at random: clips (groups,) and images (groups, images_per_clip)."""
        rng = np.random.default_rng([seed, 1, epoch])
        images = rng.permutation(self.images)[: self.groups * self.images_per_clip]
        return rng.integers(self.clips, size=self.groups), images.reshape(-1, self.images_per_clip)

    def labels(self, images: np.ndarray) -> np.ndarray:
        """DataError: there are none."""
        raise DataError("The model asks for labels, and it is trained without pairs: train one that needs none.")


Pairing = ByClass | Given | Unpaired
