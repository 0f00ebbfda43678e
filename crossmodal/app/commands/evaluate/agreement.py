"""The command `crossmodal evaluate agreement MODEL`."""

from crossmodal.app.commands.evaluate.folder import add_outputs, check_outputs, close_folder, open_folder, tell
from crossmodal.app.commands.evaluate.tested import add_model_options, load_tested


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "agreement",
        help="does the reader read what was spoken?",
        description="Draw the test clips of a protocol and count the drawings that the reader, LeNet5 for digits, "
        "reads as what was spoken.",
    )
    add_model_options(parser)
    add_outputs(parser, "agreement")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    from crossmodal.app.pictures.agreement import save_pictures
    from evaluation.agreement import as_table, measure_agreement

    folder = check_outputs(arguments, "agreement", arguments.model)
    tested = load_tested(arguments)
    open_folder(folder)
    measured = measure_agreement(*tested.data, reader=tested.reader, seed=arguments.seed)
    metrics = {**tested.facts, **measured.to_json()}
    tell(arguments, as_table(measured), metrics)
    save_pictures(folder, *tested.data, measured, seed=arguments.seed)
    close_folder(folder, arguments, "agreement", {"model": arguments.model}, metrics, tested.locations)
    return 0
