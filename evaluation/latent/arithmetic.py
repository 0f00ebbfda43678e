"""Arithmetic: thick one - thin one + thin seven = thick seven (A. Radford, L. Metz & S. Chintala, "Unsupervised
Representation Learning with Deep Convolutional Generative Adversarial Networks", 2016, section 6.3.2).

Of a class many drawings are made, each in a hand of its own. The hands of the thickest tenth have a mean, and so have
those of the thinnest; their difference is what makes a one thick. It is added to each hand of the thinnest tenth of
another class. Does that class become thicker, and is it still read as what it was?
"""

from dataclasses import dataclass, replace

import numpy as np

from evaluation.intervals import ratio_of
from evaluation.latent.figures import Carried
from evaluation.latent.heard import Heard, Judge
from evaluation.latent.style import STYLES

HANDS = 200  # drawings of each class
SHARE = 0.1  # of them that are thick, or thin


@dataclass(frozen=True)
class Written:
    """Drawings of one class: their latents (n, d), hands (n, hand_dim) and a style (n,), such as thickness."""

    latents: np.ndarray
    hands: np.ndarray
    style: np.ndarray

    @property
    def extremes(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows of the least and of the most of the style."""
        order = np.argsort(self.style, kind="stable")
        count = max(round(SHARE * len(order)), 1)
        return order[:count], order[-count:]

    @property
    def direction(self) -> np.ndarray:
        """(hand_dim,) from the hands of the least to those of the most."""
        least, most = self.extremes
        return self.hands[most].mean(axis=0) - self.hands[least].mean(axis=0)

    @property
    def contrast(self) -> float:
        """The style of the most less that of the least."""
        least, most = self.extremes
        return float(self.style[most].mean() - self.style[least].mean())


def carry_over(draw, read, measure, source: Written, target: Written, target_class: int) -> tuple[float, float]:
    """Add what makes the source's drawings thick to the target's thin ones.

    Args:
        draw: latents (n, d) and hands (n, hand_dim) -> images.
        read: images -> their classes (n,).
        measure: images -> the style (n,).
        target_class: what the target's drawings should be read as.

    Returns:
        by how much the style rose, and the share that is still read as the target's class.
    """
    thin, _ = target.extremes
    images = draw(target.latents[thin], target.hands[thin] + source.direction)
    return float((measure(images) - target.style[thin]).mean()), float(np.mean(read(images) == target_class))


def write(judge: Judge, test: Heard, label: int, rng) -> tuple[np.ndarray, Written]:
    """Drawings of test clips of a class in hands at random, and what they were drawn from, yet without a style."""
    latents = test.latents[rng.choice(np.flatnonzero(test.labels == label), HANDS)]
    hands = rng.standard_normal((HANDS, judge.model.hand_dim), np.float32)
    return judge.draw(latents, hands), Written(latents, hands, np.zeros(HANDS))


def add_styles(judge: Judge, test: Heard, rng, seed: int) -> dict[str, Carried]:
    """Each style carried over from each class to each other one; the classes that it is from are the units."""
    classes = np.unique(test.labels)
    written = {label: write(judge, test, label, rng) for label in classes}
    found = {}
    for name, measure in STYLES.items():
        by_class = {label: replace(of, style=measure(images)) for label, (images, of) in written.items()}
        rows = []
        for source in classes:
            mixed = replace(by_class[source], style=rng.permutation(by_class[source].style))
            for target in classes[classes != source]:
                to = (judge.draw, judge.read, measure)
                rise, read = carry_over(*to, by_class[source], by_class[target], target)
                by_chance, _ = carry_over(*to, mixed, by_class[target], target)
                rows.append((rise, by_chance, by_class[source].contrast, read, source))
        rises, chances, contrasts, reads, units = map(np.array, zip(*rows, strict=True))
        thin = {label: by_class[label].extremes[0] for label in classes}
        before = [np.mean(judge.read(written[label][0][thin[label]]) == label) for label in classes]
        shares = (ratio_of(rises, contrasts, units, seed), ratio_of(chances, contrasts, units, seed))
        found[name] = Carried(*shares, read=float(reads.mean()), read_before=float(np.mean(before)))
    return found
