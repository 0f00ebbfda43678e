"""LeNet5, the classifier that reads the drawings (LeCun et al., Proc. IEEE 86, 1998, figure 2).

image (28, 28, 1), padded to 32x32, -> conv 5x5 6, pool, conv 5x5 16, pool, conv 5x5 120 -> 84 features -> 10
logits; 61,706 parameters. ReLU and maximum pooling where the original has scaled tanh and trained averages.
"""

import keras
from keras import layers

from crossmodal.errors import ModelError
from crossmodal.models.classifier import Classifier, class_names
from crossmodal.runtime.surroundings import check_keras

LEAST_SIZE = 28  # height and width in pixels


@keras.saving.register_keras_serializable("crossmodal")
class LeNet5(Classifier):
    """(batch, height, width, channels) in [0, 1] -> (batch, classes) logits. The layer "features" gives 84 features.

    Args:
        classes: the names of the classes in the order of the logits, or how many there are.
        dropout: rate before the features, in training.
        image_shape: (height, width, channels); 28x28x1 is the paper's.
        provenance: facts on the training, for whoever receives the file.

    Raises:
        ModelError: the images are smaller than 28x28, of which its last convolution would see nothing.
    """

    def __init__(self, classes=10, dropout=0.0, image_shape=(28, 28, 1), provenance=None, **kwargs):
        check_keras()
        height, width, _ = image_shape
        if min(height, width) < LEAST_SIZE:
            raise ModelError(
                f"LeNet5 reads no images of {height}x{width} pixels: choose 28 or more, or --model residual."
            )
        x = inputs = keras.Input(tuple(image_shape), name="image")
        x = layers.ZeroPadding2D(2, name="pad")(x)
        x = layers.Conv2D(6, 5, activation="relu", name="conv1")(x)
        x = layers.MaxPooling2D(name="pool1")(x)
        x = layers.Conv2D(16, 5, activation="relu", name="conv2")(x)
        x = layers.MaxPooling2D(name="pool2")(x)
        x = layers.Conv2D(120, 5, activation="relu", name="conv3")(x)
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        x = layers.Dense(84, "relu", name="features")(x)
        logits = layers.Dense(len(class_names(classes)), name="logits")(x)
        super().__init__(inputs, logits, classes, image_shape, provenance, **kwargs)
        self.dropout = dropout

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}
