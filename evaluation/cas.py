"""Classification accuracy score (Ravuri & Vinyals, NeurIPS 2019): can the drawings replace the data?

A classifier that has seen generated images alone is tested on real ones. It learns neither what the drawings lack
(an archetype teaches one form of each digit) nor from drawings of the wrong digit.
"""

import numpy as np

from evaluation.checks import check_images, check_labels

STEPS = 2500  # of 128 images: a little more than five passes over 60,000
BATCH_SIZE = 128


def classification_accuracy_score(
    images, labels, test_images, test_labels, *, steps: int = STEPS, learning_rate: float = 2e-3, seed: int = 0
) -> float:
    """Accuracy on real images of a fresh LeNet5 that was trained on generated ones.

    Args:
        images: (n, 28, 28, 1) generated, in [0, 1].
        labels: (n,) what they should show.
        test_images: (m, 28, 28, 1) real, in [0, 1].
        test_labels: (m,) int.
        steps: training steps of 128 images (of all, if there are fewer); the cost does not depend on n.
        learning_rate: of Adam at first; a cosine brings it to zero.
        seed: of weights and order. The global generators of Keras are set from it.

    Returns:
        the share of the test images that it reads rightly, 0 to 1.

    Raises:
        DataError: images or labels that are not as described.
    """
    import keras

    for name, of, named in (("The drawings", images, labels), ("The test images", test_images, test_labels)):
        check_labels(named, len(check_images(of, name)), f"The labels of {name.lower()}")
    from crossmodal.models.networks.lenet5 import LeNet5

    keras.utils.set_random_seed(seed)
    model = LeNet5(classes=int(max(np.max(labels), np.max(test_labels))) + 1)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    for rows in shuffled_batches(len(labels), steps, min(BATCH_SIZE, len(labels)), np.random.default_rng(seed)):
        model.train_on_batch(images[rows], labels[rows])
    read = model.predict(test_images, batch_size=1000, verbose=0).argmax(axis=1)
    return float(np.mean(read == test_labels))


def shuffled_batches(n: int, steps: int, batch_size: int, rng: np.random.Generator) -> np.ndarray:
    """(steps, batch_size) indices below n: each permutation of all of them follows the one before it."""
    passes = -(-steps * batch_size // n)
    order = np.concatenate([rng.permutation(n) for _ in range(passes)])
    return order[: steps * batch_size].reshape(steps, batch_size)
