"""The listener: a classifier of spoken words, which judges sounds as the reader, `crossmodal.reader`, judges drawings.

waveform -> its word alone -> log-mel spectrogram (frames, mels) -> a small residual network (He et al. 2016)
-> logits of the classes. It learns from labels, and from nothing that it judges.
"""

import hashlib

import keras
import numpy as np
from keras import ops

from crossmodal.models.base import in_batches
from crossmodal.models.classifier import class_names
from crossmodal.models.networks.encoders import build_encoder
from crossmodal.presets import from_preset
from crossmodal.runtime.surroundings import check_keras
from crossmodal.sound.spectrogram import LogMel, log_mel


@keras.saving.register_keras_serializable("crossmodal")
class Listener(keras.Model):
    """Spectrograms (batch, frames, mels, 1) in [0, 1] -> logits (batch, classes).

    Args:
        classes: the names of the words in the order of the logits, or how many there are.
        filters, blocks, dropout: of the network, see `crossmodal.models.networks.encoders.residual`.
        front_end: how spectrograms are made, `LogMel.get_config()`; by default each recording's word is found in it.
        provenance: facts on the training, for whoever receives the file.

    Example:
        listener = Listener.from_preset("listener_digits")
        listener.hear([waveform])  # [("seven", 0.99)]
    """

    from_preset = classmethod(from_preset)

    def __init__(
        self,
        classes=10,
        filters=(24, 40, 64),
        blocks=(2, 2, 1),
        dropout=0.2,
        front_end=None,
        provenance=None,
        **kwargs,
    ):
        check_keras()
        super().__init__(**kwargs)
        self.classes = class_names(classes)
        self.filters, self.blocks, self.dropout = tuple(filters), tuple(blocks), dropout
        self.front_end = dict(front_end or LogMel(find_word=True).get_config())
        self.provenance = dict(provenance or {})
        shape = (self.front_end["n_frames"], self.front_end["n_mels"], 1)
        sizes = {"filters": self.filters, "blocks": self.blocks, "dropout": dropout}
        heads = build_encoder("residual", shape, len(self.classes), 0.0, self.dtype_policy, **sizes)
        self.network = keras.Model(heads.input, heads.outputs[0], name="network")
        self.built = True

    def call(self, spectrograms, training=False):
        return self.network(spectrograms, training=training)

    def probabilities(self, waveforms, sample_rate: int | None = None) -> np.ndarray:
        """The probability of each class in each recording.

        Args:
            waveforms: a list of (samples,) float in any amplitude.
            sample_rate: Hz, any; the front end's if None.

        Returns:
            (recordings, classes) float32.

        Raises:
            AudioError: a recording is empty or holds a value that is not finite.
        """
        own_rate = self.front_end["sample_rate"]
        if sample_rate not in (None, own_rate):
            import librosa

            waveforms = [librosa.resample(w, orig_sr=sample_rate, target_sr=own_rate) for w in waveforms]
        spectrograms = log_mel(waveforms, LogMel(**self.front_end))[..., None]
        return ops.convert_to_numpy(ops.softmax(in_batches(self.network, spectrograms)))

    def labels(self, waveforms, sample_rate: int | None = None) -> np.ndarray:
        """Recordings -> the class that is heard in each, (recordings,) indices into `classes`."""
        return self.probabilities(waveforms, sample_rate).argmax(axis=1)

    def hear(self, waveforms, sample_rate: int | None = None) -> list[tuple[str, float]]:
        """Recordings -> the name of the class that is heard in each, and its probability."""
        return [(self.classes[row.argmax()], float(row.max())) for row in self.probabilities(waveforms, sample_rate)]

    def to_json(self) -> dict:
        """What reports say of it: its name and the SHA-256 of its weights."""
        digest = hashlib.sha256(b"".join(np.asarray(w, np.float32).tobytes() for w in self.get_weights()))
        return {"name": type(self).__name__, "sha256": digest.hexdigest()}

    def get_config(self):
        names = ("name", "classes", "filters", "blocks", "dropout", "front_end", "provenance")
        return {name: getattr(self, name) for name in names}
