"""How a dial of a model is set: what its values do on validation clips. No test clip is heard, no test image compared.

    python recipes/studies/dials.py runs/flow --dial internal_guidance --values 1 1.5 2 --results flow_dials.json

Takes the options of `crossmodal evaluate diversity` that say what is tested. The clips are those that were set aside
from the training. Training images, drawn at random, take the place of the test images; as many others of the same
classes are the row of real images.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from crossmodal.app.commands.evaluate.folder import repeated
from crossmodal.app.commands.evaluate.tested import add_model_options, load_tested
from crossmodal.app.options import as_option, command_of, number, option, run_recipe
from crossmodal.app.sweeps.results import add_results, keep
from crossmodal.errors import DataError, ModelError
from crossmodal.runtime.ranges import Range

RESULTS = Path(__file__).parents[1] / "results"
SHOWN = ("agreement", "fid", "precision", "recall", "density", "coverage", "diversity_ratio")


@dataclass(frozen=True)
class Config:
    images: int = option(3000, "training images that drawings are compared with", least=100, most=30_000)


def for_validation(tested, count: int, rng):
    """The data of `load_tested` with validation clips and `count` training images as what is tested on."""
    images = tested.images
    order = rng.permutation(len(images.train_images))
    part, rest = order[:count], order[count:]
    return (
        replace(tested.split, test=tested.split.validation),
        replace(
            images,
            test_images=images.train_images[part],
            test_labels=images.train_labels[part],
            train_images=images.train_images[rest],
            train_labels=images.train_labels[rest],
        ),
    )


def run(config: Config, arguments) -> dict:
    """The figures of each value, and of real images."""
    import numpy as np

    from crossmodal.data.sources import as_input
    from evaluation.agreement import pairs_to_test, spectrograms_to_test
    from evaluation.diversity import Judge, K, RealImages, compare, real_sets, too_few

    tested = load_tested(arguments)
    model, dial = tested.model, arguments.dial
    if not isinstance(getattr(model, dial, None), float | int):
        raise ModelError(f"{arguments.model} has no dial {dial!r}.")
    rng = np.random.default_rng(arguments.seed)
    split, images = for_validation(tested, config.images, rng)
    if too_few(images.test_labels, tested.reader):
        raise DataError(f"Each class needs at least {K + 1} images: raise --images.")
    clips = pairs_to_test(tested.speech, images, split, rng)
    spectrograms = spectrograms_to_test(model, tested.speech, split)
    judge, labels = Judge(model, tested.reader, arguments.seed), images.test_labels
    real = RealImages(judge.look(as_input(images.test_images))[0], labels)

    def figures(name: str, features, read) -> dict:
        measured = compare(features, read, labels, real)
        found = {shown: getattr(measured, shown) for shown in SHOWN}
        print(name, " ".join(f"{shown} {value:.3f}" for shown, value in found.items()), flush=True)
        return found

    result = {"real images": figures("real images", *real_sets(judge, images, rng)["real_training_images"])}
    for value in arguments.values:
        setattr(model, dial, int(value) if float(value).is_integer() else value)
        drawn = judge.draw(spectrograms, clips)
        result[f"{value:g}"] = figures(f"{dial} {value:g}", *judge.look(drawn))
    words = f"python recipes/studies/dials.py {arguments.model} --dial {dial} --values "
    words += " ".join(f"{value:g}" for value in arguments.values)
    given = repeated(arguments) | ({"reader": arguments.reader} if arguments.reader else {})
    command = command_of(words, config) + "".join(as_option(name, value) for name, value in given.items())
    return {"command": command, "clips": len(split.test), "dial": dial, "values": result}


def work(config: Config, arguments) -> None:
    keep(run(config, arguments), RESULTS, arguments)


def main(argv=None) -> int:
    def extra(parser) -> None:
        add_model_options(parser)
        parser.add_argument("--dial", default="internal_guidance", help="an attribute of the model (%(default)s)")
        parser.add_argument(
            "--values",
            nargs="+",
            type=number(float, Range(least=0, most=100)),
            default=[1.0, 1.5, 2.0],
            help="its values (1 1.5 2)",
        )
        add_results(parser)

    return run_recipe(work, Config, __doc__, argv, extra=extra)


if __name__ == "__main__":
    sys.exit(main())
