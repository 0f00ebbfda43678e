"""Which words a recording has, and where: words that are said without a pause are told from one another.

log-mel frames (frames, mels) every 10 ms -> convolutions along time, dilated -> every 20 ms the probabilities of
states: between words, and of each class its beginning, middle and end. A word passes through its three states in their
order, as in a hidden Markov model (Rabiner 1989); the likeliest path is found by dynamic programming (Viterbi 1967),
and says where each word begins and ends. The network is trained on strings whose words were put where they are, by
cross entropy.

It has labels of its own task. A model that draws gets from it where words lie, not what they are.
"""

import keras
import numpy as np
from keras import layers, ops

from crossmodal.models.word_paths import STATES, STRIDE, WordFinder
from crossmodal.presets import from_preset
from crossmodal.runtime.surroundings import check_keras
from crossmodal.sound.spectrogram import LogMel

DILATIONS = (1, 2, 4, 1, 2, 4)


@keras.saving.register_keras_serializable("crossmodal")
class Transcriber(WordFinder, keras.Model):
    """Log-mel frames (batch, frames, mels) -> logits (batch, frames / 2, 1 + 3 classes).

    Args:
        classes: the names of the words.
        filters: channels of the convolutions.
        word_cost: nats that each word of a path costs: more, and fewer words are found.
        front_end: how frames are made, `LogMel.get_config()`, see `mel_frames`.
        provenance: facts on the training.
    """

    from_preset = classmethod(from_preset)

    def __init__(self, classes, filters=112, word_cost=14.0, front_end=None, provenance=None, **kwargs):
        check_keras()
        super().__init__(**kwargs)
        self.classes, self.filters, self.word_cost = list(classes), filters, word_cost
        self.front_end = dict(front_end or LogMel(n_mels=40).get_config())
        self.provenance = dict(provenance or {})
        self.network = self.make_network()
        self.built = True

    def make_network(self) -> keras.Model:
        dtype = self.dtype_policy
        x = inputs = keras.Input((None, self.front_end["n_mels"]), name="frames")
        x = layers.Rescaling(2.0, -1.0, dtype=dtype, name="scaled")(x)
        x = layers.Conv1D(self.filters, 5, STRIDE, "same", use_bias=False, dtype=dtype, name="first")(x)
        x = layers.ReLU(dtype=dtype)(layers.BatchNormalization(dtype=dtype, name="first_norm")(x))
        for i, dilation in enumerate(DILATIONS, 1):
            options = {"padding": "same", "use_bias": False, "dtype": dtype}
            y = layers.Conv1D(self.filters, 5, dilation_rate=dilation, name=f"conv{i}", **options)(x)
            y = layers.ReLU(dtype=dtype)(layers.BatchNormalization(dtype=dtype, name=f"norm{i}")(y))
            y = layers.Dropout(0.1, dtype=dtype, name=f"dropout{i}")(y)
            x = layers.Add(dtype=dtype)([x, y])
        logits = layers.Dense(1 + STATES * len(self.classes), dtype="float32", name="states")(x)
        return keras.Model(inputs, logits, name="network")

    def call(self, frames, training=False):
        return self.network(frames, training=training)

    def logits_of(self, frames: np.ndarray) -> np.ndarray:
        return ops.convert_to_numpy(self.network.predict_on_batch(frames[None]))[0]

    def get_config(self):
        names = ("name", "classes", "filters", "word_cost", "front_end", "provenance")
        return {name: getattr(self, name) for name in names}
