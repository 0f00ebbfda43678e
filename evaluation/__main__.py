"""crossmodal-evaluate: scores from the command line, as a table and as JSON.

crossmodal-evaluate agreement runs/vae/model.keras --data fsdd-mnist --json agreement.json
crossmodal-evaluate diversity runs/vae/model.keras --data fsdd-mnist --json diversity.json
crossmodal-evaluate texture reference.wav synthesis.wav
"""

import argparse
import sys

from crossmodal.config import run_command
from evaluation import diversity_cli as diversity
from evaluation.command import add_model_options, load_tested
from evaluation.folder import add_workdir, close_folder, open_folder
from evaluation.texture import cli as texture


def add_agreement(subparsers) -> None:
    parser = subparsers.add_parser(
        "agreement",
        help="does LeNet5 read the digit that was spoken?",
        description="Draw the test clips of a protocol and count the drawings that LeNet5 reads as what was spoken.",
    )
    add_model_options(parser)
    add_workdir(parser, "agreement")
    parser.set_defaults(run=run_agreement)


def run_agreement(arguments) -> int:
    from crossmodal.files import write_json
    from evaluation.agreement import as_table, evaluate_model, save_pictures

    tested = load_tested(arguments)
    folder = open_folder(arguments, "agreement", arguments.model)
    data = (tested.model, tested.speech, tested.images, tested.split)
    metrics = {**tested.facts, **evaluate_model(*data, seed=arguments.seed)}
    print(as_table(metrics))
    if arguments.json:
        write_json(arguments.json, metrics)
    save_pictures(folder, *data, metrics, seed=arguments.seed)
    close_folder(folder, arguments, "agreement", {"model": arguments.model}, metrics)
    return 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A subcommand for each score."""
    subparsers = parser.add_subparsers(required=True, metavar="SCORE")
    add_agreement(subparsers)
    diversity.add_parser(subparsers)
    texture.add_parser(subparsers)


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(
        prog="crossmodal-evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    return run_command(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
