"""Is a sound recognised as what it was made from? A classifier of windows, trained on recordings alone.

That a pretrained classifier recognises what was generated is the paper's measure of drawings, carried over to sounds.
`windows` describes a window without a cochlea; linear discriminants with a shrunk covariance (O. Ledoit & M. Wolf 2004)
tell the classes apart. A sound is recognised as the class with the highest sum of log probabilities of its windows.

`identify` asks which of N recordings a sound is of. A judge that knows one half of each hears the other halves, which
are the ceiling, draws, and noise with the recording's spectrum, which is the floor. As a spectrum alone tells most
recordings from each other, a judge knows such noise too: N classes more, none of which is ever the right answer. Draws
were learned from the whole recording, the judge's half too, which the other half was not.
"""

import numpy as np

from crossmodal.errors import AudioError
from evaluation.texture.score import half_samples, pieces, spectral_noise
from evaluation.texture.windows import MEL_BANDS, WINDOW_S, window_features

HOP_S = WINDOW_S / 2
NOISES = 4  # halves of noise for each half of a reference
SILENT_DB = 40.0  # a window so far below the loudest is not heard
_DECOY = "noise like "


def train_judge(sounds: dict[str, list[np.ndarray]]):
    """A scikit-learn classifier of windows to which all classes are equally likely; `classes_` are their names.

    Args:
        sounds: class to sounds (samples,) at 20 kHz.

    Raises:
        AudioError: fewer than two classes; see also `window_features`.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(sounds) < 2:
        raise AudioError(f"A judge tells classes apart, there are {len(sounds)}: name two recordings or more.")
    windows = {name: np.concatenate([heard_windows(sound) for sound in known]) for name, known in sounds.items()}
    labels = np.repeat(list(windows), [len(found) for found in windows.values()])
    equal = np.full(len(sounds), 1 / len(sounds))
    discriminants = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=equal)
    return make_pipeline(StandardScaler(), discriminants).fit(np.concatenate(list(windows.values())), labels)


def heard_windows(sound: np.ndarray) -> np.ndarray:
    """`window_features` (windows, 100) of half a second, half overlapping, without those 40 dB below the loudest."""
    windows = window_features(sound, hop_s=HOP_S)
    level_db = windows[:, 0] / np.sqrt(MEL_BANDS)
    return windows[level_db > level_db.max() - SILENT_DB]


def recognise(judge, sound: np.ndarray) -> str:
    """The class that a judge hears in a sound (samples,) at 20 kHz."""
    return str(judge.classes_[np.argmax(judge.predict_log_proba(heard_windows(sound)).sum(axis=0))])


def heard_shares(judge, sound: np.ndarray) -> dict[str, float]:
    """The share of a sound's windows that is heard as each class."""
    heard = judge.predict(heard_windows(sound))
    return {str(name): float(np.mean(heard == name)) for name in judge.classes_}


def identify(references: dict[str, np.ndarray], draws: dict[str, list[np.ndarray]], seed: int = 0) -> dict:
    """Ask two judges, each of which knows one half of every reference, of which reference sounds are.

    Args:
        references: name to recording (samples,) at 20 kHz, of which up to 7 s count.
        draws: name of a reference to draws of it (samples,), each at least as long as its half; pieces of that length
            are heard.
        seed: of the noise.

    Returns:
        dict: `references`: how many; `halves`, `draws`, `noise`: the share of pieces that is recognised, each reference
        that was drawn counting the same; `ratio`: draws over halves, None where no half is recognised; `by_reference`:
        name to {"halves", "draws", "noise": share, "taken_for": {class: pieces of draws}}.

    Raises:
        AudioError: see `train_judge`; draws of no reference, or shorter than its half.
    """
    if not draws or (unknown := set(draws) - set(references)):
        raise AudioError(f"There are no references of the draws {sorted(unknown) if draws else draws}.")
    rng = np.random.default_rng(seed)
    halves = {name: halves_of(sound) for name, sound in references.items()}
    judges = [train_judge(with_noise({name: pair[known] for name, pair in halves.items()}, rng)) for known in (0, 1)]
    by_reference = {}
    for name, drawn in draws.items():
        first, second = halves[name]
        noises = [spectral_noise(half, rng) for half in (first, second) for _ in range(NOISES)]
        drawn_pieces = [piece for draw in drawn for piece in pieces(draw, len(first))]
        if not drawn_pieces:
            raise AudioError(f"The draws of {name!r} are shorter than half of it: draw more.")
        taken = [recognise(judge, piece) for judge in judges for piece in drawn_pieces]
        by_reference[name] = {
            "halves": share_of(name, [recognise(judges[0], second), recognise(judges[1], first)]),
            "draws": share_of(name, taken),
            "noise": share_of(name, [recognise(judge, noise) for judge in judges for noise in noises]),
            "taken_for": {heard: taken.count(heard) for heard in sorted(set(taken))},
        }
    means = {kind: float(np.mean([of[kind] for of in by_reference.values()])) for kind in ("halves", "draws", "noise")}
    ratio = means["draws"] / means["halves"] if means["halves"] else None
    return {"references": len(references), **means, "ratio": ratio, "by_reference": by_reference}


def with_noise(known: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, list[np.ndarray]]:
    """The sounds that a judge learns from: those known, and noises with the spectrum of each."""
    noises = {_DECOY + name: [spectral_noise(sound, rng) for _ in range(NOISES)] for name, sound in known.items()}
    return {name: [sound] for name, sound in known.items()} | noises


def halves_of(reference: np.ndarray) -> list[np.ndarray]:
    """What is scored of a reference (samples,) as two halves."""
    return pieces(reference, half_samples(reference))[:2]


def share_of(name: str, heard: list[str]) -> float:
    """How many of the names that were heard are this one, 0 to 1."""
    return heard.count(name) / len(heard)
