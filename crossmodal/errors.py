"""The errors that a user may meet. Each message is one sentence that says what to do next."""


class CrossmodalError(Exception):
    """Base class: catching it catches every error that this package raises on purpose."""


class AudioError(CrossmodalError, ValueError):
    """A sound file or waveform that cannot be used: empty, silent, too short, too long, not finite."""


class DataError(CrossmodalError, ValueError):
    """A data set that is absent, damaged or does not fit what was asked of it."""


class ModelError(CrossmodalError, ValueError):
    """A model file, run folder or set of weights that cannot be used."""
