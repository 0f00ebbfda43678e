"""Pictures of what a model drew of the test clips."""

from pathlib import Path

import numpy as np

from crossmodal.app.pictures.images import save_confusion, save_grid, save_heard
from crossmodal.data.alignment import Split
from crossmodal.data.sources import Images, Speech, as_input
from crossmodal.sound.audio import write_wav
from crossmodal.sound.front_ends import front_end_from, to_look_at
from evaluation.agreement import Agreement, pairs_to_test, spectrograms_to_test

GRID_DRAWS = 6  # drawn images in a row of the picture, and real ones beside them
GRID_ROWS = 10  # of pairs without classes


def save_pictures(
    folder: Path, model, speech: Speech, images: Images, split: Split, measured: Agreement | None, *, seed=0
) -> None:
    """drawings.png: drawings of each class beside real images; confusion.png: what the reader read in them; clips/: the
    first recording of each class, and its spectrogram as the model hears it, or hears the waveform. Of pairs without
    classes a few test clips take their place."""
    rng = np.random.default_rng([seed, 3])
    spectrograms = spectrograms_to_test(model, speech, split)
    (folder / "clips").mkdir(exist_ok=True)
    rows = []
    for i, (name, clips, real) in enumerate(rows_of(speech, images, split, rng)):
        first, second = (int(n) for n in rng.integers(2**31, size=2))
        drawn, draws = model.generate(spectrograms[clips], samples=1, seed=first)
        same_clip = model.generate(spectrograms[clips[:1]], samples=GRID_DRAWS, seed=second)[1][0]
        path = folder / "clips" / f"{i:02d}_{name}.wav"
        write_wav(path, speech.waveforms[split.test[clips[0]]], speech.sample_rate)
        save_heard(path.with_suffix(".png"), to_look_at(spectrograms[clips[:1]], front_end_from(model.front_end))[0])
        rows.append((name, [drawn, draws[:, 0], same_clip, as_input(images.test_images[real])]))
    titles = ["posterior mean, six clips", "sampled z, six clips", "sampled z, one clip", "real images"]
    save_grid(folder / "drawings.png", rows, titles)
    if measured is not None:
        title = f"posterior mean, {measured.posterior_mean.accuracy:.1%} agree"
        save_confusion(folder / "confusion.png", measured.confusion_posterior_mean, speech.classes, title)


def rows_of(speech: Speech, images: Images, split: Split, rng) -> list[tuple]:
    """(name, clips, real images) of each row: GRID_DRAWS indices into the test clips, and as many test images."""
    if speech.labels is None:
        pairs = pairs_to_test(speech, images, split, rng)
        chosen = rng.permutation(len(pairs))[:GRID_ROWS]
        return [(f"clip {n}", np.repeat(pairs[n], GRID_DRAWS), np.repeat(n, GRID_DRAWS)) for n in chosen]
    labels, rows = speech.labels[split.test], []
    for label, name in enumerate(speech.classes):
        clips = rng.choice(np.flatnonzero(labels == label), GRID_DRAWS)
        rows.append((name, clips, rng.choice(np.flatnonzero(images.test_labels == label), GRID_DRAWS)))
    return rows
