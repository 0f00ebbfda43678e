"""Measure a model on the test part of a protocol, and write what it drew."""

from pathlib import Path

import numpy as np

from crossmodal.app.pictures.images import save_confusion, save_digit_grid, save_heard
from crossmodal.data.alignment import Split, draw_clips, split_clips
from crossmodal.data.sources import Images, Speech
from crossmodal.sound.audio import write_wav
from crossmodal.sound.spectrogram import LogMel, log_mel
from evaluation.checks import check_digits
from evaluation.classifier import evaluate_agreement
from evaluation.lenet5 import weights_hash

GRID_DRAWS = 6  # drawn images in a row of the picture, and real ones beside them


def protocol_split(speech: Speech, provenance: dict) -> Split:
    """The division of the clips that a model's provenance names."""
    return split_clips(
        speech,
        provenance["protocol"],
        seed=provenance["seed"],
        held_out_speaker=provenance["held_out_speaker"],
        speakers=tuple(provenance["speakers"]) or None,
    )


def evaluate_model(model, speech: Speech, images: Images, split: Split, *, seed: int = 0) -> dict:
    """Agreement of a model's drawings with what the test clips say, with intervals and controls.

    For each test image a clip of its class is drawn from the test clips; these are the pairs.

    Raises:
        DataError: the classes are not the ten digits, which are all that LeNet5 reads, or the data do not fit.
        ModelError: the model draws what is no image.
    """
    check_digits(speech, images, split, "agreement")
    test_labels = speech.labels[split.test]
    spectrograms = test_spectrograms(model, speech, split)
    rng = np.random.default_rng([seed, 2])
    pair_clips = draw_clips(images.test_labels, test_labels, rng)
    metrics = evaluate_agreement(
        model, spectrograms, test_labels, pair_clips, images.test_images, images.test_labels, seed=seed
    )
    return {"seed": seed, "lenet5_sha256": weights_hash(), **metrics}


def test_spectrograms(model, speech: Speech, split: Split) -> np.ndarray:
    """(clips, frames, mels) of the test clips, by the front end that the model was trained with."""
    return log_mel([speech.waveforms[i] for i in split.test], LogMel(**model.front_end))


def save_pictures(folder: Path, model, speech: Speech, images: Images, split: Split, metrics, *, seed=0) -> None:
    """digits.png: drawings of each class beside real images; confusion.png: what LeNet5 read in them; clips/: the first
    recording of each class, and the spectrogram that the model hears."""
    rng = np.random.default_rng([seed, 3])
    labels = speech.labels[split.test]
    spectrograms = test_spectrograms(model, speech, split)
    rows = []
    (folder / "clips").mkdir(exist_ok=True)
    for label, name in enumerate(speech.classes):
        clips = rng.choice(np.flatnonzero(labels == label), GRID_DRAWS)
        real = rng.choice(np.flatnonzero(images.test_labels == label), GRID_DRAWS)
        first, second = (int(n) for n in rng.integers(2**31, size=2))
        drawn, draws = model.generate(spectrograms[clips], samples=1, seed=first)
        same_clip = model.generate(spectrograms[clips[:1]], samples=GRID_DRAWS, seed=second)[1][0]
        path = folder / "clips" / f"{label:02d}_{name}.wav"
        write_wav(path, speech.waveforms[split.test[clips[0]]], speech.sample_rate)
        save_heard(path.with_suffix(".png"), spectrograms[clips[0]])
        rows.append((name, [drawn, draws[:, 0], same_clip, images.test_images[real] / 255]))
    titles = ["posterior mean, six clips", "sampled z, six clips", "sampled z, one clip", "real images"]
    save_digit_grid(folder / "digits.png", rows, titles)
    if metrics is not None:
        save_confusion(
            folder / "confusion.png",
            metrics["confusion_posterior_mean"],
            speech.classes,
            f"posterior mean, {metrics['posterior_mean']['accuracy']:.1%} agree",
        )


def as_table(metrics: dict) -> str:
    """The figures as text for a terminal."""

    def line(name, figure):
        return (
            f"  {name:<34}{figure['accuracy']:7.2%}   {figure['interval_95'][0]:.2%} to {figure['interval_95'][1]:.2%}"
        )

    controls = metrics["controls"]
    return "\n".join(
        [
            f"LeNet5 agreement on {metrics['pairs']} pairs of {metrics['clips']} test clips"
            " (95 % interval: bootstrap over clips)",
            line("drawn at the posterior mean", metrics["posterior_mean"]),
            line("drawn at sampled z", metrics["sampled_z"]),
            f"  {'real test images':<34}{metrics['real_test_images']:7.2%}",
            f"  {'control: silent audio':<34}{controls['silent_audio']:7.2%}   chance is 10 %",
            f"  {'control: audio of a wrong digit':<34}{controls['wrong_digit_audio']:7.2%}   0 % if the sound decides",
        ]
    )
