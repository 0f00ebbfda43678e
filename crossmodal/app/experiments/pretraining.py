"""Pre-trainings, which learn from images or sounds without labels: what `recipes/pretrain.py METHOD` offers.

A method is a function of `crossmodal.app.experiments.pretraining_methods`. A training that was stopped continues: each
layer, and the fine-tuning, has its checkpoints in a folder of its own below `stages`. Only `dictionary`, which
scikit-learn fits in one go, begins anew.
"""

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments.finish import finish
from crossmodal.app.experiments.training_options import Encoder
from crossmodal.app.options import command_of, option

PLACES = ("data_dir", "archives", "speech_commands_dir")
SAMPLES = 60  # drawn for the picture
AUTOENCODERS = ("sparse", "denoising", "stacked")
METHODS = {
    "rbm": "a restricted Boltzmann machine",
    "semi-restricted": "one with lateral weights among the visible units, beside one without",
    "deep-belief": "a deep belief network: greedy machines, then contrastive wake-sleep",
    "convolutional": "two convolutional machines with probabilistic max pooling",
    "deep-autoencoder": "an autoencoder of unrolled machines, fine-tuned",
    "sparse": "an autoencoder whose hidden units are active in few examples",
    "denoising": "an autoencoder that restores what was set to 0",
    "stacked": "two denoising autoencoders, unrolled and fine-tuned",
    "labelled-belief": "a deep belief network that knows the classes: it draws them and reads them",
    "contrastive": "an encoder that hears two changed versions of a sound as one",
    "dictionary": "sparse codes of patches by an overcomplete basis",
}


@dataclass(frozen=True)
class Config:
    data: Literal["fsdd-mnist", "speech-commands-mnist", "digits-tts"] = option("digits-tts", "where examples are from")
    side: Literal["images", "sounds"] = option("images", "learn from its images, or spectrograms of its sounds")
    protocol: Literal["speakers", "random"] = option("speakers", "how sounds are divided: by people, or at random")
    find_word: bool = option(False, "take of each recording the word in it alone")
    encoder: Encoder = option("convolutional", "for contrastive: the network that hears")  # noqa: RUF009
    only: str | None = option(None, "learn from the examples of this class alone")
    visible: Literal["bernoulli", "gaussian"] | None = option(None, "kind of the visible units (bernoulli for images)")
    units: tuple[int, ...] = option(
        (), "hidden units of each layer, or features of a convolutional one (by method)", least=1, most=65_536
    )
    epochs: int = option(20, "epochs of each layer", least=1, most=99_999)
    fine_epochs: int = option(20, "epochs of fine-tuning, for methods that have it", least=1, most=99_999)
    examples: int = option(10_000, "most training examples", least=1, most=10_000_000)
    batch_size: int = option(50, "examples per step", least=1, most=65_536)
    learning_rate: float | None = option(None, "Adam's rate (0.003 of autoencoders, else 0.001)", above=0, most=1)
    steps: int = option(1, "k, sweeps of Gibbs sampling in a step of the training", least=1, most=1000)
    chains: int = option(0, "persistent chains; 0 begins them at the data", least=0, most=65_536)
    sweeps: int = option(500, "sweeps of Gibbs sampling that draw a sample", least=1, most=100_000)
    seed: int = option(0, "seed of division, weights, order and samples", least=0, most=2**32 - 1)
    data_dir: str | None = option(None, "TFDS's folder of prepared data")
    archives: str | None = option(None, "folder of the original archives, for a machine without a network")
    speech_commands_dir: str | None = option(None, "folder of the Speech Commands archive, extracted")


def run(method: str, asked: Config, workdir: Path) -> dict:
    """Train in `workdir`, measure on held-out examples; returns the metrics."""
    from crossmodal.app.experiments.pretraining_data import load_examples
    from crossmodal.app.experiments.pretraining_methods import errors
    from crossmodal.app.pictures.features import save_features, save_mosaic, save_reconstructions
    from crossmodal.data.catalog import licences_of
    from crossmodal.runtime.determinism import fix_numbers
    from crossmodal.saving.keras_file import save_model
    from crossmodal.training.runs import environment, open_run, seconds_so_far

    if metrics := open_run(workdir, asked, ignore=PLACES):
        return finish_stages(workdir, metrics)
    config = replace(asked, learning_rate=asked.learning_rate or (3e-3 if method in AUTOENCODERS else 1e-3))
    began = time.time() - sum(map(seconds_so_far, (workdir / "stages").glob("*")))
    fix_numbers(config.seed, False)
    examples = load_examples(config, bernoulli_only=method == "semi-restricted")
    learned = function_of(method)(config, examples, workdir / "stages")
    recipe = {"name": method, **asdict(config), **dict.fromkeys(PLACES)}
    learned.model.provenance = {"data": config.data, "seed": config.seed, "recipe": recipe}
    learned.model.provenance |= {"protocol": config.protocol} if config.side == "sounds" else {}
    learned.model.provenance |= {"licences": licences_of(recipe), "environment": environment()}
    save_model(learned.model, workdir / "model.keras")
    save_features(workdir / "filters.png", examples.upright(learned.features))
    if learned.sample:
        save_mosaic(workdir / "samples.png", examples.pictures(learned.sample(SAMPLES)))
    metrics = {"command": command_of(f"python recipes/pretrain.py {method}", asked, PLACES)}
    metrics |= {"parameters": learned.model.count_params(), "examples": len(examples.train)}
    if learned.reconstruct:
        restored = learned.reconstruct(examples.test)
        pictures = examples.pictures(examples.test), examples.pictures(restored)
        save_reconstructions(workdir / "reconstructions.png", *pictures, examples.labels, examples.classes)
        metrics |= errors(examples, restored)
    metrics |= learned.figures
    return finish_stages(workdir, metrics | {"seconds": time.time() - began})


def function_of(method: str):
    """The function of a name in `METHODS`."""
    from crossmodal.app.experiments import (
        pretraining_dictionary,
        pretraining_labelled,
        pretraining_methods,
        pretraining_views,
    )

    name = method.replace("-", "_")
    modules = (pretraining_methods, pretraining_labelled, pretraining_views, pretraining_dictionary)
    return next(getattr(module, name) for module in modules if hasattr(module, name))


def finish_stages(workdir: Path, metrics: dict) -> dict:
    """`finish`, and the checkpoints of all stages are removed."""
    from crossmodal.training.checkpoints import clear_checkpoints

    metrics = finish(workdir, metrics)
    for stage in (workdir / "stages").glob("*"):
        clear_checkpoints(stage)
    return metrics


def work_of(method: str):
    """The function of a config and arguments that `run_recipe` calls."""

    def work(config: Config, arguments) -> None:
        metrics = run(method, config, arguments.workdir)
        if "squared_error" in metrics:
            left = metrics["squared_error"] / metrics["squared_error_of_the_mean"]
            print(f"Of held-out examples {left:.1%} of the squared error of their mean is left in the reconstructions.")
        if "nearest_is_of_its_class" in metrics:
            same = metrics["nearest_is_of_its_class"]
            print(f"Of held-out sounds {same:.1%} are nearest to a training sound of their class.")
        if "classification_error" in metrics:
            print(f"It reads {1 - metrics['classification_error']:.2%} of held-out examples rightly.")
        if "log_likelihood" in metrics:
            print(f"log likelihood of held-out examples, rounded: {metrics['log_likelihood']:.1f} nats each")
        print(f"model, figures and pictures: {arguments.workdir}")

    return work
