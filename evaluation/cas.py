"""Classification accuracy score (Ravuri & Vinyals, NeurIPS 2019): can the drawings replace the data?

A classifier that was trained on generated images alone is tested on real ones. Drawings without variety, or of the
wrong class, teach it too little, and the score falls.
"""

import contextlib
import random
from collections.abc import Iterator

import numpy as np

from crossmodal.reader import check_images
from evaluation.checks import check_labels

STEPS = 2500  # of 128 images: a little more than five passes over 60,000
BATCH_SIZE = 128


def classification_accuracy_score(
    images, labels, test_images, test_labels, *, steps: int = STEPS, learning_rate: float = 2e-3, seed: int = 0
) -> float:
    """Accuracy on real images of a fresh LeNet5 that was trained on generated ones.

    Args:
        images: (n, height, width, channels) generated, in [0, 1].
        labels: (n,) what they should show.
        test_images: (m, height, width, channels) real, in [0, 1].
        test_labels: (m,) int.
        steps: training steps of 128 images (of all, if there are fewer); the cost does not depend on n.
        learning_rate: of Adam at first; a cosine brings it to zero.
        seed: of weights and order.

    Returns:
        the share of the test images that it reads rightly, 0 to 1.

    Raises:
        DataError: images or labels that are not as described.
    """
    import keras

    shape = np.shape(test_images)[1:]
    for name, of, named in (("The drawings", images, labels), ("The test images", test_images, test_labels)):
        check_labels(named, len(check_images(of, shape, name)), f"The labels of {name.lower()}")
    from crossmodal.models.networks.lenet5 import LeNet5

    with initial_weights_from(seed):
        model = LeNet5(int(max(np.max(labels), np.max(test_labels))) + 1, image_shape=shape)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    for rows in shuffled_batches(len(labels), steps, min(BATCH_SIZE, len(labels)), np.random.default_rng(seed)):
        model.train_on_batch(images[rows], labels[rows])
    read = model.predict(test_images, batch_size=1000, verbose=0).argmax(axis=1)
    return float(np.mean(read == test_labels))


@contextlib.contextmanager
def initial_weights_from(seed: int) -> Iterator[None]:
    """Let the weights of layers that are built in the block be a function of a seed. Keras takes the seeds of its
    initializers from Python's generator, which is put back."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


def shuffled_batches(n: int, steps: int, batch_size: int, rng: np.random.Generator) -> np.ndarray:
    """(steps, batch_size) indices below n: each permutation of all of them follows the one before it."""
    passes = -(-steps * batch_size // n)
    order = np.concatenate([rng.permutation(n) for _ in range(passes)])
    return order[: steps * batch_size].reshape(steps, batch_size)
