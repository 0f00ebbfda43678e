"""What a latent space is good for: analysis, synthesis, embedding, interpolation, indexing and arithmetic.

The latent of a sound is what its drawing is made from: z_mean of a Gaussian posterior, or a code. Where a drawing has a
hand too, the two are drawn apart. All that is fitted is fitted on training clips, all figures are of test clips.
"""

import numpy as np

from crossmodal.reader import Reader, default_reader
from evaluation.agreement import Accuracy, bootstrap, unseen_speakers
from evaluation.checks import check_tested
from evaluation.intervals import Mean, mean_of
from evaluation.latent.arithmetic import add_styles
from evaluation.latent.embedding import map_of
from evaluation.latent.figures import LatentSpace
from evaluation.latent.heard import Judge, hear
from evaluation.latent.paths import interpolate
from evaluation.latent.probes import probe_spectrograms, read_classes, style_of_drawings, style_of_images
from evaluation.latent.retrieval import retrieve
from evaluation.latent.synthesis import synthesise

FITTED = 4000  # training clips at most, by which something is fitted


def measure_latent_space(model, speech, images, split, *, reader: Reader | None = None, seed: int = 0) -> LatentSpace:
    """All figures of the report.

    Args:
        model: an `AudioImageModel` with a latent.
        speech, images, split: what the model was trained and is tested on.
        reader: who reads drawings, and by whose features paths are measured; LeNet5 on MNIST if None.
        seed: of all that is drawn at random.

    Raises:
        DataError: the classes are not the reader's, or the data do not fit.
        ModelError: the model has no latent, or draws what is no image.
    """
    reader = reader or default_reader()
    check_tested(speech, images, split, reader, "a latent space")
    rng = np.random.default_rng([seed, 6])
    people = unseen_speakers(speech, split)
    test = hear(model, speech, split.test, np.arange(len(split.test)) if people is None else people)
    chosen = rng.permutation(split.train)[:FITTED]
    fit = hear(model, speech, chosen, chosen)
    judge = Judge(model, reader)
    places, trustworthiness = map_of(test.latents, seed)
    found, chance = retrieve(test.latents, test.labels, test.speakers)
    of_spectrograms, _ = retrieve(test.flat, test.labels, test.speakers)
    asked = ~np.isnan(found)
    path, fade = interpolate(judge, test, rng, seed) or (None, None)
    hands = model.hand_dim > 0

    def right(read):
        return bootstrap(read == test.labels, test.units, seed=seed)

    return LatentSpace(
        seed=seed,
        reader=reader.to_json(),
        clips=len(test.labels),
        people=None if people is None else len(np.unique(people)),
        latent_dim=test.latents.shape[1],
        hand_dim=model.hand_dim,
        class_probe=right(read_classes(fit.latents, fit.labels, test.latents)),
        spectrogram_probe=right(probe_spectrograms(fit, test, seed)),
        drawn_style=style_of_drawings(judge, fit, test, rng, seed) if hands else None,
        seen_style=style_of_images(judge, fit, test, images, rng, seed),
        at_clips=right(judge.read(judge.draw(test.latents))),
        at_new=synthesise(judge, fit, rng, seed),
        trustworthiness=trustworthiness,
        path=path,
        fade=fade,
        retrieval=mean_of(found[asked], test.units[asked], seed) if asked.any() else None,
        retrieval_of_spectrograms=mean_of(of_spectrograms[asked], test.units[asked], seed) if asked.any() else None,
        retrieval_by_chance=float(chance[asked].mean()) if asked.any() else None,
        arithmetic=add_styles(judge, test, rng, seed) if hands else None,
        map=places,
    )


def as_table(measured: LatentSpace) -> str:
    """The figures as text for a terminal."""
    units = f"{measured.people} people, none of whom trained" if measured.people else "clips"
    lines = [
        f"latents of {measured.latent_dim} numbers, hands of {measured.hand_dim}, {measured.clips} test clips"
        f" (95 % interval: bootstrap over {units})"
    ]
    for name, figure, form in rows_of(measured):
        if isinstance(figure, Accuracy | Mean):
            low, high = figure.interval_95
            value = figure.accuracy if isinstance(figure, Accuracy) else figure.mean
            lines.append(f"  {name:<58}{form.format(value):>8}   {form.format(low)} to {form.format(high)}")
        else:
            lines.append(f"  {name:<58}{form.format(figure):>8}")
    return "\n".join(lines)


def rows_of(measured: LatentSpace) -> list[tuple]:
    """(name, figure, how it is written) of all that was measured, in the order of the parts."""
    percent, number = "{:.1%}", "{:.2f}"
    rows: list[tuple] = [
        ("analysis: class, by a linear probe", measured.class_probe, percent),
        ("analysis: class, by a linear probe of the spectrogram", measured.spectrogram_probe, percent),
    ]
    for name, style in (measured.drawn_style or {}).items():
        rows.append((f"analysis: {name} of a drawing, by its hand, R²", style, number))
    for name, style in (measured.seen_style or {}).items():
        rows.append((f"analysis: {name} of a real image, by the hand found in it, R²", style, number))
    rows += [
        ("synthesis: agreement at the clips' latents", measured.at_clips, percent),
        ("synthesis: agreement at new latents", measured.at_new, percent),
        ("embedding: trustworthiness of the map", measured.trustworthiness, "{:.3f}"),
    ]
    for name, path in (("latents", measured.path), ("pixels", measured.fade)):
        if path:
            rows.append((f"interpolation of {name}: length over distance", path.length, number))
            rows.append((f"interpolation of {name}: longest step over length", path.longest_step, number))
            rows.append((f"interpolation of {name}: read as one of its ends", path.read_as_ends, percent))
    if measured.retrieval:
        rows.append(("indexing: mean average precision", measured.retrieval, number))
        rows.append(("indexing: mean average precision of spectrograms", measured.retrieval_of_spectrograms, number))
        rows.append(("indexing: mean average precision by chance", measured.retrieval_by_chance, number))
    for name, carried in (measured.arithmetic or {}).items():
        rows.append((f"arithmetic: share of {name} that is carried over", carried.share, number))
        rows.append((f"arithmetic: share of {name}, of hands at random", carried.share_at_random, number))
        rows.append((f"arithmetic: agreement after {name} was added", carried.read, percent))
        rows.append((f"arithmetic: agreement before {name} was added", carried.read_before, percent))
    return rows
