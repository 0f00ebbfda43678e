"""Coherence of a model that goes both ways: whether image and sound tell the same (Shi et al. 2019: MMVAE).

    sound -> image           the reader reads in a drawing of a test clip what was said
    image -> sound           the listener hears in what is said of a test image what it shows
    both imagined            reader and listener name one class
    image -> sound -> image  the reader reads in a drawing of that sound what the image shows

Sounds are heard as waveforms, of which the model and the listener make their spectrograms anew. Beside them: what both
judges reach on real images and clips, and what is lost on the way from a spectrogram to a waveform and back.
"""

from dataclasses import asdict, dataclass

import numpy as np

from crossmodal.data.alignment import Split, split_of
from crossmodal.data.sources import Images, Speech, as_input
from crossmodal.errors import DataError
from crossmodal.reader import Reader
from crossmodal.saying import aloud, check_says, default_listener
from crossmodal.sound.spectrogram import LogMel, log_mel, log_mel_and_durations
from evaluation.agreement import Accuracy, bootstrap, unseen_speakers
from evaluation.checks import check_drawings, check_tested

PAIRS = 1000


@dataclass(frozen=True)
class Coherence:
    """What was measured.

    seed:    of the images that are chosen, of all that is drawn and said, and of the bootstrap.
    reader, listener: the names and the SHA-256 of the judges.
    pairs:   how many test images were said, and how many pairs imagined.
    clips:   how many test clips were drawn.
    people:  the number of people over whom the intervals of clips are; None where they are over clips.
    by_way:  the share of each way that is coherent.
    real_images: what the reader reaches on the test images.
    real_clips: what the listener reaches on the test clips of people who did not train it; None where there are none.
    inverted_clips: the same of these clips after `crossmodal.sound.inversion`.
    log_spectral_distance_db: between the spectrograms of all test clips before and after it: the mean over clips and
        frames of the RMS over mel bands.
    """

    seed: int
    reader: dict
    listener: dict
    pairs: int
    clips: int
    people: int | None
    by_way: dict[str, Accuracy]
    real_images: Accuracy
    real_clips: Accuracy | None
    inverted_clips: Accuracy | None
    log_spectral_distance_db: float

    def to_json(self) -> dict:
        return {"coherence": asdict(self)}

    @classmethod
    def from_json(cls, figures: dict) -> "Coherence":
        record = dict(figures["coherence"])
        for name in ("real_images", "real_clips", "inverted_clips"):
            record[name] = record[name] and Accuracy.from_json(record[name])
        by_way = {name: Accuracy.from_json(figure) for name, figure in record.pop("by_way").items()}
        return cls(**record, by_way=by_way)


def log_spectral_distance(one: np.ndarray, other: np.ndarray, front_end: LogMel) -> float:
    """Between spectrograms (n, frames, mels) in [0, 1], in decibels: the RMS over mels, its mean over all frames."""
    decibels = front_end.dynamic_range_db * (one - other)
    return float(np.sqrt(np.mean(np.square(decibels), axis=-1)).mean())


def unheard(listener, speech: Speech, clips: np.ndarray) -> np.ndarray:
    """(clips,) whether each clip of a source is by somebody who did not train the listener, by its provenance."""
    recipe = listener.provenance.get("recipe", {})
    if speech.name in recipe.get("train_also", ()):
        return np.isin(speech.speakers[clips], recipe.get("left_out", ()))
    if speech.name == recipe.get("data"):
        return np.isin(clips, split_of(speech, listener.provenance).test)
    return np.ones(len(clips), bool)


def measure_coherence(
    model, speech: Speech, images: Images, split: Split, *, reader: Reader, listener=None, pairs=PAIRS, seed: int = 0
) -> Coherence:
    """Coherence of a model on the test part of a protocol.

    Args:
        model: a `JointFlow`.
        listener: a `crossmodal.models.listener.Listener` of the same classes; the preset if None.
        pairs: test images that are said, and pairs that are imagined.

    Raises:
        DataError: the classes are not those of the judges, or the data do not fit.
        ModelError: the model does not say what it sees, or draws what is no image.
    """
    check_says(model)
    listener = listener or default_listener()
    check_tested(speech, images, split, reader, "coherence")
    if tuple(listener.classes) != reader.classes:
        raise DataError("The listener hears other classes than the reader reads: train one of these classes.")
    front_end, rate = LogMel(**model.front_end), speech.sample_rate
    clips, labels = [speech.waveforms[i] for i in split.test], speech.labels[split.test]
    people = unseen_speakers(speech, split)
    units = np.arange(len(clips)) if people is None else people
    chosen = np.random.default_rng([seed, 6]).permutation(len(images.test_labels))[:pairs]
    shown, shown_labels = as_input(images.test_images[chosen]), images.test_labels[chosen]

    def read(drawings):
        return reader.labels(check_drawings(drawings, reader.image_shape))

    def drawn(spectrograms):
        return read(model.generate(spectrograms, samples=0, seed=seed)[0])

    def share(correct, units=None):
        return bootstrap(correct, np.arange(len(correct)) if units is None else units, seed=seed)

    spectrograms, durations_s = log_mel_and_durations(clips, front_end)
    said = aloud(model, *model.say(shown, 1, seed))
    imagined, imagined_sounds, imagined_s = model.imagine(len(chosen), seed)
    named = listener.labels(aloud(model, imagined_sounds, imagined_s), rate)
    by_way = {
        "sound -> image": share(drawn(spectrograms) == labels, units),
        "image -> sound": share(listener.labels(said, rate) == shown_labels),
        "both imagined": share(read(imagined) == named),
        "image -> sound -> image": share(drawn(log_mel(said, front_end)) == shown_labels),
    }
    inverted = aloud(model, spectrograms, durations_s)
    strange = unheard(listener, speech, split.test)

    def listened(waveforms):
        return share((listener.labels(waveforms, rate) == labels)[strange], units[strange]) if strange.any() else None

    return Coherence(
        seed=seed,
        reader=reader.to_json(),
        listener=listener.to_json(),
        pairs=len(chosen),
        clips=len(clips),
        people=None if people is None else len(np.unique(people)),
        by_way=by_way,
        real_images=share(read(shown) == shown_labels),
        real_clips=listened(clips),
        inverted_clips=listened(inverted),
        log_spectral_distance_db=log_spectral_distance(log_mel(inverted, front_end), spectrograms, front_end),
    )


def as_table(measured: Coherence) -> str:
    """The figures as text for a terminal."""
    units = f"{measured.people} people, none of whom trained" if measured.people else "clips"
    lines = [f"coherence on {measured.clips} test clips, {measured.pairs} test images and as many imagined pairs"]
    lines += [f"  (95 % interval: bootstrap over {units}, images and pairs)"]
    beside = {
        "real test images, the reader": measured.real_images,
        "clips of strangers, the listener": measured.real_clips,
        "the same, inverted": measured.inverted_clips,
    }
    for name, figure in (measured.by_way | beside).items():
        if figure is None:
            continue
        low, high = figure.interval_95
        lines.append(f"  {name:<34}{figure.accuracy:7.2%}   {low:.2%} to {high:.2%}")
    distance = f"{measured.log_spectral_distance_db:.2f} dB"
    return "\n".join([*lines, f"  {'log-spectral distance, inverted':<34}{distance:>7}"])
