"""What models draw of the same clips: strips of drawings, how long a drawing takes, and the curve of a guidance."""

import time
from pathlib import Path

import numpy as np

CLIPS, ROUNDS = 64, 5  # clips that are drawn at once, and turns of the models, of which the fastest counts
SAMPLES = 3  # drawings of a clip beside the best one
DIAL = (1.0, 1.25, 1.5, 2.0, 3.0)  # values of the guidance


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


def curve_of_guidance(model, speech, images, split, reader) -> list[dict]:
    """Agreement and variety within a clip at each guidance of DIAL; the model keeps its own."""
    from evaluation.diversity import measure_spread

    own, curve = model.guidance, []
    for model.guidance in DIAL:
        spread = measure_spread(model, speech, images, split, reader=reader)
        curve.append({"guidance": model.guidance, **{name: spread[name] for name in ("agreement", "within_clip")}})
    model.guidance = own
    return curve
