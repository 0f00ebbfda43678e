"""LeNet5, the classifier that reads the drawings (LeCun et al., Proc. IEEE 86, 1998, figure 2).

image (28, 28, 1), padded to 32x32, -> conv 5x5 6, pool, conv 5x5 16, pool, conv 5x5 120 -> 84 features -> 10
logits; 61,706 parameters. ReLU and maximum pooling where the original has scaled tanh and trained averages.
"""

import keras
from keras import layers

from crossmodal.presets import from_preset
from crossmodal.runtime.surroundings import check_keras


@keras.saving.register_keras_serializable("crossmodal")
class LeNet5(keras.Model):
    """(batch, 28, 28, 1) in [0, 1] -> (batch, classes) logits. The layer "features" gives the 84 features.

    Args:
        classes: number of classes.
        dropout: rate before the features, in training.
    """

    from_preset = classmethod(from_preset)

    def __init__(self, classes=10, dropout=0.0, **kwargs):
        check_keras()
        x = inputs = keras.Input((28, 28, 1), name="image")
        x = layers.ZeroPadding2D(2, name="pad")(x)
        x = layers.Conv2D(6, 5, activation="relu", name="conv1")(x)
        x = layers.MaxPooling2D(name="pool1")(x)
        x = layers.Conv2D(16, 5, activation="relu", name="conv2")(x)
        x = layers.MaxPooling2D(name="pool2")(x)
        x = layers.Conv2D(120, 5, activation="relu", name="conv3")(x)
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        x = layers.Dense(84, "relu", name="features")(x)
        logits = layers.Dense(classes, name="logits")(x)
        super().__init__(inputs=inputs, outputs=logits, **kwargs)
        self.classes = classes
        self.dropout = dropout

    def get_config(self):
        return {"name": self.name, "classes": self.classes, "dropout": self.dropout}
