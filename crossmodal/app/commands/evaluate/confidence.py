"""The command `crossmodal evaluate confidence MODEL`."""

from crossmodal.app.commands.evaluate.folder import add_outputs, check_outputs, close_folder, open_folder, tell
from crossmodal.app.commands.evaluate.tested import add_model_options, load_noises, load_tested


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "confidence",
        help="does it know when it has not understood?",
        description="Draw the test clips of a protocol and hold the confidence against the share that is read as what "
        "was spoken; draw recordings of noise and count those in which a word is heard.",
    )
    add_model_options(parser)
    add_outputs(parser, "confidence")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    from crossmodal.app.pictures.reliability import save_reliability
    from evaluation.confidence import as_table, measure_confidence

    folder = check_outputs(arguments, "confidence", arguments.model)
    tested = load_tested(arguments)
    noises = load_noises(tested)
    open_folder(folder)
    measured = measure_confidence(
        tested.model, tested.speech, tested.split, reader=tested.reader, noises=noises, seed=arguments.seed
    )
    metrics = {**tested.facts, **measured.to_json()}
    tell(arguments, as_table(measured), metrics)
    save_reliability(folder / "reliability.png", measured.bins)
    close_folder(folder, arguments, "confidence", {"model": arguments.model}, metrics, tested.locations)
    return 0
