"""Which front end suits environmental sounds: one number of it changed at a time, on ESC-10.

    python recipes/studies/environmental_front_ends.py --sounds-dir ESC-10

A support vector machine hears the mean, the standard deviation and the mean change over time of each mel band, a part
of what an encoder with `--read-out statistics` can hear. For each test fold it is trained on three of the four others
and scored on the fourth, in turn: the test fold itself chooses nothing. Writes results/environmental_front_ends.json.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from crossmodal.app.options import option, run_recipe
from crossmodal.data.folders import load_sounds
from crossmodal.data.sources import Speech
from crossmodal.sound.front_ends import SOUNDS
from crossmodal.sound.spectrogram import LogMel, log_mel

RESULTS = Path(__file__).parents[1] / "results" / "environmental_front_ends.json"
FOLDS = (1, 2, 3, 4, 5)
GROUP_OF = r"^(\d)-"  # of a clip's name: its fold
USUAL = replace(SOUNDS["environment"], dynamic_range_db=80.0)  # from where the numbers are changed
CHANGES: dict[str, dict] = {
    "16 kHz, window of 64 ms, 64 bands, 64 frames, 80 dB, loudest 5 s": {},
    "8 kHz": {"sample_rate": 8000, "n_fft": 512, "fmax": 4000.0},
    "20 kHz": {"sample_rate": 20_000, "n_fft": 1280, "fmax": 10_000.0},
    "window of 32 ms": {"n_fft": 512},
    "window of 128 ms": {"n_fft": 2048},
    "40 bands": {"n_mels": 40},
    "96 bands": {"n_mels": 96},
    "128 frames": {"n_frames": 128},
    "60 dB": {"dynamic_range_db": 60.0},
    "100 dB": {"dynamic_range_db": 100.0},
    "padded to 5 s": {"timing": "pad"},
    "stretched": {"timing": "stretch"},
    "loudest 2 s": {"pad_duration_s": 2.0},
    "loudest 1 s": {"pad_duration_s": 1.0},
}


@dataclass(frozen=True)
class Config:
    sounds_dir: str = option("ESC-10", "the data set's folder, with a folder per class")


def front_ends() -> dict[str, LogMel]:
    """The front ends by their names: one from which each other one differs in one thing, and that of speech. The best
    of them, of 60 dB, became that of `--sounds environment`."""
    return {name: replace(USUAL, **change) for name, change in CHANGES.items()} | {"speech": SOUNDS["speech"]}


def statistics(spectrograms: np.ndarray) -> np.ndarray:
    """(clips, frames, mels) -> of each band over time mean, standard deviation and mean change: (clips, 3 mels)."""
    change = np.abs(np.diff(spectrograms, axis=1)).mean(axis=1)
    return np.concatenate([spectrograms.mean(axis=1), spectrograms.std(axis=1), change], axis=1)


def accuracies(features: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> list[float]:
    """For each test fold the mean accuracy on the four others, each by a machine that heard neither it nor the test
    fold."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    scores = np.full((len(FOLDS), len(FOLDS)), np.nan)  # test fold, scored fold
    for i, test in enumerate(FOLDS):
        for j, scored in enumerate(FOLDS[:i]):
            trained = ~np.isin(folds, (test, scored))
            machine = make_pipeline(StandardScaler(), SVC(C=5)).fit(features[trained], labels[trained])
            for (row, column), fold in (((i, j), scored), ((j, i), test)):
                scores[row, column] = machine.score(features[folds == fold], labels[folds == fold])
    return np.nanmean(scores, axis=1).tolist()


def work(config: Config, arguments) -> None:
    from crossmodal.runtime.files import write_json

    found: dict[str, list[float]] = {}
    read: dict[int, Speech] = {}  # by their rate
    for name, front_end in front_ends().items():
        rate = front_end.sample_rate
        read[rate] = read.get(rate) or load_sounds(config.sounds_dir, rate, group_of=GROUP_OF, say=lambda words: None)
        speech = read[rate]
        features = statistics(log_mel(speech.waveforms, front_end))
        found[name] = accuracies(features, speech.labels, speech.speakers.astype(int))
        print(f"{np.mean(found[name]):.1%}  {name}", flush=True)
    best = [max(found, key=lambda name: found[name][i]) for i in range(len(FOLDS))]
    command = "python recipes/studies/environmental_front_ends.py"
    write_json(RESULTS, {"command": command, "accuracies": found, "best_by_test_fold": best})


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
