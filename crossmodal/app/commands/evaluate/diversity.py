"""The command `crossmodal-evaluate diversity MODEL`."""

from crossmodal.app.commands.evaluate.folder import add_outputs, check_outputs, close_folder, open_folder, tell
from crossmodal.app.commands.evaluate.tested import add_model_options, load_tested
from crossmodal.app.options import whole_number
from evaluation.cas import STEPS


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "diversity",
        help="are the drawings as varied and as real as handwriting?",
        description="Draw the test clips of a protocol and compare the drawings with real test images: spread, "
        "precision, recall, density, coverage, FID and KID on the reader's features, the nearest training images, "
        "and a classifier trained on drawings alone. Each figure stands beside that of real training images.",
    )
    add_model_options(parser)
    add_outputs(parser, "diversity")
    parser.add_argument(
        "--cas-steps",
        type=whole_number(0, 10**6),
        default=STEPS,
        help="training steps of CAS's classifier, 0 for no CAS (%(default)s)",
    )
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Print the tables and write the JSON; CrossmodalError for a model or data that cannot be measured."""
    from crossmodal.app.pictures.agreement import save_pictures
    from crossmodal.app.reports.diversity_tables import as_tables
    from crossmodal.runtime.files import write_json
    from evaluation.diversity import measure_diversity

    folder = check_outputs(arguments, "diversity", arguments.model)
    tested = load_tested(arguments)
    open_folder(folder)
    options = {"reader": tested.reader, "seed": arguments.seed, "cas_steps": arguments.cas_steps}
    measured = measure_diversity(*tested.data, **options)
    report = {**tested.facts, **measured.to_json()}
    tell(arguments, as_tables(measured), report)
    write_json(folder / "diversity.json", report)
    save_pictures(folder, *tested.data, None, seed=arguments.seed)
    close_folder(folder, arguments, "diversity", {"model": arguments.model}, tested.facts, tested.locations)
    return 0
