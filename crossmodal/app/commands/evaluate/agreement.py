"""The command `crossmodal evaluate agreement MODEL`."""

from crossmodal.app.commands.evaluate.folder import add_outputs, check_outputs, close_folder, open_folder
from crossmodal.app.commands.evaluate.tested import add_model_options, load_tested


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "agreement",
        help="does LeNet5 read the digit that was spoken?",
        description="Draw the test clips of a protocol and count the drawings that LeNet5 reads as what was spoken.",
    )
    add_model_options(parser)
    add_outputs(parser, "agreement")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    from crossmodal.runtime.files import write_json
    from evaluation.agreement import as_table, evaluate_model, save_pictures

    folder = check_outputs(arguments, "agreement", arguments.model)
    tested = load_tested(arguments)
    open_folder(folder)
    data = (tested.model, tested.speech, tested.images, tested.split)
    metrics = {**tested.facts, **evaluate_model(*data, seed=arguments.seed)}
    print(as_table(metrics))
    if arguments.json:
        write_json(arguments.json, metrics)
    save_pictures(folder, *data, metrics, seed=arguments.seed)
    close_folder(folder, arguments, "agreement", {"model": arguments.model}, metrics, tested.locations)
    return 0
