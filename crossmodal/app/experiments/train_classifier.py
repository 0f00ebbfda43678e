"""A classifier of images, which reads drawings: LeNet5 or a residual network; its options, training and figures."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments.finish import finish
from crossmodal.app.options import command_of, option
from crossmodal.data.catalog import HOW_READ

EXAMPLES = 8  # test images of each class in a row of the picture
LOCATIONS = ("data_dir", "archives", "images_dir")  # options that say where the data lie
LICENCES = {"mnist": "CC BY-SA 3.0", "digits-tts": "CC BY 4.0", "folders": "that of your folders"}


@dataclass(frozen=True)
class Config:
    data: Literal["mnist", "digits-tts", "folders"] = option(
        "mnist", "which images; digits-tts has scikit-learn's digits"
    )
    model: Literal["lenet5", "residual"] = option("lenet5", "LeNet5, or a residual network as a second judge")
    epochs: int = option(20, "passes over the training images", least=1, most=99_999)
    batch_size: int = option(128, "images per step", least=1, most=59_999)
    learning_rate: float = option(2e-3, "Adam's highest rate; a cosine brings it to 0", above=0, most=1)
    dropout: float = option(0.2, "dropout rate before the 84 features", least=0, below=1)
    shift: float = option(2.5, "pixels by which training images are moved at most", least=0, most=28)
    scale: float = option(0.12, "log of the largest factor that stretches training images", least=0, most=3)
    validation_images: int = option(5000, "training images set aside, a tenth at most", least=0, most=59_999)
    seed: int = option(0, "seed of weights, order and augmentation", least=0, most=2**32 - 1)
    deterministic: bool = option(False, "let TensorFlow use deterministic kernels alone; slower on a GPU")
    data_dir: str | None = option(None, "TFDS's folder of prepared data")
    archives: str | None = option(None, "folder of MNIST's original archives, for a machine without a network")
    images_dir: str | None = option(None, "for data from folders: one folder of images per class")
    image_size: int = option(28, "for folders: height and width of images, a multiple of 4", least=16, most=128)
    colour: bool = option(False, "for data from folders: read colours, not grey")
    fit: Literal["stretch", "pad", "crop"] = option("stretch", "for folders: what becomes of oblong pictures")
    background: Literal["white", "black"] = option("white", "for folders: the page behind what is transparent")
    skip_bad: float = option(0.0, "for folders: largest share of unusable files left out", least=0, below=1)
    group_of: str | None = option(None, "for folders: pattern of the part of a name that says who must not be divided")


def load_images(config: Config):
    """The `Images` that the options name; DataError where they are absent."""
    from crossmodal.data import digits_tts, folders, mnist
    from crossmodal.errors import DataError

    shape = (config.image_size, config.image_size, 3 if config.colour else 1)
    if config.data != "folders" and shape != (28, 28, 1):
        raise DataError(f"The images of {config.data} are 28x28 pixels in grey: another size or colour needs folders.")
    if config.data == "mnist":
        return mnist.load(config.data_dir, config.archives)
    if config.data == "digits-tts":
        return digits_tts.load_images()
    if not config.images_dir:
        raise DataError("Images from folders need their place: pass --images-dir.")
    return folders.load_images(config.images_dir, shape, **{name: getattr(config, name) for name in HOW_READ})


def warp(images, seed, shift, scale):
    """Move and stretch (batch, height, width, channels) images at random; a function of the seed."""
    import tensorflow as tf

    from crossmodal.data.augment import interpolation_matrix

    draws = tf.random.stateless_uniform((4, tf.shape(images)[0], 1), seed, -1, 1)
    height, width = images.shape[1:3]

    def sources(size, stretch, move):
        middle = (size - 1) / 2
        return middle + (tf.range(size, dtype=tf.float32) - middle) * tf.exp(scale * stretch) + shift * move

    rows = interpolation_matrix(sources(height, draws[0], draws[1]), height)
    columns = interpolation_matrix(sources(width, draws[2], draws[3]), width)
    return tf.einsum("bij,bjkc,blk->bilc", rows, images, columns)


def run(config: Config, workdir: Path) -> dict:
    """Train in `workdir`, measure on the test images; returns the metrics."""
    import keras
    import numpy as np
    from scipy.stats import binomtest

    from crossmodal.app.pictures.curves import save_curves
    from crossmodal.app.pictures.images import save_grid
    from crossmodal.data.sources import as_input
    from crossmodal.errors import DataError
    from crossmodal.models.networks.lenet5 import LeNet5
    from crossmodal.models.networks.residual_classifier import ResidualClassifier
    from crossmodal.runtime.determinism import fix_numbers
    from crossmodal.saving.keras_file import save_model
    from crossmodal.training.loop import train
    from crossmodal.training.runs import environment, open_run, read_history
    from evaluation.agreement import confusion_matrix

    if metrics := open_run(workdir, config, ignore=LOCATIONS):
        return finish(workdir, metrics)
    fix_numbers(config.seed, config.deterministic)
    images = load_images(config)
    order = np.random.default_rng(config.seed).permutation(len(images.train_labels))
    n_held = min(config.validation_images, len(order) // 10)
    held, kept = order[:n_held], order[n_held:]
    if len(kept) < config.batch_size:
        raise DataError(
            f"{len(kept)} images fill no batch of {config.batch_size}: pass --batch-size {len(kept)} or less."
        )
    steps = len(kept) // config.batch_size

    provenance = {"data": config.data, "seed": config.seed, "environment": environment()}
    provenance["recipe"] = {"name": "classifier", **asdict(config), **dict.fromkeys(LOCATIONS)}
    build = {"lenet5": LeNet5, "residual": ResidualClassifier}[config.model]
    model = build(images.classes, config.dropout, images.image_shape, provenance)
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, config.epochs * steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"], jit_compile=False)
    train(
        model,
        batches(config, images.train_images[kept], images.train_labels[kept]),
        epochs=config.epochs,
        steps_per_epoch=steps,
        workdir=workdir,
        seed=config.seed,
        validation=in_order(images.train_images[held], images.train_labels[held]) if n_held else None,
    )
    logits = model.predict(as_input(images.test_images), batch_size=1000, verbose=0)
    read, labels = logits.argmax(axis=1), images.test_labels
    correct = read == labels
    interval = binomtest(int(correct.sum()), len(correct)).proportion_ci()  # exact: Clopper & Pearson 1934
    save_model(model, workdir / "model.keras")
    titles = ["test images", "those read least surely"]
    save_grid(workdir / "examples.png", examples(images, logits), titles)
    save_curves(workdir / "curves.png", {"training": read_history(workdir)})
    metrics = {
        "command": command_of("crossmodal train classifier", config, ("data_dir", "archives")),
        "classifier": type(model).__name__,
        "classes": list(images.classes),
        "parameters": model.count_params(),
        "epochs": config.epochs,
        "licence_of_data": LICENCES[config.data],
        "protocol": f"trained on the training images, measured once on the {len(labels):,} test images",
        "accuracy": float(correct.mean()),
        "interval_95": [float(interval.low), float(interval.high)],
        "confusion": confusion_matrix(labels, read, len(images.classes)).tolist(),
    }
    return finish(workdir, metrics)


def batches(config: Config, images, labels):
    """first epoch -> batches of warped images (n, height, width, channels) in [0, 1] and their labels (n,), a function
    of the seed."""
    import tensorflow as tf

    from crossmodal.data.rows import batches_of_rows

    images, labels = tf.constant(images if images.ndim == 4 else images[..., None]), tf.constant(labels)

    def batch(seed, rows):
        x = tf.cast(tf.gather(images, rows), tf.float32) / 255
        return warp(x, seed, config.shift, config.scale), tf.gather(labels, rows)

    return batches_of_rows(len(labels), config.batch_size, config.epochs, config.seed, batch)


def in_order(images, labels):
    """Images as they are, and their labels, in batches."""
    import tensorflow as tf

    from crossmodal.data.sources import as_input

    return tf.data.Dataset.from_tensor_slices((as_input(images), labels)).batch(1000)


def examples(images, logits) -> list[tuple]:
    """Rows of a picture: the first test images of each class, and those to which it gives the least probability.

    Args:
        images: the `Images`.
        logits: (test images, classes).
    """
    import numpy as np

    from crossmodal.data.sources import as_input

    sureness = logits[np.arange(len(logits)), images.test_labels] - np.logaddexp.reduce(logits, axis=1)
    rows = []
    for label, name in enumerate(images.classes):
        shown = np.flatnonzero(images.test_labels == label)
        least = shown[np.argsort(sureness[shown])]
        chosen = (np.resize(each, EXAMPLES) for each in (shown, least))
        rows.append((name, [as_input(images.test_images[rows_of]) for rows_of in chosen]))
    return rows


def work(config: Config, arguments) -> None:
    metrics = run(config, arguments.workdir)
    low, high = metrics["interval_95"]
    name = metrics.get("classifier", "LeNet5")
    print(f"{name} reads {metrics['accuracy']:.2%} of the test images ({low:.2%} to {high:.2%}).")
    print(f"model, figures and report: {arguments.workdir}")
