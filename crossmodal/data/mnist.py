"""MNIST: 70,000 handwritten digits, 28x28, through TFDS `mnist:3.0.1`."""

import numpy as np

from crossmodal.data.sources import Images
from crossmodal.data.tfds_source import open_dataset, read_examples

TFDS_NAME = "mnist:3.0.1"
LICENCE = "CC BY-SA 3.0"
CITATION = "Y. LeCun, C. Cortes, C. Burges: MNIST handwritten digit database, 2010."


def load(data_dir: str | None = None, archives: str | None = None) -> Images:
    """60,000 training and 10,000 test images. Raises DataError, see `open_dataset`."""
    builder = open_dataset(TFDS_NAME, data_dir=data_dir, archives=archives)
    return Images("mnist", *_arrays(builder, "train"), *_arrays(builder, "test"))


def _arrays(builder, split: str) -> tuple[np.ndarray, np.ndarray]:
    batches = read_examples(builder, split, batch_size=10_000)
    images = np.concatenate([batch["image"][..., 0] for batch in batches])
    return images, np.concatenate([batch["label"] for batch in batches])
