"""Agreement by condition: the test clips as they are, in noise, in a room, through a telephone, clipped.

Each condition changes the waveform, before the word is found in it, as another place or device would have. At the
posterior mean, each test clip once.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from crossmodal.data.alignment import Split
from crossmodal.data.noises import excerpt
from crossmodal.data.sources import Speech
from crossmodal.reader import Reader, default_reader
from crossmodal.sound import conditions
from crossmodal.sound.front_ends import front_end_from, hear
from crossmodal.sound.segmentation import find_word
from evaluation.agreement import Accuracy, bootstrap, unseen_speakers
from evaluation.checks import check_drawings

Change = Callable[[np.ndarray, int, list[np.ndarray], np.random.Generator], np.ndarray]
PINK = 1.0  # exponent of the noise where none is recorded
DECAY_S, DIRECT_DB = 0.5, 0.0  # of the room: its direct sound has the energy of its tail
BELOW_PEAK_DB = 12.0


def noisy(snr_db: float) -> Change:
    """Noise so many decibels below the speech, whose level is that of the word."""

    def change(waveform, sample_rate, noises, rng):
        if noises:
            noise = excerpt(noises[rng.integers(len(noises))], len(waveform), rng)
        else:
            noise = conditions.coloured_noise(len(waveform), PINK, rng)
        level = conditions.rms(waveform[slice(*find_word(waveform, sample_rate))])
        return conditions.add_noise(waveform, noise, snr_db, level)

    return change


CONDITIONS: dict[str, Change] = {
    "clean": lambda waveform, sample_rate, noises, rng: waveform,
    **{f"noise at {snr_db} dB": noisy(snr_db) for snr_db in (20, 10, 5, 0)},
    f"room of {DECAY_S} s": lambda waveform, sample_rate, noises, rng: conditions.in_a_room(
        waveform, sample_rate, DECAY_S, DIRECT_DB, rng
    ),
    "telephone": lambda waveform, sample_rate, noises, rng: conditions.through_telephone(waveform, sample_rate),
    f"clipped {BELOW_PEAK_DB:g} dB below its peak": lambda waveform, *_: conditions.clipped(waveform, BELOW_PEAK_DB),
}


@dataclass(frozen=True)
class Conditions:
    """What was measured.

    seed:         of all that is drawn at random.
    clips:        how many were tested.
    people:       the number of people over whom the intervals are; None where they are over clips.
    noise:        names of the recordings of noise; none where it was made (pink).
    by_condition: the share of the clips whose drawing the reader reads as what was said.
    """

    reader: dict
    seed: int
    clips: int
    people: int | None
    noise: list[str]
    by_condition: dict[str, Accuracy]

    def to_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, figures: dict) -> "Conditions":
        measured = {name: Accuracy.from_json(figure) for name, figure in figures["by_condition"].items()}
        names = ("reader", "seed", "clips", "people", "noise")
        return cls(**{name: figures[name] for name in names}, by_condition=measured)


def measure_conditions(
    model,
    speech: Speech,
    split: Split,
    *,
    reader: Reader | None = None,
    noises: dict[str, np.ndarray] | None = None,
    seed: int = 0,
) -> Conditions:
    """Agreement of a model's drawings with what the test clips say, under each of `CONDITIONS`.

    Args:
        model: an `AudioImageModel`.
        reader: who judges; LeNet5 on MNIST if None.
        noises: recordings of noise by name, at the model's sample rate; pink noise is made if None.

    Raises:
        ModelError: the model draws what is no image.
    """
    reader = reader or default_reader()
    front_end = front_end_from(model.front_end)
    spoken, people = speech.labels[split.test], unseen_speakers(speech, split)
    units = split.test if people is None else people
    recorded = list((noises or {}).values())
    by_condition = {}
    for name, change in CONDITIONS.items():
        waveforms = []
        for i in split.test:
            rng = np.random.default_rng([seed, 4, int(i)])
            waveforms.append(change(speech.waveforms[i], front_end.sample_rate, recorded, rng))
        images, _ = model.generate(hear(waveforms, front_end), samples=0, seed=seed)
        read = reader.labels(check_drawings(images, reader.image_shape))
        by_condition[name] = bootstrap(read == spoken, units, seed=seed)
    return Conditions(
        reader=reader.to_json(),
        seed=seed,
        clips=len(split.test),
        people=None if people is None else len(np.unique(people)),
        noise=sorted(noises or {}),
        by_condition=by_condition,
    )


def as_table(measured: Conditions) -> str:
    """The figures as text for a terminal."""
    units = f"{measured.people} people, none of whom trained" if measured.people else "clips"
    noise = f"{len(measured.noise)} recordings" if measured.noise else "pink noise"
    lines = [f"{measured.reader['name']} agreement at the posterior mean, {measured.clips} clips; noise: {noise}"]
    lines += [f"  (95 % interval: bootstrap over {units})"]
    for name, figure in measured.by_condition.items():
        low, high = figure.interval_95
        lines.append(f"  {name:<34}{figure.accuracy:7.2%}   {low:.2%} to {high:.2%}")
    return "\n".join(lines)
