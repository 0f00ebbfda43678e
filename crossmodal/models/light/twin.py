"""What all twins have in common."""

from crossmodal.models.hearing import Hears


class Twin:
    """A preset's model in NumPy.

    Args:
        config: of the model's card.
        networks: `Network` objects by their names, or weights by theirs where a twin computes with them itself.
    """

    light = True
    kind: str  # the class of the Keras model

    def __init__(self, config: dict, networks: dict):
        raise NotImplementedError

    @staticmethod
    def describe_networks(model) -> dict:
        """The descriptions of the networks of a Keras model, see `crossmodal.models.light.network`.

        Raises:
            ModelError: one has a layer that is not computed without Keras.
        """
        raise NotImplementedError


class DrawingTwin(Twin, Hears):
    """A twin that hears by an `encoder` and draws by a `decoder`."""

    def __init__(self, config: dict, networks: dict):
        self.encoder, self.decoder = networks["encoder"], networks["decoder"]
        self.image_shape, self.front_end = tuple(config["image_shape"]), dict(config["front_end"])
        self.classes, self.provenance = list(config["classes"]), dict(config["provenance"])
        self.least_information = float(config["least_information"])


def kind_of(model) -> str:
    """The name of a model's class; of a twin that of the Keras model."""
    return model.kind if isinstance(model, Twin) else type(model).__name__
