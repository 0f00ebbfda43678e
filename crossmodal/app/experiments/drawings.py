"""What a training shows of its drawings: a picture after each epoch, the figures of the trained model, a summary."""

from collections.abc import Callable
from pathlib import Path

from crossmodal.app.experiments.training_data import test_loss

PICTURE_DRAWS = 8  # drawings of each class in the picture after each epoch
PICTURE_CLIPS = 10  # of pairs without classes


def measure_drawings(model, speech, images, split, front_end, seed: int, workdir: Path) -> dict:
    """The figures of a model that draws, on the test clips; saves its pictures."""
    from crossmodal.app.pictures.agreement import save_pictures
    from crossmodal.reader import find_reader
    from evaluation.agreement import measure_agreement

    metrics, measured = {}, None
    if images.test_clips is not None:
        metrics["test_loss"] = test_loss(model, speech, images, split, front_end)
    if speech.labels is not None and (reader := find_reader(model.classes, model.image_shape, workdir)):
        measured = measure_agreement(model, speech, images, split, reader=reader, seed=seed)
        metrics |= measured.to_json()
    save_pictures(workdir, model, speech, images, split, measured)
    return metrics


def picture_of_each_epoch(current: Callable, speech, split, front_end, workdir: Path, seed: int) -> Callable:
    """A callback that draws the same clip of each class by the model that current() gives, with the same noise, into
    epochs/epoch-00001.png and on. Of clips without classes it takes the first few."""
    from crossmodal.app.pictures.images import save_grid
    from crossmodal.sound.front_ends import hear

    if speech.labels is None:
        named = {f"clip {i}": i for i in split.train[:PICTURE_CLIPS]}
    else:
        labels = speech.labels[split.train]
        named = {name: split.train[labels == label][0] for label, name in enumerate(speech.classes)}
    spectrograms = hear([speech.waveforms[i] for i in named.values()], front_end)
    folder = Path(workdir) / "epochs"

    def on_epoch(epoch: int, logs: dict) -> None:
        folder.mkdir(exist_ok=True)
        drawn, draws = current().generate(spectrograms, samples=PICTURE_DRAWS, seed=seed)
        rows = [(name, [drawn[i : i + 1], draws[i]]) for i, name in enumerate(named)]
        save_grid(folder / f"epoch-{epoch + 1:05d}.png", rows, ["mean", "sampled z, one clip"])

    return on_epoch


def nothing_drawn(epoch: int, logs: dict) -> None:
    """In place of that callback for a model that does not draw."""


def report(metrics: dict, workdir: Path) -> None:
    """Say on the terminal what came out."""
    from evaluation.agreement import Agreement, as_table

    if not metrics:
        print("this worker's part is done: the first one measures and writes")
        return
    if measured := Agreement.from_json(metrics):
        print(as_table(measured))
    elif "test_loss" in metrics:
        terms = ", ".join(f"{name} {value:.4g}" for name, value in metrics["test_loss"].items())
        print(
            f"no labels that a reader knows: whether drawings show what was heard is not scored\non test pairs: {terms}"
        )
    print(f"model, figures and pictures: {workdir}")
