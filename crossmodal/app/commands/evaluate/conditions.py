"""The command `crossmodal evaluate conditions MODEL`."""

from crossmodal.app.commands.evaluate.folder import add_outputs, check_outputs, close_folder, open_folder, tell
from crossmodal.app.commands.evaluate.tested import add_model_options, load_noises, load_tested


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "conditions",
        help="does it still hear in noise, in a room, on the telephone?",
        description="Draw the test clips of a protocol as they are, in noise, in a room, through a telephone and "
        "clipped, and count the drawings that the reader, LeNet5 for digits, reads as what was spoken.",
    )
    add_model_options(parser)
    add_outputs(parser, "conditions")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    from evaluation.conditions import as_table, measure_conditions

    folder = check_outputs(arguments, "conditions", arguments.model)
    tested = load_tested(arguments)
    noises = load_noises(tested)
    open_folder(folder)
    measured = measure_conditions(
        tested.model, tested.speech, tested.split, reader=tested.reader, noises=noises, seed=arguments.seed
    )
    metrics = {**tested.facts, **measured.to_json()}
    tell(arguments, as_table(measured), metrics)
    close_folder(folder, arguments, "conditions", {"model": arguments.model}, metrics, tested.locations)
    return 0
