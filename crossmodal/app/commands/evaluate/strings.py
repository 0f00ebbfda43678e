"""The command `crossmodal evaluate strings MODEL`."""

from crossmodal.app.commands.evaluate.folder import add_outputs, check_outputs, close_folder, open_folder, tell
from crossmodal.app.commands.evaluate.tested import add_model_options, load_noises, load_tested
from crossmodal.app.options import whole_number
from evaluation.strings import STRINGS


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "strings",
        help="how many digits go wrong that are said without pauses?",
        description="Join recordings of the test speakers to strings of 3 to 7 digits without pauses, draw each as "
        "crossmodal draw does, read the drawings, and count the digits that are wrong, missing or too many. Beside "
        "it, the same by cutting at pauses, and the words as they were found.",
    )
    add_model_options(parser)
    parser.add_argument("--strings", type=whole_number(1, 100_000), default=STRINGS, help="how many (%(default)s)")
    add_outputs(parser, "strings")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    from evaluation.strings import as_table, measure_drawn_strings

    folder = check_outputs(arguments, "strings", arguments.model)
    tested = load_tested(arguments)
    noises = load_noises(tested)
    open_folder(folder)
    measured = measure_drawn_strings(
        tested.model,
        tested.speech,
        tested.split.test,
        reader=tested.reader,
        count=arguments.strings,
        noises=noises,
        seed=arguments.seed,
    )
    metrics = {**tested.facts, **measured.to_json()}
    tell(arguments, as_table(measured), metrics)
    close_folder(folder, arguments, "strings", {"model": arguments.model}, metrics, tested.locations)
    return 0
