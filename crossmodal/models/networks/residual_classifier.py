"""A small residual network that reads images (He et al. 2016), a second judge of another kind beside LeNet5."""

import keras
from keras import layers

from crossmodal.models.classifier import Classifier, class_names
from crossmodal.runtime.surroundings import check_keras

FILTERS = 16, 32, 64  # of the stages, each at half the size of the last


@keras.saving.register_keras_serializable("crossmodal")
class ResidualClassifier(Classifier):
    """(batch, height, width, channels) in [0, 1] -> (batch, classes) logits. The layer "features" gives 64 features.

    Three stages of one residual block of two 3x3 convolutions, with batch normalisation, then the mean over the map;
    its arguments are those of `LeNet5`.
    """

    def __init__(self, classes=10, dropout=0.0, image_shape=(28, 28, 1), provenance=None, **kwargs):
        check_keras()

        def convolved(x, name, n, strides=1, activate=True):
            x = layers.Conv2D(n, 3, strides, "same", use_bias=False, name=f"{name}_conv")(x)
            x = layers.BatchNormalization(name=f"{name}_norm")(x)
            return layers.ReLU(name=f"{name}_relu")(x) if activate else x

        x = inputs = keras.Input(tuple(image_shape), name="image")
        for i, n in enumerate(FILTERS, 1):
            x = convolved(x, f"stage{i}", n, strides=1 if i == 1 else 2)
            y = convolved(convolved(x, f"stage{i}_a", n), f"stage{i}_b", n, activate=False)
            x = layers.ReLU(name=f"stage{i}_sum_relu")(layers.Add(name=f"stage{i}_sum")([x, y]))
        x = layers.GlobalAveragePooling2D(name="features")(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        logits = layers.Dense(len(class_names(classes)), name="logits")(x)
        super().__init__(inputs, logits, classes, image_shape, provenance, **kwargs)
        self.dropout = dropout

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}
