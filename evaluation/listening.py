"""How well a listener hears: the share of recordings that it hears rightly. People are the sampling unit."""

import numpy as np

from evaluation.agreement import bootstrap, confusion_matrix


def measure_listener(listener, waveforms: list, labels: np.ndarray, speakers: np.ndarray, *, seed: int = 0) -> dict:
    """Accuracy of a listener on recordings of people who did not train.

    Args:
        listener: a `crossmodal.models.listener.Listener`.
        waveforms, labels, speakers: (samples,) at the listener's rate, the class and the speaker of each.
        seed: of the bootstrap.

    Returns:
        "accuracy" and its "interval_95" from a bootstrap over people, "mean_over_people", in which each counts alike,
        "clips", "people", and "confusion", (classes, classes) counts: row said, column heard.

    Raises:
        DataError: there are no recordings.
    """
    heard = listener.labels(waveforms)
    figure = bootstrap(heard == labels, speakers, seed=seed)
    each = [np.mean(heard[speakers == speaker] == labels[speakers == speaker]) for speaker in np.unique(speakers)]
    return {
        "accuracy": figure.accuracy,
        "interval_95": list(figure.interval_95),
        "mean_over_people": float(np.mean(each)),
        "clips": len(labels),
        "people": len(each),
        "confusion": confusion_matrix(labels, heard, len(listener.classes)).tolist(),
    }
