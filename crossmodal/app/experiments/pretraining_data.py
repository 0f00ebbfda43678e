"""The examples of a pre-training: images, or spectrograms of clips that do not test."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Examples:
    """Examples as visible units.

    train, test: (n, height, width) float32, in [0, 1], or standardised by `mean` and `deviation`.
    train_labels: (train,) class of each training example.
    labels, groups: (test,) class of each test example; who said it, or a number of its own.
    classes: names of the classes.
    kind: of the visible units, "bernoulli" or "gaussian".
    mean, deviation: of all units; 0 and 1 of Bernoulli units, of sounds those by which encoders standardise.
    sounds: whether these are spectrograms (frames, mels).
    """

    train: np.ndarray
    test: np.ndarray
    train_labels: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    classes: tuple[str, ...]
    kind: str
    mean: float
    deviation: float
    sounds: bool

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of an example."""
        return self.train.shape[1], self.train.shape[2]

    def pictures(self, v) -> np.ndarray:
        """Visible units (n, ...) as pictures in [0, 1], those of sounds with low tones at the bottom."""
        return self.upright(np.clip(np.reshape(v, (-1, *self.shape)) * self.deviation + self.mean, 0, 1))

    def upright(self, x) -> np.ndarray:
        """Pictures (n, height, width) of sounds with time to the right and low tones at the bottom."""
        return np.swapaxes(x, 1, 2)[:, ::-1] if self.sounds else x


def load_examples(config, bernoulli_only: bool = False) -> Examples:
    """The examples that the options of a pre-training name.

    Args:
        config: a `pretraining.Config`.
        bernoulli_only: the method has no Gaussian visible units.

    Raises:
        DataError: a source is absent, or has no such class.
    """
    from crossmodal.data.catalog import load_pair
    from crossmodal.data.sources import as_input
    from crossmodal.errors import DataError
    from crossmodal.models.networks.encoder_parts import SPECTROGRAM_MEAN, SPECTROGRAM_STD

    places = {name: getattr(config, name) for name in ("data_dir", "archives", "speech_commands_dir")}
    speech, images = load_pair(config.data, **places)
    sounds = config.side == "sounds"
    if sounds:
        from crossmodal.data import fsdd
        from crossmodal.data.alignment import split_clips
        from crossmodal.sound.spectrogram import LogMel, log_mel

        speakers, front_end = fsdd.speakers_of(config.data, config.protocol), LogMel(find_word=config.find_word)
        split = split_clips(speech, config.protocol, seed=config.seed, speakers=speakers)
        clips = {part: getattr(split, part) for part in ("train", "test")}
        x = {part: log_mel([speech.waveforms[i] for i in own], front_end) for part, own in clips.items()}
        train, test, y, labels = x["train"], x["test"], speech.labels[split.train], speech.labels[split.test]
        groups = speech.speakers[split.test]
    else:
        train, test = (as_input(x)[..., 0] for x in (images.train_images, images.test_images))
        y, labels, groups = images.train_labels, images.test_labels, np.arange(len(test))
    if config.only:
        if config.only not in speech.classes:
            raise DataError(f"There is no class {config.only!r}: choose one of {', '.join(speech.classes)}.")
        chosen = y == speech.classes.index(config.only)
        train, y = train[chosen], y[chosen]
    order = np.random.default_rng(config.seed).permutation(len(train))[: config.examples]
    train, y = train[order], y[order]
    kind: str = config.visible or ("gaussian" if sounds and not bernoulli_only else "bernoulli")
    mean, deviation = 0.0, 1.0
    if kind == "gaussian":
        mean, deviation = (SPECTROGRAM_MEAN, SPECTROGRAM_STD) if sounds else (float(train.mean()), float(train.std()))
    train, test = (train - mean) / deviation, (test - mean) / deviation
    return Examples(train, test, y, labels, groups, tuple(speech.classes), kind, mean, deviation, sounds)
