"""LeNet5 on MNIST: its options, and how it is trained and measured."""

from dataclasses import dataclass
from pathlib import Path

from crossmodal.app.experiments.finish import finish
from crossmodal.app.options import option

EXAMPLES = 8  # test images of each digit in a row of the picture


@dataclass(frozen=True)
class Config:
    epochs: int = option(20, "passes over the training images", least=1, most=99_999)
    batch_size: int = option(128, "images per step", least=1, most=59_999)
    learning_rate: float = option(2e-3, "Adam's highest rate; a cosine brings it to 0", above=0, most=1)
    dropout: float = option(0.2, "dropout rate before the 84 features", least=0, below=1)
    shift: float = option(2.5, "pixels by which training images are moved at most", least=0, most=28)
    scale: float = option(0.12, "log of the largest factor that stretches training images", least=0, most=3)
    validation_images: int = option(5000, "training images set aside for validation", least=1, most=59_999)
    seed: int = option(0, "seed of weights, order and augmentation", least=0, most=2**32 - 1)
    deterministic: bool = option(False, "let TensorFlow use deterministic kernels alone; slower on a GPU")
    data_dir: str | None = option(None, "TFDS's folder of prepared data")
    archives: str | None = option(None, "folder of MNIST's original archives, for a machine without a network")


def warp(images, seed, shift, scale):
    """Move and stretch (batch, 28, 28) images at random; a function of the seed."""
    import tensorflow as tf

    from crossmodal.data.augment import interpolation_matrix

    draws = tf.random.stateless_uniform((4, tf.shape(images)[0], 1), seed, -1, 1)
    centred = tf.range(28, dtype=tf.float32) - 13.5
    rows = 13.5 + centred * tf.exp(scale * draws[0]) + shift * draws[1]
    columns = 13.5 + centred * tf.exp(scale * draws[2]) + shift * draws[3]
    moved = tf.matmul(interpolation_matrix(rows, 28), images)
    return tf.matmul(moved, interpolation_matrix(columns, 28), transpose_b=True)


def run(config: Config, workdir: Path) -> dict:
    """Train in `workdir`, measure on the test images; returns the metrics."""
    import keras
    import numpy as np
    import tensorflow as tf

    from crossmodal.app.pictures.images import save_digit_grid
    from crossmodal.data import mnist
    from crossmodal.models.networks.lenet5 import LeNet5
    from crossmodal.presets import write_preset
    from crossmodal.runtime.determinism import fix_numbers
    from crossmodal.training.loop import train
    from crossmodal.training.optimizers import check_steps
    from crossmodal.training.runs import open_run
    from evaluation.classifier import confusion_matrix

    if metrics := open_run(workdir, config, ignore=("data_dir", "archives")):
        return finish(workdir, metrics)
    data = mnist.load(config.data_dir, config.archives)
    order = np.random.default_rng(config.seed).permutation(len(data.train_labels))
    held, kept = order[: config.validation_images], order[config.validation_images :]
    images, labels = tf.constant(data.train_images[kept]), tf.constant(data.train_labels[kept])
    steps = check_steps(len(kept) // config.batch_size)

    def batches(first_epoch):
        def epoch_batches(epoch):
            seed = tf.stack([tf.constant(config.seed, tf.int64), epoch])
            shuffled = tf.random.experimental.stateless_shuffle(tf.range(len(kept)), seed)
            return (
                tf.data.Dataset.from_tensor_slices(shuffled)
                .batch(config.batch_size, drop_remainder=True)
                .enumerate()
                .map(lambda step, rows: batch(epoch * steps + step, rows), num_parallel_calls=2)
            )

        def batch(step, rows):
            x = tf.cast(tf.gather(images, rows), tf.float32) / 255
            seed = tf.stack([tf.constant(config.seed, tf.int64), step])
            return warp(x, seed, config.shift, config.scale)[..., None], tf.gather(labels, rows)

        return tf.data.Dataset.range(first_epoch, config.epochs).flat_map(epoch_batches).prefetch(4)

    def as_arrays(x, y):
        return x[..., None].astype(np.float32) / 255, y

    fix_numbers(config.seed, config.deterministic)
    model = LeNet5(dropout=config.dropout)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(config.learning_rate, config.epochs * steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    held_images = tf.data.Dataset.from_tensor_slices(as_arrays(data.train_images[held], data.train_labels[held])).batch(
        1000
    )
    train(
        model,
        batches,
        epochs=config.epochs,
        steps_per_epoch=steps,
        workdir=workdir,
        seed=config.seed,
        validation=held_images,
    )
    x, y = as_arrays(data.test_images, data.test_labels)
    logits = model.predict(x, batch_size=1000, verbose=0)
    read = logits.argmax(axis=1)
    correct = read == y
    accuracy, error = float(correct.mean()), float(1.96 * correct.std() / len(y) ** 0.5)
    card = {
        "model": "LeNet5, 61,706 parameters",
        "data": mnist.TFDS_NAME,
        "licence_of_data": mnist.LICENCE,
        "protocol": "trained on the training images, measured once on the 10,000 test images",
        "accuracy": accuracy,
        "interval_95": [accuracy - error, accuracy + error],
        "command": f"python recipes/train_lenet5.py --epochs {config.epochs} --seed {config.seed}",
        "limits": "28x28 white-on-black digits, centred as MNIST's are; anything else is still read as a digit",
    }
    write_preset(model, card, workdir / "lenet5_mnist.npz")
    save_digit_grid(workdir / "examples.png", examples(data, logits), ["test images", "those read least surely"])
    metrics = {**card, "confusion": confusion_matrix(y, read, 10).tolist()}
    return finish(workdir, metrics)


def examples(data, logits) -> list[tuple]:
    """Rows of a picture: the first test images of each digit, and those to which it gives the least probability.

    Args:
        data: the `Images`.
        logits: (test images, 10).
    """
    import numpy as np

    sureness = logits[np.arange(len(logits)), data.test_labels] - np.logaddexp.reduce(logits, axis=1)
    rows = []
    for label, name in enumerate(data.classes):
        shown = np.flatnonzero(data.test_labels == label)
        least = shown[np.argsort(sureness[shown])[:EXAMPLES]]
        rows.append((name, [data.test_images[shown[:EXAMPLES]] / 255, data.test_images[least] / 255]))
    return rows


def work(config: Config, arguments) -> None:
    metrics = run(config, arguments.workdir)
    low, high = metrics["interval_95"]
    print(f"LeNet5 reads {metrics['accuracy']:.2%} of the test images ({low:.2%} to {high:.2%}).")
    print(f"weights, figures and report: {arguments.workdir}")
