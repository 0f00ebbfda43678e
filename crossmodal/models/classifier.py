"""The interface of classifiers of images, which judge drawings through `crossmodal.reader`."""

import keras

from crossmodal.presets import from_preset


class Classifier(keras.Model):
    """Images (batch, height, width, channels) in [0, 1] -> logits (batch, classes).

    Args:
        inputs, outputs: of a functional model; its layer "features" gives what distances between images are taken from.
        classes: the names of the classes in the order of the logits, or how many there are.
        image_shape: (height, width, channels).
        provenance: facts on the training, for whoever receives the file.
    """

    from_preset = classmethod(from_preset)
    light = False  # whether it is computed in NumPy, see `crossmodal.models.light`

    def __init__(self, inputs, outputs, classes, image_shape, provenance=None, **kwargs):
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self.classes = class_names(classes)
        self.image_shape = tuple(image_shape)
        self.provenance = dict(provenance or {})

    def get_config(self):
        return {name: getattr(self, name) for name in ("name", "classes", "image_shape", "provenance")}


def class_names(classes) -> list[str]:
    """Names as they are; of a number of classes "0", "1" and on."""
    return [str(i) for i in range(classes)] if isinstance(classes, int) else list(classes)
