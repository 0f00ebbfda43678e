"""The command `crossmodal evaluate coherence MODEL`."""

from crossmodal.app.commands.evaluate.folder import add_outputs, check_outputs, close_folder, open_folder, tell
from crossmodal.app.commands.evaluate.tested import add_model_options, load_tested
from crossmodal.app.options import a_name, whole_number
from evaluation.coherence import PAIRS


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "coherence",
        help="do image and sound tell the same, in every direction?",
        description="Draw the test clips, say test images, imagine pairs of both, and draw what was said of an image; "
        "count where the reader, LeNet5 for digits, and the listener find the right class, or the same.",
    )
    add_model_options(parser)
    parser.add_argument(
        "--pairs", type=whole_number(1, 10_000), default=PAIRS, help="test images and imagined pairs (%(default)s)"
    )
    parser.add_argument("--listener", type=a_name, help="classifier that hears, a .keras file or a run (a preset)")
    add_outputs(parser, "coherence")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    from crossmodal.app.pictures.coherence import save_pairs
    from crossmodal.errors import ModelError
    from crossmodal.models.listener import Listener
    from crossmodal.saving.keras_file import load_model
    from crossmodal.saying import default_listener
    from evaluation.coherence import as_table, measure_coherence

    folder = check_outputs(arguments, "coherence", arguments.model)
    tested = load_tested(arguments)
    listener = load_model(arguments.listener) if arguments.listener else default_listener()
    if not isinstance(listener, Listener):
        raise ModelError(f"{arguments.listener} holds a {type(listener).__name__}, not a listener.")
    open_folder(folder)
    options = {"reader": tested.reader, "listener": listener, "pairs": arguments.pairs, "seed": arguments.seed}
    measured = measure_coherence(*tested.data, **options)
    metrics = {**tested.facts, **measured.to_json()}
    tell(arguments, as_table(measured), metrics)
    save_pairs(folder, tested.model, tested.images, seed=arguments.seed)
    close_folder(folder, arguments, "coherence", {"model": arguments.model}, metrics, tested.locations)
    return 0
