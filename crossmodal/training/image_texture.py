"""What `train_texture` asks for of images: untrained networks, the signal and the settings."""

import numpy as np

from crossmodal.errors import DataError
from crossmodal.models.image_coopnets import ImageCoopNets
from crossmodal.runtime.determinism import fix_numbers
from crossmodal.training.texture_state import Settings

CROP = 64  # pixels, of a texture's signals in training
WALK = {"steps": 15, "step": 1.0, "sigma": None, "noise": 0.01, "most_drift": 0.1}
PATTERN_WALK = {**WALK, "step": 3.0, "noise": 0.003}
SHARED = {"generator_loss": "waveform", "descriptor_rate": 5e-4, "energy": 100.0, "block": 20}
TEXTURE = {**SHARED, "iterations": 800, "chains": 2}
PATTERN = {**SHARED, "iterations": 400, "chains": 32, "energy": 40.0}
NOISE_STEPS = 300  # Langevin steps of a draw that starts from noise


def prepare_images(
    images: np.ndarray, *, steps: int | None = None, draw_steps: int | None = None, deterministic=False, **changes
) -> tuple[ImageCoopNets, np.ndarray, Settings]:
    """An untrained model, the signal and the settings for images in [0, 1].

    Args:
        images: a picture of a texture (height, width, channels), 64x64 pixels or larger; or whole objects (n, height,
            width, channels), whose height and width are multiples of 4.
        steps: Langevin steps of an iteration (15).
        draw_steps: Langevin steps that revise each draw of the trained model: as in training; 300, from noise, where
            the algorithm trains no generator, and none where it trains no descriptor.
        deterministic: see `fix_numbers`.
        changes: fields of `Settings`, such as iterations=100 or seed=1.

    Raises:
        DataError: images of another shape.
        ModelError: a number is out of its range.

    Example:
        model, signal, settings = prepare_images(bricks(), iterations=300)
        train_texture(model, signal, settings)
    """
    signal = 2 * np.asarray(images, np.float32) - 1
    if signal.ndim not in (3, 4):
        raise DataError(f"Images have the shape {signal.shape}: pass (height, width, channels) or several of these.")
    is_texture = signal.ndim == 3
    walk = dict(WALK if is_texture else PATTERN_WALK, **({} if steps is None else {"steps": steps}))
    shape = (CROP, CROP, signal.shape[-1]) if is_texture else signal.shape[1:]
    settings = Settings(**{**(TEXTURE if is_texture else PATTERN), "samples": shape, **changes})
    start_rms = 0.0
    if settings.algorithm in ("descriptor", "contrastive"):
        start_rms = float(np.sqrt(np.mean(np.square(signal))))
        draw_steps = NOISE_STEPS if draw_steps is None else draw_steps
    elif settings.algorithm == "generator":
        draw_steps = 0
        signal = tiles(signal, shape)[: settings.chains] if is_texture else signal
    fix_numbers(settings.seed, deterministic)
    walk = {**walk, "draw_steps": walk["steps"] if draw_steps is None else draw_steps, "start_rms": start_rms}
    model = ImageCoopNets.textures(shape[-1], **walk) if is_texture else ImageCoopNets.patterns(shape, **walk)
    return model, signal, settings


def tiles(picture: np.ndarray, shape) -> np.ndarray:
    """A picture (height, width, channels) cut into whole tiles of a shape (n, *shape), row by row."""
    (rows, columns), (height, width, channels) = (np.floor_divide(picture.shape[:2], shape[:2]), shape)
    cut = picture[: rows * height, : columns * width].reshape(rows, height, columns, width, channels)
    return cut.swapaxes(1, 2).reshape(-1, *shape)
