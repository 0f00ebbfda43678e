"""crossmodal-evaluate: scores from the command line, as a table and as JSON.

crossmodal-evaluate agreement runs/vae/model.keras --data fsdd-mnist --json agreement.json
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from crossmodal.data.catalog import NAMES
from crossmodal.errors import CrossmodalError


def add_agreement(subparsers) -> None:
    parser = subparsers.add_parser(
        "agreement",
        help="does LeNet5 read the digit that was spoken?",
        description="Draw the test clips of a protocol and count the drawings that LeNet5 reads as what was spoken.",
    )
    parser.add_argument("model", type=Path, help="a .keras file, or the folder of a run")
    parser.add_argument("--data", choices=NAMES, help="the data (those that the model was trained on)")
    parser.add_argument("--protocol", choices=("random", "official", "speaker"), help="(the model's own)")
    parser.add_argument("--split-seed", type=int, help="seed of the division of the clips (the model's own)")
    parser.add_argument("--held-out-speaker", help="for protocol speaker (the model's own)")
    parser.add_argument("--seed", type=int, default=0, help="of pairs, draws and bootstrap (%(default)s)")
    parser.add_argument("--data-dir", help="TFDS's folder of prepared data")
    parser.add_argument("--archives", help="folder of the original archives, for a machine without a network")
    parser.add_argument("--sounds-dir", help="for data from folders")
    parser.add_argument("--images-dir", help="for data from folders")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--pictures", type=Path, help="write digits.png and confusion.png to this folder")
    parser.set_defaults(run=run_agreement)


def run_agreement(arguments) -> int:
    from crossmodal.data.catalog import load_pair
    from crossmodal.errors import DataError
    from crossmodal.models.loading import load_model
    from crossmodal.runs import write_json
    from evaluation.agreement import as_table, evaluate_model, protocol_split, save_pictures

    model = load_model(arguments.model)
    trained = model.provenance
    asked = {
        "data": arguments.data,
        "protocol": arguments.protocol,
        "seed": arguments.split_seed,
        "held_out_speaker": arguments.held_out_speaker,
    }
    chosen = {**trained, **{name: value for name, value in asked.items() if value is not None}}
    if missing := [name for name in ("data", "protocol", "seed") if name not in chosen]:
        raise DataError(f"The model does not say its {missing[0]}: pass --{missing[0].replace('seed', 'split-seed')}.")
    if chosen["data"] == trained.get("data") and any(chosen[name] != trained.get(name) for name in asked):
        raise DataError(
            f"The model was trained with protocol {trained['protocol']}, seed {trained['seed']}, held-out speaker "
            f"{trained['held_out_speaker']}: another division would test it on clips it has heard."
        )
    if chosen["data"] != trained.get("data"):
        chosen["speakers"] = []
    chosen.setdefault("held_out_speaker", None)
    speech, images = load_pair(
        chosen["data"],
        data_dir=arguments.data_dir,
        archives=arguments.archives,
        sounds_dir=arguments.sounds_dir,
        images_dir=arguments.images_dir,
    )
    split = protocol_split(speech, chosen)
    metrics = evaluate_model(model, speech, images, split, seed=arguments.seed)
    names = ("data", "protocol", "held_out_speaker")
    metrics = {"model": Path(arguments.model).name, **{n: chosen[n] for n in names}, **metrics}
    print(as_table(metrics))
    if arguments.json:
        write_json(arguments.json, metrics)
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
        save_pictures(arguments.pictures, model, speech, images, split, metrics, seed=arguments.seed)
    return 0


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(
        prog="crossmodal-evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subparsers = parser.add_subparsers(required=True, metavar="SCORE")
    add_agreement(subparsers)
    arguments = parser.parse_args(argv)
    try:
        return arguments.run(arguments)
    except (CrossmodalError, OSError) as error:
        print(f"crossmodal-evaluate: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
