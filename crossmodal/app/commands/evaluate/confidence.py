"""The command `crossmodal evaluate confidence MODEL`."""

from crossmodal.app.commands.evaluate.folder import add_outputs, check_outputs, close_folder, open_folder, tell
from crossmodal.app.commands.evaluate.tested import add_model_options, load_noises, load_tested


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "confidence",
        help="does it know when it has not understood?",
        description="Draw the test clips of a protocol and hold the confidence against the share that is read as what "
        "was spoken; draw recordings of noise and count those in which a word is heard, and with --other-words English "
        "words by eSpeak that the model does not know.",
    )
    add_model_options(parser)
    parser.add_argument("--other-words", action="store_true", help="say 25 other words by 20 voices too")
    add_outputs(parser, "confidence")
    parser.set_defaults(run=run)


def other_words(model):
    """The `OTHER_WORDS` that are none of the model's classes, as `load_speech` says them."""
    from crossmodal.data.digits_tts import OTHER_WORDS, load_speech

    return load_speech(speakers=20, takes=1, words=tuple(word for word in OTHER_WORDS if word not in model.classes))


def run(arguments) -> int:
    from crossmodal.app.pictures.reliability import save_reliability
    from evaluation.confidence import as_table, measure_confidence

    folder = check_outputs(arguments, "confidence", arguments.model)
    tested = load_tested(arguments)
    noises = load_noises(tested)
    others = other_words(tested.model) if arguments.other_words else None
    open_folder(folder)
    measured = measure_confidence(
        tested.model,
        tested.speech,
        tested.split,
        reader=tested.reader,
        noises=noises,
        others=others,
        seed=arguments.seed,
    )
    metrics = {**tested.facts, **measured.to_json()}
    tell(arguments, as_table(measured), metrics)
    save_reliability(folder / "reliability.png", measured.bins)
    close_folder(folder, arguments, "confidence", {"model": arguments.model}, metrics, tested.locations)
    return 0
