"""Pictures of results, written as PNG. No global state: each picture is a Figure of its own."""

import io
from pathlib import Path
from typing import IO

import matplotlib.image
import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from crossmodal.runtime.files import replacing
from crossmodal.runtime.recipe import KEY, recipe_text

QUICKLY = {"compress_level": 3}  # a PNG in half the time, hardly larger


def show(ax, image: np.ndarray) -> None:
    """An image (height, width) or (height, width, channels) in [0, 1] on Matplotlib's axes, grey or in colour."""
    image = image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image
    ax.imshow(image, cmap="gray", vmin=0, vmax=1)
    ax.set(xticks=[], yticks=[])


def save_figure(figure: Figure, path: Path | IO[bytes], dpi: float) -> None:
    """Write a figure, into a file completely or not at all. A PNG holds the recipe of the command that is run; other
    formats do not hold one."""
    if not isinstance(path, Path):
        figure.savefig(path, dpi=dpi, pil_kwargs=QUICKLY)
        return
    with replacing(path) as temporary:
        if path.suffix.lower() != ".png":
            figure.savefig(temporary, dpi=dpi)
        else:
            recipe = recipe_text(path)
            figure.savefig(temporary, dpi=dpi, metadata={KEY: recipe} if recipe else None, pil_kwargs=QUICKLY)


def save_grid(path: Path, rows: list[tuple[str, list[np.ndarray]]], titles: list[str]) -> None:
    """A row per class: its name, then blocks of images side by side.

    Args:
        rows: (class name, blocks), each block (n, height, width) or (n, height, width, channels) in [0, 1]; n may
            differ from row to row.
        titles: one above each block.
    """
    height, width, *channels = rows[0][1][0].shape[1:]
    gap = max(width // 10, 1)
    counts = [max(len(blocks[i]) for _, blocks in rows) for i in range(len(titles))]
    starts = np.cumsum([0, *(count * width + gap for count in counts)])
    mosaic = np.ones((len(rows) * (height + gap) - gap, starts[-1] - gap, *channels), np.float32)
    for i, (_, blocks) in enumerate(rows):
        for start, block in zip(starts, blocks, strict=False):
            line = mosaic[i * (height + gap) :][:height]
            for k, image in enumerate(block):
                line[:, start + k * width :][:, :width] = image
    figure = Figure(figsize=(0.5 * sum(counts) + 1.2, 0.5 * len(rows) + 0.6), layout="constrained")
    ax = figure.subplots()
    show(ax, mosaic)
    ax.set_yticks([i * (height + gap) + height / 2 for i in range(len(rows))], [name for name, _ in rows])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for start, count, title in zip(starts, counts, titles, strict=False):
        ax.text(start + count * width / 2, -gap, title, ha="center", va="bottom", fontsize=9)
    save_figure(figure, path, dpi=110)


def save_strips(path: Path, strips: list[tuple[str, list[np.ndarray], list[str]]]) -> None:
    """A strip of images per recording, side by side in their order.

    Args:
        strips: (title, columns, captions): each column (n, height, width, channels) in [0, 1] is shown from top to
            bottom, its caption below it.
    """
    widest = max(len(columns) for _, columns, _ in strips)
    tallest = len(strips[0][1][0])
    figure = Figure(figsize=(1.1 * widest + 0.2, (tallest + 0.7) * len(strips)), layout="constrained")
    axes = figure.subplots(len(strips), widest, squeeze=False)
    for (title, columns, captions), line in zip(strips, axes, strict=True):
        for ax in line:
            ax.set_axis_off()
        for column, caption, ax in zip(columns, captions, line, strict=False):
            ax.set_axis_on()
            show(ax, np.vstack(list(column)))
            ax.set_xlabel(caption, fontsize=9)
        line[0].set_title(title, fontsize=9, loc="left")
    save_figure(figure, path, dpi=110)


def save_samples(path: Path, pictures: list[tuple[str, np.ndarray]], colours: int = 64) -> None:
    """Pictures (height, width, channels) in [0, 1] beside each other, each under its title, equally high, as a PNG of a
    few colours: textures make large files."""
    shapes = [picture.shape[1] / picture.shape[0] for _, picture in pictures]
    figure = Figure(figsize=(2.2 * sum(shapes), 2.5), layout="constrained")
    axes = figure.subplots(1, len(pictures), squeeze=False, width_ratios=shapes)[0]
    for (title, picture), ax in zip(pictures, axes, strict=True):
        show(ax, picture)
        ax.set_title(title, fontsize=8)
    save_figure(figure, drawn := io.BytesIO(), dpi=85)
    said = PngInfo()
    if recipe := recipe_text(path):
        said.add_text(KEY, recipe)
    with Image.open(drawn) as image, replacing(path) as temporary:
        image.convert("RGB").quantize(colours).save(temporary, "PNG", optimize=True, pnginfo=said)


def save_heard(path: Path, spectrogram: np.ndarray) -> None:
    """What a network hears of a recording: (frames, mels) in [0, 1], a pixel each, low tones at the bottom."""
    said = {KEY: recipe} if (recipe := recipe_text(path)) else None
    matplotlib.image.imsave(path, spectrogram.T, origin="lower", vmin=0, vmax=1, cmap="viridis", metadata=said)


def row_percentages(counts) -> np.ndarray:
    """Counts (n, m) in percent of each row's sum; 0 in a row without any."""
    counts = np.asarray(counts, float)
    return 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def save_confusion(path: Path, matrix, classes, title: str) -> None:
    """A confusion matrix in percent of its rows: row spoken, column read."""
    share = row_percentages(matrix)
    figure = Figure(figsize=(6, 5.4), layout="constrained")
    ax = figure.subplots()
    ax.imshow(share, cmap="Blues", vmin=0, vmax=100)
    ax.set(xlabel="read", ylabel="spoken", title=title)
    ax.set_xticks(range(len(classes)), classes, rotation=45)
    ax.set_yticks(range(len(classes)), classes)
    for i, j in np.argwhere(share >= 0.05):
        color = "white" if share[i, j] > 50 else "black"
        ax.text(j, i, f"{share[i, j]:.1f}", ha="center", va="center", fontsize=8, color=color)
    save_figure(figure, path, dpi=110)
