"""What the examples of tests/extending share: a training at its smallest."""

import keras

from crossmodal.app.experiments.audio_to_image import train_and_measure
from crossmodal.app.experiments.training_options import TrainingConfig

OPTIONS = {"epochs": 15, "passes": 1, "batch_size": 24, "images_per_clip": 1, "augment": 0.0, "precision": "float32"}


def train(build, workdir, sources, learning_rate: float = 3e-3, **options) -> dict:
    """The metrics of build(**settings) after a small training on some sources."""
    config = TrainingConfig(**{**OPTIONS, **options})

    def optimizer(steps, precision):
        return keras.optimizers.Adam(learning_rate)

    return train_and_measure("example", config, config, workdir, build, optimizer, sources=sources)


def train_reader(images, folder, make=None) -> None:
    """Train a classifier on some `Images` and put it beside the run in a folder, as its reader."""
    from crossmodal.data.sources import as_input
    from crossmodal.models.networks.lenet5 import LeNet5
    from crossmodal.reader import FILE

    keras.utils.set_random_seed(0)
    model = (make or LeNet5)(images.classes, image_shape=images.image_shape)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss, jit_compile=False)
    model.fit(as_input(images.train_images), images.train_labels, batch_size=10, epochs=8, verbose=0)
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / FILE)
