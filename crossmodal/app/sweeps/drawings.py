"""What models draw of the same clips: strips of drawings, how long a drawing takes, and the curves of its dials."""

import time
from pathlib import Path

import numpy as np

CLIPS, ROUNDS = 64, 5  # clips that are drawn at once, and turns of the models, of which the fastest counts
SAMPLES = 3  # drawings of a clip beside the best one
CURVE_DRAWS = 5  # drawings of each test clip, for a point of a curve
DIALS = {"guidance": (1.0, 1.25, 1.5, 2.0, 3.0), "internal_guidance": (1.0, 1.5, 2.0, 3.0)}  # and their values


def drawing_seconds(models: dict, spectrograms) -> dict[str, float]:
    """Seconds that each model takes for one drawing, by the fastest of some turns, in batches of CLIPS clips.

    Args:
        models: by name, each an `AudioImageModel`.
        spectrograms: (clips, frames, mels).
    """
    spectrograms = np.resize(spectrograms, (CLIPS, *spectrograms.shape[1:]))
    fastest = dict.fromkeys(models, float("inf"))
    for turn in range(ROUNDS + 1):  # the first builds the graphs
        for name, model in models.items():
            began = time.perf_counter()
            model.generate(spectrograms, samples=SAMPLES, seed=turn)
            seconds = (time.perf_counter() - began) / (CLIPS * (SAMPLES + 1))
            fastest[name] = min(fastest[name], seconds) if turn else float("inf")
    return fastest


def save_strip(path: Path, model, spectrograms) -> None:
    """A picture of drawings, a pixel each: a column for each clip, the best drawing above some at random."""
    import matplotlib.image

    best, draws = model.generate(spectrograms, samples=SAMPLES, seed=0)
    columns = np.concatenate([best[:, None], draws], axis=1)  # (clips, 1 + SAMPLES, height, width, channels)
    strip = np.hstack([np.vstack(list(column)) for column in columns])
    path.parent.mkdir(exist_ok=True)
    matplotlib.image.imsave(path, np.repeat(strip, 3, axis=-1) if strip.shape[-1] == 1 else strip)


def curves_of(model, speech, images, split, reader) -> dict[str, list[dict]]:
    """Of each of the model's DIALS agreement and variety within a clip at its values; the model keeps its own."""
    from evaluation.diversity import measure_spread

    curves: dict[str, list[dict]] = {}
    for dial in (dial for dial in DIALS if hasattr(model, dial)):
        own, curves[dial] = getattr(model, dial), []
        for value in DIALS[dial]:
            setattr(model, dial, value)
            spread = measure_spread(model, speech, images, split, reader=reader, draws=CURVE_DRAWS)
            curves[dial].append({dial: value, **{name: spread[name] for name in ("agreement", "within_clip")}})
        setattr(model, dial, own)
    return curves
