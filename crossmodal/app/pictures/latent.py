"""Pictures of a latent space: the map of the clips, the way from one to another, a style that is carried over."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from crossmodal.app.pictures.images import save_figure, save_grid
from crossmodal.data.alignment import Split
from crossmodal.data.sources import Speech
from evaluation.agreement import spectrograms_to_test
from evaluation.latent.arithmetic import HANDS, Written
from evaluation.latent.figures import LatentSpace
from evaluation.latent.paths import between, two_of_each_person
from evaluation.latent.style import thickness

WAYS, STEPS = 8, 10  # paths in the picture, and steps of each
COLUMNS = 6  # drawings of each kind in the picture of a style


def save_latent_pictures(
    folder: Path, model, speech: Speech, split: Split, measured: LatentSpace, *, seed: int = 0
) -> None:
    """map.png, a point for each test clip; interpolation.png, a path a row; of models with hands arithmetic.png."""
    rng = np.random.default_rng([seed, 7])
    labels = speech.labels[split.test]
    latents = model.latents_of(spectrograms_to_test(model, speech, split))
    if measured.map is not None:  # a record that was read from JSON has none
        save_map(folder / "map.png", measured.map, labels, speech.classes)
    pairs = two_of_each_person(labels, speech.speakers[split.test], WAYS, rng)
    if len(pairs):
        ways = between(latents[pairs[:, 0]], latents[pairs[:, 1]], STEPS)
        drawn = model.draw_at(ways.reshape(-1, ways.shape[-1])).reshape(*ways.shape[:2], *model.image_shape)
        names = [" to ".join(speech.classes[labels[clip]] for clip in pair) for pair in pairs]
        save_grid(folder / "interpolation.png", [(n, [way]) for n, way in zip(names, drawn, strict=True)], [""])
    if model.hand_dim:
        save_arithmetic(folder / "arithmetic.png", model, latents, labels, speech.classes, rng)


def save_map(path: Path, places: np.ndarray, labels: np.ndarray, classes) -> None:
    """Places (n, 2), coloured by class."""
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    ax = figure.subplots()
    for label, name in enumerate(classes):
        x, y = places[labels == label].T
        ax.scatter(x, y, s=7, color=f"C{label % 10}", label=name)
    ax.set(xticks=[], yticks=[])
    ax.legend(fontsize=8, markerscale=2, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    save_figure(figure, path, dpi=110)


def save_arithmetic(path: Path, model, latents, labels, classes, rng) -> None:
    """What makes the second class thick, of digits one, carried to each other class: a row for each."""

    def written(label):
        rows = rng.choice(np.flatnonzero(labels == label), HANDS)
        hands = rng.standard_normal((HANDS, model.hand_dim), np.float32)
        images = model.draw_at(latents[rows], hands)
        return images, Written(latents[rows], hands, thickness(images))

    source = min(1, len(classes) - 1)
    of_source, known = written(source)
    thin, thick = (rows[:COLUMNS] for rows in (known.extremes[0], known.extremes[1][::-1]))
    lines = []
    for label, name in enumerate(classes):
        if label != source:
            images, target = written(label)
            rows = target.extremes[0][:COLUMNS]
            thicker = model.draw_at(target.latents[rows], target.hands[rows] + known.direction)
            lines.append((name, [of_source[thick], of_source[thin], images[rows], thicker]))
    thing = classes[source]
    save_grid(path, lines, [f"thick {thing}", f"- thin {thing}", "+ thin", "= thick"])
