"""Hear a dog bark and draw a dog: ten environmental sounds of ESC-10, each of its five folds tested in turn.

    python recipes/environmental_sounds.py --sounds-dir ESC-10

--sounds-dir is the folder of ESC-10 (K. Piczak, *ESC: Dataset for Environmental Sound Classification*, 2015; CC BY
3.0): 400 clips of 5 s in a folder per class, FOLD-CLIP-TAKE in the files' names. The pictures are drawn here, see
`crossmodal.data.pictograms`. A classifier of the pictures is trained first, then a VAE for each fold on the four
others; what is drawn of the fold's clips is read. Each run has a folder of its own below --workdir; finished runs are
not run again, so the same command continues where it was stopped. Writes results/environmental_sounds.json, and
drawings.png beside the runs.

Nothing is chosen on a fold that tests: the last epoch's model is measured.
"""

import re
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from crossmodal.app.experiments import train_classifier, train_vae
from crossmodal.app.experiments.training_data import load_sources
from crossmodal.app.options import option, run_recipe
from crossmodal.app.sweeps.members import all_finished, as_text, mean_of, publish, run_members
from crossmodal.app.sweeps.shards import add_shares
from crossmodal.data.pictograms import SIZE, pictograms
from crossmodal.errors import DataError

RESULTS = Path(__file__).parent / "results" / "environmental_sounds.json"
PICTURE_OF = {  # what is drawn of a class of ESC-10
    **{"dog bark": "dog", "rain": "rain", "sea waves": "sea", "baby cry": "baby", "clock tick": "clock"},
    **{"person sneeze": "sneeze", "helicopter": "helicopter", "chainsaw": "chainsaw", "rooster": "rooster"},
    "fire crackling": "fire",
}
FOLDS = ("1", "2", "3", "4", "5")
GROUP_OF = r"^(\d)-"  # of a clip's name: its fold
OF_EACH = 200  # pictures of a class
DRAWS = 32  # of each clip, at sampled z
SHOWN = 4  # test clips of each class in the picture

READER = train_classifier.Config(
    data="folders", image_size=SIZE, colour=True, epochs=12, batch_size=64, shift=2.0, scale=0.1
)
FOLD = train_vae.Config(
    data="folders",
    group_of=GROUP_OF,
    image_size=SIZE,
    colour=True,
    protocol="speaker",
    sounds="environment",
    encoder="time-delay",
    read_out="statistics",
    variants=4,
    without=("telephone", "clipping"),
    images_per_clip=1,
    batch_size=32,
    passes=5,
    epochs=3,
    warmup_steps=100,
    beta=0.1,
    precision="float32",
)


@dataclass(frozen=True)
class Config:
    sounds_dir: str = option("ESC-10", "the data set's folder, with a folder per class")
    epochs: int = option(FOLD.epochs, "epochs of each fold, 281 steps each", least=1, most=999)


def class_of(name: str) -> str:
    """What is drawn of a folder of ESC-10: "001 - Dog bark" and "dog_bark" -> "dog"; DataError for another name."""
    words = re.sub(r"^\d+ - ", "", name).replace("_", " ").lower()
    if words not in PICTURE_OF:
        raise DataError(f"{name!r} is no class of ESC-10, which are {', '.join(PICTURE_OF)}: pass --sounds-dir.")
    return PICTURE_OF[words]


def link_sounds(source: Path, folder: Path) -> None:
    """Links to the clips of ESC-10, in a folder for each picture; DataError where a class has no clips."""
    clips = {path: class_of(path.parent.name) for path in sorted(source.glob("*/[1-5]-*.*"))}
    if missing := sorted(set(PICTURE_OF.values()) - set(clips.values())):
        raise DataError(f"{source} has no clips such as dog_bark/1-100032-A.ogg of {', '.join(missing)}.")
    for path, name in clips.items():
        link = folder / name / path.name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(path.resolve())


def draw_pictures(folder: Path) -> None:
    """Pictures of each class, as PNG files."""
    from PIL import Image

    for name in PICTURE_OF.values():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i, picture in enumerate(pictograms(name, OF_EACH)):
            Image.fromarray(picture).save(folder / name / f"{i:03d}.png")


def run_fold(config: train_vae.Config, workdir: Path) -> dict:
    """Train on four folds, with the reader of all of them beside the run."""
    workdir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(workdir.parent / "reader" / "model.keras", workdir / "reader.keras")
    return train_vae.run(config, workdir)


def score(config: train_vae.Config, workdir: Path) -> tuple[dict, list[np.ndarray]]:
    """The figures of a fold, each test clip being drawn once at the mean and `DRAWS` times at sampled z; and for each
    class drawings at the mean of its first test clips."""
    from crossmodal.data.alignment import split_of
    from crossmodal.reader import find_reader
    from crossmodal.saving.keras_file import load_model
    from evaluation.agreement import confusion_matrix, spectrograms_to_test

    model = load_model(workdir)
    reader = find_reader(model.classes, model.image_shape, workdir)
    assert reader
    speech, images = load_sources(config, lambda words: None)
    split = split_of(speech, model.provenance)
    said = speech.labels[split.test]
    drawn, draws = model.generate(spectrograms_to_test(model, speech, split), samples=DRAWS, seed=config.seed)
    read = reader.labels(drawn)
    sampled = reader.labels(draws.reshape(-1, *model.image_shape)).reshape(len(said), DRAWS)
    pictures = images.test_images.astype(np.float32) / 255
    figures = {
        "clips": len(said),
        "posterior_mean": float(np.mean(read == said)),
        "sampled_z": float(np.mean(sampled == said[:, None])),
        "real_test_images": float(np.mean(reader.labels(pictures) == images.test_labels)),
        "confusion": confusion_matrix(said, read, len(speech.classes)).tolist(),
        "classes": list(speech.classes),
        "parameters": model.count_params(),
    }
    return figures, [drawn[said == label][:SHOWN] for label in range(len(speech.classes))]


def work(config: Config, arguments) -> None:
    from crossmodal.app.pictures.images import save_grid

    root = arguments.workdir
    link_sounds(Path(config.sounds_dir), root / "sounds")
    draw_pictures(root / "images")
    train_classifier.run(replace(READER, images_dir=str(root / "images")), root / "reader")
    places = {"sounds_dir": str(root / "sounds"), "images_dir": str(root / "images")}
    configs = {f"fold{fold}": replace(FOLD, held_out_speaker=fold, epochs=config.epochs, **places) for fold in FOLDS}
    run_members({name: (run_fold, member) for name, member in configs.items()}, arguments, diversity=False)
    if not all_finished(configs, root):
        return
    runs, drawings = {}, {}
    for name, member in configs.items():
        runs[name], drawings[name] = score(member, root / name)
    classes = runs["fold1"]["classes"]
    rows = [(word, [of[i] for of in drawings.values()]) for i, word in enumerate(classes)]
    save_grid(root / "drawings.png", rows, [f"fold {fold}" for fold in FOLDS])
    result = {"command": "python recipes/environmental_sounds.py", "runs": runs}
    result |= {key: mean_of([run[key] for run in runs.values()]) for key in ("posterior_mean", "sampled_z")}
    for key in ("posterior_mean", "sampled_z"):
        print(f"{key}: {as_text(result[key])}")
    publish(result, RESULTS, root)


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/environmental-sounds", extra=add_shares)


if __name__ == "__main__":
    sys.exit(main())
